"""Series that are read and forecast together."""

import copy

import numpy as np
import pandas as pd
import pytest

from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.combination import Average, find_learner
from tsrnn.frames import to_panel
from tsrnn.learners import cross_ridge
from tsrnn.learners.cross_ridge import CrossRidge
from tsrnn.learners.recurrent import STRATEGIES
from tsrnn.learners.shared_ridge import SharedRidge
from tsrnn.sequences import Sequences
from tsrnn.windows import Origins, windows_at

LEAD = 4


def wide_frame(n, lead=LEAD, seed=0):
    """Two series, of which the second repeats the first some steps later, or one of its own without a lead."""
    rng = np.random.default_rng(seed)
    table = np.zeros((n, 2))
    for t in range(1, n):
        table[t] = 0.8 * table[t - 1] + rng.normal(size=2)
    if lead:
        table[lead:, 1] = table[:-lead, 0] + 0.1 * rng.normal(size=n - lead)
    index = pd.date_range("2024-01-01", periods=n, freq="D", tz="Europe/Vienna")
    return pd.DataFrame(20 + table, index=index, columns=["leader", "follower"])


def errors(forecaster, wide, n):
    """Mean absolute error of each series over the forecasts from row `n` on."""
    origins = np.arange(n, len(wide) - LEAD)
    truth = wide.to_numpy()[origins[:, None] + np.arange(LEAD)]
    return np.abs(forecaster.predict_origins(wide, origins) - truth).mean(axis=(0, 1))


def joint(horizon=LEAD, **parameters):
    given = {"season_length": 1, "random_state": 0, "channels": "joint"}
    return RNNForecaster(horizon, **(given | parameters))


def quick(**parameters):
    return joint(**({"max_epochs": 2, "hidden_size": 5, "lookback": 12} | parameters))


# Fewer windows than a chunk of them, and more.
@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 1500])
def test_what_one_series_tells_of_another_is_found(n):
    wide = wide_frame(n + 150)
    alone = errors(joint(channels="independent").fit(wide[:n]), wide, n)
    together = errors(joint().fit(wide[:n]), wide, n)
    # The follower's remainder is its noise, of mean absolute value 0.08; no other series predicts the leader.
    assert together[1] < 0.12 and alone[1] > 1
    assert together[0] == pytest.approx(alone[0], rel=0.05)


@pytest.mark.slow
def test_series_that_tell_nothing_of_each_other_are_forecast_as_if_alone():
    wide = wide_frame(1000, lead=0)
    alone = errors(joint(channels="independent").fit(wide[:800]), wide, 800)
    np.testing.assert_allclose(errors(joint().fit(wide[:800]), wide, 800), alone, rtol=0.03)


@pytest.mark.slow
def test_the_network_finds_what_is_not_linear():
    wide = wide_frame(4000)
    wide["follower"] = 20 + (wide["leader"] - 20).abs().shift(LEAD, fill_value=0)
    alone = errors(joint(channels="independent").fit(wide[:3800]), wide, 3800)
    assert errors(joint().fit(wide[:3800]), wide, 3800)[1] < 0.75 * alone[1]


def _linear_by_hand(model, past):
    """Shared ridge of each series, and the ridge across them, from remainders and seasonal components in units."""
    recipe = model.recipe
    shared, cross = (find_learner(model.combination, kind) for kind in (SharedRidge, CrossRidge))
    if shared is None:
        return np.zeros((recipe.n_channels, len(past), recipe.pass_steps))
    crossed = cross.ridge.predict(past[:, :, : recipe.n_channels])
    return np.array(
        [
            recipe.units[c]
            * (shared.ridge.predict(past[:, :, c :: recipe.n_channels]) + crossed[:, c :: recipe.n_channels])
            for c in range(recipe.n_channels)
        ]
    )


