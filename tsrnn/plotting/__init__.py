"""Pictures, in the manner of scikit-learn's displays. They need matplotlib: ``pip install "tsrnn[plot]"``."""

from tsrnn.plotting.calibration import IntervalCalibrationDisplay
from tsrnn.plotting.components import ComponentsDisplay
from tsrnn.plotting.forecasts import ForecastDisplay
from tsrnn.plotting.states import StatesDisplay

__all__ = ["ComponentsDisplay", "ForecastDisplay", "IntervalCalibrationDisplay", "StatesDisplay"]
