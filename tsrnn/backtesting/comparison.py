"""Forecasts from past origins beside what came."""

from collections.abc import Mapping, Sequence

import pandas as pd
from joblib import Parallel, delayed

from tsrnn._types import Column, Columns, SeriesData
from tsrnn.backtesting.forecasters import (
    ALWAYS,
    common_horizon,
    common_reading,
    name_forecasters,
    require_callable,
)
from tsrnn.backtesting.origins import count_back, cut_at
from tsrnn.backtesting.running import run_each, run_network
from tsrnn.backtesting.tables import name_columns, name_ids, require_free_names, tabulate
from tsrnn.constraints import COLUMNS, ESTIMATOR
from tsrnn.forecaster import RNNForecaster
from tsrnn.forecaster.checks import separate
from tsrnn.forecaster.choosing import candidate_seasons
from tsrnn.frames import read_weights, to_panel
from tsrnn.frames.attaching import attach_rows, split_long
from tsrnn.frames.columns import Names
from tsrnn.frames.entry import came_in
from tsrnn.frames.given import GivenRows
from tsrnn.frames.layouts import find_layout
from tsrnn.frames.native_reading import in_pandas
from tsrnn.intervals import read_quantiles
from tsrnn.validation import BOOLEAN, COUNT, NONE, check_parameters

CONSTRAINTS = {
    "n_windows": [COUNT, NONE],
    "step": [COUNT, NONE],
    "horizon": [COUNT, NONE],
    "season_length": [COUNT, NONE],
    "refit": [BOOLEAN],
    "n_jobs": ESTIMATOR["n_jobs"],
    **{name: [*allowed, NONE] for name, allowed in COLUMNS.items()},
}
N_WINDOWS = 5


