"""Seasons: which lengths may repeat, which do, and the season's part of each value.

A series ``x`` is taken apart into seasons and a rest, ``x[t] = s[t] + z[t]``, such that ``s[t]`` is made of
values at least one season before ``t``: it is known in advance and no later value leaks into it. The forecast
that repeats seasons and continues the level of the rest is what a network corrects; untrained, it gives just
that.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from tsrnn.frames.frequency import fixed_step
from tsrnn.windows import window_means

MINUTE, HOUR, DAY, WEEK = (seconds * 10**9 for seconds in (60, 3600, 86_400, 604_800))  # nanoseconds
# Seasons by the letters of a frequency. 364 and 260 days are whole weeks, so that weekdays meet.
PERIODS = {"D": (7, 364, 365), "B": (5, 260), "C": (5, 260), "W": (52,), "SM": (24,), "M": (12,), "Q": (4,)}
SPELLED = {"days": "D", "weeks": "W", "months": "M"}  # arguments of pd.DateOffset
SMOOTHING = (0.15, 0.3, 0.5, 0.75, 1.0)
MAX_CHANGE = 10.0  # Of a series, in ninth deciles of its changes, where seasons are looked for.
MAX_ORIGINS = 1500
MAX_SERIES = 40


@dataclass(frozen=True)
class Decomposition:
    """Decomposition of series into seasonal components and a remainder.

    Attributes
    ----------
    seasons : tuple of int
        Lengths of the seasons, shortest first, which are subtracted in this order. Empty for none.
    smoothing : float
        Weight of the newest season against the earlier ones, in (0, 1]; 1 repeats the last season.
    level_window : int
        Number of newest remainders whose mean is the level.
    """

    seasons: tuple[int, ...] = ()
    smoothing: float = 1.0
    level_window: int = 1

    @property
    def first_row(self):
        """First value whose seasons are known from values before it."""
        return sum(2 * season - 1 for season in self.seasons)

    @property
    def unknown(self):
        """Values at the beginning whose seasons are not known."""
        return sum(self.seasons)

    def apply(self, x, before=None, known=0):
        """Decompose one series.

        Parameters
        ----------
        x : ndarray of shape (n,), float64
            The series.
        before : list of ndarray, optional
            Seasonal components of an earlier call, whose series began with the same ``known`` values.
        known : int, default=0
            Values whose seasonal components are taken from it.

        Returns
        -------
        remainder : ndarray of shape (n,)
            The series minus its seasonal components.
        seasonal : list of ndarray of shape (n + season,)
            Seasonal components of each value, and of the values of one season after the end.
        """
        remainder, seasonal = x, []
        for k, season in enumerate(self.seasons):
            part = seasonal_part(remainder, season, self.smoothing, None if before is None else before[k], known)
            remainder = remainder - part[: len(x)]
            seasonal.append(part)
        return remainder, seasonal


def seasonal_part(x, season, smoothing, before=None, known=0):
    """Estimate the seasonal component of each value from earlier seasons.

    The deviation of each value from the mean of the season that ends with it is smoothed exponentially over
    successive seasons, for each step of a season by itself.

    Parameters
    ----------
    x : ndarray of shape (n,), float64
        The series.
    season : int
        Length of the season, at least 2.
    smoothing : float
        Weight of the newest deviation, in (0, 1].
    before : ndarray, optional
        Result for a series that began with the same ``known`` values; only what follows from later ones is computed.
    known : int, default=0

    Returns
    -------
    ndarray of shape (n + season,)
        Zero for the first season, and throughout if the series is no longer than one.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.seasonality import seasonal_part
    >>> seasonal_part(np.array([1.0, 3.0, 1.0, 3.0]), season=2, smoothing=1.0)
    array([ 0.,  0., -1.,  1., -1.,  1.])
    """
    n, first = len(x), known // season * season
    part = np.zeros(n + season)
    if n < season:
        return part
    if first > season:
        part[: first + season] = before[: first + season]
    else:
        first = season
        part[season : 2 * season] = x[:season] - x[:season].mean()
    ends = np.arange(first + 1, n + 1)
    deviations = x[first:] - window_means(x, ends, np.full(len(ends), season))
    for start in range(first, n, season):
        stop = min(start + season, n)
        earlier = part[start:stop]
        # Deviations within the first season are from a mean that reaches beyond them: they are not kept.
        weight = smoothing if start > season else 1.0
        part[start + season : stop + season] = earlier + weight * (deviations[start - first : stop - first] - earlier)
    return part


def seasonal_future(parts, seasons, origins, horizon):
    """Give the seasons' part of the values after an origin, as known at it.

    Parameters
    ----------
    parts : list of ndarray of shape (n + season,)
        From :meth:`Decomposition.apply`.
    seasons : tuple of int
        Their lengths.
    origins : ndarray of int, shape (k,)
        Number of values seen.
    horizon : int
        Steps ahead.

    Returns
    -------
    ndarray of shape (k, horizon)
        The sum over the seasons; the last known season is repeated.
    """
    total = np.zeros((len(origins), horizon))
    for part, season in zip(parts, seasons, strict=True):
        total += part[origins[:, None] + np.arange(horizon) % season]
    return total


def seasons_of_frequency(freq):
    """Give the seasons that a frequency suggests.

    Parameters
    ----------
    freq : BaseOffset
        Frequency of the stamps.

    Returns
    -------
    tuple of int
        Lengths in steps, shortest first; empty if it suggests none.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.seasonality import seasons_of_frequency
    >>> seasons_of_frequency(pd.offsets.Hour()), seasons_of_frequency(pd.offsets.MonthBegin())
    ((24, 168), (12,))
    """
    step = fixed_step(freq)
    if step is not None:
        spans = (DAY, WEEK) if step >= MINUTE else (MINUTE, HOUR, DAY)
        return tuple(span // step for span in spans if span // step >= 2 and span % step == 0)
    unit, n = _unit_of_calendar(freq)
    return tuple(period // n for period in PERIODS.get(unit, ()) if period % n == 0 and period // n >= 2)


def _unit_of_calendar(freq):
    """Return the letters in `PERIODS` of a calendar frequency, or others if it has none there, and its multiple."""
    if type(freq) is pd.DateOffset:
        (name, count), *more = freq.kwds.items() or [("days", 1)]
        return ("", 1) if more or name not in SPELLED else (SPELLED[name], freq.n * count)
    if isinstance(freq, pd.offsets.Easter):
        return "", 1
    letters = freq.rule_code.split("-")[0]
    if letters.startswith("SM") or "WOM" in letters:
        return "SM" if letters.startswith("SM") else "M", freq.n
    letters = letters.rstrip("SE")
    return {"BM": "M", "BQ": "Q", "CBM": "M", "REQ": "Q"}.get(letters, letters), freq.n


def seasons_of_values(series, limit):
    """Find lags at which the changes of the values are alike: candidates where the frequency tells nothing.

    Parameters
    ----------
    series : list of ndarray
        Some series; NaN where missing, of which no changes are read.
    limit : int
        Longest lag.

    Returns
    -------
    tuple of int
        No lag, one, or two: the shortest that is nearly as good as the best, and the best.
    """
    limit = min(limit, max(map(len, series)) // 3)
    if limit < 2:
        return ()
    mean = np.zeros(limit + 1)
    for x in series:
        if len(x) < 2:
            continue
        changes = _clipped_changes(x)
        size = 2 ** int(np.ceil(np.log2(2 * len(changes))))
        power = np.abs(np.fft.rfft(changes, size)) ** 2
        products = np.fft.irfft(power, size)[: limit + 1]
        if np.isnan(x).any():
            products *= _weights_of_pairs(x, size, limit)
        if products[0] > 0:
            mean[: len(products)] += products / products[0] / len(series)
    peaks = [lag for lag in range(2, limit) if mean[lag] == mean[lag - 1 : lag + 2].max()]
    best = max(peaks, key=lambda lag: mean[lag], default=0)
    if not peaks or mean[best] < 0.2:
        return ()
    shortest = next(lag for lag in peaks if mean[lag] >= 0.7 * mean[best])
    return tuple(sorted({shortest, best}))


def _clipped_changes(x):
    """Changes of a series about their mean, in any unit: an outlier must not hide what the others have in common.

    They are zero where a value is missing.
    """
    changes = np.diff(x / max(np.nanmax(np.abs(x), initial=0.0), np.finfo(float).tiny))
    known = ~np.isnan(changes)
    if not known.any():
        return np.zeros(len(changes))
    middle = np.median(changes[known])
    size = np.abs(changes[known] - middle)
    limit = MAX_CHANGE * np.quantile(size, 0.9)
    clipped = np.clip(changes[known], middle - limit, middle + limit) if limit > 0 else changes[known]
    changes[known] = clipped - clipped.mean()
    return np.where(known, changes, 0.0)


def _weights_of_pairs(x, size, limit):
    """Factors for sums of products of changes, some of them missing, that make chance as large at all lags."""
    known = ~np.isnan(np.diff(x))
    pairs = np.fft.irfft(np.abs(np.fft.rfft(known, size)) ** 2, size)[: limit + 1].round()
    complete = np.maximum(len(known) - np.arange(len(pairs)), 0)
    return np.sqrt(known.mean() * complete / np.maximum(pairs, 1))


def season_sets(seasons):
    """List the combinations to try: none, each season, and the shortest with each longer one."""
    pairs = [(seasons[0], longer) for longer in seasons[1:]]
    return [(), *((season,) for season in seasons), *pairs]


def choose_decomposition(series, horizon, sets, with_log, observed=None):
    """Choose the seasons, their smoothing, the level and the transformation that forecast the past best.

    The forecast of repeated seasons and constant level is made from origins in the second half of each
    series.

    Parameters
    ----------
    series : list of ndarray
        Some series in their own units; at least one value each.
    horizon : int
        Steps ahead.
    sets : list of tuple of int
        Seasons to try.
    with_log : tuple of bool
        Whether to try the values, their logarithms, or both.
    observed : list of ndarray of bool, optional
        True for observed values of each series, the only ones whose errors count. Without it, all are.

    Returns
    -------
    decomposition : Decomposition
        The best.
    log : bool
        Whether it is of the logarithms.
    """
    longest = max(map(len, series))
    sets, start, horizon = _judged_part(sets, longest, horizon)
    windows = _level_windows(min((m for seasons in sets for m in seasons), default=4))
    # No window that leaves fewer origins than others: the fewer, the more easily one does well by chance.
    windows = [window for window in windows if window <= max(longest // 2, start, 1)]
    observed = [None] * len(series) if observed is None else observed
    best, choice = np.inf, (Decomposition(), with_log[0])
    for seasons, smoothing, log in product(sets, SMOOTHING, with_log):
        if not seasons and smoothing < 1:
            continue
        apart = [Decomposition(seasons, smoothing).apply(np.log(x) if log else x) for x in series]
        for window in windows:
            errors = [
                _past_error(x, rest, parts, seasons, window, horizon, start, log, seen)
                for x, (rest, parts), seen in zip(series, apart, observed, strict=True)
            ]
            error = np.nanmean(errors) if np.isfinite(errors).any() else np.inf
            if error < best:
                best, choice = error, (Decomposition(seasons, smoothing, window), log)
    return choice


def _judged_part(sets, longest, horizon):
    """Return the seasons that can be judged, the first origin to judge them from, and the steps ahead."""
    fitting = [seasons for seasons in sets if _fits(seasons, longest, horizon)]
    shortest = Decomposition(min(filter(None, sets), key=sum, default=()))
    # From fewer origins than a season has steps it may look bad by chance: it is judged from its second time on.
    if any(fitting) and longest - shortest.first_row - horizon >= shortest.unknown:
        return fitting, max(Decomposition(seasons).first_row for seasons in fitting), horizon
    if not shortest.seasons or longest <= shortest.first_row:
        return [()], 0, horizon
    start = shortest.unknown + 1
    known = [seasons for seasons in sets if seasons in ((), shortest.seasons)]
    return known, start, min(horizon, (longest - start + 1) // 2)


def _fits(seasons, longest, horizon):
    """Whether the longest series shows enough of the seasons to judge them."""
    spare = longest - Decomposition(seasons).first_row - horizon
    return spare >= (1 if len(seasons) <= 1 else max(horizon, longest // 4))


def _level_windows(season):
    """List level windows to try: none much longer than the shortest season, so that a level can change."""
    return sorted({1, min(3, season), max(1, season // 2), season, 2 * season})


def _past_error(x, rest, parts, seasons, window, horizon, start, log, observed=None):
    """Mean absolute error from past origins, in mean changes of the series; NaN without any origin."""
    first = max(len(x) // 2, start, window)
    origins = np.arange(first, len(x) - horizon + 1)[-MAX_ORIGINS:]
    changes, rows = np.abs(np.diff(x)), origins[:, None] + np.arange(horizon)
    if observed is not None:
        changes, scored = changes[observed[1:] & observed[:-1]], observed[rows]
    unit = changes.mean() if len(changes) else 0.0
    if not len(origins) or unit == 0 or (observed is not None and not scored.any()):
        return np.nan
    level = window_means(rest, origins, np.full(len(origins), window))
    forecast = level[:, None] + seasonal_future(parts, seasons, origins, horizon)
    errors = np.abs((np.exp(forecast) if log else forecast) - x[rows])
    return (errors if observed is None else errors[scored]).mean() / unit
