r"""Long short-term memory, with gates in PyTorch's order i, f, g, o and states h, c.

.. math::
    i, f, o &= \sigma(W_{i \cdot} x_t + b + W_{h \cdot} h_{t-1} + b'), \quad g = \tanh(\ldots) \\
    c_t &= f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)

S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); forget gate from F. A. Gers,
J. Schmidhuber, F. Cummins, "Learning to forget", Neural Computation 12 (2000).
"""

from tsrnn.cells.activations import d_sigmoid, d_tanh, sigmoid, tanh
from tsrnn.cells.base import Cell


def forward(tape, state, new_state, unit, size):
    """Advance one unit; see `tsrnn.cells.base.Cell`."""
    i, f, g, o = tape[unit], tape[size + unit], tape[2 * size + unit], tape[3 * size + unit]
    c_old, h, c = state[size + unit], new_state[unit], new_state[size + unit]
    for lane in range(i.shape[0]):
        i_t, f_t, g_t, o_t = sigmoid(i[lane]), sigmoid(f[lane]), tanh(g[lane]), sigmoid(o[lane])
        c_t = f_t * c_old[lane] + i_t * g_t
        i[lane], f[lane], g[lane], o[lane] = i_t, f_t, g_t, o_t
        c[lane] = c_t
        h[lane] = o_t * tanh(c_t)


def backward(tape, state, new_state, d_state, unit, size):
    """Go one step back for one unit; see `tsrnn.cells.base.Cell`."""
    i, f, g, o = tape[unit], tape[size + unit], tape[2 * size + unit], tape[3 * size + unit]
    c_old, c, d_h, d_c = state[size + unit], new_state[size + unit], d_state[unit], d_state[size + unit]
    for lane in range(i.shape[0]):
        i_t, f_t, g_t, o_t = i[lane], f[lane], g[lane], o[lane]
        tanh_c = tanh(c[lane])
        d_ct = d_c[lane] + d_h[lane] * o_t * d_tanh(tanh_c)
        o[lane] = d_h[lane] * tanh_c * d_sigmoid(o_t)
        i[lane] = d_ct * g_t * d_sigmoid(i_t)
        f[lane] = d_ct * c_old[lane] * d_sigmoid(f_t)
        g[lane] = d_ct * i_t * d_tanh(g_t)
        d_c[lane] = d_ct * f_t
        d_h[lane] = 0


CELL = Cell("lstm", gates=("i", "f", "g", "o"), n_states=2, n_coupled=4, forward=forward, backward=backward)
