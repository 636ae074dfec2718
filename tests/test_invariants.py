"""Properties of forecasts that hold for any series, tested on numbers drawn by hypothesis."""

import copy
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import RNNForecaster

N, H = 40, 4
DAYS = pd.date_range("2024-01-01", periods=N + 20, freq="D")
ODD = [0.0, 1.0, -1.0, 1e-9, 1e6, -1e9, 1e15, 1e200]
VALUES = st.floats(-100, 100, width=32) | st.sampled_from(ODD)

pytestmark = pytest.mark.filterwarnings("ignore::tsrnn.forecaster.OutlierWarning")


def arrays(n, elements=VALUES):
    return st.lists(elements, min_size=n, max_size=n).map(np.array)


def tiny(**parameters):
    return RNNForecaster(H, **{"hidden_size": 2, "max_epochs": 1, "season_length": 7, "random_state": 0, **parameters})


def wide(values, first=0):
    return pd.DataFrame(
        values, index=DAYS[first : first + len(values)], columns=[f"s{i}" for i in range(values.shape[1])]
    )


def noise(n=N, n_series=3, seed=0):
    t = np.arange(n)[:, None]
    return 5 * np.sin(2 * np.pi * t / 7) + np.random.default_rng(seed).normal(size=(n, n_series))


@cache
def fitted(outliers="replace"):
    return tiny(outliers=outliers).fit(wide(noise()))


def forecast_or_error(forecaster):
    """The forecast as an array, or None where it is refused because it would not be finite."""
    try:
        return forecaster.predict().to_numpy()
    except ValueError as error:
        assert "is not finite" in str(error)
        return None


@settings(max_examples=15)
@given(arrays(20), st.integers(0, 2), st.sampled_from(["replace", "keep"]))
def test_other_series_do_not_matter(values, series, outliers):
    later = noise(N + 20)[N:]
    expected = copy.deepcopy(fitted(outliers)).update(wide(later, N)).predict()
    later[:, series] = values
    forecaster = copy.deepcopy(fitted(outliers)).update(wide(later, N))
    others = [i for i in range(3) if i != series]
    forecast = forecast_or_error(forecaster)
    if forecast is not None:
        np.testing.assert_array_equal(forecast[:, others], expected.to_numpy()[:, others])


@settings(max_examples=15)
@given(arrays(20), st.integers(0, 19), st.sampled_from(["replace", "keep"]))
def test_later_values_do_not_matter(values, n, outliers):
    """Origins in a series are those of the series cut there, whatever comes later."""
    table = noise(N + 20)
    table[N:, 0] = values
    origin = N + n
    cut = copy.deepcopy(fitted(outliers))
    if n:
        cut.update(wide(table[N:origin], N))
    expected = forecast_or_error(cut)
    if expected is not None:
        np.testing.assert_array_equal(fitted(outliers).predict_origins(wide(table), [origin])[0], expected)


@settings(max_examples=15)
@given(arrays(20), st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_update_in_pieces_is_update_at_once(values, steps):
    later = noise(N + 20)[N:]
    later[:, 1] = values
    at_once, in_pieces, start = copy.deepcopy(fitted()).update(wide(later, N)), copy.deepcopy(fitted()), 0
    for step in [*steps, 20]:
        if later[start : start + step].size:
            in_pieces.update(wide(later[start : start + step], N + start))
        start += step
    np.testing.assert_array_equal(forecast_or_error(in_pieces), forecast_or_error(at_once))
    pd.testing.assert_frame_equal(in_pieces.outliers_, at_once.outliers_)


@pytest.mark.parametrize("n_series", [1, 3])
@settings(max_examples=10)
@given(st.data())
def test_forecasts_are_finite_and_near_what_was_seen(n_series, data):
    values = np.column_stack([data.draw(arrays(N)) for _ in range(n_series)])
    forecast = tiny().fit(wide(values)).predict().to_numpy()
    lowest, highest = values.min(axis=0), values.max(axis=0)
    assert np.isfinite(forecast).all()
    # Two ordinary changes of a season beyond what was seen, of which none is larger than the range.
    reach = 2 * (highest - lowest) * (1 + 1e-9)
    assert (forecast >= lowest - reach).all() and (forecast <= highest + reach).all()
    assert (forecast[:, lowest >= 0] >= 0).all()


@settings(max_examples=10)
@given(arrays(N, st.floats(-100, 100, width=32)), st.integers(1, 15))
def test_a_shorter_horizon_is_the_beginning_of_a_longer_one(values, horizon):
    forecaster = tiny().fit(wide(values[:, None]))
    longer = forecaster.predict(horizon=horizon + 5)
    pd.testing.assert_frame_equal(forecaster.predict(horizon=horizon), longer[:horizon])


@settings(max_examples=6)
@given(arrays(3 * N))
def test_containers_agree(values):
    table = wide(values.reshape(N, 3))
    keyed = table.T.stack().rename("y").rename_axis(["unique_id", "ds"])
    expected = tiny().fit(table).predict()
    for data in (keyed, keyed.reset_index()):
        forecast = tiny().fit(data).predict()
        forecast = forecast.set_index(["unique_id", "ds"])["y"] if isinstance(forecast, pd.DataFrame) else forecast
        np.testing.assert_array_equal(forecast.unstack(level=0)[list(table)], expected)
    np.testing.assert_array_equal(tiny().fit(table.to_numpy()).predict(), expected)


@settings(max_examples=10)
@given(arrays(N, st.floats(-100, 100, width=32)), st.integers(-300, 300), st.booleans())
def test_the_unit_of_a_series_does_not_matter(values, exponent, positive):
    values = np.exp(values / 50) if positive else values
    forecast = tiny().fit(wide(values[:, None])).predict()
    scaled = tiny().fit(wide(values[:, None] * 2.0**exponent)).predict()
    # A power of two scales without rounding, but for logarithms; float32 widens these a little.
    unit = np.abs(values).max()
    np.testing.assert_allclose(scaled / 2.0**exponent, forecast, rtol=1e-4, atol=1e-6 * unit)


@settings(max_examples=10)
@given(arrays(N, st.floats(-100, 100, width=32)), st.integers(-1000, 1000))
def test_the_origin_of_a_scale_does_not_matter(values, shift):
    """Without logarithms, and where values of both signs were seen: otherwise zero is a bound."""
    values = np.append(np.round(values[2:], 2), [-3000.0, 3000.0])
    forecasts = [tiny(log=False, outliers="keep").fit(wide((values + s)[::-1, None])).predict() for s in (0, shift)]
    # Shifted values are rounded at 1e-13 of them; float32 training widens that to a part of the spread of 6,000.
    np.testing.assert_allclose(forecasts[1] - shift, forecasts[0], atol=1.0)
