"""A forecast drawn behind the series that it goes on from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import SeriesData
from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.checks import separate
from tsrnn.frames import append
from tsrnn.frames.frequency import beginnings
from tsrnn.intervals import read_quantiles
from tsrnn.plotting.bands import draw_bands, find_intervals
from tsrnn.plotting.figures import find_axes, label_dates
from tsrnn.validation import NONE, Interval, check_parameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

COUNT = [Interval(Integral, 1), NONE]
SEASONS_SHOWN = 3  # at least, of what was seen
HORIZONS_SHOWN = 2


class ForecastDisplay:
    """Picture of a forecast and of the observations around it.

    Make one with `from_estimator` or `from_predictions`; both draw at once. The series drawn stay in the
    attributes, to be drawn again with `plot`.

    Parameters
    ----------
    y_true : Series
        Observations before the forecast and, where known, during it.
    y_pred : Series
        The forecast.
    intervals : DataFrame, optional
        Its intervals, with the index of the forecast: the columns ``lo-80`` and ``hi-80`` for a level of 80 %.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    line_ : matplotlib.lines.Line2D
        The forecast.
    observed_line_ : matplotlib.lines.Line2D
        The observations.
    bands_ : list of matplotlib.collections.PolyCollection
        The intervals, the widest first.

    See Also
    --------
    tsrnn.backtest : Forecasts from many origins, as a table.

    Examples
    --------
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.datasets import load_airline
    >>> from tsrnn.plotting import ForecastDisplay
    >>> passengers = load_airline()
    >>> forecaster = RNNForecaster(horizon=12, random_state=0).fit(passengers[:-12])
    >>> display = ForecastDisplay.from_estimator(forecaster, passengers[-12:])
    >>> display.line_.get_label(), display.ax_.get_title()
    ('RNNForecaster', 'passengers')
    """

    ax_: Axes
    figure_: Figure | SubFigure
    line_: Line2D
    observed_line_: Line2D
    bands_: list[PolyCollection]

    def __init__(self, *, y_true: pd.Series, y_pred: pd.Series, intervals: pd.DataFrame | None = None) -> None:
        self.y_true = y_true
        self.y_pred = y_pred
        self.intervals = intervals

    @classmethod
    def from_estimator(
        cls,
        forecaster: RNNForecaster,
        X: SeriesData | None = None,
        y: SeriesData | None = None,
        *,
        series: Hashable = None,
        horizon: int | None = None,
        level: float | Sequence[float] | None = None,
        n_observed: int | None = None,
        ax: Axes | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> ForecastDisplay:
        """Forecast from the end of what a forecaster has seen, and draw it.

        Parameters
        ----------
        forecaster : RNNForecaster
            Fitted.
        X, y : Series, DataFrame, ndarray or list, optional
            Observations after the end, as for `RNNForecaster.update`; the forecaster does not see it.
        series : hashable, optional
            Which series to draw: its id or column; a tuple where these have several parts. Needed if there are several.
        horizon : int, optional
            Steps ahead; by default the forecaster's.
        level : float or list of float, optional
            Levels of prediction intervals in percent, such as 80 or ``[80, 95]``, drawn as bands.
        n_observed : int, optional
            Observations drawn before the forecast; by default three seasons or two horizons, whichever is
            longer.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        name : str, optional
            Name of the forecast in the legend; by default the name of the class.
        **kwargs : dict
            For `matplotlib.axes.Axes.plot`, for the line of the forecast.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        NotFittedError, ValueError, TypeError
            As for `RNNForecaster.predict` and `RNNForecaster.update`, and if `series` names none.
        ImportError
            If matplotlib is not installed.
        """
        check_is_fitted(forecaster)
        counts = {"horizon": horizon, "n_observed": n_observed}
        check_parameters(cls.__name__, counts, dict.fromkeys(counts, COUNT))
        quantiles = read_quantiles(level, None, cls.__name__)
        seen = forecaster._panel
        index = find_series(seen.ids, series)
        truth, X = separate(X, y)
        known = seen if truth is None else append(seen, truth, X=X)
        forecast, intervals = _read_forecast(forecaster, known.covariates, horizon, quantiles, index)
        if n_observed is None:
            n_observed = max(SEASONS_SHOWN * max(forecaster.seasons_, default=1), HORIZONS_SHOWN * len(forecast))
        observed = pd.Series(
            known.series(index).copy(), index=known.stamps(index).copy(deep=True), name=known.ids[index]
        )
        observed = observed.iloc[max(len(seen.series(index)) - n_observed, 0) :]
        display = cls(y_true=observed, y_pred=forecast, intervals=intervals)
        return display.plot(ax, name=type(forecaster).__name__ if name is None else name, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: pd.Series,
        y_pred: pd.Series | pd.DataFrame,
        *,
        ax: Axes | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> ForecastDisplay:
        """Draw a forecast that there is.

        Parameters
        ----------
        y_true : Series
            Observations to be drawn.
        y_pred : Series or DataFrame
            The forecast, with stamps of the same kind. A frame is one from ``predict(level=...)``: the forecast, named
            as ``y_true`` if there are several, and the ends of its intervals, which are drawn as bands.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        name : str, optional
            Name of the forecast in the legend; by default "forecast".
        **kwargs : dict
            For `matplotlib.axes.Axes.plot`, for the line of the forecast.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        TypeError
            If one of both is no Series, or no frame of forecasts.
        ValueError
            If a frame does not hold the forecast of ``y_true``.
        ImportError
            If matplotlib is not installed.
        """
        forecast: Any = y_pred
        intervals = None
        if isinstance(y_true, pd.Series) and isinstance(y_pred, pd.DataFrame):
            forecast, intervals = find_intervals(y_pred, y_true.name)
        for argument, value in {"y_true": y_true, "y_pred": forecast}.items():
            if not isinstance(value, pd.Series):
                raise TypeError(f"{argument} must be a Series, whose index says when. Got {type(value).__name__}.")
        return cls(y_true=y_true, y_pred=forecast, intervals=intervals).plot(ax, name=name, **kwargs)

    def plot(self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any) -> ForecastDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where; by default in a new figure.
        name : str, optional
            Name of the forecast in the legend; by default "forecast".
        **kwargs : dict
            For `matplotlib.axes.Axes.plot`, for the line of the forecast.

        Returns
        -------
        ForecastDisplay
            Itself.
        """
        self.figure_, self.ax_ = find_axes(ax)
        (self.observed_line_,) = self.ax_.plot(
            positions(self.y_true.index), self.y_true.to_numpy(), color="0.35", linewidth=1.2, label="observed"
        )
        style: dict[str, Any] = {"color": "C0", "linewidth": 1.8, "label": "forecast" if name is None else name}
        times = positions(self.y_pred.index)
        (self.line_,) = self.ax_.plot(times, self.y_pred.to_numpy(), **(style | kwargs))
        self.bands_ = draw_bands(self.ax_, times, self.intervals, self.line_.get_color())
        self.ax_.set_title("" if self.y_true.name is None else str(self.y_true.name))
        label_dates(self.ax_, times)
        beside = {"loc": "upper left", "bbox_to_anchor": (1, 1), "frameon": False}
        self.ax_.legend(**(beside if ax is None else {"loc": "best", "frameon": True}))
        return self


