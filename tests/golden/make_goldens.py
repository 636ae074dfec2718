"""Write the golden files: what PyTorch computes for small recurrent networks.

Versions: Python 3.11, PyTorch 2.13.0 (CPU), NumPy 2.4.6. Run from anywhere, with a Python that has PyTorch:

    python tests/golden/make_goldens.py

Everything is computed in float64 from weights and inputs that were first rounded to float16: such numbers are
exact in float32 and float64 alike, so that a float32 engine may be held against the float64 truth, and the
files stay small. Each `.npz` holds

config              JSON: the arguments of `tsrnn.network.Network`, without the dtype; output_steps; the loss
inputs              (n, T, F) float16, or (n, T) uint8 tokens
lengths             (n,) number of valid steps of each sequence
targets             (n, output_steps, K) float16, or (n, output_steps) uint8 classes
target_lengths      (n,) number of valid output steps
weights             (n,) sample weights
parameter.NAME      float16, under PyTorch's names
outputs             (n, output_steps, output_size) float64, of prediction: a decoder reads its own output
loss                float64, of training: a decoder reads the true targets (teacher forcing)
gradient.NAME       float64, of the loss
input_gradient      (n, T, F) float64; absent for tokens

and the files of Adam `trajectory_loss`, `trajectory_norm` (before clipping) and `final.NAME` instead of the
outputs, loss and gradients.
"""

import json
import zlib
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FOLDER = Path(__file__).parent
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
DEFAULTS = {
    "num_layers": 1, "bidirectional": False, "head": "last", "output_steps": 1, "output_size": 1,
    "tokens": False, "loss": "squared_error", "loss_options": {},
}  # fmt: skip

STACK = ("residual", "dilations", "decoder_steps")  # of the networks that are not PyTorch's own
# n, T: number of sequences and their longest length; ragged: lengths between 1 and T, both of them present.
CASES = {
    "one": dict(n=1, T=1, input_size=1, hidden_size=1),
    "wide": dict(n=17, T=5, input_size=3, hidden_size=33, output_size=2),
    "long": dict(n=2, T=65, input_size=1, hidden_size=3),
    "many": dict(n=33, T=17, input_size=2, hidden_size=5, ragged=True, weighted=True, loss="absolute_error"),
    "deep": dict(n=5, T=9, input_size=2, hidden_size=7, num_layers=3, head="every", ragged=True,
                 loss="huber", loss_options={"delta": 0.6}),
    "both": dict(n=4, T=4, input_size=3, hidden_size=17, bidirectional=True, head="every", output_size=3),
    "deep_both": dict(n=3, T=7, input_size=1, hidden_size=4, num_layers=3, bidirectional=True, ragged=True,
                      output_size=6, loss="quantile", loss_options={"levels": [0.1, 0.5, 0.8]}),
    "classes": dict(n=6, T=5, input_size=2, hidden_size=6, ragged=True, output_size=4, loss="cross_entropy"),
    "tags": dict(n=4, T=6, input_size=7, hidden_size=5, num_layers=2, bidirectional=True, head="every",
                 tokens=True, ragged=True, weighted=True, output_size=3, loss="cross_entropy"),
    "decoder": dict(n=5, T=6, input_size=2, hidden_size=6, num_layers=2, head="decoder", output_steps=4,
                    ragged=True, ragged_targets=True, weighted=True, output_size=2),
    "decoder_both": dict(n=3, T=4, input_size=1, hidden_size=5, num_layers=2, bidirectional=True,
                         head="decoder", output_steps=7, ragged=True, loss="absolute_error"),
    "decoder_classes": dict(n=4, T=5, input_size=6, hidden_size=5, head="decoder", output_steps=5,
                            tokens=True, ragged=True, ragged_targets=True, output_size=4,
                            loss="cross_entropy"),
    "generator": dict(n=3, T=1, input_size=2, hidden_size=5, head="decoder", output_steps=6),
    "residual": dict(n=5, T=6, input_size=2, hidden_size=6, num_layers=3, residual=True, ragged=True),
    "residual_both": dict(n=4, T=5, input_size=2, hidden_size=4, num_layers=2, residual=True, bidirectional=True,
                          ragged=True, output_size=2),
    "dilated": dict(n=5, T=9, input_size=2, hidden_size=5, num_layers=3, dilations=[1, 2, 4], residual=True,
                    ragged=True, weighted=True),
    "dilated_both": dict(n=3, T=7, input_size=1, hidden_size=4, num_layers=2, dilations=[3, 2], bidirectional=True,
                         head="decoder", output_steps=3, ragged=True),
    "parallel": dict(n=5, T=6, input_size=2, hidden_size=6, num_layers=2, residual=True, head="parallel",
                     output_steps=4, decoder_steps=4, ragged=True, ragged_targets=True, weighted=True, output_size=2),
}  # fmt: skip

