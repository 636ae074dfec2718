"""Validation of a frequency that the user gives."""

import datetime
import re

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from tsrnn.frames.advice import convert_integers
from tsrnn.frames.frequency import code_of_periods, fixed_step, nanoseconds


def parse_frequency(freq, times, stamps):
    """Take the user's ``freq`` as an offset for datetimes and periods, or as a step for integers.

    Parameters
    ----------
    freq : str, offset or int
        Any pandas frequency, or the positive step of integer stamps.
    times : Index
        The stamps, as from :func:`tsrnn.frames.times.as_times`.
    stamps : tsrnn.frames.advice.Stamps
        How they are mended in an error.

    Returns
    -------
    BaseOffset or int
        The frequency in the kind that fits ``times``.

    Raises
    ------
    ValueError
        If the kinds do not fit, pandas does not know the frequency, or it does not lead forward in time.
    """
    whole = isinstance(freq, (int, np.integer)) and not isinstance(freq, (bool, np.timedelta64))
    if times.dtype.kind in "iu":
        if not whole or freq < 1:
            raise ValueError(
                f"The time stamps are integers (first {times[0]}), so freq must be a positive integer step "
                f"or None. Got freq={freq!r}.{convert_integers(times, stamps)}"
            )
        return int(freq)
    if whole:
        raise ValueError(
            f"The time stamps are dates, so freq must be a pandas frequency such as 'D'. Got freq={freq!r}."
        )
    if isinstance(times, pd.PeriodIndex):
        if not _is_period_frequency(freq, times):
            raise ValueError(
                f"freq={freq!r} differs from the frequency of the periods, {code_of_periods(times)!r}. Leave freq=None."
            )
        return times.freq
    offset = _as_offset(freq)
    _require_forward(offset, freq)
    step = fixed_step(offset)
    if step is not None and step % nanoseconds(times.unit):
        raise ValueError(
            f"freq={freq!r} is finer than the resolution of the time stamps, {times.dtype}. Convert them: "
            f"{stamps.as_unit('ns')}."
        )
    return offset


def _as_offset(freq):
    try:
        if isinstance(freq, (datetime.timedelta, np.timedelta64)):
            span = pd.Timedelta(freq)
            return pd.offsets.Day(span.days) if span == pd.Timedelta(days=span.days) else to_offset(span)
        return to_offset(freq)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"freq must be a pandas frequency such as 'D' or pd.offsets.MonthBegin(). Got freq={freq!r}: {error}"
        ) from error


def _is_period_frequency(freq, times):
    try:
        if isinstance(freq, pd.offsets.BusinessDay) or (isinstance(freq, str) and re.fullmatch(r"\d*B", freq)):
            return to_offset(freq) == times.freq  # pandas deprecates the data type of such periods
        return pd.PeriodDtype(freq) == times.dtype
    except (ValueError, TypeError):
        return False


def _require_forward(offset, given):
    """Refuse an offset that stands still or goes back, such as 0D, -1D or DateOffset(month=1)."""
    start = pd.Timestamp("2001-01-01")
    forward = offset.n > 0 and start < start + offset < start + offset + offset
    if not forward:
        raise ValueError(f"freq must lead forward in time, such as 'D' or pd.DateOffset(months=1). Got freq={given!r}.")
