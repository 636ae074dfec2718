"""Several models of one panel, and smoothing of its series, whose weighted mean, or median, is the forecast."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.limits import limits
from tsrnn.forecaster.model import Model
from tsrnn.forecaster.past_errors import MAX_SCORED, score_between
from tsrnn.forecaster.uncertainty import Distribution, Uncertainty
from tsrnn.learners.smoothing import Smoothing, follow_all
from tsrnn.windows import Origins, offsets_of, rows_of

COMPONENTS = ("level", "trend", "season", "linear", "network", "limits")


@dataclass(frozen=True)
class Ensemble:
    """Models that differ in how far back they look, and smoothing.

    Attributes
    ----------
    members : tuple of Model
        The best one first. Their forecasts are averaged.
    smoothing : dict of str to Smoothing
        Exponential smoothing and the Theta method of each series, whose forecasts are combined with that average;
        nothing without them.
    shares : tuple of float
        Weight of the average of the members, and of each kind of smoothing, in their mean; the sum is 1.
    mean_share : float
        Weight of that mean in the forecast; that of their median is the rest.
    uncertainty : Uncertainty or None
        Spreads of forecasts, and how far they have been off; None before these are known.
    """

    members: tuple[Model, ...]
    smoothing: dict[str, Smoothing]
    shares: tuple[float, ...] = (1.0,)
    mean_share: float = 1.0
    uncertainty: Uncertainty | None = None

    @property
    def best(self):
        """The first member; seasons, level and logarithms are those of all."""
        return self.members[0]

    def extend(self, panel):
        """Return the ensemble for a panel with more series; those known keep their constants."""
        members = tuple(model.extend(panel) for model in self.members)
        table = members[0].recipe.read(panel)
        smoothing = {name: s.extend(table.values, table.offsets) for name, s in self.smoothing.items()}
        uncertainty = self.uncertainty.extend(members[0].recipe.units, np.diff(table.offsets))
        behind = {name: s.extend(table.values, table.offsets) for name, s in uncertainty.smoothing.items()}
        return replace(self, members=members, smoothing=smoothing, uncertainty=replace(uncertainty, smoothing=behind))

    def follow(self, table, n_jobs=None, anew=False):
        """Return the ensemble after the last observations of a table: states of smoothing, and scores of forecasts.

        ``anew`` says that values before these are others than those that the states have seen.
        """
        smoothing, known = self.smoothing, self.uncertainty
        if anew:
            smoothing = {name: s.at_beginning() for name, s in smoothing.items()}
            known = replace(known, smoothing={name: s.at_beginning() for name, s in known.smoothing.items()})
        smoothing = follow_all(smoothing, table.values, table.offsets, n_jobs)
        return replace(self, smoothing=smoothing, uncertainty=replace(self, uncertainty=known)._observe(table, n_jobs))

    def _observe(self, table, n_jobs):
        """Return the uncertainty after the last observations of a table: forecasts that have come true are scored."""
        uncertainty, seen = self.uncertainty, np.diff(table.offsets)
        last = seen - uncertainty.horizon
        first = np.maximum(uncertainty.seen - uncertainty.horizon + 1, np.maximum(last - MAX_SCORED + 1, 1))
        uncertainty = uncertainty.observe([scored[1:] for scored in score_between(self, table, first, last, n_jobs)])
        behind = follow_all(uncertainty.smoothing, table.values, table.offsets, n_jobs, np.maximum(last, 0))
        return replace(uncertainty, smoothing=behind, seen=seen)

    def with_scores_of(self, other):
        """Return the ensemble with the calibration of another one, of the same series."""
        known = {"calibration": other.uncertainty.calibration, "dependence": other.uncertainty.dependence}
        return replace(self, uncertainty=replace(self.uncertainty, **known))

    def fit_again(self, table, seen, n_jobs=None):
        """Return the ensemble with smoothing fitted to the first ``seen`` rows of the series of a table."""
        values, offsets = table.values[rows_of(table.offsets[:-1], seen)], offsets_of(seen)
        smoothing = {name: s.fit_again(values, offsets, n_jobs) for name, s in self.smoothing.items()}
        if self.uncertainty is None:
            return replace(self, smoothing=smoothing)
        behind = follow_all(smoothing, values, offsets, n_jobs, np.maximum(seen - self.uncertainty.horizon, 0))
        return replace(self, smoothing=smoothing, uncertainty=replace(self.uncertainty, smoothing=behind))

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
            forecasts = [model.forecast(table, origins, horizon, n_jobs) for model in self.members]
        return self._combine(forecasts, table, horizon, n_jobs, origins)

    def forecast_with_spreads(self, table, horizon, n_jobs=None, origins=None):
        """Forecast a panel, and the spreads that the networks tell; the arguments are those of :meth:`forecast`.

        Returns
        -------
        forecasts : ndarray of shape (n_origins, horizon), float64
            Those of :meth:`forecast`.
        spreads : ndarray of shape (n_origins, horizon), float64
            Of scaled values, before any calibration; NaN where a network has too little to read.
        """
        origins = Origins.ends(table.offsets) if origins is None else origins
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [model.forecast_with_spreads(table, origins, horizon, n_jobs) for model in self.members]
        forecasts, spreads = zip(*parts, strict=True)
        return self._combine(forecasts, table, horizon, n_jobs, origins), np.mean(spreads, axis=0)

    def distribution(self, table, horizon, n_jobs=None, origins=None):
        """Return the `Distribution` of the values ahead; the arguments are those of :meth:`forecast`."""
        origins = Origins.ends(table.offsets) if origins is None else origins
        forecasts, learned = self.forecast_with_spreads(table, horizon, n_jobs, origins)
        _, highest, floor = limits(self.best.recipe, table, origins, horizon)
        known, scaler = self.uncertainty.spreads, self.best.recipe.scaler
        spreads = known.at(origins.series, learned)
        ceiling = np.full_like(spreads, np.inf)
        if scaler.log:
            ceiling = np.maximum(highest, scaler.scale(forecasts, origins.series)) + spreads
        return Distribution(
            forecasts, spreads, known.own.growths[origins.series], self.uncertainty.calibration, scaler, origins.series,
            floor, ceiling,
        )  # fmt: skip

    def forecast_quantiles(self, table, horizon, levels, n_jobs=None, origins=None, factors=None):
        """Forecast a panel, and quantiles.

        Parameters
        ----------
        table, horizon, n_jobs, origins : as for :meth:`forecast`
        levels : sequence of float
            Quantiles, perhaps none.
        factors : ndarray of shape (2 * n_levels, n_origins), optional
            As for `Distribution.quantiles`.

        Returns
        -------
        ndarray of shape (1 + n_levels, n_origins, horizon), float64
            The forecast and its quantiles.
        """
        if not len(levels):
            return self.forecast(table, horizon, n_jobs, origins)[None]
        distribution = self.distribution(table, horizon, n_jobs, origins)
        return np.concatenate([distribution.forecasts[None], distribution.quantiles(levels, factors)])

    def _combine(self, forecasts, table, horizon, n_jobs, origins):
        """Combine forecasts of the members with those of smoothing."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.mean(forecasts, axis=0)
            if not self.smoothing:
                return mean
            lower, upper = self.bounds(table, origins, horizon)
            smoothed = [
                np.clip(
                    s.forecast(table.values, table.offsets, origins.series, origins.seen, horizon, n_jobs), lower, upper
                )
                for s in self.smoothing.values()
            ]
            shares = self._shares_of(np.stack([mean, *smoothed]), origins)
            # Members that agree are forecast to the bit. Squares of huge values overflow in smoothing.
            combined = mean + np.sum(np.where(shares[1:] > 0, shares[1:] * (smoothed - mean), 0.0), axis=0)
            return np.where(np.isfinite(combined), combined, mean)

    def components(self, table, horizon, n_jobs=None):
        """Take forecasts from the end of each series apart.

        Returns
        -------
        dict of str to ndarray of shape (n_series, horizon), float64
            Level, trend, season, linear components, network, and what limits take away, means with the shares of the
            members. Their sum is the forecast.
        """
        origins = Origins.ends(table.offsets)
        parts = [model.components(table, origins, horizon, n_jobs) for model in self.members]
        members = [{name: np.mean([part[name] for part in parts], axis=0) for name in parts[0]}]
        lower, upper = self.bounds(table, origins, horizon)
        for s in self.smoothing.values():
            level, trend, season = s.forecast(
                table.values, table.offsets, origins.series, origins.seen, horizon, n_jobs, components=True
            )
            total = level + trend + season
            cut = np.clip(total, lower, upper) - total
            members.append({"level": level, "trend": trend, "season": season, "limits": cut})
        none = np.zeros((len(origins.series), horizon))
        stacked = {name: np.stack([member.get(name, none) for member in members]) for name in COMPONENTS}
        shares = self._shares_of(np.sum(list(stacked.values()), axis=0), origins)
        return {name: np.sum(np.where(shares > 0, shares * part, 0.0), axis=0) for name, part in stacked.items()}

    def _shares_of(self, forecasts, origins):
        """Return the share of each member in each forecast, of shape (n_members, n_origins, horizon).

        Smoothing forecasts means: it has none of intermittent series, whose medians are near zero.
        """
        members = np.arange(len(forecasts))[:, None, None]
        middle = np.argsort(forecasts, axis=0, kind="stable")[len(forecasts) // 2]
        shares = np.array(self.shares)[:, None, None]
        shares = self.mean_share * shares + (1 - self.mean_share) * (members == middle)
        return np.where(self.best.recipe.smoothed[origins.series, None], shares, members == 0)

    def bounds(self, table, origins, horizon):
        """Return the limits of forecasts in the units of the series."""
        recipe = self.best.recipe
        lower, upper, floor = limits(recipe, table, origins, horizon)
        lower = np.maximum(recipe.scaler.restore(lower, origins.series), floor)
        return lower, np.maximum(recipe.scaler.restore(upper, origins.series), lower)
