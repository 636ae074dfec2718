"""Combinations of learners: each fitted to the residuals of those before, or all to the same targets."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.learners.recurrent import Recurrent


@dataclass(frozen=True)
class Residual:
    """Sum of learners, of which each was fitted to the residuals of those before; nothing without any.

    Attributes
    ----------
    learners : tuple
        Learners, or combinations of them.
    """

    learners: tuple = ()

    def predict(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        total = np.zeros((len(batch), batch.size.horizon))
        for learner in self.learners:
            total += learner.predict(batch, n_jobs)
        return total

    def extend(self, n_series):
        """Return the combination for more series."""
        return replace(self, learners=tuple(learner.extend(n_series) for learner in self.learners))


@dataclass(frozen=True)
class Average:
    """Weighted mean of learners that were fitted to the same targets.

    Bates and Granger (1969), The Combination of Forecasts.

    Attributes
    ----------
    learners : tuple
        Learners, or combinations of them.
    shares : tuple of float
        Weight of each; their sum is 1.
    """

    learners: tuple
    shares: tuple

    def predict(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        total = np.zeros((len(batch), batch.size.horizon))
        for learner, share in zip(self.learners, self.shares, strict=True):
            total += share * learner.predict(batch, n_jobs)
        return total

    def extend(self, n_series):
        """Return the combination for more series."""
        return replace(self, learners=tuple(learner.extend(n_series) for learner in self.learners))


def find_learner(combination, kind):
    """Return the first learner of a class in a combination, or None."""
    if isinstance(combination, kind):
        return combination
    found = (find_learner(learner, kind) for learner in getattr(combination, "learners", ()))
    return next((learner for learner in found if learner is not None), None)


def contributions(combination, n_jobs=None):
    """Return what linear components and network add to a forecast: functions of a `Batch` by name."""
    members = list(_members(combination, 1.0))

    def add(recurrent):
        def predict(batch):
            total = np.zeros((len(batch), batch.size.horizon))
            for learner, share in members:
                if isinstance(learner, Recurrent) == recurrent:
                    total += share * learner.predict(batch, n_jobs)
            return total

        return predict

    return {"linear": add(False), "network": add(True)}


def _members(combination, share):
    """Yield all learners of a combination, each with its share."""
    if not hasattr(combination, "learners"):
        yield combination, share
        return
    shares = getattr(combination, "shares", (1.0,) * len(combination.learners))
    for learner, part in zip(combination.learners, shares, strict=True):
        yield from _members(learner, share * part)
