"""From fitted models to the uncertainty of their forecasts: spreads of each series, and scores of past forecasts."""

from dataclasses import replace

import numpy as np
from scipy.stats import t as student_t

from tsrnn.forecaster.calibration import DF, N_USUAL, Calibration
from tsrnn.forecaster.dependence import Dependence
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.past_errors import MAX_SCORED, MAX_TOGETHER, compare, errors_of, score
from tsrnn.forecaster.spreads import N_REFITS, OwnSpreads, Spreads, fit_power
from tsrnn.forecaster.uncertainty import Uncertainty
from tsrnn.learners.smoothing import follow_all
from tsrnn.scaling import MIN_UNIT
from tsrnn.windows import Origins, offsets_of, rows_of, thin

N_HALF = 20.0  # Windows, none over steps of another, from which on networks tell more than each series does.
N_LONG = 10.0  # The same of a single series of many, from which on networks tell all.
OWN_SHARE = 0.5  # Of the spreads of each series by itself, in a panel of short series.
FULL_TRUST = 0.9  # From here on networks tell all.
MIN_REFIT = 6  # Fewest observations of a refit.
MAX_REFIT_VALUES = 1_500_000  # Most values of all refits.
MAX_REFIT_SERIES = 1_000
SMALLEST = 0.05  # Spread, in ordinary changes over a season: a series that has changed may change again.
SINGLE = 0.25  # Of its value, spread of a series of a single one.
MIN_ORIGINS = 32  # Fewest origins from which the errors of series that are drawn together are known.
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
    training, scored = batch.split(plan.validation_fraction)
    if not plan.early_stopping:
        training = np.flatnonzero(batch.weights)
    lengths = np.diff(table.offsets)
    origins, ages = _choose_origins(batch.windows.subset(scored), lengths, horizon)
    errors, learned = _past_errors(ensemble, table, origins, horizon, (linear, estimate), plan)
    trust = _trust(batch, training, horizon) if np.isfinite(errors).any() else np.zeros(table.n_series)
    own = _own_spreads(ensemble, batch, origins, errors, trust, n_jobs)
    spreads = Spreads(own, np.ones(table.n_series), 1.0, ensemble.best.told_steps)
    factor = _factor(np.abs(errors) / spreads.at(origins.series, learned), ensemble.best)
    spreads = replace(spreads, trust=trust, factor=factor)
    scores = score(errors, spreads.at(origins.series, learned))
    together = len(lengths) if len(lengths) <= MAX_TOGETHER and (lengths == lengths[0]).all() else 1
    uncertainty = Uncertainty(
        spreads,
        Calibration.of(scores, ages, 1 - float(trust.mean())),
        Dependence.of(scores, origins.series, ages, together),
        follow_all(ensemble.smoothing, table.values, table.offsets, n_jobs, np.maximum(lengths - horizon, 0)),
        lengths,
        ensemble.best.recipe.units > MIN_UNIT,
    )
    return replace(ensemble, uncertainty=uncertainty)


