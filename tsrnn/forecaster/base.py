"""Forecaster interface: fit, update, predict and score, without the mathematics."""

import copy
from numbers import Integral

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsrnn.forecaster.checks import (
    check_origins,
    check_overlap,
    refuse_covariates,
    require_channels,
    require_finite,
    require_logarithms,
    require_scalable,
    steps_ahead,
    target_of,
)
from tsrnn.forecaster.choosing import candidate_seasons
from tsrnn.forecaster.filtering import filter_panel, fit_filter, tabulate_outliers, unsettled_origins, warn_of_outliers
from tsrnn.forecaster.fitting import fit_ensemble
from tsrnn.forecaster.history import tabulate
from tsrnn.forecaster.parameters import CHOICES, CONSTRAINTS
from tsrnn.forecaster.plan import Plan, resolve
from tsrnn.forecaster.scoring import mean_scaled_error, read_what_follows
from tsrnn.frames import append, read_again, to_panel
from tsrnn.frames.identity import own_index
from tsrnn.validation import Interval, check_parameters, check_sample_weight, make_generator
from tsrnn.windows import Origins

CHUNK = 4096  # windows that are forecast at once


class BaseForecaster(BaseEstimator):
    """Fit, predict, update and score; the parameters are those of `RNNForecaster`."""

    def fit(self, X, y=None, sample_weight=None):
        """Fit the forecaster.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The series, where ``y`` is not given: a Series; a DataFrame with one column a series; a Series or
            one-column DataFrame with a MultiIndex (id, time); a long DataFrame; an array of shape (n_steps,)
            or (n_steps, n_series); a list of numbers. Series may differ in length and end. With ``y``, the
            place of covariates, which are not supported yet: None, or a DataFrame or an array without columns.
        y : Series, DataFrame, ndarray or list, optional
            The series.
        sample_weight : array-like of shape (n_rows,), optional
            What each observation counts as a target: one weight a row of the container, finite and not
            negative.

        Returns
        -------
        self : RNNForecaster
            The fitted forecaster; if anything is wrong, or the fit is interrupted, it is left as it was.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not allowed; the error names column or id and the first time stamp.
            Nothing is trained then.

        Warns
        -----
        OutlierWarning
            If observations are outliers and replaced; see ``outliers``.
        ShortSeriesWarning
            If series are too short to train on.
        """
        check_parameters(type(self).__name__, self.get_params(deep=False), CONSTRAINTS)
        panel = to_panel(target_of(X, y), freq=self.freq, **self._columns())
        weights = check_sample_weight(sample_weight, panel.n_container_rows)
        return self._fit_panel(panel, None if weights is None else panel.align(weights))

    def _fit_panel(self, panel, weights=None):
        """Fit to a `tsrnn.frames.Panel`."""
        resumes = self.warm_start and hasattr(self, "_ensemble")
        generator = copy.deepcopy(self._generator) if resumes else make_generator(self.random_state)
        before = self._ensemble if resumes else None
        if resumes:
            self._require_same_choices()
        seasons = candidate_seasons(panel, self.season_length)
        outlier_filter = None if self.outliers == "keep" else fit_filter(panel, seasons)
        filtered = filter_panel(panel, outlier_filter)
        require_scalable(filtered)
        require_logarithms(panel, filtered, self.log, resumes and before.best.recipe.scaler.log)
        joint = self.channels == "joint"
        if joint:
            require_channels(panel, self._panel if resumes else None)
        lengths = panel.lengths[:1] if joint else panel.lengths
        resolved = resolve(self.get_params(deep=False), lengths, panel.covariates is not None)
        if resumes:
            resolved |= self._network_choices()
        ensemble, histories = fit_ensemble(filtered, weights, self._plan(**resolved), generator, before)
        warn_of_outliers(panel, filtered)
        observed = {"_panel": panel, "_filter": outlier_filter, "_filtered": filtered}
        self._become(observed, ensemble, generator, histories, self.history_ if resumes else None, resolved)
        return self

    def partial_fit(self, X, y=None, *, overlap="raise"):
        """Take new observations, and train on all of them for one epoch more.

        Parameters
        ----------
        X, y, overlap : as for `update`
            Before the first fit, X and y as for `fit`.

        Returns
        -------
        self : RNNForecaster
            The forecaster, its origin moved.
        """
        check_overlap("partial_fit", overlap)
        if not hasattr(self, "_ensemble"):
            return self.fit(X, y)
        check_parameters(type(self).__name__, self.get_params(deep=False), CONSTRAINTS)
        self._require_same_choices()
        panel, outlier_filter, filtered = self._append(X, y, overlap)
        require_scalable(filtered, self._ensemble.best.recipe.scaler)
        generator = copy.deepcopy(self._generator)
        plan = self._plan(
            batch_size=self.batch_size_,
            early_stopping=False,
            max_epochs=1,
            schedule="constant",
            **self._network_choices(),
        )
        ensemble, histories = fit_ensemble(filtered, None, plan, generator, self._ensemble, keeps_scale=True)
        warn_of_outliers(panel, filtered, self._panel.lengths, stacklevel=3)
        observed = {"_panel": panel, "_filter": outlier_filter, "_filtered": filtered}
        self._become(observed, ensemble, generator, histories, self.history_)
        return self

    def update(self, X, y=None, *, overlap="raise"):
        """Take new observations without training: they move the origin of the forecasts.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The observations that come right after those seen, in the same container. A panel with ids may get
            observations of some of them only, each from its own end, and new ids.
        y : Series, DataFrame, ndarray or list, optional
            The observations, if ``X`` is None or has no columns.
        overlap : {"raise", "drop"}, default="raise"
            Treatment of rows that were seen before: refuse them, or leave them out. Their values must be those seen, or
            these rounded to single precision.

        Returns
        -------
        self : RNNForecaster
            The forecaster; if anything is wrong, it is left as it was.

        Raises
        ------
        ValueError, TypeError
            As for `fit`; if container, columns, ids, frequency or time zone are others than those seen; if the
            stamps do not go on from the end: the error names the one expected; or if a value is another than the
            one seen.

        Warns
        -----
        OutlierWarning
            If new observations are outliers and replaced.
        """
        check_is_fitted(self)
        check_overlap("update", overlap)
        (panel, outlier_filter, filtered), ensemble = self._append(X, y, overlap), self._ensemble
        if panel.n_series > self._panel.n_series:
            ensemble = ensemble.extend(filtered)
        warn_of_outliers(panel, filtered, self._panel.lengths, stacklevel=3)
        self.__dict__.update(_panel=panel, _ensemble=ensemble, _filter=outlier_filter, _filtered=filtered)
        return self

    def _append(self, X, y, overlap):
        """Return what was seen with new observations, if the model can read them; the filter, and all filtered."""
        panel, outlier_filter = append(self._panel, target_of(X, y), overlap=overlap), self._filter
        if outlier_filter is not None and panel.n_series > self._panel.n_series:
            outlier_filter = outlier_filter.extend(panel.values, panel.offsets)
        filtered = filter_panel(panel, outlier_filter, self._filtered)
        self._require_readable(panel, filtered)
        return panel, outlier_filter, filtered

    def _require_readable(self, panel, filtered):
        """Refuse a panel that the model cannot read: logarithms need positive values, joint channels their series."""
        require_logarithms(panel, filtered, self._choices["log"], self._ensemble.best.recipe.scaler.log)
        if self._choices["channels"] == "joint":
            require_channels(panel, self._panel)

    def predict(self, X=None, *, horizon=None):
        """Forecast after the end of what was seen.

        Parameters
        ----------
        X : DataFrame or ndarray without columns, optional
            The place of future covariates, which are not supported yet. The index of a frame says which stamps to
            forecast, all after the end, one row out per row in; for series that share their stamps. Of an array
            of shape (n_steps, 0), and where the series were given without stamps, the number of rows is that of
            the steps ahead.
        horizon : int, optional
            Steps ahead, any number from 1; by default the horizon of the fit. Beyond that one, forecasts are
            read like observations.

        Returns
        -------
        Series, DataFrame or ndarray
            In the container of the series, float64, names kept, index continued.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the horizon is not a positive integer.
        """
        check_is_fitted(self)
        if isinstance(X, Integral):
            raise TypeError(f"The number of steps is given by name: predict(horizon={X}). Got it as X.")
        if X is not None:
            if horizon is not None:
                raise ValueError(f"Give either X or horizon. Got X with {len(X)} rows and horizon={horizon!r}.")
            return self._predict_rows(X)
        horizon = self._choices["horizon"] if horizon is None else horizon
        check_parameters("predict", {"horizon": horizon}, {"horizon": [Interval(Integral, 1)]})
        return self._panel.restore(self._forecast(int(horizon)))

    def predict_origins(self, X, origins, *, horizon=None):
        """Forecast after many origins in one pass, as for scoring every window of a test part.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The series that were fitted, in their order, seen and later observations alike; of one length. They are
            read, not trained on, and not kept.
        origins : array-like of int, shape (n_origins,)
            How many observations are known at each origin, from 1 to the length of the series.
        horizon : int, optional
            Steps ahead; by default the horizon of the fit.

        Returns
        -------
        ndarray of shape (n_origins, horizon, n_series), float64
            In the order of the origins. No forecast depends on observations after its origin.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If these are other series, or an origin is beyond them.

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
        panel = read_again(self._panel, X)
        self._require_one_length(panel)
        filtered = filter_panel(panel, self._filter)
        self._require_readable(panel, filtered)
        origins = check_origins(origins, int(panel.lengths[0]))
        rows, n_series = self._ensemble.best.recipe.read(filtered), panel.n_series
        forecasts, size = np.empty((len(origins), horizon, n_series)), max(CHUNK // n_series, 1)
        for start in range(0, len(origins), size):
            some = origins[start : start + size]
            ends = Origins(np.repeat(np.arange(n_series), len(some)), np.tile(some, n_series))
            values = self._ensemble.forecast(rows, horizon, self._n_threads(), ends)
            forecasts[start : start + size] = values.reshape(n_series, len(some), horizon).transpose(1, 2, 0)
        for k in np.flatnonzero(np.isin(origins, unsettled_origins(panel, self._filter))):
            forecasts[k] = self._forecast_panel(panel.head(origins[k]), horizon).T
        require_finite(forecasts.transpose(2, 0, 1), panel)
        return forecasts

    def _require_one_length(self, panel):
        """Refuse series that differ in length."""
        if panel.lengths.min() != panel.lengths.max():
            raise ValueError(
                f"Origins count the observations of all series: they must be of one length. Got lengths from "
                f"{panel.lengths.min()} to {panel.lengths.max()}."
            )

    def _forecast(self, horizon):
        """Forecast all series: float64 of shape (n_series, horizon)."""
        return self._forecast_filtered(self._filtered, horizon)

    def _forecast_panel(self, panel, horizon):
        """Forecast from the end of another panel of the same series."""
        return self._forecast_filtered(filter_panel(panel, self._filter), horizon)

    def _forecast_filtered(self, panel, horizon):
        forecasts = self._ensemble.forecast(self._ensemble.best.recipe.read(panel), horizon, self._n_threads())
        require_finite(forecasts, panel)
        return forecasts

    def _predict_rows(self, X):
        refuse_covariates(X)
        panel = self._panel
        if isinstance(X, np.ndarray) or not panel.layout.has_stamps:
            if not len(X):
                raise ValueError(f"X must have at least one row, one for each step ahead. Got shape {X.shape}.")
            return panel.restore(self._forecast(len(X)))
        if not panel.shares_times:
            raise ValueError(
                f"X needs series that share time stamps. The forecaster was fitted to {panel.layout.kind}. Use "
                f"predict(horizon={len(X)}) or predict(np.empty(({len(X)}, 0))) for so many steps of each series."
            )
        steps = steps_ahead(panel, X.index)
        return panel.restore(self._forecast(int(steps.max()) + 1)).iloc[steps]

    def score(self, X, y=None):
        """Score the forecast of the observations that come after those seen.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The observations, right after the end, in the same container.
        y : Series, DataFrame, ndarray or list, optional
            The observations, if ``X`` is None or has no columns.

        Returns
        -------
        float
            Minus the mean absolute scaled error: the mean over the series of the mean absolute error, divided
            by that of repeating the season (``season_length_``) one season ahead in what was seen. 0 is
            perfect, the higher the better. Series that have never changed are left out.

        Raises
        ------
        ValueError, TypeError
            As for `update`, and if a series was not seen before: there is no forecast of it.
        """
        check_is_fitted(self)
        whole = read_what_follows(self._panel, target_of(X, y))
        forecasts = self._forecast(int((whole.lengths - self._panel.lengths).max()))
        return -mean_scaled_error(self._panel, whole, forecasts, self.season_length_)

    @property
    def forecast_origin_(self):
        """Time stamp of the last observation: one for series that share it, otherwise a Series by id."""
        self._require_fitted_attribute("forecast_origin_")
        if self._panel.shares_times:
            return self._panel.times[-1]
        return pd.Series(self._panel.ends(), index=own_index(self._panel.ids), name="forecast_origin")

    @property
    def outliers_(self):
        """Observations that were replaced: a frame with the columns series, time, value and replacement."""
        self._require_fitted_attribute("outliers_")
        return tabulate_outliers(self._panel, self._filtered)

    @property
    def parameters_(self):
        """The network's parameters by PyTorch's names: views."""
        self._require_fitted_attribute("parameters_")
        return self.network_.parameters

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: ``y`` is not required, since ``X`` may be the series, and may have columns."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        return tags

    def __sklearn_is_fitted__(self):
        """Tell scikit-learn whether there is a model."""
        return hasattr(self, "_ensemble")

    def _require_fitted_attribute(self, name):
        if not hasattr(self, "_ensemble"):
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")

    def _columns(self):
        return {"id_col": self.id_col, "time_col": self.time_col, "target_col": self.target_col}

    def _n_threads(self):
        """Threads for the engine: None leaves the number to it."""
        return None if self.n_jobs is None else effective_n_jobs(self.n_jobs)

    def _plan(self, **changes):
        """Return the parameters in the form of the fit; ``changes`` replace some."""
        return Plan.of(self.get_params(deep=False) | changes, self._n_threads())

    def _network_choices(self):
        """Return what "auto" has come to where a fit that is continued must keep it."""
        names = ("strategy", "num_layers", "hidden_size", "dropout")
        return {name: getattr(self, f"{name}_") for name in names}

    def _require_same_choices(self):
        """Refuse parameters that a fit which is continued cannot change."""
        for name, before in self._choices.items():
            now = getattr(self, name)
            if _as_list(before) != _as_list(now):
                raise ValueError(
                    f"A fit that is continued keeps its model: {name} was {before!r} and is now {now!r}. Put "
                    "it back, or set warm_start=False and call fit to begin anew."
                )

    def _become(self, observed, ensemble, generator, histories, earlier, resolved=None):
        """Take over what a fit has learned, all at once."""
        best, history = ensemble.best, tabulate(histories, earlier)
        n_epochs, best_epoch = int((history["network"] == 0).sum()), histories[0].best_epoch
        if earlier is not None:
            # Without a better epoch the weights are those from before.
            best_epoch = n_epochs - len(histories[0].epochs) + best_epoch if best_epoch else self.best_epoch_
        seasons = best.recipe.decomposition.seasons
        self.__dict__.update(
            **observed,
            **{f"{name}_": value for name, value in (resolved or {}).items()},
            _ensemble=ensemble,
            _generator=generator,
            _choices={name: copy.deepcopy(getattr(self, name)) for name in CHOICES},
            history_=history,
            n_iter_=n_epochs,
            best_epoch_=best_epoch,
            horizon_=best.recipe.pass_steps,
            lookback_=best.recipe.lookback,
            lookbacks_=tuple(model.recipe.lookback for model in ensemble.members),
            segment_length_=best.recipe.segment,
            seasons_=seasons,
            season_length_=min(seasons, default=1),
            log_=best.recipe.scaler.log,
            network_=best.network,
            networks_=tuple(model.network for model in ensemble.members),
        )


def _as_list(value):
    """A tuple says the same as a list."""
    return list(value) if isinstance(value, tuple) else value
