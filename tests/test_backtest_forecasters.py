"""Backtests of functions, objects, baselines and networks, one by one and side by side."""

from functools import partial
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from tsrnn import RNNForecaster, backtest
from tsrnn.baselines import BASELINES, naive, naive2, seasonal_naive
from tsrnn.metrics import METRICS
from tsrnn.plotting import ForecastDisplay

N, HORIZON = 60, 4
DAYS = pd.date_range("2024-03-01", periods=N, freq="D", tz="Europe/Berlin", name="day")
SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])
FIXED = ["unique_id", "ds", "cutoff", "y"]


def values(seed=0, n=N):
    return 50 + np.resize(SEASON, n) + np.random.default_rng(seed).normal(size=n)


def quick(horizon=HORIZON, **parameters):
    given = {"max_epochs": 1, "hidden_size": 4, "lookback": 8, "season_length": 7, "log": False, "random_state": 0}
    return RNNForecaster(horizon, **(given | parameters))


SERIES = {"a": pd.Series(values(1), DAYS, name="a"), "b": pd.Series(values(2), DAYS, name="b")}
LONG = pd.concat(SERIES, names=["unique_id", "ds"]).rename("y").reset_index()
CONTAINERS = {
    "series": SERIES["a"],
    "wide": pd.DataFrame(SERIES),
    "keyed": pd.concat(SERIES),
    "long": LONG.sample(frac=1, random_state=0),
    "array": SERIES["a"].to_numpy(),
}


def drift(y, horizon):
    return y.iloc[-1] + (y.iloc[-1] - y.iloc[0]) / (len(y) - 1) * np.arange(1, horizon + 1)


def stamped(y, horizon):
    """A Series over the stamps to come, as most libraries return it."""
    if y.index.dtype.kind == "i":
        times = pd.RangeIndex(y.index[-1] + 1, y.index[-1] + 1 + horizon)
    else:
        times = pd.date_range(y.index[-1], periods=horizon + 1, freq="D")[1:]
    return pd.Series(np.full(horizon, y.median()), times)


class Mean(BaseEstimator):
    """Forecasts the mean of the last values."""

    def __init__(self, n=10):
        self.n = n

    def fit(self, y):
        self.mean_ = y.iloc[-self.n :].mean()
        return self

    def predict(self, horizon):
        return [self.mean_] * horizon


class Last:
    """Has no parameters that scikit-learn could clone."""

    def fit(self, y):
        self.last = y.iloc[-1]

    def predict(self, *, horizon):
        return pd.DataFrame({"forecast": np.full(horizon, self.last)})


FORECASTERS = {
    "drift": drift,
    "stamped": stamped,
    "mean": Mean(5),
    "last": Last(),
    "by name": "naive2",
    "function": naive2,
    "own season": partial(seasonal_naive, season_length=3),
}


def by_hand(name, y, season=7):
    forecaster = FORECASTERS[name]
    if isinstance(forecaster, Mean | Last):
        forecaster.fit(y)
        return np.ravel(forecaster.predict(horizon=HORIZON))
    if name in ("by name", "function"):
        return naive2(y, HORIZON, season)
    return np.asarray(forecaster(y, HORIZON))


@pytest.mark.parametrize("container", CONTAINERS)
def test_all_kinds_against_a_loop(container):
    data = CONTAINERS[container]
    table = backtest(FORECASTERS, data, horizon=HORIZON, step=3, n_windows=3, season_length=7)
    assert table.columns.tolist() == [*FIXED, *FORECASTERS, "naive", "seasonal_naive"]
    if container == "array":
        series = {0: pd.Series(data)}
    elif container == "series":
        series = {"a": data}
    else:
        series = SERIES
    expected = []
    for origin in (N - HORIZON - 6, N - HORIZON - 3, N - HORIZON):
        for name, y in series.items():
            past, truth = y.iloc[:origin], y.iloc[origin : origin + HORIZON]
            forecasts = {forecaster: by_hand(forecaster, past) for forecaster in FORECASTERS}
            forecasts |= {"naive": naive(past, HORIZON), "seasonal_naive": seasonal_naive(past, HORIZON, 7)}
            rows = {"unique_id": name, "ds": truth.index, "cutoff": past.index[-1], "y": truth.to_numpy(), **forecasts}
            expected.append(pd.DataFrame(rows))
    expected = pd.concat(expected, ignore_index=True)
    keys = ["cutoff", "unique_id", "ds"]
    table, expected = (frame.sort_values(keys, ignore_index=True) for frame in (table, expected))
    pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_exact=True)


