"""Outliers and missing values of a panel: filter and filling of a fit, the panel that models read, warnings."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.filling import Filling
from tsrnn.outliers import OutlierFilter

N_NAMED = 3  # outliers that a warning names


class OutlierWarning(UserWarning):
    """Warning of values that were replaced: single ones far from all predictions by earlier ones."""


def fit_filter(panel, seasons):
    """Fit an `OutlierFilter` to a `tsrnn.frames.Panel` whose series may have some seasons."""
    return OutlierFilter.fit(panel.values, panel.offsets, seasons)


def filter_panel(panel, outlier_filter, before=None):
    """Replace the outliers of a panel.

    Parameters
    ----------
    panel : tsrnn.frames.Panel
        The series as observed.
    outlier_filter : OutlierFilter or None
        Of as many series; None to leave them as they are.
    before : tsrnn.frames.Panel, optional
        The first observations of the first series, filtered before, and filled or not: they stay as they are.

    Returns
    -------
    tsrnn.frames.Panel
    """
    if outlier_filter is None:
        return panel
    known = () if before is None else (before.values, before.offsets)
    values = outlier_filter.apply(panel.values, panel.offsets, *known)
    return panel if np.array_equal(values, panel.values, equal_nan=True) else replace(panel, values=values)


def fit_filling(panel, seasons):
    """Fit a `Filling` to a filtered `tsrnn.frames.Panel` whose series may have some seasons; None if it is complete."""
    return Filling.fit(panel.values, panel.offsets, seasons) if np.isnan(panel.values).any() else None


def fill_panel(panel, filling, before=None):
    """Fill the missing values of a filtered panel.

    Parameters
    ----------
    panel : tsrnn.frames.Panel
        From :func:`filter_panel`.
    filling : Filling or None
        None for a complete panel.
    before : tsrnn.frames.Panel, optional
        The first rows of the first series, filtered and filled before: they stay as they are.

    Returns
    -------
    tsrnn.frames.Panel
        NaN only before the first observation of a series.
    """
    if filling is None:
        return panel
    known = () if before is None else (before.values, before.offsets)
    return replace(panel, values=filling.apply(panel.values, panel.offsets, *known))


def unsettled_origins(panel, outlier_filter):
    """Numbers of observations of a panel at which an end would be filtered otherwise than it is now."""
    empty = np.empty(0, dtype=np.int64)
    return empty if outlier_filter is None else outlier_filter.unsettled(panel.values, panel.offsets)


def tabulate_outliers(panel, filtered, seen=None):
    """Return the outliers of a panel as a frame: series, time, value and replacement.

    ``seen``, of shape (n,), leaves out those among the first observations of the first n series.
    """
    rows = np.flatnonzero((filtered.values != panel.values) & ~np.isnan(panel.values))
    series = np.searchsorted(panel.offsets, rows, side="right") - 1
    steps = rows - panel.offsets[series]
    if seen is not None:
        known = np.zeros(panel.n_series, dtype=np.int64)
        known[: len(seen)] = seen
        fresh = steps >= known[series]
        rows, series, steps = rows[fresh], series[fresh], steps[fresh]
    return pd.DataFrame(
        {
            "series": panel.ids[series],
            "time": panel.times[steps if panel.shares_times else rows],
            "value": panel.values[rows],
            "replacement": filtered.values[rows],
        }
    )


def warn_of_outliers(panel, filtered, seen=None, stacklevel=4):
    """Warn of outliers that were replaced, but for those among the first ``seen`` observations of the series."""
    if filtered.values is panel.values:
        return
    table = tabulate_outliers(panel, filtered, seen)
    if not len(table):
        return
    first = table.head(N_NAMED)
    labels = [panel.label(i) for i in panel.ids.get_indexer(first["series"])]
    named = [
        f"{label} at {row.time} ({row.value:.6g} by {row.replacement:.6g})"
        for label, row in zip(labels, first.itertuples(), strict=True)
    ]
    warnings.warn(
        f"{len(table)} outlier{'s' * (len(table) > 1)} replaced by what the values before predict: {', '.join(named)}"
        f"{', ...' if len(table) > N_NAMED else ''}. See outliers_; outliers='keep' leaves them as they are.",
        OutlierWarning,
        stacklevel=stacklevel,
    )
