"""Frames with a time and a target column and no ids: one series, with the numbers of the Series over these stamps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV

from tsrnn import RNNForecaster, backtest
from tsrnn.calendar import CalendarFeatures, future_index
from tsrnn.frames import append, to_panel
from tsrnn.metrics import mase
from tsrnn.model_selection import PanelSplit

N = 30
DAYS = pd.date_range("2024-01-01", periods=N + 8, freq="D", name="ds")
RNG = np.random.default_rng(0)
PRICE = RNG.normal(size=N + 8)
WEEK = np.resize([0.0, 3, 5, 3, 0, -4, -7], N + 8)
SERIES = pd.Series(20 + WEEK - 3 * PRICE + RNG.normal(size=N + 8), index=DAYS, name="y")
X = pd.DataFrame({"price": PRICE, "promotion": WEEK > 0}, index=DAYS)


def quick(**parameters):
    return RNNForecaster(2, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, **parameters})


def frame_of(series):
    return series.reset_index()


def assert_same(frame, series):
    pd.testing.assert_frame_equal(frame, frame_of(series).rename(columns={"index": "ds"}))


def test_every_method_gives_the_numbers_of_the_series():
    weights = RNG.uniform(size=N)
    order = RNG.permutation(N)
    dated = quick().fit(frame_of(SERIES[:N]).iloc[order], sample_weight=weights[order])
    plain = quick().fit(SERIES[:N], sample_weight=weights)
    assert_same(dated.predict(), plain.predict())
    assert dated.forecast_origin_ == plain.forecast_origin_ == DAYS[N - 1]
    assert dated.n_missing_ == plain.n_missing_ == 0
    for forecaster, data in ((dated, frame_of), (plain, lambda series: series)):
        forecaster.update(data(SERIES[N : N + 1])).partial_fit(data(SERIES[N : N + 3]), overlap="drop")
    assert_same(dated.predict(horizon=3), plain.predict(horizon=3))
    assert dated.score(frame_of(SERIES[N + 3 : N + 5])) == plain.score(SERIES[N + 3 : N + 5])
    np.testing.assert_array_equal(
        dated.predict_origins(frame_of(SERIES), [20, 25]), plain.predict_origins(SERIES, [20, 25])
    )
    table = backtest(quick(), frame_of(SERIES[:N]), n_windows=2)
    pd.testing.assert_frame_equal(table, backtest(quick(), SERIES[:N], n_windows=2))


class TestCovariates:
    def test_columns_besides_time_and_target_are_covariates(self):
        data = frame_of(SERIES).assign(**X.reset_index(drop=True))
        known = data.copy()
        known.loc[N:, "y"] = np.nan
        dated, plain = quick().fit(known[: N + 4]), quick().fit(X[: N + 4], SERIES[:N])
        assert dated.covariates_.equals(plain.covariates_)
        assert_same(dated.predict(), plain.predict())
        chosen = dated.predict(known[["ds", "price", "promotion"]].iloc[[N + 1, N]])
        assert_same(chosen, plain.predict(X.iloc[[N + 1, N]]))
        dated.update(data[N : N + 2])
        plain.update(X[N : N + 2], SERIES[N : N + 2])
        assert_same(dated.predict(), plain.predict())
        ahead = data[N + 2 : N + 5]
        dated.partial_fit(ahead)
        plain.partial_fit(X[N + 2 : N + 5], SERIES[N + 2 : N + 5])
        assert_same(dated.predict(data[N + 5 :]), plain.predict(X[N + 5 :]))
        assert dated.score(data[N + 5 :]) == plain.score(X[N + 5 :], SERIES[N + 5 :])
        table = backtest(quick(), data[:N], n_windows=2)
        pd.testing.assert_frame_equal(table, backtest(quick(), X[:N], SERIES[:N], n_windows=2))

    @pytest.mark.parametrize("how", ["index", "column", "array"])
    def test_covariates_beside_the_frame(self, how):
        given = {"index": X, "column": X.reset_index(), "array": X.to_numpy(dtype=object)}[how]
        dated, plain = quick().fit(given[: N + 2], frame_of(SERIES[:N])), quick().fit(X[: N + 2], SERIES[:N])
        assert_same(dated.predict(), plain.predict())
        assert_same(dated.predict(given[N : N + 3]), plain.predict(X[N : N + 3]))

    def test_stamps_alone_say_what_is_forecast(self):
        dated, plain = quick().fit(frame_of(SERIES[:N])), quick().fit(SERIES[:N])
        ahead = pd.DataFrame({"ds": DAYS[[N + 2, N]]})
        assert_same(dated.predict(ahead), plain.predict(pd.DataFrame(index=DAYS[[N + 2, N]])))
        with pytest.raises(ValueError, match="at stamps after their end and at their frequency. Got one at 2024-01-05"):
            dated.predict(pd.DataFrame({"ds": DAYS[4:5]}))

    @pytest.mark.parametrize("method", ["fit", "predict"])
    def test_covariates_without_stamps(self, method):
        data, given = frame_of(SERIES[:N]), pd.DataFrame({"price": PRICE[:N]})
        forecaster = quick().fit(X[:N], data)
        call = {"fit": lambda: forecaster.fit(given, data), "predict": lambda: forecaster.predict(given)}[method]
        with pytest.raises(ValueError, match=r"X needs the columns \['ds'\], .*or time stamps as its index") as caught:
            call()
        mended = eval(str(caught.value).split("frame y: ")[1][:-1], {"X": given, "y": data})
        assert_same(
            forecaster.fit(mended, data).predict(X[N : N + 1]),
            quick().fit(X[["price"]][:N], SERIES[:N]).predict(X[N : N + 1]),
        )

    def test_a_row_of_a_covariate_that_is_wrong(self):
        data = frame_of(SERIES[:N]).assign(price=PRICE[:N])
        data.loc[7, "price"] = np.inf
        with pytest.raises(ValueError, match="Column 'price' of X has 1 infinite value, the first at 2024-01-08"):
            quick().fit(data)


def test_names_of_the_user():
    data = frame_of(SERIES[:N]).rename(columns={"ds": "when", "y": "sold goods"})
    forecast = quick(time_col="when", target_col="sold goods").fit(data).predict()
    assert forecast.columns.tolist() == ["when", "sold goods"]
    np.testing.assert_array_equal(forecast["sold goods"], quick().fit(SERIES[:N]).predict())
    assert future_index(data, 2, time_col="when", target_col="sold goods")["when"].tolist() == list(DAYS[N : N + 2])
    table = backtest(quick(time_col="when", target_col="sold goods"), data, n_windows=1)
    assert table.columns.tolist()[:4] == ["unique_id", "when", "cutoff", "sold goods"]
    assert table["unique_id"].unique().tolist() == ["sold goods"]


def test_folds_and_calendars():
    data = frame_of(SERIES[:N])
    shuffled = data.iloc[RNG.permutation(N)]
    for fold, expected in zip(
        PanelSplit(2, n_splits=2).split(shuffled), PanelSplit(2, n_splits=2).split(SERIES[:N]), strict=True
    ):
        for rows, plain in zip(fold, expected, strict=True):
            assert sorted(shuffled["ds"].iloc[rows]) == list(DAYS[plain])
    search = GridSearchCV(quick(), {"cell": ["gru"]}, cv=PanelSplit(2, n_splits=2)).fit(data)
    plain = GridSearchCV(quick(), {"cell": ["gru"]}, cv=PanelSplit(2, n_splits=2)).fit(SERIES[:N])
    assert search.best_score_ == plain.best_score_
    columns = CalendarFeatures(["weekday"])
    forecaster = quick().fit(columns.transform(data))
    assert len(forecaster.predict(columns.transform(future_index(data, 2)))) == 2


INDEXES = st.sampled_from([
    DAYS, DAYS.tz_localize("Europe/Berlin"), DAYS.to_period("D"), pd.RangeIndex(3, 3 + 2 * len(DAYS), 2),
    pd.date_range("2020-01-31", periods=len(DAYS), freq="ME", unit="s"),
])  # fmt: skip


@settings(max_examples=40)
@given(index=INDEXES, rows=st.permutations(range(12)), gaps=st.sets(st.integers(1, 10), max_size=3),
       holes=st.sets(st.integers(0, 11), max_size=4))  # fmt: skip
def test_a_panel_of_the_frame_is_that_of_the_series(index, rows, gaps, holes):
    series = pd.Series(np.arange(12.0), index=index[:12], name="y")
    series.iloc[list(holes)] = np.nan
    rows = [row for row in rows if row not in gaps]
    shuffled = series.iloc[rows]
    freq = 2 if isinstance(index, pd.RangeIndex) else "ME" if index[1].day == 29 else None
    plain = to_panel(series.iloc[sorted(rows)], missing="fill", freq=freq)
    dated = to_panel(shuffled.rename_axis("ds").reset_index(), missing="fill", freq=freq)
    np.testing.assert_array_equal(dated.values, plain.values)
    assert dated.times.dtype == plain.times.dtype
    assert dated.times.tolist() == plain.times.tolist()
    weights = np.arange(1.0, len(rows) + 1)
    in_order = pd.Series(weights, index=rows).sort_index().to_numpy()
    np.testing.assert_array_equal(dated.align(weights), plain.align(in_order))
    forecast, expected = dated.restore([[1.0, 2.0]]), plain.restore([[1.0, 2.0]])
    assert forecast["ds"].tolist() == expected.index.tolist()
    assert append(dated, forecast).times.tolist() == append(plain, expected).times.tolist()


class TestWhatIsNoSuchFrame:
    def test_an_index_of_ids(self):
        data = frame_of(SERIES[:N]).assign(unique_id="a")
        with pytest.raises(ValueError, match=r"The index has \['unique_id'\]: data.reset_index\(\)"):
            to_panel(pd.concat([data, data.assign(unique_id="b")]).set_index("unique_id"))

    def test_dates_in_the_index_and_numbers_in_the_time_column(self):
        data = pd.DataFrame({"ds": 1.0, "y": SERIES[:N]})
        with pytest.raises(
            ValueError, match="The index holds time stamps: if each column is a series, rename"
        ) as caught:
            to_panel(data)
        renamed = eval(str(caught.value).split("columns, ")[1].split("), or")[0] + ")", {"data": data})
        assert to_panel(renamed).ids.tolist() == ["ds_series", "y"]

    def test_dates_in_both(self):
        data = SERIES[:N].reset_index().set_index("ds", drop=False)
        assert to_panel(data).restore([[1.0]]).columns.tolist() == ["ds", "y"]

    def test_an_id_column_that_the_user_has_named(self):
        with pytest.raises(ValueError, match=r"got \['ds', 'y'\] without \['shop'\]"):
            quick(id_col="shop").fit(frame_of(SERIES[:N]))

    def test_stamps_that_repeat(self):
        data = pd.concat([frame_of(SERIES[:N])] * 2)
        with pytest.raises(ValueError, match="column 'y' has the time stamp 2024-01-01 00:00:00 twice .30 duplicates"):
            to_panel(data)
        with pytest.raises(
            ValueError, match="differ in 'shop'. If this tells series apart, it belongs to the ids: .*id_col='shop'"
        ):
            to_panel(data.assign(shop=np.repeat(["a", "b"], N)))

    def test_new_data_in_another_container(self):
        forecaster = quick().fit(frame_of(SERIES[:N]))
        with pytest.raises(TypeError, match=r"a time and a target column with the columns \['ds', 'y'\]. Got a Series"):
            forecaster.update(SERIES[N:])
        with pytest.raises(ValueError, match=f"column 'y' must go on right after {DAYS[N - 1]}.*for example") as caught:
            quick(missing="raise").fit(frame_of(SERIES[:N])).update(frame_of(SERIES[N + 1 :]))
        late = frame_of(SERIES[N + 1 :])
        filled = eval(str(caught.value).split("for example ")[1][:-1], {"data": late, "pd": pd})
        assert forecaster.update(filled).forecast_origin_ == DAYS[-1]

    def test_metrics_name_the_series(self):
        data = frame_of(SERIES[:N])
        with pytest.raises(ValueError, match=r"Pass y_true.set_index\('ds'\)\['y'\]"):
            mase(data, data, data)
