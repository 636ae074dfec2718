"""Smoothing beside the models, and the share of each in the forecast.

Means of forecasts that err in different ways are better than the best of them, and equal shares are hard to beat (Bates
and Granger 1969, The Combination of Forecasts; Smith and Wallis 2009, A Simple Explanation of the Forecast Combination
Puzzle). The fewer windows tell, the nearer are shares to equal ones, and the forecast to the median, which one member
that errs far does not move.
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
MIN_FORECASTS = 20  # Fewest held-out forecasts, none over steps of another, that tell by these powers.
# Of fewer, for each of them. Of a short series smoothing knows more than models that are trained: their share is drawn
# towards less.
POWER_OF_FORECAST, AGAINST_MODELS = 2.0, 2.0
# Least part of the error that smoothing must save beside linear components, which stand for models that are better.
MIN_GAIN = 0.02
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
    shares : tuple of float
        Share of the models and of each kind of smoothing. If too few windows are held out, usual ones of many series,
        whose models have learned from all of them. Of the models alone to leave smoothing out, where it saves too
        little, and of joint channels: what one of them tells of another it cannot know, and too little is held out to
        see that.
    mean_share : float
        Share of the mean by these in the forecast; the rest is that of the median.
    """
    training, held_out = batch.split(plan.validation_fraction)
    n_forecasts, trials = len(held_out) * recipe.stride / batch.size.horizon, _simplex(1 + len(METHODS))
    if not len(training):
        n_forecasts = 0.0  # Models that are not trained tell nothing of those that are.
    if n_forecasts < MIN_FORECASTS and recipe.n_channels > 1:
        return (1.0,), 1.0
    if n_forecasts < MIN_FORECASTS and batch.rows.n_series >= MANY_SERIES:
        return USUAL_SHARES, 1.0
    k = batch.all_channels(thin(batch.first_channel(held_out), MAX_JUDGED))
    part, truth, table = batch.subset(k), batch.targets(k), batch.rows
    counted = np.isfinite(truth) & recipe.smoothed[part.series, None]
    if not counted.any():
        shares = _weigh(np.zeros(len(trials)), 0.0, trials)
        return (USUAL_SHARES, 1.0) if batch.rows.n_series >= MANY_SERIES else (shares, 0.0)
    units = series_units(table.values, table.offsets, recipe.season, table.observed)[part.series, None]
    units = np.where(units > 0, units, 1.0)  # A season that repeats itself has no changes to measure errors by.
    after = part.windows.origins[:, None] + np.arange(batch.size.horizon)
    smoothed = np.array(_smoothed(table, part.windows, batch.size.horizon, season_lengths, log, plan))
    scaled = (smoothed / units)[:, counted]
    target = (table.values[after] / units)[counted]
    forecast = table.scaled[after] + part.units[:, None] * (model.predict(part, plan.options.n_jobs) - truth)
    members = np.stack([(recipe.scaler.restore(forecast, part.series) / units)[counted], *scaled])
    errors = np.array([np.mean(np.abs(shares @ members - target)) for shares in trials])
    if n_forecasts < MIN_FORECASTS:
        return _weigh(errors, POWER_OF_FORECAST * n_forecasts, trials), n_forecasts / (n_forecasts + 1)
    alone = errors[np.argmax(trials[:, 0])]
    if not plan.early_stopping and errors.min() > (1 - MIN_GAIN) * alone:
        return (1.0,), 1.0
    power = POWER + POWER_OF_PERIOD * n_forecasts / len(np.unique(batch.series[held_out]))
    return _weigh(errors, power, trials, against_models=0.0), 1.0


def _weigh(errors, power, trials, against_models=AGAINST_MODELS):
    """Return the mean of shares that are tried, weighted by a power of their inverse errors."""
    with np.errstate(over="ignore"):
        ratios = np.maximum(errors / max(errors.min(), np.finfo(float).tiny), 1.0)
    weights = ratios**-power * np.exp(-against_models * trials[:, 0])
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
