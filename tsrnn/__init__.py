"""Recurrent neural network forecasts of pandas time series, trained by Numba kernels."""

__version__ = "0.1.0"
