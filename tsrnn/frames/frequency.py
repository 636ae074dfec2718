"""Time stamps: which are accepted, how far apart they are, and which come next.

Positions are what models see; this module is the only one that turns stamps into positions and back.
Frequencies of a day and longer, and all anchored and business ones, count in wall time, so that a daily
series keeps its clock time over a daylight-saving change; hours and shorter count in absolute time.
"""

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

EPOCH_HINT = "If the integers are dates, convert them with pd.to_datetime (for example unit='s')."


def as_times(stamps, what):
    """Take stamps as a DatetimeIndex, PeriodIndex or integer index.

    Parameters
    ----------
    stamps : Index or Series of shape (n,)
        The stamps as the user gave them.
    what : str
        How they are called in an error, such as ``"the index"`` or ``"column 'ds'"``.

    Returns
    -------
    Index of shape (n,)
        Without missing stamps; objects that are dates or periods are converted.

    Raises
    ------
    TypeError
        If the stamps are text, floats, booleans or anything else.
    ValueError
        If a stamp is missing.
    """
    index = stamps if isinstance(stamps, pd.Index) else pd.Index(stamps, dtype=stamps.dtype)
    if index.dtype == object:
        kind = pd.api.types.infer_dtype(index, skipna=True)
        if kind in ("datetime", "datetime64", "date"):
            index = pd.DatetimeIndex(index, name=index.name)
        elif kind == "period":
            index = pd.PeriodIndex(index, name=index.name)
        elif kind == "integer" and not index.hasnans:
            index = index.astype("int64")
    if index.hasnans:
        raise ValueError(f"{what} has a missing time stamp at position {int(index.isna().argmax())}; drop or fill it.")
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return index
    if index.dtype.kind in "iu":
        return index if isinstance(index, pd.RangeIndex) else index.astype("int64")
    example = repr(index[:1].tolist()[0]) if len(index) else "nothing"
    raise TypeError(
        f"{what} must hold time stamps: datetimes, periods or integers. Got dtype {index.dtype} ({example}). "
        "Convert text with pd.to_datetime, or use positions with reset_index(drop=True)."
    )


def parse_frequency(freq, times):
    """Take the user's ``freq`` as an offset for datetimes and periods, or as a step for integers.

    Parameters
    ----------
    freq : str, offset or int
        Any pandas frequency, or the positive step of integer stamps.
    times : Index
        The stamps, as from :func:`as_times`.

    Returns
    -------
    BaseOffset or int
        The frequency in the kind that fits ``times``.

    Raises
    ------
    ValueError
        If the kinds do not fit, or pandas does not know the frequency.
    """
    whole = isinstance(freq, (int, np.integer)) and not isinstance(freq, bool)
    if times.dtype.kind in "iu":
        if not whole or freq < 1:
            raise ValueError(
                f"The time stamps are integers (first {times[0]}), so freq must be a positive integer step "
                f"or None. Got freq={freq!r}. {EPOCH_HINT}"
            )
        return int(freq)
    if whole:
        raise ValueError(
            f"The time stamps are dates, so freq must be a pandas frequency such as 'D'. Got freq={freq!r}."
        )
    if isinstance(times, pd.PeriodIndex):
        if freq not in (times.freqstr, times.freq):
            raise ValueError(
                f"freq={freq!r} differs from the frequency of the periods, {times.freqstr!r}. Leave freq=None."
            )
        return times.freq
    return to_offset(freq)


def counts_in_absolute_time(freq):
    """Tell whether a frequency is a fixed span shorter than a day, counted in absolute time."""
    return isinstance(freq, pd.offsets.Tick) and not isinstance(freq, pd.offsets.Day)


def times_after(last, freq, count, name=None):
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

    Returns
    -------
    Index of shape (count,)
        Of the kind of ``last``, with its time zone and, where pandas can hold it, its frequency.
    """
    if isinstance(freq, int):
        last = int(last)
        return pd.RangeIndex(last + freq, last + freq * (count + 1), freq, name=name)
    if isinstance(last, pd.Period):
        return pd.period_range(last, periods=count + 1, freq=freq, name=name)[1:]
    if last.tz is None or counts_in_absolute_time(freq):
        return _skip_first(pd.date_range(last, periods=count + 1, freq=freq, name=name, unit=last.unit), last)
    wall_last = last.tz_localize(None)
    wall = pd.date_range(wall_last, periods=count + 1, freq=freq, name=name, unit=last.unit)
    return _localize(_skip_first(wall, wall_last), last.tz)


def _skip_first(stamps, last):
    # A start that is off the anchor is rolled forward by pandas: the first stamp is then already a new one.
    return stamps[1:] if stamps[0] == last else stamps[:-1]


def _localize(wall, tz):
    local = wall.tz_localize(tz, ambiguous="NaT", nonexistent="NaT")
    if not local.hasnans:
        return pd.DatetimeIndex(local, freq=wall.freq)
    first_of_two = np.ones(len(wall), dtype=bool)
    return wall.tz_localize(tz, ambiguous=first_of_two, nonexistent="shift_forward")


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
    if counts_in_absolute_time(freq):
        since = times.asi8 - times.asi8.min()
        step = max(pd.Timedelta(freq).as_unit(times.unit).to_timedelta64().astype(np.int64), 1)
        return np.where(since % step == 0, since // step, -1)
    wall = times.tz_localize(None)
    return pd.date_range(wall.min(), wall.max(), freq=freq, unit=wall.unit).get_indexer(wall)


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
    if isinstance(times, pd.DatetimeIndex) and not counts_in_absolute_time(freq):
        return first_mismatch(times[1:], times_after(times[0], freq, len(times) - 1), freq) is None
    return False


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
    same = np.asarray(times == expected)
    if isinstance(times, pd.DatetimeIndex) and times.tz is not None and not counts_in_absolute_time(freq):
        same |= np.asarray(times.tz_localize(None) == expected.tz_localize(None))
    return None if same.all() else int((~same).argmax())
