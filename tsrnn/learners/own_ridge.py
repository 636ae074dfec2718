"""Own ridge regressions: partial pooling of linear weights, a correction for each series.

The residuals of the shared ridge regression are regressed on the window once more, for each series by itself. All these
regressions share one penalty, as if their weights had been drawn around those of all series with one variance (Gelman
and Hill 2007, Data Analysis Using Regression and Multilevel/Hierarchical Models, ch. 12): a series too short to have
weights of its own is forecast by those of all.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.learners.blas import one_blas_thread
from tsrnn.learners.shared_ridge import PENALTIES, ridge_path
from tsrnn.series.table import REMAINDER
from tsrnn.windows import runs, thin

N_FOLDS = 3
FOLD_SIZE = 0.1  # Fraction of the observations of a series, less the horizon.
MIN_SERIES_WINDOWS = 4  # Fewest windows of a series with weights of its own.
MIN_RATIO = 1e-3  # Of errors, so that a series without noise does not decide alone.
MIN_SCALE = 1.0  # Of inputs, in units of their series: without variation there is nothing to learn weights from
MAX_SERIES_WINDOWS = 4_096  # Most windows of a series that are fitted: many more than there are weights.
MAX_JUDGED = 400  # Most series on which the penalty is chosen.


@dataclass(frozen=True)
class OwnRidge:
    """A linear correction for each series.

    Attributes
    ----------
    weights : ndarray of shape (n_series, lookback, horizon), float32
        Of the remainders that a window reads; zero for a series that is too short to have any.
    penalty : float
        Weight of the squared weights in the fit.
    """

    weights: np.ndarray
    penalty: float

    def predict(self, batch, n_jobs=None):
        """Correct forecasts of the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        remainders = batch.past(self.weights.shape[1])[:, :, REMAINDER]
        corrections = np.empty((len(batch), self.weights.shape[2]))
        with one_blas_thread():
            for i, part in runs(batch.series):
                corrections[part] = remainders[part] @ self.weights[i]
        return corrections

    def extend(self, n_series):
        """Return the corrections for more series, of which the new ones have none."""
        new = np.zeros((n_series - len(self.weights), *self.weights.shape[1:]), np.float32)
        return replace(self, weights=np.concatenate([self.weights, new]))


def fit_own_ridge(batch, targets):
    """Fit the corrections of a panel.

    Parameters
    ----------
    batch : Batch
        Windows of a `Table`.
    targets : callable
        From positions of windows to the residuals of the shared ridge regression, of shape (k, horizon). Those that
        do not count, NaN, are taken for zero: there the shared regression is right.

    Returns
    -------
    OwnRidge or None
        None if no penalty makes forecasts of held-out parts better than without corrections.
    """
    with one_blas_thread():
        positions = _positions(batch, range(batch.rows.n_series))
        best, _ = _judge(batch, targets, positions)
        if best is None:
            return None
        weights = np.zeros((batch.rows.n_series, batch.size.lookback, batch.size.horizon), np.float32)
        for i, k in positions.items():
            x, residuals = batch.subset(k).past()[:, :, REMAINDER], np.nan_to_num(targets(k))
            scale = _scale_of(x)
            ridge = (x / scale).T @ (x / scale) + PENALTIES[best] * np.eye(x.shape[1])
            weights[i] = np.linalg.solve(ridge, (x / scale).T @ residuals) / scale
        return OwnRidge(weights, PENALTIES[best])


def own_errors(batch, targets, series):
    """Errors of some series on their held-out parts, without fitting the corrections for forecasts.

    Returns
    -------
    ndarray of shape (n_series,), float64
        Mean absolute error in units of each series, with the corrections; NaN of a series that is too short to be
        judged.
    """
    with one_blas_thread():
        return _judge(batch, targets, _positions(batch, series))[1]


def _positions(batch, series):
    """Return the positions of the windows of each series that has enough of them."""
    bounds = np.searchsorted(batch.series, np.arange(batch.rows.n_series + 1))
    positions = {}
    for i in series:
        k = np.arange(bounds[i], bounds[i + 1])
        k = thin(k[batch.weights[k] > 0], MAX_SERIES_WINDOWS)
        if len(k) >= MIN_SERIES_WINDOWS:
            positions[i] = k
    return positions


def _judge(batch, targets, positions):
    """Return the index of the best penalty, None if none helps, and the errors of each series with it."""
    curves = np.full((batch.rows.n_series, 1 + len(PENALTIES)), np.nan)
    for i in thin(np.fromiter(positions, int), MAX_JUDGED):
        k = positions[i]
        x, residuals = batch.subset(k).past()[:, :, REMAINDER], targets(k)
        n_rows = int(batch.rows.offsets[i + 1] - batch.rows.offsets[i])
        curves[i] = _error_curve(x, residuals, list(_folds(batch.windows.origins[k], batch.size.horizon, n_rows)))
    judged = np.isfinite(curves[:, 0]) & (curves[:, 0] > 0)
    best = _best_penalty(curves[judged])
    return best, curves[:, 0 if best is None else 1 + best]


def _scale_of(x):
    return max(np.sqrt(np.mean(x**2)), MIN_SCALE)


def _folds(origins, horizon, n_rows):
    """Yield folds of a series, the newest first: end of the training part, beginning and end of the held-out part.

    They are positions in the ascending ``origins`` of its windows; the series has ``n_rows`` observations.
    """
    size, end = max(1, int(FOLD_SIZE * (n_rows - horizon))), origins[-1] + 1
    for j in range(N_FOLDS):
        start, stop = np.searchsorted(origins, [end - (j + 1) * size, end - j * size])
        n_training = np.searchsorted(origins, origins[start] - horizon, side="right") if start < stop else 0
        if n_training < max(MIN_SERIES_WINDOWS - 1, len(origins) / 4):
            return
        yield n_training, start, stop


def _error_curve(x, residuals, folds):
    """Mean absolute errors on the held-out parts, without correction and with each penalty; NaN without any part."""
    errors = np.zeros((len(folds), 1 + len(PENALTIES)))
    x = x / _scale_of(x)
    for row, (n_training, start, stop) in zip(errors, folds, strict=True):
        values, vectors = np.linalg.eigh(x[:n_training].T @ x[:n_training])
        path = ridge_path(values, vectors, x[:n_training].T @ np.nan_to_num(residuals[:n_training]))
        read, truth = x[start:stop] @ vectors, residuals[start:stop]
        count = max(np.isfinite(truth).sum(), 1)
        row[0] = np.nansum(np.abs(truth)) / count
        row[1:] = [np.nansum(np.abs(truth - read @ weights)) / count for weights in path]
    return errors.mean(axis=0) if len(folds) else np.full(1 + len(PENALTIES), np.nan)


def _best_penalty(curves):
    """Index of the penalty with the least geometric mean error, the larger one of equals; None if none helps."""
    if not len(curves):
        return None
    gains = np.log(np.maximum(curves[:, 1:] / curves[:, :1], MIN_RATIO)).mean(axis=0)
    return len(gains) - 1 - int(np.argmin(gains[::-1])) if gains.min() < 0 else None
