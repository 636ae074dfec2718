"""Backtests from named cutoffs, and that nothing after an origin is seen."""

import re
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn import RNNForecaster, backtest
from tsrnn.forecaster import ShortSeriesWarning

N, HORIZON = 60, 4
SEASON = np.array([0.0, 3.0, 5.0, 3.0, 0.0, -4.0, -7.0])
INDEXES = {
    "days": pd.date_range("2024-03-01", periods=N, freq="D"),
    "seconds": pd.date_range("2024-03-01", periods=N, freq="D", unit="s"),
    "zone": pd.date_range("2024-03-01", periods=N, freq="D", tz="Europe/Berlin"),
    "hours": pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin"),
    "months": pd.date_range("2019-01-31", periods=N, freq=pd.offsets.MonthEnd()),
    "periods": pd.period_range("2019-01", periods=N, freq="M"),
    "integers": pd.RangeIndex(10, 10 + 5 * N, 5),
}


def dtype_of(kind):
    """Common property of cutoffs and the stamps of their series: zone of dates, whatever their resolution, or dtype."""
    index = INDEXES[kind]
    return str(index.tz) if isinstance(index, pd.DatetimeIndex) else index.dtype


def values(seed=0, n=N):
    return 50 + np.resize(SEASON, n) + np.random.default_rng(seed).normal(size=n)


def quick(horizon=HORIZON, **parameters):
    given = {"max_epochs": 1, "hidden_size": 4, "lookback": 8, "season_length": 7, "log": False, "random_state": 0}
    return RNNForecaster(horizon, **(given | parameters))


def digest(y, horizon):
    """A forecast that every observation changes."""
    weights = np.arange(1, len(y) + 1)
    return len(y) + y.fillna(-7.0).to_numpy() @ weights + np.arange(horizon)


def contain(container, index):
    a, b = (pd.Series(values(seed), index) for seed in (1, 2))
    if container == "series":
        return a.rename("a")
    if container == "wide":
        return pd.DataFrame({"a": a, "b": b})
    if container == "keyed":
        return pd.concat({"a": a, "b": b})
    return pd.concat({"a": a, "b": b}, names=["unique_id", "ds"]).rename("y").reset_index()


@pytest.mark.parametrize("kind", INDEXES)
@pytest.mark.parametrize("container", ["series", "wide", "keyed", "long"])
def test_cutoffs_are_the_windows_that_end_there(container, kind):
    index = INDEXES[kind]
    data = contain(container, index)
    expected = backtest(digest, data, horizon=HORIZON, n_windows=3, step=5)
    cutoffs = [index[N - 1 - HORIZON], index[N - 11 - HORIZON], index[N - 6 - HORIZON]]
    for several in (cutoffs, pd.Index(cutoffs), pd.Series(cutoffs), np.array(cutoffs, dtype=object)):
        table = backtest(digest, data, horizon=HORIZON, cutoffs=several)
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
        assert table["cutoff"].dtype == table["ds"].dtype


def test_cutoffs_of_an_array_are_positions():
    expected = backtest(digest, values(), horizon=HORIZON, n_windows=2)
    table = backtest(digest, values(), horizon=HORIZON, cutoffs=[N - 1 - HORIZON, N - 1 - 2 * HORIZON])
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


def test_cutoffs_of_dates():
    data = contain("long", INDEXES["days"]).assign(ds=lambda rows: rows["ds"].dt.date)
    table = backtest(digest, data, horizon=2, cutoffs=[data["ds"][20]])
    assert table["cutoff"].unique().tolist() == [INDEXES["days"][20]]


@pytest.mark.parametrize("refit", [False, True])
def test_networks_forecast_from_cutoffs(refit):
    y = contain("series", INDEXES["zone"])
    table = backtest(quick(), y, cutoffs=y.index[[40, 53]], refit=refit)
    first = quick().fit(y[:41])
    np.testing.assert_array_equal(table["RNNForecaster"][:HORIZON], first.predict())
    second = quick().fit(y[:54]) if refit else first.update(y[41:54])
    np.testing.assert_array_equal(table["RNNForecaster"][HORIZON:], second.predict())


def test_a_cutoff_in_a_gap():
    y = contain("series", INDEXES["days"]).drop(INDEXES["days"][[30, 33]])
    seen = []

    def keep(y, horizon):
        seen.append(y)
        return np.zeros(horizon)

    table = backtest(keep, y, horizon=HORIZON, cutoffs=[INDEXES["days"][30]])
    pd.testing.assert_series_equal(seen[0], y.reindex(INDEXES["days"][:31]), check_freq=False)
    assert table["y"].isna().tolist() == [False, False, True, False]


STAMPS = pd.date_range("2024-01-01", periods=50, freq="D")
SPANS = {"whole": (0, 50), "ends": (0, 32), "gone": (0, 25), "late": (35, 50)}
PANEL = pd.concat({name: pd.Series(values(3, 50), STAMPS)[slice(*span)] for name, span in SPANS.items()})


