"""Tables of a backtest, taken apart: windows, steps ahead, truth, forecasts and their quantiles."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from tsrnn.frames.columns import quote
from tsrnn.frames.native import open_native
from tsrnn.frames.native_columns import read_column
from tsrnn.intervals import MEDIAN, round_share, split_column


@dataclass(frozen=True)
class Backtest:
    """Forecasts of a backtest beside the truth, one number a row of the table.

    Attributes
    ----------
    ids : Index of shape (n_series,)
        The series; tuples where several columns name them.
    series, windows : ndarray of shape (n_rows,), int
        Series and window (series and cutoff) of each row, counted from 0.
    steps : ndarray of shape (n_rows,), int
        Steps ahead, from 1.
    times : Index of shape (n_rows,)
        Time stamps.
    cutoffs : Index of shape (n_rows,)
        The last stamp known.
    truth : ndarray of shape (n_rows,), float64
        NaN where it is missing.
    forecasts : dict of str to ndarray of shape (n_rows,)
        By the name of the forecaster.
    quantiles : dict of str to dict of float to ndarray of shape (n_rows,)
        By the name of the forecaster and the quantile; ends of intervals are among them.
    """

    ids: pd.Index
    series: np.ndarray
    windows: np.ndarray
    steps: np.ndarray
    times: pd.Index
    cutoffs: pd.Index
    truth: np.ndarray
    forecasts: dict
    quantiles: dict

    @cached_property
    def observed(self):
        """Rows whose truth is known: bool of shape (n_rows,)."""
        return ~np.isnan(self.truth)

    @property
    def n_windows(self):
        """Number of windows with a truth."""
        return len(np.unique(self.windows[self.observed]))

    def select(self, forecasters):
        """Return some of the forecasters: a Backtest."""
        parts = [{name: part[name] for name in forecasters} for part in (self.forecasts, self.quantiles)]
        return replace(self, forecasts=parts[0], quantiles=parts[1])

    @cached_property
    def levels(self):
        """Ends of intervals by forecaster and level in percent: pairs of quantiles as far below as above the median."""
        return {
            name: {
                round_share(100 - 200 * quantile): (found[quantile], found[round_share(1 - quantile)])
                for quantile in reversed(found)
                if quantile < MEDIAN and round_share(1 - quantile) in found
            }
            for name, found in self.quantiles.items()
        }


def read_backtest(table):
    """Read a table as from `tsrnn.backtest`.

    Parameters
    ----------
    table : DataFrame
        Ids, time stamp, ``cutoff``, truth, and then the forecasters with their intervals and quantiles; in any library
        that narwhals knows, rows in any order.

    Returns
    -------
    Backtest

    Raises
    ------
    TypeError, ValueError
        If it is no such table.
    """
    table = _in_pandas(table)
    if "cutoff" not in table.columns or table.columns.get_loc("cutoff") < 2 or len(table) == 0:
        raise ValueError(
            "table must come from tsrnn.backtest: ids, time stamp, 'cutoff', truth and forecasts, a column each. Got "
            f"{len(table)} rows with the columns {list(table.columns)}."
        )
    k = table.columns.get_loc("cutoff")
    *keys, time, cutoff = table.columns[: k + 1]
    numbers = {name: _floats(table, name) for name in table.columns[k + 1 :]}
    series = table.groupby(keys, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    windows = table.groupby([*keys, cutoff], sort=False, observed=True, dropna=False).ngroup().to_numpy()
    truth, *forecasts = numbers.values() or [None]
    if not forecasts or np.isnan(truth).all():
        raise ValueError(
            f"table must have a truth after 'cutoff', with a value that is not missing, and forecasts. Got the columns "
            f"{list(numbers)} there{', the truth missing throughout' if forecasts else ''}."
        )
    forecasts, quantiles = _sort_columns(dict(list(numbers.items())[1:]))
    times, cutoffs = _stamps(table[time]), _stamps(table[cutoff])
    return Backtest(
        _ids(table, keys, series), series, windows, _count_steps(times, windows), times, cutoffs,
        truth, forecasts, quantiles,
    )  # fmt: skip


def _in_pandas(table):
    opened = open_native(table, "table")
    if opened is not None and hasattr(opened, "columns"):
        return pd.DataFrame({name: read_column(opened[name]) for name in opened.columns})
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be the DataFrame that tsrnn.backtest returns. Got {type(table).__name__}.")
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"table must have each column once. Got {twice!r} several times.")
    return table


def _floats(table, name):
    column = table[name]
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        raise TypeError(
            f"Columns after 'cutoff' must be numbers: the truth, and forecasts. Column {name!r} has dtype "
            f"{column.dtype}. Leave it out: table.drop(columns={name!r})."
        )
    return column.to_numpy(dtype="float64", na_value=np.nan)


def _ids(table, keys, series):
    """Return the ids in the order of their numbers."""
    rows = np.unique(series, return_index=True)[1]
    return pd.Index(table[keys[0]].iloc[rows]) if len(keys) == 1 else pd.MultiIndex.from_frame(table[keys].iloc[rows])


def _stamps(column):
    """Return time stamps as an Index; those of Arrow as datetimes."""
    is_arrow = isinstance(column.dtype, pd.ArrowDtype) and not pd.api.types.is_numeric_dtype(column.dtype)
    return pd.DatetimeIndex(column) if is_arrow else pd.Index(column)


def _count_steps(times, windows):
    """Count the rows of each window in order of time."""
    stamps = pd.Series(pd.factorize(times, sort=True)[0])
    repeated = pd.DataFrame({"window": windows, "stamp": stamps}).duplicated()
    if repeated.any():
        raise ValueError(
            "table must forecast each stamp of a series once from each cutoff. Got several rows for "
            f"{quote(times[int(repeated.argmax())])}. Give tables of several backtests one by one."
        )
    return stamps.groupby(windows).rank(method="first").to_numpy(dtype="int64")


def _require_order(ends, columns):
    """Refuse intervals whose upper end is below the lower one."""
    names = {parts: name for name, parts in ends.items()}
    for (forecast, quantile), lower in names.items():
        upper = names.get((forecast, round_share(1 - quantile)))
        if quantile < MEDIAN and upper is not None and (inverted := columns[upper] < columns[lower]).any():
            row = int(inverted.argmax())
            raise ValueError(
                f"The upper end of an interval must not be below the lower one. Column {upper!r} is below {lower!r} in "
                f"{int(inverted.sum())} of {len(inverted)} rows, first at row {row}: {columns[upper][row]} below "
                f"{columns[lower][row]}. Were the two swapped? "
                f"table.rename(columns={{{lower!r}: {upper!r}, {upper!r}: {lower!r}}})."
            )


def _sort_columns(columns):
    """Return forecasts, and their quantiles, by forecaster; columns that belong to no other one are forecasts."""
    told = {name: parts for name in columns if (parts := split_column(name))}
    ends = {name: parts for name, parts in told.items() if parts[0] in columns}
    ends = {name: parts for name, parts in ends.items() if parts[0] not in ends}
    forecasts = {name: values for name, values in columns.items() if name not in ends}
    for name, values in forecasts.items():
        if np.isnan(values).any():
            raise ValueError(
                f"Forecasts must not be missing. Column {name!r} is NaN in {int(np.isnan(values).sum())} of "
                f"{len(values)} rows. Leave it out: table.drop(columns={name!r})."
            )
    _require_order(ends, columns)
    quantiles = {name: {} for name in forecasts}
    for name, (forecast, quantile) in ends.items():
        quantiles[forecast][quantile] = columns[name]
    return forecasts, {name: dict(sorted(found.items())) for name, found in quantiles.items()}
