"""Frequency inference, and the error message for irregular time stamps."""

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from tsrnn.frames.advice import CUT_BY_TIME, convert_integers, fill_gaps, resample
from tsrnn.frames.frequency import (
    counts_in_absolute_time,
    first_mismatch,
    grid_positions,
    is_on_calendar,
    is_regular,
    regular_steps,
    times_after,
    was_moved,
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
    has_gaps = panel.missing == "fill"
    if times.dtype.kind in "iu":
        steps = np.diff(times) if len(times) > 1 else np.ones(1, dtype=np.int64)
        return int(_usual(steps) if has_gaps else steps.min())
    if times.freq is not None and is_regular(times, times.freq):
        return times.freq
    if len(times) < 3:
        raise ValueError(
            f"{panel.label(i)} has {len(times)} time stamp{'s' * (len(times) > 1)} (first {times[0]}) and no "
            "frequency; at least 3 are needed to infer one. Set the parameter freq, as in freq='D'."
        )
    inferred = infer(times)
    if inferred is not None:
        return inferred
    candidates = _frequencies_of_runs(times) + (_frequencies_of_steps(times) if has_gaps else [])
    guess = next((freq for freq in candidates if grid_positions(times, freq).min() >= 0), None)
    if guess is not None and (has_gaps or is_regular(times, guess)):
        return guess
    raise ValueError(_explain_irregular(panel, i, candidates) if guess is None else explain_gap(panel, i, guess))


def guess_frequency(times):
    """Return the offset on whose grid all of some datetimes stand, or None."""
    candidates = _frequencies_of_runs(times) + _frequencies_of_steps(times) if len(times) > 2 else []
    return next((freq for freq in candidates if grid_positions(times, freq).min() >= 0), None)


def irregular_series(panel, freq):
    """Return the positions of series that do not follow a frequency; 0 for all that share their stamps."""
    if panel.shares_times:
        return [] if is_regular(panel.times, freq) else [0]
    steps = regular_steps(panel.times, freq)
    steps[panel.offsets[1:-1] - 1] = True
    rows = np.flatnonzero(~steps)
    suspects = np.unique(np.searchsorted(panel.offsets, rows, side="right") - 1)
    return [i for i in suspects if not is_regular(panel.stamps(i), freq)]


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
        # Days may differ: from January 31 on, pandas goes to February 28 and from there to March 28.
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
    if isinstance(times, pd.DatetimeIndex) and freq in (pd.offsets.Day(), pd.offsets.BusinessDay()):
        mend += _declare_days_off(panel)
    mend.append(f"use positions: {panel.for_each_series(panel.layout.number)}")
    hint = convert_integers(times, panel.layout.stamps) if isinstance(freq, int) else ""
    hint += "" if panel.shares_times else f" {CUT_BY_TIME}"
    return f"{problem} {', or '.join(mend)}.{hint}"


def explain_off_grid(panel, i, freq, position):
    """Name a stamp that is none of a frequency, for an error; ``position`` is that of the stamp in series ``i``."""
    times, label = panel.stamps(i), panel.label(i)
    if position == 0:  # An anchored frequency that begins elsewhere.
        return explain_gap(panel, i, freq)
    step = f"step {freq}" if isinstance(freq, int) else f"frequency {freq.freqstr}"
    return (
        f"{label}: the time stamp {times[position]} is none of {step} from {times[0]} on. Set freq, if that is not the "
        f"frequency; keep only the stamps of the frequency: {panel.for_each_series(fill_gaps(times, freq))}, or use "
        f"positions: {panel.for_each_series(panel.layout.number)}."
    )


def _first_break(times, freq):
    """Return the position before the first stamp that is not the expected one, and that one."""
    if isinstance(freq, int) or isinstance(times, pd.PeriodIndex) or counts_in_absolute_time(freq):
        before = int((~regular_steps(times, freq)).argmax())
        return before, times_after(times[before], freq, 1)[0]
    if was_moved(times, freq):
        before, expected = _first_break(times[1:], freq)
        return before + 1, expected
    # From the first on: a stamp that daylight saving has moved says nothing about the next.
    run = times_after(times[0], freq, len(times) - 1)
    before = first_mismatch(times[1:], run, freq)
    return before, run[before]


def _declare_days_off(panel):
    """Advise the frequency of working days, where all days that are missing are missing in every series."""
    stamps = panel.stamp_expressions
    wall = panel.times.tz_localize(None)
    days = wall.unique().sort_values()
    steps = np.diff(days.get_indexer(wall))
    if not panel.shares_times:
        steps = np.delete(steps, panel.offsets[1:-1] - 1)
    if (steps != 1).any() or len(days.normalize().unique()) < len(days):
        return []
    weekdays = [pd.Timestamp(2001, 1, 1 + day).day_name()[:3] for day in sorted(set(days.day_of_week))]
    mask = "" if weekdays == ["Mon", "Tue", "Wed", "Thu", "Fri"] else f"weekmask={' '.join(weekdays)!r}, "
    zone = "" if panel.times.tz is None else f"{stamps.accessor}.tz_localize(None)"
    holidays = f"pd.date_range({str(days[0])!r}, {str(days[-1])!r}).difference({stamps.read}{zone})"
    return [
        "declare the days off, if they recur, as the parameter "
        f"freq=pd.offsets.CustomBusinessDay({mask}holidays={holidays})"
    ]


def _explain_irregular(panel, i, candidates):
    times = panel.stamps(i)
    steps = np.diff(times.asi8)
    follows = steps == _usual(steps)
    for freq in candidates:
        same = _follows(times, freq)
        follows = same if same.sum() > follows.sum() else follows
    odd = int((~follows).argmax())
    return (
        f"{panel.label(i)}: no frequency fits its time stamps; the steps differ, for example {times[odd + 1]} follows "
        f"{times[odd]}. Bring it to a regular frequency: {panel.for_each_series(resample(times))}, or use "
        f"positions: {panel.for_each_series(panel.layout.number)}."
    )


def _usual(steps):
    """Return the most frequent step."""
    distinct, counts = np.unique(steps, return_counts=True)
    return distinct[counts.argmax()]


def _follows(times, freq):
    """Tell for each stamp but the first whether it is its predecessor plus the offset."""
    if counts_in_absolute_time(freq):
        return regular_steps(times, freq)
    wall = times.tz_localize(None)
    return np.array([before + freq == stamp for before, stamp in zip(wall[:-1], wall[1:], strict=True)])


def _frequencies_of_runs(times, run=12):
    """List the frequencies that some runs of stamps follow; business days where no stamp is on a weekend."""
    found = {}
    for start in np.linspace(0, max(len(times) - run, 0), 5).astype(int):
        for length in (run, 3):
            freq = infer(times[start : start + length])
            if freq == pd.offsets.Day() and times.day_of_week.max() < 5:
                freq = pd.offsets.BusinessDay()
            found[freq] = None
    return [freq for freq in found if freq is not None]


def _frequencies_of_steps(times):
    """List frequencies that stamps with many gaps may have: the usual step, and the months they stand in."""
    wall = times.tz_localize(None)
    span = pd.Timedelta(int(_usual(np.diff(wall.asi8))), wall.unit)
    n_days = span.days if span == pd.Timedelta(days=span.days) else 0
    found = []
    if n_days == 1 and wall.day_of_week.max() < 5:
        found.append(pd.offsets.BusinessDay())
    if n_days % 7 == 0 and n_days and len(set(wall.day_of_week)) == 1:
        found.append(pd.offsets.Week(n=n_days // 7, weekday=int(wall.day_of_week[0])))
    months = int(_usual(np.diff(wall.year * 12 + wall.month)))
    if months > 0 and (wall == wall.normalize()).all():
        if (wall.day == 1).all():
            found += _month_offsets(months, wall.month[0], "Begin")
        elif wall.is_month_end.all():
            found += _month_offsets(months, wall.month[0], "End")
        elif len(set(wall.day)) == 1:
            found.append(pd.DateOffset(years=months // 12) if months % 12 == 0 else pd.DateOffset(months=months))
    found.append(pd.offsets.Day(n_days) if n_days else to_offset(span))
    return found


def _month_offsets(months, month, side):
    """Return the offset of so many months at their beginning or end, as pandas infers it."""
    month = int(month)
    if months % 12 == 0:
        return [getattr(pd.offsets, f"Year{side}")(months // 12, month=month)]
    if months % 3 == 0:
        return [getattr(pd.offsets, f"Quarter{side}")(months // 3, startingMonth=(month - 1) % 3 + 1)]
    return [getattr(pd.offsets, f"Month{side}")(months)]
