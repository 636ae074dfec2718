"""`overlap="drop"`: rows that were seen are left out where their values agree, and refused where they do not."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import RNNForecaster
from tsrnn.frames import append, to_panel

N, MORE = 30, 4
INDEXES = {
    "days": pd.date_range("2024-01-01", periods=N + MORE, freq="D", name="when"),
    "zone": pd.date_range("2024-10-10", periods=N + MORE, freq="6h", tz="Europe/Berlin"),
    "months": pd.date_range("2020-01-15", periods=N + MORE, freq=pd.DateOffset(months=1)),
    "periods": pd.period_range("2020-01", periods=N + MORE, freq="M"),
    "integers": pd.RangeIndex(5, 5 + 3 * (N + MORE), 3),
}
KINDS = ["series", "wide", "long", "keyed"]


def values(n=N + MORE):
    return 50 + np.resize([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0], n) + np.random.default_rng(0).normal(size=n)


def contain(kind, index, start, stop, late=0):
    """Two series, or one; the second of a panel lacks its first rows."""
    wide = pd.DataFrame({"b": values()[: len(index)], "a": -values()[: len(index)]}, index=index)
    if kind == "series":
        return wide["b"].iloc[start:stop]
    if kind == "wide":
        return wide.iloc[start:stop]
    parts = {name: wide[name].iloc[max(start, late * (name == "a")) : stop] for name in wide}
    keyed = pd.concat(parts, names=["unique_id", "ds"]).rename("y")
    return keyed if kind == "keyed" else keyed.reset_index()


def change(data, kind, stamp, by):
    """Add to the value of series b at a stamp."""
    data = data.copy()
    if kind == "long":
        data.loc[(data["unique_id"] == "b") & (data["ds"] == stamp), "y"] += by
    elif kind == "wide":
        data.loc[stamp, "b"] += by
    else:
        data.loc[("b", stamp) if kind == "keyed" else stamp] += by
    return data


@pytest.fixture(scope="module")
def fitted():
    """Forecasters of the first N rows, pickled, by kind and index."""
    forecasters = {}

    def get(kind, index):
        if (kind, index) not in forecasters:
            forecaster = RNNForecaster(2, max_epochs=1, hidden_size=2, random_state=0)
            forecasters[kind, index] = pickle.dumps(forecaster.fit(contain(kind, INDEXES[index], 0, N, late=3)))
        return pickle.loads(forecasters[kind, index])

    return get


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["update", "partial_fit"])
def test_rows_that_were_seen_are_left_out(fitted, method, kind, index):
    plain, overlapping = fitted(kind, index), fitted(kind, index)
    getattr(plain, method)(contain(kind, INDEXES[index], N, N + MORE))
    getattr(overlapping, method)(contain(kind, INDEXES[index], N - 9, N + MORE), overlap="drop")
    np.testing.assert_array_equal(overlapping._panel.values, plain._panel.values)
    np.testing.assert_array_equal(overlapping._forecast(3), plain._forecast(3))
    assert overlapping.predict().index.equals(plain.predict().index)


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("kind", KINDS)
def test_they_are_refused_by_default(fitted, kind, index):
    forecaster = fitted(kind, index)
    before = forecaster._panel, forecaster._ensemble
    for method in ("update", "partial_fit"):
        with pytest.raises(ValueError, match="right after .*Rows that were seen are left out with overlap='drop'"):
            getattr(forecaster, method)(contain(kind, INDEXES[index], N - 2, N + MORE))
    assert forecaster._panel is before[0] and forecaster._ensemble is before[1]


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("kind", KINDS)
def test_values_must_agree(fitted, kind, index):
    forecaster = fitted(kind, index)
    before = forecaster._panel, forecaster._ensemble
    stamp = INDEXES[index][N - 3]
    data = change(contain(kind, INDEXES[index], N - 5, N + MORE), kind, stamp, 1e-9)
    seen = values()[N - 3]
    for method in ("update", "partial_fit"):
        with pytest.raises(ValueError, match="overlap='drop' needs rows that agree") as caught:
            getattr(forecaster, method)(data, overlap="drop")
        for words in (
            {"series": "series 'b'", "wide": "column 'b'"}.get(kind, "id 'b'"),
            str(stamp),
            f"{seen} was seen",
        ):
            assert words in str(caught.value)
        assert f"has {seen + 1e-9}" in str(caught.value)
    assert forecaster._panel is before[0] and forecaster._ensemble is before[1]


@pytest.mark.parametrize("kind", KINDS)
def test_values_in_single_precision_agree(kind):
    index = INDEXES["days"]
    panel = to_panel(contain(kind, index, 0, N))
    single = contain(kind, index, N - 5, N + MORE)
    single = single.astype({"y": np.float32}) if kind == "long" else single.astype(np.float32)
    grown = append(panel, single, overlap="drop")
    np.testing.assert_array_equal(grown.series(0)[:N], panel.series(0))
    np.testing.assert_array_equal(grown.series(0)[N:], values()[N:].astype(np.float32))
    # The next number of single precision is another one.
    other = change(single, kind, index[N - 3], np.spacing(np.float32(values()[N - 3])))
    with pytest.raises(ValueError, match="overlap='drop' needs rows that agree"):
        append(panel, other, overlap="drop")


def test_values_beyond_single_precision_do_not_agree_with_each_other():
    panel = to_panel(pd.Series([1.0, 1e200, 2.0]))
    with pytest.raises(ValueError, match="has 1e\\+199 at 1, where 1e\\+200 was seen"):
        append(panel, pd.Series([1e199, 2.0], index=[1, 2]), overlap="drop")


@pytest.mark.parametrize("kind", ["long", "keyed"])
def test_partly_new_for_some_ids(kind):
    index = INDEXES["days"]
    panel = to_panel(contain(kind, index, 0, N))
    some = contain(kind, index, N - 4, N + 2)
    rest = contain(kind, index, 0, N + MORE)
    if kind == "long":
        some = some[(some["unique_id"] == "b") | (some["ds"] < index[N])]
        new = some[some["unique_id"] == "b"].assign(unique_id="c")
    else:
        some = some.drop([("a", stamp) for stamp in index[N : N + 2]])
        new = pd.concat({"c": some["b"]}, names=["unique_id"])
    assert append(panel, some, overlap="drop").lengths.tolist() == [N + 2, N]
    grown = append(panel, pd.concat([new, some]), overlap="drop")
    assert grown.ids.tolist() == ["b", "a", "c"]
    assert grown.lengths.tolist() == [N + 2, N, 6]
    whole = append(grown.select(np.array([0, 1])), rest, overlap="drop")
    np.testing.assert_array_equal(whole.values, to_panel(rest).values)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_new_changes_nothing(fitted, kind):
    forecaster = fitted(kind, "days")
    before = forecaster._panel.values
    np.testing.assert_array_equal(
        forecaster.update(contain(kind, INDEXES["days"], 5, N), overlap="drop")._panel.values, before
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rows_from_before_the_first_cannot_be_compared(kind):
    index = INDEXES["days"]
    panel = to_panel(contain(kind, index, 5, N))
    with pytest.raises(ValueError, match="at 2024-01-04 00:00:00, where none was seen"):
        append(panel, contain(kind, index, 3, N + 1), overlap="drop")


@pytest.mark.parametrize("kind", KINDS)
def test_a_gap_after_the_overlap_is_refused(kind):
    index = INDEXES["days"]
    panel = to_panel(contain(kind, index, 0, N))
    data = contain(kind, index, N - 2, N + MORE)
    data = data[data["ds"] != index[N]] if kind == "long" else data.drop(index[N], level=1 if kind == "keyed" else None)
    with pytest.raises(ValueError, match=f"expected {index[N]}, got {index[N + 1]}"):
        append(panel, data, overlap="drop")


@pytest.mark.parametrize("data", [np.arange(40.0), [1.0] * 40, np.ones((40, 2))], ids=["array", "list", "table"])
def test_containers_without_stamps_cannot_tell(data):
    forecaster = RNNForecaster(2, max_epochs=1, hidden_size=2, random_state=0).fit(data)
    for method in (forecaster.update, forecaster.partial_fit):
        with pytest.raises(ValueError, match="overlap='drop' needs time stamps: an array or list has none"):
            method(data, overlap="drop")


@pytest.mark.parametrize("method", ["update", "partial_fit"])
def test_other_values_are_refused(fitted, method):
    with pytest.raises(ValueError, match=f"The 'overlap' parameter of {method} must be a str among"):
        getattr(fitted("series", "days"), method)(contain("series", INDEXES["days"], N, N + 1), overlap="keep")


@given(
    kind=st.sampled_from(KINDS),
    index=st.sampled_from(sorted(INDEXES)),
    cuts=st.lists(st.tuples(st.integers(0, N + MORE - 1), st.integers(1, 12)), min_size=1, max_size=5),
)
def test_pieces_that_overlap_are_the_whole(kind, index, cuts):
    index = INDEXES[index]
    panel, end = to_panel(contain(kind, index, 0, 10)), 10
    for start, length in cuts:
        start = min(start, end)
        stop = min(start + length, N + MORE)
        panel, end = append(panel, contain(kind, index, start, stop), overlap="drop"), max(end, stop)
    whole = to_panel(contain(kind, index, 0, end))
    np.testing.assert_array_equal(panel.values, whole.values)
    assert panel.times.equals(whole.times)
    assert list(panel.continue_index(2)) == list(whole.continue_index(2))
