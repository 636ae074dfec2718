"""Inputs of learners that are made of covariates: standardized numbers, their squares, and indicators of categories."""

from dataclasses import dataclass, replace

import numpy as np

MIN_SPREAD = 1e-10  # Of a column, against its largest value: below, it counts as constant.
MAX_LEVELS = 64  # Levels of a category that get indicators, the most frequent ones.


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
class Inputs:
    """Inputs and their constants.

    Attributes
    ----------
    inputs : tuple of Input
        The inputs.
    center, spread : ndarray of shape (n_inputs,), float64
        Mean and standard deviation at the fit.
    shift : int
        Steps by which inputs that are known ahead are moved to earlier rows: row t has the value of step t + shift,
        so that the rows before an origin hold what is known of the steps after it.
    """

    inputs: tuple[Input, ...]
    center: np.ndarray
    spread: np.ndarray
    shift: int

    @classmethod
    def fit(cls, covariates, lengths, shift):
        """Return all inputs that `Covariates` suggest, with constants of the first ``lengths`` steps of each series."""
        rows = np.unique(np.concatenate([
            np.arange(start, start + n) for start, n in zip(covariates.starts, lengths, strict=True)
        ]))  # fmt: skip
        inputs = [item for k in range(len(covariates.columns)) for item in _inputs_of(covariates, k, rows)]
        raw = cls(tuple(inputs), np.zeros(len(inputs)), np.ones(len(inputs)), shift)
        table = raw._encode(covariates.table(rows))
        center, spread = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
        smallest = MIN_SPREAD * np.nanmax(np.abs(table), axis=0, initial=0.0)
        return replace(raw, center=center, spread=np.where(spread > smallest, spread, 1.0))

    def __len__(self):
        """Return the number of inputs."""
        return len(self.inputs)

    @property
    def n_squares(self):
        """Number of squares, which stand at the end."""
        return sum(item.squared for item in self.inputs)

    def select(self, k):
        """Return some of the inputs."""
        return replace(self, inputs=tuple(self.inputs[i] for i in k), center=self.center[k], spread=self.spread[k])

    def with_squares(self):
        """Return the inputs and, behind them, the squares of the numbers that are known ahead."""
        k = [i for i, item in enumerate(self.inputs) if item.ahead and item.level is None]
        squares = tuple(replace(self.inputs[i], squared=True) for i in k)
        center, spread = (np.concatenate([x, x[k]]) for x in (self.center, self.spread))
        return replace(self, inputs=self.inputs + squares, center=center, spread=spread)

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
    codes = covariates.table(rows)[:, k]
    counts = np.bincount(codes[np.isfinite(codes)].astype(np.int64), minlength=len(column.categories))
    levels = np.sort(np.argsort(-counts, kind="stable")[:MAX_LEVELS])
    levels = levels[counts[levels] > 0]
    return [Input(k, ahead, int(level)) for level in (levels[1:] if len(levels) == 2 else levels)]


def _indicator(codes, level):
    return np.where(np.isnan(codes), np.nan, codes == level)
