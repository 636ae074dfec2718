"""Forecasts that outputs of a network stand for: points, quantiles, samples."""

import numpy as np
import pytest
from cases import LOSS_OPTIONS
from scipy import stats

from tsrnn.losses import LOSSES, CrossEntropy, Huber, NegativeBinomial, Poisson, Quantile, StudentT
from tsrnn.losses.domains import COUNTS, REALS

LEVELS = [0.001, 0.1, 0.25, 0.5, 0.9, 0.975]
NUMBERS = {name: loss(**LOSS_OPTIONS.get(name, {})) for name, loss in LOSSES.items() if not loss.takes_classes}
DISTRIBUTIONS = [name for name, loss in NUMBERS.items() if loss.has_samples]


def random_outputs(loss, shape, seed=0):
    """Return outputs of a network, in single precision as most networks have it."""
    return np.random.default_rng(seed).normal(size=(*shape, loss.n_outputs)).astype(np.float32)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("shape", [(), (5,), (2, 0), (4, 3, 2)])
def test_points_have_the_shape_of_the_targets(name, shape):
    loss = NUMBERS[name]
    points = loss.point(random_outputs(loss, shape))
    assert points.shape == shape
    assert points.dtype == np.float64


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("shape", [(), (5,), (2, 0), (4, 3, 2)])
def test_quantiles_are_a_last_axis_and_ascend(name, shape):
    loss = NUMBERS[name]
    outputs = random_outputs(loss, shape)
    if not loss.has_quantiles:
        with pytest.raises(ValueError, match=f"{name}' gives no quantiles. Losses that give quantiles: .*'quantile'"):
            loss.quantiles(outputs, [0.5])
        return
    quantiles = loss.quantiles(outputs, [0.2, 0.5, 0.8])
    assert quantiles.shape == (*shape, 3)
    assert np.all(np.diff(quantiles) >= 0)
    np.testing.assert_array_equal(loss.quantiles(outputs, [0.8, 0.2]), quantiles[..., [2, 0]])
    np.testing.assert_array_equal(loss.quantiles(outputs, 0.5), quantiles[..., [1]])


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("shape", [(), (5,), (2, 0), (4, 3, 2)])
def test_samples_are_a_first_axis(name, shape, rng):
    loss = NUMBERS[name]
    outputs = random_outputs(loss, shape)
    if not loss.has_samples:
        with pytest.raises(ValueError, match=f"{name}' gives no samples. Losses that give samples: .*'student_t'"):
            loss.sample(outputs, 3, rng)
        return
    samples = loss.sample(outputs, 3, rng)
    assert samples.shape == (3, *shape)
    state = np.random.default_rng(7)
    np.testing.assert_array_equal(
        loss.sample(outputs, 3, state), loss.sample(outputs, 3, np.random.default_rng(7)), strict=True
    )


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_follow_the_quantiles(name, rng):
    loss = NUMBERS[name]
    outputs = random_outputs(loss, (3,))
    samples, quantiles = loss.sample(outputs, 20_000, rng)[..., None], loss.quantiles(outputs, LEVELS)
    # Four standard errors of a share. Many counts are the quantile itself.
    error = 4 * np.sqrt(np.multiply(LEVELS, np.subtract(1, LEVELS)) / 20_000)
    assert np.all(np.mean(samples <= quantiles, axis=0) >= LEVELS - error)
    assert np.all(np.mean(samples < quantiles, axis=0) <= LEVELS + error)


@pytest.mark.parametrize("levels", [0.0, 1.0, [], [0.5, 1.5], [np.nan], [[0.5]], "0.5", [None], True])
@pytest.mark.parametrize("name", [name for name, loss in NUMBERS.items() if loss.has_quantiles])
def test_levels_lie_between_0_and_1(name, levels):
    loss = NUMBERS[name]
    with pytest.raises(ValueError, match=r"must be a float in the range \(0.0, 1.0\), .* Got "):
        loss.quantiles(random_outputs(loss, (2,)), levels)


