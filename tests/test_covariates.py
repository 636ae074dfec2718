"""Covariates: what forecasts read of them, from which containers, and what is refused."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import RNNForecaster, backtest
from tsrnn.frames import append, to_panel
from tsrnn.learners.recurrent import STRATEGIES
from tsrnn.plotting import ForecastDisplay
from tsrnn.windows import Origins

N, HORIZON = 160, 4
DECODING = ["direct", *(pytest.param(name, marks=pytest.mark.slow) for name in ("seq2seq", "parallel"))]
INDEX = pd.date_range("2024-01-01", periods=N + 40, freq="D", tz="Europe/Vienna", name="day")


def make_data(seed=0, n=N + 40):
    """A series that follows a price and a promotion of the same day, and sales of the day before that lead it."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "price": rng.normal(size=n), "promotion": rng.choice(["none", "small", "large"], size=n),
            "visits": rng.normal(size=n), "noise": rng.normal(size=n),
        },
        index=INDEX[:n],
    )  # fmt: skip
    y = 50 - 3 * X["price"] + X["promotion"].map({"none": 0, "small": 2, "large": 6}) + 0.1 * rng.normal(size=n)
    return X, y.rename("sales")


def quick(horizon=HORIZON, **parameters):
    given = {"max_epochs": 2, "hidden_size": 2, "lookback": 8, "random_state": 0, "season_length": 1, "log": False}
    return RNNForecaster(horizon, **(given | parameters))


def long_frame(ids=("a", "b"), n=N):
    parts = []
    for k, name in enumerate(ids):
        X, y = make_data(k)
        parts.append(X.assign(y=y, unique_id=name, ds=INDEX).iloc[:n])
    return pd.concat(parts, ignore_index=True)


