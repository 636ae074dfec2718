"""Honest reading of a backtest."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from tsrnn.backtesting.reading import read_backtest
from tsrnn.reporting.errors import (
    REFERENCES,
    errors_by,
    kinds_of_groups,
    scaled_errors,
    summarize,
    units_of,
    worst_groups,
)
from tsrnn.reporting.findings import check_forecasts
from tsrnn.reporting.intervals import summarize_intervals

if TYPE_CHECKING:
    from tsrnn.plotting.figures import Figure


def report(table: pd.DataFrame) -> BacktestReport:
    """Report honestly on a backtest: skill, copies of past values, flat lines, coverage, and where forecasts fail.

    Parameters
    ----------
    table : DataFrame
        From `tsrnn.backtest`, with the columns ``naive`` and ``seasonal_naive``; missing truths included, since steps
        ahead are counted by rows. Further columns of numbers, such as a mean of others, are forecasters, too.

    Returns
    -------
    BacktestReport

    Raises
    ------
    TypeError, ValueError
        If it is no such table, its truth is missing throughout, a forecast is missing, a naive one is, or an upper end
        of an interval is below the lower one.

    Notes
    -----
    Errors of a series are divided by the mean absolute change of its truth from step to step, so that large series do
    not outweigh others. A series whose truth never changes has no such unit: it counts in ``mae`` and ``series_won``
    alone.

    A forecast **repeats a past value** (the last one, that of the season before, or that of any lag that the table
    shows) if it lies nearer to it than half of its distance to the truth and half of the mean change from step to step,
    and saves less than 5 % of the error that this value makes.
    It is a **flat line** if it moves less than a tenth as much as the truth within the windows. On a random walk both
    are as good as a forecast can be, and there is nothing to learn: read them beside the skill.

    **What an interval promises.** Conformal intervals, such as those of `RNNForecaster`, hold on average over windows
    that are exchangeable with those they were calibrated on: a level of 80 % then covers 80 % of all values (marginal
    coverage). They promise nothing for a single series, step, weekday or kind of day; look at ``worst`` and at
    `tsrnn.plotting.IntervalCalibrationDisplay`. They fail while a series drifts, after a step that the past does not
    know, and far out in the tails, where levels above about 1 - 1 / n of n calibration windows are
    extrapolated. Values within a window err together: five windows of twelve steps say less about coverage than sixty
    values seem to. The ``tolerance`` of coverage counts windows.

    Examples
    --------
    >>> import tsrnn
    >>> from tsrnn.datasets import load_airline
    >>> table = tsrnn.backtest("theta", load_airline(), horizon=12, n_windows=3)
    >>> found = tsrnn.report(table)
    >>> found.checks[["check", "passed"]]
                          check  passed
    0       skill against naive    True
    1  skill against seasonal_naive    True
    2                  lag copy    True
    3                 flat line    True
    """
    backtest = read_backtest(table)
    lacking = [name for name in REFERENCES if name not in backtest.forecasts]
    if lacking:
        raise ValueError(
            f"table must have the columns {', '.join(map(repr, REFERENCES))} to compare with, as tsrnn.backtest adds "
            f"them. Got the forecasts {list(backtest.forecasts)}."
        )
    units = units_of(backtest)
    errors, kinds = scaled_errors(backtest, units), kinds_of_groups(backtest)
    summary, intervals = summarize(backtest, errors), summarize_intervals(backtest, units)
    forecasters = [name for name in backtest.forecasts if name not in REFERENCES]
    return BacktestReport(
        summary=summary,
        checks=check_forecasts(backtest, units, summary, intervals),
        intervals=intervals,
        worst=worst_groups(kinds, errors, forecasters or list(REFERENCES)),
        **{f"by_{kind}": errors_by(kind, labels, errors) for kind, labels in kinds.items()},
    )


@dataclass(frozen=True, eq=False, repr=False)
class BacktestReport:
    """Honest reading of a backtest; made by `report`.

    In a notebook it is shown as tables; `plot` draws it.

    Parameters
    ----------
    summary : DataFrame
        A row a forecaster: ``mae``, in the units of the series, over all values; ``scaled_mae``, in mean changes of
        a series from step to step, the mean over the series; ``skill_naive`` and ``skill_seasonal_naive``, the shares
        of the scaled error of these that are saved; ``series_won``, the share of the series whose error is smaller than
        those of both.
    checks : DataFrame
        A row for each check of each forecaster but the naive ones: ``passed``, the ``value`` that it looks at
        and the ``finding`` in words.
    intervals : DataFrame
        By forecaster and level: ``coverage``, the ``tolerance`` of its deviation, ``width`` in mean changes, and width
        and interval score relative to those of the better naive interval.
    worst : DataFrame
        For each forecaster and kind of group up to three groups with the largest errors: ``relative_mae`` is that of
        the group in mean errors of the forecaster.
    by_series, by_step : DataFrame
        Scaled error of each forecaster, a row a series or step ahead.
    by_weekday, by_hour : DataFrame or None
        The same by weekday and hour; None where stamps are further apart, or no times.

    Examples
    --------
    >>> import tsrnn
    >>> from tsrnn.datasets import load_airline
    >>> tsrnn.report(tsrnn.backtest("theta", load_airline(), horizon=12, n_windows=3))
    BacktestReport:
      ok   theta errs 64% less than naive
      ok   theta errs 27% less than seasonal_naive
      ok   theta repeats no past value
      ok   theta moves 76% as much as the truth
    """

    summary: pd.DataFrame
    checks: pd.DataFrame
    intervals: pd.DataFrame
    worst: pd.DataFrame
    by_series: pd.DataFrame
    by_step: pd.DataFrame
    by_weekday: pd.DataFrame | None = None
    by_hour: pd.DataFrame | None = None

    def __repr__(self) -> str:
        """Return the findings, a line each."""
        rows = zip(self.checks["forecaster"], self.checks["passed"], self.checks["finding"], strict=True)
        lines = [f"  {'ok  ' if passed else 'look'} {name} {finding}" for name, passed, finding in rows]
        return "\n".join([f"{type(self).__name__}:", *lines])

    def _repr_html_(self) -> str:
        """Return tables for a notebook."""
        rows = zip(self.checks["forecaster"], self.checks["passed"], self.checks["finding"], strict=True)
        findings = "".join(
            f"<li>{'&#10003;' if passed else '<b>&#10007;</b>'} {escape(name)} {escape(finding)}</li>"
            for name, passed, finding in rows
        )
        tables = {"Errors": self.summary, "Intervals": self.intervals, "Largest errors": self.worst}
        parts = [
            f"<h4>{title}</h4>{table.to_html(float_format='{:.3g}'.format)}"
            for title, table in tables.items()
            if len(table)
        ]
        return f"<div><h3>Backtest</h3><ul style='list-style: none'>{findings}</ul>{''.join(parts)}</div>"

    def plot(self) -> Figure:
        """Draw the report.

        Returns
        -------
        matplotlib.figure.Figure
            Skill, errors by step, coverage, and errors by series, weekday and hour, as far as there are several.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from tsrnn.plotting.reports import draw_report

        return draw_report(self)
