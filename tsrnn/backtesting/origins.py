"""Origins of a backtest: what is known at each, and which steps after it are compared."""

import warnings
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from tsrnn.forecaster import ShortSeriesWarning
from tsrnn.frames import Panel
from tsrnn.frames.advice import Stamps
from tsrnn.frames.attaching import attach_rows
from tsrnn.frames.frequency import code_of_periods
from tsrnn.frames.native import open_native
from tsrnn.frames.native_columns import read_column
from tsrnn.frames.times import as_times

N_NAMED = 5  # Series that a warning names.
# How cutoffs are called and mended in an error.
CUTOFFS = Stamps("cutoffs", "pd.Index(cutoffs)", lambda new: f"cutoffs={new}", data="pd.Index(cutoffs)")


@dataclass(frozen=True)
class Origin:
    """One origin.

    Attributes
    ----------
    panel : Panel
        The series, up to the origin, without covariates.
    cutoffs : Index of shape (n_series,)
        Last stamp known of each series.
    counts : ndarray of shape (n_series,), int64
        Steps after the origin that are compared: the horizon, fewer where a series ends before, 0 for none.
    """

    panel: Panel
    cutoffs: pd.Index
    counts: np.ndarray

    def with_covariates(self, given, horizon, past_covariates, columns=None):
        """Return the panel with the covariates known at the origin; ``columns`` are those of an earlier fit."""
        if given is None:
            return self.panel
        lengths = self.panel.lengths
        known = given.known_at(lengths, horizon, past_covariates)
        panel = attach_rows(self.panel, known, past_covariates, columns)
        if panel.covariates is None:
            return panel
        panel.covariates.require(panel, lengths + self.counts)
        # Where a series ends within the horizon, the last rows have no observation to be compared with.
        held = np.where(self.counts < horizon, lengths + horizon, panel.covariates.lengths)
        return replace(panel, covariates=panel.covariates.hold_until(held))


def count_back(panel, n_windows, step, horizon):
    """Put origins at equal distances before the end of each series.

    Parameters
    ----------
    panel : Panel
        The series.
    n_windows, step, horizon : int
        As for `backtest`.

    Returns
    -------
    panel : Panel
        The series that have an observation before the first origin.
    origins : list of Origin
        The earliest first.
    """
    back = horizon + step * np.arange(n_windows - 1, -1, -1)
    origin = f"the first origin is {back[0]} steps before the end (n_windows, step, horizon)"
    at = f"before the first origin, {back[0]} steps before the end"
    panel = _leave_out(panel, panel.lengths - back[0], origin, at, "Lower n_windows, step or horizon")
    counts = np.full(panel.n_series, horizon)
    parts = [panel.head(panel.lengths - steps) for steps in back]
    return panel, [Origin(part, part.ends(), counts) for part in parts]


def cut_at(panel, cutoffs, horizon):
    """Put origins at time stamps, the same for all series.

    Parameters
    ----------
    panel : Panel
        The series.
    cutoffs : list-like of stamps
        The last stamps known, in any order.
    horizon : int
        Steps after each.

    Returns
    -------
    panel : Panel
        The series that have an observation at or before the first cutoff.
    origins : list of Origin
        The earliest first.
    """
    distinct = panel.times if panel.shares_times else panel.times.unique().sort_values()
    cutoffs = distinct[np.sort(_positions(distinct, cutoffs, panel.time_form))]
    first, at = f"the first cutoff is {cutoffs[0]}", f"up to the first cutoff, {cutoffs[0]}"
    panel = _leave_out(panel, _count_until(panel, cutoffs[0]), first, at, "Take later cutoffs")
    origins = []
    for k, cutoff in enumerate(cutoffs):
        lengths = _count_until(panel, cutoff)
        counts = np.clip(panel.lengths - lengths, 0, horizon)
        if counts.max() < horizon:
            raise ValueError(_explain_late(panel, cutoff, int(counts.max()), horizon))
        stamps = cutoffs[[k]].repeat(panel.n_series)
        origins.append(Origin(panel.head(lengths), stamps, counts))
    return panel, origins


def _count_until(panel, cutoff):
    """Return the number of stamps of each series up to a cutoff."""
    is_period = isinstance(cutoff, pd.Period)
    is_past = panel.times.asi8 <= cutoff.ordinal if is_period else np.asarray(panel.times <= cutoff)
    if panel.shares_times:
        return np.full(panel.n_series, is_past.sum())
    return np.add.reduceat(is_past, panel.offsets[:-1], dtype=np.int64)