class TestForecasts:
    @pytest.mark.slow
    def test_what_a_covariate_explains_is_forecast(self):
        X, y = make_data()
        forecaster = RNNForecaster(HORIZON, random_state=0, max_epochs=20).fit(X[:N], y[:N])
        origins = np.arange(N, N + 36)
        truth = y.to_numpy()[origins[:, None] + np.arange(HORIZON)]
        errors = np.abs(forecaster.predict_origins(X, y, origins)[:, :, 0] - truth)
        alone = RNNForecaster(HORIZON, random_state=0, max_epochs=20).fit(y[:N])
        errors_alone = np.abs(alone.predict_origins(y, origins)[:, :, 0] - truth)
        # The noise has a mean absolute value of .08; prices and promotions vary by 3 and 2.5.
        assert errors.mean() < 0.3 * errors_alone.mean()
        chosen = forecaster.covariates_.set_index("name")["chosen"]
        assert chosen.to_dict() == {"price": True, "promotion": True, "visits": False, "noise": False}

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_noise_alone_is_not_read(self, seed):
        rng = np.random.default_rng(seed)
        season = pd.Series(50 + np.resize([0.0, 8, 3, -4, -9, 1, 1], N + 40), index=INDEX)
        X = pd.DataFrame({"noise": rng.normal(size=N + 40)}, index=INDEX)
        forecaster = quick(season_length=7, lookback=14).fit(X[:N], season[:N] + 0.1 * rng.normal(size=N))
        assert not forecaster.covariates_["chosen"].any()
        # The season is an input and not subtracted: what repeats is forecast nearly to the noise.
        assert np.abs(forecaster.predict(X[N : N + HORIZON]) - season[N : N + HORIZON]).max() < 1.5

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_forecasts_of_all_paths_are_the_same(self, strategy):
        """From the end, from an origin, and after an update: within rounding of products of other sizes."""
        X, y = make_data()
        past = ["visits"]
        forecaster = quick(strategy=strategy, past_covariates=past).fit(X[:N], y[:N])
        many = forecaster.predict_origins(X, y, [N, N + 3], horizon=forecaster.horizon_)[:, :, 0]
        ahead = forecaster.horizon_
        first = forecaster.predict(X[N : N + ahead])
        np.testing.assert_allclose(first, many[0], rtol=1e-6)
        pd.testing.assert_index_equal(first.index, INDEX[N : N + ahead])
        forecaster.update(X[N : N + 3], y[N : N + 3])
        np.testing.assert_allclose(forecaster.predict(X[N + 3 : N + 3 + ahead]), many[1], rtol=1e-6)

    def test_the_network_reads_all_levels_of_a_category(self, monkeypatch):
        """One code a row, however many levels there are; ridge regressions read indicators of the frequent ones."""
        monkeypatch.setattr("tsrnn.series.inputs.MAX_LEVELS", 3)
        X, y = make_data()
        X["kind"] = X.pop("promotion").where(np.arange(len(X)) % 4 > 0, (np.arange(len(X)) % 5).astype(str))
        forecaster = quick().fit(X[:N], y[:N])
        inputs, segment = forecaster._ensemble.best.recipe.inputs, forecaster.segment_length_
        assert [item.column for item in inputs.inputs if item.level is not None] == [3] * 3
        assert forecaster.network_.architecture.n_categories == (3 + 5,) * segment
        assert forecaster.network_.architecture.input_size == (2 + 1) * segment  # value, season, price
        assert forecaster.predict(X[N : N + HORIZON]).notna().all()

    @pytest.mark.parametrize("strategy", ["direct", "seq2seq"])
    def test_a_category_that_is_constant_in_each_series_is_read_once_a_step(self, strategy):
        frame = long_frame("abc", 44).assign(item=lambda frame: frame["unique_id"].str.upper())
        known, ahead = frame[frame["ds"] < INDEX[40]], frame[frame["ds"] >= INDEX[40]].drop(columns=["y", "visits"])
        forecaster = quick(strategy=strategy, past_covariates=["visits"], linear=False, max_epochs=1).fit(known)
        assert forecaster.network_.architecture.n_categories[-1] == 3
        assert forecaster.covariates_.set_index("name")["chosen"]["item"]
        weights = forecaster.parameters_["weight_ih_l0"][:, -3:]
        assert weights.any(axis=0).all()  # zero before the training
        before = forecaster.predict(ahead)
        weights[:, 1] += 1
        changed = forecaster.predict(ahead)["y"] != before["y"]
        assert changed[before["unique_id"] == "b"].any() and not changed[before["unique_id"] != "b"].any()

    @pytest.mark.parametrize("channels", ["independent", "joint"])
    def test_windows_read_the_categories_of_their_rows(self, channels):
        """Of the step a horizon later, or of the row itself; and what is constant in a series, once a window."""
        frame = long_frame("ab", 60).assign(item=lambda frame: frame["unique_id"].str.upper())
        frame["visits"] = np.where(frame["visits"] > 0, "many", "few")
        forecaster = quick(channels=channels, past_covariates=["visits"], max_epochs=1)
        forecaster.fit(frame.assign(y=frame["y"] + 9 * (frame["visits"].shift(HORIZON) == "many")))
        recipe, table = forecaster._ensemble.best.recipe, forecaster._table
        batch = recipe.batch(table)
        sequences = batch.sequences(table.for_network(np.float32))
        read = [item.column for item in recipe.inputs.categories if not item.static]
        assert read == [1, 2]  # promotion, visits
        of_series = [{1: ["large", "none", "small"], 2: ["few", "many"]}[column] for column in read]
        columns = [frame[name].to_numpy().reshape(2, 60) for name in ("promotion", "visits")]
        for k in range(0, len(sequences), 7):
            rows = sequences.starts[k] + np.arange(sequences.lengths[k] * recipe.segment)
            codes = sequences.codes[rows].reshape(len(rows), 2, -1)
            series = [0, 1] if channels == "joint" else [int(batch.series[k])]
            for c, i in enumerate(series):
                steps = rows - (0 if channels == "joint" else table.offsets[i])
                known = steps + HORIZON < 60
                expected = columns[0][i, np.minimum(steps + HORIZON, 59)]
                assert (np.array(of_series[0])[codes[:, 0, c]] == expected)[known].all()
                assert (codes[~known, 0, c] == -1).all()
                assert (np.array(of_series[1])[codes[:, 1, c]] == columns[1][i, steps]).all()
        if channels == "joint":  # The same in all windows of a channel.
            assert sequences.static_codes is None
        else:
            np.testing.assert_array_equal(sequences.static_codes[:, 0], batch.series)

    def test_a_level_of_future_rows_alone_has_no_effect_of_its_own(self):
        X, y = make_data()
        X["promotion"] = X["promotion"].astype("category").cat.add_categories(["new", "newer"])
        X.iloc[N + 1, 1] = "new"
        forecaster = quick().fit(X[:N], y[:N])
        forecast = forecaster.predict(X[N : N + HORIZON])
        X.iloc[N + 1, 1] = "newer"
        pd.testing.assert_series_equal(forecaster.predict(X[N : N + HORIZON]), forecast)

    def test_rows_given_before_are_read(self):
        X, y = make_data()
        beyond = quick().fit(X[: N + HORIZON], y[:N])
        np.testing.assert_array_equal(beyond.predict(), quick().fit(X[:N], y[:N]).predict(X[N : N + HORIZON]))
        with pytest.raises(ValueError, match=f"has none at {INDEX[N + HORIZON]}".replace("+", r"\+")):
            beyond.predict(horizon=HORIZON + 1)

    @pytest.mark.parametrize("strategy", DECODING)
    def test_nothing_unknown_changes_a_forecast(self, strategy):
        X, y = make_data()
        forecaster = quick(strategy=strategy, past_covariates=["visits"]).fit(X[:N], y[:N])
        before = forecaster.predict_origins(X, y, [N])
        later_X, later_y = X.copy(), y.copy()
        later_y.iloc[N:] += 1e3
        later_X.iloc[N:, X.columns.get_loc("visits")] = 1e3
        later_X.iloc[N + HORIZON :, 0] = -1e3
        np.testing.assert_array_equal(forecaster.predict_origins(later_X, later_y, [N]), before)
        nearer = X.copy()
        nearer.iloc[N, 0] += 1
        assert (forecaster.predict_origins(nearer, y, [N]) != before).any()

    @pytest.mark.parametrize("strategy", DECODING)
    def test_further_steps_read_their_own_covariates(self, strategy):
        X, y = make_data()
        forecaster = quick(strategy=strategy).fit(X[:N], y[:N])
        far = forecaster.predict(X[N : N + 3 * HORIZON])
        changed = X.copy()
        changed.iloc[N + 2 * HORIZON, 0] += 5
        other = forecaster.predict(changed[N : N + 3 * HORIZON])
        np.testing.assert_array_equal(far[: 2 * HORIZON], other[: 2 * HORIZON])
        assert (far[2 * HORIZON :] != other[2 * HORIZON :]).any()

    @pytest.mark.parametrize("channels", ["independent", "joint"])
    @pytest.mark.parametrize("strategy", ["seq2seq", "parallel"])
    def test_a_decoder_reads_the_known_columns_of_its_step(self, strategy, channels):
        """In training, and in each pass of a forecast, the last of which may end beyond it."""
        frame = long_frame("ab", 60)
        forecaster = quick(
            strategy=strategy, channels=channels, past_covariates=["visits"], max_epochs=1, hidden_size=2
        ).fit(frame)
        recipe, table, joint = forecaster._ensemble.best.recipe, forecaster._table, channels == "joint"
        known = recipe.inputs.known_ahead()
        prices, kinds = (frame[name].to_numpy().reshape(2, 60) for name in ("price", "promotion"))
        assert [item.column for item in known.inputs] == [0] and [item.column for item in known.categories] == [1]

        def check(batch, first_steps):
            sequences = batch.sequences(batch.rows.for_network(np.float64))
            for k in range(0, len(sequences), 9):
                rows = sequences.decoder_starts[k] + np.arange(HORIZON)
                steps = first_steps[k] + np.arange(HORIZON)
                exists, steps = steps < 60, np.minimum(steps, 59)
                for c, i in enumerate([0, 1] if joint else [batch.series[k]]):
                    values = sequences.decoder_values[rows, c] * known.spread[0] + known.center[0]
                    np.testing.assert_allclose(values[exists], prices[i, steps][exists])
                    codes = sequences.decoder_codes[rows, c]
                    assert (np.array(["large", "none", "small"])[codes] == kinds[i, steps])[exists].all()
                    assert (sequences.decoder_values[rows, c][~exists] == 0).all() and (codes[~exists] == -1).all()

        batch = recipe.batch(table)
        check(batch, batch.windows.seen)
        origins = Origins(np.repeat([0, 1], 2), np.tile([40, 54], 2))
        work = table.workspace(origins, recipe.width, HORIZON + 1)
        for start in (0, HORIZON):
            check(recipe.batch_after(work, start), origins.seen + start)

    @pytest.mark.parametrize("channels", ["independent", "joint"])
    def test_all_columns_of_a_wide_frame_have_the_covariates(self, channels):
        X, y = make_data()
        wide = pd.DataFrame({"a": y, "b": 2 * y + 1})
        forecast = quick(channels=channels).fit(X[:N], wide[:N]).predict(X[N : N + HORIZON])
        assert forecast.shape == (HORIZON, 2)
        assert np.abs(forecast["b"] - 2 * forecast["a"] - 1).mean() < 3

    def test_fits_go_on(self):
        X, y = make_data()
        forecaster = quick().fit(X[:N], y[:N])
        before = forecaster.predict(X[N + 5 : N + 9].set_axis(INDEX[N : N + 4]))
        forecaster.partial_fit(X[N : N + 5], y[N : N + 5])
        assert forecaster.forecast_origin_ == INDEX[N + 4]
        after = forecaster.predict(X[N + 5 : N + 9])
        assert np.isfinite(after).all() and (after.to_numpy() != before.to_numpy()).any()

    def test_backtests_and_scores_read_covariates(self):
        X, y = make_data()
        table = backtest(quick(), X[:N], y[:N], n_windows=2)
        assert table.shape == (2 * HORIZON, 7)
        forecaster = quick().fit(X[:N], y[:N])
        truth = y[N : N + HORIZON]
        unit = np.abs(np.diff(y[:N])).mean()
        expected = -np.abs(forecaster.predict(X[N : N + HORIZON]) - truth).mean() / unit
        assert forecaster.score(X[N : N + HORIZON], truth) == pytest.approx(expected, rel=1e-12)

    def test_pictures_read_covariates(self):
        X, y = make_data(n=60)
        forecaster = quick(max_epochs=1).fit(X[:50], y[:50])
        display = ForecastDisplay.from_estimator(forecaster, X[50:54], y[50:54])
        np.testing.assert_array_equal(display.y_pred, forecaster.predict(X[50:54]))
        plt.close(display.figure_)

    def test_scores_of_series_with_other_numbers_of_observations(self):
        frame = long_frame(n=60)
        seen, later = frame[frame["ds"] < INDEX[50]], frame[frame["ds"].isin(INDEX[50:53])]
        forecaster = quick(max_epochs=1).fit(seen)
        fewer = later[(later["unique_id"] == "a") | (later["ds"] < INDEX[52])]
        held = later.drop(columns=["y"])
        held.iloc[-1, :4] = held.iloc[-2, :4]  # the last covariates of b that are given
        forecast = forecaster.predict(held).set_axis(later.index)
        errors = (forecast["y"] - fewer["y"]).abs().groupby(fewer["unique_id"]).mean()
        units = seen.groupby("unique_id")["y"].apply(lambda y: y.diff().abs().mean())
        assert forecaster.score(fewer) == pytest.approx(-(errors / units).mean(), rel=1e-12)  # sums in other order


