"""Networks and batches for the tests of the engine, all told by one `config` dict.

A config holds the arguments of `tsrnn.network.Network` except the dtype, and `output_steps`, `loss` and
`loss_options`: what `naive.py` reads, and what the golden files store.
"""

from dataclasses import replace

import numpy as np

from tsrnn.losses import LOSSES
from tsrnn.losses.domains import COUNTS
from tsrnn.network import Network
from tsrnn.sequences import Sequences

DEFAULTS = {
    "cell": "gru",
    "input_size": 2,
    "hidden_size": 3,
    "output_size": 2,
    "num_layers": 1,
    "bidirectional": False,
    "head": "last",
    "output_steps": 1,
    "n_categories": (),
    "loss": "squared_error",
}
# Options of the losses that have some. Both branches of the Huber loss occur with normal errors.
LOSS_OPTIONS = {"huber": {"delta": 0.7}, "quantile": {"levels": [0.2, 0.9]}, "student_t": {"df": 3.0}}
# The rest of a config tells of the outputs and the loss.
NETWORK_ARGUMENTS = (
    "cell", "input_size", "hidden_size", "output_size", "num_layers", "bidirectional", "head", "residual",
    "dilations", "decoder_steps", "decoder_input_size",
)  # fmt: skip
# Number of layers, bidirectional.
SHAPES = [(1, False), (3, False), (1, True), (2, True)]
# Stacks that are not PyTorch's. Some dilations reach back further than there are steps.
STACKS = {
    "residual": {"num_layers": 3, "residual": True},
    "residual_both": {"num_layers": 2, "bidirectional": True, "residual": True},
    "dilated": {"num_layers": 3, "dilations": (1, 2, 9)},
    "dilated_both": {"num_layers": 2, "bidirectional": True, "dilations": (3, 2), "residual": True},
}


def make_config(**changes):
    """Return the default config with changes; the options follow the loss."""
    config = DEFAULTS | {"loss_options": LOSS_OPTIONS.get(changes.get("loss"), {})} | changes
    if config["head"] == "parallel":
        config["decoder_steps"] = config["output_steps"]
    return config


def make_loss(config):
    """Return the loss object of a config."""
    return LOSSES[config["loss"]](**config["loss_options"])


def make_network(config, dtype="float64", parameters=None):
    """Return the network of a config, with the given parameters or random ones, none of them zero."""
    arguments = {name: config[name] for name in NETWORK_ARGUMENTS if name in config}
    feeds_classes = config["head"] == "decoder" and config["loss"] == "cross_entropy"
    categories = config["n_categories"] or None
    arguments["decoder_n_categories"] = config.get("decoder_n_categories") or None
    loss = make_loss(config)
    arguments |= {"outputs_per_target": loss.n_outputs, "feeds_counts": loss.domain is COUNTS}
    network = Network(**arguments, n_categories=categories, feeds_classes=feeds_classes, dtype=dtype)
    if parameters is None:
        rng = np.random.default_rng(5)
        network.theta[:] = rng.uniform(-0.8, 0.8, size=network.theta.shape)
    else:
        assert set(parameters) == set(network.parameters)
        for name, values in parameters.items():
            network.parameters[name][...] = values
    return network


def random_lengths(rng, n, longest, ragged):
    """Lengths from 1 to `longest`, both present where n allows; all `longest` if not ragged."""
    lengths = np.full(n, longest)
    if ragged:
        lengths = rng.integers(1, longest, size=n, endpoint=True)
        lengths[0], lengths[-1] = 1, longest
    return lengths


def random_targets(rng, loss, shape):
    """Return targets that the loss allows, as float64: normal numbers or small counts."""
    return rng.poisson(1.5, size=shape).astype(np.float64) if loss.domain is COUNTS else rng.normal(size=shape)


def make_batch(config, n, steps, ragged=False, weighted=False, seed=0):
    """Return random `Sequences` of n samples for a config."""
    rng = np.random.default_rng(seed)
    lengths = random_lengths(rng, n, steps, ragged)
    output_steps = steps if config["head"] == "every" else config["output_steps"]
    target_lengths = random_lengths(rng, n, output_steps, ragged)[::-1]
    if config["head"] == "every":
        target_lengths = lengths
    values = rng.normal(size=(n * steps, config["input_size"]))
    codes = None
    if config["n_categories"]:
        codes = np.column_stack([rng.integers(-1, count, size=n * steps) for count in config["n_categories"]])
    if config["loss"] == "cross_entropy":
        targets = rng.integers(config["output_size"], size=n * output_steps)
    else:
        n_targets = config["output_size"] // make_loss(config).n_outputs
        targets = random_targets(rng, make_loss(config), (n * output_steps, n_targets))
    sequences = Sequences(
        values=values,
        starts=np.arange(n) * steps,
        lengths=lengths,
        targets=targets,
        target_starts=np.arange(n) * output_steps,
        target_lengths=target_lengths,
        output_steps=output_steps,
        weights=rng.uniform(0.2, 2.0, size=n) if weighted else None,
        codes=codes,
    )
    return with_decoder_inputs(config, sequences, rng)


def with_decoder_inputs(config, sequences, rng, segment=1):
    """Return sequences with overlapping runs of rows for the decoder, if its network reads some."""
    inputs, counts = config.get("decoder_input_size", 0) // segment, config.get("decoder_n_categories", ())
    if not inputs and not counts:
        return sequences
    n_rows = len(sequences) + segment * sequences.output_steps
    codes = [rng.integers(-1, count, size=n_rows) for count in counts[: len(counts) // segment]]
    return replace(
        sequences,
        decoder_values=rng.normal(size=(n_rows, inputs)) if inputs else None,
        decoder_codes=np.column_stack(codes) if codes else None,
        decoder_starts=rng.permutation(len(sequences)),
        decoder_segment=segment,
    )


def with_missing_targets(sequences, seed=0):
    """Weigh each target by itself; a third weighs nothing and, if it is a number, is NaN."""
    rng = np.random.default_rng(seed)
    targets = sequences.targets
    shape = (len(targets), 1) if targets.ndim == 1 else targets.shape
    weights = np.where(rng.random(shape) < 1 / 3, 0.0, rng.uniform(0.2, 2.0, size=shape))
    if targets.ndim == 2:
        targets = np.where(weights > 0, targets, np.nan)
    return replace(sequences, targets=targets, target_weights=weights)
