"""Covariates as they were given, row by row, and what was known of them at an origin."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tsrnn.frames.covariate_columns import as_frame
from tsrnn.frames.covariate_rows import Located, add_rows, key_columns, locate, locator


@dataclass(frozen=True)
class GivenRows:
    """Rows of covariates in the user's own values.

    Attributes
    ----------
    frame : DataFrame of n rows
        Covariates alone, without the columns of ids, stamps and target.
    located : Located
        Series and step of each row.
    where : callable
        From a row of ``frame`` to text for an error, such as ``"at 2020-01-01"``.
    add_rows : str
        Expression that adds a row for each stamp of the series, for advice.
    """

    frame: pd.DataFrame
    located: Located
    where: Callable[[int], str]
    add_rows: str

    @classmethod
    def of(cls, panel, X, data, names=None):
        """Locate the rows of X in a panel that was read from ``data``; ``names`` are the columns of an array."""
        where, located = locator(panel, X), locate(panel, X, data)
        return cls(without_keys(panel, as_frame(X, names)), located, where, add_rows(panel, X))

    def known_at(self, lengths, horizon, past_covariates=None):
        """Keep what is known at an origin, as if the other rows had not been given.

        Parameters
        ----------
        lengths : ndarray of shape (n_series,), int64
            Observations of each series at the origin.
        horizon : int
            Steps ahead that columns known for the future are kept for.
        past_covariates : list of column names, optional
            Columns of which nothing is known after the origin: missing there.

        Returns
        -------
        GivenRows
        """
        located, ends = self.located, lengths[np.maximum(self.located.series, 0)]
        is_kept = (located.series >= 0) & (located.steps >= 0) & (located.steps < ends + horizon)
        kept = np.unique(located.rows[is_kept])
        is_past = np.isin(kept, located.rows[is_kept & (located.steps < ends)])
        frame = self.frame.iloc[kept].reset_index(drop=True)
        for name in past_covariates or ():
            if name in frame.columns and not is_past.all():
                frame[name] = frame[name].where(is_past)
        rows = np.searchsorted(kept, located.rows[is_kept])
        located = replace(located, series=located.series[is_kept], steps=located.steps[is_kept], rows=rows)
        return GivenRows(frame, located, lambda row: self.where(int(kept[row])), self.add_rows)

    def by_series(self, lengths):
        """Yield the rows of each series in order of time: a frame with a row for each step, NaN for those not given.

        Parameters
        ----------
        lengths : ndarray of shape (n_series,), int64
            Steps of each series, counted from its first stamp.

        Yields
        ------
        DataFrame of lengths[i] rows
            Their labels are the positions of the rows in ``frame``, -1 for those not given.
        """
        located, frame = self.located, self.frame.reset_index(drop=True)
        order = np.argsort(located.series, kind="stable")
        bounds = np.searchsorted(located.series[order], np.arange(located.n_series + 1))
        for i, length in enumerate(lengths):
            series = i if located.n_series > 1 else 0
            mine = order[bounds[series] : bounds[series + 1]]
            mine = mine[(located.steps[mine] >= 0) & (located.steps[mine] < length)]
            rows = np.full(length, -1)
            rows[located.steps[mine]] = located.rows[mine]
            yield frame.reindex(rows)


def without_keys(panel, frame):
    """Return the covariates of a frame, without the columns of the keys, of the target and of weights."""
    others = [] if panel.names.weight_col is None else [panel.names.weight_col]
    keys = key_columns(panel, frame)
    if keys:
        others += [*keys, panel.names.target_col]
    return frame.drop(columns=others, errors="ignore") if others else frame
