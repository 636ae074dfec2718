"""Distributions that sequence regressors predict: quantiles, samples, counts, and what is refused."""

import re
import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import r2_score

from tsrnn.losses import LOSSES, Huber, NegativeBinomial, Poisson, Quantile, StudentT, get_loss
from tsrnn.losses.domains import COUNTS
from tsrnn.network import Network
from tsrnn.sequence import RNNRegressor
from tsrnn.sequence.convergence import warn_of_no_convergence
from tsrnn.sequence.inputs import read_inputs
from tsrnn.sequences import Sequences
from tsrnn.training import History

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK = {"hidden_size": 3, "max_epochs": 2, "random_state": 0}
DISTRIBUTIONS = [name for name, loss in LOSSES.items() if loss.has_samples]
COUNT_LOSSES = [name for name, loss in LOSSES.items() if loss.domain is COUNTS]
# Shapes of y for X of shape (6, 4), and the heads that they ask for.
SHAPES = [((6,), "last"), ((6, 3), "last"), ((6, 4, 2), "every"), ((6, 3, 2), "decoder"), ((6, 5, 1), "parallel")]


def targets_of(loss, shape, seed=0):
    """Targets that a loss allows: numbers with a mean and a scale of their own, or counts."""
    rng = np.random.default_rng(seed)
    counts = get_loss(loss).domain is COUNTS
    return rng.poisson(3.0, size=shape).astype(float) if counts else 50 + 7 * rng.normal(size=shape)


def fit(loss, shape, head="auto", **options):
    """Return a model of random data, and the sequences."""
    X = np.random.default_rng(1).normal(size=(shape[0], 4))
    head = head if head in ("decoder", "parallel") else "auto"
    return RNNRegressor(loss=loss, head=head, **(QUICK | options)).fit(X, targets_of(loss, shape)), X


# ------------------------------------------------------------------------------------------------- quantiles


@pytest.mark.parametrize(("shape", "head"), SHAPES)
@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_quantiles_are_a_last_axis(loss, shape, head):
    model, X = fit(loss, shape, head)
    assert model.network_.architecture.head_name == head
    points, quantiles = model.predict(X), model.predict(X, quantiles=[0.1, 0.5, 0.9])
    assert points.shape == shape
    assert quantiles.shape == (*shape, 3)
    assert np.all(np.diff(quantiles) >= 0)
    np.testing.assert_array_equal(model.predict(X, quantiles=[0.9, 0.1]), quantiles[..., [2, 0]])
    np.testing.assert_array_equal(model.predict(X, quantiles=0.5), quantiles[..., [1]])
    if loss == "student_t":
        np.testing.assert_array_equal(quantiles[..., 1], points)
    else:
        np.testing.assert_array_equal(quantiles, np.round(quantiles))


def test_quantiles_are_those_of_the_distribution_in_units_of_y():
    model, X = fit(StudentT(df=3), (40, 2))
    outputs = (
        model.network_.predict(model._make_sequences(read_inputs(model, X, reset=False)))[:, 0]
        .reshape(40, 2, 2)
        .astype(float)
    )
    location = outputs[..., 0] * model.target_scale_ + model.target_mean_
    scale = np.exp(outputs[..., 1]) * model.target_scale_
    levels = [0.025, 0.3, 0.99]
    expected = stats.t.ppf(levels, 3, location[..., None], scale[..., None])
    np.testing.assert_allclose(model.predict(X, quantiles=levels), expected, rtol=1e-10)


def test_sequences_of_different_length_have_quantiles_one_by_one(rng):
    X = [rng.normal(size=(n, 2)) for n in (3, 5, 1)]
    model = RNNRegressor(loss="student_t", **QUICK).fit(X, [x[:, 0] for x in X])
    quantiles, draws = model.predict(X, quantiles=[0.1, 0.9]), model.sample(X, 7, random_state=0)
    assert [steps.shape for steps in quantiles] == [(3, 2), (5, 2), (1, 2)]
    assert [steps.shape for steps in draws] == [(7, 3), (7, 5), (7, 1)]


