"""Missing values of a panel: their number, and a warning where little was observed."""

import warnings

import numpy as np

from tsrnn.windows import row_series

N_NAMED = 3  # series that a warning names


class MissingValuesWarning(UserWarning):
    """Less than half of a series, or of what a forecast from its end reads, was observed."""


def _since_first(panel):
    """Return a mask of rows that are missing after the first observation of their series: bool of shape (n_rows,)."""
    observed = panel.observed
    counts = np.cumsum(observed)
    before = np.append(0, counts)[panel.offsets[:-1]]
    return ~observed & (counts > before[row_series(panel.offsets)])


def count_missing(panel):
    """Count the missing values of each series from its first observation on: int64 of shape (n_series,)."""
    return np.add.reduceat(_since_first(panel), panel.offsets[:-1], dtype=np.int64)


def warn_of_missing(panel, ensemble, seen=None, stacklevel=4):
    """Warn of series with more missing values than observations, in all or in the newest window.

    ``seen``, of shape (n,), leaves out series that have no more than these observations.
    """
    missing = _since_first(panel)
    if not missing.any():
        return
    lookback = max(model.recipe.lookback for model in ensemble.members)
    rows = np.arange(len(missing)) - panel.offsets[:-1][row_series(panel.offsets)]
    sparse = np.zeros(panel.n_series, dtype=bool)
    for newest in (panel.lengths, np.minimum(panel.lengths, lookback)):
        part = (rows >= (panel.lengths - newest).repeat(panel.lengths)).astype(np.int64)
        n_missing = np.add.reduceat(missing * part, panel.offsets[:-1])
        n_observed = np.add.reduceat(panel.observed * part, panel.offsets[:-1])
        sparse |= n_missing > n_observed
    if seen is not None:
        sparse[: len(seen)] &= panel.lengths[: len(seen)] > seen
    some = np.flatnonzero(sparse)
    if not len(some):
        return
    counts = count_missing(panel)
    named = ", ".join(f"{panel.label(i)} ({counts[i]} of {panel.lengths[i]} missing)" for i in some[:N_NAMED])
    warnings.warn(
        f"Less than half of the values, or of the newest {lookback} that a forecast reads, was observed in {len(some)} "
        f"series: {named}{', ...' if len(some) > N_NAMED else ''}. Forecasts lean on filled values. See n_missing_.",
        MissingValuesWarning,
        stacklevel=stacklevel,
    )
