"""Intervals, quantiles and sample paths of a forecaster."""

import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import RNNForecaster
from tsrnn.forecaster import OutlierWarning, ShortSeriesWarning
from tsrnn.losses import StudentT
from tsrnn.validation import InvalidParameterError

LEAD = 4


def quick(**parameters):
    return RNNForecaster(LEAD, **{"hidden_size": 4, "num_layers": 1, "max_epochs": 2, "random_state": 0} | parameters)


def noise(n=80, seed=0, scale=1.0, level=0.0):
    values = np.random.default_rng(seed).normal(level, scale, n)
    return pd.Series(values, pd.date_range("2024-01-01", periods=n, freq="D"), name="y")


def wide(n=80):
    return pd.DataFrame({name: noise(n, k) for k, name in enumerate("ab")})


def long(n=80):
    return wide(n).rename_axis("ds").reset_index().melt("ds", var_name="unique_id", value_name="y")


CONTAINERS = {
    "series": noise,
    "wide": wide,
    "long": long,
    "keyed": lambda: long().set_index(["unique_id", "ds"])["y"],
    "dated": lambda: noise().rename_axis("ds").reset_index(),
    "array": lambda: wide().to_numpy(),
    "list": lambda: noise().tolist(),
}


@functools.cache
def fitted(container):
    return quick().fit(CONTAINERS[container]())


@pytest.mark.parametrize("container", CONTAINERS)
def test_quantiles_stand_beside_the_forecast_in_every_container(container):
    forecaster = fitted(container)
    plain, more = forecaster.predict(), forecaster.predict(level=[95, 80], quantiles=[0.5, 0.1])
    asked = ["lo-80", "hi-80", "lo-95", "hi-95", "q0.1", "median"]
    if isinstance(plain, np.ndarray):
        assert more.shape == (*plain.shape, 7)
        np.testing.assert_array_equal(more[..., 0], plain)
        columns = np.moveaxis(more[..., 1:], -1, 0)
    else:
        names = list(plain.columns) if container == "wide" else ["y"]
        frame = plain if isinstance(plain, pd.DataFrame) else plain.to_frame()
        pd.testing.assert_frame_equal(more[list(frame.columns)], frame)
        assert [c for c in more.columns if c not in frame.columns] == [
            f"{n}-{suffix}" for n in names for suffix in asked
        ]
        columns = np.array([more[[f"{n}-{suffix}" for n in names]].to_numpy() for suffix in asked])
        plain = frame[names].to_numpy()
    low80, high80, low95, high95, tenth, median = columns
    np.testing.assert_array_equal(low80, tenth)
    np.testing.assert_array_equal(median.ravel(), np.asarray(plain).ravel())
    assert (low95 < low80).all() and (low80 < median).all() and (median < high80).all() and (high80 < high95).all()


@pytest.mark.parametrize("container", CONTAINERS)
def test_paths_have_the_quantiles_of_the_forecast(container):
    forecaster, n_paths = fitted(container), 3_000
    paths = forecaster.sample(n_paths, random_state=0)
    lower, upper = 0.2, 0.8
    bounds = forecaster.predict(quantiles=[lower, upper])
    if isinstance(paths, np.ndarray):
        drawn, bounds = paths, np.moveaxis(bounds[..., 1:], -1, 0)
    else:
        keys = [c for c in ("unique_id", "ds") if c in getattr(paths, "columns", ())]
        values = paths.drop(columns=[*keys, "path"], errors="ignore") if isinstance(paths, pd.DataFrame) else paths
        drawn = values.to_numpy().reshape(n_paths, -1)
        names = ["a", "b"] if container == "wide" else ["y"]
        bounds = [bounds[[f"{n}-q{q:g}" for n in names]].to_numpy().ravel() for q in (lower, upper)]
    # Three standard errors of a share of .2 among 3,000.
    for q, bound in zip((lower, upper), bounds, strict=True):
        np.testing.assert_allclose((drawn <= bound).mean(axis=0), q, atol=0.022)


def test_paths_are_one_under_another_with_their_number():
    series, table, rows = (fitted(name).sample(2, random_state=1) for name in ("series", "wide", "long"))
    assert series.index.names == ["path", None] and series.loc[1].index.equals(fitted("series").predict().index)
    assert series.groupby("path").sum().shape == (2,)
    assert list(table.columns) == ["a", "b"] and table.loc[0].index.equals(fitted("wide").predict().index)
    assert list(rows.columns) == ["path", "unique_id", "ds", "y"] and list(rows["path"]) == [0] * 8 + [1] * 8
    pd.testing.assert_frame_equal(rows.loc[:7, ["unique_id", "ds"]], fitted("long").predict()[["unique_id", "ds"]])
    assert fitted("array").sample(2).shape == (2, LEAD, 2)