class TestContainers:
    @pytest.mark.slow
    def test_a_long_frame_says_the_same_as_frames_by_id(self):
        frame = long_frame(("a", "b", "c"))
        y = frame.set_index(["unique_id", "ds"])["y"]
        X = frame.set_index(["unique_id", "ds"]).drop(columns="y")
        one = (
            quick()
            .fit(frame)
            .predict(long_frame(("a", "b", "c"), N + HORIZON).drop(columns="y").query("ds >= @INDEX[@N]"))
        )
        future = long_frame(("a", "b", "c"), N + HORIZON).set_index(["unique_id", "ds"]).drop(columns="y")
        other = quick().fit(X, y).predict(future[future.index.get_level_values(1) >= INDEX[N]])
        np.testing.assert_array_equal(one["y"], other)

    def test_rows_without_a_target_are_of_the_future(self):
        frame = long_frame(("a", "b"), N + HORIZON)
        future = frame["ds"] >= INDEX[N]
        blank = frame.assign(y=frame["y"].mask(future))
        one = quick().fit(blank).predict()
        other = quick().fit(frame[~future]).predict(frame[future].drop(columns="y"))
        np.testing.assert_array_equal(one["y"], other["y"])

    def test_arrays_by_position(self):
        X, y = make_data()
        numbers = X[["price", "visits"]]
        one = quick().fit(numbers[:N].to_numpy(), y[:N].to_numpy()).predict(numbers[N : N + HORIZON].to_numpy())
        other = quick().fit(numbers[:N], y[:N]).predict(numbers[N : N + HORIZON])
        np.testing.assert_array_equal(one, other)

    @pytest.mark.slow
    def test_static_columns_of_a_panel(self):
        frame = long_frame(tuple("abcdef"))
        frame["size"] = frame["unique_id"].map(dict(zip("abcdef", [1.0, 2, 3, 4, 5, 6], strict=True)))
        future = long_frame(tuple("abcdef"), N + HORIZON).query("ds >= @INDEX[@N]").assign(size=1.0)
        assert np.isfinite(quick().fit(frame).predict(future)["y"]).all()

    @pytest.mark.slow
    def test_pipelines_and_searches(self):
        X, y = make_data()
        numbers = X[["price", "visits"]]
        pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), quick())
        forecast = pipeline.fit(numbers[:N], y[:N]).predict(numbers[N : N + HORIZON])
        np.testing.assert_allclose(
            forecast, quick().fit(numbers[:N], y[:N]).predict(numbers[N : N + HORIZON]), rtol=1e-4
        )
        search = GridSearchCV(quick(), {"lookback": [4, 8]}, cv=TimeSeriesSplit(2, test_size=HORIZON))
        search.fit(numbers[:N], y[:N])
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


