"""How sure a week's total is: from sample paths, and not from sums of the quantiles of days.

    python examples/weekly_totals.py

Errors of the days of a week partly cancel, so that the quantile of their sum is not the sum of their quantiles.
"""

import numpy as np

from tsrnn import RNNForecaster
from tsrnn.datasets import load_pageviews

N_WEEKS = 40
views = load_pageviews()[-1_200:]
forecaster = RNNForecaster(horizon=7, random_state=0).fit(views[: -7 * N_WEEKS])

totals, from_paths, from_days = [], [], []
for week in range(N_WEEKS):
    paths = forecaster.sample(1_000, random_state=week)
    from_paths.append(paths.groupby("path").sum().quantile([0.1, 0.9]).to_numpy())
    from_days.append(forecaster.predict(level=80).sum().to_numpy()[1:])
    begin = len(views) - 7 * (N_WEEKS - week)
    new = views[begin : begin + 7]
    totals.append(new.sum())
    forecaster.update(new)  # The errors of this week tell of those of later ones.

totals = np.array(totals)
print(f"Views of {N_WEEKS} weeks, each forecast from its beginning; 80 % intervals of the total:")
for name, interval in {"sample paths": from_paths, "sums of the quantiles of days": from_days}.items():
    low, high = np.transpose(interval)
    held, width = np.mean((low <= totals) & (totals <= high)), np.mean(high - low)
    print(f"{name}: {held:.0%} hold the total, {width:.0f} wide on average")

print("\nThe next week, 90 % quantile of the total: ", end="")
print(f"{forecaster.sample(1_000, random_state=0).groupby('path').sum().quantile(0.9):.0f} views")
