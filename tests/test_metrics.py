from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import metrics
from tsrnn.baselines import seasonal_naive
from tsrnn.metrics import METRICS, SCALED_METRICS, coverage, mase, pinball, rmsse, skill_score, smape

TRUE = [1.0, 2.0, 4.0, 8.0]
PRED = [2.0, 2.0, 2.0, 4.0]
TRAIN = [1.0, 3.0, 2.0, 6.0]

# Worked out by hand from TRUE, PRED and, for one step and for a season of two, TRAIN:
# errors 1 0 2 4; differences of the training part 2 -1 4 (one step), 1 3 (two steps).
KNOWN = {
    "mae": 7 / 4,
    "mse": 21 / 4,
    "rmse": np.sqrt(21) / 2,
    "mape": (100 + 0 + 50 + 50) / 4,
    "smape": 200 * (1 / 3 + 0 + 1 / 3 + 1 / 3) / 4,
}
KNOWN_SCALED = {
    ("mase", 1): (7 / 4) / (7 / 3),
    ("mase", 2): (7 / 4) / 2,
    ("rmsse", 1): np.sqrt((21 / 4) / (21 / 3)),
    ("rmsse", 2): np.sqrt((21 / 4) / 5),
}


def call(name, y_true, y_pred):
    """Call a metric that may need a training part, two seasons of each column of the truth."""
    if name in METRICS:
        return METRICS[name](y_true, y_pred)
    train = np.column_stack([TRAIN] * np.shape(y_true)[1]) if np.ndim(y_true) == 2 else TRAIN
    return SCALED_METRICS[name](y_true, y_pred, train, 2)


ALL = [*METRICS, *SCALED_METRICS]


@pytest.mark.parametrize("name", METRICS)
def test_known_value(name):
    assert METRICS[name](TRUE, PRED) == pytest.approx(KNOWN[name], rel=1e-12)


@pytest.mark.parametrize(("name", "season_length"), KNOWN_SCALED)
def test_known_scaled_value(name, season_length):
    value = SCALED_METRICS[name](TRUE, PRED, TRAIN, season_length)
    assert value == pytest.approx(KNOWN_SCALED[name, season_length], rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_perfect_forecast_has_no_error(name):
    value = call(name, TRUE, TRUE)
    assert isinstance(value, float)
    assert value == 0.0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "container",
    [
        np.array,
        tuple,
        pd.Series,
        lambda values: pd.Series(values, dtype="Float64"),
        lambda values: pd.DataFrame({"y": values}),
        lambda values: np.array(values, dtype="float32"),
    ],
    ids=["array", "tuple", "Series", "nullable", "DataFrame", "float32"],
)
def test_containers_agree(name, container):
    assert call(name, container(TRUE), container(PRED)) == pytest.approx(call(name, TRUE, PRED), rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_several_series_are_averaged(name):
    true, pred = np.column_stack([TRUE, TRUE]), np.column_stack([PRED, TRUE])
    assert call(name, true, pred) == pytest.approx(call(name, TRUE, PRED) / 2, rel=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_inputs_stay_as_they_are(name):
    true, pred = np.array(TRUE), np.array(PRED)
    call(name, true, pred)
    assert true.tolist() == TRUE
    assert pred.tolist() == PRED


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_value_that_is_not_finite_is_named(name, bad):
    index = pd.date_range("2020-01-01", periods=4, freq="D")
    pred = pd.Series(PRED, index=index).where(index != index[2], bad)
    with pytest.raises(ValueError, match=rf"y_pred .* Got {bad} at step 2 \(2020-01-03 00:00:00\)"):
        call(name, TRUE, pred)


@pytest.mark.parametrize("name", ALL)
def test_shapes_must_agree(name):
    with pytest.raises(ValueError, match=r"same shape. Got \(4,\) and \(3,\)"):
        call(name, TRUE, PRED[:3])


@pytest.mark.parametrize("name", ALL)
def test_times_must_agree(name):
    true = pd.Series(TRUE, index=pd.period_range("2020-01", periods=4, freq="M"))
    with pytest.raises(ValueError, match="same index. At step 0 they have 2020-01 and 2020-02"):
        call(name, true, pd.Series(PRED, index=true.index + 1))


def test_columns_must_agree():
    frame = pd.DataFrame({"a": TRUE, "b": PRED})
    with pytest.raises(ValueError, match=r"columns in the same order. Got \['a', 'b'\] and \['b', 'a'\]"):
        metrics.mae(frame, frame[["b", "a"]])


@pytest.mark.parametrize("values", [[], [[[1.0]]], 1.0])
def test_shape_must_be_one_or_two_dimensional(values):
    with pytest.raises(ValueError, match=r"y_true must have the shape \(n_steps,\) or \(n_steps, n_series\)"):
        metrics.mae(values, values)


def test_smape_is_0_where_both_are_0():
    assert smape([0.0, 1.0], [0.0, 1.0]) == 0.0


def test_smape_ends_at_200():
    assert smape([1.0, -2.0], [-1.0, 0.0]) == 200.0


def test_mape_names_the_zero():
    true = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 0.0]}, index=["x", "y"])
    with pytest.raises(ValueError, match=r"Got 0 at step 1 \(y\), column b"):
        metrics.mape(true, true)