def test_paths_depend_on_the_seed_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (fitted("series").sample(3, random_state=seed) for seed in (7, 7, 8))
    pd.testing.assert_series_equal(first, again)
    assert not first.equals(other)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("n_paths", [0, -1, 1.5, True, "10", None])
def test_numbers_of_paths_are_checked(n_paths):
    with pytest.raises(InvalidParameterError, match="'n_paths' parameter of sample must be an int in the range"):
        fitted("series").sample(n_paths)


def test_a_misspelt_number_of_steps_is_refused():
    with pytest.raises(TypeError, match=r"given by name: sample\(horizon=3\)"):
        fitted("series").sample(10, 3)


def test_rows_of_the_future_choose_what_is_drawn():
    ahead = fitted("series").predict()
    X = pd.DataFrame(index=ahead.index[[1, 3]])
    paths = fitted("series").sample(5, X, random_state=0)
    assert paths.groupby("path").size().tolist() == [2] * 5
    np.testing.assert_array_equal(
        paths, fitted("series").sample(5, random_state=0).to_numpy().reshape(5, -1)[:, [1, 3]].ravel()
    )


@settings(max_examples=8)
@given(st.sampled_from([1e-9, 1e-3, 1.0, 1e6, 1e12]), st.sampled_from([0.0, 1.0, -1e3, 1e3]))
def test_intervals_scale_and_shift_with_the_series(scale, shift):
    base = noise(40)
    expected = quick(outliers="keep", log=False).fit(base).predict(level=80).to_numpy()
    moved = quick(outliers="keep", log=False).fit((base + shift) * scale + 0.0).predict(level=80).to_numpy()
    # Within single precision, in which the network sees the series; no value was negative where all are shifted up.
    inside = np.maximum((expected + shift) * scale, 0 if (base + shift).min() >= 0 else -np.inf)
    np.testing.assert_allclose(moved, inside, rtol=1e-4, atol=2e-4 * scale)


def test_intervals_do_not_fall_below_zero_where_nothing_has():
    counts = pd.Series(np.random.default_rng(0).poisson(1.0, 60).astype(float))
    intervals = quick().fit(counts).predict(level=[80, 99])
    assert (intervals.to_numpy() >= 0).all()
    assert (intervals["y-lo-99"] == 0).all()


def test_quantiles_of_counts_hold_their_shares():
    """Nothing is as far below a mean of one as the upper quantiles are above it."""
    counts = pd.Series(np.random.default_rng(1).poisson(1.0, 900).astype(float))
    forecaster = quick(max_epochs=4).fit(counts[:500])
    origins = range(500, 896)
    truth = np.array([counts.iloc[o : o + LEAD] for o in origins])
    bounds = forecaster.predict_origins(counts, origins, quantiles=[0.8, 0.9, 0.95])[:, :, 0, 1:]
    # Between counts a quantile holds a share between those of the counts: .74, .92 and .98 at most 1, 2 and 3.
    below = (truth[..., None] <= bounds).mean(axis=(0, 1))
    assert (below > [0.7, 0.85, 0.9]).all() and (below < [0.95, 0.99, 1.0]).all()


def test_intervals_of_logarithms_are_positive_and_skewed():
    y = np.exp(noise(200) * 0.3 + 2)
    intervals = quick(log=True).fit(y).predict(level=90)
    low, point, high = (np.log(intervals[c]) for c in ("y-lo-90", "y", "y-hi-90"))
    np.testing.assert_allclose(high - point, point - low, rtol=1e-9)


