"""Accuracy of the default forecaster on public benchmarks, beside naive forecasts and, if asked, neuralforecast.

Short panels, a long frame ``unique_id, ds, y`` (M4, M3); without ``--test`` the last ``horizon`` values of each series
are held out::

    python benchmarks/accuracy.py m4 --train hourly_train.parquet --horizon 48 --season 24
    python benchmarks/accuracy.py m3 --train monthly_train.parquet --test monthly_test.parquet --horizon 18 --season 12

Each series of a panel alone, beside AutoETS and AutoTheta of statsforecast and their mean::

    python benchmarks/accuracy.py m3 --train monthly_train.parquet --horizon 18 --season 12 --sample 120 --each

Long horizons, a frame with a column of dates and one column a channel; every window of the test part is scored::

    python benchmarks/accuracy.py ltsf --data ETTh1.parquet --lookback 96 --horizon 96 192 336 720

Day-ahead forecasts with covariates, an hourly frame with a column of dates, the target and covariates; last days are
judged, each from midnight, beside ridge regressions on LEAR's features and LightGBM (see ``exogenous.py``)::

    python benchmarks/accuracy.py exog --data nord_pool_train.parquet --time ds --target price --days 364
    python benchmarks/accuracy.py exog --data bike_sharing_hourly.parquet --time date_time --target users --days 146

Quantiles and point forecasts on the windows of GIFT-Eval, beside its seasonal naive forecast; of the training series of
M4 (a long frame) the ends are held out (see ``gift.py``)::

    python benchmarks/accuracy.py gift --data us_births_daily.parquet --freq D W M
    python benchmarks/accuracy.py gift --data ETTm1.parquet --freq 15min h --term short medium long
    python benchmarks/accuracy.py gift --data weekly_train.parquet --freq W

``--peer GRU LSTM RNN`` adds neuralforecast's networks, ``--seeds 5`` repeats what is
random, ``--params '{"hidden_size": 64}'`` goes to `tsrnn.RNNForecaster`. Errors are those of the M4 competition (sMAPE,
MASE, OWA) and of the long-horizon tables (MSE, MAE of values standardised by the training part).
"""

import argparse
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import exogenous
import gift
import numpy as np
import pandas as pd

from tsrnn import RNNForecaster, baselines
from tsrnn.forecaster.fitting import ShortSeriesWarning
from tsrnn.metrics import smape

PEERS = ("GRU", "LSTM", "RNN")
# A season would be known from rows before the look-back, which the tables allow nobody to read. Values standardised
# beforehand have a common scale; dividing each window by its own would throw that away.
LONG_HORIZON = {"season_length": 1, "scaling": "series", "max_epochs": 48}
ETT_CHANNELS = {"HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"}
MIN_COMPARED = 20  # Values of a series that is compared by itself.
ETT_DAYS = (360, 120, 120)  # twelve, four and four months of thirty days


def read_frame(path):
    """Read a parquet or CSV file."""
    return pd.read_parquet(path) if Path(path).suffix == ".parquet" else pd.read_csv(path)


