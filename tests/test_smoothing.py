"""Exponential smoothing and Theta against plain NumPy, known truth, and each other's states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.backends.smoothing import ETS, LEVEL, PRIOR, THETA, TREND, USUAL_PART, WEIGHT
from tsrnn.learners import smoothing
from tsrnn.learners.smoothing import Smoothing
from tsrnn.windows import offsets_of

METHODS = pytest.mark.parametrize("method", [ETS, THETA], ids=["ets", "theta"])


def seasonal_series(n=60, season_length=4, seed=0, level=50.0):
    rng, t = np.random.default_rng(seed), np.arange(n)
    return level + 0.3 * t + 5 * np.sin(2 * np.pi * t / season_length) + rng.normal(size=n)


def fit(method, *series, seasons=(), n_jobs=1):
    return Smoothing.fit(method, np.concatenate(series), offsets_of([len(y) for y in series]), seasons, n_jobs)


def forecast_ends(method, *series, seasons=(), horizon=6, n_jobs=1, **options):
    values, lengths = np.concatenate(series), np.array([len(y) for y in series])
    fitted = Smoothing.fit(method, values, offsets_of(lengths), seasons, n_jobs)
    return fitted.forecast(values, offsets_of(lengths), np.arange(len(series)), lengths, horizon, n_jobs, **options)


# --- In plain NumPy --------------------------------------------------------------------------------------------------


def run_naive(y, parameters, level, trend, season):
    """One-step errors and states of a model, by the textbook; the trend is damped by phi before each step."""
    alpha, beta, phi, gamma = parameters
    errors, season = np.full(len(y), np.nan), np.array(season, float)
    for t, value in enumerate(y):
        phase, trend = t % len(season), phi * trend
        level += trend
        if not np.isnan(value):
            errors[t] = error = value - level - season[phase]
            level, trend, season[phase] = level + alpha * error, trend + beta * error, season[phase] + gamma * error
    return errors, level, trend, season


def forecast_naive(n, level, trend, phi, season, horizon):
    steps = np.arange(1, horizon + 1)
    return (
        level
        + trend * np.array([sum(phi**k for k in range(1, h + 1)) for h in steps])
        + season[(n + steps - 1) % len(season)]
    )


def classical_season(y, m):
    """Mean deviation from the centred moving average of one season, by phase."""
    weights = np.full(m + (m % 2 == 0), 1 / m)
    if m % 2 == 0:
        weights[[0, -1]] /= 2
    half = m // 2
    deviations = y[half : len(y) - half] - np.convolve(y, weights, "valid")
    phases = np.arange(half, len(y) - half) % m
    season = np.array([deviations[phases == phase].mean() for phase in range(m)])
    return season - season.mean()


def fit_naive(z, parameters, season):
    """First level and trend by least squares on the errors, and their sum of squares."""
    responses = np.array([run_naive(np.where(np.isnan(z), z, 0), parameters, *one, 0 * season)[0] for one in np.eye(2)])
    errors, seen = run_naive(z, parameters, 0.0, 0.0, season)[0], ~np.isnan(z)
    columns = responses[: 2 if parameters[2] else 1, seen].T
    first = np.linalg.lstsq(columns, -errors[seen], rcond=None)[0]
    return np.sum((errors[seen] + columns @ first) ** 2), [*first, 0.0][:2]


def ets_naive(y, m, horizon):
    """Forecast by the weighted mean of all models."""
    seen = ~np.isnan(y)
    n, mean, spread = seen.sum(), y[seen].mean(), y[seen].std()
    z, (plain, seasonal) = (y - mean) / spread, smoothing.GRIDS[ETS]
    ratios = np.exp(classical_season(np.log(y), m))[np.arange(len(y) + horizon) % m]
    flat = np.zeros(m)
    forms = [
        (plain, z, flat, 1.0 + 0 * ratios, 0),
        (seasonal, z, classical_season(y, m) / spread, 1.0 + 0 * ratios, m - 1),
        (seasonal, (y / ratios[: len(y)] - mean) / spread, flat, ratios, m - 1),
    ]
    criteria, forecasts = [], []
    for grid, adjusted, season, factors, n_more in forms:
        for *parameters, n_fitted in grid.T:
            squares, first = fit_naive(adjusted, parameters, season)
            k = n_fitted + n_more
            penalty = 2 * k * n / (n - k - 1) + 2 * np.log(factors[: len(y)][seen]).sum()
            criteria.append(n * np.log(squares / n) + penalty)
            _, level, trend, last = run_naive(adjusted, parameters, *first, season)
            ahead = mean + spread * forecast_naive(len(y), level, trend, parameters[2], last, horizon)
            forecasts.append(factors[len(y) :] * ahead)
    return weighted_mean(criteria, forecasts)


def theta_naive(y, horizon):
    """Forecast by the weighted mean over smoothing parameters, each with a part of the slope and a first level."""
    n, (slope, intercept) = len(y), np.polyfit(np.arange(len(y)), y, 1)
    criteria, forecasts = [], []
    for alpha in smoothing.GRIDS[THETA][0][0]:
        parameters = alpha, 0.0, 1.0, 0.0
        errors = run_naive(y, parameters, 0.0, 0.0, [0.0])[0]
        of_level = run_naive(0 * y, parameters, 1.0, 0.0, [0.0])[0]
        of_part = run_naive(0 * y, parameters, intercept - slope, slope, [0.0])[0]
        (_, free), (squares,) = np.linalg.lstsq(np.column_stack([of_level, of_part]), -errors, rcond=None)[:2]
        known = np.sum((of_part - of_level * (of_part @ of_level) / (of_level @ of_level)) ** 2)
        prior = PRIOR * squares / (n - 3)
        part = np.clip((known * free + prior * USUAL_PART) / (known + prior), 0, 1)
        shift = -of_level @ (errors + part * of_part) / (of_level @ of_level)
        criteria.append(n * np.log(np.mean((errors + part * of_part + shift * of_level) ** 2)))
        first = part * (intercept - slope) + shift
        _, level, trend, _ = run_naive(y, parameters, first, part * slope, [0.0])
        forecasts.append(forecast_naive(n, level, trend, 1.0, np.zeros(1), horizon))
    return weighted_mean(criteria, forecasts)


def weighted_mean(criteria, forecasts):
    """Mean of the best forecasts by their criteria, of which the smallest is the best."""
    weights = np.exp(-(np.array(criteria) - min(criteria)) / 4)
    weights[np.argsort(-weights, kind="stable")[smoothing.N_KEPT :]] = 0
    return weights @ np.array(forecasts) / weights.sum()


def test_exponential_smoothing_is_the_weighted_mean_of_all_models():
    y = seasonal_series(40)
    truth = ets_naive(y, 4, 8)
    np.testing.assert_allclose(forecast_ends(ETS, y, seasons=[4], horizon=8)[0], truth, rtol=1e-9)


def test_missing_values_move_no_state():
    y = seasonal_series(40)
    y[[7, 8, 20, 33]] = np.nan
    fitted = fit(ETS, y, seasons=[4])
    for model, kind, state, season in zip(
        fitted.models[0], fitted.kinds[0], fitted.states[0], fitted.seasons[0], strict=True
    ):
        first = fitted.first_seasons[0, 0, 0] if kind == 1 else np.zeros(4)
        factors = fitted.first_seasons[0, 0, 1] if kind == 2 else np.ones(4)
        z = (y / factors[np.arange(40) % 4] - fitted.units[0, 0]) / fitted.units[0, 1]
        squares, (level, trend) = fit_naive(z, model[:4], first)
        np.testing.assert_allclose(model[[LEVEL, TREND]], [level, trend], rtol=1e-7, atol=1e-9)
        _, level, trend, last = run_naive(z, model[:4], level, trend, first)
        np.testing.assert_allclose([*state, *season], [level, trend, *last], rtol=1e-7, atol=1e-9)
    assert fitted.models[0, :, WEIGHT].sum() == pytest.approx(1)


@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_theta_is_smoothing_with_a_part_of_the_slope_as_drift(drift):
    rng = np.random.default_rng(3)
    y = 20 + drift * np.arange(30) + rng.normal(size=30).cumsum() / 3
    np.testing.assert_allclose(forecast_ends(THETA, y)[0], theta_naive(y, 6), rtol=1e-9)


# --- Known truth -----------------------------------------------------------------------------------------------------


@METHODS
def test_a_straight_line_goes_on(method):
    y = 7.0 + 2.0 * np.arange(30)
    np.testing.assert_allclose(forecast_ends(method, y)[0], 7 + 2.0 * np.arange(30, 36), rtol=0.02)


@METHODS
@pytest.mark.parametrize("scale", [1.0, 0.04])
def test_a_season_is_found(method, scale):
    y = np.exp(scale * np.sin(2 * np.pi * np.arange(48) / 6)) * 100
    truth = np.exp(scale * np.sin(2 * np.pi * np.arange(48, 60) / 6)) * 100
    np.testing.assert_allclose(forecast_ends(method, y, seasons=[6], horizon=12)[0], truth, rtol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 0.0), (0.3, 0.0), (0.6, 0.0), (1.0, 0.0), (0.6, 0.06)])
def test_parameters_of_simulated_series(alpha, beta):
    rng, y, level, trend = np.random.default_rng(5), np.empty(1500), 100.0, 0.0
    shocks = rng.normal(size=len(y))
    for t, shock in enumerate(shocks):
        level += trend
        y[t] = level + shock
        level, trend = level + alpha * shock, trend + beta * shock
    fitted = fit(ETS, y)
    weights = fitted.models[0, :, WEIGHT]
    # The grid holds the truth, and 1,500 values tell it from its neighbours.
    assert weights @ fitted.models[0, :, 0] == pytest.approx(alpha, abs=0.02)
    assert weights @ fitted.models[0, :, 1] == pytest.approx(beta, abs=0.01)
    origins = np.arange(1000, 1500)
    ahead = fitted.forecast(y, np.array([0, 1500]), np.zeros(500, int), origins, 1)[:, 0]
    # One-step errors are the shocks, but for what parameters that are nearly right cost.
    np.testing.assert_allclose(y[origins] - ahead, shocks[origins], atol=0.15)


@METHODS
@pytest.mark.parametrize("level", [0.0, 50.0])
@pytest.mark.parametrize("n", [15, 21, 84])
def test_a_season_without_noise_goes_on(method, level, n):
    season = np.array([0.0, 3, 5, 3, 0, -4, -7])
    ahead = forecast_ends(method, level + np.resize(season, n), seasons=[7], horizon=7)[0]
    assert np.isfinite(ahead).all()
    if n > 21:  # Of three seasons Theta asks whether they are any.
        np.testing.assert_allclose(ahead, level + np.resize(season, n + 7)[n:], atol=1e-6)


@METHODS
@pytest.mark.parametrize("y", [[3.0], [3.0, 5.0], [1.0, 2.0, 3.0, 4.0], [4.1] * 30], ids=len)
def test_few_values_and_constants_are_repeated(method, y):
    assert forecast_ends(method, np.array(y), seasons=[4]).tolist() == [[y[-1]] * 6]


@METHODS
def test_gaps_at_both_ends(method):
    y = seasonal_series(40)
    y[[0, 1, 38, 39]] = np.nan
    whole = forecast_ends(method, seasonal_series(40), seasons=[4])[0]
    np.testing.assert_allclose(forecast_ends(method, y, seasons=[4])[0], whole, atol=3)  # Three standard deviations.


# --- States and panels -----------------------------------------------------------------------------------------------


@METHODS
def test_states_move_on_to_the_same_bits(method):
    y = seasonal_series(80)
    y[[50, 51]] = np.nan
    fitted, offsets = fit(method, y[:40], seasons=[4]), np.array([0, 80])
    followed = fitted.follow(y[:60], np.array([0, 60])).follow(y, offsets)
    end = followed.forecast(y, offsets, np.array([0]), np.array([80]), 6)
    np.testing.assert_array_equal(fitted.forecast(y, offsets, np.array([0]), np.array([80]), 6), end)
    np.testing.assert_array_equal(followed.forecast(y, offsets, np.zeros(3, int), np.array([80, 20, 50]), 6)[:1], end)
    changed = np.where(np.arange(80) < 50, y, 1e6)
    early = followed.forecast(y, offsets, np.zeros(2, int), np.array([50, 20]), 6)
    np.testing.assert_array_equal(followed.forecast(changed, offsets, np.zeros(2, int), np.array([50, 20]), 6), early)


@METHODS
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5), n_jobs=st.sampled_from([1, 2]))
def test_a_series_is_the_same_alone_and_in_a_panel(method, lengths, n_jobs):
    series = [seasonal_series(n, seed=n) for n in lengths]
    together = forecast_ends(method, *series, seasons=[2, 4], n_jobs=n_jobs)
    alone = [forecast_ends(method, y, seasons=[2, 4])[0] for y in series]
    np.testing.assert_array_equal(together, alone)


@METHODS
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_scale(method, factor):
    y = seasonal_series(40)
    ahead = forecast_ends(method, y, seasons=[4])
    np.testing.assert_allclose(forecast_ends(method, factor * y, seasons=[4]), factor * ahead, rtol=1e-9)


@METHODS
def test_logarithms(method):
    y = seasonal_series(48)
    ends = np.array([0, 48])
    fits = [Smoothing.fit(method, factor * y, ends, [4], log=True) for factor in (1.0, 1e9)]
    ahead, many = (f.forecast(k * y, ends, ends[:1], ends[1:], 6) for f, k in zip(fits, (1.0, 1e9), strict=True))
    np.testing.assert_allclose(many, 1e9 * ahead, rtol=1e-9)
    assert (fits[0].kinds <= 1).all()  # Additive seasons of logarithms are multiplicative already.
    parts = fits[0].forecast(y, ends, ends[:1], ends[1:], 6, components=True)
    np.testing.assert_allclose(parts.sum(axis=0), ahead, rtol=1e-12)
    np.testing.assert_allclose(
        ahead, forecast_ends(method, y, seasons=[4]), rtol=0.05
    )  # The noise is 2 % of the level.


@METHODS
@pytest.mark.parametrize(("factor", "shift"), [(-1.0, -1e3), (1.0, -1e9)])
def test_shift_and_sign_of_series_with_additive_seasons(method, factor, shift):
    y = seasonal_series(40, level=-50)
    ahead = forecast_ends(method, y, seasons=[4])
    shifted = forecast_ends(method, factor * y + shift, seasons=[4])
    # Of values about 1e9, double precision keeps seven digits after the point.
    np.testing.assert_allclose(shifted - shift, factor * ahead, atol=1e-5)


@METHODS
def test_components_add_up(method):
    y = seasonal_series(60)
    level, trend, season = forecast_ends(method, y, seasons=[4], components=True)
    np.testing.assert_allclose(level + trend + season, forecast_ends(method, y, seasons=[4]), rtol=1e-12)
    assert np.ptp(level) == 0
    np.testing.assert_allclose(np.diff(trend), 0.3, atol=0.2)  # The slope of the series, damped.
    np.testing.assert_allclose(season[0, :4], [0, 5, 0, -5], atol=1.5)


@METHODS
def test_more_series(method):
    first, second = seasonal_series(40), seasonal_series(30, seed=1)
    extended = fit(method, first, seasons=[4]).extend(np.concatenate([first, second]), np.array([0, 40, 70]))
    both = fit(method, first, second, seasons=[4])
    for name in ("models", "kinds", "first_seasons", "units", "states", "seasons", "seen"):
        np.testing.assert_array_equal(getattr(extended, name), getattr(both, name))
