"""Checks on the way in: every value finite or missing, every series on one regular run of time stamps."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.frames.advice import fill_values
from tsrnn.frames.aligned import ArrayLayout
from tsrnn.frames.attaching import attach, split_long
from tsrnn.frames.columns import Names
from tsrnn.frames.frequency import is_regular
from tsrnn.frames.gaps import fill_gaps, grid_steps
from tsrnn.frames.inference import explain_gap, find_frequency, guess_frequency, infer, irregular_series
from tsrnn.frames.keyed import LongLayout
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.panel import Panel
from tsrnn.frames.parsing import parse_frequency
from tsrnn.frames.values import describe_nonfinite, start


def to_panel(
    data, *, id_col="unique_id", time_col="ds", target_col="y", freq=None, missing="raise", X=None, past_covariates=None
):
    """Read series from any container.

    Parameters
    ----------
    data : Series, DataFrame, ndarray or list
        A Series; a DataFrame with one column a series; a Series or one-column DataFrame with a MultiIndex
        (id, time); a long DataFrame with the three columns named below; an array of shape (n_steps,) or
        (n_steps, n_series); a list of numbers. Rows of the MultiIndex and the long form may stand in any
        order; an index without ids must ascend. It is never changed and never shared.
    id_col, time_col, target_col : str, default="unique_id", "ds", "y"
        Columns of the long form. The times are datetimes, periods or integers.
    freq : str, offset or int, optional
        Frequency of the stamps (a step for integers), needed where it is not on the index and cannot be
        inferred.
    missing : {"raise", "fill"}, default="raise"
        Treatment of NaN and of gaps between the stamps: refuse them, or hold them as NaN, with a row for every
        stamp of the frequency.
    X : DataFrame or ndarray of shape (n, n_columns), optional
        Covariates beside the series, and after their end. In a long frame, columns besides the three are covariates.
    past_covariates : list of column names, optional
        Covariates that are not known for the future.

    Returns
    -------
    Panel
        The series as float64, with covariates where there are any.

    Raises
    ------
    TypeError
        If the container, the values or the stamps are of a kind that is not allowed.
    ValueError
        If there is nothing in it, a value is infinite, or missing with ``missing="raise"``, a series has no value,
        or the stamps repeat, descend, are off the grid of the frequency or, with ``missing="raise"``, leave
        gaps. The error names the column or id and the first stamp.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.frames import to_panel
    >>> index = pd.date_range("2024-01-01", periods=3, freq="MS")
    >>> panel = to_panel(pd.Series([1.0, 2.0, 4.0], index=index, name="sales"))
    >>> panel.restore([[8.0]])
    2024-04-01    8.0
    Freq: MS, Name: sales, dtype: float64
    """
    names = Names(id_col, time_col, target_col)
    whole, kept = data, None
    if X is None:
        data, X, kept = split_long(data, names)
    panel, declared = read_rows(data, find_layout(data, names), names, missing)
    require_observed(panel)
    panel = replace(panel, frequencies=resolve_frequencies(panel, freq, declared))
    panel = fill_gaps(panel) if missing == "fill" else panel
    if kept is not None:
        rows = np.where(panel.rows >= 0, kept[panel.rows], -1)
        panel = replace(panel, rows=rows, n_container_rows=len(whole))
    if X is not None:
        return attach(panel, X, data, past_covariates)
    if past_covariates:
        raise ValueError(f"past_covariates must name columns of X. Got {past_covariates!r}, and no covariates.")
    return panel


def read_rows(data, layout, names, missing="raise"):
    """Read a container into a `Panel` without frequencies; also return the frequency it declares, if any."""
    if np.size(data) == 0:
        raise ValueError(f"The data is empty: shape {np.shape(data)}. Give at least one value.")
    columns = layout.read(data)
    panel = Panel(
        columns.values,
        columns.offsets,
        columns.ids,
        columns.times,
        (),
        layout,
        columns.rows,
        names,
        columns.time_dtype,
        missing,
        len(data),
    )
    _require_finite(panel, data)
    return panel, columns.freq


def require_observed(panel, first=0):
    """Refuse series from position ``first`` on that hold missing values alone."""
    counts = np.add.reduceat(~np.isnan(panel.values), panel.offsets[:-1], dtype=np.int64)
    empty = np.flatnonzero(counts[first:] == 0) + first
    if not len(empty):
        return
    i, how = int(empty[0]), "Give at least one."
    if len(empty) < panel.n_series:
        others = panel.layout.drop(empty.tolist()) if panel.shares_times else panel.layout.observed
        how = f"Drop the series without any: {others}."
    raise ValueError(
        f"{start(panel.label(i))} holds no value at all: all {panel.lengths[i]} are missing, the first "
        f"{_place(panel, i, 0)}. {how}"
    )


def _place(panel, i, position):
    return f"at {panel.stamps(i)[position]}" if panel.layout.has_stamps else f"at position {position}"


def _require_finite(panel, data):
    finite = np.isfinite(panel.values)
    if panel.missing == "fill":
        finite |= np.isnan(panel.values)
    if finite.all():
        return
    i = int(np.searchsorted(panel.offsets, finite.argmin(), side="right")) - 1
    values = panel.series(i)
    if panel.missing == "fill":
        values = np.where(np.isnan(values), 0.0, values)
    bad = describe_nonfinite(values, lambda position: _place(panel, i, position))
    if panel.missing == "fill":
        mark = "data.replace([np.inf, -np.inf], np.nan)"
        if isinstance(panel.layout, ArrayLayout):
            mark = "np.nan_to_num(np.asarray(data, dtype=float), nan=np.nan, posinf=np.nan, neginf=np.nan)"
        raise ValueError(
            f"{start(panel.label(i))} {bad}. Every value must be a finite number, or NaN where missing. Mark as "
            f"missing what is not known: {mark}."
        )
    target = data[panel.names.target_col] if panel.layout.kind == LongLayout.kind else data
    is_float = (pd.DataFrame(target).dtypes == np.float64).all()
    fill = fill_values(is_float, np.isinf(panel.values).any())
    raise ValueError(
        f"{start(panel.label(i))} {bad}. Every value must be a finite number. {_advise_filling(panel, fill)}"
    )


def _advise_filling(panel, fill):
    empty = np.array([not np.isfinite(panel.series(i)).any() for i in range(panel.n_series)])
    if empty.all():
        return "Give at least one."
    if empty.any() and panel.shares_times:
        return f"Drop the columns without any: {panel.layout.drop(np.flatnonzero(empty).tolist())}."
    inside = f"Fill the gaps, and drop what is missing at the ends: {panel.for_each_series(fill)}."
    table = panel.values.reshape(panel.n_series, -1) if panel.shares_times else np.empty((1, 0))
    if panel.n_series == 1 or not panel.shares_times or np.isfinite(table[:, [0, -1]]).all():
        return inside
    whole = "data" if panel.layout.has_stamps else "pd.DataFrame(data)"
    keyed = fill(whole).replace(".dropna()", ".unstack().dropna()")
    return (
        "Series that start or end at different times fit in a long DataFrame or a MultiIndex (id, time): "
        f"{keyed}. Or keep the rows that all have: {panel.for_each_series(fill)}."
    )


def resolve_frequencies(panel, freq, declared=None):
    """Find the frequency of each series and check that its stamps follow it.

    All series have one frequency, found from the longest; they may differ in anchor (weeks that end on
    different days).

    Parameters
    ----------
    panel : Panel
        Without frequencies.
    freq : str, offset, int or None
        Frequency from the user.
    declared : BaseOffset, optional
        Frequency that the container declares; taken if the longest series follows it.

    Returns
    -------
    tuple of length n_series
        Offsets or integer steps.
    """
    longest = int(panel.lengths.argmax())
    if freq is not None:
        common = parse_frequency(freq, panel.times, panel.layout.stamps if panel.layout.has_stamps else None)
    elif declared is not None and _follows(panel, longest, declared):
        common = declared
    else:
        common = find_frequency(panel, longest)
    return series_frequencies(panel, common)


def series_frequencies(panel, common):
    """Return the frequency of each series: ``common``, or one that differs in its anchor only."""
    frequencies = [common] * panel.n_series
    for i in irregular_series(panel, common):
        if panel.missing == "raise":
            frequencies[i] = _other_anchor(infer, panel.stamps(i), common)
            require_regular(panel, i, frequencies[i])
        elif not _follows(panel, i, common):
            frequencies[i] = _other_anchor(guess_frequency, panel.stamps(i), common)
    return tuple(frequencies)


def _follows(panel, i, freq):
    """Tell whether a series has a frequency, with gaps where missing values are allowed."""
    stamps = panel.stamps(i)
    return is_regular(stamps, freq) or (panel.missing == "fill" and grid_steps(stamps, freq).min() >= 0)


def require_regular(panel, i, freq):
    """Refuse a series that does not follow a frequency."""
    if not is_regular(panel.stamps(i), freq):
        raise ValueError(explain_gap(panel, i, freq))


def _other_anchor(infer, stamps, freq):
    """Return the frequency that ``infer`` finds if it differs from ``freq`` in its anchor only, else ``freq``."""
    own = infer(stamps) if isinstance(stamps, pd.DatetimeIndex) else None
    return own if type(own) is type(freq) and own.n == freq.n else freq
