"""Arguments of the metrics: float arrays, by the same labels where they are pandas objects."""

import re
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

import numpy as np
import pandas as pd

from tsrnn.frames.columns import Names, quote
from tsrnn.frames.native import is_native
from tsrnn.frames.native_reading import in_pandas
from tsrnn.frames.values import DATES, as_float64

P = ParamSpec("P")
T = TypeVar("T")
PATH = "path"  # Level of the index, or column, that numbers the paths of `RNNForecaster.sample`.


def takes_frames(metric: Callable[P, T]) -> Callable[P, T]:
    """Let a metric take frames and Series of other libraries than pandas.

    A column "ds" is the index, as in pandas; without one, rows are compared by position. In errors with advice, the
    expressions that bring the data into pandas are told, for which it is written.
    """
    names = list(signature(metric).parameters)

    @wraps(metric)
    def measure(*arguments, **named):
        ways = {}
        read = [
            _in_pandas(value, name, ways) for name, value in zip(names + [""] * len(arguments), arguments, strict=False)
        ]
        read_named = {name: _in_pandas(value, name, ways) for name, value in named.items()}
        try:
            return metric(*read, **read_named)
        except (TypeError, ValueError) as error:
            used = [f"{name} = {way}" for name, way in ways.items() if _is_code_of(name, str(error))]
            if not used or type(error) not in (TypeError, ValueError):
                raise
            raise type(error)(f"{error} This code is for pandas: {', '.join(used)}.") from error

    return measure


def _in_pandas(values, name, ways):
    """Return an argument in pandas or as an array, and add the expression that brings it there to ``ways``."""
    if not is_native(values):
        return values
    names, code = Names(), f"{name}.to_pandas()"
    with in_pandas(values, None, names) as (data, _, _):
        if isinstance(data, pd.DataFrame) and data.index.name == names.time_col:
            data = data.reset_index()
        if isinstance(data, pd.DataFrame) and names.time_col in data and names.id_col not in data:
            index = [PATH, names.time_col] if PATH in data else names.time_col
            data, code = data.set_index(index), f"{code}.set_index({index!r})"
        ways[name] = code
        return data


def _is_code_of(name, text):
    """Tell whether a message has an expression with a name: a method of it, a selection, or a call with it."""
    return re.search(rf"\b{name}(\.\w|\[)|\({name}[,)]", text) is not None


def read_alike(**arguments):
    """Return arguments as float64 arrays of one shape.

    Parameters
    ----------
    **arguments : array-like of shape (n_steps,) or (n_steps, n_series)
        By name, the truth first.

    Returns
    -------
    list of ndarray

    Raises
    ------
    ValueError, TypeError
        If a value is not a finite number, shapes differ, or any two pandas objects have other labels.
    """
    (first, _), *others = arguments.items()
    arrays = {name: as_floats(name, values) for name, values in arguments.items()}
    for name, _ in others:
        if arrays[name].shape != arrays[first].shape:
            raise ValueError(
                f"{first} and {name} must have the same shape. Got {arrays[first].shape} and {arrays[name].shape}."
            )
    check_same_rows(**arguments)
    check_same_columns(**arguments)
    return list(arrays.values())


