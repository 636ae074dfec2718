"""Conversion of target values to float64, with located errors."""

import datetime
import decimal
import numbers

import numpy as np
import pandas as pd

REAL_KINDS = "iuf"
# By the kind of the dtype: the expression that makes numbers of a column, written {}.
CONVERSIONS = {"b": "{}.astype(float)", "m": "{}.dt.total_seconds()"}
TO_NUMBERS = "pd.to_numeric({})"
DATES = "dates"  # have no number: they belong to the index
UNREADABLE = "unreadable"  # values that pd.to_numeric refuses
CLEAN_FIRST = "Clean or replace such values first, until pd.to_numeric reads all."


def as_float64(column, label, locate, mend):
    """Cast one column of numbers to a new float64 array.

    Integers, floats of any width and byte order, nullable and Arrow numbers, and objects that are real
    numbers (``Decimal``, ``Fraction``, numpy scalars) are cast; missing values become NaN.

    Parameters
    ----------
    column : Series or ndarray of shape (n,)
        The numbers.
    label : str
        How the column is called in an error, such as ``"column 'a'"``.
    locate : callable
        From a position to text for an error, such as ``"at 2020-01-01"``.
    mend : callable
        From the conversion of a column, such as ``"{}.astype(float)"``, or `DATES` or `UNREADABLE`, to a sentence of
        advice.

    Returns
    -------
    ndarray of shape (n,), float64
        Always a copy.

    Raises
    ------
    TypeError
        If the column is boolean, complex, sparse, categorical, text or anything else that is not a real
        number.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        raise TypeError(
            f"{start(label)} is sparse ({dtype}); allowed are dense real numbers. {mend('{}.sparse.to_dense()')}"
        )
    if dtype.kind in REAL_KINDS or (dtype.kind == "O" and pd.api.types.is_numeric_dtype(dtype)):
        if isinstance(dtype, np.dtype):
            return np.array(np.asarray(column), dtype=np.float64)
        return np.array(column.to_numpy(dtype="float64", na_value=np.nan))
    if dtype == np.dtype("O"):
        return _objects_as_float64(column, label, locate, mend)
    raise TypeError(f"{start(label)} has dtype {dtype}; allowed are real numbers. {_advise(column, locate, mend)}")


def _advise(column, locate, mend):
    dtype = column.dtype
    if dtype.kind == "c":
        return "Forecast real and imaginary part as two series: np.real(...) and np.imag(...)."
    if isinstance(dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(dtype.categories.dtype):
        return mend("{}.astype(float)")
    if isinstance(dtype, pd.PeriodDtype) or dtype.kind == "M":
        return mend(DATES)
    return mend(CONVERSIONS[dtype.kind]) if dtype.kind in CONVERSIONS else _advise_reading(column, locate, mend)


def _advise_reading(column, locate, mend):
    """Advise to read text as numbers, where that is possible; else name the first value that is none."""
    objects = pd.Series(np.asarray(column, dtype=object))
    unread = pd.to_numeric(objects, errors="coerce").isna() & objects.notna()
    if not unread.any():
        return mend(TO_NUMBERS)
    first = int(unread.argmax())
    return f"{objects[first]!r} {locate(first)} is no number. {mend(UNREADABLE)}"


def _objects_as_float64(column, label, locate, mend):
    values = np.empty(len(column))
    for position, value in enumerate(np.asarray(column, dtype=object)):
        if value is None or value is pd.NA or value is pd.NaT:
            values[position] = np.nan
        elif isinstance(value, (numbers.Real, decimal.Decimal)) and not isinstance(value, (bool, np.bool_)):
            values[position] = value
        else:
            if isinstance(value, (datetime.date, pd.Period)):
                advice = mend(DATES)
            elif isinstance(value, (bool, np.bool_)):
                advice = mend(CONVERSIONS["b"])
            else:
                advice = _advise_reading(column, locate, mend)
            raise TypeError(
                f"{start(label)} holds {value!r} of type {type(value).__name__} {locate(position)}; "
                f"allowed are real numbers. {advice}"
            )
    return values


def start(label):
    """Return a label as the beginning of a sentence."""
    return label[0].upper() + label[1:]


def describe_nonfinite(values, locate):
    """Say what is missing or infinite in one column, for an error.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        At least one value is not finite.
    locate : callable
        From a position to text.

    Returns
    -------
    str
        A clause such as ``"has 2 missing values, the first at 2020-03-01"``.
    """
    bad = ~np.isfinite(values)
    first = int(bad.argmax())
    kind = "missing" if np.isnan(values[first]) else "infinite"
    same = np.isnan(values) if kind == "missing" else np.isinf(values)
    count = int(same.sum())
    if kind == "missing" and count == len(values):
        return f"holds no value at all: all {count} are missing, the first {locate(first)}"
    if count == 1:
        return f"has {'an' if kind == 'infinite' else 'a'} {kind} value {locate(first)}"
    return f"has {count} {kind} values, the first {locate(first)}"
