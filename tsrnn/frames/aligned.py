"""Containers whose series share one run of time stamps: Series, wide DataFrame, array and list."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.frames.advice import stamps_of_index
from tsrnn.frames.columns import Columns, quote
from tsrnn.frames.identity import own_index, refuse_alike
from tsrnn.frames.times import TOO_FEW, clock, has_too_few, read_times
from tsrnn.frames.values import CLEAN_FIRST, DATES, UNREADABLE, as_float64
from tsrnn.frames.wide_advice import explain_partial, explain_repeated, explain_transposed, mend_column


def _equal_offsets(n_series, n_steps):
    return np.arange(n_series + 1, dtype=np.int64) * n_steps


def _require_ascending(times, form):
    """Refuse duplicates and disorder of an index that is itself the order of the data."""
    # The flags of an index that was cut from another are not to be trusted.
    steps = np.diff(clock(times))
    if (steps > 0).all():
        return
    twice, data, drop = times[times.duplicated()], "data", "data[~data.index.duplicated()]"
    if form is not None:
        data = f"data.set_axis({form.convert('data.index')})"
        drop = f"{data}.groupby(level=0).first()"
    if len(twice):
        text = (
            f"the index has {len(twice)} duplicate time stamp{'s' * (len(twice) > 1)}, the first {twice[0]}; "
            "each series needs one value a stamp."
        )
        if has_too_few(times, len(times) - len(twice)):
            raise ValueError(f"{text} {TOO_FEW} data.reset_index(drop=True).")
        raise ValueError(f"{text} Aggregate ({data}.groupby(level=0).mean()) or drop them ({drop}).")
    wrong = int((steps < 0).argmax())
    raise ValueError(
        f"the index is not in ascending order: {times[wrong + 1]} stands after {times[wrong]} (position "
        f"{wrong + 1}). Sort it with {data}.sort_index(); for integers that number nothing, use "
        "data.reset_index(drop=True)."
    )


def _locator(times):
    return lambda position: f"at {times[position]}"


class _Indexed:
    """Base of a Series and a wide frame: containers with an index of time stamps."""

    shares_times = True
    has_stamps = True
    stamps = stamps_of_index()

    def for_each_series(self, expression):
        """Return an expression for the container from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        return expression("data")

    def number(self, s):
        """Return the expression that replaces the stamps of a series by positions."""
        return f"{s}.reset_index(drop=True)"


@dataclass(frozen=True)
class SeriesLayout(_Indexed):
    """One Series; its name and the name of its index come back."""

    kind = "a Series"
    is_single = True
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

    def read(self, data, form=None):
        """Read a Series into `Columns`."""
        times, form = read_times(data.index, self.stamps, form)
        _require_ascending(times, form)
        values = as_float64(data, self.label(None), _locator(times), self._mend)
        ids = pd.Index([self.name], tupleize_cols=False)
        return Columns(values, _equal_offsets(1, len(values)), ids, times, time_form=form)

    def _mend(self, conversion):
        if conversion == DATES:
            return "Dates belong to the index: pd.Series(values, index=data)."
        if conversion == UNREADABLE:
            return CLEAN_FIRST
        return f"Convert it: {conversion.replace('{}', 'data')}."

    def position_of(self, ids):
        """Return the position of the series among those of new data, -1 if it is another."""
        same = self.name is None or ids[0] is None or (type(ids[0]) is type(self.name) and ids[0] == self.name)
        return np.array([0 if same else -1])

    def build(self, ids, times, values):
        """Return a Series of ``values`` of shape (1, horizon)."""
        return pd.Series(values[0], index=times, name=self.name)