class TestPanelsOfUnequalEnds:
    @pytest.mark.parametrize("refit", [False, True])
    def test_series_are_compared_as_far_as_they_go(self, refit):
        forecasters = {"digest": digest, "network": quick()}
        cutoffs = STAMPS[[29, 45]]
        with pytest.warns(
            ShortSeriesWarning, match=r"1 of 4 series have no observation up to the first cutoff, .*'late'"
        ):
            table = backtest(forecasters, PANEL, cutoffs=cutoffs, refit=refit)
        counts = table.groupby(["cutoff", "unique_id"]).size()
        assert counts.to_dict() == {(cutoffs[0], "whole"): 4, (cutoffs[0], "ends"): 2, (cutoffs[1], "whole"): 4}
        for (cutoff, name), part in table.groupby(["cutoff", "unique_id"]):
            y = PANEL[name]
            truth = y[y.index > cutoff][:HORIZON]
            assert part["ds"].tolist() == truth.index.tolist()
            np.testing.assert_array_equal(part["y"], truth)
            np.testing.assert_array_equal(part["digest"], digest(y[:cutoff], HORIZON)[: len(truth)])
        known = PANEL[["whole", "ends", "gone"]]
        known = known[known.index.get_level_values(1) <= cutoffs[0]]
        forecast = quick().fit(known).predict()
        first = table[table["cutoff"] == cutoffs[0]]
        np.testing.assert_array_equal(first["network"], [*forecast["whole"], *forecast["ends"][:2]])

    def test_no_series_goes_far_enough(self):
        with pytest.raises(
            ValueError, match="After the cutoff 2024-02-16 .* are 3 steps .*one possible is 2024-02-15 00"
        ):
            backtest(digest, PANEL.drop("late"), horizon=4, cutoffs=STAMPS[[46]])
        with pytest.raises(
            ValueError, match="29 steps to .*horizon=100 are needed. No cutoff leaves that many; or lower"
        ):
            backtest(digest, PANEL.drop("late"), horizon=100, cutoffs=STAMPS[[20]])

    def test_a_series_whose_stamps_the_cutoff_is_none_of(self):
        mondays, fridays = (pd.date_range(day, periods=30, freq="7D") for day in ("2024-01-01", "2024-01-05"))
        panel = pd.concat({"mon": pd.Series(values(1, 30), mondays), "fri": pd.Series(values(2, 30), fridays)})
        table = backtest(digest, panel, horizon=2, cutoffs=mondays[[20]])
        assert (table["cutoff"] == mondays[20]).all()
        assert table["ds"].tolist() == [*mondays[21:23], *fridays[20:22]]
        np.testing.assert_array_equal(table["digest"][2:], digest(panel["fri"][:20], 2))


