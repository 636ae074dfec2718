"""Uncertainty of forecasts: their spreads, the calibration of these, and the distribution of the values ahead."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from tsrnn.forecaster.calibration import Calibration
from tsrnn.forecaster.dependence import Dependence
from tsrnn.forecaster.spreads import OwnSpreads, Spreads
from tsrnn.intervals import MEDIAN
from tsrnn.scaling import SeriesScaler

LOWEST = -np.finfo(float).max
# Mean score of the forecasts of a series that is new, or was constant, from which on its values are on another scale
# than its spread: it gets another one, and tells nothing of others.
STRANGE = 30.0


@dataclass(frozen=True)
class Uncertainty:
    """Spreads of forecasts, and scores of past ones.

    Attributes
    ----------
    spreads : Spreads
        Spreads of forecasts.
    calibration : Calibration
        How far forecasts have been off, in units of their spread.
    dependence : Dependence
        How these errors go together over steps and series.
    smoothing : dict of str to Smoothing
        That of the ensemble, with the states a horizon before the last observations: forecasts from there are scored
        when these are known.
    seen : ndarray of shape (n_series,), int64
        Observations of each series up to which forecasts have been scored.
    settled : ndarray of shape (n_series,), bool
        Series whose spread is from changes or errors that they have shown.
    """

    spreads: Spreads
    calibration: Calibration
    dependence: Dependence
    smoothing: dict
    seen: np.ndarray
    settled: np.ndarray

    @property
    def horizon(self):
        """Steps of a forecast that is scored."""
        return self.calibration.horizon

    def observe(self, scored):
        """Return the uncertainty after forecasts that have come true.

        Parameters
        ----------
        scored : list of tuple
            Series and scores from each origin, the oldest first, as from `score_between`.

        Returns
        -------
        Uncertainty
        """
        calibration, dependence = self.calibration, self.dependence
        ratios = _mean_scores(scored, len(self.seen))
        strange = ~self.settled & ((ratios > STRANGE) | ((ratios > 0) & (ratios < 1 / STRANGE)))
        for series, scores in scored:
            usual = ~strange[series]
            if usual.any():
                calibration = calibration.observe(scores[usual])
                dependence = dependence.observe(scores[usual], series[usual])
        spreads = self.spreads.rescale(np.where(strange, ratios, 1.0)) if strange.any() else self.spreads
        settled = self.settled | (np.isfinite(ratios) & ~strange)
        return replace(self, spreads=spreads, calibration=calibration, dependence=dependence, settled=settled)

    def extend(self, units, lengths):
        """Return the uncertainty of more series, which have the spreads of the median series in their ``units``."""
        own, n_known = self.spreads.own, len(self.seen)
        n_new = len(units) - n_known
        size = np.median(own.sizes / units[:n_known])
        sizes = np.concatenate([own.sizes, size * units[n_known:]])
        growths, trust = (
            np.concatenate([known, np.full(n_new, np.median(known))]) for known in (own.growths, self.spreads.trust)
        )
        spreads = replace(self.spreads, own=OwnSpreads(sizes, growths), trust=trust)
        return replace(
            self,
            spreads=spreads,
            seen=np.concatenate([self.seen, lengths[n_known:]]),
            settled=np.concatenate([self.settled, np.zeros(n_new, bool)]),
        )


@dataclass(frozen=True)
class Distribution:
    """Distribution of the values ahead: symmetric about the forecast on the scale of the models, but for its bounds.

    Attributes
    ----------
    forecasts : ndarray of shape (n, horizon), float64
        In the units of the series.
    spreads : ndarray of shape (n, horizon), float64
        Of scaled values.
    growths : ndarray of shape (n,), float64
        Exponents by which the spreads of the series grow.
    calibration : Calibration
        Factors of the spreads.
    scaler : SeriesScaler
        From values to scaled ones.
    series : ndarray of shape (n,), int64
        Series of each forecast.
    floor : ndarray of shape (n, 1), float64
        Lowest value: 0 where no value was negative, else -inf.
    ceiling : ndarray of shape (n, horizon), float64
        Highest scaled value; inf but for logarithms, whose tails are those of no mean.
    """

    forecasts: np.ndarray
    spreads: np.ndarray
    growths: np.ndarray
    calibration: Calibration
    scaler: SeriesScaler
    series: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray

    def quantiles(self, levels, factors=None):
        """Return quantiles.

        Parameters
        ----------
        levels : sequence of float
            Shares of observations below, in (0, 1). That of a half is the forecast.
        factors : ndarray of shape (2 * n_levels, n), optional
            Factors of the spreads at each forecast for the shares of :func:`shares_of`; by default those of the
            calibration.

        Returns
        -------
        ndarray of shape (n_levels, n, horizon), float64
            In the units of the series: higher ones of higher levels, none below the floor.
        """
        if factors is None:
            factors = self.calibration.factors(shares_of(levels))[:, None]
        pairs = zip(levels, *np.split(factors[:, :, None], 2), strict=True)
        return np.stack([self._move(np.sign(level - MEDIAN), two, one) for level, two, one in pairs])

    def sample(self, n_paths, dependence, rng):
        """Draw paths, whose steps and series go together as past errors do.

        Parameters
        ----------
        n_paths : int
            Paths.
        dependence : Dependence
            Of the errors.
        rng : numpy.random.Generator
            Source of the draws.

        Returns
        -------
        ndarray of shape (n_paths, n, horizon), float64
            In the units of the series.
        """
        normal = dependence.draw(self.calibration, self.growths, self.forecasts.shape[1], n_paths, rng)
        two, one = np.split(self.calibration.factors(shares_of(ndtr(normal))), 2)
        return self._move(np.sign(normal), two, one)

    def _move(self, sign, two_sided, one_sided):
        """Return the values some spreads above or below the forecasts.

        Above a forecast so near to the floor that nothing can be as far below it, all errors as large are above: a
        share of observations within the factor is one below the quantile.
        """
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            centers = self.scaler.scale(self.forecasts, self.series)
            room = (centers - self.scaler.scale(np.maximum(self.floor, LOWEST), self.series)) / self.spreads
            bounded = np.isfinite(self.floor) & (two_sided > room) & (sign > 0)
            factors = np.where(bounded, np.maximum(one_sided, room), two_sided)
            moved = np.minimum(centers + sign * factors * self.spreads, self.ceiling)
            moved = np.maximum(self.scaler.restore(moved, self.series), self.floor)
        # Rounding must not put a quantile on the other side of the forecast.
        lower, upper = np.minimum(moved, self.forecasts), np.maximum(moved, self.forecasts)
        return np.where(sign > 0, upper, np.where(sign < 0, lower, self.forecasts))


def _mean_scores(scored, n_series):
    """Return the mean score of each series, without the signs; NaN where there is none."""
    sums, counts = np.zeros(n_series), np.zeros(n_series)
    for series, scores in scored:
        np.add.at(sums, series, np.nansum(np.abs(scores), axis=1))
        np.add.at(counts, series, np.isfinite(scores).sum(axis=1))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def shares_of(levels):
    """Return the shares of errors within quantiles, of both signs and of one: float64 of shape (2 * n_levels, ...).

    Examples
    --------
    >>> from tsrnn.forecaster.uncertainty import shares_of
    >>> shares_of([0.1, 0.5, 0.9]).round(3).tolist()
    [0.8, 0.0, 0.8, 0.1, 0.5, 0.9]
    """
    levels = np.asarray(levels, dtype=np.float64)
    return np.concatenate([np.abs(2 * levels - 1), levels])
