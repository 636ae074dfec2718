"""Calendar features: columns made from time stamps, for series whose people, shops or machines follow the clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from tsrnn._types import Column, Frequency
from tsrnn.constraints import COLUMNS
from tsrnn.frames import to_panel
from tsrnn.frames.advice import Stamps, assign
from tsrnn.frames.frequency import beginnings
from tsrnn.frames.long import LongLayout
from tsrnn.frames.times import as_times
from tsrnn.validation import COUNT, InvalidParameterError, Options, check_parameters

__all__ = ["CalendarFeatures", "future_index"]

# By the name of a column: its values from local stamps, and all values there are.
FIELDS = {
    "minute": (lambda times: times.minute, range(60)),
    "hour": (lambda times: times.hour, range(24)),
    "weekday": (lambda times: times.day_of_week, range(7)),
    "day": (lambda times: times.day, range(1, 32)),
    "week": (lambda times: times.isocalendar().week, range(1, 54)),
    "month": (lambda times: times.month, range(1, 13)),
    "quarter": (lambda times: times.quarter, range(1, 5)),
    "day_of_year": (lambda times: times.day_of_year, range(1, 367)),
}
HOLIDAY = "holiday"
CONSTRAINTS = {"encoding": [Options(("category", "number"))], "time_col": COLUMNS["time_col"]}


class CalendarFeatures(TransformerMixin, BaseEstimator):
    """Columns made from time stamps: hour, weekday, month, holidays and others.

    Parameters
    ----------
    columns : list of str, default=("hour", "weekday", "month")
        Features, in the order of the output: "minute", "hour", "weekday" (0 is Monday), "day" (of the month), "week"
        (of ISO 8601), "month", "quarter", "day_of_year". They are also the names of the columns.
    holidays : str or None, default=None
        Country whose public holidays make a last column, "holiday": an ISO 3166 code such as "NO", with its part
        where holidays differ, such as "DE-BY". Needs the package holidays (extra ``calendar``).
    encoding : {"category", "number"}, default="category"
        Data type of the columns: categories, whose levels are all values a column can have, whichever occur; or int64.
    time_col : str, default="ds"
        Column of the time stamps, if a frame has it; otherwise the stamps are the index.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        Columns of the frame seen in `fit`, if it was a DataFrame whose column names are all strings.
    n_features_in_ : int
        Number of these columns; 0 where only time stamps were given.

    See Also
    --------
    future_index : Time stamps after the end of series.

    Notes
    -----
    All values are those of the local time of the time zone of the stamps; of a period, those of its first moment.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.calendar import CalendarFeatures
    >>> stamps = pd.date_range("2024-05-16 22:00", periods=3, freq="h")
    >>> CalendarFeatures(["hour", "weekday"], holidays="NO").transform(stamps)
                        hour weekday holiday
    2024-05-16 22:00:00   22       3   False
    2024-05-16 23:00:00   23       3   False
    2024-05-17 00:00:00    0       4    True
    """

    n_features_in_: int
    feature_names_in_: NDArray

    def __init__(
        self,
        columns: Sequence[str] = ("hour", "weekday", "month"),
        *,
        holidays: str | None = None,
        encoding: Literal["category", "number"] = "category",
        time_col: Column = "ds",
    ) -> None:
        self.columns = columns
        self.holidays = holidays
        self.encoding = encoding
        self.time_col = time_col

    def fit(self, X: pd.DataFrame | pd.Series | pd.Index, y: object = None) -> CalendarFeatures:
        """Check the parameters and the time stamps; nothing is learned.

        Parameters
        ----------
        X : DataFrame, Series or Index
            As for `transform`.
        y : object
            Ignored.

        Returns
        -------
        self : CalendarFeatures
            The transformer.
        """
        given = self._read(X)[1]
        names = [] if given is None else list(given.columns)
        self._require_free(names)
        self.n_features_in_ = len(names)
        self.__dict__.pop("feature_names_in_", None)
        if names and all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.array(names, dtype=object)
        return self

    def transform(self, X: pd.DataFrame | pd.Series | pd.Index) -> pd.DataFrame:
        """Make the columns.

        Parameters
        ----------
        X : DataFrame, Series or Index
            Something with time stamps: a frame or Series with an index of datetimes or periods, or with a MultiIndex
            whose last level holds them; a long frame with the column ``time_col``; or such an index alone. Of a Series
            only the index is read.

        Returns
        -------
        DataFrame of shape (n_rows, n_features)
            On the index of X: the columns of a frame X, unchanged, then those of the calendar.

        Raises
        ------
        TypeError
            If X has no time stamps, or they are not dates.
        ValueError
            If a parameter is not allowed, a stamp is missing, or X has a column of the same name.
        ImportError
            If holidays are wanted and the package is not installed.
        """
        times, given, index = self._read(X)
        self._require_free([] if given is None else given.columns)
        levels: dict[str, Sequence] = {name: FIELDS[name][1] for name in self.columns}
        columns = {name: np.asarray(FIELDS[name][0](times), dtype=np.int64) for name in self.columns}
        if self.holidays is not None:
            columns[HOLIDAY], levels[HOLIDAY] = _is_holiday(times, self.holidays), [False, True]
        made = pd.DataFrame({name: self._encode(values, levels[name]) for name, values in columns.items()}, index=index)
        return made if given is None else pd.concat([given, made], axis=1)

    def _encode(self, values, levels):
        if self.encoding == "number":
            return values.astype(np.int64)
        return pd.Categorical(values, categories=levels)

    def get_feature_names_out(self, input_features: Sequence[str] | NDArray | None = None) -> NDArray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str, optional
            Columns of the frame to transform; by default those seen in `fit`, if any.

        Returns
        -------
        ndarray of str
        """
        self._check_parameters()
        before = getattr(self, "feature_names_in_", []) if input_features is None else input_features
        return np.array([*before, *self._made()], dtype=object)

    def _made(self):
        """Return the names of the calendar's columns."""
        return [*self.columns, *[HOLIDAY] * (self.holidays is not None)]

    def _read(self, X):
        """Return the local stamps as datetimes, the frame whose columns come back, or None, and the index."""
        self._check_parameters()
        if isinstance(X, pd.DataFrame) and X.index.nlevels == 1 and self.time_col in X.columns:
            return _as_datetimes(X[self.time_col], _stamps_of_column(self.time_col)), X, X.index
        if not isinstance(X, (pd.DataFrame, pd.Series, pd.Index)):
            stamps = "Give the stamps, such as pd.date_range('2024-01-01', periods=len(X), freq='D')"
            mend = "Convert it: X.to_pandas()" if hasattr(X, "to_pandas") else stamps
            raise TypeError(
                f"Calendar features need time stamps: a DataFrame, a Series or an index of pandas. Got "
                f"{type(X).__name__}. {mend}."
            )
        index = X if isinstance(X, pd.Index) else X.index
        times = _as_datetimes(index.get_level_values(-1), _stamps_of_index(X))
        return times, X if isinstance(X, pd.DataFrame) else None, index

    def _check_parameters(self):
        name = type(self).__name__
        check_parameters(name, self.get_params(deep=False), CONSTRAINTS)
        known = isinstance(self.columns, (list, tuple)) and all(name in list(FIELDS) for name in self.columns)
        if not known or len(set(self.columns)) < len(self.columns):
            raise InvalidParameterError(
                f"The 'columns' parameter of {name} must be a list of different names among {list(FIELDS)}. Got "
                f"{self.columns!r} instead."
            )
        if self.holidays is not None and not isinstance(self.holidays, str):
            raise InvalidParameterError(
                f"The 'holidays' parameter of {name} must be the code of a country, such as 'NO' or 'DE-BY', or None. "
                f"Got {self.holidays!r} instead."
            )
        if not self._made():
            raise InvalidParameterError(
                f"{name} makes no column: give columns or holidays. Got columns={self.columns}."
            )

    def _require_free(self, names):
        taken = [name for name in self._made() if name in list(names)]
        if taken:
            raise ValueError(
                f"X already has the column {taken[0]!r}, which {type(self).__name__} makes. Rename it: "
                f"X.rename(columns={{{taken[0]!r}: {taken[0] + '_given'!r}}})."
            )

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: nothing is fitted."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        return tags