def backtest(
    forecaster: object,
    X: SeriesData | None,
    y: SeriesData | None = None,
    *,
    n_windows: int | None = None,
    step: int | None = None,
    horizon: int | None = None,
    cutoffs: object = None,
    season_length: int | None = None,
    refit: bool = False,
    level: float | Sequence[float] | None = None,
    quantiles: float | Sequence[float] | None = None,
    n_jobs: int | None = None,
    freq: object = None,
    id_col: Columns | None = None,
    time_col: Column | None = None,
    target_col: Column | None = None,
) -> pd.DataFrame:
    """Forecast from past origins and put the forecasts beside what came.

    The series are cut at each origin before anything is learned from them: nothing after a cutoff is seen.

    Parameters
    ----------
    forecaster : forecaster, or dict or list of forecasters
        What to compare; nothing of it is changed. A forecaster is one of these:

        - an `RNNForecaster`: one model of all series. It is cloned.
        - a function of (y, horizon): the series up to the origin, a Series of float64 with NaN where a value is
          missing, and the steps ahead. It returns the forecast, a Series, array or list of ``horizon`` numbers. Where
          it has a parameter ``season_length`` without a default, or ``X``, it gets the season and the covariates by
          name, too.
        - an object with ``fit(y)`` and ``predict(horizon=...)``, of the same series and forecast. It is cloned, or
          copied, and fitted at every origin. With covariates, ``fit(X, y)`` and ``predict(X)`` where it has them,
          as a pipeline of scikit-learn.
        - the name of one of `tsrnn.baselines`, as ``"naive2"``.

        Functions and objects are given one series at a time, whatever the container. The keys of a dict name the
        columns of the output; in a list, those of one class or function are numbered.
    X : Series, DataFrame, ndarray or list
        The series, as for `RNNForecaster.fit`.
    y : Series, DataFrame, ndarray or list, optional
        The series, where ``X`` holds covariates or is None. Covariates that are known for the future are read up to
        the horizon: this assumes that they were known at the origins. Those in the ``past_covariates`` of a forecaster
        are read up to the origin. A function gets the rows of both in one frame.
    n_windows : int, optional
        Origins; by default 5, where no cutoffs are given. The last is ``horizon`` steps before the end, of each series.
    step : int, optional
        Steps from one origin to the next; by default the horizon, so that each value is forecast once.
    horizon : int, optional
        Steps ahead; by default that of the `RNNForecaster`.
    cutoffs : list-like of time stamps, optional
        In place of ``n_windows``, the last stamp known at each origin, for all series: positions for arrays, which have
        no stamps. A series that ends within the horizon is compared as far as it goes, and not at all at
        cutoffs from its end on; it is learned from all the same.
    season_length : int, optional
        Season of the baselines; by default the one that the first `RNNForecaster` has found (``season_length_``),
        or without one the shortest that the frequency suggests.
    refit : bool, default=False
        Whether an `RNNForecaster` is fitted at every origin. Otherwise there is one fit, at the first origin, and later
        observations move the origin only. A category that the fit has not seen is an error then: give the column as
        a pandas category, whose levels are known in advance.
    level : float or list of float, optional
        Levels of prediction intervals in percent, such as 80 or ``[80, 95]``: columns ``<forecaster>-lo-80`` and
        ``<forecaster>-hi-80`` after those of each `RNNForecaster`, `naive` and `seasonal_naive`. At each cutoff,
        intervals are calibrated on what had ended before. Those of naive forecasts are those of random walks with
        normal steps (of the values themselves or from season to season), NaN while nothing has changed yet. Other
        forecasters have none.
    quantiles : float or list of float, optional
        Quantiles between 0 and 1: columns ``<forecaster>-q0.05``, or ``<forecaster>-median``, of the same forecasters.
    n_jobs : int, optional
        Processes for the fits and functions.
    freq, id_col, time_col, target_col : optional
        How the series are read, as for `RNNForecaster`; by default as the `RNNForecaster` reads them.

    Returns
    -------
    DataFrame
        Long, in the library of the series: the id (of several columns or levels, each of them), the time stamp,
        ``cutoff`` (the last stamp known), the value (names of the columns as set in the forecaster), one column a
        forecaster, each followed by those of its intervals and quantiles, and ``naive`` and ``seasonal_naive``, where
        no forecaster is named so. Values are NaN where they are missing (metrics take the rows of ``table.dropna()``).
        A single series has its name as id, or that of its column.

    Raises
    ------
    ValueError, TypeError
        As for `RNNForecaster.fit`; if two columns of the output would have the same name; if a cutoff is not a stamp of
        the series, of another time zone, or followed by fewer steps than the horizon; if a forecast has
        another length, other stamps or values that are not finite; or if every series is too short for the origins:
        those without an observation before the first are left out with a `ShortSeriesWarning`.

    See Also
    --------
    tsrnn.report : What such a table says: skill, copies of past values, coverage, and where forecasts fail.
    tsrnn.plotting.IntervalCalibrationDisplay : Nominal and observed coverage.
    tsrnn.model_selection.PanelSplit : Folds by time for scikit-learn's searches.

    Examples
    --------
    >>> from tsrnn import RNNForecaster, backtest
    >>> from tsrnn.datasets import load_airline
    >>> passengers = load_airline()
    >>> table = backtest(RNNForecaster(horizon=12, random_state=0), passengers, n_windows=3)
    >>> table.columns.tolist()
    ['unique_id', 'ds', 'cutoff', 'y', 'RNNForecaster', 'naive', 'seasonal_naive']

    >>> from tsrnn.metrics import mae
    >>> models = table.columns[4:]
    >>> errors = table[models].apply(lambda forecast: mae(table["y"], forecast))
    >>> bool(errors["RNNForecaster"] < errors["seasonal_naive"] < errors["naive"])
    True

    Several forecasters from named cutoffs, with the mean absolute error of each at each:

    >>> import numpy as np
    >>> import pandas as pd
    >>> def drift(y, horizon):
    ...     return y.iloc[-1] + (y.iloc[-1] - y.iloc[0]) / (len(y) - 1) * np.arange(1, horizon + 1)
    >>> cutoffs = pd.to_datetime(["1957-12-01", "1958-12-01"])
    >>> table = backtest({"drift": drift, "M4": "naive2"}, passengers, horizon=6, cutoffs=cutoffs)
    >>> parts = table.groupby("cutoff")[["y", "drift", "M4"]]
    >>> parts.apply(lambda part: part[["drift", "M4"]].apply(lambda forecast: mae(part["y"], forecast))).round(1)
                drift    M4
    cutoff
    1957-12-01   25.1  13.3
    1958-12-01   55.7  33.5
    """
    given = {
        "n_windows": n_windows, "step": step, "horizon": horizon, "season_length": season_length, "refit": refit,
        "n_jobs": n_jobs, "id_col": id_col, "time_col": time_col, "target_col": target_col,
    }  # fmt: skip
    check_parameters("backtest", given, CONSTRAINTS)
    forecasters = name_forecasters(forecaster)
    if cutoffs is not None and not (n_windows is None and step is None):
        raise ValueError(f"Give either cutoffs or n_windows and step. Got cutoffs, n_windows={n_windows}, step={step}.")
    chosen = set(forecaster) if isinstance(forecaster, Mapping) else set()
    forecasters |= {name: name for name in ALWAYS if name not in forecasters}
    networks = {name: one for name, one in forecasters.items() if isinstance(one, RNNForecaster)}
    horizon = common_horizon(networks, horizon)
    reading = common_reading(networks, freq=freq, id_col=id_col, time_col=time_col, target_col=target_col)
    names = Names(**{parameter: reading[parameter] for parameter in (*COLUMNS, "weight_col")})
    asked = read_quantiles(level, quantiles, "backtest")
    columns = name_columns(forecasters, asked)
    outputs = [name for part in columns.values() for name in part]
    require_free_names(names, outputs, chosen)
    data, X = separate(X, y)
    with in_pandas(data, X, names) as (data, X, native):
        panel, covariates, weights = _read(data, X, native, names, reading, networks)
        ids = name_ids(panel, outputs)
        for name, one in forecasters.items():
            require_callable(name, one, covariates is not None)
        if cutoffs is None:
            panel, origins = count_back(panel, n_windows or N_WINDOWS, step or horizon, horizon)
        else:
            panel, origins = cut_at(panel, cutoffs, horizon)
        if covariates is not None:
            covariates = GivenRows.of(panel, *covariates)
            for network in networks.values():  # What they cannot read is refused before anything is fitted.
                attach_rows(panel, covariates, network.past_covariates)
    more = list(asked.values())
    forecasts = _run(forecasters, networks, origins, covariates, weights, horizon, season_length, refit, more, n_jobs)
    tables = [
        tabulate(panel, ids, origin, columns.values(), at_origin)
        for origin, at_origin in zip(origins, zip(*forecasts.values(), strict=True), strict=True)
    ]
    return panel.give(pd.concat(tables, ignore_index=True))


