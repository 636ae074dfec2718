"""Mean and scale of columns, with weights, and the way there and back."""

import numpy as np


def learn_standardization(values, weights, standardize):
    """Return the mean and the scale of each column.

    Computed in float64 and without overflow: the columns are first divided by their largest magnitude, and a
    value of each is subtracted, so that a constant column has a spread of exactly 0.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns), float
        Finite numbers.
    weights : ndarray of shape (n_rows,), float64
        Weight of each row; not all zero.
    standardize : bool
        False gives the means 0 and the scales 1.

    Returns
    -------
    mean, scale : ndarray of shape (n_columns,), float64
        Weighted mean and standard deviation (divided by the sum of weights, as in scikit-learn's
        `StandardScaler`). The scale of a constant column is 1.
    """
    n_columns = values.shape[1]
    if not standardize:
        return np.zeros(n_columns), np.ones(n_columns)
    counted = weights > 0
    values, weights = np.asarray(values[counted], dtype=np.float64), weights[counted] / weights.max()
    weights /= weights.sum()
    largest = np.abs(values).max(axis=0)
    largest[largest == 0.0] = 1.0
    values = values / largest
    first = values[0]
    shift = weights @ (values - first)
    spread = np.sqrt(weights @ (values - first - shift) ** 2)
    mean, scale = (first + shift) * largest, spread * largest
    scale[scale == 0.0] = 1.0
    return mean, scale


def standardize(values, mean, scale, dtype):
    """Return ``(values - mean) / scale`` in `dtype`, computed in float64.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns), float
        Finite numbers.
    mean, scale : ndarray of shape (n_columns,), float64
        As `learn_standardization` returns them.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)

    Raises
    ------
    ValueError
        If a result is too large for `dtype`.
    """
    result = values - mean
    result /= scale
    with np.errstate(over="ignore"):
        result = result.astype(dtype, copy=False)
    if not np.isfinite(result).all():
        name = np.dtype(dtype).name
        raise ValueError(f"Numbers are too large for {name}: standardize them, or set dtype='float64'.")
    return result


def restore(values, mean, scale):
    """Return ``values * scale + mean`` in float64, the inverse of `standardize`.

    Parameters
    ----------
    values : ndarray of shape (..., n_columns)
        Outputs of a network.
    mean, scale : ndarray of shape (n_columns,), float64
        As `learn_standardization` returns them.

    Returns
    -------
    ndarray of shape (..., n_columns), float64
    """
    return values.astype(np.float64) * scale + mean
