"""The fitted model and its forecast formula."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from tsrnn.forecaster.combination import Average, Residual, contributions, find_learner, predict_with_spreads
from tsrnn.forecaster.limits import limits
from tsrnn.forecaster.recipe import Recipe
from tsrnn.learners.recurrent import Recurrent
from tsrnn.losses import StudentT


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

    @property
    def has_scales(self):
        """Whether the network tells the spread of its forecasts."""
        return isinstance(find_learner(self.combination, Recurrent).loss, StudentT)

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
        return self._run(table, origins, horizon, [partial(self.combination.predict, n_jobs=n_jobs)])[0]

    def forecast_with_spreads(self, table, origins, horizon, n_jobs=None):
        """Forecast after some origins, and the spreads that the network tells.

        Parameters
        ----------
        table, origins, horizon, n_jobs : as for :meth:`forecast`

        Returns
        -------
        forecasts : ndarray of shape (len(origins), horizon), float64
            Those of :meth:`forecast`.
        spreads : ndarray of shape (len(origins), horizon), float64
            Of scaled values; NaN where there is too little to read.
        """
        passes = []

        def predict(batch):
            forecasts, spreads = predict_with_spreads(self.combination, batch, n_jobs)
            told = np.full_like(forecasts, np.nan) if spreads is None else batch.units[:, None] * spreads
            passes.append(np.where(batch.windows.lengths[:, None] > 0, told, np.nan))
            return forecasts

        forecasts, _, _ = self._run(table, origins, horizon, [predict])
        spreads = np.hstack(passes)[:, :horizon]
        return forecasts, np.where(self.recipe.repeated[origins.series, None], np.nan, spreads)

    def components(self, table, origins, horizon, n_jobs=None):
        """Take forecasts apart.

        Parameters
        ----------
        table, origins, horizon, n_jobs : as for :meth:`forecast`

        Returns
        -------
        dict of str to ndarray of shape (len(origins), horizon), float64
            Level, season, linear components, network, and what the limits take away, in the units of the series. Their
            sum is the forecast. Of logarithms, each is what it adds to those before it.
        """
        learners = contributions(self.combination, n_jobs)
        forecast, (level, *learned), season = self._run(table, origins, horizon, list(learners.values()))
        total, components = np.zeros_like(season), {}
        for name, part in zip(("level", "season", *learners), (level, season, *learned), strict=True):
            restored = self.recipe.scaler.restore(total + part, origins.series)
            before = self.recipe.scaler.restore(total, origins.series) if components else 0.0
            total, components[name] = total + part, restored - before
        return components | {"limits": forecast - self.recipe.scaler.restore(total, origins.series)}

    def _run(self, table, origins, horizon, learners):
        """Return forecasts in the units of the series; scaled levels and predictions of learners; scaled seasons."""
        recipe = self.recipe
        lower, upper, floor = limits(recipe, table, origins, horizon)
        work, scales = table.workspace(origins, recipe.width, horizon), None
        parts = np.empty((1 + len(learners), len(origins.series), horizon))
        for start in range(0, horizon, recipe.pass_steps):
            batch = recipe.batch_after(work, start, scales)
            if scales is None:
                scales, learned = batch.scales, (batch.windows.lengths > 0) & ~recipe.repeated[origins.series]
            steps = slice(start, min(start + recipe.pass_steps, horizon))
            parts[0, :, steps] = batch.levels[:, None]
            for part, predict in zip(parts[1:], learners, strict=True):
                corrections = batch.units[:, None] * predict(batch) * learned[:, None]
                part[:, steps] = corrections[:, : steps.stop - start]
            forecasts = parts[:, :, steps].sum(axis=0) + work.seasonal[:, steps]
            work.write(start, np.clip(forecasts, lower[:, steps], upper[:, steps]))
        return np.maximum(recipe.scaler.restore(work.forecasts, origins.series), floor), parts, work.seasonal
