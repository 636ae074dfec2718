"""What values the parameters of the sequence estimators may have."""

from numbers import Integral, Real

import numpy as np
import pandas as pd

from tsrnn.cells import CELLS
from tsrnn.heads import HEADS
from tsrnn.losses import LOSSES, Loss
from tsrnn.optimizers import SCHEDULES
from tsrnn.validation import BOOLEAN, NONE, InstanceOf, Interval, Options

COUNT = Interval(Integral, 1)
ARRAY = InstanceOf((list, tuple, np.ndarray, pd.Index, pd.Series), "an array-like")
GENERATOR = InstanceOf((np.random.RandomState, np.random.Generator), "a RandomState or Generator")

CONSTRAINTS = {
    "hidden_size": [COUNT],
    "cell": [Options(tuple(CELLS))],
    "num_layers": [COUNT],
    "bidirectional": [BOOLEAN],
    "dropout": [Interval(Real, 0.0, 1.0)],
    "head": [Options(("auto", *HEADS))],
    "categories": [NONE, Options(("auto",)), ARRAY],
    "standardize_inputs": [BOOLEAN],
    "learning_rate": [Interval(Real, 0.0, closed="neither")],
    "schedule": [Options(tuple(SCHEDULES))],
    "weight_decay": [Interval(Real, 0.0)],
    "batch_size": [COUNT],
    "max_epochs": [COUNT],
    "clip_norm": [Interval(Real, 0.0, closed="right")],
    "early_stopping": [BOOLEAN],
    "validation_fraction": [Interval(Real, 0.0, 1.0, closed="neither")],
    "n_iter_no_change": [COUNT],
    "tol": [Interval(Real, 0.0)],
    "warm_start": [BOOLEAN],
    "random_state": [NONE, Interval(Integral, 0), GENERATOR],
    "n_jobs": [NONE, COUNT, Interval(Integral, -np.inf, -1, closed="right")],
    "dtype": [Options(("float32", "float64"))],
    "verbose": [BOOLEAN, Interval(Integral, 0)],
}
REGRESSION = {
    "loss": [
        Options(tuple(name for name, loss in LOSSES.items() if not loss.takes_classes)),
        InstanceOf(Loss, "a loss of tsrnn.losses for numbers"),
    ],
    "standardize_targets": [BOOLEAN],
}

# The parameters that make the network.
ARCHITECTURE = ("hidden_size", "cell", "num_layers", "bidirectional", "dropout", "dtype")
