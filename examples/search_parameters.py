"""Scikit-learn's tools around a recurrent network: a pipeline, and a grid search over folds that respect time.

    python examples/search_parameters.py

Rows of `X` are windows of four weeks of daily views of a Wikipedia article; `y` is the week after each.
"""

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tsrnn import RNNRegressor
from tsrnn.datasets import load_pageviews

LOOKBACK, HORIZON = 28, 7

views = load_pageviews()["2021":].to_numpy()
windows = np.lib.stride_tricks.sliding_window_view(views, LOOKBACK + HORIZON)
X, y = windows[:, :LOOKBACK], windows[:, LOOKBACK:]
X_train, y_train, X_test, y_test = X[:-200], y[:-200], X[-200 + HORIZON :], y[-200 + HORIZON :]

network = RNNRegressor(loss="absolute_error", max_epochs=30, random_state=0)
pipeline = make_pipeline(FunctionTransformer(np.log), network)
model = TransformedTargetRegressor(pipeline, func=np.log, inverse_func=np.exp)

name = "regressor__rnnregressor__"
grid = {f"{name}cell": ["rnn", "lstm", "gru"], f"{name}hidden_size": [8, 24]}
# A gap of a horizon: no target of a fold's training windows is among its test windows.
folds = TimeSeriesSplit(n_splits=3, gap=HORIZON)
search = GridSearchCV(model, grid, cv=folds, scoring="neg_mean_absolute_error").fit(X_train, y_train)

results = pd.DataFrame(search.cv_results_["params"]).rename(columns=lambda column: column.removeprefix(name))
results["error in the folds"] = -search.cv_results_["mean_test_score"]
print(results.sort_values("error in the folds").to_string(index=False, float_format="{:.0f}".format))
print("\nmean absolute error of the last 193 windows, in views a day")
print(f"best of the search   {mean_absolute_error(y_test, search.predict(X_test)):.0f}")
print(f"the week before      {mean_absolute_error(y_test, X_test[:, -HORIZON:]):.0f}")
