"""From a panel to models: choose recipes, fit the linear components, train the networks."""

import copy
import warnings
from dataclasses import replace

import numpy as np

from tsrnn.forecaster.calibrating import calibrate
from tsrnn.forecaster.choosing import candidate_seasons, choose_recipes
from tsrnn.forecaster.choosing_inputs import ridge_rows
from tsrnn.forecaster.combination import Average, Residual
from tsrnn.forecaster.ensemble import Ensemble
from tsrnn.forecaster.linear import fit_linear, residuals_of
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.plan import AVERAGED, EPOCH_WINDOWS, MAX_VALIDATION_WINDOWS
from tsrnn.forecaster.shares import choose_shares, fit_smoothing, smooths_logarithms
from tsrnn.learners.recurrent import Recurrent, draw_windows, make_network, set_first_scale, training_sequences
from tsrnn.scaling import SeriesScaler
from tsrnn.training import train, train_all
from tsrnn.validation import make_generator
from tsrnn.windows import thin

N_NAMED = 5  # Series that a warning names.
SHARE = 0.5  # Of the network in the mean with linear components, unless held-out windows tell another.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
USUAL_SHARE, USUAL_GAIN = 0.75, 0.03  # With covariates, unless another is better by that fraction of the error.
MIN_SHARE_WINDOWS = 20  # Fewest held-out windows that tell.


class ShortSeriesWarning(UserWarning):
    """A series is too short to train on."""


def fit_ensemble(panel, weights, plan, rng, before=None, keeps_scale=False):
    """Fit models to a panel.

    Parameters
    ----------
    panel : Prepared
        The series.
    weights : ndarray of shape (n_rows,) or None
        Weights of the observations.
    plan : Plan
        What to fit.
    rng : numpy.random.Generator
        Initial parameters, order of minibatches.
    before : Ensemble, optional
        Earlier models whose networks train on and whose choices stay; they are not changed.
    keeps_scale : bool, default=False
        Whether the series known to ``before`` keep their constants.

    Returns
    -------
    ensemble : Ensemble
        The fitted models.
    histories : list of tsrnn.training.History
        One a model; without epochs if there was too little to train on.
    table : Table
        The panel as all of the models read it.

    Raises
    ------
    ValueError
        If no series is long enough for one window.
    """
    if before is None:
        recipes, table = choose_recipes(panel, weights, plan)
        networks = [None] * len(recipes)
    else:
        recipes = [_continue(replace(m.recipe, of_mean=plan.of_mean), panel, keeps_scale) for m in before.members]
        networks = [copy.deepcopy(model.network) for model in before.members]
        table = recipes[0].read(panel)
    with_smoothing = plan.smoothing and not recipes[0].inputs
    if not with_smoothing or plan.lookback != "auto":
        _require_windows(panel, recipes)
    # Recipes of one look-back read the same windows, and have the same linear components.
    batches = {recipe.lookback: recipe.batch(table, weights) for recipe in recipes}
    best = batches[recipes[0].lookback]
    if not len(best) or (plan.early_stopping and not all(map(len, best.split(plan.validation_fraction)))):
        _warn_of_no_training(best, with_smoothing)
    else:
        _warn_of_short_series(panel, recipes)
    linear = _fit_linear(recipes, batches, plan)
    inputs = table.for_network(plan.architecture["dtype"])
    # Each network has random numbers of its own, so that they can be trained in any order, or at once.
    trainings = (
        _prepare(recipe, batches[recipe.lookback], linear[recipe.lookback], inputs, network, plan, generator)
        for recipe, network, generator in [(r, n, make_generator(rng)) for r, n in zip(recipes, networks, strict=True)]
    )
    histories, networks = _train(trainings, plan)
    share = SHARE
    if recipes[0].inputs is not None and plan.linear:
        share = _choose_share(recipes[0], best, linear[best.size.lookback][0], inputs, plan, make_generator(rng))
    combinations = [
        _combine(linear[recipe.lookback][1], Recurrent(network, plan.loss), recipe.residual, share)
        for recipe, network in zip(recipes, networks, strict=True)
    ]
    members, smoothing = tuple(map(Model, recipes, combinations)), {}
    estimate = _estimate(recipes, linear[best.size.lookback][0], networks, plan)
    shares, mean_share = (1.0,), 1.0
    if with_smoothing:
        seasons = candidate_seasons(panel, plan.season_length)
        log = smooths_logarithms(recipes[0], panel.lengths)
        if before:
            shares, mean_share = before.shares, before.mean_share
        else:
            shares, mean_share = choose_shares(recipes[0], best, estimate, seasons, log, plan)
        if len(shares) > 1:
            smoothing = fit_smoothing(table.values, table.offsets, seasons, plan.options.n_jobs, log)
    ensemble = calibrate(
        Ensemble(members, smoothing, shares, mean_share), best, linear[best.size.lookback], estimate, plan
    )
    if keeps_scale:  # Earlier models have not seen what is new: their scores are honest.
        before = before.extend(panel) if panel.n_series > len(before.uncertainty.seen) else before
        ensemble = ensemble.with_scores_of(before.follow(table, plan.options.n_jobs))
    return ensemble, histories, table


