import numpy as np
import pytest

from tsrnn.baselines import ets, has_season, multiplicative_indices, naive, naive2, seasonal_naive, theta
from tsrnn.datasets import load_airline

# The figure of R's decompose(AirPassengers, type = "multiplicative").
AIRLINE_INDICES = [
    0.9102304, 0.8836253, 1.0073663, 0.9759060, 0.9813780, 1.1127758,
    1.2265555, 1.2199110, 1.0604919, 0.9217572, 0.8011781, 0.8988244,
]  # fmt: skip
FORECASTS = {
    "naive": naive,
    "seasonal_naive": lambda y, horizon: seasonal_naive(y, horizon, 4),
    "naive2": lambda y, horizon: naive2(y, horizon, 4),
    "ets": lambda y, horizon: ets(y, horizon, 4),
    "theta": lambda y, horizon: theta(y, horizon, 4),
}


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize("horizon", [1, 4, 11])
def test_shape_and_input(name, horizon):
    y = np.arange(1.0, 14.0)
    forecast = FORECASTS[name](y, horizon)
    assert forecast.shape == (horizon,)
    assert forecast.dtype == np.float64
    assert y.tolist() == list(range(1, 14))


@pytest.mark.parametrize("name", FORECASTS)
def test_longer_horizon_begins_with_the_shorter(name):
    y = np.tile([1.0, 5.0, 2.0, 3.0], 6) * np.arange(20, 44)
    assert FORECASTS[name](y, 9)[:5].tolist() == FORECASTS[name](y, 5).tolist()


def test_naive():
    assert naive([1, 2, 7], 3).tolist() == [7.0, 7.0, 7.0]


def test_seasonal_naive():
    assert seasonal_naive([8.0, 9.0, 1.0, 2.0, 3.0], 5, 3).tolist() == [1.0, 2.0, 3.0, 1.0, 2.0]


def test_seasonal_naive_of_one_step_is_naive():
    assert seasonal_naive([1.0, 2.0, 7.0], 2, 1).tolist() == [7.0, 7.0]


def test_seasonal_naive_needs_a_season():
    with pytest.raises(ValueError, match="a whole season, season_length=4 values. Got 3. Use naive"):
        seasonal_naive([1.0, 2.0, 3.0], 2, 4)


def test_indices_equal_those_of_r():
    indices = multiplicative_indices(load_airline().to_numpy(), 12)
    np.testing.assert_allclose(indices, AIRLINE_INDICES, rtol=0, atol=5e-8)


@pytest.mark.parametrize("n_steps", [8, 9, 10, 11, 12])
@pytest.mark.parametrize("season", [[1.0, 3.0], [1.0, 2.0, 3.0], [4.0, 1.0, 1.0, 2.0]])
def test_indices_of_a_pure_season(season, n_steps):
    indices = multiplicative_indices(np.resize(season, n_steps), len(season))
    np.testing.assert_allclose(indices, np.array(season) / np.mean(season), rtol=1e-13)


def test_indices_by_hand_with_an_odd_season():
    # Moving averages of three: 2 2.2 3 4 5; ratios of steps 1 to 5: 1 1.5 0.6 1 1.2, so that places 1 2 0 1 2
    # have the means 1, 1.35 and 0.6 (place 0), which are divided by their mean.
    y = np.array([1.0, 2.0, 3.0, 1.6, 4.4, 6.0, 4.6])
    ratios = [2 / 2, 3 / 2.2, 1.6 / 3, 4.4 / 4, 6 / 5]
    means = np.array([ratios[2], (ratios[0] + ratios[3]) / 2, (ratios[1] + ratios[4]) / 2])
    np.testing.assert_allclose(multiplicative_indices(y, 3), means / means.mean(), rtol=1e-13)


def test_season_test_by_hand():
    # The series 1 -1 1 -1 ... of 8 steps has r_1 = -7/8 and r_2 = 6/8; its limit for a season of two is
    # 1.645 sqrt((1 + 2 (7/8)^2) / 8) = 0.925, for 12 steps (r_1 = -11/12, r_2 = 10/12) 0.777.
    assert not has_season(np.array([2.0, 0.0] * 4), 2)
    assert has_season(np.array([2.0, 0.0] * 6), 2)


