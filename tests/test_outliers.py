"""The filter of outliers: against a plain loop over time, and what it promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn.outliers import OutlierFilter, hampel
from tsrnn.outliers.hampel import RUN
from tsrnn.outliers.rows import MAX_LAGS
from tsrnn.outliers.units import N_CHANGES


def before(times, t, lag):
    """Return the value a lag before one, and by how many lags it is earlier; None if there is none."""
    if lag == 1:
        return (t - 1, times[t] - times[t - 1]) if t else None
    earlier = [(times.index(times[t] - n * lag), n) for n in range(1, MAX_LAGS + 1) if times[t] - n * lag in times[:t]]
    return earlier[0] if earlier else None


def median_before(z, times, t, lag):
    """Median of the last changes over a lag before t, and of their sizes; None where there is none."""
    pairs = [(s, before(times, s, lag)) for s in range(max(t - N_CHANGES, 0), t)]
    changes = [(z[s] - z[pair[0]]) / pair[1] for s, pair in pairs if pair]
    return (np.median(changes), np.median(np.abs(changes))) if changes else (None, None)


def judge(z, x, times, t, lags, units, start):
    """Return ratio, sign and replacement of one value in one scale; ratio 0 where nothing is predicted."""
    found = []
    for lag, unit in zip(lags, units, strict=True):
        if math.isnan(unit) or (times[t] < lag and (lag > 1 or t > 0)):
            continue
        change, pair = median_before(z, times, t, lag)[0], before(times, t, lag)
        if (pair is None or change is None) and lag > 1:
            continue
        steady, distance = (start, 1) if t == 0 else (z[pair[0]] + (change or 0.0), pair[1])
        prediction = z[pair[0]] + distance * (change or 0.0) if distance > 1 else steady
        if np.isfinite(prediction):
            found.append((unit * distance, x[t] - prediction, steady))
    if not found or not np.isfinite(min(found)[0]):
        return 0.0, 0.0, np.nan
    cap = hampel.MAX_RATIO * min(found)[0]
    ratio, sign = min((abs(error) / min(unit, cap), np.sign(error)) for unit, error, _ in found)
    return ratio, sign, min(found, key=lambda entry: entry[0])[2]


def slow_filter(fitted, values):
    """Filter one series value by value."""
    rows = [row for row in range(len(values)) if not np.isnan(values[row])]
    times, x = [row - rows[0] for row in rows], values[rows]
    z = x.copy()
    for t in range(len(x)):
        sign, replacement = look_at(fitted, z, x, times, t)
        runs = [is_run(fitted, z, x, times, t, lag, sign) for lag in fitted.lags]
        if sign and runs[0] and z[t - 1] != x[t - 1]:
            z[t - RUN + 1 : t] = x[t - RUN + 1 : t]
        elif sign and not any(runs) and not lacks_season(fitted, times, t) and np.isfinite(replacement):
            z[t] = max(replacement, fitted.bounds[0])
    result = values.copy()
    result[rows] = z
    return result


def lacks_season(fitted, times, t):
    """Tell whether the values one to three seasons before are missing."""
    used = [lag for lag, unit in zip(fitted.lags, fitted.units[0, 0], strict=True) if not np.isnan(unit)]
    return any(times[t] >= lag and before(times, t, lag) is None for lag in used)


def is_run(fitted, z, x, times, t, lag, sign):
    """Tell whether the values one and two lags before are outliers to the same side."""
    for _ in range(RUN - 1):
        pair = before(times, t, lag)
        if pair is None or look_at(fitted, z, x, times, pair[0])[0] != sign:
            return False
        t = pair[0]
    return True


def look_at(fitted, z, x, times, t):
    """Return the side to which a value is an outlier, or 0, and its replacement."""
    floor, start = fitted.floors[0], fitted.starts[0]
    ratio, sign, replacement = judge(z, x, times, t, fitted.lags, fitted.units[0, 0], start)
    sign = sign if ratio > hampel.THRESHOLD else 0
    if np.isfinite(floor):
        logs = [np.log(np.maximum(v, floor)) for v in (z, x, np.array([start]))]
        log_ratio, log_sign, predicted = judge(logs[0], logs[1], times, t, fitted.lags, fitted.units[1, 0], logs[2][0])
        size = median_before(z, times, t, 1)[1] or 0.0
        jumps = t == 0 or abs(x[t] - z[t - 1]) > hampel.MIN_CHANGE * (times[t] - times[t - 1]) * size
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


@pytest.mark.parametrize("kind", ["flat", "trend", "season", "growth", "walk"])
@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("seasons", [(), (4,), (4, 12)])
def test_equals_a_loop_over_time_with_missing_values(kind, share, seasons):
    for seed in range(3):
        x = spiky(seed, 70, kind)
        rng = np.random.default_rng(seed)
        x[rng.random(70) < share] = np.nan
        x[30:45] = np.nan
        fitted = OutlierFilter.fit(x, np.array([0, 70]), seasons)
        np.testing.assert_allclose(fitted.apply(x, np.array([0, 70])), slow_filter(fitted, x), rtol=1e-13)


VALUES = st.floats(-100, 100, width=32) | st.sampled_from([0.0, 1.0, 1e6, -1e6, 1e200, np.nan])
SERIES = st.lists(VALUES, min_size=10, max_size=40).map(np.array)


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
    last = np.flatnonzero(np.isfinite(x[:first]))[1 - RUN :]  # rows that a new level may restore
    is_settled = not np.isin(first, alone.unsettled(changed, offsets[:2]))
    past = slice(0, first if is_settled else last.min(initial=first))
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


def test_missing_values_before_the_first_do_not_matter():
    x = 50 + np.random.default_rng(0).normal(size=60)
    x[[0, 20]] = 500.0
    late = np.concatenate([np.full(7, np.nan), x])
    np.testing.assert_array_equal(filtered(late, (12,))[7:], filtered(x, (12,)))


@pytest.mark.parametrize("value", [0.0, 500.0, 1e200])
@pytest.mark.parametrize("row", [8, 30, 50, 119])
def test_an_outlier_among_missing_values_is_replaced(row, value):
    rng = np.random.default_rng(0)
    clean = 50 + np.resize([0.0, 5, 2, -4], 120) + rng.normal(size=120)
    x = np.where(rng.random(120) < 0.3, np.nan, clean)
    x[row] = value
    z = filtered(x, (4,))
    assert np.flatnonzero((z != x) & ~np.isnan(x)).tolist() == [row]
    assert abs(z[row] - clean[row]) < 15  # a range of the series
    np.testing.assert_array_equal(np.isnan(z), np.isnan(x))


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("kind", ["trend", "walk", "spikes"])
def test_missing_values_make_no_outliers(kind, share):
    """Trends go on across gaps, walks go far, and spikes of a season are kept from their third time on."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = {
            "trend": lambda rng: 100.0 * np.arange(240) + rng.normal(size=240),
            "walk": lambda rng: rng.normal(size=240).cumsum(),
            "spikes": lambda rng: 50 + np.resize([100.0, *np.zeros(11)], 240) + rng.normal(size=240),
        }[kind](rng)
        x[rng.random(240) < share] = np.nan
        x[150:180] = np.nan
        first = np.flatnonzero(np.isfinite(x) & (np.arange(240) % 12 == 0))[: RUN - 1]
        z = filtered(x, (12,))
        np.testing.assert_array_equal(np.delete(z, first), np.delete(x, first))


