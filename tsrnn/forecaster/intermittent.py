"""Intermittent demand: series that are zero most of the time, and how high their forecasts may go.

What is known of such a series is how often it is not zero and how much it is then; when, nothing tells. A regression on
its windows, or the mean of the last few values, follows accidents. Its forecasts stay between zero, the median, and the
mean of the newest values: at most at the share of them that are not zero, times that mean.
"""

import numpy as np

from tsrnn.windows import runs, thin, window_moments

MIN_ZEROS = 0.6  # Share of zeros from which on a series is intermittent.
MIN_WINDOW = 50  # Newest values that are looked at, or SEASONS seasons of them if that is more.
SEASONS = 4
MEAN_FACTOR = 2.0  # Of the mean, where forecasts of the mean are wanted, which may vary about it.
MAX_RATIO = 0.8  # Of the errors of repeated seasons to those of zero: below, seasons tell when demand comes.
MAX_WINDOWS = 100  # of a series, that seasons are judged by


def regular_series(rows, windows, horizon):
    """Tell which series have seasons that say when they are not zero, as sales before a holiday.

    Parameters
    ----------
    rows : tsrnn.forecaster.rows.Rows
        The series.
    windows : tsrnn.windows.Windows
        With ``horizon`` targets each.
    horizon : int
        Steps.

    Returns
    -------
    ndarray of shape (n_series,), bool
        False without seasons, and for series that are not intermittent.
    """
    regular = np.zeros(len(rows.parts), dtype=bool)
    if not rows.decomposition.seasons:
        return regular
    is_zero = rows.scaled == rows.zeros[np.repeat(np.arange(len(regular)), np.diff(rows.offsets))]
    shares = np.add.reduceat(is_zero.astype(np.int64), rows.offsets[:-1]) / np.diff(rows.offsets)
    sparse = shares >= MIN_ZEROS / 2
    for i, part in runs(windows.series):
        if sparse[i]:
            some = windows.subset(thin(np.arange(part.start, part.stop), MAX_WINDOWS))
            levels = rows.levels(some)
            errors = np.abs(rows.targets(some, levels, horizon)).mean()
            demand = np.abs(rows.scaled[some.origins[:, None] + np.arange(horizon)] - rows.zeros[i]).mean()
            regular[i] = errors < MAX_RATIO * demand
    return regular


def ceilings(rows, windows, regular, of_mean):
    """Highest forecasts of intermittent series.

    Parameters
    ----------
    rows : tsrnn.forecaster.rows.Rows
        The series.
    windows : tsrnn.windows.Windows
        Windows at whose origins to forecast.
    regular : ndarray of shape (n_series,), bool
        From :func:`regular_series`.
    of_mean : bool
        Whether means are forecast, and not medians.

    Returns
    -------
    ndarray of shape (len(windows),), float64
        Scaled values; inf for series that are not intermittent at the origin.
    """
    zeros, seen = rows.zeros[windows.series], windows.origins - rows.offsets[windows.series]
    count = np.clip(seen, 1, max(MIN_WINDOW, SEASONS * min(rows.decomposition.seasons, default=1)))
    series = np.repeat(np.arange(len(rows.parts)), np.diff(rows.offsets))
    demand, _ = window_moments((rows.scaled != rows.zeros[series]).astype(float), windows.origins, count)
    mean, _ = window_moments(rows.scaled, windows.origins, count)
    factor = MEAN_FACTOR if of_mean else demand
    intermittent = (demand <= 1 - MIN_ZEROS) & ~regular[windows.series] & np.isfinite(zeros)
    return np.where(intermittent, zeros + factor * np.where(intermittent, mean - zeros, 0), np.inf)
