"""Dependence of the errors of forecasts, over steps and series: sample paths that go together as errors have done.

Errors of one origin are a draw from their joint distribution. A weighted sum of such draws, the weights normal, has
their covariance, without a matrix of all steps and series. Few draws say little: to the sum comes a random walk, whose
errors grow from step to step. Both are normal, and become paths by the quantiles of each step (Gaussian copula, Nelsen
2006, An Introduction to Copulas).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from tsrnn.forecaster.spreads import USUAL_GROWTH

N_ORIGINS = 128  # Newest origins whose errors are kept.
N_HALF = 20.0  # Origins from which on their errors count more than what is drawn without them.
N_CORRELATED = 10.0  # Origins from which on correlations of series count for more than a half.
LARGEST = 4.0  # Of normal errors.


@dataclass(frozen=True)
class Dependence:
    """Errors of forecasts from the newest origins, in units of their spread.

    Attributes
    ----------
    scores : ndarray of shape (n_origins, n_together, horizon), float32
        The oldest first; NaN where nothing was observed. Of many series, ``n_together`` is 1 and each origin is that of
        any series.
    """

    scores: np.ndarray

    @classmethod
    def of(cls, scores, series, ages, n_together):
        """Return the dependence of some scores.

        Parameters
        ----------
        scores : ndarray of shape (n, horizon), float64
            Errors in units of their spreads.
        series, ages : ndarray of shape (n,), int64
            Series, and age of each origin.
        n_together : int
            Series whose errors are known at each origin, or 1 for any series by itself.

        Returns
        -------
        Dependence
        """
        if n_together == 1:
            newest = np.argsort(ages, kind="stable")[:N_ORIGINS][::-1]
            return cls(scores[newest, None].astype(np.float32))
        newest = np.unique(ages)[:N_ORIGINS]
        table, kept = np.full((len(newest), n_together, scores.shape[1]), np.nan, np.float32), np.isin(ages, newest)
        table[np.searchsorted(newest, ages[kept]), series[kept]] = scores[kept]
        return cls(table[::-1])

    def observe(self, scores, series):
        """Return the dependence with the errors of one more origin, or of some series by themselves."""
        n_together, horizon = self.scores.shape[1:]
        if n_together == 1:
            new = scores[:N_ORIGINS, None]
        else:  # Series that have come later are drawn by themselves.
            new, known = np.full((1, n_together, horizon), np.nan), series < n_together
            new[0, series[known]] = scores[known]
        return replace(self, scores=np.concatenate([self.scores, new.astype(np.float32)])[-N_ORIGINS:])

    def draw(self, calibration, growths, horizon, n_paths, rng):
        """Draw normal errors of mean 0 and variance 1.

        Parameters
        ----------
        calibration : Calibration
            Distribution of the scores.
        growths : ndarray of shape (n_series,), float64
            Exponents by which the spreads of the series grow with the steps ahead.
        horizon, n_paths : int
            Shape of the result.
        rng : numpy.random.Generator
            Source of the draws.

        Returns
        -------
        ndarray of shape (n_paths, n_series, horizon), float64
        """
        normal = np.clip(ndtri((1 + calibration.shares(self.scores)) / 2), 0.0, LARGEST) * np.sign(self.scores)
        normal, n_series, n_origins = np.nan_to_num(normal), len(growths), len(self.scores)
        prior = _draw_prior(normal, growths, horizon, n_paths, rng)
        together = normal.shape[1] == n_series
        steps = np.minimum(np.arange(horizon), normal.shape[2] - 1)
        normal = normal[:, np.arange(n_series) % normal.shape[1]][:, :, steps]
        sizes = np.sqrt((normal**2).sum(axis=0))
        normal = normal / np.where(sizes > 0, sizes, 1.0)
        weights = rng.standard_normal((n_paths, 1 if together else n_series, n_origins))
        past = np.einsum("pjt,tjk->pjk", np.broadcast_to(weights, (n_paths, n_series, n_origins)), normal)
        share = np.where(sizes > 0, n_origins / (n_origins + N_HALF), 0.0)
        return np.sqrt(1 - share) * prior + np.sqrt(share) * past


def _draw_prior(normal, growths, horizon, n_paths, rng):
    """Draw errors of variance 1 at each step, correlated over the series as errors at the same step are.

    Those of spreads that grow with the root of the steps are random walks; those of spreads that do not, noise.
    """
    shape, n_series = (n_paths, len(growths), horizon), len(growths)
    walks = np.cumsum(rng.standard_normal(shape), axis=2) / np.sqrt(np.arange(1, horizon + 1))
    share = np.clip(growths / USUAL_GROWTH, 0.0, 1.0)[:, None]
    drawn = np.sqrt(share) * walks + np.sqrt(1 - share) * rng.standard_normal(shape)
    if n_series == 1 or normal.shape[1] != n_series:
        return drawn
    flat = np.moveaxis(normal, 1, 0).reshape(n_series, -1)
    sizes = np.sqrt((flat**2).sum(axis=1))
    correlations = flat @ flat.T / np.maximum(np.outer(sizes, sizes), np.finfo(float).tiny)
    correlations *= len(normal) / (len(normal) + N_CORRELATED)
    np.fill_diagonal(correlations, 1.0)
    return np.einsum("ij,pjk->pik", np.linalg.cholesky(correlations), drawn)
