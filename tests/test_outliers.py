"""The filter of outliers: against a plain loop over time, and what it promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn.outliers import OutlierFilter, hampel
from tsrnn.outliers.hampel import N_CHANGES, RUN


def median_before(z, t, lag):
    """Median of the last changes over a lag before t, and of their sizes; None where there is none."""
    changes = [z[s] - z[s - lag] for s in range(t - 1, max(t - 1 - N_CHANGES, lag - 1), -1)]
    return (np.median(changes), np.median(np.abs(changes))) if changes else (None, None)


def judge(z, x, t, lags, units, start):
    """Return ratio, sign and replacement of one value in one scale; ratio 0 where nothing is predicted."""
    found = []
    for lag, unit in zip(lags, units, strict=True):
        if math.isnan(unit) or (t < lag and (lag > 1 or t > 0)):
            continue
        change = median_before(z, t, lag)[0]
        if t == 0:
            prediction = start
        elif change is None:
            if lag > 1:
                continue
            prediction = z[t - 1]
        else:
            prediction = z[t - lag] + change
        if np.isfinite(prediction):
            found.append((unit, x[t] - prediction, prediction))
    if not found or not np.isfinite(min(found)[0]):
        return 0.0, 0.0, np.nan
    cap = hampel.MAX_RATIO * min(found)[0]
    ratio, sign = min((abs(error) / min(unit, cap), np.sign(error)) for unit, error, _ in found)
    return ratio, sign, min(found, key=lambda entry: entry[0])[2]


def slow_filter(fitted, x):
    """Filter one series value by value."""
    z = x.copy()
    for t in range(len(x)):
        sign, replacement = look_at(fitted, z, x, t)
        runs = [
            t >= (RUN - 1) * lag and all(look_at(fitted, z, x, t - k * lag)[0] == sign for k in range(1, RUN))
            for lag in fitted.lags
        ]
        if sign and runs[0] and z[t - 1] != x[t - 1]:
            z[t - RUN + 1 : t] = x[t - RUN + 1 : t]
        elif sign and not any(runs) and np.isfinite(replacement):
            z[t] = max(replacement, fitted.bounds[0])
    return z


def look_at(fitted, z, x, t):
    """Return the side to which a value is an outlier, or 0, and its replacement."""
    floor, start = fitted.floors[0], fitted.starts[0]
    ratio, sign, replacement = judge(z, x, t, fitted.lags, fitted.units[0, 0], start)
    sign = sign if ratio > hampel.THRESHOLD else 0
    if np.isfinite(floor):
        logs = [np.log(np.maximum(v, floor)) for v in (z, x, np.array([start]))]
        log_ratio, log_sign, predicted = judge(logs[0], logs[1], t, fitted.lags, fitted.units[1, 0], logs[2][0])
        size = median_before(z, t, 1)[1] or 0.0
        jumps = t == 0 or abs(x[t] - z[t - 1]) > hampel.MIN_CHANGE * size
        if log_ratio > hampel.THRESHOLD and ratio > hampel.MIN_RAW and jumps:
            sign = log_sign
        replacement = np.exp(predicted)
    return sign, replacement


def spiky(seed, n, kind):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    x = {
        "flat": 10 + rng.normal(size=n),
        "trend": 100 + 3 * t + rng.normal(size=n),
        "season": 50 + np.resize([0.0, 20, 5, -10], n) + rng.normal(size=n),
        "growth": np.exp(0.03 * t + 0.05 * rng.normal(size=n)),
        "walk": rng.normal(size=n).cumsum(),
    }[kind]
    for row in rng.choice(n, min(3, n), replace=False):
        x[row] = x[row] * rng.choice([0.0, 0.01, 10.0]) + rng.choice([0.0, 60.0])
    return x


@pytest.mark.parametrize("kind", ["flat", "trend", "season", "growth", "walk"])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 11, 16, 60])
@pytest.mark.parametrize("seasons", [(), (4,), (4, 12)])
def test_equals_a_loop_over_time(kind, n, seasons):
    for seed in range(3):
        x = spiky(seed, n, kind)
        fitted = OutlierFilter.fit(x, np.array([0, n]), seasons)
        # The same sums and differences of the same numbers, but for logarithms of arrays and of numbers.
        np.testing.assert_allclose(fitted.apply(x, np.array([0, n])), slow_filter(fitted, x), rtol=1e-13)


SERIES = st.lists(
    st.floats(-100, 100, width=32) | st.sampled_from([0.0, 1.0, 1e6, -1e6, 1e200]), min_size=10, max_size=40
).map(np.array)


@given(SERIES, SERIES, st.integers(1, 40), st.floats(-1e9, 1e9))
def test_neither_later_values_nor_other_series_matter(x, other, first, value):
    offsets = np.array([0, len(x), len(x) + len(other)])
    fitted = OutlierFilter.fit(np.concatenate([x, other]), offsets, (4,))
    alone = OutlierFilter.fit(x, offsets[:2], (4,))
    np.testing.assert_array_equal(fitted.units[:, :1], alone.units)
    filtered = fitted.apply(np.concatenate([x, other]), offsets)[: len(x)]
    np.testing.assert_array_equal(filtered, alone.apply(x, offsets[:2]))
    changed = x.copy()
    changed[first:] = value
    cut, later = np.array([0, min(first, len(x))]), alone.apply(changed, offsets[:2])
    past = slice(0, first if not np.isin(first, alone.unsettled(changed, offsets[:2])) else max(first - RUN + 1, 0))
    np.testing.assert_array_equal(later[past], alone.apply(x[:first], cut)[past])


@settings(max_examples=50)
@given(SERIES, SERIES, st.lists(st.integers(1, 12), min_size=1, max_size=5))
def test_in_pieces_is_the_same_as_at_once(x, new, steps):
    fitted = OutlierFilter.fit(x, np.array([0, len(x)]), (4,))
    whole = np.concatenate([x, new])
    expected = fitted.apply(whole, np.array([0, len(whole)]))
    seen, filtered = len(x), fitted.apply(x, np.array([0, len(x)]))
    for step in [*steps, len(new)]:
        before, seen = np.array([0, seen]), min(seen + step, len(whole))
        filtered = fitted.apply(whole[:seen], np.array([0, seen]), filtered, before)
    np.testing.assert_array_equal(filtered, expected)


@given(SERIES, st.integers(-40, 40))
def test_units_of_the_series_do_not_matter(x, exponent):
    # A power of two scales without rounding; logarithms round.
    offsets, factor = np.array([0, len(x)]), 2.0**exponent
    expected = OutlierFilter.fit(x, offsets, (4,)).apply(x, offsets) * factor
    np.testing.assert_allclose(OutlierFilter.fit(x * factor, offsets, (4,)).apply(x * factor, offsets), expected, 1e-9)


def filtered(x, seasons=()):
    offsets = np.array([0, len(x)])
    return OutlierFilter.fit(x, offsets, seasons).apply(x, offsets)


@pytest.mark.parametrize("row", [0, 1, 2, 20, 57, 58, 59])
@pytest.mark.parametrize("value", [0.0, 0.5, 500.0, -300.0, 1e200])
def test_one_value_is_replaced_wherever_it_stands(row, value):
    clean = 50 + np.random.default_rng(0).normal(size=60)
    x = clean.copy()
    x[row] = value
    z = filtered(x)
    assert np.flatnonzero(z != x).tolist() == [row]
    assert abs(z[row] - 50) < 5  # within five standard deviations of the series


@pytest.mark.parametrize("rows", [(10, 11), (10, 30, 50), (57, 59)])
def test_several_values_are_replaced(rows):
    x = 50 + np.random.default_rng(0).normal(size=60)
    x[list(rows)] = 500.0
    assert np.flatnonzero(filtered(x) != x).tolist() == list(rows)


@pytest.mark.parametrize("height", [100, -30, 1e9])
def test_a_step_is_kept_from_its_third_value_on(height):
    x = 50 + np.random.default_rng(0).normal(size=60)
    x[40:] += height
    offsets = np.array([0, 60])
    fitted = OutlierFilter.fit(x, offsets)
    np.testing.assert_array_equal(fitted.apply(x, offsets), x)
    for n, replaced in {40: [], 41: [40], 42: [40, 41], 43: [], 50: []}.items():
        z = fitted.apply(x[:n], np.array([0, n]))
        assert np.flatnonzero(z != x[:n]).tolist() == replaced
    assert fitted.unsettled(x, offsets).tolist() == [41, 42]


def test_a_season_that_begins_later_is_kept_from_its_third_time_on():
    rng = np.random.default_rng(0)
    past, x = 50 + rng.normal(size=60), 50 + rng.normal(size=60)
    x[5::12] += 100
    fitted, both = OutlierFilter.fit(past, np.array([0, 60]), (12,)), np.concatenate([past, x])
    z = fitted.apply(both, np.array([0, 120]))
    assert np.flatnonzero(z != both).tolist() == [65, 77]


def test_a_season_that_begins_later_is_kept_value_by_value_as_at_once():
    """Sides of earlier seasons are judged from all that their own predictions need."""
    rng = np.random.default_rng(0)
    y = 50 + rng.normal(size=160) + np.resize(20 * rng.normal(size=12), 160)
    fitted = OutlierFilter.fit(y[:60], np.array([0, 60]), (12,))
    y[64::12] += 300
    expected = fitted.apply(y, np.array([0, 160]))
    filtered = fitted.apply(y[:60], np.array([0, 60]))
    for n in range(61, 161):
        filtered = fitted.apply(y[:n], np.array([0, n]), filtered, np.array([0, n - 1]))
    np.testing.assert_array_equal(filtered, expected)
    np.testing.assert_array_equal(expected, slow_filter(fitted, y))
    assert 0 < (expected != y).sum() < 5


def test_no_replacement_is_negative_where_nothing_was():
    x = np.resize([0.0, 1.0, 2.0, 1.0], 40)
    x[-2], x[-1] = 0.0, 1e9
    z = filtered(x)
    assert np.flatnonzero(z != x).tolist() == [39] and 0 <= z[39] <= 2


def test_what_seasons_explain_is_no_outlier():
    x = 50 + np.random.default_rng(0).normal(size=120)
    x[5::12] += 100
    np.testing.assert_array_equal(filtered(x, (12,))[18:], x[18:])


@pytest.mark.parametrize("draw", ["normal", "standard_t", "exponential", "lognormal", "poisson", "walk"])
def test_ordinary_noise_is_left_alone(draw):
    """Of 20,000 values at most one in five hundred is replaced, of heavy tails too."""
    rng = np.random.default_rng(0)
    count = 0
    for _ in range(100):
        x = {
            "normal": lambda: rng.normal(size=200),
            "standard_t": lambda: rng.standard_t(3, size=200),
            "exponential": lambda: rng.exponential(size=200),
            "lognormal": lambda: rng.lognormal(size=200),
            "poisson": lambda: rng.poisson(3, size=200).astype(float),
            "walk": lambda: rng.normal(size=200).cumsum(),
        }[draw]()
        count += (filtered(x) != x).sum()
    assert count <= 40


@pytest.mark.parametrize("x", [np.arange(100) * 0.1, np.tile([0.1, 0.7, 1.3], 30), 3.3 * 1.1 ** np.arange(60.0)])
def test_roundings_are_no_outliers(x):
    np.testing.assert_array_equal(filtered(x, (3,)), x)


def test_demand_is_no_outlier():
    x = np.zeros(200)
    x[::37] = 80.0
    np.testing.assert_array_equal(filtered(x), x)


def test_extended_filters_keep_what_they_know(rng):
    x, offsets = rng.normal(size=90), np.array([0, 30, 90])
    first = OutlierFilter.fit(x[:30], offsets[:2], (4,))
    both = first.extend(x, offsets)
    expected = OutlierFilter.fit(x, offsets, (4,))
    for name in ("units", "starts", "floors", "bounds"):
        np.testing.assert_array_equal(getattr(both, name), getattr(expected, name))
    assert first.extend(x[:30], offsets[:2]) is first