def _read(data, X, native, names, reading, networks):
    """Return the panel, the containers of covariates and series, or None without covariates, and weights or None."""
    container, kept = data, None
    if X is None:
        data, X, kept = split_long(data, find_layout(data, names))
    past = next((network.past_covariates for network in networks.values() if network.past_covariates), None)
    # Covariates are read at each origin. Without any, past covariates are refused at once.
    panel = came_in(native, to_panel(data, **reading | {"past_covariates": past if X is None else None}))
    weights = None
    if panel.names.weight_col is not None:
        weights = read_weights(container, panel)
        weights = weights if kept is None else weights[kept]
    return panel, None if X is None else (X, data), weights


def _run(forecasters, networks, origins, covariates, weights, horizon, season_length, refit, quantiles, n_jobs):
    """Return the forecasts of all forecasters, in their order, a list over the origins each."""
    parts = [[origin] for origin in origins] if refit else [origins]
    fits = _in_parallel(
        [
            delayed(run_network)(name, network, part, covariates, weights, horizon, quantiles)
            for name, network in networks.items()
            for part in parts
        ],
        n_jobs,
    )
    results = {name: fits[k * len(parts) : (k + 1) * len(parts)] for k, name in enumerate(networks)}
    forecasts = {name: [forecast for run, _ in runs for forecast in run] for name, runs in results.items()}
    if season_length is not None:
        seasons = [season_length] * len(origins)
    elif networks:
        found = [season for _, season in next(iter(results.values()))]
        seasons = found if refit else found * len(origins)
    else:
        seasons = [min(candidate_seasons(origin.panel, "auto"), default=1) for origin in origins]
    others = {name: one for name, one in forecasters.items() if name not in networks}
    runs = _in_parallel(
        [
            delayed(run_each)(name, one, origin, covariates, horizon, season, quantiles)
            for name, one in others.items()
            for origin, season in zip(origins, seasons, strict=True)
        ],
        n_jobs,
    )
    forecasts |= {name: runs[k * len(origins) : (k + 1) * len(origins)] for k, name in enumerate(others)}
    return {name: forecasts[name] for name in forecasters}


def _in_parallel(calls, n_jobs):
    """Return what calls return; a single one stays in this process, with all of its threads."""
    return Parallel(n_jobs=n_jobs if len(calls) > 1 else None)(calls)
