"""`Covariates` of a panel: the rows of each series, and beyond its end those known of the future.

Missing values hold the last value of the series. Before the first one, a column known for the future has its next
value, another one the default of the fit.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.frames.columns import quote
from tsrnn.series.schema import Column
from tsrnn.windows import offsets_of, row_series, rows_of

MAX_AHEAD = 1 << 20  # Steps after the end; rows beyond are left out.


@dataclass(frozen=True)
class Covariates:
    """Covariates of all series.

    Attributes
    ----------
    columns : tuple of Column
        What they are; numbers and categories in the order of the user's frame.
    starts, stops : ndarray of shape (n_series,), int64
        Row ``starts[i] + j`` belongs to step ``j`` of series ``i``, counted from its first stamp. There may be more
        rows than observations: those of the future. Series that share one frame share its rows.
    numbers : ndarray of shape (n_rows, n_number_columns), float64
        Columns of numbers, finite.
    codes : ndarray of shape (n_rows, n_category_columns), int32
        Columns of categories, as positions in ``Column.categories``.
    past_stops : ndarray of shape (n_series,), int64
        Row from which on no column that is known up to the origin alone was given. Rows before it but after the end
        wait for their observations: no forecast reads them.
    """

    columns: tuple[Column, ...]
    starts: np.ndarray
    stops: np.ndarray
    numbers: np.ndarray
    codes: np.ndarray
    past_stops: np.ndarray

    @property
    def lengths(self):
        """Number of rows of each series, int64 of shape (n_series,)."""
        return self.stops - self.starts

    @property
    def is_shared(self):
        """Whether all series share one run of rows."""
        return bool((self.starts == 0).all() and (self.stops == self.stops[0]).all())

    @property
    def names(self):
        """Names of the columns: a list."""
        return [column.name for column in self.columns]

    @property
    def future(self):
        """The columns that are known for the future: a list of Column."""
        return [column for column in self.columns if column.known == "future"]

    @property
    def past(self):
        """The columns that are known up to the origin alone: a list of Column."""
        return [column for column in self.columns if column.known == "past"]

    def select(self, series):
        """Keep some series; rows are kept as they are."""
        starts, stops, past_stops = self.starts[series], self.stops[series], self.past_stops[series]
        return replace(self, starts=starts, stops=stops, past_stops=past_stops)

    def table(self, rows=slice(None)):
        """Return some rows of all columns, in the order of ``columns``: float64 of shape (n_rows, n_columns)."""
        numbers, codes = self.numbers[rows], self.codes[rows]
        table = np.empty((len(numbers), len(self.columns)))
        is_number = np.array([column.kind == "number" for column in self.columns])
        table[:, is_number], table[:, ~is_number] = numbers, codes
        return table

    def given(self):
        """Return the table with NaN where columns known up to the origin alone were not given."""
        table, was_given = self.table(), np.zeros(len(self.numbers), dtype=bool)
        was_given[rows_of(self.starts, self.past_stops - self.starts)] = True
        table[np.ix_(~was_given, [column.known == "past" for column in self.columns])] = np.nan
        return table

    def require(self, panel, counts):
        """Refuse to read more rows of the future than there are.

        Parameters
        ----------
        panel : Panel
            The series.
        counts : ndarray of shape (n_series,), int64
            Rows that are read of each series, from its first step on.

        Raises
        ------
        ValueError
            If one is missing; the error names the first stamp.
        """
        if not self.future:
            return
        lacking = np.flatnonzero(self.lengths < counts)
        if len(lacking):
            i = int(lacking[0])
            ahead = int(max(self.lengths[i], panel.lengths[i]) - panel.lengths[i])
            stamp = panel.continue_each([i], [ahead + 1])[0][-1]
            names = [column.name for column in self.future]
            raise ValueError(
                f"The covariates {names} are needed for every step ahead: {panel.label(i)} has none at {stamp}. Give "
                f"rows of X up to the last step, as in predict(X), or fit anew with past_covariates={names} if they "
                "are not known in advance."
            )

    def hold_until(self, counts):
        """Return covariates with at least so many rows of each series: after its last row, the values of that."""
        if (self.lengths >= counts).all():
            return self
        n_series = 1 if self.is_shared and (counts == counts[0]).all() else len(counts)
        starts, lengths = self.starts[:n_series], np.maximum(self.lengths, counts)[:n_series]
        offsets = offsets_of(lengths)
        steps = np.arange(offsets[-1]) - offsets[:-1].repeat(lengths)
        rows = starts.repeat(lengths) + np.minimum(steps, (self.lengths[:n_series] - 1).repeat(lengths))
        starts, stops = offsets[:-1], offsets[1:]
        if n_series < len(counts):
            starts, stops = starts.repeat(len(counts)), stops.repeat(len(counts))
        past_stops = starts + self.past_stops - self.starts
        return replace(
            self, starts=starts, stops=stops, past_stops=past_stops, numbers=self.numbers[rows], codes=self.codes[rows]
        )


def assemble(columns, n_series, series, steps, table, lengths):
    """Bring rows in any order into those of each series.

    Parameters
    ----------
    columns : tuple of Column
        What the columns of ``table`` are.
    n_series : int
        Number of series; 1 where all share the rows.
    series, steps : ndarray of shape (n,), int64
        Series and step of each row; -1 for rows that belong to none. Of several rows of one step the last one counts.
    table : ndarray of shape (n, n_columns), float64
        Values and codes, NaN where missing.
    lengths : ndarray of shape (n_series,), int64
        Number of observations of each series.

    Returns
    -------
    covariates : Covariates
        Rows up to the first gap after the end of each series, missing values filled.
    has_row : ndarray of shape (n_observations,), bool
        Which observations had a row, series after series.
    """
    series, steps = np.asarray(series), np.asarray(steps)
    kept = np.flatnonzero((series >= 0) & (steps >= 0))
    order = kept[np.lexsort((kept, steps[kept], series[kept]))]
    last = np.append((np.diff(series[order]) != 0) | (np.diff(steps[order]) != 0), True)[: len(order)]
    order = order[last]
    owner, step = series[order], steps[order]
    ahead = step - lengths[owner]
    future = np.flatnonzero(ahead >= 0)
    first = np.searchsorted(owner[future], owner[future])
    future = future[ahead[future] == np.arange(len(future)) - first]
    stops = lengths + np.bincount(owner[future], minlength=n_series)
    offsets = offsets_of(stops)
    source = np.full(offsets[-1], -1)
    for part in (np.flatnonzero(ahead < 0), future):
        source[offsets[owner[part]] + step[part]] = order[part]
    rows = np.full((len(source), len(columns)), np.nan)
    rows[source >= 0] = table[source[source >= 0]]
    observations = rows_of(offsets[:-1], lengths)
    past_stops = _blank_later_rows(columns, rows, offsets, lengths)
    filled = hold(columns, rows, offsets)
    return split_table(columns, filled, offsets, past_stops), source[observations] >= 0


def _blank_later_rows(columns, rows, offsets, lengths):
    """Blank columns known up to the origin alone, from the first row after each end that has none of them.

    Returns the row of each series from which on they are blank.
    """
    past = np.array([column.known == "past" for column in columns])
    if not past.any():
        return offsets[1:]
    ahead = np.arange(len(rows)) - (offsets[:-1] + lengths)[row_series(offsets)]
    is_blank = (ahead >= 0) & np.isnan(rows[:, past]).all(axis=1)
    first = np.minimum.reduceat(np.where(is_blank, ahead, len(rows)), offsets[:-1])
    stops = np.minimum(offsets[:-1] + lengths + first, offsets[1:])
    rows[np.ix_(np.arange(len(rows)) >= stops[row_series(offsets)], past)] = np.nan
    return stops


def split_table(columns, table, offsets, past_stops):
    """Return `Covariates` of a table without missing values, whose series stand one after another."""
    is_number = np.array([column.kind == "number" for column in columns])
    numbers, codes = np.ascontiguousarray(table[:, is_number]), table[:, ~is_number].astype(np.int32)
    return Covariates(tuple(columns), offsets[:-1], offsets[1:], numbers, codes, past_stops)


def hold(columns, table, offsets):
    """Fill the missing values of a table of shape (n_rows, n_columns): with the last value of the series, or a first.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.frames.covariates import hold
    >>> from tsrnn.series.schema import Column
    >>> columns = [Column("price", "number", "future"), Column("load", "number", "past", default=5.0)]
    >>> hold(columns, np.array([[np.nan, np.nan], [1.0, 2.0], [np.nan, np.nan]]), np.array([0, 3])).tolist()
    [[1.0, 5.0], [1.0, 2.0], [1.0, 2.0]]
    """
    if not np.isnan(table).any():
        return table
    table, rows = table.copy(), np.arange(len(table))
    series = row_series(offsets)
    first, last = offsets[series], offsets[series + 1] - 1
    for k, column in enumerate(columns):
        valid = ~np.isnan(table[:, k])
        if valid.all():
            continue
        before = np.maximum.accumulate(np.where(valid, rows, -1))
        after = np.minimum.accumulate(np.where(valid, rows, len(rows))[::-1])[::-1]
        has_next = (after <= last) & (column.known == "future")
        source = np.where(before >= first, before, np.where(has_next, after, -1))
        table[:, k] = np.where(source >= 0, table[source, k], column.default)
    return table


def with_defaults(columns, table):
    """Return columns with the mean of their values, or their most frequent level, as their default.

    Raises
    ------
    ValueError
        If a column has no value at all.
    """
    result = []
    for k, column in enumerate(columns):
        values = table[~np.isnan(table[:, k]), k]
        if not len(values):
            raise ValueError(
                f"Column {quote(column.name)} of X holds no value at all. Drop it: X.drop(columns=[{column.name!r}])."
            )
        with np.errstate(over="ignore"):
            default = values.mean() if column.kind == "number" else np.bincount(values.astype(np.int64)).argmax()
        result.append(replace(column, default=float(default)))
    return tuple(result)
