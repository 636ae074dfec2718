"""The engine against PyTorch's own numbers, see golden/make_goldens.py."""

import cases
import goldens
import numpy as np
import pytest
from gradients import relative_error

# float32: the promise of the project; rounding alone explains about 1e-6 over the steps and layers tested.
# float64: the order of the additions.
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}


def make_case(name, dtype):
    """Golden file, network and sequences."""
    golden = goldens.load(name)
    return golden, cases.make_network(golden.config, dtype, golden.parameters), golden.sequences


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("name", goldens.NAMES)
def test_outputs_equal_pytorch(name, dtype):
    golden, network, sequences = make_case(name, dtype)
    outputs = network.predict(sequences)
    assert outputs.dtype == dtype
    valid = np.broadcast_to(golden.valid, outputs.shape)
    assert relative_error(outputs[valid], golden.arrays["outputs"][valid]) <= TOLERANCES[dtype]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("name", goldens.NAMES)
def test_loss_and_gradients_equal_pytorch(name, dtype):
    golden, network, sequences = make_case(name, dtype)
    loss, gradient, input_gradient = network.loss_and_gradient(sequences, cases.make_loss(golden.config))
    assert loss == pytest.approx(float(golden.arrays["loss"]), rel=TOLERANCES[dtype])
    expected = golden.group("gradient")
    assert set(gradient) == set(expected)
    errors = {name: relative_error(gradient[name], expected[name]) for name in expected}
    if golden.config["input_size"]:
        errors["input"] = relative_error(input_gradient, golden.arrays["input_gradient"])
    assert {name: error for name, error in errors.items() if not error <= TOLERANCES[dtype]} == {}
