"""`Columns`, the flat form of every container, and the column names of a long frame."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


def quote(name):
    """Write the name of a series for an error: numpy scalars, also in a tuple, as the plain values they hold."""
    if type(name) is tuple:
        return repr(tuple(map(_plain, name)))
    return repr(_plain(name))


def _plain(name):
    return name.item() if isinstance(name, np.generic) else name


@dataclass(frozen=True)
class Names:
    """Column names of a long frame, all different.

    Attributes
    ----------
    id_col : hashable or list of hashable
        Column of the ids; a list of several columns, whose values together are the id. A tuple is one name.
    time_col, target_col : hashable
        Columns of the time stamps and of the values.
    weight_col : hashable or None
        Column of weights, which is no covariate.
    """

    id_col: object = "unique_id"
    time_col: object = "ds"
    target_col: object = "y"
    weight_col: object = None

    def __post_init__(self):
        if isinstance(self.id_col, list):
            object.__setattr__(self, "id_col", list(self.id_col))  # not shared with the user
        if len(set(self)) < len(list(self)):
            raise ValueError(
                f"id_col, time_col and target_col must be {'three ' * (len(self.id_cols) == 1)}different columns. Got "
                f"{self.id_col!r}, {self.time_col!r} and {self.target_col!r}."
            )
        if self.weight_col is not None and self.weight_col in list(self):
            raise ValueError(
                f"weight_col must be another column than those of ids, time and target, {list(self)}. Got "
                f"{self.weight_col!r}."
            )

    def __iter__(self):
        """Iterate over the names of the columns of ids, time and target."""
        return iter((*self.keys, self.target_col))

    @property
    def id_cols(self):
        """Columns of the ids: a tuple."""
        return tuple(self.id_col) if isinstance(self.id_col, list) else (self.id_col,)

    @property
    def keys(self):
        """Columns that tell the rows apart, ids and time: a tuple."""
        return (*self.id_cols, self.time_col)


@dataclass(frozen=True)
class Columns:
    """Contents of a container as flat arrays.

    Attributes
    ----------
    values : ndarray of shape (n_rows,), float64
        One series after another, each in the order of its rows in the container.
    offsets : ndarray of shape (n_series + 1,), int64
        First row of each series, and the number of rows.
    ids : Index of shape (n_series,)
        Names of the series, in order of appearance.
    times : Index of shape (n_rows,) or (n_steps,)
        Time stamps: one for each row, or one run that all series share (``Layout.shares_times``).
    rows : ndarray of shape (n_rows,) or None
        Row of the container that each value came from, where the container's rows are in another order.
    freq : BaseOffset or None
        Frequency that the container declares where ``times`` cannot carry it.
    time_form : TimeForm or None
        Form of the stamps in the container where it differs from that of ``times`` (text, Arrow).
    """

    values: np.ndarray
    offsets: np.ndarray
    ids: pd.Index
    times: pd.Index
    rows: np.ndarray | None = None
    freq: object = None
    time_form: object = None
