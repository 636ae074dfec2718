"""Windows of a panel with what belongs to them: what the linear parts and the network are fitted to."""

from dataclasses import dataclass

import numpy as np

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
        Of each window; their mean is 1, so that penalties mean the same whatever the unit of the weights.
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
        weights = weights / max(weights.mean(), np.finfo(float).tiny) if len(weights) else weights
        return cls(model, rows, windows, levels, scales, weights)

    @property
    def n_series(self):
        """Number of series, with or without windows."""
        return len(self.rows.parts)

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

    def residuals(self, k, highway, dtype):
        """Return what a linear part leaves of the targets: of shape (len(k), horizon)."""
        residuals = np.empty((len(k), self.horizon), dtype)
        for start in range(0, len(k), CHUNK):
            some = k[start : start + CHUNK]
            known = 0.0 if highway is None else highway.predict(self.blocks(some))
            residuals[start : start + CHUNK] = self.targets(some) - known
        return residuals

    def sequences(self, k, targets):
        """Return windows ``k`` and their targets as the network reads them; the targets are scaled in place."""
        windows, scales = self.windows.subset(k), self.scales[k]
        factors = self.model.units[windows.series] / scales
        targets *= factors[:, None].astype(targets.dtype)
        features = self.rows.features.astype(targets.dtype)
        return self.model.sequences(features, windows, self.levels[k], scales, targets, self.weights[k])

    def split(self, fraction):
        """Return the positions of windows to train on and to hold out; those of weight 0 are in neither."""
        if not len(self.windows):
            return np.arange(0), np.arange(0)
        training, held_out = split_by_time(self.windows, fraction, self.horizon)
        return training[self.weights[training] > 0], held_out[self.weights[held_out] > 0]
