"""Outliers: single values far from what those before them foretell, and what takes their part.

Each value is predicted from the (filtered) values before it: by the last one, and by those one season before, each plus
the median of the last `N_CHANGES` changes over that lag. It is an outlier if all predictions miss by more than
`THRESHOLD` units, where a unit is a robust standard deviation of the errors of a prediction; the one with the smallest
unit then takes its part. The `RUN`-th deviation in a row to one side is no outlier but a new level, and is kept. This is
a Hampel filter (Pearson 2002, Outliers in Process Modeling and Identification, IEEE Transactions on Control Systems
Technology 10) that looks at the past alone: no value changes what is made of an earlier one.
"""

from dataclasses import dataclass

import numpy as np

from tsrnn.windows import row_series

THRESHOLD = 8.0
RUN = 3
N_CHANGES = 5
MIN_LENGTH = 10  # observations: in fewer nothing is an outlier
MIN_ERRORS = 6  # of a prediction, for its unit to be known
MAX_OUTLIERS = 3  # or MAX_SHARE of a series, whichever is more: beyond, large changes are its nature
MAX_SHARE = 0.05
MIN_POSITIVE = 0.9  # share of the values of a series whose logarithms are filtered instead
ZERO = 0.1  # of the smallest positive value, for the logarithm of zero
MAX_PASSES = 50  # in a fit: series that need more are left as they are


@dataclass(frozen=True)
class OutlierFilter:
    """A fitted filter.

    Attributes
    ----------
    lags : tuple of int
        Steps between a value and those that it is predicted from.
    units : ndarray of shape (n_series, n_lags), float64
        Robust standard deviation of the errors of each prediction; NaN for one that a series is too short for, inf
        throughout for a series that is left as it is.
    floors : ndarray of shape (n_series,), float64
        Lowest value whose logarithm is taken, of series of which logarithms are filtered; NaN for the others.
    """

    lags: tuple[int, ...]
    units: np.ndarray
    floors: np.ndarray

    @classmethod
    def fit(cls, values, offsets, seasons):
        """Learn the units of flat series ``values[offsets[i]:offsets[i + 1]]`` with some candidate seasons."""
        lags = (1, *seasons)
        lengths = np.diff(offsets)
        floors = _floors(values, offsets)
        x = _log(values, offsets, floors)
        series = row_series(offsets)
        usable = lengths[:, None] > np.array(lags) + MIN_ERRORS
        usable[:, 0] |= lengths > 1
        units = np.full(usable.shape, np.nan)
        for j, lag in enumerate(lags):
            units[:, j] = _unit_of_changes(x, offsets, series, lag)
        units = np.where(usable, units, np.nan)
        units = cls._switch_off(units, lengths)
        found = cls(lags, units, floors)
        z, _ = found._filter(x, offsets, MAX_PASSES)
        errors = [x - prediction for prediction in _predictions(z, offsets, lags)]
        again = np.column_stack([_unit_of_errors(np.abs(e), series, len(lengths)) for e in errors])
        again = cls._switch_off(np.where(np.isinf(units), np.inf, np.where(usable, again, np.nan)), lengths)
        found = cls(lags, again, floors)
        z, settled = found._filter(x, offsets, MAX_PASSES)
        count = np.add.reduceat(z != x, offsets[:-1])
        wild = (count > np.maximum(MAX_SHARE * lengths, MAX_OUTLIERS)) | ~settled
        again[wild] = np.inf
        return cls(lags, again, floors)

    @staticmethod
    def _switch_off(units, lengths):
        off = (np.nan_to_num(units, nan=1.0) <= 0).any(axis=1) | (lengths < MIN_LENGTH) | np.isnan(units).all(axis=1)
        units[off] = np.inf
        return units

    def apply(self, values, offsets):
        x = _log(values, offsets, self.floors)
        z, _ = self._filter(x, offsets, len(x) + 1)
        changed = z != x
        logs = np.isfinite(self.floors)[row_series(offsets)]
        return np.where(changed, np.where(logs, np.exp(np.where(logs, z, 0)), z), values)

    def _filter(self, x, offsets, max_passes):
        z = x.copy()
        series = row_series(offsets)
        units = self.units[series]
        settled = np.zeros(len(offsets) - 1, bool)
        first = np.arange(len(x)) - offsets[series]
        for _ in range(max_passes):
            predictions = np.column_stack(_predictions(z, offsets, self.lags))
            errors = x[:, None] - predictions
            with np.errstate(invalid="ignore"):
                sizes = np.abs(errors) / units
            some = ~np.isnan(sizes)
            smallest = np.where(some, sizes, np.inf).argmin(axis=1)
            rows = np.arange(len(x))
            size = sizes[rows, smallest]
            odd = some.any(axis=1) & (size > THRESHOLD)
            sign = np.where(odd, np.sign(errors[rows, smallest]), 0)
            run = odd.copy()
            for k in range(1, RUN):
                run &= (first >= k) & (sign == np.concatenate([np.zeros(k), sign[:-k]]))
            best = np.where(some, units, np.inf).argmin(axis=1)
            new = np.where(odd & ~run, predictions[rows, best], x)
            changed = new != z
            settled = ~np.logical_or.reduceat(changed, offsets[:-1])
            z = new
            if settled.all():
                break
        return z, settled