def test_mase_of_seasonal_naive_in_training_is_1():
    """By definition, on a stretch that continues the training part with the same mean difference."""
    train = np.array([1.0, 2.0, 2.0, 3.0, 3.0, 4.0])
    forecast = seasonal_naive(train, 2, 2)
    assert mase(forecast + 1, forecast, train, 2) == 1.0


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_training_part_without_scale_gives_nan(metric):
    assert np.isnan(metric(TRUE, PRED, [5.0, 5.0, 5.0]))


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_padding_of_the_training_part_is_left_out(metric):
    padded = [np.nan, np.nan, *TRAIN]
    assert metric(TRUE, PRED, padded, 2) == metric(TRUE, PRED, TRAIN, 2)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_training_part_shorter_than_a_season(metric):
    with pytest.raises(ValueError, match="two values one season apart .* Got 4 steps for season_length=4"):
        metric(TRUE, PRED, TRAIN, 4)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_training_part_with_other_series(metric):
    with pytest.raises(ValueError, match="one column a series, 1 in all. Got 2"):
        metric(TRUE, PRED, np.ones((4, 2)))


@pytest.mark.parametrize("season_length", [0, 1.0, True, "12"])
def test_season_length_must_be_a_positive_int(season_length):
    with pytest.raises(ValueError, match=r"'season_length' parameter of mase must be an int in the range"):
        mase(TRUE, PRED, TRAIN, season_length)


def test_pinball_at_the_median_is_half_the_absolute_error():
    assert pinball(TRUE, PRED, 0.5) == metrics.mae(TRUE, PRED) / 2


def test_pinball_known_value():
    # Errors -1 0 2 4: 0.1 * (0 + 2 + 4) above, 0.9 * 1 below.
    assert pinball(TRUE, PRED, 0.1) == pytest.approx((0.9 + 0.2 + 0.4) / 4, rel=1e-12)


def test_pinball_of_several_quantiles_is_their_mean():
    pred = np.column_stack([PRED, TRUE, PRED])
    levels = [0.1, 0.5, 0.9]
    expected = (pinball(TRUE, PRED, 0.1) + 0 + pinball(TRUE, PRED, 0.9)) / 3
    assert pinball(TRUE, pred, levels) == pytest.approx(expected, rel=1e-12)


def test_pinball_needs_a_column_a_quantile():
    with pytest.raises(ValueError, match=r"column a quantile. Got shapes \(4,\) and \(4,\) for 2 quantiles"):
        pinball(TRUE, PRED, [0.1, 0.9])


@pytest.mark.parametrize("quantile", [0.0, 1.0, -0.5, 90, np.nan])
def test_quantile_must_be_between_0_and_1(quantile):
    with pytest.raises(ValueError, match=r"'quantile' parameter of pinball must be a float in the range \(0"):
        pinball(TRUE, PRED, quantile)


def test_coverage_counts_the_bounds():
    assert coverage([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0]) == 0.75


def test_coverage_of_swapped_bounds():
    with pytest.raises(ValueError, match="upper must not be below lower. It is at step 1."):
        coverage([1.0, 1.0], [0.0, 2.0], [1.0, 1.0])


def test_skill_score_of_floats_and_of_columns():
    assert skill_score(1.0, 4.0) == 0.75
    assert skill_score(pd.Series([1.0, 4.0, 6.0]), 4.0).tolist() == [0.75, 0.0, -0.5]


