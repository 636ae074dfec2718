"""Intermittent demand: series that are zero most of the time, and how high their forecasts may go.

The share and the size of its values other than zero are known of such a series, but not their times. A regression on
its windows, or the mean of the last few values, follows accidents. Its forecasts stay between zero, the median, and
the mean of the newest values: at most at the share of them that are not zero, times that mean.
"""

import numpy as np

from tsrnn.windows import row_series, rows_of

MIN_ZEROS = 0.6  # Share of zeros from which on a series is intermittent.
MIN_WINDOW = 50  # Newest values that are looked at, or SEASONS seasons of them if that is more.
SEASONS = 4
MEAN_FACTOR = 2.0  # Of the mean, where forecasts of the mean are wanted, which may vary about it.
MAX_RATIO = 0.8  # Of changes over a season to values: below, seasons tell when demand comes.
CLEAR_RATIO = 0.5  # The same over any lag up to MAX_LAG, of series with MIN_DEMANDS values other than zero.
MAX_LAG = 31
MIN_DEMANDS = 50  # Fewest values other than zero of a series that more is learned from than its seasons.


def regular_series(rows, observed=None):
    """Tell which series have seasons that say when they are not zero, as sales before a holiday.

    Parameters
    ----------
    rows : Table
        The series.
    observed : ndarray of shape (n_rows,), bool, optional
        Rows that are observed: the others count for nothing. All without it.

    Returns
    -------
    regular, repeated : ndarray of shape (n_series,), bool
        Series whose changes over a season are small against their values; and of these, intermittent ones with so few
        values other than zero that their seasons are all there is to learn.
    """
    series, n_series = row_series(rows.offsets), len(rows.offsets) - 1
    position = np.arange(len(series)) - rows.offsets[series]
    observed = np.ones(len(series), dtype=bool) if observed is None else observed
    lengths = np.bincount(series[observed], minlength=n_series)
    regular = np.zeros(n_series, dtype=bool)
    if np.isinf(rows.zeros).any():  # Logarithms have no zeros.
        return regular, regular
    demand = np.where(observed, np.abs(rows.scaled - rows.zeros[series]), 0.0)
    counts = np.bincount(series, weights=demand > 0, minlength=n_series)

    def repeats(rows_of_some, lag, ratio):
        later = rows_of_some[position[rows_of_some] >= lag]
        later = later[observed[later] & observed[later - lag]]
        changes = np.abs(rows.scaled[later] - rows.scaled[later - lag])
        total = np.bincount(series[later], weights=demand[later], minlength=n_series)
        return np.bincount(series[later], weights=changes, minlength=n_series) < ratio * total

    every = np.arange(len(series))
    for season in rows.decomposition.seasons:
        regular |= repeats(every, season, MAX_RATIO)
    repeated = regular & (counts <= (1 - MIN_ZEROS) * lengths) & (counts < MIN_DEMANDS)
    # Without a season, a pattern must be seen often, and clearly: there are many that may appear by chance.
    often = (counts >= MIN_DEMANDS) & (counts <= (1 - MIN_ZEROS / 2) * lengths) & ~regular
    some = np.flatnonzero(often[series])
    for lag in range(2, MAX_LAG + 1) if len(some) else ():
        regular |= repeats(some, lag, CLEAR_RATIO)
    return regular, repeated


def smoothed_series(table):
    """Tell which series smoothing forecasts, too: bool of shape (n_series,).

    Not those that are zero most of the time, and not those whose season has been seen, but not twice.
    """
    series = row_series(table.offsets)
    observed = np.ones(len(series), dtype=bool) if table.observed is None else table.observed
    zero = observed & (table.scaled == table.zeros[series])
    n_zero, n_observed = (np.bincount(series, weights=some, minlength=table.n_series) for some in (zero, observed))
    seen_once = n_observed > table.decomposition.unknown
    seen_once &= n_observed <= 2 * min(table.decomposition.seasons, default=0)
    return (n_zero < MIN_ZEROS * n_observed) & ~seen_once


def ceilings(rows, origins, regular, of_mean, observed=None):
    """Highest forecasts of intermittent series.

    Parameters
    ----------
    rows : Table
        The series.
    origins : Origins
        Origins of the forecasts.
    regular : ndarray of shape (n_series,), bool
        From :func:`regular_series`.
    of_mean : bool
        Whether means are forecast, and not medians.
    observed : ndarray of shape (n_rows,), bool, optional
        Rows that are observed: filled ones count only where all of the newest are. All without it.

    Returns
    -------
    ndarray of shape (n_origins,), float64
        Scaled values; inf for series that are not intermittent at the origin.
    """
    zeros, ends = rows.zeros[origins.series], rows.offsets[origins.series] + origins.seen
    count = np.clip(origins.seen, 1, max(MIN_WINDOW, SEASONS * min(rows.decomposition.seasons, default=1)))
    newest, first = rows_of(ends - count, count), np.cumsum(count) - count
    counted = np.ones(len(newest)) if observed is None else observed[newest].astype(float)
    counted += np.repeat(np.add.reduceat(counted, first) == 0, count)
    newest, count_observed = rows.scaled[newest], np.add.reduceat(counted, first)
    demand = np.add.reduceat(counted * (newest != np.repeat(zeros, count)), first) / count_observed
    mean = np.add.reduceat(counted * newest, first) / count_observed
    factor = MEAN_FACTOR if of_mean else demand
    intermittent = (demand <= 1 - MIN_ZEROS) & ~regular[origins.series] & np.isfinite(zeros)
    return np.where(intermittent, zeros + factor * np.where(intermittent, mean - zeros, 0), np.inf)
