"""Quantiles of naive forecasts, as of a random walk with normal steps."""

from functools import partial
from statistics import NormalDist

import numpy as np

from tsrnn.baselines import BASELINES, naive, seasonal_naive


def has_quantiles(forecaster):
    """Tell whether a baseline is `naive` or `seasonal_naive`, by name or itself, perhaps with a season that is set."""
    return _function_of(forecaster) in (naive, seasonal_naive)


def _function_of(forecaster):
    function = BASELINES.get(forecaster) if isinstance(forecaster, str) else forecaster
    return function.func if isinstance(function, partial) else function


def naive_quantiles(forecaster, past, forecast, quantiles, season_length=None):
    """Return quantiles of a naive forecast.

    The season repeats with normal changes from one to the next: k seasons ahead, the standard deviation is the root of
    k times the mean squared change in the past. `naive` has a season of one step.

    Parameters
    ----------
    forecaster : str or callable
        One that `has_quantiles` accepts.
    past : ndarray of shape (n_steps,)
        The series; NaN where missing, whose changes are left out.
    forecast : ndarray of shape (horizon,)
        The forecast.
    quantiles : list of float
    season_length : int, optional
        Steps in a season, where the forecaster was given one.

    Returns
    -------
    ndarray of shape (horizon, n_quantiles)
        NaN if the past has no change.

    References
    ----------
    Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, 3rd edition, section 5.5.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.backtesting.naive_quantiles import naive_quantiles
    >>> naive_quantiles("naive", np.array([1.0, 3.0, 1.0]), np.array([1.0]), [0.5, 0.84134475]).round(6)
    array([[1., 3.]])
    """
    if season_length is None:
        season_length = getattr(forecaster, "keywords", {}).get("season_length", 1)
    squares = (past[season_length:] - past[:-season_length]) ** 2
    known = ~np.isnan(squares)
    variance = squares[known].mean() if known.any() else np.nan
    seasons = 1 + np.arange(len(forecast)) // season_length
    scores = np.array([NormalDist().inv_cdf(quantile) for quantile in quantiles])
    return forecast[:, None] + np.sqrt(variance * seasons)[:, None] * scores
