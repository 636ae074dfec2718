"""Constraints of the parameters that networks and estimators share: a name has one meaning everywhere.

An estimator that resolves "auto" for a parameter allows it in addition (:func:`with_auto`).
"""

from numbers import Integral, Real

import numpy as np

from tsrnn.cells import CELLS
from tsrnn.optimizers import SCHEDULES
from tsrnn.validation import BOOLEAN, COUNT, NONE, Counts, InstanceOf, Interval, ListOf, Options

AUTO = Options(("auto",))

# The recurrent layers, under the names of `tsrnn.network.Network`.
NETWORK = {
    "cell": [Options(tuple(CELLS))],
    "hidden_size": [COUNT],
    "num_layers": [COUNT],
    "bidirectional": [BOOLEAN],
    "dropout": [Interval(Real, 0.0, 1.0)],
    "residual": [BOOLEAN],
    "dilations": [NONE, Counts("dilations, one for each layer")],
}

# Training, under the names of `tsrnn.training.TrainingOptions` where it has them.
TRAINING = {
    "learning_rate": [Interval(Real, 0.0, closed="neither")],
    "schedule": [Options(tuple(SCHEDULES))],
    "weight_decay": [Interval(Real, 0.0)],
    "batch_size": [COUNT],
    "max_epochs": [COUNT],
    "clip_norm": [Interval(Real, 0.0, closed="neither"), NONE],
    "early_stopping": [BOOLEAN],
    "validation_fraction": [Interval(Real, 0.0, 1.0, closed="neither")],
    "n_iter_no_change": [COUNT],
    "tol": [Interval(Real, 0.0)],
}

# Common to all estimators.
ESTIMATOR = {
    "warm_start": [BOOLEAN],
    "random_state": [
        NONE,
        Interval(Integral, 0),
        InstanceOf((np.random.RandomState, np.random.Generator), "a RandomState or a Generator of numpy.random"),
    ],
    "n_jobs": [NONE, COUNT, Interval(Integral, -np.inf, -1, closed="right")],
    "dtype": [Options(("float32", "float64"))],
    "verbose": [BOOLEAN, Interval(Integral, 0)],
}

# Names of the columns of a long frame.
COLUMN = InstanceOf((str, int, tuple), "the name of a column")
COLUMNS: dict[str, list[object]] = {
    "id_col": [COLUMN, ListOf(COLUMN, "columns")],
    "time_col": [COLUMN],
    "target_col": [COLUMN],
}


def with_auto(constraints, *names):
    """Return the constraints with "auto" allowed for the parameters named.

    Parameters
    ----------
    constraints : dict of str to list
        Constraints by the names of the parameters.
    *names : str
        Parameters that may be "auto".

    Returns
    -------
    dict of str to list

    Examples
    --------
    >>> from tsrnn.constraints import TRAINING, with_auto
    >>> [str(constraint) for constraint in with_auto(TRAINING, "max_epochs")["max_epochs"]]
    ["a str among {'auto'}", 'an int in the range [1, inf)']
    """
    return {name: [AUTO, *allowed] if name in names else allowed for name, allowed in constraints.items()}
