"""A panel as a network reads it: scaled, without its seasons, row by row."""

from dataclasses import dataclass

import numpy as np

from tsrnn.scaling import ordinary_spreads, series_units, window_levels, window_spreads
from tsrnn.seasonality import Decomposition, seasonal_future
from tsrnn.windows import runs


@dataclass(frozen=True)
class Rows:
    """Flat rows of all series, taken apart.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    scaled : ndarray of shape (n_rows,), float64
        Scaled values.
    features : ndarray of shape (n_rows, 2), float64
        What a network reads in each row: the rest that the seasons leave, and the seasons' part.
    zeros : ndarray of shape (n_series,), float64
        Scaled value of zero; -inf where logarithms are scaled.
    parts : list of list of ndarray
        For each series, what :meth:`Decomposition.apply` gives.
    decomposition : Decomposition
        How the series were taken apart.
    """

    offsets: np.ndarray
    scaled: np.ndarray
    features: np.ndarray
    zeros: np.ndarray
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
        features, zeros = np.column_stack([rest, scaled - rest]), scaler.zeros()
        return cls(panel.offsets, scaled, features, zeros, parts, decomposition)

    @property
    def rest(self):
        """Scaled values without their seasons: a view of shape (n_rows,)."""
        return self.features[:, 0]

    def levels(self, windows):
        """Level at the origin of each window, float64 of shape (n,)."""
        seen = windows.origins - self.offsets[windows.series]
        known = seen - self.decomposition.first_row
        # Near its beginning a series has a level all the same: from its second season on, or that of all its values.
        known = np.where(known >= self.decomposition.level_window, known, seen - self.decomposition.unknown)
        known = np.where(known > 0, known, seen)
        return window_levels(self.rest, windows.origins, np.minimum(self.decomposition.level_window, known))

    def spreads(self, windows, levels):
        """Spread of each window about its level, float64 of shape (n,)."""
        lengths = np.maximum(windows.lengths, 1)
        return window_spreads(self.rest, windows.origins, lengths, levels)

    def units(self):
        """Ordinary change of each series over its shortest season, float64 of shape (n_series,)."""
        return series_units(self.scaled, self.offsets, min(self.decomposition.seasons, default=1))

    def ordinary_spreads(self, windows):
        """Ordinary spread of the windows of each series, float64 of shape (n_series,)."""
        return ordinary_spreads(self.spreads(windows, self.levels(windows)), windows.series, len(self.parts))

    def extremes(self, windows):
        """Lowest and highest scaled value of each series before each origin, float64 of shape (n,)."""
        lowest, highest = np.empty(len(windows)), np.empty(len(windows))
        for i, part in runs(windows.series):
            x, last = self.scaled[self.offsets[i] : self.offsets[i + 1]], windows.origins[part] - self.offsets[i] - 1
            lowest[part], highest[part] = np.minimum.accumulate(x)[last], np.maximum.accumulate(x)[last]
        return lowest, highest

    def seasonal_future(self, windows, horizon):
        """Seasons' part of the targets, as known at each origin: float64 of shape (n, horizon)."""
        future = np.empty((len(windows), horizon))
        for i, part in runs(windows.series):
            origins = windows.origins[part] - self.offsets[i]
            future[part] = seasonal_future(self.parts[i], self.decomposition.seasons, origins, horizon)
        return future

    def targets(self, windows, levels, horizon):
        """Return what level and seasons leave of each window's targets: float64 of shape (n, horizon)."""
        truth = self.scaled[windows.origins[:, None] + np.arange(horizon)]
        return truth - levels[:, None] - self.seasonal_future(windows, horizon)
