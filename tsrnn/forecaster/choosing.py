"""Choice of the recipe before anything is trained: seasons, logarithms, look-backs and segments."""

from dataclasses import replace

import numpy as np

from tsrnn.forecaster.choosing_inputs import choose_covariate_recipes
from tsrnn.forecaster.linear import residuals_of
from tsrnn.forecaster.plan import MANY_ROWS, MANY_SERIES
from tsrnn.forecaster.recipe import Recipe
from tsrnn.learners.own_ridge import MAX_JUDGED, own_errors
from tsrnn.learners.shared_ridge import fit_shared_ridge
from tsrnn.scaling import SeriesScaler
from tsrnn.seasonality import (
    MAX_SERIES,
    Decomposition,
    choose_decomposition,
    season_sets,
    seasons_of_frequency,
    seasons_of_values,
)
from tsrnn.series.table import Table
from tsrnn.windows import thin

MAX_SEASON = 400  # Longest season that is looked for in values whose frequency suggests none.
LOOKBACK_SEASONS = (1, 2, 3, 4, 7, 14)
LOOKBACK_HORIZONS = (0.5, 1, 2, 4, 8)  # Without a season.
MAX_LOOKBACK = 260
MIN_TELLING_LENGTH = 1_500  # Observations of ordinary series from which on few of them tell look-backs apart, too.
DAYS, YEAR = 7, 371  # Season of days, and the whole weeks that hold their year: one more look-back of long series.
MAX_MEMBERS = 3
TOLERANCE = 1.05  # Of the error: look-backs as good as the best within it are averaged, for their errors differ.
MIN_JUDGED = 0.6  # Fraction of series that a candidate look-back must be evaluated on.
MIN_TRAINING_SEASONS = 0.25  # Fraction of a season required after warm-up.
MAX_SEGMENT = 24
MIN_STEPS = 12  # Fewest recurrent steps of a window, if divisible.
MIN_STEPS_LARGE = 4  # The same on large data, where training time matters.
N_NETWORKS = 3  # Networks with different initial weights, averaged on small data.


