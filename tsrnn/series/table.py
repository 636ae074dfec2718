"""Tables: decomposed series, concatenated row by row, and the workspace of a forecast."""

from dataclasses import dataclass

import numpy as np

from tsrnn.scaling import ordinary_spreads, series_units, window_levels, window_spreads
from tsrnn.seasonality import Decomposition, seasonal_future
from tsrnn.series.inputs import Inputs
from tsrnn.windows import Windows, row_series, rows_of, runs, windows_at

REMAINDER, SEASONAL = 0, 1  # Columns of `numbers`.


@dataclass(frozen=True)
class Rows:
    """Rows that windows read, of series or of workspaces.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows, n_numbers), float64
        Columns of each row: the remainder, the seasonal component, and inputs from covariates. Where the season is
        subtracted, the remainder is the scaled value without the seasonal component of its row. Otherwise it is the
        scaled value, and the seasonal component that of ``inputs.shift`` steps later, like the inputs known ahead.
    decomposition : Decomposition
        Seasons and level window.
    n_linear : int
        Columns at the end that only ridge regressions read: indicators of categories, and squares.
    codes : ndarray of shape (n_rows, n_categories), int32, or None
        Categories that a network reads, static ones at the end; -1 for none. None without categories.
    """

    numbers: np.ndarray
    decomposition: Decomposition
    n_linear: int
    codes: np.ndarray | None

    @property
    def remainder(self):
        """First column: a view of shape (n_rows,)."""
        return self.numbers[:, REMAINDER]

    def levels(self, windows):
        """Level at the origin of each window, float64 of shape (n,)."""
        known = windows.seen - self.decomposition.first_row
        # Near its beginning a series has a level all the same: from its second season on, or that of all its values.
        known = np.where(known >= self.decomposition.level_window, known, windows.seen - self.decomposition.unknown)
        known = np.where(known > 0, known, windows.seen)
        return window_levels(self.remainder, windows.origins, np.minimum(self.decomposition.level_window, known))

    def spreads(self, windows, levels):
        """Spread of each window about its level, float64 of shape (n,)."""
        return window_spreads(self.remainder, windows.origins, np.maximum(windows.lengths, 1), levels)

    def for_network(self, dtype):
        """Return the numbers that a network reads, the remainders less :meth:`centers`."""
        return self.numbers[:, : self.numbers.shape[1] - self.n_linear].astype(dtype)

    def centers(self, windows):
        """Return what :meth:`for_network` are centred at in each window, float64 of shape (n,)."""
        return np.zeros(len(windows))

    def known_ahead(self, windows):
        """Return what is known of the steps after the origins of windows.

        Returns
        -------
        numbers : ndarray of shape (n_known, n_numbers), float64
        codes : ndarray of shape (n_known, n_categories), int32
            Rows of steps, in the columns of :meth:`Inputs.known_ahead`.
        starts : ndarray of shape (n,), int64
            Row of the first step after each origin.
        """
        series, steps, starts = self._steps_ahead(windows)
        inputs = self.inputs.known_ahead()
        return inputs.read(self.covariates, series, steps), inputs.read_codes(self.covariates, series, steps), starts


