"""Frames and Series of polars and pyarrow: the same numbers and stamps as those of pandas, given back in kind."""

import decimal
import pickle
import re
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

from tsrnn import RNNForecaster, RNNRegressor, backtest
from tsrnn.calendar import future_index
from tsrnn.frames import append, read_again, to_panel
from tsrnn.metrics import mae, mase
from tsrnn.model_selection import PanelSplit

N, HORIZON = 40, 3
DAYS = pd.date_range("2024-01-01", periods=N + 8, freq="D")
LIBRARIES = {
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}
STAMPS = {
    "dates": (DAYS, pl.Date),
    "milliseconds": (DAYS.as_unit("ms"), pl.Datetime("ms")),
    "nanoseconds": (DAYS.as_unit("ns"), pl.Datetime("ns")),
    "zone": (pd.date_range("2024-03-29", periods=N + 8, freq="h", tz="Europe/Vienna").as_unit("us"), None),
    "integers": (pd.RangeIndex(3, 3 + N + 8), pl.Int32),
}
IDS = {"text": pl.String, "category": pl.Categorical, "enum": pl.Enum(["b", "a", "c"])}
VALUES = {"float": pl.Float64, "single": pl.Float32, "int": pl.Int16, "decimal": pl.Decimal(18, 2)}


def quick(horizon=HORIZON, **parameters):
    given = {"max_epochs": 1, "hidden_size": 2, "lookback": 8, "random_state": 0, "season_length": 1, "log": False}
    return RNNForecaster(horizon, **(given | parameters))


def long_frame(stamps=DAYS, n=N, seed=0):
    """Two series with covariates, the second without its first rows, and missing values."""
    rng = np.random.default_rng(seed)
    parts = []
    for name, first in (("a", 0), ("b", 4)):
        size = n - first
        parts.append(
            pd.DataFrame(
                {
                    "unique_id": name, "ds": stamps[first:n], "y": rng.integers(1, 50, size).astype(float),
                    "price": rng.normal(size=size), "open": rng.random(size) < 0.5,
                    "kind": rng.choice(["small", "large"], size),
                }
            )
        )  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame.loc[[7, 8, len(frame) - 5], "y"] = np.nan
    return frame


def wide_frame(stamps=DAYS, n=N):
    rng = np.random.default_rng(1)
    return pd.DataFrame({"ds": stamps[:n], "a": rng.normal(9, 1, n), "b": rng.normal(5, 1, n)})


def assert_same_panel(one, other):
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.offsets, other.offsets)
    assert list(one.ids) == list(other.ids)
    assert list(one.times) == list(other.times)
    assert one.frequencies == other.frequencies
    if one.covariates is not None:
        assert one.covariates.columns == other.covariates.columns
        np.testing.assert_array_equal(one.covariates.numbers, other.covariates.numbers)
        np.testing.assert_array_equal(one.covariates.codes, other.covariates.codes)


