"""Losses whose outputs are the parameters of a distribution: negative log-likelihoods."""

import math
from numbers import Real

import numpy as np
from scipy.special import stdtrit

from tsrnn.losses.base import Loss, read_levels

# Of scales, for targets of unit spread: from a thousandth, which single precision still tells apart, to 150.
MIN_LOG_SCALE, MAX_LOG_SCALE = -7.0, 5.0


def _student_t(prediction, target, code, weight, parameters):
    df = float(parameters[0])
    half, factor = (df + 1) / 2, (df + 1) / df
    total = 0.0
    for k in range(target.shape[0]):
        y, w, location, log_scale = target[k], weight[k], prediction[2 * k], prediction[2 * k + 1]
        for lane in range(y.shape[0]):
            # Branches that NaN passes by: it reaches the total.
            given = float(log_scale[lane])
            clipped = given
            if given < MIN_LOG_SCALE:
                clipped = MIN_LOG_SCALE
            elif given > MAX_LOG_SCALE:
                clipped = MAX_LOG_SCALE
            # In double precision, in which no square of an error overflows.
            inverse = math.exp(-clipped)
            z = (float(y[lane]) - float(location[lane])) * inverse
            u = 1 + z * z / df
            slope = factor * z / u
            total += w[lane] * (clipped + half * math.log(u))
            location[lane] = -w[lane] * slope * inverse
            slope = 1 - slope * z
            # Beyond a bound the loss is constant, but a step back towards it is wanted, or the output could never move.
            if (given < MIN_LOG_SCALE and slope > 0) or (given > MAX_LOG_SCALE and slope < 0):
                slope = 0.0
            log_scale[lane] = w[lane] * slope
    return total


class StudentT(Loss):
    r"""Negative log-likelihood of Student's t distribution, up to a constant of `df`.

    A target has two outputs, its location :math:`\mu`, which is mean and median, and the logarithm of its scale
    :math:`\sigma`, clipped to [-7, 5]. The loss is :math:`\log\sigma + \frac{\nu + 1}{2} \log(1 + z^2 / \nu)`, with
    :math:`z = (y - \mu) / \sigma` and :math:`\nu` degrees of freedom; a log scale beyond the bounds has a gradient only
    if a step along it leads back.

    Parameters
    ----------
    df : float, default=4.0
        Degrees of freedom, larger than 0: the fewer, the less a single target far from the others weighs.

    References
    ----------
    K. L. Lange, R. J. A. Little, J. M. G. Taylor, "Robust statistical modeling using the t distribution", Journal of
    the American Statistical Association 84 (1989).

    Examples
    --------
    >>> from tsrnn.losses import StudentT
    >>> StudentT().quantiles([[1.0, 0.0]], [0.1, 0.5, 0.9]).round(3)
    array([[-0.533,  1.   ,  2.533]])
    """

    name = "student_t"
    n_outputs = 2
    has_quantiles = has_samples = True
    value_and_gradient = staticmethod(_student_t)

    def __init__(self, df=4.0):
        if not isinstance(df, Real) or not 0 < df < math.inf:
            raise ValueError(
                f"The 'df' parameter of StudentT must be a float in the range (0.0, inf). Got {df!r} instead."
            )
        self.df = float(df)

    @property
    def parameters(self):
        """The loss's own numbers: `df`."""
        return (self.df,)

    def scales(self, outputs):
        """Return scales: ``exp`` of the log scale, clipped.

        Parameters
        ----------
        outputs : array-like of shape (..., 2)
            Outputs of a network for a target: location and log scale.

        Returns
        -------
        ndarray of shape (...), float64
            In units of the targets that the network was trained on.
        """
        return np.exp(np.clip(self._read(outputs)[..., 1], MIN_LOG_SCALE, MAX_LOG_SCALE))

    def initial_bias(self, targets, weights=None):
        """Return the median, and the log of the scale that the median absolute deviation tells."""
        targets = np.asarray(targets, dtype=np.float64)
        weights = np.ones(len(targets)) if weights is None else np.asarray(weights, dtype=np.float64)
        median = _weighted_medians(targets, weights)
        deviations = np.abs(targets - median)
        scale = _weighted_medians(deviations, weights) / stdtrit(self.df, 0.75)
        # More than half of the targets are the same: the mean deviation is of the others, too.
        scale = np.where(scale > 0, scale, np.average(deviations, axis=0, weights=weights))
        with np.errstate(divide="ignore"):
            log_scale = np.clip(np.log(scale), MIN_LOG_SCALE, MAX_LOG_SCALE)
        return np.stack([median, log_scale], axis=-1)

    def quantiles(self, outputs, levels):
        """Return the quantiles of the distributions, of any levels in (0, 1)."""
        standard = stdtrit(self.df, read_levels(levels))
        return self.point(outputs)[..., None] + self.scales(outputs)[..., None] * standard

    def sample(self, outputs, n_samples, rng):
        """Draw from the distributions."""
        location, scale = self.point(outputs), self.scales(outputs)
        return location + scale * rng.standard_t(self.df, size=(n_samples, *location.shape))


def _weighted_medians(values, weights):
    """Return the weighted median of each column, a value of it."""
    order = np.argsort(values, axis=0, kind="stable")
    shares = np.cumsum(weights[order], axis=0)
    rows = np.argmax(shares >= shares[-1] / 2, axis=0)
    return np.take_along_axis(values, np.take_along_axis(order, rows[None], axis=0), axis=0)[0]
