"""Estimators inside scikit-learn's compositions: what passes through, what is refused, and how it says so."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.discovery import all_estimators

from tsrnn import RNNClassifier, RNNForecaster, RNNRegressor

ESTIMATORS = [RNNForecaster, RNNRegressor, RNNClassifier]
SCIKIT_LEARN_METHODS = {
    name
    for _, cls in all_estimators()
    for name in dir(cls)
    if not name.startswith("_") and callable(getattr(cls, name, None))
}


def quick(horizon=4):
    """A forecaster that trains for moments."""
    return RNNForecaster(horizon, max_epochs=1, hidden_size=2, random_state=0, early_stopping=False)


def sales(n=60):
    values = np.random.default_rng(0).normal(50, 5, n)
    return pd.Series(values, pd.date_range("2024-01-01", periods=n, freq="D"), name="sales")


def log1p_forecaster():
    return TransformedTargetRegressor(quick(), func=np.log1p, inverse_func=np.expm1)


AHEAD = pd.DataFrame(index=pd.date_range("2024-03-01", periods=6, freq="D"))


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_no_parameter_is_named_like_a_method(cls):
    """scikit-learn asks `hasattr(estimator, "transform")`, and takes a parameter for a method."""
    methods = {name for name, _ in inspect.getmembers(cls, callable)}
    assert {"fit", "predict", "transform", "predict_proba", "decision_function", "set_output"} <= SCIKIT_LEARN_METHODS
    assert set(inspect.signature(cls).parameters) & (SCIKIT_LEARN_METHODS | methods) == set()


@pytest.mark.parametrize("estimator", [RNNForecaster(3), RNNRegressor(), RNNClassifier()], ids=repr)
def test_an_estimator_is_no_transformer(estimator):
    pipeline = make_pipeline(StandardScaler(), estimator)
    for model in (estimator, pipeline):
        assert not hasattr(model, "transform") and not hasattr(model, "fit_transform")
    assert pipeline.set_output(transform="pandas") is pipeline
    with pytest.raises(TypeError, match="should be a transformer|should implement fit and transform|implement fit"):
        make_pipeline(estimator, StandardScaler()).fit(np.ones((4, 2)), np.ones(4))
    with pytest.raises(TypeError, match="implement fit and transform"):
        ColumnTransformer([("model", estimator, [0])]).fit(np.ones((4, 2)), np.ones(4))


class TestRowsOfX:
    @pytest.mark.parametrize("horizon", [1, 4, 9])
    @pytest.mark.parametrize(
        "data",
        [sales(), sales().to_frame(), sales().to_numpy(), sales().reset_index(drop=True), sales().to_period("D")],
        ids=["Series", "frame", "array", "integers", "periods"],
    )
    def test_an_array_without_columns_gives_as_many_steps(self, data, horizon):
        forecaster = quick().fit(data)
        expected = forecaster.predict(horizon=horizon)
        for dtype in (float, int, object):
            forecast = forecaster.predict(np.empty((horizon, 0), dtype))
            assert type(forecast) is type(expected)
            np.testing.assert_array_equal(forecast, expected)
            if isinstance(data, pd.Series | pd.DataFrame):
                pd.testing.assert_index_equal(forecast.index, expected.index)

    def test_of_each_series_of_a_panel(self):
        long = pd.concat([pd.DataFrame({"unique_id": i, "ds": sales().index, "y": sales().to_numpy()}) for i in "ab"])
        forecaster = quick().fit(long)
        pd.testing.assert_frame_equal(forecaster.predict(np.empty((6, 0))), forecaster.predict(horizon=6))
        with pytest.raises(ValueError, match=r"X needs the id and the stamp of each row.*predict\(horizon=6\)"):
            forecaster.predict(AHEAD)

    @pytest.mark.parametrize("index", [AHEAD.index, pd.RangeIndex(6), pd.RangeIndex(60, 66)], ids=["dates", "0", "60"])
    def test_a_frame_counts_steps_where_the_series_had_no_stamps(self, index):
        forecaster = quick().fit(sales().to_numpy())
        np.testing.assert_array_equal(forecaster.predict(pd.DataFrame(index=index)), forecaster.predict(horizon=6))

    def test_none_is_the_horizon_of_the_fit(self):
        forecaster = quick().fit(sales())
        pd.testing.assert_series_equal(forecaster.predict(None), forecaster.predict())
        assert len(forecaster.predict(None, horizon=2)) == 2

    @pytest.mark.parametrize("X", [None, AHEAD[:0], np.empty((60, 0))], ids=["None", "frame", "array"])
    def test_every_method_takes_x_without_columns_beside_y(self, X):
        y, more = sales(), sales(64)[60:]
        expected = quick().fit(y)
        forecaster = quick().fit(X, y)
        pd.testing.assert_series_equal(forecaster.predict(), expected.predict())
        assert forecaster.score(X, more) == expected.score(more)
        pd.testing.assert_series_equal(forecaster.update(X, more).predict(), expected.update(more).predict())

    @pytest.mark.parametrize(
        ("X", "words"),
        [
            (np.zeros(6), r"Got ndarray of shape \(6,\)"),
            ([[], []], "Got list"),
        ],
        ids=["one dimension", "list"],
    )
    def test_covariates_are_a_table(self, X, words):
        with pytest.raises((TypeError, ValueError), match=f"X must be a DataFrame or an array .* {words}"):
            quick().fit(X, sales())

    @pytest.mark.parametrize("X", [np.empty((0, 0)), pd.DataFrame()], ids=["array", "frame"])
    def test_no_row_is_no_step(self, X):
        with pytest.raises(
            ValueError, match=r"X must have at least one row, one for each step ahead. Got shape \(0, 0\)"
        ):
            quick().fit(sales().to_numpy()).predict(X)


class TestPipelines:
    @pytest.mark.parametrize("X", [AHEAD, np.empty((6, 0))], ids=["stamps", "array"])
    def test_the_forecast_is_of_the_transformed_series(self, X):
        pipeline = make_pipeline(FunctionTransformer(np.log1p), quick()).fit(sales())
        expected = quick().fit(np.log1p(sales())).predict(horizon=6)
        pd.testing.assert_series_equal(pipeline.predict(X), expected, check_freq=False)

    def test_none_passes_through_what_leaves_it_alone(self):
        for first in ("passthrough", FunctionTransformer()):
            pipeline = make_pipeline(first, quick()).fit(sales())
            pd.testing.assert_series_equal(pipeline.predict(None), quick().fit(sales()).predict())
            assert len(pipeline.predict(None, horizon=2)) == 2

    def test_what_cannot_work_is_told_by_scikit_learn(self):
        pipeline = make_pipeline(FunctionTransformer(np.log1p), quick()).fit(sales())
        with pytest.raises(TypeError, match="argument 0 of type NoneType"):
            pipeline.predict(None)
        scaled = make_pipeline(StandardScaler(), quick()).fit(sales().to_numpy()[:, None])
        with pytest.raises(ValueError, match="minimum of 1 is required by StandardScaler"):
            scaled.predict(np.empty((6, 0)))


class TestTransformedTargets:
    @pytest.mark.parametrize("data", [sales(), sales().to_numpy()], ids=["Series", "array"])
    @pytest.mark.parametrize(
        "X", [None, pd.DataFrame(index=sales().index), np.empty((60, 0))], ids=["None", "frame", "array"]
    )
    def test_forecasts_come_back_as_arrays(self, data, X):
        model = log1p_forecaster().fit(X, data)
        expected = np.expm1(quick().fit(np.log1p(sales().to_numpy())).predict(horizon=6))
        for rows in (AHEAD, pd.DataFrame(index=range(6)), np.empty((6, 0))):
            np.testing.assert_array_equal(model.predict(rows), expected)
        np.testing.assert_array_equal(model.predict(None), expected[:4])
        np.testing.assert_array_equal(model.predict(None, horizon=6), expected)

    def test_several_series(self):
        table = np.column_stack([sales(), sales() + 1])
        forecast = log1p_forecaster().fit(None, table).predict(np.empty((6, 0)))
        np.testing.assert_array_equal(forecast, np.expm1(quick().fit(np.log1p(table)).predict(horizon=6)))

    def test_stamps_are_kept_without_it(self):
        forecast = np.expm1(quick().fit(np.log1p(sales())).predict(horizon=6))
        assert forecast.name == "sales"
        pd.testing.assert_index_equal(forecast.index, AHEAD.index)


def test_weights_may_be_a_list_or_a_series():
    y, weights = sales(), np.resize([1.0, 2.0], 60)
    expected = quick().fit(y, sample_weight=weights).predict()
    for given in (weights.tolist(), pd.Series(weights, y.index)):
        pd.testing.assert_series_equal(quick().fit(y, sample_weight=given).predict(), expected)
    with pytest.raises(ValueError, match="All weights are zero"):
        quick().fit(y, sample_weight=np.zeros(60))


def test_a_name_of_a_method_would_be_taken_for_one():
    """The reason for `test_no_parameter_is_named_like_a_method`."""

    class Misnamed(BaseEstimator):
        def __init__(self, transform="auto"):
            self.transform = transform

        def fit(self, X, y=None):
            return self

    assert hasattr(make_pipeline(Misnamed()), "transform")
