"""Rows of one id and time stamp that a further column tells apart: perhaps a column of ids that was not named."""

import numpy as np
import pandas as pd

from tsrnn.frames.advice import holds_dates


def require_distinct(data, others, layout, codes, ticks):
    """Refuse rows of a long frame that have one id and time stamp and differ in a column that may hold ids.

    Parameters
    ----------
    data : DataFrame
        A long frame.
    others : list of column names
        Columns besides those of ids, time, target and weights.
    layout : LongLayout
        Its layout.
    codes, ticks : ndarray of shape (n_rows,), int64
        Position of the id of each row, and its time stamp.
    """
    others = [name for name in others if _may_hold_ids(data[name])]
    rows = pd.DataFrame({"id": codes, "time": ticks})
    twice = rows.duplicated().to_numpy() if others else np.zeros(0, dtype=bool)
    if not twice.any():
        return
    found = telling_apart(rows, data[others])
    if not found:
        return  # refused as duplicates
    row, count = int(twice.argmax()), int(twice.sum())
    ids = [*layout.id_cols, *found]
    raise ValueError(
        f"{layout.row_label(data, row)} has the time stamp {data[layout.names.time_col].iloc[row]} twice ({count} "
        f"duplicate{'s' * (count > 1)} in all); the rows differ in {', '.join(map(repr, found))}. If this tells series "
        f"apart, it belongs to the ids: RNNForecaster(..., id_col={ids if len(ids) > 1 else ids[0]!r}). Otherwise "
        f"aggregate ({layout.aggregate}) or drop them ({layout.deduplicate})."
    )


def _may_hold_ids(column):
    return not (pd.api.types.is_float_dtype(column.dtype) or holds_dates(column))


def telling_apart(keys, others):
    """Return the fewest columns with which no two rows are alike, the last ones left out first.

    Parameters
    ----------
    keys, others : DataFrame of n_rows rows
        Columns that two rows may share, and those that may tell them apart.

    Returns
    -------
    list of column names
        Empty if rows are alike in all columns, too.
    """
    n_keys = keys.shape[1]
    table = pd.concat([part.reset_index(drop=True) for part in (keys, others)], axis=1)
    table.columns = range(table.shape[1])

    def are_distinct(columns):
        return not table.duplicated([*range(n_keys), *columns]).any()

    kept = list(range(n_keys, table.shape[1]))
    if not are_distinct(kept):
        return []
    for k in kept[::-1]:
        fewer = [other for other in kept if other != k]
        if are_distinct(fewer):
            kept = fewer
    return [others.columns[k - n_keys] for k in kept]
