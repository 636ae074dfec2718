"""Errors of a backtest in units of the series, and where they are large."""

import numpy as np
import pandas as pd

from tsrnn.frames.frequency import beginnings

REFERENCES = ("naive", "seasonal_naive")
N_WORST = 3  # Groups of a kind that are named for each forecaster.
DAY = pd.Timedelta(days=1)


def mean_by(groups, values):
    """Return the mean of the values of each group that are not NaN; NaN where there is none.

    Parameters
    ----------
    groups : ndarray of shape (n_rows,), int
        From 0.
    values : ndarray of shape (n_rows,)
    """
    known, n = ~np.isnan(values), int(groups.max()) + 1
    counts = np.bincount(groups[known], minlength=n)
    return np.divide(np.bincount(groups[known], values[known], n), counts, out=np.full(n, np.nan), where=counts > 0)


def units_of(backtest):
    """Return the unit of errors of each series: the mean absolute change of the truth from one step to the next.

    Within windows; the first step is compared with the last value known. It is the scale of `tsrnn.metrics.mase`, of
    the part that is forecast.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    ndarray of shape (n_series,)
        NaN where nothing changes, or all is missing. If that is so of every series, 1.
    """
    order = np.lexsort([backtest.steps, backtest.windows])
    truth, is_first = backtest.truth[order], backtest.steps[order] == 1
    before = np.where(is_first, backtest.forecasts["naive"][order], np.roll(truth, 1))
    units = mean_by(backtest.series[order], np.abs(truth - before))
    units[~(units > 0)] = np.nan
    return np.ones_like(units) if np.isnan(units).all() else units


def scaled_errors(backtest, units):
    """Return absolute errors in units by forecaster: of shape (n_rows,), NaN where truth or unit are missing."""
    return {
        name: np.abs(values - backtest.truth) / units[backtest.series] for name, values in backtest.forecasts.items()
    }


def skill(error, reference):
    """Return the share of the error of a reference that is saved; beside a perfect one, 0 or minus infinity."""
    if reference > 0:
        return float(1 - error / reference)
    return 0.0 if error == 0 else -np.inf


def summarize(backtest, errors):
    """Return errors and skill, a row a forecaster; ``errors`` are scaled."""
    absolute = {name: np.abs(values - backtest.truth) for name, values in backtest.forecasts.items()}
    by_series = {name: mean_by(backtest.series, values) for name, values in absolute.items()}
    best = np.fmin(*(by_series[name] for name in REFERENCES))
    scaled = {name: float(np.nanmean(mean_by(backtest.series, values))) for name, values in errors.items()}
    rows = {
        name: {
            "mae": float(np.nanmean(absolute[name])),
            "scaled_mae": scaled[name],
            **{f"skill_{reference}": skill(scaled[name], scaled[reference]) for reference in REFERENCES},
            "series_won": float(np.mean((by_series[name] < best)[~np.isnan(best)])),
        }
        for name in backtest.forecasts
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecaster")


def kinds_of_groups(backtest):
    """Return labels of all rows by kind of group: series, step and, where the stamps tell them, weekday and hour."""
    kinds = {"series": backtest.ids.take(backtest.series), "step": pd.Index(backtest.steps)}
    times = beginnings(backtest.times) if isinstance(backtest.times, pd.PeriodIndex) else backtest.times
    if isinstance(times, pd.DatetimeIndex):
        gap = times.unique().sort_values().to_series().diff().min()
        if gap <= DAY:
            names = pd.date_range("2024-01-01", periods=7).day_name()
            kinds["weekday"] = pd.CategoricalIndex(pd.Categorical.from_codes(times.day_of_week, names, ordered=True))
        if gap < DAY:
            kinds["hour"] = pd.Index(times.hour)
    return kinds


def errors_by(kind, labels, errors):
    """Return the mean error of each forecaster over the rows of a group, a row a group; series stay in their order."""
    groups = pd.DataFrame(errors).groupby(_keys_of(labels), sort=kind != "series", observed=True, dropna=False)
    table = groups.mean()
    return table if labels.nlevels > 1 else table.rename_axis(kind)


def _keys_of(labels):
    return [labels.get_level_values(k) for k in range(labels.nlevels)]


def worst_groups(kinds, errors, forecasters):
    """Return where forecasts err most: for each forecaster and kind, the groups with the largest errors.

    Parameters
    ----------
    kinds : dict of str to Index of shape (n_rows,)
        Labels by kind of group.
    errors : dict of str to ndarray of shape (n_rows,)
        Scaled errors.
    forecasters : list of str

    Returns
    -------
    DataFrame
        Forecaster, kind, group, ``relative_mae`` (above 1: larger than the mean of the forecaster) and the number of
        values.
    """
    rows = []
    for name in forecasters:
        known = ~np.isnan(errors[name])
        values = errors[name][known]
        if not values.any():
            continue
        for kind, labels in kinds.items():
            relative, keys = pd.Series(values / values.mean()), _keys_of(labels[known])
            groups = relative.groupby(keys, observed=True, dropna=False)
            table = groups.agg(["mean", "size"]).sort_values("mean", ascending=False, kind="stable").head(N_WORST)
            rows += [(name, kind, group, value, n) for group, value, n in table.itertuples() if value > 1]
    return pd.DataFrame(rows, columns=["forecaster", "by", "group", "relative_mae", "n"])
