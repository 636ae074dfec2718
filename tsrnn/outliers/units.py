"""Units of series whose outliers are not known yet: robust statistics of each series of a panel, without loops."""

import numpy as np

from tsrnn.windows import row_series

N_CHANGES = 5  # Last changes whose median a prediction takes.
MIN_LENGTH = 8  # Observations; shorter series are left as they are.
MIN_ERRORS = 6  # Fewest errors that a unit is learned from.
MIN_POSITIVE = 0.9  # Share of positive values from which on logarithms of a series without negatives are judged.
ZERO = 0.1  # Of the smallest positive value: what stands for zero in logarithms.
LEAST_UNIT = 1e-9  # Of the median absolute value of a series, and of logarithms: smaller errors are roundings.
NORMAL_MEDIAN = 1.4826  # Standard deviation over the median absolute error, of normal errors.
NORMAL_DECILE = 1 / 1.645  # The same over the ninth decile.
CHANGE_UNIT = 2.5  # Standard deviation of errors over the median smaller change, of one lag and two, of white noise.


def shift(x, lag):
    """Move values `lag` rows down; NaN above."""
    return np.concatenate([np.full(min(lag, len(x)), np.nan), x[: max(len(x) - lag, 0)]])


def lowest_values(values, offsets):
    """Lowest value of each series whose logarithm is taken; NaN for series whose logarithms are not judged."""
    positive = values > 0
    share = np.add.reduceat(positive.astype(np.int64), offsets[:-1]) / np.diff(offsets)
    smallest = np.minimum.reduceat(np.where(positive, values, np.inf), offsets[:-1])
    judged = (np.minimum.reduceat(values, offsets[:-1]) >= 0) & (share >= MIN_POSITIVE)
    return np.where(judged, np.maximum(ZERO * smallest, np.finfo(float).tiny), np.nan)


def judged_scales(values, offsets, floors):
    """Return values, and logarithms: NaN where they are not judged."""
    floor = floors[row_series(offsets)]
    return values, np.log(np.where(np.isnan(floor), np.nan, np.maximum(values, floor)))


def first_values(values, offsets):
    """Predict the first value of each series from those after it, which a filter in time cannot."""
    long_enough = np.diff(offsets) >= MIN_LENGTH
    rows = offsets[:-1][long_enough, None] + np.arange(N_CHANGES + 1)
    change = np.median(np.diff(values[rows], axis=1), axis=1)
    starts = np.full(len(offsets) - 1, np.nan)
    starts[long_enough] = np.median(values[rows[:, :-1]], axis=1) - change * (N_CHANGES // 2)
    return starts


def units_of_changes(x, offsets, lags):
    """Units before anything is known of outliers, each of which spoils one change only: that to two values before."""
    n_series, series = len(offsets) - 1, row_series(offsets)
    position = np.arange(len(x)) - offsets[series]
    units = np.empty((n_series, len(lags)))
    for j, lag in enumerate(lags):
        once = np.where(position >= lag, x - shift(x, lag), np.nan)
        twice = np.where(position >= 2 * lag, x - shift(x, 2 * lag), np.nan)
        (trend,) = quantiles(once, series, n_series, (0.5,))
        smaller = np.fmin(np.abs(once - trend[series]), np.abs(twice - 2 * trend[series]))
        units[:, j] = CHANGE_UNIT * quantiles(smaller, series, n_series, (0.5,))[0]
    return units


def units_of_errors(errors, series, n_series):
    """Standard deviation of the errors of each series, (n_series,): that of normal ones by median and ninth decile."""
    median, decile = quantiles(np.abs(errors), series, n_series, (0.5, 0.9))
    return np.maximum(NORMAL_MEDIAN * median, NORMAL_DECILE * decile)


def least_units(values, offsets):
    """Units of values and of logarithms below which errors are roundings: 0 for series that are mostly zero."""
    series, n_series = row_series(offsets), len(offsets) - 1
    (usual,) = quantiles(np.abs(values), series, n_series, (0.5,))
    usual = np.nan_to_num(usual)
    return LEAST_UNIT * np.array([usual, usual > 0])[:, :, None]


def quantiles(x, series, n_series, fractions):
    """Quantiles of the finite values of each series: a list of arrays (n_series,), NaN of fewer than `MIN_ERRORS`."""
    finite = np.isfinite(x)
    x, series = x[finite], series[finite]
    x = np.append(x[np.lexsort((x, series))], np.nan)
    counts = np.bincount(series, minlength=n_series)
    starts = np.where(counts >= MIN_ERRORS, np.cumsum(counts) - counts, len(x) - 1)
    last = np.where(counts >= MIN_ERRORS, counts - 1, 0)
    found = []
    for fraction in fractions:
        below = np.floor(fraction * last).astype(np.int64)
        low, high = x[starts + below], x[starts + np.minimum(below + 1, last)]
        found.append(low + (high - low) * (fraction * last - below))
    return found
