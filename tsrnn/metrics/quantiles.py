"""Errors of quantile forecasts: `pinball`, `crps`, `wql`."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from numbers import Real
from typing import ParamSpec

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsrnn.frames.columns import Names
from tsrnn.frames.native import is_native, open_native
from tsrnn.intervals import split_column
from tsrnn.metrics.inputs import as_floats, read_alike, read_beside, takes_frames
from tsrnn.validation import Interval, check_parameters

P = ParamSpec("P")

CLOSE = 1e-6  # Relative difference of quantiles that are the same, rounded to float32.
_QUANTILE = {"quantile": [Interval(Real, 0.0, 1.0, "neither")]}


def _mean_loss(metric, y_true, y_pred, quantile):
    """Return the mean pinball loss over all steps, series and quantiles."""
    levels = np.asarray(quantile, dtype="float64")
    if levels.ndim > 1 or levels.size == 0:
        raise ValueError(f"quantile must be one number or a list of numbers. Got shape {levels.shape}.")
    for level in levels.flat:
        check_parameters(metric, {"quantile": float(level)}, _QUANTILE)
    if levels.ndim == 0:
        true, pred = read_alike(y_true=y_true, y_pred=y_pred)
    else:
        true, pred = read_beside(y_true, "quantile", levels.size, y_pred=y_pred)
        if isinstance(y_pred, pd.DataFrame):
            _check_quantile_names(y_pred.columns, quantile, levels)
    error = true - pred
    return float(np.mean(np.maximum(levels * error, (levels - 1) * error)))


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


def _reads_names(metric: Callable[P, float]) -> Callable[P, float]:
    """Let a metric refuse columns whose names, such as y-q0.1 or y-lo-80, tell other quantiles, in any library."""

    @wraps(metric)
    def measure(*arguments: P.args, **named: P.kwargs) -> float:
        score = metric(*arguments, **named)  # refuses what is no number, frame or quantile
        _check_told_quantiles(**signature(metric).bind(*arguments, **named).arguments)
        return score

    return measure


def _check_told_quantiles(y_true, y_pred, quantile):
    levels, names = np.asarray(quantile, dtype="float64"), _names_of(y_pred)
    if not names or (levels.ndim == 0 and names == _names_of(y_true)):
        return  # an array, or names of series
    told = [_told_by(name) for name in names]
    for name, own, level in zip(names, told, np.broadcast_to(levels, len(names)), strict=True):
        if own is not None and not np.isclose(own, level, rtol=CLOSE, atol=0):
            mend = "select the columns in the order of quantile"
            if None not in told and (levels.ndim or len(set(told)) == 1):
                mend = f"set quantile={told if levels.ndim else told[0]}"
            raise ValueError(
                f"quantile must be that of each column of y_pred, in their order. Column {name!r} is the quantile "
                f"{own:g} by its name. Got {level:g} for it. To mend this, {mend}, or pass arrays if the names do "
                "not matter."
            )


def _names_of(values):
    """Return the names of the columns of values in a frame, or that of a Series; none of an array."""
    if is_native(values):
        opened = open_native(values)
        return [
            name
            for name in (opened.columns if hasattr(opened, "columns") else [opened.name])
            if name != Names().time_col
        ]
    if isinstance(values, pd.DataFrame):
        return list(values.columns)
    return [values.name] if isinstance(values, pd.Series) else []


def _told_by(name):
    """Return the quantile that the name of a column ends with, or None; of several levels, the last tells it."""
    column = split_column(f"y-{name[-1] if isinstance(name, tuple) and name else name}")
    return column and column[1]


@_reads_names
@takes_frames
def pinball(y_true: ArrayLike, y_pred: ArrayLike, quantile: ArrayLike) -> float:
    """Mean pinball loss of quantile forecasts, in the units of the series.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    y_pred : array-like
        With one quantile, the shape of `y_true`; with several, ``(n_steps, n_quantiles)`` of one series, or an array
        ``(n_steps, n_series, n_quantiles)``. Column names of a frame that are floats, or end as those of
        ``RNNForecaster.predict(level=..., quantiles=...)``, must be the quantiles.
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
    return _mean_loss("pinball", y_true, y_pred, quantile)


