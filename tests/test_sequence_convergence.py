"""Whether a fit was long enough: epochs and patience by minibatches, and a warning where it was not."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from tsrnn.cells import CELLS
from tsrnn.sequence import RNNClassifier, RNNRegressor
from tsrnn.sequence.convergence import choose_epochs
from tsrnn.training import History

ESTIMATORS = [RNNRegressor, RNNClassifier]


def memory_task(seed, cls, n_samples=200, n_steps=20):
    """Sequences whose target is their first value, or its sign: nothing is learned before it is carried to the end."""
    X = np.random.default_rng(seed).normal(size=(n_samples, n_steps))
    return X, X[:, 0] > 0 if cls is RNNClassifier else X[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_early_stopping_waits_until_the_loss_falls(cls, cell):
    scores = []
    for seed in range(20):
        X, y = memory_task(seed, cls)
        scores.append(cls(cell=cell, early_stopping=True, random_state=seed).fit(X, y).score(X, y))
    assert np.median(scores) >= 0.95
    assert min(scores) >= 0.85  # none is left untrained: R² of about 0, accuracy of about 0.5


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "expected"),
    [(1, 32, (1500, 300)), (32, 32, (1500, 300)), (200, 32, (215, 43)), (480, 32, (100, 20)), (10**6, 32, (100, 10))],
)
def test_auto_counts_minibatches_as_well_as_epochs(n_samples, batch_size, expected):
    assert choose_epochs(n_samples, batch_size) == expected


@pytest.mark.parametrize("early_stopping", [False, True])
def test_auto_is_resolved_by_the_samples_trained_on(monkeypatch, early_stopping):
    seen = []

    def train(network, sequences, options, rng, **_):
        seen.append((len(sequences), options.max_epochs, options.n_iter_no_change))
        return History([{"epoch": 1, "loss": 1.0, "learning_rate": 0.01, "seconds": 0.0}], best_epoch=1)

    monkeypatch.setattr("tsrnn.sequence.base.train", train)
    X, y = memory_task(0, RNNRegressor, n_samples=40, n_steps=3)
    RNNRegressor(2, batch_size=8, early_stopping=early_stopping).fit(X, y)
    RNNRegressor(2, max_epochs=7, n_iter_no_change=3, early_stopping=early_stopping).fit(X, y)
    n = 36 if early_stopping else 40
    assert seen == [(n, 300, 60), (n, 7, 3)]


def caught_by(call):
    """The convergence warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(warning.category is ConvergenceWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_initial_weights_that_are_kept_are_told(cls):
    X, y = memory_task(0, cls, n_samples=30, n_steps=3)
    # No loss is that much lower than the first one.
    model = cls(2, early_stopping=True, tol=1e9, max_epochs=3, random_state=0)
    (message,) = caught_by(lambda: model.fit(X, y))
    assert model.best_epoch_ == 0
    assert message.startswith("The initial weights are kept: no epoch brought a lower loss on the held-out samples.")
    # Advice: without early stopping the last weights are kept.
    assert caught_by(lambda: model.set_params(early_stopping=False, max_epochs=8).fit(X, y)) == []
    assert model.best_epoch_ == 8


@pytest.mark.slow
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_loss_that_still_falls_is_told(cls):
    X = np.random.default_rng(0).normal(size=(200, 5))
    y = X[:, -1] > 0 if cls is RNNClassifier else X[:, -1]
    (message,) = caught_by(lambda: cls(max_epochs=2, random_state=0).fit(X, y))
    assert message.startswith("The loss was still falling at max_epochs=2: from ")
    assert message.endswith(" over the last epoch. Raise max_epochs.")
    # Advice, and the default.
    assert caught_by(lambda: cls(max_epochs=30, random_state=0).fit(X, y)) == []
    assert caught_by(lambda: cls(random_state=0).fit(X, y)) == []
    # One epoch tells nothing of the course.
    assert caught_by(lambda: cls(max_epochs=1, random_state=0).fit(X, y)) == []


@pytest.mark.parametrize("losses", [[1.0, 0.5], [1.0, 0.8, 0.6, 0.4, 0.2], [1.0] * 9 + [0.85]])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_fall_counts_in_the_last_tenth_of_all_epochs(monkeypatch, losses, stopped):
    rows = [{"epoch": k, "loss": loss, "learning_rate": 0.01, "seconds": 0.0} for k, loss in enumerate(losses, 1)]
    monkeypatch.setattr("tsrnn.sequence.base.train", lambda *_, **__: History(rows, len(rows)))
    X, y = memory_task(0, RNNRegressor, n_samples=4, n_steps=2)
    messages = caught_by(lambda: RNNRegressor(2, max_epochs=len(losses) + stopped).fit(X, y))
    assert len(messages) == (not stopped)


@pytest.mark.parametrize("losses", [[1.0, 0.91], [1.0, 0.5, 0.2, 0.15], [1.0, 1.5], [0.0, 0.0]])
def test_small_falls_and_rises_are_not_told(monkeypatch, losses):
    rows = [{"epoch": k, "loss": loss, "learning_rate": 0.01, "seconds": 0.0} for k, loss in enumerate(losses, 1)]
    monkeypatch.setattr("tsrnn.sequence.base.train", lambda *_, **__: History(rows, len(rows)))
    X, y = memory_task(0, RNNRegressor, n_samples=4, n_steps=2)
    assert caught_by(lambda: RNNRegressor(2, max_epochs=len(losses)).fit(X, y)) == []


def test_partial_fit_and_continued_fits_do_not_warn():
    X, y = memory_task(0, RNNRegressor, n_samples=30, n_steps=3)
    assert caught_by(lambda: RNNRegressor(2, random_state=0).partial_fit(X, y).partial_fit(X, y)) == []
    model = RNNRegressor(2, early_stopping=True, max_epochs=8, warm_start=True, random_state=0).fit(X, y)
    # Weights that nothing improves are trained ones here, and those of the epoch that the table calls best.
    best = model.best_epoch_
    assert best > 0
    assert caught_by(lambda: model.set_params(tol=1e9, max_epochs=2).fit(X, y)) == []
    assert (model.best_epoch_, model.n_iter_) == (best, 10)