class TestRowsGivenBefore:
    """An update reads the rows of X after the end that a fit or an update was given, of every container."""

    CONTAINERS = ["series", "wide", "keyed", "long", "array"]

    def contain(self, kind, X, y, start, stop):
        """Covariates and series of some steps, of two ids where there are ids."""
        X, y = X[["price", "visits"]].iloc[start:stop], y.iloc[start:stop]
        if kind in ("series", "wide"):
            return X, y if kind == "series" else pd.DataFrame({"a": y, "b": 2 * y})
        if kind == "array":
            return X.to_numpy(), y.to_numpy()
        names = ["unique_id", "ds"]
        X, y = (pd.concat({"a": part, "b": 2 * part}, names=names) for part in (X, y))
        return (X, y) if kind == "keyed" else (X.reset_index(), y.rename("y").reset_index())

    @pytest.mark.parametrize("past", [None, ["visits"]])
    @pytest.mark.parametrize("kind", CONTAINERS)
    def test_updates_go_on_with_them(self, kind, past):
        X, y = make_data()
        past = [1] if past and kind == "array" else past
        whole, _ = self.contain(kind, X, y, 0, N + 8)
        _, seen = self.contain(kind, X, y, 0, N)
        new_X, new = self.contain(kind, X, y, N, N + 3)
        one = to_panel(seen, X=whole, past_covariates=past)
        assert_same_covariates(append(one, new), append(one, new, X=new_X))
        twice = append(append(one, new), self.contain(kind, X, y, N + 3, N + 8)[1])
        with pytest.raises(ValueError, match="were not given before: . (is|are) missing, the first"):
            append(twice, self.contain(kind, X, y, N + 8, N + 9)[1])

    def test_rows_of_the_update_replace_them(self):
        X, y = make_data()
        panel = to_panel(y[:N], X=X[["price"]][: N + 8])
        other = X[["price"]] + 100
        later = append(panel, y[N : N + 2], X=other[N - 3 : N + 4]).covariates.numbers[:, 0]
        expected = np.concatenate([X["price"][:N], other["price"][N : N + 4], X["price"][N + 4 : N + 8]])
        np.testing.assert_array_equal(later, expected)

    def test_rows_without_columns_of_the_past_are_not_enough(self):
        X, y = make_data()
        X = X[["price", "visits"]].astype(float)
        X.iloc[N + 2 :, 1] = np.nan
        panel = append(to_panel(y[:N], X=X, past_covariates=["visits"]), y[N : N + 2])
        with pytest.raises(ValueError, match=f"1 is missing, the first {INDEX[N + 2]}".replace("+", r"\+")):
            append(panel, y[N + 2 : N + 3])

    def test_columns_of_the_past_wait_for_their_observations(self):
        X, y = make_data(n=48)
        X, other = X[["visits"]], X[["visits"]].copy()
        other.iloc[40:] += 7
        one, two = (quick(past_covariates=["visits"], max_epochs=1).fit(part, y[:40]) for part in (X, other))
        np.testing.assert_array_equal(one.predict(), two.predict())
        assert one.score(y[40:42]) == two.score(y[40:42])
        visits = one.update(y[40:42])._panel.covariates.numbers[:, 0]
        np.testing.assert_array_equal(visits[:48], X["visits"])


