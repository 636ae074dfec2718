"""Identity of series: ids keep their type, and an id that reads alike but has another type is refused."""

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
    ids : Index or Series of shape (n_rows,)
        The id of each row.
    what : str
        How they are called in an error.

    Returns
    -------
    codes : ndarray of shape (n_rows,), int
        Position of each row's id in ``unique``; -1 where it is missing.
    unique : Index
        The ids in order of appearance, in the dtype of ``ids``.

    Raises
    ------
    ValueError
        If two ids of different types read alike or are equal.
    """
    codes, unique = pd.factorize(ids)
    unique = own_index(pd.Index(unique, dtype=unique.dtype, tupleize_cols=False))
    if unique.dtype == object and pd.api.types.infer_dtype(ids, skipna=True) in MIXED:
        _refuse_equal_types(codes, ids, unique, what)
        refuse_alike(unique, what)
    return codes, unique


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
        From a dtype to the expression that converts the ids in the user's data.

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
        for k in range(seen.nlevels):
            levels = f"data.columns.set_levels(data.columns.levels[{k}].astype({{!r}}), level={k})"
            ids_like(ids.levels[k], seen.levels[k], f"data.set_axis({levels}, axis=1)".format)
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
    if not isinstance(seen, pd.CategoricalIndex):
        return seen.append(new)
    categories = seen.categories.append(new.difference(seen.categories, sort=False))
    values = plain_ids(seen).append(new)
    return pd.CategoricalIndex(values, categories=categories, ordered=seen.ordered, name=seen.name)