@pytest.mark.parametrize("name", NUMBERS)
def test_outputs_must_be_those_of_the_loss(name):
    loss = NUMBERS[name]
    with pytest.raises(ValueError, match=f"n_outputs={loss.n_outputs} for each target, .*shape \\(3, 5\\)"):
        loss.point(np.zeros((3, 5)))


def test_classes_are_no_numbers():
    with pytest.raises(ValueError, match="gives classes, not numbers"):
        CrossEntropy().point(np.zeros((3, 1)))


@pytest.mark.parametrize("df", [0.7, 2.0, 4.0, 100.0])
def test_student_t_quantiles_are_exact(df):
    loss, outputs = StudentT(df), np.array([[0.3, -1.0], [-4.0, 2.0], [1.0, 0.0]])
    expected = stats.t.ppf(LEVELS, df, outputs[:, :1], np.exp(outputs[:, 1:]))
    # Two implementations of the same function.
    np.testing.assert_allclose(loss.quantiles(outputs, LEVELS), expected, rtol=1e-10)
    np.testing.assert_array_equal(loss.point(outputs), outputs[:, 0])
    np.testing.assert_array_equal(loss.quantiles(outputs, 0.5)[:, 0], outputs[:, 0])


def test_scales_of_student_t_are_clipped():
    outputs = np.array([[0.0, -100.0], [0.0, 1.5], [0.0, 100.0], [0.0, np.nan]])
    np.testing.assert_array_equal(StudentT().scales(outputs), np.exp([-7, 1.5, 5, np.nan]))


