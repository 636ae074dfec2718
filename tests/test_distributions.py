"""Forecasts that outputs of a network stand for: points, quantiles, samples."""

import numpy as np
import pytest
from cases import LOSS_OPTIONS
from scipy import stats

from tsrnn.losses import LOSSES, CrossEntropy, Huber, Quantile, StudentT

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
    shares = np.mean(loss.sample(outputs, 20_000, rng)[..., None] <= loss.quantiles(outputs, LEVELS), axis=0)
    # Four standard errors of a share.
    assert np.all(np.abs(shares - LEVELS) < 4 * np.sqrt(np.multiply(LEVELS, np.subtract(1, LEVELS)) / 20_000))


@pytest.mark.parametrize("levels", [0.0, 1.0, [], [0.5, 1.5], [np.nan], [[0.5]]])
@pytest.mark.parametrize("name", [name for name, loss in NUMBERS.items() if loss.has_quantiles])
def test_levels_lie_between_0_and_1(name, levels):
    loss = NUMBERS[name]
    with pytest.raises(ValueError, match=r"must be floats in the range \(0.0, 1.0\). Got "):
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
