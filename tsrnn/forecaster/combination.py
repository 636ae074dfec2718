"""Combinations of learners: each fitted to the residuals of those before, or all to the same targets."""

from dataclasses import dataclass, replace

import numpy as np


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
