"""Outliers as a user meets them: forecasts, what is told of them, and what is left of them in later methods."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster, backtest
from tsrnn.baselines import seasonal_naive
from tsrnn.datasets import load_airline, load_gasoline, load_pageviews
from tsrnn.forecaster import OutlierWarning

KINDS = {
    "zero": lambda x, i: 0.0,
    "hundredth": lambda x, i: x[i] / 100,
    "tenfold": lambda x, i: x[i] * 10,
    "far": lambda x, i: x[i] + 20 * x.std(),
}


def quick(horizon=4, **parameters):
    return RNNForecaster(horizon, **{"max_epochs": 2, "hidden_size": 4, "random_state": 0, **parameters})


def noise(n=60, seed=0):
    index = pd.date_range("2024-01-01", periods=n, freq="D")
    return pd.Series(50 + np.random.default_rng(seed).normal(size=n), index, name="sales")


def with_spike(y, row=-20, value=500.0):
    y = y.copy()
    y.iloc[row] = value
    return y


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [(-1,), (-2,), (-20,), (0,), (-50, -30, -9)])
@pytest.mark.parametrize(
    ("load", "horizon", "season"), [(load_airline, 12, 12), (load_gasoline, 13, 52), (load_pageviews, 14, 7)]
)
def test_errors_of_contaminated_series(load, horizon, season, rows, kind):
    """At most twice that of the clean series, or that of repeated seasons and a fifth, the bound that was asked for."""
    y = load()[-160:].astype(float)
    past, truth = y[:-horizon], y[-horizon:].to_numpy()
    odd = past.copy()
    for row in rows:
        odd.iloc[row] = KINDS[kind](past.to_numpy(), row)
    clean = np.abs(RNNForecaster(horizon, random_state=0).fit(past).predict() - truth).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutlierWarning)
        error = np.abs(RNNForecaster(horizon, random_state=0).fit(odd).predict() - truth).mean()
    naive = np.abs(seasonal_naive(odd.to_numpy(), horizon, season) - truth).mean()
    assert error <= max(2 * clean, 1.2 * naive)


@pytest.mark.slow
@pytest.mark.parametrize("back", [1, 3, 7, 20, 60])
@pytest.mark.parametrize("spike", [20.0, 50.0, 1e6, -40.0])
def test_one_spike_in_flat_noise(spike, back):
    y = with_spike(noise(150), -back, 50 + spike)
    with pytest.warns(OutlierWarning):
        forecast = RNNForecaster(14, random_state=0).fit(y).predict()
    assert forecast.between(47, 53).all()  # three standard deviations of the noise


@pytest.mark.parametrize("row", [-1, -2, -10, 0])
@pytest.mark.parametrize("value", [0.0, 500.0, 1e12, -1e12])
@pytest.mark.parametrize("constant", [5.0, -3.0])
def test_a_spike_in_a_constant_series(constant, value, row):
    y = with_spike(noise(20) * 0 + constant, row, value)
    with pytest.warns(OutlierWarning):
        forecast = quick().fit(y).predict()
    np.testing.assert_allclose(forecast, constant, rtol=1e-12)


@pytest.mark.slow
def test_logarithms_near_zero_do_not_run_away():
    teeth = np.r_[0.2, np.arange(10, 200, 10), 0.02, np.arange(10, 100, 10)]
    forecast = RNNForecaster(7, random_state=0).fit(pd.Series(teeth, noise(len(teeth)).index)).predict()
    assert forecast.max() < 190 + 2 * 100  # the highest value and two of the largest rises over a season


@pytest.mark.slow
@pytest.mark.parametrize("length", [3, 5, 10])
def test_a_step_is_followed_as_if_nothing_was_ever_replaced(length):
    y = noise(100)
    y.iloc[-length:] += 100
    forecast, kept = (RNNForecaster(7, random_state=0, outliers=o).fit(y).predict() for o in ("replace", "keep"))
    pd.testing.assert_series_equal(forecast, kept)
    assert length < 10 or forecast.between(140, 160).all()
    fitted = quick().fit(y[: 100 - length])
    for n in range(100 - length, 101):  # the origin before the third value of the step knows of no step
        expected = copy.deepcopy(fitted)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OutlierWarning)
            expected = expected.update(y[100 - length : n]) if n > 100 - length else expected
        np.testing.assert_array_equal(fitted.predict_origins(y, [n])[0, :, 0], expected.predict())


def test_a_warning_and_a_table_tell_what_was_replaced():
    y = with_spike(noise())
    with pytest.warns(
        OutlierWarning, match=r"1 outlier replaced.*series 'sales' at 2024-02-10.*500 by 5\d\."
    ) as caught:
        forecaster = quick().fit(y)
    assert caught[0].filename == __file__
    table = forecaster.outliers_
    assert table[["series", "time", "value"]].to_numpy().tolist() == [["sales", y.index[40], 500.0]]
    assert 45 < table["replacement"].item() < 55
    assert not len(quick().fit(noise()).outliers_)


@pytest.mark.parametrize("kind", ["wide", "long", "keyed", "array"])
def test_every_container(kind):
    wide = pd.DataFrame({"b": noise(seed=1), "a": with_spike(noise(seed=2))})
    keyed = wide.T.stack().rename("y").rename_axis(["unique_id", "ds"])
    data = {"wide": wide, "long": keyed.reset_index(), "keyed": keyed, "array": wide.to_numpy()}[kind]
    with pytest.warns(OutlierWarning, match="500 by"):
        forecaster = quick().fit(data)
    table = forecaster.outliers_
    assert table["series"].tolist() == [1 if kind == "array" else "a"]
    assert table["time"].tolist() == [40 if kind == "array" else wide.index[40]]
    assert table["value"].tolist() == [500.0]


def test_keep_reads_values_as_they_are():
    y = with_spike(noise(), -1)
    forecaster = quick(outliers="keep", season_length=1).fit(y)
    assert not len(forecaster.outliers_)
    assert forecaster.predict().iloc[0] > 60  # no warning, which would be an error here
    with pytest.raises(
        ValueError, match="'outliers' parameter of RNNForecaster must be a str among {'keep', 'replace'}"
    ):
        quick(outliers="drop").fit(y)
    forecaster.set_params(outliers="replace", warm_start=True)
    with pytest.raises(ValueError, match="outliers was 'keep' and is now 'replace'"):
        forecaster.fit(y)


def test_later_methods_replace_by_the_units_of_the_fit():
    y = with_spike(noise(80), -10)
    fitted, clean = quick().fit(y[:60]), quick().fit(noise(80)[:60]).update(noise(80)[60:])
    with pytest.warns(OutlierWarning, match="500 by"):
        updated = copy.deepcopy(fitted).update(y[60:])
    assert updated.outliers_["time"].tolist() == [y.index[70]]
    pd.testing.assert_series_equal(updated.predict(), clean.predict(), atol=2)  # two standard deviations of the noise
    with pytest.warns(OutlierWarning):
        assert len(copy.deepcopy(fitted).partial_fit(y[60:]).outliers_) == 1
    in_steps = copy.deepcopy(fitted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutlierWarning)
        for day in range(60, 80):
            in_steps.update(y[day : day + 1])
    pd.testing.assert_series_equal(in_steps.predict(), updated.predict())
    origins = fitted.predict_origins(y, [65, 75, 80])
    np.testing.assert_array_equal(origins[2, :, 0], updated.predict())
    np.testing.assert_array_equal(origins[0], fitted.predict_origins(noise(80), [65])[0])


def test_a_second_warning_tells_of_new_outliers_alone():
    with pytest.warns(OutlierWarning):
        forecaster = quick().fit(with_spike(noise(80)[:60]))
    forecaster.update(noise(80)[60:70])
    with pytest.warns(OutlierWarning, match="1 outlier replaced.*2024-03-11"):
        forecaster.update(with_spike(noise(80)[70:], 0, 1e9))
    assert len(forecaster.outliers_) == 2


def test_a_zero_among_positive_values_does_not_end_logarithms():
    y = np.exp(noise() / 50)
    with pytest.warns(OutlierWarning):
        forecaster = quick(log="auto").fit(with_spike(y, 30, 0.0))
    assert np.isfinite(forecaster.predict()).all()
    later = pd.Series([0.0], pd.date_range("2024-03-01", periods=1), name="sales")
    chosen = RNNForecaster(4, log=True, max_epochs=2, hidden_size=4, random_state=0).fit(y)
    with pytest.raises(ValueError, match="Logarithms need positive values.*at 2024-03-01"):
        chosen.update(later)
    with pytest.raises(ValueError, match="Logarithms need positive values"):
        quick(log=True).fit(with_spike(y, 30, 0.0))


def test_logarithms_that_were_chosen_read_replaced_zeros():
    wide = pd.DataFrame({str(i): np.exp(noise(seed=i) / 50) for i in range(10)})  # logarithms for 10 series
    forecaster = quick().fit(wide)
    assert forecaster.log_
    later = wide.set_axis(wide.index + pd.Timedelta(60, "D"))[:1]
    with pytest.warns(OutlierWarning):
        forecaster.update(later.assign(**{"3": 0.0}))
    assert np.isfinite(forecaster.predict()).all().all()


def test_new_series_have_units_of_their_own():
    long = pd.concat({"a": noise(), "b": noise(seed=1)}, names=["unique_id", "ds"]).rename("y").reset_index()
    new = (
        pd.concat({"c": with_spike(noise(seed=2) * 100, value=9e4)}, names=["unique_id", "ds"])
        .rename("y")
        .reset_index()
    )
    forecaster = quick().fit(long)
    with pytest.warns(OutlierWarning, match="id 'c'"):
        forecaster.update(new)
    assert forecaster.predict().set_index("unique_id").loc["c", "y"].between(4e3, 6e3).all()


def test_backtest_replaces_what_was_seen_at_each_origin():
    y = with_spike(noise(100), -30)
    with pytest.warns(OutlierWarning):
        refitted = backtest(quick(7), y, n_windows=5, refit=True)
    table = backtest(quick(7), y, n_windows=5)
    for past in (table, refitted):
        assert past["RNNForecaster"].between(45, 55).all()  # five standard deviations of the noise
        assert past["y"].max() == 500.0
