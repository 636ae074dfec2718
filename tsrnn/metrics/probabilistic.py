"""Errors of quantiles and intervals: `pinball`, `coverage`."""

from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsrnn.metrics.inputs import as_floats, check_same_rows, describe_position, read_alike, takes_frames
from tsrnn.validation import Interval, check_parameters

_QUANTILE = {"quantile": [Interval(Real, 0.0, 1.0, "neither")]}


def _read_quantiles(y_true, y_pred, quantile, levels):
    """Return the truth as a column, and the forecasts, one quantile a column."""
    true, pred = as_floats("y_true", y_true), as_floats("y_pred", y_pred)
    if true.ndim != 1 or levels.ndim != 1 or pred.shape != (true.size, levels.size):
        raise ValueError(
            "With several quantiles, y_true must be one series and y_pred must have one column a quantile. "
            f"Got shapes {true.shape} and {pred.shape} for {levels.size} quantiles."
        )
    check_same_rows(y_true=y_true, y_pred=y_pred)
    if isinstance(y_pred, pd.DataFrame):
        _check_quantile_names(y_pred.columns, quantile, levels)
    return true[:, None], pred


def _check_quantile_names(columns, quantile, levels):
    """Refuse columns that say themselves which quantiles they hold, and say others."""
    if isinstance(quantile, pd.Series):
        names = quantile.index
    elif columns.dtype.kind == "f":
        names = pd.Index(levels)
    else:
        return
    if not columns.equals(names):
        raise ValueError(
            f"The columns of y_pred must be the quantiles, in their order: {list(names)}. Got {list(columns)}. Select "
            "the columns in this order, or pass arrays if the names do not matter."
        )


@takes_frames
def pinball(y_true: ArrayLike, y_pred: ArrayLike, quantile: ArrayLike) -> float:
    """Mean pinball loss of quantile forecasts, in the units of the series.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    y_pred : array-like
        With one quantile, the shape of `y_true`; with several, ``(n_steps, n_quantiles)`` and one series. Column
        names of a frame that are floats must be the quantiles.
    quantile : float or array-like of shape (n_quantiles,)
        Between 0 and 1, both excluded.

    Returns
    -------
    float
        ``mean(max(q (y - f), (q - 1) (y - f)))``. At quantile 0.5 it is half of `mae`.

    Raises
    ------
    ValueError
        If a quantile is not between 0 and 1, shapes or labels differ, or a value is not finite.

    References
    ----------
    Koenker and Bassett (1978), Regression quantiles, Econometrica 46(1), 33-50.

    Examples
    --------
    >>> from tsrnn.metrics import pinball
    >>> pinball([1.0, 1.0], [0.0, 2.0], quantile=0.75)
    0.5
    """
    levels = np.asarray(quantile, dtype="float64")
    for level in levels.flat:
        check_parameters("pinball", {"quantile": float(level)}, _QUANTILE)
    if levels.ndim == 0:
        true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    else:
        true, pred = _read_quantiles(y_true, y_pred, quantile, levels)
    error = true - pred
    return float(np.mean(np.maximum(levels * error, (levels - 1) * error)))


@takes_frames
def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of true values within their interval, bounds included.

    Parameters
    ----------
    y_true, lower, upper : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and the two ends of the interval.

    Returns
    -------
    float
        From 0 to 1; a 90 % interval should hold about 0.9.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or an upper end is below its lower end.

    Examples
    --------
    >>> from tsrnn.metrics import coverage
    >>> coverage([1.0, 2.0, 3.0, 9.0], lower=[0.0, 2.0, 0.0, 0.0], upper=[1.0, 4.0, 2.0, 9.5])
    0.75
    """
    true, low, high = read_alike(y_true=y_true, lower=lower, upper=upper)
    if np.any(high < low):
        position = describe_position(y_true, np.argwhere(high < low)[0])
        raise ValueError(f"upper must not be below lower. It is at {position}. Were the two swapped?")
    return float(np.mean((low <= true) & (true <= high)))
