"""Inputs `X`, read as sequences in one flat array."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array, validate_data

from tsrnn.sequence.tokens import encode_tokens, learn_categories

# Single precision is kept, all else becomes double. Whether numbers are finite is checked here, where the
# position of the first bad one is known.
NUMBERS = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}


@dataclass(frozen=True)
class Inputs:
    """Sequences under each other: sequence i has the rows from ``starts[i]`` to ``starts[i] + lengths[i]``.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_features)
        One row of numbers a step; without columns for tokens.
    codes : ndarray of int32, shape (n_rows, 1), or None
        The codes of tokens.
    starts, lengths : ndarray of shape (n_samples,), int64
        First row and number of rows of each sequence.
    ragged : bool
        Whether the sequences came one by one, so that results per step are given one by one too.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    ragged: bool
    codes: np.ndarray | None = None


def is_ragged(sequences):
    """Whether sequences come one by one, rather than as one rectangle.

    That is a one-dimensional object array or Series of sequences, a list that holds arrays, Series or frames,
    or a list of lists that differ in length.
    """
    if isinstance(sequences, list | tuple):
        lengths = {len(item) for item in sequences if isinstance(item, list | tuple)}
        return len(lengths) > 1 or any(getattr(item, "ndim", 0) > 0 for item in sequences)
    if getattr(sequences, "ndim", None) == 1 and str(getattr(sequences, "dtype", None)) == "object":
        return any(isinstance(item, list | tuple) or getattr(item, "ndim", 0) > 0 for item in sequences)
    return False


def axes_of(array):
    """Return the number of axes of an array-like."""
    return array.ndim if hasattr(array, "ndim") else np.asarray(array).ndim


def stack(sequences, name):
    """Put sequences that come one by one under each other.

    Parameters
    ----------
    sequences : iterable of array-like of shape (n_timesteps,) or (n_timesteps, n_columns)
        At least one; each at least one step long, all with the same columns.
    name : str
        Name in messages, "X" or "y".

    Returns
    -------
    values : ndarray of shape (n_rows,) or (n_rows, n_columns)
        The rows of the first sequence, of the second, and so on.
    lengths : ndarray of shape (n_samples,), int64
        Number of rows of each sequence.

    Raises
    ------
    ValueError
        Naming the first sequence that is empty, not an array, or of other columns than the first one.
    """
    arrays = []
    for sample, sequence in enumerate(sequences):
        array = as_array(sequence)
        if array.ndim not in (1, 2) or 0 in array.shape:
            got = repr(sequence) if array.ndim == 0 else f"an array of shape {array.shape}"
            raise ValueError(
                f"Every sequence in {name} must be a list or an array of shape (n_timesteps,) or "
                f"(n_timesteps, n_features), with at least one step. Got {got} at sample {sample}."
            )
        if arrays and array.shape[1:] != arrays[0].shape[1:]:
            raise ValueError(
                f"All sequences in {name} must have the same features. Sample 0 has shape {arrays[0].shape}, "
                f"sample {sample} has shape {array.shape}."
            )
        arrays.append(array)
    if len({array.dtype.kind in "US" for array in arrays}) > 1:
        arrays = [array.astype(object) for array in arrays]  # NumPy would make words of the numbers
    return np.concatenate(arrays), np.array([len(array) for array in arrays], dtype=np.int64)


def as_array(values):
    """Return an array of the values as they are: NumPy makes words of numbers beside words."""
    array = np.asarray(values)
    if array.dtype.kind in "US" and not hasattr(values, "dtype"):
        as_given = np.asarray(values, dtype=object)
        if not all(isinstance(value, str | bytes) for value in as_given.flat):
            return as_given
    return array


def starts_of(lengths):
    """Return the first rows of sequences that lie under each other."""
    return np.cumsum(lengths, dtype=np.int64) - lengths


def locate(row, starts):
    """Return the sample and the step of a row."""
    sample = int(np.searchsorted(starts, row, side="right")) - 1
    return sample, int(row - starts[sample])


def check_finite(values, starts, name, owner, columns=None):
    """Refuse NaN and infinity, saying where the first one is.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns), float
        One row a step.
    starts : ndarray of shape (n_samples,), int64
        First row of each sequence, ascending.
    name : str
        Name in messages, "X" or "y".
    owner : str
        Name of the estimator.
    columns : None or ndarray of shape (n_timesteps,)
        Names of the steps, where each sequence is a row of a frame.

    Raises
    ------
    ValueError
        With the sample, the step and the column of the first bad value.
    """
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    row, column = np.unravel_index(np.argmax(bad), bad.shape)
    what = "NaN" if np.isnan(values[row, column]) else "infinity"
    sample, step = locate(row, starts)
    count = np.count_nonzero(bad)
    many = "value in all is" if count == 1 else "values in all are"
    position = f"feature {column}" if columns is None else f"column {columns[step]!r}"
    raise ValueError(
        f"Input {name} contains {what}: first at sample {sample}, step {step}, {position}; "
        f"{count} {many} not finite. {owner} takes finite numbers only: fill or "
        "drop the missing ones. Sequences of different length are passed as a list of arrays, one per "
        "sequence, without padding."
    )


