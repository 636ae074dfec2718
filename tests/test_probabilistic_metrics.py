"""Scores of quantiles, intervals and sample paths: known values, known distributions, labels and refusals."""

import re
from functools import partial
from statistics import NormalDist

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import metrics
from tsrnn.metrics import coverage, crps, crps_ensemble, interval_score, pinball, wql

TRUE = [1.0, 2.0, 4.0, 8.0]
TABLE = np.array([[0.0, 2.0], [1.0, 2.0], [5.0, 6.0], [4.0, 9.0]])
QUANTILES = [0.25, 0.75]
# Errors of the first quantile 1 1 -1 4, of the second -1 0 -2 -1.
LOSS = ((0.25 + 0.25 + 0.75 + 1.0) + (0.25 + 0 + 0.5 + 0.25)) / 8
FINITE = st.floats(-1e6, 1e6)
QUANTILE_SCORES = {"pinball": pinball, "crps": crps, "wql": wql}
BESIDE = {  # Scores of forecasts with one axis more than the truth.
    **{name: partial(score, quantile=QUANTILES) for name, score in QUANTILE_SCORES.items()},
    "crps_ensemble": crps_ensemble,
    "crps_ensemble fair": partial(crps_ensemble, fair=True),
}
beside = pytest.mark.parametrize("score", BESIDE.values(), ids=BESIDE)


def test_known_values_of_quantiles():
    assert pinball(TRUE, TABLE, QUANTILES) == pytest.approx(LOSS, rel=1e-12)
    assert crps(TRUE, TABLE, QUANTILES) == pytest.approx(2 * LOSS, rel=1e-12)
    assert wql(TRUE, TABLE, QUANTILES) == pytest.approx(2 * LOSS * 8 / (15 * 2), rel=1e-12)


def test_wql_is_the_mean_of_the_ratios_of_sums():
    """The definition of GluonTS, written out."""
    rng = np.random.default_rng(0)
    true, pred, levels = rng.normal(size=(20, 3)), rng.normal(size=(20, 3, 4)), [0.1, 0.4, 0.5, 0.95]
    losses = [2 * np.abs((pred[..., k] - true) * ((true <= pred[..., k]) - q)).sum() for k, q in enumerate(levels)]
    assert wql(true, pred, levels) == pytest.approx(np.mean(losses) / np.abs(true).sum(), rel=1e-12)


def test_scores_at_the_median():
    pred = TABLE[:, 0]
    assert crps(TRUE, pred, 0.5) == pytest.approx(metrics.mae(TRUE, pred), rel=1e-12)
    assert wql(TRUE, pred, 0.5) == pytest.approx(np.abs(np.subtract(TRUE, pred)).sum() / sum(TRUE), rel=1e-12)


def test_wql_without_scale_is_nan():
    assert np.isnan(wql([0.0, 0.0], [1.0, 2.0], 0.5))


@given(y=FINITE, paths=st.lists(FINITE, min_size=1, max_size=9))
def test_crps_of_midpoint_quantiles_is_that_of_the_paths(y, paths):
    """The sorted paths are the quantiles 1 / 2m, 3 / 2m, ... of their distribution: both formulas are exact."""
    levels = (np.arange(len(paths)) + 0.5) / len(paths)
    expected = crps([y], [sorted(paths)], levels)
    assert crps_ensemble([y], [paths]) == pytest.approx(expected, rel=1e-9, abs=1e-9)  # of values up to 1e6


@pytest.mark.parametrize("fair", [False, True])
def test_crps_ensemble_is_the_double_sum(fair):
    rng = np.random.default_rng(1)
    true, paths = rng.normal(size=(5, 2)), rng.normal(size=(5, 2, 7))
    pairs = np.abs(paths[..., :, None] - paths[..., None, :]).sum(axis=(-1, -2)) / (2 * 7 * (6 if fair else 7))
    expected = (np.abs(paths - true[..., None]).mean(axis=-1) - pairs).mean()
    assert crps_ensemble(true, paths, fair=fair) == pytest.approx(expected, rel=1e-12)


