"""`RNNForecaster` from outside: every container, any horizon, what it refuses, and what it never does."""

import copy
import io
import pickle
import re
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tsrnn.baselines import seasonal_naive
from tsrnn.cells import CELLS
from tsrnn.datasets import DATASETS, load_airline
from tsrnn.forecaster import RNNForecaster, ShortSeriesWarning
from tsrnn.forecaster.parameters import CONSTRAINTS, STRATEGIES
from tsrnn.losses import Huber
from tsrnn.scaling import SCALINGS

SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])


def quick(horizon=4, **parameters):
    """A forecaster that trains for moments."""
    return RNNForecaster(horizon, **{"max_epochs": 2, "hidden_size": 2, "random_state": 0, **parameters})


def values(n=80, seed=0):
    rng = np.random.default_rng(seed)
    return 50 + np.resize(SEASON, n) + 0.1 * np.arange(n) + rng.normal(size=n)


def daily(n=80, seed=0, **kwargs):
    return pd.Series(values(n, seed), index=pd.date_range("2024-01-01", periods=n, freq="D", **kwargs), name="sales")


def long_frame():
    """Three ids of unequal length and end."""
    parts = [
        pd.DataFrame({"unique_id": i, "ds": pd.date_range("2024-01-01", periods=n, freq="D"), "y": values(n, seed)})
        for seed, (i, n) in enumerate({"b": 80, "a": 60, "c": 71}.items())
    ]
    return pd.concat(parts, ignore_index=True)


def state_of(forecaster):
    """All that a forecaster holds, as bytes."""
    return pickle.dumps({key: value for key, value in vars(forecaster).items() if key != "history_"})


