"""Forecast a series, and see how good such forecasts would have been.

    python examples/quickstart.py [FOLDER]

Writes `forecast.png` to FOLDER, by default `pictures` in the current directory.
"""

import sys
from pathlib import Path

import pandas as pd

from tsrnn import RNNForecaster, backtest, report
from tsrnn.datasets import load_airline
from tsrnn.metrics import mae, mase, skill_score
from tsrnn.plotting import ForecastDisplay

passengers = load_airline()
forecaster = RNNForecaster(horizon=12, random_state=0)

# Five years, each forecast at the end of the year before from what was known then.
table = backtest(forecaster, passengers, n_windows=5, level=[80, 95])
before = passengers[: table["cutoff"].min()]
models = ["RNNForecaster", "naive", "seasonal_naive"]
errors = pd.DataFrame(index=models)
errors["MAE"] = [mae(table["y"], table[model]) for model in models]
errors["MASE"] = [mase(table["y"], table[model], before, season_length=12) for model in models]
errors["skill against naive"] = skill_score(errors["MAE"], errors.loc["naive", "MAE"])
errors["against seasonal naive"] = skill_score(errors["MAE"], errors.loc["seasonal_naive", "MAE"])
print(f"Passengers (thousands a month): {len(table)} months forecast, 1 to 12 months ahead")
print(errors.round(2))
print(report(table))

forecast = forecaster.fit(passengers).predict(level=80)
print("\nThe next year:")
print(forecast.round(1).to_string())

display = ForecastDisplay.from_estimator(forecaster, n_observed=84, level=[80, 95], name="forecast of the next year")
for cutoff, rows in table.groupby("cutoff"):
    label = "forecasts of past years" if cutoff == table["cutoff"].max() else None
    display.ax_.plot(rows["ds"], rows["RNNForecaster"], color="C1", label=label)
display.ax_.legend(frameon=False)
display.ax_.set(title="Airline passengers", ylabel="thousands a month")
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
folder.mkdir(parents=True, exist_ok=True)
display.figure_.savefig(folder / "forecast.png", dpi=120)
print(f"\nThe picture is {folder / 'forecast.png'}.")
