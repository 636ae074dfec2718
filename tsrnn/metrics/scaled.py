"""Errors against those of a simple forecast: `mase`, `rmsse`, `skill_score`."""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from tsrnn._types import Floats
from tsrnn.metrics.inputs import (
    as_floats,
    check_ascending,
    check_same_columns,
    check_same_rows,
    read_alike,
    refuse_panels,
    takes_frames,
    to_array,
)
from tsrnn.validation import Interval, check_parameters

_SEASON_LENGTH = {"season_length": [Interval(Integral, 1)]}


def _errors_and_differences(metric, y_true, y_pred, y_train, season_length):
    """Errors of shape (n_steps, n_series), and differences of the training part one season apart."""
    check_parameters(metric, {"season_length": season_length}, _SEASON_LENGTH)
    refuse_panels(metric, y_true=y_true, y_pred=y_pred, y_train=y_train)
    true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    errors = (true - pred).reshape(len(true), -1)
    train = as_floats("y_train", y_train, allow_nan=True)
    train = train.reshape(len(train), -1)
    if train.shape[1] != errors.shape[1]:
        raise ValueError(f"y_train must have one column a series, {errors.shape[1]} in all. Got {train.shape[1]}.")
    check_same_columns(y_true=y_true, y_pred=y_pred, y_train=y_train)
    check_ascending("y_train", y_train)
    differences = train[season_length:] - train[:-season_length]
    if np.isnan(differences).all(axis=0).any():
        raise ValueError(
            f"y_train must hold two values one season apart in every series. Got {len(train)} steps for "
            f"season_length={season_length}. Give a longer training part or a shorter season_length."
        )
    return errors, differences


def _mean_ratio(errors, scales):
    """Mean over the series of errors / scales; NaN where a scale is 0."""
    return float(np.mean(np.divide(errors, scales, out=np.full_like(errors, np.nan), where=scales > 0)))


@takes_frames
def mase(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, season_length: int = 1) -> float:
    """Mean absolute scaled error: below 1, the forecast errs less than seasonal naive did in training.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.
    y_train : array-like of shape (n_train,) or (n_train, n_series)
        Observations before the forecast, in ascending order of time; a frame has the columns of the truth. NaN may pad
        shorter series; pairs with a NaN are left out.
    season_length : int, default=1
        Steps in a season. M4 takes 1, 4, 12, 1, 1, 24 for yearly, quarterly, monthly, weekly, daily and
        hourly data.

    Returns
    -------
    float
        ``mean(|y - f|) / mean(|y_t - y_{t - season_length}|)`` of each series, averaged over the series.
        NaN if a training part repeats itself exactly, because the scale is zero.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or the training part is shorter than a season.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy, International Journal of
    Forecasting 22(4), 679-688.

    Examples
    --------
    >>> from tsrnn.metrics import mase
    >>> mase([5.0, 6.0], [4.0, 4.0], y_train=[1.0, 2.0, 4.0], season_length=1)
    1.0
    """
    errors, differences = _errors_and_differences("mase", y_true, y_pred, y_train, season_length)
    return _mean_ratio(np.mean(np.abs(errors), axis=0), np.nanmean(np.abs(differences), axis=0))


@takes_frames
def rmsse(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, season_length: int = 1) -> float:
    """Root mean squared scaled error, as in the M5 competition.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and forecast.
    y_train : array-like of shape (n_train,) or (n_train, n_series)
        Observations before the forecast, in ascending order of time; a frame has the columns of the truth. NaN may pad
        shorter series; pairs with a NaN are left out.
    season_length : int, default=1
        Steps in a season; M5 takes 1.

    Returns
    -------
    float
        ``sqrt(mean((y - f)**2) / mean((y_t - y_{t - season_length})**2))`` of each series, averaged over the
        series. NaN if a training part repeats itself exactly.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or the training part is shorter than a season.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos (2022), M5 accuracy competition: results, findings, and
    conclusions, International Journal of Forecasting 38(4), 1346-1364.

    Examples
    --------
    >>> from tsrnn.metrics import rmsse
    >>> rmsse([5.0, 6.0], [3.0, 4.0], y_train=[1.0, 2.0, 3.0])
    2.0
    """
    errors, differences = _errors_and_differences("rmsse", y_true, y_pred, y_train, season_length)
    return _mean_ratio(np.sqrt(np.mean(errors**2, axis=0)), np.sqrt(np.nanmean(differences**2, axis=0)))


@takes_frames
def skill_score(error: ArrayLike, reference: ArrayLike) -> float | Floats:
    """Share of a reference's error that a forecast saves.

    Parameters
    ----------
    error, reference : float or array-like
        Errors of the forecast and of the reference, say of `tsrnn.baselines.seasonal_naive`, by one metric.

    Returns
    -------
    float or ndarray
        ``1 - error / reference``: 1 for a perfect forecast, 0 for one as good as the reference, below 0 for a
        worse one.

    Raises
    ------
    ValueError
        If an error is negative, the reference is 0 or not finite, or several of both differ in shape or labels.

    Examples
    --------
    >>> from tsrnn.metrics import skill_score
    >>> skill_score(3.0, reference=4.0)
    0.25
    """
    errors, references = to_array("error", error), to_array("reference", reference)
    if errors.ndim and references.ndim:
        if errors.shape != references.shape:
            raise ValueError(
                f"error and reference must have the same shape, or one of them is a number. Got {errors.shape} and "
                f"{references.shape}."
            )
        check_same_rows(error=error, reference=reference)
        check_same_columns(error=error, reference=reference)
    if not (np.all(errors >= 0) and np.all(references > 0) and np.all(np.isfinite(references))):
        raise ValueError(f"error must be at least 0, and reference positive and finite. Got {errors} and {references}.")
    score = 1 - errors / references
    return score if score.ndim else float(score)
