"""Forecasts of a fitted forecaster, from the end and from past origins, and their score."""

from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import Floats, Forecast, Fractions, Percentages, SeriesData
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
from tsrnn.forecaster.scoring import mean_scaled_error, read_what_follows
from tsrnn.forecaster.state import FittedState
from tsrnn.forecaster.uncertainty import central
from tsrnn.frames import read_again, rows_ahead_in_pandas, with_future
from tsrnn.frames.covariate_rows import locate, locate_ahead
from tsrnn.frames.long import LongLayout
from tsrnn.intervals import read_quantiles
from tsrnn.validation import Interval, check_parameters
from tsrnn.windows import Origins

CHUNK = 4096  # windows that are forecast at once


class Forecasting(FittedState):
    """Predict and score."""

    def predict(
        self,
        X: pd.DataFrame | NDArray | None = None,
        *,
        horizon: int | None = None,
        level: Percentages | None = None,
        quantiles: Fractions | None = None,
        components: bool = False,
    ) -> Forecast:
        """Forecast after the end of what was seen.

        Parameters
        ----------
        X : DataFrame or ndarray, optional
            Covariates of the steps ahead, where the fit had some that are known for the future: by name, up to the
            last step asked for; other columns are ignored. The index of a frame says which stamps to forecast, all
            after the end, one row out per row in; a MultiIndex (id, time), or in a long frame the id and time columns,
            also which series (the time column alone, if there are no ids). Of an array, and where the series were
            given without stamps, the number of rows is that of the steps ahead. Without X, rows after the end that were
            given before are read.
        horizon : int, optional
            Steps ahead, any number from 1; by default the horizon of the fit. Beyond that one, forecasts are
            read like observations.
        level : float or list of float, optional
            Percentages of observations that intervals are to hold, in [1, 100): each adds the columns
            ``<name>-lo-<level>`` and ``<name>-hi-<level>``. Level 90 reaches from quantile 0.05 to 0.95.
        quantiles : float or list of float, optional
            Shares of observations below, in (0, 1): each adds a column ``<name>-q<quantile>``, and that of 0.5, which
            is the forecast, ``<name>-median``.
        components : bool, default=False
            Whether to add what the forecast is the sum of: "level", "trend" (of smoothing), "season", "linear" and
            "network" (what these add, covariates included), and "limits" (what these take away). With covariates,
            the season is an input of both, and not apart. On logarithms, each is what it adds to those before it.

        Returns
        -------
        Series, DataFrame or ndarray
            In the container of the series and its library, float64, names kept, index continued. Levels ascending, then
            quantiles ascending, then components are further columns, where a Series becomes a frame; of an array, one
            axis more.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the horizon is not a positive integer, a level or quantile is out of range, a covariate is missing at a
            step (the error names the first stamp), the horizon is beyond ``horizon_`` where a covariate is known up to
            the origin alone, or the origin is of another phase than that of the fit (``stride``).
        """
        check_is_fitted(self)
        columns = read_quantiles(level, quantiles, "predict")
        if isinstance(X, Integral):
            raise TypeError(f"The number of steps is given by name: predict(horizon={X}). Got it as X.")
        if X is not None:
            if horizon is not None:
                raise ValueError(f"Give either X or horizon. Got X with {len(X)} rows and horizon={horizon!r}.")
            with rows_ahead_in_pandas(self._panel, X) as rows:
                return self._panel.give(self._predict_rows(rows, columns, components))
        horizon = self._choices["horizon"] if horizon is None else horizon
        check_parameters("predict", {"horizon": horizon}, {"horizon": [Interval(Integral, 1)]})
        return self._panel.give(self._restore(int(horizon), columns, components))

    def predict_origins(
        self,
        X: SeriesData,
        y: SeriesData | ArrayLike | None = None,
        origins: ArrayLike | None = None,
        *,
        horizon: int | None = None,
        level: Percentages | None = None,
        quantiles: Fractions | None = None,
    ) -> Floats:
        """Forecast after many origins in one pass, as for scoring every window of a test part.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The series that were fitted, in their order, seen and later observations alike; of one length. They are
            read, not trained on, and not kept.
            With ``y``, their covariates.
        y : Series, DataFrame, ndarray or list, optional
            The series, where ``X`` holds covariates: ``predict_origins(X, y, origins)``. Columns known for the future
            are read up to the horizon: this assumes that they were known at the origins.
        origins : array-like of int, shape (n_origins,)
            How many observations are known at each origin, from 1 to the length of the series.
        horizon : int, optional
            Steps ahead; by default the horizon of the fit.
        level, quantiles : float or list of float, optional
            As for :meth:`predict`.

        Returns
        -------
        ndarray of shape (n_origins, horizon, n_series), float64
            In the order of the origins. No forecast depends on observations after its origin. With levels or quantiles
            one axis more, the last: the forecast, then the ends of each interval and the quantiles, as the columns of
            `predict`. Intervals of an origin know how far forecasts were off that had come true by then.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If these are other series, an origin is beyond them or of another phase (``stride``), or a covariate is
            missing.

        See Also
        --------
        tsrnn.backtest : The same for a few origins, as a frame, with refits if wanted.

        Examples
        --------
        >>> from tsrnn import RNNForecaster
        >>> from tsrnn.datasets import load_airline
        >>> y = load_airline()
        >>> forecaster = RNNForecaster(horizon=12, random_state=0).fit(y[:120])
        >>> forecaster.predict_origins(y, range(120, 133)).shape
        (13, 12, 1)
        """
        check_is_fitted(self)
        horizon = self._choices["horizon"] if horizon is None else horizon
        check_parameters("predict_origins", {"horizon": horizon}, {"horizon": [Interval(Integral, 1)]})
        levels = list(read_quantiles(level, quantiles, "predict_origins").values())
        if origins is None:
            forecasts = self._predict_origins(None, X, y, horizon, levels)
        else:
            forecasts = self._predict_origins(X, y, origins, horizon, levels)
        return forecasts if levels else forecasts[..., 0]

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
            if levels:
                distribution = ensemble.distribution(table, horizon, self._n_threads(), ends)
                quantiles = distribution.quantiles(levels, np.tile(factors[:, some], (1, n_series)))
                values = np.concatenate([distribution.forecasts[None], quantiles])
            else:
                values = ensemble.forecast(table, horizon, self._n_threads(), ends)
            forecasts[:, :, some] = values.reshape(-1, n_series, len(origins[some]), horizon)
        for k in np.flatnonzero(np.isin(origins, self._preparation.unsettled_origins(panel))):
            part = None if factors is None else factors[:, k : k + 1]
            forecasts[:, :, k] = self._forecast_again(ensemble, panel.head(origins[k]), horizon, levels, part)
        require_finite(forecasts[0], panel)
        return np.moveaxis(forecasts, [2, 3, 1, 0], [0, 1, 2, 3])

    def _factors_at(self, ensemble, table, prepared, origins, levels):
        """Return the factors of the spreads at each origin: float64 of shape (n_levels, n_origins)."""
        known = [(prepared.stamps(i) <= end).sum() for i, end in enumerate(self._panel.ends())]
        ascending, inverse = np.unique(origins, return_inverse=True)
        seen = ascending - prepared.leads[:, None]
        return factors_at(ensemble, table, np.array(known), seen, central(levels), self._n_threads())[:, inverse]

    def _forecast_again(self, ensemble, panel, horizon, levels, factors):
        """Forecast from the end of a panel: float64 of shape (1 + n_levels, n_series, horizon)."""
        prepared = self._preparation.extend(panel).apply(panel)
        table = self._ensemble.best.recipe.read(prepared)
        table, _ = self._with_future(table, prepared, horizon, None)
        if not levels:
            return ensemble.forecast(table, horizon, self._n_threads())[None]
        distribution = ensemble.distribution(table, horizon, self._n_threads())
        return np.concatenate([distribution.forecasts[None], distribution.quantiles(levels, factors)])

    def _require_one_length(self, panel):
        """Refuse series that differ in length."""
        if panel.lengths.min() != panel.lengths.max():
            raise ValueError(
                f"Origins count the observations of all series: they must be of one length. Got lengths from "
                f"{panel.lengths.min()} to {panel.lengths.max()}."
            )

    def _forecast(self, horizon, future=None):
        """Forecast all series: float64 of shape (n_series, horizon)."""
        return self._forecast_table(self._table, self._prepared, horizon, future)

    def _forecast_beside(self, covariates, horizon):
        """Forecast all series with other covariates, which may have more rows of the future than those known."""
        if covariates is None:
            return self._forecast(horizon)
        prepared = self._prepared.with_covariates(covariates)
        return self._forecast_table(self._ensemble.best.recipe.read(prepared), prepared, horizon)

    def _forecast_panel(self, panel, horizon):
        """Forecast from the end of another panel of the same series."""
        prepared = self._preparation.extend(panel).apply(panel)
        return self._forecast_table(self._ensemble.best.recipe.read(prepared), prepared, horizon)

    def _forecast_table(self, table, prepared, horizon, future=None):
        """Forecast prepared series from their table; ``future`` are covariates of the steps ahead."""
        table, panel = self._with_future(table, prepared, horizon, future)
        forecasts = self._ensemble.forecast(table, horizon, self._n_threads())
        require_finite(forecasts, panel)
        return forecasts

    def _with_future(self, table, prepared, horizon, future):
        """Return a table with covariates of the steps ahead, and its panel, if a forecast from its end is possible."""
        panel = prepared.panel
        require_phase(panel, self._fit_ends, panel.lengths, self._choices["stride"])
        if panel.covariates is not None:
            require_steps(panel.covariates, horizon, self.horizon_)
            panel = with_future(panel, horizon, future)
            table = replace(table, covariates=prepared.with_covariates(panel.covariates).covariates)
        return table, panel

    def _restore(self, horizon, columns, components=False, future=None):
        """Return the forecast, quantiles by the names of their columns, and components, in the container."""
        if columns:
            forecasts, quantiles = self._forecast_quantiles(horizon, list(columns.values()), future)
            more = dict(zip(columns, quantiles, strict=True))
        else:
            forecasts, more = self._forecast(horizon, future), {}
        return self._panel.restore(forecasts, more | (self._components(horizon, future) if components else {}))

    def _forecast_quantiles(self, horizon, levels, future=None):
        """Forecast all series: float64 of shape (n_series, horizon), and quantiles of (n_levels, n_series, horizon)."""
        return self._quantiles_of_table(self._ensemble, self._table, self._prepared, horizon, levels, future)

    def _quantiles_of_panel(self, panel, horizon, levels):
        """Forecast from the end of another panel of the same series, as `_forecast_quantiles` does."""
        prepared = self._preparation.extend(panel).apply(panel)
        table = self._ensemble.best.recipe.read(prepared)
        ensemble = self._ensemble.follow(table, self._n_threads())
        return self._quantiles_of_table(ensemble, table, prepared, horizon, levels)

    def _quantiles_of_table(self, ensemble, table, prepared, horizon, levels, future=None):
        """Forecast prepared series from their table, as `_forecast_quantiles` does."""
        table, panel = self._with_future(table, prepared, horizon, future)
        distribution = ensemble.distribution(table, horizon, self._n_threads())
        require_finite(distribution.forecasts, panel)
        return distribution.forecasts, distribution.quantiles(levels)

    def _components(self, horizon, future=None):
        """Take the forecasts of all series apart: arrays of shape (n_series, horizon) by name."""
        table, _ = self._with_future(self._table, self._prepared, horizon, future)
        return self._ensemble.components(table, horizon, self._n_threads())

    def _predict_rows(self, X, columns, components=False):
        """Forecast the stamps of the rows of X."""
        panel = self._panel
        series, steps = rows_ahead(panel, X)
        horizon = int(steps.max()) + 1
        future = None
        if panel.covariates is not None:
            future = X, locate_ahead(panel, steps) if series is None else locate(panel, X)
        forecasts = self._restore(horizon, columns, components, future)
        if isinstance(X, np.ndarray) or not panel.layout.has_stamps:
            return forecasts
        if panel.shares_times:
            return forecasts.iloc[steps if series is None else pd.unique(steps)]
        chosen = forecasts.iloc[steps if series is None else series * horizon + steps]
        return chosen.reset_index(drop=True) if isinstance(panel.layout, LongLayout) else chosen

    def score(self, X: SeriesData | None, y: SeriesData | None = None) -> float:
        """Score the forecast of the observations that come after those seen.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The observations, right after the end, in the same container.
            With ``y``, their covariates, and after their end if wanted.
        y : Series, DataFrame, ndarray or list, optional
            The observations, where ``X`` holds covariates or is None.

        Returns
        -------
        float
            Minus the mean absolute scaled error: the mean over the series of the mean absolute error, divided
            by that of repeating the season (``season_length_``) one season ahead in what was seen. 0 is
            perfect, the higher the better. Series that have never changed are left out, and missing values.

        Raises
        ------
        ValueError, TypeError
            As for `update`, and if a series was not seen before: there is no forecast of it.
        """
        check_is_fitted(self)
        data, X = separate(X, y)
        whole = read_what_follows(self._panel, data, X)
        horizon = int((whole.lengths - self._panel.lengths).max())
        covariates = whole.covariates
        if covariates is not None:
            # Series with fewer observations to score are forecast further than they are compared.
            covariates = covariates.hold_until(self._panel.lengths + horizon)
        forecasts = self._forecast_beside(covariates, horizon)
        return -mean_scaled_error(self._panel, whole, forecasts, self.season_length_)

    def _require_readable(self, panel, prepared):
        """Refuse a panel that the model cannot read: logarithms need positive values, joint channels their series."""
        require_logarithms(panel, prepared, self._choices["log"], self._ensemble.best.recipe.scaler.log)
        if self._choices["channels"] == "joint":
            require_channels(panel, self._panel)
