"""Parameters of a fit, with "auto" resolved for the given series."""

from dataclasses import dataclass, fields

import numpy as np

from tsrnn.forecaster.parameters import ARCHITECTURE
from tsrnn.losses import get_loss
from tsrnn.training import TrainingOptions

# Parameters of the training, under the names of `TrainingOptions`.
TRAINING = (
    "loss", "learning_rate", "schedule", "weight_decay", "batch_size", "max_epochs", "clip_norm", "n_iter_no_change",
    "tol",
)  # fmt: skip

# From so many series or observations on, nothing is held out: early stopping gains less than training on the newest
# windows, since many windows keep the network from overfitting.
MANY_SERIES = 10
MANY_ROWS = 10_000  # also for a wider network and larger minibatches
LONG_SERIES = 500  # median number of observations from which two layers and a decoder forecast better
PANEL_MINIBATCHES = 1_500
COVARIATE_MINIBATCHES = 800  # Of series with covariates that are no large panel; a half with more than FEW_WINDOWS.
FEW_WINDOWS = 10_000
COVARIATE_DROPOUT = 0.3
# Most windows of an epoch, and of its validation: neighbouring windows are nearly the same.
EPOCH_WINDOWS = 16_384
MAX_VALIDATION_WINDOWS = 4_096
AVERAGED = 0.5  # fraction of the epochs, at the end, whose weights are averaged


@dataclass(frozen=True)
class Plan:
    """Parameters of a fit; names as in `RNNForecaster`.

    Attributes
    ----------
    architecture : dict
        Parameters of the network.
    options : TrainingOptions
        Options of its training.
    """

    horizon: int
    lookback: int | str
    season_length: int | list | str
    log: bool | str
    strategy: str
    channels: str
    stride: int
    scaling: str
    linear: bool
    smoothing: bool
    early_stopping: bool
    validation_fraction: float
    architecture: dict
    options: TrainingOptions

    @classmethod
    def of(cls, parameters, n_threads):
        """Return the plan for the parameters of an `RNNForecaster`, none of which is "auto" where `resolve` says it."""
        options = TrainingOptions(
            n_jobs=n_threads,
            verbose=int(parameters["verbose"]),
            **{name: parameters[name] for name in TRAINING},
        )
        own = {field.name for field in fields(cls)} - {"architecture", "options"}
        return cls(
            architecture={name: parameters[name] for name in ARCHITECTURE},
            options=options,
            **{name: parameters[name] for name in own},
        )

    @property
    def pass_steps(self):
        """Steps that one pass of the network forecasts."""
        return 1 if self.strategy == "recursive" else self.horizon

    @property
    def loss(self):
        """Loss of the training."""
        return get_loss(self.options.loss)

    @property
    def of_mean(self):
        """Whether means are forecast, and not medians."""
        return self.options.loss == "squared_error"


def resolve(parameters, lengths, has_covariates=False):
    """Resolve "auto".

    Parameters
    ----------
    parameters : dict
        Parameters of an `RNNForecaster`.
    lengths : ndarray of int, shape (n_series,)
        Observations of each series.
    has_covariates : bool, default=False
        Whether the series have covariates.

    Returns
    -------
    dict
        strategy, num_layers, hidden_size, dropout, early_stopping, batch_size, schedule and max_epochs, none of them
        "auto".

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNForecaster
    >>> from tsrnn.forecaster.plan import resolve
    >>> parameters = RNNForecaster(horizon=12).get_params()
    >>> resolve(parameters, np.array([144]))["max_epochs"], resolve(parameters, np.full(1000, 144))["max_epochs"]
    (60, 24)
    """
    n_rows = int(lengths.sum())
    large = n_rows >= MANY_ROWS
    long = large and np.median(lengths) >= LONG_SERIES
    if has_covariates:
        return _resolve_with_covariates(parameters, n_rows, many=large and len(lengths) >= MANY_SERIES)
    found = {
        "strategy": "parallel" if long else "direct",
        "num_layers": len(parameters["dilations"] or ()) or (2 if long else 1),
        "hidden_size": 64 if large else 32,
        "dropout": 0.0,
        "early_stopping": len(lengths) < MANY_SERIES and not large,
        "batch_size": 256 if large else 32,
    }
    return _with_epochs(parameters, found, n_rows, PANEL_MINIBATCHES)


def _resolve_with_covariates(parameters, n_rows, many):
    """Resolve "auto" for series with covariates, whose minibatches are counted by windows."""
    found = {
        "strategy": "direct",
        "num_layers": len(parameters["dilations"] or ()) or 2,
        "hidden_size": 64,
        "dropout": COVARIATE_DROPOUT,
        "early_stopping": False,
        "batch_size": 256 if many else 64,
    }
    n_windows = max(n_rows // parameters["stride"], 1)
    minibatches = PANEL_MINIBATCHES if many else COVARIATE_MINIBATCHES // (1 if n_windows <= FEW_WINDOWS else 2)
    return _with_epochs(parameters, found, n_windows, minibatches)


def _with_epochs(parameters, found, n_windows, minibatches):
    """Return what was found, or given, and with it the schedule and the epochs that make so many minibatches."""
    found = found | _given(parameters, found)
    per_epoch = -(-min(n_windows, EPOCH_WINDOWS) // found["batch_size"])
    last = {
        "schedule": "constant" if found["early_stopping"] else "cosine",
        "max_epochs": 60 if found["early_stopping"] else -(-minibatches // per_epoch),
    }
    return found | last | _given(parameters, last)


def _given(parameters, names):
    """Return the parameters that are not "auto"."""
    return {name: parameters[name] for name in names if parameters[name] != "auto"}
