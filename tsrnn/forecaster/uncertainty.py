"""Uncertainty of forecasts: their spreads, the calibration of these, and the distribution of the values ahead."""

from dataclasses import dataclass

import numpy as np

from tsrnn.forecaster.calibration import Calibration
from tsrnn.forecaster.spreads import Spreads
from tsrnn.scaling import SeriesScaler


@dataclass(frozen=True)
class Uncertainty:
    """What is known of the errors of forecasts.

    Attributes
    ----------
    spreads : Spreads
        Spreads of forecasts.
    calibration : Calibration
        How far forecasts have been off, in units of their spread.
    smoothing : dict of str to Smoothing
        That of the ensemble, with the states a horizon before the last observations: forecasts from there are scored
        when these are known.
    """

    spreads: Spreads
    calibration: Calibration
    smoothing: dict


@dataclass(frozen=True)
class Distribution:
    """Distribution of the values ahead, symmetric about the forecast on the scale of the models.

    Attributes
    ----------
    forecasts : ndarray of shape (n, horizon), float64
        In the units of the series.
    spreads : ndarray of shape (n, horizon), float64
        Of scaled values.
    calibration : Calibration
        Factors of the spreads.
    scaler : SeriesScaler
        From values to scaled ones.
    series : ndarray of shape (n,), int64
        Series of each forecast.
    floor : ndarray of shape (n, 1), float64
        Lowest value: 0 where no value was negative, else -inf.
    """

    forecasts: np.ndarray
    spreads: np.ndarray
    calibration: Calibration
    scaler: SeriesScaler
    series: np.ndarray
    floor: np.ndarray

    def quantiles(self, levels):
        """Return quantiles.

        Parameters
        ----------
        levels : sequence of float
            Shares of observations below, in (0, 1). That of a half is the forecast.

        Returns
        -------
        ndarray of shape (n_levels, n, horizon), float64
            In the units of the series: higher ones of higher levels, none below the floor.
        """
        levels = np.asarray(levels, dtype=np.float64)
        steps = np.sign(levels - 0.5) * self.calibration.factors(np.abs(2 * levels - 1))
        return np.stack([self._away(step) for step in steps]) if len(steps) else np.empty((0, *self.forecasts.shape))

    def _away(self, factor):
        """Return the values some spreads away from the forecasts."""
        if factor == 0:
            return self.forecasts
        with np.errstate(over="ignore", divide="ignore"):
            moved = self.scaler.scale(self.forecasts, self.series) + factor * self.spreads
            return np.maximum(self.scaler.restore(moved, self.series), self.floor)
