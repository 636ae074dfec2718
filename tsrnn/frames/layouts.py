"""The containers a series may come in; a forecast goes back into the same one.

A layout has ``match`` (is it this container?), ``read`` (container to `Columns`, given the form of stamps that were
read before), ``build`` (forecasts to container), ``label`` (name of a series in an error), ``kind`` (name of the
container in an error) and ``shares_times`` (whether one run of stamps serves all its series; then also
``position_of``, which finds its series among those of new data). ``has_stamps`` says whether it has time stamps,
``is_single`` whether it holds one series by its kind, ``stamps`` and ``for_each_series`` how advice in an error is
written, ``convert_ids``, where series have ids, how these are cast, ``keys``, where ids and stamps stand in columns,
the names of these, and ``drop``, where series are columns, how these are dropped. A new container is one such class and
one entry in `LAYOUTS`.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from tsrnn.frames.aligned import ArrayLayout, SeriesLayout, WideLayout
from tsrnn.frames.keyed import MultiIndexLayout
from tsrnn.frames.long import DatedLayout, LongLayout
from tsrnn.frames.values import CONVERSIONS, REAL_KINDS

ALLOWED = (
    "a Series, a DataFrame with one column a series, a Series or one-column DataFrame with a MultiIndex (id, "
    "time), a long DataFrame with id, time and target column, or without ids for one series, a one- or "
    "two-dimensional array, or a list of numbers"
)

LAYOUTS = (MultiIndexLayout, LongLayout, DatedLayout, WideLayout, SeriesLayout, ArrayLayout)


def find_layout(data, names):
    """Tell which container this is.

    Parameters
    ----------
    data : object
        What the user gave.
    names : Names
        Columns of a long frame.

    Returns
    -------
    Layout
        One of `LAYOUTS`, bound to the names in ``data``.

    Raises
    ------
    TypeError, ValueError
        If it is none of them; the error lists them.
    """
    for layout_class in LAYOUTS:
        layout = layout_class.match(data, names)
        if layout is not None:
            return layout
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    raise TypeError(f"A series must be {ALLOWED}. Got {kind}.{_convert(data)}")


def _convert_array(data):
    """Advise how an index, or an array of pandas, becomes a Series."""
    if isinstance(data, pd.MultiIndex):
        return " An index belongs to values: pd.Series(values, index=data)."
    if isinstance(data.dtype, pd.PeriodDtype) or data.dtype.kind == "M":
        return " Dates belong to the index: pd.Series(values, index=data)."
    conversion = CONVERSIONS.get(data.dtype.kind, "{}").replace("{}", "pd.Series(data)")
    return f" Convert it: {conversion}."


def _convert(data):
    """Advise how another container becomes one of these."""
    if hasattr(data, "to_pandas"):
        return " Convert it with .to_pandas()."
    if isinstance(data, Mapping):
        return " Convert it: pd.concat({key: pd.Series(series) for key, series in data.items()})."
    if isinstance(data, (pd.Index, pd.api.extensions.ExtensionArray)):
        return _convert_array(data)
    if isinstance(data, np.generic):
        return " Convert it: np.atleast_1d(data)." if data.dtype.kind in REAL_KINDS else ""
    if hasattr(data, "__array__"):
        return " Convert it: np.asarray(data)."
    return " Convert it: list(data)." if isinstance(data, Iterable) and not isinstance(data, str) else ""