def _floors(values, offsets):
    lengths = np.diff(offsets)
    lowest = np.minimum.reduceat(values, offsets[:-1])
    positive = values > 0
    share = np.add.reduceat(positive, offsets[:-1]) / lengths
    smallest = np.minimum.reduceat(np.where(positive, values, np.inf), offsets[:-1])
    return np.where((lowest >= 0) & (share >= MIN_POSITIVE), ZERO * smallest, np.nan)


def _log(values, offsets, floors):
    floor = floors[row_series(offsets)]
    logs = np.isfinite(floor)
    return np.where(logs, np.log(np.where(logs, np.maximum(values, floor), 1)), values)


def _changes(z, offsets, lag):
    within = np.arange(len(z)) - offsets[row_series(offsets)]
    before = np.concatenate([np.full(lag, np.nan), z[:-lag]])[: len(z)]
    return np.where(within >= lag, z - before, np.nan)


def _predictions(z, offsets, lags):
    within = np.arange(len(z)) - offsets[row_series(offsets)]
    found = []
    for lag in lags:
        changes = _changes(z, offsets, lag)
        last = np.full((N_CHANGES, len(z)), np.nan)
        for k in range(1, N_CHANGES + 1):
            last[k - 1, k:] = np.where(within[k:] >= k, changes[:-k], np.nan)
        last.sort(axis=0)
        n = np.isfinite(last).sum(axis=0)
        rows = np.arange(len(z))
        median = (last[np.maximum(n - 1, 0) // 2, rows] + last[np.minimum(n // 2, N_CHANGES - 1), rows]) / 2
        before = np.concatenate([np.full(lag, np.nan), z[:-lag]])[: len(z)]
        prediction = before + np.where(n > 0, median, 0.0 if lag == 1 else np.nan)
        found.append(np.where(within >= lag, prediction, np.nan))
    return found


def _quantiles(x, series, n_series, fractions):
    """Quantiles of each series' finite values: shape (len(fractions), n_series); NaN without MIN_ERRORS values."""
    finite = np.isfinite(x)
    x, series = x[finite], series[finite]
    order = np.lexsort((x, series))
    x = x[order]
    counts = np.bincount(series, minlength=n_series)
    starts = np.cumsum(counts) - counts
    found = []
    enough = counts >= MIN_ERRORS
    for f in fractions:
        position = f * np.maximum(counts - 1, 0)
        low = np.floor(position).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(counts - 1, 0))
        part = position - low
        a = np.where(enough, starts + low, 0)
        b = np.where(enough, starts + high, 0)
        found.append(np.where(enough, x[a] * (1 - part) + x[b] * part, np.nan))
    return found


def _unit_of_changes(x, offsets, series, lag):
    changes = _changes(x, offsets, lag)
    n = len(offsets) - 1
    (middle,) = _quantiles(changes, series, n, (0.5,))
    size = np.abs(changes - middle[series])
    half, most = _quantiles(size, series, n, (0.5, 0.75))
    return np.maximum(1.4826 * half, most / 1.15)


def _unit_of_errors(size, series, n):
    half, most = _quantiles(size, series, n, (0.5, 0.9))
    return np.maximum(1.4826 * half, most / 1.645)
