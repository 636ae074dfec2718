"""Advice in error messages: the expression that a message gives is run, and then the data are read."""

import importlib.util
import re

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.frames import append, to_panel

N = 20
DAYS = pd.date_range("2024-01-01", periods=N, freq="D", name="when")
NAMES = {"id_col": "store", "time_col": "when", "target_col": "sold goods"}
CONTAINERS = ["series", "wide", "array", "list", "table", "long", "own names", "keyed", "keyed frame"]
STAMPED = [kind for kind in CONTAINERS if kind not in ("array", "list", "table")]


def contain(kind, good, bad, index=DAYS):
    """A good and a bad series of the same stamps, or the bad one alone, in a container; and names of its columns."""
    wide = pd.DataFrame({"good": good, "bad": bad}, index=index)
    names = NAMES if kind == "own names" else {"id_col": "unique_id", "time_col": "ds", "target_col": "y"}
    id_col, time_col, target_col = names.values()
    long = pd.concat(
        [pd.DataFrame({id_col: name, time_col: index, target_col: wide[name].to_numpy()}) for name in ("good", "bad")]
    )
    keyed = long.set_index([id_col, time_col])
    data = {
        "series": wide["bad"],
        "wide": wide,
        "array": wide["bad"].to_numpy(),
        "list": wide["bad"].tolist(),
        "table": wide.to_numpy(),
        "long": long.sample(frac=1, random_state=0, ignore_index=True),
        "own names": long.sample(frac=1, random_state=0, ignore_index=True),
        "keyed": keyed[target_col].sample(frac=1, random_state=0),
        "keyed frame": keyed.sample(frac=1, random_state=0),
    }[kind]
    return data, names


def bad_series(panel):
    """Values of the bad series."""
    return panel.series(panel.ids.tolist().index("bad"))


def refusal(read, data, error=ValueError, **arguments):
    """The message of an error."""
    with pytest.raises(error) as caught:
        read(data, **arguments)
    return str(caught.value)


