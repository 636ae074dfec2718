"""Which values the parameters of `RNNForecaster` may have."""

from numbers import Integral, Real

import numpy as np

from tsrnn.cells import CELLS
from tsrnn.forecaster.model import STRATEGIES
from tsrnn.losses import Huber
from tsrnn.optimizers import SCHEDULES
from tsrnn.scaling import SCALINGS
from tsrnn.validation import BOOLEAN, COUNT, NONE, Counts, InstanceOf, Interval, Options

AUTO = Options(("auto",))
NAME = InstanceOf((str, int, tuple), "the name of a column")


CONSTRAINTS = {
    "horizon": [COUNT],
    "lookback": [AUTO, COUNT],
    "season_length": [AUTO, COUNT, Counts("several seasons")],
    "log": [AUTO, BOOLEAN],
    "outliers": [Options(("replace", "keep"))],
    "strategy": [Options(("auto", *STRATEGIES))],
    "channels": [Options(("independent", "joint"))],
    "scaling": [Options(tuple(SCALINGS))],
    "linear": [BOOLEAN],
    "cell": [Options(tuple(CELLS))],
    "hidden_size": [AUTO, COUNT],
    "num_layers": [AUTO, COUNT],
    "bidirectional": [BOOLEAN],
    "dropout": [Interval(Real, 0.0, 1.0)],
    "residual": [BOOLEAN],
    "dilations": [NONE, Counts("dilations, one for each layer")],
    "loss": [
        Options(("absolute_error", "huber", "squared_error")),
        InstanceOf(Huber, "a tsrnn.losses.Huber"),
    ],
    "learning_rate": [Interval(Real, 0.0, closed="neither")],
    "schedule": [Options(("auto", *SCHEDULES))],
    "weight_decay": [Interval(Real, 0.0)],
    "batch_size": [AUTO, COUNT],
    "max_epochs": [AUTO, COUNT],
    "clip_norm": [Interval(Real, 0.0, closed="neither"), NONE],
    "early_stopping": [AUTO, BOOLEAN],
    "validation_fraction": [Interval(Real, 0.0, 1.0, closed="neither")],
    "n_iter_no_change": [COUNT],
    "tol": [Interval(Real, 0.0)],
    "id_col": [NAME],
    "time_col": [NAME],
    "target_col": [NAME],
    "warm_start": [BOOLEAN],
    "random_state": [
        NONE,
        Interval(Integral, 0),
        InstanceOf((np.random.RandomState, np.random.Generator), "a RandomState or a Generator of numpy.random"),
    ],
    "n_jobs": [Interval(Integral, 1), Interval(Integral, -np.inf, -1, closed="both"), NONE],
    "dtype": [Options(("float32", "float64"))],
    "verbose": [Interval(Integral, 0), BOOLEAN],
}
# What makes the model: a fit that is continued cannot change it.
ARCHITECTURE = ("cell", "hidden_size", "num_layers", "bidirectional", "dropout", "residual", "dilations", "dtype")
CHOICES = ("horizon", "lookback", "season_length", "log", "outliers", "strategy", "channels", "scaling", *ARCHITECTURE)
