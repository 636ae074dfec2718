"""Containers of any data frame library to a `Panel`: the functions of `reading` and `appending` behind `in_pandas`."""

from contextlib import contextmanager
from dataclasses import replace

import pandas as pd

from tsrnn.frames import appending, reading
from tsrnn.frames.columns import Names
from tsrnn.frames.native_reading import in_pandas


def to_panel(data, *, X=None, **options):
    """Read series from any container, of pandas or of another library.

    Parameters
    ----------
    data, X, **options
        As for :func:`tsrnn.frames.reading.to_panel`, or frames and Series that narwhals knows.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError, ValueError
        As for :func:`tsrnn.frames.reading.to_panel`.

    Examples
    --------
    >>> import pyarrow
    >>> from tsrnn.frames import to_panel
    >>> panel = to_panel(pyarrow.table({"ds": [1, 2, 3], "a": [1.0, 2.0, 4.0]}))
    >>> panel.give(panel.restore([[8.0]])).to_pydict()
    {'ds': [4], 'a': [8.0]}
    """
    names = Names(**{key: options[key] for key in ("id_col", "time_col", "target_col") if key in options})
    with in_pandas(data, X, names) as (data, X, native):
        return came_in(native, reading.to_panel(data, X=X, **options))


def came_in(native, panel):
    """Return a panel that knows the library of its series, from `in_pandas`, and the names of their columns."""
    if native is None:
        return panel
    ids = panel.ids if panel.layout.has_stamps else pd.Index(native.columns, dtype=object)
    return replace(panel, native=native, ids=ids)


def append(panel, data, *, X=None, overlap="raise"):
    """Return a panel with new observations behind its end; as :func:`tsrnn.frames.appending.append`."""
    with in_pandas(data, X, panel.names, panel, goes_on=overlap == "raise") as (data, X, _):
        return appending.append(panel, data, X=X, overlap=overlap)


def read_again(panel, data, X=None):
    """Read series of a panel again; as :func:`tsrnn.frames.appending.read_again`."""
    with in_pandas(data, X, panel.names, panel) as (data, X, _):
        return appending.read_again(panel, data, X)


@contextmanager
def rows_ahead_in_pandas(panel, X):
    """Give covariates of steps ahead in pandas, or as they are; see :func:`tsrnn.frames.native_reading.in_pandas`."""
    with in_pandas(None, X, panel.names, panel) as (_, X, _):
        yield X
