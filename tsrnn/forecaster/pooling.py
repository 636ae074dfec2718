"""Partial pooling: the linear part that belongs to one series alone.

What the linear part of all series leaves is regressed on the window once more, for each series by itself. All these
regressions share one penalty, as if their weights had been drawn around those of all series with one variance (Gelman
and Hill 2007, Data Analysis Using Regression and Multilevel/Hierarchical Models, ch. 12): a series too short to have
weights of its own is left with those of all.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.blas import one_blas_thread
from tsrnn.forecaster.highway import PENALTIES, ridge_path
from tsrnn.windows import runs, thin

N_FOLDS = 3
FOLD = 0.1  # of the observations of a series, less the horizon
MIN_WINDOWS = 4
MIN_RATIO = 1e-3  # of errors, so that a series without noise does not decide alone
MIN_SCALE = 1.0  # Of inputs, in units of their series: without variation there is nothing to learn weights from
MAX_WINDOWS = 4_096  # of a series that are fitted: many more than there are weights
MAX_SERIES = 400  # that the penalty is chosen on


@dataclass(frozen=True)
class OwnHighways:
    """A linear correction for each series.

    Attributes
    ----------
    weights : ndarray of shape (n_series, lookback, horizon), float32
        Of the rest of the series in the rows that a window reads; zero for a series that is too short to have any.
    penalty : float
        Weight of the squared weights in the fit.
    """

    weights: np.ndarray
    penalty: float

    def predict(self, blocks, series):
        """Correct forecasts from blocks of shape (n, lookback, n_columns); `series` of shape (n,) ascends."""
        corrections = np.empty((len(blocks), self.weights.shape[2]))
        with one_blas_thread():
            for i, part in runs(series):
                corrections[part] = blocks[part, :, 0] @ self.weights[i]
        return corrections

    def extend(self, n_series):
        """Return the corrections for more series, of which the new ones have none."""
        new = np.zeros((n_series - len(self.weights), *self.weights.shape[1:]), np.float32)
        return replace(self, weights=np.concatenate([self.weights, new]))


def fit_own(samples, highway, series):
    """Fit the corrections of a panel.

    Parameters
    ----------
    samples : tsrnn.forecaster.samples.Samples
        Windows of all series.
    highway : Highway
        Linear part of all series.
    series : ndarray of int
        Series to fit.

    Returns
    -------
    own : OwnHighways or None
        None if no penalty makes forecasts of held-out parts better than without corrections.
    errors : ndarray of shape (n_series,), float64
        Mean absolute error of each series on its held-out parts, in units of the series, with the corrections; NaN
        of a series that is too short to be judged.
    """
    with one_blas_thread():
        places = _places(samples, series)
        best, errors = _judge(samples, highway, places)
        if best is None:
            return None, errors
        weights = np.zeros((samples.n_series, *samples.weight_shape), np.float32)
        for i, k in places.items():
            x, rest = _problem(samples, highway, k)
            scale = _scale_of(x)
            ridge = (x / scale).T @ (x / scale) + PENALTIES[best] * np.eye(x.shape[1])
            weights[i] = np.linalg.solve(ridge, (x / scale).T @ rest) / scale
        return OwnHighways(weights, PENALTIES[best]), errors


def own_errors(samples, highway, series):
    """Return the errors that `fit_own` would, without fitting the corrections that forecast."""
    with one_blas_thread():
        return _judge(samples, highway, _places(samples, series))[1]


def _places(samples, series):
    """Positions of the windows of each series that has enough of them."""
    bounds = np.searchsorted(samples.windows.series, np.arange(samples.n_series + 1))
    places = {}
    for i in series:
        k = np.arange(bounds[i], bounds[i + 1])
        k = thin(k[samples.weights[k] > 0], MAX_WINDOWS)
        if len(k) >= MIN_WINDOWS:
            places[i] = k
    return places


def _judge(samples, highway, places):
    """Return the place of the best penalty, None if none helps, and the errors of each series with it."""
    curves = np.full((samples.n_series, 1 + len(PENALTIES)), np.nan)
    for i in thin(np.fromiter(places, int), MAX_SERIES):
        x, rest = _problem(samples, highway, places[i])
        curves[i] = _error_curve(x, rest, list(_folds(samples, places[i])))
    judged = np.isfinite(curves[:, 0]) & (curves[:, 0] > 0)
    best = _best_penalty(curves[judged])
    return best, curves[:, 0 if best is None else 1 + best]


def _problem(samples, highway, k):
    """Rest of the window, and what the highway leaves of the targets."""
    blocks = samples.blocks(k)
    return blocks[:, :, 0], samples.targets(k) - highway.predict(blocks)


def _scale_of(x):
    return max(np.sqrt(np.mean(x**2)), MIN_SCALE)


def _folds(samples, k):
    """Yield positions in `k`: end of a training part, beginning and end of the part held out, the newest first."""
    origins, horizon = samples.windows.origins[k], samples.horizon
    size = max(1, int(FOLD * (samples.length(k[0]) - horizon)))
    end = origins[-1] + 1
    for j in range(N_FOLDS):
        start, stop = np.searchsorted(origins, [end - (j + 1) * size, end - j * size])
        n_training = np.searchsorted(origins, origins[start] - horizon, side="right") if start < stop else 0
        if n_training < max(MIN_WINDOWS - 1, len(k) / 4):
            return
        yield n_training, start, stop


def _error_curve(x, rest, folds):
    """Mean absolute errors on the held-out parts, without correction and with each penalty; NaN without any part."""
    errors = np.zeros((len(folds), 1 + len(PENALTIES)))
    x = x / _scale_of(x)
    for row, (n_training, start, stop) in zip(errors, folds, strict=True):
        vectors, path = ridge_path(x[:n_training].T @ x[:n_training], x[:n_training].T @ rest[:n_training])
        seen, truth = x[start:stop] @ vectors, rest[start:stop]
        row[0] = np.abs(truth).mean()
        row[1:] = [np.abs(truth - seen @ weights).mean() for weights in path]
    return errors.mean(axis=0) if len(folds) else np.full(1 + len(PENALTIES), np.nan)


def _best_penalty(curves):
    """Place of the penalty with the least geometric mean error, the larger one of equals; None if none helps."""
    if not len(curves):
        return None
    gains = np.log(np.maximum(curves[:, 1:] / curves[:, :1], MIN_RATIO)).mean(axis=0)
    return len(gains) - 1 - int(np.argmin(gains[::-1])) if gains.min() < 0 else None
