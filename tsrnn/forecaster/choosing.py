"""What a fit chooses before anything is trained: seasons, logarithms, how far back to look, and in what steps."""

from dataclasses import replace

import numpy as np

from tsrnn.forecaster.highway import fit_highway
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.plan import MANY_ROWS, MANY_SERIES
from tsrnn.forecaster.pooling import MAX_SERIES as MAX_JUDGED
from tsrnn.forecaster.pooling import own_errors
from tsrnn.forecaster.rows import Rows
from tsrnn.forecaster.samples import Samples
from tsrnn.scaling import SeriesScaler
from tsrnn.seasonality import (
    MAX_SERIES,
    Decomposition,
    choose_decomposition,
    season_sets,
    seasons_of_frequency,
    seasons_of_values,
)
from tsrnn.windows import thin

MAX_SEASON = 400  # longest season that is looked for in values whose frequency tells nothing
LOOKBACK_SEASONS = (1, 2, 3, 4, 7, 14)
LOOKBACK_HORIZONS = (0.5, 1, 2, 4, 8)  # without a season
MAX_LOOKBACK = 260
MAX_MEMBERS = 3
# Look-backs that are nearly as good as the best one are averaged: they err in different ways.
NEARLY = 1.05
ENOUGH = 0.6  # of the series must be judged for a look-back to be considered
LEFT = 0.25  # of a season, beyond what the seasons need: with less, nothing is trained
MAX_SEGMENT = 24
STEPS = 12  # that a network takes at least, if the look-back can be divided into so many
FEW_STEPS = 4  # of that many observations that its time counts
N_NETWORKS = 3  # from other weights, where little is known: their mean is steadier than each