def season_of(name, season_length):
    return {"season_length": season_length} if "season_length" in signature(BASELINES[name]).parameters else {}


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_by_name(name):
    season = season_of(name, 5)
    expected = BASELINES[name](SERIES["a"].iloc[:-HORIZON], HORIZON, **season)
    for forecaster in (name, BASELINES[name], partial(BASELINES[name], **season)):
        table = backtest({"it": forecaster}, SERIES["a"], horizon=HORIZON, n_windows=1, season_length=5)
        np.testing.assert_array_equal(table["it"], expected)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_of_series_with_gaps_and_short_ones(name):
    y = SERIES["a"].copy()
    y.iloc[[0, 1, 20, 54, 55]] = np.nan
    table = backtest(name, y, horizon=HORIZON, n_windows=1, season_length=40)
    filled = y.iloc[2:-HORIZON].ffill()
    np.testing.assert_array_equal(table[name], BASELINES[name](filled, HORIZON, **season_of(name, 40)))
    short = backtest(name, y, horizon=HORIZON, n_windows=1, season_length=100)
    np.testing.assert_array_equal(short[name], BASELINES[name](filled, HORIZON, **season_of(name, 1)))


def test_the_season_of_baselines():
    def ask(y, horizon, season_length):
        return np.full(horizon, season_length)

    def default(y, horizon, season_length=99):
        return np.full(horizon, season_length)

    months = pd.Series(values(), pd.date_range("2019-01-01", periods=N, freq="MS"))
    both = {"ask": ask, "default": default}
    assert (backtest(both, months, horizon=2)[["ask", "default"]] == [12, 99]).all(axis=None)
    assert (backtest(both, months, horizon=2, season_length=5)["ask"] == 5).all()
    assert (backtest(both, months.to_numpy(), horizon=2)["ask"] == 7).all()  # found in the values
    networks = {"first": quick(season_length=1), "second": quick(season_length=7)}
    assert (backtest(both | networks, months, horizon=2, n_windows=2)["ask"] == 1).all()


def test_functions_get_what_was_observed():
    y = SERIES["a"].copy()
    y.iloc[[0, 1, 20, 50]] = np.nan
    seen = []

    def keep(y, horizon):
        seen.append(y.copy())
        y.iloc[:] = 0.0
        return np.zeros(horizon)

    before = y.copy()
    backtest(keep, y, horizon=HORIZON, n_windows=2)
    pd.testing.assert_series_equal(y, before)
    assert len(seen) == 2
    for part, origin in zip(seen, (N - 2 * HORIZON, N - HORIZON), strict=True):
        pd.testing.assert_series_equal(part, y.iloc[2:origin])


