"""From fitted models to the uncertainty of their forecasts: spreads of each series, and scores of past forecasts."""

from dataclasses import replace

import numpy as np
from scipy.stats import t as student_t

from tsrnn.forecaster.calibration import DF, N_USUAL, Calibration
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.past_errors import MAX_SCORED, distances, errors_of, score
from tsrnn.forecaster.spreads import N_REFITS, OwnSpreads, Spreads, fit_power
from tsrnn.forecaster.uncertainty import Uncertainty
from tsrnn.learners.smoothing import Smoothing
from tsrnn.windows import Origins, offsets_of, rows_of, thin

N_HALF = 20.0  # Windows, none over steps of another, from which on networks tell more than each series does.
N_LONG = 10.0  # The same of a single series of many, from which on networks tell all.
OWN_SHARE = 0.5  # Of the spreads of each series by itself, in a panel of short series.
FULL_TRUST = 0.9  # From here on networks tell all.
MIN_REFIT = 6  # Fewest observations of a refit.
MAX_REFIT_VALUES = 4_000_000  # Most values of all refits.
MIN_REFITS = 4  # Of a series, however many there are.


def calibrate(ensemble, batch, linear, estimate, plan):
    """Return an ensemble with the uncertainty of its forecasts.

    Parameters
    ----------
    ensemble : Ensemble
        The models.
    batch : Batch
        Windows of all series, of the first model.
    linear : tuple of learner or None
        Linear components, fitted to the training windows and to all.
    estimate : learner
        One that stands for the models, and with early stopping was not fitted to held-out windows.
    plan : Plan
        What was fitted.

    Returns
    -------
    Ensemble
    """
    table, horizon, n_jobs = batch.rows, plan.horizon, plan.options.n_jobs
    recipe = ensemble.best.recipe
    training, scored = batch.split(plan.validation_fraction)
    k = batch.all_channels(thin(batch.first_channel(scored), MAX_SCORED))
    windows = batch.windows.subset(k[batch.windows.seen[k] + horizon <= np.diff(table.offsets)[batch.series[k]]])
    origins, lengths = Origins(windows.series, windows.seen), np.diff(table.offsets)
    seen = lengths.copy()
    np.minimum.at(seen, windows.series, windows.seen)

    def stand_in(learner, fits_again):
        models = (Model(recipe, learner),) if learner is not None else ensemble.members
        other = replace(ensemble, members=models)
        return other.fit_again(table, seen, n_jobs) if fits_again else other

    if plan.early_stopping:
        errors, learned = errors_of(stand_in(estimate, True), table, origins, horizon, n_jobs)
    else:
        training = np.flatnonzero(batch.weights)
        errors, learned = errors_of(ensemble, table, origins, horizon, n_jobs)
        outside, _ = errors_of(stand_in(linear[0], True), table, origins, horizon, n_jobs)
        inside, _ = errors_of(stand_in(linear[1], False), table, origins, horizon, n_jobs)
        errors = errors * _optimism(outside, inside, recipe.units[origins.series, None])
    trust = _trust(batch, training, horizon) if np.isfinite(errors).any() else np.zeros(table.n_series)
    told = recipe.pass_steps if ensemble.best.has_scales else 1
    own = _own_spreads(ensemble, batch, errors, windows.series, trust, horizon, n_jobs)
    factor = _factor(errors, Spreads(own, np.ones(table.n_series), 1.0, told).at(windows.series, learned), ensemble)
    spreads = Spreads(own, trust, factor, told)
    calibration = Calibration.of(
        score(errors, spreads.at(windows.series, learned)), lengths[windows.series] - horizon - windows.seen
    )
    behind = np.maximum(lengths - horizon, 0)
    smoothing = {
        name: one.follow(table.values, table.offsets, n_jobs, behind) for name, one in ensemble.smoothing.items()
    }
    return replace(ensemble, uncertainty=Uncertainty(spreads, calibration, smoothing, lengths))


