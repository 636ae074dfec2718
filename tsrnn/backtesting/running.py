"""Forecasts of each kind of forecaster from origins: float64 of shape (n_series, horizon, 1 + n_quantiles) for each."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn.backtesting.forecasters import has_fit, is_baseline, takes_covariates, takes_season
from tsrnn.backtesting.naive_quantiles import has_quantiles, naive_quantiles
from tsrnn.baselines import BASELINES
from tsrnn.frames.values import as_float64


def run_network(name, forecaster, origins, given, weights, horizon, quantiles):
    """Fit an `RNNForecaster` at the first origin, and forecast from all of them.

    Parameters
    ----------
    name : str
        Name of the forecaster, for an error.
    forecaster : RNNForecaster
        It is cloned.
    origins : list of Origin
        The earliest first.
    given : GivenRows or None
        Covariates.
    weights : ndarray of shape (n_container_rows,) or None
        Weight of each row of the container.
    horizon : int
        Steps ahead.
    quantiles : list of float
        Quantiles beside the forecast.

    Returns
    -------
    forecasts : list of ndarray of shape (n_series, horizon, 1 + n_quantiles)
        The forecast, and its quantiles.
    season_length : int
        The season that the fit has found.
    """
    fitted, forecasts = clone(forecaster), []
    for k, origin in enumerate(origins):
        columns = None if k == 0 or fitted._panel.covariates is None else fitted._panel.covariates.columns
        try:
            panel = origin.with_covariates(given, horizon, forecaster.past_covariates, columns)
            if k == 0:
                fitted._fit_panel(panel, None if weights is None else panel.align(weights))
            forecasts.append(_forecast(fitted, panel, horizon, quantiles))
        except ValueError as error:
            raise ValueError(f"Forecaster {name!r} at the cutoff {origin.cutoffs.max()}: {error}") from error
    return forecasts, fitted.season_length_


def _forecast(fitted, panel, horizon, quantiles):
    """Return the forecast of a network from the end of a panel, and its quantiles."""
    if not quantiles:
        return fitted._forecast_panel(panel, horizon)[..., None]
    forecasts, more = fitted._quantiles_of_panel(panel, horizon, quantiles)
    return np.concatenate([forecasts[..., None], np.moveaxis(more, 0, -1)], axis=-1)


def run_each(name, forecaster, origin, given, horizon, season_length, quantiles):
    """Forecast each series by itself; the arguments are those of `run_network`, of a single origin, without weights.

    Returns
    -------
    ndarray of shape (n_series, horizon, 1), or of naive ones (n_series, horizon, 1 + n_quantiles)
        NaN for series without a step to compare.
    """
    panel, compared = origin.panel, np.flatnonzero(origin.counts)
    quantiles = quantiles if has_quantiles(forecaster) else []
    forecasts = np.full((panel.n_series, horizon, 1 + len(quantiles)), np.nan)
    if is_baseline(forecaster):
        function = BASELINES[forecaster] if isinstance(forecaster, str) else forecaster
        season = _season(function, season_length)
        for i in compared:
            past = _hold(panel.series(i))
            known = season(len(past))
            forecasts[i, :, 0] = function(past, horizon, **known)
            if quantiles:
                forecasts[i, :, 1:] = naive_quantiles(function, panel.series(i), forecasts[i, :, 0], quantiles, **known)
        return forecasts
    run = _fit_and_predict(forecaster, horizon) if has_fit(forecaster) else _call(forecaster, horizon, season_length)
    futures = panel.continue_each(compared, [horizon] * len(compared))
    frames = _known_frames(forecaster, origin, given, horizon)
    for i, ahead, frame in zip(compared, futures, frames, strict=True):
        past = panel.series(i)
        first, stamps = int((~np.isnan(past)).argmax()), panel.stamps(i)
        y = pd.Series(past[first:].copy(), index=stamps[first:].copy(deep=True), name=panel.ids[i])
        X = None if frame is None else _beside(frame, stamps.append(ahead), origin, i).iloc[first:]
        label = f"forecaster {name!r}, {panel.label(i)} at the cutoff {origin.cutoffs[i]}"
        forecasts[i, :, 0] = _read_forecast(run(y, X), ahead, label)
    return forecasts


def _call(function, horizon, season_length):
    """Return a function from series and covariates to the forecast of a function."""
    season = _season(function, season_length)
    return lambda y, X: function(y, horizon, **({} if X is None else {"X": X}), **season(len(y)))


def _season(function, season_length):
    """Return a function from the length of a series to its season as an argument, if it is asked for.

    The season is 1 where the series is shorter.
    """
    if not takes_season(function):
        return lambda n_steps: {}
    return lambda n_steps: {"season_length": season_length if n_steps >= season_length else 1}


def _fit_and_predict(forecaster, horizon):
    """Return a function from series and covariates to the forecast of a clone of an object."""

    def run(y, X):
        model = clone(forecaster, safe=False)
        if X is None:
            model.fit(y)
            return model.predict(horizon=horizon)
        model.fit(X=X.iloc[: len(y)], y=y)
        return model.predict(X.iloc[len(y) :])

    return run


def _hold(past):
    """Return values from the first observation on, missing ones with the last value before."""
    observed = ~np.isnan(past)
    if observed.all():
        return past.copy()
    return past[np.maximum.accumulate(np.where(observed, np.arange(len(past)), 0))][observed.argmax() :]


def _known_frames(forecaster, origin, given, horizon):
    """Return the covariates of each series that is compared, or None where the forecaster takes none."""
    if given is None or not takes_covariates(forecaster):
        return [None] * np.count_nonzero(origin.counts)
    lengths, past = origin.panel.lengths, getattr(forecaster, "past_covariates", None)
    frames = given.known_at(lengths, horizon, past).by_series(lengths + horizon)
    return [frame for frame, count in zip(frames, origin.counts, strict=True) if count]


def _beside(frame, stamps, origin, i):
    """Return the covariates of a series by stamps; after the last step that is compared, their last row."""
    start = origin.panel.lengths[i]
    stop = start + origin.counts[i]
    absent = np.flatnonzero(frame.index[start:stop] < 0)
    if len(absent):
        raise ValueError(
            f"Covariates are needed for every step ahead: {origin.panel.label(i)} has none at "
            f"{stamps[start + absent[0]]}. Give rows of X up to the last step."
        )
    return frame.iloc[np.minimum(np.arange(len(stamps)), stop - 1)].set_axis(stamps)


def _read_forecast(forecast, ahead, label):
    """Return what a forecaster has returned as float64 of shape (horizon,)."""
    if isinstance(forecast, pd.DataFrame) and forecast.shape[1] == 1:
        forecast = forecast.iloc[:, 0]
    if isinstance(forecast, pd.Series):
        times = forecast.index
        is_dated = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex)
        if is_dated and not (len(times) == len(ahead) and np.asarray(times == ahead).all()):
            got = f"{len(times)} from {times[0]} to {times[-1]}" if len(times) else "none"
            raise ValueError(
                f"A forecast must be of the {len(ahead)} stamps from {ahead[0]} to {ahead[-1]}. Got {got} from {label}."
            )
    else:
        forecast = np.asarray(forecast)
        forecast = forecast.ravel() if forecast.shape == (len(ahead), 1) else forecast
    if forecast.shape != ahead.shape:
        raise ValueError(
            f"A forecast must hold one number for each of the {len(ahead)} steps. Got shape {forecast.shape} from "
            f"{label}."
        )
    step = "at step {}".format
    values = as_float64(forecast, f"the forecast of {label}", step, lambda _: "Return a list or array of numbers.")
    if not np.isfinite(values).all():
        k = int(np.isfinite(values).argmin())
        raise ValueError(f"A forecast must be finite. Got {values[k]} {step(k)} ({ahead[k]}) from {label}.")
    return values
