"""Code of users, whose types mypy checks in `.ci/run`; it is never run."""

import matplotlib.axes
import matplotlib.figure
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import assert_type

from tsrnn import RNNClassifier, RNNForecaster, RNNRegressor, backtest, report
from tsrnn.baselines import naive, seasonal_naive
from tsrnn.calendar import CalendarFeatures, future_index
from tsrnn.datasets import load_airline, load_housing
from tsrnn.losses import Huber
from tsrnn.metrics import coverage, crps, crps_ensemble, interval_score, mase, pinball, wql
from tsrnn.model_selection import PanelSplit
from tsrnn.network import Network
from tsrnn.plotting import ForecastDisplay, IntervalCalibrationDisplay, StatesDisplay
from tsrnn.reporting import BacktestReport

Container = pd.Series | pd.DataFrame | NDArray


def forecast_a_series() -> None:
    y = load_airline()
    forecaster = RNNForecaster(12, lookback=24, season_length=[12], loss=Huber(), freq="MS", random_state=0)
    assert_type(forecaster.fit(y), RNNForecaster)
    assert_type(forecaster.fit(None, y, np.ones(len(y))), RNNForecaster)
    assert_type(forecaster.update(y).partial_fit(y, overlap="drop"), RNNForecaster)
    assert_type(forecaster.predict(), Container)
    forecast = forecaster.predict(horizon=3)
    assert isinstance(forecast, pd.Series)
    assert_type(forecast.index, pd.Index)
    assert_type(forecaster.predict_origins(y, range(100, 110), horizon=2), NDArray[np.float64])
    assert_type(forecaster.score(y), float)


def forecast_with_covariates(X: pd.DataFrame, y: pd.Series) -> None:
    forecaster = RNNForecaster(24, past_covariates=["wind"], stride=24, dilations=[1, 2], max_epochs=2)
    assert_type(forecaster.fit(X, y), RNNForecaster)
    assert_type(forecaster.predict(X), Container)
    assert_type(forecaster.predict_origins(X, y, [100]), NDArray[np.float64])
    assert_type(forecaster.score(X, y), float)


def read_fitted_attributes(forecaster: RNNForecaster) -> None:
    assert_type(forecaster.horizon_, int)
    assert_type(forecaster.lookbacks_, tuple[int, ...])
    assert_type(forecaster.seasons_, tuple[int, ...])
    assert_type(forecaster.early_stopping_, bool)
    assert_type(forecaster.history_, pd.DataFrame)
    assert_type(forecaster.covariates_, pd.DataFrame)
    assert_type(forecaster.outliers_, pd.DataFrame)
    assert_type(forecaster.n_missing_, int | pd.Series)
    assert_type(forecaster.parameters_, dict[str, NDArray])
    assert_type(forecaster.networks_, tuple[Network, ...])


def compare_forecasts(forecaster: RNNForecaster) -> None:
    housing = load_housing()
    assert_type(backtest(forecaster, housing, n_windows=3), pd.DataFrame)
    for train, test in PanelSplit(3, n_splits=2, id_col="city").split(housing):
        assert_type(train, NDArray[np.int64])
        assert_type(test, NDArray[np.int64])
    assert_type(naive([1.0, 2.0], 3), NDArray[np.float64])
    assert_type(seasonal_naive(load_airline(), 3, season_length=12), NDArray[np.float64])
    assert_type(mase([1.0], [2.0], y_train=[1.0, 2.0, 3.0], season_length=1), float)
    assert_type(pinball([1.0], [2.0], quantile=0.9), float)


def score_intervals(forecaster: RNNForecaster, y: pd.Series) -> None:
    table = backtest(forecaster, y, level=[80, 95], quantiles=0.5)
    low, high = table["RNNForecaster-lo-80"], table["RNNForecaster-hi-80"]
    assert_type(coverage(table["y"], low, high), float)
    assert_type(coverage(table["y"], low, high, by="step"), NDArray[np.float64])
    assert_type(coverage(table["y"], low, high, by=table["ds"]), pd.Series)
    assert_type(interval_score(table["y"], low, high, level=80), float)
    assert_type(crps(table["y"], table[["low", "high"]], quantile=[0.1, 0.9]), float)
    assert_type(wql([1.0], [[2.0, 3.0]], [0.1, 0.9]), float)
    assert_type(crps_ensemble([1.0], [[2.0, 3.0]], fair=True), float)
    assert_type(report(table), BacktestReport)
    assert_type(report(table).summary, pd.DataFrame)
    assert_type(report(table).plot(), matplotlib.figure.Figure)
    assert_type(IntervalCalibrationDisplay.from_backtest(table, forecaster="naive"), IntervalCalibrationDisplay)
    assert_type(ForecastDisplay.from_estimator(forecaster, level=[80, 95]).intervals, pd.DataFrame | None)


def make_calendar_features(y: pd.Series) -> None:
    features = CalendarFeatures(["hour"], holidays="NO", encoding="number")
    assert_type(features.fit(y), CalendarFeatures)
    assert_type(features.transform(y), pd.DataFrame)
    assert_type(features.get_feature_names_out(), NDArray)
    assert_type(future_index(y, 24), pd.Index | pd.DataFrame)


def draw(forecaster: RNNForecaster, model: RNNRegressor, y: pd.Series, axes: matplotlib.axes.Axes) -> None:
    display = ForecastDisplay.from_estimator(forecaster, series="Austin", horizon=12, ax=axes, color="C1")
    assert_type(display, ForecastDisplay)
    assert_type(ForecastDisplay.from_predictions(y, y).plot(), ForecastDisplay)
    assert_type(display.ax_, matplotlib.axes.Axes)
    assert_type(StatesDisplay.from_estimator(model, [[1.0]], layer="l0"), StatesDisplay)


def fit_sequences(X: NDArray, y: NDArray) -> None:
    regressor = RNNRegressor(8, cell="lstm", segment_length="auto")
    assert_type(regressor.fit(X, y), RNNRegressor)
    assert_type(regressor.predict(X), NDArray | list[NDArray])
    assert_type(RNNRegressor(loss="student_t").predict(X, quantiles=[0.1, 0.9]), NDArray | list[NDArray])
    assert_type(RNNRegressor(loss="poisson").sample(X, 10, random_state=0), NDArray | list[NDArray])
    assert_type(regressor.score(X, y), float)
    assert_type(regressor.network_, Network)
    classifier = RNNClassifier(8, categories="auto").fit([["a", "b"], ["c"]], ["x", "y"])
    assert_type(classifier, RNNClassifier)
    assert_type(classifier.sample([["a"]], temperature=0.5, max_length=3), NDArray | list[NDArray])
    assert_type(classifier.classes_, NDArray)


def refuse_wrong_types(y: pd.Series) -> None:
    """Each `ignore` is used: mypy warns of one that is not."""
    RNNForecaster("12")  # type: ignore[arg-type]
    RNNForecaster(12, cell="transformer")  # type: ignore[arg-type]
    RNNForecaster(12, lookback="long")  # type: ignore[arg-type]
    RNNForecaster(12).predict(12)  # type: ignore[arg-type]
    RNNForecaster(12).update(y, overlap="keep")  # type: ignore[arg-type]
    RNNForecaster(12).horizon_ + "steps"  # type: ignore[operator]
    RNNRegressor(8, loss="cubed_error")  # type: ignore[arg-type]
    PanelSplit(3.5)  # type: ignore[arg-type]
