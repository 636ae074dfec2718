"""Long DataFrames: rows with id, time and target columns, or without ids for one series."""

from dataclasses import dataclass, replace

import pandas as pd

from tsrnn.frames.advice import assign, holds_dates, stamps_of_column
from tsrnn.frames.columns import Names, quote
from tsrnn.frames.identity import one_column
from tsrnn.frames.keyed import Keyed, id_of, read_rows_of_ids
from tsrnn.frames.times import read_times
from tsrnn.frames.values import CLEAN_FIRST, DATES, UNREADABLE, as_float64


def _require_unique_columns(data):
    if data.columns.duplicated().any():
        raise ValueError(
            f"Duplicate column name {data.columns[data.columns.duplicated()][0]!r} in a long DataFrame. Keep the "
            "first of each: data.loc[:, ~data.columns.duplicated()]."
        )


@dataclass(frozen=True)
class LongLayout(Keyed):
    """A long DataFrame with a time and a target column and one or several of ids."""

    kind = "a long DataFrame"
    names: Names

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` has the columns of the names; others are covariates."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1 or not set(names) <= set(data.columns):
            return None
        _require_unique_columns(data)
        return cls(names)

    @property
    def id_cols(self):
        """Columns of the ids: a tuple."""
        return self.names.id_cols

    @property
    def n_ids(self):
        """Number of columns of ids."""
        return len(self.id_cols)

    @property
    def keys(self):
        """Columns that tell the rows apart, ids and time: a tuple."""
        return (*self.id_cols, self.names.time_col)

    @property
    def columns(self):
        """Columns of ids, time and target: a list."""
        return [*self.keys, self.names.target_col]

    @property
    def stamps(self):
        """Expressions of the time stamps, for advice."""
        return stamps_of_column(self.names)

    @property
    def _ids(self):
        """Expression of the columns of the ids, as groupby takes it."""
        return repr(self.id_cols[0] if self.n_ids == 1 else list(self.id_cols))

    @property
    def id_what(self):
        """Name of the ids in an error."""
        return f"column{'s' * (self.n_ids > 1)} {', '.join(map(repr, self.id_cols))}"

    @property
    def with_ids(self):
        """Expression of the rows whose id is not missing."""
        if self.n_ids == 1:
            return f"data[data[{self._ids}].notna()]"
        return f"data.dropna(subset={self._ids})"

    @property
    def aggregate(self):
        """Expression that takes the mean of duplicates."""
        return f"data.groupby({[*self.keys]}, observed=True)[{self.names.target_col!r}].mean().reset_index()"

    @property
    def deduplicate(self):
        """Expression that keeps the first of duplicates."""
        return f"data.drop_duplicates({[*self.keys]})"

    @property
    def observed(self):
        """Expression that drops the series without any value."""
        rows = f"data.groupby({self._ids}, observed=True)"
        return f"{rows}.filter(lambda rows: rows[{self.names.target_col!r}].notna().any())"

    def ids_of(self, data):
        """Return the id of each row of a frame: a Series, or a frame of several columns."""
        return one_column(data[list(self.id_cols)])

    def row_label(self, data, row):
        """Name the series of a row for an error."""
        return self.label(id_of((*(data[name].iloc[row] for name in self.id_cols), None)))

    def locate(self, data, times, row):
        """Name a row for an error."""
        return f"at {self.row_label(data, row)}, {times[row]}"

    def read(self, data, form=None):
        """Read a long DataFrame into `Columns`."""
        time_col, target_col = self.names.time_col, self.names.target_col
        times, form = read_times(data[time_col], self.stamps, form)
        values = as_float64(
            data[target_col], f"column {target_col!r}", lambda row: self.locate(data, times, row), self._mend
        )
        columns = read_rows_of_ids(self.ids_of(data), times, values, self)
        return replace(columns, time_form=form)

    def _mend(self, conversion):
        target_col = self.names.target_col
        if conversion == DATES:
            return f"Dates belong to column {self.names.time_col!r}; set target_col to the column of values."
        if conversion == UNREADABLE:
            return CLEAN_FIRST
        return f"Convert it: {assign(target_col, conversion.replace('{}', f'data[{target_col!r}]'))}."

    def for_each_series(self, expression):
        """Return an expression for the frame from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        time_col, target_col = self.names.time_col, self.names.target_col
        rows = f"data.set_index({time_col!r}).sort_index().groupby({self._ids}, observed=True)"
        return f"{rows}[{target_col!r}].apply(lambda s: {expression('s')}).reset_index()"

    def number(self, s):
        """Return the expression that replaces the stamps of a series by positions."""
        return f"{s}.reset_index(drop=True).rename_axis({self.names.time_col!r})"

    def convert_ids(self, dtype, level=0):
        """Return the expression that converts a column of ids."""
        return f"data.astype({{{self.id_cols[level]!r}: {dtype!r}}})"

    def build(self, ids, times, values):
        """Return the long frame; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        columns = {name: ids.get_level_values(k).repeat(values.shape[1]) for k, name in enumerate(self.id_cols)}
        return pd.DataFrame({**columns, self.names.time_col: times, self.names.target_col: values.ravel()})


@dataclass(frozen=True)
class DatedLayout(LongLayout):
    """A DataFrame of one series, with a time and a target column and no ids."""

    kind = "a DataFrame with a time and a target column"
    is_single = True
    id_cols = ()

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` has a time and a target column, and no ids are named."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1:
            return None
        columns = data.columns
        if names.id_col != Names.id_col or names.id_col in columns or names.id_col in data.index.names:
            return None
        if names.time_col not in columns or names.target_col not in columns:
            return None
        _require_unique_columns(data)
        if holds_dates(data.index.to_series()) and not holds_dates(data[names.time_col]):
            return None
        return cls(names)

    @property
    def stamps(self):
        """Expressions of the time stamps, for advice."""
        return stamps_of_column(self.names, has_ids=False)

    def label(self, series_id):
        """Name the series for an error."""
        return f"column {quote(self.names.target_col)}"

    def row_label(self, data, row):
        """Name the series for an error."""
        return self.label(None)

    def ids_of(self, data):
        """Return the name of the target for each row."""
        return pd.Index([self.names.target_col], tupleize_cols=False).repeat(len(data))

    def locate(self, data, times, row):
        """Name a row for an error."""
        return f"at {times[row]}"

    def for_each_series(self, expression):
        """Return an expression for the frame from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        time_col, target_col = self.names.time_col, self.names.target_col
        series = f"data.set_index({time_col!r}).sort_index()[{target_col!r}]"
        return f"{series}.pipe(lambda s: {expression('s')}).rename_axis({time_col!r}).reset_index()"
