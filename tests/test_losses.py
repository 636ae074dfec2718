"""Each loss alone, as plain Python in float64: value, gradient, zero weights, parameters."""

import naive
import numpy as np
import pytest
from cases import LOSS_OPTIONS, random_targets
from gradients import numerical_gradient, relative_error
from scipy import stats
from scipy.special import digamma

from tsrnn.forecaster import RNNForecaster
from tsrnn.losses import LOSSES, Huber, Loss, Quantile, StudentT, get_loss

# Error of the finite differences, see gradients.numerical_gradient.
DIFFERENCES_TOLERANCE = 1e-9
# The same formula in another order of operations.
ROUNDING = 1e-14

TARGETS, LANES, CLASSES = 2, 7, 4


def random_step(loss, seed=0):
    """Return predictions (O, L), targets (K, L), codes (L,) and weights (K, L) of one output step."""
    rng = np.random.default_rng(seed)
    outputs = CLASSES if loss.takes_classes else TARGETS * loss.n_outputs
    weights = rng.uniform(0.2, 2.0, size=(1 if loss.takes_classes else TARGETS, LANES))
    weights[:, 3] = weights[0, 5] = 0.0
    return (
        rng.normal(size=(outputs, LANES)),
        random_targets(rng, loss, (TARGETS, LANES)),
        rng.integers(CLASSES, size=LANES),
        weights,
    )


def make_loss(name):
    """Return the loss with the options of the tests."""
    return LOSSES[name](**LOSS_OPTIONS.get(name, {}))


def total_loss(loss, prediction, targets, codes, weights):
    """Return the weighted sum, leaving `prediction` as it was."""
    return loss.value_and_gradient(prediction.copy(), targets, codes, weights, np.array(loss.parameters))


