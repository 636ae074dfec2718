"""Ids keep identity and type through every method, and nothing is shared with the caller."""

import copy

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster, backtest
from tsrnn.frames import append, read_again, to_panel

N = 24
DAYS = pd.date_range("2024-01-01", periods=N + 6, freq="D")


def quick(**parameters):
    return RNNForecaster(2, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, **parameters})


def values(k, n=N):
    return 10.0 * k + np.resize([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0], n) + np.random.default_rng(k).normal(size=n)


ID_TYPES = {
    "object": pd.Series(["b", "a", "c"], dtype=object),
    "string": pd.Series(["b", "a", "c"], dtype="string"),
    "category": pd.Series(pd.Categorical(["b", "a", "c"], categories=["z", "a", "b", "c"])),
    "ordered": pd.Series(pd.Categorical(["b", "a", "c"], categories=["c", "a", "b"], ordered=True)),
    "category of ints": pd.Series(pd.Categorical([7, 3, 100])),
    "int64": pd.Series([7, 3, 100]),
    "int8": pd.Series([7, 3, 100], dtype="int8"),
    "Int64": pd.Series([7, 3, 100], dtype="Int64"),
    "float64": pd.Series([0.5, 3.0, 2.25]),
    "bool": pd.Series([True, False]),
    "timestamp": pd.Series(pd.to_datetime(["2020-01-01", "2019-01-01", "2021-01-01"])),
    "zone": pd.Series(pd.to_datetime(["2020-01-01", "2019-01-01", "2021-01-01"]).tz_localize("Europe/Berlin")),
    "period": pd.Series(pd.PeriodIndex(["2020-01", "2019-01", "2021-01"], freq="M")),
    "timedelta": pd.Series(pd.to_timedelta([3, 1, 2], unit="h")),
    "tuple": pd.Series([("b", 1), ("a", 2), ("c", 3)]),
    "mixed": pd.Series(["b", 1, "c"], dtype=object),
    "arrow string": "string[pyarrow]",
    "arrow int": "int64[pyarrow]",
}


def ids_of(name):
    ids = ID_TYPES[name]
    if isinstance(ids, str):
        pytest.importorskip("pyarrow")
        ids = pd.Series(["b", "a", "c"] if "string" in ids else [7, 3, 100], dtype=ids)
    return ids


def long_of(ids, start=0, stop=N):
    """A long frame with the rows of all ids of some days."""
    n = stop - start
    return pd.DataFrame(
        {
            "unique_id": ids.repeat(n).reset_index(drop=True),
            "ds": np.tile(DAYS[start:stop], len(ids)),
            "y": np.concatenate([values(k, N + 6)[start:stop] for k in range(len(ids))]),
        }
    )


def contain(kind, ids, start=0, stop=N):
    long = long_of(ids, start, stop)
    if kind == "long":
        return long
    if kind == "keyed":
        return long.set_index(["unique_id", "ds"])["y"]
    return pd.DataFrame(long["y"].to_numpy().reshape(len(ids), -1).T, index=DAYS[start:stop], columns=pd.Index(ids))


def ids_in(kind, data):
    """The ids of a container in order of appearance, as an Index of their dtype."""
    if kind == "wide":
        return data.columns
    ids = data["unique_id"] if kind == "long" else data.index.get_level_values(0)
    return pd.Index(pd.Series(ids).drop_duplicates(), tupleize_cols=False)


KINDS = ["long", "keyed", "wide"]


