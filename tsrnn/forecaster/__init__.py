"""`RNNForecaster`: forecasts of pandas time series."""

from tsrnn.forecaster.estimator import RNNForecaster
from tsrnn.forecaster.filtering import OutlierWarning
from tsrnn.forecaster.fitting import ShortSeriesWarning

__all__ = ["OutlierWarning", "RNNForecaster", "ShortSeriesWarning"]
