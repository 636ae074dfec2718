"""Cross-validation by time: `PanelSplit`, a splitter for scikit-learn's searches that knows panels."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator

from tsrnn._types import Column, SeriesData
from tsrnn.constraints import COLUMNS
from tsrnn.frames.columns import Names
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.native_reading import in_pandas
from tsrnn.frames.reading import read_rows
from tsrnn.validation import COUNT, NONE, check_parameters
from tsrnn.windows import row_series

__all__ = ["PanelSplit"]

CONSTRAINTS = {
    "horizon": [COUNT],
    "n_splits": [COUNT],
    "step": [COUNT, NONE],
    **COLUMNS,
}


class PanelSplit(BaseCrossValidator):
    """Cut series by time: each fold trains up to a cutoff and tests on the next steps of every series.

    scikit-learn's splitters cut by row. That is right for one series and for a wide frame, whose rows are time
    stamps, but not for a long frame or a Series over (id, time), where it separates series or tears them apart.

    Parameters
    ----------
    horizon : int
        Steps that are tested in each fold, of each series.
    n_splits : int, default=5
        Folds. The last cutoff is ``horizon`` steps before the end.
    step : int, optional
        Steps from one cutoff to the next; by default the horizon, so that each value is tested once.
    id_col, time_col, target_col : str, default="unique_id", "ds", "y"
        Columns of a long frame, as set in the forecaster.

    See Also
    --------
    tsrnn.backtest : Forecasts from past origins as a frame, each series counted from its own end.

    Notes
    -----
    A cutoff is a time stamp, one for all series: nothing later than it is trained on, of any series. Steps are
    counted on the stamps of the series that ends last and of those that share stamps with it. A series has no test
    rows in folds whose cutoff is before its first stamp or not before its last one.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.datasets import load_housing
    >>> from tsrnn.model_selection import PanelSplit
    >>> houses = load_housing()
    >>> folds = PanelSplit(horizon=6, n_splits=2)
    >>> for train, test in folds.split(houses):
    ...     print(houses["ds"].iloc[train].max().date(), houses["ds"].iloc[test].max().date())
    2014-07-01 2015-01-01
    2015-01-01 2015-07-01
    >>> search = GridSearchCV(RNNForecaster(6, max_epochs=1, random_state=0), {"cell": ["gru", "rnn"]}, cv=folds)
    >>> bool(search.fit(houses).best_score_ < 0)
    True
    """

    def __init__(
        self,
        horizon: int,
        n_splits: int = 5,
        *,
        step: int | None = None,
        id_col: Column = "unique_id",
        time_col: Column = "ds",
        target_col: Column = "y",
    ) -> None:
        self.horizon = horizon
        self.n_splits = n_splits
        self.step = step
        self.id_col = id_col
        self.time_col = time_col
        self.target_col = target_col
        check_parameters("PanelSplit", {name: getattr(self, name) for name in CONSTRAINTS}, CONSTRAINTS)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(
        self, X: SeriesData | None, y: SeriesData | None = None, groups: object = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Give the rows to train and to test on, fold by fold, the earliest cutoff first.

        Parameters
        ----------
        X : Series, DataFrame, ndarray or list
            The series, as for `RNNForecaster.fit`, where ``y`` is not given. Otherwise only its rows count, which
            are those of ``y``.
        y : Series, DataFrame, ndarray or list, optional
            The series.
        groups : object
            Ignored: the ids are in the series.

        Yields
        ------
        train, test : ndarray of int64
            Rows of the container, ascending.

        Raises
        ------
        ValueError, TypeError
            If the series cannot be read, or there are too few time stamps for the folds.
        """
        data = X if y is None else y
        names = Names(self.id_col, self.time_col, self.target_col)
        with in_pandas(data, None if y is None else X, names) as (data, _, _):
            panel, _ = read_rows(data, find_layout(data, names), names, missing="fill")
        stamps = _common_stamps(panel)
        step = self.horizon if self.step is None else self.step
        back = self.horizon + step * np.arange(self.n_splits - 1, -1, -1)
        if len(stamps) <= back[0]:
            raise ValueError(
                f"Too few time stamps: n_splits={self.n_splits}, horizon={self.horizon} and step={step} need at least "
                f"{back[0] + 1}. Got {len(stamps)}, from {stamps[0]} to {stamps[-1]}. Lower n_splits, horizon or step."
            )
        for cutoff in stamps[-1 - back]:
            yield _rows_around(panel, cutoff, self.horizon)


def _common_stamps(panel):
    """Return the stamps that steps are counted on, ascending: of the series that ends last and those it meets."""
    if panel.shares_times:
        return panel.times
    times, owner = panel.times, row_series(panel.offsets)
    last = int(panel.ends().argmax())
    shared = np.unique(owner[times.isin(panel.stamps(last))])
    return times[np.isin(owner, shared)].unique().sort_values()


def _rows_around(panel, cutoff, horizon):
    """Return the rows up to a cutoff, and those of the next steps of each series that has begun by then."""
    past = np.asarray(panel.times <= cutoff)
    if panel.shares_times:
        first = int(past.sum())
        return np.arange(first), np.arange(first, first + horizon)
    first = np.add.reduceat(past, panel.offsets[:-1], dtype=np.int64)
    step = np.arange(len(past)) - np.repeat(panel.offsets[:-1] + first, panel.lengths)
    begun = np.repeat(first > 0, panel.lengths)
    return np.sort(panel.rows[past]), np.sort(panel.rows[(step >= 0) & (step < horizon) & begun])