ADAM_CASES = {
    "adam": dict(learning_rate=0.02, weight_decay=0.0, clip_norm=0.1, epochs=20),
    "adamw": dict(learning_rate=0.05, weight_decay=0.1, clip_norm=0.15, epochs=20),
}
ADAM_NETWORK = dict(n=9, T=6, input_size=2, hidden_size=5, num_layers=2, head="every", ragged=True)


class Layers(torch.nn.Module):
    """Layers of PyTorch's, one by one, with what their own stacks lack: residual connections and dilations.

    A dilated layer is run as its authors do, on every d-th step: d sequences that know nothing of each other.
    """

    def __init__(self, config, cell, input_size, bidirectional=False):
        super().__init__()
        self.hidden, self.residual = config["hidden_size"], config.get("residual", False)
        self.dilations = config.get("dilations", [1] * config["num_layers"])
        self.suffixes = ("", "_reverse")[: 1 + bidirectional]
        self.layers = torch.nn.ModuleDict()
        for level in range(config["num_layers"]):
            size = self.hidden * len(self.suffixes) if level else input_size
            for suffix in self.suffixes:
                self.layers[f"l{level}{suffix}"] = MODULES[cell](size, self.hidden, batch_first=True)

    def run(self, name, dilation, x, state):
        """Outputs (T, H) and last state of one layer over the sequence x (T, F)."""
        outputs, finals = torch.zeros(len(x), self.hidden, dtype=torch.float64), []
        for first in range(min(dilation, len(x))):
            part, final = self.layers[name](x[None, first::dilation], state)
            outputs = outputs.index_copy(0, torch.arange(first, len(x), dilation), part[0])
            finals.append(final)
        return outputs, finals[(len(x) - 1) % dilation]

    def forward(self, x, states=None):
        """Outputs (T, D * H) for x (T, F), and the last states by level and direction, each PyTorch's."""
        finals = []
        for level, dilation in enumerate(self.dilations):
            columns, level_finals = [], []
            for suffix in self.suffixes:
                turned = x.flip(0) if suffix else x
                state = None if states is None else states[level]
                outputs, final = self.run(f"l{level}{suffix}", dilation, turned, state)
                columns.append(outputs.flip(0) if suffix else outputs)
                level_finals.append(final)
            outputs = torch.cat(columns, dim=1)
            x = outputs + x if self.residual and level else outputs
            finals.append(level_finals)
        return x, finals

    def named(self, prefix):
        """Name of tsrnn -> parameter."""
        return {
            f"{prefix}{name.removesuffix('_l0')}_{layer}": parameter
            for layer, module in self.layers.items()
            for name, parameter in module.named_parameters()
        }


class StackReference(torch.nn.Module):
    """Like `Reference`, of `Layers`; sequences are computed one at a time."""

    def __init__(self, config, cell):
        super().__init__()
        self.config = config
        self.encoder = Layers(config, cell, config["input_size"], config["bidirectional"])
        self.decoder = None
        if config["head"] in ("decoder", "parallel"):
            size = config["output_size"] if config["head"] == "decoder" else config["decoder_steps"]
            self.decoder = Layers({**config, "dilations": [1] * config["num_layers"]}, cell, size)
        directions = 1 if self.decoder or not config["bidirectional"] else 2
        self.readout = torch.nn.Linear(directions * config["hidden_size"], config["output_size"])
        self.double()
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(parameter.half().double())

    def named(self):
        """Name of tsrnn -> parameter."""
        decoder = self.decoder.named("decoder.") if self.decoder else {}
        readout = {f"readout.{name}": parameter for name, parameter in self.readout.named_parameters()}
        return self.encoder.named("") | decoder | readout

    def forward(self, inputs, lengths, targets=None):
        """Outputs (n, output_steps, output_size); with `targets` a decoder is teacher-forced."""
        rows, hidden = [], self.config["hidden_size"]
        for i, n in enumerate(lengths):
            outputs, finals = self.encoder(inputs[i, :n])
            if self.decoder:
                first = [add_states(final) for final in finals]
                rows.append(self.decode(first, None if targets is None else targets[i]))
            else:
                rows.append(self.readout(torch.cat([outputs[-1, :hidden], outputs[0, hidden:]]))[None])
        return torch.stack(rows)

    def decode(self, first, targets):
        """Outputs (output_steps, output_size) of a decoder that starts from the states `first`."""
        outputs, states = [], first
        previous = torch.zeros(self.config["output_size"], dtype=torch.float64)
        for step in range(self.config["output_steps"]):
            if self.config["head"] == "parallel":
                number = torch.eye(self.config["decoder_steps"], dtype=torch.float64)[step]
                features, _ = self.decoder(number[None], first)
            else:
                features, finals = self.decoder(previous[None], states)
                states = [add_states(final) for final in finals]
            outputs.append(self.readout(features[0]))
            previous = outputs[-1] if targets is None else targets[step]
        return torch.stack(outputs)


