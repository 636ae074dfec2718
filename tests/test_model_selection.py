"""`PanelSplit`: every container is cut by time, and scikit-learn's searches get scores of it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_score

from tsrnn import RNNForecaster
from tsrnn.forecaster import ShortSeriesWarning
from tsrnn.model_selection import PanelSplit

START = pd.Timestamp("2024-01-01")


def quick(horizon=3, **parameters):
    """A forecaster that trains for moments."""
    return RNNForecaster(horizon, max_epochs=1, hidden_size=2, random_state=0, early_stopping=False, **parameters)


def panel(series):
    """A long frame of series, given as first day and number of days by id."""
    parts = [
        pd.DataFrame({"unique_id": i, "ds": pd.date_range(START + pd.Timedelta(first, "D"), periods=n)})
        for i, (first, n) in series.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(y=np.random.default_rng(0).normal(10, 1, len(frame)))


def day(stamps):
    """Days since the first one."""
    return (pd.DatetimeIndex(stamps) - START).days.to_numpy()


EQUAL = panel(dict.fromkeys("abc", (0, 40)))
UNEQUAL = {"early": (0, 30), "whole": (0, 50), "late": (42, 8), "long ago": (0, 20)}


class TestFolds:
    def test_rows_of_a_long_frame(self):
        frame = panel(UNEQUAL)
        folds = [
            (frame.iloc[train], frame.iloc[test]) for train, test in PanelSplit(5, n_splits=4, step=10).split(frame)
        ]
        cutoffs = [14, 24, 34, 44]
        tested = [["early", "whole", "long ago"], ["early", "whole"], ["whole"], ["whole", "late"]]
        for (train, test), cutoff, ids in zip(folds, cutoffs, tested, strict=True):
            assert sorted(train.index) == list(train.index) and sorted(test.index) == list(test.index)
            pd.testing.assert_frame_equal(train, frame[day(frame["ds"]) <= cutoff])
            assert list(test["unique_id"].unique()) == ids
            for _, rows in test.groupby("unique_id"):
                np.testing.assert_array_equal(day(rows["ds"]), cutoff + 1 + np.arange(5))

    @given(
        series=st.dictionaries(
            st.integers(0, 9), st.tuples(st.integers(0, 20), st.integers(1, 30)), min_size=1, max_size=4
        ),
        horizon=st.integers(1, 4),
        step=st.none() | st.integers(1, 5),
        seed=st.integers(0, 99),
    )
    def test_nothing_is_trained_on_that_comes_later(self, series, horizon, step, seed):
        frame = panel(series).sample(frac=1, random_state=seed)
        splitter = PanelSplit(horizon, n_splits=2, step=step)
        end = max(first + n for first, n in series.values()) - 1
        try:
            folds = list(splitter.split(frame))
        except ValueError as error:
            assert "Too few time stamps" in str(error)
            return
        for back, (train, test) in zip((horizon + (step or horizon), horizon), folds, strict=True):
            np.testing.assert_array_equal(train, np.flatnonzero(day(frame["ds"]) <= end - back))
            after = frame["ds"].gt(START + pd.Timedelta(end - back, "D")) & frame["ds"].le(
                START + pd.Timedelta(end - back + horizon, "D")
            )
            known = frame["unique_id"].isin(frame["unique_id"].iloc[train])
            np.testing.assert_array_equal(test, np.flatnonzero(after & known))

    def test_containers_agree(self):
        wide = EQUAL.pivot(index="ds", columns="unique_id", values="y")
        multi = EQUAL.set_index(["unique_id", "ds"])
        splitter = PanelSplit(4, n_splits=3, step=2)
        by_step = [(np.arange(n), np.arange(n, n + 4)) for n in (32, 34, 36)]
        for aligned in (wide, wide["a"], wide.to_numpy(), wide["a"].tolist(), wide["a"].to_period("D")):
            for (train, test), (first, then) in zip(splitter.split(aligned), by_step, strict=True):
                np.testing.assert_array_equal(train, first)
                np.testing.assert_array_equal(test, then)
        for keyed in (EQUAL, multi, multi["y"]):
            for (train, test), (first, then) in zip(splitter.split(keyed), by_step, strict=True):
                np.testing.assert_array_equal(train, np.concatenate([first, first + 40, first + 80]))
                np.testing.assert_array_equal(test, np.concatenate([then, then + 40, then + 80]))

    def test_the_series_may_be_y(self):
        empty = pd.DataFrame(index=EQUAL.index)
        for one, other in zip(PanelSplit(3).split(empty, EQUAL), PanelSplit(3).split(EQUAL), strict=True):
            np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))

    def test_weeks_that_end_on_different_days(self):
        sundays, mondays = (pd.date_range(START, periods=30, freq=f"W-{name}") for name in ("SUN", "MON"))
        frame = pd.DataFrame({"unique_id": np.repeat(["a", "b"], 30), "ds": sundays.append(mondays), "y": 1.0})
        sizes = [(len(train), len(test)) for train, test in PanelSplit(4, n_splits=3).split(frame)]
        assert sizes == [(36, 8), (44, 8), (52, 8)]

    def test_a_series_that_alone_has_been_reported_further(self):
        frame = panel({"a": (0, 40), "b": (0, 40), "new": (38, 3)})
        cutoffs = [day(frame["ds"].iloc[train]).max() for train, _ in PanelSplit(5, n_splits=3).split(frame)]
        assert cutoffs == [25, 30, 35]

    @pytest.mark.parametrize("columns", [["store", "day", "sold"], [0, 1, 2]], ids=["text", "numbers"])
    def test_names_of_columns(self, columns):
        names = dict(zip(["id_col", "time_col", "target_col"], columns, strict=True))
        frame = EQUAL.set_axis(columns, axis=1)
        for one, other in zip(PanelSplit(3, **names).split(frame), PanelSplit(3).split(EQUAL), strict=True):
            np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))

    def test_number_of_folds_and_words(self):
        splitter = PanelSplit(6, n_splits=2)
        assert splitter.get_n_splits() == 2 == len(list(splitter.split(EQUAL)))
        assert "PanelSplit(horizon=6" in repr(splitter)


class TestRefusals:
    def test_too_few_stamps(self):
        assert len(list(PanelSplit(13, n_splits=3).split(EQUAL))) == 3
        with pytest.raises(
            ValueError, match=r"n_splits=4, horizon=10 and step=10 need at least 41. Got 40, from 2024-01"
        ):
            list(PanelSplit(10, n_splits=4).split(EQUAL))

    @pytest.mark.parametrize("bad", [{"horizon": 0}, {"n_splits": 0}, {"step": 1.5}, {"id_col": None}])
    def test_parameters(self, bad):
        with pytest.raises(ValueError, match=f"The '{[*bad][0]}' parameter of PanelSplit must be"):
            PanelSplit(**{"horizon": 3, **bad})

    def test_values_that_are_missing(self):
        gaps = EQUAL.assign(y=EQUAL["y"].where(EQUAL.index != 4))
        for (train, test), (gap_train, gap_test) in zip(
            PanelSplit(3).split(EQUAL), PanelSplit(3).split(gaps), strict=True
        ):
            np.testing.assert_array_equal(train, gap_train)
            np.testing.assert_array_equal(test, gap_test)


class TestSearches:
    @pytest.mark.parametrize(
        "data",
        [EQUAL, EQUAL.sample(frac=1, random_state=0), EQUAL.set_index(["unique_id", "ds"])["y"], panel(UNEQUAL)],
        ids=["long", "shuffled", "MultiIndex", "unequal"],
    )
    def test_grid_search_over_a_panel(self, data):
        folds = PanelSplit(3, n_splits=2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShortSeriesWarning)  # of the unequal series, the late one is short
            search = GridSearchCV(quick(), {"cell": ["gru", "rnn"]}, cv=folds).fit(data)
            best = quick(cell=search.best_params_["cell"])
            scores = [best.fit(data.iloc[train]).score(data.iloc[test]) for train, test in folds.split(data)]
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert search.best_score_ == np.mean(scores)
        assert len(search.predict(None)) == 3 * search.best_estimator_._panel.n_series

    def test_series_as_y_and_scores_by_step(self):
        y = EQUAL[EQUAL["unique_id"] == "a"].set_index("ds")["y"]
        folds = PanelSplit(3, n_splits=2)
        expected = cross_val_score(quick(), y, cv=folds)
        for X in (pd.DataFrame(index=y.index), np.empty((len(y), 0))):
            np.testing.assert_array_equal(cross_val_score(quick(), X, y, cv=folds), expected)
            errors = cross_val_score(quick(), X, y, cv=folds, scoring="neg_mean_absolute_error")
            assert (errors < 0).all()

    @pytest.mark.parametrize("cv", [3, TimeSeriesSplit(3), KFold(3)], ids=["3", "TimeSeriesSplit", "KFold"])
    @pytest.mark.parametrize("ids", ["ab", "abc"])
    def test_rows_cut_by_number_are_told_the_splitter(self, cv, ids):
        frame = EQUAL[EQUAL["unique_id"].isin(list(ids))]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scores = cross_val_score(quick(), frame, cv=cv)
        assert np.isnan(scores).any()
        assert not any(issubclass(warning.category, FitFailedWarning) for warning in caught)
        named = [
            warning for warning in caught if "cv=tsrnn.model_selection.PanelSplit(horizon=" in str(warning.message)
        ]
        assert len(named) == np.isnan(scores).sum()
        assert np.isfinite(cross_val_score(quick(), frame, cv=PanelSplit(horizon=3))).all()

    @pytest.mark.parametrize("ids", ["a", "abc"])
    def test_fits_of_shuffled_rows_are_told_the_splitter(self, ids):
        frame = EQUAL[EQUAL["unique_id"].isin(list(ids))]
        with pytest.raises(ValueError, match=r"cv=tsrnn\.model_selection\.PanelSplit\(horizon="):
            cross_val_score(quick(), frame, cv=KFold(3, shuffle=True, random_state=0), error_score="raise")

    def test_score_names_series_without_a_forecast(self):
        seen, rest = EQUAL[EQUAL["unique_id"] != "c"], EQUAL[EQUAL["unique_id"] == "c"]
        forecaster = quick().fit(seen)
        with pytest.raises(
            ValueError, match=r"series that were not seen before, such as id 'c' \(1 in all\)"
        ) as caught:
            forecaster.score(rest)
        assert "PanelSplit" in str(caught.value)
        assert list(forecaster.forecast_origin_.index) == ["a", "b"]

    def test_score_keeps_what_is_wrong_with_the_stamps(self):
        forecaster = quick().fit(EQUAL)
        with pytest.raises(ValueError, match="expected 2024-02-10 .*got 2024-01-01 .*PanelSplit") as caught:
            forecaster.score(EQUAL)
        assert isinstance(caught.value.__cause__, ValueError)
