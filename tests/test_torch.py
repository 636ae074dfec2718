"""The parameters load into PyTorch's modules as they are. Skipped where PyTorch is not installed."""

import cases
import pytest
from gradients import relative_error

torch = pytest.importorskip("torch")

# float32, see test_golden.py.
TOLERANCE = 1e-5


def load_state(module, parameters):
    """Load the parameters named as in `module`, all of them and no other."""
    state = {name: torch.from_numpy(values.copy()) for name, values in parameters.items()}
    module.load_state_dict(state, strict=True)
    return module


@pytest.mark.parametrize(("num_layers", "bidirectional"), cases.SHAPES)
@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_parameters_load_as_they_are_and_predict_the_same(cell, num_layers, bidirectional):
    config = cases.make_config(
        cell=cell.lower(), num_layers=num_layers, bidirectional=bidirectional, head="every", output_steps=6
    )
    network = cases.make_network(config, "float32")
    sequences = cases.make_batch(config, n=5, steps=6)
    recurrent = getattr(torch.nn, cell)(2, 3, num_layers, bidirectional=bidirectional, batch_first=True)
    readout = torch.nn.Linear((1 + bidirectional) * 3, 2)
    parts = {"readout.": {}, "": {}}
    for name, values in network.parameters.items():
        prefix = "readout." if name.startswith("readout.") else ""
        parts[prefix][name.removeprefix(prefix)] = values
    load_state(recurrent, parts[""])
    load_state(readout, parts["readout."])
    inputs = torch.from_numpy(sequences.values.reshape(5, 6, 2)).float()
    with torch.no_grad():
        expected = readout(recurrent(inputs)[0]).numpy()
    assert relative_error(network.predict(sequences), expected) <= TOLERANCE