def _positions(times, cutoffs, form):
    """Return the positions of cutoffs among the ascending stamps of all series; ``form`` is that of texts."""
    if not pd.api.types.is_list_like(cutoffs):
        raise TypeError(f"cutoffs must be a list of time stamps. Got {cutoffs!r}. Put it into a list: cutoffs=[...].")
    opened = open_native(cutoffs, "cutoffs")
    cutoffs = cutoffs if opened is None else read_column(opened)
    given = pd.Index(cutoffs if hasattr(cutoffs, "dtype") else list(cutoffs))
    if not len(given):
        raise ValueError("cutoffs must hold at least one time stamp. Got none. Leave it out to count windows instead.")
    given = as_times(given, CUTOFFS, form)
    _require_same_kind(given, times)
    positions = times.copy(deep=True).get_indexer(given)
    if (positions < 0).any():
        raise ValueError(_explain_unknown(times, given[int((positions < 0).argmax())]))
    if len(np.unique(positions)) < len(positions):
        twice = given[given.duplicated()][0]
        raise ValueError(f"cutoffs must be different. Got {twice} twice. Take each once: pd.Index(cutoffs).unique().")
    return positions


def _require_same_kind(given, times):
    """Refuse cutoffs of another kind, time zone or period than the stamps of the series."""
    both_dates = isinstance(given, pd.DatetimeIndex) and isinstance(times, pd.DatetimeIndex)
    if str(given.tz) == str(times.tz) if both_dates else given.dtype == times.dtype:
        return
    mend = ""
    if both_dates:
        zone, method = times.tz, "tz_convert" if given.tz is not None and times.tz is not None else "tz_localize"
        mend = f" Convert them: pd.DatetimeIndex(cutoffs).{method}({zone if zone is None else str(zone)!r})."
    elif isinstance(times, pd.PeriodIndex) and isinstance(given, pd.DatetimeIndex):
        mend = f" Convert them: pd.DatetimeIndex(cutoffs).to_period({code_of_periods(times)!r})."
    elif isinstance(given, pd.PeriodIndex) and isinstance(times, pd.DatetimeIndex):
        mend = " Take the stamps themselves, as they stand in the series."
    raise TypeError(
        f"cutoffs must be of the kind of the time stamps of the series, {times.dtype} (last {times[-1]}). Got "
        f"{given.dtype} (first {given[0]}).{mend}"
    )


def _explain_unknown(times, cutoff):
    """Say where a cutoff lies that is no stamp of the series."""
    text = f"cutoffs must be time stamps of the series, from {times[0]} to {times[-1]}. Got {cutoff}"
    if cutoff < times[0]:
        return f"{text}, before the first one."
    if cutoff > times[-1]:
        return f"{text}, after the last one."
    before = int((times <= cutoff).sum()) - 1
    return f"{text}, between {times[before]} and {times[before + 1]}: take one of these."


def _explain_late(panel, cutoff, n_left, horizon):
    """Say which cutoff is the last one with enough steps after it."""
    lasts = [panel.stamps(i)[-1 - horizon] for i in np.flatnonzero(panel.lengths > horizon)]
    mend = f"The last one possible is {max(lasts)}" if lasts else "No cutoff leaves that many"
    return (
        f"After the cutoff {cutoff} there are {n_left} steps to compare with, and horizon={horizon} are needed. "
        f"{mend}; or lower horizon."
    )


def _leave_out(panel, lengths, origin, at, mend):
    """Leave out series without an observation in their first ``lengths`` stamps, those before the first origin."""
    first = np.array([int(panel.observed[start:stop].argmax()) for start, stop in pairwise(panel.offsets)])
    enough = lengths > first
    if not enough.any():
        i = int(panel.lengths.argmax())
        raise ValueError(
            f"Too few observations: {origin}, and {panel.label(i)} has {panel.lengths[i]}, the first at "
            f"{panel.stamps(i)[first[i]]}. {mend}."
        )
    if enough.all():
        return panel
    short = np.flatnonzero(~enough)
    if panel.shares_times:
        raise ValueError(
            f"{panel.label(short[0])} has no observation {at}. {mend}, or drop such series: "
            f"{panel.layout.drop(short.tolist())}."
        )
    named = ", ".join(f"{panel.label(i)} ({panel.lengths[i]})" for i in short[:N_NAMED])
    warnings.warn(
        f"{len(short)} of {panel.n_series} series have no observation {at}, and are left out: "
        f"{named}{', ...' if len(short) > N_NAMED else ''}.",
        ShortSeriesWarning,
        stacklevel=4,
    )
    return panel.select(np.flatnonzero(enough))