def peak_memory():
    """Return the largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- Short panels ----------------------------------------------------------------------------------------------------


def split_panel(train, test, horizon):
    """Return training frame and truth, an array of one row a series in the order of the training frame."""
    train = train.assign(unique_id=train["unique_id"].astype(str)).reset_index(drop=True)
    ids = train["unique_id"].unique()
    if test is None:
        from_end = train.groupby("unique_id", sort=False).cumcount(ascending=False)
        train, test = train[from_end >= horizon], train[from_end < horizon]
        if train["unique_id"].nunique() < len(ids):
            raise SystemExit(f"A series has no more than {horizon} values: nothing is left to train on.")
    test = test.assign(unique_id=test["unique_id"].astype(str))
    counts = test.groupby("unique_id").size().reindex(ids, fill_value=0)
    if (counts != horizon).any():
        raise SystemExit(f"The test part of {counts.index[counts != horizon][0]!r} has not {horizon} values.")
    truth = test.sort_values(["unique_id", "ds"], kind="stable")["y"].to_numpy(float).reshape(-1, horizon)
    places = np.argsort(np.argsort(ids))
    return train.reset_index(drop=True), truth[places]


def panel_scores(histories, truth, forecasts, season, reference=None):
    """Return the row of one method: mean sMAPE, mean MASE, and OWA against the row of Naive2."""
    # A short series has no value one season earlier; a constant one has no scale. M4 and M3 have neither.
    scales = np.array([np.abs(y[season:] - y[:-season]).mean() if len(y) > season else np.nan for y in histories])
    errors = np.abs(truth - forecasts).mean(axis=1)
    ratios = np.divide(errors, scales, out=np.full(len(errors), np.nan), where=scales > 0)
    row = {"sMAPE": smape(truth.T, forecasts.T), "MASE": np.nanmean(ratios), "unscaled": int(np.isnan(ratios).sum())}
    reference = reference or row
    return row | {"OWA": (row["sMAPE"] / reference["sMAPE"] + row["MASE"] / reference["MASE"]) / 2}


def naive_panel(histories, horizon, season):
    """Return the forecasts of the baselines, arrays of one row a series."""
    whole = [season if len(y) >= season else 1 for y in histories]
    return {
        "naive": np.array([baselines.naive(y, horizon) for y in histories]),
        "seasonal naive": np.array(
            [baselines.seasonal_naive(y, horizon, m) for y, m in zip(histories, whole, strict=True)]
        ),
        "Naive2": np.array([baselines.naive2(y, horizon, season) for y in histories]),
        "tsrnn.baselines.ets": np.array([baselines.ets(y, horizon, season) for y in histories]),
        "tsrnn.baselines.theta": np.array([baselines.theta(y, horizon, season) for y in histories]),
    }


def our_panel(train, horizon, seed, args):
    """Fit the default forecaster; return forecasts, number of parameters and configuration."""
    forecaster = RNNForecaster(horizon=horizon, random_state=seed, n_jobs=args.n_jobs, **panel_params(args))
    forecast = forecaster.fit(train[["unique_id", "ds", "y"]]).predict()
    ids = train["unique_id"].unique()
    wide = forecast.set_index(["unique_id", "ds"])["y"].groupby(level=0, sort=False)
    return np.array([wide.get_group(i).to_numpy() for i in ids]), count_parameters(forecaster), describe(forecaster)


def our_each(train, horizon, seed, args):
    """Fit the default forecaster to each series alone; return as `our_panel`, of the last series."""
    forecasts = []
    for _, y in train.groupby("unique_id", sort=False)["y"]:
        forecaster = RNNForecaster(horizon=horizon, random_state=seed, n_jobs=args.n_jobs, **panel_params(args))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShortSeriesWarning)
            forecasts.append(forecaster.fit(y.to_numpy(float)).predict())
    return np.array(forecasts), count_parameters(forecaster), describe(forecaster)


def statistical_each(train, horizon, args):
    """Return the forecasts of AutoETS, AutoTheta and their mean, arrays of one row a series."""
    from statsforecast.models import AutoETS, AutoTheta

    series = [y.to_numpy(float) for _, y in train.groupby("unique_id", sort=False)["y"]]
    forecasts = {
        model.__name__: np.array([model(season_length=args.season).forecast(y, horizon)["mean"] for y in series])
        for model in (AutoETS, AutoTheta)
    }
    return forecasts | {"mean of both": np.mean(list(forecasts.values()), axis=0)}


def print_each(train, histories, truth, reference, args):
    """Print the rows of statistical methods, and how far tsrnn is from the better of them on single series."""
    ours, _, _ = our_each(train, args.horizon, 0, args)
    peers = statistical_each(train, args.horizon, args)
    for name, forecasts in peers.items():
        print_panel_row(name, panel_scores(histories, truth, forecasts, args.season, reference))
    errors = {name: np.abs(truth - forecasts).mean(axis=1) for name, forecasts in peers.items()}
    ratios = np.abs(truth - ours).mean(axis=1) / np.minimum(errors["AutoETS"], errors["AutoTheta"])
    ratios = ratios[[len(y) >= MIN_COMPARED for y in histories]]
    print(f"tsrnn by the better of AutoETS and AutoTheta, {len(ratios)} series of {MIN_COMPARED} values and more:")
    print(f"  median {np.median(ratios):.2f}, worst {ratios.max():.2f}, above 3: {np.sum(ratios > 3)}")


def panel_params(args):
    """Return what the forecaster is told: the season, since counted stamps do not tell it, and ``--params``."""
    return {"season_length": args.season} | args.params


def make_peer(name, horizon, look_back, seed, args, **params):
    """Return one of neuralforecast's networks, to be run, and its configuration."""
    from neuralforecast import NeuralForecast, models

    if args.peer_hidden:
        params |= {"encoder_hidden_size": args.peer_hidden, "decoder_hidden_size": args.peer_hidden}
    model = getattr(models, name)(
        h=horizon, input_size=look_back, max_steps=args.peer_steps, random_seed=seed, scaler_type="robust",
        accelerator="cpu", enable_progress_bar=False, logger=False, enable_checkpointing=False, **params,
    )  # fmt: skip
    runner = NeuralForecast(models=[model], freq=1)
    return runner, f"neuralforecast {name}, input_size={look_back}, max_steps={args.peer_steps} {params}"


