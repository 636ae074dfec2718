"""Containers whose rows are keyed by id and time: MultiIndex panel and long frame."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Columns, Names, quote
from tsrnn.frames.frequency import as_times
from tsrnn.frames.values import as_float64


def _read_rows(ids, times, values, id_what, label):
    """Group rows that stand in any order by id (in order of appearance) and sort each series by time."""
    codes, unique_ids = pd.factorize(ids)
    if (codes < 0).any():
        raise ValueError(f"{id_what} has a missing id at row {int((codes < 0).argmax())}; name it or drop the row.")
    clock = times.to_numpy() if times.dtype.kind in "iu" else times.asi8
    rows = np.lexsort((clock, codes))
    codes, clock, times = codes[rows], clock[rows], times[rows]
    twice = (np.diff(codes) == 0) & (np.diff(clock) == 0)
    if twice.any():
        first = int(twice.argmax())
        raise ValueError(
            f"{label(unique_ids[codes[first]])} has the time stamp {times[first]} twice ({int(twice.sum())} "
            "duplicates in all); each series needs one value a stamp. Aggregate (groupby([id, "
            "time]).mean()) or drop_duplicates."
        )
    offsets = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(unique_ids)))]).astype(np.int64)
    return Columns(values[rows], offsets, pd.Index(unique_ids), times, rows)


@dataclass(frozen=True)
class MultiIndexLayout:
    """A Series or one-column DataFrame whose index has the levels (id, time)."""

    kind = "a MultiIndex panel"
    shares_times = False
    has_stamps = True
    level_names: tuple
    name: object = None
    is_frame: bool = False

    @classmethod
    def match(cls, data, names):
        """Return the layout if the index of ``data`` has several levels."""
        if not isinstance(data, (pd.Series, pd.DataFrame)) or data.index.nlevels == 1:
            return None
        if data.index.nlevels != 2:
            raise ValueError(
                f"A MultiIndex must have the two levels (id, time). Got {list(data.index.names)}; join the ids."
            )
        if isinstance(data.index.levels[0], (pd.DatetimeIndex, pd.PeriodIndex)):
            raise ValueError(
                "The first level of the MultiIndex holds dates; the order is (id, time). Use data.swaplevel()."
            )
        if isinstance(data, pd.Series):
            return cls(tuple(data.index.names), data.name)
        if data.shape[1] != 1:
            raise ValueError(
                f"A DataFrame with a MultiIndex (id, time) must have one column, the target. Got {list(data.columns)}."
            )
        return cls(tuple(data.index.names), data.columns[0], is_frame=True)

    def label(self, series_id):
        """Name a series for an error."""
        return f"id {quote(series_id)}"

    def read(self, data):
        """Read a panel with a MultiIndex into `Columns`."""
        column = data.iloc[:, 0] if self.is_frame else data
        times = as_times(data.index.get_level_values(1), "the time level of the index")
        values = as_float64(column, "the target", lambda row: f"at id {quote(data.index[row][0])}, {times[row]}")
        columns = _read_rows(data.index.get_level_values(0), times, values, "the id level of the index", self.label)
        return replace(columns, freq=getattr(data.index.levels[1], "freq", None))

    def build(self, ids, times, values):
        """Return the panel; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        index = pd.MultiIndex.from_arrays([ids.repeat(values.shape[1]), times], names=self.level_names)
        series = pd.Series(values.ravel(), index=index, name=self.name)
        return series.to_frame(self.name) if self.is_frame else series


@dataclass(frozen=True)
class LongLayout:
    """A long DataFrame with an id, a time and a target column."""

    kind = "a long DataFrame"
    shares_times = False
    has_stamps = True
    names: Names

    @classmethod
    def match(cls, data, names):
        """Return the layout if ``data`` has the three columns and no others."""
        if not isinstance(data, pd.DataFrame) or data.index.nlevels > 1 or not set(names) <= set(data.columns):
            return None
        others = [column for column in data.columns if column not in tuple(names)]
        if others:
            raise ValueError(
                f"A long DataFrame must have the columns {list(names)} only. Got {others} too: covariates "
                f"are not supported yet. Pass data[{list(names)}]."
            )
        if data.columns.has_duplicates:
            raise ValueError(
                f"Duplicate column name {data.columns[data.columns.duplicated()][0]!r} in a long DataFrame."
            )
        return cls(names)

    def label(self, series_id):
        """Name a series for an error."""
        return f"id {quote(series_id)}"

    def read(self, data):
        """Read a long DataFrame into `Columns`."""
        id_col, time_col, target_col = self.names
        times = as_times(data[time_col], f"column {time_col!r}")
        values = as_float64(
            data[target_col],
            f"column {target_col!r}",
            lambda row: f"at id {quote(data[id_col].iloc[row])}, {times[row]}",
        )
        return _read_rows(data[id_col], times, values, f"column {id_col!r}", self.label)

    def build(self, ids, times, values):
        """Return the long frame; ``values`` has shape (n_series, horizon), ``times`` n_series * horizon."""
        id_col, time_col, target_col = self.names
        return pd.DataFrame({id_col: ids.repeat(values.shape[1]), time_col: times, target_col: values.ravel()})