def add_states(states):
    """Sum of the states of both directions, as PyTorch has them: a tensor, or a tuple of h and c."""
    if isinstance(states[0], tuple):
        return tuple(sum(parts) for parts in zip(*states, strict=True))
    return sum(states)


class Reference(torch.nn.Module):
    """Encoder, optional decoder and readout, of PyTorch's own modules, in float64."""

    def __init__(self, config, cell):
        super().__init__()
        self.config = config
        hidden, layers, outputs = config["hidden_size"], config["num_layers"], config["output_size"]
        directions = 2 if config["bidirectional"] else 1
        self.encoder = MODULES[cell](
            config["input_size"], hidden, layers, batch_first=True, bidirectional=config["bidirectional"]
        )
        self.decoder = None
        if config["head"] == "decoder":
            self.decoder = MODULES[cell](outputs, hidden, layers, batch_first=True)
            directions = 1
        self.readout = torch.nn.Linear(directions * hidden, outputs)
        self.double()
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(parameter.half().double())

    def named(self):
        """Name of tsrnn -> parameter: the encoder's names go without a prefix."""
        return {name.removeprefix("encoder."): p for name, p in self.named_parameters()}

    def forward(self, inputs, lengths, targets=None):
        """Outputs (n, output_steps, output_size); with `targets` the decoder is teacher-forced."""
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        packed_outputs, final = self.encoder(packed)
        if self.config["head"] == "every":
            steps, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=inputs.shape[1])
            return self.readout(steps)
        if self.config["head"] == "last":
            h = final[0] if isinstance(final, tuple) else final
            top = [h[-2], h[-1]] if self.config["bidirectional"] else [h[-1]]
            return self.readout(torch.cat(top, dim=-1))[:, None, :]
        return self.decode(final, targets)

    def decode(self, final, targets):
        """Run the decoder from the encoder's final states, directions summed."""
        single = not isinstance(final, tuple)
        layers, outputs = self.config["num_layers"], []
        states = [s.unflatten(0, (layers, -1)).sum(dim=1) for s in ((final,) if single else final)]
        state = states[0] if single else tuple(states)
        previous = torch.zeros(states[0].shape[1], self.config["output_size"], dtype=torch.float64)
        for step in range(self.config["output_steps"]):
            hidden, state = self.decoder(previous[:, None, :], state)
            outputs.append(self.readout(hidden[:, 0]))
            previous = outputs[-1] if targets is None else targets[:, step]
            if self.config["loss"] == "cross_entropy":
                codes = previous.argmax(dim=-1) if targets is None else previous
                previous = functional.one_hot(codes, self.config["output_size"]).double()
        return torch.stack(outputs, dim=1)


def elementwise_loss(config, outputs, targets):
    """Loss of every output element, (n, output_steps, elements), by PyTorch's functions."""
    name, options = config["loss"], config["loss_options"]
    if name == "squared_error":
        return functional.mse_loss(outputs, targets, reduction="none")
    if name == "absolute_error":
        return functional.l1_loss(outputs, targets, reduction="none")
    if name == "huber":
        return functional.huber_loss(outputs, targets, reduction="none", **options)
    if name == "cross_entropy":
        return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="none").reshape(
            *targets.shape, 1
        )
    # Output element k * Q + q is the level q of target k.
    levels = torch.tensor(options["levels"], dtype=torch.float64)
    error = targets[..., None] - outputs.unflatten(-1, (-1, len(levels)))
    return torch.maximum(levels * error, (levels - 1) * error).flatten(2)


def weighted_loss(config, batch, outputs):
    """Sum of weight * loss over the valid elements, divided by the sum of weight * number of them."""
    loss = elementwise_loss(config, outputs, batch["targets"])
    valid = torch.arange(outputs.shape[1])[None, :] < batch["target_lengths"][:, None]
    weight = (batch["weights"][:, None] * valid)[:, :, None].expand_as(loss)
    return (weight * loss)[weight > 0].sum() / weight.sum()


