"""The sequence estimators over time: seeds, weights, further training, interrupts, copies."""

import copy
import pickle
import threading

import joblib
import numpy as np
import pandas as pd
import pytest

from tsrnn.backends.compilation import JIT
from tsrnn.losses import Quantile
from tsrnn.sequence import RNNClassifier, RNNRegressor, base
from tsrnn.training import NonFiniteLossError

# Three epochs are not enough, and a fit says so.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK = {"hidden_size": 3, "max_epochs": 3, "batch_size": 8, "random_state": 0}
DATA = np.random.default_rng(11)
X = DATA.normal(size=(24, 4))
Y = X @ [0.1, -0.2, 0.5, 1.0]
LABELS = np.where(Y > 0, "up", "down")
MODELS = [(RNNRegressor, Y), (RNNClassifier, LABELS)]


def theta_of(model):
    return model.network_.theta


def assert_same_weights(one, other):
    np.testing.assert_array_equal(theta_of(one), theta_of(other))


# ---------------------------------------------------------------------------------------------------- bits


@pytest.mark.parametrize(("cls", "y"), MODELS)
@pytest.mark.parametrize("options", [{}, {"dropout": 0.3, "num_layers": 2}, {"early_stopping": True}])
def test_a_seed_gives_the_same_bits_with_any_number_of_threads(cls, y, options):
    all_jobs = (None, 1, 2, -1) if JIT else (None, 2)  # without the compiler there is one thread
    models = [cls(n_jobs=n_jobs, **QUICK, **options).fit(X, y) for n_jobs in all_jobs]
    for model in models[1:]:
        assert_same_weights(model, models[0])
        np.testing.assert_array_equal(model.predict(X), models[0].predict(X))


@pytest.mark.slow
def test_threads_share_a_large_fit_and_give_the_same_bits():
    rng = np.random.default_rng(0)
    many = rng.normal(size=(512, 20))
    one, two = (
        RNNRegressor(64, batch_size=256, max_epochs=2, n_jobs=n, random_state=0).fit(many, many[:, 0]) for n in (1, 2)
    )
    assert_same_weights(one, two)
    np.testing.assert_array_equal(one.predict(many), two.predict(many))


def test_another_seed_gives_other_bits():
    one, other = (RNNRegressor(**{**QUICK, "random_state": seed}).fit(X, Y) for seed in (0, 1))
    assert np.all(theta_of(one) != theta_of(other))


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_a_generator_is_drawn_from(make):
    first, second = make(0), make(0)
    model = RNNRegressor(**{**QUICK, "random_state": first}).fit(X, Y)
    assert_same_weights(model, RNNRegressor(**{**QUICK, "random_state": second}).fit(X, Y))
    again = RNNRegressor(**{**QUICK, "random_state": first}).fit(X, Y)
    assert np.any(theta_of(again) != theta_of(model))


def test_without_a_seed_the_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = (RNNRegressor(**{**QUICK, "random_state": None}).fit(X, Y) for _ in range(2))
    assert np.all(theta_of(one) != theta_of(other))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_second_fit_begins_anew():
    model = RNNRegressor(**QUICK).fit(X * 3 + 1, Y[::-1])
    expected = RNNRegressor(**QUICK).fit(X, Y)
    assert_same_weights(model.fit(X, Y), expected)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
    assert len(model.history_) == QUICK["max_epochs"]


def test_a_fit_to_another_kind_forgets_the_first():
    model = RNNClassifier(categories="auto", **QUICK).fit([["a", "b"], ["b"]], [0, 1])
    model.set_params(categories=None).fit(X, LABELS)
    assert not hasattr(model, "categories_")
    assert model.classes_.tolist() == ["down", "up"]
    assert_same_weights(model, RNNClassifier(**QUICK).fit(X, LABELS))


