"""From a panel to a model: choose, take apart, fit the linear part, train the network."""

import copy
import warnings
from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.highway import fit_highway
from tsrnn.forecaster.model import Model
from tsrnn.scaling import SeriesScaler
from tsrnn.seasonality import (
    MAX_SERIES,
    Decomposition,
    choose_decomposition,
    season_sets,
    seasons_of_frequency,
    seasons_of_values,
)
from tsrnn.training import History, TrainingOptions, train
from tsrnn.windows import Windows, split_by_time, thin, window_weights

MAX_SEASON = 400  # longest season that is looked for in values whose frequency tells nothing
# Neighbouring windows are nearly the same: of very many, these do for an epoch, and to tell which epoch was best.
EPOCH_WINDOWS = 16_384
MAX_VALIDATION_WINDOWS = 4_096
CHUNK = 4096
N_NAMED = 5  # series that a warning names


class ShortSeriesWarning(UserWarning):
    """A series is too short to train on."""


@dataclass(frozen=True)
class Plan:
    """What the parameters of a forecaster ask for; names as in `RNNForecaster`.

    Attributes
    ----------
    architecture : dict
        Parameters of the network.
    options : TrainingOptions
        How to train it.
    """

    horizon: int
    lookback: int | str
    season_length: int | list | str
    transform: str | None
    strategy: str
    scaling: str
    linear: bool
    early_stopping: bool
    validation_fraction: float
    architecture: dict
    options: TrainingOptions

    @property
    def block(self):
        """Steps that one pass of the network forecasts."""
        return 1 if self.strategy == "recursive" else self.horizon


def fit_model(panel, weights, plan, rng, before=None, keeps_scale=False):
    """Fit a model to a panel.

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
    before : Model, optional
        An earlier model whose network trains on and whose choices stay; it is not changed.
    keeps_scale : bool, default=False
        Whether the series known to ``before`` keep its constants.

    Returns
    -------
    model : Model
        The fitted model.
    history : tsrnn.training.History
        Without epochs if there was too little to train on.

    Raises
    ------
    ValueError
        If no series is long enough for one window.
    """
    model = start_model(panel, plan) if before is None else _go_on(panel, before, keeps_scale)
    data = _Data.of(model, panel, weights, plan.architecture["dtype"])
    _require_windows(data.windows, panel, model)
    training, held_out = _split(data, plan, panel)
    model.limit = float(np.abs(data.targets).max())
    residual = data.targets
    if plan.linear and len(training) and len(held_out):
        of_training, model.highway = fit_highway(data.blocks, data.targets, data.weights, training, held_out)
        residual = data.minus(of_training if plan.early_stopping else model.highway)
    network = copy.deepcopy(model.network)
    model.network = model.make_network(rng, **plan.architecture) if network is None else network
    sequences = data.sequences(residual)
    if not plan.early_stopping:
        training, held_out = np.flatnonzero(data.weights), None
    elif not len(held_out):
        training = held_out
    if not len(training):
        return model, History()
    validation = None if held_out is None else sequences.subset(thin(held_out, MAX_VALIDATION_WINDOWS))
    options = replace(plan.options, epoch_size=EPOCH_WINDOWS)
    return model, train(model.network, sequences.subset(training), options, rng, validation)


def start_model(panel, plan):
    """Choose everything that precedes training; return a model without highway and network."""
    decomposition, log, seasons = _choose_decomposition(panel, plan)
    scaler = SeriesScaler.fit(panel.values, panel.offsets, log)
    lookback, segment = _choose_lookback(panel, plan, decomposition, seasons)
    model = Model(
        decomposition=decomposition,
        scaler=scaler,
        units=np.ones(panel.n_series),
        strategy=plan.strategy,
        block=plan.block,
        lookback=lookback,
        segment=segment,
        scaling=plan.scaling,
    )
    return _with_units(model, panel)


def _with_units(model, panel):
    rows = model.read(panel)
    return replace(model, units=rows.units(model.windows(rows)))


def _go_on(panel, before, keeps_scale):
    if keeps_scale:
        return before.extend(panel)
    scaler = SeriesScaler.fit(panel.values, panel.offsets, before.scaler.log)
    return _with_units(replace(before, scaler=scaler, units=np.ones(panel.n_series)), panel)


def _choose_decomposition(panel, plan):
    """Return the decomposition, whether it is of logarithms, and the seasons that were considered."""
    longest = np.argsort(-panel.lengths, kind="stable")
    some = np.linspace(0, len(longest) - 1, min(len(longest), MAX_SERIES)).astype(int)
    series = [panel.series(i) for i in longest[some]]
    with_log = {"auto": (False, True), "log": (True,), None: (False,)}[plan.transform]
    if plan.transform == "auto" and panel.values.min() <= 0:
        with_log = (False,)
    if plan.season_length == "auto":
        freq = panel.frequencies[0]
        seasons = () if isinstance(freq, int) else seasons_of_frequency(freq)
        seasons = seasons or seasons_of_values(series, MAX_SEASON)
        sets = season_sets(seasons)
    else:
        seasons = tuple(sorted({m for m in np.atleast_1d(plan.season_length).tolist() if m > 1}))
        _require_seasons(seasons, panel, plan.block)
        sets = [seasons]
    decomposition, log = choose_decomposition(series, plan.block, sets, with_log)
    return decomposition, log, seasons