class TestNames:
    @pytest.mark.parametrize(
        ("forecaster", "names"),
        [
            (drift, ["drift"]),
            (Mean(), ["Mean"]),
            ("naive2", ["naive2"]),
            ([drift, Mean(), "naive2"], ["drift", "Mean", "naive2"]),
            ([Mean(1), drift, Mean(2)], ["Mean-1", "drift", "Mean-2"]),
            ((partial(seasonal_naive, season_length=2), lambda y, h: [1.0] * h), ["seasonal_naive", "<lambda>"]),
            ({"mine": drift, "naive": Mean()}, ["mine", "naive"]),
        ],
    )
    def test_columns(self, forecaster, names):
        table = backtest(forecaster, SERIES["a"], horizon=2, n_windows=1, season_length=7)
        usual = [name for name in ("naive", "seasonal_naive") if name not in names]
        assert table.columns.tolist() == [*FIXED, *names, *usual]

    def test_columns_of_long_frames(self):
        data = LONG.set_axis(["store", "when", "sold"], axis=1)
        names = {"id_col": "store", "time_col": "when", "target_col": "sold"}
        expected = backtest([drift, quick()], LONG)
        for own, network in ((names, []), ({}, [quick(**names)]), (names, [quick(**names)])):
            table = backtest([drift, *network], data, horizon=HORIZON, **own)
            assert table.columns[:4].tolist() == ["store", "when", "cutoff", "sold"]
            np.testing.assert_array_equal(table["drift"], expected["drift"])
        with pytest.raises(TypeError, match="id_col='store', time_col='when', target_col='sold'"):
            backtest(drift, data, horizon=HORIZON)
        with pytest.raises(
            ValueError, match="read the series alike. Got target_col='y' and target_col='sold'. Set one"
        ):
            backtest([drift, quick()], LONG, target_col="sold")
        with pytest.raises(
            ValueError, match="'id_col' parameter of backtest must be the name of a column or a list of columns or None"
        ):
            backtest(drift, data, horizon=HORIZON, id_col=1.5)

    def test_frequency(self):
        y = SERIES["a"].drop(DAYS[1:-1:2])
        y = y[[*DAYS[::2][:5], *DAYS[10::4]]]
        table = backtest("naive", y, horizon=2, n_windows=1, freq="D")
        assert table["ds"].tolist() == pd.date_range(y.index[-1], periods=2, freq="-1D")[::-1].tolist()

    def test_two_columns_of_one_name(self):
        with pytest.raises(
            ValueError, match="'y' is the name of a forecaster and of the column of target_col.*'y_fore"
        ):
            backtest({"y": drift}, LONG, horizon=2)
        with pytest.raises(ValueError, match="'cutoff' is a column of the output"):
            backtest({"cutoff": drift}, LONG, horizon=2)
        with pytest.raises(TypeError, match="names of forecasters must be str.*Got 3"):
            backtest({3: drift}, LONG, horizon=2)
        data = LONG.rename(columns={"y": "drift"})
        with pytest.raises(
            ValueError, match="target_col='drift' is the name of an output column of backtest: 'cutoff', "
        ):
            backtest([quick(target_col="drift"), drift], data)
        renamed = backtest({"network": quick(target_col="drift"), "it": drift}, data, n_windows=1)
        assert renamed.columns.tolist() == [*FIXED[:3], "drift", "network", "it", "naive", "seasonal_naive"]


class TestSideBySide:
    """Every forecaster forecasts as if it were alone."""

    @settings(max_examples=25, deadline=None)
    @given(
        names=st.lists(st.sampled_from(sorted(FORECASTERS)), min_size=1, unique=True),
        container=st.sampled_from(sorted(CONTAINERS)),
        n_windows=st.integers(1, 4),
        step=st.integers(1, 9),
        horizon=st.integers(1, 9),
    )
    def test_functions_and_objects(self, names, container, n_windows, step, horizon):
        options = {"horizon": horizon, "step": step, "n_windows": n_windows, "season_length": 7}
        data = CONTAINERS[container]
        together = backtest({name: FORECASTERS[name] for name in names}, data, **options)
        for name in names:
            alone = backtest({name: FORECASTERS[name]}, data, **options)
            pd.testing.assert_frame_equal(together[[*FIXED, name]], alone[[*FIXED, name]], check_exact=True)

    @pytest.mark.parametrize("refit", [False, True])
    def test_networks(self, refit):
        networks = {"gru": quick(), "lstm": quick(cell="lstm", season_length=1), "wrapped": Wrapped()}
        options = {"n_windows": 2, "refit": refit}
        together = backtest(networks | {"drift": drift}, CONTAINERS["long"], **options, horizon=HORIZON)
        for name, network in networks.items():
            alone = backtest({name: network}, CONTAINERS["long"], **options, horizon=HORIZON)
            pd.testing.assert_frame_equal(together[[*FIXED, name]], alone[[*FIXED, name]], check_exact=True)
        assert not hasattr(networks["gru"], "network_")

    @pytest.mark.slow
    def test_processes_give_the_same_bits(self):
        both = {"network": quick(), "mean": Mean(), "shift": lambda y, horizon: y.iloc[-1] + np.arange(horizon)}
        tables = [backtest(both, CONTAINERS["wide"], n_windows=2, n_jobs=n_jobs) for n_jobs in (None, 2)]
        pd.testing.assert_frame_equal(*tables)