def test_quantiles_between_trained_levels_and_beyond(rng):
    X, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    model = RNNRegressor(loss=Quantile([0.1, 0.5, 0.9]), **QUICK).fit(X, y)
    trained = model.predict(X)
    np.testing.assert_array_equal(model.predict(X, quantiles=[0.1, 0.5, 0.9]), trained)
    np.testing.assert_allclose(model.predict(X, quantiles=0.3)[:, 0], trained[:, :2].mean(axis=1), rtol=1e-9)
    with pytest.raises(ValueError, match="from 0.1 to 0.9. Got 0.95: train with levels that reach so far"):
        model.predict(X, quantiles=0.95)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", Huber(0.5)])
def test_losses_of_one_number_have_no_distribution(rng, loss):
    X, y = rng.normal(size=(6, 4)), rng.normal(size=6)
    model = RNNRegressor(loss=loss, **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="gives no quantiles. Losses that give quantiles: 'negative_binomial', 'poi"):
        model.predict(X, quantiles=0.5)
    with pytest.raises(ValueError, match="gives no samples. Losses that give samples: .*'student_t'"):
        model.sample(X)


@pytest.mark.parametrize("quantiles", [1.5, 90, [], [0.1, np.nan], "0.5", True])
def test_quantiles_must_be_probabilities(quantiles):
    model, X = fit("student_t", (6,))
    with pytest.raises(ValueError, match=r"must be a float in the range \(0.0, 1.0\)"):
        model.predict(X, quantiles=quantiles)


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "noise"), [("student_t", 1.0), ("poisson", None), ("negative_binomial", None)])
def test_quantiles_cover_what_they_say(rng, loss, noise):
    X = rng.normal(size=(3000, 3))
    mean = np.exp(1 + 0.5 * X[:, -1])
    y = {
        "student_t": lambda: 100 + X[:, -1] + np.exp(0.7 * X[:, -2]) * rng.standard_t(4, size=3000),
        "poisson": lambda: rng.poisson(mean),
        "negative_binomial": lambda: rng.poisson(mean * rng.gamma(2, 1 / 2, size=3000)),
    }[loss]()
    model = RNNRegressor(16, loss=loss, max_epochs=30, random_state=0).fit(X[:2000], y[:2000])
    quantiles, truth = model.predict(X[2000:], quantiles=[0.1, 0.5, 0.9]), y[2000:, None]
    # Three standard errors of a share of 1000 samples, and as much for the fit.
    assert np.all(np.mean(truth <= quantiles, axis=0) >= np.array([0.1, 0.5, 0.9]) - 0.07)
    assert np.all(np.mean(truth < quantiles, axis=0) <= np.array([0.1, 0.5, 0.9]) + 0.07)


@pytest.mark.slow
def test_scales_follow_the_noise(rng):
    X = rng.normal(size=(2000, 3))
    noise = np.exp(X[:, -1])
    model = RNNRegressor(16, loss="student_t", max_epochs=30, random_state=0)
    model.fit(X, 1000 + 50 * noise * rng.standard_t(4, size=2000))
    low, high = model.predict(X, quantiles=[0.1, 0.9]).T
    assert np.corrcoef(np.log(high - low), X[:, -1])[0, 1] > 0.95


# ------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize(("shape", "head"), SHAPES)
@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_samples_are_a_first_axis_and_repeat(loss, shape, head):
    model, X = fit(loss, shape, head)
    draws = model.sample(X, 5, random_state=3)
    assert draws.shape == (5, *shape)
    np.testing.assert_array_equal(model.sample(X, 5, random_state=3), draws)
    assert not np.array_equal(model.sample(X, 5, random_state=4), draws)
    assert model.sample(X).shape == (1, *shape)
    if loss in COUNT_LOSSES:
        assert np.all(COUNTS.contains(draws))


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_a_generator_goes_on_and_global_state_stays(make):
    model, X = fit("student_t", (6,))
    np.random.seed(5)  # noqa: NPY002  the global state is what must stay
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    generator = make(0)
    first, second = model.sample(X, 2, random_state=generator), model.sample(X, 2, random_state=generator)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(model.sample(X, 2, random_state=make(0)), first)
    assert not np.array_equal(model.sample(X, 2), model.sample(X, 2))
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("head", ["auto", "decoder", "parallel"])
@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_samples_follow_the_first_quantiles(loss, head):
    shape = (6,) if head == "auto" else (6, 3, 1)
    model, X = fit(loss, shape, head)
    draws, quantiles = model.sample(X, 300, random_state=0), model.predict(X, quantiles=[0.2, 0.8])
    if head != "auto":  # the first step has read nothing that was drawn
        draws, quantiles = draws[:, :, 0, 0], quantiles[:, 0, 0]
    # Four standard errors of a share. Many counts are the quantile itself.
    assert np.all(np.mean(draws[..., None] <= quantiles, axis=0) >= np.array([0.2, 0.8]) - 0.093)
    assert np.all(np.mean(draws[..., None] < quantiles, axis=0) <= np.array([0.2, 0.8]) + 0.093)


