"""Long DataFrame: rows with id, time and target columns."""

from dataclasses import dataclass, replace

import pandas as pd

from tsrnn.frames.advice import assign, stamps_of_column
from tsrnn.frames.columns import Names, quote
from tsrnn.frames.keyed import Keyed, read_rows_of_ids
from tsrnn.frames.times import as_times, extension_dtype
from tsrnn.frames.values import CLEAN_FIRST, DATES, UNREADABLE, as_float64


@dataclass(frozen=True)
class LongLayout(Keyed):
    """A long DataFrame with an id, a time and a target column."""

    kind = "a long DataFrame"
    names: Names

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` has the three columns; others are covariates."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1 or not set(names) <= set(data.columns):
            return None
        if data.columns.duplicated().any():
            raise ValueError(
                f"Duplicate column name {data.columns[data.columns.duplicated()][0]!r} in a long DataFrame. Keep the "
                "first of each: data.loc[:, ~data.columns.duplicated()]."
            )
        return cls(names)

    @property
    def stamps(self):
        """Expressions of the time stamps, for advice."""
        return stamps_of_column(self.names)

    @property
    def id_what(self):
        """Name of the ids in an error."""
        return f"column {self.names.id_col!r}"

    @property
    def id_read(self):
        """Expression of the ids."""
        return f"data[{self.names.id_col!r}]"

    @property
    def aggregate(self):
        """Expression that takes the mean of duplicates."""
        id_col, time_col, target_col = self.names
        return f"data.groupby([{id_col!r}, {time_col!r}], observed=True)[{target_col!r}].mean().reset_index()"

    @property
    def deduplicate(self):
        """Expression that keeps the first of duplicates."""
        return f"data.drop_duplicates([{self.names.id_col!r}, {self.names.time_col!r}])"

    @property
    def observed(self):
        """Expression that drops the series without any value."""
        id_col, _, target_col = self.names
        return f"data.groupby({id_col!r}, observed=True).filter(lambda rows: rows[{target_col!r}].notna().any())"

    def read(self, data):
        """Read a long DataFrame into `Columns`."""
        id_col, time_col, target_col = self.names
        times = as_times(data[time_col], self.stamps)
        values = as_float64(
            data[target_col],
            f"column {target_col!r}",
            lambda row: f"at id {quote(data[id_col].iloc[row])}, {times[row]}",
            self._mend,
        )
        columns = read_rows_of_ids(data[id_col], times, values, self)
        return replace(columns, time_dtype=extension_dtype(data[time_col]))

    def _mend(self, conversion):
        target_col = self.names.target_col
        if conversion == DATES:
            return f"Dates belong to column {self.names.time_col!r}; set target_col to the column of values."
        if conversion == UNREADABLE:
            return CLEAN_FIRST
        return f"Convert it: {assign(target_col, conversion.replace('{}', f'data[{target_col!r}]'))}."

    def for_each_series(self, expression):
        """Return an expression for the frame from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        id_col, time_col, target_col = self.names
        rows = f"data.sort_values({time_col!r}).set_index({time_col!r}).groupby({id_col!r}, observed=True)"
        return f"{rows}[{target_col!r}].apply(lambda s: {expression('s')}).reset_index()"

    def number(self, s):
        """Return the expression that replaces the stamps of a series by positions."""
        return f"{s}.reset_index(drop=True).rename_axis({self.names.time_col!r})"

    def convert_ids(self, dtype):
        """Return the expression that converts the ids."""
        return f"data.astype({{{self.names.id_col!r}: {dtype!r}}})"

    def build(self, ids, times, values):
        """Return the long frame; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        id_col, time_col, target_col = self.names
        return pd.DataFrame({id_col: ids.repeat(values.shape[1]), time_col: times, target_col: values.ravel()})
