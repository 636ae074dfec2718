"""`Panel`: all series in one flat float64 array, and what is needed to give a forecast back as it came."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Names
from tsrnn.frames.frequency import steps_after, times_after
from tsrnn.frames.output import add_columns
from tsrnn.windows import offsets_of, rows_of


@dataclass(frozen=True)
class Panel:
    """One or many regular series.

    Attributes
    ----------
    values : ndarray of shape (n_rows,), float64
        The observations, one series after another, time ascending; finite, or NaN where missing.
    offsets : ndarray of shape (n_series + 1,), int64
        Series ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
    ids : Index of shape (n_series,)
        Column names, ids, or the name of the Series.
    times : Index of shape (n_rows,) or (n_steps,)
        Time stamps, one a row, or one run where all series share it (Series, wide frame, array).
    frequencies : tuple of length n_series
        Step of each series: a pandas offset, or an int for integer stamps.
    layout : Layout
        The container it came from.
    rows : ndarray of shape (n_rows,), or None
        Row of the container that each value came from, where the container is in another order or has gaps; -1 for
        values that it does not have.
    names : Names
        Columns of the long form that the series were read with.
    time_form : TimeForm or None
        Form of the stamps in the container where it differs from that of ``times`` (text, Arrow).
    missing : {"raise", "fill"}
        Whether new data may miss values and stamps.
    n_container_rows : int
        Number of rows of the container.
    covariates : Covariates or None
        Covariates of the series.
    native : Native or None
        Library that the container came from, where that is not pandas.
    """

    values: np.ndarray
    offsets: np.ndarray
    ids: pd.Index
    times: pd.Index
    frequencies: tuple
    layout: object
    rows: np.ndarray | None = None
    names: Names = Names()
    time_form: object = None
    missing: str = "raise"
    n_container_rows: int = 0
    covariates: object = None
    native: object = None

    @property
    def observed(self):
        """Which values are observed, bool of shape (n_rows,)."""
        return ~np.isnan(self.values)

    @property
    def n_series(self):
        """Number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self):
        """Number of observations of each series, int64 of shape (n_series,)."""
        return np.diff(self.offsets)

    @property
    def shares_times(self):
        """Whether all series share one run of time stamps."""
        return self.layout.shares_times

    def series(self, i):
        """Return the observations of series ``i``: a view of shape (lengths[i],)."""
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    def stamps(self, i):
        """Return the time stamps of series ``i``: an Index of shape (lengths[i],)."""
        return self.times if self.shares_times else self.times[self.offsets[i] : self.offsets[i + 1]]

    def label(self, i):
        """Name series ``i`` for an error, such as ``"column 'a'"``."""
        return self.layout.label(self.ids[i])

    def for_each_series(self, expression):
        """Return an expression for the container from one for a single series, for the advice of an error.

        Parameters
        ----------
        expression : callable
            From the name of a series to the expression, as in :mod:`tsrnn.frames.advice`.

        Returns
        -------
        str
            An expression of ``data``; text and Arrow stamps are converted, since pandas does not count with them.
        """
        if self.time_form is None:
            return self.layout.for_each_series(expression)

        def convert(s):
            return f"{s}.set_axis({self.time_form.convert(f'{s}.index')}).sort_index()"

        return self.layout.for_each_series(lambda s: expression(convert(s)))

    @property
    def stamp_expressions(self):
        """Expressions of the time stamps, for advice: `tsrnn.frames.advice.Stamps`, None where there are none."""
        return self.layout.stamps.read_by(self.time_form) if self.layout.has_stamps else None

    def ends(self):
        """Return the last time stamp of each series: an Index of shape (n_series,)."""
        return self.times[np.full(self.n_series, -1)] if self.shares_times else self.times[self.offsets[1:] - 1]

    def last_two(self, series):
        """Return the stamp before the last of some series, or None, and the last: two lists."""
        if self.shares_times:
            before = self.times[-2] if len(self.times) > 1 else None
            return [before] * len(series), [self.times[-1]] * len(series)
        ends, lengths = self.offsets[1:][series] - 1, self.lengths[series]
        before = [stamp if n > 1 else None for stamp, n in zip(self.times[ends - 1], lengths, strict=True)]
        return before, list(self.times[ends])

    def continue_index(self, horizon):
        """Give the time stamps after the end.

        Parameters
        ----------
        horizon : int
            How many for each series, at least 1.

        Returns
        -------
        Index of shape (horizon,) or (n_series * horizon,)
            One run where the series share it, with its frequency and time zone; otherwise series after
            series.
        """
        counts = [horizon] * (1 if self.shares_times else self.n_series)
        runs = self.continue_each(range(len(counts)), counts)
        return runs[0] if self.shares_times else runs[0].append(runs[1:])

    def continue_each(self, series, counts):
        """Give the time stamps after the end of some series.

        Parameters
        ----------
        series : sequence of int
            Positions of the series.
        counts : sequence of int
            How many stamps of each.

        Returns
        -------
        list of Index
        """
        name = self.times.name if self.shares_times else None
        known, runs = {}, []
        for i, count, before, last in zip(series, counts, *self.last_two(series), strict=True):
            key = before, last, self.frequencies[i], count
            if key not in known:
                known[key] = times_after(last, self.frequencies[i], count, name=name, before=before)
            runs.append(known[key])
        return runs

    def steps_ahead(self, times):
        """Count the steps from the end to stamps; for layouts whose series share their stamps.

        Parameters
        ----------
        times : Index of shape (n,)
            Of the kind of the panel's.

        Returns
        -------
        ndarray of shape (n,), int64
            From 0 for the first stamp after the end; -1 for those that do not follow it.
        """
        (before,), (last,) = self.last_two([0])
        return steps_after(last, self.frequencies[0], times, before=before)

    def as_given(self, times):
        """Return stamps in the data type that the container has them in; datetimes for text."""
        return times if self.time_form is None else self.time_form.restore(times)

    def restore(self, forecasts, more=None):
        """Put forecasts into the container that the series came in.

        Parameters
        ----------
        forecasts : ndarray of shape (n_series, horizon)
            Values for the steps after the end of each series.
        more : dict of str to ndarray of the same shape, optional
            Further columns; see `tsrnn.frames.output.add_columns`.

        Returns
        -------
        Series, DataFrame or ndarray
            float64, names and columns kept, index continued.
        """
        forecasts = np.asarray(forecasts, dtype=np.float64)
        times = self.as_given(self.continue_index(forecasts.shape[1]))
        forecast = self.layout.build(self.ids, times, forecasts)
        if not more:
            return forecast
        columns = {name: self.layout.build(self.ids, times, values) for name, values in more.items()}
        if self.native is not None:  # Arrays of other libraries are named columns.
            forecast, columns = self.native.name(forecast), {k: self.native.name(v) for k, v in columns.items()}
        return add_columns(forecast, columns, self.names)

    def give(self, result):
        """Return a forecast, or a table with it, in the library that the series came from.

        Parameters
        ----------
        result : Series, DataFrame or ndarray
            As from `restore`.

        Returns
        -------
        Series, DataFrame, ndarray, or a Series or frame of another library
        """
        return result if self.native is None else self.native.give(result)

    def align(self, per_row):
        """Bring one number for each row of the container into the order of ``values``.

        Parameters
        ----------
        per_row : ndarray of shape (n_container_rows,)
            For example sample weights. Rows of a wide frame or array count for all its columns.

        Returns
        -------
        ndarray of shape (n_rows,)
            The numbers, one for each value; 0 for values that the container does not have.
        """
        if self.rows is not None:
            return np.where(self.rows >= 0, per_row[self.rows], 0)
        return np.tile(per_row, self.n_series) if self.shares_times else per_row

    def head(self, lengths):
        """Keep the first observations of each series, as if the rest had not been seen.

        Parameters
        ----------
        lengths : int or ndarray of shape (n_series,)
            How many to keep, from 1 to the length of the series; one number where the series share their
            stamps.

        Returns
        -------
        Panel
            With values and stamps of its own. Rows of the covariates after the end are those of the future.
        """
        lengths = np.broadcast_to(np.asarray(lengths, dtype=np.int64), self.n_series)
        keep = rows_of(self.offsets[:-1], lengths)
        return replace(
            self,
            values=self.values[keep],
            offsets=offsets_of(lengths),
            times=self.times[: lengths[0]] if self.shares_times else self.times[keep],
            rows=None if self.rows is None else self.rows[keep],
        )

    def select(self, series):
        """Keep some series; for layouts whose series do not share their stamps.

        Parameters
        ----------
        series : ndarray of int
            Positions of the series, ascending.

        Returns
        -------
        Panel
            The series in the order given.
        """
        keep = rows_of(self.offsets[series], self.lengths[series])
        return replace(
            self,
            values=self.values[keep],
            offsets=offsets_of(self.lengths[series]),
            ids=self.ids[series],
            times=self.times[keep],
            frequencies=tuple(self.frequencies[i] for i in series),
            covariates=None if self.covariates is None else self.covariates.select(series),
            rows=None if self.rows is None else self.rows[keep],
        )
