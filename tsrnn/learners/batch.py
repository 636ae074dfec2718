"""Batches: windows with level, scale and unit, and the one place where rows of a window are read."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.sequences import Sequences
from tsrnn.series.channels import join
from tsrnn.series.table import REMAINDER, Rows
from tsrnn.windows import Windows, gather, split_by_time


@dataclass(frozen=True)
class WindowSize:
    """Sizes of windows.

    Attributes
    ----------
    lookback : int
        Most rows that a window reads.
    horizon : int
        Rows that it forecasts.
    segment : int
        Rows that the network reads in one of its steps.
    output_segment : int
        Rows that the network forecasts in one of its output steps.
    n_channels : int
        Series that the network reads and forecasts together: 1, or all.
    categories, static_categories : tuple of int
        Numbers of codes of the categories that the network reads in each row, and once in each step.
    ahead : int
        Numbers that a decoder reads of each row that it forecasts.
    ahead_categories : tuple of int
        Numbers of codes of the categories that it reads of each.
    """

    lookback: int
    horizon: int
    segment: int = 1
    output_segment: int = 1
    n_channels: int = 1
    categories: tuple[int, ...] = ()
    static_categories: tuple[int, ...] = ()
    ahead: int = 0
    ahead_categories: tuple[int, ...] = ()

    @property
    def n_categories(self):
        """Numbers of codes of all categories that the network reads in one of its steps: a tuple."""
        return self._of_channels(self.categories) * self.segment + self.static_categories

    @property
    def decoder_n_categories(self):
        """Numbers of codes of all categories that a decoder reads in one output step: a tuple."""
        return self._of_channels(self.ahead_categories) * self.output_segment

    def _of_channels(self, counts):
        return tuple(count for count in counts for _ in range(self.n_channels))


@dataclass(frozen=True)
class Batch:
    """Windows, whose rows and targets are copied when asked for: there are far more of them than of rows.

    Attributes
    ----------
    rows : Rows
        A `Table` for training, a `Workspace` for forecasts.
    size : WindowSize
        Look-back and horizon of the windows.
    windows : Windows
        The windows; those of one channel after those of another.
    levels, scales, units : ndarray of shape (n,), float64
        Level of each window, scale of the network's inputs and outputs, and unit of its series.
    weights : ndarray of shape (n,), float64
        Weights of the windows; their mean is 1, so that penalties mean the same whatever the unit of the weights.
        Windows that a network reads together have one.
    row_weights : ndarray of shape (n_rows,), float64, or None
        Weight of each row as a target: 0 for missing values. None where all count alike.
    """

    rows: Rows
    size: WindowSize
    windows: Windows
    levels: np.ndarray
    scales: np.ndarray
    units: np.ndarray
    weights: np.ndarray
    row_weights: np.ndarray | None = None

    def __len__(self):
        """Return the number of windows."""
        return len(self.windows)

    @property
    def n_sequences(self):
        """Number of sequences that a network reads: windows of the first channel."""
        return len(self) // self.size.n_channels

    @property
    def series(self):
        """Series of each window, ascending."""
        return self.windows.series

    def subset(self, k):
        """Return the windows at positions ``k``; those of all channels, where the network reads them together."""
        parts = {name: getattr(self, name)[k] for name in ("levels", "scales", "units", "weights")}
        return replace(self, windows=self.windows.subset(k), **parts)

    def past(self, n_rows=None):
        """Copy what the windows read, the remainders relative to the level in units of their series.

        Parameters
        ----------
        n_rows : int, optional
            How many of the newest rows; by default all.

        Returns
        -------
        ndarray of shape (n, n_rows, n_numbers), float64
            The newest row last; zeros before shorter windows.
        """
        n_rows = self.size.lookback if n_rows is None else n_rows
        past = gather(self.rows.numbers, self.windows, n_rows)
        read = np.arange(n_rows) >= n_rows - self.windows.lengths[:, None]
        remainder = (past[:, :, REMAINDER] - self.levels[:, None]) / self.units[:, None]
        past[:, :, REMAINDER] = np.where(read, remainder, 0.0)
        return past

    def targets(self, k):
        """Return the targets of windows ``k``, relative to level and season, in units of their series.

        Returns
        -------
        ndarray of shape (len(k), horizon), float64
            NaN for targets that do not count.
        """
        targets = self.rows.targets(self.windows.subset(k), self.levels[k], self.size.horizon) / self.units[k, None]
        return targets if self.row_weights is None else np.where(self.target_weights(k) > 0, targets, np.nan)

    def target_weights(self, k):
        """Return the weight of each target of windows ``k``: of shape (len(k), horizon)."""
        return self.row_weights[self.windows.origins[k, None] + np.arange(self.size.horizon)]

    def first_channel(self, k):
        """Return the positions ``k`` of windows of the first channel: one for each sequence."""
        return k[k < self.n_sequences]

    def all_channels(self, k):
        """Return the positions of windows ``k`` of the first channel, and of the same ones of the others."""
        return (np.arange(self.size.n_channels)[:, None] * self.n_sequences + k).ravel()

    def sequences(self, inputs, targets=None, target_weights=None):
        """Return the windows as a network reads them: views into the rows, with the channels side by side.

        Parameters
        ----------
        inputs : ndarray of shape (n_rows, n_numbers)
            From ``rows.for_network``, in the precision of the network.
        targets : ndarray of shape (n, horizon), optional
            In the scale of each window; NaN where targets do not count.
        target_weights : ndarray of shape (n, horizon), optional
            Weights of single targets, instead of those of windows.

        Returns
        -------
        Sequences
        """
        n, size = self.n_sequences, self.size
        n_channels, steps = size.n_channels, size.horizon // size.output_segment
        # A window of no rows, whose forecast is not used, reads one segment all the same.
        lengths = np.maximum(self.windows.lengths[:n], size.segment)
        arranged, shape = {}, (n * steps, size.output_segment * n_channels)
        if targets is not None:
            arranged = {
                "targets": join(targets, n_channels).reshape(shape),
                "target_starts": np.arange(n) * steps,
                "target_lengths": np.full(n, steps),
            }
            if target_weights is None:
                arranged["weights"] = self.weights[:n]
            else:
                arranged["target_weights"] = join(target_weights, n_channels).reshape(shape)
        return Sequences(
            join(inputs, n_channels).reshape(len(inputs) // n_channels, -1),
            self.windows.origins[:n] - lengths,
            lengths // size.segment,
            output_steps=steps,
            segment=size.segment,
            shift=join(self.levels - self.rows.centers(self.windows), n_channels),
            scale=join(self.scales, n_channels),
            **arranged,
            **self._codes(),
            **self._known_ahead(inputs.dtype),
        )

    def _codes(self):
        """Return the categories of `sequences`; static ones are those of the last row before the origin."""
        size, codes = self.size, {}
        of_rows, static = len(size.categories), len(size.static_categories)
        if of_rows:
            joined = join(self.rows.codes[:, :of_rows], size.n_channels)
            codes["codes"] = joined.reshape(len(self.rows.codes) // size.n_channels, -1)
        if static:
            codes["static_codes"] = self.rows.codes[self.windows.origins - 1, of_rows:]
        return codes

    def _known_ahead(self, dtype):
        """Return what a decoder reads in `sequences`."""
        size = self.size
        if not size.ahead and not size.ahead_categories:
            return {}
        numbers, codes, starts = self.rows.known_ahead(self.windows)
        shape = len(numbers) // size.n_channels, -1
        return {
            "decoder_values": join(numbers, size.n_channels).reshape(shape).astype(dtype) if size.ahead else None,
            "decoder_codes": join(codes, size.n_channels).reshape(shape) if size.ahead_categories else None,
            "decoder_starts": starts[: self.n_sequences],
            "decoder_segment": size.output_segment,
        }

    def split(self, fraction):
        """Return the positions of windows to train on and to hold out; those of weight 0 are in neither."""
        if not len(self):
            return np.arange(0), np.arange(0)
        training, held_out = split_by_time(self.windows, fraction, self.size.horizon)
        return training[self.weights[training] > 0], held_out[self.weights[held_out] > 0]
