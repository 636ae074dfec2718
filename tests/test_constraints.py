"""Parameters of one name have one meaning in the networks and in both families of estimators."""

import inspect

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNClassifier, RNNForecaster, RNNRegressor
from tsrnn.constraints import AUTO, ESTIMATOR, NETWORK, TRAINING
from tsrnn.forecaster import parameters
from tsrnn.network import CONSTRAINTS as OF_NETWORKS
from tsrnn.network import Network
from tsrnn.sequence import constraints
from tsrnn.validation import InvalidParameterError

ESTIMATORS = {
    RNNForecaster: parameters.CONSTRAINTS,
    RNNRegressor: constraints.CONSTRAINTS,
    RNNClassifier: constraints.CONSTRAINTS,
}
SHARED = NETWORK | TRAINING | ESTIMATOR
SERIES = pd.Series(np.sin(np.arange(40.0)), pd.date_range("2020", periods=40))


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_shared_parameters_are_in_every_estimator_under_the_shared_constraints(cls, name):
    assert name in inspect.signature(cls).parameters
    assert [allowed for allowed in ESTIMATORS[cls][name] if allowed is not AUTO] == SHARED[name]


@pytest.mark.parametrize("name", NETWORK)
def test_networks_have_the_constraints_of_the_estimators(name):
    assert name in inspect.signature(Network).parameters
    assert OF_NETWORKS[name] == NETWORK[name]


def fit(cls, **options):
    """Fit to a little data."""
    options = {"hidden_size": 2, "max_epochs": 1, "random_state": 0} | options
    if cls is RNNForecaster:
        return cls(2, lookback=4, season_length=1, **options).fit(SERIES)
    X = SERIES.to_numpy().reshape(10, 4)
    return cls(**options).fit(X, np.arange(10.0) if cls is RNNRegressor else np.arange(10) % 2)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_clip_norm_is_a_number_or_none_for_no_limit(cls):
    free, far = fit(cls, clip_norm=None), fit(cls, clip_norm=1e9)
    np.testing.assert_array_equal(free.network_.theta, far.network_.theta)
    assert np.any(fit(cls, clip_norm=1e-3).network_.theta != free.network_.theta)
    for refused in (np.inf, 0.0):
        with pytest.raises(InvalidParameterError, match=r"a float in the range \(0.0, inf\) or None"):
            fit(cls, clip_norm=refused)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_layers_are_residual_and_dilated(cls):
    model = fit(cls, num_layers=2, dilations=[1, 2], residual=True)
    assert (model.network_.architecture.residual, model.network_.architecture.dilations) == (True, (1, 2))
    plain = fit(cls, num_layers=2, dilations=[1, 2], residual=False)
    assert not plain.network_.architecture.residual
    assert np.any(plain.network_.theta != model.network_.theta)
    with pytest.raises(ValueError, match="dilations must hold one for each of num_layers=2 layers"):
        fit(cls, num_layers=2, dilations=[1])


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_continued_fit_keeps_its_dilations(cls):
    dilations = [1, 2]
    model = fit(cls, num_layers=2, dilations=dilations, warm_start=True)
    data = (SERIES,) if cls is RNNForecaster else (SERIES.to_numpy().reshape(10, 4), np.arange(10) % 2)
    model.set_params(dilations=(1, 2)).fit(*data)
    with pytest.raises(ValueError, match=r"dilations was .*1, 2.* and is now .1, 3."):
        model.set_params(dilations=[1, 3]).fit(*data)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_epochs_are_told_in_the_same_way(cls):
    model = fit(cls, max_epochs=3, early_stopping=False, warm_start=True)
    columns = ["epoch", "loss", "validation_loss", "learning_rate", "seconds"]
    assert [name for name in model.history_.columns if name != "network"] == columns
    network = model.history_[model.history_.get("network", 0) == 0] if cls is RNNForecaster else model.history_
    assert network["epoch"].tolist() == [1, 2, 3]
    assert network["validation_loss"].isna().all()
    assert model.n_iter_ == model.best_epoch_ == 3
    data = (SERIES,) if cls is RNNForecaster else (SERIES.to_numpy().reshape(10, 4), np.arange(10) % 2)
    model.partial_fit(SERIES[-1:].shift(1, freq="D")) if cls is RNNForecaster else model.partial_fit(*data)
    assert model.n_iter_ == model.best_epoch_ == model.history_["epoch"].max() == 4
