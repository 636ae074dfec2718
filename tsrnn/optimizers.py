"""Adam's memory, and schedules of its learning rate; its steps are taken in the backends."""

from dataclasses import dataclass

import numpy as np


@dataclass
class AdamState:
    """State of Adam between minibatches.

    Attributes
    ----------
    moments : ndarray of shape (2, n_parameters)
        Running means of the gradients and of their squares.
    updates : int
        Steps taken.
    """

    moments: np.ndarray
    updates: int = 0

    @classmethod
    def start(cls, theta):
        """Return the memory of an optimizer that has not begun."""
        return cls(np.zeros((2, theta.size), theta.dtype))


def _constant(fraction):
    return np.ones_like(fraction)


def _cosine(fraction):
    return (1 + np.cos(np.pi * fraction)) / 2


def _one_cycle(fraction):
    rise = 0.2
    return np.where(fraction < rise, 0.1 + 0.9 * fraction / rise, _cosine((fraction - rise) / (1 - rise)))


# Factor of the learning rate by the fraction of all minibatches that are done.
SCHEDULES = {"constant": _constant, "cosine": _cosine, "one_cycle": _one_cycle}
