"""The fitted model and its forecast formula."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.channels import join, separate
from tsrnn.forecaster.intermittent import ceilings, regular_series
from tsrnn.forecaster.linear import Linear
from tsrnn.forecaster.rows import Rows
from tsrnn.network import Network
from tsrnn.scaling import MIN_UNIT, SCALINGS, SeriesScaler, largest_rises
from tsrnn.seasonality import Decomposition
from tsrnn.sequences import Sequences
from tsrnn.windows import gather, make_windows, windows_at

# Head of the network that a strategy needs.
STRATEGIES = {"direct": "last", "recursive": "last", "seq2seq": "decoder", "parallel": "parallel"}
# How far a forecast may go beyond all values seen, in ordinary changes of the series for each season ahead.
REACH = 2.0


@dataclass
class Model:
    """A fitted forecaster without its data.

    The forecast of step k after an origin is, in scaled values,

        season[k] + level + share * unit * linear((window - level) / unit)[k]
                          + share * scale * network((window - level) / scale)[k]

    with level and scale of the window and the unit of the series. Either the network has learned what the linear parts
    leave, and share is 1; or it has learned the same as they, apart from them, and the forecast is the mean of both
    (Bates and Granger 1969, The Combination of Forecasts): share is one half. Its readout starts at zero.

    Attributes
    ----------
    decomposition : Decomposition
        Seasons and level.
    scaler : SeriesScaler
        Constants of each series.
    units : ndarray of shape (n_series,)
        Ordinary change of each series: the measure of linear parts and errors.
    spreads : ndarray of shape (n_series,)
        Ordinary spread of the windows of each series: the measure of what the network reads.
    strategy : {"direct", "recursive", "seq2seq", "parallel"}
        How the steps ahead come about.
    block : int
        Steps that one pass of the network forecasts: 1 if recursive, otherwise the horizon of the fit.
    lookback : int
        Rows that the network reads.
    min_lookback : int
        Fewest rows of its series before the origin of a window of training.
    segment : int
        Rows that the network reads in one of its steps.
    scaling : str
        Key in `tsrnn.scaling.SCALINGS`.
    combines : bool
        Whether the forecast is the mean of linear parts and network, instead of their sum.
    of_mean : bool
        Whether means are forecast, and not medians.
    regular : ndarray of shape (n_series,), bool
        Series whose seasons say when they are not zero.
    repeated : ndarray of shape (n_series,), bool
        Those of them that are forecast by season and level alone.
    rises : ndarray of shape (n_series,), float64
        Largest rise of each series over a season, in its own units; inf where no logarithms are scaled.
    n_channels : int
        Series that the network reads and forecasts together: 1, or all.
    linear : Linear or None
        What is linear.
    network : Network or None
        What is not linear.
    """

    decomposition: Decomposition
    scaler: SeriesScaler
    units: np.ndarray
    spreads: np.ndarray
    strategy: str
    block: int
    lookback: int
    min_lookback: int
    segment: int
    scaling: str
    combines: bool
    of_mean: bool
    regular: np.ndarray
    repeated: np.ndarray
    rises: np.ndarray
    n_channels: int = 1
    linear: Linear | None = None
    network: Network | None = None

    @property
    def piece(self):
        """Steps ahead that one output step of the network forecasts."""
        if self.strategy == "parallel":
            return max(d for d in range(1, self.segment + 1) if self.block % d == 0)
        return 1 if self.strategy == "seq2seq" else self.block

    @property
    def _season(self):
        return min(self.decomposition.seasons, default=1)

    def read(self, panel):
        """Return the rows of a panel."""
        return Rows.of(panel, self.scaler, self.decomposition)

    def extend(self, panel):
        """Return the model for a panel with more series; those known keep their constants."""
        known = len(self.units)
        linear = None if self.linear is None else self.linear.extend(panel.n_series)
        model = replace(self, scaler=self.scaler.extend(panel.values, panel.offsets), linear=linear)
        new = model.measure(model.read(panel))
        model.units = np.concatenate([self.units, new.units[known:]])
        model.spreads = np.concatenate([self.spreads, new.spreads[known:]])
        for name in ("regular", "repeated", "rises"):
            setattr(model, name, np.concatenate([getattr(self, name), getattr(new, name)[known:]]))
        return model

    def measure(self, rows):
        """Return the model with units and spreads of the series in some rows."""
        units, spreads = rows.units(), rows.ordinary_spreads(self.windows(rows))
        # A window that is nothing but its level, as one of a single value is, has no spread to measure by.
        spreads = np.where(spreads > MIN_UNIT, spreads, units)
        regular, repeated = regular_series(rows)
        rises = largest_rises(rows.scaled, rows.offsets, self._season, self.scaler)
        return replace(self, units=units, spreads=spreads, regular=regular, repeated=repeated, rises=rises)

    def windows(self, rows):
        """Return all windows of the rows that have targets."""
        return make_windows(
            rows.offsets,
            lookback=self.lookback,
            min_lookback=self.min_lookback,
            horizon=self.block,
            segment=self.segment,
            skip=self.decomposition.unknown,
        )

    def windows_at(self, rows, origins, lookback, segment=1):
        """Return the windows that end at some origins."""
        skip = self.decomposition.unknown
        return windows_at(rows.offsets, *origins, lookback=lookback, segment=segment, skip=skip)

    def levels_and_scales(self, rows, windows):
        """Return level and scale of each window, float64 of shape (n,)."""
        levels = rows.levels(windows)
        return levels, SCALINGS[self.scaling](rows.spreads(windows, levels), self.spreads[windows.series])

    def blocks(self, features, windows, levels):
        """Copy some windows as the linear parts read them: float64 of shape (n, lookback, 2)."""
        blocks = gather(features, windows, self.lookback)
        return _scale_blocks(blocks, windows.lengths, levels, self.units[windows.series])

    def sequences(self, features, windows, levels, scales, targets, weights):
        """Return the windows as the network reads them: views into the rows, with the channels side by side."""
        n, steps = len(windows) // self.n_channels, self.block // self.piece
        rows = join(features, self.n_channels)
        return Sequences(
            rows.reshape(len(rows), -1),
            windows.starts[:n],
            windows.lengths[:n] // self.segment,
            targets=join(targets, self.n_channels).reshape(n * steps, self.piece * self.n_channels),
            target_starts=np.arange(n) * steps,
            target_lengths=np.full(n, steps),
            output_steps=steps,
            weights=None if weights is None else weights[:n],
            segment=self.segment,
            shift=join(levels, self.n_channels),
            scale=join(scales, self.n_channels),
        )

    def make_network(self, rng, **architecture):
        """Return a new network that forecasts nothing yet: its readout is zero."""
        network = Network(
            input_size=2 * self.segment * self.n_channels,
            output_size=self.piece * self.n_channels,
            head=STRATEGIES[self.strategy],
            decoder_steps=self.block // self.piece,
            **architecture,
        )
        network.initialize(rng)
        network.parameters["readout.weight"][:] = 0
        network.parameters["readout.bias"][:] = 0
        return network

    def forecast(self, rows, origins, horizon, n_jobs=None):
        """Forecast after some origins.

        Parameters
        ----------
        rows : Rows
            From :meth:`read`.
        origins : Origins
            Where to forecast from.
        horizon : int
            Steps; beyond ``block`` the forecasts are read like observations.
        n_jobs : int or None
            Threads.

        Returns
        -------
        ndarray of shape (len(origins), horizon), float64
            In the units of the series.
        """
        windows = self.windows_at(rows, origins, self.lookback, self.segment)
        levels, scales = self.levels_and_scales(rows, windows)
        lowest, highest, floor = self._reach(rows, windows, horizon)
        seasonal = rows.seasonal_future(windows, horizon)
        width = max(self.lookback, self.decomposition.level_window)
        tail = _Tail.of(rows, self.windows_at(rows, origins, width), width)
        rest = np.empty_like(seasonal)
        for start in range(0, horizon, self.block):
            if start:
                levels = tail.levels(self.decomposition.level_window)
            correction = self._correct(tail, windows, levels, scales, n_jobs)
            stop = min(start + self.block, horizon)
            wanted = (levels[:, None] + correction)[:, : stop - start] + seasonal[:, start:stop]
            bounded = np.clip(wanted, lowest[:, start:stop], highest[:, start:stop])
            rest[:, start:stop] = bounded - seasonal[:, start:stop]
            tail = tail.append(rest[:, start:stop], seasonal[:, start:stop])
        return np.maximum(self.scaler.restore(rest + seasonal, windows.series), floor)

    def _correct(self, tail, windows, levels, scales, n_jobs):
        """Return what linear parts and network add to level and season: float64 of shape (n, block)."""
        units = self.units[windows.series, None]
        blocks, lengths = tail.blocks(self.lookback, self.segment)
        share = 0.5 if self.combines and self.linear is not None and self.network is not None else 1.0
        correction = np.zeros((len(levels), self.block))
        if self.linear is not None:
            scaled = _scale_blocks(blocks, lengths, levels, units[:, 0])
            correction += share * units * self.linear.predict(scaled, windows.series)
        if self.network is not None:
            outputs = self._run_network(_scale_blocks(blocks, lengths, levels, scales), lengths, n_jobs)
            correction += share * scales[:, None] * outputs
        return correction * ((windows.lengths > 0) & ~self.repeated[windows.series])[:, None]

    def _reach(self, rows, windows, horizon):
        """Return bounds of the forecasts, of shape (n, horizon), and the lowest value in units of the series, (n, 1).

        No forecast goes far beyond what was seen, nor below zero where nothing has.
        """
        lowest, highest = rows.extremes(windows)
        zeros = rows.zeros[windows.series, None]
        units = np.where(self.units > MIN_UNIT, self.units, 0.0)[windows.series]
        seasons_ahead = np.maximum(np.arange(1, horizon + 1) / self._season, 1)
        margin = REACH * units[:, None] * seasons_ahead
        positive = lowest[:, None] >= zeros
        lower = np.where(positive, np.maximum(lowest[:, None] - margin, zeros), lowest[:, None] - margin)
        if self.scaler.log:  # Near zero, ordinary changes of logarithms are huge ones of values.
            top = self.scaler.restore(highest[:, None], windows.series)
            top = top + REACH * self.rises[windows.series, None] * seasons_ahead
            ceiling = self.scaler.scale(top, windows.series)
        else:
            ceiling = ceilings(rows, windows, self.regular, self.of_mean)[:, None]
        upper = np.minimum(highest[:, None] + margin, ceiling)
        return lower, np.maximum(upper, lower), np.where(positive, 0.0, -np.inf)

    def _run_network(self, blocks, lengths, n_jobs):
        n, steps = len(blocks) // self.n_channels, self.lookback // self.segment
        sequences = Sequences.from_dense(
            join(_move_to_front(blocks, lengths), self.n_channels).reshape(n, steps, -1),
            lengths=np.maximum(lengths[:n] // self.segment, 1),
            output_steps=self.block // self.piece,
        )
        outputs = self.network.predict(sequences, n_jobs).astype(np.float64)
        return separate(outputs.reshape(n, self.block, self.n_channels))


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
    def of(cls, rows, windows, width):
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
