"""Recurrent neural network forecasts of pandas time series, trained by Numba kernels."""

from tsrnn import datasets, metrics, model_selection
from tsrnn.backtesting import backtest
from tsrnn.forecaster import RNNForecaster
from tsrnn.network import warmup
from tsrnn.reporting import report
from tsrnn.sequence import RNNClassifier, RNNRegressor

__version__ = "0.1.0"

__all__ = [
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "backtest",
    "datasets",
    "metrics",
    "model_selection",
    "report",
    "warmup",
]
