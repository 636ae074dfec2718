"""Units of series whose outliers are not known yet: robust statistics of each series of a panel, without loops."""

import numpy as np

from tsrnn.windows import row_series, rows_of

N_CHANGES = 5  # Last changes whose median a prediction takes.
MIN_LENGTH = 8  # Observations; shorter series are left as they are.
MIN_ERRORS = 6  # Fewest errors that a unit is learned from.
MIN_POSITIVE = 0.9  # Share of positive values from which on logarithms of a series without negatives are judged.
ZERO = 0.1  # Of the smallest positive value: what stands for zero in logarithms.
MIN_CONSTANT = 0.75  # Share of one value in a constant series.
LEAST_UNIT = 1e-9  # Of the median absolute value of a series, and of logarithms: smaller errors are roundings.
NORMAL_MEDIAN = 1.4826  # Standard deviation over the median absolute error, of normal errors.
NORMAL_DECILE = 1 / 1.645  # The same over the ninth decile.
MAX_SORTED = 1 << 20  # Values, padded to rows of one length, that are sorted at once.
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


def first_values(values, offsets, times):
    """Predict the first value of each series from those after it, which a filter in time cannot."""
    long_enough = np.diff(offsets) >= MIN_LENGTH
    rows = offsets[:-1][long_enough, None] + np.arange(N_CHANGES + 1)
    change = np.median(np.diff(values[rows], axis=1) / np.diff(times[rows], axis=1), axis=1)
    starts = np.full(len(offsets) - 1, np.nan)
    starts[long_enough] = np.median(values[rows[:, :-1]], axis=1) - change * times[rows[:, N_CHANGES // 2]]
    return starts


def units_of_changes(x, rows):
    """Units before anything is known of outliers, each of which spoils one change only: that to two values before."""
    units = np.empty((len(rows.offsets) - 1, len(rows.lags)))
    for j in range(len(rows.lags)):
        earlier, distance = rows.before(x, j), rows.distance(j)
        once, twice = (x - earlier) / distance, x - rows.before(earlier, j)
        if rows.times is not None:
            twice = twice * (2 / (distance + rows.before(distance, j)))
        trend = np.repeat(quantiles(once, rows.offsets, (0.5,))[0], np.diff(rows.offsets))
        smaller = np.fmin(np.abs(once - trend), np.abs(twice - 2 * trend))
        units[:, j] = CHANGE_UNIT * quantiles(smaller, rows.offsets, (0.5,))[0]
    return units


def units_of_errors(errors, offsets):
    """Standard deviation of the errors of each series, (n_series,): that of normal ones by median and ninth decile."""
    median, decile = quantiles(np.abs(errors), offsets, (0.5, 0.9))
    return np.maximum(NORMAL_MEDIAN * median, NORMAL_DECILE * decile)


def raise_units(units, values, offsets):
    """Raise units of values and of logarithms, (2, n_series, n_lags), above the errors of roundings.

    A unit of zero stays zero, but in a constant series, which leaves one value other than zero now and then.
    """
    usual = np.nan_to_num(quantiles(values, offsets, (0.5,))[0])
    share = np.add.reduceat((values == np.repeat(usual, np.diff(offsets))).astype(np.int64), offsets[:-1])
    constant = (share >= MIN_CONSTANT * np.diff(offsets)) & (usual != 0)
    least = LEAST_UNIT * np.array([quantiles(np.abs(values), offsets, (0.5,))[0], np.ones(len(usual))])[:, :, None]
    return np.where((units > 0) | constant[:, None], np.maximum(units, least), units)


def quantiles(x, offsets, fractions):
    """Quantiles of the finite values of each series: a list of arrays (n_series,), NaN of fewer than `MIN_ERRORS`."""
    lengths = np.diff(offsets)
    found = np.full((len(fractions), len(lengths)), np.nan)
    order = np.argsort(lengths, kind="stable")  # series of like lengths are sorted together
    while len(order):
        some = order[: max(MAX_SORTED // max(lengths[order[0]], 1), 1)]
        some = some[: max(np.searchsorted(lengths[some] * np.arange(1, len(some) + 1), MAX_SORTED), 1)]
        order = order[len(some) :]
        block = np.full((len(some), lengths[some[-1]]), np.inf)
        values = x[rows_of(offsets[some], lengths[some])]
        inside = np.arange(block.shape[1]) < lengths[some, None]
        block[inside] = np.where(np.isfinite(values), values, np.inf)
        block.sort(axis=1)
        last = np.isfinite(block).sum(axis=1) - 1
        enough = last >= MIN_ERRORS - 1
        for row, fraction in zip(found, fractions, strict=True):
            at = fraction * np.where(enough, last, 0)
            below = np.floor(at).astype(np.int64)
            low = np.take_along_axis(block, below[:, None], axis=1)[:, 0]
            high = np.take_along_axis(block, np.minimum(below + 1, np.maximum(last, 0))[:, None], axis=1)[:, 0]
            row[some] = np.where(enough, low + (high - low) * (at - below), np.nan)
    return list(found)
