"""What a report finds: checks passed and failed, in words."""

import numpy as np
import pandas as pd

from tsrnn.reporting.checks import find_copy, find_flatness
from tsrnn.reporting.errors import REFERENCES

ROUNDED = 0.005  # Of a share, in whole percent.
COLUMNS = ["forecaster", "check", "passed", "value", "finding"]


def check_forecasts(backtest, units, summary, intervals):
    """Check all forecasters but the naive ones.

    Parameters
    ----------
    backtest : Backtest
    units : ndarray of shape (n_series,)
        Units of errors.
    summary, intervals : DataFrame
        As from `summarize` and `summarize_intervals`.

    Returns
    -------
    DataFrame
        Forecaster, check, whether it is passed, its statistic and the finding in words.
    """
    rows = []
    for name in [name for name in backtest.forecasts if name not in REFERENCES]:
        rows += [(name, *_judge_skill(summary.loc[name], reference)) for reference in REFERENCES]
        rows.append((name, *_judge_copy(find_copy(backtest, units, name), len(backtest.ids))))
        rows.append((name, *_judge_movement(*find_flatness(backtest, units, name), len(backtest.ids))))
        if name in intervals.index.get_level_values(0):
            rows += [(name, *_judge_interval(level, row)) for level, row in intervals.loc[name].iterrows()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge_skill(row, reference):
    saved = row[f"skill_{reference}"]
    words = f"{abs(saved):.0%} {'less' if saved > 0 else 'more'} than"
    if abs(saved) < ROUNDED:
        words = "about as much as"
    elif np.isinf(saved):
        words = "unlike the perfect"
    return f"skill against {reference}", bool(saved > 0), saved, f"errs {words} {reference}"


def _judge_copy(copy, n_series):
    words = f"repeats the {copy.past}" if copy.is_copy else "repeats no past value"
    return "lag copy", not copy.is_copy, copy.distance, words + _in_series(copy.series, n_series)


def _judge_movement(movement, is_flat, share, n_series):
    if np.isnan(movement):
        return "flat line", True, movement, "the truth does not move, either"
    words = f"moves {movement:.0%} as much as the truth"
    return (
        "flat line",
        not is_flat,
        movement,
        ("a flat line: " if is_flat else "") + words + _in_series(share, n_series),
    )


def _in_series(share, n_series):
    return f" (in {share:.0%} of the series)" if n_series > 1 and share > 0 else ""


def _judge_interval(level, row):
    passed = bool(abs(row["coverage"] - level / 100) <= row["tolerance"])
    words = f"{level:g} % intervals hold {row['coverage']:.0%} of the truth"
    if np.isfinite(row["relative_width"]):
        words += f", at {row['relative_width']:.2g} times the width of naive ones"
    return f"coverage of {level:g} %", passed, row["coverage"], words