def assert_same_covariates(one, other):
    """The same rows up to the end of the observations and beyond."""
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.covariates.table(), other.covariates.table())
    np.testing.assert_array_equal(one.covariates.stops, other.covariates.stops)


class TestAdvice:
    @pytest.mark.parametrize(
        ("of_X", "of_y"), [("index", "series"), *product(["index", "keyed", "columns"], ["keyed", "long"])]
    )
    def test_rows_are_added_to_x(self, of_X, of_y):
        frame = long_frame(n=20)[["unique_id", "ds", "price", "y"]]
        X, y = frame.drop(columns="y"), frame[["unique_id", "ds", "y"]]
        X = {"index": X[:20].set_index("ds")[["price"]], "keyed": X.set_index(["unique_id", "ds"]), "columns": X}[of_X]
        X = X.drop(X.index[[4, 9]])
        y = {"series": y[:20].set_index("ds")["y"], "keyed": y.set_index(["unique_id", "ds"])["y"], "long": y}[of_y]
        with pytest.raises(ValueError, match="the first 2024-01-05") as caught:
            to_panel(y, X=X)
        expression = re.search(r"Give them all: (.*) adds rows", str(caught.value)).group(1)
        panel = to_panel(y, X=eval(expression, {"X": X, "y": y, "pd": pd}))
        assert panel.covariates.numbers[4, 0] == panel.covariates.numbers[3, 0]


