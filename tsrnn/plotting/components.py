"""Components of a forecast, one below the other: why this forecast."""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from tsrnn.forecaster import RNNForecaster
from tsrnn.plotting.figures import find_figure, label_dates
from tsrnn.plotting.forecasts import find_series, positions
from tsrnn.validation import NONE, Interval, check_parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ComponentsDisplay:
    """Picture of a forecast and of what it is the sum of.

    Make one with `from_estimator`, which draws at once. Components that are zero throughout are left out.

    Parameters
    ----------
    forecast : Series
        The forecast.
    components : DataFrame
        Its components, a column each, with the index of the forecast.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : ndarray of matplotlib.axes.Axes
        That of the forecast first.

    Examples
    --------
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.datasets import load_airline
    >>> from tsrnn.plotting import ComponentsDisplay
    >>> forecaster = RNNForecaster(horizon=12, random_state=0).fit(load_airline())
    >>> display = ComponentsDisplay.from_estimator(forecaster)
    >>> display.components.columns.tolist()
    ['level', 'trend', 'season', 'linear', 'network', 'limits']
    """

    figure_: Figure
    axes_: NDArray[np.object_]

    def __init__(self, *, forecast: pd.Series, components: pd.DataFrame) -> None:
        self.forecast = forecast
        self.components = components

    @classmethod
    def from_estimator(
        cls, forecaster: RNNForecaster, *, series: Hashable = None, horizon: int | None = None
    ) -> ComponentsDisplay:
        """Take the forecast of a series apart, and draw it.

        Parameters
        ----------
        forecaster : RNNForecaster
            Fitted.
        series : hashable, optional
            Which series: its id or column. Needed if there are several.
        horizon : int, optional
            Steps ahead; by default the forecaster's.

        Returns
        -------
        ComponentsDisplay

        Raises
        ------
        NotFittedError, ValueError
            As for `RNNForecaster.predict`, and if ``series`` names none.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(forecaster)
        check_parameters(cls.__name__, {"horizon": horizon}, {"horizon": [Interval(Integral, 1), NONE]})
        panel = forecaster._panel
        index, horizon = find_series(panel.ids, series), horizon or forecaster._choices["horizon"]
        parts = {name: part[index] for name, part in forecaster._components(horizon).items()}
        stamps = panel.continue_index(horizon)
        stamps = stamps if panel.shares_times else stamps[index * horizon : (index + 1) * horizon]
        components = pd.DataFrame(parts, index=stamps)
        return cls(forecast=components.sum(axis=1).rename(panel.ids[index]), components=components).plot()

    def plot(self) -> ComponentsDisplay:
        """Draw.

        Returns
        -------
        ComponentsDisplay
            Itself.
        """
        # Of sums, rounding leaves the last digits.
        shown = self.components.loc[:, self.components.abs().max() > 1e-12 * np.abs(self.forecast).max()]
        self.figure_, axes = find_figure(1 + shown.shape[1])
        self.axes_ = axes[:, 0]
        stamps = positions(self.forecast.index)
        title = "forecast" if self.forecast.name is None else f"forecast of {self.forecast.name}"
        for ax, (name, values) in zip(self.axes_, [(title, self.forecast), *shown.items()], strict=True):
            ax.plot(stamps, values.to_numpy(), color="C0", linewidth=1.6)
            ax.set_title(name, loc="left", fontsize="medium")
        label_dates(self.axes_[-1], stamps)
        return self
