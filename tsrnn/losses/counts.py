"""Losses of counts: negative log-likelihoods with a log link."""

import math

import numpy as np
from scipy import special

from tsrnn.losses.base import Loss, read_levels, read_weighted, weighted_means
from tsrnn.losses.domains import COUNTS, MAX_LOG_MEAN

# Of the dispersion: from that of a Poisson distribution, to single digits, to nearly nothing but zeros.
MIN_LOG_DISPERSION, MAX_LOG_DISPERSION = -15.0, 10.0
SHIFT = 10  # Terms by which the argument of digamma is raised, so that six terms of its series give double precision
SMALLEST_MEAN = 1e-3  # Where all counts are zero, the mean that a network starts from
SMALLEST_DISPERSION = 1e-2  # The dispersion, where counts vary less than a Poisson distribution


def _poisson(prediction, target, code, weight, parameters):
    total = 0.0
    for k in range(target.shape[0]):
        y, w, p = target[k], weight[k], prediction[k]
        for lane in range(y.shape[0]):
            # Branches that NaN passes by: it reaches the total.
            count, given = float(y[lane]), float(p[lane])
            log_mean = given
            if given < -MAX_LOG_MEAN:
                log_mean = -MAX_LOG_MEAN
            elif given > MAX_LOG_MEAN:
                log_mean = MAX_LOG_MEAN
            mean = math.exp(log_mean)
            total += w[lane] * (mean - count * log_mean + math.lgamma(count + 1))
            slope = mean - count
            # Beyond a bound the loss is constant, but a step back towards it is wanted, or the output could never move.
            if (given < -MAX_LOG_MEAN and slope > 0) or (given > MAX_LOG_MEAN and slope < 0):
                slope = 0.0
            p[lane] = w[lane] * slope
    return total


def _negative_binomial(prediction, target, code, weight, parameters):
    total = 0.0
    for k in range(target.shape[0]):
        y, w, p, q = target[k], weight[k], prediction[2 * k], prediction[2 * k + 1]
        for lane in range(y.shape[0]):
            count, given, given_dispersion = float(y[lane]), float(p[lane]), float(q[lane])
            log_mean, log_dispersion = given, given_dispersion
            if given < -MAX_LOG_MEAN:
                log_mean = -MAX_LOG_MEAN
            elif given > MAX_LOG_MEAN:
                log_mean = MAX_LOG_MEAN
            if given_dispersion < MIN_LOG_DISPERSION:
                log_dispersion = MIN_LOG_DISPERSION
            elif given_dispersion > MAX_LOG_DISPERSION:
                log_dispersion = MAX_LOG_DISPERSION
            mean, size = math.exp(log_mean), math.exp(-log_dispersion)
            log_ratio = math.log1p(mean / size)
            total += w[lane] * (
                size * log_ratio
                + count * (math.log(size + mean) - log_mean)
                + (math.lgamma(count + 1) + math.lgamma(size) - math.lgamma(count + size))
            )
            # Digamma of count + size less that of size: by recurrence to arguments for which its series is exact.
            rise = math.log1p(count / (size + SHIFT))
            for sign in (1, -1):
                x = size + SHIFT + (count if sign > 0 else 0.0)
                r = 1 / (x * x)
                series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * 691 / 32760)))))
                rise -= sign * (0.5 / x + series)
            for n in range(SHIFT):
                rise += count / ((size + n) * (size + n + count))
            slope = size * (mean - count) / (size + mean)
            if (given < -MAX_LOG_MEAN and slope > 0) or (given > MAX_LOG_MEAN and slope < 0):
                slope = 0.0
            p[lane] = w[lane] * slope
            slope = size * (rise - log_ratio + (mean - count) / (size + mean))
            if (given_dispersion < MIN_LOG_DISPERSION and slope > 0) or (
                given_dispersion > MAX_LOG_DISPERSION and slope < 0
            ):
                slope = 0.0
            q[lane] = w[lane] * slope
    return total


class _CountLoss(Loss):
    """Base of the losses of counts, whose first output is the logarithm of the mean.

    A subclass has `_distribution`, the probability of counts up to k.
    """

    domain = COUNTS
    has_quantiles = has_samples = True

    def point(self, outputs):
        """Return means: ``exp`` of the log mean, clipped."""
        return np.exp(np.clip(self._read(outputs)[..., 0], -MAX_LOG_MEAN, MAX_LOG_MEAN))

    def quantiles(self, outputs, levels):
        """Return the quantiles of the distributions: the smallest counts that are not exceeded with a probability."""
        levels, mean = read_levels(levels), self.point(outputs)[..., None]
        distribution = self._distribution(outputs)
        # Comparisons with NaN are false: it ends both searches.
        high = np.broadcast_to(np.ceil(mean) + 1, (*mean.shape[:-1], len(levels))).copy()
        while (short := distribution(high) < levels).any():
            high[short] *= 2
        low = np.full(high.shape, -1.0)  # below the quantile; `high` is it or above it
        while (open_ := high - low > 1).any():
            middle = np.floor((low + high) / 2)
            short = distribution(middle) < levels
            low, high = np.where(open_ & short, middle, low), np.where(open_ & ~short, middle, high)
        return np.where(np.isnan(mean), np.nan, high)