def count_outputs(seed, n):
    """Log means and log dispersions over the whole range, and some beyond it."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(-22, 22, n), rng.uniform(-17, 12, n)], axis=-1)


def test_poisson_quantiles_are_exact():
    outputs = count_outputs(0, 300)[:, :1]
    mean = np.exp(np.clip(outputs, -20, 20))
    np.testing.assert_array_equal(Poisson().quantiles(outputs, LEVELS), stats.poisson.ppf(LEVELS, mean))
    np.testing.assert_array_equal(Poisson().point(outputs), mean[:, 0])


def test_negative_binomial_quantiles_are_exact():
    outputs, loss = count_outputs(1, 300), NegativeBinomial()
    mean, size = np.exp(np.clip(outputs[:, :1], -20, 20)), np.exp(-np.clip(outputs[:, 1:], -15, 10))
    np.testing.assert_array_equal(loss.quantiles(outputs, LEVELS), stats.nbinom.ppf(LEVELS, size, size / (size + mean)))
    np.testing.assert_array_equal(loss.point(outputs), mean[:, 0])


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_nan_stays_nan(name):
    loss = NUMBERS[name]
    outputs = np.full((2, loss.n_outputs), np.nan)
    outputs[1] = 0.0
    assert np.isnan(loss.point(outputs)).tolist() == [True, False]
    assert np.isnan(loss.quantiles(outputs, [0.1, 0.9])).tolist() == [[True, True], [False, False]]


def test_quantiles_lie_on_lines_between_the_trained_levels():
    loss = Quantile([0.1, 0.5, 0.9])
    outputs = np.array([[1.0, 3.0, 4.0], [4.0, 1.0, 3.0]])  # the second ones cross
    expected = [1.0, 1.5, 3.0, 3.25, 4.0]
    quantiles = loss.quantiles(outputs, [0.1, 0.2, 0.5, 0.6, 1 - 0.1])
    np.testing.assert_allclose(quantiles, [expected, expected], rtol=1e-12)
    np.testing.assert_array_equal(loss.point(outputs), [3.0, 3.0])


@pytest.mark.parametrize(("levels", "point"), [([0.2], 1.0), ([0.2, 0.6], 1.75), ([0.7, 0.9], 1.0), ([0.1, 0.3], 2.0)])
def test_point_of_quantiles_is_the_one_nearest_to_the_median(levels, point):
    assert Quantile(levels).point(np.arange(1.0, len(levels) + 1)) == pytest.approx(point, rel=1e-12)


@pytest.mark.parametrize("level", [0.05, 0.95])
def test_quantiles_beyond_the_trained_ones_are_refused(level):
    loss = Quantile([0.1, 0.9])
    with pytest.raises(ValueError, match=rf"from 0.1 to 0.9. Got {level}: train with levels that reach so far"):
        loss.quantiles(np.zeros((2, 2)), [0.5, level])
    wider = Quantile([0.05, 0.95])
    assert wider.quantiles(np.zeros((2, 2)), level).shape == (2, 1)


def test_a_loss_of_one_number_is_the_point():
    np.testing.assert_array_equal(Huber().point([[1.5], [2.0]]), [1.5, 2.0])


@pytest.mark.parametrize("name", NUMBERS)
def test_a_network_starts_at_the_distribution_of_its_targets(name, rng):
    loss = NUMBERS[name]
    if not loss.has_samples:
        assert loss.initial_bias(np.ones((3, 1))) is None
        return
    bias = np.array([[2.0, -1.0], [-1.0, 1.0]])[:, : loss.n_outputs]
    targets = loss.sample(bias, 20_000, rng)
    start = loss.initial_bias(targets)
    assert start.shape == bias.shape
    # Several standard errors of moments and medians of 20,000 targets.
    np.testing.assert_allclose(start, bias, atol=0.15)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_weights_repeat_the_targets_that_a_network_starts_at(name):
    loss, targets = NUMBERS[name], np.array([[4.0], [1.0], [0.0], [9.0], [90.0]])
    repeated = loss.initial_bias(np.repeat(targets, [2, 1, 1, 3, 0], axis=0))
    np.testing.assert_allclose(loss.initial_bias(targets, [2.0, 1.0, 1.0, 3.0, 0.0]), repeated, rtol=1e-12)
    np.testing.assert_allclose(loss.initial_bias(targets[:4], [4.0, 2.0, 2.0, 6.0]), repeated, rtol=1e-12)
    # Weights of single targets; those that are missing are NaN, of the third target all.
    several, weights = np.repeat(targets, 3, axis=1), np.repeat([[2.0], [1.0], [1.0], [3.0], [0.0]], 3, axis=1)
    several[:, 1:2], weights[:, 1] = targets, [1.0, 0.0, 0.0, 1.0, 1.0]
    several[1, 1] = several[4, 0] = np.nan
    several[:, 2], weights[:, 2] = np.nan, 0.0
    bias = loss.initial_bias(several, weights)
    np.testing.assert_allclose(bias[:1], repeated, rtol=1e-12)
    np.testing.assert_allclose(bias[1:2], loss.initial_bias(targets[[0, 3, 4]]), rtol=1e-12)
    assert np.all(np.isfinite(bias))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("targets", [[0.0] * 9, [0.0] * 9 + [7.0], [5.0] * 9])
def test_targets_that_are_mostly_the_same_have_a_start(name, targets):
    start = NUMBERS[name].initial_bias(np.array(targets)[:, None])
    assert np.all(np.isfinite(start))
    assert np.all(np.abs(start) <= 10)


def test_counts_are_integers_from_0_to_the_largest_mean():
    values = np.array([0.0, -0.0, 1.0, 1e8, np.floor(np.exp(20)), -1.0, 0.5, np.ceil(np.exp(20)), np.nan, np.inf])
    assert COUNTS.contains(values).tolist() == [True] * 5 + [False] * 5
    assert REALS.contains(values).tolist() == [True] * 8 + [False] * 2
    assert {name for name, loss in NUMBERS.items() if loss.domain is COUNTS} == {"poisson", "negative_binomial"}
