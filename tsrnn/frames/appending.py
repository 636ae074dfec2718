"""New observations behind the end of a panel."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Names
from tsrnn.frames.frequency import first_mismatch, is_regular, times_after
from tsrnn.frames.inference import explain_gap
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.reading import read_rows


def append(panel, data, *, id_col="unique_id", time_col="ds", target_col="y"):
    """Return a panel with new observations behind its end.

    Parameters
    ----------
    panel : Panel
        What has been seen.
    data : Series, DataFrame, ndarray or list
        The observations that come right after, in the container of ``panel``. Columns of a wide frame may be
        in another order. A panel with ids may get observations for some of its ids only, each from the end of
        that id, and new ids.
    id_col, time_col, target_col : str
        Columns of the long form.

    Returns
    -------
    Panel
        A new panel; neither argument is changed.

    Raises
    ------
    TypeError, ValueError
        As for `to_panel`; if the container differs; or if the stamps do not go on from the end: the error
        names the stamp that was expected.
    """
    layout = find_layout(data, Names(id_col, time_col, target_col))
    if layout.kind != panel.layout.kind:
        raise TypeError(
            f"The new data must come in the same container as the data seen before, {panel.layout.kind}. Got "
            f"{layout.kind}."
        )
    new, _ = read_rows(data, layout)
    new = replace(new, times=_times_like(new.times, panel.times))
    return _append_aligned(panel, new) if panel.shares_times else _append_keyed(panel, new)


def _times_like(times, seen):
    same = times.dtype == seen.dtype
    if isinstance(times, pd.DatetimeIndex) and isinstance(seen, pd.DatetimeIndex) and str(times.tz) == str(seen.tz):
        times, same = times.as_unit(seen.unit), True
    if not same:
        raise TypeError(
            f"The new time stamps are {times.dtype} (first {times[0]}), those seen before are {seen.dtype} "
            f"(last {seen[-1]}); they must be of one kind and time zone."
        )
    return times


def _require_continuation(stamps, last, freq, label):
    expected = times_after(last, freq, len(stamps))
    wrong = first_mismatch(stamps, expected, freq)
    if wrong is not None:
        raise ValueError(
            f"New data for {label} must go on right after {last}, the last time stamp seen: expected "
            f"{expected[wrong]}, got {stamps[wrong]}."
        )


def _append_aligned(panel, new):
    order = _column_order(panel, new)
    if panel.layout.has_stamps:
        _require_continuation(new.times, panel.times[-1], panel.frequencies[0], panel.label(0))
        times = panel.times.append(new.times)
    else:
        times = pd.RangeIndex(len(panel.times) + len(new.times))
    table = np.hstack([panel.values.reshape(panel.n_series, -1), new.values.reshape(panel.n_series, -1)[order]])
    return replace(panel, values=table.ravel(), offsets=np.arange(panel.n_series + 1) * len(times), times=times)


def _column_order(panel, new):
    """Position in the new data of each column seen before."""
    if not panel.layout.has_named_series:
        order = np.arange(new.n_series)
    else:
        order = new.ids.get_indexer(panel.ids)
    if new.n_series != panel.n_series or (order < 0).any():
        raise ValueError(f"The new data must have the columns {list(panel.ids)}. Got {list(new.ids)}.")
    return order


def _append_keyed(panel, new):
    known = panel.ids.get_indexer(new.ids)
    frequencies = list(panel.frequencies)
    ends = panel.ends()
    for i, position in enumerate(known):
        if position >= 0:
            _require_continuation(new.stamps(i), ends[position], frequencies[position], new.label(i))
        else:
            frequencies.append(frequencies[0])
            if not is_regular(new.stamps(i), frequencies[0]):
                raise ValueError(explain_gap(new.stamps(i), frequencies[0], new.label(i)))
    fresh = known < 0
    ids = panel.ids.append(new.ids[fresh])
    known[fresh] = np.arange(panel.n_series, len(ids))
    owner = np.concatenate([np.repeat(np.arange(panel.n_series), panel.lengths), np.repeat(known, new.lengths)])
    order = np.argsort(owner, kind="stable")
    return replace(
        panel,
        values=np.concatenate([panel.values, new.values])[order],
        offsets=np.concatenate([[0], np.cumsum(np.bincount(owner))]),
        ids=ids,
        times=panel.times.append(new.times)[order],
        frequencies=tuple(frequencies),
        rows=None,
    )
