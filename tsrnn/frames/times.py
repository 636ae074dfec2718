"""Time stamps: validation and data types."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsrnn.frames.frequency import code_of_periods
from tsrnn.frames.text_dates import as_expression, find_formats, read_dates

MIN_STAMPS = 3  # to infer a frequency from
TOO_FEW = "From so few distinct stamps no frequency can be told. To keep the rows, use positions:"


def has_too_few(times, n_distinct):
    """Tell whether so many distinct stamps of this kind are too few to infer a frequency from."""
    return isinstance(times, pd.DatetimeIndex) and n_distinct < MIN_STAMPS


@dataclass(frozen=True)
class TimeForm:
    """Form of the time stamps in a container, where they are read as stamps of another data type.

    Attributes
    ----------
    conversion : str
        Expression that reads them, written ``{}``.
    dtype : ArrowDtype or None
        Data type that a forecast gets back; None for text, whose forecasts have datetimes.
    date_format : str or None
        Format of text, as in `tsrnn.frames.text_dates`.
    """

    conversion: str
    dtype: object = None
    date_format: str | None = None

    @property
    def makes_index(self):
        """Whether the expression makes an index of a column."""
        return self.dtype is not None

    def convert(self, expression):
        """Return the expression that reads the stamps of another expression."""
        return self.conversion.replace("{}", expression)

    def restore(self, times):
        """Return stamps in the data type of the container; `read_times` backwards."""
        if self.dtype is None:
            return times
        has_clock = isinstance(times, pd.DatetimeIndex) and not times.equals(times.normalize())
        if not hasattr(self.dtype.pyarrow_dtype, "unit") and has_clock:
            return times
        return times.astype(self.dtype)


def as_times(given, stamps, form=None):
    """Take stamps as a DatetimeIndex, PeriodIndex or integer index: the first of :func:`read_times`."""
    return read_times(given, stamps, form)[0]


def read_times(given, stamps, form=None):
    """Take stamps as a DatetimeIndex, PeriodIndex or integer index.

    Parameters
    ----------
    given : Index or Series of shape (n,)
        The stamps as the user gave them.
    stamps : tsrnn.frames.advice.Stamps
        How they are called and mended in an error.
    form : TimeForm, optional
        Form of stamps that were read before: text is read alike if it can be.

    Returns
    -------
    times : Index of shape (n,)
        Without missing stamps; text, objects and Arrow values that are dates or periods are converted. Nothing of it
        is shared with ``given``.
    form : TimeForm or None
        None where the stamps are of the data type of ``times``, or objects.

    Raises
    ------
    TypeError
        If the stamps are text that is no date, or of which days and months cannot be told apart, floats, booleans or
        anything else.
    ValueError
        If a stamp is missing or an integer exceeds int64.
    """
    index = given if isinstance(given, pd.Index) else pd.Index(given, dtype=given.dtype)
    index, form = _plain(index, stamps, form)
    if index.hasnans:
        first = int(index.isna().argmax())
        raise ValueError(
            f"{stamps.what} has a missing time stamp at position {first}; fill it, or drop its row: "
            f"{stamps.data}[{stamps.read}.notna()]."
        )
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.RangeIndex)):
        return index.copy(deep=True), form
    if index.dtype.kind in "iu":
        if index.dtype.kind == "u" and len(index) and index.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{stamps.what} has the integer {index.max()}, which int64 cannot hold.")
        return index.astype("int64").copy(deep=True), form
    raise TypeError(_explain_kind(index, stamps))


def _explain_kind(index, stamps):
    """Say which kinds of time stamps are allowed, and how those given become such."""
    example = repr(index[:1].tolist()[0]) if len(index) else "nothing"
    formats = find_formats(index)
    unclear = ", of which days and months cannot be told apart" if len(formats) > 1 else ""
    mend = [f"convert them: {stamps.convert(as_expression(how))}" for how in formats[:1]]
    mend += [f"if days come first: {stamps.convert(as_expression(how))}" for how in formats[1:]]
    mend += [f"use positions: {stamps.number}"] if stamps.number else []
    advice = ", or ".join(mend) or "convert them with pd.to_datetime and the format they are in"
    return (
        f"{stamps.what} must hold time stamps: datetimes, periods{' or integers' if stamps.number else ''}. Got dtype "
        f"{index.dtype} ({example}){unclear}. {advice[0].upper()}{advice[1:]}."
    )


def _plain(index, stamps, form):
    """Convert text, objects and Arrow values that are dates, periods or integers; also return their form."""
    if isinstance(index.dtype, pd.ArrowDtype) and index.dtype.kind == "M":
        times = pd.DatetimeIndex(index, name=index.name).as_unit(_arrow_unit(index.dtype))
        return times, TimeForm("pd.DatetimeIndex({})", index.dtype)
    if index.dtype == object:
        kind = pd.api.types.infer_dtype(index, skipna=True)
        if kind in ("datetime", "datetime64", "date"):
            return _objects_as_datetimes(index, stamps), None
        if kind == "period":
            return pd.PeriodIndex(index, name=index.name), None
        if kind == "integer" and not index.hasnans:
            return index.astype("int64"), None
    return _read_texts(index, stamps, form) or (index, None)


def _read_texts(index, stamps, form):
    """Return dates and the form of texts, or None if they are none, or of several readings."""
    if index.dtype.kind in "biufcmM" or isinstance(index, pd.PeriodIndex | pd.MultiIndex):
        return None
    if isinstance(index.dtype, pd.ArrowDtype):
        index = index.astype(object)  # also what a dictionary holds
    texts = index.dropna()
    formats = find_formats(texts) if len(texts) else []
    known = None if form is None else form.date_format
    how = known if known in formats else formats[0] if len(formats) == 1 else None
    if how is None:
        return None
    try:
        dates = read_dates(index, how)
    except ValueError as error:
        raise ValueError(_explain_zones(stamps, as_expression(how, utc=True))) from error
    return None if dates is None else (dates, TimeForm(as_expression(how), date_format=how))


def _arrow_unit(dtype):
    return getattr(dtype.pyarrow_dtype, "unit", "s")  # dates have none


def _objects_as_datetimes(index, stamps):
    try:
        return pd.DatetimeIndex(index, name=index.name)
    except pd.errors.OutOfBoundsDatetime:  # pandas 2.2 takes objects as nanoseconds
        return pd.DatetimeIndex(np.asarray(index, dtype="datetime64[us]"), name=index.name)
    except (TypeError, ValueError) as error:
        raise ValueError(_explain_zones(stamps, "pd.to_datetime({}, utc=True)")) from error


def _explain_zones(stamps, conversion):
    return f"{stamps.what} has stamps of several time zones. Convert them to one: {stamps.convert(conversion)}."


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
        how = f"to_period({code_of_periods(seen)!r})"
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
