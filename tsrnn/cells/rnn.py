r"""Elman's cell: the new state from the input and the previous state.

.. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990); biases as in `torch.nn.RNN`.
"""

from tsrnn.cells.activations import d_tanh, tanh
from tsrnn.cells.base import Cell


def forward(tape, state, new_state):
    """Advance one step; see `tsrnn.cells.base.Cell`."""
    a, h = tape[0], new_state[0]
    for k in range(a.shape[0]):
        h[k] = tanh(a[k])


def backward(tape, state, new_state, d_state):
    """Go one step back; see `tsrnn.cells.base.Cell`."""
    a, h, d_h = tape[0], new_state[0], d_state[0]
    for k in range(a.shape[0]):
        a[k] = d_h[k] * d_tanh(h[k])
        d_h[k] = 0


CELL = Cell("rnn", gates=("h",), n_states=1, n_coupled=1, forward=forward, backward=backward)