@pytest.mark.parametrize("name", ID_TYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_method_keeps_ids_and_their_type(kind, name):
    if kind == "wide" and name == "tuple":
        pytest.skip("columns of tuples are a MultiIndex, which its own test has")
    ids = ids_of(name)
    data = contain(kind, ids)
    expected = ids_in(kind, data)
    forecaster = quick().fit(data)
    assert ids_in(kind, forecaster.predict()).equals(expected)
    if kind != "wide":
        assert list(forecaster.forecast_origin_.index) == list(expected)
    some = contain(kind, ids if kind == "wide" else ids[1:2], N, N + 2)
    forecaster.update(some).partial_fit(contain(kind, ids[1:2] if kind != "wide" else ids, N + 2, N + 4))
    assert ids_in(kind, forecaster.predict()).equals(expected)
    assert ids_in(kind, forecaster.predict()).dtype == expected.dtype
    assert np.isfinite(forecaster.score(contain(kind, ids if kind == "wide" else ids[1:2], N + 4, N + 6)))
    assert forecaster.predict_origins(data, [20]).shape == (1, 2, len(ids))
    table = backtest(quick(), data, n_windows=2)
    assert list(pd.unique(table["unique_id"])) == list(expected)
    assert table["unique_id"].dtype == expected.dtype


@pytest.mark.parametrize(
    ("first", "second"),
    [("category", "object"), ("object", "category"), ("string", "object"), ("object", "string"), ("int64", "Int64"),
     ("Int64", "int64"), ("int8", "int64"), ("category of ints", "int64"), ("arrow string", "object"),
     ("arrow int", "int64"), ("int64", "category of ints")],
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_ids_in_another_dtype_are_the_same(kind, first, second):
    old, new = ids_of(first), ids_of(second)
    panel = to_panel(contain(kind, old))
    grown = append(panel, contain(kind, new, N, N + 2))
    assert grown.ids.equals(panel.ids)
    assert grown.ids.dtype == panel.ids.dtype
    assert grown.lengths.tolist() == [N + 2] * 3
    assert read_again(panel, contain(kind, new)).ids.dtype == panel.ids.dtype


def test_whole_floats_are_the_integers_that_were_seen():
    panel = to_panel(contain("long", pd.Series([7, 3])))
    grown = append(panel, contain("long", pd.Series([3.0]), N, N + 1))
    assert grown.ids.dtype == panel.ids.dtype
    assert grown.lengths.tolist() == [N, N + 1]
    with pytest.raises(TypeError, match="The new ids are float .first 3.5., those seen before are int .first 7"):
        append(panel, contain("long", pd.Series([3.5]), N, N + 1))


@pytest.mark.parametrize(
    ("seen", "new"),
    [([1, 2], ["1", "2"]), (["1", "2"], [1, 2]), ([1, 0], [True, False]), ([True, False], [1, 0]), (["a"], [b"a"]),
     (["2020-01-01"], [pd.Timestamp("2020-01-01")]), ([pd.Timestamp("2020-01-01")], ["2020-01-01"]),
     ([pd.Timestamp("2020-01-01")], [pd.Timestamp("2020-01-01", tz="UTC")]),
     ([pd.Period("2020", "Y")], [2020]), (["a", 1], ["1"]), (["a", 1], [True]), ([("a", 1), ("b", 2)], [("a", "1")]),
     ([("a", 1), ("b", 2)], [("a", True)]), ([("a", 1), ("b", 0)], [("a", True), ("b", False)])],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_ids_that_read_alike_but_are_of_another_type_are_refused_everywhere(kind, seen, new):
    if kind == "wide" and len(seen) != len(new):
        pytest.skip("a wide frame needs as many columns")
    forecaster = quick().fit(contain(kind, pd.Series(seen)))
    before = forecaster._panel, forecaster._ensemble
    late, again = contain(kind, pd.Series(new), N, N + 2), contain(kind, pd.Series(new))
    for call in (
        lambda: forecaster.update(late),
        lambda: forecaster.partial_fit(late),
        lambda: forecaster.score(late),
        lambda: forecaster.predict_origins(again, [20]),
    ):
        with pytest.raises((TypeError, ValueError), match="must be of one type|read alike"):
            call()
    assert forecaster._panel is before[0]
    assert forecaster._ensemble is before[1]


@pytest.mark.parametrize("ids", [[1, "1"], [1, True], [1.0, 1], [True, "True"], ["x", 1, "1"]], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_two_types_that_read_alike_in_one_frame_are_refused(kind, ids):
    # The levels of an index have merged equal ids before we see them: then rows are there twice.
    with pytest.raises(ValueError, match="read alike, in .*. Give the ids one type|twice"):
        to_panel(contain(kind, pd.Series(ids, dtype=object)))


def test_new_ids_join_the_categories():
    ids = pd.Series(pd.Categorical(["b", "a"], categories=["b", "a", "unused"], ordered=True))
    panel = to_panel(contain("long", ids))
    grown = append(panel, contain("long", pd.Series(["unused", "new", "b"]), N, N + 2))
    assert grown.ids.tolist() == ["b", "a", "unused", "new"]
    assert grown.ids.dtype == pd.CategoricalDtype(["b", "a", "unused", "new"], ordered=True)


@pytest.mark.parametrize(
    "columns", [pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["p", "q"]), ["a", ("b", 2)]]
)
def test_backtest_of_columns_of_tuples(columns):
    wide = pd.DataFrame({0: values(0), 1: values(1)}, index=DAYS[:N])
    wide.columns = columns if isinstance(columns, pd.MultiIndex) else pd.Index(columns, tupleize_cols=False)
    assert list(pd.unique(backtest(quick(), wide, n_windows=1)["unique_id"])) == list(columns)
    assert to_panel(wide).label(1) == "column ('b', 2)"  # not np.int64(2), which is no code


def test_a_series_of_another_name_is_another_series():
    series = pd.Series(values(0), index=DAYS[:N], name="sales")
    forecaster = quick().fit(series)
    late = pd.Series(values(0, 2), index=DAYS[N : N + 2], name="costs")
    for call in (forecaster.update, forecaster.partial_fit, forecaster.score):
        with pytest.raises(ValueError, match=r"series 'sales'. Got series 'costs'; .*data.rename\('sales'\)"):
            call(late)
    with pytest.raises(ValueError, match="The series must be those of the fit"):
        forecaster.predict_origins(series.rename("costs"), [20])
    assert forecaster.predict_origins(series.rename(None), [20]).shape == (1, 2, 1)
    assert forecaster.update(late.rename(None)).predict().name == "sales"


def state_of(forecaster):
    """Copies of the forecast and of the origin of a forecaster."""
    return copy.deepcopy(forecaster.predict()), copy.deepcopy(forecaster.forecast_origin_)


def assert_unchanged(forecaster, state):
    for now, before in zip((forecaster.predict(), forecaster.forecast_origin_), state, strict=True):
        if isinstance(before, pd.DataFrame):
            pd.testing.assert_frame_equal(now, before)
        elif isinstance(before, pd.Series):
            pd.testing.assert_series_equal(now, before)
        else:
            np.testing.assert_array_equal(now, before)


def spoil(data):
    """Change everything about a container that can be changed in place."""
    if isinstance(data, np.ndarray):
        data[:] = -1
        return
    if isinstance(data, list):
        data[:] = [-1.0] * len(data)
        return
    if not isinstance(data, (pd.Series, pd.DataFrame)):
        return
    for axis in data.axes:
        axis.names = [f"spoiled {k}" for k in range(axis.nlevels)]
        if isinstance(axis, pd.CategoricalIndex):
            axis.categories.name = "spoiled"
    if isinstance(data, pd.Series):
        data.iloc[:] = data.iloc[0]
        data.name = "spoiled"
    else:
        for k in range(data.shape[1]):
            data.isetitem(k, data.iloc[::-1, k].to_numpy())


class TestNothingIsShared:
    @pytest.mark.parametrize("name", ["object", "category", "int64", "string", "timestamp"])
    @pytest.mark.parametrize("kind", [*KINDS, "series", "array", "list"])
    def test_with_what_was_given_or_handed_out(self, kind, name):
        def data(start, stop):
            if kind in KINDS:
                return contain(kind, ids_of(name), start, stop)
            series = pd.Series(values(0, N + 6), index=DAYS, name="sales")[start:stop]
            return {"series": series, "array": series.to_numpy().copy(), "list": series.tolist()}[kind]

        first, second = data(0, N), data(N, N + 3)
        forecaster = quick().fit(first)
        state = state_of(forecaster)
        spoil(first)
        assert_unchanged(forecaster, state)
        forecaster.update(second)
        state = state_of(forecaster)
        spoil(second)
        spoil(forecaster.predict())
        spoil(forecaster.forecast_origin_)
        assert_unchanged(forecaster, state)
        assert np.isfinite(np.asarray(forecaster.update(data(N + 3, N + 6))._forecast(2))).all()

    def test_with_the_arrays_behind_an_index(self):
        stamps, columns = np.arange(N), np.array(["a", "b"], dtype=object)
        frame = pd.DataFrame(np.column_stack([values(0), values(1)]), index=pd.Index(stamps), columns=pd.Index(columns))
        forecaster = quick().fit(frame)
        before = forecaster.predict()
        stamps[:] += 100
        columns[:] = "spoiled"
        pd.testing.assert_frame_equal(forecaster.predict(), before)

    def test_with_lists_of_parameters(self):
        dilations = [1]
        forecaster = quick(dilations=dilations).fit(values(0))
        dilations.append(2)
        with pytest.raises(ValueError, match=r"dilations was \[1\] and is now \[1, 2\]"):
            forecaster.partial_fit([1.0])


def test_the_message_about_two_types_is_one_sentence():
    with pytest.raises(ValueError, match=r"^1 \(int\) and '1' \(str\) read alike, in the columns\. Give"):
        to_panel(pd.DataFrame({1: [1.0], "1": 2.0}))
