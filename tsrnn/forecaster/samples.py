"""Windows of a panel with what belongs to them: what the linear parts and the network are fitted to."""

from dataclasses import dataclass

import numpy as np

from tsrnn.forecaster.channels import join
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.rows import Rows
from tsrnn.windows import Windows, split_by_time, window_weights

CHUNK = 1024


@dataclass(frozen=True)
class Samples:
    """Windows with targets, which are made when asked for: there are far more of them than rows.

    Attributes
    ----------
    model : Model
        Says how windows are read.
    rows : Rows
        The panel, taken apart.
    windows : Windows
        All that have targets.
    levels, scales : ndarray of shape (n_windows,), float64
        Of each window.
    weights : ndarray of shape (n_windows,), float64
        Of each window; their mean is 1, so that penalties mean the same whatever the unit of the weights. Windows that
        a network reads together have one.
    """

    model: Model
    rows: Rows
    windows: Windows
    levels: np.ndarray
    scales: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, model, rows, weights):
        """Return all windows that a model reads in some rows; ``weights`` are those of the rows, or None."""
        windows = model.windows(rows)
        levels, scales = model.levels_and_scales(rows, windows)
        weights = np.ones(len(windows)) if weights is None else window_weights(weights, windows, model.block)
        weights = np.tile(join(weights, model.n_channels).mean(axis=-1), model.n_channels)
        weights = weights / max(weights.mean(), np.finfo(float).tiny) if len(weights) else weights
        return cls(model, rows, windows, levels, scales, weights)

    @property
    def n_series(self):
        """Number of series, with or without windows."""
        return len(self.rows.parts)

    @property
    def n_sequences(self):
        """Number of sequences that the network reads: windows of the first channel."""
        return len(self.windows) // self.model.n_channels

    @property
    def horizon(self):
        """Steps that a window forecasts."""
        return self.model.block

    @property
    def weight_shape(self):
        """Shape of the weights of a linear forecast from the rest of a series."""
        return self.model.lookback, self.model.block

    def length(self, k):
        """Return the number of observations of the series of window ``k``."""
        i = self.windows.series[k]
        return int(self.rows.offsets[i + 1] - self.rows.offsets[i])

    def blocks(self, k):
        """Return what windows ``k`` read, in units of their series: float64 of shape (len(k), lookback, 2)."""
        return self.model.blocks(self.rows.features, self.windows.subset(k), self.levels[k])

    def targets(self, k):
        """Return what windows ``k`` forecast, in units of their series: float64 of shape (len(k), horizon)."""
        part = self.windows.subset(k)
        return self.rows.targets(part, self.levels[k], self.horizon) / self.model.units[part.series, None]

    def first_channel(self, k):
        """Return those of the positions ``k`` whose windows are of the first channel: one for each sequence."""
        return k[k < self.n_sequences]

    def all_channels(self, k):
        """Return the positions of windows ``k`` of the first channel, and of the same ones of the others."""
        return (np.arange(self.model.n_channels)[:, None] * self.n_sequences + k).ravel()

    def sequences(self, k, known, dtype):
        """Return windows ``k`` as the network reads them, its targets what ``known``, a `Linear` or None, leaves."""
        targets = self._residuals(k, known, dtype)
        k = self.all_channels(k)
        windows, scales = self.windows.subset(k), self.scales[k]
        targets *= (self.model.units[windows.series] / scales)[:, None].astype(dtype)
        features = self.rows.features.astype(dtype)
        return self.model.sequences(features, windows, self.levels[k], scales, targets, self.weights[k])

    def _residuals(self, k, linear, dtype):
        residuals = np.empty((self.model.n_channels, len(k), self.horizon), dtype)
        for start in range(0, len(k), CHUNK):
            some = self.all_channels(k[start : start + CHUNK])
            known = 0.0 if linear is None else linear.predict(self.blocks(some), self.windows.series[some])
            left = self.targets(some) - known
            residuals[:, start : start + CHUNK] = left.reshape(self.model.n_channels, -1, self.horizon)
        return residuals.reshape(-1, self.horizon)

    def split(self, fraction):
        """Return the positions of windows to train on and to hold out; those of weight 0 are in neither."""
        if not len(self.windows):
            return np.arange(0), np.arange(0)
        training, held_out = split_by_time(self.windows, fraction, self.horizon)
        return training[self.weights[training] > 0], held_out[self.weights[held_out] > 0]