class TestStride:
    def test_other_phases_are_refused(self):
        X, y = make_data()
        forecaster = quick(stride=4).fit(X[:N], y[:N])
        np.testing.assert_array_equal(forecaster.predict_origins(X, y, [N, N + 4]).shape, (2, HORIZON, 1))
        with pytest.raises(ValueError, match="stride=4 needs origins a whole number of 4 steps"):
            forecaster.predict_origins(X, y, [N + 1])
        forecaster.update(X[N : N + 1], y[N : N + 1])
        with pytest.raises(ValueError, match="Give 3 more rows to update"):
            forecaster.predict(X[N + 1 : N + 1 + HORIZON])
        forecaster.update(X[N + 1 : N + 4], y[N + 1 : N + 4])
        assert len(forecaster.predict(X[N + 4 : N + 8])) == HORIZON

    @pytest.mark.parametrize("method", ["update", "partial_fit"])
    def test_first_data_fix_the_phase_of_a_new_id(self, method):
        frame = long_frame(("a", "b", "c"))[["unique_id", "ds", "y"]]
        new, first = frame["unique_id"] == "c", frame["ds"] < INDEX[22]
        forecaster = quick(stride=4).fit(frame[~new & (frame["ds"] < INDEX[60])])
        getattr(forecaster, method)(frame[new & first])
        assert len(forecaster.predict()) == 3 * HORIZON
        days = frame["ds"].map(lambda day: INDEX.get_loc(day))
        getattr(forecaster, method)(frame[new & (days == 22)])
        with pytest.raises(
            ValueError, match=re.escape(f"from the first one, {INDEX[21]}. Got {INDEX[22]} for id 'c', 1 step")
        ):
            forecaster.predict()
        getattr(forecaster, method)(frame[new & (days > 22) & (days < 26)])
        assert len(forecaster.predict()) == 3 * HORIZON
        getattr(forecaster, method)(frame[~new & (days >= 60) & (days < 63)])
        with pytest.raises(ValueError, match="for id 'a', 3 steps after such an origin. Give 1 more row to update"):
            forecaster.predict()

    def test_a_fit_that_goes_on_fixes_the_phase_anew(self):
        y = make_data()[1]
        forecaster = quick(stride=4, warm_start=True).fit(y[:60])
        forecaster.set_params(max_epochs=1).fit(y[:62])
        assert forecaster.predict().index[0] == INDEX[62]
        assert forecaster._ensemble.best.recipe.phases.tolist() == [62 % 4]

    def test_windows_of_other_phases_are_not_trained_on(self):
        y = pd.Series(np.arange(200.0) + np.random.default_rng(0).normal(size=200))
        recipe = quick(stride=7, outliers="keep").fit(y)._ensemble.best.recipe
        assert recipe.has_phase(np.array([0, 0]), np.array([200 - 14, 200 - 13])).tolist() == [True, False]


