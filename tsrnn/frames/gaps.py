"""Gaps between time stamps: rows without an observation are put in, so that every series is regular."""

from dataclasses import replace

import numpy as np
import pandas as pd

from tsrnn.frames.frequency import counts_in_absolute_time, grid_positions, is_on_calendar, steps_after, times_after
from tsrnn.frames.inference import explain_gap, explain_off_grid, irregular_series
from tsrnn.windows import offsets_of, rows_of

MIN_GRID = 1000  # Rows that a series may always be extended to.
MAX_STEPS_PER_ROW = 20  # With fewer observations on the grid, the stamps are taken for irregular ones.


def grid_steps(times, freq):
    """Count the steps from the first stamp of a series to each; -1 where one is off the grid of the frequency."""
    if not isinstance(freq, int) and not is_on_calendar(times[0], freq):
        return np.full(len(times), -1)
    steps = np.append(0, steps_after(times[0], freq, times[1:]) + 1) if len(times) > 1 else np.zeros(1, dtype=np.int64)
    off = np.append(False, steps[1:] < 1)
    if off.any() and isinstance(times, pd.DatetimeIndex) and not counts_in_absolute_time(freq):
        # Where a clock time occurs twice, either one will do.
        steps[off] = grid_positions(times, freq)[off]
        off = np.append(False, np.diff(steps) < 1)
    return np.where(off, -1, steps)


def fill_gaps(panel):
    """Return a panel whose series are regular: rows with NaN where a stamp of the frequency is missing.

    Parameters
    ----------
    panel : Panel
        With frequencies; its stamps ascend.

    Returns
    -------
    Panel
        ``panel`` itself where nothing is missing.

    Raises
    ------
    ValueError
        If a stamp is off the grid of its frequency, or there are far more gaps than observations.
    """
    steps, runs = {}, {}
    for freq in dict.fromkeys(panel.frequencies):
        for i in irregular_series(panel, freq):
            if panel.frequencies[i] != freq:
                continue
            times = panel.stamps(i)
            steps[i] = grid_steps(times, freq)
            if steps[i].min() < 0:
                raise ValueError(explain_off_grid(panel, i, freq, int((steps[i] < 0).argmax())))
            require_dense(len(times), steps[i][-1] + 1, lambda i=i, freq=freq: explain_gap(panel, i, freq))
            runs[i] = times[:1].append(times_after(times[0], freq, int(steps[i][-1]), name=times.name))
    return spread(panel, steps, runs)


def require_dense(n_rows, n_steps, explain):
    """Refuse to extend a few rows to very many steps; ``explain`` returns the message."""
    if n_steps > max(MIN_GRID, MAX_STEPS_PER_ROW * n_rows):
        raise ValueError(f"{explain()} Of the {n_steps:,} stamps of this step only {n_rows:,} are given.")


def skips_rows(steps):
    """Tell whether rows come every second step or less often, all alike: they are of another frequency."""
    apart = np.diff(steps)
    return len(apart) > 2 and apart[0] > 1 and bool((apart == apart[0]).all())


def spread(panel, steps, runs):
    """Put missing rows into some series.

    Parameters
    ----------
    panel : Panel
        The series.
    steps : dict of int to ndarray
        By position of a series: the step of each of its rows, ascending. Series 0 stands for all where the series
        share their stamps.
    runs : dict of int to Index
        By position of a series: the stamps of all steps.

    Returns
    -------
    Panel
        NaN and the row -1 at steps without a row.
    """
    if not steps:
        return panel
    n_runs = 1 if panel.shares_times else panel.n_series
    before = panel.lengths[:n_runs]
    lengths = before.copy()
    lengths[list(steps)] = [len(run) for run in runs.values()]
    old, new = offsets_of(before), offsets_of(lengths)
    position = rows_of(new[:-1], before)
    for i in steps:
        position[old[i] : old[i + 1]] = new[i] + steps[i]
    absent = np.setdiff1d(np.arange(new[-1]), position)
    missing = [runs[i].delete(steps[i]) for i in sorted(steps)]
    times = panel.times.append(missing)[np.argsort(np.concatenate([position, absent]))]
    rows = np.full(new[-1], -1)
    rows[position] = np.arange(old[-1]) if panel.rows is None else panel.rows[: old[-1]]
    n_copies = panel.n_series if panel.shares_times else 1
    values = np.full((n_copies, new[-1]), np.nan)
    values[:, position] = panel.values.reshape(n_copies, -1)
    offsets = np.arange(panel.n_series + 1, dtype=np.int64) * new[-1] if panel.shares_times else new
    return replace(panel, values=values.ravel(), offsets=offsets, times=times, rows=np.tile(rows, n_copies))