class TestContainers:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    @pytest.mark.parametrize("horizon", [1, 3, 4, 5, 30])
    def test_any_horizon(self, strategy, horizon):
        series = daily(tz="Europe/Berlin")
        forecaster = quick(strategy=strategy).fit(series)
        forecast = forecaster.predict(horizon=horizon)
        assert forecast.name == "sales"
        expected = pd.date_range("2024-03-21", periods=horizon, freq="D", tz="Europe/Berlin")
        pd.testing.assert_index_equal(forecast.index, expected)
        assert forecast.dtype == np.float64
        assert np.isfinite(forecast).all()
        longer = forecaster.predict(horizon=40)
        np.testing.assert_array_equal(longer[:horizon], forecast)

    def test_default_horizon_is_that_of_the_fit(self):
        assert len(quick(6).fit(daily()).predict()) == 6

    @pytest.mark.parametrize(
        "index",
        [
            pd.date_range("2020-01-31", periods=90, freq="ME"),
            pd.date_range("2020-01-01", periods=90, freq="B"),
            pd.date_range("2024-10-20", periods=90, freq="h", tz="America/New_York"),
            pd.date_range("2024-01-01", periods=90, freq="30min", tz="Asia/Kolkata"),
            pd.period_range("2020-01", periods=90, freq="M"),
            pd.RangeIndex(5, 95),
        ],
        ids=lambda index: f"{type(index).__name__}-{getattr(index, 'freqstr', '')}",
    )
    def test_index_goes_on(self, index):
        y = pd.Series(values(90), index=index)
        forecast = quick().fit(y[:80]).predict(horizon=10)
        assert list(forecast.index) == list(index[80:])

    def test_wide(self):
        frame = pd.DataFrame({"a": values(80, 1), ("b", 2): values(80, 2)}, index=daily().index)
        forecast = quick().fit(frame).predict()
        assert list(forecast.columns) == ["a", ("b", 2)]
        assert list(forecast.index) == list(pd.date_range("2024-03-21", periods=4))

    def test_long_and_multiindex_agree_whatever_the_order_of_rows(self):
        long = long_frame()
        forecast = quick().fit(long).predict()
        assert list(forecast.columns) == ["unique_id", "ds", "y"]
        assert list(forecast["unique_id"]) == list("bbbbaaaacccc")
        starts = forecast.groupby("unique_id", sort=False)["ds"].first()
        assert list(starts) == [pd.Timestamp("2024-03-21"), pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-12")]
        multi = quick().fit(long.set_index(["unique_id", "ds"])["y"]).predict()
        np.testing.assert_array_equal(multi.to_numpy(), forecast["y"].to_numpy())
        assert multi.index.names == ["unique_id", "ds"]
        # Equally many of each id before one of another keeps the order of the ids.
        shuffled = long.iloc[np.argsort(long.groupby("unique_id").cumcount(), kind="stable")]
        pd.testing.assert_frame_equal(quick().fit(shuffled).predict(), forecast)

    def test_other_column_names(self):
        long = long_frame().rename(columns={"unique_id": "store", "ds": "day", "y": "sold"})
        names = {"id_col": "store", "time_col": "day", "target_col": "sold"}
        forecaster = quick(**names).fit(long)
        assert list(forecaster.predict().columns) == ["store", "day", "sold"]
        more = pd.DataFrame({"store": ["a"], "day": [pd.Timestamp("2024-03-01")], "sold": [50.0]})
        assert forecaster.update(more).forecast_origin_["a"] == pd.Timestamp("2024-03-01")

    def test_arrays_and_lists(self):
        one, table = values(), np.column_stack([values(80, 1), values(80, 2)])
        assert quick().fit(one).predict().shape == (4,)
        assert quick().fit(table).predict(horizon=7).shape == (7, 2)
        np.testing.assert_array_equal(quick().fit(one.tolist()).predict(), quick().fit(one).predict())

    def test_series_as_y(self):
        y = daily()
        expected = quick().fit(y).predict()
        for X in (None, pd.DataFrame(index=y.index)):
            pd.testing.assert_series_equal(quick().fit(X, y).predict(), expected)

    def test_frequency_as_a_parameter(self):
        days = pd.offsets.CustomBusinessDay(holidays=["2024-01-15", "2024-04-10"])
        index = pd.date_range("2024-01-01", periods=75, freq=days)
        long = pd.DataFrame({"unique_id": "a", "ds": index[:70], "y": values(70)})
        assert list(quick(5, freq=days).fit(long).predict()["ds"]) == list(index[70:])


class TestUpdate:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_moves_the_origin_and_nothing_else(self, strategy):
        y = daily(90)
        forecaster = quick(strategy=strategy).fit(y[:80])
        weights = {name: array.copy() for name, array in forecaster.parameters_.items()}
        before = forecaster.predict()
        assert forecaster.forecast_origin_ == y.index[79]
        assert forecaster.update(y[80:83]) is forecaster
        assert forecaster.forecast_origin_ == y.index[82]
        after = forecaster.predict()
        assert after.index[0] == y.index[83]
        assert not np.array_equal(after, before)
        for name, array in forecaster.parameters_.items():
            np.testing.assert_array_equal(array, weights[name])

    def test_in_steps_is_the_same_as_at_once(self):
        y = daily(90)
        at_once = quick().fit(y[:80]).update(y[80:])
        in_steps = quick().fit(y[:80])
        for k in range(80, 90):
            in_steps.update(y[k : k + 1])
        pd.testing.assert_series_equal(in_steps.predict(), at_once.predict())

    def test_some_ids_and_a_new_one(self):
        long = long_frame()
        forecaster = quick().fit(long)
        before = forecaster.predict().set_index("unique_id")["y"]
        new = pd.DataFrame({"unique_id": "z", "ds": pd.date_range("2024-02-01", periods=40), "y": values(40, 9) * 100})
        forecaster.update(new)
        forecast = forecaster.predict().set_index("unique_id")["y"]
        # With another number of rows, a product of matrices may add in another order.
        np.testing.assert_allclose(forecast.drop("z"), before, rtol=1e-13)
        assert 4000 < forecast["z"].mean() < 7000

    def test_wrong_start_changes_nothing(self):
        forecaster = quick(missing="raise").fit(daily())
        before = state_of(forecaster)
        with pytest.raises(ValueError, match="expected 2024-03-21 00:00:00, got 2024-03-25"):
            forecaster.update(daily(2).set_axis(pd.date_range("2024-03-25", periods=2, freq="D")))
        assert state_of(forecaster) == before

    def test_partial_fit_moves_and_trains(self):
        y = daily(90)
        forecaster = quick().fit(y[:80])
        weights, epochs = forecaster.network_.theta.copy(), forecaster.n_iter_
        forecaster.partial_fit(y[80:])
        assert forecaster.forecast_origin_ == y.index[-1]
        assert not np.array_equal(forecaster.network_.theta, weights)
        assert forecaster.n_iter_ == forecaster.best_epoch_ == epochs + 1
        for _, rows in forecaster.history_.groupby("network"):
            assert rows["epoch"].tolist() == list(range(1, len(rows) + 1))

    def test_partial_fit_begins_with_a_fit(self):
        pd.testing.assert_series_equal(quick().partial_fit(daily()).predict(), quick().fit(daily()).predict())

    def test_a_tuple_says_the_same_as_a_list(self):
        y = daily()
        forecaster = quick(warm_start=True, early_stopping=False, dilations=[1, 2]).fit(y)
        forecaster.set_params(dilations=(1, 2)).fit(y)
        with pytest.raises(ValueError, match=r"dilations was \(1, 2\) and is now \[1, 3\]"):
            forecaster.set_params(dilations=[1, 3]).fit(y)

    @pytest.mark.slow
    def test_warm_start_keeps_what_auto_came_to(self):
        y = daily()
        forecaster = RNNForecaster(3, max_epochs=1, warm_start=True).fit(y[:60])
        more = pd.Series(np.resize(y, 12_000), pd.date_range(y.index[0], periods=12_000, freq="D"), name=y.name)
        before = forecaster.network_.architecture
        forecaster.fit(more)
        assert forecaster.network_.architecture == before
        assert (forecaster.strategy_, forecaster.num_layers_, forecaster.hidden_size_) == ("direct", 1, 32)
        assert RNNForecaster(3, max_epochs=1).fit(more).strategy_ == "parallel"

    def test_warm_start_trains_on(self):
        y = daily()
        forecaster = quick(warm_start=True, early_stopping=False).fit(y)
        weights = forecaster.network_.theta.copy()
        forecaster.fit(y)
        assert not np.array_equal(forecaster.network_.theta, weights)
        assert len(forecaster.history_) == 4
        forecaster.set_params(hidden_size=9)
        with pytest.raises(ValueError, match="hidden_size was 2 and is now 9"):
            forecaster.fit(y)


class TestRefusals:
    @pytest.mark.parametrize("horizon", [0, -1, 2.0, True, "3", [0, 1], None])
    def test_horizon(self, horizon):
        with pytest.raises(ValueError, match=r"'horizon' parameter of RNNForecaster must be an int in the range \[1"):
            RNNForecaster(horizon).fit(daily())
        if horizon is not None:
            fitted = quick().fit(daily())
            with pytest.raises(ValueError, match=r"'horizon' parameter of predict must be an int in the range \[1"):
                fitted.predict(horizon=horizon)

    @pytest.mark.parametrize("name", sorted(set(CONSTRAINTS) - {"horizon", "warm_start", "early_stopping"}))
    def test_every_parameter_is_checked(self, name):
        class Nonsense:
            pass

        with pytest.raises(ValueError, match=f"The '{name}' parameter of RNNForecaster must be"):
            quick().set_params(**{name: Nonsense()}).fit(daily())

    @pytest.mark.parametrize(
        ("bad", "words"),
        [
            ({"lookback": 0}, "'lookback' parameter"),
            ({"season_length": [7, 0]}, "'season_length' parameter"),
            (
                {"strategy": "both"},
                "must be a str among {'auto', 'direct', 'parallel', 'recursive', 'seq2seq'}. Got 'both'",
            ),
            ({"cell": "transformer"}, "'cell' parameter"),
            ({"loss": "cross_entropy"}, "'loss' parameter"),
            ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
            ({"random_state": -1}, "'random_state' parameter"),
        ],
    )
    def test_parameters(self, bad, words):
        with pytest.raises(ValueError, match=words):
            quick(**bad).fit(daily())

    def test_before_fit(self):
        forecaster = quick()
        for call in (forecaster.predict, lambda: forecaster.update(daily()), lambda: forecaster.score(daily())):
            with pytest.raises(NotFittedError):
                call()
        for name in ("parameters_", "forecast_origin_", "history_", "lookback_"):
            assert not hasattr(forecaster, name)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.parametrize("method", ["fit", "partial_fit", "update"])
    def test_bad_values_train_nothing_and_change_nothing(self, method, value):
        y = daily(90)
        forecaster = quick(missing="raise").fit(y[:80])
        before, forecast = state_of(forecaster), forecaster.predict()
        bad = y[80:].copy()
        bad.iloc[3] = value
        with pytest.raises(ValueError, match="Series 'sales' has an? (missing|infinite) value at 2024-03-24"):
            getattr(forecaster, method)(bad)
        assert state_of(forecaster) == before
        pd.testing.assert_series_equal(forecaster.predict(), forecast)
        unfitted = quick(missing="raise")
        with pytest.raises(ValueError, match="2024-03-24"):
            unfitted.fit(bad)
        assert vars(unfitted) == vars(quick(missing="raise"))

    def test_covariates(self):
        y = daily()
        with pytest.raises((TypeError, ValueError), match="X must be a DataFrame"):
            quick().fit(y, y)
        with pytest.raises(TypeError, match="X must be a DataFrame .* Convert it: X.to_frame"):
            quick().fit(y).predict(y)

    @pytest.mark.parametrize("n", [1, 2, 5])
    def test_too_short(self, n):
        with pytest.raises(
            ValueError, match=f"Too few observations: the array has {n}, and at least 6 are needed.*5 to"
        ):
            quick(5, smoothing=False).fit(values(n))

    @pytest.mark.slow  # All models of smoothing
    @pytest.mark.parametrize("n", range(1, 21))
    @pytest.mark.parametrize("horizon", [1, 6])
    def test_few_values_of_a_line_go_on_or_are_repeated(self, n, horizon):
        y = 10 + 2.0 * np.arange(n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShortSeriesWarning)
            forecast = RNNForecaster(horizon, max_epochs=1, hidden_size=2, random_state=0).fit(y).predict()
        line = y[-1] + 2 * np.arange(1, horizon + 1)
        # The network reads and forecasts in single precision.
        assert ((forecast >= y[-1] - 1e-3) & (forecast <= line + 1e-3)).all()
        if n >= 8:  # From here on the trend is taken for one.
            np.testing.assert_allclose(forecast, line, rtol=0.05)

    def test_lookback_longer_than_the_series(self):
        with pytest.raises(ValueError, match="has 20, and at least 44 are needed: .*40 of lookback=80 to read, 4 to"):
            quick(lookback=80, season_length=1).fit(values(20))

    def test_season_longer_than_the_series(self):
        with pytest.raises(
            ValueError, match=r"season_length=\[30\] needs a series of at least 60 .*The longest has 50"
        ):
            quick(season_length=30).fit(values(50))

    def test_one_short_id_is_named_and_forecast_all_the_same(self):
        long = pd.concat(
            [long_frame(), pd.DataFrame({"unique_id": "new", "ds": pd.date_range("2024-03-01", periods=3), "y": 60.0})]
        )
        with pytest.warns(ShortSeriesWarning, match=r"1 of 4 series have fewer than \d+ observations.*id 'new' \(3\)"):
            forecaster = quick().fit(long)
        forecast = forecaster.predict(horizon=9)
        assert np.isfinite(forecast["y"]).all()
        assert forecast.loc[forecast["unique_id"] == "new", "y"].between(59, 61).all()

    def test_nothing_to_hold_out(self):
        with pytest.warns(ShortSeriesWarning, match="too short to hold out forecasts of 9 steps.*nothing is trained"):
            forecaster = quick(9, season_length=1).fit(values(14))
        assert len(forecaster.history_) == 0
        assert np.isfinite(forecaster.predict()).all()
        quick(9, season_length=1, early_stopping=False).fit(values(14))

    @pytest.mark.parametrize("n", [24, 26, 30, 40])
    @pytest.mark.parametrize("n_series", [1, 3, 12])
    def test_a_season_seen_twice_is_repeated(self, n, n_series, rng):
        t, months = np.arange(n + 18), pd.date_range("2015-01-01", periods=n, freq="MS")
        season = np.resize(5 * rng.normal(size=(12, n_series)), (n + 18, n_series))
        table = 100 + season + rng.normal(size=n_series) * t[:, None] / 99 + rng.normal(size=(n + 18, n_series)) / 4
        forecaster = RNNForecaster(18, max_epochs=2, hidden_size=5, random_state=0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            forecaster.fit(pd.DataFrame(table[:n], index=months))
        # Nothing can be held out of a few series, and there is nothing to train many on for two seasons alone.
        assert bool(caught) == (len(forecaster.history_) == 0) == (n_series < 10 or n < 30)
        assert (forecaster.season_length_, forecaster.horizon_) == (12, {30: 7, 40: 17}.get(n, 18))
        # The remainder is noise and trend, a tenth of the season.
        assert np.abs(forecaster.predict() - table[n:]).to_numpy().mean() < 0.3 * np.abs(season).mean()

    @pytest.mark.slow
    @pytest.mark.parametrize(("n", "horizon"), [(21, 3), (24, 3), (28, 7), (42, 7)])
    def test_a_strong_season_is_not_taken_for_change(self, n, horizon, rng):
        """Of the first season the season's part is not known: no window may read its values as if it had none."""
        season, errors = np.resize(200 * rng.normal(size=7), n + horizon), []
        for _ in range(5):
            y = daily(n + horizon) * 0 + 1000 + season + rng.normal(size=n + horizon)
            forecaster = RNNForecaster(horizon, max_epochs=5, random_state=0).fit(y[:n])
            errors.append(np.abs(forecaster.predict() - y[n:]).mean())
        # The noise has a mean absolute value of 0.8, and level and season are noisy, too.
        assert np.mean(errors) < 2.5

    def test_logarithm_of_values_without_one(self):
        y = daily()
        y.iloc[5] = 0.0
        with pytest.raises(ValueError, match="Logarithms need positive values: series 'sales' has 0.0 at 2024-01-06"):
            quick(log=True).fit(y)
        forecaster = quick(log=True).fit(y[10:])
        with pytest.raises(ValueError, match="has -1.0 at 2024-03-21"):
            forecaster.update(pd.Series([-1.0], index=pd.date_range("2024-03-21", periods=1, freq="D")))

    @pytest.mark.parametrize(
        ("weights", "words"),
        [
            (np.ones(3), r"shape \(80,\). Got shape \(3,\)"),
            (np.full(80, -1.0), "finite and not negative. Got -1.0 for sample 0"),
            (np.full(80, np.nan), "finite and not negative. Got nan for sample 0"),
            (np.zeros(80), "at least one non-zero"),
        ],
    )
    def test_sample_weight(self, weights, words):
        with pytest.raises(ValueError, match=words):
            quick().fit(daily(), sample_weight=weights)


class TestPromises:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        "parameters",
        [
            *({"cell": cell} for cell in CELLS),
            *({"strategy": strategy} for strategy in STRATEGIES),
            *({"scaling": scaling} for scaling in SCALINGS),
            {"num_layers": 2, "dropout": 0.2, "bidirectional": True},
            {"lookback": 5, "season_length": 1},
            {"season_length": [7, 14], "log": True},
            {"linear": False, "loss": "huber"},
            {"loss": Huber(0.5), "clip_norm": None, "schedule": "one_cycle"},
            {"early_stopping": False, "dtype": "float64"},
        ],
        ids=str,
    )
    def test_same_seed_same_bits(self, parameters):
        y = daily()
        first = quick(**parameters).fit(y)
        before = vars(first).copy()
        forecast = first.predict(horizon=6)
        assert np.isfinite(forecast).all()
        for n_jobs in (1, 2, -1):
            again = quick(**parameters, n_jobs=n_jobs).fit(y)
            np.testing.assert_array_equal(again.network_.theta, first.network_.theta)
            pd.testing.assert_series_equal(again.predict(horizon=6), forecast)
        assert {key for key in vars(first) if vars(first)[key] is not before[key]} == set()

    def test_other_seed_other_bits(self):
        options = {"early_stopping": False, "smoothing": False}
        fits = [quick(**options, random_state=seed).fit(daily()).predict() for seed in (0, 1)]
        assert not np.array_equal(*fits)

    @pytest.mark.parametrize("copier", ["pickle", "joblib", "deepcopy"])
    def test_copies_go_on_alike(self, copier):
        y = daily(90)
        forecaster = quick(strategy="seq2seq").fit(y[:80])
        if copier == "joblib":
            file = io.BytesIO()
            joblib.dump(forecaster, file)
            file.seek(0)
            other = joblib.load(file)
        else:
            other = pickle.loads(pickle.dumps(forecaster)) if copier == "pickle" else copy.deepcopy(forecaster)
        for each in (forecaster, other):
            each.update(y[80:85]).partial_fit(y[85:])
        pd.testing.assert_series_equal(other.predict(), forecaster.predict())
        pd.testing.assert_frame_equal(
            other.history_.drop(columns="seconds"), forecaster.history_.drop(columns="seconds")
        )

    def test_clone_is_unfitted_and_init_only_stores(self):
        parameters = {"horizon": -3, "lookback": object(), "cell": 7}
        for name, value in RNNForecaster(**parameters).get_params().items():
            assert value is parameters.get(name, value)
        forecaster = quick(5, cell="lstm").fit(daily())
        assert clone(forecaster).get_params() == forecaster.get_params()
        assert not hasattr(clone(forecaster), "parameters_")

    def test_a_second_fit_forgets_the_first(self):
        other = pd.DataFrame({"a": values(70, 5) * 9, "b": values(70, 6)}, index=daily(70).index)
        forecaster = quick().fit(other).update(pd.DataFrame({"a": [450.0], "b": [50.0]}, index=daily(71).index[-1:]))
        pd.testing.assert_series_equal(forecaster.fit(daily()).predict(), quick().fit(daily()).predict())

    @pytest.mark.parametrize("fitted", [False, True])
    def test_interrupt_leaves_the_state_before(self, fitted, monkeypatch):
        forecaster = quick()
        if fitted:
            forecaster.fit(daily())
        before = state_of(forecaster)

        def interrupt(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr("tsrnn.forecaster.fitting.train", interrupt)
        monkeypatch.setattr("tsrnn.forecaster.fitting.train_all", interrupt)
        after = pd.Series(1.0, index=pd.date_range("2024-03-21", periods=3, freq="D"))
        for method, data in (("fit", daily(70)), ("partial_fit", after if fitted else daily(70))):
            with pytest.raises(KeyboardInterrupt):
                getattr(forecaster, method)(data)
        assert state_of(forecaster) == before

    def test_fits_in_threads_do_not_meet(self):
        series = [daily(seed=seed) for seed in range(4)]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda y: quick().fit(y).predict(), series))
        for y, forecast in zip(series, together, strict=True):
            pd.testing.assert_series_equal(quick().fit(y).predict(), forecast)

    def test_input_is_not_changed(self):
        for data in (daily(), daily().to_frame(), long_frame(), values()):
            before = copy.deepcopy(data)
            quick().fit(data).predict()
            same = np.array_equal(data, before) if isinstance(data, np.ndarray) else data.equals(before)
            assert same

    def test_silent_by_default(self, capfd):
        quick().fit(daily()).predict()
        assert capfd.readouterr() == ("", "")

    def test_global_random_state_is_left_alone(self):
        state = np.random.get_state()[1].tolist()  # noqa: NPY002
        quick(random_state=None).fit(daily()).predict()
        assert np.random.get_state()[1].tolist() == state  # noqa: NPY002

    def test_fitted_attributes(self):
        forecaster = quick(lookback=14, season_length=7).fit(daily())
        assert (forecaster.lookback_, forecaster.season_length_, forecaster.seasons_) == (14, 7, (7,))
        columns = ["network", "epoch", "loss", "validation_loss", "learning_rate", "seconds"]
        assert list(forecaster.history_.columns) == columns
        assert (forecaster.history_.groupby("network").size() == 2).all()
        assert forecaster.n_iter_ == 2
        assert 0 <= forecaster.best_epoch_ <= 2
        assert forecaster.parameters_["weight_hh_l0"].shape == (6, 2)

    def test_parameters_decide_the_stack(self):
        forecaster = quick(dilations=[1, 2, 4], dropout=0.1).fit(daily())
        architecture = forecaster.network_.architecture
        assert [layer.dilation for layer in architecture.layers] == [1, 2, 4]
        assert [layer.residual for layer in architecture.layers] == [False, True, True]
        assert forecaster.num_layers_ == 3
        plain = quick(num_layers=2, residual=False).fit(daily()).network_.architecture
        assert [(layer.dilation, layer.residual) for layer in plain.layers] == [(1, False)] * 2
        with pytest.raises(ValueError, match="for each of num_layers=2 layers"):
            quick(num_layers=2, dilations=[1, 2, 4]).fit(daily())

    def test_a_parallel_decoder_forecasts_in_segments(self):
        forecaster = RNNForecaster(12, lookback=39, season_length=7, strategy="parallel", max_epochs=1)
        forecaster.fit(daily())
        architecture = forecaster.network_.architecture
        # 39 days are read in 13 steps of 3; segments of 3, a location and a scale for each day, make up 12 days.
        assert (forecaster.segment_length_, architecture.output_size, architecture.decoder_steps) == (3, 6, 4)
        assert architecture.head_name == "parallel"

    def test_parameters_decide_the_season_and_the_lookback(self):
        monthly = load_airline()
        forecaster = RNNForecaster(12, max_epochs=1).fit(monthly)
        assert (forecaster.season_length_, forecaster.lookback_, forecaster.log_) == (12, 24, True)


