"""Outliers of series: found from the values before them, and replaced."""

from tsrnn.outliers.hampel import OutlierFilter

__all__ = ["OutlierFilter"]
