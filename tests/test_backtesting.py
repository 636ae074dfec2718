import numpy as np
import pandas as pd
import pytest

from tsrnn.backtesting import backtest
from tsrnn.baselines import naive, seasonal_naive
from tsrnn.forecaster import RNNForecaster, ShortSeriesWarning

SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])


def quick(horizon=5, **parameters):
    return RNNForecaster(horizon, **{"max_epochs": 2, "hidden_size": 4, "random_state": 0, **parameters})


def values(n, seed=0):
    return 50 + np.resize(SEASON, n) + np.random.default_rng(seed).normal(size=n)


def daily(n=100, **kwargs):
    return pd.Series(values(n), index=pd.date_range("2024-03-01", periods=n, freq="D", **kwargs), name="sales")


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize(("n_windows", "step", "horizon"), [(3, None, None), (2, 1, 4), (1, 7, 12)])
@pytest.mark.parametrize("refit", [False, True])
def test_every_origin_has_its_stamps_values_and_forecasts(n_windows, step, horizon, refit, zone):
    y = daily(tz=zone)
    table = backtest(quick(season_length=7), y, n_windows=n_windows, step=step, horizon=horizon, refit=refit)
    horizon = horizon or 5
    step = step or horizon
    assert len(table) == n_windows * horizon
    assert (table["unique_id"] == "sales").all()
    fitted = quick(season_length=7).fit(y[: len(y) - horizon - step * (n_windows - 1)])
    for k, (cutoff, part) in enumerate(table.groupby("cutoff")):
        origin = len(y) - horizon - step * (n_windows - 1 - k)
        assert cutoff == y.index[origin - 1]
        truth = y[origin : origin + horizon]
        assert list(part["ds"]) == list(truth.index)
        np.testing.assert_array_equal(part["y"], truth)
        np.testing.assert_array_equal(part["naive"], naive(y[:origin], horizon))
        np.testing.assert_array_equal(part["seasonal_naive"], seasonal_naive(y[:origin], horizon, 7))
        if refit:
            fitted = quick(season_length=7).fit(y[:origin])
        elif k:
            fitted.update(y[origin - step : origin])
        np.testing.assert_array_equal(part["RNNForecaster"], fitted.predict(horizon=horizon))


@pytest.mark.parametrize("refit", [False, True])
def test_nothing_after_the_cutoff_is_seen(refit):
    y = daily()
    changed = y.copy()
    changed.iloc[-5:] *= 1000
    columns = ["RNNForecaster", "naive", "seasonal_naive"]
    tables = [backtest(quick(), series, n_windows=3, refit=refit) for series in (y, changed)]
    pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns])


def test_panel_of_unequal_ends():
    lengths = {"b": 80, "a": 60}
    long = pd.concat(
        pd.DataFrame({"store": i, "when": np.arange(7, 7 + n), "sold": values(n, n)}) for i, n in lengths.items()
    )
    forecaster = quick(id_col="store", time_col="when", target_col="sold")
    table = backtest(forecaster, long.sample(frac=1, random_state=0).sort_values("store", ascending=False), n_windows=2)
    assert list(table.columns) == ["store", "when", "cutoff", "sold", "RNNForecaster", "naive", "seasonal_naive"]
    last = table.groupby("store")["when"].max()
    assert last.to_dict() == {"b": 86, "a": 66}
    merged = table.merge(long, on=["store", "when"], suffixes=("", "_given"))
    np.testing.assert_array_equal(merged["sold"], merged["sold_given"])
    assert (table["when"] - table["cutoff"]).tolist() == [1, 2, 3, 4, 5] * 4
    assert not hasattr(forecaster, "parameters_")


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (daily().to_frame().assign(other=values(100, 1)), ["sales", "other"]),
        (values(100), [0]),
        (daily().rename(None), ["y"]),
        (pd.concat({"p": daily(), "q": daily(90)}), ["p", "q"]),
    ],
    ids=["wide", "array", "nameless", "multiindex"],
)
def test_other_containers(data, ids):
    table = backtest(quick(), data, n_windows=2)
    assert table["unique_id"].unique().tolist() == ids
    assert np.isfinite(table[["RNNForecaster", "naive", "seasonal_naive"]]).all(axis=None)


@pytest.mark.parametrize("dtype", ["timestamp[us][pyarrow]", "date32[day][pyarrow]"])
def test_stamps_of_arrow_come_back(dtype):
    pytest.importorskip("pyarrow")
    days = pd.Series(daily().index).astype(dtype)
    table = backtest(quick(), pd.DataFrame({"unique_id": "a", "ds": days, "y": values(100)}), n_windows=2)
    assert table["ds"].dtype == table["cutoff"].dtype == dtype
    assert table["ds"].tolist() == days[90:].tolist()
    assert table["cutoff"].unique().tolist() == [days[89], days[94]]


@pytest.mark.slow
def test_processes_give_the_same_bits():
    tables = [backtest(quick(), daily(), n_windows=2, refit=True, n_jobs=n_jobs) for n_jobs in (None, 2)]
    pd.testing.assert_frame_equal(*tables)


def test_short_series_are_left_out_by_name():
    long = pd.concat(
        pd.DataFrame({"unique_id": i, "ds": np.arange(n), "y": values(n)}) for i, n in (("a", 90), ("s", 9))
    )
    with pytest.warns(ShortSeriesWarning, match=r"1 of 2 series have no observation before .* 10 steps .*id 's' \(9\)"):
        table = backtest(quick(), long, n_windows=2)
    assert table["unique_id"].unique().tolist() == ["a"]
    with pytest.raises(ValueError, match="first origin is 100 steps before the end .*id 'a' has 90"):
        backtest(quick(), long, n_windows=20)


@pytest.mark.parametrize(
    "bad", [{"n_windows": 0}, {"step": 0}, {"horizon": 0}, {"refit": 1}, {"n_jobs": 0}, {"season_length": 0}]
)
def test_parameters_are_checked(bad):
    with pytest.raises(ValueError, match=f"The '{next(iter(bad))}' parameter of backtest must be"):
        backtest(quick(), daily(), **bad)


def test_other_forecasters_and_bad_series_are_refused():
    with pytest.raises(ValueError, match="'forecaster' parameter of backtest must be an RNNForecaster"):
        backtest(3, daily())
    bad = daily()
    bad.iloc[50] = np.nan
    with pytest.raises(ValueError, match="Series 'sales' has a missing value at 2024-04-20"):
        backtest(quick(missing="raise"), bad)
    with pytest.raises(ValueError, match="'horizon' parameter of RNNForecaster"):
        backtest(quick(0), daily())
