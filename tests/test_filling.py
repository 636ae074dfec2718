"""Filling of missing values: against a plain loop over time, and its promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.datasets import load_airline
from tsrnn.filling import MARGIN, MIN_WEIGHT, PERSISTENCE, SMOOTHING, Filling, first_observed
from tsrnn.outliers import OutlierFilter

FILLINGS = [
    Filling(),
    Filling((4,), 0.4, 0.9),
    Filling((4,), 1.0, 1.0),
    Filling((3,), 0.2, 0.5),
    Filling((2, 5), 0.4, 0.75),
    Filling((3, 12), 0.2, 1.0),
]


def slow_fill(filling, x):
    """Fill one series value by value."""
    first = next((t for t in range(len(x)) if np.isfinite(x[t])), len(x))
    filled = x.copy()
    for t in range(first + 1, len(x)):
        if np.isnan(x[t]):
            season = max((m for m in filling.seasons if m <= t - first), default=None)
            filled[t] = x[max(s for s in range(t) if np.isfinite(x[s]))]
            if season is not None:
                guess = slow_value(filling, x[first:t], filled[first:t], season)
                filled[t] = bounded(guess, x[first:t]) if np.isfinite(guess) else filled[t]
    return filled


def slow_value(filling, x, filled, season):
    """Return the value after a series by season, level and last remainder."""

    def deviation(t):
        return filled[t] - filled[max(0, t - season + 1) : max(t + 1, season)].sum() / season

    def component(t):
        number = t // season
        if number == 0:
            return deviation(t)
        terms, k = [], 1
        while k <= max(number - 1, 1) and (k == 1 or (1 - filling.smoothing) ** (k - 1) > MIN_WEIGHT):
            terms.append(((1 - filling.smoothing) ** (k - 1), deviation(t - k * season)))
            k += 1
        return sum(weight * term for weight, term in terms) / sum(weight for weight, _ in terms)

    t = len(filled)
    begin = t // season * season
    level = sum(filled[s] - component(s) for s in range(begin - season, begin)) / season
    remainder = filled[begin - 1] - component(begin - 1)
    for s in range(begin, t):
        remainder = level + filling.persistence * (remainder - level)
        if np.isfinite(x[s]):
            remainder = x[s] - component(s)
    return component(t) + level + filling.persistence * (remainder - level)


def bounded(guess, x):
    low, high = np.nanmin(x), np.nanmax(x)
    lower, upper = low - MARGIN * (high - low), high + MARGIN * (high - low)
    lower = max(lower, low / 2) if low >= 0 else lower
    upper = min(upper, high / 2) if high <= 0 else upper
    return min(max(guess, lower), upper)


def with_gaps(seed, n, kind):
    rng = np.random.default_rng(seed)
    x = {
        "season": 50 + np.resize([0.0, 20, 5, -10], n) + rng.normal(size=n),
        "trend": 3.0 * np.arange(n) + rng.normal(size=n),
        "walk": rng.normal(size=n).cumsum(),
    }[kind]
    x[rng.random(n) < 0.3] = np.nan
    for begin in rng.integers(0, n, size=n // 20):
        x[begin : begin + 9] = np.nan
    return x


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("kind", ["season", "trend", "walk"])
@pytest.mark.parametrize("n", [1, 2, 5, 9, 70])
def test_equals_a_loop_over_time(filling, kind, n):
    for seed in range(3):
        x = with_gaps(seed, n, kind)
        # Sums of few numbers in another order; errors of some roundings of 200 add up over a gap.
        np.testing.assert_allclose(filling.apply(x, np.array([0, n])), slow_fill(filling, x), rtol=1e-10, atol=1e-10)


VALUES = st.floats(-100, 100, width=32) | st.sampled_from([0.0, 1e6, 1e300, -1e-300]) | st.just(np.nan)
SERIES = st.lists(VALUES, min_size=1, max_size=40).map(np.array)
FILLED = st.sampled_from(FILLINGS)


def fill(filling, *series):
    """Fill some series together and return them apart."""
    offsets = np.cumsum([0, *map(len, series)])
    return np.split(filling.apply(np.concatenate(series), offsets), offsets[1:-1])


@given(FILLED, SERIES, SERIES, st.integers(1, 40))
def test_neither_later_values_nor_other_series_matter(filling, x, other, stop):
    whole, _, again = fill(filling, x, other, x)
    np.testing.assert_array_equal(whole, again)
    np.testing.assert_array_equal(whole[:stop], fill(filling, x[:stop])[0])


@given(FILLED, SERIES)
def test_observed_values_stay_and_others_are_filled_within_bounds(filling, x):
    before = x.copy()
    filled, observed = fill(filling, x)[0], np.isfinite(x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(filled[observed], x[observed])
    first = first_observed(observed, np.array([0, len(x)]))[0]
    assert np.isnan(filled[:first]).all() and np.isfinite(filled[first:]).all()
    if observed.any():
        low, high = x[observed].min(), x[observed].max()
        assert filled[first:].min() >= low - MARGIN * (high - low)
        assert filled[first:].max() <= high + MARGIN * (high - low)
        assert low <= 0 or filled[first:].min() > 0
        assert low < 0 or filled[first:].min() >= 0


@given(FILLED, st.lists(SERIES, min_size=1, max_size=3), st.lists(st.integers(1, 12), max_size=5))
def test_in_pieces_is_the_same_as_at_once(filling, series, steps):
    expected, seen = fill(filling, *series), np.array([len(x) // 3 for x in series])
    filled = fill(filling, *[x[:n] for x, n in zip(series, seen, strict=True)])
    for step in [*steps, 40]:
        offsets, filled = np.cumsum([0, *seen]), np.concatenate(filled)
        seen = np.minimum(seen + step, [len(x) for x in series])
        new = np.cumsum([0, *seen])
        values = np.concatenate([x[:n] for x, n in zip(series, seen, strict=True)])
        filled = np.split(filling.apply(values, new, filled, offsets), new[1:-1])
    for some, all_of_it in zip(filled, expected, strict=True):
        np.testing.assert_array_equal(some, all_of_it)


@given(FILLED, SERIES, st.integers(0, 39), st.floats(-100, 100))
def test_a_value_that_changes_is_filled_from_anew(filling, x, row, value):
    changed = x.copy()
    changed[row % len(x)] = value
    offsets = np.array([0, len(x)])
    filled = filling.apply(changed, offsets, filling.apply(x, offsets), offsets)
    np.testing.assert_array_equal(filled, filling.apply(changed, offsets))


def test_new_series_are_filled_beside_known_ones():
    x, y = with_gaps(0, 30, "season"), with_gaps(1, 20, "trend")
    filling = Filling((4,), 0.4, 0.9)
    known = filling.apply(x[:20], np.array([0, 20]))
    both = filling.apply(np.concatenate([x, y]), np.array([0, 30, 50]), known, np.array([0, 20]))
    np.testing.assert_array_equal(both, np.concatenate(fill(filling, x, y)))


def test_nothing_is_observed():
    x = np.full(5, np.nan)
    np.testing.assert_array_equal(Filling((2,)).apply(x, np.array([0, 2, 5])), x)
    assert first_observed(np.isfinite(x), np.array([0, 2, 5])).tolist() == [2, 3]


def test_a_pure_season_is_repeated_through_a_long_gap():
    x = 7 + np.resize([0.0, 3, 1, -4, 0], 60)
    covered = np.where((np.arange(60) >= 23) & (np.arange(60) < 58), np.nan, x)
    filled = Filling((5,), 0.2, 0.9).apply(covered, np.array([0, 60]))
    np.testing.assert_allclose(filled, x, rtol=1e-12)  # some roundings


@pytest.mark.parametrize(("longest", "ratio"), [(1, 0.5), (6, 0.6), (20, 0.9)])
def test_what_is_chosen_fills_the_airline_data_better_than_the_last_value(longest, ratio, rng):
    """The longer the gap, the more of the error is growth within it, which nothing before it tells."""
    x = load_airline().to_numpy(float)
    hidden = np.zeros(len(x), dtype=bool)
    for begin in rng.integers(24, len(x), size=24 // longest + 1):
        hidden[begin : begin + longest] = True
    covered, offsets = np.where(hidden, np.nan, x), np.array([0, len(x)])
    filling = Filling.fit(covered, offsets, (12,))
    assert filling.seasons == (12,) and filling.smoothing in SMOOTHING and filling.persistence in PERSISTENCE
    errors = [np.abs(f.apply(covered, offsets) - x)[hidden].mean() for f in (filling, Filling())]
    assert errors[0] < ratio * errors[1]


def test_a_walk_has_no_season(rng):
    x = rng.normal(size=400).cumsum()
    x[rng.random(400) < 0.2] = np.nan
    assert Filling.fit(x, np.array([0, 400]), (7,)) == Filling()


@given(st.lists(SERIES, min_size=1, max_size=3), st.sampled_from([(), (2,), (3, 12), (30, 60)]))
def test_any_series_have_a_choice(series, seasons):
    offsets = np.cumsum([0, *map(len, series)])
    filling = Filling.fit(np.concatenate(series), offsets, seasons)
    assert set(filling.seasons) <= set(seasons)


@given(SERIES, st.integers(0, 39), st.lists(st.integers(1, 12), max_size=5))
def test_filled_after_outliers_were_replaced_in_pieces_is_the_same_as_at_once(x, row, steps):
    x[row % len(x)] = 1e9
    whole, filling = np.concatenate([x, x]), Filling((4,), 0.4, 0.9)
    outlier_filter = OutlierFilter.fit(x, np.array([0, len(x)]), (4,))

    def read(n, *before):
        offsets = np.array([0, n])
        return filling.apply(outlier_filter.apply(whole[:n], offsets, *before), offsets, *before)

    seen = len(x)
    filled = read(seen)
    for step in [*steps, len(x)]:
        before, seen = np.array([0, seen]), min(seen + step, len(whole))
        filled = read(seen, filled, before)
    np.testing.assert_array_equal(filled, read(len(whole)))
    n = len(x) // 2 + 1
    if n not in outlier_filter.unsettled(whole, np.array([0, len(whole)])):
        np.testing.assert_array_equal(filled[:n], read(n))
