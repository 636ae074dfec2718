"""Series that are zero most of the time."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.forecaster import ShortSeriesWarning
from tsrnn.forecaster.intermittent import ceilings, regular_series
from tsrnn.seasonality import Decomposition
from tsrnn.series.table import Table
from tsrnn.windows import Origins

MONTHS = pd.date_range("2015-01-01", periods=51, freq="MS")


def sparse_panel(share, n_series=100, n=51, seed=0):
    rng = np.random.default_rng(seed)
    demand = (rng.poisson(1.5, (n, n_series)) * (rng.random((n, n_series)) < share)).astype(float)
    return pd.DataFrame(demand, index=MONTHS[:n])


def fit(data, horizon=12, **parameters):
    return RNNForecaster(horizon, **{"random_state": 0, **parameters}).fit(data)


@pytest.mark.parametrize("n_series", [1, 5, 12])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_forecasts_stay_between_zero_and_what_was_seen(share, n_series):
    for seed in range(3):
        data = sparse_panel(share, n_series, seed=seed)
        forecast = fit(data, max_epochs=1, hidden_size=2).predict()
        assert (forecast.to_numpy() >= 0).all()
        assert (forecast.to_numpy() <= data.max().to_numpy()).all()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.02, 0.05, 0.1])
def test_about_as_good_as_the_better_of_mean_and_zero(share):
    data = sparse_panel(share, 400)
    past, future = data[:39], data[39:]
    kept = (past > 0).sum() > 1
    past, future = past.loc[:, kept], future.loc[:, kept].to_numpy()
    forecast = fit(past).predict().to_numpy()

    def errors(predicted):
        return np.sqrt(np.mean((predicted - future) ** 2)), np.mean(np.abs(predicted - future))

    constants = [errors(np.broadcast_to(past.mean(), future.shape)), errors(np.zeros_like(future))]
    # Within a tenth of the better constant in each measure, which is not the same one, or a hundredth of an item.
    better = np.min(constants, axis=0)
    assert (np.array(errors(forecast)) <= np.maximum(1.1 * better, better + 0.01)).all()
    assert forecast.max() <= past.to_numpy().max()


@pytest.mark.parametrize("channels", ["independent", "joint"])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_never_negative_is_not_forecast_below_zero(seed, channels):
    rng = np.random.default_rng(seed)
    falling = pd.DataFrame(
        {"a": np.linspace(50, 0, 51), "b": rng.exponential(size=51), "c": rng.normal(size=51)}, MONTHS
    )
    forecast = fit(falling, max_epochs=2, hidden_size=4, log=False, channels=channels).predict(horizon=30)
    assert (forecast[["a", "b"]] >= 0).all().all()
    assert fit(falling - 1, max_epochs=2, hidden_size=4).predict(horizon=30)["a"].min() < 0


def test_demand_of_one_month_a_year_is_forecast_in_that_month():
    demand = pd.Series(np.where(MONTHS.month == 12, 100.0, 0.0) + 0.0, MONTHS, name="trees")
    forecast = fit(demand, max_epochs=2, hidden_size=4).predict()
    assert forecast[forecast.index.month == 12].item() > 80
    assert forecast[forecast.index.month != 12].max() < 10


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seed"), [(116, 0), (130, 1), (234, 3), (234, 9)])
def test_four_weeks_of_demand_a_year_are_repeated(n, seed):
    weeks = np.arange(n) % 52 >= 48
    sales = pd.Series(np.where(weeks, np.random.default_rng(seed).poisson(100, n), 0.0))
    sales.index = pd.date_range("2000-01-02", periods=n, freq="W")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortSeriesWarning)  # the shorter ones are repeated, and nothing is trained
        forecast = fit(sales, 52).predict().to_numpy()
    christmas = np.arange(n, n + 52) % 52 >= 48
    # Four standard deviations of the Poisson distribution, and little where nothing was ever sold.
    assert (np.abs(forecast[christmas] - 100) < 40).all() and (forecast[~christmas] < 10).all()


def test_nights_without_sun_do_not_make_a_series_intermittent():
    hours = pd.date_range("2024-01-01", periods=24 * 20, freq="h")
    sun = pd.Series(np.maximum(np.sin((hours.hour - 8) / 8 * np.pi), 0) * (abs(hours.hour - 12) < 4) * 100.0, hours)
    forecast = fit(sun, 24, max_epochs=2, hidden_size=4).predict()
    np.testing.assert_allclose(forecast, sun[-24:], atol=10)  # a tenth of noon


def test_demand_that_becomes_regular_is_followed():
    demand = sparse_panel(0.05, 1)[0]
    demand.iloc[-20:] = 10 + np.random.default_rng(0).normal(size=20)
    forecast = fit(demand, 3, max_epochs=2, hidden_size=4, outliers="keep").predict()
    assert forecast.between(5, 15).all()


@pytest.mark.slow
def test_squared_errors_forecast_totals():
    data = sparse_panel(0.2, 60, seed=1)
    future = sparse_panel(0.2, 2000, seed=2).to_numpy().mean()
    forecast = fit(data, loss="squared_error", log=False).predict().to_numpy().mean()
    assert 0.7 * future < forecast < 1.3 * future
    assert fit(data).predict().to_numpy().mean() < 0.7 * future  # medians


def sparse_rows(values, offsets, seasons=()):
    """Rows whose scaled values are the values."""
    zeros = np.zeros(len(offsets) - 1)
    return Table(np.column_stack([values, values]), Decomposition(seasons), 0, None, offsets, values, values, zeros, [])


def test_values_that_are_not_observed_count_for_nothing(rng):
    values = rng.poisson(2, 200) * (rng.random(200) < 0.15).astype(float)
    observed, offsets = rng.random(200) < 0.6, np.array([0, 200])
    observed[:3] = True
    origins = Origins(np.zeros(4, dtype=np.int64), np.array([3, 40, 100, 200]))
    found = []
    for filled in (0.0, 7.0):
        rows = sparse_rows(np.where(observed, values, filled), offsets, (5,))
        regular, repeated = regular_series(rows, observed)
        assert not regular.any() and not repeated.any()
        found.append(ceilings(rows, origins, regular, True, observed))
    np.testing.assert_array_equal(*found)
    newest = values[150:][observed[150:]]
    np.testing.assert_allclose(found[0][-1], 2 * newest.mean(), rtol=1e-13)  # sums in another order


def test_where_none_of_the_newest_values_is_observed_filled_ones_count():
    values, observed = np.zeros(100), np.arange(100) < 40
    values[::8] = 4.0
    rows, offsets = sparse_rows(values, np.array([0, 100])), np.array([0, 100])
    origins = Origins.ends(offsets)
    regular = np.zeros(1, dtype=bool)
    np.testing.assert_array_equal(
        ceilings(rows, origins, regular, True, observed), ceilings(rows, origins, regular, True)
    )


def test_a_season_of_demand_is_found_among_missing_values(rng):
    values, observed = np.where(np.arange(240) % 12 == 3, 50.0 + rng.normal(size=240), 0.0), rng.random(240) < 0.6
    rows = sparse_rows(np.where(observed, values, 9.0), np.array([0, 240]), (12,))
    assert regular_series(rows, observed)[0].all()
    assert not regular_series(rows)[0].any()