class TestOrigins:
    @pytest.mark.parametrize("horizon", [None, 2, 9])
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_the_same_as_from_the_end_of_what_was_seen(self, strategy, horizon):
        wide = pd.DataFrame({"a": daily(90), "b": daily(90, seed=1)})
        forecaster = quick(strategy=strategy).fit(wide[:70])
        origins = [70, 85, 90, 71]
        many = forecaster.predict_origins(wide, origins, horizon=horizon)
        assert many.shape == (4, horizon or 4, 2)
        for origin, forecast in zip(origins, many, strict=True):
            moved = copy.deepcopy(forecaster)
            if origin > 70:
                moved.update(wide[70:origin])
            # The batch that a window is in decides the order of sums in float32.
            np.testing.assert_allclose(forecast, moved.predict(horizon=horizon), rtol=1e-6)

    def test_in_chunks(self, monkeypatch):
        y = values(90)
        forecaster = quick().fit(y[:70])
        whole = forecaster.predict_origins(y, np.arange(60, 91))
        monkeypatch.setattr("tsrnn.forecaster.forecasting.CHUNK", 7)  # windows
        np.testing.assert_allclose(forecaster.predict_origins(y, np.arange(60, 91)), whole, rtol=1e-6)
        np.testing.assert_array_equal(forecaster.predict(), forecaster.fit(y[:70]).predict())

    @pytest.mark.parametrize(
        ("origins", "words"),
        [
            ([0], "from 1 to 80"),
            ([81], "from 1 to 80"),
            ([1.5], "must be ints"),
            ([], "At least one"),
            (5, "must be"),
        ],
    )
    def test_refusals(self, origins, words):
        with pytest.raises(ValueError, match=words):
            quick().fit(daily()).predict_origins(daily(), origins)

    @pytest.mark.parametrize("origins", [[0, 70, 90], [70.0, 75.0], [[70], [75]], np.array([[70.0]]), 70.0])
    def test_advice_on_origins(self, origins):
        forecaster = quick().fit(daily())
        with pytest.raises(ValueError, match="origins must be") as caught:
            forecaster.predict_origins(daily(), origins)
        mended = eval(re.search(r": ([^:]*)\.$", str(caught.value)).group(1), {"np": np, "origins": origins})
        assert len(forecaster.predict_origins(daily(), mended)) == len(mended)

    def test_other_series_are_refused(self):
        wide = pd.DataFrame({"a": daily(), "b": daily(seed=1)})
        forecaster = quick().fit(wide)
        with pytest.raises(ValueError, match="those of the fit"):
            forecaster.predict_origins(wide[["b", "a"]], [70])
        with pytest.raises(ValueError, match="of one length. Got lengths from 60 to 80"):
            quick().fit(long_frame()).predict_origins(long_frame(), [50])


