"""Schema of covariates: which columns there are, and what is known of them when."""

from dataclasses import dataclass, replace

import numpy as np

NUMBER, CATEGORY = "number", "category"  # Kinds of a column.
PAST, FUTURE = "past", "future"  # Known up to the origin alone, or for the steps that are forecast as well.


@dataclass(frozen=True)
class Column:
    """One covariate.

    Attributes
    ----------
    name : str or int
        Name in the container.
    kind : {"number", "category"}
    known : {"past", "future"}
    categories : tuple
        Levels of a category, in the order of their codes.
    """

    name: object
    kind: str = NUMBER
    known: str = FUTURE
    categories: tuple = ()


@dataclass(frozen=True)
class Covariates:
    """Covariates of a panel, over the stamps of its series and beyond.

    Attributes
    ----------
    columns : tuple of Column
        The columns, in the order of the container.
    values : ndarray of shape (n_rows, n_columns), float64
        Numbers, and codes of categories; NaN where a value is missing.
    starts, stops : ndarray of int64, shape (n_series,)
        Rows of each series: row ``starts[i] + j`` belongs to step ``j`` of series ``i``, counted from its first
        observation. Series that share one table have the same rows.
    """

    columns: tuple[Column, ...]
    values: np.ndarray
    starts: np.ndarray
    stops: np.ndarray

    @property
    def lengths(self):
        """Number of steps of each series, int64 of shape (n_series,)."""
        return self.stops - self.starts

    def select(self, series):
        """Return the covariates of some series."""
        return replace(self, starts=self.starts[series], stops=self.stops[series])