@pytest.mark.parametrize(("error", "reference"), [(1.0, 0.0), (-1.0, 1.0), (1.0, np.inf), (np.nan, 1.0)])
def test_skill_score_needs_errors(error, reference):
    with pytest.raises(ValueError, match="error must be at least 0, and reference positive and finite"):
        skill_score(error, reference)


DAYS = pd.date_range("2024-01-01", periods=4, freq="D")
SAME_TIMES = {
    "seconds": DAYS.as_unit("s"),
    "nanoseconds": DAYS.as_unit("ns"),
    "objects": DAYS.astype(object),
    "without frequency": pd.DatetimeIndex(DAYS, freq=None),
}
OTHER_LABELS = {
    "reversed": DAYS[::-1],
    "later": DAYS + pd.Timedelta("1D"),
    "zone": DAYS.tz_localize("UTC"),
    "periods": DAYS.to_period("D"),
    "text": DAYS.astype(str),
    "positions": pd.RangeIndex(4),
    "missing": pd.DatetimeIndex([*DAYS[:3], pd.NaT]),
    "levels": pd.MultiIndex.from_arrays([["a"] * 4, DAYS]),
}


def in_order(metric):
    """A call of a metric of intervals whose bounds are in order."""
    return lambda y_true, lower, upper: metric(y_true, lower - 100, upper + 100)


# Every metric with several arguments of one shape, by the names of these arguments.
TOGETHER = {
    **{name: (metric, ["y_true", "y_pred"]) for name, metric in METRICS.items()},
    **{name: (partial(metric, y_train=TRAIN), ["y_true", "y_pred"]) for name, metric in SCALED_METRICS.items()},
    "pinball": (partial(pinball, quantile=0.3), ["y_true", "y_pred"]),
    "crps": (partial(metrics.crps, quantile=0.3), ["y_true", "y_pred"]),
    "wql": (partial(metrics.wql, quantile=0.3), ["y_true", "y_pred"]),
    "coverage": (in_order(coverage), ["y_true", "lower", "upper"]),
    "interval_score": (in_order(partial(metrics.interval_score, level=80)), ["y_true", "lower", "upper"]),
    "skill_score": (skill_score, ["error", "reference"]),
}
PAIRS = [(name, one, other) for name, (_, names) in TOGETHER.items() for one, other in combinations(names, 2)]


def call_with(name, **labelled):
    """Call a metric with some pandas arguments and arrays for the others."""
    metric, names = TOGETHER[name]
    return metric(**{argument: labelled.get(argument, np.array(TRUE)) for argument in names})


