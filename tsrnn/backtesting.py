"""Backtests: forecasts from past origins, beside those that repeat the last value and the last season."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone

from tsrnn.baselines import naive, seasonal_naive
from tsrnn.constraints import ESTIMATOR
from tsrnn.forecaster import RNNForecaster, ShortSeriesWarning
from tsrnn.forecaster.checks import separate
from tsrnn.frames import to_panel
from tsrnn.validation import BOOLEAN, COUNT, NONE, InstanceOf, check_parameters

CONSTRAINTS = {
    "forecaster": [InstanceOf(RNNForecaster, "an RNNForecaster")],
    "n_windows": [COUNT],
    "step": [COUNT, NONE],
    "horizon": [COUNT, NONE],
    "season_length": [COUNT, NONE],
    "refit": [BOOLEAN],
    "n_jobs": ESTIMATOR["n_jobs"],
}
OUTPUTS = ("cutoff", "RNNForecaster", "naive", "seasonal_naive")  # columns besides those of the data
N_NAMED = 5  # series that a warning names


def backtest(
    forecaster,
    X,
    y=None,
    *,
    n_windows=5,
    step=None,
    horizon=None,
    season_length=None,
    refit=False,
    n_jobs=None,
):
    """Forecast from past origins and put the forecasts beside what came.

    The series are cut at each origin before anything is learned from them: nothing after a cutoff is seen.

    Parameters
    ----------
    forecaster : RNNForecaster
        What to test; it is cloned and stays as it is.
    X : Series, DataFrame, ndarray or list
        The series, as for `RNNForecaster.fit`.
    y : Series, DataFrame, ndarray or list, optional
        The series, where ``X`` holds covariates or is None. Covariates that are known for the future are read up to
        the horizon: this assumes that they were known at the origins.
    n_windows : int, default=5
        Origins. The last is ``horizon`` steps before the end, of each series.
    step : int, optional
        Steps from one origin to the next; by default the horizon, so that each value is forecast once.
    horizon : int, optional
        Steps ahead; by default the forecaster's.
    season_length : int, optional
        Season of the seasonal naive forecast; by default the one that the forecaster has found
        (``season_length_``).
    refit : bool, default=False
        Whether to fit at every origin. Otherwise there is one fit, at the first origin, and later
        observations move the origin only.
    n_jobs : int, optional
        Processes for the fits of ``refit=True``.

    Returns
    -------
    DataFrame
        Long: the id (of several columns or levels, each of them), the time stamp, ``cutoff`` (the last stamp seen),
        the value (names of the columns as set in the forecaster), and one column a forecast: ``RNNForecaster``,
        ``naive``, ``seasonal_naive``. A single series has its name as id, or that of its column.

    Raises
    ------
    ValueError, TypeError
        As for `RNNForecaster.fit`, if ``id_col``, ``time_col`` or ``target_col`` is the name of another column of
        the output, or if every series is too short for the origins; those that are too short
        are left out with a `ShortSeriesWarning`.

    Examples
    --------
    >>> from tsrnn import RNNForecaster, backtest
    >>> from tsrnn.datasets import load_airline
    >>> table = backtest(RNNForecaster(horizon=12, random_state=0), load_airline(), n_windows=3)
    >>> table.columns.tolist()
    ['unique_id', 'ds', 'cutoff', 'y', 'RNNForecaster', 'naive', 'seasonal_naive']
    >>> errors = table[["RNNForecaster", "naive", "seasonal_naive"]].sub(table["y"], axis=0).abs().mean()
    >>> bool(errors["RNNForecaster"] < errors["seasonal_naive"] < errors["naive"])
    True
    """
    given = {
        "forecaster": forecaster, "n_windows": n_windows, "step": step, "horizon": horizon,
        "season_length": season_length, "refit": refit, "n_jobs": n_jobs,
    }  # fmt: skip
    check_parameters("backtest", given, CONSTRAINTS)
    horizon = forecaster.horizon if horizon is None else horizon
    step = horizon if step is None else step
    check_parameters("RNNForecaster", {"horizon": horizon}, {"horizon": [COUNT]})
    _require_free_names(forecaster)
    data, X = separate(X, y)
    panel = to_panel(data, X=X, **forecaster._reading())
    back = horizon + step * np.arange(n_windows - 1, -1, -1)
    panel = _long_enough(panel, int(back[0]))
    cut = [panel.head(panel.lengths - steps) for steps in back]
    if refit:
        runs = Parallel(n_jobs=n_jobs)(delayed(_fit_and_forecast)(forecaster, data, part, horizon) for part in cut)
    else:
        fitted = clone(forecaster)._fit_panel(cut[0], forecaster._weights(data, cut[0]))
        runs = [(fitted._forecast_panel(part, horizon), fitted.season_length_) for part in cut]
    tables = [
        _tabulate(panel, part, forecasts, season_length or found, forecaster)
        for part, (forecasts, found) in zip(cut, runs, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def _require_free_names(forecaster):
    """Refuse columns of the user's that have the name of an output column."""
    for parameter, given in forecaster._columns().items():
        names = _as_list(given)
        for name in names:
            if name not in OUTPUTS:
                continue
            free = f"{name}_given"
            other = [free if old == name else old for old in names] if isinstance(given, list) else free
            raise ValueError(
                f"{parameter}={given!r} is the name of an output column of backtest: {', '.join(map(repr, OUTPUTS))}. "
                f"Set another one, such as {parameter}={other!r}; in a long DataFrame, rename the column: "
                f"data.rename(columns={{{name!r}: {free!r}}})."
            )