class Wrapped:
    """A network of each series, in an object that knows `fit(y)` and `predict(horizon)` alone."""

    def fit(self, y):
        self.network = quick().fit(y)
        return self

    def predict(self, horizon):
        return self.network.predict(horizon=horizon)


def test_a_wrapped_network_is_fitted_at_every_origin():
    table = backtest(Wrapped(), SERIES["a"], horizon=HORIZON, n_windows=2)
    expected = backtest(quick(), SERIES["a"], n_windows=2, refit=True)
    np.testing.assert_array_equal(table["Wrapped"], expected["RNNForecaster"])


class TestRefusals:
    @pytest.mark.parametrize(
        "bad", ["theta2", 3, None, [], {}, {"a": 3}, [drift, "theta2"], RNNForecaster, [Mean], np.zeros(3)]
    )
    def test_what_is_no_forecaster(self, bad):
        with pytest.raises(
            ValueError, match="'forecaster' parameter of backtest must be an RNNForecaster, an object wi"
        ):
            backtest(bad, SERIES["a"], horizon=2)

    def test_functions_of_other_arguments(self):
        with pytest.raises(TypeError, match=r"'<lambda>' must be a function of \(y, horizon\).* are \(y\): too many"):
            backtest(lambda y: y, SERIES["a"], horizon=2)
        with pytest.raises(
            TypeError, match=r"and X where covariates are given. Its .*missing a required argument: 'X'"
        ):
            backtest({"it": lambda y, horizon, X: y}, SERIES["a"], horizon=2)

    def test_objects_that_are_asked_for_stamps(self):
        class Stamps(Mean):
            def predict(self, fh):
                return [self.mean_ for _ in fh]

        with pytest.raises(
            TypeError, match=r"'Stamps' must have predict\(horizon=...\).*Got Stamps with predict\(fh\)"
        ):
            backtest(Stamps(), SERIES["a"], horizon=2)
        table = backtest(lambda y, horizon: Stamps().fit(y).predict(range(1, horizon + 1)), SERIES["a"], horizon=2)
        assert np.isfinite(table["<lambda>"]).all()

    @pytest.mark.parametrize(
        ("forecast", "message"),
        [
            (
                [1.0, 2.0, 3.0],
                r"one number for each of the 2 steps. Got shape \(3,\) from forecaster 'it', id 'b' at the c",
            ),
            (1.0, r"Got shape \(\) from"),
            (np.zeros((2, 2)), r"Got shape \(2, 2\) from"),
            ([1.0, np.nan], r"must be finite. Got nan at step 1 \(2024-04-29 00:00:00\+02:00\) from forecaster 'it'"),
            ([1.0, -np.inf], "must be finite. Got -inf at step 1"),
            (["a", "b"], "The forecast of forecaster 'it', id 'b' at the cutoff .* Return a list or array of numbers"),
            ([True, False], "The forecast of forecaster 'it'.*bool"),
            (pd.Series([1.0, 2.0], DAYS[-3:-1]), "must be of the 2 stamps from 2024-04-28 .* Got 2 from 2024-04-27"),
            (pd.Series([1.0, 2.0, 3.0], DAYS[-3:]), "must be of the 2 stamps from .* Got 3 from 2024-04-27"),
            (pd.Series([1.0, 2.0], DAYS[-2:].tz_localize(None)), "must be of the 2 stamps"),
            (pd.DataFrame({"p": [1.0, 2.0], "q": 3.0}), r"Got shape \(2, 2\)"),
        ],
    )
    def test_forecasts_that_are_none(self, forecast, message):
        def it(y, horizon):
            return [1.0, 2.0] if y.name == "a" else forecast

        with pytest.raises((ValueError, TypeError), match=message):
            backtest(it, CONTAINERS["long"].sort_values("unique_id"), horizon=2, n_windows=1)

    def test_errors_of_functions_are_theirs(self):
        def fails(y, horizon):
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            backtest(fails, SERIES["a"], horizon=2)

    def test_networks_that_do_not_fit_together(self):
        with pytest.raises(ValueError, match=r"have the horizons \[3, 4\]. Set .*horizon=4"):
            backtest([quick(3), quick(4)], SERIES["a"])
        with pytest.raises(ValueError, match="No forecaster has a horizon. Set .*horizon=12"):
            backtest([drift, "naive2"], SERIES["a"])
        with pytest.raises(ValueError, match="read the series alike. Got freq=None and freq='D'"):
            backtest([quick(), quick(freq="D")], SERIES["a"])
        with pytest.raises(ValueError, match="'cell' parameter of RNNForecaster"):
            backtest([quick(), quick(cell="tanh")], SERIES["a"])
        with pytest.raises(ValueError, match="missing value"):
            backtest([quick(), quick(missing="raise")], SERIES["a"].where(np.arange(N) != 20))

    def test_an_error_of_a_network_says_where(self):
        with pytest.raises(ValueError, match="Forecaster 'long' at the cutoff 2024-04-21 .*season_length=.50. needs"):
            backtest({"short": quick(), "long": quick(season_length=50)}, SERIES["a"], n_windows=2)