class TestLabels:
    @pytest.mark.parametrize("times", SAME_TIMES.values(), ids=SAME_TIMES)
    @pytest.mark.parametrize(("name", "one", "other"), PAIRS)
    def test_same_times_stored_in_other_ways(self, name, one, other, times):
        labelled = {one: pd.Series(TRUE, DAYS), other: pd.Series(PRED, times)}
        arrays = {one: np.array(TRUE), other: np.array(PRED)}
        assert np.array_equal(call_with(name, **labelled), call_with(name, **arrays))

    @pytest.mark.parametrize("labels", OTHER_LABELS.values(), ids=OTHER_LABELS)
    @pytest.mark.parametrize(("name", "one", "other"), PAIRS)
    def test_other_labels_are_refused_between_any_two_arguments(self, name, one, other, labels):
        with pytest.raises(ValueError, match=f"{one} and {other} must have the same index. At step"):
            call_with(name, **{one: pd.Series(TRUE, DAYS), other: pd.Series(PRED, labels)})

    @pytest.mark.parametrize(("name", "one", "other"), PAIRS)
    def test_columns_are_compared_between_any_two_arguments(self, name, one, other):
        metric, names = TOGETHER[name]
        table = pd.DataFrame(np.column_stack([TRUE, PRED]), columns=["a", "b"])
        arguments = dict.fromkeys(names, table.to_numpy()) | {one: table, other: table[["b", "a"]]}
        if name in SCALED_METRICS:
            metric = partial(SCALED_METRICS[name], y_train=np.column_stack([TRAIN, TRAIN]))
        with pytest.raises(ValueError, match=f"{one} and {other} must have the same columns in the same order"):
            metric(**arguments)

    @given(order=st.permutations(range(5)))
    def test_an_order_is_kept_or_refused(self, order):
        y = pd.Series(np.arange(5.0) ** 2, pd.date_range("2024-01-01", periods=5))
        if order == sorted(order):
            assert metrics.mae(y, y.iloc[order]) == 0
        else:
            with pytest.raises(ValueError, match="same index"):
                metrics.mae(y, y.iloc[order])
            assert metrics.mae(y, y.iloc[order].reindex(y.index)) == 0

    def test_labels_that_look_alike_are_told_apart(self):
        with pytest.raises(ValueError, match="At step 0 they have 0 and '0'"):
            metrics.mae(pd.Series(TRUE), pd.Series(PRED, list("0123")))

    def test_stamps_beyond_nanoseconds(self):
        index = pd.date_range("3000-01-01", periods=4, unit="s")
        assert metrics.mae(pd.Series(TRUE, index), pd.Series(TRUE, index.as_unit("ms"))) == 0

    def test_levels_of_another_unit(self):
        one, other = (pd.MultiIndex.from_product([["a", "b"], DAYS[:2].as_unit(unit)]) for unit in ("s", "ns"))
        assert metrics.mae(pd.Series(TRUE, one), pd.Series(PRED, other)) == metrics.mae(TRUE, PRED)
        with pytest.raises(ValueError, match="same index. At step 0"):
            metrics.mae(pd.Series(TRUE, one), pd.Series(PRED, other[[2, 3, 0, 1]]))

    def test_labels_that_occur_twice(self):
        twice = [0, 0, 1, 1]
        with pytest.raises(
            ValueError, match="y_true and y_pred cannot be aligned: 0 occurs several times in their ind"
        ):
            metrics.mae(pd.Series(TRUE, twice), pd.Series(PRED, twice))
        with pytest.raises(ValueError, match="a occurs several times in their columns"):
            metrics.mae(*(pd.DataFrame([TRUE, PRED], columns=list("aabb")) for _ in range(2)))
        table = pd.DataFrame({"y": TRUE, "f": PRED}, index=twice)
        assert metrics.mae(table["y"], table["f"]) == metrics.mae(TRUE, PRED)


class TestLabelsOfTheTrainingPart:
    table = pd.DataFrame({"a": TRUE, "b": [2 * value for value in TRUE]})
    train = pd.DataFrame({"a": TRAIN, "b": [7 * value for value in TRAIN]})

    @pytest.mark.parametrize("metric", SCALED_METRICS.values(), ids=SCALED_METRICS)
    @pytest.mark.parametrize("labelled", ["y_true", "y_pred"])
    def test_its_columns_are_those_of_the_series(self, metric, labelled):
        arguments = dict.fromkeys(["y_true", "y_pred"], self.table.to_numpy()) | {labelled: self.table + 1}
        assert metric(**arguments, y_train=self.train) == metric(**arguments, y_train=self.train.to_numpy())
        for columns in (["b", "a"], ["a", "a"]):
            with pytest.raises(ValueError, match=f"{labelled} and y_train must have the same columns"):
                metric(**arguments, y_train=self.train[columns])

    @pytest.mark.parametrize("metric", SCALED_METRICS.values(), ids=SCALED_METRICS)
    @pytest.mark.parametrize("index", [DAYS, DAYS.to_period("D"), pd.RangeIndex(4)], ids=["dates", "periods", "ints"])
    def test_its_steps_ascend(self, metric, index):
        train = pd.Series(TRAIN, index)
        for order in ([3, 2, 1, 0], [0, 1, 1, 2]):
            with pytest.raises(ValueError, match="y_train must be in ascending order of time, each stamp once"):
                metric(TRUE, PRED, train.iloc[order])
        assert metric(TRUE, PRED, train.iloc[::-1].sort_index()) == metric(TRUE, PRED, TRAIN)

    def test_a_flat_series_among_others_gives_nan_without_a_warning(self):
        train = pd.DataFrame({"a": [1.0, 2, 4, 7], "flat": 3.0})
        true, pred = pd.DataFrame({"a": [8.0], "flat": [3.0]}), pd.DataFrame({"a": [9.0], "flat": [4.0]})
        assert np.isnan(mase(true, pred, train)) and np.isnan(rmsse(true, pred, train))
        assert mase(true["a"], pred["a"], train["a"]) == 0.5


