"""Error messages about frames that are not quite wide: dates or ids among the columns, long frames of other names."""

import pandas as pd

from tsrnn.frames.advice import assign, holds_dates, read_text
from tsrnn.frames.columns import quote
from tsrnn.frames.id_advice import telling_apart
from tsrnn.frames.values import CLEAN_FIRST, DATES, TO_NUMBERS, UNREADABLE


def explain_partial(data, names, present):
    """Say what a frame with some columns of the long form lacks, and how to mend it."""
    missing = [name for name in names if name not in present]
    others = [column for column in data.columns if column not in present]
    text = f"A long DataFrame needs the columns {list(names)}; got {present} without {missing}."
    if set(missing) <= set(data.index.names) and _may_be_long(data, names):
        return f"{text} The index has {missing}: data.reset_index()."
    if holds_dates(data.index.to_series()):
        return f"{text} {_rename_columns(names, present)}"
    if isinstance(names.id_col, tuple) and set(names.id_col) <= set(data.columns):
        return f"{text} A tuple is the name of one column; several are a list: id_col={list(names.id_col)!r}."
    if len(names.id_cols) > 1:
        return f"{text} {_name_ids(data, names, others)}"
    if names.id_col not in present:
        wide = f"data.set_index({names.time_col!r}) makes a DataFrame with one column a series"
        ids = [column for column in others if not pd.api.types.is_float_dtype(data[column])]
        if names.target_col not in present:
            return f"{text} If each column is a series, {wide}.{_name_columns(data, names, missing, others)}"
        if not ids:
            one = "RNNForecaster(..., id_col='unique_id')"
            return f"{text} If it is one series, leave id_col as it is by default: {one}; {wide}."
        return f"{text}{_name_columns(data, names, missing, ids)} If each column is a series, {wide}."
    return (
        f"{text}{_name_columns(data, names, missing, others)} If each column is a series, rename {present[0]!r} or set "
        "id_col, time_col and target_col to other names."
    )


def _rename_columns(names, present):
    """Advise how a frame with dates in the index is told from a long one."""
    found = {"id_col": list(names.id_cols), "time_col": [names.time_col]}
    taken = {key: [name for name in columns if name in present] for key, columns in found.items()}
    new = {name: f"{name}_series" for columns in taken.values() for name in columns}
    keys = [key for key, columns in taken.items() if columns]
    others = ", ".join(f"{key}={key!r}" for key in keys)
    return (
        "The index holds time stamps: if each column is a series, rename the columns, "
        f"data.rename(columns={new}), or set {' and '.join(keys)} to another name, as in RNNForecaster(..., {others})."
    )


def _name_ids(data, names, others):
    """Advise which of several id columns a frame has."""
    ids = [name for name in names.id_cols if name in data.columns]
    ids += [column for column in others if not (pd.api.types.is_float_dtype(data[column]) or holds_dates(data[column]))]
    return f"Add what is missing, or set id_col to columns of ids that the frame has, among {ids}."


def _may_be_long(data, names):
    """Whether the ids, in the index or a column, may be ids: no fractions, and not each in one row only."""
    columns = data.reset_index()
    ids = columns.loc[:, [name for name in names.id_cols if name in columns.columns]]
    return bool(ids.duplicated().any()) and not any(map(pd.api.types.is_float_dtype, ids.dtypes))


def _name_columns(data, names, missing, others):
    """Advise the parameters that name the columns of a long frame, where there are columns to name."""
    if len(others) < len(missing):
        return ""
    dates = [column for column in others if holds_dates(data[column])]
    numbers = [column for column in others if _holds_numbers(data[column]) and column not in dates]
    rest = [column for column in others if column not in dates]
    found = {}
    if names.time_col in missing:
        found["time_col"] = (dates or numbers or others)[0]
    if names.id_col in missing:
        texts = [column for column in rest if column not in numbers]
        ids = texts or [column for column in rest if column not in found.values()] or others
        found["id_col"] = _choose_ids(data, ids, found.get("time_col", names.time_col))
    if names.target_col in missing:
        found["target_col"] = ([column for column in numbers if column not in found.values()] or others)[-1]
    arguments = ", ".join(f"{key}={found[key]!r}" for key in ("id_col", "time_col", "target_col") if key in found)
    return f" If its columns have other names, set them: RNNForecaster(..., {arguments})."


