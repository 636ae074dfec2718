"""Several id columns or levels: the numbers are those of the ids joined to one column, the columns come back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from tsrnn import RNNForecaster, backtest
from tsrnn.calendar import future_index
from tsrnn.frames import append, read_again, to_panel
from tsrnn.metrics import mase
from tsrnn.model_selection import PanelSplit

N, LATER = 24, 6
DAYS = pd.date_range("2024-01-01", periods=N + LATER, freq="D")
IDS = ["store", "item"]
STORES = pd.Series(["b", "b", "a"], dtype="category")
ITEMS = pd.Series([2, 1, 2], dtype="int16")
KINDS = ["long", "levels", "frame of levels"]


def quick(**parameters):
    return RNNForecaster(2, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, **parameters})


def long_frame(start=0, stop=N, which=(0, 1, 2), covariate=False):
    """Rows of three series of two stores, of some days."""
    parts = []
    for k in which:
        rng = np.random.default_rng(k)
        price = rng.normal(size=N + LATER)
        y = 10.0 * k + np.resize([0.0, 3, 5, 3, 0, -4, -7], N + LATER) + rng.normal(size=N + LATER)
        columns = {"store": STORES[k], "item": ITEMS[k], "ds": DAYS, "y": y - 3 * price * covariate}
        columns |= {"price": price} if covariate else {}
        parts.append(pd.DataFrame(columns).iloc[start:stop])
    frame = pd.concat(parts, ignore_index=True)
    return frame.astype({"store": STORES.dtype, "item": ITEMS.dtype})


def contain(kind, frame):
    """The rows of a long frame in a container of several ids."""
    if kind == "long":
        return frame
    keyed = frame.set_index([*IDS, "ds"])
    return keyed["y"] if kind == "levels" else keyed[["y"]]


def parameters_of(kind):
    return {"id_col": IDS} if kind == "long" else {}


def join(frame):
    """The same frame with the ids in one column."""
    ids = frame["store"].astype(str) + "/" + frame["item"].astype(str)
    return frame.drop(columns=IDS).assign(unique_id=ids)


def numbers(forecast):
    return (forecast["y"] if isinstance(forecast, pd.DataFrame) else forecast).to_numpy()


def ids_of(kind, forecast):
    """Frame of the ids of a forecast."""
    return forecast[IDS] if kind == "long" else forecast.index.to_frame(index=False)[IDS]


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_gives_the_numbers_of_joined_ids(kind):
    shuffled = long_frame().sample(frac=1, random_state=1, ignore_index=True)
    weights = np.random.default_rng(0).uniform(size=len(shuffled))
    several, joined = quick(**parameters_of(kind)), quick()
    for forecaster, data in ((several, lambda frame: contain(kind, frame)), (joined, join)):
        forecaster.fit(data(shuffled), sample_weight=weights)
        forecaster.update(data(long_frame(N, N + 1, which=[1])))
        forecaster.partial_fit(data(long_frame(N, N + 2, which=[2])))
    forecast = several.predict()
    np.testing.assert_array_equal(numbers(forecast), numbers(joined.predict()))
    assert several.n_missing_.tolist() == joined.n_missing_.tolist() == [0, 0, 0]
    assert several.forecast_origin_.tolist() == joined.forecast_origin_.tolist()
    late = long_frame(N + 2, N + 4, which=[2])
    assert several.score(contain(kind, late)) == joined.score(join(late))
    whole = long_frame()
    order = [(row.store, row.item) for row in shuffled.drop_duplicates(IDS).itertuples()]
    whole = pd.concat([whole[(whole["store"] == store) & (whole["item"] == item)] for store, item in order])
    np.testing.assert_array_equal(
        several.predict_origins(contain(kind, whole), [15, 20]), joined.predict_origins(join(whole), [15, 20])
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_come_back(kind):
    data = contain(kind, long_frame())
    forecaster = quick(**parameters_of(kind)).fit(data)
    before = ids_of(kind, forecaster.predict())
    forecaster.update(contain(kind, long_frame(N, N + 1, which=[2, 0])))
    forecast = forecaster.predict()
    for ids in (before, ids_of(kind, forecast)):
        pd.testing.assert_frame_equal(ids, pd.DataFrame({"store": STORES, "item": ITEMS}).loc[[0, 0, 1, 1, 2, 2]]
                                      .reset_index(drop=True))  # fmt: skip
    if kind == "long":
        assert forecast.columns.tolist() == ["store", "item", "ds", "y"]
        assert forecaster.forecast_origin_.index.names == IDS
        assert future_index(data, 2, id_col=IDS).columns.tolist() == ["store", "item", "ds"]
    else:
        assert forecast.index.names == ["store", "item", "ds"]
        assert list(forecast.index)[0] == ("b", 2, DAYS[N + 1])
        assert list(future_index(data, 1)) == [("b", 2, DAYS[N]), ("b", 1, DAYS[N]), ("a", 2, DAYS[N])]


@pytest.mark.parametrize("kind", KINDS)
def test_backtests_have_the_columns(kind):
    table = backtest(quick(**parameters_of(kind)), contain(kind, long_frame()), n_windows=2)
    assert table.columns.tolist() == [*IDS, "ds", "cutoff", "y", "RNNForecaster", "naive", "seasonal_naive"]
    assert table[IDS].dtypes.tolist() == [STORES.dtype, ITEMS.dtype]
    joined = backtest(quick(), join(long_frame()), n_windows=2)
    pd.testing.assert_frame_equal(table.drop(columns=IDS), joined.drop(columns="unique_id"))
    assert (table["store"].astype(str) + "/" + table["item"].astype(str)).tolist() == joined["unique_id"].tolist()


def test_three_levels_without_names_in_a_backtest():
    data = contain("levels", long_frame()).rename_axis([None, "item", None])
    assert backtest(quick(), data, n_windows=1).columns.tolist()[:3] == ["level_0", "item", "ds"]
    data = data.rename_axis(["naive", "item", "when"])
    with pytest.raises(ValueError, match=r"'naive'. Rename it: data.rename_axis\(\['naive_given', 'item', 'when'\]\)"):
        backtest(quick(), data, n_windows=1)
    with pytest.raises(ValueError, match=r"such as id_col=\['store', 'cutoff_given'\]"):
        backtest(quick(id_col=["store", "cutoff"]), long_frame().rename(columns={"item": "cutoff"}))


class TestCovariates:
    @pytest.mark.parametrize("kind", ["long", "levels"])
    def test_numbers_are_those_of_joined_ids(self, kind):
        frame, future = long_frame(covariate=True), long_frame(N, N + 2, covariate=True)
        joined = quick().fit(join(frame))
        expected = joined.predict(join(future).drop(columns="y"))
        if kind == "long":
            forecaster = quick(id_col=IDS).fit(frame)
            ahead = future.drop(columns="y")
        else:
            X = frame.set_index([*IDS, "ds"])
            forecaster = quick().fit(X[["price"]], X["y"])
            ahead = future.set_index([*IDS, "ds"])[["price"]]
        np.testing.assert_array_equal(numbers(forecaster.predict(ahead)), numbers(expected))
        chosen = forecaster.predict(ahead.iloc[2:4])
        np.testing.assert_array_equal(numbers(chosen), numbers(expected)[2:4])
        assert ids_of(kind, chosen).drop_duplicates().to_numpy().tolist() == [["b", 1]]

    def test_rows_after_the_end_are_of_the_future(self):
        frame = long_frame(0, N + 2, covariate=True)
        frame.loc[frame["ds"] >= DAYS[N], "y"] = np.nan
        expected = quick(id_col=IDS).fit(long_frame(covariate=True)).predict(long_frame(N, N + 2, covariate=True))
        pd.testing.assert_frame_equal(quick(id_col=IDS).fit(frame).predict(), expected)

    @pytest.mark.parametrize("y", ["long", "levels"])
    @pytest.mark.parametrize("X", ["long", "levels", "array"])
    def test_containers_of_both_may_differ(self, X, y):
        frame = long_frame(covariate=True)
        covariates = {
            "long": frame[[*IDS, "ds", "price"]],
            "levels": frame.set_index([*IDS, "ds"])[["price"]],
            "array": frame[["price"]].to_numpy(),
        }[X]
        data = contain(y, frame[[*IDS, "ds", "y"]])
        panel = to_panel(data, X=covariates, id_col=IDS)
        np.testing.assert_array_equal(panel.covariates.numbers[:, 0], frame["price"])

    @pytest.mark.parametrize("n_ids", [1, 2])
    def test_rows_to_forecast_as_columns_of_the_names_of_levels(self, n_ids):
        frame, future = long_frame(covariate=True), long_frame(N, N + 2, covariate=True)
        keys = ["item", "store"][:n_ids]
        if n_ids == 1:
            frame, future = (data[data["store"] == "b"].drop(columns="store") for data in (frame, future))
        keyed = frame.set_index([*keys, "ds"]).rename_axis([*keys, "day"])
        forecaster = quick().fit(keyed[["price"]], keyed["y"])
        ahead = future[[*keys, "ds", "price"]].rename(columns={"ds": "day"})
        expected = forecaster.predict(ahead.set_index([*keys, "day"]))
        pd.testing.assert_series_equal(forecaster.predict(ahead), expected)

    def test_columns_of_a_wide_frame_with_two_levels(self):
        frame = long_frame(covariate=True)
        wide = frame.pivot(index="ds", columns=IDS, values="y")
        panel = to_panel(wide, X=frame.set_index([*IDS, "ds"])[["price"]])
        expected = [frame.loc[(frame["store"] == a) & (frame["item"] == b), "price"] for a, b in wide.columns]
        np.testing.assert_array_equal(panel.covariates.numbers[:, 0], np.concatenate(expected))


@st.composite
def frames(draw):
    """A long frame with one to three id columns, each of one type, its rows in any order, and the joined ids."""
    n_ids = draw(st.integers(2, 3))
    kinds = draw(st.lists(st.sampled_from(["str", "object", "category", "int64", "Int64", "bool"]), min_size=n_ids,
                          max_size=n_ids))  # fmt: skip
    keys = draw(st.lists(st.tuples(*[st.integers(0, 1)] * n_ids), min_size=1, max_size=6, unique=True))
    lengths = draw(st.lists(st.integers(1, 4), min_size=len(keys), max_size=len(keys)))
    lengths[0] = 4  # the frequency is that of the longest series
    rows = [(key, step) for key, n in zip(keys, lengths, strict=True) for step in range(n)]
    rows = draw(st.permutations(rows))
    frame = pd.DataFrame({"ds": [DAYS[step] for _, step in rows], "y": np.arange(float(len(rows)))})
    for k, kind in enumerate(kinds):
        values = [key[k] for key, _ in rows]
        named = values if kind in ("int64", "Int64", "bool") else [f"n{value}" for value in values]
        frame[f"id {k}"] = pd.Series(named).astype(kind)
    return frame, [f"id {k}" for k in range(n_ids)], pd.Series([str(key) for key, _ in rows])


@settings(max_examples=60)
@given(frames())
def test_any_types_of_ids(given_frame):
    frame, ids, joined = given_frame
    expected = to_panel(frame[["ds", "y"]].assign(unique_id=joined))
    for panel in (to_panel(frame, id_col=ids), to_panel(frame.set_index([*ids, "ds"])["y"])):
        np.testing.assert_array_equal(panel.values, expected.values)
        np.testing.assert_array_equal(panel.offsets, expected.offsets)
        pd.testing.assert_index_equal(panel.times, expected.times, check_names=False)
        np.testing.assert_array_equal(panel.rows, expected.rows)
        np.testing.assert_array_equal(panel.align(np.arange(float(len(frame)))), panel.values)
        forecast = panel.restore(np.zeros((panel.n_series, 1)))
        back = forecast[ids] if isinstance(forecast, pd.DataFrame) else forecast.index.to_frame(index=False)[ids]
        first = frame.drop_duplicates(ids)[ids].reset_index(drop=True)
        if isinstance(forecast, pd.DataFrame):
            pd.testing.assert_frame_equal(back, first)
        else:  # pandas makes levels of its own types of some columns
            assert list(map(tuple, back.to_numpy())) == list(map(tuple, first.to_numpy()))
        # The same again is the same panel, and new observations of one series go to that one.
        assert read_again(panel, frame if isinstance(forecast, pd.DataFrame) else
                          frame.set_index([*ids, "ds"])["y"]).ids.equals(panel.ids)  # fmt: skip
        grown = append(panel, forecast.iloc[-1:])
        assert (grown.lengths - panel.lengths).tolist() == [0] * (panel.n_series - 1) + [1]


class TestRefusals:
    def test_errors_name_all_parts_of_the_id(self):
        frame = long_frame()
        frame.loc[N + 3, "y"] = np.inf
        for data in (frame, contain("levels", frame)):
            with pytest.raises(ValueError, match=rf"Id \('b', 1\) has an infinite value at {DAYS[3]}"):
                to_panel(data, id_col=IDS)

    def test_ids_of_another_type_are_refused_with_advice(self):
        frame, late = long_frame(), long_frame(N, N + 1)
        for kind in KINDS:
            panel = to_panel(contain(kind, frame), **parameters_of(kind))
            data = contain(kind, late.astype({"item": str}))
            with pytest.raises(TypeError, match="first '2'.*those seen before are int .first 2.") as caught:
                append(panel, data)
            mended = eval(str(caught.value).split("convert them: ")[1][:-1], {"data": data})
            assert append(panel, mended).lengths.tolist() == [N + 1] * 3

    def test_new_ids_join(self):
        panel = to_panel(long_frame(), id_col=IDS)
        late = long_frame(0, 5, which=[0]).assign(store="new", item=9)
        grown = append(panel, late)
        assert grown.ids.tolist() == [("b", 2), ("b", 1), ("a", 2), ("new", 9)]
        assert grown.ids.get_level_values(1).dtype == "int16"
        assert grown.ids.get_level_values(0).dtype == pd.CategoricalDtype(["a", "b", "new"])

    def test_levels_in_another_order(self):
        panel = to_panel(contain("levels", long_frame()))
        late = contain("levels", long_frame(N, N + 1)).reorder_levels(["item", "store", "ds"])
        with pytest.raises(ValueError, match="Bring them into this order: ") as caught:
            append(panel, late)
        mended = eval(str(caught.value).split("order: ")[1][:-1], {"data": late})
        assert append(panel, mended).lengths.tolist() == [N + 1] * 3
        X = long_frame(covariate=True).set_index(["item", "store", "ds"])[["price"]]
        with pytest.raises(ValueError, match=r"X.reorder_levels\(\['store', 'item', 'ds'\]\)"):
            to_panel(contain("levels", long_frame()), X=X)
        with pytest.raises(ValueError, match=r"The index of X must have the levels .* Got \['store', 'ds'\]"):
            to_panel(contain("levels", long_frame()), X=X.droplevel("item"))
        with pytest.raises(ValueError, match=r"must have the levels \['store', 'item', 'ds'\]"):
            append(panel, late.droplevel("item"))

    def test_columns_that_are_missing(self):
        frame = long_frame().drop(columns="item")
        with pytest.raises(ValueError, match=r"without \['item'\]. Add what is missing, or set id_col .*\['store'\]"):
            quick(id_col=IDS).fit(frame)
        with pytest.raises(ValueError, match="must be different columns. Got .'store', 'store'., 'ds' and 'y'"):
            quick(id_col=["store", "store"]).fit(frame)
        with pytest.raises(ValueError, match="'id_col' parameter of RNNForecaster must be .* or a list of columns"):
            quick(id_col=[]).fit(frame)

    def test_a_tuple_is_one_column(self):
        with pytest.raises(ValueError, match=r"several are a list: id_col=\['store', 'item'\]"):
            quick(id_col=("store", "item")).fit(long_frame())
        data = join(long_frame()).rename(columns={"unique_id": ("store", "item")})
        assert to_panel(data, id_col=("store", "item")).ids.tolist() == ["b/2", "b/1", "a/2"]

    def test_ids_in_the_index(self):
        data = long_frame().set_index(IDS)
        with pytest.raises(ValueError, match="Got the levels .'store', 'item'. in the index: data.reset_index()"):
            quick(id_col=IDS).fit(data)
        assert to_panel(data.reset_index(), id_col=IDS).n_series == 3

    def test_covariates_without_ids(self):
        frame = long_frame(covariate=True)
        data, X = frame[[*IDS, "ds", "y"]], frame[["price", "item"]]
        with pytest.raises(ValueError, match=r"X needs the columns .* has not \['store', 'ds'\]") as caught:
            quick(id_col=IDS).fit(X, data)
        mended = eval(str(caught.value).split("frame y: ")[1][:-1], {"X": X, "y": data})
        assert to_panel(data, X=mended, id_col=IDS).covariates.names == ["price"]


def test_a_list_of_one_column_is_that_column():
    data = join(long_frame())
    pd.testing.assert_frame_equal(to_panel(data, id_col=["unique_id"]).restore(np.zeros((3, 1))),
                                  to_panel(data).restore(np.zeros((3, 1))))  # fmt: skip


def test_the_list_of_columns_is_not_shared():
    columns = list(IDS)
    forecaster = quick(id_col=columns).fit(long_frame())
    columns.append("aisle")
    assert forecaster.update(long_frame(N, N + 1)).predict().columns.tolist() == ["store", "item", "ds", "y"]


def test_in_searches_and_clones():
    forecaster = clone(quick(id_col=IDS))
    folds = PanelSplit(horizon=2, n_splits=2, id_col=IDS)
    joined = PanelSplit(horizon=2, n_splits=2)
    for one, other in zip(folds.split(long_frame()), joined.split(join(long_frame())), strict=True):
        np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))
    search = GridSearchCV(forecaster, {"cell": ["gru"]}, cv=folds).fit(long_frame())
    assert search.best_score_ == GridSearchCV(quick(), {"cell": ["gru"]}, cv=joined).fit(join(long_frame())).best_score_


def test_metrics_tell_several_ids_below_each_other():
    one_store = contain("levels", long_frame(which=[0, 1]))
    with pytest.raises(ValueError, match=r"Pass y_true.unstack\(level=\[0, 1\]\)") as caught:
        mase(one_store, one_store, one_store)
    wide = one_store.unstack(level=[0, 1])
    assert mase(wide, wide, wide) == 0
    with pytest.raises(ValueError, match=r"Pass y_true.pivot\(index='ds', columns=\['store', 'item'\], values='y'\)"):
        mase(long_frame(), wide, wide)
    assert "several ids" in str(caught.value)


def test_a_picture_of_one_of_several_ids():
    plt = pytest.importorskip("matplotlib.pyplot")
    from tsrnn.plotting import ForecastDisplay

    forecaster = quick(id_col=IDS).fit(long_frame())
    display = ForecastDisplay.from_estimator(forecaster, series=("b", 1))
    np.testing.assert_array_equal(display.y_pred, forecaster.predict()["y"].iloc[2:4])
    with pytest.raises(ValueError, match=r"series must name one of the 3 series: \('b', 2\), .* Got 'b'"):
        ForecastDisplay.from_estimator(forecaster, series="b")
    plt.close("all")
