"""Choice of the recipes of series with covariates: logarithms, inputs and look-backs, by held-out ridge errors."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.plan import FEW_WINDOWS
from tsrnn.forecaster.recipe import Recipe
from tsrnn.learners.shared_ridge import PENALTIES, fit_shared_ridge
from tsrnn.scaling import SeriesScaler, series_units
from tsrnn.series.inputs import Inputs
from tsrnn.windows import thin

LOOKBACK_SEASONS = (2, 7, 14)
LOOKBACK_HORIZONS = (2, 4, 8)  # Without a season.
MAX_SHARE = 0.25  # Of the observations of a series that a look-back may take.
MAX_FEATURES = 1_000  # Of a ridge regression, which reads as many of the newest rows as these allow.
MIN_ROWS = 2  # Fewest rows that it reads, in horizons or seasons, whichever are longer.
MAX_WINDOWS = 3_000  # Windows that inputs are chosen on.
N_NETWORKS = 2
MAX_LOOKBACKS_LARGE = 2  # With more windows, training time matters.
LOG_GAIN = 0.1  # Fraction of the error that logarithms must take away: with covariates, sums are more usual.
MIN_GAIN = 0.003  # Fraction of the error that an input must take away.


def choose_covariate_recipes(panel, weights, plan, decompositions, season):
    """Choose what precedes training.

    Parameters
    ----------
    panel : Prepared
        Series with covariates.
    weights : ndarray of shape (n_rows,) or None
        Weights of the observations.
    plan : Plan
        The parameters, resolved.
    decompositions : dict of bool to Decomposition
        Decompositions of the values, of their logarithms, or of both.
    season : int
        Shortest season of the series; 1 for none.

    Returns
    -------
    recipes : list of Recipe
        They differ in their look-back, the shortest first.
    table : Table
        The panel as all of them read it.
    """
    candidates, inputs = {}, None
    for log, decomposition in decompositions.items():
        candidates[log] = _choose_inputs(panel, weights, plan, log, decomposition, inputs)
        inputs = candidates[log].inputs
    recipe = next(iter(candidates.values()))
    if len(candidates) > 1:
        plain, log = (
            _held_out_error(candidates[log], panel, weights, plan.validation_fraction) for log in (False, True)
        )
        recipe = candidates[bool(log < (1 - LOG_GAIN) * plain)]
    table = recipe.read(panel)
    multiples = LOOKBACK_SEASONS if season > 1 else LOOKBACK_HORIZONS
    unit = season if season > 1 else plan.pass_steps
    longest = max(MAX_SHARE * np.median(panel.lengths), recipe.lookback)
    lookbacks = [recipe.lookback] if plan.lookback != "auto" else [k * unit for k in multiples if k * unit <= longest]
    lookbacks = lookbacks or [recipe.lookback]
    few = len(panel.values) <= FEW_WINDOWS * plan.stride
    lookbacks = lookbacks if few else lookbacks[:MAX_LOOKBACKS_LARGE]
    recipes = [_with_lookback(recipe, lookback).measure(table) for lookback in lookbacks]
    return recipes * (N_NETWORKS if few else 1), table


def ridge_rows(recipe):
    """Return the number of newest rows that ridge regressions of a recipe with inputs read."""
    needed = MIN_ROWS * max(recipe.pass_steps, recipe.season)
    return min(recipe.lookback, needed, max(MAX_FEATURES // (2 + len(recipe.inputs)), recipe.pass_steps))


def _choose_inputs(panel, weights, plan, log, decomposition, chosen):
    """Return the recipe of the shortest look-back with the inputs that help, or those that have been chosen."""
    inputs = chosen
    if inputs is None:
        inputs = Inputs.fit(panel.covariates, panel.lengths, plan.pass_steps).with_squares()
        if plan.channels == "joint":  # A network that reads all series together reads the same in every window.
            inputs = inputs.without_static_categories()
    lookback = _shortest_lookback(panel, plan, decomposition) if plan.lookback == "auto" else plan.lookback
    recipe = Recipe(
        decomposition=decomposition,
        scaler=SeriesScaler.fit(panel.values, panel.offsets, log, panel.observed),
        strategy=plan.strategy,
        pass_steps=plan.pass_steps,
        lookback=lookback,
        min_lookback=0,
        segment=1,
        scaling=plan.scaling,
        of_mean=plan.of_mean,
        residual=plan.early_stopping,
        n_channels=panel.n_series if plan.channels == "joint" else 1,
        inputs=inputs,
    )
    recipe = _with_lookback(recipe, lookback)
    if chosen is not None:
        recipe = replace(recipe, stride=plan.stride)
        return recipe.measure(recipe.read(panel))
    table = recipe.read(panel)
    # Inputs are chosen from all origins, whatever the stride: the more windows, the less by chance.
    batch = recipe.measure(table).batch(table, weights)
    split = batch.split(plan.validation_fraction)
    if all(map(len, split)):
        k = _Problem.of(batch, split, ridge_rows(recipe)).choose(
            _groups(inputs), [item.squared for item in inputs.inputs]
        )
    else:
        k = np.flatnonzero([not item.squared for item in inputs.inputs])
    recipe = replace(recipe, inputs=inputs.select(k), stride=plan.stride)
    return recipe.measure(recipe.read(panel))


def _held_out_error(recipe, panel, weights, fraction):
    """Mean absolute error of the ridge regression on held-out windows, in ordinary changes of each series."""
    table = recipe.read(panel)
    batch = recipe.batch(table, weights)
    training, held_out = batch.split(fraction)
    if not len(training) or not len(held_out):
        return np.inf
    ridge, _ = fit_shared_ridge(batch, batch.targets, (training, held_out), ridge_rows(recipe))
    judged = thin(held_out, MAX_WINDOWS)
    part = batch.subset(judged)
    forecasts = recipe.scaler.restore(part.levels[:, None] + part.units[:, None] * ridge.predict(part), part.series)
    truth = panel.values[part.windows.origins[:, None] + np.arange(recipe.pass_steps)]
    units = series_units(panel.values, panel.offsets, recipe.season, panel.observed)
    counted = np.isfinite(batch.targets(judged))
    return np.mean((np.abs(forecasts - truth) / units[part.series, None])[counted])


def _shortest_lookback(panel, plan, decomposition):
    season = min(decomposition.seasons, default=1)
    wanted = LOOKBACK_SEASONS[0] * max(season, plan.pass_steps)
    spare = int(np.median(panel.lengths)) - decomposition.first_row - plan.pass_steps
    return max(min(wanted, max(spare // 3, decomposition.first_row)), 1)


def _with_lookback(recipe, lookback):
    season = recipe.season
    segment = season if season > 1 and lookback % season == 0 else 1
    if segment == 1:
        segment = max(d for d in range(1, 25) if lookback % d == 0 and (d == 1 or lookback // d >= 4))
    decomposition = recipe.decomposition
    first = max(decomposition.unknown + segment, lookback // 2, decomposition.first_row)
    return replace(recipe, lookback=lookback, segment=segment, min_lookback=first)


def _groups(inputs):
    """Return the positions of inputs that are chosen together: those of one covariate, squares apart."""
    keys = [(item.column, item.squared) for item in inputs.inputs]
    return [np.array([i for i, other in enumerate(keys) if other == key]) for key in dict.fromkeys(keys)]


@dataclass(frozen=True)
class _Problem:
    """Normal equations of a ridge regression on all inputs, from which those of any subset are taken."""

    products: np.ndarray  # (n_features, n_features), of training windows
    crossed: np.ndarray  # (n_features, horizon)
    design: np.ndarray  # (n_held_out, n_features)
    truth: np.ndarray  # (n_held_out, horizon), NaN where targets do not count
    n_rows: int
    n_columns: int

    @classmethod
    def of(cls, batch, split, n_rows):
        training, held_out = (thin(k, MAX_WINDOWS) for k in split)
        design, design_held = (_flat(batch.subset(k).past(n_rows)) for k in (training, held_out))
        targets = np.nan_to_num(batch.targets(training))
        scale = np.sqrt(np.maximum(np.mean(design**2, axis=0), 1e-12))
        design, design_held = design / scale, design_held / scale
        products, crossed = design.T @ design, design.T @ targets
        return cls(products, crossed, design_held, batch.targets(held_out), n_rows, batch.rows.numbers.shape[1])

    def choose(self, groups, is_squared):
        """Choose groups of inputs one after another, as long as each takes away enough of the error."""
        chosen, left = [], list(groups)
        best, penalty = min((self.error(chosen, p), p) for p in PENALTIES)
        errors = [self.error([group], penalty) for group in left]
        helpful = [
            group for group, error in zip(groups, errors, strict=True) if error < (1 - MIN_GAIN) * best
        ]  # By themselves: a network may use what a ridge regression has from others.
        while left:
            errors = errors if not chosen else [self.error([*chosen, group], penalty) for group in left]
            k = int(np.argmin(errors))
            trial = [*chosen, left[k]]
            error, trial_penalty = min((self.error(trial, p), p) for p in PENALTIES[2::2])
            if error > (1 - MIN_GAIN) * best:
                break
            chosen, best, penalty = trial, error, trial_penalty
            left.pop(k)
        used = [group for group in helpful if not is_squared[group[0]]]
        return np.unique(np.concatenate([np.empty(0, np.int64), *chosen, *used]))

    def error(self, groups, penalty):
        """Mean absolute error on held-out windows, with remainder, season and some groups of inputs."""
        columns = np.concatenate([[0, 1], *(2 + group for group in groups)]).astype(np.int64)
        k = (np.arange(self.n_rows)[:, None] * self.n_columns + columns).ravel()
        k = np.append(k, len(self.products) - 1)
        weights = np.linalg.solve(self.products[np.ix_(k, k)] + penalty * np.eye(len(k)), self.crossed[k])
        return np.nanmean(np.abs(self.truth - self.design[:, k] @ weights))


def _flat(past):
    return np.column_stack([past.reshape(len(past), -1), np.ones(len(past))])