def seasonal_walks(n_series, n, rng):
    """Return a wide frame of monthly series: a season of twelve and a walk, each of its own size."""
    sizes = np.exp(rng.normal(size=n_series))
    walks = rng.normal(size=(n, n_series)).cumsum(axis=0)
    season = 2 * np.sin(2 * np.pi * np.arange(n)[:, None] / 12 + rng.uniform(0, 6, n_series))
    return pd.DataFrame(
        100 + sizes * (walks + season), index=pd.date_range("2001-01-31", periods=n, freq="ME"), columns=range(n_series)
    )


@pytest.mark.slow
class TestLittleToReadFrom:
    def test_a_panel_of_short_seasonal_series(self):
        # 44 months, of which two seasons are needed to know the season and 18 months are forecast.
        wide = seasonal_walks(30, 62, np.random.default_rng(0))
        forecaster = RNNForecaster(18, random_state=0).fit(wide[:44])
        assert forecaster.lookback_ >= 12
        errors = np.abs(wide[44:] - forecaster.predict()).mean(axis=0)
        naive = np.abs(wide[44:].to_numpy() - wide[26:44].to_numpy()[np.arange(18) % 12 + 6]).mean(axis=0)
        # As good as seasonal naive up to chance: of walks nobody can say more than their level.
        assert np.mean(errors / naive) < 1.1

    @pytest.mark.parametrize("n_series", [1, 30])
    def test_windows_of_one_value(self, n_series):
        # Their value is their level, and they have no spread: errors are measured by the change of the series instead.
        walks = np.random.default_rng(0).normal(size=(300, n_series)).cumsum(axis=0)
        forecaster = RNNForecaster(3, lookback=1, season_length=1, outliers="keep", max_epochs=1, random_state=0)
        forecaster.fit(walks)
        for member in forecaster._ensemble.members:
            np.testing.assert_array_equal(member.recipe.spreads, member.recipe.units)


