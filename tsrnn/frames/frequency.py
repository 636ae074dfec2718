"""Frequency arithmetic: continuation, positions, regularity.

Positions are what models see; this module is the only one that turns stamps into positions and back.
Frequencies of a day and longer, and all anchored and business ones, count in wall time, so that a daily
series keeps its clock time over a daylight-saving change; hours and shorter count in absolute time.
"""

import numpy as np
import pandas as pd

from tsrnn.frames.advice import as_code

CLOCK_KEYS = {"hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}


def fixed_step(freq):
    """Return the nanoseconds of a frequency that is a fixed span counted in absolute time, otherwise None."""
    if isinstance(freq, pd.offsets.Tick) and not isinstance(freq, pd.offsets.Day):
        return freq.nanos
    if type(freq) is pd.DateOffset and freq.kwds and CLOCK_KEYS.issuperset(freq.kwds) and not freq.normalize:
        return freq.n * pd.Timedelta(**freq.kwds).as_unit("ns").value
    return None


def counts_in_absolute_time(freq):
    """Tell whether a frequency is a fixed span shorter than a day, counted in absolute time."""
    return fixed_step(freq) is not None


def beginnings(periods):
    """Return the time stamps at which periods begin: a DatetimeIndex for a PeriodIndex."""
    if isinstance(periods.freq, pd.offsets.BusinessDay):
        periods = periods.asfreq("D", how="start")  # pandas deprecates other ways from these to stamps
    return periods.to_timestamp()


def code_of_periods(periods):
    """Return the frequency of a PeriodIndex as pandas reads it: that of its data type, such as "M" of period[M]."""
    return str(periods.dtype).removeprefix("period[").removesuffix("]")


def nanoseconds(unit):
    """Return the nanoseconds of a resolution such as "us"."""
    return pd.Timedelta(1, unit).as_unit("ns").value


def _run(start, freq, *, end=None, periods=None, name=None):
    """Return the stamps of a frequency from one on, in its unit; the first may be later, on the calendar."""
    unit = start.unit
    # Calendar arithmetic steps beyond the end: microseconds leave room for that.
    roomy = counts_in_absolute_time(freq) or unit != "ns" or start.nanosecond
    if not roomy:
        start, end = start.as_unit("us"), None if end is None else end.as_unit("us")
    try:
        run = pd.date_range(start, end, periods, freq, name=name, unit=start.unit)
        if periods is not None and len(run) != periods:  # pandas 2.2, offsets of months and days
            run = _walk(start, freq, periods, name)
        return run.as_unit(unit)
    except (OverflowError, ValueError) as error:  # out of bounds: several errors in pandas
        last, coarser = "what pandas can count", ""
        if unit == "ns":
            last, coarser = (
                "2262-04-11, the last day of datetime64[ns]",
                ", or give stamps of another unit: as_unit('us')",
            )
        raise ValueError(
            f"The time stamps from {start} on with frequency {as_code(freq)} go beyond {last}. Lower the "
            f"horizon{coarser}."
        ) from error


def _walk(start, freq, count, name):
    """Return ``count`` stamps, each the one before plus the offset."""
    stamps = [start]
    while len(stamps) < count:
        stamps.append(stamps[-1] + freq)
    return pd.DatetimeIndex(stamps, name=name).as_unit(start.unit)


def times_after(last, freq, count, name=None, before=None):
    """Give the stamps that follow one stamp.

    Parameters
    ----------
    last : int, Period or Timestamp
        The stamp before the first one returned.
    freq : int or BaseOffset
        Step of the stamps.
    count : int
        How many.
    name : hashable, optional
        Name of the index.
    before : int, Period or Timestamp, optional
        The stamp before ``last``, if there is one: it knows the clock time where ``last`` was moved by a
        daylight-saving gap.

    Returns
    -------
    Index of shape (count,)
        Of the kind of ``last``, with its time zone and, where pandas can hold it, its frequency.

    Raises
    ------
    ValueError
        If a stamp is out of bounds.
    """
    if isinstance(freq, int):
        last = int(last)
        if last + freq * count > np.iinfo(np.int64).max:
            raise ValueError(f"The stamps after {last} with step {freq} go beyond int64. Lower the horizon.")
        return pd.RangeIndex(last + freq, last + freq * (count + 1), freq, name=name)
    if isinstance(last, pd.Period):
        return pd.PeriodIndex([last], name=name).repeat(count) + np.arange(1, count + 1)
    if last.tz is None or counts_in_absolute_time(freq):
        return _skip_first(_run(last, freq, periods=count + 1, name=name), last)
    if before is not None:
        run = times_after(before, freq, count + 1, name=name)
        if run[0] == last:
            return run[1:]
    wall_last = last.tz_localize(None)
    return _localize(_skip_first(_run(wall_last, freq, periods=count + 1, name=name), wall_last), last.tz)


def _skip_first(stamps, last):
    # A start that is off the anchor is rolled forward by pandas: the first stamp is then already a new one.
    return stamps[1:] if stamps[0] == last else stamps[:-1]


def _localize(wall, tz):
    local = wall.tz_localize(tz, ambiguous="NaT", nonexistent="NaT")
    if not local.hasnans:
        return pd.DatetimeIndex(local, freq=wall.freq)
    first_of_two = np.ones(len(wall), dtype=bool)
    return wall.tz_localize(tz, ambiguous=first_of_two, nonexistent="shift_forward")


def steps_after(last, freq, times, before=None):
    """Count the steps from one stamp to others: the inverse of :func:`times_after`.

    Parameters
    ----------
    last, freq, before
        As for :func:`times_after`.
    times : Index of shape (n,)
        Stamps of the kind of ``last``.

    Returns
    -------
    ndarray of shape (n,), int64
        From 0 for the first stamp after ``last``; -1 for those that do not follow it.
    """
    if isinstance(freq, int):
        since, step = times.to_numpy() - int(last), freq
    elif isinstance(last, pd.Period):
        since, step = times.asi8 - last.ordinal, freq.n
    elif counts_in_absolute_time(freq):
        since, step = times.asi8 - last.asm8.astype(np.int64), fixed_step(freq) // nanoseconds(times.unit)
    else:
        end = times.max()
        if not end > last:
            return np.full(len(times), -1)
        wall, wall_end = last.tz_localize(None), end.tz_localize(None)
        count = int((_run(wall, freq, end=wall_end) > wall).sum()) + (last.tz is not None)
        return times_after(last, freq, count, before=before).copy(deep=True).get_indexer(times)
    return np.where((since > 0) & (since % step == 0), since // step - 1, -1)


def regular_steps(times, freq):
    """Tell for each stamp but the first whether it is the one right after its predecessor.

    Parameters
    ----------
    times : Index of shape (n,)
        Stamps of one or several series, one series after another, each ascending.
    freq : BaseOffset or int
        Step of the stamps.

    Returns
    -------
    ndarray of shape (n - 1,), bool
        False may also mean that the stamps stand on a grid of their own (other anchor or phase) or were moved
        by a daylight-saving gap: :func:`is_regular` decides about one series.
    """
    if isinstance(freq, int):
        return np.diff(times.to_numpy()) == freq
    if isinstance(times, pd.PeriodIndex):
        return np.diff(times.asi8) == freq.n
    positions = grid_positions(times, freq)
    return (np.diff(positions) == 1) & (positions[:-1] >= 0) & (positions[1:] >= 0)


def grid_positions(times, freq):
    """Count the steps from the earliest stamp to each; -1 where a stamp is off the grid of the frequency."""
    step = fixed_step(freq)
    if step is not None:
        since, step = times.asi8 - times.asi8.min(), max(step // nanoseconds(times.unit), 1)
        return np.where(since % step == 0, since // step, -1)
    wall = times.tz_localize(None)
    return _run(wall.min(), freq, end=wall.max()).get_indexer(wall)


def is_on_calendar(stamp, freq):
    """Tell whether a stamp is one of those that an anchored frequency counts; for others always True."""
    return not isinstance(stamp, pd.Timestamp) or bool(freq.is_on_offset(stamp.tz_localize(None)))


def is_regular(times, freq):
    """Tell whether the stamps of one series follow each other at a frequency, from the first to the last.

    Parameters
    ----------
    times : Index of shape (n,)
        Stamps of one series.
    freq : BaseOffset or int
        Step of the stamps.

    Returns
    -------
    bool
        True for a single stamp.
    """
    if len(times) == 1 or regular_steps(times, freq).all():
        return True
    if not isinstance(times, pd.DatetimeIndex) or counts_in_absolute_time(freq) or not is_on_calendar(times[0], freq):
        return False
    if first_mismatch(times[1:], times_after(times[0], freq, len(times) - 1), freq) is None:
        return True
    return was_moved(times, freq) and is_regular(times[1:], freq)


def was_moved(times, freq):
    """Tell whether daylight saving has moved the first stamp away from the clock time of the second."""
    if times.tz is None:
        return False
    unmoved = pd.DatetimeIndex([times[1].tz_localize(None) - freq])
    return unmoved[0] != times[0].tz_localize(None) and _localize(unmoved, times.tz)[0] == times[0]


def first_mismatch(times, expected, freq):
    """Find the first stamp that is not the expected one.

    Where a clock time occurs twice, either one will do for a frequency of a day and longer.

    Parameters
    ----------
    times, expected : Index of shape (n,)
        Stamps of one kind.
    freq : BaseOffset or int
        Step of the stamps.

    Returns
    -------
    int or None
        The position.
    """
    if isinstance(times, pd.PeriodIndex):
        same = times.asi8 == expected.asi8
    else:
        same = np.asarray(times == expected)
    if isinstance(times, pd.DatetimeIndex) and times.tz is not None and not counts_in_absolute_time(freq):
        same |= np.asarray(times.tz_localize(None) == expected.tz_localize(None))
    return None if same.all() else int((~same).argmax())
