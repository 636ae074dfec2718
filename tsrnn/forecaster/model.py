"""What a fit has learned, and the forecast it makes."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.highway import Highway
from tsrnn.forecaster.rows import Rows
from tsrnn.network import Network
from tsrnn.scaling import SCALINGS, SeriesScaler
from tsrnn.seasonality import Decomposition
from tsrnn.sequences import Sequences
from tsrnn.windows import gather, last_windows, make_windows


@dataclass
class Model:
    """A fitted forecaster without its data.

    The forecast of step k after an origin is, in scaled values,

        season[k] + level + unit * highway((window - level) / unit)[k]
                          + scale * network((window - level) / scale)[k]

    with level and scale of the window and the unit of the series. The network's readout starts at zero.

    Attributes
    ----------
    decomposition : Decomposition
        Seasons and level.
    scaler : SeriesScaler
        Constants of each series.
    units : ndarray of shape (n_series,)
        Ordinary spread of the windows of each series.
    strategy : {"direct", "recursive", "seq2seq"}
        How the steps ahead come about.
    block : int
        Steps that one pass of the network forecasts: 1 if recursive, otherwise the horizon of the fit.
    lookback : int
        Rows that the network reads.
    segment : int
        Rows that it reads in one of its steps.
    scaling : str
        Key in `tsrnn.scaling.SCALINGS`.
    highway : Highway or None
        Linear part.
    network : Network or None
        What is not linear.
    limit : float
        Largest correction of level and season seen in training, in units; no forecast goes further.
    """

    decomposition: Decomposition
    scaler: SeriesScaler
    units: np.ndarray
    strategy: str
    block: int
    lookback: int
    segment: int
    scaling: str
    highway: Highway | None = None
    network: Network | None = None
    limit: float = np.inf

    def read(self, panel):
        """Return the rows of a panel."""
        return Rows.of(panel, self.scaler, self.decomposition)

    @property
    def min_lookback(self):
        """Fewest rows that a window of training reads."""
        return max(self.segment, self.lookback // 2)

    def extend(self, panel):
        """Return the model for a panel with more series; those known keep their constants."""
        scaler = self.scaler.extend(panel.values, panel.offsets)
        model = replace(self, scaler=scaler, units=np.ones(panel.n_series))
        rows = model.read(panel)
        units = rows.units(model.windows(rows))
        units[: len(self.units)] = self.units
        return replace(model, units=units)

    def windows(self, rows):
        """Return all windows of the rows that have targets."""
        return make_windows(
            rows.offsets,
            rows.first_rows,
            lookback=self.lookback,
            min_lookback=self.min_lookback,
            horizon=self.block,
            segment=self.segment,
        )

    def levels_and_scales(self, rows, windows):
        """Return level and scale of each window, float64 of shape (n,)."""
        levels = rows.levels(windows)
        units = self.units[windows.series]
        return levels, SCALINGS[self.scaling](rows.spreads(windows, levels), units)

    def blocks(self, features, windows, levels):
        """Copy some windows as the highway reads them: float64 of shape (n, lookback, 2)."""
        blocks = gather(features, windows, self.lookback)
        return _scale_blocks(blocks, windows.lengths, levels, self.units[windows.series])

    def sequences(self, features, windows, levels, scales, targets, weights):
        """Return the windows as the network reads them: views into the rows."""
        n = len(windows)
        if self.strategy == "seq2seq":
            places = {"targets": targets.reshape(-1, 1), "target_starts": np.arange(n) * self.block}
            steps = self.block
        else:
            places = {"targets": targets, "target_starts": np.arange(n)}
            steps = 1
        return Sequences(
            features,
            windows.starts,
            windows.lengths // self.segment,
            target_lengths=np.full(n, steps),
            output_steps=steps,
            weights=weights,
            segment=self.segment,
            shift=levels,
            scale=scales,
            n_scaled=1,
            **places,
        )

    def make_network(self, rng, **architecture):
        """Return a new network that forecasts nothing yet: its readout is zero."""
        decodes = self.strategy == "seq2seq"
        network = Network(
            input_size=2 * self.segment,
            output_size=1 if decodes else self.block,
            head="decoder" if decodes else "last",
            **architecture,
        )
        network.initialize(rng)
        network.parameters["readout.weight"][:] = 0
        network.parameters["readout.bias"][:] = 0
        return network

    def forecast(self, rows, horizon, n_jobs=None):
        """Forecast after the end of each series.

        Parameters
        ----------
        rows : Rows
            From :meth:`read`.
        horizon : int
            Steps; beyond ``block`` the forecasts are read like observations.
        n_jobs : int or None
            Threads.

        Returns
        -------
        ndarray of shape (n_series, horizon), float64
            In the units of the series.
        """
        windows = last_windows(rows.offsets, rows.first_rows, lookback=self.lookback, segment=self.segment)
        levels, scales = self.levels_and_scales(rows, windows)
        seasonal = rows.seasonal_future(windows, horizon)
        tail = _Tail.of(rows, max(self.lookback, self.decomposition.level_window))
        rest = np.empty_like(seasonal)
        for start in range(0, horizon, self.block):
            if start:
                levels = tail.levels(self.decomposition.level_window)
            correction = self._correct(tail, levels, scales, windows.lengths > 0, n_jobs)
            stop = min(start + self.block, horizon)
            rest[:, start:stop] = (levels[:, None] + correction)[:, : stop - start]
            tail = tail.append(rest[:, start:stop], seasonal[:, start:stop])
        return self.scaler.restore(rest + seasonal)

    def _correct(self, tail, levels, scales, readable, n_jobs):
        """Return what highway and network add to level and season: float64 of shape (n_series, block)."""
        blocks, lengths = tail.blocks(self.lookback, self.segment)
        correction = np.zeros((len(levels), self.block))
        if self.highway is not None:
            scaled = _scale_blocks(blocks, lengths, levels, self.units)
            correction += self.units[:, None] * self.highway.predict(scaled)
        if self.network is not None:
            n, steps = len(blocks), self.lookback // self.segment
            scaled = _scale_blocks(blocks, lengths, levels, scales)
            sequences = Sequences.from_dense(
                _move_to_front(scaled, lengths).reshape(n, steps, -1),
                lengths=np.maximum(lengths // self.segment, 1),
                output_steps=self.block if self.strategy == "seq2seq" else 1,
            )
            outputs = self.network.predict(sequences, n_jobs).astype(np.float64)
            correction += scales[:, None] * outputs.reshape(n, self.block)
        bound = self.limit * self.units[:, None]
        return np.clip(correction, -bound, bound) * readable[:, None]


def _scale_blocks(blocks, lengths, levels, scales):
    """Shift and scale the rest in the rows that were read; zeros elsewhere."""
    lookback = blocks.shape[1]
    read = np.arange(lookback) >= lookback - lengths[:, None]
    rest = np.where(read, (blocks[:, :, 0] - levels[:, None]) / scales[:, None], 0.0)
    return np.stack([rest, blocks[:, :, 1] * read], axis=2)


def _move_to_front(blocks, lengths):
    """Shift rows that stand at the end of each block to its beginning, where a network reads them."""
    lookback = blocks.shape[1]
    rows = (np.arange(lookback) + (lookback - lengths)[:, None]) % lookback
    return np.take_along_axis(blocks, rows[:, :, None], axis=1)


@dataclass(frozen=True)
class _Tail:
    """The last rows of each series, right-aligned, to which forecasts are appended."""

    features: np.ndarray  # (n_series, width, 2): rest and seasons' part
    known: np.ndarray  # (n_series,): rows at the end that are values and not padding

    @classmethod
    def of(cls, rows, width):
        windows = last_windows(rows.offsets, rows.first_rows, lookback=width)
        return cls(gather(rows.features, windows, width), windows.lengths)

    def levels(self, window):
        width = self.features.shape[1]
        counts = np.minimum(window, np.maximum(self.known, 1))
        counted = np.arange(width) >= width - counts[:, None]
        return (self.features[:, :, 0] * counted).sum(axis=1) / counts

    def append(self, rest, seasonal):
        width = self.features.shape[1]
        new = np.concatenate([self.features, np.stack([rest, seasonal], axis=2)], axis=1)[:, -width:]
        return replace(self, features=new, known=np.minimum(width, self.known + rest.shape[1]))

    def blocks(self, lookback, segment):
        """Return the rows that a window may read, and how many of them it does."""
        return self.features[:, -lookback:], np.minimum(lookback, self.known) // segment * segment