def _stamps_of_column(name):
    return Stamps(f"column {name!r}", f"X[{name!r}]", lambda new: assign(name, new, "X"), accessor=".dt", data="X")


def _stamps_of_index(X):
    is_index = isinstance(X, pd.Index)
    read, replace = ("X", "{}") if is_index else ("X.index", "X.set_axis({})")
    if (X if is_index else X.index).nlevels == 1:
        return Stamps("the index", read, replace.format, data="X")
    levels = replace.format(f"{read}.set_levels({{}}, level=-1)")
    distinct = f"{read}.levels[-1]"
    return Stamps(
        "the time level of the index", f"{read}.get_level_values(-1)", levels.format, distinct=distinct, data="X"
    )


def _as_datetimes(given, stamps):
    """Return time stamps, which may repeat and stand in any order, as datetimes of local time."""
    times = as_times(given, stamps)
    if isinstance(times, pd.PeriodIndex):
        return beginnings(times)
    if not isinstance(times, pd.DatetimeIndex):
        example = f" (first {times[0]})" if len(times) else ""
        raise TypeError(
            f"Calendar features need dates: datetimes or periods. {stamps.what[0].upper()}{stamps.what[1:]} holds "
            f"integers{example}. Give dates, such as pd.date_range('2024-01-01', periods=len(X), freq='D')."
        )
    return times


