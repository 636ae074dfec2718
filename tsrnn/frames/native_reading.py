"""Frames and Series of other libraries than pandas (polars, pyarrow, ...), brought into pandas through narwhals.

A long frame stays one. In a frame with one column a series, and in one of covariates, the column of time stamps is what
the index is in pandas. A Series, or a frame without that column, has the time stamps and ids of the covariates beside
it; without any, its rows are known by their position, as those of an array.
"""

import re
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd

from tsrnn.frames.columns import quote
from tsrnn.frames.native import Native, open_native
from tsrnn.frames.native_columns import ColumnType, read_column

NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")


@contextmanager
def in_pandas(data, X, names, seen=None, *, goes_on=False):
    """Give series and covariates of any library as containers of pandas, or as arrays.

    Parameters
    ----------
    data : object
        The series; None for covariates of steps ahead.
    X : object or None
        The covariates.
    names : Names
        Columns of a long frame.
    seen : Panel, optional
        What has been seen.
    goes_on : bool, default=False
        Whether rows without time stamps come right after those seen.

    Yields
    ------
    data, X : object
        As given, if they are of no other library.
    native : Native or None
        How the series came.

    Raises
    ------
    TypeError, ValueError
        If one is not held in memory, or the rows of one do not fit the other. What is raised within is told with the
        expressions that bring the data into pandas, for which its advice is written.
    """
    y, x, code, native = open_native(data), open_native(X, "X"), {}, None
    is_alone = X is None
    try:
        if y is not None:
            data, native, code["data"] = _read_series(y, names)
        if x is not None:
            X, code["X"] = _read_covariates(x, names)
        if native is not None and native.is_bare:
            data = _name_rows(data, native, X, names, seen, goes_on)
        if x is not None and not x.implementation.is_pandas_like() and isinstance(X, pd.DataFrame):
            X = _name_covariate_rows(X, data, names, seen)
        yield data, X, native
    except (TypeError, ValueError) as error:
        ways = code | ({"y": code["data"].replace("data", "y", 1)} if "data" in code else {})
        ways |= {"X": code["data"]} if is_alone and "data" in code else {}  # columns of a long frame
        used = [f"{name} = {how}" for name, how in ways.items() if re.search(rf"\b{name}\b[.\[,)]", str(error))]
        if not used or type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(f"{error} This code is for pandas: {', '.join(used)}.") from error


def _read(opened):
    """Return a narwhals frame or Series in pandas; with its index, where the library has one."""
    if opened.implementation.is_pandas_like():
        return opened.to_pandas()
    if not hasattr(opened, "columns"):
        return read_column(opened)
    columns = {name: read_column(opened[name]) for name in opened.columns}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(opened)))


def _read_series(opened, names):
    """Return series in pandas, how they came, and the expression that brings them there."""
    data, code, is_series = _read(opened), "data.to_pandas()", not hasattr(opened, "columns")
    given = [opened.name] if is_series else opened.columns
    keys = [] if is_series else [name for name in (*_ids(names), names.time_col) if name in given]
    values = [name for name in given if name not in keys]
    native = Native(
        opened.implementation.value, is_series, tuple(values), {key: ColumnType.of(opened[key]) for key in keys}
    )
    if opened.implementation.is_pandas_like():
        return data, native, code
    others = [] if is_series else [name for name in values if not _holds_numbers(data[name])]
    if keys == [names.time_col] and names.target_col not in given and not others:
        native = replace(native, time_col=names.time_col)
        return data.set_index(names.time_col), native, f"{code}.set_index({names.time_col!r})"
    dates = [name for name in others if data[name].dtype.kind == "M"]
    if not keys and dates and dates == others:
        raise ValueError(
            f"The time stamps of a frame must be its column {names.time_col!r}. Column {dates[0]!r} holds dates: "
            f"RNNForecaster(..., time_col={dates[0]!r})."
        )
    return data, replace(native, is_bare=not keys and not others), code


def _holds_numbers(column):
    return pd.api.types.infer_dtype(column, skipna=True) in NUMBERS


