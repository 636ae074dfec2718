"""Columns of covariates: what each holds at the fit, and their values as one table of numbers."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from tsrnn.frames.columns import quote
from tsrnn.frames.values import DATES, TO_NUMBERS, UNREADABLE, as_float64, start
from tsrnn.series.schema import Column


def as_frame(X, names=None):
    """Return covariates as a DataFrame; columns of an array take the names of the fit, or are numbered.

    Raises
    ------
    TypeError, ValueError
        If X is another container, has the wrong number of columns, or two of one name.
    """
    if isinstance(X, np.ndarray) and X.ndim == 2:
        if names is not None and X.shape[1] != len(names):
            raise ValueError(f"X must have the {len(names)} columns of the fit, {names}. Got shape {X.shape}.")
        frame = pd.DataFrame(X, columns=names)
        return frame.infer_objects() if X.dtype == object else frame
    if not isinstance(X, pd.DataFrame):
        error = ValueError if isinstance(X, np.ndarray) else TypeError
        raise error(f"X must be a DataFrame or an array of two dimensions. Got {_describe(X)}.{_convert(X)}")
    if X.columns.duplicated().any():
        raise ValueError(
            f"Duplicate column name {quote(X.columns[X.columns.duplicated()][0])} in X. Keep the first of each: "
            "X.loc[:, ~X.columns.duplicated()]."
        )
    return X


def _describe(X):
    shape = f" of shape {X.shape}" if hasattr(X, "shape") else ""
    return f"{'sparse ' * issparse(X)}{type(X).__name__}{shape}"


def _convert(X):
    if isinstance(X, pd.Series):
        return " Convert it: X.to_frame()."
    if issparse(X):
        return " Convert it: X.toarray()."
    if isinstance(X, np.ndarray) and X.ndim == 1:
        return " Convert it: X.reshape(-1, 1)."
    return " Convert it: X.to_pandas()." if hasattr(X, "to_pandas") else " Convert it: pd.DataFrame(X)."


def find_columns(frame, past_covariates):
    """Tell what each column of a frame holds, for a fit: a list of Column without defaults."""
    past = [] if past_covariates is None else list(past_covariates)
    unknown = [name for name in past if name not in frame.columns]
    if unknown:
        raise ValueError(
            f"past_covariates must name columns of X. Got {unknown[0]!r}; the columns are {frame.columns.tolist()}."
        )
    return [
        Column(
            name,
            "category" if _is_category(frame[name]) else "number",
            "past" if name in past else "future",
            _levels(frame[name]) if _is_category(frame[name]) else (),
        )
        for name in frame.columns
    ]


def _is_category(column):
    """Tell whether a column holds categories, texts or booleans."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return True
    if dtype == np.dtype("O"):
        return pd.api.types.infer_dtype(column, skipna=True) in ("string", "boolean")
    return pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_string_dtype(dtype)


def _levels(column):
    """Return the levels in ascending order: the same for texts and categories, whatever container declares them."""
    is_declared = isinstance(column.dtype, pd.CategoricalDtype)
    levels = column.cat.categories if is_declared else column.dropna().unique()
    return tuple(sorted(levels.tolist(), key=lambda level: (type(level).__name__, level)))


def read_table(frame, columns, where, skip_past=False):
    """Read columns of a frame as numbers and codes.

    Parameters
    ----------
    frame : DataFrame of n rows
        Covariates; columns that are not asked for are ignored.
    columns : sequence of Column
        What to read.
    where : callable
        From a row to text for an error, such as ``"at 2020-01-01"``.
    skip_past : bool, default=False
        Whether columns that are not known for the future may be absent; they are missing then.

    Returns
    -------
    ndarray of shape (n, len(columns)), float64
        NaN where missing.

    Raises
    ------
    TypeError, ValueError
        If a column is absent or of another dtype than in the fit, a value infinite, or a level unknown.
    """
    wanted = [column for column in columns if not (skip_past and column.known == "past")]
    absent = [column.name for column in wanted if column.name not in frame.columns]
    if absent:
        raise ValueError(
            f"X lacks the column{'s' * (len(absent) > 1)} {', '.join(map(quote, absent))} of the fit; it has "
            f"{frame.columns.tolist()}. Add {'them' if len(absent) > 1 else 'it'}."
        )
    table = np.full((len(frame), len(columns)), np.nan)
    for k, column in enumerate(columns):
        if column in wanted:
            read = _read_numbers if column.kind == "number" else _read_codes
            table[:, k] = read(frame[column.name], column, where)
    return table


def _read_numbers(given, column, where):
    label = f"column {quote(column.name)} of X"
    if _is_category(given):
        how = "float" if pd.api.types.is_bool_dtype(given.dtype) else None
        mend = f"X.astype({{{column.name!r}: float}})" if how else _assign(column.name, TO_NUMBERS)
        raise TypeError(f"{start(label)} has dtype {given.dtype}; the fit had numbers. Convert it: {mend}.")
    values = as_float64(given, label, where, lambda conversion: _mend(column.name, conversion))
    infinite = np.isinf(values)
    if infinite.any():
        raise ValueError(
            f"{start(label)} has {int(infinite.sum())} infinite value{'s' * (int(infinite.sum()) > 1)}, the first "
            f"{where(int(infinite.argmax()))}. Mark them as missing: X.replace([np.inf, -np.inf], np.nan)."
        )
    return values


def _mend(name, conversion):
    if conversion in (DATES, UNREADABLE):
        return f"Make numbers or categories of it, or drop it: X.drop(columns=[{name!r}])."
    return f"Convert it: {_assign(name, conversion)}."


def _assign(name, conversion):
    return f"X.assign(**{{{name!r}: {conversion.replace('{}', f'X[{name!r}]')}}})"


def _read_codes(given, column, where):
    label, levels = f"Column {quote(column.name)} of X", pd.Index(column.categories, dtype=object)
    is_text = all(isinstance(level, (str, bool)) for level in column.categories)
    if is_text and not _is_category(given) and given.notna().any():
        kind = "bool" if isinstance(column.categories[0], bool) else "str"
        raise TypeError(
            f"{label} has dtype {given.dtype}; the fit had categories such as {quote(column.categories[0])}. Convert "
            f"it: X.astype({{{column.name!r}: {kind}}})."
        )
    codes = levels.get_indexer(pd.Index(given.astype(object), dtype=object))
    unseen = (codes < 0) & given.notna().to_numpy()
    if unseen.any():
        row = int(unseen.argmax())
        all_levels = [*column.categories, *dict.fromkeys(given[unseen].tolist())]
        raise ValueError(
            f"{label} has the level {quote(given.iloc[row])} {where(row)}, which the fit had not; it had "
            f"{list(column.categories)}. Replace it by one of these or by a missing value, or fit anew and name all "
            f"levels in advance: X.astype({{{column.name!r}: pd.CategoricalDtype({all_levels})}})."
        )
    return np.where(codes < 0, np.nan, codes)