class TestReading:
    @settings(max_examples=25, deadline=None)
    @given(
        stamps=st.sampled_from(sorted(STAMPS)),
        ids=st.sampled_from(sorted(IDS)),
        values=st.sampled_from(sorted(VALUES)),
        order=st.randoms(use_true_random=False),
        is_arrow=st.booleans(),
    )
    def test_long_frames_are_read_and_continued_alike(self, stamps, ids, values, order, is_arrow):
        times, dtype = STAMPS[stamps]
        rows = list(range(len(long_frame())))
        order.shuffle(rows)
        frame = long_frame(times).iloc[rows].reset_index(drop=True)
        given = pl.from_pandas(frame).with_columns(
            pl.col("unique_id").cast(IDS[ids]), pl.col("y").cast(VALUES[values]), pl.col("kind").cast(pl.Categorical)
        )
        given = given if dtype is None else given.with_columns(pl.col("ds").cast(dtype))
        given = given.to_arrow() if is_arrow else given
        expected, panel = to_panel(frame, missing="fill"), to_panel(given, missing="fill")
        assert_same_panel(expected, panel)
        forecasts = np.arange(2.0 * HORIZON).reshape(2, HORIZON)
        result = panel.give(panel.restore(forecasts))
        assert type(result) is type(given)
        assert result.select(["unique_id", "ds"]).schema == given.select(["unique_id", "ds"]).schema
        in_polars = pl.from_arrow(result) if is_arrow else result
        restored = expected.restore(forecasts)
        assert in_polars["unique_id"].cast(pl.String).to_list() == restored["unique_id"].tolist()
        assert in_polars["y"].to_list() == restored["y"].tolist()
        stamps_given = in_polars["ds"] if times.dtype.kind in "iu" else in_polars["ds"].cast(pl.Datetime("us"))
        assert stamps_given.to_list() == [getattr(t, "to_pydatetime", lambda t=t: t)() for t in _naive(restored["ds"])]

    @pytest.mark.parametrize("stamps", STAMPS)
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_wide_frames_are_read_and_continued_alike(self, library, stamps):
        times, dtype = STAMPS[stamps]
        frame = wide_frame(times)
        given = LIBRARIES[library](frame)
        panel, expected = to_panel(given), to_panel(frame.set_index("ds"))
        assert_same_panel(expected, panel)
        result = panel.give(panel.restore(np.arange(6.0).reshape(2, 3)))
        assert result.schema == given.schema
        whole = LIBRARIES[library](expected.restore(np.arange(6.0).reshape(2, 3)).reset_index())
        assert (
            result.to_dict(as_series=False) == whole.to_dict(as_series=False)
            if library == "polars"
            else result.equals(whole)
        )

    def test_other_dtypes(self):
        frame = pl.DataFrame(
            {
                "ds": pl.int_range(0, 6, eager=True), "a": pl.Series([1, None, 3, 4, 5, 6], dtype=pl.UInt8),
                "b": [decimal.Decimal("0.1"), None, *map(decimal.Decimal, ("1.1", "2.7", "3", "4"))],
                "c": pl.Series([1, 2, 3, None, 5, 6], dtype=pl.Int128),
            }
        )  # fmt: skip
        panel = to_panel(frame, missing="fill")
        expected = [[1, np.nan, 3, 4, 5, 6], [0.1, np.nan, 1.1, 2.7, 3, 4], [1, 2, 3, np.nan, 5, 6]]
        np.testing.assert_array_equal(panel.values.reshape(3, 6), expected)

    @pytest.mark.parametrize("zone", ["UTC", "+01:00", "Europe/Vienna", "America/New_York"])
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_time_zones_of_arrow(self, unit, zone):
        hours = pd.date_range("2024-03-30", periods=50, freq="h", tz="UTC").as_unit(unit)
        stamps = pa.array(hours.tz_localize(None)).cast(pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit, zone))
        panel = to_panel(pa.table({"ds": stamps, "a": np.arange(50.0)}))
        result = panel.give(panel.restore([[1.0, 2.0]]))
        assert result.schema.field("ds").type == stamps.type
        seconds = result["ds"].cast(pa.timestamp("s", zone)).cast(pa.int64()).to_pylist()
        last = int(hours[-1].timestamp())
        assert seconds == [last + 3600, last + 7200]

    def test_integers_outgrow_their_dtype(self):
        frame = pl.DataFrame({"ds": pl.Series(range(120, 127), dtype=pl.Int8), "a": np.arange(7.0)})
        panel = to_panel(frame)
        assert panel.give(panel.restore([[1.0]])).schema["ds"] == pl.Int8
        assert panel.give(panel.restore([[1.0, 2.0]]))["ds"].to_list() == [127, 128]

    def test_ids_outgrow_their_categories(self):
        frame = pl.from_pandas(long_frame()).select("unique_id", "ds", "y")
        panel = to_panel(frame.cast({"unique_id": pl.Enum(["a", "b"])}), missing="fill")
        more = append(panel, frame.filter(pl.col("unique_id") == "a").with_columns(unique_id=pl.lit("c")))
        assert more.give(more.restore(np.ones((3, 1))))["unique_id"].to_list() == ["a", "b", "c"]


def _naive(stamps):
    return stamps if stamps.dtype.kind != "M" else stamps.dt.tz_convert(None) if stamps.dt.tz else stamps


def as_pandas(table):
    """A frame or Series of any library in pandas."""
    return table.to_pandas() if hasattr(table, "to_pandas") else table


def drift(y, horizon, X):
    """The last value, and the future of a covariate."""
    return y.iloc[-1] + X["price"].to_numpy()[-horizon:]


def assert_in_kind(result, given, expected):
    """The same rows in the library of the series."""
    assert type(result) is type(given)
    pd.testing.assert_frame_equal(as_pandas(result), expected, check_dtype=False, check_exact=True)