def count_peer_parameters(runner):
    """Return the number of parameters of a network that neuralforecast has fitted."""
    return sum(p.numel() for p in runner.models[0].parameters() if p.requires_grad)


def peer_panel(name, train, horizon, seed, args):
    """Fit one of neuralforecast's networks; return forecasts, number of parameters and configuration."""
    look_back = args.peer_lookback or 2 * max(horizon, args.season)
    runner, configuration = make_peer(name, horizon, look_back, seed, args, start_padding_enabled=True)
    runner.fit(train[["unique_id", "ds", "y"]])
    wide = runner.predict().groupby("unique_id", sort=False)[name]
    forecasts = np.array([wide.get_group(i).to_numpy() for i in train["unique_id"].unique()])
    return forecasts, count_peer_parameters(runner), configuration


def run_panel(args):
    """Print the table of one panel."""
    test = None if args.test is None else read_frame(args.test)
    frame = read_frame(args.train)
    if args.sample:
        ids = frame["unique_id"].unique()
        kept = np.random.default_rng(0).choice(len(ids), min(args.sample, len(ids)), replace=False)
        frame = frame[frame["unique_id"].isin(ids[np.sort(kept)])]
        test = None if test is None else test[test["unique_id"].isin(ids[kept])]
    for _ in range(args.fold):
        frame = drop_last(frame, args.horizon)
    train, truth = split_panel(frame, test, args.horizon)
    histories = [y.to_numpy(float) for _, y in train.groupby("unique_id", sort=False)["y"]]
    held = f"test {args.test}" if args.test else f"last {args.horizon} of each series held out, fold {args.fold}"
    sizes = f"{len(histories)} series, {len(train):,} rows, horizon {args.horizon}, season {args.season}"
    print(f"{args.train}: {sizes}, {held}")
    print(f"{'':26}{'sMAPE':>9}{'MASE':>8}{'OWA':>7}{'s':>8}{'MiB':>7}{'parameters':>12}")
    naive = naive_panel(histories, args.horizon, args.season)
    reference = panel_scores(histories, truth, naive["Naive2"], args.season)
    for name, forecasts in naive.items():
        print_panel_row(name, panel_scores(histories, truth, forecasts, args.season, reference))
    methods = {} if args.without_ours else {"tsrnn": our_each if args.each else our_panel}
    methods |= {f"neuralforecast {p}": lambda *a, p=p: peer_panel(p, *a) for p in args.peer}
    for name, method in methods.items():
        run_panel_method(name, method, train, histories, truth, reference, args)
    if args.each:
        print_each(train, histories, truth, reference, args)
    if reference["unscaled"]:
        print(f"MASE leaves out {reference['unscaled']} series without a scale (constant, or shorter than a season).")


