"""The oracle itself is held against PyTorch's numbers before the engine is held against the oracle."""

import goldens
import gradients
import naive
import numpy as np
import pytest

# Both sides are float64 and differ by the order of a few thousand additions.
TOLERANCE = 1e-12
# Error of the finite differences, see gradients.numerical_gradient.
DIFFERENCES_TOLERANCE = 1e-8
SMALL_NAMES = [f"{cell}_{case}" for cell in naive.CELLS for case in ("one", "generator")]


@pytest.mark.parametrize("name", goldens.NAMES)
def test_outputs_equal_pytorch(name):
    golden = goldens.load(name)
    outputs = naive.predict(golden.config, golden.parameters, golden.sequences)
    valid = np.broadcast_to(golden.valid, outputs.shape)
    assert gradients.relative_error(outputs[valid], golden.arrays["outputs"][valid]) <= TOLERANCE
    if golden.config["head"] in ("last", "every"):
        assert np.isnan(outputs[~valid]).all()


@pytest.mark.parametrize("name", goldens.NAMES)
def test_loss_equals_pytorch(name):
    golden = goldens.load(name)
    loss = naive.mean_loss(golden.config, golden.parameters, golden.sequences)
    assert loss == pytest.approx(float(golden.arrays["loss"]), rel=TOLERANCE)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL_NAMES)
def test_differences_equal_pytorch_gradients(name):
    golden = goldens.load(name)
    parameters, sequences = golden.parameters, golden.sequences
    for parameter, values in parameters.items():
        numerical = gradients.numerical_gradient(lambda: naive.mean_loss(golden.config, parameters, sequences), values)
        error = gradients.relative_error(numerical, golden.arrays[f"gradient.{parameter}"])
        assert error <= DIFFERENCES_TOLERANCE, parameter


def test_numerical_gradient_of_a_known_function():
    x = np.array([0.3, -1.2, 2.0])
    before = x.copy()
    numerical = gradients.numerical_gradient(lambda: np.sum(np.sin(x)), x)
    assert gradients.relative_error(numerical, np.cos(x)) <= 1e-11
    np.testing.assert_array_equal(x, before)


def test_relative_error_refuses_other_shapes_and_nan():
    with pytest.raises(AssertionError, match="shape"):
        gradients.relative_error(np.zeros((1, 3)), np.zeros(3))
    assert not gradients.relative_error([np.nan], [1.0]) <= TOLERANCE