def _trust(batch, training, horizon):
    """Return the share of the spreads that networks tell, for each series."""
    counts = np.bincount(batch.series[training], minlength=batch.rows.n_series) / horizon
    total = counts.sum() / batch.size.n_channels
    trust = total / (total + N_HALF)
    trust = 1.0 if trust >= FULL_TRUST else trust
    return trust * (1 - OWN_SHARE * np.maximum(1 - counts / N_LONG, 0.0))


def _optimism(outside, inside, units):
    """Return by how much errors are larger for windows that models were not fitted to."""
    known = np.isfinite(outside) & np.isfinite(inside)
    if not known.any():
        return 1.0
    unit = np.broadcast_to(units, outside.shape)[known]
    smallest = np.finfo(float).tiny
    ratio = np.median(outside[known] / unit) / max(np.median(inside[known] / unit), smallest)
    # Half of it, on the scale of logarithms: what was fitted to fewer windows is worse by that, too.
    return max(np.sqrt(ratio), 1.0)


def _factor(errors, spreads, ensemble):
    """Return the factor of the spreads that networks tell."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = errors / spreads
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    if not len(ratios):
        return 1.0
    n = len(ratios) / ensemble.best.recipe.n_channels / errors.shape[1] ** 2
    power = n / (n + N_USUAL) if ensemble.best.has_scales else 1.0
    return float(np.median(ratios) / student_t.ppf(0.75, DF)) ** power


def _own_spreads(ensemble, batch, errors, series, trust, horizon, n_jobs):
    """Return the spreads of each series by itself, where networks do not tell all."""
    recipe, table = ensemble.best.recipe, batch.rows
    _, growth = fit_power(errors, np.zeros(len(errors)))
    sizes, growths = np.full(table.n_series, np.nan), np.full(table.n_series, growth)
    wanted = (trust < 1) | (np.bincount(batch.series, minlength=table.n_series) == 0)
    if ensemble.smoothing:
        for i, (size, exponent) in _refit(ensemble, table, np.flatnonzero(wanted & recipe.smoothed), horizon, n_jobs):
            sizes[i], growths[i] = size, exponent
    for i in np.flatnonzero(wanted & np.isnan(sizes)):
        k = np.flatnonzero(batch.series == i)[-N_REFITS:]
        if len(k):
            errors = np.abs(batch.targets(k)) * batch.units[k, None]
            sizes[i], growths[i] = fit_power(errors, np.arange(len(k))[::-1])
    return OwnSpreads(np.where(np.isnan(sizes), recipe.units, sizes), growths)


def _refit(ensemble, table, series, horizon, n_jobs):
    """Fit smoothing to the beginnings of some series, and yield each with the power of its errors."""
    lengths, kinds = np.diff(table.offsets), list(ensemble.smoothing.values())
    longest = int(kinds[0].season_lengths.max())
    n_refits = int(np.clip(MAX_REFIT_VALUES / max(lengths[series].sum(), 1), MIN_REFITS, N_REFITS))
    first = np.maximum(lengths[series] - n_refits, MIN_REFIT if longest == 1 else 2 * longest + MIN_REFIT - 2)
    counts = np.maximum(lengths[series] - first, 0)
    origins = Origins(np.repeat(series, counts), rows_of(first, counts))
    if not len(origins.series):
        return
    rows = rows_of(table.offsets[origins.series], origins.seen)
    values, offsets, total = table.values[rows], offsets_of(origins.seen), 0.0
    for one in kinds:
        fit = Smoothing.fit(one.method, values, offsets, one.season_lengths, n_jobs, one.log)
        total = total + fit.forecast(values, offsets, np.arange(len(origins.seen)), origins.seen, horizon, n_jobs)
    errors = distances(ensemble.best.recipe, table, origins, total / len(kinds))
    for i, stop, count in zip(series, np.cumsum(counts), counts, strict=True):
        if count:
            yield i, fit_power(errors[stop - count : stop], np.arange(count)[::-1])