def _read_covariates(opened, names):
    """Return covariates in pandas, and the expression that brings them there."""
    X, code = _read(opened), "X.to_pandas()"
    is_frame = hasattr(opened, "columns") and not opened.implementation.is_pandas_like()
    if is_frame and names.time_col in X.columns and not set(_ids(names)) & set(X.columns):
        return X.set_index(names.time_col), f"{code}.set_index({names.time_col!r})"
    return X, code


def _ids(names):
    """Return the names of the columns of ids: a list."""
    return list(names.id_col) if isinstance(names.id_col, (list, tuple)) else [names.id_col]


def _rows_of(data, names):
    """Return the ids and time stamps of the rows of a Series or DataFrame, or their stamps; None without them."""
    if not isinstance(data, (pd.Series, pd.DataFrame)):
        return None
    if data.index.nlevels == 1 and isinstance(data, pd.DataFrame):
        keys = [*_ids(names), names.time_col]
        if set(keys) <= set(data.columns):
            return pd.MultiIndex.from_frame(data[keys])
        if names.time_col in data.columns:
            return pd.Index(data[names.time_col])
    is_named = data.index.name is not None and data.index.name == names.time_col
    has_stamps = data.index.nlevels > 1 or isinstance(data.index, (pd.DatetimeIndex, pd.PeriodIndex)) or is_named
    return data.index if has_stamps else None


def _name_rows(data, native, X, names, seen, goes_on):
    """Give series without time stamps those of the covariates, or those after the end; otherwise positions."""
    has_stamps = seen is None or seen.layout.has_stamps
    rows = _rows_of(X, names) if has_stamps else None
    follows = goes_on and has_stamps and seen.native is not None and seen.native.is_bare and seen.shares_times
    if rows is None and follows and len(data):
        rows = seen.continue_index(len(data))
    if rows is None and seen is not None and has_stamps:
        raise ValueError(
            f"New data must have time stamps, as those seen before: a frame with the column {quote(names.time_col)}, "
            f"or covariates X with that column beside it. Got the columns {list(native.columns)}."
        )
    if rows is None:
        return _in_order(data, seen).to_numpy()
    if len(rows) < len(data) or (rows.nlevels > 1 and len(rows) > len(data)):
        what = "as many rows as" if rows.nlevels > 1 else "a row for each row of"
        raise ValueError(f"X must have {what} y, {len(data)}, which has no time stamps of its own. Got {len(rows)}.")
    return data.set_axis(rows[: len(data)])


def _in_order(data, seen):
    """Bring columns that have been seen into their order; they are known by position from here on."""
    if isinstance(data, pd.Series) or seen is None or seen.native is None or seen.layout.has_stamps:
        return data
    known = list(seen.native.columns)
    if set(known) != set(data.columns):
        raise ValueError(f"The new data must have the columns {known}. Got {list(data.columns)}.")
    return data[known]


def _name_covariate_rows(X, data, names, seen):
    """Give covariates as index the ids and time stamps that they or the series beside them have."""
    keys = [*_ids(names), names.time_col]
    if set(keys) <= set(X.columns):
        is_keyed = not seen.shares_times if data is None else _is_keyed(data, names)
        return X if is_keyed else X.set_index(keys)
    if _rows_of(X, names) is not None:
        return X
    if data is None:
        follows = len(X) and (seen.shares_times or seen.layout.is_single) and seen.layout.has_stamps
        return X.set_axis(seen.continue_index(len(X))) if follows else X
    rows = _rows_of(data, names)
    if rows is None:
        return X
    if len(rows) != len(X):
        raise ValueError(
            f"X without a column {quote(names.time_col)} of time stamps must have as many rows as y, {len(rows)}. Got "
            f"{len(X)}. Add the column."
        )
    return X.set_axis(rows)


def _is_keyed(data, names):
    """Tell whether the rows of series have ids."""
    if not isinstance(data, (pd.Series, pd.DataFrame)):
        return False
    return data.index.nlevels > 1 or (isinstance(data, pd.DataFrame) and set(_ids(names)) <= set(data.columns))
