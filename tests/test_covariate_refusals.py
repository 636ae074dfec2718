"""Covariates that do not fit the series: what is said, and that the advice works; nothing is trained here."""

import re

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.forecaster.checks import check_origins
from tsrnn.frames import append, to_panel

N = 30
DAYS = pd.date_range("2024-01-01", periods=N + 4, freq="D")
KINDS = ["index", "keyed", "columns"]


def frame(stamps=DAYS, ids=("a", "b")):
    """Two series and a price, as a long frame."""
    parts = [
        pd.DataFrame({"unique_id": i, "ds": stamps, "y": np.arange(N + 4.0), "price": np.arange(N + 4.0) + 100 * k})
        for k, i in enumerate(ids)
    ]
    return pd.concat(parts, ignore_index=True)


def beside(kind, data):
    """Series and covariates of a long frame: a Series over dates, a Series over (id, time), or long frames."""
    if kind == "index":
        data = data[data["unique_id"] == data["unique_id"].iloc[0]].set_index("ds")
        return data["y"], data[["price"]]
    if kind == "keyed":
        data = data.set_index(["unique_id", "ds"])
        return data["y"], data[["price"]]
    return data[["unique_id", "ds", "y"]], data.drop(columns="y")


def follow(error, X):
    """Run the last expression of a message."""
    expression = re.search(r"(?:: |^)(X[.\[].*?)\.$", str(error.value)).group(1)
    return eval(expression, {"X": X, "pd": pd, "np": np})


ZONES = {
    "converted": ("Europe/Berlin", lambda t: t.tz_convert("UTC")),
    "taken away": ("Europe/Berlin", lambda t: t.tz_localize(None)),
    "added": (None, lambda t: t.tz_localize("UTC")),
    "periods": (None, lambda t: t.to_period("D")),
}


@pytest.mark.parametrize("change", ZONES)
@pytest.mark.parametrize("kind", KINDS)
def test_time_zones(kind, change):
    zone, convert = ZONES[change]
    y, good = beside(kind, frame(DAYS.tz_localize(zone)))
    _, X = beside(kind, frame(convert(DAYS.tz_localize(zone))))
    with pytest.raises(TypeError, match="must be of one kind and time zone") as caught:
        to_panel(y, X=X)
    panel = to_panel(y, X=follow(caught, X))
    np.testing.assert_array_equal(panel.covariates.numbers, to_panel(y, X=good).covariates.numbers)


@pytest.mark.parametrize("kind", KINDS)
def test_time_zones_of_new_data(kind):
    data = frame(DAYS.tz_localize("Europe/Berlin"))
    seen, later = (data[(data["ds"] > DAYS[N - 1].tz_localize("Europe/Berlin")) == part] for part in (False, True))
    new = beside(kind, later.assign(ds=later["ds"].dt.tz_convert("UTC")))[0]
    with pytest.raises(TypeError, match="of one kind and time zone") as caught:
        append(to_panel(beside(kind, seen)[0]), new)
    mended = eval(re.search(r"convert them: (data.*)\.$", str(caught.value)).group(1), {"data": new, "pd": pd})
    assert set(append(to_panel(beside(kind, seen)[0]), mended).lengths) == {N + 4}


def test_no_advice_for_clock_times_that_do_not_exist():
    hours = pd.date_range("2024-03-30", periods=40, freq="h")
    y = pd.Series(np.arange(40.0), index=hours.tz_localize("UTC").tz_convert("Europe/Berlin"))
    with pytest.raises(TypeError, match="time zone.$"):
        to_panel(y, X=pd.DataFrame({"price": 1.0}, index=hours))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_stamps(kind):
    y, X = beside(kind, frame())
    _, lacking = beside(kind, frame(DAYS.where(DAYS != DAYS[3])))
    with pytest.raises(ValueError, match="missing time stamp at position 3") as caught:
        to_panel(y, X=lacking)
    expression = re.search(r"drop its row: (.*)\.$", str(caught.value)).group(1)
    assert len(eval(expression, {"X": lacking})) == len(X) - (1 if kind == "index" else 2)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_ids_of_another_type(kind):
    y, _ = beside(kind, frame(ids=("1", "2")))
    _, X = beside(kind, frame(ids=(1, 2)))
    with pytest.raises(TypeError, match="must be of one type") as caught:
        to_panel(y, X=X)
    assert to_panel(y, X=follow(caught, X)).covariates.numbers[-1, 0] == N + 103


def test_dates_in_a_column():
    y, X = beside("index", frame())
    with pytest.raises(TypeError, match="Column 'ds' holds dates") as caught:
        to_panel(y, X=X.reset_index())
    assert to_panel(y, X=follow(caught, X.reset_index())).covariates.names == ["price"]


def test_rows_of_another_time():
    y, X = beside("index", frame())
    for other in (X[:0], X.shift(freq="700D"), X.shift(freq="1h")):
        with pytest.raises(ValueError, match="X has no row for any stamp of y, from 2024-01-01"):
            to_panel(y, X=other)


def test_no_data():
    panel = to_panel(beside("index", frame())[0])
    for nothing in (None, 5, "y"):
        with pytest.raises(TypeError, match="A series must be a Series"):
            append(panel, nothing)
        with pytest.raises(TypeError, match="A series must be a Series"):
            append(to_panel(*beside("index", frame())[:1], X=beside("index", frame())[1]), nothing, X=pd.DataFrame())


def test_origins_are_counts():
    y = beside("index", frame())[0]
    with pytest.raises(ValueError, match="must be ints") as caught:
        check_origins(y.index[[9, 12]], N)
    expression = re.search(r"Count the stamps up to each: (.*)\.$", str(caught.value)).group(1)
    assert check_origins(eval(expression, {"y": y, "origins": y.index[[9, 12]]}), N).tolist() == [10, 13]


class TestSharedRows:
    """Covariates without ids are those of all series."""

    @pytest.fixture
    def data(self):
        rng = np.random.default_rng(0)
        data = frame().assign(y=lambda d: 50 + d["price"] % 7 + rng.normal(size=len(d)))
        return data, data[data["unique_id"] == "a"].set_index("ds")[["price"]]

    def fit(self, y, X):
        parameters = {"max_epochs": 1, "hidden_size": 2, "lookback": 4, "season_length": 1, "random_state": 0}
        return RNNForecaster(2, early_stopping=False, log=False, **parameters).fit(X, y)

    @pytest.mark.parametrize("kind", ["keyed", "columns"])
    def test_series_with_ids(self, data, kind):
        data, X = data
        y = beside(kind, data[data["ds"] < DAYS[N]])[0]
        forecast = self.fit(y, X[:N]).predict(X[N : N + 2])
        known = self.fit(y, X[: N + 2]).predict()
        assert forecast.equals(known) and len(forecast) == 4
        with pytest.raises(ValueError, match=f"must be of series of the fit, .* Got one at {DAYS[N - 1]}"):
            self.fit(y, X[:N]).predict(X[N - 1 : N + 2])

    def test_rows_with_ids_beside_a_wide_frame(self, data):
        data, _ = data
        y = data[data["ds"] < DAYS[N]].pivot(index="ds", columns="unique_id", values="y")
        X = data.set_index(["unique_id", "ds"])[["price"]]
        ahead = X[X.index.get_level_values(1).isin(DAYS[N : N + 2])]
        forecast = self.fit(y, X.drop(ahead.index)).predict(ahead)
        assert list(forecast.index) == list(DAYS[N : N + 2]) and list(forecast.columns) == ["a", "b"]
