"""Columns of intervals and quantiles in a backtest: names, order, values of naive forecasts, honesty, refusals."""

from functools import partial
from statistics import NormalDist

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import RNNForecaster, backtest, report
from tsrnn.backtesting.naive_quantiles import naive_quantiles
from tsrnn.backtesting.reading import read_backtest
from tsrnn.baselines import naive, seasonal_naive
from tsrnn.intervals import read_quantiles

HORIZON, SEASON = 10, 7
DAYS = pd.date_range("2024-01-01", periods=120, freq="D")
Z = {80: 1.2815515655446004, 95: 1.959963984540054}  # of tables of the normal distribution
NAIVE = ["naive", "seasonal_naive"]


def daily(seed=0, name="sales"):
    season = np.resize([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0], len(DAYS))
    return pd.Series(50 + season + np.random.default_rng(seed).normal(size=len(DAYS)), DAYS, name=name)


def last(y, horizon):
    return np.repeat(y.iloc[-1], horizon)


def quick(forecaster=last, data=None, **parameters):
    return backtest(forecaster, daily() if data is None else data, **{"horizon": HORIZON, **parameters})


def columns_of(name):
    suffixes = ["lo-80", "hi-80", "lo-97.5", "hi-97.5", "q0.05", "median"]
    return [name, *(f"{name}-{suffix}" for suffix in suffixes)]


def test_columns_stand_beside_their_forecaster():
    table = quick(level=[97.5, 80], quantiles=[0.5, 0.05])
    assert table.columns.tolist() == [
        "unique_id", "ds", "cutoff", "y", "last", *columns_of("naive"), *columns_of("seasonal_naive")
    ]  # fmt: skip


def test_forecasts_are_those_without_intervals():
    table = quick(level=80)
    pd.testing.assert_frame_equal(table[quick().columns], quick())


@pytest.mark.parametrize("level", [80, 95])
def test_naive_intervals_are_those_of_normal_steps(level):
    y, table = daily(), quick(level=level, n_windows=3, season_length=SEASON)
    for cutoff, part in table.groupby("cutoff"):
        past, ahead = y[:cutoff], np.arange(1, HORIZON + 1)
        for name, lag, steps in [("naive", 1, ahead), ("seasonal_naive", SEASON, np.ceil(ahead / SEASON))]:
            half = Z[level] * np.sqrt((past.diff(lag) ** 2).mean() * steps)
            np.testing.assert_allclose(part[f"{name}-lo-{level}"], part[name] - half, rtol=1e-12)
            np.testing.assert_allclose(part[f"{name}-hi-{level}"], part[name] + half, rtol=1e-12)


def test_naive_intervals_cover_random_walks():
    """Of two thousand windows; the share within an interval is right to two standard errors of as many."""
    rng = np.random.default_rng(0)
    walks = pd.DataFrame(rng.normal(size=(200, 200)).cumsum(axis=0))
    table = backtest("naive", walks, horizon=4, n_windows=10, level=[80, 95])
    for level in (80, 95):
        inside = table["y"].between(table[f"naive-lo-{level}"], table[f"naive-hi-{level}"])
        assert inside.mean() == pytest.approx(level / 100, abs=0.02)


def test_nothing_after_the_cutoff_is_seen():
    y, changed = daily(), daily()
    changed.iloc[-HORIZON:] *= 1000
    tables = [quick(data=data, level=80, n_windows=3) for data in (y, changed)]
    pd.testing.assert_frame_equal(*(table.drop(columns="y") for table in tables))


def test_missing_values_have_no_changes():
    y = daily()
    y.iloc[40:60] = np.nan
    table = quick(data=y, level=80, n_windows=1, season_length=SEASON)
    for name, lag in [("naive", 1), ("seasonal_naive", SEASON)]:
        half = Z[80] * np.sqrt((y[:-HORIZON].diff(lag) ** 2).mean())
        assert table[f"{name}-hi-80"].iloc[0] - table[name].iloc[0] == pytest.approx(half, rel=1e-9)


