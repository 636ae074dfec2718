"""Preparation of a panel for models: outliers replaced, missing values filled, from the first observation on."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.filling import Filling, first_observed
from tsrnn.forecaster.filtering import fill_panel, filter_panel, fit_filling, fit_filter, unsettled_origins
from tsrnn.frames import Panel
from tsrnn.outliers import OutlierFilter
from tsrnn.windows import offsets_of, rows_of


@dataclass(frozen=True)
class Prepared:
    """Series as models read them.

    Attributes
    ----------
    panel : Panel
        All rows, outliers replaced and missing values filled; NaN before the first observation of a series.
    values : ndarray of shape (n_rows,), float64
        Its values from the first observation of each series on: all finite.
    offsets : ndarray of shape (n_series + 1,), int64
        First row of each series in ``values``, and the number of rows.
    leads : ndarray of shape (n_series,), int64
        Rows of each series before its first observation.
    observed : ndarray of shape (n_rows,), bool, or None
        True for values that were not filled; None for all.
    covariates : Covariates or None
        With rows from the first observation of each series on.
    """

    panel: Panel
    values: np.ndarray
    offsets: np.ndarray
    leads: np.ndarray
    observed: np.ndarray | None
    covariates: object

    @classmethod
    def of(cls, panel, filled):
        """Return the series of a panel as observed, and the same, filled."""
        missing, leads = np.isnan(panel.values), np.zeros(panel.n_series, np.int64)
        if not missing.any():
            return cls(filled, filled.values, filled.offsets, leads, None, panel.covariates)
        leads = first_observed(~missing, panel.offsets)
        kept = rows_of(panel.offsets[:-1] + leads, panel.lengths - leads)
        offsets = offsets_of(panel.lengths - leads)
        prepared = cls(filled, filled.values[kept], offsets, leads, ~missing[kept], None)
        return prepared if panel.covariates is None else prepared.with_covariates(panel.covariates)

    def with_covariates(self, covariates):
        """Return the series with other covariates, whose rows are those of the panel."""
        panel = replace(self.panel, covariates=covariates)
        return replace(self, panel=panel, covariates=replace(covariates, starts=covariates.starts + self.leads))

    @property
    def n_series(self):
        """Number of series."""
        return len(self.leads)

    @property
    def lengths(self):
        """Number of rows of each series, int64 of shape (n_series,)."""
        return np.diff(self.offsets)

    @property
    def frequencies(self):
        """Step of each series."""
        return self.panel.frequencies

    def series(self, i):
        """Return the values of series ``i``."""
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    def is_observed(self, i):
        """Return which values of series ``i`` are observed: bool of shape (lengths[i],)."""
        part = slice(self.offsets[i], self.offsets[i + 1])
        return np.ones(part.stop - part.start, dtype=bool) if self.observed is None else self.observed[part]

    def label(self, i):
        """Name series ``i`` for an error."""
        return self.panel.label(i)

    def stamps(self, i):
        """Return the time stamps of series ``i``: an Index of shape (lengths[i],)."""
        return self.panel.stamps(i)[self.leads[i] :]

    def align(self, per_row):
        """Bring one number for each row of the panel into the order of ``values``."""
        return per_row[rows_of(self.panel.offsets[:-1] + self.leads, self.lengths)]


@dataclass(frozen=True)
class Preparation:
    """Settings of the preparation of panels: outlier filter and filling.

    Attributes
    ----------
    seasons : tuple of int
        Seasons that the series may have.
    outlier_filter : OutlierFilter or None
        None to keep outliers.
    filling : Filling or None
        None as long as no value is missing.
    """

    seasons: tuple
    outlier_filter: OutlierFilter | None
    filling: Filling | None = None

    @classmethod
    def fit(cls, panel, seasons, replaces_outliers):
        """Return the preparation for a panel."""
        return cls(seasons, fit_filter(panel, seasons) if replaces_outliers else None)._fit_filling(panel)

    def extend(self, panel):
        """Return the preparation for a panel with more rows, and perhaps series; those known keep their constants."""
        outlier_filter = self.outlier_filter
        if outlier_filter is not None and panel.n_series > outlier_filter.units.shape[1]:
            outlier_filter = outlier_filter.extend(panel.values, panel.offsets)
        return replace(self, outlier_filter=outlier_filter)._fit_filling(panel)

    def _fit_filling(self, panel):
        if self.filling is not None or not np.isnan(panel.values).any():
            return self
        return replace(self, filling=fit_filling(filter_panel(panel, self.outlier_filter), self.seasons))

    def apply(self, panel, before=None):
        """Prepare a panel.

        Parameters
        ----------
        panel : Panel
            As observed.
        before : Prepared, optional
            The first rows of the first series: they stay as they are.

        Returns
        -------
        Prepared
        """
        known = None if before is None else before.panel
        filtered = filter_panel(panel, self.outlier_filter, known)
        return Prepared.of(panel, fill_panel(filtered, self.filling, known))

    def unsettled_origins(self, panel):
        """Numbers of observations of a panel at which its end would be prepared otherwise than it is now."""
        return unsettled_origins(panel, self.outlier_filter)
