"""Backtests: forecasts from past origins by one or many forecasters, beside those that repeat value and season."""

from tsrnn.backtesting.comparison import backtest

__all__ = ["backtest"]
