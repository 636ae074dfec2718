"""Constraints of the parameters of `RNNForecaster`, and those that make its model."""

from tsrnn.constraints import AUTO, COLUMN, COLUMNS, ESTIMATOR, NETWORK, TRAINING, with_auto
from tsrnn.learners.recurrent import STRATEGIES
from tsrnn.losses import Huber, StudentT
from tsrnn.scaling import SCALINGS
from tsrnn.validation import BOOLEAN, COUNT, NONE, Counts, InstanceOf, Options

CONSTRAINTS = {
    "horizon": [COUNT],
    "lookback": [AUTO, COUNT],
    "season_length": [AUTO, COUNT, Counts("several seasons")],
    "log": [AUTO, BOOLEAN],
    "missing": [Options(("fill", "raise"))],
    "past_covariates": [NONE, InstanceOf((list, tuple), "a list of column names")],
    "stride": [COUNT],
    "outliers": [Options(("replace", "keep"))],
    "strategy": [Options(("auto", *STRATEGIES))],
    "channels": [Options(("independent", "joint"))],
    "scaling": [Options(tuple(SCALINGS))],
    "linear": [BOOLEAN],
    "smoothing": [BOOLEAN],
    **with_auto(NETWORK, "hidden_size", "num_layers", "dropout"),
    "loss": [
        Options(("absolute_error", "huber", "squared_error", "student_t")),
        InstanceOf((Huber, StudentT), "a tsrnn.losses.Huber or StudentT"),
    ],
    **with_auto(TRAINING, "schedule", "batch_size", "max_epochs", "early_stopping"),
    **COLUMNS,
    "weight_col": [NONE, COLUMN],
    **ESTIMATOR,
}
# Parameters that make the model: a fit that is continued cannot change them.
ARCHITECTURE = (*NETWORK, "dtype")
CHOICES = (
    "horizon", "lookback", "season_length", "log", "outliers", "missing", "past_covariates", "stride", "strategy",
    "channels", "scaling", *ARCHITECTURE,
)  # fmt: skip
