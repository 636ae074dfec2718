"""Covariates beside a panel: read at the fit, with new observations, and for the steps ahead."""

from dataclasses import replace

import numpy as np

from tsrnn.frames.covariate_columns import as_frame, find_columns, read_table
from tsrnn.frames.covariate_rows import Located, key_columns, locate, locator
from tsrnn.frames.covariates import assemble, with_defaults
from tsrnn.frames.id_advice import require_distinct
from tsrnn.frames.identity import unique_ids
from tsrnn.frames.long import LongLayout
from tsrnn.frames.times import as_times, clock
from tsrnn.windows import row_series, rows_of


def split_long(data, layout, form=None, *, keeps_empty=True):
    """Separate the target of a long frame from its covariates, the columns besides id, time and target.

    Parameters
    ----------
    data : object
        Any container.
    layout : Layout
        That of ``data``.
    form : TimeForm, optional
        Form of stamps that were read before.
    keeps_empty : bool, default=True
        Whether to keep the rows of ids without any target.

    Returns
    -------
    data : object
        The container; of a long frame with covariates the columns of ids, time and target, without the rows after the
        last target of each id, which are of the future.
    X : DataFrame or None
        Covariates, with id and time; None for other containers.
    kept : ndarray of int or None
        Rows of the frame that ``data`` holds.
    """
    if not isinstance(layout, LongLayout):
        return data, None, None
    target_col, weight_col = layout.names.target_col, layout.names.weight_col
    others = [name for name in data.columns if name not in (*layout.columns, weight_col)]
    if not others:
        return data[layout.columns], None, None
    ticks = clock(as_times(data[layout.names.time_col], layout.stamps, form))
    codes, ids = unique_ids(layout.ids_of(data), layout.id_what)
    require_distinct(data, others, layout, codes, ticks)
    observed = data[target_col].notna().to_numpy()
    last = np.full(len(ids) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, codes[observed], ticks[observed])
    if keeps_empty:
        last[last == last.min()] = np.iinfo(np.int64).max
    last[-1] = np.iinfo(np.int64).max  # rows without an id, which are refused
    kept = ticks <= last[codes]
    return data.loc[kept, layout.columns], data[[*layout.keys, *others]], np.flatnonzero(kept)


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
    where, located = locator(panel, X), locate(panel, X, data)
    frame = _values(panel, as_frame(X))
    columns = find_columns(frame, past_covariates)
    if not columns:
        return panel
    table = read_table(frame, columns, where)[located.rows]
    lengths = panel.lengths[: located.n_series]
    seen = (located.series >= 0) & (located.steps >= 0) & (located.steps < lengths[located.series])
    columns = with_defaults(columns, table[seen] if seen.any() else table)
    covariates, has_row = _assemble(panel, columns, located.n_series, located.series, located.steps, table)
    expected = np.ones(len(panel.values), dtype=bool) if panel.rows is None else panel.rows >= 0
    _require_rows(panel, has_row, expected)
    return replace(panel, covariates=covariates)


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
    columns, table = before.columns, before.table()
    table[np.ix_(~_rows_seen(panel), [column.known == "past" for column in columns])] = np.nan
    new = Located(1 if before.is_shared else whole.n_series, *(np.empty(0, dtype=np.int64),) * 3)
    if X is not None:
        where, new = locator(whole, X), locate(whole, X, data, int(panel.lengths[0]))
        table = np.vstack([table, read_table(_values(whole, as_frame(X, before.names)), columns, where)])
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
        given = slice(len(old_rows), None)
        has_row = _assemble(whole, columns, n_series, series[given], steps[given], table[rows[given]])[1]
    owner = row_series(whole.offsets)
    is_new = np.arange(len(owner)) - whole.offsets[owner] >= known[owner]
    _require_rows(whole, has_row, whole.observed & is_new)
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
    columns = panel.covariates.columns
    where, located = locator(new, X), locate(new, X, data)
    table = read_table(_values(new, as_frame(X, panel.covariates.names)), columns, where)[located.rows]
    covariates, has_row = _assemble(new, columns, located.n_series, located.series, located.steps, table)
    expected = np.ones(len(new.values), dtype=bool) if new.rows is None else new.rows >= 0
    _require_rows(new, has_row, expected)
    return replace(new, covariates=covariates)


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
    frame = _values(panel, as_frame(given, covariates.names))
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
        np.vstack([covariates.table()[old_rows], table[rows]]),
    )
    counts = panel.lengths.copy()
    asked = series >= 0
    np.maximum.at(counts, series[asked], steps[asked] + 1)
    return covariates, np.repeat(counts[:1], panel.n_series) if n_series == 1 else counts


def _values(panel, frame):
    """Return the covariates of a frame, without the columns of the keys, of the target and of weights."""
    others = [] if panel.names.weight_col is None else [panel.names.weight_col]
    keys = key_columns(panel, frame)
    if keys:
        others += [*keys, panel.names.target_col]
    return frame.drop(columns=others, errors="ignore") if others else frame


def _rows_seen(panel):
    """Which rows of the covariates belong to observations, bool of shape (n_rows,)."""
    seen = np.zeros(len(panel.covariates.numbers), dtype=bool)
    seen[rows_of(panel.covariates.starts, panel.lengths)] = True
    return seen


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
        starts, stops = (np.repeat(x, panel.n_series) for x in (covariates.starts, covariates.stops))
        covariates, has_row = replace(covariates, starts=starts, stops=stops), np.tile(has_row, panel.n_series)
    return covariates, has_row


def _require_rows(panel, has_row, expected):
    """Refuse observations beside which X has no row."""
    lacking = np.flatnonzero(expected & ~has_row)
    if not len(lacking):
        return
    i = int(np.searchsorted(panel.offsets, lacking[0], side="right")) - 1
    count = len(lacking[lacking < panel.offsets[i + 1]]) if panel.shares_times else len(lacking)
    stamp = panel.stamps(i)[lacking[0] - panel.offsets[i]]
    of = "" if panel.shares_times else f" of {panel.label(i)}"
    mend = "X.reindex(X.index.union(y.index)) adds rows, in which the last value is held"
    raise ValueError(
        f"X needs a row for each stamp of y; {count} {'are' if count > 1 else 'is'} missing, the first {stamp}{of}. "
        f"Give them all: {mend}."
    )