@pytest.mark.slow
def test_steps_of_a_decoder_depend_on_each_other(rng):
    """Random walks: the spread of paths grows with the root of the step, and their steps are correlated."""
    steps = rng.normal(size=(1500, 6))
    X, y = steps[:, :2, None], np.cumsum(steps[:, 2:], axis=1)[:, :, None]
    model = RNNRegressor(16, head="decoder", loss="student_t", max_epochs=40, random_state=0).fit(X, y)
    paths = model.sample(X[:4], 500, random_state=0)[..., 0]
    spread = paths.std(axis=(0, 1))
    np.testing.assert_allclose(spread / spread[0], np.sqrt([1, 2, 3, 4]), rtol=0.25)
    correlation = np.corrcoef(paths[:, :, 2].ravel(), paths[:, :, 3].ravel())[0, 1]
    assert correlation == pytest.approx(np.sqrt(3 / 4), abs=0.1)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"n_samples": 0}, "'n_samples' parameter of RNNRegressor.sample must be an int in the range"),
    ({"n_samples": 2.0}, "'n_samples' parameter of RNNRegressor.sample"),
    ({"random_state": "x"}, "'random_state' parameter of RNNRegressor.sample"),
])  # fmt: skip
def test_arguments_of_sample(arguments, message):
    model, X = fit("student_t", (6,))
    with pytest.raises(ValueError, match=message):
        model.sample(X, **arguments)


# ------------------------------------------------------------------------------------------------- counts


@pytest.mark.parametrize("bad", [-1.0, 0.5])
@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_other_numbers_than_counts_are_refused(rng, loss, bad):
    X, y = rng.normal(size=(6, 4)), rng.poisson(2.0, size=(6, 3, 2)).astype(float)
    model = RNNRegressor(loss=loss, **QUICK).fit(X, y)
    before, y[4, 1, 1] = model.predict(X), bad
    message = (
        rf"loss='{loss}' takes counts, integers of at least 0, .* contains {bad}: first at sample 4, step 1, output 1"
    )
    for method in (model.fit, model.partial_fit, model.set_params(warm_start=True).fit):
        with pytest.raises(ValueError, match=message):
            method(X, y)
    np.testing.assert_array_equal(model.predict(X), before)
    RNNRegressor(loss="student_t", **QUICK).fit(X, y)  # as the error advises


@pytest.mark.parametrize("size", [4.9e8, 1e9, 1e12, 1e300])
@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_counts_beyond_the_largest_mean_are_refused(rng, loss, size):
    """Beyond exp(20), the bound of the mean, all would be predicted as that."""
    X, y = rng.normal(size=(30, 4)), np.floor(size * rng.uniform(0.99, 1, size=30))
    y[:20] = 0  # The mean of all may be small: each large count matters, since its own mean may be as large.
    model = RNNRegressor(loss=loss, **QUICK)
    with pytest.raises(ValueError, match="integers of at least 0, up to 485165195, as targets.* in larger units") as e:
        model.fit(X, y)
    advised = eval(re.search(r"np.round\(y / \S+\)", str(e.value))[0], {"np": np, "y": y})
    model.fit(X, advised)
    assert np.all(model.predict(X) < 485165195)
    with pytest.raises(ValueError, match="in larger units"):
        model.partial_fit(X, y)


def test_size_is_no_advice_for_other_numbers(rng):
    X = rng.normal(size=(3, 4))
    for y in ([1.0, 0.5, 1e9], [1.0, -1.0, 1e12], [1.0, 0.5, 2.0]):
        with pytest.raises(ValueError, match="takes counts.*another loss") as error:
            RNNRegressor(loss="poisson", **QUICK).fit(X, np.array(y))
        assert "larger units" not in str(error.value)


