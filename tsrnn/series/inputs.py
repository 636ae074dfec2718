"""Inputs of learners that are made of covariates: standardized numbers and their squares, and categories.

Ridge regressions read indicators of the most frequent levels of a category. A network reads codes, of all levels.
"""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.windows import offsets_of, rows_of

MIN_SPREAD = 1e-10  # Of a column, against its largest value: below, it counts as constant.
MAX_LEVELS = 64  # Levels of a category that get indicators, the most frequent ones.
MAX_CODES = 1_000  # Levels of a category that a network tells apart, the most frequent ones.
MAX_STATIC_CODES = 10_000  # Levels of a category that is constant in each series: a step reads it but once.


@dataclass(frozen=True)
class Input:
    """One input.

    Attributes
    ----------
    column : int
        Index of the covariate.
    ahead : bool
        Whether it is known for the steps that are forecast.
    level : int or None
        Code whose indicator it is; None for numbers.
    squared : bool
        Whether it is the square of the standardized number.
    """

    column: int
    ahead: bool
    level: int | None = None
    squared: bool = False


@dataclass(frozen=True)
class Category:
    """Category whose code a network reads.

    Attributes
    ----------
    column : int
        Index of the covariate.
    ahead : bool
        Whether it is known for the steps that are forecast.
    static : bool
        Whether it is constant in each of several series.
    positions : ndarray of shape (n_levels,), int32
        Code that is read for each level of the covariate; -1 for levels that the fit had not, or too rarely.
    """

    column: int
    ahead: bool
    static: bool
    positions: np.ndarray

    @property
    def n_codes(self):
        """Number of codes."""
        return int(self.positions.max()) + 1


@dataclass(frozen=True)
class Inputs:
    """Inputs and their constants.

    Attributes
    ----------
    inputs : tuple of Input
        The inputs: numbers, then indicators, then squares.
    center, spread : ndarray of shape (n_inputs,), float64
        Mean and standard deviation at the fit.
    shift : int
        Steps by which inputs that are known ahead are moved to earlier rows: row t has the value of step t + shift,
        so that the rows before an origin hold what is known of the steps after it.
    categories : tuple of Category
        Categories that a network reads instead of the indicators, static ones at the end.
    """

    inputs: tuple[Input, ...]
    center: np.ndarray
    spread: np.ndarray
    shift: int
    categories: tuple[Category, ...] = ()

    @classmethod
    def fit(cls, covariates, lengths, shift):
        """Return all inputs that `Covariates` suggest, with constants of the first ``lengths`` steps of each series."""
        rows = np.unique(np.concatenate([
            np.arange(start, start + n) for start, n in zip(covariates.starts, lengths, strict=True)
        ]))  # fmt: skip
        inputs = [item for k in range(len(covariates.columns)) for item in _inputs_of(covariates, k, rows)]
        inputs.sort(key=lambda item: item.level is not None)
        categories = [
            _category_of(covariates, k, rows, lengths)
            for k, column in enumerate(covariates.columns)
            if column.kind == "category"
        ]
        categories.sort(key=lambda category: category.static)
        raw = cls(tuple(inputs), np.zeros(len(inputs)), np.ones(len(inputs)), shift, tuple(categories))
        table = raw._encode(covariates.table(rows))
        center, spread = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
        smallest = MIN_SPREAD * np.nanmax(np.abs(table), axis=0, initial=0.0)
        return replace(raw, center=center, spread=np.where(spread > smallest, spread, 1.0))

    def __len__(self):
        """Return the number of inputs."""
        return len(self.inputs)

    @property
    def n_linear(self):
        """Number of inputs that only ridge regressions read: indicators and squares, which stand at the end."""
        return sum(item.squared or item.level is not None for item in self.inputs)

    def select(self, k):
        """Return some of the inputs, the categories whose indicators are among them, and all static ones.

        What is constant in a series tells a ridge regression no more than its level does, but a network how the series
        follows other inputs.
        """
        inputs = tuple(self.inputs[i] for i in k)
        columns = {item.column for item in inputs}
        categories = tuple(category for category in self.categories if category.static or category.column in columns)
        return replace(self, inputs=inputs, center=self.center[k], spread=self.spread[k], categories=categories)

    def with_squares(self):
        """Return the inputs and, behind them, the squares of the numbers that are known ahead."""
        k = [i for i, item in enumerate(self.inputs) if item.ahead and item.level is None]
        squares = tuple(replace(self.inputs[i], squared=True) for i in k)
        center, spread = (np.concatenate([x, x[k]]) for x in (self.center, self.spread))
        return replace(self, inputs=self.inputs + squares, center=center, spread=spread)

    def without_static_categories(self):
        """Return the inputs without categories that are constant in each series."""
        return replace(self, categories=tuple(category for category in self.categories if not category.static))

    def read(self, covariates, series, steps):
        """Return the inputs of some rows.

        Parameters
        ----------
        covariates : Covariates
        series, steps : ndarray of int, shape (n,)
            Series of each row, and its step.

        Returns
        -------
        ndarray of shape (n, n_inputs), float64
            Standardized; zero for steps without a row, and for missing values.
        """
        result = np.empty((len(series), len(self)))
        ahead = np.array([item.ahead for item in self.inputs], dtype=bool)
        for k, shift in ((np.flatnonzero(ahead), self.shift), (np.flatnonzero(~ahead), 0)):
            rows = covariates.starts[series] + steps + shift
            known = rows < covariates.stops[series]
            table = self.select(k)._standardize(covariates.table(np.where(known, rows, 0)))
            result[:, k] = np.where(known[:, None], table, 0.0)
        return result

    def read_codes(self, covariates, series, steps):
        """Return the codes of the categories of some rows.

        Parameters
        ----------
        covariates : Covariates
        series, steps : ndarray of int, shape (n,)
            Series of each row, and its step.

        Returns
        -------
        ndarray of shape (n, n_categories), int32
            -1 for steps without a row, and for levels that are not told apart.
        """
        result = np.full((len(series), len(self.categories)), -1, np.int32)
        for k, category in enumerate(self.categories):
            rows = covariates.starts[series] + steps + (self.shift if category.ahead else 0)
            known = np.flatnonzero(rows < covariates.stops[series])
            result[known, k] = category.positions[_codes_of(covariates, category.column, rows[known])]
        return result

    def known_ahead(self):
        """Return the numbers and categories that are known ahead, not moved: row t has the values of step t.

        Squares are not among them, nor are static categories, which a window reads anyway.
        """
        k = np.array(
            [i for i, item in enumerate(self.inputs) if item.ahead and item.level is None and not item.squared]
        )
        categories = tuple(category for category in self.categories if category.ahead and not category.static)
        return replace(self.select(k.astype(np.int64)), shift=0, categories=categories)

    def _standardize(self, values):
        table = (self._encode(values) - self.center) / self.spread
        squared = np.array([item.squared for item in self.inputs], dtype=bool)
        table[:, squared] = table[:, squared] ** 2 - 1
        return np.nan_to_num(table, nan=0.0)

    def _encode(self, values):
        columns = [
            values[:, item.column] if item.level is None else _indicator(values[:, item.column], item.level)
            for item in self.inputs
        ]
        return np.column_stack(columns) if columns else np.empty((len(values), 0))


