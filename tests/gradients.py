"""Gradients by finite differences, and the measure by which two arrays are compared."""

import numpy as np


def numerical_gradient(function, x, step=1e-3):
    """Gradient of `function()` with respect to the float64 array `x`, which it reads.

    Fourth-order central differences: (8 (f(+h) - f(-h)) - (f(+2h) - f(-2h))) / 12 h. Their truncation error
    is h^4 f'''''/30, the rounding error about 1e-16 f / h: with h = 1e-3 both lie near 1e-13 for the losses
    of order 1 that are tested here. `x` is changed in place and put back exactly.
    """
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        centre = x[index]
        value = []
        for offset in (step, -step, 2 * step, -2 * step):
            x[index] = centre + offset
            value.append(function())
        x[index] = centre
        gradient[index] = (8 * (value[0] - value[1]) - (value[2] - value[3])) / (12 * step)
    return gradient


def relative_error(actual, expected):
    """Largest difference, relative to the largest expected value (to 1 where all of them are zero)."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    if actual.size == 0:
        return 0.0
    scale = np.max(np.abs(expected))
    return float(np.max(np.abs(actual - expected)) / (scale if scale > 0 else 1.0))