def _estimate(recipes, linear, networks, plan):
    """Return a learner that was not fitted to held-out windows, where there is one, in place of the models.

    It reads the windows of the first recipe, as some of the networks do.
    """
    same = [
        Recurrent(network, plan.loss)
        for recipe, network in zip(recipes, networks, strict=True)
        if recipe.lookback == recipes[0].lookback
    ]
    mean = Average(tuple(same), (1 / len(same),) * len(same))
    if plan.early_stopping:
        return Residual(tuple(filter(None, (linear, mean))))
    return mean if linear is None else linear


def _continue(recipe, panel, keeps_scale):
    """Return the recipe of a fit that goes on: with the constants of the series known, or of all measured anew."""
    if keeps_scale:
        return recipe.extend(panel)
    recipe = replace(recipe, scaler=SeriesScaler.fit(panel.values, panel.offsets, recipe.scaler.log, panel.observed))
    return recipe.measure(recipe.read(panel))


def _fit_linear(recipes, batches, plan):
    """Return the linear components by look-back; those of recipes with inputs read the same rows, and are one."""
    if not plan.linear:
        return dict.fromkeys(batches, (None, None))
    pools = not recipes[0].residual
    if recipes[0].inputs is None:
        return {k: fit_linear(batch, plan.validation_fraction, pools) for k, batch in batches.items()}
    recipe = min(recipes, key=lambda recipe: recipe.lookback)
    fits = fit_linear(batches[recipe.lookback], plan.validation_fraction, pools, ridge_rows(recipe))
    return dict.fromkeys(batches, fits)


def _choose_share(recipe, batch, linear, inputs, plan, rng):
    """Return the share of the network in the forecast with the lowest error on held-out windows."""
    training, held_out = batch.split(plan.validation_fraction)
    if linear is None or len(batch.first_channel(held_out)) < MIN_SHARE_WINDOWS:
        return SHARE
    network = make_network(rng, recipe.strategy, batch.size, inputs.shape[1], plan.architecture, plan.loss)
    k = draw_windows(rng, batch.first_channel(training), batch.size.horizon * batch.size.n_channels)
    sequences = training_sequences(batch, k, inputs, batch.targets)
    set_first_scale(network, sequences.targets, plan.loss)
    train(network, sequences, replace(_training_options(plan), verbose=0), rng)
    k = batch.all_channels(thin(batch.first_channel(held_out), MAX_VALIDATION_WINDOWS))
    part, truth = batch.subset(k), batch.targets(k)
    with_linear, with_network = linear.predict(part), Recurrent(network, plan.loss).predict(part)
    errors = [np.nanmean(np.abs(s * with_network + (1 - s) * with_linear - truth)) for s in SHARES]
    # The mean of several networks is better than the one judged, and the usual share better than one found by chance.
    errors[SHARES.index(USUAL_SHARE)] *= 1 - USUAL_GAIN
    return SHARES[int(np.argmin(errors))]