@dataclass(frozen=True)
class Table(Rows):
    """Rows of all series.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    scaled : ndarray of shape (n_rows,), float64
        Scaled values.
    values : ndarray of shape (n_rows,), float64
        Values that were observed, or replaced as outliers; NaN for those that were filled.
    zeros : ndarray of shape (n_series,), float64
        Scaled value of zero; -inf where logarithms are scaled.
    parts : list of list of ndarray
        For each series, the seasonal components of :meth:`Decomposition.apply`.
    observed : ndarray of shape (n_rows,), bool, or None
        True for values that were not filled; None for all.
    covariates : Covariates or None
        Covariates of the series.
    inputs : Inputs or None
        Inputs read from them; None where the season is subtracted.
    lowest, highest : ndarray of shape (n_series,), float64, or None
        Extremes of the scaled values of each series.
    """

    offsets: np.ndarray
    scaled: np.ndarray
    values: np.ndarray
    zeros: np.ndarray
    parts: list
    observed: np.ndarray | None = None
    covariates: object = None
    inputs: Inputs | None = None
    lowest: np.ndarray | None = None
    highest: np.ndarray | None = None

    @classmethod
    def of(cls, panel, scaler, decomposition, inputs=None, before=None):
        """Scale and decompose series.

        Parameters
        ----------
        panel : Prepared
            The series.
        scaler : SeriesScaler
            Constants of each series.
        decomposition : Decomposition
            Seasons and level window.
        inputs : Inputs, optional
            What is read of the covariates; the season is an input, too, and not subtracted.
        before : Table, optional
            Table of the first observations of the first series, with the same scaler and decomposition: what it holds
            is not computed again.

        Returns
        -------
        Table
        """
        scaled, codes = scaler.transform(panel.values, panel.offsets), None
        remainder, parts = np.empty_like(scaled), []
        for i, (start, stop) in enumerate(zip(panel.offsets[:-1], panel.offsets[1:], strict=True)):
            known = () if before is None or i >= before.n_series else before._known_parts(i, scaled[start:stop])
            remainder[start:stop], seasonal = decomposition.apply(scaled[start:stop], *known)
            parts.append(seasonal)
        if inputs is None:
            numbers = np.column_stack([remainder, scaled - remainder])
        else:
            series = row_series(panel.offsets)
            steps = np.arange(len(series)) - panel.offsets[series]
            ahead = [
                _seasonal_ahead(p, decomposition.seasons, inputs.shift, n)
                for p, n in zip(parts, panel.lengths, strict=True)
            ]
            read = inputs.read(panel.covariates, series, steps)
            numbers = np.column_stack([scaled, np.concatenate(ahead), read])
            if inputs.categories:
                codes = inputs.read_codes(panel.covariates, series, steps)
        covariates = None if inputs is None else panel.covariates
        n_linear = 0 if inputs is None else inputs.n_linear
        return cls(
            numbers,
            decomposition,
            n_linear,
            codes,
            panel.offsets,
            scaled,
            panel.values if panel.observed is None else np.where(panel.observed, panel.values, np.nan),
            scaler.zeros(),
            parts,
            panel.observed,
            covariates,
            inputs,
        )

    def _known_parts(self, i, x):
        """Seasonal components of series ``i``, and the number of values that it has in common with ``x``."""
        seen = self.scaled[self.offsets[i] : self.offsets[i + 1]][: len(x)]
        same = seen == x[: len(seen)]
        return self.parts[i], len(same) if same.all() else int(same.argmin())

    def _steps_ahead(self, windows):
        series = row_series(self.offsets)
        return series, np.arange(len(series)) - self.offsets[series], windows.origins

    @property
    def n_series(self):
        """Number of series."""
        return len(self.offsets) - 1

    def units(self):
        """Ordinary change of each series over its shortest season, float64 of shape (n_series,)."""
        return series_units(self.scaled, self.offsets, min(self.decomposition.seasons, default=1), self.observed)

    def ordinary_spreads(self, windows):
        """Ordinary spread of the windows of each series, float64 of shape (n_series,)."""
        return ordinary_spreads(self.spreads(windows, self.levels(windows)), windows.series, self.n_series)

    def extremes(self, origins):
        """Lowest and highest scaled value of each series before each of some `Origins`, float64 of shape (n,)."""
        if self.lowest is not None and np.array_equal(origins.seen, np.diff(self.offsets)[origins.series]):
            return self.lowest[origins.series], self.highest[origins.series]
        lowest, highest = np.empty(len(origins.series)), np.empty(len(origins.series))
        for i, part in runs(origins.series):
            x, last = self.scaled[self.offsets[i] : self.offsets[i + 1]], origins.seen[part] - 1
            lowest[part], highest[part] = np.minimum.accumulate(x)[last], np.maximum.accumulate(x)[last]
        return lowest, highest

    def seasonal_future(self, series, seen, horizon):
        """Seasonal component of the steps after some origins, as known at each: float64 of shape (n, horizon)."""
        future = np.empty((len(series), horizon))
        for i, part in runs(series):
            future[part] = seasonal_future(self.parts[i], self.decomposition.seasons, seen[part], horizon)
        return future

    def targets(self, windows, levels, horizon):
        """Return the targets of windows minus level and seasonal component: float64 of shape (n, horizon)."""
        truth = self.scaled[windows.origins[:, None] + np.arange(horizon)] - levels[:, None]
        if self.inputs is not None:
            return truth
        return truth - self.seasonal_future(windows.series, windows.seen, horizon)

    def differs_from(self, before):
        """Tell whether values are others than in the table of the first rows of the first series."""
        kept = rows_of(self.offsets[: len(before.offsets) - 1], np.diff(before.offsets))
        return not np.array_equal(self.values[kept], before.values, equal_nan=True)

    def workspace(self, origins, width, horizon):
        """Copy the last rows before some `Origins`, with room for the steps after them.

        Parameters
        ----------
        origins : Origins
            Origins of the forecasts.
        width, horizon : int
            Rows before each origin, and after it.

        Returns
        -------
        Workspace
        """
        rows = (self.offsets[origins.series] + origins.seen)[:, None] + np.arange(-width, horizon)
        known = (rows >= self.offsets[origins.series, None]) & (np.arange(width + horizon) < width)
        numbers, codes = np.where(known[:, :, None], self.numbers[np.where(known, rows, 0)], 0.0), None
        if self.inputs is None:
            seasonal = numbers[:, width:, SEASONAL] = self.seasonal_future(origins.series, origins.seen, horizon)
        else:
            seasonal = np.zeros((len(rows), horizon))
            shift = self.inputs.shift
            future = self.seasonal_future(origins.series, origins.seen, horizon + shift)
            numbers[:, width:, SEASONAL] = future[:, shift:]
            # Inputs of all rows are read anew: covariates of the steps ahead may have been given since.
            steps = np.maximum(origins.seen[:, None] + np.arange(-width, horizon), 0)
            series = np.broadcast_to(origins.series[:, None], steps.shape)
            read = self.inputs.read(self.covariates, series.ravel(), steps.ravel())
            numbers[:, :, SEASONAL + 1 :] = read.reshape(*steps.shape, -1)
            numbers[:, :width][~known[:, :width]] = 0.0
            if self.inputs.categories:
                codes = self.inputs.read_codes(self.covariates, series.ravel(), steps.ravel())
                codes.reshape(*steps.shape, -1)[:, :width][~known[:, :width]] = -1
        return Workspace(
            numbers.reshape(rows.size, -1), self.decomposition, self.n_linear, codes, origins, width, horizon, seasonal,
            self.covariates, self.inputs,
        )  # fmt: skip