def follow(message, data, pattern=r": ((?:data|pd|np|list)[.\[(].*?[\])])(?=\.(?: |$)|, or |$)"):
    """Run the first expression of a message, or the one that a pattern finds."""
    found = re.search(pattern, message)
    assert found, message
    return eval(found.group(1), {"data": data, "pd": pd, "np": np})


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("missing", ["within", "first", "last", "all over"])
@pytest.mark.parametrize("infinite", [False, True])
def test_values_that_are_missing_or_infinite(kind, missing, infinite):
    rows = {"within": [5, 6], "first": [0, 1], "last": [N - 1], "all over": [0, 7, N - 2, N - 1]}[missing]
    bad = np.arange(float(N))
    bad[rows] = -np.inf if infinite else np.nan
    data, names = contain(kind, np.arange(float(N)), bad)
    panel = to_panel(follow(refusal(to_panel, data, **names), data, r": ((?:data|pd)\..*?)(?=\. Or |\.$)"), **names)
    ends = {"within": N, "first": N - 2, "last": N - 1, "all over": N - 3}[missing]
    assert ends in panel.lengths
    # Integers from one on: what is filled within is again the integer, what is missing at the ends is dropped.
    for i in range(panel.n_series):
        np.testing.assert_allclose(np.diff(panel.series(i)), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("rows", [[0], [4, 9], [N - 1]])
def test_infinite_values_where_missing_ones_are_filled(kind, rows):
    bad = np.arange(float(N))
    bad[rows] = -np.inf
    data, names = contain(kind, np.arange(float(N)), bad)
    marked = follow(refusal(to_panel, data, missing="fill", **names), data, r": ((?:data|np)\..*)\.$")
    expected = np.where(np.isinf(bad), np.nan, bad)
    values = to_panel(marked, missing="fill", **names).values.reshape(-1, N)
    assert (np.isnan(values).sum(axis=1) == len(rows)).any()
    np.testing.assert_array_equal(values[np.isnan(values).any(axis=1)][0], expected)


@pytest.mark.parametrize("kind", ["wide", "table"])
def test_rows_that_all_columns_have(kind):
    late = np.arange(float(N))
    late[:3] = np.nan
    data, names = contain(kind, np.arange(float(N)), late)
    kept = follow(refusal(to_panel, data), data, r"rows that all have: (.*)\.$")
    assert to_panel(kept, **names).lengths.tolist() == [N - 3, N - 3]


@pytest.mark.parametrize("kind", STAMPED)
@pytest.mark.parametrize("dtype", ["Int64", "Float64", "object", "double[pyarrow]"])
def test_missing_values_of_other_types(kind, dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    values = pd.array([*range(9), None, *range(10, N)], dtype=dtype)
    data, names = contain(kind, np.arange(float(N)), pd.Series(values, index=DAYS))
    data = follow(refusal(to_panel, data, **names), data, r": ((?:data|pd)\..*?)(?=\. Or |\.$)")
    assert bad_series(to_panel(data, **names))[9] == 9.0


INDEXES = {
    "days": DAYS,
    "zone": pd.date_range("2024-03-20", periods=N, freq="D", tz="Europe/Berlin"),
    "weeks": pd.date_range("2020-01-05", periods=N, freq="W"),
    "months": pd.date_range("2020-01-31", periods=N, freq="ME"),
    "fifteenths": pd.date_range("2020-01-15", periods=N, freq=pd.DateOffset(months=1)),
    "last fridays": pd.date_range("2020-01-15", periods=N, freq=pd.offsets.LastWeekOfMonth(weekday=4)),
    "periods": pd.period_range("2020-01", periods=N, freq="2M"),
    "integers": pd.RangeIndex(3, 3 + 2 * N, 2),
}
if importlib.util.find_spec("pyarrow"):
    INDEXES["arrow"] = pd.Index(pd.Series(DAYS), dtype="timestamp[us][pyarrow]")
    INDEXES["arrow days"] = pd.Index(pd.Series(DAYS), dtype="date32[day][pyarrow]")


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("kind", STAMPED)
def test_gaps(kind, index):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
    if kind in ("series", "wide"):
        cut = data.drop(index[[4, 11]])
    elif kind.startswith("keyed"):
        cut = data.drop([("bad", index[4]), ("bad", index[11])])
    else:
        cut = data[~((data[names["id_col"]] == "bad") & data[names["time_col"]].isin(index[[4, 11]]))]
    message = refusal(to_panel, cut, **names)
    assert re.search(f"{re.escape(str(index[4]))}( 00:00:00)? is missing", message)
    filled = to_panel(follow(message, cut, r"for example (.*?)(?:, or |\.$)"), **names)
    assert set(filled.lengths) == {N}
    numbered = to_panel(follow(message, cut, r"use positions: (.*?)\.(?:$| If)"), **names)
    assert N - 2 in numbered.lengths
    assert list(numbered.stamps(numbered.lengths.argmin())) == list(range(N - 2))


@pytest.mark.parametrize("kind", ["long", "own names", "keyed", "keyed frame"])
def test_gaps_where_weeks_end_on_several_days(kind):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), INDEXES["weeks"])
    keyed = data if kind.startswith("keyed") else data.set_index([names["id_col"], names["time_col"]])
    late = keyed.xs("bad", drop_level=False).rename({"bad": "late"}, level=0)
    late.index = late.index.set_levels(late.index.levels[1] + pd.Timedelta("2D"), level=1)
    data = pd.concat([keyed, late]).drop(("bad", INDEXES["weeks"][7]))
    data = data if kind.startswith("keyed") else data.reset_index()
    filled = to_panel(follow(refusal(to_panel, data, **names), data, r"for example (.*?)(?:, or |\.$)"), **names)
    assert filled.lengths.tolist() == [N, N, N]
    assert {str(freq.freqstr) for freq in filled.frequencies} == {"W-SUN", "W-TUE"}


