"""Scales: each series to numbers of order one for training, and each window to its own level and spread.

The constants of a series only keep its numbers within float32; what a network sees is set by the windows, so
a series that has grown tenfold still looks like its past.
"""

from dataclasses import dataclass

import numpy as np

from tsrnn.windows import offsets_of, row_series, window_means, window_moments

MIN_SPREAD = 1e-10  # of a series, against its largest value: below, it counts as constant
MIN_UNIT = 1e-4  # of a series in scaled values: below, its rest is taken for rounding errors
MIN_SCALE = 0.3  # of a window, against the ordinary spread of its series


@dataclass(frozen=True)
class SeriesScaler:
    """Brings series to mean 0 and standard deviation 1, by way of logarithms if wanted.

    Attributes
    ----------
    log : bool
        Whether logarithms are taken first.
    center, spread : ndarray of shape (n_series,), float64
        Mean and standard deviation of each series. The spread of a constant one is 1, or `MIN_SPREAD` of its value if
        that is more: the mean may differ from the value by a rounding error, which must stay small.
    """

    log: bool
    center: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, values, offsets, log, observed=None):
        """Learn the constants of the series ``values[offsets[i]:offsets[i + 1]]``, of their ``observed`` rows if given.

        A series without observations has mean 0 and spread 1.
        """
        x, offsets = _observed_values(np.log(values) if log else values, offsets, observed)
        lengths = np.diff(offsets)
        center = np.add.reduceat(x, offsets[:-1]) / lengths
        deviations = x - np.repeat(center, lengths)
        largest = np.maximum.reduceat(np.abs(x), offsets[:-1])
        unit = np.where(largest > 0, largest, 1.0)  # squares of numbers far from 1 would overflow, or vanish
        squares = (deviations / np.repeat(unit, lengths)) ** 2
        spread = unit * np.sqrt(np.add.reduceat(squares, offsets[:-1]) / lengths)
        smallest = MIN_SPREAD * largest
        return cls(log, center, np.where(spread > smallest, spread, np.maximum(smallest, 1.0)))

    def extend(self, values, offsets, observed=None):
        """Return the scaler for more series: the first ones are known already and keep their constants."""
        known = len(self.center)
        new = SeriesScaler.fit(values, offsets, self.log, observed)
        center = np.concatenate([self.center, new.center[known:]])
        return SeriesScaler(self.log, center, np.concatenate([self.spread, new.spread[known:]]))

    def transform(self, values, offsets):
        """Scale flat series; the result has the shape of ``values``."""
        lengths = np.diff(offsets)
        x = np.log(values) if self.log else values
        return (x - np.repeat(self.center, lengths)) / np.repeat(self.spread, lengths)

    def zeros(self):
        """Return the scaled value of zero of each series: float64 of shape (n_series,), -inf for logarithms."""
        return np.full(len(self.center), -np.inf) if self.log else (0.0 - self.center) / self.spread

    def scale(self, table, series):
        """Scale a table of values, one row for each of some series: the inverse of :meth:`restore`."""
        x = np.log(table) if self.log else table
        return (x - self.center[series, None]) / self.spread[series, None]

    def restore(self, table, series):
        """Bring a table of scaled values, one row for each of some series, back to the units of the series."""
        x = table * self.spread[series, None] + self.center[series, None]
        return np.exp(x) if self.log else x


def _observed_values(x, offsets, observed):
    """Keep the observed rows of each series; of one without any, a row of zero."""
    if observed is None:
        return x, offsets
    counts = np.bincount(row_series(offsets)[observed], minlength=len(offsets) - 1)
    kept = observed.copy()
    kept[offsets[:-1][counts == 0]] = True
    return np.where(observed, x, 0.0)[kept], offsets_of(np.maximum(counts, 1))


def window_levels(rest, ends, widths):
    """Mean of the values just before some rows.

    Parameters
    ----------
    rest : ndarray of shape (n_rows,), float64
        Flat values.
    ends : ndarray of int, shape (n,)
        Row after the last one of each window.
    widths : ndarray of int, shape (n,)
        Values in each mean, at least 1.

    Returns
    -------
    ndarray of shape (n,), float64
        The means.
    """
    return window_means(rest, ends, widths)


