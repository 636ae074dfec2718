import numpy as np
import pandas as pd
import pytest
from pandas.tseries.frequencies import to_offset

from tsrnn.seasonality import (
    SMOOTHING,
    Decomposition,
    _past_error,
    choose_decomposition,
    season_sets,
    seasonal_future,
    seasonal_part,
    seasons_of_frequency,
    seasons_of_values,
)

PATTERN = np.array([0.0, 3.0, 1.0, -4.0, 0.0])


def slow_seasonal_part(x, season, smoothing):
    """The same by its definition, one value at a time."""
    deviations = [x[t] - x[max(0, t - season + 1) : max(t + 1, season)].mean() for t in range(len(x))]
    part = np.zeros(len(x) + season)
    for t in range(season, len(x) + season):
        weight = 1.0 if t - season <= 2 * season - 1 else smoothing
        part[t] = part[t - season] + weight * (deviations[t - season] - part[t - season])
    return part


@pytest.mark.parametrize("smoothing", SMOOTHING)
@pytest.mark.parametrize(("n", "season"), [(5, 5), (9, 5), (33, 5), (40, 12), (7, 2)])
def test_seasonal_part_by_definition(rng, n, season, smoothing):
    x = rng.normal(size=n).cumsum()
    np.testing.assert_allclose(
        seasonal_part(x, season, smoothing), slow_seasonal_part(x, season, smoothing), atol=1e-12
    )


@pytest.mark.parametrize("seasons", [(5,), (5, 15)])
def test_the_past_alone_decides(rng, seasons):
    x = rng.normal(size=90)
    changed = x.copy()
    changed[60:] += 100
    for smoothing in SMOOTHING:
        rest, parts = Decomposition(seasons, smoothing).apply(x)
        other_rest, other_parts = Decomposition(seasons, smoothing).apply(changed)
        np.testing.assert_array_equal(rest[:60], other_rest[:60])
        futures = [seasonal_future(p, seasons, np.array([40, 60]), 70) for p in (parts, other_parts)]
        np.testing.assert_array_equal(*futures)


def test_a_pure_season_leaves_a_constant():
    x = 7 + np.tile(PATTERN, 8)
    decomposition = Decomposition((5,), 0.3)
    rest, parts = decomposition.apply(x)
    np.testing.assert_allclose(rest[decomposition.first_row :], 7)
    np.testing.assert_allclose(
        seasonal_future(parts, (5,), np.array([len(x)]), 12)[0], np.resize(PATTERN, 12), atol=1e-12
    )


def test_a_series_shorter_than_its_season_has_none():
    rest, parts = Decomposition((12,), 0.5).apply(np.arange(8.0))
    np.testing.assert_array_equal(rest, np.arange(8.0))
    np.testing.assert_array_equal(parts[0], np.zeros(20))


@pytest.mark.parametrize(
    ("freq", "seasons"),
    [
        ("h", (24, 168)), ("30min", (48, 336)), ("15min", (96, 672)), ("2h", (12, 84)), ("min", (1440, 10080)),
        ("10s", (6, 360, 8640)), ("D", (7, 364, 365)), ("2D", (182,)), ("B", (5, 260)), ("C", (5, 260)),
        ("W-SUN", (52,)), ("2W-MON", (26,)), ("MS", (12,)), ("ME", (12,)), ("BME", (12,)), ("2MS", (6,)),
        ("WOM-2TUE", (12,)), ("CBME", (12,)), ("SMS", (24,)), ("QS-FEB", (4,)), ("BQE", (4,)), ("YE", ()),
        ("YS-APR", ()),
    ],
)  # fmt: skip
def test_seasons_of_frequencies(freq, seasons):
    assert seasons_of_frequency(to_offset(freq)) == seasons


@pytest.mark.parametrize("freq", ["M", "h", "D", "Q", "W-WED"])
def test_periods_have_the_seasons_of_their_frequency(freq):
    offset = pd.period_range("2024-01", periods=2, freq=freq).freq
    assert seasons_of_frequency(offset)[0] == {"M": 12, "h": 24, "D": 7, "Q": 4, "W-WED": 52}[freq]


def test_seasons_of_values(rng):
    noise = rng.normal(size=200) * 0.3
    assert seasons_of_values([np.tile(PATTERN, 40) + noise], 60)[0] == 5
    assert seasons_of_values([rng.normal(size=200).cumsum()], 60) == ()
    assert seasons_of_values([np.zeros(50)], 60) == ()
    assert seasons_of_values([np.arange(5.0)], 60) == ()
    assert seasons_of_values([np.tile(PATTERN, 40), np.ones(1)], 60)[0] == 5


