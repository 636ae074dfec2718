"""Containers whose series share one run of time stamps: Series, wide DataFrame, array and list."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Columns, quote
from tsrnn.frames.frequency import as_times
from tsrnn.frames.values import as_float64


def _equal_offsets(n_series, n_steps):
    return np.arange(n_series + 1, dtype=np.int64) * n_steps


def _require_ascending(times, what):
    """Refuse duplicates and disorder of an index that is itself the order of the data."""
    if times.has_duplicates:
        twice = times[times.duplicated()]
        raise ValueError(
            f"{what} has {len(twice)} duplicate time stamp{'s' * (len(twice) > 1)}, the first {twice[0]}; "
            "each series needs one value a stamp. Aggregate (data.groupby(level=0).mean()) or drop them "
            "(data[~data.index.duplicated()])."
        )
    if not times.is_monotonic_increasing:
        wrong = int((times[1:] < times[:-1]).argmax())
        raise ValueError(
            f"{what} is not in ascending order: {times[wrong + 1]} stands after {times[wrong]} (position "
            f"{wrong + 1}). Sort it with data.sort_index(); for integers that number nothing, use "
            "data.reset_index(drop=True)."
        )


def _place(times):
    return lambda position: f"at {times[position]}"


@dataclass(frozen=True)
class SeriesLayout:
    """One Series; its name and the name of its index come back."""

    kind = "a Series"
    shares_times = True
    has_stamps = True
    has_named_series = False
    name: object = None

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` is a Series with a plain index."""
        if isinstance(data, pd.Series) and data.index.nlevels == 1:
            return cls(data.name)
        return None

    def label(self, series_id):
        """Name the series for an error."""
        return "the series" if self.name is None else f"series {quote(self.name)}"

    def read(self, data):
        """Read a Series into `Columns`."""
        times = as_times(data.index, "the index")
        _require_ascending(times, "the index")
        values = as_float64(data, self.label(None), _place(times))
        return Columns(values, _equal_offsets(1, len(values)), pd.Index([self.name]), times)

    def build(self, ids, times, values):
        """Return a Series of ``values`` of shape (1, horizon)."""
        return pd.Series(values[0], index=times, name=self.name)


@dataclass(frozen=True)
class WideLayout:
    """A DataFrame in which each column is a series."""

    kind = "a DataFrame with one column a series"
    shares_times = True
    has_stamps = True
    has_named_series = True
    columns: pd.Index

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` is a DataFrame with a plain index and no long columns."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1:
            return None
        present = [name for name in names if name in data.columns]
        if names.time_col not in present and names.id_col not in present:
            return cls(data.columns)
        if len(present) == 3:
            return None
        missing = [name for name in names if name not in present]
        raise ValueError(
            f"A long DataFrame needs the columns {list(names)}; got {present} without {missing}. Add them, "
            "set id_col, time_col and target_col, or rename the columns if each column is a series."
        )

    def label(self, series_id):
        """Name a column for an error."""
        return f"column {quote(series_id)}"

    def read(self, data):
        """Read a wide DataFrame into `Columns`."""
        if self.columns.has_duplicates:
            twice = self.columns[self.columns.duplicated()][0]
            raise ValueError(
                f"Duplicate column name {quote(twice)}; each series needs a name of its own. Rename the columns."
            )
        times = as_times(data.index, "the index")
        _require_ascending(times, "the index")
        place = _place(times)
        columns = [as_float64(data.iloc[:, k], self.label(name), place) for k, name in enumerate(self.columns)]
        values = np.concatenate(columns) if columns else np.empty(0)
        return Columns(values, _equal_offsets(len(columns), len(data)), self.columns, times)

    def build(self, ids, times, values):
        """Return a wide DataFrame of ``values`` of shape (n_series, horizon)."""
        return pd.DataFrame(values.T.copy(), index=times, columns=self.columns)


@dataclass(frozen=True)
class ArrayLayout:
    """A one-dimensional array or list (one series), or a two-dimensional one whose columns are series."""

    kind = "an array or list"
    shares_times = True
    has_stamps = False
    has_named_series = False
    ndim: int

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` is an array or a list."""
        if isinstance(data, (list, tuple)):
            nested = next((value for value in data if np.iterable(value) and not isinstance(value, str)), None)
            if nested is not None:
                raise TypeError(f"A list must hold numbers, one a step. Got a list of {type(nested).__name__}.")
            return cls(1)
        if not isinstance(data, np.ndarray):
            return None
        if data.ndim not in (1, 2):
            raise ValueError(
                "An array must have one dimension (one series) or two (each column is a series). Got shape "
                f"{data.shape}."
            )
        return cls(data.ndim)

    def label(self, series_id):
        """Name a column for an error."""
        return "the array" if self.ndim == 1 else f"column {series_id}"

    def read(self, data):
        """Read an array or list into `Columns`."""
        array = np.ma.filled(data.astype(np.float64), np.nan) if np.ma.isMaskedArray(data) else np.asarray(data)
        table = array.reshape(len(array), -1)
        place = "at position {}".format
        columns = [as_float64(table[:, k], self.label(k), place) for k in range(table.shape[1])]
        values = np.concatenate(columns) if columns else np.empty(0)
        return Columns(
            values,
            _equal_offsets(len(columns), len(table)),
            pd.RangeIndex(len(columns)),
            pd.RangeIndex(len(table)),
        )

    def build(self, ids, times, values):
        """Return an array of shape (horizon,) or (horizon, n_series)."""
        return values[0].copy() if self.ndim == 1 else values.T.copy()
