"""A panel as a network reads it: scaled, without its seasons, row by row."""

from dataclasses import dataclass

import numpy as np

from tsrnn.scaling import series_units, window_levels, window_spreads
from tsrnn.seasonality import Decomposition, seasonal_future


@dataclass(frozen=True)
class Rows:
    """Flat rows of all series, taken apart.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    scaled : ndarray of shape (n_rows,), float64
        Scaled values.
    rest : ndarray of shape (n_rows,), float64
        Scaled values without their seasons.
    parts : list of list of ndarray
        For each series, what :meth:`Decomposition.apply` gives.
    decomposition : Decomposition
        How the series were taken apart.
    """

    offsets: np.ndarray
    scaled: np.ndarray
    rest: np.ndarray
    parts: list
    decomposition: Decomposition

    @classmethod
    def of(cls, panel, scaler, decomposition):
        """Scale a `tsrnn.frames.Panel` and take it apart."""
        scaled = scaler.transform(panel.values, panel.offsets)
        rest, parts = np.empty_like(scaled), []
        for start, stop in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
            rest[start:stop], seasonal = decomposition.apply(scaled[start:stop])
            parts.append(seasonal)
        return cls(panel.offsets, scaled, rest, parts, decomposition)

    @property
    def features(self):
        """What a network reads in each row: rest and seasons' part, float64 of shape (n_rows, 2)."""
        return np.column_stack([self.rest, self.scaled - self.rest])

    @property
    def first_rows(self):
        """Rows at the beginning of each series whose seasons are not known, int64 of shape (n_series,)."""
        return np.full(len(self.offsets) - 1, self.decomposition.first_row)

    def levels(self, windows):
        """Level at the origin of each window, float64 of shape (n,)."""
        begins = self.offsets[windows.series] + self.first_rows[windows.series]
        known = windows.origins - begins
        # A series that is too short for its seasons has a level all the same: that of all its values.
        known = np.where(known > 0, known, windows.origins - self.offsets[windows.series])
        return window_levels(self.rest, windows.origins, np.minimum(self.decomposition.level_window, known))

    def spreads(self, windows, levels):
        """Spread of each window about its level, float64 of shape (n,)."""
        lengths = np.maximum(windows.lengths, 1)
        return window_spreads(self.rest, windows.origins, lengths, levels)

    def units(self, windows):
        """Ordinary spread of the windows of each series, float64 of shape (n_series,)."""
        return series_units(self.spreads(windows, self.levels(windows)), windows.series, len(self.parts))

    def seasonal_future(self, windows, horizon):
        """Seasons' part of the targets, as known at each origin: float64 of shape (n, horizon)."""
        future = np.empty((len(windows), horizon))
        bounds = np.searchsorted(windows.series, np.arange(len(self.parts) + 1))
        for i in np.unique(windows.series):
            part = slice(bounds[i], bounds[i + 1])
            origins = windows.origins[part] - self.offsets[i]
            future[part] = seasonal_future(self.parts[i], self.decomposition.seasons, origins, horizon)
        return future

    def targets(self, windows, levels, horizon):
        """Return what level and seasons leave of each window's targets: float64 of shape (n, horizon)."""
        truth = self.scaled[windows.origins[:, None] + np.arange(horizon)]
        return truth - levels[:, None] - self.seasonal_future(windows, horizon)
