"""Windows: rows of the flat series that a network reads, and rows that it forecasts.

A window is given by its origin, the row of its first target. Its inputs are up to `lookback` rows before the origin,
fewer near the beginning of a series. Nothing is copied: windows are indices into flat arrays.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FEW_ROWS = 1 << 16  # Most rows of all windows together whose values are copied; beyond, sums are doubled.


class Origins(NamedTuple):
    """Forecast origins, each given by a series and its number of known observations.

    Attributes
    ----------
    series : ndarray of int64, shape (n,)
        Index of the series, ascending.
    seen : ndarray of int64, shape (n,)
        Known observations: those before the origin.
    """

    series: np.ndarray
    seen: np.ndarray

    @classmethod
    def ends(cls, offsets):
        """Return the end of each series, where ``offsets`` are their first rows and the number of rows."""
        return cls(np.arange(len(offsets) - 1), np.diff(offsets))


@dataclass(frozen=True)
class Windows:
    """Windows over the flat rows of several series.

    Attributes
    ----------
    origins : ndarray of int64, shape (n,)
        Row of the first target.
    lengths : ndarray of int64, shape (n,)
        Rows read just before the origin.
    series : ndarray of int64, shape (n,)
        Series of each window, ascending; the origins of a series ascend too.
    seen : ndarray of int64, shape (n,)
        Observations of its series before the origin.
    """

    origins: np.ndarray
    lengths: np.ndarray
    series: np.ndarray
    seen: np.ndarray

    def __len__(self):
        """Return the number of windows."""
        return len(self.origins)

    @property
    def starts(self):
        """Row of the first value read, int64 of shape (n,)."""
        return self.origins - self.lengths

    def subset(self, index):
        """Return the windows at ``index``."""
        return Windows(self.origins[index], self.lengths[index], self.series[index], self.seen[index])


def make_windows(offsets, *, lookback, min_lookback, horizon, segment=1, skip=0):
    """List every window whose targets have been observed.

    Parameters
    ----------
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    lookback : int
        Most rows that a window reads.
    min_lookback : int
        Fewest rows of its series before a window's origin.
    horizon : int
        Rows to forecast; with 0, windows need no observation after their origin.
    segment : int, default=1
        Lengths are multiples of it.
    skip : int, default=0
        Rows at the beginning of each series that are not read.

    Returns
    -------
    Windows
        Series after series, time ascending.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import make_windows
    >>> windows = make_windows(np.array([0, 6]), lookback=3, min_lookback=2, horizon=2)
    >>> windows.starts.tolist(), windows.origins.tolist()
    ([0, 0, 1], [2, 3, 4])
    """
    begins = offsets[:-1]
    first = begins + min_lookback
    counts = np.maximum(offsets[1:] - horizon - first + 1, 0)
    series = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    origins = first[series] + within
    seen = origins - begins[series]
    return Windows(origins, _lengths(seen, lookback, segment, skip), series, seen)


def windows_at(offsets, series, seen, *, lookback, segment=1, skip=0):
    """Return the windows of given origins, whether or not later observations exist.

    Parameters
    ----------
    offsets, lookback, segment, skip
        As for :func:`make_windows`.
    series, seen : ndarray of int64, shape (n,)
        As in `Origins`.

    Returns
    -------
    Windows
        One for each origin; of length 0 with too few observations before it.
    """
    return Windows(offsets[series] + seen, _lengths(seen, lookback, segment, skip), series, seen)


def _lengths(seen, lookback, segment, skip):
    return np.clip(seen - skip, 0, lookback) // segment * segment


def runs(series):
    """Iterate over the runs of windows of the same series.

    Parameters
    ----------
    series : ndarray of int, shape (n,)
        Series of each window, ascending.

    Yields
    ------
    series : int
        Index of a series that has windows.
    part : slice
        Positions of its windows.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import runs
    >>> [(int(i), part) for i, part in runs(np.array([0, 0, 3]))]
    [(0, slice(0, 2, None)), (3, slice(2, 3, None))]
    """
    values, starts = np.unique(series, return_index=True)
    for i, start, stop in zip(values, starts.tolist(), np.append(starts, len(series))[1:].tolist(), strict=True):
        yield i, slice(start, stop)


def split_by_time(windows, fraction, horizon):
    """Split windows by time: the last ones of each series are held out, without overlap with targets of training.

    Parameters
    ----------
    windows : Windows
        From :func:`make_windows`.
    fraction : float
        Part of the windows of each series to hold out, in (0, 1); at least one where there are two.
    horizon : int
        Rows that a window forecasts.

    Returns
    -------
    training, held_out : ndarray of int64
        Positions of the windows. Up to ``horizon - 1`` windows of each series, between the two, are in neither.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import make_windows, split_by_time
    >>> windows = make_windows(np.array([0, 10]), lookback=3, min_lookback=3, horizon=2)
    >>> split_by_time(windows, 0.25, 2)
    (array([0, 1, 2]), array([4, 5]))
    """
    counts = np.bincount(windows.series)
    ends = np.cumsum(counts)
    held = np.where(counts > 1, np.ceil(fraction * counts).astype(np.int64), 0)
    position = np.arange(len(windows))
    is_held = position >= (ends - held)[windows.series]
    first_held = windows.origins[np.minimum(ends - held, len(windows) - 1)][windows.series]
    is_training = ~is_held & ((windows.origins <= first_held - horizon) | (held == 0)[windows.series])
    return np.flatnonzero(is_training), np.flatnonzero(is_held)


def gather(values, windows, lookback):
    """Copy windows into a dense array; meant for a few windows at a time.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Flat rows.
    windows : Windows
        The windows.
    lookback : int
        Rows of each window in the result.

    Returns
    -------
    ndarray of shape (n, lookback, n_columns)
        The rows of each window, aligned to the end; zeros before shorter windows.
    """
    rows = windows.origins[:, None] + np.arange(-lookback, 0)
    read = rows >= windows.starts[:, None]
    return np.where(read[:, :, None], values[np.maximum(rows, 0)], 0)


def offsets_of(lengths):
    """Return the first row of each series, and the number of rows: int64 of shape (n_series + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def row_series(offsets):
    """Return the series of each row: int64 of shape (n_rows,)."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def rows_of(starts, lengths):
    """Return the rows of several runs, concatenated: int64 of shape (lengths.sum(),).

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import rows_of
    >>> rows_of(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    ends = np.cumsum(lengths)
    return np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def window_moments(x, ends, counts):
    """Mean and variance of each window, computed from its own values alone.

    Differences of cumulative sums would carry rounding errors, and values that are not finite, from one window into
    all later ones. Here few windows are summed one by one. For many, sums over the last 1, 2, 4, ... values of every
    row are doubled, and those that make up a window are merged (Chan, Golub and LeVeque 1983, Algorithms for Computing
    the Sample Variance, The American Statistician 37).

    Parameters
    ----------
    x : ndarray of shape (n_rows,), float64
        Concatenated values of all series.
    ends : ndarray of int, shape (n,)
        Row after the last one of each window.
    counts : ndarray of int, shape (n,)
        Values in each window, at least 1.

    Returns
    -------
    means, variances : ndarray of shape (n,), float64

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import window_moments
    >>> window_moments(np.array([1e300, 1.0, 2.0, 6.0]), np.array([3, 4]), np.array([2, 3]))
    (array([1.5, 3. ]), array([0.25      , 4.66666667]))
    """
    with np.errstate(over="ignore", invalid="ignore"):
        few = counts.sum() <= FEW_ROWS
        return _moments_of_few(x, ends, counts) if few else _moments_by_doubling(x, ends, counts)


def window_means(x, ends, counts):
    """Mean of each window, computed from its own values alone: those of :func:`window_moments`, without variances."""
    with np.errstate(over="ignore", invalid="ignore"):
        if counts.sum() <= FEW_ROWS:
            return _moments_of_few(x, ends, counts)[0]
        last, sums, row_sums, size, largest = ends - 1, np.zeros(len(ends)), x, 1, counts.max()
        while True:
            k = np.flatnonzero(counts & size)
            sums[k] += row_sums[last[k]]
            last[k] -= size
            if 2 * size > largest:
                return sums / counts
            row_sums = np.concatenate([row_sums[:size], row_sums[size:] + row_sums[:-size]])
            size *= 2


def _moments_of_few(x, ends, counts):
    values, first = x[rows_of(ends - counts, counts)], np.cumsum(counts) - counts
    means = np.add.reduceat(values, first) / counts if len(counts) else np.zeros(0)
    squares = (values - np.repeat(means, counts)) ** 2
    return means, np.add.reduceat(squares, first) / counts if len(counts) else means


def _moments_by_doubling(x, ends, counts):
    last, done = ends - 1, np.zeros(len(ends))
    means, squares = np.zeros(len(ends)), np.zeros(len(ends))
    row_means, row_squares, size, largest = x, np.zeros(len(x)), 1, counts.max(initial=0)
    while True:
        k = np.flatnonzero(counts & size)
        rows, total = last[k], done[k] + size
        apart = row_means[rows] - means[k]
        means[k] += apart * (size / total)
        squares[k] += row_squares[rows] + apart**2 * (done[k] * size / total)
        last[k] -= size
        done[k] = total
        if 2 * size > largest:
            return means, squares / counts
        apart = row_means[size:] - row_means[:-size]
        row_means = np.concatenate([row_means[:size], row_means[:-size] + apart / 2])
        row_squares = np.concatenate(
            [row_squares[:size], row_squares[size:] + row_squares[:-size] + apart**2 * (size / 2)]
        )
        size *= 2


def window_weights(weights, windows, horizon):
    """Weight of each window: the mean over its targets of positive weight.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Weight of each observation; 0 for missing ones.
    windows : Windows
        With ``horizon`` targets each.
    horizon : int
        Rows that a window forecasts.

    Returns
    -------
    ndarray of shape (n,), float64
        The means; 0 for windows without a target of positive weight.
    """
    ends, counts = windows.origins + horizon, np.full(len(windows), horizon)
    counted = window_means((weights > 0).astype(np.float64), ends, counts)
    means = window_means(weights, ends, counts)
    return np.divide(means, counted, out=np.zeros(len(windows)), where=means > 0)


def thin(positions, count):
    """Return at most `count` of the positions, evenly spaced.

    Parameters
    ----------
    positions : ndarray of int, shape (n,)
    count : int

    Returns
    -------
    ndarray of int, shape (min(n, count),)

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.windows import thin
    >>> thin(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    if len(positions) <= count:
        return positions
    return positions[np.linspace(0, len(positions) - 1, count).astype(int)]