@pytest.mark.parametrize("library", LIBRARIES)
class TestMethods:
    def test_long_frames_with_covariates(self, library):
        give, frame = LIBRARIES[library], long_frame(n=N + 8)
        frame.loc[frame["ds"] >= DAYS[N], "y"] = np.arange(16.0)
        seen, later = frame[frame["ds"] < DAYS[N]], frame[frame["ds"] >= DAYS[N]]
        future = later.drop(columns="y")
        first = later[later["ds"] < DAYS[N + HORIZON]]
        one, other = quick().fit(seen), quick().fit(give(seen))
        expected = one.predict(first.drop(columns="y"))
        assert_in_kind(other.predict(give(first.drop(columns="y"))), give(seen), expected)
        assert_in_kind(other.predict(future[future["ds"] < DAYS[N + HORIZON]]), give(seen), expected)
        pd.testing.assert_frame_equal(one.predict(give(first.drop(columns="y"))), expected)
        assert other.score(give(first)) == one.score(first)
        for forecaster, rows in ((one, first), (other, give(first))):
            forecaster.update(rows)
        after = future[future["ds"] >= DAYS[N + HORIZON]]
        assert_in_kind(other.predict(give(after)), give(seen), one.predict(after))
        again = pickle.loads(pickle.dumps(other))
        assert_in_kind(again.predict(give(after)), give(seen), one.predict(after))

    def test_wide_frames_beside_covariates(self, library):
        give, y = LIBRARIES[library], wide_frame(n=N + 8)
        X = pd.DataFrame({"ds": DAYS, "price": y["a"] + np.arange(N + 8) % 3})
        indexed_y, indexed_X = y.set_index("ds"), X.set_index("ds")
        one = quick().fit(indexed_X, indexed_y[:N])
        other = quick().fit(give(X), give(y[:N]))
        expected = one.predict().reset_index()
        assert_in_kind(other.predict(), give(y), expected)
        assert_in_kind(quick().fit(indexed_X, give(y[:N])).predict(), give(y), expected)
        pd.testing.assert_frame_equal(quick().fit(give(X), indexed_y[:N]).predict().reset_index(), expected)
        origins = [30, N]
        np.testing.assert_array_equal(
            other.predict_origins(give(X), give(y), origins), one.predict_origins(indexed_X, indexed_y, origins)
        )
        one.partial_fit(indexed_X, indexed_y[N : N + 2])
        other.partial_fit(give(X), give(y[N : N + 2]))
        ahead = slice(N + 2, N + 4)
        assert_in_kind(other.predict(give(X[ahead])), give(y), one.predict(indexed_X[ahead]).reset_index())
        assert_in_kind(future_index(give(y), 2), give(y), future_index(indexed_y, 2).to_frame(index=False))

    def test_backtests(self, library):
        give, frame = LIBRARIES[library], long_frame(DAYS.as_unit("ms"))[["unique_id", "ds", "y"]]
        expected = backtest(quick(), frame, n_windows=2)
        table = backtest(quick(), give(frame), n_windows=2)
        assert_in_kind(table, give(frame), expected)
        times = pl.DataFrame(table).select("ds", "cutoff").dtypes
        assert times == [pl.Datetime("ms"), pl.Datetime("ms")]

    def test_backtests_with_covariates_at_named_cutoffs(self, library):
        give, frame = LIBRARIES[library], long_frame().assign(note=lambda frame: frame["price"])
        cutoffs, ways = DAYS[[25, 31]], {"model": quick(past_covariates=["note"]), "drift": drift}
        expected = backtest(ways, frame, horizon=HORIZON, cutoffs=cutoffs)
        for stamps in (cutoffs, give(cutoffs.to_frame(name="ds"))["ds"]):
            assert_in_kind(backtest(ways, give(frame), cutoffs=stamps), give(frame), expected)
        keys = ["unique_id", "ds"]
        table = backtest(ways, give(frame.drop(columns="y")), give(frame[[*keys, "y"]]), cutoffs=cutoffs)
        assert_in_kind(table, give(frame), expected)

    def test_weights_and_folds(self, library):
        give, frame = LIBRARIES[library], long_frame()[["unique_id", "ds", "y"]]
        weights = pd.DataFrame({"weight": np.arange(len(frame)) % 3})
        column = give(weights)["weight"]
        one = quick().fit(frame, sample_weight=weights["weight"])
        other = quick().fit(give(frame), sample_weight=column)
        assert_in_kind(other.predict(), give(frame), one.predict())
        folds = PanelSplit(HORIZON, n_splits=2)
        for parts, expected in zip(folds.split(give(frame)), folds.split(frame), strict=True):
            assert [rows.tolist() for rows in parts] == [rows.tolist() for rows in expected]