class TestRefusals:
    def refuse(self, match, X, y, error=ValueError, **parameters):
        with pytest.raises(error, match=match):
            quick(**parameters).fit(X, y)

    def test_rows_of_x(self):
        X, y = make_data()
        X, y = X[:N], y[:N]
        self.refuse(r"stamp .*2024-01-03.* twice|duplicate", pd.concat([X, X[2:3]]).sort_index(), y)
        self.refuse("2 are missing, the first 2024-01-06", X.drop(INDEX[[5, 9]]), y)
        self.refuse("past_covariates", X, y, past_covariates=["visit"])

    def test_values_of_x(self):
        X, y = make_data()
        X, y = X[:N], y[:N]
        infinite = X.copy()
        infinite.iloc[7, 0] = np.inf
        self.refuse("'price' .*infinite.*2024-01-08", infinite, y)
        self.refuse("'when'.*dtype", X.assign(when=pd.Timestamp("2024")), y, error=TypeError)

    def test_rows_ahead(self):
        X, y = make_data()
        forecaster = quick().fit(X[:N], y[:N])
        ahead = X[N : N + HORIZON]
        with pytest.raises(ValueError, match="'promotion'.*'huge'"):
            forecaster.predict(ahead.assign(promotion="huge"))
        with pytest.raises(ValueError, match="price"):
            forecaster.predict(ahead.drop(columns="price"))
        with pytest.raises(ValueError, match="needed for every step ahead"):
            forecaster.predict()
        with pytest.raises(ValueError, match="not known beyond the origin"):
            quick(past_covariates=["visits"]).fit(X[:N], y[:N]).predict(X[N : N + 2 * HORIZON])

    def test_an_update_needs_rows_of_its_stamps(self):
        X, y = make_data()
        forecaster = quick(past_covariates=["visits"]).fit(X[:N], y[:N])
        forecaster.predict(X[N : N + HORIZON])
        with pytest.raises(ValueError, match="were not given before: 2 are missing, the first 2024-06-09"):
            forecaster.update(y[N : N + 2])
        with pytest.raises(ValueError, match="X needs a row for each stamp of y; 1 is missing, the first 2024-06-10"):
            forecaster.update(X[N : N + 1], y[N : N + 2])
        assert forecaster.forecast_origin_ == INDEX[N - 1]

    def test_a_forecast_from_the_past_alone_needs_no_rows(self):
        X, y = make_data()
        past = list(X.columns)
        forecaster = quick(past_covariates=past).fit(X[:N], y[:N])
        assert len(forecaster.predict()) == HORIZON


def test_missing_covariates_hold_the_last_value():
    X, y = make_data()
    gaps, held = X.copy(), X.copy()
    gaps.iloc[20:23, 0] = np.nan
    held.iloc[20:23, 0] = X.iloc[19, 0]
    one, other = (quick().fit(part[:N], y[:N]).predict(part[N : N + HORIZON]) for part in (gaps, held))
    np.testing.assert_array_equal(one, other)
