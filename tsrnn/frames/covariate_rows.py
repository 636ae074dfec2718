"""Rows of covariates: which series and step of a panel each belongs to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.frames.advice import holds_dates, stamps_of_index, stamps_of_keys
from tsrnn.frames.columns import quote
from tsrnn.frames.covariates import MAX_AHEAD
from tsrnn.frames.frequency import steps_after
from tsrnn.frames.identity import ids_like, one_column, plain_ids, unique_ids
from tsrnn.frames.keyed import id_of, require_levels
from tsrnn.frames.long import LongLayout
from tsrnn.frames.times import clock, read_times, times_like
from tsrnn.windows import row_series


@dataclass(frozen=True)
class Located:
    """Rows of covariates beside a panel.

    Attributes
    ----------
    n_series : int
        1 where all series share the rows.
    series, steps : ndarray of shape (n,), int64
        Series and step, from its first stamp on; -1 for rows that belong to none.
    rows : ndarray of shape (n,), int64
        Row of the frame.
    """

    n_series: int
    series: np.ndarray
    steps: np.ndarray
    rows: np.ndarray


def locate(panel, X, data=None, first=0):
    """Find the rows of covariates in a panel.

    Parameters
    ----------
    panel : Panel
        The series.
    X : DataFrame or ndarray
        Covariates, with the stamps of the series as index, with a MultiIndex (id, time), with the id and time columns
        of a long frame; an array, or beside series without stamps, by position.
    data : Series, DataFrame, ndarray or list, optional
        The container that stands beside X, for X by position; without it, rows are those after the end.
    first : int, default=0
        Steps before those of ``data``, for series without stamps.

    Returns
    -------
    Located
    """
    if isinstance(X, pd.DataFrame) and X.index.nlevels > 1:
        require_levels(X.index.names, _known_levels(panel), "X")
        return _of_index(panel, X.index)
    keys = key_columns(panel, X)
    if keys:
        return _of_columns(panel, X, keys, f"X.duplicated({list(keys)})")
    if isinstance(X, pd.DataFrame) and panel.layout.has_stamps:
        require_stamps(panel, X)
        return _of_times(panel, X.index)
    return _of_positions(panel, X, data, first)


def locate_ahead(panel, steps):
    """Return where rows belong that hold for all series, so many steps after the end of each, from 0."""
    n_series, rows = 1 if panel.shares_times else panel.n_series, np.arange(len(steps))
    series = np.repeat(np.arange(n_series), len(steps))
    return Located(n_series, series, panel.lengths[series] + np.tile(steps, n_series), np.tile(rows, n_series))


def key_columns(panel, X):
    """Return the names of the columns of ids and time if X is a long frame, else (): a tuple."""
    if not isinstance(X, pd.DataFrame) or panel.shares_times:
        return ()
    if isinstance(panel.layout, LongLayout):
        possible = [panel.layout.keys]
    else:
        possible = [keys for keys in (panel.names.keys, panel.layout.level_names) if len(keys) == panel.ids.nlevels + 1]
    return next((keys for keys in possible if set(keys) <= set(X.columns)), ())


def require_stamps(panel, X):
    """Refuse covariates whose rows are numbered, without key columns, beside series over dates."""
    if panel.times.dtype.kind in "iu" or X.index.dtype.kind not in "iu":
        return
    dates = [name for name, column in X.items() if holds_dates(column)]
    *id_cols, _ = getattr(panel.layout, "keys", panel.names.keys)
    if dates and not set(id_cols) & set(X.columns):
        raise TypeError(
            f"The index of X must hold the time stamps of the rows. Column {quote(dates[0])} holds dates: "
            f"X.set_index({dates[0]!r})."
        )
    if isinstance(panel.layout, LongLayout):
        lacking = [name for name in panel.layout.keys if name not in X.columns]
        raise ValueError(
            f"X needs the columns {list(panel.layout.keys)}, as the series, or time stamps as its index. It has not "
            f"{lacking}. If its rows are those of a frame y: X.join(y[{lacking}])."
        )


def locator(panel, X):
    """Return a function from a row of X to text for an error."""
    if isinstance(X, np.ndarray):
        return "at row {}".format
    if X.index.nlevels > 1:
        return lambda row: _at(X.index[row])
    keys = key_columns(panel, X)
    if keys:
        return lambda row: _at(tuple(X[name].iloc[row] for name in keys))
    return lambda row: f"at {X.index[row]}"


def add_rows(panel, X):
    """Return the expression that adds the rows of y to X, for advice."""
    if isinstance(X, np.ndarray):
        return "a row for each of y"
    is_long, keys = isinstance(panel.layout, LongLayout), list(key_columns(panel, X))
    if keys:
        rows = f"y[{keys}]" if is_long else f"y.index.to_frame(index=False, name={keys})"
        return f"X.merge({rows}, how='outer')"
    rows = f"y.set_index({list(panel.layout.keys)}).index" if is_long else "y.index"
    if X.index.nlevels == 1 and not panel.shares_times:
        rows = f"{rows}.get_level_values(-1).unique()"
    return f"X.reindex(X.index.union({rows}))"


def _at(key):
    return f"at id {quote(id_of(key))}, {key[-1]}" if len(key) > 1 else f"at {key[0]}"


def _known_levels(panel):
    """Return the names of the ids and of the time of a panel."""
    known = getattr(panel.layout, "level_names", panel.names.keys)
    return known if len(known) == panel.ids.nlevels + 1 else (*panel.ids.names, panel.times.name)


def _of_positions(panel, X, data, first):
    n_rows, end = len(X), int(panel.lengths[0])
    if data is None:
        return Located(1, np.zeros(n_rows, dtype=np.int64), end + np.arange(n_rows), np.arange(n_rows))
    if n_rows < len(data):
        raise ValueError(
            f"X by position must have a row for each of the {len(data)} rows of y, and may have more for the steps "
            f"after its end. Got {n_rows}."
        )
    if not panel.layout.has_stamps:
        return Located(1, np.zeros(n_rows, dtype=np.int64), first + np.arange(n_rows), np.arange(n_rows))
    if panel.shares_times or panel.layout.is_single:
        found = _of_times(panel, data.index if panel.shares_times else data[panel.names.time_col])
        ahead = np.arange(n_rows - len(data))
        steps = np.concatenate([found.steps, end + ahead])
        return Located(1, np.zeros(n_rows, dtype=np.int64), steps, np.arange(n_rows))
    if n_rows > len(data):
        raise ValueError(
            f"X by position must have as many rows as y, {len(data)}, where rows have ids. Got {n_rows}. For rows "
            "after the end, give X as a DataFrame with a MultiIndex (id, time)."
        )
    if data.index.nlevels > 1:
        return _of_index(panel, data.index)
    return _of_columns(panel, data, panel.layout.keys, "X.index.duplicated()")


def _convert_ids(ids):
    """Return the function from a dtype, and a level of several, to the expression that converts the ids of X."""

    def convert(dtype, level=0):
        if isinstance(ids, pd.Series | pd.DataFrame):
            return f"X.astype({{{pd.DataFrame(ids).columns[level]!r}: {dtype!r}}})"
        return f"X.set_axis(X.index.set_levels(X.index.levels[{level}].astype({dtype!r}), level={level}))"

    return convert


def read_stamps(panel, given, stamps):
    """Read time stamps of X in the kind of those of a panel; ``stamps`` are their expressions for advice."""
    times, form = read_times(given, stamps, panel.time_form)
    if not len(times):
        return panel.times[:0]
    return times_like(times, panel.times, stamps.read_by(form), "The time stamps of X")


def _of_times(panel, index):
    """Locate rows whose index is one of time stamps, for all series."""
    times = read_stamps(panel, index, stamps_of_index("X"))
    twice = times.duplicated()
    if twice.any():
        count = int(twice.sum())
        raise ValueError(
            f"X has {count} duplicate time stamp{'s' * (count > 1)}, the first {times[twice][0]}; each "
            "stamp needs one row. Keep the first of each: X[~X.index.duplicated()]."
        )
    if panel.shares_times:
        steps = panel.times.copy(deep=True).get_indexer(times)
        ahead = panel.steps_ahead(times) if len(times) else steps
        steps = np.where((ahead >= 0) & (ahead < MAX_AHEAD), len(panel.times) + ahead, steps)
        return Located(1, np.zeros(len(times), dtype=np.int64), steps, np.arange(len(times)))
    series = np.repeat(np.arange(panel.n_series), len(times))
    rows = np.tile(np.arange(len(times)), panel.n_series)
    return Located(panel.n_series, series, _steps(panel, series, times[rows]), rows)


def _of_index(panel, index):
    """Locate rows with a MultiIndex (id, time)."""
    ids = one_column(index.droplevel(-1))
    return _of_keys(panel, ids, index.get_level_values(-1), "X.index.duplicated()")


def _of_columns(panel, frame, keys, twice):
    """Locate rows of a long frame."""
    *id_cols, time_col = keys
    ids = one_column(frame[id_cols]) if id_cols else panel.ids.repeat(len(frame))
    return _of_keys(panel, ids, frame[time_col], twice)


def _of_keys(panel, ids, times, twice):
    """Locate rows of which each has an id and a time stamp."""
    times = read_stamps(panel, times, stamps_of_keys(times))
    codes, unique = unique_ids(ids, "the ids of X")
    unique = ids_like(unique, panel.ids, _convert_ids(ids)) if len(unique) else unique
    position = np.append(plain_ids(panel.ids).get_indexer(unique), -1)
    series = position[codes]
    keys = pd.MultiIndex.from_arrays([codes, clock(times)])
    repeated = keys.duplicated()
    if repeated.any():
        row, count = int(repeated.argmax()), int(repeated.sum())
        raise ValueError(
            f"X has the time stamp {times[row]} twice for {panel.layout.label(unique[codes[row]])} ({count} "
            f"duplicate{'s' * (count > 1)} in all). Keep the first of each: X[~{twice}]."
        )
    known = np.flatnonzero(series >= 0)
    steps = np.full(len(times), -1)
    steps[known] = _steps(panel, series[known], times[known])
    return Located(panel.n_series, series, steps, np.arange(len(times)))


def _steps(panel, series, times):
    """Count the steps of stamps from the first one of their series; -1 for those off its grid."""
    given, ends = clock(times), clock(panel.ends())
    seen = clock(panel.times)
    if panel.shares_times:
        steps = panel.times.copy(deep=True).get_indexer(times)
    else:
        ticks, rank = np.unique(np.concatenate([seen, given]), return_inverse=True)
        key = row_series(panel.offsets) * len(ticks) + rank[: len(seen)]
        wanted = series * len(ticks) + rank[len(seen) :]
        found = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        steps = np.where(key[found] == wanted, found - panel.offsets[series], -1)
    later = np.flatnonzero(given > ends[series])
    if not len(later):
        return steps
    later = later[np.argsort(series[later], kind="stable")]
    some, first, counts = np.unique(series[later], return_index=True, return_counts=True)
    groups = {}
    for i, start, count, before, last in zip(some, first, counts, *panel.last_two(some), strict=True):
        groups.setdefault((before, last, panel.frequencies[i]), []).append(later[start : start + count])
    for (before, last, freq), parts in groups.items():
        rows = np.concatenate(parts)
        ahead = steps_after(last, freq, times[rows], before=before)
        near = (ahead >= 0) & (ahead < MAX_AHEAD)
        steps[rows] = np.where(near, panel.lengths[series[rows]] + ahead, -1)
    return steps