class TestWhatFollows:
    """Metrics and pictures of the table."""

    TABLE = backtest({"drift": drift, "mean": Mean()}, SERIES["a"], horizon=HORIZON, n_windows=3)
    MODELS = TABLE.columns[4:]

    @pytest.mark.parametrize("metric", METRICS)
    def test_metrics_in_two_lines(self, metric):
        table, models, metric = self.TABLE, self.MODELS, METRICS[metric]
        errors = table[models].apply(lambda forecast: metric(table["y"], forecast))
        parts = table.groupby("cutoff")[["y", *models]]
        by_cutoff = parts.apply(lambda part: part[models].apply(lambda forecast: metric(part["y"], forecast)))
        assert by_cutoff.shape == (3, 4)
        for model in models:
            assert errors[model] == metric(table["y"].to_numpy(), table[model].to_numpy())
            for cutoff in table["cutoff"].unique():
                part = table[table["cutoff"] == cutoff]
                assert by_cutoff.loc[cutoff, model] == metric(part["y"].to_numpy(), part[model].to_numpy())

    def test_forecasts_are_drawn(self):
        plt = pytest.importorskip("matplotlib.pyplot")
        last = self.TABLE[self.TABLE["cutoff"] == self.TABLE["cutoff"].max()].set_index("ds")
        ax = None
        for model in self.MODELS:
            display = ForecastDisplay.from_predictions(SERIES["a"], last[model], name=model, ax=ax)
            ax = display.ax_
            np.testing.assert_array_equal(display.line_.get_ydata(), last[model])
        assert {"drift", "mean", "naive", "seasonal_naive"} <= {line.get_label() for line in ax.lines}
        plt.close(display.figure_)
