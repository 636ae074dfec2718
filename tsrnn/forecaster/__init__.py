"""`RNNForecaster`: forecasts of pandas time series."""

from tsrnn.forecaster.estimator import RNNForecaster
from tsrnn.forecaster.filtering import OutlierWarning
from tsrnn.forecaster.fitting import ShortSeriesWarning
from tsrnn.forecaster.missing import MissingValuesWarning

__all__ = ["MissingValuesWarning", "OutlierWarning", "RNNForecaster", "ShortSeriesWarning"]