def test_fits_in_threads_do_not_disturb_each_other():
    models = [RNNRegressor(**{**QUICK, "random_state": seed}) for seed in range(4)]
    threads = [threading.Thread(target=model.fit, args=(X, Y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, model in enumerate(models):
        assert_same_weights(model, RNNRegressor(**{**QUICK, "random_state": seed}).fit(X, Y))


# ------------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize(("cls", "y"), MODELS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_sample_of_weight_zero_is_as_good_as_left_out(cls, y, early_stopping):
    weights = np.arange(24) % 3 / 2.0
    kept = weights > 0
    model = cls(early_stopping=early_stopping, **QUICK).fit(X, y, sample_weight=weights)
    left_out = cls(early_stopping=early_stopping, **QUICK).fit(X[kept], y[kept], sample_weight=weights[kept])
    assert_same_weights(model, left_out)
    np.testing.assert_array_equal(model.predict(X), left_out.predict(X))


@pytest.mark.parametrize(("cls", "y"), MODELS)
def test_an_integer_weight_is_as_good_as_repetition(cls, y):
    repeats = np.arange(24) % 4
    # Whole batches, so that the order of the samples decides on rounding alone: float64, some updates.
    options = {**QUICK, "batch_size": 100, "dtype": "float64"}
    weighted = cls(**options).fit(X, y, sample_weight=repeats)
    repeated = cls(**options).fit(X.repeat(repeats, axis=0), y.repeat(repeats))
    np.testing.assert_allclose(theta_of(weighted), theta_of(repeated), rtol=1e-9)


@pytest.mark.parametrize("size", [1e-300, 1e307])
def test_only_the_ratios_of_weights_count(size):
    weights = 1.0 + np.arange(24) % 3
    model = RNNRegressor(**QUICK).fit(X, Y, sample_weight=weights)
    scaled = RNNRegressor(**QUICK).fit(X, Y, sample_weight=size * weights)
    np.testing.assert_allclose(scaled.predict(X), model.predict(X), rtol=1e-4)


@pytest.mark.slow
def test_training_follows_the_weights():
    both = np.concatenate([X, X])
    y, weights = np.repeat([-1.0, 1.0], 24), np.repeat([1.0, 3.0], 24)
    model = RNNRegressor(hidden_size=3, random_state=0).fit(both, y, sample_weight=weights)
    # The weighted mean of -1 and 1.
    np.testing.assert_allclose(model.predict(X).mean(), 0.5, atol=0.05)


def test_scores_are_weighted():
    model = RNNRegressor(**QUICK).fit(X[:, :, None], np.cumsum(X, axis=1)[:, :, None])
    kept = np.arange(24) < 10
    expected = model.score(X[kept, :, None], np.cumsum(X, axis=1)[kept, :, None])
    assert model.score(X[:, :, None], np.cumsum(X, axis=1)[:, :, None], kept) == pytest.approx(expected, rel=1e-12)


def test_scores_per_step_count_steps():
    model = RNNClassifier(categories="auto", **QUICK).fit([["a", "b"], ["b"]], [["x", "x"], ["x"]])
    X_test, y_test = [["a"], ["b", "a", "a"]], [["x"], ["x", "y", "x"]]
    assert model.score(X_test, y_test) == 0.75
    assert model.score(X_test, y_test, [3, 1]) == (3 * 1 + 2) / (3 * 1 + 3)


# ---------------------------------------------------------------------------------------- further training


def test_warm_start_goes_on_with_the_network_and_its_scales():
    model = RNNRegressor(warm_start=True, **QUICK).fit(X, Y)
    theta, mean = theta_of(model).copy(), model.target_mean_.copy()
    model.fit(X, Y + 1.0)
    np.testing.assert_array_equal(model.target_mean_, mean)
    assert np.any(theta_of(model) != theta)
    assert model.history_["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert model.n_iter_ == model.best_epoch_ == 6


def test_without_warm_start_a_fitted_network_is_not_gone_on_with():
    model = RNNRegressor(**QUICK).fit(X, Y)
    assert_same_weights(model.fit(X, Y), RNNRegressor(**QUICK).fit(X, Y))


CHANGES = {
    "hidden_size": 4,
    "cell": "lstm",
    "num_layers": 2,
    "bidirectional": True,
    "dropout": 0.5,
    "dtype": "float64",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_continued_fit_keeps_its_network(name):
    model = RNNRegressor(warm_start=True, **QUICK).fit(X, Y)
    before = theta_of(model).copy()
    with pytest.raises(ValueError, match=f"keeps its network, but {name} was .* and is now {CHANGES[name]!r}"):
        model.set_params(**{name: CHANGES[name]}).fit(X, Y)
    np.testing.assert_array_equal(theta_of(model), before)


def test_a_continued_fit_keeps_its_kind():
    model = RNNRegressor(warm_start=True, **QUICK).fit(X, Y)
    with pytest.raises(ValueError, match="single was True and is now False"):
        model.fit(X, Y[:, None])
    with pytest.raises(ValueError, match="With head='last', y must hold one output step"):
        model.fit(X, Y[:, None, None])
    with pytest.raises(ValueError, match=r"not have as many outputs as Quantile\(levels=\(0.1, 0.9\)\) needs"):
        model.set_params(loss=Quantile([0.1, 0.9])).fit(X, Y)


def test_a_continued_decoder_takes_shorter_sequences_at_most():
    words = [["a"], ["a", "b"], ["b"]]
    model = RNNClassifier(head="decoder", categories="auto", warm_start=True, **QUICK).fit(
        words, [["p"], ["p", "q"], ["q"]]
    )
    model.fit(words, [["p"], ["q"], ["q"]])
    with pytest.raises(ValueError, match="at most 2 steps. Got 3"):
        model.fit(words, [["p"], ["q", "q", "q"], ["q"]])


def test_a_continued_classifier_keeps_its_classes():
    model = RNNClassifier(warm_start=True, **QUICK).fit(X, LABELS)
    model.fit(X, np.full(24, "up"))
    assert model.classes_.tolist() == ["down", "up"]
    with pytest.raises(ValueError, match=r"not in classes_: 'side' at sample 2, step 0. Known are \['down', 'up'\]"):
        model.fit(X[:3], ["up", "down", "side"])


def test_partial_fit_trains_one_pass_and_remembers():
    model = RNNRegressor(**QUICK)
    for passes in (1, 2, 3):
        assert model.partial_fit(X, Y) is model
        assert model.n_iter_ == passes
    assert model.history_["learning_rate"].nunique() == 1
    # A constant rate and Adam's memory kept: the same as one fit.
    assert_same_weights(model, RNNRegressor(schedule="constant", **QUICK).fit(X, Y))


def test_partial_fit_learns_from_parts():
    model = RNNClassifier(**QUICK)
    model.partial_fit(X[:8], LABELS[:8], classes=["up", "down", "side"])
    mean = model.input_mean_.copy()
    model.partial_fit(X[8:] + 5.0, LABELS[8:]).partial_fit(X, LABELS, classes=["side", "up", "down"])
    np.testing.assert_array_equal(model.input_mean_, mean)
    assert model.classes_.tolist() == ["down", "side", "up"]
    assert model.predict_proba(X).shape == (24, 3)


def test_partial_fit_needs_all_classes_at_first_and_no_others_later():
    model = RNNClassifier(**QUICK)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, LABELS)
    with pytest.raises(ValueError, match="not in classes_: 'up'"):
        model.partial_fit(X, LABELS, classes=["down"])
    assert not hasattr(model, "network_") and not hasattr(model, "classes_")
    model.partial_fit(X, LABELS, classes=["down", "up"])
    with pytest.raises(ValueError, match="is not the same as on the first call"):
        model.partial_fit(X, LABELS, classes=["down", "up", "side"])


@pytest.mark.parametrize(("cls", "y"), MODELS)
def test_partial_fit_holds_nothing_out(cls, y):
    arguments = {"classes": ["down", "up"]} if cls is RNNClassifier else {}
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        cls(early_stopping=True, **QUICK).partial_fit(X, y, **arguments)


# ------------------------------------------------------------------------------------------------- history


def test_history_has_a_row_an_epoch():
    model = RNNRegressor(**QUICK).fit(X, Y)
    assert isinstance(model.history_, pd.DataFrame)
    assert model.history_.columns.tolist() == ["epoch", "loss", "validation_loss", "learning_rate", "seconds"]
    assert model.history_["epoch"].tolist() == [1, 2, 3]
    assert model.history_["validation_loss"].isna().all()
    assert np.all(np.isfinite(model.history_.drop(columns="validation_loss")))
    assert model.n_iter_ == model.best_epoch_ == 3


def test_early_stopping_keeps_the_weights_that_were_best():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(40, 4))
    options = {**QUICK, "max_epochs": 40, "hidden_size": 8}
    model = RNNRegressor(early_stopping=True, n_iter_no_change=3, validation_fraction=0.25, **options)
    model.fit(noise, rng.normal(size=40))
    losses = model.history_["validation_loss"]
    # Noise cannot be learned, so it stops three epochs after the best one, which may be the one before the first.
    assert model.n_iter_ == model.best_epoch_ + 3 < 40
    if model.best_epoch_:
        assert losses.idxmin() + 1 == model.best_epoch_


@pytest.mark.parametrize(("fraction", "n_samples"), [(0.9, 5), (0.1, 1)])
def test_early_stopping_needs_samples_to_train_on(fraction, n_samples):
    model = RNNRegressor(early_stopping=True, validation_fraction=fraction, **QUICK)
    with pytest.raises(ValueError, match=f"validation_fraction={fraction} holds out all of n_samples={n_samples}"):
        model.fit(X[:n_samples], Y[:n_samples])


def test_one_sample_is_enough_without_it():
    model = RNNRegressor(**QUICK).fit(X[:1], Y[:1])
    np.testing.assert_allclose(model.target_mean_, Y[:1])
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("verbose", [0, False, 1, True])
def test_nothing_is_written_unless_asked(verbose, capfd):
    RNNRegressor(verbose=verbose, **QUICK).fit(X, Y)
    out, err = capfd.readouterr()
    assert out == "" and bool(err) is bool(verbose)


# ---------------------------------------------------------------------------------------- errors and copies


class Interrupted:
    """Stands for `train`, and stops it as Ctrl-C or a failing loss would: in the middle."""

    def __init__(self, error):
        self.error = error

    def __call__(self, network, *arguments, **options):
        network.theta[:] = np.nan
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), NonFiniteLossError("epoch 3, minibatch 2")])
@pytest.mark.parametrize(("cls", "y"), MODELS)
@pytest.mark.parametrize("method", ["fit", "warm fit", "partial_fit"])
def test_an_interrupted_fit_changes_nothing(monkeypatch, cls, y, method, error):
    unfitted, fitted = cls(**QUICK), cls(**QUICK).fit(X, y)
    predicted, history = fitted.predict(X), fitted.history_.copy()
    monkeypatch.setattr(base, "train", Interrupted(error))
    arguments = {"classes": ["down", "up"]} if (cls, method) == (RNNClassifier, "partial_fit") else {}
    for model in (unfitted, fitted):
        model.warm_start = method == "warm fit"
        with pytest.raises(type(error)):
            getattr(model, method.removeprefix("warm "))(X, y, **arguments)
    assert vars(unfitted) == vars(cls(**QUICK)) | {"warm_start": unfitted.warm_start}
    np.testing.assert_array_equal(fitted.predict(X), predicted)
    pd.testing.assert_frame_equal(fitted.history_, history)
    monkeypatch.undo()
    assert_same_weights(fitted.set_params(warm_start=False).fit(X, y), cls(**QUICK).fit(X, y))


