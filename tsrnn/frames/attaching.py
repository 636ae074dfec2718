"""Covariates beside a panel: read at the fit, with new observations, and for the steps ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.frames.covariate_columns import as_frame, find_columns, read_table
from tsrnn.frames.covariate_rows import Located, add_rows, locate, locator
from tsrnn.frames.covariates import assemble, with_defaults
from tsrnn.frames.given import GivenRows, without_keys
from tsrnn.windows import row_series, rows_of


def split_long(data, names, *, keeps_empty=True):
    """Separate the target of a long frame from its covariates, the columns besides id, time and target.

    Parameters
    ----------
    data : object
        Any container.
    names : Names
        Columns of a long frame.
    keeps_empty : bool, default=True
        Whether to keep the rows of ids without any target.

    Returns
    -------
    data : object
        The container; of a long frame with covariates the three columns, without the rows after the last target of
        each id, which are of the future.
    X : DataFrame or None
        Covariates, with id and time; None for other containers.
    kept : ndarray of int or None
        Rows of the frame that ``data`` holds.
    """
    if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1 or not set(names) <= set(data.columns):
        return data, None, None
    if len(data.columns) == 3:
        return data, None, None
    id_col, time_col, target_col = names
    if data.columns.duplicated().any():
        return data, None, None  # refused as a long frame
    observed = data[time_col].where(data[target_col].notna())
    last = observed.groupby(data[id_col], observed=True).transform("max")
    kept = (data[time_col] <= last).fillna(False).to_numpy(dtype=bool)
    if keeps_empty:
        kept = kept | last.isna().to_numpy()
    return data.loc[kept, list(names)], data.drop(columns=[target_col]), np.flatnonzero(kept)


def attach(panel, X, data, past_covariates=None):
    """Return a panel with covariates, for a fit.

    Parameters
    ----------
    panel : Panel
        The series.
    X : DataFrame or ndarray of shape (n, n_columns)
        A row for each stamp of the series; rows after the end are those known of the future. Without columns, the
        panel is returned as it is.
    data : Series, DataFrame, ndarray or list
        The container that the panel was read from.
    past_covariates : list of column names, optional
        Columns that are not known for the future.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError, ValueError
        If X has not all stamps, a stamp twice, a column of another kind than numbers and categories or without a
        value, or an infinite value.
    """
    return attach_rows(panel, GivenRows.of(panel, X, data), past_covariates)


def attach_rows(panel, given, past_covariates=None, columns=None):
    """Return a panel with covariates whose rows have been located: `attach` in two steps.

    Parameters
    ----------
    panel : Panel
        The series.
    given : GivenRows
        A row for each stamp of the series, and beyond.
    past_covariates : list of column names, optional
        Columns that are not known for the future.
    columns : tuple of Column, optional
        What the columns were in an earlier fit; by default they are found anew.

    Returns
    -------
    Panel
    """
    located = given.located
    found = find_columns(given.frame, past_covariates) if columns is None else columns
    if not found:
        return panel
    table = read_table(given.frame, found, given.where)[located.rows]
    if columns is None:
        found = with_defaults(found, table[_are_seen(panel, located)])
    covariates, has_row = _assemble(panel, found, located.n_series, located.series, located.steps, table)
    expected = np.ones(len(panel.values), dtype=bool) if panel.rows is None else panel.rows >= 0
    _require_rows(panel, has_row, expected, given.add_rows)
    return replace(panel, covariates=covariates)


def _are_seen(panel, located):
    """Return which rows of covariates stand beside observations, bool of shape (n,); refuse a fit to none."""
    lengths = panel.lengths[: located.n_series]
    seen = (located.series >= 0) & (located.steps >= 0) & (located.steps < lengths[located.series])
    if not seen.any():
        raise ValueError(
            f"X has no row for any stamp of y, from {panel.times.min()} to {panel.times.max()}. Give a row for each."
        )
    return seen


def extend(panel, whole, X, data):
    """Return covariates for a panel with new observations.

    Parameters
    ----------
    panel : Panel
        What was seen, with covariates.
    whole : Panel
        The same with new observations and, where these have ids, perhaps new series.
    X : DataFrame, ndarray or None
        Rows for the new observations and, if wanted, beyond; these replace rows of the future that were known. None
        if the rows known are enough.
    data : Series, DataFrame, ndarray or list
        The container of the new observations.

    Returns
    -------
    Panel
        ``whole`` with covariates.
    """
    before = panel.covariates
    columns, table = before.columns, before.given()
    new = Located(1 if before.is_shared else whole.n_series, *(np.empty(0, dtype=np.int64),) * 3)
    if X is not None:
        where, new = locator(whole, X), locate(whole, X, data, int(panel.lengths[0]))
        table = np.vstack([table, read_table(without_keys(whole, as_frame(X, before.names)), columns, where)])
    n_series = 1 if before.is_shared and new.n_series == 1 and whole.shares_times else whole.n_series
    known = np.zeros(whole.n_series, dtype=np.int64)
    known[: panel.n_series] = panel.lengths
    series, steps, rows = _repeat(new, n_series)
    fresh = (series >= 0) & (steps >= known[series])
    old = np.arange(min(n_series, panel.n_series))
    old_series = np.repeat(old, before.lengths[old])
    old_rows = rows_of(before.starts[old], before.lengths[old])
    series = np.concatenate([old_series, series[fresh]])
    steps = np.concatenate([old_rows - before.starts[old_series], steps[fresh]])
    rows = np.concatenate([old_rows, rows[fresh] + len(before.numbers)])
    covariates, has_row = _assemble(whole, columns, n_series, series, steps, table[rows])
    if before.past:
        given = np.append(old_rows < before.past_stops[old_series], np.ones(fresh.sum(), dtype=bool))
        has_row = _assemble(whole, columns, n_series, series[given], steps[given], table[rows[given]])[1]
    owner = row_series(whole.offsets)
    is_new = np.arange(len(owner)) - whole.offsets[owner] >= known[owner]
    _require_rows(whole, has_row, whole.observed & is_new, None if X is None else add_rows(whole, X))
    return replace(whole, covariates=covariates)


def read_beside(panel, new, X, data):
    """Return a panel of the same series, read again, with the covariates of X.

    Parameters
    ----------
    panel : Panel
        What was seen, with covariates.
    new : Panel
        The same series read again.
    X : DataFrame or ndarray
        A row for each stamp, and beyond the end if wanted.
    data : Series, DataFrame, ndarray or list
        The container of ``new``.

    Returns
    -------
    Panel
    """
    given = GivenRows.of(new, X, data, panel.covariates.names)
    return attach_rows(new, given, columns=panel.covariates.columns)


def with_future(panel, horizon, X=None):
    """Return a panel whose covariates reach to the last step ahead.

    Parameters
    ----------
    panel : Panel
        With covariates.
    horizon : int
        Steps ahead of every series.
    X : tuple of (DataFrame or ndarray, Located), optional
        Covariates of steps ahead, and where they belong; they replace those known. Series that are not in it are
        read with what is known of them, held.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError, ValueError
        If a column that is known for the future is missing or has no row at a step.
    """
    covariates, counts = panel.covariates, panel.lengths + horizon
    if X is not None:
        covariates, counts = _with_rows(panel, *X)
    covariates.require(panel, counts)
    return replace(panel, covariates=covariates.hold_until(panel.lengths + horizon))


def _with_rows(panel, given, located):
    """Return covariates with rows of the future in place of those known, and how many rows are read of each series."""
    covariates = panel.covariates
    columns, where = covariates.columns, locator(panel, given)
    frame = without_keys(panel, as_frame(given, covariates.names))
    table = read_table(frame, columns, where, skip_past=True)
    n_series = 1 if covariates.is_shared and located.n_series == 1 and panel.shares_times else panel.n_series
    series, steps, rows = _repeat(located, n_series)
    old = np.arange(n_series)
    old_series = np.repeat(old, covariates.lengths[old])
    old_rows = rows_of(covariates.starts[old], covariates.lengths[old])
    covariates, _ = _assemble(
        panel,
        columns,
        n_series,
        np.concatenate([old_series, series]),
        np.concatenate([old_rows - covariates.starts[old_series], steps]),
        np.vstack([covariates.given()[old_rows], table[rows]]),
    )
    counts = panel.lengths.copy()
    asked = series >= 0
    np.maximum.at(counts, series[asked], steps[asked] + 1)
    return covariates, np.repeat(counts[:1], panel.n_series) if n_series == 1 else counts


def _repeat(located, n_series):
    """Return series, steps and rows of located covariates, those that all series share for each of them."""
    if located.n_series == n_series:
        return located.series, located.steps, located.rows
    n_rows = len(located.rows)
    return np.repeat(np.arange(n_series), n_rows), np.tile(located.steps, n_series), np.tile(located.rows, n_series)


def _assemble(panel, columns, n_series, series, steps, table):
    """Return covariates for all series of a panel, and which observations had a row."""
    covariates, has_row = assemble(columns, n_series, series, steps, table, panel.lengths[:n_series])
    if n_series < panel.n_series:
        covariates, has_row = covariates.select(np.zeros(panel.n_series, dtype=int)), np.tile(has_row, panel.n_series)
    return covariates, has_row


def _require_rows(panel, has_row, expected, mend):
    """Refuse observations beside which X has no row; ``mend`` is the expression that adds them, None without X."""
    lacking = np.flatnonzero(expected & ~has_row)
    if not len(lacking):
        return
    i = int(np.searchsorted(panel.offsets, lacking[0], side="right")) - 1
    count = len(lacking[lacking < panel.offsets[i + 1]]) if panel.shares_times else len(lacking)
    stamp = panel.stamps(i)[lacking[0] - panel.offsets[i]]
    of = "" if panel.shares_times else f" of {panel.label(i)}"
    text = f"{count} {'are' if count > 1 else 'is'} missing, the first {stamp}{of}."
    if mend is None:
        raise ValueError(
            f"The covariates of the fit, {panel.covariates.names}, are needed for each new observation, and were not "
            f"given before: {text} Give X beside the series; rows that predict was given are not kept."
        )
    raise ValueError(
        f"X needs a row for each stamp of y; {text} Give them all: {mend} adds rows, in which the last value is held."
    )
