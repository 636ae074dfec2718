"""Every gradient of the engine against finite differences of its own loss, in float64."""

import cases
import numpy as np
import pytest
from gradients import numerical_gradient, relative_error

from tsrnn.backends.cpu import Trainer
from tsrnn.cells import CELLS
from tsrnn.heads import HEADS
from tsrnn.losses import LOSSES

# Thousands of evaluations a test.
pytestmark = pytest.mark.slow

# The promise of the project. The differences themselves are good to about 1e-9 of the largest gradient.
TOLERANCE = 1e-6


def gradient_errors(config, sequences):
    """Return the relative error of the gradient of each parameter, and of the inputs, by name."""
    network, loss = cases.make_network(config), cases.make_loss(config)
    value, gradient, input_gradient = network.loss_and_gradient(sequences, loss)
    # Reads parameters and inputs in place, and is much faster than a call of `loss_and_gradient`.
    evaluate = Trainer(network.architecture, network.theta, sequences, loss, len(sequences)).evaluate
    assert evaluate() == pytest.approx(value, rel=1e-14)
    assert set(gradient) == set(network.parameters)
    errors = {
        name: relative_error(gradient[name], numerical_gradient(evaluate, values))
        for name, values in network.parameters.items()
    }
    if not config["input_size"]:
        assert input_gradient is None
    else:
        numerical = numerical_gradient(evaluate, sequences.values)
        errors["input"] = relative_error(input_gradient, numerical.reshape(input_gradient.shape))
    return errors


def assert_all_small(errors):
    """Name the gradients that are wrong."""
    assert {name: error for name, error in errors.items() if not error <= TOLERANCE} == {}


@pytest.mark.parametrize("ragged", [False, True], ids=["equal", "ragged"])
@pytest.mark.parametrize(("num_layers", "bidirectional"), cases.SHAPES)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_every_network(cell, head, num_layers, bidirectional, ragged):
    config = cases.make_config(
        cell=cell, head=head, num_layers=num_layers, bidirectional=bidirectional,
        output_steps={"last": 1, "every": 5}.get(head, 3),
    )  # fmt: skip
    assert_all_small(gradient_errors(config, cases.make_batch(config, n=3, steps=5, ragged=ragged)))


@pytest.mark.parametrize("stack", cases.STACKS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_other_stacks(cell, head, stack):
    config = cases.make_config(
        cell=cell, head=head, output_steps={"last": 1, "every": 6}.get(head, 3), **cases.STACKS[stack]
    )
    assert_all_small(gradient_errors(config, cases.make_batch(config, n=4, steps=6, ragged=True)))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_of_every_loss(loss, head):
    config = cases.make_config(loss=loss, head=head, output_size=4, output_steps={"last": 1, "every": 4}.get(head, 3))
    sequences = cases.make_batch(config, n=5, steps=4, ragged=True, weighted=True)
    assert_all_small(gradient_errors(config, sequences))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_with_missing_targets(loss, head):
    config = cases.make_config(loss=loss, head=head, output_size=4, output_steps={"last": 1, "every": 4}.get(head, 3))
    sequences = cases.with_missing_targets(cases.make_batch(config, n=5, steps=4, ragged=True, weighted=True))
    assert_all_small(gradient_errors(config, sequences))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("inputs", [0, 2])
def test_gradients_with_codes(inputs, cell, head):
    config = cases.make_config(
        cell=cell, head=head, input_size=inputs, n_categories=(4, 1, 3), output_size=3, bidirectional=True,
        num_layers=2, loss="cross_entropy", output_steps={"last": 1, "every": 4}.get(head, 3),
    )  # fmt: skip
    assert_all_small(gradient_errors(config, cases.make_batch(config, n=4, steps=4, ragged=True)))


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("head", [head for head in HEADS if HEADS[head].has_decoder])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_with_inputs_of_output_steps(cell, head, loss):
    config = cases.make_config(
        cell=cell, head=head, loss=loss, num_layers=2, output_steps=3, decoder_input_size=2, decoder_n_categories=(2, 4)
    )
    assert_all_small(gradient_errors(config, cases.make_batch(config, n=4, steps=4, ragged=True)))


# Lanes, steps, inputs, hidden units: ones, and sizes that divide no block or vector.
@pytest.mark.parametrize(("n", "steps", "inputs", "hidden"), [(1, 1, 1, 1), (33, 2, 3, 5), (2, 17, 1, 9)])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_at_odd_sizes(cell, n, steps, inputs, hidden):
    config = cases.make_config(cell=cell, input_size=inputs, hidden_size=hidden, head="every", output_steps=steps)
    assert_all_small(gradient_errors(config, cases.make_batch(config, n=n, steps=steps, ragged=True)))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("head", HEADS)
def test_gradients_with_dropout(head, residual):
    config = cases.make_config(
        head=head, num_layers=3, bidirectional=True, residual=residual,
        output_steps={"last": 1, "every": 5}.get(head, 3),
    )  # fmt: skip
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=3, steps=5, ragged=True)
    trainer = Trainer(network.architecture, network.theta, sequences, loss, len(sequences))

    def value():
        """Return the loss under one pattern of dropout; a learning rate of zero changes no parameter."""
        moments = np.zeros((2, network.theta.size))
        losses, _, _ = trainer.update(np.arange(3), moments, 0, rates=np.zeros(1), keys=np.array([11]), dropout=0.4)
        return losses[0]

    assert abs(value() - trainer.evaluate()) > 1e-3
    value()
    gradient = network.architecture.views(trainer.memory.gradient.copy())
    assert_all_small(
        {
            name: relative_error(gradient[name], numerical_gradient(value, values))
            for name, values in network.parameters.items()
        }
    )