def _choose_origins(windows, lengths, horizon):
    """Return origins to score, of those of some windows, and how many steps each is before the last one possible.

    All series at some of the ages, or of many series some windows.
    """
    ages = lengths[windows.series] - horizon - windows.seen
    k = np.flatnonzero(ages >= 0)
    if len(lengths) <= MAX_TOGETHER:
        newest = thin(np.unique(ages[k]), max(MAX_SCORED // len(lengths), MIN_ORIGINS))
        k = k[np.isin(ages[k], newest)]
    else:
        k = thin(k, MAX_SCORED)
    return Origins(windows.series[k], windows.seen[k]), ages[k]


def _past_errors(ensemble, table, origins, horizon, learners, plan):
    """Return errors at past origins as forecasts of the future make them, and the spreads that networks tell.

    With early stopping, those of models that were not fitted to what they forecast. Otherwise the networks were, and
    errors are larger by half as much, on the scale of logarithms, as those of the linear components and of smoothing
    are, once these are fitted without it: what is fitted to less is worse by that, too.
    """
    (training_fit, final_fit), estimate = learners
    recipe, n_jobs, seen = ensemble.best.recipe, plan.options.n_jobs, np.diff(table.offsets)
    np.minimum.at(seen, origins.series, origins.seen)

    def errors_with(learner, fits_again):
        other = ensemble if learner is None else replace(ensemble, members=(Model(recipe, learner),))
        other = other.fit_again(table, seen, n_jobs) if fits_again else other
        return errors_of(other, table, origins, horizon, n_jobs)

    if plan.early_stopping:
        return errors_with(estimate, True)
    errors, learned = errors_of(ensemble, table, origins, horizon, n_jobs)
    units = recipe.units[origins.series, None]
    outside, inside = (
        np.abs(errors_with(learner, fits_again)[0]) / units
        for learner, fits_again in ((training_fit, True), (final_fit, False))
    )
    known = np.isfinite(outside) & np.isfinite(inside)
    if not known.any():
        return errors, learned
    optimism = np.median(outside[known]) / max(np.median(inside[known]), np.finfo(float).tiny)
    return errors * np.sqrt(max(optimism, 1.0)), learned


def _trust(batch, training, horizon):
    """Return the share of the spreads that networks tell, for each series."""
    counts = np.bincount(batch.series[training], minlength=batch.rows.n_series) / horizon
    total = counts.sum() / batch.size.n_channels
    trust = total / (total + N_HALF)
    trust = 1.0 if trust >= FULL_TRUST else trust
    return trust * (1 - OWN_SHARE * np.maximum(1 - counts / N_LONG, 0.0))


def _factor(ratios, model):
    """Return the factor of the spreads that networks tell, from the ratios of errors to them.

    Few errors change spreads in units of the targets little; others are nothing but the scale of the window.
    """
    known = ratios[np.isfinite(ratios) & (ratios > 0)]
    if not len(known):
        return 1.0
    n_independent = len(known) / model.recipe.n_channels / ratios.shape[1] ** 2
    power = n_independent / (n_independent + N_USUAL) if model.has_scales else 1.0
    return float(np.median(known) / student_t.ppf(0.75, DF)) ** power


def _own_spreads(ensemble, batch, origins, errors, trust, n_jobs):
    """Return the spreads of each series by itself, where networks do not tell all.

    They are those of smoothing that is fitted again; without smoothing, those of errors that are known, and where there
    are none, of forecasts by season and level alone. Of many series some tell, and others are like them in their units.
    """
    recipe, table = ensemble.best.recipe, batch.rows
    _, growth = fit_power(np.abs(errors), np.zeros(len(errors)))
    sizes, growths = np.full(table.n_series, np.nan), np.full(table.n_series, growth)
    wanted = (trust < 1) | (np.bincount(batch.series, minlength=table.n_series) == 0)
    if ensemble.smoothing:
        smoothed = thin(np.flatnonzero(wanted & recipe.smoothed), MAX_REFIT_SERIES)
        for i, (size, exponent) in _refit(ensemble, table, smoothed, errors.shape[1], n_jobs):
            sizes[i], growths[i] = size, exponent
    for i in thin(np.flatnonzero(wanted & ~recipe.smoothed if ensemble.smoothing else wanted), MAX_REFIT_SERIES):
        of_series = np.abs(errors[origins.series == i][-N_REFITS:])
        if not np.isfinite(of_series).any():
            k = np.flatnonzero(batch.series == i)[-N_REFITS:]
            of_series = np.abs(batch.targets(k)) * batch.units[k, None]
        if len(of_series):
            sizes[i], growths[i] = fit_power(of_series, np.arange(len(of_series))[::-1])
    known = np.isfinite(sizes)
    usual = np.median(sizes[known] / recipe.units[known]) if known.any() else 1.0
    sizes = np.maximum(np.where(known, sizes, usual * recipe.units), SMALLEST * recipe.units)
    return OwnSpreads(_widen_single(sizes, table, recipe), growths)


def _widen_single(sizes, table, recipe):
    """Return sizes, those of series of a single value in units of that value: nothing has changed there yet."""
    single = np.diff(table.offsets) == 1
    values = 1.0 if recipe.scaler.log else np.abs(table.values[table.offsets[:-1]])
    return np.where(single, SINGLE * values / recipe.scaler.spread, sizes)


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
    values, offsets = table.values[rows_of(table.offsets[origins.series], origins.seen)], offsets_of(origins.seen)
    bounds, total = ensemble.bounds(table, origins, horizon), 0.0
    for one in kinds:
        fit = one.fit_again(values, offsets, n_jobs)
        forecasts = fit.forecast(values, offsets, np.arange(len(origins.seen)), origins.seen, horizon, n_jobs)
        total = total + np.clip(forecasts, *bounds)
    errors = np.abs(compare(ensemble.best.recipe, table, origins, total / len(kinds)))
    for i, stop, count in zip(series, np.cumsum(counts), counts, strict=True):
        if count:
            yield i, fit_power(errors[stop - count : stop], np.arange(count)[::-1])
