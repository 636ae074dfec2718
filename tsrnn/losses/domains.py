"""Domains of targets: the values that a loss allows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Of the mean of a count, from one in half a billion to half a billion: larger counts would be predicted as that mean.
MAX_LOG_MEAN = 20.0
MAX_COUNT = int(np.exp(MAX_LOG_MEAN))


@dataclass(frozen=True)
class Domain:
    """A set of numbers that targets may be.

    Attributes
    ----------
    words : str
        Name of the numbers in a message.
    contains : callable
        From an array of float to an array of bool, of the same shape.
    mend : callable
        From an array of float, of which some are not contained, and its name to advice; "" for none.
    """

    words: str
    contains: Callable[[np.ndarray], np.ndarray]
    mend: Callable[[np.ndarray, str], str]


def _are_counts(values):
    return (values >= 0) & (values <= MAX_COUNT) & (values == np.floor(values))


def _mend_counts(values, name):
    """Advise to count in larger units if all that is wrong is the size."""
    known = values[~np.isnan(values)]
    largest = known.max(initial=0)
    if not MAX_COUNT < largest < np.inf or not _are_counts(np.minimum(known, MAX_COUNT)).all():
        return ""
    unit = 10.0 ** np.ceil(np.log10(largest / MAX_COUNT))
    return f" Count in larger units: np.round({name} / {unit:g})."


REALS = Domain("real numbers", np.isfinite, lambda values, name: "")
COUNTS = Domain(f"counts, integers of at least 0, up to {MAX_COUNT}", _are_counts, _mend_counts)