def _inputs_of(covariates, k, rows):
    """Inputs of one column: itself, or an indicator of each level but one of two."""
    column = covariates.columns[k]
    ahead = column.known == "future"
    if column.kind == "number":
        return [Input(k, ahead)]
    counts = np.bincount(_codes_of(covariates, k, rows), minlength=len(column.categories))
    levels = np.sort(np.argsort(-counts, kind="stable")[:MAX_LEVELS])
    levels = levels[counts[levels] > 0]
    return [Input(k, ahead, int(level)) for level in (levels[1:] if len(levels) == 2 else levels)]


def _category_of(covariates, k, rows, lengths):
    """Category of one column; -1 stands for the levels that no row has, and for the least frequent of too many."""
    column = covariates.columns[k]
    counts = np.bincount(_codes_of(covariates, k, rows), minlength=len(column.categories))
    static = _is_static(covariates, k, lengths)
    read = np.sort(np.argsort(-counts, kind="stable")[: MAX_STATIC_CODES if static else MAX_CODES])
    read = read[counts[read] > 0]
    positions = np.full(len(counts), -1, np.int32)
    positions[read] = np.arange(len(read))
    return Category(k, column.known == "future", static, positions)


def _is_static(covariates, k, lengths):
    """Tell whether a column is constant in each of several series, in the first ``lengths`` steps."""
    if len(lengths) < 2 or covariates.is_shared:
        return False
    changed = np.diff(_codes_of(covariates, k, rows_of(covariates.starts, lengths))) != 0
    changed[offsets_of(lengths)[1:-1] - 1] = False
    return not changed.any()


def _codes_of(covariates, k, rows):
    """Codes of some rows of one column."""
    return covariates.codes[rows, sum(column.kind == "category" for column in covariates.columns[:k])]


def _indicator(codes, level):
    return np.where(np.isnan(codes), np.nan, codes == level)