@pytest.mark.parametrize("kind", STAMPED)
def test_irregular_stamps(kind):
    hours = np.cumsum([0, 25, 22, 27, 20, 26, 23, 24, 29, 19, 25, 22, 27, 20, 26, 23, 24, 29, 19, 24])
    index = pd.DatetimeIndex(pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h"))
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
    message = refusal(to_panel, data, **names)
    regular = to_panel(follow(message, data, r"regular frequency: (.*?), or"), **names)
    assert regular.frequencies[0] == pd.offsets.Day()
    assert to_panel(follow(message, data, r"positions: (.*)\.$"), **names).frequencies[0] == 1


@pytest.mark.parametrize("kind", STAMPED)
def test_duplicates(kind):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)))
    data = pd.concat([data, data.tail(3)]).sort_index()
    message = refusal(to_panel, data, **names)
    for pattern in (r"Aggregate \((data.*?\))\) or", r"drop them \((data.*?)\)\.$"):
        assert set(to_panel(follow(message, data, pattern), **names).lengths) == {N}


@pytest.mark.parametrize("kind", ["series", "wide"])
def test_disorder(kind):
    data, _ = contain(kind, np.arange(float(N)), np.arange(float(N)))
    message = refusal(to_panel, data[::-1])
    for pattern in (r"with (data.*?);", r"use (data.*?)\.$"):
        to_panel(follow(message, data[::-1], pattern))


@pytest.mark.parametrize("kind", STAMPED)
def test_missing_stamps(kind):
    index = DAYS.insert(N, pd.NaT)
    data, names = contain(kind, np.arange(N + 1.0), np.arange(N + 1.0), index)
    message = refusal(to_panel, data, **names)
    assert set(to_panel(follow(message, data), **names).lengths) == {N}


@pytest.mark.parametrize("kind", ["long", "own names", "keyed", "keyed frame"])
def test_missing_ids(kind):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)))
    if kind.startswith("keyed"):
        data.index = data.index.set_levels([None, "good"], level=0)
    else:
        data[names["id_col"]] = data[names["id_col"]].replace("bad", None)
    message = refusal(to_panel, data, **names)
    assert to_panel(follow(message, data), **names).ids.tolist() == ["good"]


@pytest.mark.parametrize("kind", STAMPED)
@pytest.mark.parametrize("text", [True, False])
def test_stamps_of_another_type(kind, text):
    index = pd.Index(DAYS.astype(str)) if text else pd.Index(np.arange(N) / 2)
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
    message = refusal(to_panel, data, TypeError, **names)
    if text:
        assert list(to_panel(follow(message, data, r"Convert them: (.*), or"), **names).stamps(0)) == list(DAYS)
    in_order = data.sort_index() if kind.startswith("keyed") else data
    panel = to_panel(follow(message, in_order, r"positions: (.*)\.$"), **names)
    assert list(panel.stamps(0)) == list(range(N))


@pytest.mark.parametrize("kind", STAMPED)
@pytest.mark.parametrize(("days", "how"), [("%Y%m%d", "format='%Y%m%d'"), ("%s", "unit='s'")])
def test_integers_that_are_dates(kind, days, how):
    integers = DAYS.strftime(days).astype(int) if days != "%s" else (DAYS - pd.Timestamp(0)) // pd.Timedelta("1s")
    integers = pd.Index(integers).append(pd.Index(integers[-1:] + 1_000_000))
    data, names = contain(kind, np.arange(N + 1.0), np.arange(N + 1.0), integers)
    message = refusal(to_panel, data, freq="D", **names)
    assert how in message
    mended = follow(message, data, r"convert them: (.*)\.$")
    times = mended[names["time_col"]] if kind in ("long", "own names") else mended.index.get_level_values(-1)
    assert set(DAYS) <= set(times)


