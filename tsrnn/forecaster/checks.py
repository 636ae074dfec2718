"""What a forecaster is given: the series among its arguments, and refusals of what it cannot forecast."""

import numpy as np
import pandas as pd

from tsrnn.frames.advice import stamps_of_index
from tsrnn.frames.times import as_times, times_like
from tsrnn.validation import Options, check_parameters

OVERLAPS = Options(("raise", "drop"))
MAX_STEPS = 1 << 20  # that a row of X may be ahead


def target_of(X, y):
    """Return the series: ``y``, or ``X`` where there is no ``y``."""
    if y is None:
        return X
    if X is not None:
        refuse_covariates(X)
    return y


def check_overlap(method, overlap):
    """Refuse a value of `overlap` other than "raise" and "drop"."""
    check_parameters(method, {"overlap": overlap}, {"overlap": [OVERLAPS]})


def check_origins(origins, length):
    """Return origins as an array of int64."""
    origins = np.asarray(origins)
    if origins.ndim != 1 or not len(origins) or origins.dtype.kind not in "iu":
        raise ValueError(f"origins must be ints of shape (n_origins,). Got {origins.dtype} of shape {origins.shape}.")
    if origins.min() < 1 or origins.max() > length:
        raise ValueError(f"origins must be from 1 to {length}. Got {origins.min()} to {origins.max()}.")
    return origins.astype(np.int64)


def refuse_covariates(X):
    """Raise an error unless X is a frame without columns, which says no more than when to forecast."""
    if not isinstance(X, pd.DataFrame) or X.shape[1]:
        given = f"columns {list(X.columns)}" if isinstance(X, pd.DataFrame) else type(X).__name__
        raise ValueError(
            f"Covariates are not supported yet: X must be None or a DataFrame without columns. Got {given}. "
            "To forecast a series, call fit(series)."
        )


def require_positive(panel, log):
    """Refuse values without a logarithm."""
    if log and panel.values.min() <= 0:
        row = int((panel.values <= 0).argmax())
        i = int(np.searchsorted(panel.offsets, row, side="right")) - 1
        stamp = panel.stamps(i)[row - panel.offsets[i]]
        raise ValueError(
            f"Logarithms need positive values: {panel.label(i)} has {panel.values[row]} at {stamp}. Fit with log=False."
        )


def require_channels(panel, seen=None):
    """Refuse a panel whose series a network cannot read together: of several runs, or not those seen before."""
    for i in range(1, 1 if panel.shares_times else panel.n_series):
        first, other = panel.stamps(0), panel.stamps(i)
        if not first.equals(other):
            raise ValueError(
                f"channels='joint' needs series that share their time stamps: {panel.label(0)} has {len(first)} from "
                f"{first[0]} to {first[-1]}, {panel.label(i)} {len(other)} from {other[0]} to {other[-1]}. Give all "
                "the same stamps, or set channels='independent' and fit anew."
            )
    if seen is not None and not panel.ids.equals(seen.ids):
        raise ValueError(
            f"channels='joint' forecasts the series of its fit, in their order, {list(seen.ids)}. Got "
            f"{list(panel.ids)}. Fit anew, or set channels='independent'."
        )


def steps_ahead(panel, index):
    """Return how many steps after the end each stamp of the index of X is, from 0."""
    times = times_like(as_times(index, stamps_of_index("X")), panel.times, "The time stamps of X")
    steps = panel.steps_ahead(times) if len(times) else np.empty(0, dtype=np.int64)
    if not len(steps) or (steps < 0).any():
        got = f"{index[int((steps < 0).argmax())]}" if len(steps) else "no row"
        first = panel.continue_index(1)[0]
        raise ValueError(
            f"The rows of X must be stamps after the end, from {first} on, at the frequency of the series. Got {got}."
        )
    if steps.max() >= MAX_STEPS:
        raise ValueError(
            f"The rows of X must be less than {MAX_STEPS:,} steps ahead. Got {index[int(steps.argmax())]}, "
            f"{steps.max() + 1:,} steps ahead."
        )
    return steps