class TestUnusualSeries:
    @pytest.mark.slow
    @pytest.mark.parametrize("n_series", [1, 3, 12])
    @pytest.mark.parametrize("outlier", [0.01, 1.0, 1000.0, 10_000.0])
    def test_an_outlier_that_is_kept_is_not_multiplied(self, outlier, n_series):
        for seed in range(3):
            y = 100 + np.random.default_rng(seed).normal(0, 5, (96, n_series))
            y[84, 0] = outlier
            wide = pd.DataFrame(y, index=pd.date_range("2010-01-01", periods=96, freq="MS"))
            forecast = quick(12, outliers="keep").fit(wide).predict()
            assert forecast.max().max() < 5 * y.max()
            assert forecast.min().min() > -0.5 * y.max()

    @pytest.mark.slow
    @pytest.mark.parametrize("factor", [3.0, 30.0])
    def test_a_shift_of_one_series_does_not_go_on(self, factor):
        y = 10 * np.exp(np.random.default_rng(0).normal(0, 0.05, (96, 12)))
        y[84:, 3] *= factor
        wide = pd.DataFrame(y, index=pd.date_range("2010-01-01", periods=96, freq="MS"))
        forecast = quick(12, outliers="keep").fit(wide).predict()
        assert forecast[3].max() < 10 * y.max()
        assert forecast.drop(columns=3).max().max() < 15

    @pytest.mark.slow
    @pytest.mark.parametrize("n_series", [2, 5, 12])
    @pytest.mark.parametrize("factor", [1.0, 1e-4, 1e-8])
    def test_constant_series_among_others(self, n_series, factor):
        wide = pd.DataFrame({str(i): values(seed=i) - 50 for i in range(n_series)}) * factor
        forecast = quick().fit(wide.assign(zero=0.0, three=3 * factor)).predict()
        np.testing.assert_array_equal(forecast["zero"], 0)
        np.testing.assert_allclose(forecast["three"], 3 * factor, rtol=1e-12)

    @pytest.mark.parametrize("strategy", STRATEGIES)
    @pytest.mark.parametrize("constant", [0.0, 5.0, -1e12, 1e-12, 1e200, -3e299])
    def test_constant(self, constant, strategy):
        forecast = quick(strategy=strategy).fit(np.full(60, constant)).predict(horizon=9)
        np.testing.assert_allclose(forecast, constant, rtol=1e-6, atol=1e-6 * abs(constant))

    def test_one_value_that_is_not_zero(self):
        y = np.zeros(60)
        y[40] = 1.0
        forecast = quick().fit(y).predict(horizon=20)
        assert np.abs(forecast).max() <= 1.0

    @pytest.mark.parametrize("factor", [1e-12, 1e12])
    @pytest.mark.parametrize("log", [False, True])
    def test_units_do_not_matter(self, factor, log):
        y = daily()
        small, large = (quick(log=log).fit(series).predict() for series in (y, y * factor))
        # Scaling leaves roundings of float64, which float32 training may widen a little.
        np.testing.assert_allclose(large / factor, small, rtol=1e-4)

    @pytest.mark.slow
    def test_straight_line_goes_on(self):
        forecast = RNNForecaster(5, random_state=0).fit(np.arange(1.0, 101.0)).predict(horizon=20)
        np.testing.assert_allclose(forecast, np.arange(101, 121), rtol=0.05)

    @pytest.mark.slow
    def test_a_pure_season_goes_on(self):
        forecast = RNNForecaster(7, random_state=0, season_length=7).fit(np.tile(SEASON, 12)).predict(horizon=21)
        np.testing.assert_allclose(forecast, np.tile(SEASON, 3), atol=0.05)

    @pytest.mark.slow
    def test_long_recursion_stays_finite(self):
        forecast = quick(1, early_stopping=False, max_epochs=20).fit(load_airline()).predict(horizon=2000)
        assert np.isfinite(forecast).all()

    def test_series_of_very_different_size_share_a_network(self):
        frame = pd.DataFrame({"small": values(80, 1), "large": values(80, 2) * 1e9}, index=daily().index)
        forecast = quick(log=False).fit(frame).predict()
        assert forecast["small"].between(30, 80).all()
        assert forecast["large"].between(30e9, 80e9).all()