BAD_VALUES = {
    "bool": np.arange(N) % 2 == 0,
    "text": np.arange(N).astype(str),
    "mixed text": np.array([*range(N - 1), "19"], dtype=object),
    "category": pd.Categorical(np.arange(N)),
    "timedelta": pd.to_timedelta(np.arange(N), unit="s"),
    "sparse": pd.arrays.SparseArray(np.arange(float(N))),
    "boolean": pd.array(np.arange(N) % 2 == 0, dtype="boolean"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
@pytest.mark.parametrize("kind", STAMPED)
def test_values_that_are_no_numbers(kind, name):
    values = BAD_VALUES[name]
    if kind == "wide":
        data, names = contain(kind, np.arange(float(N)), pd.Series(values, index=DAYS))
    else:
        data, names = pd.Series(values, index=DAYS, name="bad"), NAMES
        if kind.startswith("keyed"):
            data = pd.concat({"bad": data})
            data = data.to_frame() if kind == "keyed frame" else data
        elif kind != "series":
            names = NAMES if kind == "own names" else {"id_col": "unique_id", "time_col": "ds", "target_col": "y"}
            data = pd.DataFrame(dict(zip(names.values(), ["bad", DAYS, values], strict=True)))
    message = refusal(to_panel, data, TypeError, **names)
    panel = to_panel(follow(message, data, r"Convert it: (.*)\.$"), **names)
    np.testing.assert_array_equal(bad_series(panel), np.arange(N) % 2 == 0 if "bool" in name else np.arange(N))


@pytest.mark.parametrize("data", [np.array([True, False]), np.array(["1", "2"]), ["1", 2.0], [True, False]])
def test_arrays_that_hold_no_numbers(data):
    to_panel(follow(refusal(to_panel, data, TypeError), data))


@pytest.mark.parametrize(
    "data",
    [[[1, 2], [3, 4, 5]], [pd.Series([1.0, 2.0]), pd.Series([3.0])], {"a": [1, 2], "b": [3]}, range(4), {1, 2, 3},
     pd.Index([1, 2, 3]), pd.array([1, 2]), (k for k in (1, 2))],
    ids=lambda data: type(data).__name__,
)  # fmt: skip
def test_other_containers(data):
    to_panel(follow(refusal(to_panel, data, TypeError), data))


def test_arrays_of_other_shapes():
    for data in (np.ones((4, 2, 3)), np.array(3.0)):
        to_panel(follow(refusal(to_panel, data), data))


class TestFramesThatLookLikeOthers:
    """A wide frame that is long, a long one that is wide, dates among the columns."""

    long = pd.DataFrame({"store": np.repeat(["a", "b"], N), "day": [*DAYS, *DAYS], "sold": np.arange(2.0 * N)})

    @staticmethod
    def parameters(message):
        found = re.search(r"RNNForecaster\(\.\.\., (.*?)\)", message)
        assert found, message
        return eval(f"dict({found.group(1)})")

    @pytest.mark.parametrize("ids", ["text", "category", "integers"])
    @pytest.mark.parametrize("order", [["store", "day", "sold"], ["sold", "day", "store"]])
    def test_a_long_frame_of_own_names(self, ids, order):
        data = self.long[order]
        if ids != "text":
            data = data.assign(store=pd.Categorical(data["store"]) if ids == "category" else np.repeat([7, 9], N))
        if ids == "integers" and order[0] == "sold":
            data = data[["day", "store", "sold"]]
        found = self.parameters(refusal(to_panel, data, TypeError))
        assert found == {"id_col": "store", "time_col": "day", "target_col": "sold"}
        assert to_panel(data, **found).n_series == 2

    @pytest.mark.parametrize(
        "rename",
        [{"store": "unique_id"}, {"day": "ds"}, {"sold": "y", "day": "ds"}, {"store": "unique_id", "day": "ds"},
         {"store": "unique_id", "sold": "y"}],
        ids=lambda rename: "-".join(rename),
    )  # fmt: skip
    def test_a_long_frame_of_some_own_names(self, rename):
        data = self.long.rename(columns=rename)
        assert to_panel(data, **self.parameters(refusal(to_panel, data))).n_series == 2

    def test_names_in_the_index(self):
        data = self.long.set_axis(["unique_id", "ds", "y"], axis=1).set_index("ds")
        assert to_panel(follow(refusal(to_panel, data), data)).n_series == 2

    def test_a_wide_frame_with_a_column_ds(self):
        data = pd.DataFrame({"ds": DAYS, "a": np.arange(float(N)), "b": 1.0})
        mended = to_panel(follow(refusal(to_panel, data), data, r"(data.set_index\('ds'\)) makes"))
        assert list(mended.ids) == ["a", "b"]

    @pytest.mark.parametrize("index", [DAYS, DAYS.to_period("D"), DAYS.date], ids=["datetimes", "periods", "dates"])
    @pytest.mark.parametrize("columns", [["cutoff", "ds"], ["unique_id", "y"], ["unique_id", "ds"], ["ds", "y"]])
    @pytest.mark.parametrize("name", [None, "ds", "when"])
    def test_series_called_like_a_column_of_a_long_frame(self, columns, index, name):
        data = pd.DataFrame({column: np.arange(float(N)) for column in columns}, index=pd.Index(index, name=name))
        message = refusal(to_panel, data)
        renamed = follow(message, data, r"rename the columns, (data.*?\)), or")
        assert to_panel(renamed).n_series == 2
        assert list(to_panel(data, **self.parameters(message)).ids) == columns

    @pytest.mark.parametrize("names", [NAMES, {"id_col": "unique_id", "time_col": "ds", "target_col": "y"}])
    @pytest.mark.parametrize("ids", [["a", "b"], [7, 9]])
    def test_a_long_frame_with_its_times_in_the_index(self, ids, names):
        data = pd.DataFrame({names["id_col"]: np.repeat(ids, N), names["target_col"]: 1.0}, index=DAYS.append(DAYS))
        data = data.rename_axis(names["time_col"])
        assert to_panel(follow(refusal(to_panel, data, **names), data), **names).n_series == 2

    def test_one_long_series_without_an_id(self):
        data = pd.DataFrame({"ds": DAYS, "y": np.arange(float(N))})
        message = refusal(to_panel, data)
        assert to_panel(follow(message, data, r"one series, (data.*?) adds an id")).n_series == 1
        assert to_panel(follow(message, data, r"id; (data.*?) makes")).n_series == 1

    @pytest.mark.parametrize("dtype", [None, str, "period[D]", object])
    def test_dates_among_the_columns(self, dtype):
        data = pd.DataFrame({"date": DAYS, "a": np.arange(float(N)), "b": 1.0})
        if dtype is object:
            data["date"] = pd.Series(list(DAYS.date), dtype=object)
        elif dtype:
            data["date"] = data["date"].astype(dtype)
        assert list(to_panel(follow(refusal(to_panel, data, TypeError), data)).ids) == ["a", "b"]

    def test_dates_in_the_index_and_ids_in_a_column(self):
        data = self.long.set_index("day")
        assert to_panel(follow(refusal(to_panel, data), data)).n_series == 2

    def test_a_column_of_text(self):
        data = pd.DataFrame({"a": np.arange(float(N)), "note": "x"}, index=DAYS)
        assert to_panel(follow(refusal(to_panel, data, TypeError), data, r"drop the column: (.*)\.$")).n_series == 1

    @pytest.mark.parametrize("name", [3, ("a", 1), "class", "odd name"], ids=repr)
    def test_any_name_of_a_column(self, name):
        data = pd.DataFrame(np.ones((N, 2)), index=DAYS)
        data.columns = pd.Index(["good", name], tupleize_cols=False)
        data[name] = data[name].astype(bool)
        assert to_panel(follow(refusal(to_panel, data, TypeError), data, r"Convert it: (.*)\.$")).n_series == 2

    def test_repeated_columns(self):
        wide = pd.DataFrame(np.ones((N, 2)), index=DAYS, columns=["a", "a"])
        assert to_panel(follow(refusal(to_panel, wide), wide)).n_series == 1
        long = self.long.set_axis(["unique_id", "ds", "y"], axis=1)
        twice = pd.concat([long, long[["y"]]], axis=1)
        assert to_panel(follow(refusal(to_panel, twice), twice)).n_series == 2

    def test_more_columns_than_a_long_frame_has(self):
        data = self.long.set_axis(["unique_id", "ds", "y"], axis=1).assign(price=1.0)
        assert to_panel(data).covariates.names == ["price"]


class TestLevels:
    @pytest.mark.parametrize("ids", [["a", "b"], [1, 2], list(pd.to_datetime(["2023-01-01", "2023-06-01"]))], ids=repr)
    @pytest.mark.parametrize("names", [None, ["ds", "unique_id"]])
    def test_time_before_id(self, ids, names):
        data = pd.Series(np.arange(2.0 * N), index=pd.MultiIndex.from_product([DAYS, ids], names=names))
        swapped = follow(refusal(to_panel, data), data, r"Use (data.swaplevel\(\))")
        assert to_panel(swapped).ids.tolist() == ids

    @pytest.mark.parametrize("times", [DAYS, pd.RangeIndex(N)], ids=["dates", "integers"])
    def test_ids_that_are_dates(self, times):
        ids = pd.date_range("2023-01-01", periods=N + 5)
        data = pd.Series(np.arange(N * (N + 5.0)), index=pd.MultiIndex.from_product([ids, times]))
        panel = to_panel(follow(refusal(to_panel, data), data, r"levels: (data.*)\.$"))
        assert list(panel.ids) == list(ids)

    def test_fewer_ids_that_are_dates_need_no_names(self):
        ids = pd.to_datetime(["2023-01-01", "2023-06-01"])
        assert to_panel(pd.Series(1.0, index=pd.MultiIndex.from_product([ids, DAYS]))).ids.tolist() == list(ids)

    def test_three_levels(self):
        data = pd.Series(1.0, index=pd.MultiIndex.from_product([["a", "b"], [1, 2], DAYS]))
        assert to_panel(follow(refusal(to_panel, data), data)).n_series == 4

    def test_two_columns(self):
        data = pd.DataFrame({"p": 1.0, "q": 2.0}, index=pd.MultiIndex.from_product([["a", "b"], DAYS]))
        assert to_panel(follow(refusal(to_panel, data), data, r"example (.*)\.$")).n_series == 2


@pytest.mark.parametrize(("seen", "new"), [([1, 2], ["1", "2"]), (["1", "2"], [1, 2])])
@pytest.mark.parametrize("kind", ["long", "own names", "keyed", "keyed frame", "wide"])
def test_new_ids_of_another_type(kind, seen, new):
    def data(ids, days):
        wide = pd.DataFrame(1.0, index=days, columns=ids)
        long = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").rename_axis("ds").reset_index()
        long = long.rename(columns=dict(zip(["unique_id", "ds", "y"], names.values(), strict=True)))
        keyed = long.set_index([names["id_col"], names["time_col"]])
        return {"wide": wide, "keyed": keyed[names["target_col"]], "keyed frame": keyed}.get(kind, long)

    names = NAMES if kind == "own names" else {"id_col": "unique_id", "time_col": "ds", "target_col": "y"}
    panel = to_panel(data(seen, DAYS[:10]), **names)
    late = data(new, DAYS[10:])
    mended = follow(refusal(lambda x: append(panel, x), late, TypeError), late)
    assert append(panel, mended).lengths.tolist() == [N, N]


@pytest.mark.parametrize("kind", STAMPED)
def test_followed_advice_fits(kind):
    bad = np.arange(float(N))
    bad[[0, 5]] = np.nan
    data, names = contain(kind, np.arange(float(N)), bad)
    forecaster = RNNForecaster(2, max_epochs=1, hidden_size=2, random_state=0, missing="raise", **names)
    mended = follow(refusal(forecaster.fit, data), data, r": ((?:data|pd)\..*?)(?=\. Or |\.$)")
    assert np.isfinite(np.asarray(forecaster.fit(mended)._forecast(2))).all()


TEXTS = {
    "weeks": [f"2020-W{week:02d}" for week in range(10, 10 + N)],
    "months": list(pd.date_range("2020-01-01", periods=N, freq="MS").strftime("%Y-%m")),
    "American": list(DAYS.strftime("%m/%d/%Y")),
    "European": list(DAYS.strftime("%d/%m/%Y")),
    "German": list(DAYS.strftime("%d.%m.%Y")),
    "compact": list(DAYS.strftime("%Y%m%d")),
    "hours": list(pd.date_range("2024-01-01", periods=N, freq="h").strftime("%Y-%m-%d %H:%M")),
    "a date without a time": ["2024-01-01", *pd.date_range("2024-01-01 06:00", periods=N - 1, freq="6h").astype(str)],
}


@pytest.mark.parametrize("kind", STAMPED)
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_stamps_that_are_text(texts, kind):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), pd.Index(texts))
    message = refusal(to_panel, data, TypeError, **names)
    panel = to_panel(follow(message, data, r"Convert them: (.*), or"), **names)
    assert panel.times.dtype.kind == "M" and set(panel.lengths) == {N}
    np.testing.assert_array_equal(bad_series(panel) if kind != "series" else panel.series(0), np.arange(float(N)))