def test_scores_of_a_normal_distribution():
    """Of a standard normal distribution, the score at y is y (2 P(y) - 1) + 2 p(y) - 1 / sqrt(pi)."""
    normal, y = NormalDist(), 0.7
    exact = y * (2 * normal.cdf(y) - 1) + 2 * normal.pdf(y) - 1 / np.sqrt(np.pi)
    levels = (np.arange(2000) + 0.5) / 2000
    table = [[normal.inv_cdf(level) for level in levels]]
    assert crps([y], table, levels) == pytest.approx(exact, rel=1e-3)  # midpoint rule, 2000 points
    rng = np.random.default_rng(2)
    few = rng.normal(size=(200_000, 3))
    fair, plain = (crps_ensemble(np.full(200_000, y), few, fair=fair) for fair in (True, False))
    assert fair == pytest.approx(exact, rel=0.02)  # three standard errors of the mean
    assert plain - fair == pytest.approx(1 / (3 * np.sqrt(np.pi)), rel=0.02)  # E|x - x'| / 2m, of normal values


@beside
def test_perfect_forecasts_score_0(score):
    assert score(TRUE, np.column_stack([TRUE, TRUE])) == 0.0


@beside
def test_series_side_by_side_are_series_one_after_another(score):
    true, pred = np.reshape(TRUE, (2, 2)), TABLE.reshape(2, 2, 2)
    assert score(true, pred) == pytest.approx(score(TRUE, TABLE), rel=1e-12)


@beside
def test_containers_agree(score):
    frame, series = pd.DataFrame(TABLE, columns=["low", "high"]), pd.Series(TRUE)
    assert score(series, frame) == score(TRUE, TABLE.tolist()) == score(TRUE, TABLE)


@beside
def test_other_shapes_and_labels_are_refused(score):
    for pred in (TABLE[:, 0], TABLE[:3], TABLE[..., None]):
        with pytest.raises(ValueError, match=r"must have one axis more than y_true, .* Got shapes \(4,\) and"):
            score(TRUE, pred)
    with pytest.raises(ValueError, match=r"Got shapes \(4,\) and \(2, 4\).* Pass np.moveaxis\(\w+, 0, -1\)"):
        score(TRUE, TABLE.T)
    assert score(TRUE, np.moveaxis(TABLE.T, 0, -1)) == score(TRUE, TABLE)
    days = pd.date_range("2024-01-01", periods=4)
    with pytest.raises(ValueError, match="must have the same index. At step 0"):
        score(pd.Series(TRUE, days), pd.DataFrame(TABLE, days.shift(1)))
    with pytest.raises(ValueError, match="must hold no NaN or infinity. Got nan at step 2"):
        score(TRUE, np.where(TABLE == 5, np.nan, TABLE))
    with pytest.raises(ValueError, match="y_true must hold no NaN or infinity. Got nan at step 1"):
        score([1.0, np.nan, 4.0, 8.0], TABLE)


@pytest.mark.parametrize("name", QUANTILE_SCORES)
def test_quantiles_are_checked_by_name(name):
    with pytest.raises(ValueError, match=f"'quantile' parameter of {name} must be a float in the range"):
        QUANTILE_SCORES[name](TRUE, TABLE, [0.1, 90])
    for quantile in ([], [QUANTILES]):
        with pytest.raises(ValueError, match="quantile must be one number or a list of numbers"):
            QUANTILE_SCORES[name](TRUE, TABLE, quantile)


