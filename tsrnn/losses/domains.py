"""Domains of targets: the values that a loss allows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Domain:
    """A set of numbers that targets may be.

    Attributes
    ----------
    words : str
        Name of the numbers in a message.
    contains : callable
        From an array of float to an array of bool, of the same shape.
    """

    words: str
    contains: Callable[[np.ndarray], np.ndarray]


def _are_counts(values):
    return np.isfinite(values) & (values >= 0) & (values == np.floor(values))


REALS = Domain("real numbers", np.isfinite)
COUNTS = Domain("counts, integers of at least 0", _are_counts)
