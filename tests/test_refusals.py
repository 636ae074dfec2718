"""All methods that take data refuse the same inputs; parameters set after a fit change nothing."""

import functools
import pickle
import re
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tsrnn import RNNForecaster, backtest
from tsrnn.plotting import ForecastDisplay

N = 40
DAYS = pd.date_range("2024-01-01", periods=N + 8, freq="D")
METHODS = {
    "update": lambda forecaster, late, whole: forecaster.update(late),
    "partial_fit": lambda forecaster, late, whole: forecaster.partial_fit(late),
    "score": lambda forecaster, late, whole: forecaster.score(late),
    "display": lambda forecaster, late, whole: ForecastDisplay.from_estimator(
        forecaster, late, series=forecaster._panel.ids[0]
    ),
    "predict_origins": lambda forecaster, late, whole: forecaster.predict_origins(whole, [30]),
}


def quick(horizon=2, **parameters):
    return RNNForecaster(horizon, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, **parameters})


def contain(kind, index):
    """Two series, or one, with these stamps."""
    wide = pd.DataFrame({"a": np.sin(np.arange(len(index))), "b": np.cos(np.arange(len(index)))}, index=index)
    keyed = pd.concat({name: wide[name] for name in wide}, names=["unique_id", "ds"]).rename("y")
    containers = {
        "series": wide["a"],
        "wide": wide,
        "keyed": keyed,
        "long": keyed.reset_index(),
        "array": wide.to_numpy(),
    }
    return containers[kind]


@functools.cache
def fit_and_pickle(kind):
    return pickle.dumps(quick(missing="raise").fit(contain(kind, DAYS[:N])))


def fitted(kind):
    """A forecaster of its own, fitted to the first N days."""
    return pickle.loads(fit_and_pickle(kind))


CHANGES = {
    "zone": lambda index: index.tz_localize("UTC"),
    "periods": lambda index: index.to_period("D"),
    "integers": lambda index: pd.RangeIndex(len(index)),
    "hours": lambda index: pd.date_range(index[0], periods=len(index), freq="h"),
    "weeks": lambda index: pd.date_range(index[0], periods=len(index), freq="W"),
    "two days": lambda index: pd.date_range(index[0], periods=len(index), freq="2D"),
    "text": lambda index: pd.Index(index.strftime("day %j")),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["series", "wide", "keyed", "long"])
@pytest.mark.parametrize("method", METHODS)
def test_other_stamps_are_refused_by_every_method(method, kind, change):
    forecaster = fitted(kind)
    late, whole = (contain(kind, CHANGES[change](index)) for index in (DAYS[N : N + 4], DAYS))
    with pytest.raises(
        (TypeError, ValueError),
        match="kind and time zone|go on right after|must have every stamp|is next after|gap|must hold|none of freq",
    ):
        METHODS[method](forecaster, late, whole)


@pytest.mark.parametrize(("kind", "other"), [*permutations(["series", "wide", "keyed", "long", "array"], 2)])
@pytest.mark.parametrize("method", METHODS)
def test_another_container_is_refused_by_every_method(method, kind, other):
    forecaster = fitted(kind)
    late, whole = contain(other, DAYS[N : N + 4]), contain(other, DAYS)
    with pytest.raises(TypeError, match="must come in the same container"):
        METHODS[method](forecaster, late, whole)


@pytest.mark.parametrize("method", METHODS)
def test_other_columns_are_refused_by_every_method(method):
    wide = contain("wide", DAYS)
    forecaster = fitted("wide")
    for other in (wide[["a"]], wide.rename(columns={"b": "c"}), wide.assign(c=1.0)):
        with pytest.raises(ValueError, match=r"must have the columns \['a', 'b'\]|must be those of the fit"):
            METHODS[method](forecaster, other[N : N + 4], other)


def test_predict_refuses_rows_of_other_stamps():
    forecaster = fitted("series")
    for change in ("zone", "periods", "integers", "text"):
        with pytest.raises(TypeError, match="The time stamps of X|the index of X|must hold time stamps"):
            forecaster.predict(pd.DataFrame(index=CHANGES[change](DAYS[N:])))
    hours = pd.DataFrame(index=pd.date_range("2024-02-10", periods=3, freq="h"))
    with pytest.raises(
        ValueError, match="rows of X must be stamps after the end, from 2024-02-10.*Got 2024-02-10 01:00"
    ):
        forecaster.predict(hours)


@pytest.mark.parametrize(
    ("unit", "words"),
    [("s", "rows of X must be less than 1,048,576 steps ahead. Got 6000-01-01"),
     ("ns", "stamps of X, up to 6000-01-01.*, are beyond what those seen before can count, datetime64.ns.*as_unit")],
)  # fmt: skip
def test_predict_refuses_rows_too_far_ahead(unit, words):
    data = contain("series", DAYS[:N].as_unit(unit))
    rows = pd.DatetimeIndex(np.array(["2024-02-10", "6000-01-01"], dtype="datetime64[s]"))
    with pytest.raises(ValueError, match=words):
        quick().fit(data).predict(pd.DataFrame(index=rows))


@pytest.mark.parametrize("unit", ["s", "ns"])
def test_rows_may_be_of_another_resolution_and_order(unit):
    forecaster = fitted("series")
    rows = DAYS[N:][[3, 0, 3]].as_unit(unit)
    forecast = forecaster.predict(pd.DataFrame(index=rows))
    np.testing.assert_array_equal(forecast, forecaster.predict(horizon=4).iloc[[3, 0, 3]])