def dump_and_load(model, folder):
    path = folder / "model.joblib"
    joblib.dump(model, path)
    return joblib.load(path)


def dump_and_map(model, folder):
    path = folder / "model.joblib"
    joblib.dump(model, path)
    return joblib.load(path, mmap_mode="r")


COPIES = {
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, folder: copy.deepcopy(model),
    "joblib": dump_and_load,
    "joblib, mapped from disk": dump_and_map,
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(("cls", "y"), MODELS)
def test_a_copy_predicts_and_goes_on_with_the_same_bits(tmp_path, cls, y, how):
    model = cls(warm_start=True, **QUICK).fit(X, y)
    twin = COPIES[how](model, tmp_path)
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert {name: values.tolist() for name, values in twin.parameters_.items()} == {
        name: values.tolist() for name, values in model.parameters_.items()
    }
    assert_same_weights(twin.fit(X, y), model.fit(X, y))
    assert_same_weights(twin.partial_fit(X, y), model.partial_fit(X, y))


def test_a_copy_is_independent():
    model = RNNRegressor(warm_start=True, **QUICK).fit(X, Y)
    twin, before = copy.deepcopy(model), theta_of(model).copy()
    twin.fit(X, Y)
    np.testing.assert_array_equal(theta_of(model), before)


def test_a_continued_fit_keeps_its_head(rng):
    X = rng.normal(size=(20, 5, 2))
    model = RNNRegressor(head="decoder", warm_start=True, hidden_size=3, max_epochs=1).fit(X, X[:, :3])
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="head was 'decoder' and is now 'parallel'"):
            getattr(model.set_params(head="parallel"), method)(X, X[:, :3])
    model.set_params(head="auto").fit(X, X[:, :3])
    assert model.network_.architecture.head_name == "decoder"