@pytest.mark.parametrize(
    ("y", "season_length"),
    [
        (np.tile([1.0, 2.0, 3.0], 5), 1),
        (np.tile([1.0, 2.0, 3.0], 3)[:8], 3),
        (np.ones(30), 3),
        (np.tile([1.0, 2.0, 3.0, 4.0], 6), 3),
    ],
    ids=["one step", "under three seasons", "constant", "another season"],
)
def test_no_season(y, season_length):
    assert not has_season(y, season_length)
    assert naive2(y, 3, season_length).tolist() == [y[-1]] * 3


def test_naive2_continues_level_and_season():
    season = np.array([0.5, 1.0, 1.5])
    y = 10 * np.tile(season, 6)[:-1]
    np.testing.assert_allclose(naive2(y, 4, 3), [15.0, 5.0, 10.0, 15.0], rtol=1e-13)


def test_naive2_of_the_airline_series():
    indices = np.array(AIRLINE_INDICES)
    expected = 432 / indices[-1] * indices
    # The indices are printed to seven digits.
    np.testing.assert_allclose(naive2(load_airline(), 12, 12), expected, rtol=2e-7)


def test_naive2_of_a_series_with_zeros_is_naive():
    y = np.tile([0.0, 5.0, 9.0], 8)
    assert has_season(y, 3)
    assert naive2(y, 2, 3).tolist() == [9.0, 9.0]


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([], r"one series with at least one value. Got shape \(0,\)"),
        ([[1.0, 2.0]], r"Got shape \(1, 2\)"),
        ([np.nan, np.nan], "y must be finite. Got nan at step 0"),
        ([1.0, 2.0, -np.inf], "Got -inf at step 2"),
    ],
)
def test_series_that_cannot_be_used(name, y, message):
    with pytest.raises(ValueError, match=message):
        FORECASTS[name](y, 2)


@pytest.mark.parametrize("name", ["naive", "seasonal_naive", "naive2"])
def test_naive_forecasts_refuse_missing_values(name):
    with pytest.raises(ValueError, match="y must be finite. Got nan at step 1"):
        FORECASTS[name]([1.0, np.nan, 2.0], 2)


@pytest.mark.parametrize("smooth", [ets, theta])
def test_smoothing_passes_over_missing_values(smooth):
    y = load_airline().to_numpy()[:120]
    gaps = np.where(np.arange(120) % 10 == 7, np.nan, y)
    # A tenth of the values tell a tenth of what is known: forecasts move by less than their own errors of 5 %.
    np.testing.assert_allclose(smooth(gaps, 12, 12), smooth(y, 12, 12), rtol=0.05)


@pytest.mark.parametrize("smooth", [ets, theta])
@pytest.mark.parametrize("exponent", [-660, -500, 500, 1000])
def test_smoothing_of_very_small_and_large_values(smooth, exponent):
    y = load_airline().to_numpy()
    np.testing.assert_array_equal(smooth(np.ldexp(y, exponent), 12, 12), np.ldexp(smooth(y, 12, 12), exponent))


@pytest.mark.parametrize("smooth", [ets, theta])
def test_smoothing_of_the_airline_series(smooth):
    y = load_airline().to_numpy()
    errors = [np.abs(f(y[:132], 12, 12) - y[132:]).mean() for f in (smooth, seasonal_naive)]
    # The last season is a year behind the trend, which is what smoothing adds.
    assert errors[0] < errors[1] / 2


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize("horizon", [0, -1, 2.0, True, None])
def test_horizon_must_be_a_positive_int(name, horizon):
    with pytest.raises(ValueError, match=rf"'horizon' parameter of {name} must be an int in the range \[1,"):
        FORECASTS[name]([1.0, 2.0, 3.0, 4.0], horizon)


@pytest.mark.parametrize("forecast", [seasonal_naive, naive2, ets, theta])
@pytest.mark.parametrize("season_length", [0, 12.0, "12"])
def test_season_length_must_be_a_positive_int(forecast, season_length):
    with pytest.raises(ValueError, match="'season_length' parameter of"):
        forecast([1.0, 2.0, 3.0, 4.0], 2, season_length)