def test_without_a_change_intervals_are_unknown():
    y = daily()
    y.iloc[: -HORIZON - 1] = np.nan
    table = quick(data=y, level=80, n_windows=1)
    assert table["naive"].notna().all()
    assert table[["naive-lo-80", "naive-hi-80"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("forecaster", "lag"),
    [("naive", 1), (naive, 1), (partial(seasonal_naive, season_length=5), 5), (partial(naive), 1)],
    ids=["name", "function", "season that is set", "partial"],
)
def test_naive_forecasters_under_other_names(forecaster, lag):
    table = quick({"mine": forecaster}, level=80, n_windows=1)
    half = Z[80] * np.sqrt((daily()[:-HORIZON].diff(lag) ** 2).mean())
    assert table["mine-hi-80"].iloc[0] - table["mine"].iloc[0] == pytest.approx(half, rel=1e-9)


def test_quantiles_of_any_number():
    forecast, past = np.array([3.0, 4.0]), np.array([1.0, 2.0, 4.0])
    quantiles = [0.001, 0.5, 0.9]
    values = naive_quantiles("naive", past, forecast, quantiles)
    spread = np.sqrt(2.5 * np.array([1, 2]))  # changes 1 and 2
    expected = [[m + s * NormalDist().inv_cdf(q) for q in quantiles] for m, s in zip(forecast, spread, strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


@pytest.mark.parametrize("container", ["wide", "keyed", "long", "array", "polars"])
def test_containers(container):
    wide = pd.DataFrame({"a": daily(), "b": daily(1)})
    long = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    data = {
        "wide": wide, "keyed": long.set_index(["unique_id", "ds"])["y"], "long": long, "array": wide.to_numpy(),
        "polars": pl.from_pandas(long),
    }[container]  # fmt: skip
    table = quick(data=data, level=80, n_windows=2)
    if container == "polars":
        assert isinstance(table, pl.DataFrame)
        table = table.to_pandas()
    expected = quick(data=wide, level=80, n_windows=2)
    numbers = expected.columns[3:]
    order = lambda frame: frame.sort_values(["unique_id", "cutoff", "ds"])[numbers].reset_index(drop=True)  # noqa: E731
    pd.testing.assert_frame_equal(order(table), order(expected))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"level": 0.8}, "'level' parameter of backtest must be .* give level=80"),
        ({"level": []}, "'level' parameter of backtest must be .* Got none"),
        ({"level": [80, 80]}, "must hold each number once"),
        ({"quantiles": 90}, "'quantiles' parameter of backtest must be .* give quantiles=0.9"),
        ({"quantiles": "median"}, "'quantiles' parameter of backtest must be"),
    ],
)
def test_bad_levels_are_refused(asked, words):
    with pytest.raises(ValueError, match=words):
        quick(**asked)


def test_names_of_quantile_columns_are_taken():
    for other in ("gru-lo-80", "gru-median", "gru-q0.05"):
        with pytest.raises(ValueError, match=f"'{other}' has the name of a quantile of the forecaster 'gru'") as error:
            quick({"gru": last, other: last})
        assert f"such as {other.replace('-', '_')!r}" in str(error.value)
        assert other.replace("-", "_") in quick({"gru": last, other.replace("-", "_"): last}).columns
    assert "gru-median" in quick({"gru-median": last}).columns  # of no other forecaster
    with pytest.raises(ValueError, match="target_col='naive-lo-80' is the name of an output column of backtest"):
        quick(data=daily().to_frame(), target_col="naive-lo-80", level=80)
    assert "naive-lo-80" in quick(data=daily().to_frame(), target_col="naive-lo-80", level=90).columns


def quick_network(**parameters):
    return RNNForecaster(
        5, **{"max_epochs": 1, "hidden_size": 2, "random_state": 0, "season_length": SEASON, **parameters}
    )