def test_a_step_across_missing_values_is_kept_from_its_third_value_on():
    x = 50 + np.random.default_rng(0).normal(size=60)
    x[40:] += 100
    x[[41, 43, 44]] = np.nan  # observed are 40, 42, 45, ...
    offsets = np.array([0, 60])
    fitted = OutlierFilter.fit(x, offsets)
    np.testing.assert_array_equal(fitted.apply(x, offsets), x)
    for n, replaced in {41: [40], 42: [40], 43: [40, 42], 45: [40, 42], 46: [], 50: []}.items():
        z = fitted.apply(x[:n], np.array([0, n]))
        assert np.flatnonzero((z != x[:n]) & ~np.isnan(x[:n])).tolist() == replaced
    assert fitted.unsettled(x, offsets).tolist() == [41, 42, 43, 44, 45]


def test_a_series_without_observations_is_left_alone():
    x = np.concatenate([np.full(9, np.nan), 50 + np.random.default_rng(0).normal(size=40)])
    x[30] = 500.0
    offsets = np.array([0, 9, 49])
    fitted = OutlierFilter.fit(x, offsets, (4,))
    z = fitted.apply(x, offsets)
    assert np.flatnonzero(z != x).tolist() == [*range(9), 30] and np.isnan(z[:9]).all()
    later = np.concatenate([x[:9], [1.0, 2.0], x[9:]])
    np.testing.assert_array_equal(fitted.apply(later, np.array([0, 11, 51]), z, offsets)[9:], [1.0, 2.0, *z[9:]])


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_value_by_value_is_as_at_once_with_missing_values(share):
    """A season that begins, a step and single outliers, among single missing values and gaps of many seasons."""
    rng = np.random.default_rng(0)
    y = 50 + rng.normal(size=240) + np.resize(20 * rng.normal(size=12), 240)
    y[rng.integers(60, 240, size=8)] += 300
    y[64:130:12] += 300
    y[200:] -= 100
    y[rng.random(240) < share] = np.nan
    y[150:190] = np.nan
    fitted = OutlierFilter.fit(y[:60], np.array([0, 60]), (4, 12))
    expected = fitted.apply(y, np.array([0, 240]))
    unsettled = fitted.unsettled(y, np.array([0, 240]))
    z = fitted.apply(y[:60], np.array([0, 60]))
    for n in range(61, 241):
        z = fitted.apply(y[:n], np.array([0, n]), z, np.array([0, n - 1]))
        if n not in unsettled:
            np.testing.assert_array_equal(z, expected[:n])
    np.testing.assert_array_equal(z, expected)
    assert len(unsettled) > 0 and (expected != y)[np.isfinite(y)].any()