def choose_recipes(panel, weights, plan):
    """Choose everything that precedes training.

    Parameters
    ----------
    panel : Prepared
        The series.
    weights : ndarray of shape (n_rows,) or None
        Weights of the observations.
    plan : Plan
        The parameters, resolved.

    Returns
    -------
    recipes : list of Recipe
        They differ in their look-back; the best one first.
    table : Table
        The panel as all of them read it.
    """
    if panel.covariates is not None:
        return choose_covariate_recipes(panel, weights, plan, *_decompositions(panel, plan))
    decomposition, log, seasons = _choose_decomposition(panel, plan)
    plan = replace(plan, horizon=_trained_horizon(panel, plan, decomposition))
    scaler = SeriesScaler.fit(panel.values, panel.offsets, log, panel.observed)
    season = min(seasons, default=1)
    min_steps = MIN_STEPS_LARGE if len(panel.values) >= MANY_ROWS else MIN_STEPS

    def make(lookback):
        segment = _segment(lookback, season, min_steps)
        recipe = Recipe(
            decomposition=decomposition,
            scaler=scaler,
            strategy=plan.strategy,
            pass_steps=plan.pass_steps,
            lookback=lookback,
            min_lookback=max(decomposition.unknown + segment, lookback // 2, decomposition.first_row),
            segment=segment,
            scaling=plan.scaling,
            of_mean=plan.of_mean,
            residual=plan.early_stopping,
            n_channels=panel.n_series if plan.channels == "joint" else 1,
            stride=plan.stride,
        )
        return recipe.measure(table)

    table = Table.of(panel, scaler, decomposition)
    long = np.median(panel.lengths) >= MIN_TELLING_LENGTH and panel.n_series < MANY_SERIES
    if plan.lookback == "auto" and plan.linear and (long or panel.n_series >= MANY_SERIES):
        recipes = [make(lookback) for lookback in _candidates(panel, plan, season)]
        chosen = _within_tolerance_of_best(recipes, table, weights, plan.validation_fraction)
        if chosen:
            return chosen * (max(N_NETWORKS // len(chosen), 1) if plan.early_stopping else 1), table
    lookback = plan.lookback
    if lookback == "auto":
        lookback = _usual_lookback(panel, plan, decomposition, season, min_steps)
    return [make(lookback) for _ in range(N_NETWORKS if plan.early_stopping else 1)], table


def _choose_decomposition(panel, plan):
    """Return the decomposition, whether it is of logarithms, and the seasons that were considered."""
    seasons, sets = _season_sets(panel, plan)
    decomposition, log = _choose(panel, plan, sets, _logarithms(panel, plan))
    return decomposition, log, seasons


def _decompositions(panel, plan):
    """Return decompositions by whether they are of logarithms, each with the shortest season, and that season.

    Where the season is an input, and not subtracted, it does no harm that repeating it forecasts badly.
    """
    seasons, sets = _season_sets(panel, plan)
    with_shortest = [some for some in sets if seasons and seasons[0] in some] or [()]
    found = {log: _choose(panel, plan, with_shortest, (log,))[0] for log in _logarithms(panel, plan)}
    return found, min(seasons, default=1)


def _logarithms(panel, plan):
    """Return whether values are tried, their logarithms, or both."""
    with_log = (False, True) if plan.log == "auto" else (bool(plan.log),)
    if plan.log == "auto" and panel.values.min() <= 0:
        with_log = (False,)
    elif plan.log == "auto" and panel.n_series >= MANY_SERIES:
        with_log = (True,)  # Series have relative changes in common rather than absolute ones.
    return with_log


def _season_sets(panel, plan):
    """Return the seasons that are considered, and the sets of them that are tried."""
    seasons = candidate_seasons(panel, plan.season_length)
    if plan.season_length == "auto":
        sets = season_sets(seasons)
    else:
        _require_seasons(seasons, panel)
        sets = [seasons]
    return seasons, sets


def candidate_seasons(panel, season_length):
    """Return the seasons that may be repeated, shortest first: those given, or those of stamps or values."""
    if season_length != "auto":
        return tuple(sorted({m for m in np.atleast_1d(season_length).tolist() if m > 1}))
    freq = panel.frequencies[0]
    seasons = () if isinstance(freq, int) else seasons_of_frequency(freq)
    return seasons or seasons_of_values([panel.series(i) for i in _some_series(panel.lengths)], MAX_SEASON)


def _choose(panel, plan, sets, with_log):
    """Choose a decomposition by some of the series."""
    some = _some_series(panel.lengths)
    observed = None if panel.observed is None else [panel.is_observed(i) for i in some]
    return choose_decomposition([panel.series(i) for i in some], plan.pass_steps, sets, with_log, observed)


def _some_series(lengths):
    """Return some of the series, the longest first."""
    longest = np.argsort(-lengths, kind="stable")
    some = np.linspace(0, len(longest) - 1, min(len(longest), MAX_SERIES)).astype(int)
    return longest[some]


def _require_seasons(seasons, panel):
    needed = Decomposition(seasons).first_row + 1
    if seasons and panel.lengths.max() < needed:
        raise ValueError(
            f"season_length={list(seasons)} needs a series of at least {needed} observations, twice each "
            f"season. The longest has {panel.lengths.max()}. Lower season_length, or leave it 'auto'."
        )


def _trained_horizon(panel, plan, decomposition):
    """Steps to train for: the horizon, or the steps after the warm-up of the seasons, if these are enough."""
    if not decomposition.seasons:
        return plan.horizon
    left = panel.lengths - decomposition.first_row
    n_steps = int(np.median(left[left > 0]))
    return min(plan.horizon, n_steps) if n_steps > MIN_TRAINING_SEASONS * min(decomposition.seasons) else plan.horizon


def _usual_lookback(panel, plan, decomposition, season, min_steps):
    # Longer seasons would make long windows, and their seasonal component is known without the window.
    wanted = 2 * max(plan.horizon, season if season <= 31 else 1)
    first = decomposition.first_row
    spare = int(np.median(panel.lengths)) - first - plan.pass_steps
    # The rows that seasons are estimated from precede every origin: a look-back over them costs no window.
    lookback = max(min(wanted, max(spare // 3, first)), 1)
    return lookback if lookback < min_steps else lookback // min_steps * min_steps


def _segment(lookback, season, min_steps):
    """Rows that the network reads in one step: a season, or else as many as leave it some steps."""
    if season > 1 and lookback % season == 0 and lookback // season >= min_steps:
        return season
    divisors = [d for d in range(1, MAX_SEGMENT + 1) if lookback % d == 0 and lookback // d >= min_steps]
    return max(divisors, default=1)


def _candidates(panel, plan, season):
    """Look-backs to try on many series, shortest first."""
    horizon = plan.pass_steps
    multiples = [season * k for k in LOOKBACK_SEASONS] if season > 1 else [int(horizon * k) for k in LOOKBACK_HORIZONS]
    median = int(np.median(panel.lengths))
    longest = min(MAX_LOOKBACK, median, 2 * (median - horizon - 2), max(2 * horizon, median // 4))
    lookbacks = {max(lookback, 2) for lookback in multiples if lookback <= longest}
    if season == DAYS and median >= MIN_TELLING_LENGTH:
        lookbacks.add(YEAR)
    return sorted(lookbacks)


def _within_tolerance_of_best(recipes, table, weights, fraction):
    """Return the recipes whose linear components forecast held-out parts nearly as well as the best."""
    if not recipes:
        return []
    first = max(recipe.min_lookback for recipe in recipes)
    judged = thin(np.arange(table.n_series), MAX_JUDGED)
    found = []
    for recipe in recipes:
        # All are judged by the same origins: those from which the longest look-back has enough to read.
        errors = _linear_errors(replace(recipe, min_lookback=first), table, weights, fraction, judged)
        found.append((recipe, errors * recipe.units))
    counts = [np.isfinite(errors).sum() for _, errors in found]
    found = [pair for pair, n in zip(found, counts, strict=True) if n >= MIN_JUDGED * max(counts)]
    errors = np.array([e for _, e in found])
    common = np.isfinite(errors).all(axis=0)
    if not common.any():
        return []
    errors = errors[:, common]
    scores = np.mean(errors / np.maximum(errors.min(axis=0), np.finfo(float).tiny), axis=1)
    order = np.argsort(scores, kind="stable")
    near = [j for j in order if scores[j] <= TOLERANCE * scores[order[0]]]
    return [found[j][0] for j in near[:MAX_MEMBERS]]


def _linear_errors(recipe, table, weights, fraction, judged):
    """Errors of shared and own ridge regressions on held-out parts, of shape (n_series,); NaN where not judged."""
    batch = recipe.batch(table, weights)
    split = batch.split(fraction)
    if not all(map(len, split)):
        return np.full(table.n_series, np.nan)
    _, shared = fit_shared_ridge(batch, batch.targets, split)
    return own_errors(batch, residuals_of(shared, batch), judged)
