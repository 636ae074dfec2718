"""Observed values of series with gaps, side by side, and which of them lie a lag before each."""

import numpy as np

from tsrnn.outliers.units import N_CHANGES, shift
from tsrnn.windows import offsets_of, row_series

MAX_LAGS = 3  # Seasons back that a value is looked for where the seasons between are missing.


class Observed:
    """The observed values of flat series.

    Attributes
    ----------
    values : ndarray of shape (n_observed,), float64
        A series without observations has one value, zero, of which nothing is learned.
    offsets : ndarray of int64, shape (n_series + 1,)
        First observed value of each series, and their number.
    index : ndarray of int64, shape (n_observed,)
        Row of each value among all.
    times : ndarray of int64, shape (n_observed,)
        Steps after the first observation of the series.
    is_complete : bool
        Whether nothing is missing, but for the beginning of series.
    """

    def __init__(self, values, offsets):
        observed, series = ~np.isnan(values), row_series(offsets)
        counts = np.bincount(series[observed], minlength=len(offsets) - 1)
        observed[offsets[:-1][counts == 0]] = True
        self.index = np.flatnonzero(observed)
        self.values = np.where(np.isnan(values[self.index]), 0.0, values[self.index])
        self.offsets = offsets_of(np.maximum(counts, 1))
        self.begins = self.index[self.offsets[:-1]]
        self.times = self.index - np.repeat(self.begins, np.diff(self.offsets))
        self.is_complete = bool((self.times[self.offsets[1:] - 1] == np.diff(self.offsets) - 1).all())
        self._counts = np.concatenate([[0], np.cumsum(observed)])

    def count(self, rows):
        """Observed values of the first series, each before one of the rows: int64 of the shape of ``rows``."""
        return self._counts[rows] - self.offsets[: len(rows)]

    def back(self, series, positions, steps):
        """Observed values of some series up to a number of steps before those at some positions."""
        times = self.times[self.offsets[series] + positions] - steps
        return self._counts[self.begins[series] + np.maximum(times, 0)] - self.offsets[series]

    def rows(self, filtered, lags):
        """Return all values and what they are replaced by, as `Rows`."""
        return Rows(self.values, filtered, self.offsets, lags, None if self.is_complete else self.times)


class Rows:
    """Some rows: values `x`, filtered values `z` so far, of which the first `known` of each series stay.

    The last value a lag before a row is, for a lag of one step, the last observed one; for a season, that of the same
    phase up to `MAX_LAGS` seasons before. ``times`` are steps after the first observation; None for rows without gaps.
    """

    def __init__(self, x, z, offsets, lags, times=None, known=None, first=None):
        n_series = len(offsets) - 1
        self.x, self.z, self.offsets, self.lags, self.times = x, z, offsets, lags, times
        self.known = np.zeros(n_series, dtype=np.int64) if known is None else known
        self.first = np.zeros(n_series, dtype=np.int64) if first is None else first  # position in the whole series
        self.series = row_series(offsets)
        self.position = np.arange(len(x)) - offsets[self.series]
        if times is not None:
            self._earlier = [self._find(lag) for lag in lags]

    def _find(self, lag):
        """Return the row a lag before each, -1 if there is none, and by how many lags it is earlier."""
        if lag == 1:
            rows = np.where(self.position > 0, np.arange(len(self.x)) - 1, -1)
            return rows, np.where(rows >= 0, self.times - self.times[rows], 1.0)
        keys = self.series * (self.times.max(initial=0) + 1) + self.times
        rows, n_lags = np.full(len(keys), -1), np.ones(len(keys))
        for n in range(1, MAX_LAGS + 1):
            later = np.flatnonzero((rows < 0) & (self.times >= n * lag))
            at = np.searchsorted(keys, keys[later] - n * lag)
            found = keys[at] == keys[later] - n * lag
            rows[later[found]], n_lags[later[found]] = at[found], n
        return rows, n_lags

    def before(self, values, j):
        """Return the value ``lags[j]`` before each row; NaN where there is none."""
        if self.times is None:
            return np.where(self.position >= self.lags[j], shift(values, self.lags[j]), np.nan)
        rows, _ = self._earlier[j]
        return np.where(rows >= 0, values[rows], np.nan)

    def distance(self, j):
        """Return by how many lags the value of :meth:`before` is earlier: 1, or float64 of shape (n_rows,)."""
        return 1.0 if self.times is None else self._earlier[j][1]

    def is_cut_off(self, j):
        """Tell which rows have no value ``lags[j]`` before them since those are missing."""
        if self.times is None:
            return np.zeros(len(self.x), dtype=bool)
        return (self._earlier[j][0] < 0) & (self.times >= self.lags[j])


def median_of_last(changes, position):
    """Median of the `N_CHANGES` = 5 changes before each row; of fewer near the beginning, NaN where there is none."""
    a, b, c, d, e = (shift(changes, k) for k in range(1, N_CHANGES + 1))
    # The middle one of five lies between the larger minimum and the smaller maximum of two pairs.
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    median = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    early = np.flatnonzero(np.isnan(median) | (position < N_CHANGES))
    rows = early[:, None] - np.arange(1, N_CHANGES + 1)
    last = np.where(position[early, None] >= np.arange(1, N_CHANGES + 1), changes[np.maximum(rows, 0)], np.nan)
    last.sort(axis=1)  # NaN comes last
    n = N_CHANGES - np.isnan(last).sum(axis=1)
    middle = [
        np.take_along_axis(last, k[:, None], axis=1)
        for k in (np.maximum(n - 1, 0) // 2, np.minimum(n // 2, N_CHANGES - 1))
    ]
    median[early] = (middle[0] + middle[1])[:, 0] / 2
    return median
