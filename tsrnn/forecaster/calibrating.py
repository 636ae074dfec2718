"""From fitted models to the uncertainty of their forecasts: spreads of each series, and scores of past forecasts."""

from dataclasses import replace

import numpy as np
from scipy.stats import t as student_t

from tsrnn.forecaster.calibration import DF, N_USUAL, Calibration
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.spreads import N_REFITS, OwnSpreads, Spreads, fit_power
from tsrnn.forecaster.uncertainty import Uncertainty
from tsrnn.learners.smoothing import Smoothing
from tsrnn.scaling import MIN_UNIT
from tsrnn.windows import Origins, offsets_of, rows_of, thin

MAX_SCORED = 512  # Most origins that are scored.
N_HALF = 20.0  # Windows, none over steps of another, from which on the networks tell more than each series does.
FULL_TRUST = 0.9  # From here on the networks alone tell.
MIN_REFIT = 6  # Fewest observations of a refit.


def calibrate(ensemble, batch, estimate, plan):
    """Return an ensemble with the uncertainty of its forecasts.

    Parameters
    ----------
    ensemble : Ensemble
        The models.
    batch : Batch
        Windows of all series, of the first model.
    estimate : learner
        One that stands for the models, and with early stopping was not fitted to held-out windows.
    plan : Plan
        What was fitted.

    Returns
    -------
    Ensemble
    """
    table, horizon, n_jobs = batch.rows, plan.horizon, plan.options.n_jobs
    training, scored = batch.split(plan.validation_fraction)
    judged = ensemble
    if plan.early_stopping and len(scored):
        seen = np.diff(table.offsets)
        np.minimum.at(seen, batch.series[scored], batch.windows.seen[scored])
        judged = replace(ensemble, members=(Model(ensemble.best.recipe, estimate),)).fit_again(table, seen, n_jobs)
    else:
        training = np.flatnonzero(batch.weights)
    n_training = len(batch.first_channel(training))
    recipe = ensemble.best.recipe
    n_independent = n_training / horizon
    trust = n_independent / (n_independent + N_HALF)
    trust = 1.0 if trust >= FULL_TRUST else trust
    has_scales = ensemble.best.has_scales
    windows = batch.windows.subset(batch.all_channels(thin(batch.first_channel(scored), MAX_SCORED)))
    windows = windows.subset(windows.seen + horizon <= np.diff(table.offsets)[windows.series])
    errors, learned = _errors(judged, table, Origins(windows.series, windows.seen), horizon, n_jobs)
    lengths = np.diff(table.offsets)[windows.series]
    ages = lengths - horizon - windows.seen
    if not np.isfinite(errors).any():
        trust = 0.0
    told = recipe.pass_steps if has_scales else 1
    own = _own_spreads(ensemble, batch, table, errors, windows.series, trust, horizon, n_jobs)
    factor = 1.0
    if trust:
        spreads = Spreads(own, 1.0, 1.0, told).at(windows.series, learned)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = errors / spreads
        ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
        n = len(windows) / batch.size.n_channels / horizon
        if len(ratios):
            factor = float(np.median(ratios) / student_t.ppf(0.75, DF)) ** (n / (n + N_USUAL) if has_scales else 1.0)
    spreads = Spreads(own, trust, factor, told)
    scores = _score(errors, spreads.at(windows.series, learned))
    calibration = Calibration.of(scores, ages)
    lengths = np.maximum(np.diff(table.offsets) - horizon, 0)
    smoothing = {
        name: one.follow(table.values, table.offsets, n_jobs, lengths)
        for name, one in ensemble.smoothing.items()
    }
    return replace(ensemble, uncertainty=Uncertainty(spreads, calibration, smoothing))


def _errors(ensemble, table, origins, horizon, n_jobs):
    """Return absolute errors of forecasts, of scaled values, and the spreads that networks tell.

    NaN where a value was not observed, or the series does not change.
    """
    if not len(origins.series):
        return np.empty((0, horizon)), np.empty((0, horizon))
    recipe = ensemble.best.recipe
    forecasts, learned = ensemble.forecast_with_spreads(table, horizon, n_jobs, origins)
    steps = origins.seen[:, None] + np.arange(horizon)
    known = steps < np.diff(table.offsets)[origins.series, None]
    rows = table.offsets[origins.series, None] + np.where(known, steps, 0)
    if table.observed is not None:
        known &= table.observed[rows]
    known &= (recipe.units > MIN_UNIT)[origins.series, None]
    errors = np.abs(recipe.scaler.scale(forecasts, origins.series) - table.scaled[rows])
    return np.where(known, errors, np.nan), learned


def _score(errors, spreads):
    return errors / np.maximum(spreads, np.finfo(float).tiny)


def _own_spreads(ensemble, batch, table, errors, series, trust, horizon, n_jobs):
    """Return the spreads of each series by itself, where the networks do not tell all."""
    recipe, n_series = ensemble.best.recipe, len(table.offsets) - 1
    _, growth = fit_power(errors, np.zeros(len(errors)))
    sizes, growths = np.full(n_series, np.nan), np.full(n_series, growth)
    wanted = np.ones(n_series, bool) if trust < 1 else np.bincount(batch.series, minlength=n_series) == 0
    if ensemble.smoothing:
        wanted_now = np.flatnonzero(wanted & recipe.smoothed)
        for i, (size, exponent) in _refit(ensemble, table, wanted_now, horizon, n_jobs).items():
            sizes[i], growths[i] = size, exponent
    for i in np.flatnonzero(wanted & np.isnan(sizes)):
        k = np.flatnonzero(batch.series == i)[-N_REFITS:]
        if len(k):
            some = np.abs(batch.targets(k)) * batch.units[k, None]
            size, exponent = fit_power(some, np.arange(len(k))[::-1])
            sizes[i], growths[i] = size, exponent
    sizes = np.where(np.isnan(sizes), recipe.units, sizes)
    return OwnSpreads(sizes, growths)


def _refit(ensemble, table, series, horizon, n_jobs):
    """Fit smoothing to the beginnings of some series, and return the powers of their errors."""
    if not len(series):
        return {}
    recipe, lengths = ensemble.best.recipe, np.diff(table.offsets)
    kinds = list(ensemble.smoothing.values())
    longest = int(kinds[0].season_lengths.max())
    first = np.maximum(lengths[series] - N_REFITS, max(MIN_REFIT, 2 * longest + 4 if longest > 1 else 0))
    counts = np.maximum(lengths[series] - first, 0)
    of, seen = np.repeat(series, counts), rows_of(first, counts)
    if not len(of):
        return {}
    values, offsets = table.values[rows_of(table.offsets[of], seen)], offsets_of(seen)
    forecasts = 0.0
    for one in kinds:
        fit = Smoothing.fit(one.method, values, offsets, one.season_lengths, n_jobs, one.log)
        forecasts = forecasts + fit.forecast(values, offsets, np.arange(len(of)), seen, horizon, n_jobs) / len(kinds)
    steps = seen[:, None] + np.arange(horizon)
    known = steps < lengths[of, None]
    rows = table.offsets[of, None] + np.where(known, steps, 0)
    if table.observed is not None:
        known &= table.observed[rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.abs(recipe.scaler.scale(forecasts, of) - table.scaled[rows])
    errors = np.where(known, errors, np.nan)
    bounds = np.searchsorted(of, series), np.searchsorted(of, series, side="right")
    return {
        i: fit_power(errors[a:b], np.arange(b - a)[::-1]) for i, a, b in zip(series, *bounds, strict=True) if b > a
    }