class TestNetworks:
    @pytest.mark.parametrize("refit", [False, True])
    def test_intervals_are_those_of_predict_at_each_cutoff(self, refit):
        y, asked = daily(), {"level": [80, 95], "quantiles": [0.3, 0.5]}
        table = backtest(quick_network(), y, n_windows=3, refit=refit, **asked)
        fitted = quick_network().fit(y[: table["cutoff"].min()])
        for k, (cutoff, part) in enumerate(table.groupby("cutoff")):
            if refit:
                fitted = quick_network().fit(y[:cutoff])
            elif k:
                fitted.update(y[fitted.predict().index[0] : cutoff])
            forecast = fitted.predict(**asked)
            for name in forecast:
                column = "RNNForecaster" + name.removeprefix("sales")
                np.testing.assert_allclose(part[column], forecast[name], rtol=1e-6)  # updates one by one, and at once

    def test_columns_stand_beside_their_forecaster(self):
        forecasters = {"a": quick_network(), "last": last, "b": quick_network(cell="lstm")}
        table = backtest(forecasters, daily(), n_windows=1, level=[97.5, 80], quantiles=[0.5, 0.05])
        expected = [*columns_of("a"), "last", *columns_of("b"), *columns_of("naive"), *columns_of("seasonal_naive")]
        assert table.columns.tolist() == ["unique_id", "ds", "cutoff", "y", *expected]

    def test_forecasts_are_those_without_intervals(self):
        tables = [backtest(quick_network(), daily(), n_windows=2, **asked) for asked in ({"level": 80}, {})]
        pd.testing.assert_frame_equal(tables[0][tables[1].columns], tables[1])

    @pytest.mark.parametrize("refit", [False, True])
    def test_nothing_after_the_cutoff_is_seen(self, refit):
        y, changed = daily(), daily()
        changed.iloc[-5:] *= 1000
        tables = [backtest(quick_network(), data, n_windows=3, level=80, refit=refit) for data in (y, changed)]
        pd.testing.assert_frame_equal(*(table.drop(columns="y") for table in tables))

    def test_panels_with_covariates_and_missing_values(self):
        panel = pd.DataFrame({"a": daily(), "b": daily(1) * 10})
        panel.iloc[30:35, 0] = np.nan
        known = pd.DataFrame({"heat": np.sin(np.arange(len(DAYS)))}, DAYS)
        table = backtest(quick_network(), known, panel, n_windows=2, level=[50, 90])
        lows, highs = (table[[f"RNNForecaster-{end}-{level}" for level in (90, 50)]].to_numpy() for end in ("lo", "hi"))
        assert np.isfinite(lows).all() and np.isfinite(highs).all()
        order = np.column_stack([lows, table["RNNForecaster"], highs[:, ::-1]])
        assert (np.diff(order, axis=1) >= 0).all()
        assert report(table).intervals.loc["RNNForecaster"].index.tolist() == [50, 90]


class TestReading:
    @given(
        levels=st.lists(st.floats(1, 99.999).map(lambda level: round(level, 6)), unique=True, max_size=4),
        quantiles=st.lists(st.floats(1e-6, 1 - 1e-6).map(lambda q: round(q, 8)), unique=True, max_size=4),
    )
    def test_names_of_columns_say_their_quantiles(self, levels, quantiles):
        asked = read_quantiles(levels or None, quantiles or None)
        table = quick(n_windows=1)
        table = table.assign(**{f"last-{suffix}": 60 + quantile for suffix, quantile in asked.items()})
        found = read_backtest(table).quantiles["last"]
        np.testing.assert_allclose(list(found), sorted(set(np.round([*asked.values()], 12))), rtol=0, atol=1e-12)
        for quantile, values in found.items():
            np.testing.assert_allclose(values, 60 + quantile, rtol=1e-12)

    def test_quantiles_are_no_forecasters(self):
        read = read_backtest(quick({"last": last, "ets-median": last}, level=[80, 95], quantiles=[0.025, 0.5, 1e-5]))
        assert list(read.forecasts) == ["last", "ets-median", *NAIVE]
        assert {name: list(found) for name, found in read.quantiles.items()} == {
            "last": [], "ets-median": [], **dict.fromkeys(NAIVE, [1e-5, 0.025, 0.1, 0.5, 0.9, 0.975])
        }  # fmt: skip
        assert {name: list(found) for name, found in read.levels.items()} == {
            "last": [], "ets-median": [], **dict.fromkeys(NAIVE, [80, 95])
        }  # fmt: skip

    def test_windows_and_steps(self):
        table = quick(data=pd.DataFrame({"a": daily(), "b": daily(1)}), n_windows=3)
        read = read_backtest(table.sample(frac=1, random_state=0))
        assert read.n_windows == 6
        expected = (read.times - read.cutoffs).days
        np.testing.assert_array_equal(read.steps, expected)
        np.testing.assert_array_equal(read.ids[read.series], table.sample(frac=1, random_state=0)["unique_id"])
