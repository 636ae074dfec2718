"""Rows keyed by id and time, and the panel with a MultiIndex."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn.frames.advice import stamps_of_level
from tsrnn.frames.columns import Columns, quote
from tsrnn.frames.identity import one_column, own_index, unique_ids
from tsrnn.frames.times import TOO_FEW, clock, has_too_few, read_times
from tsrnn.frames.values import CLEAN_FIRST, DATES, UNREADABLE, as_float64
from tsrnn.windows import offsets_of

DATE_LEVELS = ("datetime64", "datetime", "date", "period")


def read_rows_of_ids(ids, times, values, layout):
    """Group rows that stand in any order by id (in order of appearance) and sort each series by time."""
    codes, unique = unique_ids(ids, layout.id_what)
    if (codes < 0).any():
        row, verb = int((codes < 0).argmax()), "has" if layout.n_ids == 1 else "have"
        raise ValueError(
            f"{layout.id_what} {verb} a missing id at row {row}; name it, or drop the row: {layout.with_ids}."
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
    """A Series or one-column DataFrame whose index has the levels (id, time), or several levels of ids before time."""

    kind = "a MultiIndex panel"
    level_names: tuple
    name: object = None
    columns: pd.Index | None = None

    @classmethod
    def match(cls, data, names):
        """Return the layout if the index of ``data`` has several levels."""
        if not isinstance(data, (pd.Series, pd.DataFrame)) or data.index.nlevels == 1:
            return None
        _require_time_last(data.index, names)
        if isinstance(data, pd.Series):
            return cls(tuple(data.index.names), data.name)
        if names.time_col in data.columns and names.target_col in data.columns:
            raise ValueError(
                f"A long DataFrame has ids and time as columns. Got the levels {list(data.index.names)} in the index: "
                "data.reset_index()."
            )
        if data.shape[1] != 1:
            raise ValueError(
                f"A DataFrame with a MultiIndex (id, time) must have one column, the target. Got {list(data.columns)}. "
                f"Select it, for example data[[{data.columns[-1]!r}]]."
            )
        return cls(tuple(data.index.names), data.columns[0], own_index(data.columns))

    @property
    def n_ids(self):
        """Number of levels of ids."""
        return len(self.level_names) - 1

    @property
    def _ids(self):
        """Expression of the levels of the ids."""
        return "0" if self.n_ids == 1 else str(list(range(self.n_ids)))

    @property
    def stamps(self):
        """Expressions of the time stamps, for advice."""
        return stamps_of_level(self.n_ids)

    @property
    def id_what(self):
        """Name of the ids in an error."""
        return f"the id level{'s' * (self.n_ids > 1)} of the index"

    @property
    def with_ids(self):
        """Expression of the rows whose id is not missing."""
        if self.n_ids == 1:
            return "data[data.index.get_level_values(0).notna()]"
        return "data[data.index.droplevel(-1).to_frame().notna().all(axis=1).to_numpy()]"

    @property
    def aggregate(self):
        """Expression that takes the mean of duplicates."""
        return f"data.groupby(level={list(range(self.n_ids + 1))}, observed=True).mean()"

    deduplicate = "data[~data.index.duplicated()]"

    @property
    def observed(self):
        """Expression that drops the series without any value."""
        return f"data.groupby(level={self._ids}, observed=True).filter(lambda s: s.notna().to_numpy().any())"

    def read(self, data, form=None):
        """Read a panel with a MultiIndex into `Columns`."""
        column = data if self.columns is None else data.iloc[:, 0]
        stamps = data.index.get_level_values(-1)
        times, form = read_times(stamps, self.stamps, form)
        values = as_float64(
            column, "the target", lambda row: f"at id {quote(id_of(data.index[row]))}, {times[row]}", self._mend
        )
        columns = read_rows_of_ids(one_column(data.index.droplevel(-1)), times, values, self)
        freq = getattr(data.index.levels[-1], "freq", None)
        return replace(columns, freq=freq, time_form=form)

    def _mend(self, conversion):
        if conversion == DATES:
            return "Dates belong to the last level of the index."
        if conversion == UNREADABLE:
            return CLEAN_FIRST
        if self.columns is None:
            return f"Convert it: {conversion.replace('{}', 'data')}."
        return f"Convert it: data.apply(lambda s: {conversion.replace('{}', 's')})."

    def for_each_series(self, expression):
        """Return an expression for the panel from one for a single series, as in :mod:`tsrnn.frames.advice`."""
        rows = f"data.sort_index(level={self.n_ids}, sort_remaining=False).groupby(level={self._ids}, observed=True)"
        return f"{rows}.apply(lambda s: {expression(f's.droplevel({self._ids})')})"

    def number(self, s):
        """Return the expression that replaces the stamps of a series by positions."""
        return f"{s}.reset_index(drop=True)"

    def convert_ids(self, dtype, level=0):
        """Return the expression that converts the ids of a level."""
        return f"data.set_axis(data.index.set_levels(data.index.levels[{level}].astype({dtype!r}), level={level}))"

    def build(self, ids, times, values):
        """Return the panel; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        ids = [ids.get_level_values(k).repeat(values.shape[1]) for k in range(self.n_ids)]
        index = pd.MultiIndex.from_arrays([*ids, times], names=self.level_names)
        if self.columns is None:
            return pd.Series(values.ravel(), index=index, name=self.name)
        return pd.DataFrame(values.reshape(-1, 1), index=index, columns=own_index(self.columns))


def id_of(key):
    """Return the id in a key of a MultiIndex (id, time): one value, or a tuple of several."""
    return key[0] if len(key) == 2 else key[:-1]


def require_levels(names, known, data="data"):
    """Refuse an index whose levels are those known in another order, or more or fewer."""
    names, known = list(names), list(known)
    if len(names) == len(known) and (names == known or set(names) != set(known)):
        return
    mend = f" Bring them into this order: {data}.reorder_levels({known})." if len(names) == len(known) else ""
    raise ValueError(f"The index of {data} must have the levels {known}, as the data seen before. Got {names}.{mend}")


def _require_time_last(index, names):
    """Refuse an order of the levels other than (id, time); where several hold dates, their names and numbers tell."""
    *ids, time = range(index.nlevels)
    dates = [k for k in ids if _holds_dates(index.levels[k])]
    if not dates or index.names[time] == names.time_col:
        return
    named = [k for k in dates if index.names[k] == names.time_col]
    lengths = [len(np.unique(codes)) for codes in index.codes]
    if _holds_dates(index.levels[time]) and not named and (len(ids) > 1 or lengths[0] <= lengths[1]):
        return
    late = (named or dates)[0]
    if len(ids) == 1:
        first, swapped = "The first level", "data.swaplevel()"
    else:
        first, swapped = f"Level {late}", f"data.reorder_levels({[*(k for k in ids if k != late), time, late]})"
    keys = list(names.keys) if len(names.keys) == index.nlevels else [*ids, names.time_col]
    raise ValueError(
        f"{first} of the MultiIndex holds dates; the order is (id, time). Use {swapped}, or, if the dates are the "
        f"ids, name the levels: data.rename_axis({keys})."
    )


def _holds_dates(level):
    """Whether a level holds dates or periods, of any dtype."""
    return level.dtype.kind == "M" or pd.api.types.infer_dtype(level, skipna=True) in DATE_LEVELS