def _combine(linear, recurrent, residual, share):
    """Combine the linear components with a network that was fitted to their residuals, or to the same targets."""
    if linear is None:
        return Residual((recurrent,))
    return Residual((linear, recurrent)) if residual else Average((linear, recurrent), (1 - share, share))


def _prepare(recipe, batch, linear, inputs, network, plan, rng):
    """Return the arguments of the training of a network, a new one or the one given."""
    is_new = network is None
    if is_new:
        network = make_network(rng, recipe.strategy, batch.size, inputs.shape[1], plan.architecture, plan.loss)
    training, held_out = map(batch.first_channel, batch.split(plan.validation_fraction))
    if not plan.early_stopping:
        training, held_out = batch.first_channel(np.flatnonzero(batch.weights)), held_out[:0]
    elif not len(held_out):
        training = held_out
    training = draw_windows(rng, training, batch.size.horizon * batch.size.n_channels)
    held_out = thin(held_out, MAX_VALIDATION_WINDOWS)
    # Windows are held out from linear components and network alike.
    linear = linear[0 if plan.early_stopping else 1]
    targets = residuals_of(linear, batch) if recipe.residual and linear is not None else batch.targets
    sequences, validation = (training_sequences(batch, k, inputs, targets) for k in (training, held_out))
    validation = validation if plan.early_stopping else None
    if is_new:
        set_first_scale(network, sequences.targets, plan.loss)
    options = _training_options(plan)
    return {"network": network, "sequences": sequences, "options": options, "rng": rng, "validation": validation}


def _training_options(plan):
    return replace(plan.options, epoch_size=EPOCH_WINDOWS, averaging=AVERAGED)


def _train(trainings, plan):
    """Train networks; return their histories and themselves."""
    if plan.early_stopping:
        trainings = list(trainings)
        return train_all(trainings, plan.options.n_jobs), [training["network"] for training in trainings]
    histories, networks = [], []
    for training in trainings:  # One after the other: targets are large.
        histories.append(train(**training))
        networks.append(training["network"])
    return histories, networks


def _require_windows(panel, recipes):
    """Refuse a panel without any window, unless its seasons, at least, are known."""
    recipe, needed = _least(recipes)
    if panel.lengths.max() < needed and recipe.min_lookback > recipe.decomposition.first_row:
        longest = int(panel.lengths.argmax())
        raise ValueError(
            f"Too few observations: {panel.label(longest)} has {panel.lengths[longest]}, and at least {needed} are "
            f"needed: {recipe.min_lookback} of lookback={recipe.lookback} to read, {recipe.pass_steps} to forecast. "
            "Give more data, or lower lookback or horizon: predict(horizon=...) goes further than fit, from its own "
            "forecasts."
        )


def _least(recipes):
    """Return the recipe whose windows need the fewest observations, and how many these are."""
    recipe = min(recipes, key=lambda recipe: recipe.min_lookback)
    return recipe, recipe.min_lookback + recipe.pass_steps


def _warn_of_short_series(panel, recipes):
    """Warn of series without a window."""
    _, needed = _least(recipes)
    short = np.flatnonzero(panel.lengths < needed)
    if len(short):
        named = ", ".join(f"{panel.label(i)} ({panel.lengths[i]})" for i in short[:N_NAMED])
        warnings.warn(
            f"{len(short)} of {panel.n_series} series have fewer than {needed} observations and are not "
            f"trained on: {named}{', ...' if len(short) > N_NAMED else ''}. They are forecast by what the "
            "others teach.",
            ShortSeriesWarning,
            stacklevel=5,
        )


def _warn_of_no_training(batch, with_smoothing):
    mend = ", or set early_stopping=False" if len(batch) else ""
    left = "smoothing and the Theta method forecast, beside" if with_smoothing else "the forecast repeats"
    warnings.warn(
        f"The series are too short to hold out forecasts of {batch.size.horizon} steps that no training reaches "
        f"into (longest: {np.diff(batch.rows.offsets).max()} observations): nothing is trained, {left} season and "
        f"level. Give more data, lower horizon{mend}.",
        ShortSeriesWarning,
        stacklevel=5,
    )
