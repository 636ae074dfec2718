"""Calibration of a backtest: what share of the truth lies within intervals and below quantiles."""

import numpy as np
import pandas as pd


def coverage_by_level(backtest):
    """Return the share of the truth within each interval.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    Series
        By forecaster and level in percent; rows without truth or interval are left out.
    """
    return _shares(dict(_inside(backtest)), "level", "coverage")


def coverage_by_step(backtest):
    """Return the share of the truth within each interval, for each step ahead.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    DataFrame
        A row a step, a column for each forecaster and level.
    """
    columns = dict(_inside(backtest))
    table = pd.DataFrame(dict(enumerate(columns.values())), index=range(len(backtest.steps)))
    table = table.groupby(backtest.steps).mean().rename_axis("step")
    return table.set_axis(pd.MultiIndex.from_tuples(list(columns), names=["forecaster", "level"]), axis=1)


def share_below_quantiles(backtest):
    """Return the share of the truth at or below each quantile.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    Series
        By forecaster and quantile; rows without truth or quantile are left out.
    """
    below = {
        (name, quantile): np.where(backtest.observed & ~np.isnan(values), backtest.truth <= values, np.nan)
        for name, quantiles in backtest.quantiles.items()
        for quantile, values in quantiles.items()
    }
    return _shares(below, "quantile", "below")


def sampling_error(share, n_windows):
    """Return twice the standard error of a share, with windows as independent observations.

    Steps of one window err together, so that the number of values would promise too much.

    Parameters
    ----------
    share : float or ndarray
        Nominal share, from 0 to 1.
    n_windows : int
        Windows with a truth.
    """
    return 2 * np.sqrt(share * (1 - share) / n_windows)


def _inside(backtest):
    """Yield forecaster and level, and which rows lie within: 1, 0, or NaN where truth or interval are missing."""
    for name, levels in backtest.levels.items():
        for level, (low, high) in levels.items():
            known = backtest.observed & ~np.isnan(low) & ~np.isnan(high)
            inside = (low <= backtest.truth) & (backtest.truth <= high)
            yield (name, level), np.where(known, inside, np.nan)


def _shares(columns, kind, name):
    index = pd.MultiIndex.from_tuples(list(columns), names=["forecaster", kind])
    return pd.Series([pd.Series(values).mean() for values in columns.values()], index, dtype="float64", name=name)
