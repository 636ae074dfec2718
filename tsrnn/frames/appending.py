"""New data of known series: appended to those seen, or read again from an earlier beginning."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from tsrnn.frames.advice import fill_from, fill_gaps
from tsrnn.frames.attaching import extend, read_beside, split_long
from tsrnn.frames.columns import quote
from tsrnn.frames.frequency import first_mismatch, steps_after
from tsrnn.frames.gaps import fill_gaps as put_on_grid
from tsrnn.frames.gaps import grid_steps, require_dense, skips_rows, spread
from tsrnn.frames.identity import ids_like, join_ids, plain_ids
from tsrnn.frames.inference import irregular_series
from tsrnn.frames.keyed import LongLayout
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.overlap import drop_seen
from tsrnn.frames.reading import read_rows, require_observed, require_regular, series_frequencies
from tsrnn.frames.times import times_like
from tsrnn.windows import offsets_of, row_series


def append(panel, data, *, overlap="raise", X=None):
    """Return a panel with new observations behind its end.

    Parameters
    ----------
    panel : Panel
        What has been seen.
    data : Series, DataFrame, ndarray or list
        The observations that come right after, in the container of ``panel``. Columns of a wide frame may be
        in another order. A panel with ids may get observations for some of its ids only, each from the end of
        that id, and new ids.
    overlap : {"raise", "drop"}, default="raise"
        What to do with rows that were seen: refuse them, or leave them out if their values agree. A value agrees
        if it is the one seen, or that rounded to float32.
    X : DataFrame or ndarray, optional
        Covariates of the new rows and, if wanted, after them, where ``panel`` has covariates.

    Returns
    -------
    Panel
        A new panel; neither argument is changed.

    Raises
    ------
    TypeError, ValueError
        As for `to_panel`; if the container or the type of the ids differs; if the stamps do not go on from the
        end: the error names the stamp that was expected; or if a value differs from the one seen.
    """
    if overlap == "drop" and not panel.layout.has_stamps:
        raise ValueError(
            f"overlap='drop' needs time stamps: {panel.layout.kind} has none. Pass the new rows only, or use a Series."
        )
    data, X = _separate(panel, data, X)
    whole = panel
    if X is None or np.size(data):
        new = _read_like(panel, data)
        if panel.shares_times:
            whole = _append_aligned(panel, _in_order(panel, new), overlap)
        else:
            whole = _append_keyed(panel, new, overlap)
    return whole if panel.covariates is None else extend(panel, whole, X, data)


def _separate(panel, data, X):
    """Return the container of the series and that of the covariates, or refuse covariates that were not in the fit."""
    if X is None:
        data, X, _ = split_long(data, panel.names, keeps_empty=False)
    if X is not None and panel.covariates is None:
        raise ValueError(
            "The fit had no covariates, so that new data can have none. Give the series alone, without X and without "
            "further columns, or fit anew."
        )
    return data, X


def read_again(panel, data, X=None):
    """Read series of a panel again, with earlier or later observations.

    Parameters
    ----------
    panel : Panel
        What has been seen.
    data : Series, DataFrame, ndarray or list
        The same series in their order, in the same container, with stamps of the same kind and frequency.
    X : DataFrame or ndarray, optional
        Their covariates, where ``panel`` has some.

    Returns
    -------
    Panel
        What ``data`` holds, with the frequencies of ``panel``.

    Raises
    ------
    TypeError, ValueError
        As for :func:`append`, and if these are other series.
    """
    data, X = _separate(panel, data, X)
    if X is None and panel.covariates is not None:
        raise ValueError(f"The covariates of the fit, {panel.covariates.names}, are needed: give X beside the series.")
    new = _read_regular(panel, _read_like(panel, data))
    return new if X is None else read_beside(panel, new, X, data)


def _read_regular(panel, new):
    """Return new data of the series of a panel with its frequencies, if they are these and follow them."""
    same = panel.n_series == new.n_series
    if same and panel.shares_times:
        same = (panel.layout.position_of(new.ids) == np.arange(panel.n_series)).all()
    elif same:
        same = new.ids.equals(plain_ids(panel.ids))
    if not same:
        known, given = [f"{len(ids)} from {quote(ids[0])} to {quote(ids[-1])}" for ids in (panel.ids, new.ids)]
        raise ValueError(f"The series must be those of the fit, in their order: {known}. Got {given}.")
    require_observed(new)
    new = replace(new, ids=panel.ids, frequencies=panel.frequencies)
    for freq in dict.fromkeys(panel.frequencies):
        for i in irregular_series(new, freq):
            is_other = panel.missing == "raise" or skips_rows(grid_steps(new.stamps(i), freq))
            if panel.frequencies[i] == freq and is_other:
                require_regular(new, i, freq)
    return put_on_grid(new) if panel.missing == "fill" else new


def _read_like(panel, data):
    """Read data of the container, the kind of stamps and the type of ids of a panel."""
    layout = find_layout(data, panel.names)
    if layout.kind != panel.layout.kind:
        columns = f" with the columns {list(panel.names)}" if isinstance(panel.layout, LongLayout) else ""
        raise TypeError(
            f"The new data must come in the same container as the data seen before, {panel.layout.kind}{columns}. Got "
            f"{layout.kind}."
        )
    new, _ = read_rows(data, layout, panel.names, panel.missing)
    ids = new.ids
    if hasattr(panel.layout, "convert_ids"):
        ids = ids_like(new.ids, panel.ids, panel.layout.convert_ids)
    times = times_like(new.times, panel.times, layout.stamps if layout.has_stamps else None)
    return replace(new, ids=ids, times=times, frequencies=panel.frequencies[:1] * new.n_series)


def _in_order(panel, new):
    """Bring new data of series that share their stamps into the order of those seen."""
    order = panel.layout.position_of(new.ids)
    if new.n_series != panel.n_series or (order < 0).any():
        if panel.n_series == new.n_series == 1 and panel.layout.has_stamps:
            raise ValueError(
                f"The new data must be of {panel.label(0)}. Got {new.label(0)}; if it is the same: "
                f"data.rename({quote(panel.ids[0])})."
            )
        raise ValueError(f"The new data must have the columns {list(panel.ids)}. Got {list(new.ids)}.")
    return replace(new, values=new.values.reshape(new.n_series, -1)[order].ravel(), ids=panel.ids)


def _append_aligned(panel, new, overlap):
    if overlap == "drop":
        new = drop_seen(panel, new, np.arange(panel.n_series))
    if not len(new.times):
        return panel
    if panel.layout.has_stamps:
        new = _continue(panel, [0], new, [0])
        times = panel.times.append(new.times)
    else:
        times = pd.RangeIndex(len(panel.times) + len(new.times))
    table = np.hstack([part.values.reshape(panel.n_series, -1) for part in (panel, new)])
    offsets = np.arange(panel.n_series + 1) * len(times)
    return replace(panel, values=table.ravel(), offsets=offsets, times=times, rows=None)


def _append_keyed(panel, new, overlap):
    known = plain_ids(panel.ids).get_indexer(new.ids)
    fresh = known < 0
    ids = join_ids(panel.ids, new.ids[fresh])
    known[fresh] = np.arange(panel.n_series, len(ids))
    if overlap == "drop":
        new = drop_seen(panel, new, known)
    frequencies = panel.frequencies
    goes_on = np.flatnonzero(~fresh & (new.lengths > 0))
    new = _continue(panel, known[goes_on], new, goes_on)
    if fresh.any():
        first = new.select(np.flatnonzero(fresh))
        require_observed(first)
        frequencies += series_frequencies(first, frequencies[0])
        if panel.missing == "fill":
            new = _fill_fresh(new, np.flatnonzero(fresh), frequencies[panel.n_series :])
    owner = np.concatenate([row_series(panel.offsets), np.repeat(known, new.lengths)])
    order = np.argsort(owner, kind="stable")
    return replace(
        panel,
        values=np.concatenate([panel.values, new.values])[order],
        offsets=offsets_of(np.bincount(owner, minlength=len(ids))),
        ids=ids,
        times=panel.times.append(new.times)[order],
        frequencies=frequencies,
        rows=None,
    )


def _continue(panel, seen, new, series):
    """Refuse series of ``new`` that do not go on right after those at the positions ``seen`` of ``panel``.

    Where missing values are allowed, stamps that are missing before or between the new ones are put in.
    """
    steps, runs = {}, {}
    expected = panel.continue_each(seen, new.lengths[series])
    for position, i, run in zip(seen, series, expected, strict=True):
        stamps = new.stamps(i)
        wrong = first_mismatch(stamps, run, panel.frequencies[position])
        if wrong is None:
            continue
        ahead = _steps_after_end(panel, position, stamps)
        if panel.missing == "raise" or ahead.min() < 0 or skips_rows(ahead) or not panel.layout.has_stamps:
            raise ValueError(_explain_break(panel, position, new, i, run, wrong))
        explain = partial(_explain_break, panel, position, new, i, run, wrong)
        require_dense(len(stamps), ahead[-1] + 1, explain)
        steps[i] = ahead
        runs[i] = panel.continue_each([position], [int(ahead[-1]) + 1])[0]
    return spread(new, steps, runs)


def _fill_fresh(new, fresh, frequencies):
    """Put the stamps that are missing into series of new ids."""
    first = put_on_grid(replace(new.select(fresh), frequencies=frequencies))
    steps, runs = {}, {}
    for k, i in enumerate(fresh):
        runs[i] = first.stamps(k)
        steps[i] = np.flatnonzero(first.rows[first.offsets[k] : first.offsets[k + 1]] >= 0)
    return spread(new, steps, runs)


def _explain_break(panel, position, new, i, expected, wrong):
    """Say which stamp of new data does not go on from those before it, and how to mend it."""
    freq, stamps, last = panel.frequencies[position], new.stamps(i), panel.stamps(position)[-1]
    text = f"New data for {new.label(i)} must go on right after {last}, the last time stamp seen"
    if wrong:
        step = f"step {freq}" if isinstance(freq, int) else f"frequency {freq.freqstr}"
        text += f", with {step}. The row after {stamps[wrong - 1]} is wrong"
    text += f": expected {expected[wrong]}, got {stamps[wrong]}."
    if stamps[wrong] <= last:
        return f"{text} Rows that were seen are left out with overlap='drop'."
    if not panel.layout.has_stamps or (_steps_after_end(panel, position, stamps) < 0).any():
        return f"{text} Give one row a stamp, at the frequency of the series seen."
    if wrong:
        return f"{text} Fill the gap, for example {new.for_each_series(fill_gaps(stamps, freq))}."
    text = f"{text} Give every stamp from {expected[0]} on"
    if not panel.shares_times:
        return f"{text}, for each id."
    return f"{text}, for example {new.for_each_series(fill_from(expected[0], freq))}."


def _steps_after_end(panel, position, stamps):
    (before,), (last,) = panel.last_two([position])
    return steps_after(last, panel.frequencies[position], stamps, before=before)
