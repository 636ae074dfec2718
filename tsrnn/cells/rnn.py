r"""Elman's cell: the new state from the input and the previous state.

.. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990); biases as in `torch.nn.RNN`.
"""

from tsrnn.cells.activations import d_tanh, tanh
from tsrnn.cells.base import Cell


def forward(tape, state, new_state, unit, size):
    """Advance one unit; see `tsrnn.cells.base.Cell`."""
    a, h = tape[unit], new_state[unit]
    for lane in range(a.shape[0]):
        h[lane] = tanh(a[lane])


def backward(tape, state, new_state, d_state, unit, size):
    """Go one step back for one unit; see `tsrnn.cells.base.Cell`."""
    a, h, d_h = tape[unit], new_state[unit], d_state[unit]
    for lane in range(a.shape[0]):
        a[lane] = d_h[lane] * d_tanh(h[lane])
        d_h[lane] = 0


CELL = Cell("rnn", gates=("h",), n_states=1, n_coupled=1, forward=forward, backward=backward)
