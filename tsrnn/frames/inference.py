"""Frequency inference, and the error message for irregular time stamps."""

import numpy as np
import pandas as pd

from tsrnn.frames.advice import convert_integers, fill_gaps, resample
from tsrnn.frames.frequency import (
    counts_in_absolute_time,
    first_mismatch,
    grid_positions,
    is_on_calendar,
    is_regular,
    regular_steps,
    times_after,
)


def find_frequency(panel, i):
    """Find the step of the stamps of one series: the frequency they carry, else one inferred.

    Parameters
    ----------
    panel : Panel
        Its stamps ascend, without duplicates.
    i : int
        Which series.

    Returns
    -------
    BaseOffset or int
        The frequency.

    Raises
    ------
    ValueError
        If no frequency fits; the error names the first irregular stamp.
    """
    times = panel.stamps(i)
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
            f"{panel.label(i)} has {len(times)} time stamp{'s' * (len(times) > 1)} (first {times[0]}) and no "
            "frequency; at least 3 are needed to infer one. Set the parameter freq, as in freq='D'."
        )
    inferred = infer(times)
    if inferred is None:
        raise ValueError(_explain_irregular(panel, i))
    return inferred


def infer(times):
    """Return the offset that all of some datetimes follow, as pandas infers it or one of the calendar, or None."""
    if len(times) < 3:
        return None
    # A frequency on the index may be wrong after a change of time zone, yet would be taken as it is.
    plain = times.copy(deep=True)
    plain.freq = None
    inferred = pd.DatetimeIndex(plain, freq="infer").freq
    candidates = [inferred] if inferred is not None else []
    return next((freq for freq in candidates + _calendar_frequencies(times) if is_regular(times, freq)), None)


def _calendar_frequencies(times):
    """List frequencies that pandas does not infer, or infers wrongly, and that these stamps may have."""
    wall = times[:3].tz_localize(None)
    months = np.diff(wall.year * 12 + wall.month)
    days, weekdays = set(wall.day), set(wall.day_of_week)
    found = []
    if months[0] > 0 and months[0] == months[1]:
        n = int(months[0])
        if len(days) == 1:
            found.append(pd.DateOffset(years=n // 12) if n % 12 == 0 else pd.DateOffset(months=n))
        if len(weekdays) == 1:
            (weekday,) = weekdays
            found.append(pd.offsets.LastWeekOfMonth(n=n, weekday=int(weekday)))
            found.append(pd.offsets.WeekOfMonth(n=n, week=min((min(days) - 1) // 7, 3), weekday=int(weekday)))
    elif months.max() <= 1:
        middle = sorted(days - {1})
        found += [pd.offsets.SemiMonthBegin(day_of_month=int(day)) for day in middle if 2 <= day <= 27]
        found += [pd.offsets.SemiMonthEnd(day_of_month=int(day)) for day in sorted(days) if day <= 27]
    if set(np.diff(wall.year)) == {1} and weekdays == {6}:
        found.append(pd.offsets.Easter())
    return found


def explain_gap(panel, i, freq):
    """Name the first stamp that breaks a frequency, for an error.

    Parameters
    ----------
    panel : Panel
        The series.
    i : int
        Which series: one that :func:`is_regular` has refused.
    freq : BaseOffset or int
        Step that its stamps should have.

    Returns
    -------
    str
        What was expected, what was found, and how to mend it.
    """
    times, label = panel.stamps(i), panel.label(i)
    step = f"step {freq}" if isinstance(freq, int) else f"frequency {freq.freqstr}"
    if not isinstance(freq, int) and not is_on_calendar(times[0], freq):
        return (
            f"{label}: the first time stamp {times[0]} is none of {step}. Drop it, or keep only the stamps of "
            f"the frequency: {panel.for_each_series(fill_gaps(times, freq))}."
        )
    before, expected = _first_break(times, freq)
    found = times[before + 1]
    if found < expected:
        problem = f"{label} has the time stamp {found} where {expected} is next after {times[before]} ({step})."
    else:
        problem = f"{label} has a gap: {expected} is missing, {found} follows {times[before]} ({step})."
    # Series may differ in the day on which their weeks end: the same number of days fills the gaps of all.
    spacing = pd.offsets.Day(7 * freq.n) if isinstance(freq, pd.offsets.Week) else freq
    mend = [f"Fill it, for example {panel.for_each_series(fill_gaps(times, spacing))}"]
    if freq in (pd.offsets.Day(), pd.offsets.BusinessDay()):
        mend.append("declare the frequency if its days off are known (freq=pd.offsets.CustomBusinessDay(...))")
    mend.append(f"use positions: {panel.for_each_series(panel.layout.number)}")
    hint = convert_integers(times, panel.layout.stamps) if isinstance(freq, int) else ""
    return f"{problem} {', or '.join(mend)}.{hint}"


def _first_break(times, freq):
    """Return the position before the first stamp that is not the expected one, and that one."""
    for before in np.flatnonzero(~regular_steps(times, freq)):
        if isinstance(freq, int) or isinstance(times, pd.PeriodIndex) or counts_in_absolute_time(freq):
            return before, times_after(times[before], freq, 1)[0]
        # From the first on: a stamp that daylight saving has moved says nothing about the next.
        run = times_after(times[0], freq, before + 1)[-1:]
        if first_mismatch(times[before + 1 : before + 2], run, freq) is not None:
            return before, run[0]
    raise AssertionError("explain_gap is for stamps that are not regular")


def _explain_irregular(panel, i):
    times = panel.stamps(i)
    guess = _frequency_despite_gaps(times)
    if guess is not None:
        return explain_gap(panel, i, guess)
    steps = np.diff(times.asi8)
    usual = np.unique(steps, return_counts=True)
    odd = int((steps != usual[0][usual[1].argmax()]).argmax())
    return (
        f"{panel.label(i)}: no frequency fits its time stamps; the steps differ, for example {times[odd + 1]} follows "
        f"{times[odd]}. Bring it to a regular frequency: {panel.for_each_series(resample(times))}, or use "
        f"positions: {panel.for_each_series(panel.layout.number)}."
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
