"""The linear part of a forecast: ridge regression from the window to all steps ahead, in closed form.

It carries what is linear past the network, as the autoregressive component of LSTNet does (Lai, Chang, Yang
and Liu 2018, Modeling Long- and Short-Term Temporal Patterns with Deep Neural Networks, SIGIR): the network
is left with the rest, and a series too short to train a network still gets the best linear forecast.
"""

from dataclasses import dataclass

import numpy as np

from tsrnn.forecaster.blas import one_blas_thread
from tsrnn.windows import thin

PENALTIES = 10.0 ** np.arange(-1, 6.5, 0.5)
CHUNK = 1024
MAX_WINDOWS = 20_000  # that are fitted: many more than there are weights
# The constant is the trend that all windows shared. Trends flatten sooner or later, and a forecast that flattens them
# beforehand is the better one (Gardner and McKenzie 1985, Forecasting Trends in Time Series, Management Science 31).
DAMPING = 0.5


@dataclass(frozen=True)
class Highway:
    """A linear forecast.

    Attributes
    ----------
    weights : ndarray of shape (n_features + 1, horizon), float64
        Of the features divided by ``scale``, and of a constant, which is damped; zeros for no linear part.
    scale : ndarray of shape (n_features,), float64
        Root mean square of each feature in training.
    penalty : float
        Weight of the squared weights in the fit; inf for no linear part.
    """

    weights: np.ndarray
    scale: np.ndarray
    penalty: float

    def predict(self, blocks):
        """Forecast from blocks of shape (n, lookback, n_columns): float64 of shape (n, horizon)."""
        with one_blas_thread():
            return _design(blocks, self.scale) @ self.weights


def _design(blocks, scale):
    flat = blocks.reshape(len(blocks), -1) / scale
    return np.column_stack([flat, np.ones(len(flat))])


def fit_highway(make_blocks, make_targets, weights, training, held_out):
    """Fit the linear part.

    The penalty is the one with the least mean absolute error on the windows held out; then all windows are
    fitted.

    Parameters
    ----------
    make_blocks : callable
        Positions of windows to their blocks, float64 of shape (k, lookback, n_columns).
    make_targets : callable
        Positions of windows to their targets, of shape (k, horizon).
    weights : ndarray of shape (n,)
        Weights of all windows.
    training, held_out : ndarray of int
        Positions of windows.

    Returns
    -------
    of_training : Highway
        Fitted to ``training`` alone: what the network's training starts from.
    of_all : Highway
        Fitted to all windows with the same penalty: what forecasts.
    """
    with one_blas_thread():
        return _fit(make_blocks, make_targets, weights, thin(training, MAX_WINDOWS), thin(held_out, MAX_WINDOWS))


def _fit(make_blocks, make_targets, weights, training, held_out):
    sums = _Sums.of(make_blocks, make_targets, weights, training)
    scale = np.sqrt(np.maximum(np.diag(sums.products)[:-1] / sums.weight, 1e-12))
    vectors, path = ridge_path(sums.scaled_products(scale), sums.scaled_targets(scale))
    candidates = [(np.inf, np.zeros_like(path[0])), *zip(PENALTIES, path, strict=True)]
    errors = np.zeros(len(candidates))
    for chunk in _chunks(held_out):
        rows = _design(make_blocks(chunk), scale) @ vectors
        truth, weight = make_targets(chunk), weights[chunk, None]
        errors += [np.sum(weight * np.abs(truth - rows @ candidate)) for _, candidate in candidates]
    best_penalty, best = candidates[int(np.argmin(errors))]
    of_training = Highway(_damp(vectors @ best), scale, best_penalty)
    if best_penalty == np.inf:
        return of_training, of_training
    everything = _Sums.of(make_blocks, make_targets, weights, thin(np.arange(len(weights)), MAX_WINDOWS))
    ridge = everything.scaled_products(scale) + best_penalty * np.eye(len(scale) + 1)
    solution = np.linalg.solve(ridge, everything.scaled_targets(scale))
    return of_training, Highway(_damp(solution), scale, best_penalty)


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
    return [positions[start : start + CHUNK] for start in range(0, len(positions), CHUNK)]


def _damp(weights):
    return np.concatenate([weights[:-1], DAMPING * weights[-1:]])


@dataclass
class _Sums:
    products: np.ndarray
    targets: np.ndarray
    weight: float

    @classmethod
    def of(cls, make_blocks, make_targets, weights, positions):
        """Add up products of features, and of features and targets, a chunk of windows at a time."""
        products = crossed = 0.0
        for chunk in _chunks(positions):
            blocks = make_blocks(chunk)
            design = _design(blocks, 1.0)
            weighted = design * weights[chunk, None]
            products = products + weighted.T @ design
            crossed = crossed + weighted.T @ make_targets(chunk)
        return cls(products, crossed, float(weights[positions].sum()))

    def scaled_products(self, scale):
        factors = np.append(1 / scale, 1.0)
        return self.products * factors * factors[:, None]

    def scaled_targets(self, scale):
        return self.targets * np.append(1 / scale, 1.0)[:, None]