def read_beside(y_true, what, n=None, **forecasts):
    """Return a truth with one more axis, and forecasts of several values at each of its elements.

    Parameters
    ----------
    y_true : array-like of shape (n_steps,) or (n_steps, n_series)
        Truth.
    what : str
        What the last axis of the forecasts holds, for an error.
    n : int, optional
        Length of this axis; any by default.
    **forecasts : array-like of shape (n_steps, n) or (n_steps, n_series, n)
        By name; frames are of a single series.

    Returns
    -------
    true : ndarray of shape (n_steps, 1) or (n_steps, n_series, 1)
    *arrays : ndarray of shape (n_steps, n) or (n_steps, n_series, n)

    Raises
    ------
    ValueError, TypeError
        As for `read_alike`.
    """
    true = as_floats("y_true", y_true)
    arrays = []
    for name, values in forecasts.items():
        array = to_array(name, values)
        if array.ndim != true.ndim + 1 or array.shape[:-1] != true.shape or array.shape[-1] != (n or array.shape[-1]):
            raise ValueError(
                f"{name} must have one axis more than y_true, the last, that is, for one series one column a {what}. "
                f"Got shapes {true.shape} and {array.shape}{f' for {n} {what}s' if n else ''}."
                f"{f' Pass np.moveaxis({name}, 0, -1).' if array.ndim > 1 and array.shape[1:] == true.shape else ''}"
            )
        _require_finite(name, values, array)
        arrays.append(array)
    check_same_rows(y_true=y_true, **forecasts)
    return true[..., None], *arrays


def as_floats(name, values, allow_nan=False):
    """Return `values` as a float64 array of one or two dimensions, or say which value cannot be used."""
    array = to_array(name, values)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{name} must have the shape (n_steps,) or (n_steps, n_series), with at least one value. "
            f"Got shape {array.shape}."
        )
    _require_finite(name, values, array, allow_nan)
    return array


def _require_finite(name, values, array, allow_nan=False):
    """Name the first value that is not finite."""
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        index = tuple(np.argwhere(bad)[0])
        raise ValueError(
            f"{name} must hold no {'' if allow_nan else 'NaN or '}infinity. "
            f"Got {array[index]} at {describe_position(values, index)}. Fill this step, or drop it throughout."
        )


def to_array(name, values):
    """Cast to float64; text, dates, booleans and long frames are refused by name."""
    if isinstance(values, list | tuple) and any(is_labelled(item) for item in values):
        raise TypeError(f"{name} must not be a list of pandas objects. Join them to one: pd.concat({name}, axis=1).")
    if isinstance(values, pd.DataFrame):
        return _frame_to_array(name, values)
    if isinstance(values, pd.Series):
        return as_float64(values, f"argument {name}", "at step {}".format, _mend(name))
    array = np.ma.filled(values.astype(np.float64), np.nan) if np.ma.isMaskedArray(values) else np.asarray(values)
    return as_float64(array.reshape(-1), f"argument {name}", "at element {}".format, _mend(name)).reshape(array.shape)


def _mend(column):
    """Return the function that advises how to make numbers of a column; see `tsrnn.frames.values.as_float64`."""

    def advise(conversion):
        if conversion == DATES:
            return "Dates belong to the index."
        return f"Convert it with {conversion.format(column)}."

    return advise


def _frame_to_array(name, frame):
    long = Names()
    if long.id_col in frame or long.time_col in frame:
        ids = (
            long.id_col
            if long.id_col in frame
            else [*frame.columns.drop([long.time_col, long.target_col], errors="ignore")]
        )
        wide = f".pivot(index={long.time_col!r}, columns={ids!r}, values={long.target_col!r})"
        if not ids:
            wide = f".set_index({long.time_col!r})[{long.target_col!r}]"
        raise ValueError(
            f"{name} must have one series a column. Got a long DataFrame with the columns {list(frame.columns)}. Pass "
            f"{name}{wide}."
        )
    columns = [
        as_float64(
            frame.iloc[:, k], f"column {quote(column)} of {name}", "at step {}".format, _mend(f"{name}.iloc[:, {k}]")
        )
        for k, column in enumerate(frame.columns)
    ]
    return np.column_stack(columns) if columns else np.empty(frame.shape)


def is_labelled(values):
    """Whether values come with labels of their own."""
    return isinstance(values, pd.Series | pd.DataFrame)


def describe_position(values, index):
    """Name an element of `values` as their owner knows it: the step with its time, the column."""
    step, *column = map(int, index)
    words = f"step {step}"
    if is_labelled(values):
        words += f" ({values.index[step]})"
    if column:
        words += f", column {values.columns[column[0]] if isinstance(values, pd.DataFrame) else column[0]}"
    return words


