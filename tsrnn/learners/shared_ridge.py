"""Shared ridge regression: from the window to all steps ahead, with the same weights for all series, in closed form.

It is a linear skip connection around the network, as the autoregressive component of LSTNet (Lai, Chang, Yang and Liu
2018, Modeling Long- and Short-Term Temporal Patterns with Deep Neural Networks, SIGIR). A series too short to train a
network still gets the best linear forecast.
"""

from dataclasses import dataclass

import numpy as np

from tsrnn.learners.blas import one_blas_thread
from tsrnn.windows import thin

PENALTIES = 10.0 ** np.arange(-1, 6.5, 0.5)
CHUNK_WINDOWS = 1024  # Windows whose rows are copied at once.
MAX_WINDOWS = 20_000  # Most windows of a fit: many more than there are weights.
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
    """

    ridge: Ridge

    def predict(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        return self.ridge.predict(batch.past())

    def extend(self, n_series):
        """Return the same: the weights are those of any series."""
        return self


def fit_shared_ridge(batch, targets, split):
    """Fit to the training windows, and to all.

    Parameters
    ----------
    batch : Batch
        Windows.
    targets : callable
        From positions of windows to targets of shape (k, horizon), in units of their series.
    split : tuple of ndarray
        Positions of training and held-out windows.

    Returns
    -------
    training_fit, final_fit : SharedRidge
    """
    fits = fit_ridge(lambda k: batch.subset(k).past(), targets, batch.weights, *split)
    return tuple(map(SharedRidge, fits))


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
        Positions of windows to their targets, of shape (k, horizon).
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
    vectors, path = ridge_path(sums.scaled_products(scale), sums.scaled_targets(scale))
    candidates = [(np.inf, np.zeros_like(path[0])), *zip(PENALTIES, path, strict=True)]
    errors = np.zeros(len(candidates))
    for chunk in _chunks(held_out):
        rows = _design(make_past(chunk), scale) @ vectors
        truth, weight = make_targets(chunk), weights[chunk, None]
        errors += [np.sum(weight * np.abs(truth - rows @ candidate)) for _, candidate in candidates]
    best_penalty, best = candidates[int(np.argmin(errors))]
    training_fit = Ridge(_damp(vectors @ best), scale, best_penalty)
    if best_penalty == np.inf:
        return training_fit, training_fit
    everything = _Sums.of(make_past, make_targets, weights, thin(np.arange(len(weights)), MAX_WINDOWS))
    ridge = everything.scaled_products(scale) + best_penalty * np.eye(len(scale) + 1)
    solution = np.linalg.solve(ridge, everything.scaled_targets(scale))
    return training_fit, Ridge(_damp(solution), scale, best_penalty)


def ridge_path(products, crossed):
    """Solve a ridge regression for all `PENALTIES`.

    Parameters
    ----------
    products : ndarray of shape (n_features, n_features)
        Of the features with each other.
    crossed : ndarray of shape (n_features, horizon)
        Of the features with the targets.

    Returns
    -------
    vectors : ndarray of shape (n_features, n_features)
        Eigenvectors of the products.
    path : list of ndarray of shape (n_features, horizon)
        For each penalty the weights of the features times ``vectors``.
    """
    values, vectors = np.linalg.eigh(products)
    projected = vectors.T @ crossed
    return vectors, [projected / (np.maximum(values, 0) + penalty)[:, None] for penalty in PENALTIES]


def _chunks(positions):
    return [positions[start : start + CHUNK_WINDOWS] for start in range(0, len(positions), CHUNK_WINDOWS)]


def _damp(weights):
    return np.concatenate([weights[:-1], DAMPING * weights[-1:]])


@dataclass
class _Sums:
    products: np.ndarray
    targets: np.ndarray
    weight: float

    @classmethod
    def of(cls, make_past, make_targets, weights, positions):
        """Add up products of features, and of features and targets, a chunk of windows at a time."""
        products = crossed = 0.0
        for chunk in _chunks(positions):
            past = make_past(chunk)
            design = _design(past, 1.0)
            weighted = design * weights[chunk, None]
            products = products + weighted.T @ design
            crossed = crossed + weighted.T @ make_targets(chunk)
        return cls(products, crossed, float(weights[positions].sum()))

    def scaled_products(self, scale):
        factors = np.append(1 / scale, 1.0)
        return self.products * factors * factors[:, None]

    def scaled_targets(self, scale):
        return self.targets * np.append(1 / scale, 1.0)[:, None]