def start_models(panel, weights, plan):
    """Choose everything that precedes training.

    Parameters
    ----------
    panel : tsrnn.frames.Panel
        The series.
    weights : ndarray of shape (n_rows,) or None
        Weights of the observations.
    plan : Plan
        What to fit.

    Returns
    -------
    models : list of Model
        Without highways and network, which differ in how far back they look; the best one first.
    rows : Rows
        The panel as all of them read it.
    """
    decomposition, log, seasons = _choose_decomposition(panel, plan)
    plan = replace(plan, horizon=_trained_horizon(panel, plan, decomposition))
    scaler = SeriesScaler.fit(panel.values, panel.offsets, log)
    season = min(seasons, default=1)
    min_steps = FEW_STEPS if len(panel.values) >= MANY_ROWS else STEPS

    def make(lookback):
        segment = _segment(lookback, season, min_steps)
        model = Model(
            decomposition=decomposition,
            scaler=scaler,
            units=np.ones(panel.n_series),
            spreads=np.ones(panel.n_series),
            strategy=plan.strategy,
            block=plan.block,
            lookback=lookback,
            min_lookback=max(decomposition.unknown + segment, lookback // 2, decomposition.first_row),
            segment=segment,
            scaling=plan.scaling,
            combines=not plan.early_stopping,
            of_mean=plan.of_mean,
            regular=np.zeros(panel.n_series, dtype=bool),
            repeated=np.zeros(panel.n_series, dtype=bool),
            rises=np.full(panel.n_series, np.inf),
            n_channels=panel.n_series if plan.channels == "joint" else 1,
        )
        return model.measure(rows)

    rows = Rows.of(panel, scaler, decomposition)
    if plan.lookback == "auto" and plan.linear and panel.n_series >= MANY_SERIES:
        models = [make(lookback) for lookback in _candidates(panel, plan, season)]
        chosen = _nearly_best(models, rows, weights, plan.validation_fraction)
        if chosen:
            return chosen, rows
    lookback = plan.lookback
    if lookback == "auto":
        lookback = _usual_lookback(panel, plan, decomposition, season, min_steps)
    return [make(lookback) for _ in range(N_NETWORKS if plan.early_stopping else 1)], rows


def _choose_decomposition(panel, plan):
    """Return the decomposition, whether it is of logarithms, and the seasons that were considered."""
    series = _sample(panel)
    with_log = (False, True) if plan.log == "auto" else (bool(plan.log),)
    if plan.log == "auto" and panel.values.min() <= 0:
        with_log = (False,)
    elif plan.log == "auto" and panel.n_series >= MANY_SERIES:
        with_log = (True,)  # what series have in common shows in their relative changes
    seasons = candidate_seasons(panel, plan.season_length)
    if plan.season_length == "auto":
        sets = season_sets(seasons)
    else:
        _require_seasons(seasons, panel)
        sets = [seasons]
    decomposition, log = choose_decomposition(series, plan.block, sets, with_log)
    return decomposition, log, seasons


def candidate_seasons(panel, season_length):
    """Return the seasons that may be repeated, shortest first: those given, or those of stamps or values."""
    if season_length != "auto":
        return tuple(sorted({m for m in np.atleast_1d(season_length).tolist() if m > 1}))
    freq = panel.frequencies[0]
    seasons = () if isinstance(freq, int) else seasons_of_frequency(freq)
    return seasons or seasons_of_values(_sample(panel), MAX_SEASON)


def _sample(panel):
    """Return some of the series, the longest first."""
    longest = np.argsort(-panel.lengths, kind="stable")
    some = np.linspace(0, len(longest) - 1, min(len(longest), MAX_SERIES)).astype(int)
    return [panel.series(i) for i in longest[some]]


def _require_seasons(seasons, panel):
    needed = Decomposition(seasons).first_row + 1
    if seasons and panel.lengths.max() < needed:
        raise ValueError(
            f"season_length={list(seasons)} needs a series of at least {needed} observations, twice each "
            f"season. The longest has {panel.lengths.max()}. Lower season_length, or leave it 'auto'."
        )


def _trained_horizon(panel, plan, decomposition):
    """Steps to train for: as many as are asked for, or as the seasons leave, if that is enough to learn from."""
    if not decomposition.seasons:
        return plan.horizon
    left = panel.lengths - decomposition.first_row
    n_steps = int(np.median(left[left > 0]))
    return min(plan.horizon, n_steps) if n_steps > LEFT * min(decomposition.seasons) else plan.horizon


def _usual_lookback(panel, plan, decomposition, season, min_steps):
    # A season of more than a month of days would make a long window of it; its part is known anyway.
    wanted = 2 * max(plan.horizon, season if season <= 31 else 1)
    first = decomposition.first_row
    spare = int(np.median(panel.lengths)) - first - plan.block
    # What the seasons need has been seen before any origin: to read it costs no window.
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
    horizon = plan.block
    multiples = [season * k for k in LOOKBACK_SEASONS] if season > 1 else [int(horizon * k) for k in LOOKBACK_HORIZONS]
    median = int(np.median(panel.lengths))
    longest = min(MAX_LOOKBACK, median, 2 * (median - horizon - 2), max(2 * horizon, median // 4))
    return sorted({max(lookback, 2) for lookback in multiples if lookback <= longest})


def _nearly_best(models, rows, weights, fraction):
    """Return the models whose linear parts forecast held-out parts of the series nearly as well as the best."""
    if not models:
        return []
    first = max(model.min_lookback for model in models)
    judged = thin(np.arange(len(rows.parts)), MAX_JUDGED)
    found = []
    for model in models:
        # All are judged by the same origins: those from which the longest look-back has enough to read.
        errors = _linear_errors(replace(model, min_lookback=first), rows, weights, fraction, judged)
        found.append((model, errors * model.units))
    counts = [np.isfinite(errors).sum() for _, errors in found]
    found = [pair for pair, n in zip(found, counts, strict=True) if n >= ENOUGH * max(counts)]
    errors = np.array([e for _, e in found])
    common = np.isfinite(errors).all(axis=0)
    if not common.any():
        return []
    errors = errors[:, common]
    scores = np.mean(errors / np.maximum(errors.min(axis=0), np.finfo(float).tiny), axis=1)
    order = np.argsort(scores, kind="stable")
    near = [j for j in order if scores[j] <= NEARLY * scores[order[0]]]
    return [found[j][0] for j in near[:MAX_MEMBERS]]


def _linear_errors(model, rows, weights, fraction, judged):
    samples = Samples.of(model, rows, weights)
    if not len(samples.windows):
        return np.full(len(rows.parts), np.nan)
    training, held_out = samples.split(fraction)
    if not (len(training) and len(held_out)):
        return np.full(len(rows.parts), np.nan)
    _, highway = fit_highway(samples.blocks, samples.targets, samples.weights, training, held_out)
    return own_errors(samples, highway, judged)