def drop_last(frame, horizon):
    """Leave out the last `horizon` values of each series, and series that would then be too short to score."""
    from_end = frame.groupby("unique_id", sort=False, observed=True).cumcount(ascending=False)
    frame = frame[from_end >= horizon]
    lengths = frame.groupby("unique_id", sort=False, observed=True)["y"].transform("size")
    return frame[lengths >= 2 * horizon]


def run_panel_method(name, method, train, histories, truth, reference, args):
    """Print one method: a row a seed, their mean and spread, and the mean forecast of all seeds."""
    rows, forecasts = [], []
    for seed in range(args.seeds):
        began = time.perf_counter()
        forecast, n_parameters, configuration = method(train, args.horizon, seed, args)
        seconds = time.perf_counter() - began
        if not np.isfinite(forecast).all():
            raise SystemExit(f"{name} forecast {np.isnan(forecast).sum()} values that are not finite.")
        forecasts.append(forecast)
        rows.append(panel_scores(histories, truth, forecast, args.season, reference))
        print_panel_row(f"{name} seed {seed}", rows[-1], f"{seconds:8.1f}{peak_memory():7.0f}{n_parameters:12,}")
    if args.seeds > 1:
        for label, function in (("mean", np.mean), ("sd", lambda v: np.std(v, ddof=1))):
            print_panel_row(f"  {label}", {key: function([row[key] for row in rows]) for key in rows[0]})
        merged = np.mean(forecasts, axis=0)
        print_panel_row("  ensemble of the seeds", panel_scores(histories, truth, merged, args.season, reference))
    print(f"  {configuration}")


def print_panel_row(name, row, more=""):
    """Print one line of the table."""
    print(f"{name:26}{row['sMAPE']:9.3f}{row['MASE']:8.3f}{row['OWA']:7.3f}{more}", flush=True)


# --- Long horizons ---------------------------------------------------------------------------------------------------


def split_rows(frame):
    """Return the values, and the numbers of rows of the training, validation and test part."""
    dates = next(name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name]))
    stamps = pd.DatetimeIndex(frame[dates])
    wide = frame.drop(columns=dates).astype(float).set_axis(stamps)
    if set(wide.columns) == ETT_CHANNELS:
        per_day = round(pd.Timedelta("1D") / (stamps[1] - stamps[0]))
        return wide, tuple(days * per_day for days in ETT_DAYS)
    n_train, n_test = int(0.7 * len(wide)), int(0.2 * len(wide))
    return wide, (n_train, len(wide) - n_train - n_test, n_test)


def window_errors(truth, forecasts, origins):
    """Return the sums of squared and absolute errors of forecasts (n_windows, horizon, n_channels)."""
    horizon = forecasts.shape[1]
    difference = truth[origins[:, None] + np.arange(horizon)] - forecasts
    return np.array([np.sum(difference**2), np.sum(np.abs(difference))])


def score_windows(values, origins, horizon, forecast, chunk=256):
    """Return MSE and MAE over all windows and channels; ``forecast(origins)`` gives a chunk of forecasts."""
    total = np.zeros(2)
    for start in range(0, len(origins), chunk):
        some = origins[start : start + chunk]
        total += window_errors(values, forecast(some), some)
    return total / (len(origins) * horizon * values.shape[1])


