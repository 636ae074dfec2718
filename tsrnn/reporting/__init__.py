"""Honesty report of a backtest: skill, copies of past values, flat lines, coverage, and where forecasts fail."""

from tsrnn.reporting.report import BacktestReport, report

__all__ = ["BacktestReport", "report"]
