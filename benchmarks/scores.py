"""Scores of quantile forecasts, and the seasonal naive forecast with normal intervals that they are compared with.

Quantiles lie on the last axis, in the order of `LEVELS`.
"""

from statistics import NormalDist

import numpy as np

LEVELS = np.array([0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975])
SCORED = slice(1, 10)  # .1 to .9, as in GIFT-Eval
INTERVALS = {80: (1, 9), 95: (0, 10)}  # Columns of their ends.
NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])


def pinball(truth, quantiles):
    """Return twice the pinball loss of the levels .1 to .9, on the last axis: at .5 the absolute error."""
    levels, errors = LEVELS[SCORED], truth[..., None] - quantiles[..., SCORED]
    return 2 * np.maximum(levels * errors, (levels - 1) * errors)


def weighted_quantile_loss(truth, quantiles):
    """Return the mean over levels of summed pinball loss by summed absolute values."""
    return pinball(truth, quantiles).mean(axis=-1).sum() / np.abs(truth).sum()


def inside(truth, quantiles, percent):
    """Return whether each value lies in its interval."""
    low, high = INTERVALS[percent]
    return (quantiles[..., low] <= truth) & (truth <= quantiles[..., high])


def seasonal_error(history, season):
    """Return the mean absolute change over a season, the unit of MASE; over one step in a series that is too short."""
    lag = season if len(history) > season else 1
    return np.abs(history[lag:] - history[:-lag]).mean()


def naive_quantiles(history, horizon, season):
    """Return seasonal naive quantiles (horizon, n_levels), normal as in statsforecast; naive where it is too short."""
    lag = season if len(history) > season else 1
    seasons_ahead = np.arange(horizon) // lag + 1
    spread = np.sqrt(np.mean((history[lag:] - history[:-lag]) ** 2) * seasons_ahead)
    return np.resize(history[-lag:], horizon)[:, None] + spread[:, None] * NORMAL


def split_columns(forecast):
    """Return point forecast and quantiles of an array whose last axis holds both."""
    return forecast[..., 0], forecast[..., 1:]


def as_quantiles(point):
    """Return a point forecast as each of the quantiles."""
    return np.repeat(np.asarray(point)[..., None], len(LEVELS), axis=-1)


def predict(forecaster, point=False, **kwargs):
    """Forecast an array that was fitted: point forecast and quantiles, the point for all of them if asked."""
    if point:
        forecast = forecaster.predict(**kwargs)
        return forecast, as_quantiles(forecast)
    return split_columns(forecaster.predict(quantiles=LEVELS.tolist(), **kwargs))


def predict_origins(forecaster, y, origins, point=False):
    """Forecast after each origin: arrays (n_origins, horizon, n_series), and with one more axis the quantiles."""
    if point:
        forecast = forecaster.predict_origins(y, origins)
        return forecast, as_quantiles(forecast)
    return split_columns(forecaster.predict_origins(y, origins, quantiles=LEVELS.tolist()))


def predict_panel(forecaster, ids, point=False):
    """Forecast a long frame that was fitted: arrays (n_series, horizon) in the order of `ids`, and the quantiles."""
    forecast = forecaster.predict(**({} if point else {"quantiles": LEVELS.tolist()}))
    names = ["y"] if point else ["y", *(c for c in forecast.columns if str(c).startswith("y-"))]
    by_id = dict(iter(forecast.groupby("unique_id", sort=False, observed=True)[names]))
    values = np.array([by_id[i][names].to_numpy(float) for i in ids])
    return (values[..., 0], as_quantiles(values[..., 0])) if point else split_columns(values)