@pytest.mark.parametrize("dtype", ["str", object, "category"])
@pytest.mark.parametrize("texts", [[f"2020Q{k}" for k in range(N)], [f"2020-W{k}" for k in range(60, 60 + N)],
                                   [f"{k}:00" for k in range(N)], [*DAYS[1:].astype(str), "later"]])  # fmt: skip
@pytest.mark.parametrize("kind", ["series", "wide", "long"])
def test_stamps_that_are_text_but_no_dates(kind, texts, dtype):
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), pd.Index(texts).astype(dtype))
    message = refusal(to_panel, data, TypeError, **names)
    assert "to_datetime" not in message
    assert set(to_panel(follow(message, data, r"Use positions: (.*)\.$"), **names).lengths) == {N}


@pytest.mark.parametrize("columns", [DAYS, DAYS.astype(str), DAYS.to_period("D")], ids=["dates", "text", "periods"])
def test_series_in_rows(columns):
    data = pd.DataFrame(np.arange(2.0 * N).reshape(2, N), index=["a", "b"], columns=columns)
    data = follow(refusal(to_panel, data), data, r"transpose the data, (data\.T)")
    if columns.dtype.kind not in "M" and not isinstance(columns, pd.PeriodIndex):
        data = follow(refusal(to_panel, data, TypeError), data, r"Convert them: (.*), or")
    assert list(to_panel(data).ids) == ["a", "b"] and to_panel(data).lengths.tolist() == [N, N]