@pytest.mark.parametrize(
    "y",
    [
        np.full(30, 5.0),
        np.arange(30.0),
        np.array([1.0, 2.0, 3.0]),
        np.array([4.0, 4.0]),
        np.append(np.random.default_rng(0).normal(size=40), 1e6),
        np.random.default_rng(0).binomial(1, 0.1, 60).astype(float),
        np.r_[np.random.default_rng(0).normal(0, 1, 40), np.random.default_rng(1).normal(50, 1, 20)],
        2.0 ** np.arange(25),
    ],
    ids=["constant", "line", "three", "two", "outlier", "zeros", "step", "growth"],
)
@pytest.mark.filterwarnings("ignore::tsrnn.forecaster.ShortSeriesWarning", "ignore::tsrnn.forecaster.OutlierWarning")
def test_intervals_of_odd_series_are_finite_and_in_order(y):
    forecast = quick().fit(y).predict(level=[80, 95])
    assert np.isfinite(forecast).all()
    point, low80, high80, low95, high95 = forecast.T
    assert (low95 <= low80).all() and (low80 <= point).all() and (point <= high80).all() and (high80 <= high95).all()
    # Not further than twice the range of the series from it.
    reach = 2 * np.ptp(y) + 1e-3 * np.abs(y).max()
    assert (low80 >= y.min() - reach).all() and (high80 <= y.max() + reach).all()


class TestTimeGoesOn:
    def test_updates_observation_by_observation_are_as_one(self):
        y = noise(120)
        whole, stepwise = quick().fit(y[:90]), quick().fit(y[:90])
        whole.update(y[90:])
        for k in range(90, 120):
            stepwise.update(y[k : k + 1])
        expected = whole.predict(level=[80, 95]).to_numpy()
        np.testing.assert_allclose(stepwise.predict(level=[80, 95]).to_numpy(), expected, rtol=1e-9)
        np.testing.assert_allclose(stepwise.calibration_, whole.calibration_, rtol=1e-9)

    def test_origins_know_what_had_come_true_by_then(self):
        y = noise(120)
        forecaster = quick().fit(y[:90])
        many = forecaster.predict_origins(y, [90, 100, 97], level=90)
        for k, origin in enumerate([90, 100, 97]):
            moved = quick().fit(y[:90])
            moved = moved.update(y[90:origin]) if origin > 90 else moved
            np.testing.assert_allclose(many[k, :, 0], moved.predict(level=90).to_numpy(), rtol=1e-7)

    def test_nothing_after_an_origin_counts(self):
        y, later = noise(120), noise(120)
        later[100:] += 1000
        forecaster = quick(outliers="keep").fit(y[:90])
        one, other = (forecaster.predict_origins(data, [95, 100], level=[50, 95]) for data in (y, later))
        np.testing.assert_allclose(one, other, rtol=1e-9)

    def test_origins_in_data_that_begin_later(self):
        y = noise(150)
        forecaster = quick(smoothing=False).fit(y[:90])
        expected = forecaster.predict_origins(y, [110, 120], level=80)
        np.testing.assert_allclose(forecaster.predict_origins(y[20:], [90, 100], level=80), expected, rtol=1e-6)

    def test_intervals_widen_when_errors_grow(self):
        calm, wild = noise(150), noise(150)
        wild[90:] *= 4
        widths = []
        for y in (calm, wild):
            forecaster = quick(outliers="keep", scaling="series").fit(y[:90]).update(y[90:])
            interval = forecaster.predict(level=80)
            widths.append((interval["y-hi-80"] - interval["y-lo-80"]).mean())
        assert widths[1] > 1.8 * widths[0]

    def test_partial_fit_scores_before_it_trains(self):
        y = noise(110)
        moved = quick().fit(y[:90]).update(y[90:])
        trained = quick().fit(y[:90]).partial_fit(y[90:])
        pd.testing.assert_frame_equal(trained.calibration_, moved.calibration_, rtol=1e-9)

    def test_a_series_that_was_constant_gets_the_spread_of_what_it_does_then(self):
        values = np.r_[np.zeros(60), 1e5 + 1e4 * np.random.default_rng(0).normal(size=60)]
        forecaster = quick().fit(values[:60])
        for k in range(60, 120, 10):
            forecaster.update(values[k : k + 10])
        forecast = forecaster.predict(level=80)
        # The first forecasts were wrong by 1e5.
        assert 1e4 < (forecast[:, 2] - forecast[:, 1]).mean() < 3e5

    @pytest.mark.parametrize("n_series", [2, 12])
    def test_a_new_series_of_one_value_gets_a_spread_of_its_own(self, n_series):
        panel = pd.concat(
            [noise(40, k).rename_axis("ds").reset_index().assign(unique_id=str(k)) for k in range(n_series)]
        )
        forecaster = quick().fit(panel)
        rows = (2e7 + 3e6 * noise(20)).rename_axis("ds").reset_index().assign(unique_id="new")
        for k in range(20):
            forecaster.update(rows.iloc[k : k + 1])
        forecast = forecaster.predict(level=80).query("unique_id == 'new'")
        width = (forecast["y-hi-80"] - forecast["y-lo-80"]).mean()
        # Of normal noise 2.56 standard deviations; of a series that is hardly known a few times more or less, and not a
        # millionth, as of one that has only shown a single value.
        assert 1e6 < width < 4e7

    def test_a_step_that_is_confirmed_later_is_the_same_in_pieces_and_at_once(self):
        y = noise(100)
        y.iloc[90:] += 300
        forecasts = []
        for size in (1, 15):
            forecaster = quick().fit(y[:85])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OutlierWarning)
                for k in range(85, 100, size):
                    forecaster.update(y[k : k + size])
            forecasts.append(forecaster.predict())
        np.testing.assert_allclose(forecasts[0], forecasts[1], rtol=1e-9)

    def test_new_series_have_intervals_in_their_own_units(self):
        panel = long()
        new = panel[panel["unique_id"] == "a"].assign(unique_id="c", y=lambda d: d["y"] * 1000)
        forecaster = quick().fit(panel).update(new)
        assert forecaster.sample(5)["unique_id"].nunique() == 3
        forecast = forecaster.predict(level=80).set_index("unique_id")
        widths = (forecast["y-hi-80"] - forecast["y-lo-80"]).groupby(level=0).mean()
        assert 300 < widths["c"] / widths["a"] < 3_000


