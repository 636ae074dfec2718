"""Forecaster interface: fit, partial_fit and update, without the mathematics."""

import copy
from typing import TypeVar

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import Overlap, SeriesData
from tsrnn.forecaster.checks import check_overlap, require_channels, require_logarithms, require_scalable, separate
from tsrnn.forecaster.choosing import candidate_seasons
from tsrnn.forecaster.filtering import warn_of_outliers
from tsrnn.forecaster.fitting import fit_ensemble
from tsrnn.forecaster.missing import warn_of_missing
from tsrnn.forecaster.parameters import CONSTRAINTS
from tsrnn.forecaster.plan import resolve
from tsrnn.forecaster.predicting import Predicting
from tsrnn.forecaster.preparing import Preparation
from tsrnn.frames import append, to_panel
from tsrnn.validation import check_parameters, make_generator

Forecaster = TypeVar("Forecaster", bound="BaseForecaster")


class BaseForecaster(Predicting):
    """Fit, predict, update and score; the parameters are those of `RNNForecaster`."""

    def fit(
        self: Forecaster, X: SeriesData | None, y: SeriesData | None = None, sample_weight: ArrayLike | None = None
    ) -> Forecaster:
        """Fit the forecaster.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The series, where ``y`` is not given: a Series; a DataFrame with one column a series; a Series or
            one-column DataFrame with a MultiIndex (id, time), where several levels may be ids; a long DataFrame with
            the columns ``id_col``, ``time_col`` and ``target_col``, or without ids for one series; an array of shape
            (n_steps,) or (n_steps, n_series); a list of numbers. Series may differ in length and end. Time stamps are
            datetimes, periods, integers, or text that is dates in one reading: "2024-05-01" is, "05/01/2024" only
            where other texts tell days from months; the forecast of text has datetimes. In a long DataFrame, columns
            besides id, time, target and weight are covariates, and rows after the last target of an id are of the
            future. Frames and Series of polars, pyarrow and other libraries have time stamps in the column ``time_col``
            where pandas has an index. With ``y``, covariates: a DataFrame with a row for each stamp of ``y`` and, if
            wanted, after its end (with a MultiIndex (id, time), or the id and time columns of a long frame, each
            series has its own), or an array of shape (n_rows, n_columns) whose rows are those of ``y``. All are taken
            as known for the future, unless ``past_covariates`` names them. Texts, booleans and categories are
            categories; a missing value holds the last one.
        y : Series, DataFrame, ndarray or list, optional
            The series. Missing values and gaps are allowed with ``missing="fill"``.
        sample_weight : array-like of shape (n_rows,), optional
            What each observation counts as a target: one weight a row of the container, finite and not
            negative. ``weight_col`` names a column of a long DataFrame that holds them.

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
        MissingValuesWarning
            If less than half of a series, or of what a forecast from its end reads, was observed.
        """
        check_parameters(type(self).__name__, self.get_params(deep=False), CONSTRAINTS)
        data, X = separate(X, y)
        panel = to_panel(data, X=X, **self._reading())
        return self._fit_panel(panel, self._weights(data, panel, sample_weight))

    def _fit_panel(self, panel, weights=None):
        """Fit to a `tsrnn.frames.Panel`."""
        resumes = self.warm_start and hasattr(self, "_ensemble")
        generator = copy.deepcopy(self._generator) if resumes else make_generator(self.random_state)
        before = self._ensemble if resumes else None
        if resumes:
            self._require_same_choices()
        preparation = Preparation.fit(panel, candidate_seasons(panel, self.season_length), self.outliers == "replace")
        prepared = preparation.apply(panel)
        require_scalable(prepared)
        require_logarithms(panel, prepared, self.log, resumes and before.best.recipe.scaler.log)
        joint = self.channels == "joint"
        if joint:
            require_channels(panel, self._panel if resumes else None)
        lengths = prepared.lengths[:1] if joint else prepared.lengths
        resolved = resolve(self.get_params(deep=False), lengths, panel.covariates is not None)
        if resumes:
            resolved |= self._network_choices()
        weights = None if weights is None else prepared.align(weights)
        ensemble, histories, table = fit_ensemble(prepared, weights, self._plan(**resolved), generator, before)
        warn_of_outliers(panel, prepared.panel)
        warn_of_missing(panel, ensemble)
        observed = {"_panel": panel, "_preparation": preparation, "_prepared": prepared, "_table": table}
        observed["_fit_ends"] = panel.ends()
        self._become(observed, ensemble, generator, histories, self.history_ if resumes else None, resolved)
        return self

    def partial_fit(
        self: Forecaster, X: SeriesData | None, y: SeriesData | None = None, *, overlap: Overlap = "raise"
    ) -> Forecaster:
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
        panel, preparation, prepared = self._append(X, y, overlap)
        require_scalable(prepared, self._ensemble.best.recipe.scaler)
        generator = copy.deepcopy(self._generator)
        plan = self._plan(
            batch_size=self.batch_size_,
            early_stopping=False,
            max_epochs=1,
            schedule="constant",
            **self._network_choices(),
        )
        ensemble, histories, table = fit_ensemble(prepared, None, plan, generator, self._ensemble, keeps_scale=True)
        warn_of_outliers(panel, prepared.panel, self._panel.lengths, stacklevel=3)
        warn_of_missing(panel, ensemble, self._panel.lengths, stacklevel=3)
        observed = {"_panel": panel, "_preparation": preparation, "_prepared": prepared, "_table": table}
        observed["_fit_ends"] = self._extend_fit_ends(panel)
        self._become(observed, ensemble, generator, histories, self.history_)
        return self

    def update(
        self: Forecaster, X: SeriesData | None, y: SeriesData | None = None, *, overlap: Overlap = "raise"
    ) -> Forecaster:
        """Take new observations without training: they move the origin of the forecasts.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The observations that come right after those seen, in the same container. A panel with ids may get
            observations of some of them only, each from its own end, and new ids. With ``y``, covariates of the new
            rows and, if wanted, after them: these replace rows of the future that were given before.
        y : Series, DataFrame, ndarray or list, optional
            The observations, where ``X`` holds covariates or is None. Stamps that are missing in between are missing
            values with ``missing="fill"``.
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
        MissingValuesWarning
            As for `fit`, of series with new observations.
        """
        check_is_fitted(self)
        check_overlap("update", overlap)
        (panel, preparation, prepared), ensemble = self._append(X, y, overlap), self._ensemble
        if panel.n_series > self._panel.n_series:
            ensemble = ensemble.extend(prepared)
        table = ensemble.best.recipe.read(prepared, self._table)
        ensemble = ensemble.follow(table, self._n_threads(), table.differs_from(self._table))
        warn_of_outliers(panel, prepared.panel, self._panel.lengths, stacklevel=3)
        warn_of_missing(panel, ensemble, self._panel.lengths, stacklevel=3)
        changes = {"_panel": panel, "_preparation": preparation, "_prepared": prepared, "_table": table}
        self.__dict__.update(changes, _ensemble=ensemble, _fit_ends=self._extend_fit_ends(panel))
        return self

    def _append(self, X, y, overlap):
        """Return what was seen with new observations, if the model can read them, and its preparation."""
        data, X = separate(X, y)
        panel = append(self._panel, data, overlap=overlap, X=X)
        preparation = self._preparation.extend(panel)
        prepared = preparation.apply(panel, self._prepared)
        self._require_readable(panel, prepared)
        return panel, preparation, prepared