@pytest.mark.parametrize("bad", ["5,64", "5.64%", "x", {"a": 1}, [1.0]], ids=repr)
@pytest.mark.parametrize("kind", [kind for kind in CONTAINERS if kind != "table"])
def test_text_that_must_be_cleaned_first(kind, bad):
    values = pd.Series(["1", None, "2.5", bad, *map(str, range(4, N))], dtype=object)
    data, names = contain(kind, np.arange(float(N)), values.set_axis(DAYS))
    if kind in ("array", "list"):
        data = data if kind == "array" else np.asarray(data, dtype=object)
    message = refusal(to_panel, data, TypeError, **names)
    assert re.search(re.escape(repr(bad)) + ".* is no number. Clean or replace such values first", message)
    assert "Convert it" not in message


@pytest.mark.parametrize("kind", ["wide", "table", "long", "own names", "keyed", "keyed frame"])
@pytest.mark.parametrize("infinite", [False, True])
def test_a_series_without_any_value(kind, infinite):
    data, names = contain(kind, np.arange(float(N)), np.full(N, np.inf if infinite else np.nan))
    message = refusal(to_panel, data, **names)
    panel = to_panel(follow(message, data, r": ((?:data|pd|np)\..*?)(?=\. Or |\.$)"), **names)
    np.testing.assert_array_equal(panel.values, np.arange(float(N)))


