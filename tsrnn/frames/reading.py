"""Checks on the way in: every value finite, every series on one regular run of time stamps."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Names
from tsrnn.frames.frequency import is_regular, parse_frequency, regular_steps
from tsrnn.frames.inference import explain_gap, find_frequency, infer
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.panel import Panel
from tsrnn.frames.values import describe_nonfinite


def to_panel(data, *, id_col="unique_id", time_col="ds", target_col="y", freq=None):
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

    Returns
    -------
    Panel
        The series as float64.

    Raises
    ------
    TypeError
        If the container, the values or the stamps are of a kind that is not allowed.
    ValueError
        If there is nothing in it, a value is missing or infinite, or the stamps repeat, descend or leave
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
    layout = find_layout(data, Names(id_col, time_col, target_col))
    return read_panel(data, layout, freq)


def read_panel(data, layout, freq):
    """Read a container whose layout is known; parameters as in :func:`to_panel`."""
    panel, declared = read_rows(data, layout)
    return replace(panel, frequencies=resolve_frequencies(panel, freq, declared))


def read_rows(data, layout):
    """Read a container into a `Panel` without frequencies; also return the frequency it declares, if any."""
    if np.size(data) == 0:
        raise ValueError(f"The data is empty: shape {np.shape(data)}. Give at least one value.")
    columns = layout.read(data)
    panel = Panel(columns.values, columns.offsets, columns.ids, columns.times, (), layout, columns.rows)
    _require_finite(panel)
    return panel, columns.freq


def _require_finite(panel):
    finite = np.isfinite(panel.values)
    if finite.all():
        return
    i = int(np.searchsorted(panel.offsets, finite.argmin(), side="right")) - 1
    label, stamps, values = panel.label(i), panel.stamps(i), panel.series(i)
    at = "at {}" if panel.layout.has_stamps else "at position {}"
    bad = describe_nonfinite(values, lambda position: at.format(stamps[position]))
    fill = ".replace([np.inf, -np.inf], np.nan).interpolate()" if np.isinf(values).any() else ".interpolate()"
    mend = f"Fill the gap (for example with {fill}) or drop the series."
    if panel.shares_times and panel.n_series > 1 and not np.isfinite(values[[0, -1]]).all():
        mend = "Series that start or end at different times fit in a long DataFrame or a MultiIndex (id, time)."
    raise ValueError(f"{label[0].upper()}{label[1:]} {bad}. Every value must be a finite number. {mend}")


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
    stamps = panel.stamps(longest)
    if freq is not None:
        common = parse_frequency(freq, panel.times)
    elif declared is not None and is_regular(stamps, declared):
        common = declared
    else:
        common = find_frequency(stamps, panel.label(longest))
    if panel.shares_times:
        _require_regular(panel, 0, common)
        return (common,) * panel.n_series
    frequencies = [common] * panel.n_series
    for i in _irregular_series(panel, common):
        if not is_regular(panel.stamps(i), common):
            frequencies[i] = _other_anchor(panel.stamps(i), common)
            _require_regular(panel, i, frequencies[i])
    return tuple(frequencies)


def _irregular_series(panel, freq):
    steps = regular_steps(panel.times, freq)
    steps[panel.offsets[1:-1] - 1] = True
    rows = np.flatnonzero(~steps)
    return np.unique(np.searchsorted(panel.offsets, rows, side="right") - 1)


def _require_regular(panel, i, freq):
    if not is_regular(panel.stamps(i), freq):
        raise ValueError(explain_gap(panel.stamps(i), freq, panel.label(i)))


def _other_anchor(stamps, freq):
    """Return the own frequency of stamps that differs from ``freq`` in its anchor only, else ``freq``."""
    own = infer(stamps) if isinstance(stamps, pd.DatetimeIndex) else None
    same_kind = own is not None and own.n == freq.n and own.rule_code.split("-")[0] == freq.rule_code.split("-")[0]
    return own if same_kind else freq
