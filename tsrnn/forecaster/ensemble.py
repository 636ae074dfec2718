"""Several models of one panel, whose mean is the forecast."""

from dataclasses import dataclass

import numpy as np

from tsrnn.forecaster.model import Model
from tsrnn.windows import Origins


@dataclass(frozen=True)
class Ensemble:
    """Models that differ in how far back they look; their forecasts are averaged.

    Attributes
    ----------
    members : tuple of Model
        The best one first.
    """

    members: tuple[Model, ...]

    @property
    def best(self):
        """The first member; seasons, level and logarithms are those of all."""
        return self.members[0]

    def extend(self, panel):
        """Return the ensemble for a panel with more series; those known keep their constants."""
        return Ensemble(tuple(model.extend(panel) for model in self.members))

    def forecast(self, table, horizon, n_jobs=None, origins=None):
        """Forecast a panel.

        Parameters
        ----------
        table : Table
            The panel, from :meth:`Recipe.read` of any member.
        horizon : int
            Steps.
        n_jobs : int or None
            Threads.
        origins : Origins, optional
            Where to forecast from; by default the end of each series.

        Returns
        -------
        ndarray of shape (n_origins, horizon), float64
            In the units of the series.
        """
        origins = Origins.ends(table.offsets) if origins is None else origins
        with np.errstate(over="ignore", invalid="ignore"):  # The caller refuses what is not finite.
            return np.mean([model.forecast(table, origins, horizon, n_jobs) for model in self.members], axis=0)