@dataclass(frozen=True)
class Workspace(Rows):
    """The last rows before some origins, and the rows after them, which forecasts are written to.

    Attributes
    ----------
    origins : Origins
        Origins of the forecasts.
    width, horizon : int
        Rows before each origin, and after it.
    seasonal : ndarray of shape (n, horizon), float64
        Seasonal components that were subtracted from the remainders after each origin.
    covariates : Covariates or None
        Covariates of the series, up to the last step that is forecast.
    inputs : Inputs or None
        What is read of them.
    """

    origins: object
    width: int
    horizon: int
    seasonal: np.ndarray
    covariates: object
    inputs: Inputs | None

    def _steps_ahead(self, windows):
        """Steps after each origin, in whole passes: those of the last one may go beyond the horizon."""
        n, shift = len(self.origins.series), self.inputs.shift
        n_steps = -(-self.horizon // shift) * shift
        steps = self.origins.seen[:, None] + np.arange(n_steps)
        starts = np.arange(n) * n_steps + windows.seen - self.origins.seen
        return np.repeat(self.origins.series, n_steps), steps.ravel(), starts

    @property
    def _table(self):
        return self.numbers.reshape(len(self.origins.series), self.width + self.horizon, -1)

    def windows(self, start, lookback, segment):
        """Return the windows that end ``start`` steps after each origin."""
        n, seen = len(self.origins.series), self.origins.seen + start
        offsets = np.arange(n) * (self.width + self.horizon) + self.width - self.origins.seen
        lengths = windows_at(
            offsets, np.arange(n), seen, lookback=lookback, segment=segment, skip=self.decomposition.unknown
        ).lengths
        return Windows(offsets + seen, lengths, self.origins.series, seen)

    @property
    def forecasts(self):
        """Scaled forecasts that have been written, of shape (n, horizon)."""
        return self._table[:, self.width :, REMAINDER] + self.seasonal

    def write(self, start, forecasts):
        """Write scaled forecasts of the steps from ``start`` on: later windows read them like observations."""
        steps = slice(self.width + start, self.width + start + forecasts.shape[1])
        seasonal = self.seasonal[:, start : start + forecasts.shape[1]]
        self._table[:, steps, REMAINDER] = forecasts - seasonal

    def centers(self, windows):
        """Return the level at the origin: of a series far from its beginning, float32 would lose the differences."""
        return self._table[:, self.width - 1, REMAINDER]

    def for_network(self, dtype):
        """Return the numbers that a network reads: remainders less those of the last row before each origin."""
        table = self._table.copy()
        table[:, :, REMAINDER] -= table[:, self.width - 1 : self.width, REMAINDER]
        return table[:, :, : table.shape[2] - self.n_linear].reshape(len(self.numbers), -1).astype(dtype)


def _seasonal_ahead(parts, seasons, shift, n):
    """Seasonal component of each row of a series, ``shift`` steps later, from the season that is known at the row."""
    total = np.zeros(n)
    for part, season in zip(parts, seasons, strict=True):
        total = total + part[np.arange(n) + shift - season * max(-(-(shift - season) // season), 0)]
    return total
