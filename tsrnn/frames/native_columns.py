"""Columns of data frames of other libraries than pandas, through narwhals: to pandas, and back in the dtype given."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class ColumnType:
    """Data type of a column that was given.

    Attributes
    ----------
    common : narwhals dtype
        As narwhals knows it.
    exact : object
        As the library knows it.
    """

    common: object
    exact: object

    @classmethod
    def of(cls, column):
        """Return the type of a narwhals Series."""
        native = column.to_native()
        return cls(column.dtype, native.dtype if hasattr(native, "dtype") else native.type)


def write_column(column, given, backend):
    """Return a column of a forecast in another library.

    Parameters
    ----------
    column : Series
        Ids, time stamps or values.
    given : ColumnType or None
        That of the column given; None for one that was not given. It is kept where it can hold all values.
    backend : str
        Name of the library.

    Returns
    -------
    narwhals.Series
    """
    import narwhals.stable.v2 as nw

    if column.dtype.kind == "M":
        written = _write_stamps(nw, column, given, backend)
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        written = nw.new_series(column.name, column.to_numpy().copy(), None, backend=backend)
    else:
        written = nw.new_series(column.name, column.astype(object).tolist(), None, backend=backend)
    if given is None or not _holds(nw, given, column):
        return written
    return nw.from_native(written.to_native().cast(given.exact), series_only=True)


def _write_stamps(nw, column, given, backend):
    stamps = pd.DatetimeIndex(column)
    if stamps.unit == "s":
        stamps = stamps.as_unit(MIN_UNIT.get(backend, "s"))
    zone = None if stamps.tz is None else str(stamps.tz)
    if zone and given is not None:  # pandas has other names for offsets from UTC
        zone = getattr(given.common, "time_zone", None) or zone
    values = stamps.tz_convert(None).to_numpy() if zone else stamps.to_numpy()
    written = nw.new_series(column.name, values.copy(), nw.Datetime(stamps.unit), backend=backend)
    return written.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone else written


def _holds(nw, given, column):
    """Tell whether a data type can hold a column of a forecast."""
    dtype = given.common
    if column.dtype.kind == "M":
        stamps = pd.DatetimeIndex(column)
        is_date = dtype == nw.Date or str(given.exact).startswith("date64")
        return dtype == nw.Datetime or (is_date and stamps.equals(stamps.normalize()))
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        if not dtype.is_integer() or dtype in (nw.Int128, nw.UInt128) or not len(column):
            return dtype.is_numeric()
        bounds = np.iinfo(str(dtype).lower())
        return bounds.min <= int(column.min()) and int(column.max()) <= bounds.max
    return dtype != nw.Unknown and (dtype != nw.Enum or set(column) <= set(dtype.categories))
