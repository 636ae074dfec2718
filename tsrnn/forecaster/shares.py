"""Smoothing beside the models, and the share of each in the forecast.

Means of forecasts that err in different ways are better than the best of them, and equal shares are hard to beat (Bates
and Granger 1969, The Combination of Forecasts; Smith and Wallis 2009, A Simple Explanation of the Forecast Combination
Puzzle). Where few windows tell, the median is safer than a mean.
"""

import numpy as np

from tsrnn.backends.smoothing import ETS, THETA
from tsrnn.learners.smoothing import Smoothing
from tsrnn.scaling import series_units
from tsrnn.windows import offsets_of, rows_of, thin

METHODS = {"ets": ETS, "theta": THETA}
POWER = 6.0  # Of the inverse errors, as many as there are for certain.
MIN_FORECASTS = 20  # Fewest held-out forecasts, none over steps of another, that tell; with as many, half the power.
MAX_JUDGED = 3_000  # Most held-out windows that are forecast.


def fit_smoothing(values, offsets, season_lengths, n_jobs):
    """Fit exponential smoothing and the Theta method to each series; see :meth:`Smoothing.fit`."""
    return {name: Smoothing.fit(method, values, offsets, season_lengths, n_jobs) for name, method in METHODS.items()}


def choose_shares(recipe, batch, forecast, season_lengths, plan):
    """Choose the shares of models and smoothing by their errors on held-out windows.

    Parameters
    ----------
    recipe : Recipe
        Of the models.
    batch : Batch
        Windows of all series.
    forecast : callable
        From a `Batch` to forecasts of models that were not fitted to held-out windows, in units of their series.
    season_lengths : tuple of int
        Seasons of smoothing.
    plan : Plan
        What is fitted.

    Returns
    -------
    tuple of float, or None
        Share of the models and of each kind of smoothing; None if too few windows are held out.
    """
    _, held_out = batch.split(plan.validation_fraction)
    n_forecasts = len(held_out) * recipe.stride / batch.size.horizon
    if n_forecasts < MIN_FORECASTS:
        return None
    k = batch.all_channels(thin(batch.first_channel(held_out), MAX_JUDGED))
    part, truth = batch.subset(k), batch.targets(k)
    table, windows = batch.rows, part.windows
    after = windows.origins[:, None] + np.arange(batch.size.horizon)
    of_models = table.scaled[after] + part.units[:, None] * (forecast(part) - truth)
    forecasts = [recipe.scaler.restore(of_models, windows.series)]
    # Smoothing is fitted to the rows before the first held-out window of each series, and moves on from there.
    known = np.diff(table.offsets)
    np.minimum.at(known, windows.series, windows.seen)
    before = table.values[rows_of(table.offsets[:-1], known)]
    for smoothing in fit_smoothing(before, offsets_of(known), season_lengths, plan.options.n_jobs).values():
        forecasts.append(
            smoothing.forecast(table.values, table.offsets, windows.series, windows.seen, batch.size.horizon)
        )
    units = series_units(table.values, table.offsets, recipe.season, table.observed)[windows.series]
    counted = np.isfinite(truth) & recipe.smoothed[windows.series, None]
    if not counted.any():
        return None
    errors = np.array([np.mean((np.abs(f - table.values[after]) / units[:, None])[counted]) for f in forecasts])
    power = POWER * n_forecasts / (n_forecasts + MIN_FORECASTS)
    weights = np.maximum(errors / errors.min(), 1.0) ** -power if errors.min() > 0 else (errors == 0).astype(float)
    return tuple((weights / weights.sum()).tolist())
