"""Smoothing beside the models: shares, states and what is left to the network."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.backends.smoothing import ETS, THETA
from tsrnn.forecaster.fitting import ShortSeriesWarning
from tsrnn.learners.smoothing import Smoothing


def quick(horizon=6, **parameters):
    return RNNForecaster(horizon, **({"max_epochs": 1, "hidden_size": 3, "random_state": 0} | parameters))


def monthly(n=72, seed=0, level=50.0):
    rng, t = np.random.default_rng(seed), np.arange(n)
    y = level + 0.2 * t + 6 * np.sin(2 * np.pi * t / 12) + rng.normal(size=n)
    return pd.Series(y, index=pd.date_range("2015-01-01", periods=n, freq="MS"), name="y")


def wide(n=72, n_series=12):
    return pd.DataFrame({f"s{i}": monthly(n, seed=i, level=30 + 10 * i) for i in range(n_series)})


def smoothed(y, horizon=6, seasons=(12,)):
    """Forecasts of exponential smoothing and Theta, fitted to one series."""
    ends = np.array([0, len(y)])
    fits = [Smoothing.fit(method, y.to_numpy(), ends, seasons) for method in (ETS, THETA)]
    return [fit.forecast(y.to_numpy(), ends, ends[:1], ends[1:], horizon)[0] for fit in fits]


def test_a_short_series_is_forecast_between_mean_and_median():
    y = monthly()
    forecaster = quick(outliers="keep").fit(y)
    network = quick(outliers="keep", smoothing=False).fit(y)
    assert network.shares_.to_dict() == {"network": 1.0}
    shares = forecaster.shares_
    assert shares.sum() == pytest.approx(1) and shares.between(0.1, 0.6).all()
    members = np.array([network.predict(), *smoothed(y)])
    part = forecaster._ensemble.mean_share
    assert 0.4 < part < 0.8
    expected = part * shares.to_numpy() @ members + (1 - part) * np.median(members, axis=0)
    np.testing.assert_allclose(forecaster.predict(), expected, rtol=1e-12)


def test_without_a_held_out_part_the_forecast_is_the_median():
    y = monthly()[:30]
    with pytest.warns(ShortSeriesWarning):
        forecast = quick(outliers="keep").fit(y).predict()
    with pytest.warns(ShortSeriesWarning):
        network = quick(outliers="keep", smoothing=False).fit(y).predict()
    np.testing.assert_allclose(forecast, np.median([network, *smoothed(y)], axis=0), rtol=1e-12)


def test_a_panel_is_forecast_by_a_mean_with_shares_by_held_out_errors():
    table = wide(108)
    forecaster = quick(outliers="keep").fit(table)
    shares = forecaster.shares_
    assert shares.index.tolist() == ["network", "ets", "theta"]
    assert shares.sum() == pytest.approx(1) and (shares > 0.05).all()
    network = quick(outliers="keep", smoothing=False).fit(table).predict()
    for name, y in table.items():
        expected = shares.to_numpy() @ np.array([network[name], *smoothed(y)])
        np.testing.assert_allclose(forecaster.predict()[name], expected, rtol=1e-9)


def test_what_smoothing_cannot_see_is_left_to_the_network():
    rng, t = np.random.default_rng(1), np.arange(400)
    # A cycle of eleven days: no season that daily series are looked at for.
    tables = 10 + 5 * np.sin(2 * np.pi * t[:, None] / 11 + np.arange(12)) + rng.normal(size=(400, 12)) / 10
    table = pd.DataFrame(tables, index=pd.date_range("2020-01-01", periods=400)).add_prefix("s")
    forecaster = quick(season_length=7, lookback=28).fit(table[:-6])
    assert forecaster.shares_.to_dict() == {"network": 1.0}


def test_the_more_forecasts_are_held_out_the_more_their_errors_count():
    """A week that a ridge regression and a network see, and smoothing of 24 hours does not."""
    hours = np.arange(24 * 60)
    noise = np.random.default_rng(0).normal(size=len(hours))
    y = pd.Series(10 * (hours // 24 % 7 == 6) + 5 * np.sin(2 * np.pi * hours / 24) + noise)
    y.index = pd.date_range("2024-01-01", periods=len(y), freq="h")
    shares = [quick(season_length=24, lookback=168).fit(y[: 24 * days]).shares_["network"] for days in (14, 60)]
    assert shares[0] < shares[1] > 0.5


@pytest.mark.parametrize("data", [monthly(), wide()], ids=["series", "panel"])
def test_updates_move_smoothing_on(data):
    forecaster = quick(outliers="keep").fit(data[:60])
    origins = forecaster.predict_origins(data, [60, 66, 72])
    np.testing.assert_array_equal(np.squeeze(origins[0]), np.squeeze(forecaster.predict()))
    forecaster.update(data[60:66])
    np.testing.assert_array_equal(np.squeeze(origins[1]), np.squeeze(forecaster.predict()))
    forecaster.update(data[66:])
    np.testing.assert_array_equal(np.squeeze(origins[2]), np.squeeze(forecaster.predict()))


@pytest.mark.slow  # without the compiler there are too few models for such forecasts
def test_observations_from_another_beginning_on():
    y = monthly(96)
    forecaster = quick(outliers="keep").fit(y[:72])
    # Fitted to four and a half years instead of six, smoothing forecasts nearly the same: less apart than the noise.
    late = forecaster.predict_origins(y[18:], [54, 66])[:, :, 0]
    np.testing.assert_allclose(late, forecaster.predict_origins(y, [72, 84])[:, :, 0], atol=1.0)
    changed = y.where(y.index < y.index[72], 1e3)
    np.testing.assert_array_equal(forecaster.predict_origins(changed[18:], [54])[0, :, 0], late[0])


def test_intermittent_series_are_left_to_the_network(rng):
    y = np.where(rng.random(120) < 0.2, rng.integers(1, 9, 120), 0.0)
    forecasts = [quick(smoothing=smoothing, season_length=1).fit(y).predict() for smoothing in (True, False)]
    np.testing.assert_array_equal(*forecasts)


def test_new_series_are_smoothed_too():
    table = wide().iloc[:, :10].melt(ignore_index=False, var_name="unique_id", value_name="y").rename_axis("ds")
    forecaster = quick(outliers="keep", early_stopping=False).fit(table.reset_index())
    new = monthly(60, seed=99, level=200).rename_axis("ds").to_frame().assign(unique_id="new").reset_index()
    forecaster.update(new)
    models = forecaster.smoothing_
    assert models.groupby(["series", "method"])["weight"].sum().to_numpy() == pytest.approx(1)
    assert "new" in set(models["series"])
    ahead = forecaster.predict().query("unique_id == 'new'")["y"].to_numpy()
    # The forecast is between those of its members: near the level of the new series, not of the others.
    np.testing.assert_allclose(ahead, np.mean(smoothed(monthly(60, seed=99, level=200)), axis=0), rtol=0.05)


def test_models_of_smoothing_are_shown():
    y = monthly(level=80)
    models = quick(outliers="keep").fit(y).smoothing_
    assert models.columns.tolist() == [
        "series", "method", "weight", "alpha", "beta", "phi", "gamma", "season", "season_length",
    ]  # fmt: skip
    best = models.groupby("method").first()
    assert (best["season"] != "none").all() and (best["season_length"] == 12).all()
    assert not len(quick(smoothing=False).fit(y).smoothing_)


@pytest.mark.parametrize("n_gaps", [1, 20])
def test_missing_values_are_no_values_to_smoothing(n_gaps):
    y = monthly(level=80)
    y.iloc[-1 - np.arange(n_gaps) * 3] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortSeriesWarning)
        forecaster = quick(outliers="keep").fit(y)
    expected = smoothed(y[y.first_valid_index() :])
    held = forecaster._ensemble.smoothing
    table = forecaster._table
    for fit, truth in zip(held.values(), expected, strict=True):
        ahead = fit.forecast(table.values, table.offsets, np.array([0]), np.diff(table.offsets), 6)[0]
        np.testing.assert_array_equal(ahead, truth)


def test_covariates_that_help_leave_smoothing_out():
    y = monthly()
    X = pd.DataFrame({"x": np.sin(np.arange(78) * 1.7)}, index=pd.date_range("2015-01-01", periods=78, freq="MS"))
    y += 20 * X["x"].to_numpy()[:72]
    forecaster = quick().fit(X, y)
    assert forecaster.covariates_["chosen"].all() and not len(forecaster.smoothing_)


def test_the_beginning_of_a_step_in_data_from_another_beginning():
    """Right after a step, which is confirmed later, forecasts are those of data that end there."""
    y = monthly(96) + np.arange(96) ** 2 / 10
    forecaster = quick().fit(y[:72])
    y.iloc[84:] += 2000
    forecasts = forecaster.predict_origins(y[18:], [60, 67, 68])
    for k, origin in enumerate([67, 68]):
        known = forecaster.predict_origins(y[18 : 18 + origin], [60, origin])
        np.testing.assert_allclose(forecasts[1 + k], known[1], rtol=1e-12)