@pytest.mark.parametrize("kind", CONTAINERS)
def test_no_value_in_any_series(kind):
    data, names = contain(kind, np.full(N, np.nan), np.full(N, np.nan))
    if kind != "list":
        assert refusal(to_panel, data, **names).endswith("Every value must be a finite number. Give at least one.")


@pytest.mark.parametrize("kind", STAMPED)
@pytest.mark.parametrize("n", [1, 2])
def test_few_stamps_that_are_repeated(kind, n):
    index = DAYS[np.sort(np.arange(N) % n)]
    data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
    message = refusal(to_panel, data, **names)
    panel = to_panel(follow(message, data, r"use positions: (.*)\.$"), **names)
    assert set(panel.lengths) == {N} and panel.frequencies[0] == 1


@pytest.mark.parametrize("data", [np.float64(3.0), np.int8(3), DAYS - DAYS[0], (DAYS - DAYS[0]).array], ids=repr)
def test_other_containers_of_numbers(data):
    to_panel(follow(refusal(to_panel, data, TypeError), data))


@pytest.mark.parametrize("data", [DAYS, DAYS.array, DAYS.to_period("D"), pd.MultiIndex.from_arrays([DAYS, DAYS])])
def test_an_index_alone(data):
    message = refusal(to_panel, data, TypeError)
    assert re.search(r"belongs? to (the index|values): pd.Series\(values, index=data\)\.$", message)