class TestScikitLearn:
    def test_score_is_minus_mase(self):
        y = daily(90)
        forecaster = quick(season_length=7).fit(y[:80])
        error = np.abs(forecaster.predict(horizon=10) - y[80:]).mean()
        unit = np.abs(y[:80].to_numpy()[7:] - y[:80].to_numpy()[:-7]).mean()
        np.testing.assert_allclose(forecaster.score(y[80:]), -error / unit)
        assert forecaster.score(None, y[80:]) == forecaster.score(y[80:])
        assert forecaster.forecast_origin_ == y.index[79]

    def test_score_of_a_panel(self):
        long = long_frame()
        seen = long[long["ds"] < "2024-02-20"]
        forecaster = quick().fit(seen)
        assert -3 < forecaster.score(long[long["ds"] >= "2024-02-20"]) < 0

    def test_rows_of_x_choose_the_stamps(self):
        y = daily()
        forecaster = quick().fit(y)
        stamps = pd.date_range("2024-03-21", periods=9)[[2, 8, 5]]
        forecast = forecaster.predict(pd.DataFrame(index=stamps))
        pd.testing.assert_series_equal(forecast, forecaster.predict(horizon=9).iloc[[2, 8, 5]])
        with pytest.raises(ValueError, match="stamps after the end, from 2024-03-21 .*Got 2024-03-20"):
            forecaster.predict(pd.DataFrame(index=pd.date_range("2024-03-20", periods=3)))
        with pytest.raises(ValueError, match="must have at least one row, one for each step ahead"):
            forecaster.predict(pd.DataFrame(index=stamps[:0]))
        with pytest.raises(
            ValueError, match="X needs the id and the stamp of each row: the forecaster was fitted to a long DataFrame"
        ):
            quick().fit(long_frame()).predict(pd.DataFrame(index=stamps))
        with pytest.raises(ValueError, match="Give either X or horizon"):
            forecaster.predict(pd.DataFrame(index=stamps), horizon=3)

    def test_grid_search_and_pipeline(self):
        y = daily(120)
        search = GridSearchCV(quick(), {"cell": ["gru", "rnn"]}, cv=TimeSeriesSplit(n_splits=2, test_size=10))
        search.fit(y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert len(search.best_estimator_.predict()) == 4
        scored = GridSearchCV(
            quick(), {"cell": ["gru"]}, cv=TimeSeriesSplit(n_splits=2, gap=3), scoring="neg_mean_absolute_error"
        ).fit(pd.DataFrame(index=y.index), y)
        assert scored.best_score_ < 0

    def test_last_step_of_a_pipeline(self):
        y = daily()
        pipeline = make_pipeline(FunctionTransformer(np.log), quick(log=False)).fit(y)
        ahead = pd.DataFrame(index=pd.date_range("2024-03-21", periods=5))
        expected = quick(log=False).fit(np.log(y)).predict(horizon=5)
        pd.testing.assert_series_equal(pipeline.predict(ahead), expected, check_freq=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::tsrnn.forecaster.OutlierWarning")  # one day of pageviews
@pytest.mark.parametrize("name", DATASETS)
def test_defaults_beat_seasonal_naive(name):
    """Mean absolute error over three origins of every bundled data set, without any parameter but the horizon."""
    dataset = DATASETS[name]
    data = dataset.load()
    frame = data.pivot(index="ds", columns="unique_id", values="y") if dataset.panel else data.to_frame()
    frame.index.freq = dataset.freq
    horizon = {"airline": 12, "gasoline": 13, "pageviews": 14, "traffic": 24, "housing": 12}[name]
    first = len(frame) - 3 * horizon
    forecaster = RNNForecaster(horizon, random_state=0).fit(frame[:first])
    ours, naive = [], []
    for origin in range(first, len(frame), horizon):
        truth = frame.iloc[origin : origin + horizon].to_numpy()
        if origin > first:
            forecaster.update(frame.iloc[origin - horizon : origin])
        past = frame.iloc[:origin].to_numpy()
        repeated = np.column_stack([seasonal_naive(column, horizon, dataset.season_length) for column in past.T])
        units = np.abs(past[dataset.season_length :] - past[: -dataset.season_length]).mean(axis=0)
        ours.append(np.mean(np.abs(forecaster.predict().to_numpy() - truth) / units))
        naive.append(np.mean(np.abs(repeated - truth) / units))
    assert np.mean(ours) < np.mean(naive)


def test_steps_given_by_place_are_told_their_name():
    forecaster = RNNForecaster(horizon=2, max_epochs=1).fit(np.arange(60.0) % 5)
    with pytest.raises(TypeError, match=r"predict\(horizon=30\)"):
        forecaster.predict(30)


def test_a_column_of_dates_is_sent_to_the_index():
    frame = pd.DataFrame({"date": pd.date_range("2022-01-01", periods=60), "sales": np.arange(60.0)})
    with pytest.raises(TypeError, match=r"'date'.*set_index"):
        RNNForecaster(horizon=2).fit(frame)
    with pytest.raises((TypeError, ValueError), match=r"'date'.*set_index"):
        RNNForecaster(horizon=2).fit(frame.astype({"date": str}))
