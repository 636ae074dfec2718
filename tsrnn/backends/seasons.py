"""Seasons of one series for smoothing kernels: classical decomposition, and the test of the M competitions."""

import math

import numpy as np

from tsrnn.backends.compilation import never_inline

CRITICAL_VALUE = 1.645  # One-sided 95 % point of the normal distribution, as rounded by the M competitions.


@never_inline
def fill_gaps(values, start, n, season_length, filled):
    """Copy a series; a missing value is the mean of the nearest ones of its phase before and after it."""
    for t in range(n):
        filled[t] = values[start + t]
        if not math.isnan(values[start + t]):
            continue
        total, count = 0.0, 0
        for step in (-season_length, season_length):
            i = t + step
            while 0 <= i < n and math.isnan(values[start + i]):
                i += step
            if 0 <= i < n:
                total += values[start + i]
                count += 1
        filled[t] = total / count if count else np.nan


@never_inline
def classical_season(filled, n, season_length, season, counts):
    """Write the mean deviations from the centred moving average by phase, of mean zero; tell whether each has one."""
    half = season_length // 2
    ends = 0.5 if season_length % 2 == 0 else 1.0
    for phase in range(season_length):
        season[phase] = counts[phase] = 0.0
    for t in range(half, n - half):
        total = ends * (filled[t - half] + filled[t + half])
        for i in range(t - half + 1, t + half):
            total += filled[i]
        deviation = filled[t] - total / season_length
        if not math.isnan(deviation):
            season[t % season_length] += deviation
            counts[t % season_length] += 1.0
    mean = 0.0
    for phase in range(season_length):
        if counts[phase] == 0:
            return False
        season[phase] /= counts[phase]
        mean += season[phase] / season_length
    for phase in range(season_length):
        season[phase] -= mean
    return True


@never_inline
def has_season(filled, n, mean, season_length):
    """Tell whether the autocorrelation at the season is beyond its band; `naive2` asks the same of three seasons."""
    variance, squares, correlation = 0.0, 0.0, 0.0
    for lag in range(season_length + 1):
        total = 0.0
        for t in range(lag, n):
            product = (filled[t] - mean) * (filled[t - lag] - mean)
            total += 0.0 if math.isnan(product) else product
        if lag == 0:
            variance = total
        correlation = total / variance
        if 0 < lag < season_length:
            squares += correlation**2
    return correlation > CRITICAL_VALUE * math.sqrt((1 + 2 * squares) / n)
