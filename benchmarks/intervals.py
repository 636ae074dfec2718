"""Coverage and width of intervals: short real series, drift, known distributions, odd series; and their times.

Parts are chosen by name. Series of M3, each alone (beside AutoETS and AutoTheta of statsforecast) and as a panel; the
last ``horizon`` values are held out, or ``--test`` takes the official part::

    python benchmarks/intervals.py alone panel --train monthly_train.parquet --horizon 18 --season 12

Simulated series, and times::

    python benchmarks/intervals.py drift processes odd times

Pinball losses are means over the quantiles .1 to .9, in units of the seasonal naive forecast's error in the history.
"""

import argparse
import contextlib
import json
import time
import warnings

import numpy as np
import pandas as pd
from scores import (
    INTERVALS,
    LEVELS,
    inside,
    naive_quantiles,
    pinball,
    predict,
    predict_origins,
    predict_panel,
    seasonal_error,
)
from simulations import DAY, PROCESSES, distribution, draw, drifting, odd_series

from tsrnn import RNNForecaster
from tsrnn.datasets import load_airline
from tsrnn.forecaster.filtering import OutlierWarning
from tsrnn.forecaster.fitting import ShortSeriesWarning

LENGTHS = (40, 130)  # Series that are fitted alone.
N_WORST = 3
FIRST_DAYS, N_DAYS, MONTH = 60, 300, 30  # Of drift.
HORIZON = 12  # Of processes and odd series.


@contextlib.contextmanager
def quiet():
    """Leave out warnings of short series and of outliers."""
    with warnings.catch_warnings():
        for category in (ShortSeriesWarning, OutlierWarning):
            warnings.simplefilter("ignore", category)
        yield


def make_forecaster(args, horizon, **params):
    """Return the forecaster of a run."""
    return RNNForecaster(horizon=horizon, random_state=0, n_jobs=args.n_jobs, **params | args.params)


# --- Series of M3 ----------------------------------------------------------------------------------------------------


def read_sample(args):
    """Return a sample of the series by id, and the values to forecast, an array of one row a series."""
    frame = pd.read_parquet(args.train)
    series = {str(i): y.to_numpy(float) for i, y in frame.groupby("unique_id", sort=False, observed=True)["y"]}
    if args.test:
        held = pd.read_parquet(args.test).groupby("unique_id", sort=False, observed=True)["y"]
        truth = {str(i): y.to_numpy(float) for i, y in held}
    else:
        truth = {i: y[-args.horizon :] for i, y in series.items()}
        series = {i: y[: -args.horizon] for i, y in series.items()}
    ids = [i for i, y in series.items() if LENGTHS[0] <= len(y) <= LENGTHS[1]]
    kept = np.sort(np.random.default_rng(0).choice(len(ids), min(args.sample, len(ids)), replace=False))
    return {ids[k]: series[ids[k]] for k in kept}, np.array([truth[ids[k]] for k in kept])


def ours_alone(args, series):
    """Fit each series by itself."""
    forecasts = [
        predict(make_forecaster(args, args.horizon, season_length=args.season).fit(y), args.point)
        for y in series.values()
    ]
    return [np.array(part) for part in zip(*forecasts, strict=True)]


def ours_panel(args, series):
    """Fit all series together."""
    parts = [pd.DataFrame({"unique_id": i, "ds": np.arange(len(y)), "y": y}) for i, y in series.items()]
    forecaster = make_forecaster(args, args.horizon, season_length=args.season).fit(pd.concat(parts, ignore_index=True))
    return predict_panel(forecaster, list(series), args.point)