@pytest.mark.parametrize("loss", [Poisson(), NegativeBinomial()])
def test_a_network_refuses_large_counts(loss):
    network = Network(input_size=1, hidden_size=2, output_size=loss.n_outputs, outputs_per_target=loss.n_outputs)
    targets = np.array([[[3.0]], [[1e12]]])
    message = r"Got 1000000000000.0 at sequence 1, output step 0, .* in larger units: np.round\(targets / 10000\)"
    sequences = Sequences.from_dense(np.zeros((2, 2, 1)), targets)
    with pytest.raises(ValueError, match=message):
        network.loss_and_gradient(sequences, loss)
    network.loss_and_gradient(Sequences.from_dense(np.zeros((2, 2, 1)), np.round(targets / 10000)), loss)


@pytest.mark.parametrize("loss", [Poisson(), NegativeBinomial()])
def test_a_network_refuses_other_numbers_than_counts(loss):
    network = Network(input_size=1, hidden_size=2, output_size=2 * loss.n_outputs, outputs_per_target=loss.n_outputs)
    targets = np.array([[[0.0, 3.0]], [[2.0, 1.5]], [[1.0, 0.0]]])
    sequences = Sequences.from_dense(np.zeros((3, 2, 1)), targets)
    message = f"loss '{loss.name}' takes counts, .* Got 1.5 at sequence 1, output step 0, target 1"
    with pytest.raises(ValueError, match=message):
        network.loss_and_gradient(sequences, loss)
    # Neither those that weigh nothing nor those of no sequence count.
    weights = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    for allowed in (
        Sequences.from_dense(np.zeros((3, 2, 1)), targets, weights=np.array([1.0, 0.0, 1.0])),
        sequences.subset([0, 2]),
        Sequences(**(vars(sequences) | {"target_weights": weights})),
    ):
        assert np.isfinite(network.loss_and_gradient(allowed, loss)[0])


@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_counts_are_not_standardized(rng, loss):
    X, y = rng.normal(size=(50, 4)), rng.poisson(3000.0, size=50)
    model = RNNRegressor(loss=loss, **QUICK).fit(X, y)
    assert (model.target_mean_, model.target_scale_) == (0.0, 1.0)
    # Untrained, a network predicts the mean of all or, within its random weights, 1.
    still = QUICK | {"learning_rate": 1e-12}
    at_mean = RNNRegressor(loss=loss, **still).fit(X, y).predict(X)
    np.testing.assert_allclose(at_mean, y.mean(), rtol=1e-5)
    at_one = RNNRegressor(loss=loss, standardize_targets=False, **still).fit(X, y).predict(X)
    np.testing.assert_allclose(np.log(at_one), 0.0, atol=1.5)


@pytest.mark.parametrize("standardize", [True, False])
def test_a_network_starts_at_median_and_scale_of_the_targets(rng, standardize):
    X, y = rng.normal(size=(300, 3)), 1000 + 20 * rng.standard_t(4, size=300)
    options = QUICK | {"learning_rate": 1e-12, "max_epochs": 1, "standardize_targets": standardize}
    quantiles = RNNRegressor(loss="student_t", **options).fit(X, y).predict(X[:2], quantiles=[0.25, 0.5, 0.75])
    expected = np.median(y) + np.median(np.abs(y - np.median(y))) * np.array([-1, 0, 1])
    # Single precision of the network's outputs, which are medians of up to 1000 here.
    np.testing.assert_allclose(quantiles, [expected, expected], rtol=1e-4)


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_constant_targets_have_narrow_intervals(rng, loss):
    X = rng.normal(size=(20, 4))
    model = RNNRegressor(4, loss=loss, max_epochs=5, random_state=0).fit(X, np.full(20, 3.0))
    low, high = model.predict(X, quantiles=[0.1, 0.9]).T
    assert np.all((low <= 3) & (high >= 3))
    assert np.all(high - low < {"student_t": 0.01}.get(loss, 6))  # A Poisson distribution of mean 3: 1 to 5.