class TestContainersOfOtherShape:
    long = pd.DataFrame({"unique_id": [1, 1, 2, 2], "ds": [0, 1, 0, 1], "y": TRUE})

    @pytest.mark.parametrize("name", METRICS)
    def test_long_frames_are_pivoted_first(self, name):
        with pytest.raises(
            ValueError, match=r"y_true must have one series a column. Got a long DataFrame .*y_true.pivot"
        ):
            METRICS[name](self.long, self.long.assign(y=PRED))
        true, pred = (
            f.pivot(index="ds", columns="unique_id", values="y") for f in (self.long, self.long.assign(y=PRED))
        )
        assert METRICS[name](true, pred) == METRICS[name](np.reshape(TRUE, (2, 2)).T, np.reshape(PRED, (2, 2)).T)

    def test_metrics_of_each_series_refuse_several_below_each_other(self):
        index = pd.MultiIndex.from_product([["a", "b"], DAYS[:2]], names=["id", "day"])
        true, pred = pd.Series(TRUE, index), pd.Series(PRED, index)
        calls = {"rmse": metrics.rmse, "mase": partial(mase, y_train=TRAIN), "rmsse": partial(rmsse, y_train=TRAIN)}
        for name, metric in calls.items():
            with pytest.raises(
                ValueError, match=rf"{name} is taken of each series: y_true .*y_true.unstack\(level=0\)"
            ):
                metric(true, pred)
        expected = metrics.rmse(np.reshape(TRUE, (2, 2)).T, np.reshape(PRED, (2, 2)).T)
        assert metrics.rmse(true.unstack(level=0), pred.unstack(level=0)) == expected
        assert metrics.rmse(true.loc[["a"]], pred.loc[["a"]]) == metrics.rmse(TRUE[:2], PRED[:2])

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (DAYS, "Argument y_true has dtype datetime64"),
            (pd.Series(DAYS), "Argument y_true has dtype datetime64"),
            (list("abcd"), "Argument y_true has dtype <U1; allowed are real numbers"),
            (pd.DataFrame({"a": TRUE, "day": DAYS}), "Column 'day' of y_true has dtype datetime64"),
            (np.array(TRUE) + 1j, "Argument y_true has dtype complex128"),
            (
                [pd.Series(TRUE), pd.Series(TRUE)],
                r"y_true must not be a list of pandas objects.*pd.concat\(y_true, axis=1",
            ),
        ],
        ids=["dates", "Series of dates", "text", "frame", "complex", "list of Series"],
    )
    def test_what_are_no_numbers(self, values, words):
        with pytest.raises(TypeError, match=words):
            metrics.mae(values, TRUE)

    def test_masked_values_are_missing(self):
        with pytest.raises(ValueError, match="y_pred must hold no NaN .* at step 1"):
            metrics.mae(TRUE, np.ma.masked_array(PRED, [0, 1, 0, 0]))


class TestNamedQuantiles:
    levels = [0.1, 0.5]
    table = pd.DataFrame({0.1: PRED, 0.5: TRUE})

    def test_columns_are_the_quantiles_in_their_order(self):
        assert pinball(TRUE, self.table, self.levels) == pinball(TRUE, self.table.to_numpy(), self.levels)
        with pytest.raises(ValueError, match=r"must be the quantiles, in their order: \[0.5, 0.1\]. Got \[0.1, 0.5\]"):
            pinball(TRUE, self.table, self.levels[::-1])
        assert pinball(TRUE, self.table[self.levels[::-1]], self.levels[::-1]) == pinball(TRUE, self.table, self.levels)

    def test_other_names_say_nothing_of_quantiles(self):
        named = self.table.set_axis(["low", "middle"], axis=1)
        assert pinball(TRUE, named, self.levels) == pinball(TRUE, self.table, self.levels)

    def test_quantiles_with_names_of_their_own(self):
        named = self.table.set_axis(["low", "middle"], axis=1)
        quantiles = pd.Series({"low": 0.1, "middle": 0.5})
        assert pinball(TRUE, named, quantiles) == pinball(TRUE, named, self.levels)
        with pytest.raises(ValueError, match=r"\['middle', 'low'\]. Got \['low', 'middle'\]"):
            pinball(TRUE, named, quantiles.iloc[::-1])


def test_errors_and_references_of_other_shape():
    with pytest.raises(ValueError, match=r"same shape, or one of them is a number. Got \(2,\) and \(2, 1\)"):
        skill_score([1.0, 2.0], [[1.0], [2.0]])
