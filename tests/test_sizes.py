"""Sizes of an edited or loaded model: kernels know no bounds, so whatever does not fit is refused before them."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster, RNNRegressor
from tsrnn.backends.cpu import Trainer
from tsrnn.losses import SquaredError
from tsrnn.network import Network
from tsrnn.optimizers import AdamState
from tsrnn.sequences import Sequences
from tsrnn.training import TrainingOptions, train


def make_network(**options):
    """Return a network with drawn parameters."""
    network = Network(**{"input_size": 2, "hidden_size": 3, "output_size": 1, **options})
    network.initialize(np.random.default_rng(0))
    return network


def make_sequences(with_targets=True, **fields):
    """Return five sequences of four steps, with some fields replaced."""
    rng = np.random.default_rng(0)
    sequences = Sequences.from_dense(rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 1, 1)) if with_targets else None)
    return replace(sequences, **fields)


def fit(network, sequences):
    """Train for an epoch."""
    train(network, sequences, TrainingOptions(max_epochs=1), np.random.default_rng(0))


USES = {
    "predict": lambda network: network.predict(make_sequences(False)),
    "train": lambda network: fit(network, make_sequences()),
    "loss_and_gradient": lambda network: network.loss_and_gradient(make_sequences()),
    "unroll": lambda network: network.unroll(make_sequences(False)),
    "stream": lambda network: network.stream().step(np.zeros(2)),
}
THETAS = {
    "too short": lambda theta: theta[:-1],
    "too long": lambda theta: np.append(theta, theta[:1]),
    "empty": lambda theta: theta[:0],
    "of two dimensions": lambda theta: theta[None],
    "with gaps": lambda theta: np.repeat(theta, 2)[::2],
    "backwards": lambda theta: theta[::-1],
    "of ints": lambda theta: theta.astype(int),
    "of half precision": lambda theta: theta.astype(np.float16),
    "of complex numbers": lambda theta: theta.astype(complex),
    "of the other byte order": lambda theta: theta.astype(theta.dtype.newbyteorder()),
    "unaligned": lambda theta: np.frombuffer(bytearray(b"x" + theta.tobytes()), np.uint8)[1:].view(theta.dtype),
    "a list": lambda theta: theta.tolist(),
    "nothing": lambda theta: None,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("change", THETAS.values(), ids=THETAS)
def test_parameters_that_do_not_fit_are_refused(use, change):
    network = make_network()
    network.theta = change(network.theta)
    with pytest.raises(ValueError, match=r"theta must be a .*array of shape \(\d+,\) and dtype float32 or float64"):
        use(network)


def test_parameters_that_cannot_be_written_are_not_trained_but_predict():
    network = make_network()
    expected = network.predict(make_sequences(False))
    network.theta.flags.writeable = False
    np.testing.assert_array_equal(network.predict(make_sequences(False)), expected)
    network.stream().step(np.zeros(2))
    with pytest.raises(ValueError, match="Got a read-only contiguous array"):
        fit(network, make_sequences())


EDITS = {
    "hidden_size": 50, "input_size": 40, "output_size": 9, "num_layers": 3, "bidirectional": True, "cell_name": "lstm",
    "head_name": "decoder", "dilations": (0,),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("use", ["predict", "train", "loss_and_gradient"])
def test_an_edited_architecture_is_refused(name, use):
    """Also where its size was computed before, and was pickled."""
    network = make_network()
    assert network.architecture.size == network.theta.size
    network = pickle.loads(pickle.dumps(network))
    object.__setattr__(network.architecture, name, EDITS[name])
    with pytest.raises(ValueError, match=r"theta must be|features|must be at least 1|a network with output_size"):
        USES[use](network)


def test_an_architecture_edited_with_its_parameters_has_the_new_sizes():
    """None from before is left, which would be those of other places in memory."""
    network, other = make_network(), make_network(hidden_size=20)
    assert network.architecture.layers and network.architecture.starts and network.architecture.size
    object.__setattr__(network.architecture, "hidden_size", 20)
    network.theta = other.theta.copy()
    np.testing.assert_array_equal(network.predict(make_sequences(False)), other.predict(make_sequences(False)))
    fit(network, make_sequences())
    fit(other, make_sequences())
    np.testing.assert_array_equal(network.theta, other.theta)


BAD = 10**9
FIELDS = {
    "starts beyond": {"starts": np.array([0, 4, 8, 12, 17])},
    "starts far beyond": {"starts": np.array([0, 4, 8, 12, 2**63 - 2])},
    "starts before": {"starts": np.array([-1, 4, 8, 12, 16])},
    "starts of floats": {"starts": np.arange(5) * 4.0},
    "too few starts": {"lengths": np.full(4, 4)},
    "lengths beyond": {"lengths": np.array([4, 4, 4, 4, 5])},
    "negative lengths": {"lengths": np.array([4, 4, -4, 4, 4])},
    "values cut": {"values": np.zeros((19, 2))},
    "values of other columns": {"values": np.zeros((20, 3))},
    "segments beyond": {"values": np.zeros((20, 1)), "segment": 2},
    "no segment": {"segment": 0},
    "weights cut": {"weights": np.ones(4)},
    "shift cut": {"shift": np.zeros((4, 1)), "scale": np.ones((4, 1))},
    "scale cut": {"shift": np.zeros((5, 2)), "scale": np.ones((5, 1))},
    "scale missing": {"shift": np.zeros((5, 2))},
    "scale too wide": {"shift": np.zeros((5, 3)), "scale": np.ones((5, 3))},
}
TARGETS = {
    "target_starts beyond": {"target_starts": np.array([0, 1, 2, 3, 5])},
    "target_starts before": {"target_starts": np.array([0, 1, -2, 3, 4])},
    "target_lengths beyond": {"target_lengths": np.array([1, 1, 1, 1, 2])},
    "target_lengths beyond output_steps": {"target_lengths": np.array([2, 1, 1, 1, 1])},
    "targets cut": {"targets": np.zeros((4, 1))},
    "no target_starts": {"target_starts": None},
}


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_sequences_beyond_their_arrays_are_refused(fields):
    words = "must lie within|must be arrays of ints|must have shape|must both have shape|features a step"
    sequences = make_sequences(**fields)
    with pytest.raises(ValueError, match=words):
        make_network().predict(sequences)
    with pytest.raises(ValueError, match=words):
        fit(make_network(), sequences)


@pytest.mark.parametrize("fields", TARGETS.values(), ids=TARGETS)
def test_targets_beyond_their_arrays_are_refused(fields):
    with pytest.raises(ValueError, match="target_"):
        fit(make_network(), make_sequences(**fields))


def test_an_output_at_every_step_has_no_more_targets_than_steps():
    rng = np.random.default_rng(0)
    sequences = Sequences.from_dense(rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 6, 1)))
    with pytest.raises(ValueError, match="sequence 0 of 4 steps with 6 targets"):
        fit(make_network(head="every"), sequences)


@pytest.mark.parametrize("bad", [-1, 4, BAD])
def test_class_codes_beyond_their_range_are_refused(bad):
    with pytest.raises(ValueError, match=re.escape(f"Class codes must be ints in the range [0, 4). Got {bad}")):
        make_network(output_size=4).loss_and_gradient(
            Sequences.from_dense(np.zeros((1, 4, 2)), np.array([[bad]])), "cross_entropy"
        )


CODES = {
    "below none": (np.array([0, 1, -2, 1]), r"Codes of column 1 must be ints in the range \[0, 3\), .* Got -2"),
    "one too many": (np.array([0, 1, 3, 1]), r"Codes of column 1 must be ints in the range \[0, 3\), .* Got 3"),
    "far beyond": (np.array([0, 1, BAD, 1]), f"Got {BAD} instead"),
    "of floats": (np.array([0.0, 1.0, 2.0, 1.0]), "Codes must be ints. Got an array of dtype float64"),
    "too few rows": (np.array([0, 1, 2]), "as many rows. Got 4 and 3"),
}


@pytest.mark.parametrize(("codes", "words"), CODES.values(), ids=CODES)
def test_codes_beyond_their_range_are_refused(codes, words):
    network = make_network(n_categories=(5, 3))
    sequences = Sequences.from_dense(np.zeros((1, 4, 2)), np.zeros((1, 1, 1)))
    sequences = replace(sequences, codes=np.column_stack([np.zeros_like(codes), codes]))
    with pytest.raises(ValueError, match=words):
        network.predict(sequences)
    with pytest.raises(ValueError, match=words):
        fit(network, sequences)


DECODER = {
    "starts beyond": ({"decoder_starts": np.array([0, 3])}, "must lie within the 4 rows of decoder_values"),
    "starts before": ({"decoder_starts": np.array([0, -1])}, "must lie within the 4 rows of decoder_values"),
    "no starts": ({"decoder_starts": None}, "need decoder_starts"),
    "codes cut": ({"decoder_codes": np.zeros((3, 1), int)}, "must lie within the 3 rows of decoder_codes"),
    "codes beyond": ({"decoder_codes": np.full((4, 1), 3)}, r"Codes of column 0 must be ints in the range \[0, 3\)"),
    "segments beyond": ({"decoder_segment": 2}, "decoder_input_size=1 numbers and 1 codes .* Got sequences of 2 and 2"),
}


@pytest.mark.parametrize(("fields", "words"), DECODER.values(), ids=DECODER)
def test_inputs_of_output_steps_beyond_their_arrays_are_refused(fields, words):
    network = make_network(head="decoder", decoder_input_size=1, decoder_n_categories=(3,))
    sequences = Sequences.from_dense(np.zeros((2, 4, 2)), np.zeros((2, 2, 1)))
    known = {
        "decoder_values": np.zeros((4, 1)),
        "decoder_codes": np.zeros((4, 1), int),
        "decoder_starts": np.array([0, 2]),
    }
    sequences = replace(sequences, **known)
    network.predict(sequences)
    with pytest.raises(ValueError, match=words):
        network.predict(replace(sequences, **fields))
    with pytest.raises(ValueError, match=words):
        fit(network, replace(sequences, **fields))


@pytest.mark.parametrize("name", ["values", "codes", "static_codes"])
def test_arrays_of_one_axis_are_refused(name):
    sequences = Sequences.from_dense(np.zeros((2, 4, 2)), codes=np.zeros((2, 4, 1), int))
    sequences = replace(sequences, static_codes=np.zeros((2, 1), int))
    make_network(n_categories=(5, 3)).predict(sequences)
    sequences = replace(sequences, **{name: getattr(sequences, name)[:, 0]})
    with pytest.raises(ValueError, match=rf"{name} must have two axes.* Got an array of shape \(\d,\)"):
        make_network(n_categories=(5, 3)).predict(sequences)


STATIC = {
    "one too many": (np.array([[2], [3]]), r"Codes of column 0 must be ints in the range \[0, 3\), .* Got 3"),
    "too few rows": (np.array([[0]]), "static_codes must have 2 rows, one for each sequence. Got 1"),
    "too many columns": (np.zeros((2, 3), int), "reads 2 codes a step"),
}


@pytest.mark.parametrize(("static", "words"), STATIC.values(), ids=STATIC)
def test_static_codes_beyond_their_range_are_refused(static, words):
    sequences = Sequences.from_dense(np.zeros((2, 4, 2)), codes=np.full((2, 4, 1), 4))
    with pytest.raises(ValueError, match=words):
        make_network(n_categories=(5, 3)).predict(replace(sequences, static_codes=static))


def test_codes_of_a_segment_are_those_of_each_of_its_rows():
    """A column has as many categories as the row of a segment that knows the fewest."""
    network = make_network(n_categories=(5, 3))
    sequences = Sequences.from_dense(np.zeros((1, 2, 1)))
    sequences = replace(sequences, codes=np.array([[0], [2]]), segment=2, lengths=np.array([1]))
    assert np.isfinite(network.predict(sequences)).all()
    with pytest.raises(ValueError, match=r"column 0 must be ints in the range \[0, 3\)"):
        network.predict(replace(sequences, codes=np.array([[3], [2]])))


MOMENTS = {
    "too short": lambda moments: moments[:, :-1],
    "one of two": lambda moments: moments[:1],
    "of the other precision": lambda moments: moments.astype(np.float64),
    "with gaps": lambda moments: np.asfortranarray(moments),
    "read-only": lambda moments: np.broadcast_to(moments[:1], moments.shape),
}


@pytest.mark.parametrize("change", MOMENTS.values(), ids=MOMENTS)
def test_memory_of_adam_that_does_not_fit_is_refused(change):
    network = make_network()
    state = AdamState.start(network.theta)
    state.moments = change(state.moments)
    before = network.theta.copy()
    with pytest.raises(ValueError, match=r"moments of AdamState must be a writeable, contiguous array of shape \(2, "):
        Trainer(network.architecture, network.theta, make_sequences(), SquaredError(), 5).update(
            np.arange(5), state.moments, 0, np.zeros(1), np.zeros(1, np.int64)
        )
    np.testing.assert_array_equal(network.theta, before)


def test_negative_updates_are_refused():
    network = make_network()
    state = replace(AdamState.start(network.theta), updates=-1)
    with pytest.raises(ValueError, match="updates of AdamState"):
        train(network, make_sequences(), TrainingOptions(max_epochs=1), np.random.default_rng(0), state=state)


def networks_of(estimator):
    """Return all networks within an estimator."""
    found, seen, waiting = [], set(), [estimator]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, Network):
            found.append(thing)
        elif isinstance(thing, list | tuple):
            waiting += thing
        elif type(thing).__module__.startswith("tsrnn"):
            waiting += vars(thing).values()
    return found


def test_a_forecaster_with_too_few_parameters_is_refused():
    y = pd.Series(np.random.default_rng(0).normal(size=80), pd.date_range("2024-01-01", periods=80))
    forecaster = RNNForecaster(3, lookback=5, max_epochs=1, random_state=0).fit(y)
    forecaster = pickle.loads(pickle.dumps(forecaster))
    for network in networks_of(forecaster):
        network.theta = network.theta[: network.theta.size // 2]
    with pytest.raises(ValueError, match="theta must be"):
        forecaster.predict()


def test_an_estimator_with_too_few_parameters_is_refused():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5)), rng.normal(size=20)
    regressor = pickle.loads(pickle.dumps(RNNRegressor(4, max_epochs=1, random_state=0).fit(X, y)))
    for network in networks_of(regressor):
        network.theta = network.theta[:-3]
    with pytest.raises(ValueError, match="theta must be"):
        regressor.predict(X)
