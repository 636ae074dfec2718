"""Day-ahead forecasts with covariates: tsrnn beside weekly naive, ridge regressions on LEAR's features and LightGBM.

Part of ``accuracy.py exog``. Every method is fitted once, to what precedes the judged days, and forecasts each of them
from midnight with the covariates of the day.
"""

import time

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsrnn import RNNForecaster

DAY = 24
PRICE_DAYS, COVARIATE_DAYS = (1, 2, 3, 7), (0, 1, 7)  # Days back that LEAR reads (Lago et al. 2021).
ALPHAS = 10.0 ** np.arange(-1, 5)


def read_hours(path, time_col, target_col):
    """Return covariates and target of an hourly frame."""
    frame = pd.read_parquet(path).set_index(time_col)
    return frame.drop(columns=target_col), frame[target_col].astype(float)


def as_days(X, y):
    """Return the target (n_days, 24), the covariates (n_days, 24, k) as numbers, and the weekday of each day."""
    numbers = pd.get_dummies(X).to_numpy(float)
    n = len(y) // DAY
    values = y.to_numpy()[: n * DAY].reshape(n, DAY)
    return values, numbers[: n * DAY].reshape(n, DAY, -1), y.index[: n * DAY : DAY].weekday


def weekly_naive(X, y, first):
    """Repeat the day a week before."""
    return as_days(X, y)[0][first - 7 : -7]


def lear_features(values, covariates, weekdays):
    """Return LEAR's features of each day: prices of days before, covariates of the day and before, weekday dummies."""
    days = np.arange(len(values))
    back = [values[np.maximum(days - k, 0)] for k in PRICE_DAYS]
    back += [covariates[np.maximum(days - k, 0)].reshape(len(days), -1) for k in COVARIATE_DAYS]
    return np.column_stack([*back, np.eye(7)[weekdays]])


def lear_ridge(X, y, first):
    """Ridge regression for each hour on LEAR's features, the penalty by cross-validation."""
    values, covariates, weekdays = as_days(X, y)
    features = lear_features(values, covariates, weekdays)
    model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
    forecasts = np.empty((len(values) - first, DAY))
    for hour in range(DAY):
        model.fit(features[7:first], values[7:first, hour])
        forecasts[:, hour] = model.predict(features[first:])
    return forecasts


def lightgbm_lags(X, y, first):
    """LightGBM on the same hour of days before, the last day, covariates of the hour and their lags, hour, weekday."""
    import lightgbm

    values, covariates, weekdays = as_days(X, y)
    days = np.arange(len(values))
    rows = []
    for hour in range(DAY):
        same = [values[np.maximum(days - k, 0), hour] for k in (1, 2, 3, 4, 5, 6, 7, 14)]
        last = [values[np.maximum(days - 1, 0)], values[np.maximum(days - 1, 0)].mean(axis=1)]
        known = [covariates[np.maximum(days - k, 0), hour] for k in COVARIATE_DAYS] + [covariates.mean(axis=1)]
        rows.append(np.column_stack([*same, *last, *known, np.full(len(days), hour), weekdays]))
    table = np.stack(rows, axis=1)
    model = lightgbm.LGBMRegressor(
        objective="l1", n_estimators=1000, learning_rate=0.03, num_leaves=31, min_child_samples=30, subsample=0.8,
        subsample_freq=1, colsample_bytree=0.6, n_jobs=1, verbose=-1, random_state=0,
    )  # fmt: skip
    model.fit(table[14:first].reshape(-1, table.shape[2]), values[14:first].ravel())
    return model.predict(table[first:].reshape(-1, table.shape[2])).reshape(-1, DAY)


def tsrnn_defaults(X, y, first, seed=0):
    """Return forecasts of ``RNNForecaster(24, stride=24).fit(X, y)``."""
    n = first * DAY
    forecaster = RNNForecaster(DAY, stride=DAY, random_state=seed).fit(X[:n], y[:n])
    origins = np.arange(n, len(y) - DAY + 1, DAY)
    return forecaster.predict_origins(X, y, origins)[:, :, 0]


def with_noise(X, n_columns, seed=0):
    """Return the covariates and columns of noise."""
    noise = np.random.default_rng(seed).normal(size=(len(X), n_columns))
    return X.assign(**{f"noise{k}": noise[:, k] for k in range(n_columns)})


def run(X, y, n_judged, seeds):
    """Print the mean absolute error and the time of each method on the last ``n_judged`` days."""
    values = as_days(X, y)[0]
    first = len(values) - n_judged
    X, y = X[: len(values) * DAY], y[: len(values) * DAY]
    methods = {"weekly naive": weekly_naive, "ridge on LEAR's features": lear_ridge, "LightGBM on lags": lightgbm_lags}
    methods |= {f"RNNForecaster(24, stride=24), seed {s}": lambda *a, s=s: tsrnn_defaults(*a, seed=s) for s in seeds}
    methods["the same and 12 columns of noise"] = lambda X, y, first: tsrnn_defaults(with_noise(X, 12), y, first)
    for name, method in methods.items():
        began = time.perf_counter()
        forecasts = method(X, y, first)
        error = np.abs(forecasts - values[first:]).mean()
        print(f"{name:40} MAE {error:8.3f}  {time.perf_counter() - began:6.1f} s", flush=True)