def test_paths_of_noise_are_noise_and_those_of_walks_are_walks():
    """Standard deviations of sums of seven steps: of noise the root of seven, of a walk more than twice that."""
    spreads = {}
    for name, y in {"noise": noise(200, 1), "walk": noise(200, 1).cumsum()}.items():
        forecaster = RNNForecaster(7, hidden_size=4, max_epochs=5, random_state=0).fit(y)
        paths = forecaster.sample(2_000, random_state=0).to_numpy().reshape(2_000, 7)
        spreads[name] = paths.sum(axis=1).std() / paths.std(axis=0).mean()
    # Steps that are independent, or go together by .65 as those of a walk, within a fifth.
    assert spreads["noise"] == pytest.approx(np.sqrt(7), rel=0.2)
    assert spreads["walk"] == pytest.approx(np.sqrt(7 + 42 * 0.65), rel=0.2)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_intervals_of_a_single_value_are_in_its_units(scale):
    with pytest.warns(ShortSeriesWarning):
        forecast = quick().fit([5.0 * scale]).predict(level=80)
    np.testing.assert_allclose(forecast[:, 2] / scale, 5 + 0.25 * 5 * 1.4398 * np.sqrt(np.arange(1, 5)), rtol=1e-3)


def test_a_series_that_has_not_changed_lately_may_change_again():
    forecaster = quick(outliers="keep").fit(np.r_[np.full(50, 1.0), np.full(50, 100.0)])
    forecast = forecaster.predict(level=80)
    assert (forecast[:, 1] < 100).all() and (forecast[:, 2] > 100).all()
    assert np.isfinite(forecaster.calibration_).all().all()


class TestCoverage:
    @pytest.mark.slow
    def test_of_noise(self):
        y = noise(1_200, scale=3, level=50)
        forecaster = quick(max_epochs=8).fit(y[:800])
        origins = np.arange(800, 1_197)
        bands = forecaster.predict_origins(y, origins, level=[80, 95])[:, :, 0]
        truth = np.array([y.iloc[o : o + LEAD] for o in origins])
        # Three standard errors of 400 values, each of which is forecast four times.
        for k, (share, tolerance) in enumerate([(0.8, 0.06), (0.95, 0.033)]):
            inside = (bands[..., 1 + 2 * k] <= truth) & (truth <= bands[..., 2 + 2 * k])
            assert abs(inside.mean() - share) < tolerance
        # The upper end of 80 % is the quantile of .9. Windows of 16 values tell levels to 3 / 4.
        assert bands[..., 2].mean() == pytest.approx(50 + 3 * 1.2816, abs=0.75)

    @pytest.mark.slow
    def test_of_a_panel_of_random_walks(self):
        walks = np.random.default_rng(3).normal(size=(60, 40)).cumsum(axis=0)
        bands = quick(max_epochs=4).fit(walks[:56]).predict(level=[80, 95])
        truth = walks[56:]
        for k, (share, tolerance) in enumerate([(0.8, 0.12), (0.95, 0.07)]):
            # Three standard errors of 40 walks, whose steps go together, on either side.
            inside = (bands[..., 1 + 2 * k] <= truth) & (truth <= bands[..., 2 + 2 * k])
            assert abs(inside.mean() - share) < tolerance


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["student_t", StudentT(3), "absolute_error", "huber", "squared_error"])
@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq", "parallel"])
def test_every_loss_and_strategy_has_intervals_that_grow_with_a_walk(loss, strategy):
    walk = noise(150).cumsum()
    forecast = quick(loss=loss, strategy=strategy, early_stopping=False).fit(walk).predict(level=80, horizon=LEAD + 6)
    width = (forecast["y-hi-80"] - forecast["y-lo-80"]).to_numpy()
    assert np.isfinite(width).all() and (width > 0).all()
    # The standard deviation of a random walk ten steps ahead is 3.2 times that of one.
    assert 1.5 < width[-1] / width[0] < 7