def test_season_sets():
    assert season_sets(()) == [()]
    assert season_sets((7,)) == [(), (7,)]
    assert season_sets((7, 364, 365)) == [(), (7,), (364,), (365,), (7, 364), (7, 365)]


def test_choice_of_season_and_logarithm(rng):
    growing = np.exp(0.02 * np.arange(120)) * (10 + np.tile(PATTERN, 24))
    decomposition, log = choose_decomposition([growing], 5, [(), (5,)], (False, True))
    assert decomposition.seasons == (5,)
    assert log
    walk = 100 + rng.normal(size=120).cumsum()
    decomposition, _ = choose_decomposition([walk], 3, [(), (5,)], (False,))
    assert decomposition.seasons == ()


def test_constant_and_tiny_series_have_a_choice():
    for x in (np.ones(50), np.array([3.0]), np.zeros(3)):
        decomposition, log = choose_decomposition([x], 4, [(), (7,)], (False,))
        assert decomposition == Decomposition()
        assert not log


@pytest.mark.parametrize("horizon", [1, 3, 12])
@pytest.mark.parametrize("n", [24, 25, 27, 36])
def test_a_season_seen_twice_is_found_for_any_horizon(n, horizon, rng):
    """For any horizon: the season must be judged from more than one origin."""
    for _ in range(10):
        y = np.resize(5 * rng.normal(size=12), n) + rng.normal(size=n)
        decomposition, _ = choose_decomposition([y], horizon, [(), (12,)], (False,))
        assert decomposition.seasons == (12,)


@pytest.mark.parametrize("seasons", [(3,), (7,), (7, 30)])
@pytest.mark.parametrize("known", [2, 13, 20, 50, 149])
def test_a_decomposition_goes_on_from_an_earlier_one(seasons, known, rng):
    x, decomposition = rng.normal(size=150), Decomposition(seasons, smoothing=0.3)
    _, before = decomposition.apply(x[:known])
    remainder, parts = decomposition.apply(x, before, known)
    expected, expected_parts = decomposition.apply(x)
    # Sums of a season are added up in another order.
    np.testing.assert_allclose(remainder, expected, atol=1e-13)
    for part, other in zip(parts, expected_parts, strict=True):
        np.testing.assert_allclose(part, other, atol=1e-13)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_seasons_are_found_in_values_with_gaps(rng, share):
    x = np.tile(PATTERN, 100) + 0.3 * rng.normal(size=500)
    walk = rng.normal(size=500).cumsum()
    missing = rng.random(500) < share
    missing[100:140] = True
    x[missing] = walk[missing] = np.nan
    assert seasons_of_values([x], 60)[0] == 5
    # Of a tenth of the changes some are alike by chance, as in a short series.
    assert share > 0.5 or seasons_of_values([walk], 60) == ()


@pytest.mark.parametrize("x", [np.full(50, np.nan), np.resize([1.0, np.nan], 50), np.array([np.nan, 1.0])])
def test_values_without_observed_changes_have_no_season(x):
    assert seasons_of_values([x], 60) == ()


def test_the_decomposition_is_chosen_by_observed_values(rng):
    """Values that stand where none were observed are none to be judged by."""
    x = 10 + np.resize(5 * rng.normal(size=6), 120) + rng.normal(size=120)
    observed = np.ones(120, dtype=bool)
    observed[80:100] = False
    sets = [(), (6,)]
    choice, _ = choose_decomposition([x], 3, sets, (False,), [observed])
    assert choice.seasons == (6,)
    every, _ = choose_decomposition([x], 3, sets, (False,), [np.ones(120, dtype=bool)])
    assert every == choose_decomposition([x], 3, sets, (False,))[0]
    none = choose_decomposition([x], 3, sets, (False, True), [np.zeros(120, dtype=bool)])
    assert none == (Decomposition(), False)


def test_errors_of_values_that_are_not_observed_do_not_count(rng):
    x = rng.normal(size=60)
    observed = rng.random(60) < 0.7
    rest, parts = Decomposition((4,), 0.5).apply(x)
    errors = []
    for origin in range(30, 58):
        level = rest[origin - 3 : origin].mean()
        future = seasonal_future(parts, (4,), np.array([origin]), 3)[0]
        errors += [abs(level + future[k] - x[origin + k]) for k in range(3) if observed[origin + k]]
    unit = np.mean([abs(x[t] - x[t - 1]) for t in range(1, 60) if observed[t] and observed[t - 1]])
    error = _past_error(x, rest, parts, (4,), 3, 3, 10, False, observed)
    np.testing.assert_allclose(error, np.mean(errors) / unit, rtol=1e-13)  # sums in another order
