import numpy as np
import pandas as pd
import pytest

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
