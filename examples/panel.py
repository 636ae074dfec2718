"""One model for many series: homes sold a month in 26 cities, which differ a hundredfold in size.

    python examples/panel.py [FOLDER]

Writes `panel.png` to FOLDER, by default `pictures` in the current directory.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from tsrnn import RNNForecaster, backtest
from tsrnn.datasets import load_housing
from tsrnn.metrics import skill_score
from tsrnn.plotting import ForecastDisplay

sales = load_housing()  # a long frame: unique_id, ds, y
cities = ["Houston", "Austin", "Tyler", "Victoria"]  # shown below
forecaster = RNNForecaster(horizon=12, random_state=0)

# One fit for all cities, at the first of three origins.
table = backtest(forecaster, sales, n_windows=3)
models = ["RNNForecaster", "naive", "seasonal_naive"]
errors = table[models].sub(table["y"], axis=0).abs().groupby(table["unique_id"]).mean()
errors["skill"] = skill_score(errors["RNNForecaster"], errors["seasonal_naive"])
print("Homes sold a month: mean absolute errors, and skill against seasonal naive")
print(errors.loc[cities].round(2))
print(f"Better than seasonal naive in {(errors['skill'] > 0).sum()} of {len(errors)} cities, mean skill ", end="")
print(f"{errors['skill'].mean():.2f}")

forecast = forecaster.fit(sales).predict()
print("\nThe next year, in the form of the data:")
print(forecast.head(3).to_string(index=False, float_format="{:.0f}".format))

figure, axes = plt.subplots(2, 2, figsize=(12, 6), sharex=True, layout="constrained")
for ax, city in zip(axes.flat, cities, strict=True):
    ForecastDisplay.from_estimator(forecaster, series=city, n_observed=96, ax=ax)
figure.supylabel("homes sold a month")
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
folder.mkdir(parents=True, exist_ok=True)
figure.savefig(folder / "panel.png", dpi=120)
print(f"\nThe picture is {folder / 'panel.png'}.")
