import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tsrnn import RNNForecaster
from tsrnn.calendar import FIELDS, CalendarFeatures, future_index
from tsrnn.datasets import load_airline

# One value of each field by hand: 2024-12-30 13:45 is a Monday, in the first ISO week of 2025.
BY_HAND = {
    "minute": 45, "hour": 13, "weekday": 0, "day": 30, "week": 1, "month": 12, "quarter": 4, "day_of_year": 365,
}  # fmt: skip
STAMPS = pd.DatetimeIndex(["2024-12-30 13:45", "2024-12-30 13:46"])


def numbers(columns, **parameters):
    return CalendarFeatures(columns, encoding="number", **parameters)


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_by_hand(field):
    made = numbers([field]).transform(STAMPS)
    assert made[field].tolist() == [BY_HAND[field], BY_HAND[field] + (field == "minute")]
    assert made[field].dtype == np.int64


@pytest.mark.parametrize("field", FIELDS)
def test_categories_are_all_values_that_occur_in_thirty_years(field):
    freq = "min" if field == "minute" else "h" if field == "hour" else "D"
    stamps = pd.date_range("2000-01-01", periods=11_000 if freq == "D" else 1500, freq=freq)
    made = CalendarFeatures([field]).transform(stamps)[field]
    assert made.notna().all()
    assert sorted(made.unique()) == made.cat.categories.tolist()
    few = CalendarFeatures([field]).transform(stamps[:1])[field]
    assert few.dtype == made.dtype


def containers():
    days = pd.date_range("2024-02-28", periods=3, freq="D", name="day_")
    keyed = pd.MultiIndex.from_product([["a", "b"], days], names=["id", "time"])
    deep = pd.MultiIndex.from_product([["a"], [1, 2], days])
    long = keyed.to_frame(index=False).rename(columns={"time": "ds"})
    return {
        "index": days,
        "periods": days.to_period(),
        "series": pd.Series(1.0, index=days),
        "frame": pd.DataFrame({"price": [1.0, 2.0, 3.0]}, index=days),
        "no columns": pd.DataFrame(index=days),
        "multiindex": keyed,
        "multiindex series": pd.Series(1.0, index=keyed),
        "three levels": pd.DataFrame({"price": 1.0}, index=deep),
        "long": long,
        "shuffled": long.sample(frac=1, random_state=1),
        "dates": pd.Series(1.0, index=days.date),
    }


@pytest.mark.parametrize("name", containers())
def test_containers_keep_index_and_columns(name):
    X = containers()[name]
    made = numbers(["day"]).transform(X)
    index = X if isinstance(X, pd.Index) else X.index
    pd.testing.assert_index_equal(made.index, index)
    given = list(X.columns) if isinstance(X, pd.DataFrame) else []
    assert made.columns.tolist() == [*given, "day"]
    if given:
        pd.testing.assert_frame_equal(made[given], X)
    days = {"long": lambda: X["ds"].dt.day, "shuffled": lambda: X["ds"].dt.day}.get(name)
    expected = days().tolist() if days else [stamp.day for stamp in index.get_level_values(-1)]
    assert made["day"].tolist() == expected


def test_periods_count_from_their_first_moment():
    weeks = pd.PeriodIndex(["2024-12-30/2025-01-05"], freq="W-SUN")
    made = numbers(["weekday", "day", "month", "week"]).transform(weeks)
    assert made.iloc[0].tolist() == [0, 30, 12, 1]


def test_hours_and_holidays_are_local():
    utc = pd.DatetimeIndex(["2024-05-16 21:30", "2024-05-16 22:30", "2024-05-17 22:30"], tz="UTC")
    oslo = numbers(["hour"], holidays="NO").transform(utc.tz_convert("Europe/Oslo"))
    assert oslo["hour"].tolist() == [23, 0, 0]
    assert oslo["holiday"].tolist() == [0, 1, 0]  # the 17th of May
    assert numbers([], holidays="NO").transform(utc)["holiday"].tolist() == [0, 0, 1]


def test_holidays_of_a_part_of_a_country():
    day = pd.DatetimeIndex(["2024-01-06"])  # Epiphany: Bavaria, not Berlin
    for place, expected in [("DE-BY", True), ("DE-BE", False), ("DE", False)]:
        made = CalendarFeatures([], holidays=place).transform(day)["holiday"]
        assert made.tolist() == [expected]
        assert made.cat.categories.tolist() == [False, True]


@pytest.mark.parametrize("place", ["Norway!", "DE-XX"])
def test_unknown_countries_are_refused(place):
    with pytest.raises(ValueError, match=rf"holidays='{place}' is none of the countries"):
        CalendarFeatures([], holidays=place).transform(STAMPS)


def test_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    CalendarFeatures().transform(STAMPS)
    with pytest.raises(ImportError, match=r'pip install "tsrnn\[calendar\]"'):
        CalendarFeatures(holidays="NO").transform(STAMPS)


def test_a_column_of_the_same_name_is_refused():
    X = pd.DataFrame({"month": [1, 2]}, index=STAMPS)
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match="already has the column 'month'") as error:
            getattr(numbers(["month"]), method)(X)
    mended = eval(str(error.value).split("Rename it: ")[1].rstrip("."))
    assert numbers(["month"]).transform(mended).columns.tolist() == ["month_given", "month"]


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.ones((3, 2)), "need time stamps: a DataFrame, a Series or an index of pandas. Got ndarray"),
        (pd.Series([1.0, 2.0]), "need dates: datetimes or periods. The index holds integers"),
        (pd.DataFrame({"ds": [1, 2]}), "need dates: datetimes or periods. Column 'ds' holds integers"),
        (pd.Series(1.0, index=["x", "y"]), "the index must hold time stamps: datetimes, periods."),
    ],
)
def test_no_dates_no_features(X, words):
    with pytest.raises(TypeError, match=words):
        CalendarFeatures().transform(X)