def _choose_ids(data, candidates, time_col):
    """Return the name of a column of ids, or a list of those that tell apart rows of one time stamp."""
    ids = telling_apart(data[[time_col]], data[candidates]) if time_col in data.columns else []
    return ids if len(ids) > 1 else (ids or candidates)[0]


def explain_repeated(data):
    """Say how stamps that repeat beside a column of ids become a panel; "" if this is no such frame."""
    twice = data.index.duplicated()
    if not twice.any():
        return ""
    texts = [name for k, name in enumerate(data.columns) if not _holds_numbers(data.iloc[:, k])]
    if not texts:
        return ""
    first, long = data.index[twice][0], _name_long_frame(data)
    if long:
        return f"the index has duplicate time stamps, the first {first}. {long}"
    return (
        f"the index has duplicate time stamps, the first {first}, and column {quote(texts[0])} is text. If it holds "
        f"the ids of the series: data.set_index({texts[0]!r}, append=True).swaplevel()."
    )


def explain_transposed(data):
    """Say that time stamps among the columns belong to the index; "" if they are in the index, or nowhere."""
    if pd.api.types.infer_dtype(data.index, skipna=True) not in ("string", "categorical") or read_text(data.index):
        return ""
    if not (holds_dates(data.columns.to_series()) or read_text(data.columns)):
        return ""
    return (
        f"the columns are time stamps, the first {data.columns[0]}, and the index is text, the first "
        f"{quote(data.index[0])}. Each column must be a series: transpose the data, data.T."
    )


def mend_column(data, k):
    """Return the function that advises how to mend column ``k`` of a frame; see `tsrnn.frames.values.as_float64`."""

    def mend(conversion):
        name, column = data.columns[k], data.iloc[:, k]
        long = _name_long_frame(data)
        if long:
            return long
        if conversion == DATES:
            return f"Dates belong to the index: data.set_index({name!r})."
        if conversion in (TO_NUMBERS, UNREADABLE) and holds_dates(column):
            dates = assign(name, f"pd.to_datetime(data[{name!r}])")
            return f"Dates belong to the index: {dates}.set_index({name!r})."
        if conversion == UNREADABLE:
            return f"{CLEAN_FIRST[:-1]}, or drop the column: data.drop(columns=[{name!r}])."
        return f"Convert it: {assign(name, conversion.replace('{}', f'data[{name!r}]'))}."

    return mend


def _name_long_frame(data):
    """Advise the parameters of a long frame where this looks like one of other column names, else ""."""
    columns = {name: data.iloc[:, k] for k, name in enumerate(data.columns)}
    dates = [name for name, column in columns.items() if holds_dates(column)]
    others = [name for name in columns if name not in dates]
    texts = [name for name in others if not _holds_numbers(columns[name])]
    is_panel = bool(dates) and columns[dates[0]].duplicated().any()
    if not dates or len(others) < 2 or not (texts or is_panel):
        return ""
    id_col = _choose_ids(data, texts or others[:1], dates[0]) if is_panel else None
    ids = id_col if isinstance(id_col, list) else [id_col]
    target_col = next((name for name in others if name not in ids and _holds_numbers(columns[name])), None)
    if target_col is None:
        return ""
    named = f"id_col={id_col!r}, " if is_panel else ""
    return (
        "For a long DataFrame, name its columns: "
        f"RNNForecaster(..., {named}time_col={dates[0]!r}, target_col={target_col!r})."
    )


def _holds_numbers(column):
    return pd.api.types.is_numeric_dtype(column.dtype)