@pytest.mark.slow
@pytest.mark.parametrize("size", [3.0, 3e3, 3e6])
@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_counts_of_any_size_are_learned(rng, loss, size):
    X = rng.normal(size=(1000, 5))
    mean = size * np.exp(0.8 * X[:, -1] - 0.4 * X[:, -2])
    model = RNNRegressor(16, loss=loss, max_epochs=40, random_state=0)
    y = rng.poisson(mean if loss == "poisson" else mean * rng.gamma(10, 1 / 10, size=1000))
    predicted = model.fit(X, y).predict(X)
    # The means that vary by a factor of e are known to some percent from counts of this size.
    assert np.mean(np.abs(np.log(predicted / mean))) < 0.2
    assert model.score(X, y) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_a_decoder_learns_counts(rng, loss):
    X = rng.normal(size=(1000, 2, 1))
    first = rng.poisson(np.exp(2 + 0.7 * X[:, -1]))
    y = np.stack([first, rng.poisson(first), rng.poisson(first)], axis=1)
    model = RNNRegressor(16, head="decoder", loss=loss, max_epochs=40, random_state=0).fit(X, y)
    paths = model.sample(X, 20, random_state=0)[..., 0]
    # Later steps follow the first one of their own path.
    for step in (1, 2):
        drawn = np.corrcoef(np.log1p(paths[:, :, 0].ravel()), np.log1p(paths[:, :, step].ravel()))[0, 1]
        true = np.corrcoef(np.log1p(y[:, 0, 0]), np.log1p(y[:, step, 0]))[0, 1]
        assert drawn == pytest.approx(true, abs=0.1)


def test_samples_that_weigh_nothing_do_not_count_at_the_start(rng):
    X, y = rng.normal(size=(40, 4)), rng.poisson(5.0, size=40)
    weights = np.where(np.arange(40) < 30, 1.0, 0.0)
    y[30:] = 10**6
    options = QUICK | {"learning_rate": 1e-12}
    model = RNNRegressor(loss="poisson", **options).fit(X, y, sample_weight=weights)
    assert model.parameters_["readout.bias"][0] == pytest.approx(np.log(y[:30].mean()), rel=1e-6)


def test_a_continued_fit_keeps_the_meaning_of_its_outputs(rng):
    X, y = rng.normal(size=(20, 4)), rng.poisson(5.0, size=20)
    for loss, others in {
        "poisson": ["squared_error", "absolute_error"],
        "student_t": ["negative_binomial", Quantile([0.1, 0.9])],
        "squared_error": ["poisson"],
    }.items():
        model = RNNRegressor(loss=loss, warm_start=True, **QUICK).fit(X, y)
        for other in others:
            with pytest.raises(ValueError, match="whose outputs are those of .* Put the loss back"):
                model.set_params(loss=other).fit(X, y)
        model.set_params(loss=loss).fit(X, y)
    model = RNNRegressor(loss=StudentT(4), warm_start=True, **QUICK).fit(X, y)
    model.set_params(loss=StudentT(10)).fit(X, y)
    assert RNNRegressor(warm_start=True, **QUICK).fit(X, y).set_params(loss="huber").fit(X, y).score(X, y) < 1


# ------------------------------------------------------------------------------------------------- the rest


@pytest.mark.parametrize("loss", DISTRIBUTIONS)
def test_score_is_that_of_the_point(loss):
    model, X = fit(loss, (30,))
    y = targets_of(loss, (30,), seed=2)
    assert model.score(X, y) == r2_score(y, model.predict(X))


def test_predictions_follow_the_loss_of_the_fit(rng):
    """Parameters that are set afterwards change nothing before the next fit."""
    model, X = fit("student_t", (6,))
    before = model.predict(X, quantiles=[0.1, 0.9])
    model.set_params(loss="negative_binomial")
    np.testing.assert_array_equal(model.predict(X, quantiles=[0.1, 0.9]), before)


@pytest.mark.parametrize("falls", [[0.1, -0.2, -0.5, -0.55], [-1.0, -1.1, -1.2, -1.25]])
def test_a_likelihood_that_has_settled_does_not_warn(falls):
    history = History([{"loss": loss} for loss in falls], best_epoch=len(falls))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_no_convergence(history, len(falls), stacklevel=1)
    history.epochs[-1]["loss"] -= 1.0
    with pytest.warns(match="still falling"):
        warn_of_no_convergence(history, len(falls), stacklevel=1)
