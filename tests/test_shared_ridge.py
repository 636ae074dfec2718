import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tsrnn.learners.shared_ridge import DAMPING, MAX_WINDOWS, PENALTIES, fit_ridge


def problem(rng, n=300, noise=0.1):
    blocks = rng.normal(size=(n, 6, 2)) * [1.0, 30.0]
    truth = rng.normal(size=(12, 3)) / np.tile([1.0, 30.0], 6)[:, None]
    targets = blocks.reshape(n, -1) @ truth + 0.5 + noise * rng.normal(size=(n, 3))
    return blocks, targets


def slow_ridge(blocks, targets, weights, scale, penalty):
    """Ridge as least squares with one more row for each weight."""
    design = np.column_stack([blocks.reshape(len(blocks), -1) / scale, np.ones(len(blocks))])
    root = np.sqrt(weights)[:, None]
    rows = np.vstack([root * design, np.sqrt(penalty) * np.eye(design.shape[1])])
    right = np.vstack([root * targets, np.zeros((design.shape[1], targets.shape[1]))])
    weights = np.linalg.lstsq(rows, right)[0]
    weights[-1] *= DAMPING
    return weights


@pytest.mark.parametrize("noise", [0.1, 3.0])
def test_both_fits_are_ridge_regressions(rng, noise):
    blocks, targets = problem(rng, noise=noise)
    weights = rng.uniform(0.5, 2.0, size=300)
    training, held_out = np.arange(200), np.arange(220, 300)
    training_fit, final_fit = fit_ridge(blocks.__getitem__, targets.__getitem__, weights, training, held_out)
    assert training_fit.penalty == final_fit.penalty
    assert final_fit.penalty in PENALTIES
    scale = training_fit.scale
    np.testing.assert_allclose(
        training_fit.weights,
        slow_ridge(blocks[:200], targets[:200], weights[:200], scale, final_fit.penalty),
        atol=1e-8,
    )
    np.testing.assert_allclose(
        final_fit.weights, slow_ridge(blocks, targets, weights, scale, final_fit.penalty), atol=1e-8
    )


def test_penalty_is_the_best_on_the_windows_held_out(rng):
    blocks, targets = problem(rng, n=60, noise=2.0)
    training, held_out = np.arange(30), np.arange(30, 60)
    best, _ = fit_ridge(blocks.__getitem__, targets.__getitem__, np.ones(60), training, held_out)
    errors = {
        penalty: np.abs(
            targets[30:]
            - np.column_stack([blocks[30:].reshape(30, -1) / best.scale, np.ones(30)])
            @ slow_ridge(blocks[:30], targets[:30], np.ones(30), best.scale, penalty)
        ).mean()
        for penalty in PENALTIES
    }
    assert best.penalty == min(errors, key=errors.get)


def test_nothing_linear_gives_nothing(rng):
    blocks = rng.normal(size=(40, 6, 2))
    targets = np.zeros((40, 3))
    ridge, _ = fit_ridge(blocks.__getitem__, targets.__getitem__, np.ones(40), np.arange(20), np.arange(20, 40))
    assert ridge.penalty == np.inf
    np.testing.assert_array_equal(ridge.predict(blocks), targets)


def test_constant_features_do_no_harm(rng):
    blocks = np.zeros((40, 3, 2))
    targets = np.full((40, 2), 3.0)
    _, ridge = fit_ridge(blocks.__getitem__, targets.__getitem__, np.ones(40), np.arange(20), np.arange(20, 40))
    np.testing.assert_allclose(ridge.predict(blocks), DAMPING * 3.0, rtol=0.01)


def test_more_windows_than_are_fitted(rng):
    n = MAX_WINDOWS + 5000
    blocks = rng.normal(size=(n, 2, 1))
    targets = blocks.sum(axis=(1, 2))[:, None]
    read = []

    def make_past(k):
        read.append(len(k))
        return blocks[k]

    ridge, _ = fit_ridge(make_past, targets.__getitem__, np.ones(n), np.arange(n - 100), np.arange(n - 100, n))
    assert sum(read) == 2 * MAX_WINDOWS + 100
    np.testing.assert_allclose(ridge.predict(blocks[:5]), targets[:5], rtol=1e-3)


def test_bits_do_not_depend_on_the_threads_of_blas(rng):
    blocks = rng.normal(size=(3000, 48, 2))
    targets = rng.normal(size=(3000, 24))
    results = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            _, ridge = fit_ridge(
                blocks.__getitem__, targets.__getitem__, np.ones(3000), np.arange(2000), np.arange(2000, 3000)
            )
            results.append((ridge.weights, ridge.predict(blocks)))
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_targets_that_do_not_count_leave_the_ridge_regressions_of_the_others(rng, noise):
    """Each step ahead has the weights of a ridge regression fitted to the windows where its target counts."""
    blocks, complete = problem(rng, noise=noise)
    targets = np.where(rng.random(complete.shape) < 0.2, np.nan, complete)
    training, held_out = np.arange(200), np.arange(220, 300)
    _, fit = fit_ridge(blocks.__getitem__, targets.__getitem__, np.ones(300), training, held_out)
    for step in range(targets.shape[1]):
        counts = np.isfinite(targets[:, step])
        expected = slow_ridge(
            blocks[counts], targets[counts, step : step + 1], np.ones(counts.sum()), fit.scale, fit.penalty
        )
        # Each round leaves about the share of missing targets of the distance: .2 ** 10.
        np.testing.assert_allclose(fit.weights[:, step : step + 1], expected, atol=1e-5)


def test_held_out_targets_that_do_not_count_choose_no_penalty(rng):
    blocks, targets = problem(rng, n=60, noise=2.0)
    targets[30:45] = np.nan
    split = np.arange(30), np.arange(30, 60)
    short = np.arange(30), np.arange(45, 60)
    one, other = (fit_ridge(blocks.__getitem__, targets.__getitem__, np.ones(60), *k)[0] for k in (split, short))
    assert one.penalty == other.penalty
    np.testing.assert_array_equal(one.weights, other.weights)