class TestNamesThatTellQuantiles:
    """Columns as `RNNForecaster.predict` and `backtest` name them."""

    names = {"y-lo-80": 0.1, "y-median": 0.5, "y-q0.75": 0.75, "a b-hi-97.5": 0.9875, "q0.05": 0.05, "hi-95": 0.975}
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(4, len(names))), columns=list(names))
    kinds = pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
    metrics = pytest.mark.parametrize("score", QUANTILE_SCORES.values(), ids=QUANTILE_SCORES)

    @kinds
    @metrics
    @given(order=st.permutations(list(names)), n=st.integers(2, len(names)))
    def test_the_order_of_the_columns_is_that_of_the_quantiles(self, score, kind, order, n):
        order = order[:n]
        frame, levels = self.frame[order], [self.names[name] for name in order]
        table = kind(frame.to_dict("list"))
        expected = score(TRUE, frame.to_numpy(), levels)
        assert score(TRUE, table, levels) == expected
        assert score(TRUE, table, np.float32(levels)) == pytest.approx(expected, rel=1e-5)  # of quantiles in float32
        with pytest.raises(
            ValueError, match=f"Column '{order[0]}' is the quantile {levels[0]:g} by its name. Got"
        ) as e:
            score(TRUE, table, levels[::-1] if levels[0] != levels[-1] else levels[1:] + levels[:1])
        advised = eval(re.search(r"set quantile=(\[.*?\])", str(e.value))[1])
        assert score(TRUE, table, advised) == expected
        assert score(TRUE, table.to_numpy(), levels[::-1]) == score(TRUE, frame.to_numpy(), levels[::-1])

    @metrics
    def test_one_quantile(self, score):
        median = self.frame["y-median"]
        assert score(TRUE, median, 0.5) == score(TRUE, median.to_numpy(), 0.5)
        with pytest.raises(ValueError, match="Column 'y-median' is .* Got 0.9 for it. To mend this, set quantile=0.5,"):
            score(TRUE, median, 0.9)
        wide = self.frame[["y-lo-80", "y-median"]]
        with pytest.raises(ValueError, match="Column 'y-median' is the quantile 0.5 by its name. Got 0.1 for it"):
            score(wide.to_numpy(), wide, 0.1)

    @metrics
    def test_silent_columns_and_names_of_series(self, score):
        frame = self.frame[["y-lo-80", "y-median"]].set_axis(["y", "y-median"], axis=1)
        assert score(TRUE, frame, [0.9, 0.5]) == score(TRUE, frame.to_numpy(), [0.9, 0.5])
        with pytest.raises(ValueError, match="select the columns in the order of quantile, or pass arrays"):
            score(TRUE, frame, [0.5, 0.9])
        assert score(TRUE, frame[["y-median", "y"]], [0.5, 0.9]) == score(TRUE, frame.to_numpy()[:, ::-1], [0.5, 0.9])
        assert score(frame, frame, 0.9) == 0  # both are series of these names
        levels = frame.set_axis(pd.MultiIndex.from_tuples([("a", "y-q0.1"), ("a", "y-q0.9")]), axis=1)
        with pytest.raises(ValueError, match="is the quantile 0.1 by its name. Got 0.9 for it"):
            score(TRUE, levels, [0.9, 0.1])


def test_fair_scores_need_two_paths():
    assert crps_ensemble([3.0], [[1.0]]) == 2.0
    with pytest.raises(ValueError, match="samples must have at least 2 paths for a fair score. Got 1."):
        crps_ensemble([3.0], [[1.0]], fair=True)
    with pytest.raises(ValueError, match="at least 1 paths. Got 0."):
        crps_ensemble([3.0], np.empty((1, 0)))
    with pytest.raises(ValueError, match="'fair' parameter of crps_ensemble must be a bool"):
        crps_ensemble([3.0], [[1.0, 2.0]], fair="yes")


