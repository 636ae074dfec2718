"""Checks of the arguments of a forecaster: the target among them, and series that cannot be forecast."""

from itertools import pairwise

import numpy as np
import pandas as pd

from tsrnn.frames.advice import stamps_of_index
from tsrnn.frames.covariate_columns import as_frame
from tsrnn.frames.covariate_rows import key_columns, locate, locator, read_stamps, require_stamps
from tsrnn.frames.frequency import steps_after
from tsrnn.frames.native import is_native
from tsrnn.frames.values import start
from tsrnn.validation import Options, check_parameters

OVERLAPS = Options(("raise", "drop"))
MAX_VALUE = 1e300  # Sums and differences of larger values overflow.
MAX_SCALED = 1e15  # Spreads of its series in the fit that a value may be away when training goes on.
MAX_STEPS = 1 << 20  # that a row of X may be ahead


def separate(X, y):
    """Return the container of the series and that of the covariates, or None, from the arguments ``X`` and ``y``."""
    if y is None:
        return X, None
    native = is_native(X, "X")
    if X is None or ((native or isinstance(X, pd.DataFrame | np.ndarray)) and len(X.shape) == 2 and not X.shape[1]):
        return y, None
    if not native:
        as_frame(X)
    return y, X


def check_overlap(method, overlap):
    """Refuse a value of `overlap` other than "raise" and "drop"."""
    check_parameters(method, {"overlap": overlap}, {"overlap": [OVERLAPS]})


def check_origins(origins, length):
    """Return origins as an array of int64."""
    origins = np.asarray(origins)
    if origins.ndim == 1 and not len(origins):
        raise ValueError(
            "At least one origin is needed. Got none. An origin is the number of observations that a forecast follows, "
            f"from 1 to {length}: origins=[{length}] forecasts from the end."
        )
    if origins.ndim != 1 or origins.dtype.kind not in "iu":
        mend = ""
        if origins.dtype.kind in "iu":
            mend = " Flatten them: np.ravel(origins)."
        elif origins.dtype.kind == "f" and (origins == np.floor(origins)).all():
            mend = " Convert them: np.ravel(origins).astype(int)."
        elif origins.dtype.kind == "M" or (origins.dtype == object and isinstance(origins.flat[0], pd.Timestamp)):
            mend = " Count the stamps up to each: y.index.searchsorted(origins, side='right')."
        raise ValueError(
            f"origins must be ints of shape (n_origins,): numbers of observations, from 1 to {length}. Got "
            f"{origins.dtype} of shape {origins.shape}.{mend}"
        )
    if origins.min() < 1 or origins.max() > length:
        raise ValueError(
            f"origins must be from 1 to {length}, the number of observations. Got {origins.min()} to {origins.max()}. "
            f"Leave the others out: [k for k in origins if 1 <= k <= {length}]."
        )
    return origins.astype(np.int64)


def require_phase(panel, fit_ends, counts, stride):
    """Refuse origins that do not lie a whole number of strides from the end of the first data of a series.

    Parameters
    ----------
    panel : tsrnn.frames.Panel
        The series.
    fit_ends : Index of shape (n_series,)
        Last stamps of the fit; of series that came later, of their first data.
    counts : ndarray of shape (n_series,), int64
        Observations at the origins.
    stride : int
        Steps.
    """
    if stride == 1:
        return
    for i, end in enumerate(fit_ends[: 1 if panel.shares_times else None]):
        stamps, freq = panel.stamps(i), panel.frequencies[i]
        ends = fit_ends[i : i + 1]
        if stamps[0] <= end:
            at_end = int(steps_after(stamps[0], freq, ends)[0]) + 2 if stamps[0] < end else 1
        else:
            at_end = -int(steps_after(end, freq, stamps[:1])[0])
        off = (int(counts[i]) - at_end) % stride
        if off:
            origin = stamps[counts[i] - 1]
            raise ValueError(
                f"stride={stride} needs origins a whole number of {stride} steps from the first one, {end}. Got "
                f"{origin} for {panel.label(i)}, {off} step{'s' * (off > 1)} after such an origin. Give {stride - off} "
                f"more row{'s' * (stride - off > 1)} to update, or fit with stride=1."
            )


def require_steps(covariates, horizon, longest):
    """Refuse a horizon beyond that of the fit where covariates are known up to the origin alone."""
    if covariates.past and horizon > longest:
        names = [column.name for column in covariates.past]
        raise ValueError(
            f"past_covariates={names} are not known beyond the origin, so that forecasts reach horizon_={longest} "
            f"steps. Got horizon={horizon}. Fit with horizon={horizon} and a strategy other than 'recursive'."
        )


