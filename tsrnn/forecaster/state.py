"""State of a fitted forecaster: fitted attributes, parameters that stay, and how a fit takes effect."""

import copy

import pandas as pd
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags

from tsrnn.forecaster.explaining import tabulate_calibration, tabulate_shares, tabulate_smoothing
from tsrnn.forecaster.filtering import tabulate_outliers
from tsrnn.forecaster.history import tabulate
from tsrnn.forecaster.missing import count_missing
from tsrnn.forecaster.parameters import CHOICES
from tsrnn.forecaster.plan import Plan, network_loss
from tsrnn.frames import read_weights
from tsrnn.frames.identity import own_index
from tsrnn.network import Network
from tsrnn.validation import check_sample_weight


class FittedState(BaseEstimator):
    """Attributes of a forecaster after a fit."""

    history_: pd.DataFrame
    n_iter_: int
    best_epoch_: int
    horizon_: int
    lookback_: int
    lookbacks_: tuple[int, ...]
    segment_length_: int
    strategy_: str
    num_layers_: int
    hidden_size_: int
    dropout_: float
    batch_size_: int
    max_epochs_: int
    schedule_: str
    early_stopping_: bool
    season_length_: int
    seasons_: tuple[int, ...]
    log_: bool
    network_: Network
    networks_: tuple[Network, ...]

    @property
    def forecast_origin_(self) -> pd.Timestamp | pd.Period | int | pd.Series:
        """Time stamp of the last observation: one for series that share it, otherwise a Series by id."""
        self._require_fitted_attribute("forecast_origin_")
        if self._panel.shares_times or self._panel.layout.is_single:
            return self._panel.ends()[0]
        return pd.Series(self._panel.ends(), index=own_index(self._panel.ids), name="forecast_origin")

    @property
    def outliers_(self) -> pd.DataFrame:
        """Observations that were replaced: a frame with the columns series, time, value and replacement."""
        self._require_fitted_attribute("outliers_")
        return tabulate_outliers(self._panel, self._prepared.panel)

    @property
    def n_missing_(self) -> int | pd.Series:
        """Missing values from the first observation on: an int for a single series, otherwise a Series by id."""
        self._require_fitted_attribute("n_missing_")
        counts = count_missing(self._panel)
        if self._panel.layout.is_single:
            return int(counts[0])
        return pd.Series(counts, index=own_index(self._panel.ids), name="n_missing")

    @property
    def covariates_(self) -> pd.DataFrame:
        """Covariates of the fit: a frame with the columns name, kind, known, chosen and squared."""
        self._require_fitted_attribute("covariates_")
        covariates, inputs = self._panel.covariates, self._ensemble.best.recipe.inputs
        columns = () if covariates is None else covariates.columns
        read = () if inputs is None else inputs.inputs
        chosen = {item.column for item in read if not item.squared}
        chosen |= set() if inputs is None else {category.column for category in inputs.categories}
        squared = {item.column for item in read if item.squared}
        return pd.DataFrame(
            {
                "name": pd.Series([column.name for column in columns], dtype=object),
                "kind": pd.Series([column.kind for column in columns], dtype=object),
                "known": pd.Series([column.known for column in columns], dtype=object),
                "chosen": [k in chosen for k in range(len(columns))],
                "squared": [k in squared for k in range(len(columns))],
            }
        )

    @property
    def shares_(self) -> pd.Series:
        """Share of each member in the forecast: a Series."""
        self._require_fitted_attribute("shares_")
        return tabulate_shares(self._ensemble)

    @property
    def smoothing_(self) -> pd.DataFrame:
        """Models of exponential smoothing and the Theta method: a frame, one row a model of a series."""
        self._require_fitted_attribute("smoothing_")
        return tabulate_smoothing(self._ensemble, self._panel)

    @property
    def calibration_(self) -> pd.DataFrame:
        """Scores of past forecasts, their errors in units of the spread: a frame, one row a step ahead.

        Columns are n_scores (weighted by age), mean_score, and coverage_50 to coverage_99, the shares within intervals.
        """
        self._require_fitted_attribute("calibration_")
        return tabulate_calibration(self._ensemble)

    @property
    def parameters_(self) -> dict[str, NDArray]:
        """The network's parameters by PyTorch's names: views."""
        self._require_fitted_attribute("parameters_")
        return self.network_.parameters

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: ``y`` is not required, since ``X`` may be the series, and may have columns."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there is a model."""
        return hasattr(self, "_ensemble")

    def _require_fitted_attribute(self, name):
        if not hasattr(self, "_ensemble"):
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")

    def _columns(self):
        return {"id_col": self.id_col, "time_col": self.time_col, "target_col": self.target_col}

    def _reading(self):
        """Return the parameters that say how series are read."""
        past = {"past_covariates": self.past_covariates, "missing": self.missing}
        return {"freq": self.freq, **past, **self._columns(), "weight_col": self.weight_col}

    def _weights(self, data, panel, sample_weight=None):
        """Return the weight of each value of a panel as it was read from ``data``, or None if there are no weights."""
        if self.weight_col is None:
            weights = check_sample_weight(sample_weight, panel.n_container_rows)
        elif sample_weight is not None:
            raise ValueError(
                f"Give the weights once. Got sample_weight and weight_col={self.weight_col!r}: leave out "
                "sample_weight, or set weight_col=None and drop the column."
            )
        else:
            weights = read_weights(data, panel)
        return None if weights is None else panel.align(weights)

    def _n_threads(self):
        """Threads for the engine: None leaves the number to it."""
        return None if self.n_jobs is None else effective_n_jobs(self.n_jobs)

    def _plan(self, **changes):
        """Return the parameters in the form of the fit; ``changes`` replace some."""
        return Plan.of(self.get_params(deep=False) | changes, self._n_threads())

    def _network_choices(self):
        """Return what "auto" has come to where a fit that is continued must keep it."""
        names = ("strategy", "num_layers", "hidden_size", "dropout")
        return {name: getattr(self, f"{name}_") for name in names}

    def _extend_fit_ends(self, panel):
        """Return the stamps that fix the phase of each series: the end of the fit, or of the first data added since."""
        return self._fit_ends.append(panel.ends()[len(self._fit_ends) :])

    def _require_same_choices(self):
        """Refuse parameters that a fit which is continued cannot change."""
        before, now = self._ensemble.best.loss, network_loss(self.loss)
        if before.n_outputs != now.n_outputs:
            raise ValueError(
                f"A fit that is continued keeps its model: its network has outputs for the loss {before!r}. Got "
                f"loss={self.loss!r}. Put it back, or set warm_start=False and call fit to begin anew."
            )
        for name, before in self._choices.items():
            now = getattr(self, name)
            if _as_list(before) != _as_list(now):
                raise ValueError(
                    f"A fit that is continued keeps its model: {name} was {before!r} and is now {now!r}. Put "
                    "it back, or set warm_start=False and call fit to begin anew."
                )

    def _become(self, observed, ensemble, generator, histories, earlier, resolved=None):
        """Take over what a fit has learned, all at once."""
        best, history = ensemble.best, tabulate(histories, earlier)
        recipe = best.recipe
        n_epochs, best_epoch = int((history["network"] == 0).sum()), histories[0].best_epoch
        if earlier is not None:
            # Without a better epoch the weights are those from before.
            best_epoch = n_epochs - len(histories[0].epochs) + best_epoch if best_epoch else self.best_epoch_
        seasons = recipe.decomposition.seasons
        self.__dict__.update(
            **observed,
            **{f"{name}_": value for name, value in (resolved or {}).items()},
            _ensemble=ensemble,
            _generator=generator,
            _choices={name: copy.deepcopy(getattr(self, name)) for name in CHOICES},
            history_=history,
            n_iter_=n_epochs,
            best_epoch_=best_epoch,
            horizon_=recipe.pass_steps,
            lookback_=recipe.lookback,
            lookbacks_=tuple(model.recipe.lookback for model in ensemble.members),
            segment_length_=recipe.segment,
            seasons_=seasons,
            season_length_=min(seasons, default=1),
            log_=recipe.scaler.log,
            network_=best.network,
            networks_=tuple(model.network for model in ensemble.members),
        )


def _as_list(value):
    """A tuple says the same as a list."""
    return list(value) if isinstance(value, tuple) else value
