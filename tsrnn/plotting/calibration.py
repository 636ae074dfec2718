"""Calibration of intervals and quantiles: what they promise, and what they hold."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsrnn.backtesting.calibration import coverage_by_level, coverage_by_step, sampling_error, share_below_quantiles
from tsrnn.backtesting.reading import read_backtest
from tsrnn.plotting.figures import colors_of, import_pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

N_MARKERS = 25  # on a line, at most


class IntervalCalibrationDisplay:
    """Picture of the calibration of prediction intervals and quantiles in a backtest.

    Side by side: the share of the truth within the intervals of each level, the share below each quantile, and the
    share within the intervals at each step ahead. A calibrated forecast lies on the dashed lines. Shares within the
    gray band differ from them by no more than twice the standard error of as many independent windows.

    Make one with `from_backtest`, which draws at once.

    Parameters
    ----------
    coverage : Series
        Share of the truth within intervals, from 0 to 1, by forecaster and level in percent.
    below : Series
        Share of the truth at or below quantiles, by forecaster and quantile.
    by_step : DataFrame
        Coverage at each step ahead, a row a step, a column for each forecaster and level.
    n_windows : int
        Windows with a truth: cutoffs of each series.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    axes_ : ndarray of matplotlib.axes.Axes
        Those of levels, quantiles and steps; of quantiles alone if no two of them make an interval.

    See Also
    --------
    tsrnn.report : Coverage and width of intervals as a table.

    Examples
    --------
    >>> from tsrnn import backtest
    >>> from tsrnn.datasets import load_airline
    >>> from tsrnn.plotting import IntervalCalibrationDisplay
    >>> table = backtest("theta", load_airline(), horizon=12, n_windows=5, level=[50, 80, 95])
    >>> display = IntervalCalibrationDisplay.from_backtest(table, forecaster="seasonal_naive")
    >>> display.coverage["seasonal_naive"].round(2).to_dict()
    {50.0: 0.18, 80.0: 0.48, 95.0: 0.97}
    """

    figure_: Figure
    axes_: NDArray[np.object_]

    def __init__(self, *, coverage: pd.Series, below: pd.Series, by_step: pd.DataFrame, n_windows: int) -> None:
        self.coverage = coverage
        self.below = below
        self.by_step = by_step
        self.n_windows = n_windows

    @classmethod
    def from_backtest(
        cls, table: pd.DataFrame, *, forecaster: str | list[str] | None = None
    ) -> IntervalCalibrationDisplay:
        """Draw the calibration of a backtest.

        Parameters
        ----------
        table : DataFrame
            From `tsrnn.backtest` with ``level`` or ``quantiles``. Rows without truth are left out.
        forecaster : str or list of str, optional
            Forecasters to draw; by default all that have intervals or quantiles.

        Returns
        -------
        IntervalCalibrationDisplay

        Raises
        ------
        TypeError, ValueError
            If it is no such table, or a forecaster has neither intervals nor quantiles.
        ImportError
            If matplotlib is not installed.
        """
        backtest = read_backtest(table)
        known = [name for name, quantiles in backtest.quantiles.items() if quantiles]
        if not known:
            raise ValueError(
                "table must have intervals or quantiles, such as those of tsrnn.backtest(..., level=[80, 95]). Got the "
                f"forecasts {list(backtest.forecasts)} without any."
            )
        chosen = known if forecaster is None else [forecaster] if isinstance(forecaster, str) else list(forecaster)
        unknown = [name for name in chosen if name not in known]
        if unknown or not chosen:
            raise ValueError(f"forecaster must be one or several of {known}. Got {forecaster!r}.")
        backtest = backtest.select(chosen)
        return cls(
            coverage=coverage_by_level(backtest),
            below=share_below_quantiles(backtest),
            by_step=coverage_by_step(backtest),
            n_windows=backtest.n_windows,
        ).plot()

    def plot(self) -> IntervalCalibrationDisplay:
        """Draw.

        Returns
        -------
        IntervalCalibrationDisplay
            Itself.
        """
        n_panels = 3 if len(self.coverage) else 1
        self.figure_, self.axes_ = import_pyplot().subplots(
            1, n_panels, figsize=(4.2 * n_panels, 4), layout="constrained", squeeze=False
        )
        self.axes_ = self.axes_[0]
        names = self.below.index.get_level_values(0).unique()
        colors = colors_of(names)
        if n_panels > 1:
            self._draw_shares(self.axes_[0], self.coverage.rename(lambda level: level / 100, level=1), colors)
            self.axes_[0].set(title="Intervals", xlabel="level", ylabel="share of the truth within")
            self._draw_steps(self.axes_[2], colors)
        below = self.axes_[1 if n_panels > 1 else 0]
        self._draw_shares(below, self.below, colors)
        below.set(title="Quantiles", xlabel="quantile", ylabel="share of the truth below")
        self.axes_[0].legend(frameon=False, loc="upper left")
        return self

    def _draw_shares(self, ax, shares, colors):
        nominal = np.linspace(0, 1, 101)
        error = sampling_error(nominal, self.n_windows)
        ax.fill_between(nominal, np.clip(nominal - error, 0, 1), np.clip(nominal + error, 0, 1), color="0.93", zorder=0)
        ax.plot(nominal, nominal, "--", color="0.5", linewidth=1)
        for name, part in shares.groupby(level=0, sort=False):
            ax.plot(part.index.get_level_values(1), part, "o-", color=colors[name], markersize=4, label=name)
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")

    def _draw_steps(self, ax, colors):
        levels = self.by_step.columns.get_level_values("level")
        for level in levels.unique():
            ax.axhline(level / 100, linestyle="--", color="0.5", linewidth=1)
        markers = dict(zip(levels.unique(), cycle("os^vD"), strict=False))
        every = -(-len(self.by_step) // N_MARKERS)
        for name, level in self.by_step.columns:
            shares = self.by_step[name, level]
            ax.plot(shares, color=colors[name], marker=markers[level], markersize=4, markevery=every)
        for level, marker in markers.items():
            ax.plot([], color="black", linestyle="", marker=marker, markersize=4, label=f"{level:g} %")
        ax.legend(frameon=False)
        ax.set(title="Intervals by step", xlabel="step ahead", ylim=(0, 1.02))
        ax.set_yticks(levels.unique() / 100, [f"{level:g} %" for level in levels.unique()])
