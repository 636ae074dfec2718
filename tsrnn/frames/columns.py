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
    """Column names of a long frame: id, time and target; all different."""

    id_col: object = "unique_id"
    time_col: object = "ds"
    target_col: object = "y"

    def __post_init__(self):
        if len(set(self)) < 3:
            raise ValueError(
                f"id_col, time_col and target_col must be three different columns. Got {self.id_col!r}, "
                f"{self.time_col!r} and {self.target_col!r}."
            )

    def __iter__(self):
        """Iterate over the three names."""
        return iter((self.id_col, self.time_col, self.target_col))


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
    time_dtype : dtype or None
        Dtype of the stamps in the container where it differs from that of ``times`` (Arrow).
    """

    values: np.ndarray
    offsets: np.ndarray
    ids: pd.Index
    times: pd.Index
    rows: np.ndarray | None = None
    freq: object = None
    time_dtype: object = None
