"""Columns of data frames of other libraries than pandas, through narwhals: to pandas, and back in the dtype given."""

import numpy as np
import pandas as pd

MIN_UNIT = {"polars": "ms"}  # Coarsest resolution of time stamps, where it is not seconds.


def read_column(column):
    """Return a column as a Series of pandas.

    Parameters
    ----------
    column : narwhals.Series
        Numbers, booleans, text, categories, dates or time stamps; others become objects.

    Returns
    -------
    Series
        Without an index of its own; a null is NaN, NaT or None. Nothing of it is shared with ``column``.
    """
    import narwhals.stable.v2 as nw

    dtype, name = column.dtype, column.name
    if dtype == nw.Datetime:
        stamps = pd.DatetimeIndex(column.to_numpy().copy(), name=name)  # of UTC where there is a time zone
        return pd.Series(stamps if dtype.time_zone is None else stamps.tz_localize("UTC").tz_convert(dtype.time_zone))
    is_plain = dtype in _plain_dtypes(nw) or (dtype == nw.Boolean and column.null_count() == 0)
    if is_plain:
        return pd.Series(column.to_numpy().copy(), name=name)
    if dtype == nw.Enum:
        return pd.Series(pd.Categorical(column.to_list(), categories=list(dtype.categories)), name=name)
    if dtype == nw.Categorical and column.implementation.is_pyarrow():
        levels = column.cat.get_categories().to_list()
        return pd.Series(pd.Categorical(column.to_list(), categories=levels), name=name)
    is_text = dtype in (nw.String, nw.Categorical) and len(column) > 0
    return pd.Series(column.to_list(), dtype=None if is_text else object, name=name)


def _plain_dtypes(nw):
    """Return the dtypes that NumPy has."""
    return (
        *(nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32, nw.UInt64),
        *(nw.Float32, nw.Float64, nw.Date, nw.Duration),
    )  # fmt: skip


def write_column(column, dtype, backend):
    """Return a column of a forecast in another library.

    Parameters
    ----------
    column : Series
        Ids, time stamps or values.
    dtype : narwhals dtype or None
        That of the column given; None for one that was not given. It is kept where it can hold all values.
    backend : str
        Name of the library.

    Returns
    -------
    narwhals.Series
    """
    import narwhals.stable.v2 as nw

    if column.dtype.kind == "M":
        return _write_stamps(nw, column, dtype, backend)
    if column.dtype.kind in "iufb" and isinstance(column.dtype, np.dtype):
        values = column.to_numpy()
        written = nw.new_series(column.name, values.copy(), None, backend=backend)
        return written.cast(dtype) if dtype is not None and _holds(nw, dtype, values) else written
    values = column.astype(object).tolist()
    written = nw.new_series(column.name, values, None, backend=backend)
    if dtype is None or dtype == nw.Unknown or (dtype == nw.Enum and not set(values) <= set(dtype.categories)):
        return written
    return written.cast(dtype)


def _write_stamps(nw, column, dtype, backend):
    """Return time stamps: dates where dates were given and none has a clock time."""
    stamps = pd.DatetimeIndex(column)
    if dtype == nw.Date and stamps.equals(stamps.normalize()):
        return nw.new_series(column.name, stamps.to_numpy().astype("datetime64[D]"), nw.Date, backend=backend)
    if stamps.unit == "s":
        stamps = stamps.as_unit(MIN_UNIT.get(backend, "s"))
    zone = None if stamps.tz is None else str(stamps.tz)
    values = stamps.tz_convert(None).to_numpy() if zone else stamps.to_numpy()
    written = nw.new_series(column.name, values.copy(), nw.Datetime(stamps.unit), backend=backend)
    return written.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone else written


def _holds(nw, dtype, values):
    """Tell whether a dtype can hold numbers."""
    if not dtype.is_integer():
        return dtype.is_numeric() and values.dtype.kind != "b"
    if values.dtype.kind not in "iu" or dtype in (nw.Int128, nw.UInt128):
        return False
    bounds = np.iinfo(str(dtype).lower())
    return not len(values) or (bounds.min <= int(values.min()) and int(values.max()) <= bounds.max)