def _require_seasons(seasons, panel, block):
    needed = Decomposition(seasons).first_row + block + 1
    if panel.lengths.max() < needed:
        raise ValueError(
            f"season_length={list(seasons)} needs a series of at least {needed} observations: twice each "
            f"season and {block} to forecast. The longest has {panel.lengths.max()}. Lower season_length, or "
            "leave it 'auto'."
        )


def _choose_lookback(panel, plan, decomposition, seasons):
    """Return the rows that the network reads, and how many of them in one of its steps."""
    main = min(seasons, default=1)
    segment = main if main <= 7 else max(d for d in range(1, 9) if main % d == 0)
    if plan.lookback != "auto":
        return plan.lookback, max(d for d in range(1, segment + 1) if plan.lookback % d == 0)
    # A season of more than a month of days would make a long window of it; its part is known anyway.
    wanted = 2 * max(plan.horizon, main if main <= 31 else 1)
    spare = int(np.median(panel.lengths)) - decomposition.first_row - plan.block
    lookback = max(min(wanted, spare // 3), 1)
    segment = min(segment, lookback)
    return lookback // segment * segment, segment


def _require_windows(windows, panel, model):
    """Refuse a panel without any window; warn of series without one."""
    needed = model.decomposition.first_row + model.min_lookback + model.block
    if not len(windows):
        longest = int(panel.lengths.argmax())
        raise ValueError(
            f"Too few observations: {panel.label(longest)} has {panel.lengths[longest]}, and at least "
            f"{needed} are needed: {model.decomposition.first_row} for seasons "
            f"{model.decomposition.seasons}, {model.min_lookback} to read (half of "
            f"lookback={model.lookback}), {model.block} to forecast. Give more data, or lower horizon, "
            "lookback or season_length."
        )
    short = np.flatnonzero(panel.lengths < needed)
    if len(short):
        named = ", ".join(f"{panel.label(i)} ({panel.lengths[i]})" for i in short[:N_NAMED])
        warnings.warn(
            f"{len(short)} of {panel.n_series} series have fewer than {needed} observations and are not "
            f"trained on: {named}{', ...' if len(short) > N_NAMED else ''}. They are forecast by what the "
            "others teach.",
            ShortSeriesWarning,
            stacklevel=4,
        )


def _split(data, plan, panel):
    """Return the positions of windows to train on and to hold out; those of weight 0 are in neither."""
    training, held_out = split_by_time(data.windows, plan.validation_fraction, plan.block)
    training, held_out = training[data.weights[training] > 0], held_out[data.weights[held_out] > 0]
    if plan.early_stopping and not (len(training) and len(held_out)):
        warnings.warn(
            f"The series are too short to hold out forecasts of {plan.block} steps that no training reaches "
            f"into (longest: {panel.lengths.max()} observations): nothing is trained, the forecast repeats "
            "season and level. Give more data, lower horizon, or set early_stopping=False.",
            ShortSeriesWarning,
            stacklevel=5,
        )
    return training, held_out


@dataclass(frozen=True)
class _Data:
    """Windows of a panel with all that belongs to them; targets are in units of their series."""

    model: Model
    features: np.ndarray
    windows: Windows
    levels: np.ndarray
    scales: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, model, panel, weights, dtype):
        rows = model.read(panel)
        windows = model.windows(rows)
        levels, scales = model.levels_and_scales(rows, windows)
        per_window = np.ones(len(windows)) if weights is None else window_weights(weights, windows, model.block)
        targets = np.empty((len(windows), model.block), dtype)
        for k in _chunks(len(windows)):
            part = windows.subset(k)
            targets[k] = rows.targets(part, levels[k], model.block) / model.units[part.series, None]
        return cls(model, rows.features, windows, levels, scales, targets, per_window)

    def blocks(self, k):
        """Return windows ``k`` as the highway reads them."""
        return self.model.blocks(self.features, self.windows.subset(k), self.levels[k])

    def minus(self, highway):
        """Return the targets without the linear part."""
        residual = np.empty_like(self.targets)
        for k in _chunks(len(residual)):
            residual[k] = self.targets[k] - highway.predict(self.blocks(k))
        return residual

    def sequences(self, targets):
        """Return the windows as the network reads them."""
        factors = self.model.units[self.windows.series] / self.scales
        targets = targets * factors[:, None].astype(targets.dtype)
        features = self.features.astype(targets.dtype)
        return self.model.sequences(features, self.windows, self.levels, self.scales, targets, self.weights)


def _chunks(n):
    return [np.arange(start, min(start + CHUNK, n)) for start in range(0, n, CHUNK)]