def series_of(values, library):
    return pl.Series("sales", values) if library == "polars" else pa.chunked_array([values])


def as_list(series):
    return series.to_list() if isinstance(series, pl.Series) else series.to_pylist()


@pytest.mark.parametrize("library", LIBRARIES)
class TestSeries:
    """A Series of another library has no stamps."""

    def test_by_position(self, library):
        values = wide_frame(n=N + 4)["a"].to_numpy()
        one, other = quick().fit(values[:N]), quick().fit(series_of(values[:N], library))
        forecast = other.predict()
        assert type(forecast) is type(series_of(values, library))
        assert as_list(forecast) == one.predict().tolist()
        for forecaster, rows in ((one, values[N:]), (other, series_of(values[N:], library))):
            forecaster.update(rows)
        assert as_list(other.predict()) == one.predict().tolist()
        assert other.forecast_origin_ == N + 3

    def test_with_the_stamps_of_covariates(self, library):
        y = wide_frame(n=N + 8)
        X, values = LIBRARIES[library](y[["ds", "b"]]), series_of(y["a"].to_numpy(), library)
        indexed = y.set_index("ds")
        one = quick().fit(indexed[["b"]], indexed["a"][:N])
        other = quick().fit(X, values[:N])
        assert other.forecast_origin_ == DAYS[N - 1]
        assert as_list(other.predict()) == one.predict().tolist()
        other.update(values[N : N + 2])
        assert other.forecast_origin_ == DAYS[N + 1]
        other.update(X[N + 2 : N + 4] if library == "polars" else X.slice(N + 2, 2), values[N + 2 : N + 4])
        assert other.forecast_origin_ == DAYS[N + 3]

    def test_with_the_ids_of_covariates(self, library):
        frame = long_frame().dropna().reset_index(drop=True)
        one = quick(missing="fill").fit(frame)
        given = LIBRARIES[library](frame)
        other = quick(missing="fill").fit(LIBRARIES[library](frame.drop(columns="y")), given["y"])
        future = pd.concat([long_frame(n=N + 1).query("ds == @DAYS[@N]")]).drop(columns="y")
        forecast = other.predict(LIBRARIES[library](future))
        assert as_list(forecast) == one.predict(future)["y"].tolist()


class TestFramesWithoutStamps:
    def test_columns_are_known_by_name(self):
        wide = pl.from_pandas(wide_frame(n=N + 4)).drop("ds")
        forecaster = quick().fit(wide[:N])
        assert forecaster.predict().schema == wide.schema
        expected = quick().fit(wide[:N].to_numpy()).update(wide[N:].to_numpy()).predict()
        forecaster.update(wide[N:].select("b", "a"))
        np.testing.assert_array_equal(forecaster.predict().to_numpy(), expected)
        with pytest.raises(ValueError, match=r"must have the columns \['a', 'b'\]. Got \['a'\]"):
            forecaster.update(wide.select("a"))
        with pytest.raises(ValueError, match="overlap='drop' needs time stamps"):
            forecaster.update(wide, overlap="drop")

    def test_covariates_without_stamps_stand_beside_the_rows(self):
        frame = pl.from_pandas(wide_frame())
        one = quick().fit(frame.select("ds", "b"), frame.select("ds", "a"))
        other = quick().fit(frame.select("b"), frame.select("ds", "a"))
        ahead = pl.DataFrame({"b": [5.0, 4.0, 6.0]})
        assert other.predict(ahead).equals(one.predict(ahead))
        with pytest.raises(ValueError, match="'ds' of time stamps must have as many rows as y, 40. Got 39"):
            quick().fit(frame[1:].select("b"), frame.select("ds", "a"))


