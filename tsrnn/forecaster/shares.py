"""Smoothing beside the models, and the share of each in the forecast.

Means of forecasts that err in different ways are better than the best of them, and equal shares are hard to beat (Bates
and Granger 1969, The Combination of Forecasts; Smith and Wallis 2009, A Simple Explanation of the Forecast Combination
Puzzle). Where few windows tell, the median is safer than a mean.
"""

import numpy as np

from tsrnn.backends.smoothing import ETS, THETA
from tsrnn.forecaster.plan import MANY_SERIES
from tsrnn.learners.smoothing import Smoothing
from tsrnn.scaling import series_units
from tsrnn.windows import offsets_of, rows_of, thin

METHODS = {"ets": ETS, "theta": THETA}
STEPS = 10  # Shares that are tried are multiples of 1 / STEPS.
# Powers of the inverse error: weights of the shares that are tried, in the mean of them that is taken. Series err alike
# in one period, so that more is known from several periods than from as many series.
POWER, POWER_OF_PERIOD = 50.0, 10.0
MIN_FORECASTS = 20  # Fewest held-out forecasts, none over steps of another, that tell.
USUAL_SHARES = (0.5, 0.25, 0.25)
MIN_LOG_LENGTH = 48
MAX_JUDGED = 2_000  # Most held-out windows that are forecast.


def fit_smoothing(values, offsets, season_lengths, n_jobs, log=False):
    """Fit exponential smoothing and the Theta method to each series; see :meth:`Smoothing.fit`."""
    return {
        name: Smoothing.fit(method, values, offsets, season_lengths, n_jobs, log) for name, method in METHODS.items()
    }


def smooths_logarithms(recipe, lengths):
    """Tell whether smoothing is of logarithms.

    Trends of logarithms run away where little is known of them. So they are smoothed only where the models have chosen
    them for few series, which tell by themselves, of ordinarily enough observations.
    """
    return recipe.scaler.log and len(lengths) < MANY_SERIES and np.median(lengths) >= MIN_LOG_LENGTH


def choose_shares(recipe, batch, model, season_lengths, log, plan):
    """Choose the shares of models and smoothing by their errors on held-out windows.

    Parameters
    ----------
    recipe : Recipe
        Of the models.
    batch : Batch
        Windows of all series.
    model : learner
        One that stands for the models and was not fitted to held-out windows.
    season_lengths : tuple of int
        Seasons of smoothing.
    log : bool
        Whether smoothing is of logarithms.
    plan : Plan
        What is fitted.

    Returns
    -------
    tuple of float, or None
        Share of the models and of each kind of smoothing. If too few windows are held out, usual ones of many series,
        whose models have learned from all of them, and None of few.
    """
    _, held_out = batch.split(plan.validation_fraction)
    n_forecasts = len(held_out) * recipe.stride / batch.size.horizon
    untold = USUAL_SHARES if batch.rows.n_series >= MANY_SERIES else None
    if n_forecasts < MIN_FORECASTS:
        return untold
    k = batch.all_channels(thin(batch.first_channel(held_out), MAX_JUDGED))
    part, truth, table = batch.subset(k), batch.targets(k), batch.rows
    counted = np.isfinite(truth) & recipe.smoothed[part.series, None]
    if not counted.any():
        return untold
    units = series_units(table.values, table.offsets, recipe.season, table.observed)[part.series, None]
    units = np.where(units > 0, units, 1.0)  # A season that repeats itself has no changes to measure errors by.
    after = part.windows.origins[:, None] + np.arange(batch.size.horizon)
    smoothed = np.array(_smoothed(table, part.windows, batch.size.horizon, season_lengths, log, plan))
    scaled = (smoothed / units)[:, counted]
    target, trials = (table.values[after] / units)[counted], _simplex(1 + len(METHODS))
    forecast = table.scaled[after] + part.units[:, None] * (model.predict(part, plan.options.n_jobs) - truth)
    members = np.stack([(recipe.scaler.restore(forecast, part.series) / units)[counted], *scaled])
    errors = np.array([np.mean(np.abs(shares @ members - target)) for shares in trials])
    power = POWER + POWER_OF_PERIOD * n_forecasts / len(np.unique(batch.series[held_out]))
    weights = np.maximum(errors / max(errors.min(), np.finfo(float).tiny), 1.0) ** -power
    return tuple((weights @ trials / weights.sum()).tolist())


def _smoothed(table, windows, horizon, season_lengths, log, plan):
    """Forecast windows by smoothing that was fitted to the rows before the first of them of each series."""
    known = np.diff(table.offsets)
    np.minimum.at(known, windows.series, windows.seen)
    before = table.values[rows_of(table.offsets[:-1], known)]
    fits = fit_smoothing(before, offsets_of(known), season_lengths, plan.options.n_jobs, log)
    return [
        fit.forecast(table.values, table.offsets, windows.series, windows.seen, horizon, plan.options.n_jobs)
        for fit in fits.values()
    ]


def _simplex(n):
    """Return all shares of ``n`` members in steps: of shape (n_trials, n), rows with a sum of 1."""
    steps = np.stack(np.meshgrid(*[np.arange(STEPS + 1)] * n, indexing="ij"), axis=-1).reshape(-1, n)
    return steps[steps.sum(axis=1) == STEPS] / STEPS
