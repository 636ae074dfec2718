"""Several ids, weights, covariates, text dates and other libraries in one frame: as each of them alone."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tsrnn import RNNForecaster, backtest

N, HORIZON = 40, 2
DAYS = pd.date_range("2024-01-01", periods=N + 6, freq="D")
IDS = ["store", "item"]
KEYS = [*IDS, "ds"]
LIBRARIES = {
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


def quick(**parameters):
    given = {"max_epochs": 1, "hidden_size": 2, "lookback": 4, "random_state": 0, "season_length": 1, "log": False}
    return RNNForecaster(HORIZON, **(given | {"smoothing": False, "id_col": IDS, "weight_col": "w"} | parameters))


def long_frame(stop=N):
    """Three series of two ids each, with a covariate that moves them, and weights."""
    rng, parts = np.random.default_rng(0), []
    for store, item in (("x", 1), ("x", 2), ("y", 1)):
        price = rng.normal(size=N + 6)
        y = 9 + 3 * price + rng.normal(size=N + 6)
        columns = {"store": store, "item": item, "ds": DAYS, "y": y, "price": price, "w": rng.uniform(0, 2, N + 6)}
        parts.append(pd.DataFrame(columns)[:stop])
    return pd.concat(parts, ignore_index=True)


def assert_in_kind(result, given, expected):
    """The rows of a frame of pandas in the library of another one."""
    assert type(result) is type(given)
    pd.testing.assert_frame_equal(result.to_pandas(), expected, check_dtype=False, check_exact=True)


@pytest.mark.parametrize("library", LIBRARIES)
class TestOtherLibraries:
    def test_several_ids_with_weights_and_covariates(self, library):
        give, whole = LIBRARIES[library], long_frame(N + 6)
        seen, later = whole[whole["ds"] < DAYS[N]], whole[whole["ds"] >= DAYS[N]]
        one, other = quick().fit(seen), quick().fit(give(seen))
        assert (one.predict(later[[*KEYS, "price"]])["y"] != quick().fit(seen.assign(w=1.0)).predict(later)["y"]).any()
        assert other.covariates_["name"].tolist() == ["price"]
        first, rest = (later[later["ds"].isin(days)] for days in (DAYS[N : N + 3], DAYS[N + 3 :]))
        for forecaster, rows in ((one, first), (other, give(first))):
            forecaster.update(rows)
        ahead = rest[[*KEYS, "price"]].sample(frac=1, random_state=1)
        assert_in_kind(other.predict(give(ahead)), give(seen), one.predict(ahead))

    @pytest.mark.parametrize("refit", [False, True])
    def test_backtests(self, library, refit):
        give, frame, cutoffs = LIBRARIES[library], long_frame(), DAYS[[25, 31]]
        ways = {"model": quick(), "last": lambda y, horizon, X: [y.iloc[-1]] * (horizon - 1) + [X["price"].iloc[-1]]}
        expected = backtest(ways, frame, cutoffs=cutoffs, refit=refit)
        assert expected.columns.tolist() == [*IDS, "ds", "cutoff", "y", *ways, "naive", "seasonal_naive"]
        assert_in_kind(backtest(ways, give(frame), cutoffs=cutoffs, refit=refit), give(frame), expected)
        plain = backtest(ways, frame.assign(w=1.0), cutoffs=cutoffs, refit=refit)
        assert (plain["model"] != expected["model"]).any()
        prices = frame.set_index(KEYS)["price"]
        ends = expected[expected["ds"] == expected["cutoff"] + pd.Timedelta(days=HORIZON)]
        np.testing.assert_array_equal(ends["last"], prices[list(ends[KEYS].itertuples(index=False, name=None))])

    def test_one_series_with_text_dates(self, library):
        give, whole = LIBRARIES[library], long_frame(N + 6).query("store == 'y'")[["ds", "y", "price", "w"]]
        text = whole.assign(ds=whole["ds"].dt.strftime("%d.%m.%Y"))
        one, other = quick(id_col="unique_id").fit(whole[:N]), quick(id_col="unique_id").fit(give(text[:N]))
        assert other.forecast_origin_ == DAYS[N - 1]
        for forecaster, rows in ((one, whole[N : N + 2]), (other, give(text[N : N + 2]))):
            forecaster.update(rows)
        expected = one.predict(whole[N + 2 :][["ds", "price"]])
        assert_in_kind(other.predict(give(text[N + 2 :][["ds", "price"]])), give(text), expected)
        table = backtest(quick(id_col="unique_id"), give(text[:N]), cutoffs=text["ds"][[whole.index[30]]])
        expected = backtest(quick(id_col="unique_id"), whole[:N], cutoffs=DAYS[[30]])
        assert_in_kind(table, give(text), expected)


@pytest.mark.parametrize("past", [None, ["price"]], ids=["future", "past"])
def test_updates_of_several_ids_read_rows_given_before(past):
    whole = long_frame(N + 6)
    blank = whole.assign(y=whole["y"].where(whole["ds"] < DAYS[N]))
    new = whole[whole["ds"].isin(DAYS[N : N + 3])]
    one = quick(past_covariates=past).fit(blank).update(new[[*KEYS, "y"]])
    other = quick(past_covariates=past).fit(whole[whole["ds"] < DAYS[N]]).update(new)
    ahead = {} if past else {"X": whole[whole["ds"] > DAYS[N + 2]][[*KEYS, "price"]].query("ds <= @DAYS[@N + 4]")}
    pd.testing.assert_frame_equal(one.predict(), other.predict(**ahead))


def test_advice_for_missing_rows_of_several_ids():
    whole = long_frame()
    y, rows = whole[[*KEYS, "y"]], whole[[*KEYS, "price"]].drop(index=[7])
    for X in (rows, rows.set_index(KEYS)):
        with pytest.raises(ValueError, match=r"1 is missing, the first 2024-01-08 .*of id \('x', 1\)") as caught:
            quick(weight_col=None).fit(X, y)
        mended = eval(str(caught.value).split("Give them all: ")[1].split(" adds rows")[0], {"X": X, "y": y})
        assert len(mended) == len(y)
        assert quick(weight_col=None).fit(mended, y).covariates_["name"].tolist() == ["price"]


def test_forecasters_of_a_backtest_read_the_same_weights():
    with pytest.raises(ValueError, match="read the series alike. Got weight_col='w' and weight_col=None"):
        backtest([quick(), quick(weight_col=None)], long_frame())