def test_every_loss_has_an_oracle():
    assert set(naive.LOSSES) == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_value_equals_the_oracle(name):
    loss = make_loss(name)
    prediction, targets, codes, weights = random_step(loss)
    expected = sum(
        np.sum(
            np.repeat(weights[:, lane], loss.n_elements)
            * naive.LOSSES[name](
                prediction[:, lane], codes[lane] if loss.takes_classes else targets[:, lane],
                **LOSS_OPTIONS.get(name, {}),
            )
        )
        for lane in range(LANES)
    )  # fmt: skip
    value = total_loss(loss, prediction, targets, codes, weights)
    assert value == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_equals_differences(name):
    loss = make_loss(name)
    prediction, targets, codes, weights = random_step(loss)
    gradient = prediction.copy()
    loss.value_and_gradient(gradient, targets, codes, weights, np.array(loss.parameters))
    numerical = numerical_gradient(lambda: total_loss(loss, prediction, targets, codes, weights), prediction)
    assert relative_error(gradient, numerical) <= DIFFERENCES_TOLERANCE
    per_output = np.repeat(weights, len(gradient) // len(weights), axis=0)
    np.testing.assert_array_equal(gradient[per_output == 0], 0.0)


@pytest.mark.parametrize("name", LOSSES)
def test_nan_reaches_the_value(name):
    loss = make_loss(name)
    prediction, targets, codes, weights = random_step(loss)
    prediction[1, 0] = np.nan
    assert np.isnan(total_loss(loss, prediction, targets, codes, weights))


@pytest.mark.parametrize("name", LOSSES)
def test_nan_in_any_output_reaches_the_value(name):
    loss = make_loss(name)
    for output in range(len(random_step(loss)[0])):
        prediction, targets, codes, weights = random_step(loss)
        prediction[output, 1] = np.nan
        assert np.isnan(total_loss(loss, prediction, targets, codes, weights))


def student_step(location, log_scale, target=0.0, dtype=np.float64):
    """Return value and gradient of a t distribution of 4 degrees of freedom at one target."""
    outputs = np.array([[location], [log_scale]], dtype)
    one = np.ones((1, 1), dtype)
    value = StudentT().value_and_gradient(outputs, one * dtype(target), np.zeros(1, int), one, np.array([4.0], dtype))
    return value, outputs[:, 0]


@pytest.mark.parametrize("df", [1.0, 2.5, 4.0, 30.0])
def test_student_t_is_a_log_likelihood(df):
    location, log_scale, target = np.array([0.3, -2.0, 5.0]), np.array([0.0, -1.5, 2.0]), np.array([0.1, 4.0, -3.0])
    outputs = np.stack([location, log_scale])
    weights = np.array([[1.0, 0.5, 2.0]])
    value = StudentT(df).value_and_gradient(outputs, target[None], np.zeros(3, int), weights, np.array([df]))
    constant = stats.t.logpdf(0.0, df)
    expected = weights[0] @ (constant - stats.t.logpdf(target, df, location, np.exp(log_scale)))
    assert value == pytest.approx(expected, rel=1e-12)  # the gamma functions of the constant cancel but for rounding


@pytest.mark.parametrize(("log_scale", "target"), [(-20.0, 0.0), (9.0, 1e5)])
def test_a_log_scale_beyond_its_bounds_stays_where_it_would_move_on(log_scale, target):
    """The scale is right, or should be even further away: the loss does not change any more."""
    bound = np.clip(log_scale, -7, 5)
    value, gradient = student_step(0.0, log_scale, target)
    assert value == student_step(0.0, bound, target)[0]
    assert gradient[0] == student_step(0.0, bound, target)[1][0]
    assert gradient[1] == 0.0


@pytest.mark.parametrize(("log_scale", "target"), [(-20.0, 1.0), (9.0, 0.0)])
def test_a_log_scale_beyond_its_bounds_is_led_back(log_scale, target):
    value, gradient = student_step(0.0, log_scale, target)
    at_bound = student_step(0.0, np.clip(log_scale, -7, 5), target)
    assert (value, gradient[1]) == (at_bound[0], at_bound[1][1])
    assert gradient[1] * log_scale > 0  # a step against the gradient leads towards 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("error", [0.0, 1e-30, 1e6, 1e30])
@pytest.mark.parametrize("log_scale", [-1e30, -7, 0, 5, 1e30])
def test_student_t_stays_finite(log_scale, error, dtype):
    value, gradient = student_step(error, log_scale, dtype=dtype)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


def count_step(loss, outputs, count):
    """Return value and gradient of a loss of counts at one target."""
    outputs = np.array(outputs, float)[:, None]
    one = np.ones((1, 1))
    value = loss.value_and_gradient(outputs, one * count, np.zeros(1, int), one, np.empty(0))
    return value, outputs[:, 0]


@pytest.mark.parametrize("dispersion", [-15.0, -6.0, 0.0, 4.0, 10.0])
@pytest.mark.parametrize("log_mean", [-8.0, -1.0, 3.0, 20.0])  # SciPy loses digits of lower ones
@pytest.mark.parametrize("count", [0.0, 1.0, 7.0, 5000.0])
def test_losses_of_counts_are_log_probabilities(log_mean, dispersion, count):
    mean, size = np.exp(log_mean), np.exp(-dispersion)
    value, _ = count_step(LOSSES["poisson"](), [log_mean], count)
    assert value == pytest.approx(-stats.poisson.logpmf(count, mean), rel=1e-9, abs=1e-9)
    value, _ = count_step(LOSSES["negative_binomial"](), [log_mean, dispersion], count)
    # Logarithms of gamma functions of millions differ by a few of these.
    assert value == pytest.approx(-stats.nbinom.logpmf(count, size, size / (size + mean)), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("dispersion", [-14.0, -6.0, 0.0, 4.0, 9.0])
@pytest.mark.parametrize("count", [0.0, 1.0, 7.0, 5000.0])
def test_slopes_of_the_dispersion_are_exact(dispersion, count):
    size, mean = np.exp(-dispersion), np.exp(2.0)
    expected = size * (digamma(count + size) - digamma(size) - np.log1p(mean / size) + (mean - count) / (size + mean))
    _, gradient = count_step(LOSSES["negative_binomial"](), [2.0, dispersion], count)
    assert gradient[1] == pytest.approx(expected, rel=1e-9, abs=size * 1e-14)  # the difference of two digammas


@pytest.mark.parametrize(
    "outputs", [[-30.0, 0.0], [30.0, 0.0], [0.0, -30.0], [0.0, 30.0], [1e30, 1e30], [-1e30, -1e30]]
)
@pytest.mark.parametrize("count", [0.0, 1.0, 1e6, 1e12])
@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_losses_of_counts_stay_finite_and_lead_back(name, count, outputs):
    loss = LOSSES[name]()
    outputs = np.array(outputs[: loss.n_outputs])
    inside = np.clip(outputs, [-20.0, -15.0][: loss.n_outputs], [20.0, 10.0][: loss.n_outputs])
    value, gradient = count_step(loss, outputs, count)
    expected, at_bound = count_step(loss, inside, count)
    assert np.isfinite(value)
    assert value == expected
    # A step against the gradient leads towards the bound, or there is none.
    leads_back = (outputs == inside) | (at_bound * outputs > 0)
    np.testing.assert_array_equal(gradient, np.where(leads_back, at_bound, 0.0))


@pytest.mark.parametrize("df", [0, -1.0, np.inf, np.nan, "4"])
def test_student_t_refuses_bad_degrees_of_freedom(df):
    with pytest.raises(ValueError, match="'df' parameter of StudentT must be a float"):
        StudentT(df=df)


def test_cross_entropy_does_not_overflow():
    loss = LOSSES["cross_entropy"]()
    prediction = np.array([[1e4], [-1e4]])
    value = loss.value_and_gradient(prediction, np.empty((0, 1)), np.array([1]), np.ones((1, 1)), np.empty(0))
    assert value == 2e4
    np.testing.assert_array_equal(prediction[:, 0], [1.0, -1.0])


def test_median_pinball_is_half_the_absolute_error():
    prediction, targets, codes, weights = random_step(Quantile(0.5))
    pinball = total_loss(Quantile(0.5), prediction, targets, codes, weights)
    absolute = total_loss(LOSSES["absolute_error"](), prediction, targets, codes, weights)
    assert pinball == pytest.approx(absolute / 2, rel=ROUNDING)


@pytest.mark.parametrize("delta", [0, -1.0, np.inf, np.nan, "1"])
def test_huber_refuses_a_bad_delta(delta):
    with pytest.raises(ValueError, match="'delta' parameter of Huber must be a float"):
        Huber(delta=delta)


@pytest.mark.parametrize("levels", [[], 0.0, 1.0, [0.5, 0.1], [0.5, 0.5], [0.1, np.nan]])
def test_quantile_refuses_bad_levels(levels):
    with pytest.raises(ValueError, match="'levels' parameter of Quantile must be ascending"):
        Quantile(levels=levels)


def test_get_loss_takes_names_and_instances():
    assert get_loss("quantile") == Quantile(0.5) != Quantile(0.4)
    loss = Huber(delta=2.0)
    assert get_loss(loss) is loss
    assert isinstance(get_loss("huber"), Loss)
    with pytest.raises(ValueError, match="'loss' parameter must be one of .*cross_entropy.* Got 'hubert'"):
        get_loss("hubert")


@pytest.mark.slow
def test_forecasts_of_counts_are_medians_or_means():
    """Totals of counts with many zeros: a squared error comes near them, the default stays far below."""
    rng = np.random.default_rng(0)
    counts = (rng.random((200, 20)) < 0.3) * rng.geometric(0.2, (200, 20))
    totals = {
        name: RNNForecaster(12, season_length=1, random_state=0, **options).fit(counts).predict().mean()
        for name, options in {"median": {}, "mean": {"loss": "squared_error", "log": False}}.items()
    }
    # The mean of 4,000 counts is known to 3 %, and its forecast errs by several times that.
    assert totals["mean"] == pytest.approx(counts.mean(), rel=0.2)
    assert totals["median"] < 0.7 * counts.mean()
