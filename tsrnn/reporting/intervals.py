"""Intervals of a backtest: coverage, width and score beside those of naive forecasts."""

import numpy as np
import pandas as pd

from tsrnn.backtesting.calibration import coverage_by_level, sampling_error
from tsrnn.reporting.errors import REFERENCES, mean_by

TOLERANCE = 0.05  # Deviation of the coverage from the level that is always let pass.
COLUMNS = ["coverage", "tolerance", "width", "relative_width", "relative_score"]


def summarize_intervals(backtest, units):
    """Return coverage, width and score of the intervals of each forecaster.

    Parameters
    ----------
    backtest : Backtest
    units : ndarray of shape (n_series,)
        Units of errors.

    Returns
    -------
    DataFrame
        By forecaster and level: ``coverage``; ``tolerance``, the deviation that the number of windows allows; ``width``
        in units; width and interval score relative to those of the naive interval with the better score, NaN without.
    """
    coverage = coverage_by_level(backtest)
    width, score = pd.Series(np.nan, coverage.index), pd.Series(np.nan, coverage.index)
    for name, level in coverage.index:
        low, high = (end / units[backtest.series] for end in backtest.levels[name][level])
        truth = backtest.truth / units[backtest.series]
        outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
        known = np.where(backtest.observed, 0.0, np.nan)
        widths = mean_by(backtest.series, high - low + known)
        scores = mean_by(backtest.series, high - low + 200 / (100 - level) * outside)
        width[name, level], score[name, level] = pd.Series(widths).mean(), pd.Series(scores).mean()
    table = pd.DataFrame({"coverage": coverage, "width": width, "score": score})
    levels = coverage.index.get_level_values("level").to_numpy(dtype="float64")
    best = [_best_reference(table, level) for level in levels]
    table["tolerance"] = np.maximum(TOLERANCE, sampling_error(levels / 100, backtest.n_windows))
    for column in ("width", "score"):
        table[f"relative_{column}"] = table[column] / [np.nan if row is None else row[column] for row in best]
    return table[COLUMNS]


def _best_reference(table, level):
    rows = [table.loc[(name, level)] for name in REFERENCES if (name, level) in table.index]
    rows = [row for row in rows if np.isfinite(row["score"])]
    return min(rows, key=lambda row: row["score"], default=None)
