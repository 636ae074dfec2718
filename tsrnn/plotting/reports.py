"""Picture of a report on a backtest."""

import numpy as np

from tsrnn.plotting.figures import GRAYS, colors_of, import_pyplot

N_SERIES = 15  # Bars of series that are drawn.
N_COLUMNS = 2


def draw_report(report):
    """Return a figure of a report.

    Parameters
    ----------
    report : tsrnn.reporting.BacktestReport

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = [(draw, table) for draw, table in _panels(report) if table is not None and len(table) > 0]
    n_rows = -(-len(panels) // N_COLUMNS)
    figure, axes = import_pyplot().subplots(
        n_rows, N_COLUMNS, figsize=(11, 3.4 * n_rows), layout="constrained", squeeze=False
    )
    colors = colors_of(report.summary.index)
    for ax, (draw, table) in zip(axes.flat, panels, strict=False):
        draw(ax, table, colors)
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    return figure


def _panels(report):
    """Return functions and the tables they draw, in order."""
    best = report.summary.loc[[*GRAYS], "scaled_mae"].idxmin()  # The other one may err so much that lines lie flat.
    shown = [name for name in report.summary.index if name == best or name not in GRAYS]
    several = report.by_series.dropna() if len(report.by_series) > 1 else None
    return [
        (_draw_skill, report.summary),
        (_titled("step ahead", _draw_lines), report.by_step[shown] if len(report.by_step) > 1 else None),
        (_draw_coverage, report.intervals),
        (_draw_series, several),
        (_titled("weekday", _draw_lines), None if report.by_weekday is None else report.by_weekday[shown]),
        (_titled("hour", _draw_lines), None if report.by_hour is None else report.by_hour[shown]),
    ]


def _draw_skill(ax, summary, colors):
    table = summary.drop(index=[*GRAYS]) if len(summary) > len(GRAYS) else summary
    y = np.arange(len(table))
    for k, (name, color) in enumerate(GRAYS.items()):
        saved = 100 * table[f"skill_{name}"].where(np.isfinite)
        ax.barh(y + 0.4 * k - 0.2, saved, height=0.38, color=color, label=name)
    ax.axvline(0, color="0.35", linewidth=0.8)
    ax.set_yticks(y, table.index)
    ax.invert_yaxis()
    ax.legend(title="against", frameon=False)
    ax.set(title="Skill", xlabel="error saved, %")


def _titled(title, draw):
    def draw_titled(ax, table, colors):
        draw(ax, table, colors)
        ax.set(title=f"Error by {title}", ylabel="scaled error", ylim=(0, None))

    return draw_titled


def _draw_lines(ax, table, colors):
    x = table.index.astype(str).str[:3] if table.index.dtype == "category" else table.index
    for name, values in table.items():
        ax.plot(x, values, color=colors[name], marker="o" if len(table) < 30 else None, markersize=3, label=name)
    ax.legend(frameon=False)


def _draw_coverage(ax, intervals, colors):
    for name, part in intervals.groupby(level=0, sort=False):
        ax.plot(part.index.get_level_values("level"), 100 * part["coverage"], "o-", color=colors[name], label=name)
    ax.plot([0, 100], [0, 100], "--", color="0.5", linewidth=1)
    ax.legend(frameon=False)
    low = max(min(intervals.index.get_level_values("level").min(), 100 * intervals["coverage"].min()) - 5, 0)
    ax.set(title="Coverage of intervals", xlabel="level, %", ylabel="truth within, %", xlim=(low, 102), ylim=(low, 102))


def _draw_series(ax, by_series, colors):
    name = by_series.columns[0]
    table = by_series.sort_values(name, ascending=False).head(N_SERIES)
    labels = [str(label) for label in table.index]
    ax.barh(labels, table[name], color=colors[name])
    ax.axvline(by_series[name].mean(), color="0.35", linestyle="--", linewidth=1)
    ax.invert_yaxis()
    ax.set(title=f"Series with the largest errors of {name}", xlabel="scaled error")
