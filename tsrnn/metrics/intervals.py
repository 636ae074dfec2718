"""Coverage and score of interval forecasts: `coverage`, `interval_score`."""

from __future__ import annotations

from numbers import Real
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsrnn._types import Floats
from tsrnn.metrics.inputs import check_same_rows, describe_position, is_labelled, read_alike, takes_frames
from tsrnn.validation import Interval, check_parameters

Labels: TypeAlias = NDArray | pd.Series | pd.Index | list[Any]

_LEVEL = {"level": [Interval(Real, 1.0, 100.0)]}


def _read_interval(y_true, lower, upper):
    """Return truth and ends as arrays, the ends in order."""
    true, low, high = read_alike(y_true=y_true, lower=lower, upper=upper)
    if np.any(high < low):
        position = describe_position(y_true, np.argwhere(high < low)[0])
        raise ValueError(f"upper must not be below lower. It is at {position}. Were the two swapped?")
    return true, low, high


@overload
def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float: ...


@overload
def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, by: Literal["step"]) -> Floats: ...


@overload
def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, by: Labels) -> pd.Series: ...


@takes_frames
def coverage(
    y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, by: Labels | str | None = None
) -> float | Floats | pd.Series:
    """Share of true values within their interval, bounds included.

    Parameters
    ----------
    y_true, lower, upper : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and the two ends of the interval.
    by : "step" or array-like of shape (n_steps,), optional
        Groups with a share of their own: each step, where the columns are series or windows; or the rows that have
        the same label in this array, such as the step ahead, weekday or hour of each row of a backtest.

    Returns
    -------
    float, ndarray of shape (n_steps,) or Series
        From 0 to 1; a 90 % interval should hold about 0.9. With ``by="step"`` an array, with labels a Series over
        them.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, or an upper end is below its lower end.

    Examples
    --------
    >>> from tsrnn.metrics import coverage
    >>> coverage([1.0, 2.0, 3.0, 9.0], lower=[0.0, 2.0, 0.0, 0.0], upper=[1.0, 4.0, 2.0, 9.5])
    0.75

    Of two windows, one a column, and of the rows of a backtest, whose steps ahead are counted from each cutoff:

    >>> coverage([[1.0, 2.0], [3.0, 9.0]], lower=[[0.0, 2.0], [0.0, 0.0]], upper=[[1.0, 4.0], [2.0, 9.5]], by="step")
    array([1. , 0.5])
    >>> steps = [1, 2, 1, 2]  # table.groupby(["unique_id", "cutoff"]).cumcount() + 1
    >>> coverage([1.0, 3.0, 2.0, 9.0], [0.0, 0.0, 2.0, 0.0], [1.0, 2.0, 4.0, 9.5], by=steps).to_dict()
    {1: 1.0, 2: 0.5}
    """
    true, low, high = _read_interval(y_true, lower, upper)
    inside = (low <= true) & (true <= high)
    if by is None:
        return float(np.mean(inside))
    shares = inside.reshape(len(inside), -1).mean(axis=1)
    if isinstance(by, str):
        if by != "step":
            raise ValueError(f"by must be 'step' or an array of one label a row. Got {by!r}.")
        return shares
    if np.shape(by) != (len(shares),):
        raise ValueError(f"by must have one label a row, {len(shares)} in all. Got shape {np.shape(by)}.")
    if is_labelled(by):
        check_same_rows(y_true=y_true, by=by)
    return pd.Series(shares).groupby(np.asarray(by)).mean()


@takes_frames
def interval_score(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float) -> float:
    """Mean interval score: the width of the interval, and a penalty for values outside of it.

    Parameters
    ----------
    y_true, lower, upper : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth and the two ends of the interval.
    level : float
        Level of the interval in percent, from 1 to below 100.

    Returns
    -------
    float
        ``mean((u - l) + (2 / a) max(l - y, 0) + (2 / a) max(y - u, 0))`` with ``a = 1 - level / 100``, in the units of
        the series, at least 0; least where the ends are the quantiles ``a / 2`` and ``1 - a / 2`` of the truth.

    Raises
    ------
    ValueError
        If shapes or labels differ, a value is not finite, an upper end is below its lower end, or the level is no
        percentage.

    References
    ----------
    Winkler (1972), A decision-theoretic approach to interval estimation, Journal of the American Statistical
    Association 67(337), 187-191. Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and
    estimation, the same journal 102(477), 359-378.

    Examples
    --------
    >>> from tsrnn.metrics import interval_score
    >>> interval_score([1.0, 5.0], lower=[0.0, 0.0], upper=[2.0, 4.0], level=80)
    8.0
    """
    check_parameters("interval_score", {"level": level}, _LEVEL)
    true, low, high = _read_interval(y_true, lower, upper)
    outside = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    return float(np.mean(high - low + 200 / (100 - level) * outside))