def run_ours(wide, origins, horizon, seed, args):
    """Fit and score the forecaster; return scores, seconds of the fit, number of parameters and configuration."""
    params = LONG_HORIZON | {"lookback": args.lookback} | args.params
    forecaster = RNNForecaster(horizon=horizon, random_state=seed, n_jobs=args.n_jobs, **params)
    began = time.perf_counter()
    forecaster.fit(wide.iloc[: origins[0]])
    seconds = time.perf_counter() - began
    scores = score_windows(wide.to_numpy(), origins, horizon, lambda some: forecaster.predict_origins(wide, some))
    return scores, seconds, count_parameters(forecaster), describe(forecaster)


def run_peer(name, wide, origins, horizon, seed, args):
    """Fit and score one of neuralforecast's networks like `run_ours`; the seconds are those of fit and forecasts."""
    stamps = np.arange(len(wide))
    parts = [pd.DataFrame({"unique_id": name, "ds": stamps, "y": wide[name].to_numpy()}) for name in wide.columns]
    n_rows = origins[-1] + horizon
    frame = pd.concat([part.iloc[:n_rows] for part in parts], ignore_index=True)
    runner, configuration = make_peer(name, horizon, args.lookback, seed, args)
    began = time.perf_counter()
    table = runner.cross_validation(frame, n_windows=None, step_size=1, test_size=int(n_rows - origins[0]))
    seconds = time.perf_counter() - began
    if len(table) != len(origins) * horizon * wide.shape[1]:
        raise SystemExit(f"{name} gave {len(table)} forecasts, not one for each window, step and channel.")
    errors = table["y"].to_numpy(float) - table[name].to_numpy(float)
    scores = np.array([np.mean(errors**2), np.mean(np.abs(errors))])
    return scores, seconds, count_peer_parameters(runner), configuration


def run_long_horizon(args):
    """Print the table of one multivariate series."""
    wide, (n_train, n_validation, n_test) = split_rows(read_frame(args.data))
    part = wide.iloc[:n_train]
    wide = (wide - part.mean()) / part.std(ddof=0)
    values = wide.to_numpy()
    first = n_train + n_validation
    print(
        f"{args.data}: {values.shape[1]} channels, rows {n_train}/{n_validation}/{n_test}, look-back {args.lookback}, "
        "standardised by the training part"
    )
    print(f"{'':26}{'horizon':>8}{'windows':>8}{'MSE':>8}{'MAE':>8}{'s':>8}{'MiB':>7}{'parameters':>12}")
    means = {}
    for horizon in args.horizon:
        origins = np.arange(first, first + n_test - horizon + 1)
        scores = score_windows(values, origins, horizon, lambda o, h=horizon: values[o - 1][:, None].repeat(h, axis=1))
        print_window_row("repeat last", horizon, len(origins), scores)
        means.setdefault("repeat last", []).append([scores])
        methods = {} if args.without_ours else {"tsrnn": run_ours}
        methods |= {f"neuralforecast {p}": lambda *a, p=p: run_peer(p, *a) for p in args.peer}
        for name, method in methods.items():
            rows = []
            for seed in range(args.seeds):
                scores, seconds, n_parameters, configuration = method(wide, origins, horizon, seed, args)
                rows.append(scores)
                more = f"{seconds:8.1f}{peak_memory():7.0f}{n_parameters:12,}"
                print_window_row(f"{name} seed {seed}", horizon, len(origins), scores, more)
            print(f"  {configuration}")
            means.setdefault(name, []).append(rows)
    for name, rows in means.items():
        by_seed = np.mean(rows, axis=0)  # over horizons: (n_seeds, 2)
        deviations = by_seed.std(axis=0, ddof=1) if len(by_seed) > 1 else ()
        spread = "".join(f" sd {value:.4f}" for value in deviations)
        print(f"{name + ', mean of horizons':42}{by_seed[:, 0].mean():8.4f}{by_seed[:, 1].mean():8.4f}{spread}")


