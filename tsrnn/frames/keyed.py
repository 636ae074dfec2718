"""Rows keyed by id and time, and the panel with a MultiIndex."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn.frames.advice import stamps_of_level
from tsrnn.frames.columns import Columns, quote
from tsrnn.frames.identity import own_index, unique_ids
from tsrnn.frames.times import TOO_FEW, as_times, clock, extension_dtype, has_too_few
from tsrnn.frames.values import CLEAN_FIRST, DATES, UNREADABLE, as_float64
from tsrnn.windows import offsets_of

DATE_LEVELS = ("datetime64", "datetime", "date", "period")


def read_rows_of_ids(ids, times, values, layout):
    """Group rows that stand in any order by id (in order of appearance) and sort each series by time."""
    codes, unique = unique_ids(ids, layout.id_what)
    if (codes < 0).any():
        raise ValueError(
            f"{layout.id_what} has a missing id at row {int((codes < 0).argmax())}; name it, or drop the row: "
            f"data[{layout.id_read}.notna()]."
        )
    ticks = clock(times)
    rows = np.lexsort((ticks, codes))
    codes, ticks, times = codes[rows], ticks[rows], times[rows]
    twice = (np.diff(codes) == 0) & (np.diff(ticks) == 0)
    if twice.any():
        first, count = int(twice.argmax()), int(twice.sum())
        text = (
            f"{layout.label(unique[codes[first]])} has the time stamp {times[first]} twice ({count} "
            f"duplicate{'s' * (count > 1)} in all); each series needs one value a stamp."
        )
        if has_too_few(times, np.bincount(codes[np.append(True, ~twice)]).max()):
            raise ValueError(f"{text} {TOO_FEW} {layout.stamps.number}.")
        raise ValueError(f"{text} Aggregate ({layout.aggregate}) or drop them ({layout.deduplicate}).")
    offsets = offsets_of(np.bincount(codes, minlength=len(unique)))
    return Columns(values[rows], offsets, unique, times, rows)


class Keyed:
    """Base of containers whose rows have ids."""

    shares_times = False
    is_single = False
    has_stamps = True

    def label(self, series_id):
        """Name a series for an error."""
        return f"id {quote(series_id)}"


@dataclass(frozen=True)
class MultiIndexLayout(Keyed):
    """A Series or one-column DataFrame whose index has the levels (id, time)."""

    kind = "a MultiIndex panel"
    id_what = "the id level of the index"
    id_read = "data.index.get_level_values(0)"
    aggregate = "data.groupby(level=[0, 1], observed=True).mean()"
    deduplicate = "data[~data.index.duplicated()]"
    observed = "data.groupby(level=0, observed=True).filter(lambda s: s.notna().to_numpy().any())"
    stamps = stamps_of_level()
    level_names: tuple
    name: object = None
    columns: pd.Index | None = None

    @classmethod
    def match(cls, data, names):
        """Return the layout if the index of ``data`` has several levels."""
        if not isinstance(data, (pd.Series, pd.DataFrame)) or data.index.nlevels == 1:
            return None
        if data.index.nlevels != 2:
            ids = "data.index.droplevel(-1).map(str)"
            raise ValueError(
                f"A MultiIndex must have the two levels (id, time). Got {list(data.index.names)}. Join the ids: "
                f"data.set_axis(pd.MultiIndex.from_arrays([{ids}, data.index.get_level_values(-1)]))."
            )
        _require_id_first(data.index, names)
        if isinstance(data, pd.Series):
            return cls(tuple(data.index.names), data.name)
        if data.shape[1] != 1:
            raise ValueError(
                f"A DataFrame with a MultiIndex (id, time) must have one column, the target. Got {list(data.columns)}. "
                f"Select it, for example data[[{data.columns[-1]!r}]]."
            )
        return cls(tuple(data.index.names), data.columns[0], own_index(data.columns))

    def read(self, data):
        """Read a panel with a MultiIndex into `Columns`."""
        column = data if self.columns is None else data.iloc[:, 0]
        stamps = data.index.get_level_values(1)
        times = as_times(stamps, self.stamps)
        values = as_float64(
            column, "the target", lambda row: f"at id {quote(data.index[row][0])}, {times[row]}", self._mend
        )
        columns = read_rows_of_ids(data.index.get_level_values(0), times, values, self)
        freq = getattr(data.index.levels[1], "freq", None)
        return replace(columns, freq=freq, time_dtype=extension_dtype(stamps))

    def _mend(self, conversion):
        if conversion == DATES:
            return "Dates belong to the second level of the index."
        if conversion == UNREADABLE:
            return CLEAN_FIRST
        if self.columns is None:
            return f"Convert it: {conversion.replace('{}', 'data')}."
        return f"Convert it: data.apply(lambda s: {conversion.replace('{}', 's')})."

    def for_each_series(self, expression):
        """Return an expression for the panel from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        rows = "data.sort_index(level=1, sort_remaining=False).groupby(level=0, observed=True)"
        return f"{rows}.apply(lambda s: {expression('s.droplevel(0)')})"

    def number(self, s):
        """Return the expression that replaces the stamps of a series by positions."""
        return f"{s}.reset_index(drop=True)"

    def convert_ids(self, dtype):
        """Return the expression that converts the ids."""
        return f"data.set_axis(data.index.set_levels(data.index.levels[0].astype({dtype!r}), level=0))"

    def build(self, ids, times, values):
        """Return the panel; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        index = pd.MultiIndex.from_arrays([ids.repeat(values.shape[1]), times], names=self.level_names)
        if self.columns is None:
            return pd.Series(values.ravel(), index=index, name=self.name)
        return pd.DataFrame(values.reshape(-1, 1), index=index, columns=own_index(self.columns))


def _require_id_first(index, names):
    """Refuse the order (time, id); where both levels hold dates, their names and numbers tell."""
    first, second = (_holds_dates(level) for level in index.levels)
    if not first or tuple(index.names) == (names.id_col, names.time_col):
        return
    lengths = [len(np.unique(codes)) for codes in index.codes]
    swapped = tuple(index.names) == (names.time_col, names.id_col)
    if second and not swapped and lengths[0] <= lengths[1]:
        return
    raise ValueError(
        "The first level of the MultiIndex holds dates; the order is (id, time). Use data.swaplevel(), or, if the "
        f"dates are the ids, name the levels: data.rename_axis([{names.id_col!r}, {names.time_col!r}])."
    )


def _holds_dates(level):
    """Whether a level holds dates or periods, of any dtype."""
    return level.dtype.kind == "M" or pd.api.types.infer_dtype(level, skipna=True) in DATE_LEVELS
