"""Errors of forecasts.

`METRICS` take truth and forecast, `SCALED_METRICS` also the training part and the length of a season.

Every function takes arrays, lists, Series or DataFrames of one shape: ``(n_steps,)``, or
``(n_steps, n_series)`` with one series a column. It returns one float; of several series, the mean of their
errors. Two pandas objects must have the same index: a forecast compared with other times than its own gives a
number without meaning.
"""

from tsrnn.metrics.points import mae, mape, mse, rmse, smape
from tsrnn.metrics.probabilistic import coverage, pinball
from tsrnn.metrics.scaled import mase, rmsse, skill_score

__all__ = [
    "METRICS",
    "SCALED_METRICS",
    "coverage",
    "mae",
    "mape",
    "mase",
    "mse",
    "pinball",
    "rmse",
    "rmsse",
    "skill_score",
    "smape",
]

METRICS = {"mae": mae, "mse": mse, "rmse": rmse, "mape": mape, "smape": smape}
SCALED_METRICS = {"mase": mase, "rmsse": rmsse}