def _as_list(names):
    return names if isinstance(names, list) else [names]


def _long_enough(panel, steps):
    """Leave out series without an observation before the first origin."""
    first = [int(panel.observed[start:stop].argmax()) for start, stop in pairwise(panel.offsets)]
    enough = panel.lengths > steps + np.array(first)
    if not enough.any():
        longest = int(panel.lengths.argmax())
        raise ValueError(
            f"Too few observations: the first origin is {steps} steps before the end (n_windows, step, "
            f"horizon), and {panel.label(longest)} has {panel.lengths[longest]}. Lower n_windows, step or "
            "horizon."
        )
    if enough.all():
        return panel
    if panel.shares_times:
        late = np.flatnonzero(~enough).tolist()
        raise ValueError(
            f"{panel.label(late[0])} has no observation before the first origin, {steps} steps before the end. Lower "
            f"n_windows, step or horizon, or drop such series: {panel.layout.drop(late)}."
        )
    short = np.flatnonzero(~enough)
    named = ", ".join(f"{panel.label(i)} ({panel.lengths[i]})" for i in short[:N_NAMED])
    warnings.warn(
        f"{len(short)} of {panel.n_series} series have no observation before the first origin, {steps} "
        f"steps before the end, and are left out: {named}{', ...' if len(short) > N_NAMED else ''}.",
        ShortSeriesWarning,
        stacklevel=3,
    )
    return panel.select(np.flatnonzero(enough))


def _fit_and_forecast(forecaster, data, panel, horizon):
    fitted = clone(forecaster)._fit_panel(panel, forecaster._weights(data, panel))
    return fitted._forecast_panel(panel, horizon), fitted.season_length_


def _tabulate(panel, part, forecasts, season_length, forecaster):
    """One origin as a long frame."""
    time_col, target_col = forecaster.time_col, forecaster.target_col
    n_series, horizon = forecasts.shape
    origins = part.lengths
    places = [slice(origin, origin + horizon) for origin in origins]
    stamps = [panel.stamps(i)[place] for i, place in enumerate(places)]
    ends = part.ends()
    past = [_hold(part.series(i)) for i in range(n_series)]
    return pd.DataFrame(
        {
            **{name: ids.repeat(horizon) for name, ids in _ids(panel, target_col).items()},
            time_col: panel.as_given(stamps[0].append(stamps[1:])),
            "cutoff": panel.as_given(ends.repeat(horizon)),
            target_col: np.concatenate([panel.series(i)[place] for i, place in enumerate(places)]),
            "RNNForecaster": forecasts.ravel(),
            "naive": np.concatenate([naive(x, horizon) for x in past]),
            "seasonal_naive": np.concatenate([_repeat_season(x, horizon, season_length) for x in past]),
        }
    )


def _hold(past):
    """Return values from the first observation on, missing ones with the last value before."""
    observed = ~np.isnan(past)
    if observed.all():
        return past
    return past[np.maximum.accumulate(np.where(observed, np.arange(len(past)), 0))][observed.argmax() :]


def _repeat_season(past, horizon, season_length):
    """Repeat the last season, or the last value where there is no whole season."""
    return seasonal_naive(past, horizon, season_length if len(past) >= season_length else 1)


def _ids(panel, target_col):
    """Return the columns of the ids by their names; a Series without a name has that of the target column."""
    ids, names = panel.ids, panel.names.id_cols
    if panel.n_series == 1 and ids[0] is None:
        ids = pd.Index([target_col])
    if len(names) != ids.nlevels and hasattr(panel.layout, "level_names"):
        names = _names_of_levels(panel)
    if len(names) == ids.nlevels:
        return {name: ids.get_level_values(k) for k, name in enumerate(names)}
    return {names[0] if len(names) == 1 else "unique_id": ids.to_flat_index()}


def _names_of_levels(panel):
    """Return the names of several levels of ids, if they are free for columns."""
    *levels, time = panel.layout.level_names
    names = [f"level_{k}" if name is None else name for k, name in enumerate(levels)]
    taken = [name for name in names if name in (*OUTPUTS, panel.names.time_col, panel.names.target_col)]
    if taken:
        given = [f"{name}_given" if name in taken else name for name in levels]
        raise ValueError(
            f"A level of the index has the name of an output column of backtest, {taken[0]!r}. Rename it: "
            f"data.rename_axis({[*given, time]})."
        )
    return names
