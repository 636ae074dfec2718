"""Spreads of forecasts of each series by itself: how far smoothing, fitted again at past origins, has been off.

A network tells the spread of its forecasts from the window. Of few and short series it has learned too little for that;
there, errors of forecasts from past origins tell more, each by models that were fitted to what was known.
"""

from dataclasses import dataclass, replace

import numpy as np

N_REFITS = 30  # Newest origins of a series that are forecast from.
DECAY = 0.9  # Of the weight of an error from one origin to the one before.
USUAL_GROWTH, GROWTH_WEIGHT = 0.5, 20.0  # Exponent of a random walk, and what it counts for.
FEW = 2.0  # Origins by which few of them widen the spread.
SMALLEST_PART = 0.1  # Of the spread of a series by itself, by which it is changed at most.
NORMAL = 1.2533  # Standard deviation over mean absolute deviation of a normal distribution.


@dataclass(frozen=True)
class OwnSpreads:
    """Spread of each series as a power of the steps ahead.

    Attributes
    ----------
    sizes : ndarray of shape (n_series,), float64
        Spread one step ahead, of scaled values.
    growths : ndarray of shape (n_series,), float64
        Exponents.
    """

    sizes: np.ndarray
    growths: np.ndarray

    def at(self, series, horizon):
        """Return the spreads of some series: float64 of shape (n, horizon)."""
        return self.sizes[series, None] * np.arange(1, horizon + 1) ** self.growths[series, None]


def fit_power(errors, ages):
    """Fit a power of the steps ahead to the errors of one series.

    Parameters
    ----------
    errors : ndarray of shape (n, horizon), float64
        Absolute errors from some origins; NaN where nothing was observed.
    ages : ndarray of shape (n,)
        Origins after each.

    Returns
    -------
    size, growth : float
        Spread one step ahead, for Student's t distribution, and exponent; NaN and the usual one without any error.
    """
    known = np.isfinite(errors)
    weights = DECAY ** ages[:, None] * known
    if not known.any():
        return np.nan, USUAL_GROWTH
    totals, filled = weights.sum(axis=0), np.where(known, errors, 0.0)
    means = (weights * filled).sum(axis=0) / np.maximum(totals, np.finfo(float).tiny)
    steps, told = np.arange(1, errors.shape[1] + 1), (totals > 0) & (means > 0)
    growth = USUAL_GROWTH
    if told.any():
        x, y, w = np.log(steps[told]), np.log(means[told]), totals[told]
        x = x - np.average(x, weights=w)
        slope = (w * x * (y - np.average(y, weights=w))).sum() + GROWTH_WEIGHT * USUAL_GROWTH
        growth = float(np.clip(slope / ((w * x**2).sum() + GROWTH_WEIGHT), 0.0, 1.0))
    size = (weights * filled / steps**growth).sum() / weights.sum()
    return NORMAL * size * np.sqrt(1 + FEW / known.any(axis=1).sum()), growth


@dataclass(frozen=True)
class Spreads:
    """Spreads of forecasts: a geometric mean of those that networks tell, and of those of each series by itself.

    Attributes
    ----------
    own : OwnSpreads
        Of each series by itself.
    trust : ndarray of shape (n_series,), float64
        Share of those of the networks, in [0, 1].
    factor : float
        By which these are multiplied.
    told_steps : int
        Steps ahead up to which a network tells the spread; beyond, it grows like that of the series.
    """

    own: OwnSpreads
    trust: np.ndarray
    factor: float
    told_steps: int

    def at(self, series, learned):
        """Return the spreads of forecasts of some series.

        Parameters
        ----------
        series : ndarray of shape (n,), int64
            Series of each forecast.
        learned : ndarray of shape (n, horizon), float64
            Spreads of scaled values that networks tell; NaN where they do not.

        Returns
        -------
        ndarray of shape (n, horizon), float64
        """
        horizon = learned.shape[1]
        own = self.own.at(series, horizon)
        beyond = np.maximum(np.arange(1, horizon + 1) / self.told_steps, 1.0)
        told = self.factor * learned * beyond ** self.own.growths[series, None]
        trust = self.trust[series, None]
        return np.where(np.isnan(told), own, own ** (1 - trust) * told**trust)

    def rescale(self, ratios):
        """Return spreads that are so many times as large, of series whose networks do not tell all."""
        power = np.where(self.trust < 1, 1 / np.maximum(1 - self.trust, SMALLEST_PART), 0.0)
        return replace(self, own=replace(self.own, sizes=self.own.sizes * ratios**power))