class TestRefusals:
    Y = contain("series", INDEXES["zone"])
    TIMES = Y.index

    @pytest.mark.parametrize("container", ["series", "wide", "keyed", "long"])
    @pytest.mark.parametrize(
        ("cutoff", "message"),
        [
            (
                TIMES[30] + pd.Timedelta("1h"),
                "between 2024-03-31 00:00:00.01:00 and 2024-04-01 00:00:00.02:00: take one",
            ),
            (TIMES[0] - pd.Timedelta("1D"), "from 2024-03-01 .* Got 2024-02-29 .*, before the first one"),
            (TIMES[-1] + pd.Timedelta("1D"), "Got 2024-04-30 .*, after the last one"),
            (
                TIMES[-4],
                "After the cutoff 2024-04-26 .* 3 steps to compare.*horizon=4.*possible is 2024-04-25 .*lower hor",
            ),
            (TIMES[-1], "there are 0 steps"),
        ],
    )
    def test_stamps_that_cannot_be(self, container, cutoff, message):
        with pytest.raises(ValueError, match=message):
            backtest(digest, contain(container, self.TIMES), horizon=HORIZON, cutoffs=[self.TIMES[20], cutoff])

    @pytest.mark.parametrize(
        ("kind", "other"),
        [(a, b) for a, b in permutations(INDEXES, 2) if dtype_of(a) != dtype_of(b)],
    )
    def test_stamps_of_another_kind(self, kind, other):
        y, cutoffs = contain("series", INDEXES[kind]), INDEXES[other][[30]]
        with pytest.raises(TypeError, match="must be of the kind of the time stamps of the series") as caught:
            backtest(digest, y, horizon=HORIZON, cutoffs=cutoffs)
        mend = re.search(r"Convert them: (.*)\.$", str(caught.value))
        if isinstance(y.index, pd.DatetimeIndex) and isinstance(cutoffs, pd.DatetimeIndex):
            again = eval(mend.group(1), {"pd": pd, "cutoffs": cutoffs})
            assert str(again.tz) == str(y.index.tz)

    def test_advice_makes_them_one_kind(self):
        y, cutoffs = contain("series", INDEXES["zone"]), [INDEXES["days"][30]]
        with pytest.raises(TypeError) as caught:
            backtest(digest, y, horizon=HORIZON, cutoffs=cutoffs)
        again = eval(re.search(r"Convert them: (.*)\.$", str(caught.value)).group(1))
        assert backtest(digest, y, horizon=HORIZON, cutoffs=again)["cutoff"].unique().tolist() == [y.index[30]]
        months, days = contain("series", INDEXES["periods"]), [pd.Timestamp("2021-02-10")]
        with pytest.raises(TypeError) as caught:
            backtest(digest, months, horizon=HORIZON, cutoffs=days)
        again = eval(re.search(r"Convert them: (.*)\.$", str(caught.value)).group(1), {"pd": pd, "cutoffs": days})
        assert backtest(digest, months, horizon=HORIZON, cutoffs=again)["cutoff"].unique().tolist() == [again[0]]

    @pytest.mark.parametrize(
        ("cutoffs", "message"),
        [
            (TIMES[30], r"must be a list of time stamps. Got Timestamp.* Put it into a list: cutoffs=\[...\]"),
            ("2024-03-31", "must be a list of time stamps. Got '2024-03-31'"),
            ([], "at least one time stamp. Got none"),
            ([TIMES[30], TIMES[20], TIMES[30]], "must be different. Got 2024-03-31 .* twice"),
            ([TIMES[30], pd.NaT], "missing time stamp at position 1"),
            ([2.5], "must hold time stamps.*Got dtype float64"),
        ],
    )
    def test_what_is_no_list_of_stamps(self, cutoffs, message):
        with pytest.raises((ValueError, TypeError), match=message):
            backtest(digest, self.Y, horizon=HORIZON, cutoffs=cutoffs)

    @pytest.mark.parametrize("more", [{"n_windows": 3}, {"step": 1}])
    def test_two_ways_at_once(self, more):
        with pytest.raises(ValueError, match="Give either cutoffs or n_windows and step"):
            backtest(digest, self.Y, horizon=HORIZON, cutoffs=[self.TIMES[30]], **more)

    def test_too_few_observations(self):
        with pytest.raises(
            ValueError, match="Forecaster 'RNNForecaster' at the cutoff 2024-03-05 .*at least 14 observat"
        ):
            backtest(quick(), self.Y, cutoffs=[self.TIMES[4]])
        wide = contain("wide", self.TIMES)
        wide.iloc[:30, 1] = np.nan
        with pytest.raises(
            ValueError, match="column 'b' has no observation up to the first cutoff, 2024-03-21"
        ) as caught:
            backtest(digest, wide, horizon=HORIZON, cutoffs=self.TIMES[[20, 40]])
        mend = re.search(r"Take later cutoffs, or drop such series: (.*)\.$", str(caught.value)).group(1)
        table = backtest(digest, eval(mend, {"data": wide}), horizon=HORIZON, cutoffs=self.TIMES[[20, 40]])
        assert table["unique_id"].unique().tolist() == ["a"]
        wide["a"] = wide["b"]
        with pytest.raises(
            ValueError, match="Too few obs.*first cutoff is 2024-03-21 .*, the first at 2024-03-31 .* later"
        ):
            backtest(digest, wide, horizon=HORIZON, cutoffs=self.TIMES[[20]])


class TestNothingLaterIsSeen:
    @settings(max_examples=30, deadline=None)
    @given(
        container=st.sampled_from(["series", "wide", "keyed", "long"]),
        positions=st.lists(st.integers(5, N - 1 - HORIZON), min_size=1, max_size=3, unique=True),
        factor=st.sampled_from([-1e6, 0.0, 3.0, np.nan]),
    )
    def test_by_functions(self, container, positions, factor):
        index = INDEXES["days"]
        data = contain(container, index)
        cutoff = index[max(positions)]
        late = (data["ds"] if container == "long" else data.index.get_level_values(-1)) > cutoff
        changed = data.copy()
        if container == "long":
            changed.loc[late, "y"] *= factor
        else:
            changed[late] *= factor
        models = ["digest", "naive2", "naive", "seasonal_naive"]
        tables = [backtest([digest, "naive2"], d, horizon=HORIZON, cutoffs=index[positions]) for d in (data, changed)]
        pd.testing.assert_frame_equal(tables[0][models], tables[1][models], check_exact=True)

    @pytest.mark.parametrize("refit", [False, True])
    @pytest.mark.parametrize("factor", [-1e6, np.nan])
    def test_by_networks(self, refit, factor):
        data = contain("keyed", INDEXES["days"])
        changed = data.copy()
        changed[changed.index.get_level_values(1) > INDEXES["days"][45]] *= factor
        cutoffs = INDEXES["days"][[40, 45]]
        tables = [backtest(quick(season_length="auto"), d, cutoffs=cutoffs, refit=refit) for d in (data, changed)]
        models = ["RNNForecaster", "naive", "seasonal_naive"]
        pd.testing.assert_frame_equal(tables[0][models], tables[1][models], check_exact=True)
