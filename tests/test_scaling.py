import numpy as np
import pytest

from tsrnn.scaling import (
    MIN_SCALE,
    MIN_SPREAD,
    MIN_UNIT,
    SCALINGS,
    SeriesScaler,
    largest_rises,
    ordinary_spreads,
    series_units,
    window_levels,
    window_spreads,
)

OFFSETS = np.array([0, 20, 50])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("magnitude", [1e-200, 1e-12, 1.0, 1e12, 1e200])
def test_round_trip_and_order_one(rng, log, magnitude):
    values = magnitude * rng.lognormal(size=50)
    scaler = SeriesScaler.fit(values, OFFSETS, log)
    scaled = scaler.transform(values, OFFSETS)
    for start, stop in zip(OFFSETS[:-1], OFFSETS[1:], strict=True):
        np.testing.assert_allclose(scaled[start:stop].mean(), 0, atol=1e-12)
        np.testing.assert_allclose(scaled[start:stop].std(), 1, rtol=1e-12)
    back = scaler.restore(np.stack([scaled[:20], scaled[20:40]]), np.arange(2))
    # An exponential of a number near 30 carries a relative error of some 30 roundings.
    np.testing.assert_allclose(back, np.stack([values[:20], values[20:40]]), rtol=1e-13)


@pytest.mark.parametrize("n", [20, 41, 53])
@pytest.mark.parametrize("constant", [0.0, 5.0, -3e12, 0.1, 1e200, 3e299])
def test_constant_series(constant, n):
    values = np.full(n, constant)
    scaler = SeriesScaler.fit(values, np.array([0, n]), log=False)
    assert scaler.spread.tolist() == [max(1.0, MIN_SPREAD * abs(constant))]
    # A mean errs by some roundings of 1e-16, which stay below 1e-5 after a division by at least 1e-10 of the value.
    np.testing.assert_allclose(scaler.transform(values, np.array([0, n])), 0, atol=min(abs(constant) * 1e-15, 1e-5))


def test_extend_keeps_constants(rng):
    values = rng.normal(size=50)
    before = SeriesScaler.fit(values[:20], OFFSETS[:2], log=False)
    after = before.extend(values * 3, OFFSETS)
    assert after.center[0] == before.center[0]
    np.testing.assert_allclose(after.center[1], 3 * values[20:].mean())


def test_levels_and_spreads_of_windows(rng):
    rest = rng.normal(size=30) + 5
    ends, widths, lengths = np.array([4, 11, 30]), np.array([1, 3, 10]), np.array([4, 7, 30])
    levels = window_levels(rest, ends, widths)
    np.testing.assert_allclose(levels, [rest[3], rest[8:11].mean(), rest[20:].mean()])
    spreads = window_spreads(rest, ends, lengths, levels)
    expected = [
        np.sqrt(np.mean((rest[e - n : e] - level) ** 2)) for e, n, level in zip(ends, lengths, levels, strict=True)
    ]
    np.testing.assert_allclose(spreads, expected)


def test_ordinary_spreads_of_series():
    spreads = ordinary_spreads(np.array([3.0, 4.0, 0.0, 0.0]), np.array([0, 0, 2, 2]), 4)
    np.testing.assert_allclose(spreads, [np.sqrt(12.5), 1.0, MIN_UNIT, 1.0])


def test_units_are_the_scales_of_mase(rng):
    lengths = np.array([20, 1, 5, 13, 6])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    x = rng.normal(size=offsets[-1])
    x[offsets[3] : offsets[4]] = 4.0
    units = series_units(x, offsets, season=6)
    parts = np.split(x, offsets[1:-1])
    expected = [
        np.abs(parts[0][6:] - parts[0][:-6]).mean(),
        1.0,
        np.abs(np.diff(parts[2])).mean(),
        MIN_UNIT,
        np.abs(np.diff(parts[4])).mean(),
    ]
    np.testing.assert_allclose(units, expected, rtol=1e-14)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_scales_are_never_near_zero(scaling):
    units = np.array([2.0, 2.0])
    scales = SCALINGS[scaling](np.array([0.0, 5.0]), units)
    assert (scales >= MIN_SCALE * units).all()
    assert scales[1] == (5.0 if scaling == "window" else 2.0)


def test_constants_are_those_of_observed_values(rng):
    values, observed = rng.lognormal(size=50), rng.random(50) < 0.6
    kept = np.array([0, observed[:20].sum(), observed.sum()])
    for log in (False, True):
        scaler = SeriesScaler.fit(np.where(observed, values, 1e9), OFFSETS, log, observed)
        expected = SeriesScaler.fit(values[observed], kept, log)
        np.testing.assert_array_equal([scaler.center, scaler.spread], [expected.center, expected.spread])
        extended = SeriesScaler.fit(values[:20], OFFSETS[:2], log).extend(values, OFFSETS, observed)
        assert extended.center[1] == expected.center[1]


@pytest.mark.parametrize("log", [False, True])
def test_a_series_without_observations_has_constants(log):
    values, observed = np.array([np.nan, np.nan, 2.0, 4.0]), np.array([False, False, True, True])
    scaler = SeriesScaler.fit(values, np.array([0, 2, 4]), log, observed)
    assert scaler.center[0] == 0 and scaler.spread[0] == 1 and np.isfinite(scaler.center[1])


@pytest.mark.parametrize("season", [1, 3, 25])
def test_changes_are_those_of_observed_pairs(rng, season):
    x, observed = rng.normal(size=50), rng.random(50) < 0.6
    scaler = SeriesScaler(True, np.array([0.3, -0.2]), np.array([1.5, 0.7]))
    units = series_units(np.where(observed, x, np.nan), OFFSETS, season, observed)
    rises = largest_rises(np.where(observed, x, np.nan), OFFSETS, season, scaler, observed)
    for i, (start, stop) in enumerate(zip(OFFSETS[:-1], OFFSETS[1:], strict=True)):
        lag = season if stop - start > season else 1
        pairs = [(t - lag, t) for t in range(start + lag, stop) if observed[t] and observed[t - lag]]
        np.testing.assert_allclose(units[i], np.mean([abs(x[t] - x[s]) for s, t in pairs]), rtol=1e-14)
        restored = np.exp(x * scaler.spread[i] + scaler.center[i])
        np.testing.assert_allclose(rises[i], max(0, *(restored[t] - restored[s] for s, t in pairs)), rtol=1e-14)


def test_a_series_without_observed_changes_has_a_unit():
    assert series_units(np.arange(6.0), np.array([0, 6]), 1, np.resize([True, False], 6)).tolist() == [1.0]
