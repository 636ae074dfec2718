"""Shared ridge regression: from the window to all steps ahead, with the same weights for all series, in closed form.

It is a linear skip connection around the network, as the autoregressive component of LSTNet (Lai, Chang, Yang and Liu
2018, Modeling Long- and Short-Term Temporal Patterns with Deep Neural Networks, SIGIR). A series too short to train a
network still gets the best linear forecast.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.learners.blas import one_blas_thread
from tsrnn.windows import thin

PENALTIES = 10.0 ** np.arange(-1, 6.5, 0.5)
CHUNK_WINDOWS = 1024  # Windows whose rows are copied at once.
MAX_WINDOWS = 20_000  # Most windows of a fit: many more than there are weights.
# Rounds in which targets that do not count are replaced by their predictions: while the penalty is chosen, and after.
TRAINING_ROUNDS = 3
FINAL_ROUNDS = 10
# The constant is the trend that all windows shared. Trends flatten sooner or later, and a forecast that flattens them
# beforehand is the better one (Gardner and McKenzie 1985, Forecasting Trends in Time Series, Management Science 31).
DAMPING = 0.5


@dataclass(frozen=True)
class Ridge:
    """Ridge regression.

    Attributes
    ----------
    weights : ndarray of shape (n_features + 1, horizon), float64
        Of the features divided by ``scale``, and of a constant, which is damped; zeros where nothing is linear.
    scale : ndarray of shape (n_features,), float64
        Root mean square of each feature in training.
    penalty : float
        Weight of the squared weights in the fit; inf where nothing is linear.
    """

    weights: np.ndarray
    scale: np.ndarray
    penalty: float

    def predict(self, past):
        """Forecast from rows of shape (n, lookback, n_columns): float64 of shape (n, horizon)."""
        with one_blas_thread():
            return _design(past, self.scale) @ self.weights


@dataclass(frozen=True)
class SharedRidge:
    """Ridge regression of all series.

    Attributes
    ----------
    ridge : Ridge
        From the rows that a window reads to all steps ahead.
    n_rows : int or None
        Newest rows that are read; None for all.
    """

    ridge: Ridge
    n_rows: int | None = None

    def predict(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        return self.ridge.predict(batch.past(self.n_rows))

    def extend(self, n_series):
        """Return the same: the weights are those of any series."""
        return self


def fit_shared_ridge(batch, targets, split, n_rows=None):
    """Fit to the training windows, and to all.

    Parameters
    ----------
    batch : Batch
        Windows.
    targets : callable
        From positions of windows to targets of shape (k, horizon), in units of their series.
    split : tuple of ndarray
        Positions of training and held-out windows.
    n_rows : int, optional
        Newest rows to read; by default all.

    Returns
    -------
    training_fit, final_fit : SharedRidge
    """
    fits = fit_ridge(lambda k: batch.subset(k).past(n_rows), targets, batch.weights, *split)
    return tuple(SharedRidge(ridge, n_rows) for ridge in fits)


def _design(past, scale):
    flat = past.reshape(len(past), -1) / scale
    return np.column_stack([flat, np.ones(len(flat))])


def fit_ridge(make_past, make_targets, weights, training, held_out):
    """Fit a ridge regression.

    The penalty is the one with the least mean absolute error on the windows held out; then all windows are
    fitted.

    Parameters
    ----------
    make_past : callable
        Positions of windows to the rows they read, float64 of shape (k, lookback, n_columns).
    make_targets : callable
        Positions of windows to their targets, of shape (k, horizon); NaN for those that do not count. These are
        replaced by their own predictions, again and again (Dempster, Laird and Rubin 1977, Maximum Likelihood from
        Incomplete Data via the EM Algorithm).
    weights : ndarray of shape (n,)
        Weights of all windows.
    training, held_out : ndarray of int
        Positions of windows.

    Returns
    -------
    training_fit : Ridge
        Fitted to the training windows alone, for learners that are fitted to its residuals and held-out windows.
    final_fit : Ridge
        Fitted to all windows with the same penalty, for forecasts.
    """
    with one_blas_thread():
        return _fit(make_past, make_targets, weights, thin(training, MAX_WINDOWS), thin(held_out, MAX_WINDOWS))


def _fit(make_past, make_targets, weights, training, held_out):
    sums = _Sums.of(make_past, make_targets, weights, training)
    scale = np.sqrt(np.maximum(np.diag(sums.products)[:-1] / sums.weight, 1e-12))
    values, vectors = np.linalg.eigh(sums.scaled_products(scale))
    best = None
    for _ in range(1 + TRAINING_ROUNDS * sums.incomplete):
        if best is not None:
            sums = sums.refill(make_past, make_targets, weights, training, scale, vectors @ best)
        path = ridge_path(values, vectors, sums.scaled_targets(scale))
        candidates = [(np.inf, np.zeros_like(path[0])), *zip(PENALTIES, path, strict=True)]
        errors = _held_out_errors(make_past, make_targets, weights, held_out, scale, vectors, candidates)
        best_penalty, best = candidates[int(np.argmin(errors))]
    training_fit = Ridge(_damp(vectors @ best), scale, best_penalty)
    if best_penalty == np.inf:
        return training_fit, training_fit
    everything = thin(np.arange(len(weights)), MAX_WINDOWS)
    sums = _Sums.of(make_past, make_targets, weights, everything)
    ridge = sums.scaled_products(scale) + best_penalty * np.eye(len(scale) + 1)
    solution = np.linalg.solve(ridge, sums.scaled_targets(scale))
    for _ in range(FINAL_ROUNDS * sums.incomplete):
        sums = sums.refill(make_past, make_targets, weights, everything, scale, solution)
        solution = np.linalg.solve(ridge, sums.scaled_targets(scale))
    return training_fit, Ridge(_damp(solution), scale, best_penalty)


def _held_out_errors(make_past, make_targets, weights, held_out, scale, vectors, candidates):
    """Sum of absolute errors of each candidate, where targets count."""
    errors = np.zeros(len(candidates))
    for chunk in _chunks(held_out):
        rows = _design(make_past(chunk), scale) @ vectors
        truth, weight = make_targets(chunk), weights[chunk, None]
        errors += [np.nansum(weight * np.abs(truth - rows @ candidate)) for _, candidate in candidates]
    return errors


def ridge_path(values, vectors, crossed):
    """Solve a ridge regression for all `PENALTIES`.

    Parameters
    ----------
    values, vectors : ndarray of shape (n_features,), (n_features, n_features)
        Eigenvalues and eigenvectors of the products of the features with each other.
    crossed : ndarray of shape (n_features, horizon)
        Of the features with the targets.

    Returns
    -------
    list of ndarray of shape (n_features, horizon)
        For each penalty the weights of the features times ``vectors``.
    """
    projected = vectors.T @ crossed
    return [projected / (np.maximum(values, 0) + penalty)[:, None] for penalty in PENALTIES]


def _chunks(positions):
    return [positions[start : start + CHUNK_WINDOWS] for start in range(0, len(positions), CHUNK_WINDOWS)]


def _damp(weights):
    return np.concatenate([weights[:-1], DAMPING * weights[-1:]])


@dataclass(frozen=True)
class _Sums:
    """Weighted sums of products, over windows: of features with each other, and of features with targets."""

    products: np.ndarray
    targets: np.ndarray
    weight: float
    incomplete: bool  # Whether there are targets that do not count.

    @classmethod
    def of(cls, make_past, make_targets, weights, positions):
        """Add up a chunk of windows at a time; targets that do not count are zero."""
        products, crossed, incomplete = 0.0, 0.0, False
        for chunk in _chunks(positions):
            design, targets = _design(make_past(chunk), 1.0), make_targets(chunk)
            missing = np.isnan(targets)
            incomplete |= bool(missing.any())
            weighted = design * weights[chunk, None]
            products = products + weighted.T @ design
            crossed = crossed + weighted.T @ np.where(missing, 0.0, targets)
        return cls(products, crossed, float(weights[positions].sum()), incomplete)

    def refill(self, make_past, make_targets, weights, positions, scale, solution):
        """Return the sums with the predictions of a solution for targets that do not count."""
        crossed = 0.0
        for chunk in _chunks(positions):
            design, targets = _design(make_past(chunk), 1.0), make_targets(chunk)
            filled = np.where(np.isnan(targets), design @ (solution / np.append(scale, 1.0)[:, None]), targets)
            crossed = crossed + (design * weights[chunk, None]).T @ filled
        return replace(self, targets=crossed)

    def scaled_products(self, scale):
        factors = np.append(1 / scale, 1.0)
        return self.products * factors * factors[:, None]

    def scaled_targets(self, scale):
        return self.targets * np.append(1 / scale, 1.0)[:, None]