def test_origins_need_positive_values_where_the_fit_takes_logarithms():
    data = contain("series", DAYS) + 2.0
    forecaster = quick(log=True).fit(data[:N])
    data.iloc[20] = 0.0
    with pytest.raises(ValueError, match="Logarithms need positive values: series 'a' has 0.0 at 2024-01-21"):
        forecaster.predict_origins(data, [30])


def test_a_new_id_has_no_score():
    forecaster = fitted("keyed")
    late = contain("keyed", DAYS[N : N + 2]).rename({"b": "new"}, level=0)
    with pytest.raises(ValueError, match="no forecast to score of series that were not seen before, such as id .new."):
        forecaster.score(late)


OTHERS = {"horizon": 5, "freq": "h", "id_col": "x", "time_col": "y", "target_col": "z", "loss": "squared_error",
          "season_length": 3, "log": True, "n_jobs": 1, "random_state": 9, "channels": "joint"}  # fmt: skip


@pytest.mark.parametrize("parameter", OTHERS)
@pytest.mark.parametrize("kind", ["series", "wide", "keyed", "long"])
def test_parameters_set_after_a_fit_change_nothing(kind, parameter):
    late, whole = contain(kind, DAYS[N : N + 4]), contain(kind, DAYS)
    plain, changed = fitted(kind), fitted(kind)
    changed.set_params(**{parameter: OTHERS[parameter]})
    np.testing.assert_array_equal(changed.predict(), plain.predict())
    np.testing.assert_array_equal(changed.predict_origins(whole, [30]), plain.predict_origins(whole, [30]))
    assert changed.score(late) == plain.score(late)
    lines = [ForecastDisplay.from_estimator(each, late, series="a").y_pred for each in (changed, plain)]
    pd.testing.assert_series_equal(*lines)
    np.testing.assert_array_equal(changed.update(late).predict(), plain.update(late).predict())
    plt.close("all")


@pytest.mark.parametrize("parameter", ["freq", "id_col", "time_col", "target_col"])
def test_nor_do_they_change_how_partial_fit_reads(parameter):
    late = contain("long", DAYS[N : N + 4])
    plain, changed = fitted("long"), fitted("long")
    changed.set_params(**{parameter: OTHERS[parameter]})
    np.testing.assert_array_equal(changed.partial_fit(late).predict()["y"], plain.partial_fit(late).predict()["y"])


def test_a_display_shows_copies():
    forecaster = fitted("series")
    before = forecaster.predict()
    display = ForecastDisplay.from_estimator(forecaster)
    display.y_true.iloc[:] = -1
    display.y_true.index.name = display.y_pred.index.name = "spoiled"
    pd.testing.assert_series_equal(forecaster.predict(), before)
    plt.close("all")


class TestOutputColumns:
    """A column of the user's is never overwritten."""

    @pytest.mark.parametrize("name", ["cutoff", "RNNForecaster", "naive", "seasonal_naive"])
    @pytest.mark.parametrize("parameter", ["id_col", "time_col", "target_col"])
    def test_names_of_backtest(self, parameter, name):
        names = {"id_col": "unique_id", "time_col": "ds", "target_col": "y"} | {parameter: name}
        data = contain("long", DAYS[:N]).set_axis(list(names.values()), axis=1)
        with pytest.raises(ValueError, match=f"{parameter}='{name}' is the name of an output column") as caught:
            backtest(quick(**names), data)
        renamed = eval(re.search(r"(data\.rename\(.*\))\.$", str(caught.value)).group(1))
        names |= eval(re.search(r"such as (\w+='\w+')", str(caught.value)).expand(r"dict(\1)"))
        table = backtest(quick(**names), renamed, n_windows=1)
        assert table.shape == (4, 7)
        assert table.columns.is_unique
        assert quick(**names).fit(renamed).predict().columns.tolist() == list(names.values())

    @pytest.mark.parametrize("kind", ["series", "wide", "keyed", "long"])
    def test_three_names_that_are_not_different(self, kind):
        with pytest.raises(ValueError, match="must be three different columns. Got 'a', 'a' and 'y'"):
            quick(id_col="a", time_col="a").fit(contain(kind, DAYS))

    def test_series_that_have_names_of_output_columns(self):
        wide = contain("wide", DAYS[:N]).set_axis(["naive", "cutoff"], axis=1).rename_axis("y")
        assert backtest(quick(), wide, n_windows=1)["unique_id"].unique().tolist() == ["naive", "cutoff"]
        forecast = quick().fit(wide).predict()
        assert forecast.columns.tolist() == ["naive", "cutoff"]
        assert forecast.index.name == "y"
        assert forecast.reset_index().columns.tolist() == ["y", "naive", "cutoff"]

    def test_names_of_levels_and_columns_of_a_panel(self):
        data = contain("keyed", DAYS[:N]).rename_axis(["y", "forecast"]).to_frame("y")
        data.columns.name = "kind"
        forecast = quick().fit(data).predict()
        assert forecast.index.names == ["y", "forecast"]
        pd.testing.assert_index_equal(forecast.columns, data.columns)

    @pytest.mark.parametrize("columns", [[("p", "q")], [3], [None]], ids=repr)
    def test_any_columns_of_a_panel(self, columns):
        data = contain("keyed", DAYS[:N]).to_frame()
        data.columns = pd.MultiIndex.from_tuples(columns) if isinstance(columns[0], tuple) else pd.Index(columns)
        pd.testing.assert_index_equal(quick().fit(data).predict().columns, data.columns)