def _is_holiday(times, place):
    """Tell which stamps are on a public holiday of a country, bool of shape (n,)."""
    try:
        from holidays import country_holidays
    except ImportError as error:
        raise ImportError(
            'Holidays need the package holidays. Install it with: pip install "tsrnn[calendar]"'
        ) from error
    country, _, part = place.partition("-")
    try:
        known = country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ValueError(
            f"holidays={place!r} is none of the countries and parts of countries that the package holidays knows: "
            "holidays.list_supported_countries()."
        ) from error
    codes, days = pd.factorize(times.normalize())
    return np.array([day.date() in known for day in days], dtype=bool)[codes]


def future_index(
    y: pd.Series | pd.DataFrame,
    horizon: int,
    *,
    id_col: Column = "unique_id",
    time_col: Column = "ds",
    target_col: Column = "y",
    freq: Frequency | None = None,
) -> pd.Index | pd.DataFrame:
    """Return the time stamps after the end of series.

    Parameters
    ----------
    y : Series or DataFrame
        The series, as for `RNNForecaster.fit`.
    horizon : int
        Steps after the end of each series, at least 1.
    id_col, time_col, target_col : str, default="unique_id", "ds", "y"
        Columns of a long frame; ``id_col`` may be a list.
    freq : str, offset or int, optional
        Frequency of the stamps, where it is neither on the index nor to be inferred.

    Returns
    -------
    Index or DataFrame
        The index of the forecast: stamps, or (id, time) for a MultiIndex. For a long frame, a frame with the columns
        of ids and times.

    Raises
    ------
    ValueError, TypeError
        As for `RNNForecaster.fit`, and if the horizon is not a positive integer.

    Examples
    --------
    >>> from tsrnn.calendar import CalendarFeatures, future_index
    >>> from tsrnn.datasets import load_airline
    >>> CalendarFeatures(["month"], encoding="number").transform(future_index(load_airline(), 2))
                month
    month
    1961-01-01      1
    1961-02-01      2
    """
    check_parameters("future_index", {"horizon": horizon}, {"horizon": [COUNT]})
    panel = to_panel(y, id_col=id_col, time_col=time_col, target_col=target_col, freq=freq, missing="fill")
    forecast = panel.restore(np.zeros((panel.n_series, horizon)))
    if isinstance(panel.layout, LongLayout):
        return panel.give(forecast.drop(columns=target_col))
    if not panel.layout.has_stamps:
        raise TypeError(
            f"The series have no time stamps: they came as {panel.layout.kind}. Give a Series or a DataFrame."
        )
    return forecast.index if panel.native is None else panel.give(pd.DataFrame(index=forecast.index))
