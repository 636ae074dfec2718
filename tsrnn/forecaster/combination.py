"""Combinations of learners: each fitted to the residuals of those before, or all to the same targets."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.learners.recurrent import Recurrent

SMALLEST_SHARE = 1e-6  # A network that is left out of the forecast tells its spread all the same.


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


def predict_with_spreads(learner, batch, n_jobs=None):
    """Forecast the windows of a `Batch` by a learner or combination, and the spreads of the forecasts.

    Returns
    -------
    forecasts : ndarray of shape (n, horizon), float64
        Those of ``learner.predict``, to the bit.
    spreads : ndarray of shape (n, horizon), float64, or None
        In units of their series: the weighted mean over the learners that tell one; None if none does.
    """
    if isinstance(learner, Recurrent):
        return learner.predict_with_spreads(batch, n_jobs)
    if not hasattr(learner, "learners"):
        return learner.predict(batch, n_jobs), None
    predictions = [predict_with_spreads(part, batch, n_jobs) for part in learner.learners]
    total, shares = np.zeros((len(batch), batch.size.horizon)), getattr(learner, "shares", None)
    for k, (forecasts, _) in enumerate(predictions):
        total += forecasts if shares is None else shares[k] * forecasts
    told = [k for k, (_, spreads) in enumerate(predictions) if spreads is not None]
    if not told:
        return total, None
    weights = None if shares is None else [max(shares[k], SMALLEST_SHARE) for k in told]
    return total, np.average([predictions[k][1] for k in told], axis=0, weights=weights)


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
