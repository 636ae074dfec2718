"""`Native`: the data frame library that series came from, and forecasts given back in it, through narwhals."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tsrnn.frames.native_columns import write_column

# Known without narwhals, which is not imported for them.
OWN = (type(None), pd.Series, pd.DataFrame, pd.Index, np.ndarray, list, tuple, dict, str, bytes, int, float)


@dataclass(frozen=True)
class Native:
    """Library, form and dtypes of series that did not come in pandas.

    Attributes
    ----------
    backend : str
        Name of the library, as narwhals knows it.
    is_series : bool
        Whether they came as a Series.
    columns : tuple of str
        Columns besides ids and time stamps; the name of a Series.
    dtypes : dict of str to ColumnType
        Of the columns of ids and time stamps.
    time_col : str, optional
        Column that is the index in pandas.
    is_bare : bool, default=False
        Whether the rows had neither ids nor time stamps.
    """

    backend: str
    is_series: bool
    columns: tuple[str, ...]
    dtypes: dict = field(default_factory=dict)
    time_col: str | None = None
    is_bare: bool = False

    def name(self, result):
        """Return an array, whose columns are those given, as a DataFrame; anything else as it is."""
        if not isinstance(result, np.ndarray):
            return result
        return pd.DataFrame(result.reshape(len(result), -1), columns=list(self.columns))

    def give(self, result):
        """Return a Series, a DataFrame or an array in this library.

        Parameters
        ----------
        result : Series, DataFrame or ndarray
            A forecast in the layout that the series were read in, or any other table.

        Returns
        -------
        Series or frame of the library
            Ids and time stamps in the dtypes given, where these can hold them; an index that was no column is left
            out.
        """
        import narwhals.stable.v2 as nw

        library = nw.Implementation.from_backend(self.backend)
        if library.is_pandas_like():
            return getattr(library.to_native_namespace(), type(result).__name__)(result)
        if isinstance(result, np.ndarray):
            result = self.name(result)
            result = result.iloc[:, 0] if self.is_series else result
        if isinstance(result, pd.Series):
            name = self.columns[0] if self.is_series else result.name
            return write_column(result.rename(name), None, self.backend).to_native()
        if self.time_col is not None and result.index.name == self.time_col:
            result = result.reset_index()
        result = result.rename(columns=str)
        return nw.from_dict({name: self._write(result, name) for name in result.columns}).to_native()

    def _write(self, table, name):
        column, given = table[name], self.dtypes.get(name)
        if given is None and column.dtype.kind == "M":  # such as the last stamp seen
            given = next((known for known in self.dtypes.values() if known.common.is_temporal()), None)
        return write_column(column, given, self.backend)


def is_native(data, name="data"):
    """Tell whether data is a Series or a frame of another library than pandas; see `open_native`."""
    return open_native(data, name) is not None


def open_native(data, name="data"):
    """Return data of another library as a narwhals frame or Series; None for what is none.

    Raises
    ------
    TypeError
        If it is not held in memory; the error calls it ``name``.
    ValueError
        If two of its columns have one name.
    """
    if isinstance(data, OWN):
        return None
    import narwhals.stable.v2 as nw

    try:
        opened = nw.from_native(data, pass_through=True, allow_series=True)
    except nw.exceptions.DuplicateError as error:
        raise ValueError(f"Two columns have one name. {error} Rename one of them.") from error
    if isinstance(opened, nw.LazyFrame):
        is_polars = opened.implementation.is_polars()
        collect = f"{name}.collect()" if is_polars else f"narwhals.from_native({name}).collect().to_native()"
        raise TypeError(
            f"The data must be held in memory. Got a lazy frame, {type(data).__module__}.{type(data).__qualname__}. "
            f"Collect it: {collect}."
        )
    return opened if isinstance(opened, (nw.DataFrame, nw.Series)) else None
