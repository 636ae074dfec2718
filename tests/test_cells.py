"""One step of each cell, as plain Python in float64: values, limits, and every derivative."""

import math
import platform

import naive
import numba
import numpy as np
import pytest
from gradients import numerical_gradient, relative_error

from tsrnn.backends.compilation import JIT, kernel
from tsrnn.cells import CELLS
from tsrnn.cells.activations import d_sigmoid, d_tanh, sigmoid, tanh

# Error of the finite differences, see gradients.numerical_gradient.
DIFFERENCES_TOLERANCE = 1e-9
# The same formula in another order of operations.
ROUNDING = 1e-14

UNITS, LANES = 3, 2


def random_step(cell, seed=0):
    """Return sums (rows * H, L) and state (S * H, L) of one step."""
    rng = np.random.default_rng(seed)
    sums = rng.normal(size=(cell.n_rows * UNITS, LANES))
    return sums, rng.normal(size=(cell.n_states * UNITS, LANES))


def in_rows(array):
    """View (k * H, L) as a cell sees it: a row a gate or state, of all units and lanes."""
    return array.reshape(-1, UNITS * LANES)


def run_forward(cell, sums, state):
    """Return the new state and the tape that the step leaves behind."""
    tape, new_state = sums.copy(), np.full_like(state, np.nan)
    cell.forward(in_rows(tape), in_rows(state), in_rows(new_state))
    return new_state, tape


def naive_forward(cell, sums, state, lane):
    """Return the oracle's new state (S * H,) of one lane."""
    step, n_states = naive.CELLS[cell.name]
    gates = cell.n_gates * UNITS
    pre_x, pre_h = sums[:gates, lane], np.zeros(gates)
    pre_h[cell.n_coupled * UNITS :] = sums[gates:, lane]
    return np.concatenate(step(pre_x, pre_h, np.split(state[:, lane], n_states)))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_cells_can_be_keys(cell):
    assert {cell: cell.name}[cell] == cell.name


def test_every_cell_has_an_oracle():
    assert set(naive.CELLS) == set(CELLS)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_forward_equals_the_oracle(cell):
    sums, state = random_step(cell)
    new_state, _ = run_forward(cell, sums, state)
    for lane in range(LANES):
        expected = naive_forward(cell, sums, state, lane)
        assert relative_error(new_state[:, lane], expected) <= ROUNDING


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_backward_equals_differences(cell):
    sums, state = random_step(cell)
    cotangent = np.random.default_rng(1).normal(size=state.shape)
    new_state, tape = run_forward(cell, sums, state)
    d_state = cotangent.copy()
    cell.backward(*map(in_rows, (tape, state, new_state, d_state)))

    def value():
        return np.sum(cotangent * run_forward(cell, sums, state)[0])

    assert relative_error(tape, numerical_gradient(value, sums)) <= DIFFERENCES_TOLERANCE
    assert relative_error(d_state, numerical_gradient(value, state)) <= DIFFERENCES_TOLERANCE


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_units_and_lanes_are_independent(cell):
    sums, state = random_step(cell)
    before, _ = run_forward(cell, sums, state)
    sums[1::UNITS, 0] += 1.0
    after, _ = run_forward(cell, sums, state)
    changed = np.zeros_like(before, dtype=bool)
    changed[1::UNITS, 0] = True
    np.testing.assert_array_equal(after != before, changed)


def test_lstm_keeps_its_memory_when_told_to():
    cell = CELLS["lstm"]
    sums, state = random_step(cell)
    sums[0:UNITS], sums[UNITS : 2 * UNITS] = -100.0, 100.0  # input gate shut, forget gate open
    new_state, _ = run_forward(cell, sums, state)
    np.testing.assert_allclose(new_state[UNITS:], state[UNITS:], rtol=ROUNDING)


def test_gru_copies_its_state_when_told_to():
    cell = CELLS["gru"]
    sums, state = random_step(cell)
    sums[UNITS : 2 * UNITS] = 100.0  # update gate
    new_state, _ = run_forward(cell, sums, state)
    np.testing.assert_allclose(new_state, state, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("cell", "sums", "state", "expected"),
    [
        ("rnn", [0.5], [9.0], [math.tanh(0.5)]),
        # i = f = o = 1/2, g = tanh(1): c' = (c + g) / 2, h' = tanh(c') / 2
        ("lstm", [0.0, 0.0, 1.0, 0.0], [0.3, 0.2],
         [math.tanh((0.2 + math.tanh(1)) / 2) / 2, (0.2 + math.tanh(1)) / 2]),
        # r = z = 1/2, n = tanh(0.1 + 0.6 / 2): h' = (n + h) / 2
        ("gru", [0.0, 0.0, 0.1, 0.6], [0.8], [(math.tanh(0.4) + 0.8) / 2]),
    ],
)  # fmt: skip
def test_known_values(cell, sums, state, expected):
    new_state = np.zeros((len(state), 1))
    CELLS[cell].forward(np.array(sums)[:, None], np.array(state)[:, None], new_state)
    np.testing.assert_allclose(new_state[:, 0], expected, rtol=ROUNDING)


