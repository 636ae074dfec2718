"""Scores of forecasts by the observations that come after those seen."""

import numpy as np

from tsrnn.frames import append
from tsrnn.frames.advice import CUT_BY_TIME

RIGHT_AFTER = f"A score compares the forecast with the observations that come right after those seen. {CUT_BY_TIME}"


def read_what_follows(panel, data, X=None):
    """Return a `tsrnn.frames.Panel` with the observations of a score, or say how to cut them by time."""
    try:
        whole = append(panel, data, X=X)
    except ValueError as error:
        raise ValueError(f"{error} {RIGHT_AFTER}") from error
    n_new = whole.n_series - panel.n_series
    if n_new:
        raise ValueError(
            f"There is no forecast to score of series that were not seen before, such as "
            f"{whole.label(panel.n_series)} ({n_new} in all). {RIGHT_AFTER}"
        )
    return whole


def mean_scaled_error(panel, whole, measure, season_length):
    """Mean over the series of mean errors, divided by the absolute error of repeating the season in what was seen.

    Parameters
    ----------
    panel, whole : tsrnn.frames.Panel
        The series up to their origins, and the same series with the observations to score.
    measure : callable
        From a series and its observations after the end of ``panel``, of shape (n,), to errors of its forecasts, of
        shape (..., n); NaN where an observation is.
    season_length : int
        Steps.

    Returns
    -------
    float
        NaN if no series to score has ever changed, or none has an observation to score.
    """
    errors, seen = [], panel.lengths
    for i in np.flatnonzero(whole.lengths - seen):
        past, truth = np.split(whole.series(i), [seen[i]])
        lag = min(season_length, len(past) - 1)
        unit = _mean_observed(np.abs(past[lag:] - past[:-lag])) if lag else 0.0
        missed = _mean_observed(measure(i, truth))
        if unit > 0 and np.isfinite(missed):
            errors.append(missed / unit)
    return float(np.mean(errors)) if errors else np.nan


def absolute_errors(forecasts):
    """Return a measure of absolute errors of forecasts of shape (n_series, horizon)."""
    return lambda i, truth: np.abs(forecasts[i, : len(truth)] - truth)


def interval_scores(bounds, levels):
    """Return a measure of intervals: their width, and what they miss times 2 / (1 - level).

    Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation.

    Parameters
    ----------
    bounds : ndarray of shape (2 * n_levels, n_series, horizon), float64
        Lower and upper end of each interval in turn.
    levels : sequence of float
        Shares of observations that they are to hold.
    """
    outside = 1 - np.array(levels)[:, None]

    def measure(i, truth):
        lower, upper = bounds[::2, i, : len(truth)], bounds[1::2, i, : len(truth)]
        missed = np.maximum(lower - truth, 0.0) + np.maximum(truth - upper, 0.0)
        return upper - lower + 2 / outside * missed

    return measure


def _mean_observed(errors):
    """Mean of the errors that are not missing; NaN if all are."""
    observed = errors[~np.isnan(errors)]
    return observed.mean() if len(observed) else np.nan