def print_window_row(name, horizon, n_windows, scores, more=""):
    """Print one line of the table."""
    print(f"{name:26}{horizon:8}{n_windows:8}{scores[0]:8.4f}{scores[1]:8.4f}{more}", flush=True)


# --- Common ----------------------------------------------------------------------------------------------------------


def count_parameters(forecaster):
    """Return the number of parameters of all networks."""
    return sum(network.theta.size for network in forecaster.networks_)


def describe(forecaster):
    """Return the configuration in two lines: what was given and what was chosen."""
    defaults = RNNForecaster(horizon=1).get_params()
    given = {key: value for key, value in forecaster.get_params().items() if value != defaults[key]}
    names = (
        "lookbacks", "segment_length", "seasons", "log", "strategy", "num_layers", "hidden_size", "early_stopping",
        "batch_size", "max_epochs",
    )  # fmt: skip
    chosen = {name: getattr(forecaster, f"{name}_") for name in names}
    return f"given {given}\n  chosen {chosen}"


def run_exogenous(args):
    """Print the errors of day-ahead forecasts with covariates."""
    X, y = exogenous.read_hours(args.data, args.time, args.target)
    exogenous.run(X, y, args.days, range(args.seeds))


def parse_arguments(argv):
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seeds", type=int, default=1)
    common.add_argument("--n-jobs", type=int, default=None)
    common.add_argument("--params", type=json.loads, default={}, metavar="JSON")
    common.add_argument("--without-ours", action="store_true", help="naive forecasts and peers only")
    common.add_argument("--peer", nargs="+", choices=PEERS, default=[])
    common.add_argument("--peer-hidden", type=int, help="units of encoder and decoder")
    common.add_argument("--peer-steps", type=int, default=1000)
    for name in ("m4", "m3"):
        panel = commands.add_parser(name, parents=[common])
        panel.add_argument("--train", required=True)
        panel.add_argument("--test")
        panel.add_argument("--horizon", type=int, required=True)
        panel.add_argument("--season", type=int, required=True, help="of MASE and of Naive2")
        panel.add_argument("--sample", type=int, help="score only so many series, drawn at random")
        panel.add_argument("--each", action="store_true", help="each series alone")
        panel.add_argument("--fold", type=int, default=0, help="leave out the last horizons first, so many")
        panel.add_argument("--peer-lookback", type=int)
        panel.set_defaults(run=run_panel)
    long_horizon = commands.add_parser("ltsf", parents=[common])
    long_horizon.add_argument("--data", required=True)
    long_horizon.add_argument("--lookback", type=int, default=96)
    long_horizon.add_argument("--horizon", type=int, nargs="+", default=[96, 192, 336, 720])
    long_horizon.set_defaults(run=run_long_horizon)
    day_ahead = commands.add_parser("exog", parents=[common])
    day_ahead.add_argument("--data", required=True)
    day_ahead.add_argument("--time", required=True, help="column of time stamps")
    day_ahead.add_argument("--target", required=True)
    day_ahead.add_argument("--days", type=int, required=True, help="judged days at the end")
    day_ahead.set_defaults(run=run_exogenous)
    windows = commands.add_parser("gift")
    windows.add_argument("--data", required=True)
    windows.add_argument("--freq", nargs="+", choices=sorted(gift.FREQUENCIES | gift.M4), required=True)
    windows.add_argument("--term", nargs="+", choices=list(gift.TERMS), default=["short"])
    windows.add_argument("--point", action="store_true", help="score the point forecast as each quantile")
    windows.add_argument("--params", nargs="+", type=json.loads, default=[{}], metavar="JSON", help="a row each")
    windows.add_argument("--seeds", type=int, default=1)
    windows.add_argument("--n-jobs", type=int, default=None)
    windows.add_argument("--without-ours", action="store_true", help="the naive forecast only")
    windows.set_defaults(run=gift.run)
    return parser.parse_args(argv)


if __name__ == "__main__":
    arguments = parse_arguments(sys.argv[1:])
    arguments.run(arguments)
