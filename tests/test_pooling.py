"""Panels: what series share, what is their own, and what is chosen for them."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.forecaster.combination import find_learner
from tsrnn.forecaster.linear import residuals_of
from tsrnn.forecaster.plan import LONG_SERIES, MANY_ROWS, MANY_SERIES, PANEL_MINIBATCHES, resolve
from tsrnn.frames import to_panel
from tsrnn.learners.own_ridge import MIN_SCALE, OwnRidge, _best_penalty, _error_curve, own_errors
from tsrnn.learners.shared_ridge import SharedRidge
from tsrnn.windows import Origins

HORIZON = 3
pytestmark = pytest.mark.slow  # panels are fitted


def panel_of(coefficients, n=120, noise=0.2, seed=0):
    """A long frame of autoregressive series, each with a coefficient of its own."""
    rng = np.random.default_rng(seed)
    parts = []
    for i, coefficient in enumerate(coefficients):
        x = np.zeros(n)
        for t in range(2, n):
            x[t] = coefficient * x[t - 2] + noise * rng.normal()
        parts.append(pd.DataFrame({"unique_id": f"{i:03d}", "ds": np.arange(n), "y": x}))
    return pd.concat(parts, ignore_index=True)


def fitted(frame, **parameters):
    given = {"hidden_size": 4, "max_epochs": 1, "random_state": 0, "season_length": 1, "log": False, "lookback": 6}
    return RNNForecaster(HORIZON, **(given | parameters)).fit(frame)


def batch_of(forecaster, frame):
    recipe = forecaster._ensemble.best.recipe
    return recipe.batch(recipe.read(to_panel(frame)))


def learner_of(forecaster, kind):
    return find_learner(forecaster._ensemble.best.combination, kind)


def test_each_series_gets_what_the_shared_part_leaves():
    frame = panel_of([0.9] * 6 + [-0.9] * 6)
    forecaster = fitted(frame)
    batch = batch_of(forecaster, frame)
    shared, own = learner_of(forecaster, SharedRidge), learner_of(forecaster, OwnRidge)
    errors = {"shared": [], "own": []}
    for i in range(12):
        k = np.flatnonzero(batch.series == i)
        residuals = batch.targets(k) - shared.predict(batch.subset(k))
        errors["shared"].append(np.abs(residuals).mean())
        errors["own"].append(np.abs(residuals - own.predict(batch.subset(k))).mean())
    # Most of what is left is noise; the rest is what the two halves of the panel do not have in common.
    assert np.mean(errors["own"]) < 0.9 * np.mean(errors["shared"])


def test_weights_are_ridge_regressions():
    frame = panel_of([0.9, 0.5, -0.9] * 4)
    forecaster = fitted(frame)
    batch = batch_of(forecaster, frame)
    shared, own = learner_of(forecaster, SharedRidge), learner_of(forecaster, OwnRidge)
    for i in (0, 5):
        k = np.flatnonzero(batch.series == i)
        x = batch.subset(k).past()[:, :, 0]
        scale = max(np.sqrt(np.mean(x**2)), MIN_SCALE)
        residuals = batch.targets(k) - shared.predict(batch.subset(k))
        rows = np.vstack([x / scale, np.sqrt(own.penalty) * np.eye(6)])
        expected = np.linalg.lstsq(rows, np.vstack([residuals, np.zeros((6, HORIZON))]))[0] / scale
        np.testing.assert_allclose(own.weights[i], expected, atol=1e-6)  # they are kept in float32


def test_series_that_are_alike_share_more():
    penalties = []
    for coefficients in ([0.8] * 12, [0.8, -0.8] * 6):
        own = learner_of(fitted(panel_of(coefficients, n=60)), OwnRidge)
        penalties.append(np.inf if own is None else own.penalty)
    assert penalties[0] > penalties[1]


def test_a_short_series_is_left_with_the_shared_part():
    frame = panel_of([0.9, -0.9] * 6)
    frame = frame[(frame["unique_id"] != "003") | (frame["ds"] < 8)]
    forecaster = fitted(frame)
    np.testing.assert_array_equal(learner_of(forecaster, OwnRidge).weights[3], 0)
    assert np.isfinite(forecaster.predict()["y"]).all()


@pytest.mark.filterwarnings("ignore::tsrnn.forecaster.ShortSeriesWarning")
def test_new_series_have_no_weights():
    frame = panel_of([0.9, -0.9] * 6)
    forecaster = fitted(frame)
    before = forecaster.predict().set_index("unique_id")["y"]
    forecaster.update(pd.DataFrame({"unique_id": "new", "ds": np.arange(30), "y": np.sin(np.arange(30.0))}))
    after = forecaster.predict().set_index("unique_id")["y"]
    # With another number of rows, a product of matrices may add in another order.
    np.testing.assert_allclose(after.drop("new"), before, rtol=1e-13)
    np.testing.assert_array_equal(learner_of(forecaster, OwnRidge).weights[-1], 0)
    assert np.isfinite(after["new"]).all()


def test_the_error_curve_is_that_of_held_out_parts(rng):
    x, truth = rng.normal(size=(80, 4)), rng.normal(size=(4, 2))
    rest = x @ truth + 0.1 * rng.normal(size=(80, 2))
    curve = _error_curve(x, rest, [(60, 62, 70), (50, 52, 60)])
    np.testing.assert_allclose(curve[0], (np.abs(rest[62:70]).mean() + np.abs(rest[52:60]).mean()) / 2)
    weights = [np.linalg.lstsq(x[:n], rest[:n])[0] for n in (60, 50)]
    least = [np.abs(rest[62:70] - x[62:70] @ weights[0]).mean(), np.abs(rest[52:60] - x[52:60] @ weights[1]).mean()]
    np.testing.assert_allclose(curve[1], np.mean(least), rtol=0.05)  # a penalty of .1 is nearly none
    assert np.isnan(_error_curve(x, rest, [])).all()


def test_the_penalty_that_helps_most_series_wins():
    better, worse = np.full(16, 0.9), np.full(16, 1.5)
    better[[0, 4, 7]], worse[[0, 4, 7]] = 1.0, (1.0, 0.7, 0.7)
    better[4] = 0.8
    assert _best_penalty(np.array([better, worse])) == 3
    assert _best_penalty(np.array([np.r_[1.0, np.full(15, 1.1)]])) is None
    assert _best_penalty(np.empty((0, 16))) is None
    tie = np.r_[1.0, np.full(15, 0.5)]
    assert _best_penalty(np.array([tie])) == 14


def test_each_series_is_judged():
    frame = panel_of([0.9, -0.9] * 6)
    forecaster = fitted(frame)
    batch = batch_of(forecaster, frame)
    errors = own_errors(batch, residuals_of(learner_of(forecaster, SharedRidge), batch), np.array([0, 3]))
    assert np.flatnonzero(np.isfinite(errors)).tolist() == [0, 3]


class TestChoices:
    def test_auto_is_resolved(self):
        parameters = RNNForecaster(HORIZON).get_params()
        small = resolve(parameters, np.array([500]))
        assert small == {
            "strategy": "direct", "num_layers": 1, "hidden_size": 32, "dropout": 0.0,
            "early_stopping": True, "batch_size": 32,
            "schedule": "constant", "max_epochs": 60,
        }  # fmt: skip
        large = resolve(parameters, np.full(MANY_ROWS // 100, 100))
        epochs = -(-PANEL_MINIBATCHES // -(-MANY_ROWS // 256))
        assert large == {
            "strategy": "direct", "num_layers": 1, "hidden_size": 64, "dropout": 0.0,
            "early_stopping": False, "batch_size": 256,
            "schedule": "cosine", "max_epochs": epochs,
        }  # fmt: skip
        assert resolve(parameters, np.full(MANY_SERIES, 50))["early_stopping"] is False
        long = resolve(parameters, np.full(MANY_ROWS // LONG_SERIES, LONG_SERIES))
        assert long == large | {"strategy": "parallel", "num_layers": 2}
        assert resolve(parameters | {"dilations": (1, 2, 4)}, np.array([500]))["num_layers"] == 3
        given = {
            "strategy": "recursive", "num_layers": 4, "hidden_size": 7, "dropout": 0.1,
            "early_stopping": True, "batch_size": 5,
            "schedule": "one_cycle", "max_epochs": 3,
        }  # fmt: skip
        assert resolve(parameters | given, np.full(MANY_SERIES, 50)) == given

    def test_choices_are_attributes(self):
        forecaster = fitted(panel_of([0.5] * MANY_SERIES, n=40), hidden_size="auto", max_epochs="auto")
        assert forecaster.hidden_size_ == forecaster.network_.architecture.hidden_size == 32
        assert forecaster.max_epochs_ == forecaster.n_iter_ == len(forecaster.history_)
        assert (forecaster.early_stopping_, forecaster.schedule_, forecaster.batch_size_) == (False, "cosine", 32)

    def test_members_differ_in_what_they_read(self):
        frame = panel_of([0.9, 0.6, 0.3] * 4, n=100)
        forecaster = fitted(frame, lookback="auto", smoothing=False)
        lookbacks = forecaster.lookbacks_
        assert len(lookbacks) > 1
        assert forecaster.lookback_ == lookbacks[0]
        assert forecaster.history_["network"].tolist() == list(range(len(lookbacks)))
        assert [network.architecture.input_size for network in forecaster.networks_] == [
            2 * model.recipe.segment for model in forecaster._ensemble.members
        ]
        mean = np.mean(
            [
                model.forecast(model.recipe.read(forecaster._panel), Origins(np.arange(12), np.full(12, 100)), HORIZON)
                for model in forecaster._ensemble.members
            ],
            axis=0,
        )
        np.testing.assert_allclose(forecaster.predict()["y"].to_numpy().reshape(12, HORIZON), mean, rtol=1e-12)

    def test_a_few_series_have_networks_that_start_differently(self):
        forecaster = fitted(panel_of([0.5, 0.9]), lookback=6)
        assert forecaster.lookbacks_ == (6, 6, 6)
        assert learner_of(forecaster, OwnRidge) is None
        starts = [network.parameters["weight_hh_l0"] for network in forecaster.networks_]
        assert np.abs(starts[0] - starts[1]).max() > 0.1

    def test_logarithms_of_a_positive_panel(self):
        frame = panel_of([0.5] * MANY_SERIES, n=60)
        frame["y"] += 10
        assert fitted(frame, log="auto").log_
        assert not fitted(frame.assign(y=frame["y"] - 10), log="auto").log_