def refuse_times(values, name):
    """Refuse dates and durations, which NumPy would turn into huge numbers."""
    frame = hasattr(values, "columns") and hasattr(values, "dtypes")
    dtypes = zip(values.columns, values.dtypes, strict=True) if frame else [(None, getattr(values, "dtype", None))]
    for column, dtype in dtypes:
        is_time = dtype.is_temporal() if hasattr(dtype, "is_temporal") else getattr(dtype, "kind", None) in ("m", "M")
        if is_time:
            owner = name if column is None else f"Column {column!r} of {name}"
            raise TypeError(f"{owner} holds {dtype}, but must hold numbers: turn times into numbers first.")


def read_inputs(estimator, X, *, reset):
    """Check `X` and read it as sequences.

    Parameters
    ----------
    estimator : estimator
        Its `categories` parameter tells tokens from numbers. With `reset`, what is learned from `X` is set on
        it (`n_features_in_`, `feature_names_in_`, `input_size_`, `categories_`); without, `X` is checked
        against it.
    X : array-like or list of array-like
        As described in the estimators.
    reset : bool
        Whether this is the first data of a new fit.

    Returns
    -------
    Inputs

    Raises
    ------
    ValueError, TypeError
        If the shape or the type is not allowed, a number is not finite, a token is not known, or the features
        are not those of the fit.
    """
    read = _read_numbers if estimator.categories is None else _read_tokens
    return read(estimator, X, is_ragged(X), reset)


def _read_numbers(estimator, X, ragged, reset):
    """Sequences of numbers."""
    from_rows = not ragged and axes_of(X) < 3
    if ragged:
        values, lengths = stack(X, "X")
        refuse_times(values, "X")
        values = check_array(values.reshape(len(values), -1), input_name="X", estimator=estimator, **NUMBERS)
    else:
        refuse_times(X, "X")
        _require_steps(X)
        array = _check_rows(estimator, X, reset) if from_rows else _check_cube(estimator, X)
        lengths = np.full(len(array), array.shape[1])
        values = array.reshape(lengths.sum(), -1)
    owner, n_features = type(estimator).__name__, values.shape[1]
    columns = getattr(estimator, "feature_names_in_", None) if from_rows else None
    check_finite(values, starts_of(lengths), "X", owner, columns)
    if not reset and n_features != estimator.input_size_:
        raise ValueError(
            f"X has {n_features} features per step, but {owner} is expecting {estimator.input_size_} "
            "features per step as input."
        )
    if reset:
        estimator.input_size_ = n_features
        estimator._fitted_on_rows = from_rows
        if not from_rows:
            estimator.n_features_in_ = n_features
    return Inputs(values, starts_of(lengths), lengths, ragged)


def _require_steps(X):
    """Refuse an array without an axis of steps."""
    if issparse(X) or axes_of(X) > 1:
        return
    mend = "at least one sample is needed"
    if np.size(X):
        mend = "one sequence is np.reshape(X, (1, -1)), sequences of one step each are np.reshape(X, (-1, 1))"
    raise ValueError(
        "X must have the shape (n_samples, n_timesteps) or (n_samples, n_timesteps, n_features). Got shape "
        f"{np.shape(X)}. Reshape your data: {mend}."
    )


def _check_rows(estimator, X, reset):
    """Check a table whose rows are univariate sequences; its columns, too, if the fit saw a table."""
    if reset or estimator._fitted_on_rows:
        return validate_data(estimator, X, reset=reset, **NUMBERS)
    return check_array(X, input_name="X", estimator=estimator, **NUMBERS)


def _check_cube(estimator, X):
    """Check an array (n_samples, n_timesteps, n_features)."""
    array = check_array(X, allow_nd=True, input_name="X", estimator=estimator, **NUMBERS)
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(
            "X must have the shape (n_samples, n_timesteps) or (n_samples, n_timesteps, n_features), each at "
            f"least 1. Got shape {array.shape}."
        )
    return array


def _read_tokens(estimator, X, ragged, reset):
    """Sequences of tokens, as codes."""
    if issparse(X):
        raise TypeError("Sparse data was passed for X, but tokens must be dense. Use X.toarray().")
    tokens, lengths = stack(X, "X") if ragged else (as_array(X), None)
    if tokens.ndim != (1 if ragged else 2) or 0 in tokens.shape:
        raise ValueError(
            "With categories, X must be an array of shape (n_samples, n_timesteps) or a list of lists of "
            f"tokens, each at least one token long. Got shape {tokens.shape}."
        )
    if not ragged:
        lengths = np.full(len(tokens), tokens.shape[1])
    tokens, starts = tokens.reshape(-1), starts_of(lengths)
    if reset:
        estimator.categories_ = learn_categories(estimator.categories, tokens, type(estimator).__name__)
        estimator.input_size_, estimator.n_features_in_ = len(estimator.categories_), 1
    codes = encode_tokens(tokens, estimator.categories_, lambda row: locate(row, starts))
    return Inputs(np.empty((len(codes), 0)), starts, lengths, ragged, codes[:, None])