def random_lengths(rng, n, longest, ragged):
    """Lengths from 1 to `longest`, both present (where n allows), or all equal to `longest`."""
    lengths = np.full(n, longest)
    if ragged:
        lengths = rng.integers(1, longest, size=n, endpoint=True)
        lengths[n // 2], lengths[-1] = 1, longest
    return lengths


def half(values):
    """Round to float16, as float16."""
    return np.asarray(values, dtype=np.float16)


def make_batch(rng, case, config):
    """Random inputs, targets, lengths and weights as NumPy arrays, by their names in the file."""
    n, steps = case["n"], case["T"]
    output_steps = config["output_steps"]
    levels = len(config["loss_options"].get("levels", [1]))
    lengths = random_lengths(rng, n, steps, case.get("ragged", False))
    batch = {
        "inputs": rng.integers(config["input_size"], size=(n, steps)).astype(np.uint8)
        if config["tokens"] else half(rng.normal(size=(n, steps, config["input_size"]))),
        "lengths": lengths,
        "targets": rng.integers(config["output_size"], size=(n, output_steps)).astype(np.uint8)
        if config["loss"] == "cross_entropy"
        else half(rng.normal(size=(n, output_steps, config["output_size"] // levels))),
        "target_lengths": lengths if config["head"] == "every"
        else random_lengths(rng, n, output_steps, case.get("ragged_targets", False))[::-1].copy(),
        "weights": half(rng.uniform(0.1, 3, size=n) if case.get("weighted") else np.ones(n)),
    }  # fmt: skip
    return batch


def to_torch(batch, config):
    """Turn the batch into tensors: float64 and int64; tokens as one-hot rows."""
    tensors = {name: torch.from_numpy(a.astype(np.int64 if a.dtype.kind in "ui" else np.float64))
               for name, a in batch.items()}  # fmt: skip
    if config["tokens"]:
        tensors["inputs"] = functional.one_hot(tensors["inputs"], config["input_size"]).double()
    return tensors


def prepare(name, case, cell):
    """Config, network and batch of a case, seeded by its name."""
    seed = zlib.crc32(f"{cell}_{name}".encode())
    torch.manual_seed(seed)
    known = {"input_size", "hidden_size", *DEFAULTS, *STACK}
    config = DEFAULTS | {k: v for k, v in case.items() if k in known}
    config["cell"] = cell
    if config["head"] == "every":
        config["output_steps"] = case["T"]
    model = (StackReference if set(STACK) & set(config) else Reference)(config, cell)
    batch = make_batch(np.random.default_rng(seed), case, config)
    return config, model, batch


def write(name, cell, config, model_arrays, batch):
    """Write one golden file."""
    arrays = {"config": np.array(json.dumps(config))} | batch | model_arrays
    np.savez_compressed(FOLDER / f"{cell}_{name}.npz", **arrays)


def write_case(name, case, cell):
    """Outputs, loss and all gradients of one network."""
    config, model, batch = prepare(name, case, cell)
    arrays = {f"parameter.{k}": half(p.detach().numpy()) for k, p in model.named().items()}
    tensors = to_torch(batch, config)
    inputs = tensors["inputs"].requires_grad_(not config["tokens"])
    with torch.no_grad():
        arrays["outputs"] = model(inputs, tensors["lengths"]).numpy()
    loss = weighted_loss(config, tensors, model(inputs, tensors["lengths"], tensors["targets"]))
    loss.backward()
    arrays["loss"] = loss.detach().numpy()
    arrays |= {f"gradient.{k}": p.grad.numpy() for k, p in model.named().items()}
    if not config["tokens"]:
        arrays["input_gradient"] = inputs.grad.numpy()
    write(name, cell, config, arrays, batch)


def write_adam_case(name, options, cell):
    """Losses, gradient norms and last weights of full-batch Adam with clipping and decoupled weight decay."""
    config, model, batch = prepare(name, ADAM_NETWORK, cell)
    config |= options
    arrays = {f"parameter.{k}": half(p.detach().numpy()) for k, p in model.named().items()}
    tensors = to_torch(batch, config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"])
    losses, norms = [], []
    for _ in range(options["epochs"]):
        optimizer.zero_grad()
        outputs = model(tensors["inputs"], tensors["lengths"], tensors["targets"])
        loss = weighted_loss(config, tensors, outputs)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), options["clip_norm"])))
        losses.append(float(loss.detach()))
        optimizer.step()
    arrays |= {f"final.{k}": p.detach().numpy() for k, p in model.named().items()}
    arrays |= {"trajectory_loss": np.array(losses), "trajectory_norm": np.array(norms)}
    write(name, cell, config, arrays, batch)


def main():
    """Write all files."""
    for cell in MODULES:
        for name, case in CASES.items():
            write_case(name, case, cell)
        for name, options in ADAM_CASES.items():
            write_adam_case(name, options, cell)


if __name__ == "__main__":
    main()
