r"""Gated recurrent unit in the form of PyTorch and cuDNN: the reset gate acts after the product.

.. math::
    r, z &= \sigma(W_{i \cdot} x_t + b + W_{h \cdot} h_{t-1} + b') \\
    n &= \tanh(W_{in} x_t + b_{in} + r \odot (W_{hn} h_{t-1} + b_{hn})) \\
    h_t &= n + z \odot (h_{t-1} - n)

K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
EMNLP 2014, https://doi.org/10.3115/v1/D14-1179.
"""

from tsrnn.cells.activations import d_sigmoid, d_tanh, sigmoid, tanh
from tsrnn.cells.base import Cell


def forward(tape, state, new_state, unit, size):
    """Advance one unit; see `tsrnn.cells.base.Cell`. The fourth row keeps the recurrent part of n."""
    r, z, n, recurrent = tape[unit], tape[size + unit], tape[2 * size + unit], tape[3 * size + unit]
    h_old, h = state[unit], new_state[unit]
    for lane in range(r.shape[0]):
        r_t, z_t = sigmoid(r[lane]), sigmoid(z[lane])
        n_t = tanh(n[lane] + r_t * recurrent[lane])
        r[lane], z[lane], n[lane] = r_t, z_t, n_t
        h[lane] = n_t + z_t * (h_old[lane] - n_t)


def backward(tape, state, new_state, d_state, unit, size):
    """Go one step back for one unit; see `tsrnn.cells.base.Cell`."""
    r, z, n, recurrent = tape[unit], tape[size + unit], tape[2 * size + unit], tape[3 * size + unit]
    h_old, d_h = state[unit], d_state[unit]
    for lane in range(r.shape[0]):
        r_t, z_t, n_t, d_ht = r[lane], z[lane], n[lane], d_h[lane]
        d_n = (d_ht - d_ht * z_t) * d_tanh(n_t)
        r[lane] = d_n * recurrent[lane] * d_sigmoid(r_t)
        z[lane] = d_ht * (h_old[lane] - n_t) * d_sigmoid(z_t)
        n[lane] = d_n
        recurrent[lane] = d_n * r_t
        d_h[lane] = d_ht * z_t


CELL = Cell("gru", gates=("r", "z", "n"), n_states=1, n_coupled=2, forward=forward, backward=backward)
