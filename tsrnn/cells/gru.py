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


def forward(tape, state, new_state):
    """Advance one step; see `tsrnn.cells.base.Cell`. The fourth row keeps the recurrent part of n."""
    r, z, n, recurrent = tape[0], tape[1], tape[2], tape[3]
    h_old, h = state[0], new_state[0]
    for k in range(r.shape[0]):
        r[k], z[k] = sigmoid(r[k]), sigmoid(z[k])
    for k in range(r.shape[0]):
        n_t = tanh(n[k] + r[k] * recurrent[k])
        n[k] = n_t
        h[k] = n_t + z[k] * (h_old[k] - n_t)


def backward(tape, state, new_state, d_state):
    """Go one step back; see `tsrnn.cells.base.Cell`."""
    r, z, n, recurrent = tape[0], tape[1], tape[2], tape[3]
    h_old, d_h = state[0], d_state[0]
    for k in range(r.shape[0]):
        r_t, z_t, n_t, d_ht = r[k], z[k], n[k], d_h[k]
        d_n = (d_ht - d_ht * z_t) * d_tanh(n_t)
        r[k] = d_n * recurrent[k] * d_sigmoid(r_t)
        z[k] = d_ht * (h_old[k] - n_t) * d_sigmoid(z_t)
        n[k] = d_n
        recurrent[k] = d_n * r_t
        d_h[k] = d_ht * z_t


CELL = Cell("gru", gates=("r", "z", "n"), n_states=1, n_coupled=2, forward=forward, backward=backward)