def _read_forecast(forecaster, covariates, horizon, quantiles, index):
    """Return forecast and intervals (or None) of one of the series, whatever container it comes in."""
    panel = forecaster._panel
    horizon = forecaster._choices["horizon"] if horizon is None else horizon
    values = forecaster._values_beside(covariates, horizon, list(quantiles.values()))
    stamps = panel.continue_index(horizon)
    if not panel.shares_times:
        stamps = stamps[index * horizon : (index + 1) * horizon]
    forecast, *ends = values[:, index]
    intervals = pd.DataFrame(dict(zip(quantiles, ends, strict=True)), stamps) if quantiles else None
    return pd.Series(forecast, index=stamps, name=panel.ids[index]), intervals


def find_series(ids, series):
    """Return the index of a series among the ids."""
    if series is None and len(ids) == 1:
        return 0
    found = next((i for i, known in enumerate(ids) if known == series), None)
    if found is None:
        shown = ", ".join(map(repr, ids[:5].tolist())) + (", ..." if len(ids) > 5 else "")
        raise ValueError(f"series must name one of the {len(ids)} series: {shown}. Got {series!r}.")
    return found


def positions(index):
    """Return stamps as matplotlib takes them: beginnings of periods, and times of the zone's own clock."""
    if isinstance(index, pd.PeriodIndex):
        index = beginnings(index)
    if isinstance(index, pd.DatetimeIndex):
        index = index.tz_localize(None)
    return index.to_numpy()
