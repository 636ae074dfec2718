"""Training and forecasting use the same formula of windows and targets."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.combination import Average, find_learner
from tsrnn.forecaster.limits import REACH
from tsrnn.forecaster.preparing import Preparation
from tsrnn.frames import to_panel
from tsrnn.learners.own_ridge import OwnRidge
from tsrnn.learners.recurrent import STRATEGIES
from tsrnn.learners.shared_ridge import SharedRidge
from tsrnn.sequences import Sequences
from tsrnn.windows import Origins

SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])


def long_frame(lengths=(90, 61, 75)):
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(n), "y": 50 + np.resize(SEASON, n) + rng.normal(size=n)})
        for i, n in enumerate(lengths)
    ]
    return pd.concat(parts)


def fitted_to(frame, **parameters):
    given = {"season_length": 7, "max_epochs": 1, "hidden_size": 3, "early_stopping": False, "smoothing": False}
    return RNNForecaster(4, random_state=0, **(given | parameters)).fit(frame)


def fitted(**parameters):
    return fitted_to(long_frame(), **parameters)


def prepared(frame):
    """Series as models read them, outliers kept."""
    panel = to_panel(frame)
    return Preparation((), None).apply(panel)


def scale_of(model, table, series, origin):
    """Scale of the window of one origin."""
    recipe, start = model.recipe, table.offsets[series]
    past = table.remainder[start : start + origin]
    n_read = min(recipe.lookback, origin - recipe.decomposition.unknown) // recipe.segment * recipe.segment
    spread = np.sqrt(np.mean((past[-n_read:] - past[-recipe.decomposition.level_window :].mean()) ** 2))
    return max(spread, 0.3 * recipe.spreads[series]) if recipe.scaling == "window" else recipe.spreads[series]


def forecast_by_hand(model, table, series, origin, scale=None):
    """Forecast of one origin in plain NumPy, but for the network: season + level + learners."""
    recipe, size = model.recipe, model.recipe.size
    start = table.offsets[series]
    past = np.arange(start, start + origin)
    n_read = min(size.lookback, origin - recipe.decomposition.unknown) // size.segment * size.segment
    level = table.remainder[past][-recipe.decomposition.level_window :].mean()
    x = np.column_stack([table.remainder[past][-n_read:] - level, table.numbers[past, 1][-n_read:]])
    scale = scale_of(model, table, series, origin) if scale is None else scale
    steps = (x / [scale, 1.0]).reshape(1, n_read // size.segment, -1).astype(np.float32)
    outputs = size.horizon // size.output_segment
    locations = model.network.predict(Sequences.from_dense(steps, output_steps=outputs)).reshape(-1, 2)[:, 0]
    learned = scale * locations
    shared, own = (find_learner(model.combination, kind) for kind in (SharedRidge, OwnRidge))
    if shared is not None:
        unit = recipe.units[series]
        rows = np.zeros((1, size.lookback, 2))
        rows[0, -n_read:] = x / [unit, 1.0]
        linear = shared.ridge.predict(rows)[0]
        if own is not None:
            linear = linear + rows[0, :, 0] @ own.weights[series]
        share = 0.5 if isinstance(model.combination, Average) else 1.0
        learned = share * (unit * linear + learned)
    seasonal = table.seasonal_future(np.array([series]), np.array([origin]), size.horizon)[0]
    return recipe.scaler.restore((level + seasonal + learned)[None], np.array([series]))[0]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("scaling", ["window", "series"])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("lookback", [12, 80])
@pytest.mark.filterwarnings("ignore::tsrnn.forecaster.ShortSeriesWarning")
def test_training_and_forecast_read_the_same(strategy, scaling, linear, lookback, early_stopping):
    # A lookback of 80 is longer than two of the series: their windows are read as far as they go.
    forecaster = fitted(
        strategy=strategy, scaling=scaling, linear=linear, lookback=lookback, early_stopping=early_stopping
    )
    model = forecaster._ensemble.best
    assert model.recipe.residual == early_stopping
    table = model.recipe.read(to_panel(long_frame()))
    origins = Origins(np.array([0, 0, 1, 2, 2]), np.array([47, 90, 61, 60, 75]))
    expected = [forecast_by_hand(model, table, *origin) for origin in zip(*origins, strict=True)]
    # Both scale the window in float32, one before and one within the network.
    np.testing.assert_allclose(model.forecast(table, origins, model.recipe.pass_steps), expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_later_steps_read_earlier_forecasts(strategy):
    """A forecast of two blocks is one block, taken for observed, and another: with the season left as it was."""
    forecaster = RNNForecaster(
        4, strategy=strategy, season_length=1, scaling="series", log=False, smoothing=False, max_epochs=3,
        random_state=0, early_stopping=False,
    ).fit(long_frame((90,)))  # fmt: skip
    model = forecaster._ensemble.best
    both = forecaster.predict(horizon=2 * model.recipe.pass_steps)["y"].to_numpy()
    first = forecaster.predict(horizon=model.recipe.pass_steps)
    second = forecaster.update(first).predict(horizon=model.recipe.pass_steps)["y"].to_numpy()
    np.testing.assert_allclose(both, np.concatenate([first["y"].to_numpy(), second]), rtol=1e-5)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_later_steps_keep_the_scale_of_the_first(early_stopping):
    """By default, too: forecasts vary less than observations, and would be scaled up again and again."""
    frame = long_frame((90,))
    forecaster = fitted_to(frame, early_stopping=early_stopping, season_length=1, log=False, max_epochs=3)
    model = forecaster._ensemble.best
    ahead = model.recipe.pass_steps
    both = forecaster._ensemble.members[0].forecast(
        model.recipe.read(forecaster._prepared), Origins.ends(np.array([0, 90])), 2 * ahead
    )
    seen = frame["y"].to_numpy()
    table = model.recipe.read(forecaster._prepared)
    scale = scale_of(model, table, 0, 90)
    longer = pd.DataFrame({"unique_id": 0, "ds": np.arange(90 + ahead), "y": np.r_[seen, both[0, :ahead]]})
    later = model.recipe.read(prepared(longer))
    assert abs(scale_of(model, later, 0, 90 + ahead) / scale - 1) > 0.01
    # Both scale the window in float32, one before and one within the network.
    np.testing.assert_allclose(both[0, ahead:], forecast_by_hand(model, later, 0, 90 + ahead, scale), rtol=1e-5)


def test_an_untrained_network_repeats_season_and_level():
    forecaster = fitted(linear=False, early_stopping=True, learning_rate=1e-30, season_length=7, log=False)
    model = forecaster._ensemble.best
    weights, biases = (model.network.parameters[f"readout.{name}"] for name in ("weight", "bias"))
    np.testing.assert_allclose(weights, 0, atol=1e-20)
    np.testing.assert_allclose(biases[::2], 0, atol=1e-20)
    # The first scale is that of the targets.
    assert (np.abs(biases[1::2]) < 2).all()
    decomposition = model.recipe.decomposition
    for i, (_, part) in enumerate(long_frame().groupby("unique_id")):
        y = part["y"].to_numpy()
        rest, parts = decomposition.apply(y)
        expected = rest[-decomposition.level_window :].mean() + parts[0][len(y) + np.arange(4)]
        forecast = forecaster.predict()["y"].to_numpy().reshape(3, 4)[i]
        np.testing.assert_allclose(forecast, expected, rtol=1e-6)


def test_no_forecast_goes_far_beyond_what_was_seen():
    forecaster = fitted(linear=False, log=False)
    model = forecaster._ensemble.best
    values = [part["y"] for _, part in long_frame().groupby("unique_id")]
    units = np.array([np.abs(y.to_numpy()[7:] - y.to_numpy()[:-7]).mean() for y in values])
    for bias, extreme in ((1e6, max), (-1e6, min)):
        model.network.parameters["readout.bias"][:] = bias
        forecast = model.forecast(
            model.recipe.read(to_panel(long_frame())), Origins.ends(np.array([0, 90, 151, 226])), 21
        )
        furthest = np.array([extreme(y) for y in values])
        for step, seasons in ((1, 1), (7, 1), (14, 2), (21, 3)):
            expected = furthest + np.sign(bias) * REACH * seasons * units
            np.testing.assert_allclose(forecast[:, step - 1], expected, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("n_series", [1, 3, 12])
def test_a_factor_of_all_weights_changes_nothing(n_series):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({i: 50 + np.resize(SEASON, 90) + rng.normal(size=90) for i in range(n_series)})
    forecasts = [
        RNNForecaster(4, max_epochs=2, hidden_size=5, random_state=0)
        .fit(frame, sample_weight=np.full(90, factor))
        .predict()
        for factor in (1.0, 0.1)
    ]
    # A tenth is rounded, and weights are multiplied in float32.
    np.testing.assert_allclose(*forecasts, rtol=1e-5)


@pytest.mark.slow
def test_weights_choose_what_is_learned():
    """Two regimes in one series; the weights say which one counts."""
    y = pd.Series(np.concatenate([np.tile([0.0, 1.0], 100), np.tile([0.0, 0.0, 3.0], 70)]))
    early = np.where(np.arange(len(y)) < 200, 1.0, 0.0)
    origins = {"early": range(50, 100), "late": range(300, 350)}
    errors = {}
    for learned, weights in {"early": early, "late": 1 - early}.items():
        forecaster = RNNForecaster(
            1, lookback=4, season_length=1, linear=False, smoothing=False, early_stopping=False, log=False,
            max_epochs=40, random_state=0, learning_rate=1e-2,
        ).fit(y, sample_weight=weights)  # fmt: skip
        for asked, places in origins.items():
            forecasts = forecaster.predict_origins(y, places)[:, 0, 0]
            errors[learned, asked] = np.abs(forecasts - y.to_numpy()[list(places)]).mean()
    assert errors["early", "early"] < 0.3 * errors["late", "early"]
    assert errors["late", "late"] < 0.3 * errors["early", "late"]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.filterwarnings("ignore::tsrnn.forecaster.ShortSeriesWarning")
def test_weights_that_leave_no_target_train_nothing(early_stopping):
    weights = (np.arange(60) == 0).astype(float)
    forecaster = RNNForecaster(3, random_state=0, early_stopping=early_stopping, max_epochs=2)
    forecaster.fit(np.random.default_rng(0).normal(size=60), sample_weight=weights)
    assert len(forecaster.history_) == 0
    assert np.isfinite(forecaster.predict()).all()


@pytest.mark.parametrize("go_on", [RNNForecaster.fit, RNNForecaster.partial_fit])
def test_a_continued_fit_forecasts_means_or_medians_by_its_own_loss(go_on):
    """As ceilings of intermittent series are set: a mean may be higher than a median."""
    forecaster = fitted(warm_start=True, loss="absolute_error")
    assert not forecaster._ensemble.best.recipe.of_mean
    forecaster.set_params(loss="squared_error")
    assert not forecaster._ensemble.best.recipe.of_mean
    data = long_frame() if go_on is RNNForecaster.fit else forecaster.predict(horizon=1)
    assert go_on(forecaster, data)._ensemble.best.recipe.of_mean
