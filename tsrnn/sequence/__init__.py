"""Scikit-learn estimators whose samples are sequences."""

from tsrnn.sequence.classifier import RNNClassifier
from tsrnn.sequence.regressor import RNNRegressor

__all__ = ["RNNClassifier", "RNNRegressor"]
