"""Calibration: how far forecasts have been off, in units of their spread, and the quantiles that follow from it.

The error of a forecast divided by its spread is its score. Scores of all series and steps are pooled, without their
sign, and their quantiles are the factors of the spread at which intervals end: split-conformal prediction (Vovk,
Gammerman and Shafer 2005, Algorithmic Learning in a Random World). Older scores count less (Barber, Candes, Ramdas and
Tibshirani 2023, Conformal prediction beyond exchangeability), and levels move by what intervals have missed (Gibbs and
Candes 2021, Adaptive conformal inference under distribution shift). Where there are few scores, Student's t
distribution counts as that many.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import t as student_t

EDGES = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 1_200), [np.inf]])  # Of the bins of scores.
DF = 6.0  # Degrees of freedom of Student's t distribution.
N_USUAL = 20.0  # Forecasts, none over steps of another, that it counts as.
LARGEST_OWN = 0.9  # Share of spreads that were found from the errors that are scored.
DECAY = 0.98  # Of the weight of a score over a horizon.
RATE = 0.02  # Of the levels, by what intervals miss over a horizon.
LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.99])  # Levels that move; those between them are interpolated.
HIGHEST = 0.998  # Level that others move to at most.
ENDS = np.append(EDGES[:-1], 10 * EDGES[-2])
USUAL = np.diff(2 * student_t.cdf(EDGES, DF) - 1)


@dataclass(frozen=True)
class Calibration:
    """Scores of past forecasts.

    Attributes
    ----------
    horizon : int
        Steps of a scored forecast.
    counts : ndarray of shape (n_bins,), float64
        Weights of the scores in each bin of `EDGES`.
    shifts : ndarray of shape (n_levels,), float64
        By how much each of `LEVELS` has moved.
    n_usual : float
        Forecasts, none over steps of another, that Student's t distribution counts as.
    sums : ndarray of shape (2 + n_levels, horizon), float64
        For each step: weights of the scores, of the scores times themselves, and of those within each of `LEVELS`.
    """

    horizon: int
    counts: np.ndarray = field(default_factory=lambda: np.zeros(len(EDGES) - 1))
    shifts: np.ndarray = field(default_factory=lambda: np.zeros(len(LEVELS)))
    sums: np.ndarray | None = None
    n_usual: float = N_USUAL

    @classmethod
    def of(cls, scores, ages, own_share=0.0):
        """Return the calibration by some forecasts.

        Parameters
        ----------
        scores : ndarray of shape (n, horizon), float64
            Errors in units of their spreads; NaN for steps that were not observed.
        ages : ndarray of shape (n,), int64
            Steps since each origin.
        own_share : float, default=0.0
            Share of spreads that were found from these errors: in their units, errors look smaller than later ones
            will, and Student's t distribution, of whose degrees of freedom they are, counts for as much.

        Returns
        -------
        Calibration
        """
        horizon, scores = scores.shape[1], np.abs(scores)
        weights = np.where(np.isfinite(scores), DECAY ** (ages / horizon)[:, None], 0.0)
        counts, own_share = _histogram(scores, weights), min(own_share, LARGEST_OWN)
        n_usual = N_USUAL + own_share / (1 - own_share) * counts.sum() / horizon
        calibration = cls(horizon, counts, n_usual=n_usual)
        return replace(calibration, sums=calibration._summarize(scores, weights))

    def factors(self, levels):
        """Return the factors of the spread at which central intervals end.

        Parameters
        ----------
        levels : ndarray of shape (n,), float64
            Shares of observations that the intervals are to hold, in [0, 1).

        Returns
        -------
        ndarray of shape (n,), float64
        """
        knots = np.concatenate([[0.0], LEVELS, [1.0]])
        moved = np.minimum(knots + np.concatenate([[0.0], self.shifts, [0.0]]), np.maximum(knots, HIGHEST))
        moved = np.maximum.accumulate(np.maximum(moved, 0.0))
        return np.interp(np.interp(levels, knots, moved), self._shares(), ENDS)

    def shares(self, scores):
        """Return the shares of scores that are smaller, without their sign: float64 of the shape of ``scores``."""
        return np.interp(np.abs(scores), ENDS, self._shares())

    def _shares(self):
        """Return the share of scores below each of `ENDS`."""
        total = self.counts.sum() / self.horizon
        empirical = np.cumsum(self.n_usual * USUAL + self.counts / self.horizon) / (self.n_usual + total)
        return np.concatenate([[0.0], empirical])

    def observe(self, scores):
        """Return the calibration after one more origin, whose forecasts have come true.

        Parameters
        ----------
        scores : ndarray of shape (n, horizon), float64
            Of forecasts from the same origin; NaN for steps that were not observed.

        Returns
        -------
        Calibration
        """
        scores, known = np.abs(scores), np.isfinite(scores)
        kept = DECAY ** (1 / self.horizon)
        weights = known.astype(float)
        sums = self._summarize(scores, weights)
        shifts = self.shifts
        if known.any():
            missed = 1 - sums[2:].sum(axis=1) / known.sum()
            shifts = shifts + RATE / self.horizon * (missed - (1 - LEVELS))
        before = 0.0 if self.sums is None else kept * self.sums
        return replace(
            self,
            counts=kept * self.counts + _histogram(scores, weights),
            shifts=shifts,
            sums=before + sums,
            n_usual=N_USUAL + kept * (self.n_usual - N_USUAL),
        )

    def _summarize(self, scores, weights):
        filled = np.nan_to_num(scores)
        within = [(weights * (filled <= factor)).sum(axis=0) for factor in self.factors(LEVELS)]
        return np.array([weights.sum(axis=0), (weights * filled).sum(axis=0), *within])


def _histogram(scores, weights):
    known = weights > 0
    bins = np.searchsorted(EDGES, scores[known], side="right") - 1
    return np.bincount(np.minimum(bins, len(EDGES) - 2), weights=weights[known], minlength=len(EDGES) - 1)