def forecast_by_hand(model, table, origins):
    """Season + level + linear components and network, from one series and one row after the other."""
    recipe, size = model.recipe, model.recipe.size
    n_channels, m = recipe.n_channels, len(origins.seen) // recipe.n_channels
    windows = windows_at(table.offsets, *origins, lookback=recipe.lookback, segment=recipe.segment)
    levels = table.levels(windows)
    past, inputs = np.zeros((2, m, recipe.lookback, 2 * n_channels))
    scales = np.zeros(len(windows))
    for w, (origin, level) in enumerate(zip(windows.origins, levels, strict=True)):
        c, j = divmod(w, m)
        read = table.numbers[origin - recipe.lookback : origin]
        spread = np.sqrt(np.mean((read[:, 0] - level) ** 2))
        scales[w] = max(spread, 0.3 * recipe.spreads[c])
        past[j, :, c] = (read[:, 0] - level) / recipe.units[c]
        inputs[j, :, c] = (read[:, 0] - level) / scales[w]
        past[j, :, n_channels + c] = inputs[j, :, n_channels + c] = read[:, 1]
    steps = inputs.reshape(m, recipe.lookback // recipe.segment, -1)
    sequences = Sequences.from_dense(steps, output_steps=size.horizon // size.output_segment)
    locations = model.network.predict(sequences).reshape(-1, 2)[:, 0]
    learned = locations.reshape(m, size.horizon, n_channels)
    forecast = table.seasonal_future(origins.series, origins.seen, size.horizon) + levels[:, None]
    for w, linear in enumerate(_linear_by_hand(model, past).reshape(len(windows), -1)):
        c, j = divmod(w, m)
        both = scales[w] * learned[j, :, c] + linear
        forecast[w] += both / 2 if isinstance(model.combination, Average) else both
    return recipe.scaler.restore(forecast, windows.series)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_forecasts_are_those_of_the_formula(strategy, linear, early_stopping):
    wide = wide_frame(90)
    forecaster = quick(strategy=strategy, linear=linear, early_stopping=early_stopping, season_length=7).fit(wide)
    model = forecaster._ensemble.best
    table, origins = model.recipe.read(to_panel(wide)), Origins(np.repeat([0, 1], 3), np.tile([40, 66, 90], 2))
    # The network reads numbers that have been scaled in float64 here, and rounded to float32.
    np.testing.assert_allclose(
        model.forecast(table, origins, model.recipe.pass_steps), forecast_by_hand(model, table, origins), rtol=1e-5
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_forecasts_from_many_origins_are_those_from_the_end(strategy):
    wide = wide_frame(100)
    forecaster = quick(strategy=strategy).fit(wide[:80])
    many = forecaster.predict_origins(wide, [80, 85, 100], horizon=7)
    for origin, forecast in zip([80, 85, 100], many, strict=True):
        moved = copy.deepcopy(forecaster)
        if origin > 80:
            moved.update(wide[["follower", "leader"]][80:origin])
        last = moved.predict(horizon=7)
        # The batch that a window is in decides the order of sums in float32.
        np.testing.assert_allclose(forecast, last, rtol=1e-6)
        pd.testing.assert_index_equal(last.index, pd.date_range(wide.index[origin - 1], periods=8, freq="D")[1:])
        assert list(last.columns) == ["leader", "follower"]


def test_one_series_is_the_same_alone_and_together():
    y = wide_frame(120)["leader"]
    alone, together = (quick(channels=channels).fit(y).predict() for channels in ("independent", "joint"))
    pd.testing.assert_series_equal(alone, together)


def test_any_container_of_one_run():
    wide = wide_frame(80)
    wide.index.freq = None
    forecast = quick().fit(wide).predict()
    long = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    for i, part in quick().fit(long).predict().groupby("unique_id"):
        np.testing.assert_array_equal(part["y"], forecast[i])
    np.testing.assert_array_equal(quick().fit(wide.to_numpy()).predict(), forecast)


@pytest.mark.slow  # 32 units
def test_auto_is_resolved_as_for_one_series():
    wide = pd.DataFrame(20 + np.random.default_rng(0).normal(size=(60, 12)).cumsum(axis=0))
    forecaster = joint(max_epochs=1).fit(wide)
    assert forecaster.early_stopping_ and forecaster.hidden_size_ == 32
    architecture = forecaster.network_.architecture
    assert (architecture.input_size, architecture.output_size) == (24 * forecaster.segment_length_, 12 * LEAD * 2)


def test_no_ridge_across_series_where_it_would_be_large(monkeypatch):
    monkeypatch.setattr(cross_ridge, "MAX_WEIGHTS", 15)  # two series and four steps have sixteen for each row
    wide = wide_frame(80)
    forecaster = quick().fit(wide)
    assert find_learner(forecaster._ensemble.best.combination, CrossRidge) is None
    assert np.isfinite(forecaster.predict().to_numpy()).all()


@pytest.mark.slow
def test_the_ridge_across_series_reads_the_newest_rows(monkeypatch):
    rows = LEAD + 2  # the lead, and what to measure the changes within it from
    monkeypatch.setattr(cross_ridge, "MAX_FEATURES", 2 * rows)
    n, wide = 200, wide_frame(350)
    forecaster = joint(lookback=12).fit(wide[:n])
    assert len(find_learner(forecaster._ensemble.best.combination, CrossRidge).ridge.scale) == 2 * rows
    assert errors(forecaster, wide, n)[1] < 0.12


@pytest.mark.parametrize("early_stopping", [False, True])
def test_fits_that_go_on(early_stopping):
    wide = wide_frame(120)
    forecaster = quick(early_stopping=early_stopping, warm_start=True).fit(wide[:100])
    forecaster.partial_fit(wide[100:110]).fit(wide)
    assert forecaster.forecast_origin_ == wide.index[-1]
    assert np.isfinite(forecaster.predict().to_numpy()).all()
    with pytest.raises(
        ValueError, match=r"forecasts the series of its fit, in their order, \['leader', 'follower'\]. Got \['leader'\]"
    ):
        forecaster.fit(wide[["leader"]])
    with pytest.raises(ValueError, match="channels was 'joint' and is now 'independent'"):
        forecaster.set_params(channels="independent").fit(wide)


def test_rows_of_a_wide_frame_weigh_for_all_its_series():
    wide = wide_frame(80)
    long = wide.rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")
    weights = np.random.default_rng(0).uniform(0.5, 1.5, 80)
    forecasts = [
        quick().fit(data, sample_weight=w)._forecast(LEAD) for data, w in ((wide, weights), (long, np.tile(weights, 2)))
    ]
    np.testing.assert_array_equal(*forecasts)


def keyed(**lengths):
    return pd.concat(
        [
            pd.DataFrame({"unique_id": i, "ds": pd.date_range("2024-01-01", periods=n), "y": np.arange(n) % 7 + 1.0})
            for i, n in lengths.items()
        ]
    )


def test_series_of_other_stamps_are_refused():
    with pytest.raises(ValueError, match="share their time stamps: id 'a' has 60 from 2024-01-01.*id 'b' 50 from"):
        quick().fit(keyed(a=60, b=50))
    forecaster = quick().fit(keyed(a=60, b=60))
    before = forecaster.predict()
    later = keyed(a=63)[60:]
    with pytest.raises(ValueError, match="id 'a' has 63 .* id 'b' 60"):
        forecaster.update(later)
    order = r"forecasts the series of its fit, in their order, \['a', 'b'\]. Got \['a', 'b', 'c'\]"
    with pytest.raises(ValueError, match=order):
        forecaster.partial_fit(keyed(c=60))
    pd.testing.assert_frame_equal(forecaster.predict(), before)
