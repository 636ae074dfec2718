"""The windows and scores of GIFT-Eval (Aksu et al. 2024), beside its seasonal naive forecast.

Part of ``accuracy.py gift``. As in its ``Dataset``: the last tenth of the shortest series in non-overlapping windows,
at most 20, and one window of the sets of M4; coarser frequencies are sums over whole periods. The forecaster is fitted
once, to the rows before the first window. MASE is that of the point forecast, scaled by the history of each window.
"""

import math
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scores import (
    INTERVALS,
    inside,
    naive_quantiles,
    predict_origins,
    predict_panel,
    seasonal_error,
    weighted_quantile_loss,
)

from tsrnn import RNNForecaster
from tsrnn.forecaster.filtering import OutlierWarning
from tsrnn.forecaster.fitting import ShortSeriesWarning

# Prediction length of the short term, and season.
FREQUENCIES = {"15min": (48, 96), "h": (48, 24), "D": (30, 1), "W": (8, 1), "M": (12, 12)}
M4 = {"h": (48, 24), "D": (14, 1), "W": (13, 1), "M": (18, 12), "Q": (8, 4), "Y": (6, 1)}
TERMS = {"short": 1, "medium": 10, "long": 15}
TEST_SPLIT, MAX_WINDOWS = 0.1, 20
# Of the seasonal naive forecast: MASE and WQL of results/seasonal_naive/all_results.csv. The sets of M4 are not listed,
# for their official test parts are other values than those held out here.
PUBLISHED = {
    ("us_births_daily", "D", "short"): (1.864839, 0.119527),
    ("us_births_daily", "W", "short"): (1.563420, 0.019297),
    ("us_births_daily", "M", "short"): (0.760531, 0.016826),
    ("ETTm1", "15min", "short"): (0.934155, 0.241364),
    ("ETTm1", "15min", "medium"): (1.188306, 0.321551),
    ("ETTm1", "15min", "long"): (1.190886, 0.340179),
    ("ETTm1", "h", "short"): (0.977318, 0.240368),
    ("ETTm1", "h", "medium"): (1.567801, 0.434912),
    ("ETTm1", "h", "long"): (1.478701, 0.471062),
    ("ETTm1", "D", "short"): (1.778370, 0.408434),
    ("ETTm1", "W", "short"): (1.768921, 0.311825),
}


def resample(wide, freq):
    """Return sums over whole periods; weeks start on the weekday of the first stamp."""
    if freq == "W":
        freq = f"W-{(wide.index[0] - pd.Timedelta('1D')).strftime('%a').upper()}"
    periods = wide.resample("MS" if freq == "M" else freq)
    starts = periods.sum().index.to_period("M" if freq == "M" else freq)
    step = wide.index[1] - wide.index[0]
    whole = (periods.size().to_numpy() * step) == (starts + 1).start_time - starts.start_time
    return periods.sum().loc[whole].asfreq("MS" if freq == "M" else freq)


def window_origins(n_rows, horizon):
    """Return the numbers of rows before each window."""
    n_windows = min(max(1, math.ceil(TEST_SPLIT * n_rows / horizon)), MAX_WINDOWS)
    return n_rows - horizon * np.arange(n_windows, 0, -1)


def scores(histories, truth, point, quantiles, season):
    """Return the row of one method: `histories` of (windows, series), `truth` (windows, horizon, series)."""
    units = np.array([[seasonal_error(y, season) for y in window] for window in histories])
    row = {"MASE": (np.abs(truth - point).mean(axis=1) / units).mean(), "WQL": weighted_quantile_loss(truth, quantiles)}
    return row | {f"{percent} %": inside(truth, quantiles, percent).mean() for percent in INTERVALS}


def naive_row(histories, truth, season):
    """Return the scores of the seasonal naive forecast."""
    horizon = truth.shape[1]
    quantiles = np.array([[naive_quantiles(y, horizon, season) for y in window] for window in histories])
    quantiles = quantiles.transpose(0, 2, 1, 3)
    return scores(histories, truth, quantiles[..., 5], quantiles, season)


