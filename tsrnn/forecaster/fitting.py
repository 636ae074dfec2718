"""From a panel to a model: choose, take apart, fit the linear parts, train the network."""

import copy
import warnings
from dataclasses import replace

import numpy as np

from tsrnn.forecaster.choosing import start_models
from tsrnn.forecaster.ensemble import Ensemble
from tsrnn.forecaster.linear import fit_linear
from tsrnn.forecaster.plan import AVERAGED, EPOCH_WINDOWS, MAX_TARGETS, MAX_VALIDATION_WINDOWS
from tsrnn.forecaster.samples import Samples
from tsrnn.scaling import SeriesScaler
from tsrnn.training import train, train_all
from tsrnn.validation import make_generator
from tsrnn.windows import thin

N_NAMED = 5  # series that a warning names


class ShortSeriesWarning(UserWarning):
    """A series is too short to train on."""


def fit_ensemble(panel, weights, plan, rng, before=None, keeps_scale=False):
    """Fit models to a panel.

    Parameters
    ----------
    panel : tsrnn.frames.Panel
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

    Raises
    ------
    ValueError
        If no series is long enough for one window.
    """
    if before is None:
        models, rows = start_models(panel, weights, plan)
    else:
        models = [_go_on(panel, replace(model, of_mean=plan.of_mean), keeps_scale) for model in before.members]
        rows = models[0].read(panel)
    _require_windows(panel, models)
    # Models of one look-back read the same windows, and have the same linear parts.
    samples = {model.lookback: Samples.of(model, rows, weights) for model in models}
    best = samples[models[0].lookback]
    if not len(best.windows) or (plan.early_stopping and not all(map(len, best.split(plan.validation_fraction)))):
        _warn_of_no_training(best)
    else:
        _warn_of_short_series(panel, models)
    fraction = plan.validation_fraction
    linear = {k: fit_linear(part, fraction) if plan.linear else (None, None) for k, part in samples.items()}
    # Each has random numbers of its own, so that they can be trained in any order, or at once.
    members = [(m, samples[m.lookback], linear[m.lookback], plan, make_generator(rng)) for m in models]
    if plan.early_stopping:
        histories = train_all([_prepare(*member) for member in members], plan.options.n_jobs)
    else:
        histories = [train(**_prepare(*member)) for member in members]  # one after the other: targets are large
    return Ensemble(tuple(models)), histories


def _go_on(panel, before, keeps_scale):
    if keeps_scale:
        return before.extend(panel)
    model = replace(before, scaler=SeriesScaler.fit(panel.values, panel.offsets, before.scaler.log))
    return model.measure(model.read(panel))


def _prepare(model, samples, linear, plan, rng):
    """Give a model its linear parts and a network; return the arguments of the network's training."""
    training, held_out = map(samples.first_channel, samples.split(plan.validation_fraction))
    of_training, model.linear = linear
    known = None if model.combines else of_training if plan.early_stopping else model.linear
    network = copy.deepcopy(model.network)
    model.network = model.make_network(rng, **plan.architecture) if network is None else network
    if not plan.early_stopping:
        training, held_out = samples.first_channel(np.flatnonzero(samples.weights)), held_out[:0]
    elif not len(held_out):
        training = held_out
    training = _draw(rng, training, model.block * model.n_channels)
    held_out = thin(held_out, MAX_VALIDATION_WINDOWS)
    sequences, validation = (samples.sequences(k, known, model.network.theta.dtype) for k in (training, held_out))
    options = replace(plan.options, epoch_size=EPOCH_WINDOWS, averaging=AVERAGED)
    validation = validation if plan.early_stopping else None
    return {"network": model.network, "sequences": sequences, "options": options, "rng": rng, "validation": validation}


def _draw(rng, positions, n_targets):
    """Draw as many windows as training holds the targets of in memory."""
    count = max(MAX_TARGETS // n_targets, 1)
    return positions if len(positions) <= count else np.sort(rng.choice(positions, count, replace=False))


def _require_windows(panel, models):
    """Refuse a panel without any window, unless its seasons, at least, are known."""
    model, needed = _least(models)
    if panel.lengths.max() < needed and model.min_lookback > model.decomposition.first_row:
        longest = int(panel.lengths.argmax())
        raise ValueError(
            f"Too few observations: {panel.label(longest)} has {panel.lengths[longest]}, and at least {needed} are "
            f"needed: {model.min_lookback} of lookback={model.lookback} to read, {model.block} to forecast. Give more "
            "data, or lower lookback or horizon: predict(horizon=...) goes further than fit, from its own forecasts."
        )


def _least(models):
    """Return the model whose windows need the fewest observations, and how many these are."""
    model = min(models, key=lambda model: model.min_lookback)
    return model, model.min_lookback + model.block


def _warn_of_short_series(panel, models):
    """Warn of series without a window."""
    _, needed = _least(models)
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


def _warn_of_no_training(samples):
    mend = ", or set early_stopping=False" if len(samples.windows) else ""
    warnings.warn(
        f"The series are too short to hold out forecasts of {samples.horizon} steps that no training reaches "
        f"into (longest: {np.diff(samples.rows.offsets).max()} observations): nothing is trained, the forecast repeats "
        f"season and level. Give more data, lower horizon{mend}.",
        ShortSeriesWarning,
        stacklevel=5,
    )
