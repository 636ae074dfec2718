"""Time stamps: validation and data types."""

import numpy as np
import pandas as pd

from tsrnn.frames.advice import read_text

MIN_STAMPS = 3  # to infer a frequency from
TOO_FEW = "From so few distinct stamps no frequency can be told. To keep the rows, use positions:"


def has_too_few(times, n_distinct):
    """Tell whether so many distinct stamps of this kind are too few to infer a frequency from."""
    return isinstance(times, pd.DatetimeIndex) and n_distinct < MIN_STAMPS


def as_times(given, stamps):
    """Take stamps as a DatetimeIndex, PeriodIndex or integer index.

    Parameters
    ----------
    given : Index or Series of shape (n,)
        The stamps as the user gave them.
    stamps : tsrnn.frames.advice.Stamps
        How they are called and mended in an error.

    Returns
    -------
    Index of shape (n,)
        Without missing stamps; objects and Arrow values that are dates or periods are converted. Nothing of it
        is shared with ``given``.

    Raises
    ------
    TypeError
        If the stamps are text, floats, booleans or anything else.
    ValueError
        If a stamp is missing or an integer exceeds int64.
    """
    index = given if isinstance(given, pd.Index) else pd.Index(given, dtype=given.dtype)
    index = _plain(index, stamps)
    if index.hasnans:
        first = int(index.isna().argmax())
        raise ValueError(
            f"{stamps.what} has a missing time stamp at position {first}; fill it, or drop its row: "
            f"{stamps.data}[{stamps.read}.notna()]."
        )
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.RangeIndex)):
        return index.copy(deep=True)
    if index.dtype.kind in "iu":
        if index.dtype.kind == "u" and len(index) and index.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{stamps.what} has the integer {index.max()}, which int64 cannot hold.")
        return index.astype("int64").copy(deep=True)
    example = repr(index[:1].tolist()[0]) if len(index) else "nothing"
    how = read_text(index)
    mend = [f"convert them: {stamps.convert(how)}"] if how else []
    mend += [f"use positions: {stamps.number}"] if stamps.number else []
    advice = ", or ".join(mend) or "convert them with pd.to_datetime and the format they are in"
    raise TypeError(
        f"{stamps.what} must hold time stamps: datetimes, periods{' or integers' if stamps.number else ''}. Got dtype "
        f"{index.dtype} ({example}). {advice[0].upper()}{advice[1:]}."
    )


def _plain(index, stamps):
    """Convert objects and Arrow values that are dates, periods or integers."""
    if isinstance(index.dtype, pd.ArrowDtype) and index.dtype.kind == "M":
        return pd.DatetimeIndex(index, name=index.name).as_unit(_arrow_unit(index.dtype))
    if index.dtype == object:
        kind = pd.api.types.infer_dtype(index, skipna=True)
        if kind in ("datetime", "datetime64", "date"):
            return _objects_as_datetimes(index, stamps)
        if kind == "period":
            return pd.PeriodIndex(index, name=index.name)
        if kind == "integer" and not index.hasnans:
            return index.astype("int64")
    return index


def _arrow_unit(dtype):
    return getattr(dtype.pyarrow_dtype, "unit", "s")  # dates have none


def _objects_as_datetimes(index, stamps):
    try:
        return pd.DatetimeIndex(index, name=index.name)
    except pd.errors.OutOfBoundsDatetime:  # pandas 2.2 takes objects as nanoseconds
        return pd.DatetimeIndex(np.asarray(index, dtype="datetime64[us]"), name=index.name)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{stamps.what} has stamps of several time zones. Convert them to one: "
            f"{stamps.convert('pd.to_datetime({}, utc=True)')}."
        ) from error


def extension_dtype(given):
    """Return the dtype of stamps that a forecast gets back, if it is another than that of `as_times`."""
    return given.dtype if isinstance(given.dtype, pd.ArrowDtype) else None


def restore_dtype(times, dtype):
    """Return stamps in the dtype of the container they continue; `as_times` backwards."""
    if dtype is None:
        return times
    has_clock = isinstance(times, pd.DatetimeIndex) and not times.equals(times.normalize())
    if not hasattr(dtype.pyarrow_dtype, "unit") and has_clock:
        return times
    return times.astype(dtype)


def times_like(times, seen, stamps, what="The new time stamps"):
    """Convert new stamps to the kind of those seen.

    Parameters
    ----------
    times, seen : Index
        As from `as_times`; ``seen`` not empty.
    stamps : tsrnn.frames.advice.Stamps or None
        How the new ones are mended in an error; None for those of an array.
    what : str
        How the new ones are called in an error.

    Returns
    -------
    Index
        ``times`` in the dtype of ``seen``.

    Raises
    ------
    TypeError
        If kind, time zone or period differ, or the resolution of ``seen`` cannot hold ``times``.
    """
    if times.dtype == seen.dtype:
        return times
    if isinstance(times, pd.DatetimeIndex) and isinstance(seen, pd.DatetimeIndex) and str(times.tz) == str(seen.tz):
        return _in_unit(times.tz_convert(seen.tz) if seen.tz else times, seen.unit, what)
    given = f"{times.dtype} (first {times[0]})" if len(times) else str(times.dtype)
    raise TypeError(
        f"{what} are {given}, those seen before are {seen.dtype} (last {seen[-1]}); they must be of one kind and time "
        f"zone.{_advise_kind(times, seen, stamps)}"
    )


def _advise_kind(times, seen, stamps):
    """Advise to convert stamps to the kind of those seen, where that can be done; else nothing."""
    how = None
    if isinstance(times, pd.DatetimeIndex) and isinstance(seen, pd.DatetimeIndex):
        how = _change_zone(times, seen.tz)
    elif isinstance(times, pd.PeriodIndex) and isinstance(seen, pd.DatetimeIndex) and seen.tz is None:
        how = "to_timestamp()"
    elif isinstance(times, pd.DatetimeIndex) and isinstance(seen, pd.PeriodIndex) and times.tz is None:
        how = f"to_period({seen.freqstr!r})"
    if stamps is None or how is None:
        return ""
    return f" If they mean the same times, convert them: {stamps.convert(f'{{}}{stamps.accessor}.{how}')}."


def _change_zone(times, tz):
    """Return the call that brings datetimes into a time zone, or none; None where it would fail."""
    if tz is None:
        return "tz_localize(None)"
    name = getattr(tz, "key", None) or getattr(tz, "zone", None) or (str(tz) if str(tz).startswith("UTC") else None)
    if name is None:
        return None
    if times.tz is not None:
        return f"tz_convert({name!r})"
    return None if times.tz_localize(tz, ambiguous="NaT", nonexistent="NaT").hasnans else f"tz_localize({name!r})"


def _in_unit(times, unit, what):
    try:
        converted = times.as_unit(unit)
    except pd.errors.OutOfBoundsDatetime as error:
        raise ValueError(
            f"{what}, up to {times.max()}, are beyond what those seen before can count, datetime64[{unit}]. Fit to "
            f"stamps of the same resolution: as_unit({times.unit!r})."
        ) from error
    lost = converted != times
    if lost.any():
        raise TypeError(
            f"{what} are finer than those seen before, datetime64[{unit}]: {times[int(lost.argmax())]}. Fit to stamps "
            f"of the same resolution: as_unit({times.unit!r})."
        )
    return converted


def clock(times):
    """Return stamps as int64, in order of time."""
    return times.to_numpy() if times.dtype.kind in "iu" else times.asi8
