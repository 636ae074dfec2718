"""Numbers of the target: what is cast to float64, what is refused, and where the first bad one stands."""

import decimal
import numbers

import numpy as np
import pandas as pd

REAL_KINDS = "iuf"
MEND = {
    "b": "Cast with .astype(float) if you mean the numbers 0 and 1.",
    "c": "Forecast real and imaginary part as two series.",
    "M": "Dates belong to the index: data.set_index(...) with this column.",
    "m": "Give numbers, for example .dt.total_seconds().",
}
MEND_DEFAULT = (
    "Convert it to numbers first, for example with pd.to_numeric; dates belong to the index, data.set_index(...)."
)


def as_float64(column, label, place):
    """Cast one column of numbers to a new float64 array.

    Integers, floats of any width and byte order, nullable and Arrow numbers, and objects that are real
    numbers (``Decimal``, ``Fraction``, numpy scalars) are cast; missing values become NaN.

    Parameters
    ----------
    column : Series or ndarray of shape (n,)
        The numbers.
    label : str
        How the column is called in an error, such as ``"column 'a'"``.
    place : callable
        Position to text, such as ``"at 2020-01-01"``; called only for an error.

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
        raise TypeError(f"{_start(label)} is sparse ({dtype}); allowed are dense real numbers. Use .sparse.to_dense().")
    if dtype.kind in REAL_KINDS or (dtype.kind == "O" and pd.api.types.is_numeric_dtype(dtype)):
        if isinstance(dtype, np.dtype):
            return np.array(np.asarray(column), dtype=np.float64)
        return np.array(column.to_numpy(dtype="float64", na_value=np.nan))
    if dtype == np.dtype("O"):
        return _objects_as_float64(column, label, place)
    mend = MEND.get(dtype.kind, MEND_DEFAULT)
    raise TypeError(f"{_start(label)} has dtype {dtype}; allowed are real numbers. {mend}")


def _objects_as_float64(column, label, place):
    values = np.empty(len(column))
    for position, value in enumerate(np.asarray(column, dtype=object)):
        if value is None or value is pd.NA:
            values[position] = np.nan
        elif isinstance(value, (numbers.Real, decimal.Decimal)) and not isinstance(value, (bool, np.bool_)):
            values[position] = value
        else:
            raise TypeError(
                f"{_start(label)} holds {value!r} of type {type(value).__name__} {place(position)}; "
                f"allowed are real numbers. {MEND_DEFAULT}"
            )
    return values


def _start(label):
    return label[0].upper() + label[1:]


def describe_nonfinite(values, place):
    """Say what is missing or infinite in one column, for an error.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        At least one value is not finite.
    place : callable
        Position to text.

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
        return f"holds no value at all: all {count} are missing, the first {place(first)}"
    if count == 1:
        return f"has {'an' if kind == 'infinite' else 'a'} {kind} value {place(first)}"
    return f"has {count} {kind} values, the first {place(first)}"
