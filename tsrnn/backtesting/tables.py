"""Tables of a backtest: names of the columns, and the forecasts of one origin."""

import numpy as np
import pandas as pd

from tsrnn.backtesting.naive_quantiles import has_quantiles
from tsrnn.forecaster import RNNForecaster
from tsrnn.intervals import split_column
from tsrnn.windows import rows_of


def name_columns(forecasters, suffixes):
    """Return the columns of each forecaster: its name and, where it has quantiles, those of these.

    Parameters
    ----------
    forecasters : dict of str to object
        Forecasters by name.
    suffixes : iterable of str
        Suffixes of the columns of quantiles.

    Returns
    -------
    dict of str to list of str

    Raises
    ------
    ValueError
        If a forecaster has the name of a quantile of another one.
    """
    for name in forecasters:
        parts = split_column(name)
        if parts and parts[0] in forecasters:
            raise ValueError(
                f"The forecaster {name!r} has the name of a quantile of the forecaster {parts[0]!r}. Give it another "
                f"name, such as {name.replace('-', '_')!r}."
            )
    return {
        name: [name, *(f"{name}-{suffix}" for suffix in suffixes)]
        if isinstance(forecaster, RNNForecaster) or has_quantiles(forecaster)
        else [name]
        for name, forecaster in forecasters.items()
    }


def require_free_names(names, forecasters, chosen):
    """Refuse names that two columns of the output would have.

    Parameters
    ----------
    names : Names
        Names of the columns of ids, time and target.
    forecasters : list of str
        Names of the forecasters, and of the columns of their quantiles.
    chosen : collection of str
        Those that the user has chosen.
    """
    outputs = ["cutoff", *forecasters]
    if "cutoff" in forecasters:
        raise ValueError("'cutoff' is a column of the output. Give the forecaster another name.")
    columns = [("id_col", name) for name in names.id_cols]
    columns += [("time_col", names.time_col), ("target_col", names.target_col)]
    for parameter, name in columns:
        if name in chosen:
            raise ValueError(
                f"{name!r} is the name of a forecaster and of the column of {parameter}. Give the forecaster another "
                f"name, such as {f'{name}_forecast'!r}."
            )
        if name in outputs:
            given, free = getattr(names, parameter), f"{name}_given"
            other = [free if old == name else old for old in given] if isinstance(given, list) else free
            raise ValueError(
                f"{parameter}={given!r} is the name of an output column of backtest: {', '.join(map(repr, outputs))}. "
                f"Set another one, such as {parameter}={other!r}; in a long DataFrame, rename the column: "
                f"data.rename(columns={{{name!r}: {free!r}}})."
            )


def name_ids(panel, forecasters):
    """Return the names of the columns of ids, one for each level of the ids, or one for all.

    Parameters
    ----------
    panel : Panel
        The series.
    forecasters : list of str
        Names of the forecasters, and of the columns of their quantiles.

    Returns
    -------
    list of column names

    Raises
    ------
    ValueError
        If a level of the index has the name of another column of the output.
    """
    names = list(panel.names.id_cols)
    if len(names) != panel.ids.nlevels and hasattr(panel.layout, "level_names"):
        names = _names_of_levels(panel, ["cutoff", *forecasters, panel.names.time_col, panel.names.target_col])
    if len(names) == panel.ids.nlevels:
        return names
    return names if len(names) == 1 else ["unique_id"]


def _names_of_levels(panel, outputs):
    """Return the names of several levels of ids, if they are free for columns."""
    *levels, time = panel.layout.level_names
    names = [f"level_{k}" if name is None else name for k, name in enumerate(levels)]
    taken = [name for name in names if name in outputs]
    if taken:
        given = [f"{name}_given" if name in taken else name for name in levels]
        raise ValueError(
            f"A level of the index has the name of an output column of backtest, {taken[0]!r}. Rename it: "
            f"data.rename_axis({[*given, time]})."
        )
    return names


def tabulate(panel, id_cols, origin, columns, forecasts):
    """Return one origin as a long frame.

    Parameters
    ----------
    panel : Panel
        The series, with the steps that are compared.
    id_cols : list of column names
        As from `name_ids`.
    origin : Origin
        The origin.
    columns : list of list of str
        Columns of each forecaster.
    forecasts : list of ndarray of shape (n_series, horizon, n_columns)
        Forecasts from it, by forecaster.

    Returns
    -------
    DataFrame
        A row for each step of each series that is compared.
    """
    counts, lengths = origin.counts, origin.panel.lengths
    rows = rows_of(panel.offsets[:-1] + lengths, counts)
    stamps = rows - panel.offsets[:-1].repeat(counts) if panel.shares_times else rows
    is_compared = np.arange(counts.max()) < counts[:, None]
    ids = _ids_of(panel)
    levels = [ids.to_flat_index()] if len(id_cols) < ids.nlevels else map(ids.get_level_values, range(ids.nlevels))
    return pd.DataFrame(
        {
            **{name: level.repeat(counts) for name, level in zip(id_cols, levels, strict=True)},
            panel.names.time_col: panel.as_given(panel.times[stamps]),
            "cutoff": panel.as_given(origin.cutoffs.repeat(counts)),
            panel.names.target_col: panel.values[rows],
            **{
                name: values[is_compared, k]
                for names, values in zip(columns, forecasts, strict=True)
                for k, name in enumerate(names)
            },
        }
    )


def _ids_of(panel):
    """Return the ids; that of a Series without a name is the name of the target column."""
    if panel.n_series == 1 and panel.ids[0] is None:
        return pd.Index([panel.names.target_col])
    return panel.ids