MISSING = [pd.Timestamp("2024-01-01"), pd.NaT]


@pytest.mark.parametrize(
    "X",
    [
        pd.DatetimeIndex(MISSING),
        pd.Series(1.0, index=MISSING),
        pd.DataFrame({"ds": MISSING}),
        pd.Series(1.0, index=pd.MultiIndex.from_arrays([["a", "a"], MISSING])),
        pd.MultiIndex.from_arrays([["a", "a"], MISSING]),
    ],
)
def test_advice_on_missing_stamps_works(X):
    with pytest.raises(ValueError, match="missing time stamp at position 1") as error:
        numbers(["month"]).transform(X)
    mended = eval(str(error.value).split("drop its row: ")[1].rstrip("."))
    assert numbers(["month"]).transform(mended)["month"].tolist() == [1]


@pytest.mark.parametrize(
    "bad",
    [
        {"columns": ["hours"]}, {"columns": "hour"}, {"columns": ["hour", "hour"]}, {"columns": [["hour"]]},
        {"columns": []}, {"encoding": "onehot"}, {"holidays": True}, {"time_col": None},
    ],
)  # fmt: skip
def test_parameters_are_checked(bad):
    calendar = CalendarFeatures(**bad)
    for method in (calendar.fit, calendar.transform):
        with pytest.raises(ValueError, match=f"{next(iter(bad))}.*of CalendarFeatures|makes no column"):
            method(STAMPS)


def test_scikit_learn_conventions():
    calendar = CalendarFeatures(["hour"], holidays="NO", encoding="number", time_col="when")
    assert clone(calendar).get_params() == calendar.get_params()
    X = pd.DataFrame({"price": [1.0, 2.0]}, index=STAMPS)
    assert clone(calendar).get_feature_names_out().tolist() == ["hour", "holiday"]
    assert clone(calendar).get_feature_names_out(["a"]).tolist() == ["a", "hour", "holiday"]
    assert calendar.fit(X) is calendar
    assert calendar.n_features_in_ == 1 and calendar.feature_names_in_.tolist() == ["price"]
    made = calendar.fit_transform(X)
    assert made.columns.tolist() == calendar.get_feature_names_out().tolist() == ["price", "hour", "holiday"]
    assert X.columns.tolist() == ["price"]
    pd.testing.assert_frame_equal(clone(calendar).set_output(transform="pandas").fit_transform(X), made)
    assert calendar.fit(STAMPS).n_features_in_ == 0 and not hasattr(calendar, "feature_names_in_")
    one_hot = make_column_transformer((OneHotEncoder(sparse_output=False), ["weekday"]))
    assert make_pipeline(CalendarFeatures(["weekday"]), one_hot).fit_transform(X).tolist() == [[1.0], [1.0]]


def test_the_future_is_one_line():
    y = load_airline()
    made = numbers(["month"]).transform(future_index(y, 14))
    assert made["month"].tolist() == [*range(1, 13), 1, 2]
    assert made.index.freqstr == "MS"
    keyed = pd.concat({"a": y, "b": y[:-1]})
    future = future_index(keyed, 2)
    assert future.get_level_values(1).month.tolist() == [1, 2, 12, 1]
    long = keyed.rename_axis(["unique_id", "ds"]).rename("y").reset_index()
    future = future_index(long, 2)
    assert future.columns.tolist() == ["unique_id", "ds"]
    assert numbers(["month"]).transform(future)["month"].tolist() == [1, 2, 12, 1]
    assert future_index(pd.DataFrame({"p": y, "q": y}), 1).tolist() == [pd.Timestamp("1961-01-01")]
    with pytest.raises(TypeError, match="have no time stamps: they came as an array or list"):
        future_index(y.to_numpy(), 2)
    with pytest.raises(ValueError, match="'horizon' parameter of future_index"):
        future_index(y, 0)


def test_series_with_gaps_go_on_after_their_end():
    index = pd.date_range("2024-01-01", periods=20, freq="D")
    y = pd.Series(1.0, index=index).drop(index[[3, 4]])
    pd.testing.assert_index_equal(future_index(y, 2), pd.date_range("2024-01-21", periods=2, freq="D"))


@pytest.mark.slow
def test_forecasts_read_the_calendar():
    """Sales of a shop that is closed on holidays, which no season tells."""
    index = pd.date_range("2022-01-01", periods=2 * 365, freq="D")
    calendar = CalendarFeatures(["weekday"], holidays="NO")
    X = calendar.transform(index)
    y = pd.Series(100.0 + np.random.default_rng(0).normal(size=len(X)), index=index)
    y[X["holiday"].astype(bool)] = 20.0
    n = index.get_loc("2023-05-10")
    forecaster = RNNForecaster(14, season_length=7, outliers="keep", random_state=0, max_epochs=10).fit(X[:n], y[:n])
    forecast = forecaster.predict(calendar.transform(future_index(y[:n], 14)))
    closed = X["holiday"][n : n + 14].astype(bool)
    assert closed.sum() == 2  # 17 and 18 May
    # Half of the difference at least, from about twenty holidays.
    assert forecast[closed].mean() < 60 < 85 < forecast[~closed].mean()