def test_a_date_alone():
    assert refusal(to_panel, np.datetime64("2024-01-01"), TypeError).endswith("Got numpy.datetime64.")


class TestContinuation:
    """New data that do not go on right after the end: the stamp that is wrong is named, and the advice mends it."""

    @pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
    @pytest.mark.parametrize("kind", STAMPED)
    def test_a_wrong_step(self, kind, index):
        data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
        panel = to_panel(self.rows(data, names, index, range(10)), **names)
        late = self.rows(data, names, index, range(10, N, 2))
        message = refusal(lambda x: append(panel, x), late)
        assert re.search(f"The row after {re.escape(str(index[10]))}( 00:00:00)? is wrong", message)
        assert re.search(f"expected {re.escape(str(index[11]))}( 00:00:00)?, got {re.escape(str(index[12]))}", message)
        grown = append(panel, follow(message, late, r"for example (.*)\.$"))
        np.testing.assert_allclose(grown.series(0), np.arange(N - 1.0), rtol=1e-12)

    @pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
    @pytest.mark.parametrize("overlap", ["raise", "drop"])
    @pytest.mark.parametrize("kind", STAMPED)
    def test_a_gap_after_the_end(self, kind, overlap, index):
        data, names = contain(kind, np.arange(float(N)), np.arange(float(N)), index)
        panel = to_panel(self.rows(data, names, index, range(10)), **names)
        late = self.rows(data, names, index, [*([8, 9] if overlap == "drop" else []), 12, 13, 15])
        message = refusal(lambda x: append(panel, x, overlap=overlap), late)
        assert re.search(f"right after .*expected {re.escape(str(index[10]))}( 00:00:00)?, got", message)
        assert re.search(f"Give every stamp from {re.escape(str(index[10]))}( 00:00:00)? on", message)
        if kind in ("series", "wide"):
            grown = append(panel, follow(message, late, r"for example (.*)\.$"), overlap=overlap)
            np.testing.assert_array_equal(grown.series(0)[10:], [12, 12, 12, 13, 15, 15])

    def test_stamps_of_another_frequency(self):
        panel = to_panel(pd.Series(np.arange(10.0), index=DAYS[:10]))
        late = pd.Series([1.0, 2.0, 3.0], index=DAYS[10:13] + pd.to_timedelta([0, 0, 3], unit="h"))
        assert refusal(lambda x: append(panel, x), late).endswith(
            "Give one row a stamp, at the frequency of the series seen."
        )

    @staticmethod
    def rows(data, names, index, positions):
        """The rows of some stamps, in a container."""
        keep = index[list(positions)]
        if isinstance(data.index, pd.MultiIndex):
            return data[data.index.get_level_values(1).isin(keep)]
        return data[(data[names["time_col"]] if names["time_col"] in data else data.index).isin(keep)]
