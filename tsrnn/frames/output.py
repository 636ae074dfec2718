"""More than a forecast in its container: quantiles and components beside it, and sample paths one under another."""

import numpy as np
import pandas as pd

UNNAMED = "y"  # Of a Series without a name, once it is a column.
PATH = "path"


def add_columns(forecast, more, names=None):
    """Return a forecast with more columns, named ``<target>-<name>``.

    Parameters
    ----------
    forecast : Series, DataFrame or ndarray
        As a layout builds it.
    more : dict of str to the same
        Further values by name, in the same container.
    names : Names, optional
        Columns of a long frame. In a frame without a time column, each column is a series.

    Returns
    -------
    DataFrame or ndarray
        Of a Series, a frame; of an array, one axis more, the last: the forecast, and what else there is in order.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.frames.output import add_columns
    >>> add_columns(pd.Series([3.0], name="sales"), {"level": pd.Series([2.0])})
       sales  sales-level
    0    3.0          2.0
    """
    if isinstance(forecast, np.ndarray):
        return np.stack([forecast, *more.values()], axis=-1)
    if isinstance(forecast, pd.Series):
        name = UNNAMED if forecast.name is None else forecast.name
        columns = {f"{name}-{suffix}": values.array for suffix, values in more.items()}
        return pd.DataFrame({name: forecast.array, **columns}, index=forecast.index)
    if names is not None and names.time_col in forecast.columns:
        target = names.target_col
        return forecast.assign(**{f"{target}-{suffix}": frame[target] for suffix, frame in more.items()})
    tables, labels = [forecast, *more.values()], []
    for column in forecast.columns:
        labels += [column, *(_with_suffix(column, suffix) for suffix in more)]
    repeated = pd.Index(labels, tupleize_cols=False)
    if repeated.has_duplicates:
        raise ValueError(
            f"The forecast would have the column {repeated[repeated.duplicated()][0]!r} twice. Rename that of the "
            "series."
        )
    k = np.arange(len(labels)).reshape(len(tables), -1).T.ravel()
    several = isinstance(forecast.columns, pd.MultiIndex)
    columns = pd.Index(labels, tupleize_cols=several).set_names(forecast.columns.names)
    values = np.hstack([table.to_numpy() for table in tables])[:, k]
    return pd.DataFrame(values, index=forecast.index, columns=columns)


def stack_paths(panel, paths):
    """Return sample paths in the container of the series, one under another.

    Parameters
    ----------
    panel : Panel
        The series.
    paths : ndarray of shape (n_paths, n_series, horizon), float64
        Values of the steps after their ends.

    Returns
    -------
    Series, DataFrame or ndarray
        As from :meth:`Panel.restore`, for each path: its number is the first level of the index, ``path``, or a first
        column where stamps are a column; of an array, the first axis.
    """
    names = [*panel.names.id_cols, panel.names.time_col, panel.names.target_col]
    names = getattr(panel.layout, "level_names", names if hasattr(panel.layout, "names") else [])
    if PATH in names:
        raise ValueError(
            f"The number of a path is in the column or level {PATH!r}. Got series with a column or level of that name. "
            "Rename it, and fit again."
        )
    times = panel.as_given(panel.continue_index(paths.shape[2]))
    tables = [panel.layout.build(panel.ids, times, path) for path in paths]
    if isinstance(tables[0], np.ndarray):
        if panel.native is None:
            return np.stack(tables)
        named = [panel.native.name(table) for table in tables]
        return pd.concat(named, keys=range(len(paths)), names=[PATH]).reset_index(level=PATH)
    stacked = pd.concat(tables, keys=range(len(paths)), names=[PATH])
    if stacked.index.names[1:] == [None] and panel.names.time_col in getattr(stacked, "columns", ()):
        return stacked.reset_index(level=PATH).reset_index(drop=True)
    return stacked if panel.native is None else stacked.reset_index()


def _with_suffix(column, suffix):
    if isinstance(column, tuple):
        return (*column[:-1], f"{column[-1]}-{suffix}")
    return f"{column}-{suffix}"