def window_spreads(rest, ends, lengths, levels):
    """Root mean square distance of the values of a window from its level.

    Parameters
    ----------
    rest : ndarray of shape (n_rows,), float64
        Flat values.
    ends, lengths : ndarray of int, shape (n,)
        Row after the last one of each window, and its number of rows.
    levels : ndarray of shape (n,)
        From :func:`window_levels`.

    Returns
    -------
    ndarray of shape (n,), float64
        Zero where all values of a window are its level.
    """
    means, variances = window_moments(rest, ends, lengths)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.sqrt(variances + (means - levels) ** 2)


def series_units(x, offsets, season, observed=None):
    """Ordinary change of each series over a season: the mean absolute one, as in the scale of MASE.

    Parameters
    ----------
    x : ndarray of shape (n_rows,), float64
        Flat values; series ``i`` is ``x[offsets[i]:offsets[i + 1]]``.
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    season : int
        Steps; a series that is no longer is taken step by step.
    observed : ndarray of shape (n_rows,), bool, optional
        Rows that are observed: changes are those between two of them. All without it.

    Returns
    -------
    ndarray of shape (n_series,), float64
        At least `MIN_UNIT`; 1 for a series without any change, as of one value.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.scaling import series_units
    >>> series_units(np.array([0.0, 5.0, 1.0, 6.0, 3.0, 7.0]), np.array([0, 4, 6]), season=2)
    array([1., 4.])
    """
    lengths = np.diff(offsets)
    lags = np.where(lengths > season, season, 1)
    series = row_series(offsets)
    later = np.flatnonzero(np.arange(len(x)) - offsets[series] >= lags[series])
    earlier = later - lags[series[later]]
    if observed is not None:
        both = observed[later] & observed[earlier]
        later, earlier = later[both], earlier[both]
    sums = np.bincount(series[later], weights=np.abs(x[later] - x[earlier]), minlength=len(lengths))
    counts = np.bincount(series[later], minlength=len(lengths))
    return np.where(counts > 0, np.maximum(sums / np.maximum(counts, 1), MIN_UNIT), 1.0)


def largest_rises(scaled, offsets, season, scaler, observed=None):
    """Largest rise of each series over a season, or from step to step if it is no longer, in its own units.

    Parameters
    ----------
    scaled : ndarray of shape (n_rows,), float64
        Scaled values.
    offsets : ndarray of int64, shape (n_series + 1,)
        First row of each series, and the number of rows.
    season : int
        Steps.
    scaler : SeriesScaler
        By which they are scaled.
    observed : ndarray of shape (n_rows,), bool, optional
        Rows that are observed: rises are those between two of them. All without it.

    Returns
    -------
    ndarray of shape (n_series,), float64
        Zero for series that only fall; inf where no logarithms are scaled.
    """
    if not scaler.log:
        return np.full(len(offsets) - 1, np.inf)
    series, lengths = row_series(offsets), np.diff(offsets)
    x = scaler.restore(scaled[:, None], series)[:, 0]
    lags = np.where(lengths > season, season, 1)[series]
    before = np.arange(len(x)) - lags
    known = before >= offsets[series]
    if observed is not None:
        known &= observed & observed[before]
    return np.maximum.reduceat(np.where(known, x - x[before], 0.0), offsets[:-1])


def ordinary_spreads(spreads, series, n_series):
    """Ordinary spread of the windows of each series.

    Parameters
    ----------
    spreads : ndarray of shape (n,)
        From :func:`window_spreads`.
    series : ndarray of int, shape (n,)
        Series of each window.
    n_series : int
        Number of series.

    Returns
    -------
    ndarray of shape (n_series,), float64
        Root mean square of the spreads, at least `MIN_UNIT`; 1 for a series without windows.
    """
    counts = np.bincount(series, minlength=n_series)
    squares = np.bincount(series, weights=spreads**2, minlength=n_series)
    ordinary = np.sqrt(squares / np.maximum(counts, 1))
    return np.where(counts > 0, np.maximum(ordinary, MIN_UNIT), 1.0)


def _scale_by_window(spreads, ordinary):
    return np.maximum(spreads, MIN_SCALE * ordinary)


def _scale_by_series(spreads, ordinary):
    return ordinary


# Scale of a window, from its own spread and the ordinary spread of its series.
SCALINGS = {"window": _scale_by_window, "series": _scale_by_series}
