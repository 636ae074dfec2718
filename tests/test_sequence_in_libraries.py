"""RNNRegressor, unchanged, as the model inside forecasting libraries that take any scikit-learn regressor.

None of them is a dependency, so each test runs only where its library is installed. A library's forecast is held
against the same recursion done by hand: what it passes to `fit` and `predict` is one window a row.
"""

import numpy as np
import pandas as pd
import pytest

from tsrnn import datasets
from tsrnn.sequence import RNNRegressor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]

LAGS, HORIZON = 12, 24


def make_regressor():
    return RNNRegressor(hidden_size=16, max_epochs=50, random_state=0)


@pytest.fixture(scope="module")
def series():
    return np.log(datasets.load_airline())


def forecast_by_hand(values, newest_first):
    """Fit on all windows of a series and go on recursively, one step at a time."""
    windows = np.lib.stride_tricks.sliding_window_view(values, LAGS)
    order = slice(None, None, -1 if newest_first else 1)
    model = make_regressor().fit(windows[:-1, order], values[LAGS:])
    past = list(values)
    for _ in range(HORIZON):
        past.append(model.predict(np.array([past[-LAGS:]])[:, order])[0])
    return np.array(past[-HORIZON:])


def test_skforecast(series):
    recursive = pytest.importorskip("skforecast.recursive")
    forecaster = recursive.ForecasterRecursive(estimator=make_regressor(), lags=LAGS)
    forecaster.fit(series[:-HORIZON])
    forecast = forecaster.predict(HORIZON)
    by_hand = forecast_by_hand(series.to_numpy()[:-HORIZON], newest_first=True)
    # A window alone and the same among others differ in rounding at most; the recursion passes that on.
    np.testing.assert_allclose(forecast, by_hand, rtol=1e-4)
    pd.testing.assert_index_equal(forecast.index, series.index[-HORIZON:], check_names=False)


def test_mlforecast(series):
    mlforecast = pytest.importorskip("mlforecast")
    frame = pd.DataFrame({"unique_id": "a", "ds": series.index, "y": series.to_numpy()})
    forecaster = mlforecast.MLForecast(models={"rnn": make_regressor()}, freq="MS", lags=range(1, LAGS + 1))
    forecaster.fit(frame[:-HORIZON])
    forecast = forecaster.predict(HORIZON)
    by_hand = forecast_by_hand(series.to_numpy()[:-HORIZON], newest_first=True)
    np.testing.assert_allclose(forecast["rnn"], by_hand, rtol=1e-4)
    assert list(forecast["ds"]) == list(series.index[-HORIZON:])


def test_sktime(series):
    compose = pytest.importorskip("sktime.forecasting.compose")
    forecaster = compose.make_reduction(make_regressor(), strategy="recursive", window_length=LAGS)
    forecaster.fit(series[:-HORIZON])
    forecast = forecaster.predict(fh=range(1, HORIZON + 1))
    by_hand = forecast_by_hand(series.to_numpy()[:-HORIZON], newest_first=False)
    np.testing.assert_allclose(forecast, by_hand, rtol=1e-4)
    assert list(forecast.index) == list(series.index[-HORIZON:])