def require_known_origins(panel, first):
    """Refuse origins before the first observation of a series."""
    begins = [int(panel.observed[start:stop].argmax()) for start, stop in pairwise(panel.offsets)]
    late = int(np.argmax(begins))
    if begins[late] >= first:
        raise ValueError(
            f"{start(panel.label(late))} has no observation before the origin {first}: its first is number "
            f"{begins[late] + 1}. Leave origins before {begins[late] + 1} out."
        )


def require_logarithms(panel, filtered, log, chosen):
    """Refuse values without a logarithm: all if ``log`` is True, those that are read if it is "auto" and was chosen."""
    if log == "auto":
        panel, log = filtered, chosen
    if log and (panel.values <= 0).any():
        row = int((panel.values <= 0).argmax())
        label, stamp = _locate(panel, row)
        raise ValueError(
            f"Logarithms need positive values: {label} has {panel.values[row]} at {stamp}. Fit with log=False."
        )


def require_scalable(panel, scaler=None):
    """Refuse values that cannot be brought to order one, by the scaler of an earlier fit if that is kept."""
    if scaler is None:
        far, why = np.abs(panel.values) > MAX_VALUE, f"values must be between {-MAX_VALUE:g} and {MAX_VALUE:g}"
        mend = "Give the series in a larger unit."
    else:
        known = len(scaler.center)
        rows = panel.offsets[known]
        with np.errstate(over="ignore"):
            scaled = scaler.transform(panel.values[:rows], panel.offsets[: known + 1])
        far = np.append(np.abs(scaled) > MAX_SCALED, np.abs(panel.values[rows:]) > MAX_VALUE)
        why = f"it is more than {MAX_SCALED:g} times the spread of the series in the fit, whose scale partial_fit keeps"
        mend = "Call fit with all observations."
    if far.any():
        row = int(far.argmax())
        label, stamp = _locate(panel, row)
        raise ValueError(f"{start(label)} has {panel.values[row]:g} at {stamp}: {why}. {mend}")


def _locate(panel, row):
    """Return the label of the series that a row belongs to, and the time stamp of the row."""
    i = int(np.searchsorted(panel.offsets, row, side="right")) - 1
    return panel.label(i), panel.stamps(i)[row - panel.offsets[i]]


def require_finite(forecasts, panel):
    """Refuse forecasts of shape (n_series, ...) that are not numbers, of a `tsrnn.frames.Panel`."""
    finite = np.isfinite(forecasts).reshape(panel.n_series, -1).all(axis=1)
    if not finite.all():
        i = int(finite.argmin())
        values = panel.series(i)
        raise ValueError(
            f"The forecast of {panel.label(i)} is not finite: its values, from {np.nanmin(values):g} to "
            f"{np.nanmax(values):g}, are too far from those that the model was fitted to. Fit anew, with the series in "
            "units that bring them nearer to one."
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


def rows_ahead(panel, X):
    """Return the series, None where the rows are for all, and the step after the end, from 0, of each row of X.

    Rows without ids beside series that have their own stamps count once for each series.
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2:
        as_frame(X)
    keyed = isinstance(X, pd.DataFrame) and (X.index.nlevels > 1 or bool(key_columns(panel, X)))
    if not len(X):
        raise ValueError(f"X must have at least one row, one for each step ahead. Got shape {X.shape}.")
    if isinstance(X, np.ndarray) or not panel.layout.has_stamps:
        return None, np.arange(len(X))
    if not keyed:
        require_stamps(panel, X)
        is_shared = panel.shares_times or panel.layout.is_single
        if not is_shared and panel.covariates is None:
            raise ValueError(
                f"X needs the id and the stamp of each row: the forecaster was fitted to {panel.layout.kind}. Give "
                f"them as a MultiIndex (id, time), or use predict(horizon={len(X)})."
            )
        if is_shared:
            return None, steps_ahead(panel, X.index)
    located = locate(panel, X)
    steps = located.steps - panel.lengths[np.maximum(located.series, 0)]
    wrong = (located.series < 0) | (steps < 0)
    if wrong.any():
        row = int(located.rows[wrong.argmax()])
        raise ValueError(
            "The rows of X must be of series of the fit, at stamps after their end and at their frequency. Got one "
            f"{locator(panel, X)(row)}."
        )
    return located.series, steps


def steps_ahead(panel, index):
    """Return how many steps after the end each stamp of the index of X is, from 0."""
    times = read_stamps(panel, index, stamps_of_index("X"))
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