# Relative error that tsrnn.cells.activations promises in each precision, plus a few roundings.
ACTIVATION_TOLERANCES = {np.float32: 5e-7, np.float64: 1e-15}


@pytest.mark.parametrize("dtype", ACTIVATION_TOLERANCES)
def test_activations_are_accurate_and_bounded(dtype):
    x = np.concatenate([np.linspace(-20, 20, 4001), [-1e30, -1e-6, 0.0, 1e-6, 1e30]]).astype(dtype)
    x.sort()
    for function, exact in ((tanh, np.tanh), (sigmoid, lambda v: 1 / (1 + np.exp(-v)))):
        with np.errstate(over="ignore", invalid="ignore"):
            y = np.array([function(v) for v in x])
            expected = exact(x.astype(np.float64))
        assert y.dtype == dtype
        if function is tanh:
            np.testing.assert_allclose(y, expected, rtol=ACTIVATION_TOLERANCES[dtype])
        else:
            np.testing.assert_allclose(y, expected, atol=ACTIVATION_TOLERANCES[dtype])
        assert np.all(np.abs(y) <= 1)
        assert np.all(np.diff(y) >= -ACTIVATION_TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", ACTIVATION_TOLERANCES)
@pytest.mark.parametrize("function", [tanh, sigmoid])
def test_activations_pass_nan_and_saturate_at_infinity(function, dtype):
    with np.errstate(invalid="ignore"):
        assert np.isnan(function(dtype(np.nan)))
        assert function(dtype(np.inf)) == 1
        assert function(dtype(-np.inf)) == (-1 if function is tanh else 0)


@pytest.mark.parametrize(("function", "derivative"), [(tanh, d_tanh), (sigmoid, d_sigmoid)])
def test_derivatives_of_activations(function, derivative):
    x = np.array([0.7])
    numerical = numerical_gradient(lambda: function(x[0]), x)
    assert derivative(function(x[0])) == pytest.approx(numerical[0], rel=DIFFERENCES_TOLERANCE)


@kernel
def compiled_activations(stamp):
    """Return a kernel that applies both activations to an array."""

    def activations(x, y_tanh, y_sigmoid):
        stamp  # noqa: B018  part of the cache's key
        for i in range(x.shape[0]):
            y_tanh[i] = tanh(x[i])
            y_sigmoid[i] = sigmoid(x[i])

    return activations


@pytest.mark.parametrize("dtype", ACTIVATION_TOLERANCES)
def test_compiled_activations_are_accurate(dtype):
    x = np.append(np.linspace(-20, 20, 4001), [np.nan, np.inf, -np.inf]).astype(dtype)
    y = np.empty((2, len(x)), dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        compiled_activations(x, y[0], y[1])
    double = x.astype(np.float64)
    expected = np.array([np.tanh(double), naive.sigmoid(double)])
    np.testing.assert_allclose(y, expected, rtol=0, atol=ACTIVATION_TOLERANCES[dtype])
    assert np.nanmax(np.abs(y)) == 1


def compiled_step(forward):
    """Return a kernel that runs a cell's forward function."""
    step = numba.extending.register_jitable(forward)

    def make(stamp):
        def run(tape, state, new_state):
            stamp  # noqa: B018  part of the cache's key
            step(tape, state, new_state)

        run.__name__ = run.__qualname__ = f"{forward.__module__}_step"
        return run

    return kernel(make)


@pytest.mark.skipif(not JIT, reason="compilation is switched off")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="looks for x86 instructions")
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_steps_are_vectorised_and_call_no_library(cell, monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))  # what comes from the cache has no assembly to show
    dispatcher = compiled_step(cell.forward)
    sums, state = (array.astype(np.float32) for array in random_step(cell))
    new_state = np.empty_like(state)
    dispatcher(*map(in_rows, (sums, state, new_state)))
    (assembly,) = dispatcher.inspect_asm().values()
    instructions = [line.split()[0] for line in assembly.splitlines() if line.split()]
    assert sum(name.endswith("ps") and "div" in name for name in instructions) >= len(cell.gates)
    assert "tanhf" not in assembly
    assert "expf" not in assembly
