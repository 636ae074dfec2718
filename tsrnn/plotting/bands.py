"""Prediction intervals as bands."""

import re

import numpy as np

from tsrnn.intervals import split_column

SHADES = 0.18, 0.45  # Strength of the colour of the widest and the narrowest of several bands.
ONE_SHADE = 0.3
ENDS = re.compile(r"lo-(.+)")


def find_intervals(table, name):
    """Return the forecast of a frame as from ``predict(level=...)``, and its intervals.

    Parameters
    ----------
    table : DataFrame
        Forecasts, ``<name>-lo-80``, ``<name>-hi-80`` and so on, over time stamps.
    name : hashable
        Of several forecasts, the one to take.

    Returns
    -------
    forecast : Series
    intervals : DataFrame or None
        Columns ``lo-80``, ``hi-80`` and so on.
    """
    known = {_as_text(column): column for column in table.columns}
    found = {column: parts for column in table.columns if (parts := split_column(_as_text(column)))}
    owners = {column: known[parts[0]] for column, parts in found.items() if parts[0] in known}
    forecasts = [column for column in table.columns if column not in owners]
    if len(forecasts) != 1 and name not in forecasts:
        raise ValueError(
            f"y_pred must have the forecast of y_true as a column named as it, {name!r}, or that forecast alone. Got "
            f"the forecasts {forecasts}. Give the columns of one series, with its time stamps as index."
        )
    chosen = name if name in forecasts else forecasts[0]
    ends = {column: _as_text(column)[len(_as_text(chosen)) + 1 :] for column, own in owners.items() if own == chosen}
    intervals = table[[*ends]].set_axis([*ends.values()], axis=1)
    return table[chosen], intervals if ends else None


def _as_text(column):
    """Return the name of a column as text; of several levels, a suffix ends the last."""
    return "\n".join(map(str, column)) if isinstance(column, tuple) else str(column)


def draw_bands(ax, times, intervals, color):
    """Draw intervals below a line, narrower ones darker, and return the bands, the widest first.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    times : ndarray of shape (n_steps,)
    intervals : DataFrame of shape (n_steps, n_columns), or None
        Columns ``lo-80``, ``hi-80`` and so on; others are not drawn.
    color : color
        Of the line.

    Returns
    -------
    list of matplotlib.collections.PolyCollection
    """
    columns = [] if intervals is None else list(intervals.columns)
    levels = [match[1] for column in columns if (match := ENDS.fullmatch(column)) and f"hi-{match[1]}" in columns]
    levels = sorted(levels, key=float, reverse=True)
    shades = np.linspace(*SHADES, len(levels)) if len(levels) > 1 else [ONE_SHADE]
    return [
        ax.fill_between(
            times, intervals[f"lo-{level}"].to_numpy(), intervals[f"hi-{level}"].to_numpy(), label=f"{level} %",
            facecolor=_mix(color, ax.get_facecolor(), shade), linewidth=0, zorder=1 + k / (1 + len(levels)),
        )
        for k, (level, shade) in enumerate(zip(levels, shades, strict=False))
    ]  # fmt: skip


def _mix(color, ground, shade):
    """Mix a color with that of the ground: opaque, so that the legend shows what bands over each other look like."""
    from matplotlib.colors import to_rgb

    return tuple(shade * np.array(to_rgb(color)) + (1 - shade) * np.array(to_rgb(ground)))
