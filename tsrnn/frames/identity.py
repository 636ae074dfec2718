"""Identity of series: ids keep their type, and an id that reads alike but has another type is refused."""

from functools import partial

import numpy as np
import pandas as pd

from tsrnn.frames.columns import quote

MIXED = ("mixed", "mixed-integer", "mixed-integer-float")


def own_index(index):
    """Return a copy of an index that shares nothing with it: no values, no name, no cached properties."""
    if isinstance(index, pd.CategoricalIndex):
        categories = index.categories.copy(deep=True)
        return pd.CategoricalIndex(
            pd.Categorical.from_codes(index.codes, categories, ordered=index.ordered), name=index.name
        )
    if isinstance(index, pd.RangeIndex):
        return pd.RangeIndex(index.start, index.stop, index.step, name=index.name)
    return index.copy(deep=True)


def unique_ids(ids, what):
    """Group rows by id.

    Parameters
    ----------
    ids : Index, Series, MultiIndex or DataFrame of n_rows rows
        The id of each row; of several levels or columns, their values together.
    what : str
        How they are called in an error.

    Returns
    -------
    codes : ndarray of shape (n_rows,), int
        Position of each row's id in ``unique``; -1 where it is missing, or a part of it.
    unique : Index
        The ids in order of appearance, in the dtype of ``ids``; a MultiIndex where there are several levels or columns.

    Raises
    ------
    ValueError
        If two ids of different types read alike or are equal.
    """
    if isinstance(ids, pd.DataFrame):
        return _unique_keys([ids.iloc[:, k] for k in range(ids.shape[1])], list(ids.columns), what)
    if isinstance(ids, pd.MultiIndex):
        return _unique_keys([ids.get_level_values(k) for k in range(ids.nlevels)], ids.names, what)
    codes, unique = pd.factorize(ids)
    unique = own_index(pd.Index(unique, dtype=unique.dtype, tupleize_cols=False))
    if unique.dtype == object and pd.api.types.infer_dtype(ids, skipna=True) in MIXED:
        _refuse_equal_types(codes, ids, unique, what)
        refuse_alike(unique, what)
    return codes, unique


def _unique_keys(columns, names, what):
    """Group rows by the values of several columns together."""
    parts = [unique_ids(column, what) for column in columns]
    rows = np.flatnonzero(np.logical_and.reduce([codes >= 0 for codes, _ in parts]))
    keys = np.zeros(len(rows), dtype=np.int64)
    for codes, unique in parts:
        keys = pd.factorize(keys * len(unique) + codes[rows])[0]
    first = rows[np.unique(keys, return_index=True)[1]]
    codes = np.full(len(columns[0]), -1)
    codes[rows] = keys
    levels, level_codes = [unique for _, unique in parts], [part[first] for part, _ in parts]
    return codes, pd.MultiIndex(levels, level_codes, names=names)


def one_column(ids):
    """Return a frame or index of ids as a Series or Index where it has one column or level, otherwise as it is."""
    if isinstance(ids, pd.DataFrame):
        return ids.iloc[:, 0] if ids.shape[1] == 1 else ids
    return ids.get_level_values(0) if ids.nlevels == 1 else ids


def _refuse_equal_types(codes, ids, unique, what):
    """Refuse 1, 1.0 and True in one column: pandas takes them for one id."""
    for code, value in zip(codes, ids, strict=True):
        if code >= 0 and _types(value) != _types(unique[code]):
            raise ValueError(_two_types(what, unique[code], value))


def refuse_alike(ids, what):
    """Refuse ids of which two read alike or are equal although their types differ: 1 and '1', 1 and True."""
    known = {}
    for value in ids:
        for key in (_read(value), (value,)):
            other = known.setdefault(key, value)
            if _types(other) != _types(value):
                raise ValueError(_two_types(what, other, value))


def _types(value):
    return tuple(map(type, value)) if isinstance(value, tuple) else (type(value),)


