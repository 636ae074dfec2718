"""Errors of forecasts from past origins, and scores of those that have come true since."""

from dataclasses import replace

import numpy as np

from tsrnn.scaling import MIN_UNIT
from tsrnn.windows import Origins, rows_of, thin

MAX_SCORED = 512  # Most origins that are scored at once.
MAX_TOGETHER = 128  # Most series whose errors at one origin are all known, and drawn together.
LARGEST_SCORE = 1e15
CHUNK = 4_096  # Windows that are forecast at once.


def errors_of(ensemble, table, origins, horizon, n_jobs):
    """Return errors of forecasts, of scaled values, and the spreads that networks tell.

    NaN where a value was not observed, or the series does not change.
    """
    if not len(origins.series):
        return np.empty((0, horizon)), np.empty((0, horizon))
    recipe = ensemble.best.recipe
    forecasts, learned = ensemble.forecast_with_spreads(table, horizon, n_jobs, origins)
    errors = compare(recipe, table, origins, forecasts)
    changes = (recipe.units > MIN_UNIT)[origins.series, None] | (errors != 0)
    return np.where(changes, errors, np.nan), learned


def compare(recipe, table, origins, forecasts):
    """Return scaled observations less scaled forecasts; NaN where nothing was observed."""
    steps = origins.seen[:, None] + np.arange(forecasts.shape[1])
    known = steps < np.diff(table.offsets)[origins.series, None]
    rows = table.offsets[origins.series, None] + np.where(known, steps, 0)
    if table.observed is not None:
        known &= table.observed[rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = table.scaled[rows] - recipe.scaler.scale(forecasts, origins.series)
    return np.where(known, errors, np.nan)


def score(errors, spreads):
    """Return errors in units of their spreads, none beyond what single precision holds."""
    with np.errstate(over="ignore"):
        return np.clip(errors / np.maximum(spreads, np.finfo(float).tiny), -LARGEST_SCORE, LARGEST_SCORE)


def score_between(ensemble, table, first, last, n_jobs=None):
    """Yield the scores of forecasts from some origins, the oldest first.

    Parameters
    ----------
    ensemble : Ensemble
        The models, with an uncertainty.
    table : Table
        The series.
    first, last : ndarray of shape (n_series,), int64
        Observations of each series at its first and last origin.
    n_jobs : int or None
        Threads.

    Yields
    ------
    age : int
        Steps up to the last origin.
    series : ndarray of shape (n,), int64
        Series that have an origin of that age, or some of many.
    scores : ndarray of shape (n, horizon), float64
        Errors of each in units of their spreads; NaN for steps that were not observed.
    """
    recipe, uncertainty = ensemble.best.recipe, ensemble.uncertainty
    counts = np.maximum(last - first + 1, 0)
    series, seen = np.repeat(np.arange(len(counts)), counts), rows_of(first, counts)
    kept = recipe.has_phase(series, seen)
    series, seen = series[kept], seen[kept]
    ages = last[series] - seen
    distinct = np.unique(ages)[::-1]
    n_series = max(MAX_SCORED // max(len(distinct), 1), MAX_TOGETHER)
    n_series = len(counts) if recipe.n_channels > 1 else n_series
    behind = replace(ensemble, smoothing=uncertainty.smoothing)
    size = max(CHUNK // min(n_series, len(counts)), 1)
    for start in range(0, len(distinct), size):
        some = distinct[start : start + size]
        k = np.sort(np.concatenate([thin(np.flatnonzero(ages == age), n_series) for age in some]))
        origins = Origins(series[k], seen[k])
        errors, learned = errors_of(behind, table, origins, uncertainty.horizon, n_jobs)
        scores = score(errors, uncertainty.spreads.at(origins.series, learned))
        yield from ((int(age), series[k][ages[k] == age], scores[ages[k] == age]) for age in some)


def factors_at(ensemble, table, known, origins, shares, n_jobs=None):
    """Return factors of spreads at origins, each calibrated by the forecasts that had come true by then.

    Parameters
    ----------
    ensemble : Ensemble
        The models, calibrated at the end of what they have seen.
    table : Table
        The series, of which some observations are later ones.
    known : ndarray of shape (n_series,), int64
        Observations of each series up to that end.
    origins : ndarray of shape (n_series, n_origins), int64
        Observations of each series at the origins, ascending.
    shares : ndarray of shape (n_levels,), float64
        Shares of errors without their sign.
    n_jobs : int or None
        Threads.

    Returns
    -------
    ndarray of shape (n_levels, n_origins), float64
    """
    calibration = ensemble.uncertainty.calibration
    last = origins[:, -1] - calibration.horizon
    first = np.maximum(known - calibration.horizon + 1, 1)
    ahead, factors = origins[0, -1] - origins[0], []
    for age, _, scores in score_between(ensemble, table, first, last, n_jobs):
        while len(factors) < len(ahead) and ahead[len(factors)] > age:
            factors.append(calibration.factors(shares))
        calibration = calibration.observe(scores)
    factors += [calibration.factors(shares)] * (len(ahead) - len(factors))
    return np.stack(factors, axis=1)