class TestPathsOfForecasters:
    """One under another, as `RNNForecaster.sample` gives them."""

    days = pd.date_range("2024-01-01", periods=4, name="ds")
    y = pd.Series(TRUE, days)
    paths = pd.concat({0: y + 1, 1: y - 3}, names=["path"])

    def test_series_and_wide_frames(self):
        expected = crps_ensemble(self.y, np.column_stack([self.y + 1, self.y - 3]))
        assert crps_ensemble(self.y, self.paths) == expected
        assert crps_ensemble(self.y.to_numpy(), self.paths) == expected
        wide, flat = pd.DataFrame({"a": self.y, "b": self.y}), pd.DataFrame({"a": self.paths, "b": self.paths})
        assert crps_ensemble(wide, flat) == pytest.approx(expected, rel=1e-12)
        with pytest.raises(ValueError, match="y_true and samples must have the same columns"):
            crps_ensemble(wide[["b", "a"]], flat)

    def test_several_series_below_each_other(self):
        keyed = pd.concat({"p": self.y, "q": self.y * 2}, names=["id"])
        paths = pd.concat({0: keyed + 1, 1: keyed - 3}, names=["path"])
        assert crps_ensemble(keyed, paths) == crps_ensemble(keyed.to_numpy(), np.column_stack([keyed + 1, keyed - 3]))

    def test_long_frames_are_told_how_to_pass(self):
        long = self.paths.rename("sold").reset_index()
        long.insert(1, "shop", "a")
        with pytest.raises(
            ValueError, match=r"samples.set_index\(\['path', 'shop', 'ds'\]\)\['sold'\], and y_true.set_i"
        ):
            crps_ensemble(self.y, long)
        truth = self.y.rename("sold").reset_index().assign(shop="a").set_index(["shop", "ds"])["sold"]
        advised = long.set_index(["path", "shop", "ds"])["sold"]
        assert crps_ensemble(truth, advised) == crps_ensemble(self.y, self.paths)

    def test_wide_frames_with_columns_of_paths_are_told_how_to_pass(self):
        wide = pd.DataFrame({"a": self.y, "b": self.y})
        given = {"y_true": wide.reset_index(), "samples": pd.concat({0: wide + 1, 1: wide - 3}, names=["path"])}
        given["samples"] = given["samples"].reset_index()
        with pytest.raises(ValueError, match="Pass samples.set_index") as error:
            crps_ensemble(**given)
        samples, y_true = (eval(part, given) for part in str(error.value).split("Pass ")[1][:-1].split(", and "))
        assert crps_ensemble(y_true, samples) == pytest.approx(crps_ensemble(self.y, self.paths), rel=1e-12)

    @pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "pyarrow"])
    def test_frames_of_other_libraries(self, kind):
        expected = crps_ensemble(self.y, self.paths)
        for columns in ({"y": self.y}, {"a": self.y}, {"a": self.y, "b": self.y}):
            truth = pd.DataFrame(columns)
            paths = pd.concat({0: truth + 1, 1: truth - 3}, names=["path"])
            assert crps_ensemble(kind(truth.reset_index()), kind(paths.reset_index())) == pytest.approx(
                expected, rel=1e-12
            )
        keyed = pd.concat({"p": self.y, "q": self.y * 2}, names=["unique_id"]).rename("y")
        paths = pd.concat({0: keyed + 1, 1: keyed - 3}, names=["path"])
        given = {"y_true": kind(keyed.reset_index()), "samples": kind(paths.reset_index())}
        with pytest.raises(ValueError, match="Pass samples.set_index.* This code is for pandas: ") as error:
            crps_ensemble(**given)
        advice, code = re.search(r"Pass (.*)\. This code is for pandas: (.*)\.$", str(error.value)).groups()
        exec(code.replace(", samples =", "; samples ="), given)
        samples, y_true = (eval(part, given) for part in advice.split(", and "))
        assert crps_ensemble(y_true, samples) == crps_ensemble(keyed, paths)

    @pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "pyarrow"])
    def test_advice_of_all_metrics_is_for_pandas(self, kind):
        long = pd.concat({"p": self.y, "q": self.y * 2}, names=["unique_id"]).rename("y").reset_index()
        given = {"y_true": kind(long), "y_pred": kind(long.assign(y=long["y"] + 1))}
        with pytest.raises(ValueError, match="This code is for pandas: y_true = y_true.to_pandas") as error:
            metrics.mae(given["y_true"], given["y_pred"])
        pivot = re.search(r"Pass y_true(\.pivot\(.*?\))\. This", str(error.value))[1]
        assert metrics.mae(*(eval(f"given.to_pandas(){pivot}", {"given": part}) for part in given.values())) == 1

    def test_other_steps_are_refused(self):
        with pytest.raises(ValueError, match="same steps in every path, one path after another"):
            crps_ensemble(self.y, self.paths[:-1])
        with pytest.raises(ValueError, match="same steps in every path, one path after another"):
            crps_ensemble(self.y, self.paths.iloc[[0, 1, 2, 3, 5, 4, 6, 7]])
        with pytest.raises(ValueError, match="y_true and samples must have the same index"):
            crps_ensemble(self.y.shift(freq="D"), self.paths)


