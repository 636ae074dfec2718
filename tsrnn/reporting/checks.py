"""Checks of forecasts: copies of past values, and flat lines."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn.reporting.errors import mean_by

NEAR = 0.5  # Distance to a past value, in distances to the truth and in units, below which a forecast repeats it ...
GAIN = 0.05  # ... unless it saves more than this share of the error that the past value itself would make.
FLAT = 0.1  # Mean deviation from the mean of a window, in those of the truth, below which a forecast is a flat line.
MIN_ROWS, MIN_SHARE = 20, 0.25  # Rows that a lag is judged by: at least so many, and this share of all.
LAGGED_VALUES = 2**24  # Bounds the lags that are tried on large tables.
PAST = {"naive": "last value", "seasonal_naive": "last season"}


class Copy(NamedTuple):
    """The past value that a forecast is nearest to.

    Attributes
    ----------
    past : str
        ``"last value"``, ``"last season"`` or, for example, ``"value 5 steps before"``.
    distance : float
        Mean distance of the forecast to it, in mean distances of the forecast to the truth.
    is_copy : bool
        Whether the forecast repeats it.
    series : float
        Share of the series in which it repeats this or another past value.
    """

    past: str
    distance: float
    is_copy: bool
    series: float


def find_copy(backtest, units, name):
    """Find the past value that a forecast repeats.

    A forecast is a copy if its distance to a past value is less than half of that to the truth and of the mean change
    from step to step, and if it does not save a twentieth of the error that this value makes: a forecast that is right
    to stay near the last value gains by the rest.

    Parameters
    ----------
    backtest : Backtest
    units : ndarray of shape (n_series,)
        Units of errors.
    name : str
        The forecaster.

    Returns
    -------
    Copy
        Of several values that it repeats, or of none, the nearest.
    """
    unit = units[backtest.series]
    forecast, truth = backtest.forecasts[name] / unit, backtest.truth / unit
    enough = max(MIN_ROWS, MIN_SHARE * np.count_nonzero(~np.isnan(truth)))
    found, copied = [], np.zeros(len(units), dtype=bool)
    for past, values in _past_values(backtest):
        known = ~np.isnan(truth) & ~np.isnan(values)
        counts = np.bincount(backtest.series[known], minlength=len(units))
        if past not in PAST.values():
            if counts.sum() < enough:
                continue
            counts = counts // MIN_ROWS
        values = np.where(known, values / unit, np.nan)
        pairs = [(forecast, values), (forecast, truth + 0 * values), (values, truth)]
        parts = [mean_by(backtest.series, np.abs(one - other)) for one, other in pairs]
        near, error, error_of_past = (np.nanmean(part) for part in parts)
        distance = float(near / error) if error > 0 else np.inf
        copied |= _repeats(*parts) & (counts > 0)
        found.append((not _repeats(near, error, error_of_past), distance, past))
    differs, distance, past = min(found, key=lambda entry: entry[:2])
    return Copy(past, distance, not differs, float(copied.mean()))


def _repeats(near, error, error_of_past):
    return (near < NEAR * np.minimum(error, 1)) & (error > (1 - GAIN) * error_of_past)


def _past_values(backtest):
    """Yield past values by name: those that naive forecasts repeat, and those of each lag from the horizon on.

    The table has truths of earlier windows, and the last values known at the cutoffs. They stand one step apart as long
    as each cutoff is a stamp of an earlier window.
    """
    yield from ((PAST[name], backtest.forecasts[name]) for name in PAST)
    n = len(backtest.truth)
    stamps = pd.factorize(backtest.times.append(backtest.cutoffs), sort=True)[0]
    keys = np.tile(backtest.series, 2) * (stamps.max() + 1) + stamps
    distinct, first = np.unique(keys, return_index=True)  # of a row and a cutoff, the row
    values = np.concatenate([backtest.truth, backtest.forecasts["naive"]])[first]
    run = np.cumsum(first >= n)  # each begins at a cutoff that no window before has reached
    position = np.searchsorted(distinct, keys[:n])
    horizon, longest = int(backtest.steps.max()), int(np.bincount(run).max())
    for lag in range(horizon, min(longest, horizon + LAGGED_VALUES // n)):
        before = np.maximum(position - lag, 0)
        is_known = (position >= lag) & (run[before] == run[position])
        yield f"value {lag} steps before", np.where(is_known, values[before], np.nan)


def find_flatness(backtest, units, name):
    """Return how much a forecast moves, compared with the truth.

    Parameters
    ----------
    backtest : Backtest
    units : ndarray of shape (n_series,)
        Units of errors.
    name : str
        The forecaster.

    Returns
    -------
    movement : float
        Mean absolute deviation of the forecast from its mean over each window, in those of the truth; over each
        series if windows have a single step. NaN if the truth does not move.
    is_flat : bool
    series : float
        Share of the series in which the forecast is flat.
    """
    groups = backtest.windows if backtest.steps.max() > 1 else backtest.series
    unit = np.where(backtest.observed, units[backtest.series], np.nan)
    moves, all_moves = (
        mean_by(backtest.series, np.abs(values - mean_by(groups, values)[groups]))
        for values in (backtest.forecasts[name] / unit, backtest.truth / unit)
    )
    movement, all_movement = np.nanmean(moves), np.nanmean(all_moves)
    if not all_movement > 0:
        return np.nan, False, 0.0
    return (
        float(movement / all_movement),
        bool(movement < FLAT * all_movement),
        float(np.mean(moves < FLAT * all_moves)),
    )
