"""Small real time series: `load_airline`, `load_gasoline`, `load_pageviews`, `load_traffic`, `load_housing`.

`DATASETS` names them all, with the length of the season. Sources and licences are in ``datasets/README.md``,
which lies beside the files in an installed package too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

_PACKAGE = Path(__file__).parent


def _read(name: str) -> pd.DataFrame:
    """Read one file: beside the package in a checkout, within it when installed."""
    installed = _PACKAGE / "data"
    folder = installed if installed.is_dir() else _PACKAGE.parent / "datasets"
    return pd.read_csv(folder / name)


def _read_series(name: str, freq: str) -> pd.Series:
    """Read a two-column file as a float series over its times, `freq` set on the index."""
    times, values = _read(name).items()
    index = pd.DatetimeIndex(pd.to_datetime(times[1]), name=times[0], freq=freq)
    return pd.Series(values[1].to_numpy(dtype="float64"), index=index, name=values[0])


def load_airline() -> pd.Series:
    """Load the monthly totals of international airline passengers, 1949 to 1960.

    A trend and a yearly season that grows with the level. 144 months.

    Returns
    -------
    passengers : Series of float64, shape (144,)
        Thousands of passengers; index ``month`` with frequency "MS".

    Notes
    -----
    Source: Box, Jenkins and Reinsel (1976), Time Series Analysis, Forecasting and Control, series G.

    Examples
    --------
    >>> from tsrnn.datasets import load_airline
    >>> load_airline().tail(2)
    month
    1960-11-01    390.0
    1960-12-01    432.0
    Freq: MS, Name: passengers, dtype: float64
    """
    return _read_series("airline.csv", "MS")


def load_gasoline() -> pd.Series:
    """Load the motor gasoline supplied in the United States each week, June 2000 to February 2020.

    A slow change of level and a noisy yearly season (52 weeks). 1,028 weeks, each named by its Friday.

    Returns
    -------
    gasoline : Series of float64, shape (1028,)
        Thousand barrels a day; index ``week`` with frequency "W-FRI".

    Notes
    -----
    Source: U.S. Energy Information Administration, Weekly Petroleum Status Report.

    Examples
    --------
    >>> from tsrnn.datasets import load_gasoline
    >>> load_gasoline().tail(2)
    week
    2020-01-31    8933.0
    2020-02-07    8722.0
    Freq: W-FRI, Name: gasoline, dtype: float64
    """
    return _read_series("gasoline.csv", "W-FRI")


def load_pageviews() -> pd.Series:
    """Load the daily views of Wikipedia's article on the standard deviation, 2017 to November 2024.

    Read at work and at school: a strong week, and a year with holidays and examinations. 2,869 days.

    Returns
    -------
    views : Series of float64, shape (2869,)
        Views a day; index ``day`` with frequency "D".

    Notes
    -----
    Source: Wikimedia Foundation, Analytics API (CC0 1.0).

    Examples
    --------
    >>> from tsrnn.datasets import load_pageviews
    >>> load_pageviews().tail(2)
    day
    2024-11-07    6909.0
    2024-11-08    5718.0
    Freq: D, Name: views, dtype: float64
    """
    return _read_series("pageviews.csv", "D")


def load_traffic() -> pd.Series:
    """Load the vehicles an hour on Interstate 94 near Minneapolis, 79 days of spring 2017.

    Two seasons: the day (24 hours) and the week (168 hours). 1,896 hours, local time.

    Returns
    -------
    vehicles : Series of float64, shape (1896,)
        Vehicles an hour, westbound; index ``hour`` with frequency "h", without a time zone.

    Notes
    -----
    Source: Hogue (2019), Metro Interstate Traffic Volume, UCI Machine Learning Repository,
    doi:10.24432/C5X60B (CC BY 4.0).

    Examples
    --------
    >>> from tsrnn.datasets import load_traffic
    >>> load_traffic().tail(2)
    hour
    2017-07-01 22:00:00    3677.0
    2017-07-01 23:00:00    2845.0
    Freq: h, Name: vehicles, dtype: float64
    """
    return _read_series("traffic.csv", "h")


def load_housing() -> pd.DataFrame:
    """Load the homes sold each month in 26 cities of Texas, 2000 to July 2015: a panel.

    One yearly season, means from 35 to 5,600 sales a month, the crisis of 2008 in the middle.

    Returns
    -------
    panel : DataFrame, shape (4862, 3)
        Long frame: ``unique_id`` (name of the city or county), ``ds`` (first day of the month) and
        ``y`` (homes sold, float64), sorted by the first two. Every city has all 187 months.

    Notes
    -----
    Source: Texas Real Estate Research Center, as `txhousing` in ggplot2 and plotnine.

    Examples
    --------
    >>> from tsrnn.datasets import load_housing
    >>> load_housing().tail(2)
              unique_id         ds      y
    4860  Wichita Falls 2015-06-01  143.0
    4861  Wichita Falls 2015-07-01  172.0
    """
    return _read("housing.csv").assign(
        ds=lambda frame: pd.to_datetime(frame["ds"]), y=lambda frame: frame["y"].astype("float64")
    )


@dataclass(frozen=True)
class Dataset:
    """Loader, frequency and season of a data set.

    Attributes
    ----------
    load : callable
        Takes nothing, returns a fresh Series, or the long frame of a panel.
    freq : str
        pandas' name of the frequency.
    season_length : int
        Steps in the strongest season.
    panel : bool
        Whether `load` returns a long frame ``unique_id, ds, y`` of many series.

    Examples
    --------
    >>> from tsrnn.datasets import DATASETS
    >>> [name for name, dataset in DATASETS.items() if dataset.season_length == 12]
    ['airline', 'housing']
    """

    load: Callable[[], pd.Series | pd.DataFrame]
    freq: str
    season_length: int
    panel: bool = False


DATASETS: dict[str, Dataset] = {
    "airline": Dataset(load_airline, "MS", 12),
    "gasoline": Dataset(load_gasoline, "W-FRI", 52),
    "pageviews": Dataset(load_pageviews, "D", 7),
    "traffic": Dataset(load_traffic, "h", 24),
    "housing": Dataset(load_housing, "MS", 12, panel=True),
}
