"""What a forecast is made of: shares of its members, and the models of smoothing."""

import numpy as np
import pandas as pd

from tsrnn.backends.smoothing import ALPHA, BETA, GAMMA, PHI, WEIGHT
from tsrnn.forecaster.calibration import LEVELS

PARAMETERS = {"weight": WEIGHT, "alpha": ALPHA, "beta": BETA, "phi": PHI, "gamma": GAMMA}
SEASONS = np.array(["none", "additive", "multiplicative"])


def tabulate_shares(ensemble):
    """Return the share of each member in the forecast: a Series."""
    return pd.Series(ensemble.shares, index=pd.Index(["network", *ensemble.smoothing], name="member"), name="share")


def tabulate_smoothing(ensemble, panel):
    """Return the models of smoothing, a row each; of a series and method, the one of the largest weight first."""
    tables = [_tabulate(name, smoothing, panel.ids) for name, smoothing in ensemble.smoothing.items()]
    columns = ["series", "method", *PARAMETERS, "season", "season_length"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def tabulate_calibration(ensemble):
    """Return how far forecasts have been off, a row for each step ahead."""
    calibration = ensemble.uncertainty.calibration
    weights, sums, *within = calibration.sums
    known = np.where(weights > 0, weights, np.nan)
    coverage = {f"coverage_{100 * level:g}": hits / known for level, hits in zip(LEVELS, within, strict=True)}
    steps = pd.RangeIndex(1, calibration.horizon + 1, name="step")
    return pd.DataFrame({"n_scores": weights, "mean_score": sums / known, **coverage}, index=steps)


def _tabulate(name, smoothing, ids):
    series, k = np.nonzero(smoothing.models[:, :, WEIGHT])
    models, kinds = smoothing.models[series, k], smoothing.kinds[series, k]
    lengths = np.where(kinds > 0, smoothing.season_lengths[np.maximum(kinds - 1, 0) // 2], 1)
    return pd.DataFrame(
        {
            "series": ids[series],
            "method": name,
            **{parameter: models[:, column] for parameter, column in PARAMETERS.items()},
            "season": SEASONS[np.where(kinds > 0, 2 - kinds % 2, 0)],
            "season_length": lengths,
        }
    )
