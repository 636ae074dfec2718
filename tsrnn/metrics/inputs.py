"""What the metrics take: values as float arrays of one shape, over the same times."""

import numpy as np


def as_floats(name, values, allow_nan=False):
    """Return `values` as a float64 array of one or two dimensions, or say which value cannot be used."""
    if hasattr(values, "iloc"):
        array = values.to_numpy(dtype="float64", na_value=np.nan)
    else:
        array = np.asarray(values, dtype="float64")
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(
            f"{name} must have the shape (n_steps,) or (n_steps, n_series), with at least one value. "
            f"Got shape {array.shape}."
        )
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        raise ValueError(
            f"{name} must hold no {'' if allow_nan else 'NaN or '}infinity. "
            f"Got {array[place]} at {describe_place(values, place)}. Fill this step, or drop it throughout."
        )
    return array


def describe_place(values, place):
    """Name a place in `values` as their owner knows it: the step with its time, the column."""
    step, *column = map(int, place)
    words = f"step {step}"
    if hasattr(values, "iloc"):
        words += f" ({values.index[step]})"
    if column:
        words += f", column {values.columns[column[0]] if hasattr(values, 'columns') else column[0]}"
    return words


def check_same_index(name, values, other_name, other):
    """Refuse two pandas objects of the same length over different times."""
    if not (hasattr(values, "iloc") and hasattr(other, "iloc")) or values.index.equals(other.index):
        return
    step = int(np.argmin(np.asarray(values.index == other.index)))
    raise ValueError(
        f"{name} and {other_name} must have the same index. At step {step} they have {values.index[step]} "
        f"and {other.index[step]}. Reindex one of them, or pass arrays if the times do not matter."
    )


def check_pair(y_true, other, other_name="y_pred"):
    """Return the truth and what is compared with it as float arrays of the same shape."""
    true, array = as_floats("y_true", y_true), as_floats(other_name, other)
    if true.shape != array.shape:
        raise ValueError(f"y_true and {other_name} must have the same shape. Got {true.shape} and {array.shape}.")
    check_same_index("y_true", y_true, other_name, other)
    if hasattr(y_true, "columns") and hasattr(other, "columns") and not y_true.columns.equals(other.columns):
        raise ValueError(
            f"y_true and {other_name} must have the same columns in the same order. "
            f"Got {list(y_true.columns)} and {list(other.columns)}."
        )
    return true, array
