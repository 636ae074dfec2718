"""What a fit learns from windows, and what the forecast does with it, are the same formula."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.model import REACH
from tsrnn.forecaster.parameters import STRATEGIES
from tsrnn.frames import to_panel
from tsrnn.windows import Origins

SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])


def long_frame(lengths=(90, 61, 75)):
    rng = np.random.default_rng(3)
    parts = [
        pd.DataFrame({"unique_id": i, "ds": np.arange(n), "y": 50 + np.resize(SEASON, n) + rng.normal(size=n)})
        for i, n in enumerate(lengths)
    ]
    return pd.concat(parts)


def fitted(**parameters):
    given = {"season_length": 7, "max_epochs": 1, "hidden_size": 5, "random_state": 0, "early_stopping": False}
    return RNNForecaster(4, **(given | parameters)).fit(long_frame())


def forecast_by_hand(model, rows, origins):
    """Season + level + linear parts and network of some windows, from the flat rows that training reads."""
    windows = model.windows_at(rows, origins, model.lookback, model.segment)
    levels, scales = model.levels_and_scales(rows, windows)
    units = model.units[windows.series, None]
    result = rows.seasonal_future(windows, model.block) + levels[:, None]
    nothing = np.zeros((len(windows), model.block), np.float32)
    sequences = model.sequences(rows.features.astype(np.float32), windows, levels, scales, nothing, None)
    learned = scales[:, None] * model.network.predict(sequences).reshape(len(windows), model.block)
    if model.linear is not None:
        blocks = model.blocks(rows.features, windows, levels)
        linear = model.linear.highway.predict(blocks)
        if model.linear.own is not None:
            rest, own = blocks[:, :, 0], model.linear.own.weights
            linear = linear + np.stack([x @ own[i] for x, i in zip(rest, windows.series, strict=True)])
        learned = (units * linear + learned) / 2 if model.combines else units * linear + learned
    return model.scaler.restore(result + learned, windows.series)


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
    assert model.combines != early_stopping
    rows = model.read(to_panel(long_frame()))
    origins = Origins(np.array([0, 0, 1, 2, 2]), np.array([47, 90, 61, 60, 75]))
    expected = forecast_by_hand(model, rows, origins)
    # Both paths scale the window in float32, one before and one within the network.
    np.testing.assert_allclose(model.forecast(rows, origins, model.block), expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_later_steps_read_earlier_forecasts(strategy):
    """A forecast of two blocks is one block, taken for observed, and another: with the season left as it was."""
    forecaster = RNNForecaster(
        4, strategy=strategy, season_length=1, scaling="series", log=False, max_epochs=3, random_state=0,
        early_stopping=False,
    ).fit(long_frame((90,)))  # fmt: skip
    model = forecaster._ensemble.best
    both = forecaster.predict(horizon=2 * model.block)["y"].to_numpy()
    first = forecaster.predict(horizon=model.block)
    second = forecaster.update(first).predict(horizon=model.block)["y"].to_numpy()
    np.testing.assert_allclose(both, np.concatenate([first["y"].to_numpy(), second]), rtol=1e-5)


def test_an_untrained_network_repeats_season_and_level():
    forecaster = fitted(linear=False, early_stopping=True, learning_rate=1e-30, season_length=7, log=False)
    model = forecaster._ensemble.best
    for name in ("readout.weight", "readout.bias"):
        np.testing.assert_allclose(model.network.parameters[name], 0, atol=1e-20)
    decomposition = model.decomposition
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
        forecast = model.forecast(model.read(to_panel(long_frame())), Origins.ends(np.array([0, 90, 151, 226])), 21)
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
    panel, origins = to_panel(y), {"early": range(50, 100), "late": range(300, 350)}
    errors = {}
    for learned, weights in {"early": early, "late": 1 - early}.items():
        forecaster = RNNForecaster(
            1, lookback=4, season_length=1, linear=False, early_stopping=False, log=False, max_epochs=40,
            random_state=0, learning_rate=1e-2,
        ).fit(y, sample_weight=weights)  # fmt: skip
        for asked, places in origins.items():
            forecasts = [forecaster._forecast_panel(panel.head(n), 1)[0, 0] for n in places]
            errors[learned, asked] = np.abs(np.array(forecasts) - y.to_numpy()[list(places)]).mean()
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
    forecaster = fitted(warm_start=True)
    assert not forecaster._ensemble.best.of_mean
    forecaster.set_params(loss="squared_error")
    assert not forecaster._ensemble.best.of_mean
    data = long_frame() if go_on is RNNForecaster.fit else forecaster.predict(horizon=1)
    assert go_on(forecaster, data)._ensemble.best.of_mean
