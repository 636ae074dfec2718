"""The forecasts that others have to beat: naive ones, exponential smoothing and the Theta method."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from tsrnn._types import Floats
from tsrnn.backends.seasons import CRITICAL_VALUE
from tsrnn.backends.smoothing import ETS, THETA
from tsrnn.learners.smoothing import Smoothing
from tsrnn.validation import Interval, check_parameters

_CONSTRAINTS = {"horizon": [Interval(Integral, 1)], "season_length": [Interval(Integral, 1)]}


def _check(name, y, missing=False, **parameters):
    """Return `y` as a float64 array, or say what is wrong with it or with a parameter; ``missing`` lets NaN pass."""
    check_parameters(name, parameters, {key: _CONSTRAINTS[key] for key in parameters})
    series = np.asarray(y, dtype="float64")
    if series.ndim != 1 or series.size == 0:
        raise ValueError(f"y must be one series with at least one value. Got shape {series.shape}.")
    refused = np.isinf(series) if missing and not np.isnan(series).all() else ~np.isfinite(series)
    if refused.any():
        step = int(np.argmax(refused))
        raise ValueError(f"y must be finite. Got {series[step]} at step {step}. Fill or drop it.")
    return series


def naive(y: ArrayLike, horizon: int) -> Floats:
    """Repeat the last value.

    Parameters
    ----------
    y : array-like of shape (n_steps,)
        Series, oldest value first.
    horizon : int
        Steps to forecast, at least 1.

    Returns
    -------
    ndarray of shape (horizon,), float64
        Forecast.

    Raises
    ------
    ValueError
        If `y` is empty, not one series or not finite, or the horizon is not a positive integer.

    Examples
    --------
    >>> from tsrnn.baselines import naive
    >>> naive([1.0, 2.0, 3.0], horizon=2)
    array([3., 3.])
    """
    series = _check("naive", y, horizon=horizon)
    return np.full(horizon, series[-1])


def seasonal_naive(y: ArrayLike, horizon: int, season_length: int) -> Floats:
    """Repeat the last season.

    Parameters
    ----------
    y : array-like of shape (n_steps,)
        Series, oldest value first.
    horizon : int
        Steps to forecast, at least 1.
    season_length : int
        Steps in a season; with 1, this is `naive`.

    Returns
    -------
    ndarray of shape (horizon,), float64
        Forecast.

    Raises
    ------
    ValueError
        If `y` is shorter than a season, not one series or not finite, or a parameter is not a positive
        integer.

    Examples
    --------
    >>> from tsrnn.baselines import seasonal_naive
    >>> seasonal_naive([9.0, 1.0, 2.0, 3.0], horizon=4, season_length=3)
    array([1., 2., 3., 1.])
    """
    series = _check("seasonal_naive", y, horizon=horizon, season_length=season_length)
    if series.size < season_length:
        raise ValueError(
            f"y must hold a whole season, season_length={season_length} values. Got {series.size}. "
            "Use naive, or a shorter season_length."
        )
    return np.resize(series[-season_length:], horizon)


def naive2(y: ArrayLike, horizon: int, season_length: int) -> Floats:
    r"""Repeat the last value of the seasonally adjusted series and put the season back: M4's reference.

    The season is taken out only where there is one: with at least three seasons of data, and an
    autocorrelation at the lag of the season beyond its 90 % band

    .. math:: |r_m| > 1.645 \sqrt{(1 + 2 \sum_{k<m} r_k^2) / n}

    (Bartlett's formula). Its indices are those of the classical multiplicative decomposition.

    Parameters
    ----------
    y : array-like of shape (n_steps,)
        Series, oldest value first.
    horizon : int
        Steps to forecast, at least 1.
    season_length : int
        Steps in a season, `m` above; with 1, this is `naive`.

    Returns
    -------
    ndarray of shape (horizon,), float64
        Forecast.

    Raises
    ------
    ValueError
        If `y` is empty, not one series or not finite, or a parameter is not a positive integer.

    Notes
    -----
    A series that is not positive throughout has no multiplicative season and is forecast by `naive`. Those of
    M4 are all positive.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos (2020), The M4 Competition: 100,000 time series and 61
    forecasting methods, International Journal of Forecasting 36(1), 54-74.

    Examples
    --------
    >>> from tsrnn.baselines import naive2
    >>> naive2([1.0, 2.0, 3.0] * 4, horizon=4, season_length=3)
    array([1., 2., 3., 1.])
    """
    series = _check("naive2", y, horizon=horizon, season_length=season_length)
    if not has_season(series, season_length) or series.min() <= 0:
        return np.full(horizon, series[-1])
    indices = multiplicative_indices(series, season_length)
    steps = np.arange(series.size, series.size + horizon)
    adjusted = series[-1] / indices[(series.size - 1) % season_length]
    return adjusted * indices[steps % season_length]


def has_season(y: Floats, season_length: int) -> bool:
    """Whether M4's test finds a season of `season_length` steps.

    Parameters
    ----------
    y : ndarray of shape (n_steps,), float64
        Series, oldest value first; finite.
    season_length : int
        Steps in a season.

    Returns
    -------
    bool
        False for a season of one step, fewer than three seasons of data, or a constant series.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.baselines import has_season
    >>> has_season(np.array([1.0, 2.0, 3.0] * 4), season_length=3)
    True
    """
    if season_length == 1 or y.size < 3 * season_length:
        return False
    centred = y - y.mean()
    variance = centred @ centred
    if variance == 0:
        return False
    lags = range(1, season_length + 1)
    correlations = np.array([centred[lag:] @ centred[:-lag] for lag in lags]) / variance
    limit = CRITICAL_VALUE * np.sqrt((1 + 2 * np.sum(correlations[:-1] ** 2)) / y.size)
    return bool(abs(correlations[-1]) > limit)


def multiplicative_indices(y: Floats, season_length: int) -> Floats:
    """Seasonal indices of the classical multiplicative decomposition, mean 1.

    The series is divided by its centred moving average over one season (half weights at both ends where the
    season is even); an index is the mean of these ratios over the steps of its place in the season.

    Parameters
    ----------
    y : ndarray of shape (n_steps,), float64
        Positive series of at least two seasons.
    season_length : int
        Steps in a season.

    Returns
    -------
    ndarray of shape (season_length,), float64
        Index i belongs to the steps i, i + season_length, ... of `y`.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.baselines import multiplicative_indices
    >>> multiplicative_indices(np.array([1.0, 2.0, 3.0] * 4), season_length=3)
    array([0.5, 1. , 1.5])
    """
    weights = np.full(season_length + (season_length % 2 == 0), 1 / season_length)
    if season_length % 2 == 0:
        weights[[0, -1]] /= 2
    half = season_length // 2
    ratios = y[half : y.size - half] / np.convolve(y, weights, mode="valid")
    places = np.arange(half, y.size - half) % season_length
    sums = np.bincount(places, weights=ratios, minlength=season_length)
    indices = sums / np.bincount(places, minlength=season_length)
    return indices / indices.mean()


def ets(y: ArrayLike, horizon: int, season_length: int) -> Floats:
    """Forecast by exponential smoothing: a level, a trend and a season that follow their errors.

    A weighted mean of models with and without a (damped) trend and an additive or multiplicative season, on a fixed
    grid of smoothing parameters; the weights come from the corrected Akaike criterion.

    Parameters
    ----------
    y : array-like of shape (n_steps,)
        Series, oldest value first; NaN for missing values.
    horizon : int
        Steps to forecast, at least 1.
    season_length : int
        Steps in a season; with 1, or no more than two seasons, there is none.

    Returns
    -------
    ndarray of shape (horizon,), float64
        Forecast. Fewer than 5 values, and a constant, are repeated.

    Raises
    ------
    ValueError
        If `y` is empty, not one series, infinite or missing throughout, or a parameter is not a positive integer.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing: The State Space Approach.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.baselines import ets
    >>> ets(10 + 2.0 * np.arange(40), horizon=3, season_length=1).round(1)
    array([90., 92., 94.])
    """
    return _smooth(ETS, "ets", y, horizon, season_length)


def theta(y: ArrayLike, horizon: int, season_length: int) -> Floats:
    """Forecast by the Theta method: simple exponential smoothing with a part of the slope of a straight line.

    The season is taken out where the autocorrelation shows one, by ratios where all values are positive. First level
    and part of the slope have the least squared errors one step ahead, the part drawn towards a half; the forecast is a
    mean over smoothing parameters, weighted by these errors.

    Parameters
    ----------
    y : array-like of shape (n_steps,)
        Series, oldest value first; NaN for missing values.
    horizon : int
        Steps to forecast, at least 1.
    season_length : int
        Steps in a season; with 1, or no more than two seasons, there is none.

    Returns
    -------
    ndarray of shape (horizon,), float64
        Forecast. Fewer than 5 values, and a constant, are repeated.

    Raises
    ------
    ValueError
        If `y` is empty, not one series, infinite or missing throughout, or a parameter is not a positive integer.

    References
    ----------
    Assimakopoulos and Nikolopoulos (2000), The theta model: a decomposition approach to forecasting. Fiorucci,
    Pellegrini, Louzada, Petropoulos and Koehler (2016), Models for optimising the theta method and their relationship
    to state space models. Both International Journal of Forecasting, 16(4) and 32(4).

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.baselines import theta
    >>> theta(10 + 2.0 * np.arange(40), horizon=3, season_length=1).round(1)
    array([90., 92., 94.])
    """
    return _smooth(THETA, "theta", y, horizon, season_length)


def _smooth(method, name, y, horizon, season_length):
    series = _check(name, y, missing=True, horizon=horizon, season_length=season_length)
    ends, exponent = np.array([0, len(series)]), np.frexp(np.nanmax(np.abs(series)))[1]
    series = np.ldexp(series, -exponent)  # Squares of very large and very small values would overflow or vanish.
    fitted = Smoothing.fit(method, series, ends, [season_length])
    return np.ldexp(fitted.forecast(series, ends, ends[:1], ends[1:], horizon)[0], exponent)


# By the name that `tsrnn.backtest` knows them by: functions of (y, horizon) or of (y, horizon, season_length).
BASELINES = {"naive": naive, "seasonal_naive": seasonal_naive, "naive2": naive2, "ets": ets, "theta": theta}
