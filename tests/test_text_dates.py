"""Time stamps that are text: read as the dates that they are, wherever stamps are given; forecasts have datetimes."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import RNNForecaster, backtest
from tsrnn.calendar import CalendarFeatures, future_index
from tsrnn.frames import append, to_panel
from tsrnn.frames.text_dates import find_formats
from tsrnn.model_selection import PanelSplit

N = 24
DAYS = pd.date_range("2024-01-01", periods=N + 6, freq="D", name="ds")
HOURS = pd.date_range("2024-01-12 20:00", periods=N + 6, freq="h", name="ds")
VALUES = np.resize([0.0, 3, 5, 3, 0, -4, -7], N + 6) + np.random.default_rng(0).normal(size=N + 6)
# Formats, and stamps that can be told by them.
FORMATS = {
    "%Y-%m-%d": DAYS, "%Y/%m/%d": DAYS, "%Y%m%d": DAYS, "%Y.%m.%d": DAYS, "%m/%d/%Y": DAYS, "%d/%m/%Y": DAYS,
    "%d.%m.%Y": DAYS, "%d-%m-%Y": DAYS, "%d %B %Y": DAYS, "%B %d, %Y": DAYS,
    "%Y-%m": pd.date_range("2020-01-01", periods=N + 6, freq="MS", name="ds"),
    "%Y": pd.date_range("1950-01-01", periods=N + 6, freq="YS", name="ds"),
    "%G-W%V": pd.date_range("2020-01-06", periods=N + 6, freq="W-MON", name="ds"),
    "%Y-%m-%dT%H:%M:%S": HOURS, "%Y-%m-%d %H:%M": HOURS, "%d.%m.%Y %H:%M": HOURS,
    "%Y-%m-%dT%H:%M:%SZ": HOURS.tz_localize("UTC"), "%Y-%m-%d %H:%M:%S+00:00": HOURS.tz_localize("UTC"),
}  # fmt: skip
DTYPES = ["str", "object", "category", "string"]


def quick(**parameters):
    return RNNForecaster(2, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, **parameters})


def as_text(index, how, dtype=object):
    return pd.Index(index.strftime(how), name=index.name).astype(dtype)


def contain(kind, index, start=0, stop=N):
    """Two series, or one, over some of the stamps."""
    index, values = index[start:stop], VALUES[start:stop]
    long = pd.concat([pd.DataFrame({"unique_id": name, "ds": index, "y": values + k}) for k, name in enumerate("ab")])
    return {
        "series": pd.Series(values, index=index, name="y"),
        "wide": pd.DataFrame({"a": values, "b": values + 1}, index=index),
        "long": long,
        "dated": long[["ds", "y"]][: stop - start],
        "keyed": long.set_index(["unique_id", "ds"])["y"],
    }[kind]


KINDS = ["series", "wide", "long", "dated", "keyed"]


def assert_equal(one, other):
    if isinstance(other, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_index_type=False)
    else:
        pd.testing.assert_series_equal(one, other, check_index_type=False)


def in_unit(index):
    """Stamps of the resolution that pandas gives text: nanoseconds in pandas 2, microseconds in pandas 3."""
    return index.as_unit(pd.to_datetime(pd.Index(["2020-01-01"]), format="%Y-%m-%d").unit)


@pytest.mark.parametrize("how", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_panels_are_those_of_dates(kind, how):
    index = in_unit(FORMATS[how])
    text = as_text(index, how, DTYPES[list(FORMATS).index(how) % len(DTYPES)])
    panel, expected = to_panel(contain(kind, text)), to_panel(contain(kind, index))
    np.testing.assert_array_equal(panel.values, expected.values)
    assert panel.times.equals(expected.times)
    assert panel.frequencies == expected.frequencies
    assert_equal(panel.restore(np.zeros((panel.n_series, 2))), expected.restore(np.zeros((panel.n_series, 2))))
    # New data may have text again, or dates.
    for late in (text, index):
        assert append(panel, contain(kind, late, N, N + 2)).times.equals(
            append(expected, contain(kind, index, N, N + 2)).times
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_reads_text(kind):
    index = in_unit(DAYS)
    text = as_text(index, "%d/%m/%Y")
    one, other = quick(), quick()
    for forecaster, stamps in ((one, text), (other, index)):
        forecaster.fit(contain(kind, stamps)).update(contain(kind, stamps, N, N + 1))
        forecaster.partial_fit(contain(kind, stamps, N, N + 3), overlap="drop")
    assert_equal(one.predict(), other.predict())
    late = contain(kind, text, N + 3, N + 5)
    assert one.score(late) == other.score(contain(kind, index, N + 3, N + 5))
    np.testing.assert_array_equal(one.predict_origins(contain(kind, text), [20]),
                                  other.predict_origins(contain(kind, index), [20]))  # fmt: skip
    pd.testing.assert_frame_equal(backtest(quick(), contain(kind, text), n_windows=1),
                                  backtest(quick(), contain(kind, index), n_windows=1))  # fmt: skip
    for rows, expected in zip(PanelSplit(2, n_splits=1).split(contain(kind, text)),
                              PanelSplit(2, n_splits=1).split(contain(kind, index)), strict=True):  # fmt: skip
        np.testing.assert_array_equal(np.concatenate(rows), np.concatenate(expected))


class TestCovariates:
    @pytest.mark.parametrize("kind", ["long", "dated"])
    def test_columns_of_a_frame(self, kind):
        # By the letters of the text, the rows of the future would be those of the end of each month.
        index = in_unit(pd.date_range("2024-01-20", periods=N + 6, freq="D"))
        text = as_text(index, "%d/%m/%Y")
        one, other = (contain(kind, stamps, 0, N + 2).assign(price=1.5) for stamps in (text, index))
        for data in (one, other):
            data["price"] = np.random.default_rng(1).normal(size=len(data))
            data.loc[data.index >= N, "y"] = np.nan
        panel, expected = to_panel(one), to_panel(other)
        np.testing.assert_array_equal(panel.values, expected.values)
        np.testing.assert_array_equal(panel.covariates.numbers, expected.covariates.numbers)
        assert panel.covariates.lengths.tolist() == expected.covariates.lengths.tolist()

    def test_rows_to_forecast(self):
        index, text = in_unit(DAYS), as_text(in_unit(DAYS), "%d/%m/%Y")
        X = pd.DataFrame({"price": np.random.default_rng(1).normal(size=N + 6)})
        y = pd.Series(VALUES[:N])
        one = quick().fit(X[:N].set_axis(text[:N]), y.set_axis(text[:N]))
        other = quick().fit(X[:N].set_axis(index[:N]), y.set_axis(index[:N]))
        # 01/02/2024 alone would be ambiguous: it is read as the dates of the fit.
        ahead = slice(N, N + 2)
        assert_equal(one.predict(X[ahead].set_axis(text[ahead])), other.predict(X[ahead].set_axis(index[ahead])))
        assert find_formats(as_text(pd.date_range("2024-02-01", periods=5), "%d/%m/%Y")) == ["%m/%d/%Y", "%d/%m/%Y"]

    def test_calendar(self):
        index, text = in_unit(HOURS), as_text(HOURS, "%Y-%m-%d %H:%M")
        columns = CalendarFeatures(["hour", "weekday"], encoding="number")
        np.testing.assert_array_equal(columns.transform(text), columns.transform(index))
        ahead = future_index(contain("long", text), 2)
        pd.testing.assert_frame_equal(ahead, future_index(contain("long", index), 2))


@settings(max_examples=50)
@given(start=st.dates(datetime.date(1850, 1, 1), datetime.date(2150, 1, 1)),
       freq=st.sampled_from(["D", "MS", "W-SUN", "B", "3D"]), how=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"]),
       n=st.integers(3, 30))  # fmt: skip
def test_dates_are_right_or_refused(start, freq, how, n):
    index = in_unit(pd.date_range(start, periods=n, freq=freq))
    data = pd.Series(np.arange(float(n)), index=as_text(index, how))
    if (index.day <= 12).all():
        with pytest.raises(TypeError, match="days and months cannot be told apart") as caught:
            to_panel(data)
        assert how in str(caught.value)
    else:
        assert to_panel(data, freq=freq).times.equals(index)


@pytest.mark.parametrize("kind", ["string", "large_string", "dictionary"])
def test_text_of_arrow(kind):
    arrow = pytest.importorskip("pyarrow")
    types = {"string": arrow.string(), "large_string": arrow.large_string(),
             "dictionary": arrow.dictionary(arrow.int32(), arrow.string())}  # fmt: skip
    index = in_unit(DAYS)
    data = contain("long", as_text(index, "%Y-%m-%d")).astype({"ds": pd.ArrowDtype(types[kind])})
    assert_equal(to_panel(data).restore(np.zeros((2, 2))), to_panel(contain("long", index)).restore(np.zeros((2, 2))))


class TestRefusals:
    def test_offsets_of_several_zones(self):
        index = pd.date_range("2024-03-30 20:00", periods=10, freq="h", tz="Europe/Berlin")
        data = pd.Series(np.arange(10.0), index=[str(stamp) for stamp in index])
        with pytest.raises(ValueError, match="stamps of several time zones") as caught:
            to_panel(data)
        mended = eval(str(caught.value).split("to one: ")[1][:-1], {"data": data, "pd": pd})
        assert list(to_panel(mended).times) == list(index)

    def test_a_missing_stamp(self):
        data = contain("long", as_text(DAYS, "%Y-%m-%d"))
        data.iloc[3, 1] = None
        with pytest.raises(ValueError, match="column 'ds' has a missing time stamp at position 3") as caught:
            to_panel(data)
        assert to_panel(eval(str(caught.value).split("row: ")[1][:-1], {"data": data}), missing="fill").n_series == 2

    @pytest.mark.parametrize("texts", [["1000", "1001", "1002"], ["9990101", "9990102", "9990103"], ["1", "2", "3"]])
    def test_numbers_that_are_no_dates(self, texts):
        with pytest.raises(TypeError, match=f"must hold time stamps.*'{texts[0]}'"):
            to_panel(pd.Series([1.0, 2.0, 3.0], index=texts))

    @pytest.mark.parametrize("kind", ["series", "wide"])
    def test_disorder_of_text_that_does_not_sort_by_time(self, kind):
        index = in_unit(pd.date_range("2024-01-20", periods=N, freq="D"))
        data = contain(kind, as_text(index, "%d/%m/%Y"))
        for wrong, words in ((data.iloc[::-1], "Sort it with "), (pd.concat([data, data[-2:]]), "Aggregate (")):
            with pytest.raises(ValueError, match="ascending|duplicate") as caught:
                to_panel(wrong)
            advice = str(caught.value).split(words)[1].split("; for" if words.startswith("Sort") else ") or drop")[0]
            assert to_panel(eval(advice, {"data": wrong, "pd": pd})).times.equals(index)

    @pytest.mark.parametrize("kind", KINDS)
    def test_advice_follows_the_order_of_time(self, kind):
        index = in_unit(pd.date_range("2024-01-20", periods=N, freq="D"))
        data = contain(kind, as_text(index, "%d/%m/%Y"))
        stamps = data["ds"] if "ds" in data else data.index.get_level_values(-1)
        cut = data[np.asarray(stamps != "31/01/2024")]
        with pytest.raises(ValueError, match="has a gap: 2024-01-31 00:00:00 is missing") as caught:
            to_panel(cut)
        filled, numbered = str(caught.value).split("for example ")[1].split(", or use positions: ")
        filled = filled.split(", or declare")[0]
        panel = to_panel(eval(filled, {"data": cut, "pd": pd}))
        np.testing.assert_allclose(np.delete(panel.series(0), 11), np.delete(VALUES[:N], 11))
        numbered = to_panel(eval(numbered.split(". If ")[0].rstrip("."), {"data": cut, "pd": pd}))
        np.testing.assert_array_equal(numbered.series(0), np.delete(VALUES[:N], 11))