def timed(function):
    """Return what a function returns, and its CPU seconds."""
    began = time.process_time()
    with warnings.catch_warnings():
        for category in (ShortSeriesWarning, OutlierWarning):
            warnings.simplefilter("ignore", category)
        result = function()
    return result, time.process_time() - began


def run_windows(args, name, wide, freq, term):
    """Print the rows of one set, frequency and term."""
    length, season = FREQUENCIES[freq]
    horizon = length * TERMS[term]
    values = wide.to_numpy(float)
    origins = window_origins(len(values), horizon)
    truth = values[origins[:, None] + np.arange(horizon)]
    histories = [[values[:origin, k] for k in range(values.shape[1])] for origin in origins]

    def forecast(forecaster):
        forecaster.fit(wide.iloc[: origins[0]])
        return predict_origins(forecaster, wide, origins, args.point)

    title = f"{name} {freq} {term}: {len(origins)} windows of {horizon}, {values.shape[1]} series of {len(values):,}"
    run_methods(args, title, forecast, histories, truth, season, PUBLISHED.get((name, freq, term)))


def run_m4(args, name, frame, freq):
    """Print the rows of one set of M4, of whose training series the ends are held out."""
    horizon, season = M4[freq]
    from_end = frame.groupby("unique_id", sort=False, observed=True).cumcount(ascending=False)
    train, test = frame[from_end >= horizon], frame[from_end < horizon]
    by_id = train.groupby("unique_id", sort=False, observed=True)["y"]
    ids = list(by_id.groups)
    truth = test["y"].to_numpy(float).reshape(1, len(ids), horizon).transpose(0, 2, 1)
    histories = [[by_id.get_group(i).to_numpy(float) for i in ids]]

    def forecast(forecaster):
        forecaster.set_params(season_length=season).fit(train)
        point, quantiles = predict_panel(forecaster, ids, args.point)
        return point.T[None], quantiles.transpose(1, 0, 2)[None]

    title = f"{name}: the last {horizon} values of each of {len(ids)} series held out"
    run_methods(args, title, forecast, histories, truth, season)


def run_methods(args, title, forecast, histories, truth, season, published=None):
    """Print the row of the seasonal naive forecast, and one of each configuration."""
    print(title)
    naive = naive_row(histories, truth, season)
    print_row("seasonal naive", naive, naive)
    if published is not None and not np.allclose(published, [naive["MASE"], naive["WQL"]], atol=2e-6):
        raise SystemExit(f"GIFT-Eval's seasonal naive has MASE and WQL {published}: these are other windows.")
    horizon = truth.shape[1]
    for params in [] if args.without_ours else args.params:
        seconds, rows = [], []
        for seed in range(args.seeds):
            forecaster = RNNForecaster(horizon=horizon, random_state=seed, n_jobs=args.n_jobs, **params)
            (point, quantiles), cpu = timed(lambda f=forecaster: forecast(f))
            rows.append(scores(histories, truth, point, quantiles, season))
            seconds.append(cpu)
        print_row(f"tsrnn {params or ''}", {key: np.mean([row[key] for row in rows]) for key in naive}, naive, seconds)


def print_row(name, row, naive, seconds=()):
    """Print one line of the table."""
    cells = [f"{row[key]:9.4f}{row[key] / naive[key]:7.3f}" for key in ("MASE", "WQL")]
    cells += [f"{row[f'{percent} %']:7.3f}" for percent in INTERVALS]
    print(f"  {name:32}{''.join(cells)}" + (f"{np.mean(seconds):8.1f}" if len(seconds) else ""), flush=True)


def run(args):
    """Print the tables of one file; a long frame is a set of M4."""
    frame, name = pd.read_parquet(args.data), Path(args.data).stem
    print(f"{'':34}{'MASE':>9}{'rel.':>7}{'WQL':>9}{'rel.':>7}{'80 %':>7}{'95 %':>7}{'CPU s':>8}")
    if "unique_id" in frame.columns:
        run_m4(args, name, frame, args.freq[0])
        return
    dates = next(column for column in frame.columns if not pd.api.types.is_numeric_dtype(frame[column]))
    wide = frame.set_index(dates).astype(float)
    for freq in args.freq:
        for term in args.term:
            run_windows(args, name, resample(wide, freq), freq, term)
