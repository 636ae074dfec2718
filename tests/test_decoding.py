"""A decoder step by step against prediction, which feeds it its own outputs."""

import cases
import numpy as np
import pytest
from gradients import relative_error

from tsrnn.cells import CELLS
from tsrnn.decoding import decode
from tsrnn.losses import LOSSES
from tsrnn.network import Network

TOLERANCE = 1e-12  # The order of the additions.


def fed_by_prediction(config, outputs):
    """Input of the next step of a decoder in prediction, from its outputs (m, output_size)."""
    loss = cases.make_loss(config)
    if loss.takes_classes:
        return outputs.argmax(axis=1)
    middle = outputs.reshape(len(outputs), -1, loss.n_outputs)[:, :, (loss.n_outputs - 1) // 2]
    return np.log1p(np.exp(middle)) if loss.domain is cases.COUNTS else middle


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("stack", [{}, {"bidirectional": True, "num_layers": 2}, cases.STACKS["residual"]], ids=str)
@pytest.mark.parametrize("cell", CELLS)
def test_the_path_of_predictions_is_the_prediction(cell, stack, loss):
    config = cases.make_config(cell=cell, head="decoder", loss=loss, output_size=4, output_steps=5, **stack)
    network, sequences = cases.make_network(config), cases.make_batch(config, n=13, steps=6, ragged=True)
    paths = np.full((3, 13, 5, 4), np.nan)

    def choose(numbers, step, outputs):
        paths.reshape(39, 5, 4)[numbers, step] = outputs
        return fed_by_prediction(config, outputs)

    decode(network, sequences, 3, 5, choose)
    assert relative_error(paths, np.broadcast_to(network.predict(sequences), paths.shape)) <= TOLERANCE


def test_paths_end_where_none_goes_on():
    config = cases.make_config(head="decoder", output_steps=9)
    network, sequences = cases.make_network(config), cases.make_batch(config, n=13, steps=2)
    steps = []

    def choose(numbers, step, outputs):
        steps.append((int(numbers[0]), step))
        return None if step == 1 else outputs

    decode(network, sequences, 1, 9, choose)
    # Blocks of eight numbers of double precision.
    assert steps == [(0, 0), (0, 1), (8, 0), (8, 1)]


@pytest.mark.parametrize("options", [{"head": "every"}, {"head": "decoder", "decoder_input_size": 1}])
def test_other_networks_are_refused(options):
    network = Network(input_size=1, hidden_size=2, output_size=1, **options)
    with pytest.raises(ValueError, match="head='decoder' that reads its own previous output"):
        decode(network, None, 1, 1, None)