@_reads_names
@takes_frames
def crps(y_true: ArrayLike, y_pred: ArrayLike, quantile: ArrayLike) -> float:
    r"""Continuous ranked probability score of quantile forecasts, in the units of the series.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    y_pred : array-like
        Forecasts of the quantiles, as for `pinball`.
    quantile : float or array-like of shape (n_quantiles,)
        Between 0 and 1, both excluded.

    Returns
    -------
    float
        Twice the mean pinball loss over steps, series and quantiles, at least 0. At the median alone it is `mae`.

    Raises
    ------
    ValueError
        As for `pinball`.

    See Also
    --------
    crps_ensemble : The same score of sample paths.

    Notes
    -----
    The score of a distribution F is an integral over all of its quantiles,

    .. math:: \int (F(x) - 1\{y \le x\})^2 dx = 2 \int_0^1 \max(q (y - f_q), (q - 1)(y - f_q)) dq.

    The mean over K quantiles approximates it by the midpoint rule. The quantiles 1 / 2K, 3 / 2K, ..., 1 - 1 / 2K are
    those midpoints; for a distribution of K equal masses at such quantiles the value is exact. With others it is
    a score in its own right, still least at the true quantiles: 0.1, 0.2, ..., 0.9 leave out both tails, and quantiles
    that lie close together there, such as those of the levels 80, 90 and 95, weigh them more. Compare scores of the
    same quantiles only.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, Journal of the American
    Statistical Association 102(477), 359-378. Laio and Tamea (2007), Verification tools for probabilistic forecasts
    of continuous hydrological variables, Hydrology and Earth System Sciences 11(4), 1267-1277.

    Examples
    --------
    >>> from tsrnn.metrics import crps
    >>> crps([3.0, 3.0], [[1.0, 3.0], [2.0, 6.0]], quantile=[0.25, 0.75])
    0.75
    """
    return 2 * _mean_loss("crps", y_true, y_pred, quantile)


@_reads_names
@takes_frames
def wql(y_true: ArrayLike, y_pred: ArrayLike, quantile: ArrayLike) -> float:
    """Weighted quantile loss: the pinball loss as a share of the size of the series, as in GIFT-Eval and GluonTS.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth. All series are weighed together: large ones count more.
    y_pred : array-like
        Forecasts of the quantiles, as for `pinball`.
    quantile : float or array-like of shape (n_quantiles,)
        Between 0 and 1, both excluded.

    Returns
    -------
    float
        ``2 sum(pinball losses) / sum(|y|)`` of each quantile, averaged over the quantiles; at least 0. At the median
        alone it is the weighted absolute percentage error, as a fraction. NaN if the truth is 0 throughout, because
        the scale is zero.

    Raises
    ------
    ValueError
        As for `pinball`.

    References
    ----------
    Salinas, Flunkert, Gasthaus and Januschowski (2020), DeepAR: Probabilistic forecasting with autoregressive
    recurrent networks, International Journal of Forecasting 36(3), 1181-1191. Aksu et al. (2024), GIFT-Eval: A
    benchmark for general time series forecasting model evaluation, quantiles 0.1, 0.2, ..., 0.9.

    Examples
    --------
    >>> from tsrnn.metrics import wql
    >>> wql([3.0, 3.0], [[1.0, 3.0], [2.0, 6.0]], quantile=[0.25, 0.75])
    0.25
    """
    loss, scale = 2 * _mean_loss("wql", y_true, y_pred, quantile), float(np.mean(np.abs(as_floats("y_true", y_true))))
    return loss / scale if scale else float("nan")
