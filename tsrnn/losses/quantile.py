"""Quantiles of a target as outputs: the pinball loss."""

import numpy as np

from tsrnn.losses.base import Loss, read_levels

ROUNDING = 1e-9  # Difference between levels that are the same: 1 - 0.9 is 0.1


def _quantile(prediction, target, code, weight, parameters):
    n_levels = parameters.shape[0]
    total = 0.0
    for k in range(target.shape[0]):
        y, w = target[k], weight[k]
        for q in range(n_levels):
            p, level = prediction[k * n_levels + q], parameters[q]
            for lane in range(p.shape[0]):
                error = y[lane] - p[lane]
                # Written without a branch on the sign so that NaN reaches the total.
                slope = level - (error < 0)
                total += w[lane] * slope * error
                p[lane] = -w[lane] * slope
    return total


class Quantile(Loss):
    r"""Pinball loss, which the conditional quantiles minimise.

    With several levels a network has one output per target and level; those of a target lie side by side. They may
    cross: quantiles are the outputs sorted.

    Parameters
    ----------
    levels : float or sequence of float, default=0.5
        Levels in (0, 1), ascending.

    References
    ----------
    R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46 (1978).

    Examples
    --------
    >>> from tsrnn.losses import Quantile
    >>> Quantile([0.1, 0.5, 0.9]).quantiles([[0.0, 2.0, 10.0]], [0.3, 0.9])
    array([[ 1., 10.]])
    """

    name = "quantile"
    has_quantiles = True
    value_and_gradient = staticmethod(_quantile)

    def __init__(self, levels=0.5):
        values = np.atleast_1d(np.asarray(levels, dtype=float))
        if (
            values.ndim != 1
            or values.size == 0
            or not np.all((values > 0) & (values < 1))
            or np.any(np.diff(values) <= 0)
        ):
            raise ValueError(
                "The 'levels' parameter of Quantile must be ascending floats in the range (0.0, 1.0). "
                f"Got {levels!r} instead."
            )
        self.levels = tuple(values.tolist())

    @property
    def parameters(self):
        """The loss's own numbers: the levels."""
        return self.levels

    @property
    def n_outputs(self):
        """Outputs per target: one for each level."""
        return len(self.levels)

    @property
    def n_elements(self):
        """Elements of the mean loss per target: one for each level."""
        return len(self.levels)

    def point(self, outputs):
        """Return medians; where 0.5 lies outside the trained levels, the quantile of the level nearest to it."""
        return self.quantiles(outputs, np.clip(0.5, self.levels[0], self.levels[-1]))[..., 0]

    def quantiles(self, outputs, levels):
        """Return quantiles, between trained levels by linear interpolation; levels beyond them are refused."""
        outputs, levels, trained = np.sort(self._read(outputs), axis=-1), read_levels(levels), np.array(self.levels)
        beyond = (levels < trained[0] - ROUNDING) | (levels > trained[-1] + ROUNDING)
        if beyond.any():
            raise ValueError(
                f"The loss {self!r} gives quantiles from {trained[0]:g} to {trained[-1]:g}. Got {levels[beyond][0]:g}: "
                "train with levels that reach so far, or with a distribution such as loss='student_t'."
            )
        last = max(len(trained) - 2, 0)
        below = np.clip(np.searchsorted(trained, levels, side="right") - 1, 0, last)
        above = np.minimum(below + 1, len(trained) - 1)
        widths = np.where(above > below, trained[above] - trained[below], 1.0)
        shares = np.clip((levels - trained[below]) / widths, 0.0, 1.0)
        return outputs[..., below] * (1 - shares) + outputs[..., above] * shares
