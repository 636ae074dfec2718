"""Rows of new data that were seen before."""

from dataclasses import replace

import numpy as np

from tsrnn.frames.times import clock
from tsrnn.windows import offsets_of, row_series


def drop_seen(panel, new, position):
    """Leave out the rows of new data that were seen, if their values agree.

    A value agrees if it is the one seen, or the one seen rounded to float32: data read in single precision. A missing
    value agrees with a missing one.

    Parameters
    ----------
    panel : Panel
        What has been seen.
    new : Panel
        New data with stamps of the same kind.
    position : ndarray of int, shape (new.n_series,)
        Position in ``panel`` of each new series; ``panel.n_series`` or more for one that is new.

    Returns
    -------
    Panel
        ``new`` with the rows after the end of each series only.

    Raises
    ------
    ValueError
        If a value differs from the one seen, or there is none of its stamp: naming series, stamp and values.
    """
    rows, ends = _find_rows(panel, new, position)
    ticks = np.tile(clock(new.times), new.n_series) if new.shares_times else clock(new.times)
    series = row_series(new.offsets)
    old = (position[series] < panel.n_series) & (ticks <= ends[np.minimum(position[series], panel.n_series - 1)])
    seen = np.where(rows >= 0, panel.values[rows], np.nan)
    with np.errstate(over="ignore"):
        rounded = seen.astype(np.float32).astype(np.float64)
    missing = (rows >= 0) & np.isnan(seen) & np.isnan(new.values)
    wrong = old & (seen != new.values) & (rounded != new.values) & ~missing
    if wrong.any():
        row = int(wrong.argmax())
        i = int(series[row])
        stamp = new.stamps(i)[row - new.offsets[i]]
        before = "none was seen" if np.isnan(seen[row]) else f"{seen[row]} was seen"
        raise ValueError(
            f"overlap='drop' needs rows that agree with those seen: {new.label(i)} has {new.values[row]} at {stamp}, "
            f"where {before}. Correct the row, or fit anew."
        )
    counts = np.bincount(series[~old], minlength=new.n_series)
    return replace(
        new,
        values=new.values[~old],
        offsets=offsets_of(counts),
        times=new.times[~old[: len(new.times)]],
        rows=None,
    )


def _find_rows(panel, new, position):
    """Return the row of ``panel.values`` with the series and stamp of each new value, or -1; and last stamps seen."""
    if panel.shares_times:
        columns = panel.times.copy(deep=True).get_indexer(new.times)
        rows = np.where(columns >= 0, columns + panel.offsets[:-1, None], -1).ravel()
        return rows, np.repeat(clock(panel.times)[-1:], panel.n_series)
    seen, given = clock(panel.times), clock(new.times)
    ticks, rank = np.unique(np.concatenate([seen, given]), return_inverse=True)
    key = row_series(panel.offsets) * len(ticks) + rank[: len(seen)]
    wanted = np.repeat(position, new.lengths) * len(ticks) + rank[len(seen) :]
    rows = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[rows] == wanted, rows, -1), seen[panel.offsets[1:] - 1]
