"""A stream against prediction of the whole sequence."""

import numpy as np
import pytest

from tsrnn.cells import CELLS
from tsrnn.network import Network
from tsrnn.sequences import Sequences

# The same sums in the same order, but for the readout's features of one step instead of many.
TOLERANCE = 1e-6


def make(rng, **options):
    """Return an initialised network."""
    network = Network(**{"input_size": 3, "hidden_size": 5, "output_size": 2, **options})
    network.initialize(rng)
    return network


STACKS = [{}, {"num_layers": 2}, {"num_layers": 3, "residual": True, "dilations": (1, 3, 2)}]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("head", ["last", "every"])
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_stream_gives_what_predict_gives_for_every_prefix(cell, head, stack, rng):
    network = make(rng, cell=cell, head=head, **stack)
    X = rng.normal(size=(4, 6, 3))
    stream = network.stream(4)
    for t in range(X.shape[1]):
        outputs = stream.step(X[:, t])
        whole = network.predict(Sequences.from_dense(X[:, : t + 1]))[:, -1]
        np.testing.assert_allclose(outputs, whole, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("inputs", [0, 3])
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_stream_reads_codes(cell, inputs, stack, rng):
    network = make(rng, cell=cell, input_size=inputs, n_categories=(7, 2), **stack)
    X, codes = rng.normal(size=(2, 5, inputs)), rng.integers(-1, [7, 2], (2, 5, 2))
    stream = network.stream(2)
    for t in range(5):
        outputs = stream.step(X[:, t], codes[:, t])
        whole = network.predict(Sequences.from_dense(X[:, : t + 1], codes=codes[:, : t + 1]))[:, 0]
        np.testing.assert_allclose(outputs, whole, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("x", "codes", "words"), [
    (0.0, [0, 2], r"column 1 must be ints in the range \[0, 2\).* Got 2"),
    (0.0, None, "Codes must be ints"),
    (0.0, 0.5, "Codes must be ints"),
    (None, [0, 0], "reads input_size=3 numbers a step. Got none"),
])  # fmt: skip
def test_stream_refuses_other_inputs(x, codes, words, rng):
    stream = make(rng, n_categories=(7, 2)).stream()
    with pytest.raises(ValueError, match=words):
        stream.step(x, codes)


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_states_can_be_kept_and_set(stack, rng):
    network = make(rng, cell="lstm", **stack)
    stream = network.stream()
    stream.step(rng.normal(size=3))
    kept = [state.copy() for state in stream.states]
    x = rng.normal(size=3)
    expected = stream.step(x).copy()
    stream.step(x)
    for state, value in zip(stream.states, kept, strict=True):
        state[:] = value
    np.testing.assert_array_equal(stream.step(x), expected)


def test_reset_takes_new_weights_and_the_zero_state(rng):
    network = make(rng)
    stream, x = network.stream(), rng.normal(size=3)
    first = stream.step(x).copy()
    stream.reset()
    network.theta += 0.5
    np.testing.assert_array_equal(stream.step(x), first)  # still with the weights that it had
    stream.reset()
    expected = network.predict(Sequences.from_dense(x[None, None]))[0]
    np.testing.assert_allclose(stream.step(x), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("options", [{"bidirectional": True}, {"head": "decoder", "output_size": 3}])
def test_stream_refuses_networks_without_an_output_at_each_step(options, rng):
    with pytest.raises(ValueError, match="reads forwards"):
        make(rng, **options).stream()


@pytest.mark.parametrize("n", [0, 1000])
def test_stream_refuses_other_numbers_of_sequences(n, rng):
    with pytest.raises(ValueError, match=rf"range \[1, \d+\]. Got {n}"):
        make(rng).stream(n)
