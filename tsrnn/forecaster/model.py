"""The fitted model and its forecast formula."""

from dataclasses import dataclass

import numpy as np

from tsrnn.forecaster.combination import Average, Residual, find_learner
from tsrnn.forecaster.limits import limits
from tsrnn.forecaster.recipe import Recipe
from tsrnn.learners.recurrent import Recurrent


@dataclass(frozen=True)
class Model:
    """A fitted forecaster without its data.

    The forecast of step k after an origin is, in scaled values,

        season[k] + level + unit * combination(window)[k]

    with the level of the window and the unit of its series, within the `limits`.

    Attributes
    ----------
    recipe : Recipe
        Season, level and constants of the series.
    combination : Residual or Average
        Learners.
    """

    recipe: Recipe
    combination: Residual | Average

    @property
    def network(self):
        """The recurrent network."""
        return find_learner(self.combination, Recurrent).network

    def extend(self, panel):
        """Return the model for a panel with more series; those known keep their constants."""
        return Model(self.recipe.extend(panel), self.combination.extend(panel.n_series))

    def forecast(self, table, origins, horizon, n_jobs=None):
        """Forecast after some origins.

        Parameters
        ----------
        table : Table
            From :meth:`Recipe.read`.
        origins : Origins
            Where to forecast from.
        horizon : int
            Steps; beyond ``recipe.pass_steps`` the forecasts are read like observations.
        n_jobs : int or None
            Threads.

        Returns
        -------
        ndarray of shape (len(origins), horizon), float64
            In the units of the series.
        """
        recipe = self.recipe
        lower, upper, floor = limits(recipe, table, origins, horizon)
        work, scales = table.workspace(origins, recipe.width, horizon), None
        for start in range(0, horizon, recipe.pass_steps):
            batch = recipe.batch_after(work, start, scales)
            if scales is None:
                scales, learned = batch.scales, (batch.windows.lengths > 0) & ~recipe.repeated[origins.series]
            correction = batch.units[:, None] * self.combination.predict(batch, n_jobs) * learned[:, None]
            steps = slice(start, min(start + recipe.pass_steps, horizon))
            forecasts = (batch.levels[:, None] + correction)[:, : steps.stop - start] + work.seasonal[:, steps]
            work.write(start, np.clip(forecasts, lower[:, steps], upper[:, steps]))
        return np.maximum(recipe.scaler.restore(work.forecasts, origins.series), floor)