class TestRefusals:
    def test_lazy_frames(self):
        frame = pl.from_pandas(long_frame())
        with pytest.raises(TypeError, match=r"Collect it: data.collect\(\)"):
            quick().fit(frame.lazy())
        with pytest.raises(TypeError, match=r"Collect it: X.collect\(\)"):
            quick().fit(frame.select("ds").lazy(), frame["y"])

    def test_advice_is_followed_in_pandas(self):
        frame = pl.from_pandas(wide_frame()).with_columns(a=pl.col("a").cast(pl.String))
        with pytest.raises((TypeError, ValueError)) as caught:
            to_panel(frame)
        assert "to_pandas" not in str(caught.value) or "data = data.to_pandas()" in str(caught.value)
        gap = pl.from_pandas(wide_frame()).filter(pl.col("ds") != DAYS[9])
        with pytest.raises(ValueError) as caught:
            to_panel(gap)
        namespace = {"data": gap, "pd": pd, "np": np}
        namespace["data"] = eval(re.search(r"data = (.*)\.$", str(caught.value)).group(1), namespace)
        mended = eval(re.search(r"for example (data\..*?\))(?:, or|\. |$)", str(caught.value)).group(1), namespace)
        assert to_panel(mended).lengths.tolist() == [N, N]

    def test_dates_of_another_name(self):
        frame = pl.from_pandas(wide_frame()).rename({"ds": "date"})
        with pytest.raises(ValueError, match=r"RNNForecaster\(\.\.\., time_col='date'\)"):
            to_panel(frame)
        assert to_panel(frame, time_col="date").lengths.tolist() == [N, N]

    @pytest.mark.parametrize("read", [append, read_again])
    def test_new_data_without_stamps(self, read):
        frame = pl.from_pandas(wide_frame(n=N + 4))
        for new in (frame.drop("ds"), frame["a"]):
            with pytest.raises(ValueError, match="must have time stamps, as those seen before: .* column 'ds'"):
                read(to_panel(frame[:N]), new)

    def test_rows_of_ids_without_stamps(self):
        frame = pl.from_pandas(long_frame())
        with pytest.raises(ValueError, match="X must have as many rows as y, 9, which has no time stamps .* Got 76"):
            quick().fit(frame.drop("y"), frame["y"][:9])
        with pytest.raises(ValueError, match="X must have a row for each row of y, 76, .* Got 40"):
            quick().fit(frame[:40].select("ds", "price"), frame["y"])

    def test_columns_of_one_name(self):
        with pytest.raises(ValueError, match="Two columns have one name"):
            to_panel(pa.table([[1.0, 2.0], [1.0, 2.0]], names=["a", "a"]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_metrics(library):
    y = wide_frame()
    give, truth, forecast = LIBRARIES[library], y[30:], y[30:].assign(a=y["a"] + 1, b=y["b"] + 3)
    assert mae(give(truth), give(forecast)) == pytest.approx(2, abs=1e-12)  # rounding of x + 1 - x
    assert mae(give(truth)["a"], give(forecast)["a"]) == pytest.approx(1, abs=1e-12)
    indexed = [part.set_index("ds") for part in (truth, forecast, y[:30])]
    assert mase(give(truth), give(forecast), y_train=give(y[:30])) == mase(*indexed)
    with pytest.raises(ValueError, match="must have the same index"):
        mae(give(truth[1:]), give(forecast[:-1]))


def test_narwhals_is_not_needed_for_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals.stable.v2", None)  # importing it is an error now
    frame = long_frame()
    panel = to_panel(frame, missing="fill")
    assert append(panel, frame[:40].assign(unique_id="c")).n_series == 3
    assert mae(frame["price"], frame["price"]) == 0
    with pytest.raises(ImportError):
        to_panel(pl.from_pandas(frame))


def test_searches():
    frame = pl.from_pandas(long_frame()).select("unique_id", "ds", "y")
    search = GridSearchCV(quick(), {"lookback": [4]}, cv=PanelSplit(HORIZON, n_splits=1), refit=False)
    assert np.isfinite(search.fit(frame).cv_results_["mean_test_score"]).all()


class TestSequenceEstimators:
    """scikit-learn reads frames of polars by itself."""

    def test_frames_and_series(self):
        X = np.random.default_rng(0).normal(size=(30, 5))
        names = [f"step {k}" for k in range(5)]
        one = RNNRegressor(max_epochs=1, random_state=0).fit(X, X[:, 0])
        other = RNNRegressor(max_epochs=1, random_state=0).fit(pl.DataFrame(X, schema=names), pl.Series(X[:, 0]))
        np.testing.assert_array_equal(other.predict(pl.DataFrame(X, schema=names)), one.predict(X))
        assert other.feature_names_in_.tolist() == names

    @pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("us"), pl.Duration("us")])
    def test_times_are_refused(self, dtype):
        X, times = np.ones((4, 2)), pl.Series([1, 2, 3, 4]).cast(dtype)
        with pytest.raises(TypeError, match="must hold numbers"):
            RNNRegressor(max_epochs=1).fit(pl.DataFrame({"a": times, "b": times}), X[:, 0])
        with pytest.raises(TypeError, match="must hold numbers"):
            RNNRegressor(max_epochs=1).fit(X, times)