def statistical(name, args, series):
    """Fit a method of statsforecast to each series."""
    from statsforecast import models

    percents = [round(100 * abs(2 * level - 1)) for level in LEVELS]
    quantiles = []
    for y in series.values():
        model = getattr(models, name)(season_length=args.season)
        forecast = model.forecast(y, args.horizon, level=sorted(set(percents) - {0}))
        ends = zip(LEVELS, percents, strict=True)
        names = ["mean" if not percent else f"{'lo' if q < 0.5 else 'hi'}-{percent}" for q, percent in ends]
        quantiles.append(np.stack([forecast[key] for key in names], axis=-1))
    quantiles = np.array(quantiles)
    return quantiles[..., len(LEVELS) // 2], quantiles


def naive_alone(args, series):
    """Return the seasonal naive forecast, with normal intervals."""
    quantiles = np.array([naive_quantiles(y, args.horizon, args.season) for y in series.values()])
    return quantiles[..., len(LEVELS) // 2], quantiles


def run_m3(args, methods):
    """Print a row a method, and the series on which the last one is worst."""
    series, truth = read_sample(args)
    units = np.array([seasonal_error(y, args.season) for y in series.values()])[:, None]
    print(f"{args.train}: {len(series)} series, horizon {args.horizon}, {args.test or 'ends held out'}")
    print(f"  {'':22}{'MASE':>8}{'pinball':>9}{'80 %':>7}{'95 %':>7}{'width 80':>10}{'CPU s':>8}")
    for name, method in methods.items():
        began = time.process_time()
        with quiet():
            point, quantiles = method(args, series)
        seconds = time.process_time() - began
        losses = (pinball(truth, quantiles).mean(axis=-1) / units).mean(axis=1)
        width = (quantiles[..., 9] - quantiles[..., 1]) / units
        covered = [inside(truth, quantiles, percent).mean() for percent in INTERVALS]
        row = f"{(np.abs(truth - point) / units).mean():8.3f}{losses.mean():9.3f}{covered[0]:7.3f}{covered[1]:7.3f}"
        print(f"  {name:22}{row}{width.mean():10.2f}{seconds:8.1f}", flush=True)
        if name.startswith("tsrnn"):
            print_worst(list(series), losses, width.mean(axis=1), inside(truth, quantiles, 80).mean(axis=1))


def print_worst(ids, losses, widths, covered):
    """Print the series with the largest losses and widths."""
    for what, by in (("loss", losses), ("width", widths)):
        worst = np.argsort(-by)[:N_WORST]
        rows = [f"{ids[k]} pinball {losses[k]:.2f} width {widths[k]:.1f} covered {covered[k]:.2f}" for k in worst]
        print(f"    largest {what}: {'; '.join(rows)}")


def run_alone(args):
    """Each series alone."""
    peers = {name: lambda *a, n=name: statistical(n, *a) for name in ("AutoETS", "AutoTheta")}
    run_m3(args, {"seasonal naive": naive_alone} | ({} if args.without_peers else peers) | {"tsrnn alone": ours_alone})


def run_panel(args):
    """All series together."""
    run_m3(args, {"seasonal naive": naive_alone, "tsrnn panel": ours_panel})


# --- Simulated series ------------------------------------------------------------------------------------------------


def run_drift(args):
    """One fit, then each day an update and a forecast."""
    print(f"drift, hourly: fit to {FIRST_DAYS} days, then {N_DAYS - FIRST_DAYS} daily updates")
    print(f"  {'':34}{'80 %':>7}{'95 %':>7}{'worst month of 80 %':>21}{'pinball':>9}{'ms a day':>10}")
    for seed, kind in enumerate(("level", "variance", "season")):
        y = drifting(kind, N_DAYS, np.random.default_rng(seed))
        origins = np.arange(FIRST_DAYS, N_DAYS) * DAY
        truth, first = y[origins[:, None] + np.arange(DAY)], origins[0]
        forecaster = make_forecaster(args, DAY, season_length=DAY).fit(y[:first])
        _, quantiles = predict_origins(forecaster, y, origins, args.point)
        print_drift(f"{kind}, predict_origins", y, truth, quantiles[:, :, 0])
        began, forecasts = time.process_time(), []
        for origin in origins:
            forecasts.append(predict(forecaster, args.point)[1])
            forecaster.update(y[origin : origin + DAY])
        seconds = time.process_time() - began
        print_drift(f"{kind}, updated daily", y, truth, np.array(forecasts), f"{1000 * seconds / len(origins):10.0f}")


def print_drift(name, y, truth, quantiles, more=""):
    """Print one line of the table of drift."""
    covered = {percent: inside(truth, quantiles, percent).mean(axis=1) for percent in INTERVALS}
    worst = covered[80].reshape(-1, MONTH).mean(axis=1).min()
    loss = pinball(truth, quantiles).mean() / seasonal_error(y, DAY)
    print(f"  {name:34}{covered[80].mean():7.3f}{covered[95].mean():7.3f}{worst:21.3f}{loss:9.3f}{more}", flush=True)


def run_processes(args):
    """Quantiles beside the known ones, of long series and of short ones."""
    for n, n_draws, n_origins in ((2000, 1, 60), (100, 10, 6)):
        print(f"processes, {n_draws} series of {n}, quantiles {HORIZON} steps ahead after {n_origins} origins")
        print(f"  {'':28}{'|error|':>9}{'at .1':>8}{'at .9':>8}{'80 %':>7}{'95 %':>7}{'pinball':>9}{'known 80 %':>12}")
        for name in PROCESSES:
            rows = [process_row(args, name, n, n_origins, np.random.default_rng(seed)) for seed in range(n_draws)]
            errors, low, high, *covered, loss, best, known = np.mean(rows, axis=0)
            print(
                f"  {name:28}{errors:9.3f}{low:8.3f}{high:8.3f}{covered[0]:7.3f}{covered[1]:7.3f}"
                f"{loss / best:9.3f}{known:12.3f}",
                flush=True,
            )


def process_row(args, name, n, n_origins, rng):
    """Return errors of quantiles in standard deviations, exact coverage, and pinball losses, ours and the least."""
    y = draw(name, n + n_origins * HORIZON, rng)
    origins = n + np.arange(n_origins) * HORIZON
    index = pd.date_range("2024", periods=len(y), freq="h")
    with quiet():
        forecaster = make_forecaster(args, HORIZON).fit(pd.Series(y[:n], index[:n]))
        _, quantiles = predict_origins(forecaster, pd.Series(y, index), origins, args.point)
    quantiles, law = quantiles[:, :, 0], distribution(name, y, origins, HORIZON)
    known = np.stack([np.broadcast_to(law.ppf(level), quantiles.shape[:2]) for level in LEVELS], axis=-1)
    errors = (quantiles - known) / np.broadcast_to(law.std(), quantiles.shape[:2])[..., None]
    truth = y[origins[:, None] + np.arange(HORIZON)]
    covered = [probability(law, quantiles, *INTERVALS[percent]) for percent in INTERVALS]
    losses = [pinball(truth, q).mean() for q in (quantiles, known)]
    return [
        np.abs(errors[..., 1:10]).mean(), errors[..., 1].mean(), errors[..., 9].mean(), *covered, *losses,
        probability(law, known, *INTERVALS[80]),
    ]  # fmt: skip


def probability(law, quantiles, low, high):
    """Return the mean probability of an interval, its ends included."""
    return (law.cdf(quantiles[..., high] + 1e-9) - law.cdf(quantiles[..., low] - 1e-9)).mean()


def run_odd(args):
    """Widths beside the narrower of the naive intervals, of series with something odd about them."""
    print(f"odd series: mean width over {HORIZON} steps, relative to naive or seasonal naive, whichever is narrower")
    print(f"  {'':30}{'80 %':>8}{'95 %':>8}{'width 80':>10}{'finite':>8}{'ordered':>9}{'median':>10}{'last':>9}")
    for name, (y, season) in odd_series(np.random.default_rng(0)).items():
        with quiet():
            _, quantiles = predict(make_forecaster(args, HORIZON, season_length=season).fit(y), args.point)
        naive = [naive_quantiles(y, HORIZON, lag) for lag in (1, season)]
        ratios = []
        for low, high in INTERVALS.values():
            best = min((q[:, high] - q[:, low]).mean() for q in naive)
            width = (quantiles[:, high] - quantiles[:, low]).mean()
            ratios.append(width / best if best else np.nan)
        ordered = bool((np.diff(quantiles, axis=1) >= 0).all())
        width = (quantiles[:, 9] - quantiles[:, 1]).mean()
        print(
            f"  {name:30}{ratios[0]:8.2f}{ratios[1]:8.2f}{width:10.3g}{str(np.isfinite(quantiles).all()):>8}"
            f"{str(ordered):>9}{quantiles[:, 5].mean():10.4g}{y[-1]:9.4g}",
            flush=True,
        )


# --- Times -----------------------------------------------------------------------------------------------------------


def cpu_seconds(function, repeats):
    """Return the least CPU seconds and the least seconds of a few runs."""
    runs = []
    for _ in range(repeats):
        began, wall = time.process_time(), time.perf_counter()
        function()
        runs.append((time.process_time() - began, time.perf_counter() - wall))
    return np.min(runs, axis=0)


def run_times(args):
    """Fits with the distribution head beside fits of the median, and forecasts with intervals beside those without."""
    print(f"  {'times':44}{'CPU s':>8}{'s':>8}{'ratio':>8}")
    t = np.arange(5000)
    hourly = 100 + 20 * np.sin(2 * np.pi * t / DAY) + np.random.default_rng(0).normal(size=5000)
    for name, y, horizon, season in (
        ("144 months", load_airline().to_numpy(), 12, 12),
        ("5,000 hours", hourly, 24, DAY),
    ):
        reference = None
        for loss in ("absolute_error", "student_t"):
            forecaster = make_forecaster(args, horizon, season_length=season, loss=loss)
            forecaster.fit(y)  # Compiles.
            fit = cpu_seconds(lambda f=forecaster, y=y: f.fit(y), 3)
            reference = fit[0] if reference is None else reference
            print(f"  {f'fit, {name}, {loss}':44}{fit[0]:8.3f}{fit[1]:8.3f}{fit[0] / reference:8.2f}", flush=True)
        first = cpu_seconds(lambda f=forecaster, y=y: f.fit(y).predict(level=[80, 95]), 3)
        print(
            f"  {f'fit and predict(level=[80, 95]), {name}':44}{first[0]:8.3f}{first[1]:8.3f}{first[0] / fit[0]:8.2f}"
        )
        plain = cpu_seconds(forecaster.predict, 20)
        levels = cpu_seconds(lambda f=forecaster: f.predict(level=[80, 95]), 20)
        print(f"  {f'predict(), {name}':44}{plain[0]:8.4f}{plain[1]:8.4f}{1:8.2f}")
        print(f"  {f'predict(level=[80, 95]), {name}':44}{levels[0]:8.4f}{levels[1]:8.4f}{levels[0] / plain[0]:8.2f}")


PARTS = {
    "alone": run_alone,
    "panel": run_panel,
    "drift": run_drift,
    "processes": run_processes,
    "odd": run_odd,
    "times": run_times,
}


def main():
    """Run the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--train", help="long frame of training series, for alone and panel")
    parser.add_argument("--test", help="their official test part")
    parser.add_argument("--horizon", type=int)
    parser.add_argument("--season", type=int)
    parser.add_argument("--sample", type=int, default=60, help="series, drawn at random")
    parser.add_argument("--params", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--point", action="store_true", help="score the point forecast as each quantile")
    parser.add_argument("--without-peers", action="store_true", help="leave out statsforecast")
    parser.add_argument("--n-jobs", type=int, default=1)
    args = parser.parse_args()
    if {"alone", "panel"} & set(args.parts) and None in (args.train, args.horizon, args.season):
        parser.error("alone and panel need --train, --horizon and --season")
    for part in args.parts:
        PARTS[part](args)


if __name__ == "__main__":
    main()
