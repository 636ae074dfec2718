"""Calibration, spreads and dependence of errors, on errors whose distribution is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from tsrnn.forecaster.calibration import DECAY, DF, LEVELS, Calibration
from tsrnn.forecaster.dependence import Dependence
from tsrnn.forecaster.spreads import OwnSpreads, Spreads, fit_power

HORIZON = 6
SHARES = np.array([0.5, 0.8, 0.95])
# Bins of scores are 1.2 % wide, and quantiles are interpolated within them.
BIN = 0.01


def scores_of(rng, n, distribution=stats.norm):
    return distribution.rvs(size=(n, HORIZON), random_state=rng)


def test_without_scores_the_distribution_is_students_t():
    expected = stats.t.ppf((1 + SHARES) / 2, DF)
    np.testing.assert_allclose(Calibration(HORIZON).factors(SHARES), expected, rtol=BIN)


@pytest.mark.parametrize("distribution", [stats.norm, stats.t(3), stats.laplace(scale=2), stats.uniform(-1, 2)])
def test_with_many_scores_factors_are_quantiles_of_the_errors(rng, distribution):
    calibration = Calibration.of(scores_of(rng, 40_000, distribution), np.zeros(40_000, int))
    expected = distribution.ppf((1 + SHARES) / 2)
    # Three standard errors of a quantile of 240,000 draws are below 2 % here, and Student's t distribution counts for
    # 20 in 6,700 forecasts.
    np.testing.assert_allclose(calibration.factors(SHARES), expected, rtol=0.02)


def test_scores_count_less_the_older_they_are(rng):
    new, old = scores_of(rng, 400), 5 * scores_of(rng, 400)
    ages = np.array([0, 100 * HORIZON])
    both = Calibration.of(np.concatenate([new, old]), np.repeat(ages, 400))
    weights = DECAY ** (ages / HORIZON)
    np.testing.assert_allclose(both.sums[0], 400 * weights.sum(), rtol=1e-12)
    alone, reverse = Calibration.of(new, np.zeros(400, int)), Calibration.of(old, np.zeros(400, int))
    assert alone.factors(SHARES)[1] < both.factors(SHARES)[1] < reverse.factors(SHARES)[1]


def test_errors_that_spreads_were_found_from_count_less(rng):
    small = scores_of(rng, 2_000) / 2
    usual, all_own, half_own = (Calibration.of(small, np.zeros(2_000, int), share) for share in (0.0, 1.0, 0.5))
    t, normal = Calibration(HORIZON).factors(SHARES), stats.norm.ppf((1 + SHARES) / 2) / 2
    # With nine parts of ten, and with half, the share of larger scores lies so far between both distributions.
    np.testing.assert_allclose(usual.factors(SHARES), normal, rtol=0.04)
    assert (half_own.factors(SHARES) > normal * 1.2).all() and (half_own.factors(SHARES) < t * 0.9).all()
    np.testing.assert_allclose(all_own.factors(SHARES), t, rtol=0.12)
    later = all_own
    for _ in range(1_500):
        later = later.observe(scores_of(rng, 1) / 2)
    assert (later.factors(SHARES) < half_own.factors(SHARES)).all()


def test_one_origin_after_another_is_as_all_at_once(rng):
    scores = scores_of(rng, 50)
    at_once, step_by_step = Calibration.of(scores, np.arange(50)[::-1]), Calibration(HORIZON)
    for row in scores:
        step_by_step = step_by_step.observe(row[None])
    np.testing.assert_allclose(step_by_step.counts, at_once.counts, rtol=1e-12)
    # Levels have moved besides.
    np.testing.assert_allclose(step_by_step.sums[:2], at_once.sums[:2], rtol=1e-12)


def test_levels_move_with_what_intervals_miss():
    start = Calibration(HORIZON)
    too_wide, too_narrow = start.observe(np.zeros((1, HORIZON))), start.observe(np.full((1, HORIZON), 50.0))
    # Each of 6 origins a horizon moves a level by a sixth of 2 % of the share missed beyond what it allows.
    np.testing.assert_allclose(too_narrow.shifts, 0.02 / HORIZON * LEVELS, rtol=1e-9)
    np.testing.assert_allclose(too_wide.shifts, -0.02 / HORIZON * (1 - LEVELS), rtol=1e-9)


def test_intervals_adapt_to_a_change_of_spread(rng):
    calibration = Calibration.of(scores_of(rng, 500), np.arange(500)[::-1])
    hits = []
    for _ in range(900):
        row = 3 * scores_of(rng, 1)
        hits.append((np.abs(row) <= calibration.factors(np.array([0.8]))).mean())
        calibration = calibration.observe(row)
    assert np.mean(hits[:60]) < 0.6
    # Levels that have moved up while intervals were too narrow come back slowly: on the safe side of .8, but for three
    # standard errors of 1,800 steps.
    assert 0.77 < np.mean(hits[600:]) < 0.86


def test_missing_steps_do_not_count(rng):
    scores = scores_of(rng, 30)
    with_gaps = scores.copy()
    with_gaps[::2] = np.nan
    expected, got = (Calibration.of(x, np.zeros(len(x), int)) for x in (scores[1::2], with_gaps))
    np.testing.assert_array_equal(got.counts, expected.counts)
    np.testing.assert_array_equal(got.observe(np.full((1, HORIZON), np.nan)).shifts, got.shifts)


@given(
    arrays.arrays(float, (8, HORIZON), elements=st.floats(-1e12, 1e12) | st.just(np.nan)),
    st.lists(st.floats(0.0, 0.999), min_size=2, max_size=20),
)
def test_factors_are_finite_and_ascending_whatever_the_scores(scores, shares):
    calibration = Calibration.of(scores[:4], np.arange(4))
    for row in scores[4:]:
        calibration = calibration.observe(row[None])
    factors = calibration.factors(np.sort(shares))
    assert np.isfinite(factors).all() and (factors >= 0).all() and (np.diff(factors) >= 0).all()


@pytest.mark.parametrize("growth", [0.0, 0.5, 1.0])
def test_powers_of_the_steps_ahead_are_found(rng, growth):
    steps = np.arange(1, 25)
    errors = np.abs(rng.standard_normal((4_000, 24))) * 3 * steps**growth
    size, found = fit_power(errors, np.zeros(len(errors)))
    # The usual exponent counts as 20 of 4,000 errors a step.
    assert found == pytest.approx(growth, abs=0.02)
    assert size == pytest.approx(3, rel=0.05)


def test_the_newest_errors_count_most_and_few_widen_the_spread():
    ages = np.arange(40)[::-1]
    errors = np.where(ages[:, None] < 10, 1.0, 5.0) * np.ones((40, 3))
    assert fit_power(errors, ages)[0] < fit_power(errors[::-1], ages)[0]
    constant = np.ones((40, 3))
    assert fit_power(constant[:4], ages[-4:])[0] > fit_power(constant, ages)[0]


def test_nothing_observed_has_no_size():
    size, growth = fit_power(np.full((5, 3), np.nan), np.arange(5))
    assert np.isnan(size) and growth == 0.5


def test_spreads_lie_between_those_of_networks_and_of_the_series():
    own = OwnSpreads(np.array([2.0, 2.0, 2.0]), np.array([0.5, 0.5, 0.5]))
    spreads = Spreads(own, trust=np.array([0.0, 0.5, 1.0]), factor=2.0, told_steps=4)
    learned = np.full((3, 4), 4.0)
    alone = 2 * np.sqrt([1, 2, 3, 4])
    np.testing.assert_allclose(spreads.at(np.arange(3), learned), [alone, np.sqrt(alone * 8), np.full(4, 8.0)])
    # Where networks tell nothing, those of the series; beyond what they tell, spreads grow on.
    np.testing.assert_allclose(spreads.at(np.array([2]), np.full((1, 4), np.nan)), [alone])
    np.testing.assert_allclose(spreads.at(np.array([2]), np.full((1, 8), 4.0))[0, [3, 7]], [8, 8 * np.sqrt(2)])


def test_drawn_errors_are_normal_and_go_together_as_those_seen(rng):
    n, n_series = 120, 2
    level, steps = rng.standard_normal((n, n_series, 1)), rng.standard_normal((n, n_series, HORIZON))
    seen = 0.9 * level + np.sqrt(1 - 0.81) * steps
    seen[:, 1] = seen[:, 0]
    series, ages = np.tile([0, 1], n), np.repeat(np.arange(n)[::-1], 2)
    dependence = Dependence.of(seen.reshape(-1, HORIZON), series, ages, n_series)
    drawn = dependence.draw(Calibration(HORIZON), np.full(n_series, 0.5), HORIZON, 4_000, rng)
    # Three standard errors of the moments of 4,000 normal numbers.
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(drawn.var(axis=0), 1, atol=0.07)
    over_series = [np.corrcoef(drawn[:, 0, k], drawn[:, 1, k])[0, 1] for k in range(HORIZON)]
    # Correlations are drawn towards zero, as by 10 origins beside the 120.
    assert min(over_series) > 0.85
    over_steps = np.corrcoef(drawn[:, 0].T)
    # The errors seen correlate by .81, a random walk one and six steps ahead by .41: it counts as 20 origins beside the
    # 120. Three standard errors of the former are .1.
    assert over_steps[0, -1] == pytest.approx((120 * 0.81 + 20 * 0.41) / 140, abs=0.1)


def test_without_errors_paths_are_random_walks_or_noise(rng):
    nothing = Dependence.of(np.empty((0, HORIZON)), np.empty(0, int), np.empty(0, int), 1)
    drawn = nothing.draw(Calibration(HORIZON), np.array([0.5, 0.0, 0.9]), 9, 4_000, rng)
    assert drawn.shape == (4_000, 3, 9)
    # Three standard errors of a correlation of 4,000 pairs are .05.
    for series, expected in enumerate([np.sqrt(4 / 9), 0.0, np.sqrt(4 / 9)]):
        assert np.corrcoef(drawn[:, series, 3], drawn[:, series, 8])[0, 1] == pytest.approx(expected, abs=0.05)
    assert np.corrcoef(drawn[:, 0, 3], drawn[:, 2, 3])[0, 1] == pytest.approx(0, abs=0.05)


def test_series_that_have_come_later_are_drawn_too(rng):
    seen = scores_of(rng, 60)
    dependence = Dependence.of(seen, np.tile([0, 1], 30), np.repeat(np.arange(30)[::-1], 2), 2)
    drawn = dependence.draw(Calibration(HORIZON), np.zeros(3), HORIZON, 2_000, rng)
    # Three standard errors of a variance.
    np.testing.assert_allclose(drawn.var(axis=0), 1, atol=0.1)


def test_the_newest_origins_are_kept(rng):
    dependence = Dependence.of(scores_of(rng, 5), np.zeros(5, int), np.arange(5)[::-1], 1)
    for k in range(130):
        dependence = dependence.observe(np.full((1, HORIZON), float(k)), np.zeros(1, int))
    np.testing.assert_array_equal(dependence.scores[:, 0, 0], np.arange(2.0, 130.0))
