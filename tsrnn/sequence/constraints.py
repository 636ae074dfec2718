"""Constraints of the parameters of the sequence estimators."""

from numbers import Real

import numpy as np
import pandas as pd

from tsrnn.constraints import AUTO, ESTIMATOR, NETWORK, TRAINING, with_auto
from tsrnn.heads import HEADS
from tsrnn.losses import LOSSES, Loss
from tsrnn.validation import BOOLEAN, COUNT, NONE, InstanceOf, Interval, Options, check_parameters

ARRAY = InstanceOf((list, tuple, np.ndarray, pd.Index, pd.Series), "an array-like")

CONSTRAINTS = {
    **NETWORK,
    "head": [Options(("auto", *HEADS))],
    "categories": [NONE, AUTO, ARRAY],
    "segment_length": [AUTO, COUNT],
    "standardize_inputs": [BOOLEAN],
    **with_auto(TRAINING, "max_epochs", "n_iter_no_change"),
    **ESTIMATOR,
}
REGRESSION = {
    "loss": [
        Options(tuple(name for name, loss in LOSSES.items() if not loss.takes_classes)),
        InstanceOf(Loss, "a loss of tsrnn.losses for numbers"),
    ],
    "standardize_targets": [BOOLEAN],
}

# Of the methods that draw.
SAMPLING = {
    "n_samples": [COUNT],
    "temperature": [Interval(Real, 0.0, closed="neither")],
    "max_length": [NONE, COUNT],
    "random_state": ESTIMATOR["random_state"],
}

# The parameters that make the network.
ARCHITECTURE = (*NETWORK, "dtype")


def check_arguments(method, **arguments):
    """Check the arguments of a method that draws.

    Parameters
    ----------
    method : str
        Name for the message.
    **arguments : object
        Values by names, which are keys of `SAMPLING`.

    Raises
    ------
    tsrnn.validation.InvalidParameterError
    """
    check_parameters(method, arguments, {name: SAMPLING[name] for name in arguments})
