"""Errors of forecasts.

`METRICS` take truth and forecast, `SCALED_METRICS` also the training part and the length of a season.

Every function takes arrays, lists, Series or DataFrames of one shape: ``(n_steps,)``, or
``(n_steps, n_series)`` with one series a column. It returns one float; of several series, the mean of their
errors. All pandas objects of a call must have the same labels in the same order, index and columns alike: a
forecast compared with other times than its own gives a number without meaning. Arrays are compared by position.
A Series over (id, time) is read row by row; metrics that are taken of each series refuse it. Long frames are
pivoted first. Missing values are refused by name: drop their rows throughout, as ``table.dropna()`` does with a table
of `tsrnn.backtest`.

Of several quantiles, or of sample paths, the forecast has one more axis than the truth, the last: one column a quantile
or path for a single series.
"""

from tsrnn.metrics.ensembles import crps_ensemble
from tsrnn.metrics.intervals import coverage, interval_score
from tsrnn.metrics.points import mae, mape, mse, rmse, smape
from tsrnn.metrics.quantiles import crps, pinball, wql
from tsrnn.metrics.scaled import mase, rmsse, skill_score

__all__ = [
    "METRICS",
    "SCALED_METRICS",
    "coverage",
    "crps",
    "crps_ensemble",
    "interval_score",
    "mae",
    "mape",
    "mase",
    "mse",
    "pinball",
    "rmse",
    "rmsse",
    "skill_score",
    "smape",
    "wql",
]

METRICS = {"mae": mae, "mse": mse, "rmse": rmse, "mape": mape, "smape": smape}
SCALED_METRICS = {"mase": mase, "rmsse": rmsse}