class Poisson(_CountLoss):
    r"""Negative log-likelihood of the Poisson distribution.

    A target, a count, has one output, the logarithm of its mean, clipped to [-20, 20]: :math:`\eta`. The loss is
    :math:`e^\eta - y \eta + \log y!`, in nats; a log mean beyond the bounds has a gradient only if a step along it
    leads back.

    References
    ----------
    A. C. Cameron, P. K. Trivedi, "Regression analysis of count data", 2nd edition, Cambridge University Press (2013).

    Examples
    --------
    >>> from tsrnn.losses import Poisson
    >>> Poisson().quantiles([[1.0], [5.0]], [0.1, 0.5, 0.9])
    array([[  1.,   3.,   5.],
           [133., 148., 164.]])
    """

    name = "poisson"
    value_and_gradient = staticmethod(_poisson)

    def _distribution(self, outputs):
        mean = self.point(outputs)[..., None]
        return lambda counts: special.gammaincc(counts + 1, mean)

    def sample(self, outputs, n_samples, rng):
        """Draw from the distributions."""
        mean = self.point(outputs)
        return rng.poisson(mean, size=(n_samples, *mean.shape)).astype(np.float64)

    def initial_bias(self, targets, weights=None):
        """Return the log of the mean."""
        return np.log(np.maximum(weighted_means(*read_weighted(targets, weights)), SMALLEST_MEAN))[:, None]


class NegativeBinomial(_CountLoss):
    r"""Negative log-likelihood of the negative binomial distribution: counts that vary more than Poisson's.

    A target, a count, has two outputs, the logarithm of its mean :math:`\mu`, clipped to [-20, 20], and that of its
    dispersion :math:`\alpha`, clipped to [-15, 10]: its variance is :math:`\mu + \alpha \mu^2`. The loss is in nats; an
    output beyond its bounds has a gradient only if a step along it leads back.

    References
    ----------
    A. C. Cameron, P. K. Trivedi, "Regression analysis of count data", 2nd edition, Cambridge University Press (2013);
    their NB2.

    Examples
    --------
    >>> from tsrnn.losses import NegativeBinomial
    >>> NegativeBinomial().quantiles([[1.0, 0.0], [5.0, 0.0]], [0.1, 0.5, 0.9])
    array([[  0.,   2.,   7.],
           [ 15., 103., 342.]])
    """

    name = "negative_binomial"
    n_outputs = 2
    value_and_gradient = staticmethod(_negative_binomial)

    def dispersions(self, outputs):
        """Return dispersions: ``exp`` of the log dispersion, clipped.

        Parameters
        ----------
        outputs : array-like of shape (..., 2)
            Outputs of a network for a target: log mean and log dispersion.

        Returns
        -------
        ndarray of shape (...), float64
        """
        return np.exp(np.clip(self._read(outputs)[..., 1], MIN_LOG_DISPERSION, MAX_LOG_DISPERSION))

    def _distribution(self, outputs):
        mean, size = self.point(outputs)[..., None], 1 / self.dispersions(outputs)[..., None]
        return lambda counts: special.betainc(size, counts + 1, size / (size + mean))

    def sample(self, outputs, n_samples, rng):
        """Draw from the distributions: Poisson's, with means of a gamma distribution."""
        mean, dispersion = self.point(outputs), self.dispersions(outputs)
        means = rng.gamma(1 / dispersion, mean * dispersion, size=(n_samples, *mean.shape))
        return rng.poisson(means).astype(np.float64)

    def initial_bias(self, targets, weights=None):
        """Return the log of the mean, and of the dispersion that the variance of all targets tells."""
        targets, weights = read_weighted(targets, weights)
        mean = np.maximum(weighted_means(targets, weights), SMALLEST_MEAN)
        variance = weighted_means((targets - mean) ** 2, weights)
        dispersion = np.maximum((variance - mean) / mean**2, SMALLEST_DISPERSION)
        return np.stack([np.log(mean), np.minimum(np.log(dispersion), MAX_LOG_DISPERSION)], axis=-1)
