"""Limits of forecasts: not far beyond what was seen, nor below zero where nothing has been."""

import numpy as np

from tsrnn.forecaster.intermittent import ceilings
from tsrnn.scaling import MIN_UNIT

REACH = 2.0  # Ordinary changes over a season, for each season ahead, beyond all values seen.


def limits(recipe, table, origins, horizon):
    """Return the limits of forecasts.

    Parameters
    ----------
    recipe : Recipe
        Constants of the series.
    table : Table
        The series.
    origins : Origins
        Origins of the forecasts.
    horizon : int
        Steps.

    Returns
    -------
    lower, upper : ndarray of shape (n, horizon), float64
        Scaled values.
    floor : ndarray of shape (n, 1), float64
        Lowest value in units of the series: 0 or -inf.
    """
    series, scaler = origins.series, recipe.scaler
    lowest, highest = table.extremes(origins)
    zeros = table.zeros[series, None]
    units = np.where(recipe.units > MIN_UNIT, recipe.units, 0.0)[series]
    seasons_ahead = np.maximum(np.arange(1, horizon + 1) / recipe.season, 1)
    margin = REACH * units[:, None] * seasons_ahead
    positive = lowest[:, None] >= zeros
    lower = np.where(positive, np.maximum(lowest[:, None] - margin, zeros), lowest[:, None] - margin)
    if scaler.log:  # Near zero, ordinary changes of logarithms are huge ones of values.
        top = scaler.restore(highest[:, None], series) + REACH * recipe.rises[series, None] * seasons_ahead
        ceiling = scaler.scale(top, series)
    else:
        ceiling = ceilings(table, origins, recipe.regular, recipe.of_mean, table.observed)[:, None]
    upper = np.minimum(highest[:, None] + margin, ceiling)
    return lower, np.maximum(upper, lower), np.where(positive, 0.0, -np.inf)
