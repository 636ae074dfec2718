"""The frequency of stamps that do not say theirs, and words for the first stamp that breaks it."""

import numpy as np
import pandas as pd

from tsrnn.frames.frequency import EPOCH_HINT, grid_positions, is_regular, regular_steps, times_after


def find_frequency(times, label):
    """Find the step of one ascending run of stamps: the frequency it carries, else the one pandas infers.

    Parameters
    ----------
    times : Index of shape (n,)
        Ascending, without duplicates.
    label : str
        How the series is called in an error.

    Returns
    -------
    BaseOffset or int
        The frequency.

    Raises
    ------
    ValueError
        If no frequency fits; the error names the first irregular stamp.
    """
    if isinstance(times, pd.RangeIndex):
        return times.step
    if isinstance(times, pd.PeriodIndex):
        return times.freq
    if times.dtype.kind in "iu":
        return int(np.diff(times).min()) if len(times) > 1 else 1
    if times.freq is not None and is_regular(times, times.freq):
        return times.freq
    if len(times) < 3:
        raise ValueError(
            f"{label} has {len(times)} time stamp{'s' * (len(times) > 1)} (first {times[0]}) and no "
            "frequency; at least 3 are needed to infer one. Give the index a frequency (data.asfreq('D')) "
            "or pass freq='D' or the like."
        )
    inferred = infer(times)
    if inferred is None:
        raise ValueError(_explain_irregular(times, label))
    return inferred


def infer(times):
    """Return the offset that pandas infers from datetimes, or None; three stamps are needed."""
    if len(times) < 3:
        return None
    # A frequency on the index may be wrong after a change of time zone, yet would be taken as it is.
    plain = times.copy(deep=True)
    plain.freq = None
    return pd.DatetimeIndex(plain, freq="infer").freq


def explain_gap(times, freq, label):
    """Name the first stamp that breaks a frequency, for an error.

    Parameters
    ----------
    times : Index of shape (n,)
        Stamps of one series that :func:`is_regular` has refused.
    freq : BaseOffset or int
        Step that the stamps should have.
    label : str
        How the series is called.

    Returns
    -------
    str
        What was expected, what was found, and how to mend it.
    """
    before = int(regular_steps(times, freq).argmin())
    expected, found = times_after(times[before], freq, 1)[0], times[before + 1]
    step = f"step {freq}" if isinstance(freq, int) else f"frequency {freq.freqstr}"
    if found < expected:
        problem = f"{label} has the time stamp {found} where {expected} is next after {times[before]} ({step})."
    else:
        problem = f"{label} has a gap: {expected} is missing, {found} follows {times[before]} ({step})."
    if isinstance(freq, int):
        return f"{problem} Fill it, or use positions with reset_index(drop=True). {EPOCH_HINT}"
    return (
        f"{problem} Fill it (for example data.asfreq({freq.freqstr!r}).interpolate()), declare the frequency "
        "if its days off are known (freq=pd.offsets.CustomBusinessDay(...)), or use positions with "
        "reset_index(drop=True)."
    )


def _explain_irregular(times, label):
    guess = _frequency_despite_gaps(times)
    if guess is not None:
        return explain_gap(times, guess, label)
    steps = np.diff(times.asi8)
    usual = np.unique(steps, return_counts=True)
    odd = int((steps != usual[0][usual[1].argmax()]).argmax())
    return (
        f"{label}: no frequency fits its time stamps; the steps differ, for example {times[odd + 1]} follows "
        f"{times[odd]}. Pass freq=..., resample to a regular frequency (data.resample('D').mean()), or use "
        "positions with reset_index(drop=True)."
    )


def _frequency_despite_gaps(times, run=12):
    """Find the frequency of some run of stamps on whose grid all others stand too."""
    for start in np.linspace(0, max(len(times) - run, 0), 5).astype(int):
        for length in (run, 3):
            part = times[start : start + length]
            freq = infer(part)
            if freq is None:
                continue
            if grid_positions(times, freq).min() >= 0:
                return freq
    return None
