"""Figures and axes of displays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure


MAX_LABELS = 7  # Of dates along an axis: room for them in a third of a page; of fewer, some steps have no interval.
GRAYS = {"naive": "0.75", "seasonal_naive": "0.5"}  # Forecasts that others are put beside.


def colors_of(forecasters):
    """Return a color for each name of a forecaster; those of naive ones are gray."""
    others = [name for name in forecasters if name not in GRAYS]
    return {name: f"C{k % 10}" for k, name in enumerate(others)} | GRAYS


def find_axes(ax):
    """Return the figure and the axes to draw into.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        None for those of a new figure.

    Returns
    -------
    figure : matplotlib.figure.Figure
    ax : matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    if ax is None:
        _, ax = import_pyplot().subplots(figsize=(9, 4), layout="constrained")
    return ax.figure, ax


def find_figure(n_rows):
    """Return a new figure and its axes, one below the other: an ndarray of shape (n_rows, 1); errors as `find_axes`."""
    return import_pyplot().subplots(
        n_rows, figsize=(9, 1 + 1.4 * n_rows), sharex=True, layout="constrained", squeeze=False
    )


def label_dates(ax, stamps):
    """Label an axis of dates concisely, so that labels have room in small axes; one of numbers stays.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    stamps : ndarray of shape (n_steps,)
        What is drawn along the axis.
    """
    if stamps.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=3, maxticks=MAX_LABELS)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def import_pyplot():
    """Return `matplotlib.pyplot`, or name the extra that is missing."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('Drawing needs matplotlib. Install it with: pip install "tsrnn[plot]"') from error
    return plt
