"""Backtests with covariates: what each kind of forecaster reads of them, and nothing that was not known."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import RNNForecaster, backtest

N, HORIZON = 70, 4
INDEX = pd.date_range("2024-01-01", periods=N, freq="D", tz="Europe/Vienna", name="day")
ORIGINS = [50, 58]  # observations
CUTOFFS = INDEX[[49, 57]]


def make_data(seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "price": rng.normal(size=N),
            "promotion": rng.choice(["none", "small", "large"], size=N),
            "visits": rng.normal(size=N),
        },
        index=INDEX,
    )
    y = 50 - 3 * X["price"] + X["promotion"].map({"none": 0, "small": 2, "large": 6}) + 0.1 * rng.normal(size=N)
    return X, y.rename("sales")


def quick(horizon=HORIZON, **parameters):
    given = {"max_epochs": 1, "hidden_size": 4, "lookback": 8, "season_length": 1, "log": False, "random_state": 0}
    return RNNForecaster(horizon, **(given | parameters))


def long_frame(ids=("a", "b")):
    parts = []
    for k, name in enumerate(ids):
        X, y = make_data(k)
        parts.append(X.assign(y=y, unique_id=name, ds=INDEX))
    return pd.concat(parts, ignore_index=True)


KEYED = long_frame().set_index(["unique_id", "ds"])
CONTAINERS = {
    "array": (make_data()[0][["price", "visits"]].to_numpy(), make_data()[1].to_numpy()),
    "wide": (make_data()[0], KEYED["y"].unstack(level=0)),
    "keyed": (KEYED.drop(columns="y"), KEYED["y"]),
    "long": (long_frame().sample(frac=1, random_state=0), None),
    "shared": (make_data()[0], KEYED["y"]),
    "long beside": (long_frame().drop(columns="y"), long_frame()[["unique_id", "ds", "y"]]),
}


class TestNetworks:
    @pytest.mark.parametrize("past", [None, ["visits"]])
    @pytest.mark.parametrize("refit", [False, True])
    def test_against_a_loop(self, refit, past):
        X, y = make_data()
        table = backtest(quick(past_covariates=past), X, y, cutoffs=CUTOFFS, refit=refit)
        fitted = None
        for k, n in enumerate(ORIGINS):
            if k == 0 or refit:
                fitted = quick(past_covariates=past).fit(X[: n + HORIZON], y[:n])
            else:
                fitted.update(X[ORIGINS[0] : n + HORIZON], y[ORIGINS[0] : n])
            forecast = table["RNNForecaster"][k * HORIZON : (k + 1) * HORIZON]
            np.testing.assert_array_equal(forecast, fitted.predict(X[n : n + HORIZON]))

    def test_each_has_past_covariates_of_its_own(self):
        X, y = make_data()
        networks = {"future": quick(), "past": quick(past_covariates=["visits", "price"])}
        table = backtest(networks, X, y, n_windows=2)
        for name, network in networks.items():
            alone = backtest({name: network}, X, y, n_windows=2)
            np.testing.assert_array_equal(table[name], alone[name])

    @pytest.mark.slow
    @pytest.mark.parametrize("container", CONTAINERS)
    def test_containers(self, container):
        X, y = CONTAINERS[container]
        table = backtest(quick(), X, y, n_windows=1).sort_values(["unique_id", "ds"])
        start = INDEX[N - HORIZON]
        if container == "array":
            expected = quick().fit(X, y[:-HORIZON]).predict()
        elif container == "long":
            expected = quick().fit(X.assign(y=X["y"].where(X["ds"] < start))).predict()["y"]
        elif container == "long beside":
            expected = quick().fit(X, y[y["ds"] < start]).predict()["y"]
        else:
            expected = quick().fit(X, y[y.index.get_level_values(-1) < start]).predict()
        np.testing.assert_array_equal(table["RNNForecaster"], np.ravel(expected, order="F"))


def last_price(y, horizon, X):
    return np.full(horizon, X.iloc[-1, 0])


class TestFunctionsAndObjects:
    @pytest.mark.parametrize("container", CONTAINERS)
    def test_containers(self, container):
        table = backtest(last_price, *CONTAINERS[container], horizon=HORIZON, n_windows=2).sort_values("unique_id")
        own = {"array": [0], "wide": [0, 0], "shared": [0, 0]}.get(container, [0, 1])
        ends = [make_data(seed)[0]["price"].iloc[n - 1] for seed in own for n in (N - HORIZON, N)]
        np.testing.assert_array_equal(table["last_price"], np.repeat(ends, HORIZON))

    def test_functions_get_the_rows_up_to_the_horizon(self):
        X, y = make_data()
        X = X.drop(index=INDEX[[10]])
        y = y.drop(index=INDEX[[10]])
        seen = []

        def keep(y, horizon, X):
            seen.append((y.copy(), X.copy()))
            X.iloc[:, 0] = 0.0
            return np.zeros(horizon)

        before = X.copy()
        table = backtest([keep, "naive2"], X, y, cutoffs=CUTOFFS, horizon=HORIZON)
        pd.testing.assert_frame_equal(X, before)
        assert (table["keep"] == 0).all()
        for (past, rows), n in zip(seen, ORIGINS, strict=True):
            pd.testing.assert_series_equal(past, y.reindex(INDEX[:n]), check_freq=False)
            pd.testing.assert_frame_equal(rows, X.reindex(INDEX[: n + HORIZON]), check_freq=False)

    def test_regressions_of_covariates(self):
        X, y = make_data()
        X = X.drop(columns="promotion")
        models = {"plain": LinearRegression(), "network": make_pipeline(StandardScaler(), quick())}
        table = backtest(models, X, y, cutoffs=CUTOFFS, horizon=HORIZON)
        for k, n in enumerate(ORIGINS):
            part = table[k * HORIZON : (k + 1) * HORIZON]
            ahead = X[n : n + HORIZON]
            np.testing.assert_array_equal(part["plain"], LinearRegression().fit(X[:n], y[:n]).predict(ahead))
            network = make_pipeline(StandardScaler(), quick()).fit(X[:n], y[:n])
            np.testing.assert_array_equal(part["network"], network.predict(ahead))

    def test_past_covariates_of_objects(self):
        class Past:
            past_covariates = ("visits",)

            def fit(self, X, y):
                assert X.notna().all(axis=None) and len(X) == len(y)
                return self

            def predict(self, X):
                assert X["visits"].isna().all() and X["price"].notna().all()
                return X["price"]

        X, y = make_data()
        table = backtest(Past(), X, y, cutoffs=CUTOFFS, horizon=HORIZON)
        np.testing.assert_array_equal(table["Past"], X["price"].loc[table["ds"]])

    def test_those_that_take_none_are_given_none(self):
        X, y = make_data()
        table = backtest(lambda y, horizon: [y.iloc[-1]] * horizon, X, y, cutoffs=CUTOFFS, horizon=HORIZON)
        np.testing.assert_array_equal(table["<lambda>"], table["naive"])


@pytest.mark.parametrize("refit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_panels_of_unequal_ends(refit):
    """Neither a series that ended before a cutoff nor one that ends within the horizon needs covariates ahead."""
    ends = {"whole": INDEX[-1], "ends": CUTOFFS[1] + 2 * INDEX.freq, "gone": CUTOFFS[1] - INDEX.freq}
    frame = long_frame(ends)
    frame = frame[frame["ds"] <= frame["unique_id"].map(ends)]
    table = backtest({"network": quick(), "last": last_price}, frame, cutoffs=CUTOFFS, refit=refit)
    counts = table.groupby(["cutoff", "unique_id"]).size()
    assert counts[CUTOFFS[0]].to_dict() == {"whole": 4, "ends": 4, "gone": 4}
    assert counts[CUTOFFS[1]].to_dict() == {"whole": 4, "ends": 2}
    assert np.isfinite(table["network"]).all()
    known = frame.assign(y=frame["y"].where(frame["ds"] <= CUTOFFS[0]))
    known = known[known["ds"] <= CUTOFFS[0] + HORIZON * INDEX.freq]
    np.testing.assert_array_equal(table["network"][: 3 * HORIZON], quick().fit(known).predict()["y"])
    prices = frame[frame["ds"] <= CUTOFFS[1] + HORIZON * INDEX.freq].groupby("unique_id")["price"].last()
    np.testing.assert_array_equal(table["last"][3 * HORIZON :], prices[["whole"] * 4 + ["ends"] * 2])


class TestNothingLaterIsSeen:
    """Covariates beyond the horizon, and those of the past beyond the origin, might as well be others."""

    @staticmethod
    def change(X, y, n, past):
        changed, later = X.copy(), y.copy()
        later.iloc[n:] = -1e6
        changed.iloc[n + HORIZON :, 0] = 1e6
        changed.iloc[n + HORIZON :, 1] = "new"
        changed.iloc[n if past else n + HORIZON :, 2] = -1e6
        return changed, later

    @pytest.mark.parametrize("past", [None, ["visits"]])
    @pytest.mark.parametrize("refit", [False, True])
    def test_by_networks(self, refit, past):
        X, y = make_data()
        X.iloc[:12, 2] = np.nan  # before the first value, a column of the past has its mean
        n = ORIGINS[0]
        tables = [
            backtest(quick(past_covariates=past), *data, cutoffs=CUTOFFS[:1], refit=refit)
            for data in ((X, y), self.change(X, y, n, past))
        ]
        pd.testing.assert_series_equal(*(table["RNNForecaster"] for table in tables), check_exact=True)

    def test_categories_of_the_past(self):
        X, y = make_data()
        changed = X.copy()
        changed.iloc[ORIGINS[0] :, 1] = "new"
        network = quick(past_covariates=["promotion"])
        tables = [backtest(network, some, y, cutoffs=CUTOFFS[:1]) for some in (X, changed)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)

    def test_panels(self):
        frame = long_frame()
        late = frame["ds"] > INDEX[ORIGINS[0] - 1 + HORIZON]
        changed = frame.copy()
        changed.loc[late, ["y", "price", "visits"]] = 1e6
        changed.loc[frame["ds"] > CUTOFFS[0], ["y", "visits"]] = -1e6
        forecasters = {"network": quick(past_covariates=["visits"]), "last": last_price}
        tables = [backtest(forecasters, some, cutoffs=CUTOFFS[:1], horizon=HORIZON) for some in (frame, changed)]
        pd.testing.assert_frame_equal(*(table[["network", "last"]] for table in tables), check_exact=True)


class TestRefusals:
    def test_a_level_that_the_fit_has_not_seen(self):
        X, y = make_data()
        X.iloc[ORIGINS[1] + 1, 1] = "huge"
        message = "Forecaster 'RNNForecaster' at the cutoff 2024-02-27 .*level 'huge' at 2024-02-29"
        with pytest.raises(ValueError, match=message) as caught:
            backtest(quick(), X, y, cutoffs=CUTOFFS)
        assert np.isfinite(backtest(quick(), X, y, cutoffs=CUTOFFS, refit=True)["RNNForecaster"]).all()
        mend = re.search(r"name all levels in advance: (X.astype\(.*\))\.$", str(caught.value)).group(1)
        table = backtest(quick(), eval(mend), y, cutoffs=CUTOFFS)
        assert np.isfinite(table["RNNForecaster"]).all()

    def test_rows_that_are_missing(self):
        X, y = make_data()
        with pytest.raises(ValueError, match="needs a row for each stamp of y; 1 is missing, the first 2024-03-06"):
            backtest(quick(), X.drop(index=INDEX[65]), y, cutoffs=CUTOFFS[:1])
        with pytest.raises(
            ValueError, match="Covariates are needed for every step ahead: series 'sales' has none at 2024-02-21"
        ):
            backtest(last_price, X.drop(index=INDEX[51]), y, cutoffs=CUTOFFS, horizon=HORIZON)

    def test_bad_values_before_anything_is_fitted(self):
        X, y = make_data()
        calls = []

        def count(y, horizon):
            calls.append(len(y))
            return np.zeros(horizon)

        X.iloc[-1, 0] = np.inf
        with pytest.raises(ValueError, match="Column 'price' of X has 1 infinite value, the first at 2024-03-10"):
            backtest([quick(), count], X, y, cutoffs=CUTOFFS)
        with pytest.raises(ValueError, match="past_covariates must name columns of X. Got 'sun'"):
            backtest([quick(), quick(past_covariates=["sun"])], make_data()[0], y, n_windows=1)
        with pytest.raises(ValueError, match="past_covariates must name columns of X. Got .'sun'., and no covariates"):
            backtest([quick(), quick(past_covariates=["sun"])], y, n_windows=1)
        assert not calls

    def test_origins_of_another_phase(self):
        X, y = make_data()
        with pytest.raises(ValueError, match="stride=4 needs origins a whole number of 4 steps from the first one"):
            backtest(quick(stride=4), X, y, cutoffs=INDEX[[49, 55]])