def check_same_rows(**arguments):
    """Refuse pandas objects of the same length over different times."""
    labels = {name: values.index for name, values in arguments.items() if is_labelled(values)}
    for one, other in _pairs(labels):
        step = _first_difference(labels[one], labels[other])
        if step is not None:
            raise ValueError(
                f"{one} and {other} must have the same index. At step {step} they have "
                f"{_tell_apart(labels[one][step], labels[other][step])}. Reindex one of them, or pass arrays if the "
                "times do not matter."
            )
        _require_unique(one, other, labels, "index")


def check_same_columns(**arguments):
    """Refuse frames of as many, but other series."""
    labels = {name: values.columns for name, values in arguments.items() if isinstance(values, pd.DataFrame)}
    for one, other in _pairs(labels):
        if _first_difference(labels[one], labels[other]) is not None:
            raise ValueError(
                f"{one} and {other} must have the same columns in the same order. Got {list(labels[one])} and "
                f"{list(labels[other])}. Select the columns of one by those of the other, or pass arrays if the names "
                "do not matter."
            )
        _require_unique(one, other, labels, "columns")


def _pairs(labels):
    """Pair the first name with each other one: if all are like the first, all are alike."""
    first, *others = labels or [None]
    return [(first, other) for other in others]


def _require_unique(one, other, labels, axis):
    """Refuse labels that do not say which value is which, unless both are columns of one frame."""
    if labels[one].has_duplicates and not labels[one].is_(labels[other]):
        twice = labels[one][labels[one].duplicated()][0]
        raise ValueError(
            f"{one} and {other} cannot be aligned: {twice} occurs several times in their {axis}. Give each label once, "
            "for example with the ids in the index, or pass arrays if both have the same order."
        )


def _first_difference(one, other):
    """Return the first position at which two indexes of one length have other labels, or None."""
    if one.equals(other):
        return None
    if one.nlevels != other.nlevels:
        return 0
    levels = [
        (one.get_level_values(k).astype(object), other.get_level_values(k).astype(object)) for k in range(one.nlevels)
    ]
    # Objects tell times by the instant: stamps in seconds and in nanoseconds are the same, with and without zone not.
    same = np.logical_and.reduce([a == b for a, b in levels])
    return None if same.all() else int(same.argmin())


def _tell_apart(a, b):
    """Write two labels such that they differ."""
    return f"{a} and {b}" if str(a) != str(b) else f"{quote(a)} and {quote(b)}"


def refuse_panels(metric, **arguments):
    """Refuse series one below the other, over (id, time), where a metric is taken of each series."""
    for name, values in arguments.items():
        n_ids = values.index.nlevels - 1 if is_labelled(values) else 0
        if n_ids and values.index.droplevel(-1).nunique() > 1:
            wide = f"{name}.unstack(level={list(range(n_ids)) if n_ids > 1 else 0})"
            raise ValueError(
                f"{metric} is taken of each series: {name} must have one series a column. Got several ids one below "
                f"the other, in the index {list(values.index.names)}. Pass {wide}, or take {metric} of each id if they "
                "differ in length."
            )


def check_ascending(name, values):
    """Refuse time stamps that repeat or descend: steps are counted from row to row."""
    if not is_labelled(values):
        return
    times = values.index.get_level_values(-1)
    is_time = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex) or pd.api.types.is_numeric_dtype(times.dtype)
    if is_time and not (times.is_unique and times.is_monotonic_increasing):
        wrong = int((times[1:] <= times[:-1]).argmax())
        raise ValueError(
            f"{name} must be in ascending order of time, each stamp once. Got {times[wrong + 1]} after {times[wrong]}. "
            f"Use {name}.sort_index(), or reset_index(drop=True) if its labels are no times."
        )