def test_interval_score_known_value():
    # Widths 2 1 1 5, by 0 0 1 0 outside: a = 0.2, so ten times that.
    assert interval_score(TRUE, TABLE[:, 0], TABLE[:, 1], 80) == (2 + 1 + 1 + 5 + 10) / 4
    assert interval_score(TRUE, TABLE[:, 0], TABLE[:, 1], 97.5) == pytest.approx((9 + 80) / 4, rel=1e-12)


@given(y=FINITE, ends=st.tuples(FINITE, FINITE).map(sorted), level=st.floats(1, 99))
def test_interval_score_is_the_pinball_loss_of_both_ends(y, ends, level):
    low, high = ends
    losses = [pinball([y], [end], (100 + sign * level) / 200) for end, sign in ((low, -1), (high, 1))]
    expected = 200 / (100 - level) * sum(losses)
    assert interval_score([y], [low], [high], level) == pytest.approx(expected, rel=1e-9, abs=1e-6)  # of up to 1e6


@pytest.mark.parametrize("level", [0.8, 100, -5, np.nan, True, "80"])
def test_levels_are_percentages(level):
    with pytest.raises(ValueError, match="'level' parameter of interval_score must be a float in the range"):
        interval_score(TRUE, TRUE, TRUE, level)


@pytest.mark.parametrize("metric", [coverage, partial(interval_score, level=80)], ids=["coverage", "interval_score"])
def test_ends_in_the_wrong_order(metric):
    with pytest.raises(ValueError, match="upper must not be below lower. It is at step 1. Were the two swapped"):
        metric(TRUE, [0.0, 3.0, 0.0, 0.0], [9.0, 2.0, 9.0, 9.0])


class TestCoverageByGroups:
    true, low, high = np.array([[1.0, 2.0], [3.0, 9.0]]), np.array([[0.0, 2.0], [0.0, 0.0]]), np.full((2, 2), 4.0)

    def test_by_step_is_each_row(self):
        assert coverage(self.true, self.low, self.high, by="step").tolist() == [1.0, 0.5]
        assert coverage(self.true[:, 1], self.low[:, 1], self.high[:, 1], by="step").tolist() == [1.0, 0.0]

    def test_by_labels_is_each_group(self):
        steps = pd.Series([1, 2, 1, 2], name="step")
        shares = coverage([1.0, 3.0, 2.0, 9.0], [0.0] * 4, [4.0] * 4, by=steps)
        pd.testing.assert_series_equal(shares, pd.Series({1: 1.0, 2: 0.5}))
        assert coverage(self.true, self.low, self.high, by=["a", "a"]).to_dict() == {"a": 0.75}

    @given(inside=st.lists(st.booleans(), min_size=1, max_size=20), n=st.integers(1, 4))
    def test_groups_average_to_the_whole(self, inside, n):
        labels = np.arange(len(inside)) % n
        arguments = np.where(inside, 0.0, 2.0), np.full(len(inside), -1.0), np.ones(len(inside))
        shares = coverage(*arguments, by=labels)
        whole = (shares * np.bincount(labels)).sum() / len(inside)
        assert whole == pytest.approx(coverage(*arguments), rel=1e-12)

    def test_other_groups_are_refused(self):
        with pytest.raises(ValueError, match="by must be 'step' or an array of one label a row. Got 'hour'"):
            coverage(self.true, self.low, self.high, by="hour")
        with pytest.raises(ValueError, match=r"by must have one label a row, 2 in all. Got shape \(3,\)"):
            coverage(self.true, self.low, self.high, by=[1, 2, 3])
        days = pd.date_range("2024-01-01", periods=2)
        with pytest.raises(ValueError, match="y_true and by must have the same index"):
            coverage(pd.Series([1.0, 2.0], days), [0.0, 0.0], [4.0, 4.0], by=pd.Series([1, 2], days.shift(1)))