@dataclass(frozen=True)
class WideLayout(_Indexed):
    """A DataFrame in which each column is a series."""

    kind = "a DataFrame with one column a series"
    is_single = False
    columns: pd.Index

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` is a DataFrame with a plain index and no long columns."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1:
            return None
        present = [name for name in names if name in data.columns]
        if not set(names.keys) & set(present):
            return cls(own_index(data.columns))
        raise ValueError(explain_partial(data, names, present))

    def label(self, series_id):
        """Name a column for an error."""
        return f"column {quote(series_id)}"

    def read(self, data, form=None):
        """Read a wide DataFrame into `Columns`."""
        twice = self.columns.duplicated()
        if self.columns.dtype == object and not isinstance(self.columns, pd.MultiIndex):
            refuse_alike(self.columns, "the columns")
        if twice.any():
            raise ValueError(
                f"Duplicate column name {quote(self.columns[twice][0])}; each series needs a name of its own. Rename "
                "the columns, or keep the first of each: data.loc[:, ~data.columns.duplicated()]."
            )
        repeated = explain_repeated(data)
        if repeated:
            raise ValueError(repeated)
        transposed = explain_transposed(data)
        if transposed:
            raise ValueError(transposed)
        times, form = read_times(data.index, self.stamps, form)
        _require_ascending(times, form)
        locate = _locator(times)
        columns = [
            as_float64(data.iloc[:, k], self.label(name), locate, mend_column(data, k))
            for k, name in enumerate(self.columns)
        ]
        values = np.concatenate(columns) if columns else np.empty(0)
        offsets = _equal_offsets(len(columns), len(data))
        return Columns(values, offsets, self.columns, times, time_form=form)

    def position_of(self, ids):
        """Return the position of each column among those of new data, -1 where it is missing."""
        return ids.get_indexer(self.columns)

    def drop(self, positions):
        """Return the expression that drops columns."""
        return f"data.drop(columns=data.columns[{positions}])"

    def convert_ids(self, dtype, level=None):
        """Return the expression that converts the columns, or a level of them."""
        columns = f"data.columns.astype({dtype!r})"
        if level is not None:
            columns = f"data.columns.set_levels(data.columns.levels[{level}].astype({dtype!r}), level={level})"
        return f"data.set_axis({columns}, axis=1)"

    def build(self, ids, times, values):
        """Return a wide DataFrame of ``values`` of shape (n_series, horizon)."""
        return pd.DataFrame(values.T.copy(), index=times, columns=own_index(self.columns))


@dataclass(frozen=True)
class ArrayLayout:
    """A one-dimensional array or list (one series), or a two-dimensional one whose columns are series."""

    kind = "an array or list"
    shares_times = True
    has_stamps = False
    ndim: int

    @property
    def is_single(self):
        """Whether it holds one series."""
        return self.ndim == 1

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` is an array or a list."""
        if isinstance(data, (list, tuple)):
            nested = next((value for value in data if np.iterable(value) and not isinstance(value, (str, bytes))), None)
            if nested is not None:
                raise TypeError(
                    f"A list must hold numbers, one a step. Got a list of {type(nested).__name__}. If each is a "
                    "series: pd.concat({i: pd.Series(series) for i, series in enumerate(data)})."
                )
            return cls(1)
        if not isinstance(data, np.ndarray):
            return None
        if data.ndim not in (1, 2):
            mend = "np.atleast_1d(data)" if data.ndim == 0 else "data.reshape(len(data), -1)"
            raise ValueError(
                "An array must have one dimension (one series) or two (each column is a series). Got shape "
                f"{data.shape}. Reshape it: {mend}."
            )
        return cls(data.ndim)

    def label(self, series_id):
        """Name a column for an error."""
        return "the array" if self.ndim == 1 else f"column {series_id}"

    def read(self, data, form=None):
        """Read an array or list into `Columns`."""
        array = np.ma.filled(data.astype(np.float64), np.nan) if np.ma.isMaskedArray(data) else np.asarray(data)
        table = array.reshape(len(array), -1)
        locate = "at position {}".format
        columns = [as_float64(table[:, k], self.label(k), locate, _mend_array) for k in range(table.shape[1])]
        values = np.concatenate(columns) if columns else np.empty(0)
        return Columns(
            values,
            _equal_offsets(len(columns), len(table)),
            pd.RangeIndex(len(columns)),
            pd.RangeIndex(len(table)),
        )

    def for_each_series(self, expression):
        """Return an expression for the array from one for a Series or a DataFrame."""
        return f"{expression('pd.Series(data)' if self.ndim == 1 else 'pd.DataFrame(data)')}.to_numpy()"

    def drop(self, positions):
        """Return the expression that drops columns."""
        return f"np.delete(data, {positions}, axis=1)"

    def position_of(self, ids):
        """Return the position of each column."""
        return np.arange(len(ids))

    def build(self, ids, times, values):
        """Return an array of shape (horizon,) or (horizon, n_series)."""
        return values[0].copy() if self.ndim == 1 else values.T.copy()


def _mend_array(conversion):
    if conversion == DATES:
        return "Dates belong to an index: pd.Series(values, index=data)."
    if conversion == UNREADABLE:
        return CLEAN_FIRST
    return "Convert it: np.asarray(data, dtype=float)."