def _read(value):
    """Return what an id reads as: its text, whatever the types of its parts."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _two_types(what, one, other):
    one, other = (f"{quote(value)} ({', '.join(kind.__name__ for kind in _types(value))})" for value in (one, other))
    return f"{one} and {other} read alike, in {what}. Give the ids one type, for example str."


def plain_ids(ids):
    """Return ids without categories."""
    if isinstance(ids, pd.MultiIndex):
        return ids.set_levels([plain_ids(level) for level in ids.levels])
    return ids.astype(ids.categories.dtype) if isinstance(ids, pd.CategoricalIndex) else ids


def kind_of(ids):
    """Name the kind of the values of ids: "string", "integer", "datetime", ..."""
    return pd.api.types.infer_dtype(plain_ids(ids).astype(object), skipna=True)


def ids_like(ids, seen, convert):
    """Convert the ids of new data to the type of those seen.

    Parameters
    ----------
    ids, seen : Index
        Unique ids.
    convert : callable
        From a dtype, and the position of the level where ids have several, to the expression that converts the ids in
        the user's data.

    Returns
    -------
    Index
        ``ids`` in the dtype of ``seen`` without categories.

    Raises
    ------
    TypeError
        If they are of another kind: text and integers, say, or booleans and integers.
    ValueError
        Where ``seen`` has several types: if an id reads like one of another type.
    """
    if isinstance(seen, pd.MultiIndex) and isinstance(ids, pd.MultiIndex) and seen.nlevels == ids.nlevels:
        levels = enumerate(zip(ids.levels, seen.levels, strict=True))
        return ids.set_levels([ids_like(new, old, partial(convert, level=k)) for k, (new, old) in levels])
    if isinstance(seen, pd.MultiIndex) or isinstance(ids, pd.MultiIndex):
        return ids
    seen, ids = plain_ids(seen), plain_ids(ids)
    kinds = kind_of(ids), kind_of(seen)
    if kinds[1] in MIXED:
        ids = ids.astype(object)
        refuse_alike([*seen, *ids], "the data seen with the new data")
        return ids
    if kinds[0] == kinds[1] or set(kinds) == {"integer", "floating"}:
        same = _cast_exactly(ids, seen.dtype)
        if same is not None:
            return same
    names = [f"{_type_of(index[0])} (first {quote(index[0])})" for index in (ids, seen)]
    raise TypeError(
        f"The new ids are {names[0]}, those seen before are {names[1]}; they must be of one type. If they name the "
        f"same series, convert them: {convert(_castable(seen))}."
    )


def _type_of(value):
    return type(value.item() if isinstance(value, np.generic) else value).__name__


def _castable(seen):
    """Write the dtype that ids are cast to; strings are objects in pandas 2."""
    return "str" if kind_of(seen) == "string" else str(seen.dtype)


def _cast_exactly(ids, dtype):
    """Return ids in another dtype, or None if that changes one."""
    if ids.dtype == dtype:
        return ids
    try:
        cast = ids.astype(dtype)
    except (TypeError, ValueError):
        return None
    return cast if np.asarray(cast.astype(object) == ids.astype(object)).all() else None


def join_ids(seen, new):
    """Append new ids, already in the type of those seen; categories grow where needed."""
    if not len(new):
        return seen
    if isinstance(seen, pd.MultiIndex):
        levels = [(seen.get_level_values(k), new.get_level_values(k)) for k in range(seen.nlevels)]
        return _unique_keys([join_ids(*level) for level in levels], seen.names, "the ids")[1]
    if not isinstance(seen, pd.CategoricalIndex):
        return pd.Index(seen.append(new), dtype=seen.dtype, tupleize_cols=False)  # pandas 3 makes str of objects
    categories = seen.categories.append(new.difference(seen.categories, sort=False))
    values = plain_ids(seen).append(new)
    return pd.CategoricalIndex(values, categories=categories, ordered=seen.ordered, name=seen.name)
