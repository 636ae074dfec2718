"""Forecasts of a fitted forecaster, from the end and from past origins, in arrays."""

from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd

from tsrnn.forecaster.checks import (
    check_origins,
    require_channels,
    require_finite,
    require_known_origins,
    require_logarithms,
    require_phase,
    require_steps,
    rows_ahead,
    separate,
)
from tsrnn.forecaster.past_errors import factors_at
from tsrnn.forecaster.state import FittedState
from tsrnn.forecaster.uncertainty import shares_of
from tsrnn.frames import read_again, rows_ahead_in_pandas, with_future
from tsrnn.frames.covariate_rows import locate, locate_ahead
from tsrnn.frames.long import LongLayout
from tsrnn.frames.output import stack_paths
from tsrnn.validation import Interval, check_parameters
from tsrnn.windows import Origins

CHUNK = 4096  # windows that are forecast at once


class Forecasting(FittedState):
    """Forecasts in arrays, from tables and panels."""

    def _predict_origins(self, X, y, origins, horizon, levels):
        """Forecast after many origins: float64 of shape (n_origins, horizon, n_series, 1 + n_levels)."""
        data, X = separate(X, y)
        panel = read_again(self._panel, data, X)
        self._require_one_length(panel)
        origins = check_origins(origins, int(panel.lengths[0]))
        require_known_origins(panel, int(origins.min()))
        for origin in np.unique(origins % self._choices["stride"]):
            counts = np.full(panel.n_series, origins[origins % self._choices["stride"] == origin][0])
            require_phase(panel, self._fit_ends, counts, self._choices["stride"])
        if panel.covariates is not None:
            require_steps(panel.covariates, horizon, self.horizon_)
            ends = np.full(panel.n_series, origins.max() + horizon)
            panel.covariates.require(panel, ends)
            panel = replace(panel, covariates=panel.covariates.hold_until(ends))
        prepared = self._preparation.extend(panel).apply(panel)
        self._require_readable(panel, prepared)
        table, n_series = self._ensemble.best.recipe.read(prepared), panel.n_series
        ensemble = self._ensemble
        if ensemble.smoothing and any(prepared.stamps(i)[0] != self._prepared.stamps(i)[0] for i in range(n_series)):
            # Smoothing begins at the first observation, and this is another one.
            ensemble = ensemble.fit_again(table, origins.min() - prepared.leads, self._n_threads())
        forecasts, size = np.empty((1 + len(levels), n_series, len(origins), horizon)), max(CHUNK // n_series, 1)
        factors = self._factors_at(ensemble, table, prepared, origins, levels) if levels else None
        for start in range(0, len(origins), size):
            some = slice(start, start + size)
            seen = (origins[some] - prepared.leads[:, None]).ravel()
            ends = Origins(np.repeat(np.arange(n_series), len(origins[some])), seen)
            part = None if factors is None else np.tile(factors[:, some], (1, n_series))
            values = ensemble.forecast_quantiles(table, horizon, levels, self._n_threads(), ends, part)
            forecasts[:, :, some] = values.reshape(-1, n_series, len(origins[some]), horizon)
        for k in np.flatnonzero(np.isin(origins, self._preparation.unsettled_origins(panel))):
            before, rows = self._read_panel(panel.head(origins[k]))
            part = None if factors is None else np.tile(factors[:, k : k + 1], n_series)
            forecasts[:, :, k] = self._values(ensemble, rows, before, horizon, levels, factors=part)
        require_finite(forecasts[0], panel)
        return np.moveaxis(forecasts, [2, 3, 1, 0], [0, 1, 2, 3])

    def _factors_at(self, ensemble, table, prepared, origins, levels):
        """Return the factors of the spreads at each origin: float64 of shape (2 * n_levels, n_origins)."""
        known = [(prepared.stamps(i) <= end).sum() for i, end in enumerate(self._panel.ends())]
        ascending, inverse = np.unique(origins, return_inverse=True)
        seen = ascending - prepared.leads[:, None]
        return factors_at(ensemble, table, np.array(known), seen, shares_of(levels), self._n_threads())[:, inverse]

    def _require_one_length(self, panel):
        """Refuse series that differ in length."""
        if panel.lengths.min() != panel.lengths.max():
            raise ValueError(
                f"Origins count the observations of all series: they must be of one length. Got lengths from "
                f"{panel.lengths.min()} to {panel.lengths.max()}."
            )

    def _forecast(self, horizon):
        """Forecast all series: float64 of shape (n_series, horizon)."""
        return self._values(self._ensemble, self._table, self._prepared, horizon)[0]

    def _values_beside(self, covariates, horizon, levels=()):
        """Forecast all series with other covariates, which may have more rows of the future: as `_values` does."""
        if covariates is None:
            return self._values(self._ensemble, self._table, self._prepared, horizon, levels)
        prepared = self._prepared.with_covariates(covariates)
        table = self._ensemble.best.recipe.read(prepared)
        return self._values(self._ensemble, table, prepared, horizon, levels)

    def _read_panel(self, panel):
        """Return another panel of the same series as models read it: `Prepared`, and its table."""
        prepared = self._preparation.extend(panel).apply(panel)
        return prepared, self._ensemble.best.recipe.read(prepared)

    def _values(self, ensemble, table, prepared, horizon, levels=(), future=None, factors=None):
        """Forecast prepared series from their table.

        Parameters
        ----------
        ensemble : Ensemble
            The models.
        table, prepared : Table, Prepared
            The series.
        horizon : int
            Steps.
        levels : sequence of float
            Quantiles.
        future : optional
            Covariates of the steps ahead.
        factors : ndarray of shape (2 * n_levels, n_series), optional
            As for `Distribution.quantiles`.

        Returns
        -------
        ndarray of shape (1 + n_levels, n_series, horizon), float64
            The forecast and its quantiles.
        """
        table, panel = self._with_future(table, prepared, horizon, future)
        values = ensemble.forecast_quantiles(table, horizon, levels, self._n_threads(), factors=factors)
        require_finite(values[0], panel)
        return values

    def _with_future(self, table, prepared, horizon, future):
        """Return a table with covariates of the steps ahead, and its panel, if a forecast from its end is possible."""
        panel = prepared.panel
        require_phase(panel, self._fit_ends, panel.lengths, self._choices["stride"])
        if panel.covariates is not None:
            require_steps(panel.covariates, horizon, self.horizon_)
            panel = with_future(panel, horizon, future)
            table = replace(table, covariates=prepared.with_covariates(panel.covariates).covariates)
        return table, panel

    def _components(self, horizon, future=None):
        """Take the forecasts of all series apart: arrays of shape (n_series, horizon) by name."""
        table, _ = self._with_future(self._table, self._prepared, horizon, future)
        return self._ensemble.components(table, horizon, self._n_threads())

    def _forecast_ahead(self, method, X, horizon, tabulate, n_tables=1):
        """Return a table of forecasts in the library of the series.

        Parameters
        ----------
        method : str
            Name in an error.
        X, horizon
            As for `predict`.
        tabulate : callable
            From steps and covariates of the steps ahead, or None, to a table of all series.
        n_tables : int, default=1
            Tables, one under another, of which it is made.
        """
        if isinstance(X, Integral):
            raise TypeError(f"The number of steps is given by name: {method}(horizon={X}). Got it as X.")
        if X is not None:
            if horizon is not None:
                raise ValueError(f"Give either X or horizon. Got X with {len(X)} rows and horizon={horizon!r}.")
            with rows_ahead_in_pandas(self._panel, X) as rows:
                return self._panel.give(self._tabulate_rows(rows, tabulate, n_tables))
        horizon = self._choices["horizon"] if horizon is None else horizon
        check_parameters(method, {"horizon": horizon}, {"horizon": [Interval(Integral, 1)]})
        return self._panel.give(tabulate(int(horizon), None))

    def _tabulate_rows(self, X, tabulate, n_tables):
        """Return the rows of a table of forecasts whose stamps are those of the rows of X."""
        panel = self._panel
        series, steps = rows_ahead(panel, X)
        horizon = int(steps.max()) + 1
        future = None
        if panel.covariates is not None:
            future = X, locate_ahead(panel, steps) if series is None else locate(panel, X)
        table = tabulate(horizon, future)
        if isinstance(X, np.ndarray) or not panel.layout.has_stamps:
            return table
        if panel.shares_times:
            rows = steps if series is None else pd.unique(steps)
        else:
            rows = steps if series is None else series * horizon + steps
        firsts = np.arange(n_tables) * (len(table) // n_tables)
        chosen = table.iloc[(firsts[:, None] + rows).ravel()]
        return chosen.reset_index(drop=True) if isinstance(panel.layout, LongLayout) else chosen

    def _tabulate(self, columns, components, horizon, future):
        """Return the forecast, quantiles by the names of their columns, and components, in the container."""
        levels = list(columns.values())
        forecasts, *quantiles = self._values(self._ensemble, self._table, self._prepared, horizon, levels, future)
        more = dict(zip(columns, quantiles, strict=True))
        return self._panel.restore(forecasts, more | (self._components(horizon, future) if components else {}))

    def _draw(self, n_paths, rng, horizon, future):
        """Return sample paths in the container, one under another."""
        table, panel = self._with_future(self._table, self._prepared, horizon, future)
        distribution = self._ensemble.distribution(table, horizon, self._n_threads())
        require_finite(distribution.forecasts, panel)
        return stack_paths(self._panel, distribution.sample(n_paths, self._ensemble.uncertainty.dependence, rng))

    def _require_readable(self, panel, prepared):
        """Refuse a panel that the model cannot read: logarithms need positive values, joint channels their series."""
        require_logarithms(panel, prepared, self._choices["log"], self._ensemble.best.recipe.scaler.log)
        if self._choices["channels"] == "joint":
            require_channels(panel, self._panel)
