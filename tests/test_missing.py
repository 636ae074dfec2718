"""Missing values: gaps and NaN are filled from the past, and never counted as targets."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster, backtest
from tsrnn.datasets import load_airline
from tsrnn.forecaster.missing import MissingValuesWarning

HORIZON = 6
SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])
INDEX = pd.date_range("2024-01-01", periods=140, freq="D", tz="Europe/Vienna", name="day")


def series(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return pd.Series(50 + np.resize(SEASON, n) + 0.3 * rng.normal(size=n), index=INDEX[:n], name="sales")


def with_gaps(y, rows=(5, 40, 41, 42, 90)):
    y = y.copy()
    y.iloc[list(rows)] = np.nan
    return y


def quick(**parameters):
    given = {"max_epochs": 2, "hidden_size": 4, "random_state": 0, "lookback": 14, "log": False}
    return RNNForecaster(HORIZON, **(given | parameters))


@pytest.mark.slow
def test_a_season_with_gaps_is_forecast_nearly_as_well():
    y = load_airline().astype(float)
    rng = np.random.default_rng(0)
    hidden = y.where(rng.random(len(y)) > 0.1)
    hidden.iloc[0] = y.iloc[0]
    origins = np.arange(108, 133)
    truth = y.to_numpy()[origins[:, None] + np.arange(12)]
    errors = [
        np.abs(RNNForecaster(12, random_state=0).fit(x[:108]).predict_origins(x, origins)[:, :, 0] - truth).mean()
        for x in (y, hidden)
    ]
    # A tenth of the values costs a few per cent; carrying the last value forward costs 15 % and more.
    assert errors[1] < 1.15 * errors[0]


def test_a_gap_is_missing_values():
    y = with_gaps(series())
    np.testing.assert_array_equal(quick().fit(y).predict(), quick().fit(y.dropna()).predict())


def test_containers_say_the_same():
    y = with_gaps(series())
    expected = quick().fit(y).predict().to_numpy()
    keyed = pd.concat({"a": y}, names=["unique_id", "ds"])
    frames = (
        y.to_frame(), y.to_numpy(), y.astype("Float64"), keyed, keyed.dropna(),
        keyed.rename("y").reset_index().sample(frac=1, random_state=0),
    )  # fmt: skip
    for data in frames:
        forecast = quick().fit(data).predict()
        forecast = forecast["y"] if isinstance(forecast, pd.DataFrame) and "y" in forecast else forecast
        np.testing.assert_array_equal(np.ravel(forecast), expected)


def test_series_that_begin_later_are_columns_with_missing_values():
    early, late = series(seed=1), series(seed=2)
    late.iloc[:30] = np.nan
    wide = pd.DataFrame({"a": early, "b": late})
    keyed = pd.concat({"a": early, "b": late.dropna()}, names=["unique_id", "ds"])
    one, other = quick().fit(wide), quick().fit(keyed)
    np.testing.assert_array_equal(one.predict()["b"], other.predict()["b"])
    assert one.n_missing_.to_dict() == {"a": 0, "b": 0}


def test_nothing_after_an_origin_is_read():
    y = with_gaps(series(140), (5, 60, 61, 62, 63, 100, 101, 102))
    forecaster = quick().fit(y[:90])
    origins = [61, 63, 64, 95, 101, 103]
    before = forecaster.predict_origins(y, origins)
    for k, origin in enumerate(origins):
        later = y.copy()
        later.iloc[origin:] = later.iloc[origin:] + 30
        np.testing.assert_array_equal(forecaster.predict_origins(later, [origin])[0], before[k])


def test_missing_targets_count_for_nothing():
    """Values that are never observed leave no trace, whatever stands around them."""
    y = with_gaps(series())
    assert quick().fit(y).n_missing_ == 5
    recipe = quick().fit(y)._ensemble.best.recipe
    forecaster = quick().fit(y)
    table = recipe.read(forecaster._prepared)
    batch = recipe.batch(table)
    every = np.arange(len(batch))
    steps = batch.windows.origins[:, None] + np.arange(HORIZON)
    np.testing.assert_array_equal(np.isnan(batch.targets(every)), np.isin(steps, [5, 40, 41, 42, 90]))


def test_updates_across_a_gap():
    y = with_gaps(series(140), (5, 118, 119, 120, 121, 130))
    whole = quick().fit(y[:118].dropna())
    whole.update(y[118:].dropna())
    pieces = quick().fit(y[:118])
    pieces.update(y[118:125]).update(y[125:])
    np.testing.assert_allclose(whole.predict(), pieces.predict(), rtol=1e-12)
    pd.testing.assert_index_equal(whole.predict().index, pieces.predict().index)
    assert whole.n_missing_ == 6


def test_scores_and_backtests_leave_missing_values_out():
    y = with_gaps(series(126), (5, 60, 122))
    forecaster = quick().fit(y[:120])
    truth = y[120:]
    past = y[:120].to_numpy()
    unit = (
        np.nanmean(np.abs(past[7:] - past[:-7]))
        if forecaster.season_length_ == 7
        else np.nanmean(np.abs(np.diff(past)))
    )
    expected = -np.nanmean(np.abs(forecaster.predict() - truth)) / unit
    assert forecaster.score(truth) == pytest.approx(expected, rel=1e-12)
    table = backtest(quick(), y[:120], n_windows=2)
    assert np.isfinite(table["RNNForecaster"]).all() and np.isfinite(table["naive"]).all()


def test_refused_if_wanted():
    y = with_gaps(series())
    for data in (y, y.dropna()):
        with pytest.raises(ValueError, match="2024-01-06"):
            quick(missing="raise").fit(data)
    with pytest.raises(ValueError, match="infinite"):
        quick().fit(series().where(np.arange(120) != 7, np.inf))
    empty = pd.DataFrame({"a": series(), "b": np.nan})
    with pytest.raises(ValueError, match="'b'"):
        quick().fit(empty)


def test_warned_of_where_little_was_observed():
    y = series()
    y.iloc[20:110] = np.nan
    with pytest.warns(MissingValuesWarning, match="Less than half .* 'sales' .*90 of 120"):
        quick().fit(y)


def test_weights_of_missing_values_are_ignored():
    y = with_gaps(series())
    weights = np.ones(120)
    one = quick().fit(y, sample_weight=weights).predict()
    weights[[5, 40]] = 7.0
    np.testing.assert_array_equal(quick().fit(y, sample_weight=weights).predict(), one)


def test_a_weight_of_zero_is_a_missing_target():
    weights = (np.arange(120) != 60).astype(float)
    forecaster = quick(outliers="keep", season_length=1).fit(series(), sample_weight=weights)
    recipe = forecaster._ensemble.best.recipe
    batch = recipe.batch(recipe.read(forecaster._prepared), weights)
    missing = np.isnan(batch.targets(np.arange(len(batch))))
    steps = batch.windows.origins[:, None] + np.arange(HORIZON)
    np.testing.assert_array_equal(missing, steps == 60)


@pytest.mark.parametrize("freq", ["2D", "W"])
def test_rows_of_another_frequency_are_no_gaps(freq):
    forecaster = quick().fit(series()[:100])
    later = pd.Series(50.0, index=pd.date_range(INDEX[100], periods=5, freq=freq), name="sales")
    with pytest.raises(ValueError, match="sales"):
        forecaster.update(later)
