"""Errors of point forecasts: `mae`, `mse`, `rmse`, `mape`, `smape`."""

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.inputs import describe_position, read_alike, refuse_panels, takes_frames


@takes_frames
def mae(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute error, in the units of the series.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.

    Returns
    -------
    float
        ``mean(|y - f|)``, at least 0.

    Raises
    ------
    ValueError
        If shapes or labels differ, or a value is not finite.

    Examples
    --------
    >>> from tsrnn.metrics import mae
    >>> mae([1.0, 2.0, 4.0], [1.0, 3.0, 2.0])
    1.0
    """
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    return float(np.mean(np.abs(true - pred)))


@takes_frames
def mse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean squared error, in squared units of the series.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.

    Returns
    -------
    float
        ``mean((y - f)**2)``, at least 0.

    Raises
    ------
    ValueError
        If shapes or labels differ, or a value is not finite.

    Examples
    --------
    >>> from tsrnn.metrics import mse
    >>> mse([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    return float(np.mean((true - pred) ** 2))


@takes_frames
def rmse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Root of the mean squared error, in the units of the series.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.

    Returns
    -------
    float
        ``sqrt(mean((y - f)**2))`` of each series, averaged over the series.

    Raises
    ------
    ValueError
        If shapes or labels differ, or a value is not finite.

    Examples
    --------
    >>> from tsrnn.metrics import rmse
    >>> rmse([0.0, 0.0], [1.0, 7.0])
    5.0
    """
    refuse_panels("rmse", y_true=y_true, y_pred=y_pred)
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    return float(np.mean(np.sqrt(np.mean((true - pred) ** 2, axis=0))))


@takes_frames
def mape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute error in percent of the truth.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth, nowhere 0, and forecast.

    Returns
    -------
    float
        ``mean(100 |y - f| / |y|)``, in percent.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or the truth is 0 somewhere.

    Examples
    --------
    >>> from tsrnn.metrics import mape
    >>> mape([10.0, 20.0], [11.0, 16.0])
    15.0
    """
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    if not true.all():
        position = describe_position(y_true, np.argwhere(true == 0)[0])
        raise ValueError(f"y_true must not be 0 for mape. Got 0 at {position}. Use smape, mae or mase.")
    return float(np.mean(100 * np.abs(true - pred) / np.abs(true)))


@takes_frames
def smape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Symmetric mean absolute error in percent, as in the M4 competition.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.

    Returns
    -------
    float
        ``mean(200 |y - f| / (|y| + |f|))`` in percent, from 0 to 200. A step where both are 0 counts 0.

    Raises
    ------
    ValueError
        If shapes or labels differ, or a value is not finite.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos (2020), The M4 Competition: 100,000 time series and 61
    forecasting methods, International Journal of Forecasting 36(1), 54-74.

    Examples
    --------
    >>> from tsrnn.metrics import smape
    >>> smape([1.0, 0.0], [3.0, 0.0])
    50.0
    """
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    error, size = np.abs(true - pred), np.abs(true) + np.abs(pred)
    return float(np.mean(np.divide(200 * error, size, out=np.zeros_like(error), where=size > 0)))
