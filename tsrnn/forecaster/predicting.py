"""Interface of forecasts: predict, predict_origins, sample and score."""

from functools import partial
from numbers import Integral

import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import Floats, Forecast, Fractions, Percentages, RandomState, SeriesData
from tsrnn.forecaster.checks import separate
from tsrnn.forecaster.forecasting import Forecasting
from tsrnn.forecaster.scoring import absolute_errors, interval_scores, mean_scaled_error, read_what_follows
from tsrnn.intervals import read_quantiles
from tsrnn.validation import Interval, check_parameters, make_generator


class Predicting(Forecasting):
    """Predict, sample and score."""

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
        return self._forecast_ahead("predict", X, horizon, partial(self._tabulate, columns, components))

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

    def sample(
        self,
        n_paths: int = 100,
        X: pd.DataFrame | NDArray | None = None,
        *,
        horizon: int | None = None,
        random_state: RandomState = None,
    ) -> Forecast:
        """Draw sample paths of the values ahead, for sums, maxima, reorder points and other functions of several steps.

        The quantile of a sum is not the sum of quantiles: errors of neighbouring steps, and of series, go together.
        Paths have the quantiles of `predict` at each step, and go together as errors of past forecasts have done. Up to
        128 series of one length go together, too; more, and others, are drawn one by one, and totals over them are
        narrower than they should be.

        Parameters
        ----------
        n_paths : int, default=100
            Paths.
        X : DataFrame or ndarray, optional
            Covariates of the steps ahead, as for :meth:`predict`.
        horizon : int, optional
            Steps ahead; by default the horizon of the fit.
        random_state : int, RandomState, Generator or None, default=None
            Source of the draws.

        Returns
        -------
        Series, DataFrame or ndarray
            The container of :meth:`predict` for each path, one under another: the number of the path is the first
            level of the index, ``path``, or the first column where stamps are a column; of an array, the first axis.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If ``n_paths`` is not a positive integer, and as for :meth:`predict`.

        Examples
        --------
        The 90 % quantile of the passengers of a whole year:

        >>> from tsrnn import RNNForecaster
        >>> from tsrnn.datasets import load_airline
        >>> forecaster = RNNForecaster(horizon=12, random_state=0).fit(load_airline())
        >>> paths = forecaster.sample(1000, random_state=0)
        >>> paths.shape
        (12000,)
        >>> year = paths.groupby("path").sum().quantile(0.9)
        >>> bool(year < forecaster.predict(quantiles=0.9)["passengers-q0.9"].sum())
        True
        """
        check_is_fitted(self)
        check_parameters("sample", {"n_paths": n_paths}, {"n_paths": [Interval(Integral, 1)]})
        rng = make_generator(random_state)

        return self._forecast_ahead("sample", X, horizon, partial(self._draw, int(n_paths), rng), int(n_paths))

    def score(self, X: SeriesData | None, y: SeriesData | None = None, *, level: Percentages | None = None) -> float:
        """Score the forecast of the observations that come after those seen.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The observations, right after the end, in the same container.
            With ``y``, their covariates, and after their end if wanted.
        y : Series, DataFrame, ndarray or list, optional
            The observations, where ``X`` holds covariates or is None.
        level : float or list of float, optional
            Percentages of observations that intervals are to hold: these are scored, and not the forecast.

        Returns
        -------
        float
            Minus the mean absolute scaled error: the mean over the series of the mean absolute error, divided
            by that of repeating the season (``season_length_``) one season ahead in what was seen. 0 is
            perfect, the higher the better. Series that have never changed are left out, and missing values. With
            levels, minus the mean interval score (`tsrnn.metrics.interval_score`), divided likewise.

        Raises
        ------
        ValueError, TypeError
            As for `update`, and if a series was not seen before: there is no forecast of it.
        """
        check_is_fitted(self)
        data, X = separate(X, y)
        levels = read_quantiles(level, None, "score")
        whole = read_what_follows(self._panel, data, X)
        horizon = int((whole.lengths - self._panel.lengths).max())
        covariates = whole.covariates
        if covariates is not None:
            # Series with fewer observations to score are forecast further than they are compared.
            covariates = covariates.hold_until(self._panel.lengths + horizon)
        values = self._values_beside(covariates, horizon, list(levels.values()))
        measure = absolute_errors(values[0])
        if levels:
            ends = list(levels.values())
            held = [upper - lower for lower, upper in zip(ends[::2], ends[1::2], strict=True)]
            measure = interval_scores(values[1:], held)
        return -mean_scaled_error(self._panel, whole, measure, self.season_length_)