def test_joint_channels_and_covariates_have_intervals():
    data = wide()
    joint = quick(channels="joint").fit(data).predict(level=80)
    assert (joint["a-hi-80"] > joint["a-lo-80"]).all()
    x = pd.DataFrame({"x": noise(90, 5)})
    y = (x["x"] * 3 + noise(90, 6)).iloc[:80]
    forecaster = quick().fit(x, y)
    with_x = forecaster.predict(x.iloc[80:84], level=80)
    assert (with_x.iloc[:, 2] > with_x.iloc[:, 1]).all()
    assert forecaster.sample(3, x.iloc[80:84], random_state=0).shape == (12,)
    assert np.isfinite(forecaster.predict_origins(x, y, [70, 76], level=80)).all()


def test_missing_values_have_intervals():
    y = noise(100)
    y[::7] = np.nan
    y[-3:] = np.nan
    forecaster = quick().fit(y[:80])
    forecaster.update(y[80:])
    assert np.isfinite(forecaster.predict(level=80)).all().all()
    assert (forecaster.calibration_["n_scores"] > 0).all()


def test_scores_of_intervals_are_those_of_the_metric():
    from tsrnn.metrics import interval_score

    y = noise(90)
    forecaster = quick().fit(y[:80])
    band, unit = forecaster.predict(level=80), np.abs(np.diff(y[:80])).mean()
    expected = interval_score(y[80:84].to_numpy(), band["y-lo-80"].to_numpy(), band["y-hi-80"].to_numpy(), level=80)
    assert forecaster.season_length_ == 1
    assert forecaster.score(y[80:84], level=80) == pytest.approx(-expected / unit, rel=1e-9)
    both = (forecaster.score(y[80:84], level=80) + forecaster.score(y[80:84], level=95)) / 2
    assert forecaster.score(y[80:84], level=[80, 95]) == pytest.approx(both, rel=1e-9)


def test_calibration_is_a_table_by_step():
    table = quick().fit(noise(300)).calibration_
    assert list(table.index) == [1, 2, 3, 4] and table.index.name == "step"
    assert list(table.columns) == ["n_scores", "mean_score", *(f"coverage_{p}" for p in (50, 80, 90, 95, 99))]
    # Scores of held-out windows are those that the intervals are made of.
    assert table["coverage_80"].mean() == pytest.approx(0.8, abs=0.1)
    with pytest.raises(AttributeError, match="has no calibration_ before fit"):
        _ = quick().calibration_


@pytest.mark.parametrize(("first", "second"), [("student_t", "absolute_error"), ("huber", "student_t")])
def test_a_continued_fit_keeps_the_outputs_of_its_network(first, second):
    forecaster = quick(loss=first, warm_start=True).fit(noise())
    before = forecaster.predict(level=80)
    with pytest.raises(ValueError, match=f"its network has outputs for the loss .* Got loss='{second}'"):
        forecaster.set_params(loss=second).fit(noise())
    pd.testing.assert_frame_equal(forecaster.predict(level=80), before)
    forecaster.set_params(loss=first).fit(noise())


def test_forecasts_are_the_same_with_and_without_intervals():
    forecaster = fitted("series")
    pd.testing.assert_series_equal(forecaster.predict(level=80)["y"], forecaster.predict())
    many = forecaster.predict_origins(noise(), [60, 70])
    np.testing.assert_array_equal(forecaster.predict_origins(noise(), [60, 70], quantiles=0.3)[..., 0], many)
