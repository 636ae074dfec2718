"""Sum of the gradients, clipping by global norm, and Adam, each for one thread's share of the parameters.

D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; weight decay decoupled as in
I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019. Constants as in `torch.optim.AdamW`.
"""

import numpy as np

from tsrnn.backends.arrays import add, copy, total
from tsrnn.backends.compilation import inline, inline_once
from tsrnn.backends.vectors import at, dots_1, tile_columns
from tsrnn.backends.views import row_at

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
SHARE = 1024  # parameters whose squares are summed at a time, in one order for any number of threads


@inline_once
def collect_gradient(tensors, slots, gradient, thread, n_threads):
    """Sum this thread's share of the slots' gradients into the flat gradient."""
    for n in range(tensors.shape[0]):
        tensor = tensors[n]
        if tensor["column"] != 1:
            _collect_transposed(tensor, slots, gradient, thread, n_threads)
            continue
        columns, row, slot_row = tensor["columns"], tensor["row"], tensor["slot_row"]
        first, last = thread * tensor["rows"] // n_threads, (thread + 1) * tensor["rows"] // n_threads
        start, source = tensor["start"] + first * row, tensor["slot"] + first * slot_row
        rows = last - first
        if row == columns and slot_row == columns:  # without gaps: one long row
            rows, columns = 1, rows * columns
        for i in range(rows):
            copy(slots[0], source + i * slot_row, gradient, start + i * row, columns)
            for s in range(1, slots.shape[0]):
                add(slots[s], source + i * slot_row, gradient, start + i * row, columns)


@inline_once
def _collect_transposed(tensor, slots, gradient, thread, n_threads):
    """Sum this thread's columns of a matrix that lies column after column in the flat gradient."""
    columns = tensor["columns"]
    for k in range(thread * columns // n_threads, (thread + 1) * columns // n_threads):
        target = tensor["start"] + k * tensor["column"]
        for i in range(tensor["rows"]):
            source, place = tensor["slot"] + i * tensor["slot_row"] + k, target + i * tensor["row"]
            gradient[place] = slots[0, source]
            for s in range(1, slots.shape[0]):
                gradient[place] += slots[s, source]


@inline_once
def sum_squares(gradient, squares, thread, n_threads):
    """Write the sums of squares of `SHARE` elements each."""
    width = tile_columns(gradient)
    for n in range(thread, squares.shape[0], n_threads):
        squares[n] = 0
        share = at(gradient, n * SHARE)
        dots_1(share, 0, width, share, width, SHARE // width, at(squares, n), 0)


@inline_once
def clip_factor(squares, clip_norm):
    """Return what a gradient is multiplied by so that its norm is at most `clip_norm`, as in PyTorch."""
    norm = np.sqrt(total(squares, 0, squares.shape[0]))
    return min(1.0, clip_norm / (norm + 1e-6))


@inline
def adam_step(theta, gradient, moments, updates, rate, weight_decay, factor, thread, n_threads):
    """Update this thread's share of the parameters; `updates` is the number of this one, from 1."""
    T = theta.dtype.type
    share = (theta.shape[0] + n_threads - 1) // n_threads
    first = min(thread * share, theta.shape[0])
    count = min(share, theta.shape[0] - first)
    step = T(rate / (1 - BETA_1 ** float(updates)))
    correction = T(1 / np.sqrt(1 - BETA_2 ** float(updates)))
    shrink, scale, epsilon = T(1 - rate * weight_decay), T(factor), T(EPSILON)
    b_1, b_2, c_1, c_2 = T(BETA_1), T(BETA_2), T(1 - BETA_1), T(1 - BETA_2)
    mean, square = row_at(moments[0], first, count), row_at(moments[1], first, count)
    theta, gradient = row_at(theta, first, count), row_at(gradient, first, count)
    for k in range(count):
        g = gradient[k] * scale
        m, v = b_1 * mean[k] + c_1 * g, b_2 * square[k] + c_2 * g * g
        mean[k], square[k] = m, v
        theta[k] = theta[k] * shrink - step * m / (np.sqrt(v) * correction + epsilon)
