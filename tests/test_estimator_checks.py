"""All estimators are scikit-learn's: its own checks, and the tools that work on any estimator."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import BaggingRegressor, VotingRegressor
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_predict, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from tsrnn import RNNClassifier, RNNForecaster, RNNRegressor

QUICK = {"hidden_size": 4, "max_epochs": 5, "random_state": 0}
DATA = np.random.default_rng(13)
X = DATA.normal(size=(40, 5))
Y = X @ [0.0, 0.1, 0.2, 0.3, 0.4]
LABELS = np.where(Y > 0, "up", "down")
MODELS = [(RNNRegressor, Y), (RNNClassifier, LABELS)]

# Checks that cannot hold, with the reason.
NOT_IN_SINGLE_PRECISION = {
    "check_sample_weight_equivalence_on_dense_data": "Two trainings are compared to 1e-7, one bit of float32, but "
    "weighting a sample and repeating it add up in different order. In float64 the check passes."
}
NUMBERS_ARE_NO_TOKENS = dict.fromkeys(
    [
        "check_n_features_in",
        "check_n_features_in_after_fitting",
        "check_estimators_partial_fit_n_features",
    ],
    "Columns of a table of tokens are steps, and sequences may have any length.",
) | {
    "check_sample_weight_equivalence_on_dense_data": "Samples that are left out take their tokens along; those of "
    "weight 0 do not.",
    "check_estimators_nan_inf": "Infinity is a token like others. NaN is refused.",
    "check_estimators_empty_data_messages": "Refused, in words of sequences and tokens.",
    "check_fit2d_predict1d": "Refused, in words of sequences and tokens.",
}
TOKENS_IN_CLASSIFIERS = {
    "check_classifiers_train": "Sequences may have any length.",
    "check_classifiers_one_label_sample_weights": "Tokens that only samples of weight 0 have are known in prediction.",
}
if sklearn.__version__.startswith("1.6."):
    NUMBERS_ARE_NO_TOKENS["check_positive_only_tag_during_fit"] = "It subtracts a mean from integers in place."
SERIES_ARE_NO_SAMPLES = {
    "check_methods_sample_order_invariance": "The order of the observations is that of time.",
    "check_methods_subset_invariance": "The rows of X are steps ahead: fewer of them are the next ones.",
    "check_sample_weight_equivalence_on_dense_data": "An observation that is left out moves those after it.",
}


OF_A_FORECASTER = SERIES_ARE_NO_SAMPLES | {
    "check_complex_data": "A TypeError says how to forecast complex numbers, in words of series.",
    "check_dtype_object": "A dict in a column is refused in other words than scikit-learn's.",
    "check_estimators_empty_data_messages": "X without columns is what a forecaster takes beside y.",
    "check_estimators_nan_inf": "Missing covariates hold the last value; infinite ones are refused.",
    "check_fit2d_1sample": "Refused: too few observations, in words of series.",
    "check_fit2d_predict1d": "One dimension is refused in other words than scikit-learn's.",
    "check_n_features_in": "Covariates are told by name; there may be none.",
    "check_n_features_in_after_fitting": "Covariates are told by name; there may be none.",
    "check_sample_weights_not_an_array": "A container that is neither an array nor a frame has no stamps or positions.",
}


def run_checks(estimator, expected):
    """Run scikit-learn's checks to their end: those and no others fail that are declared, if there are such."""
    results = check_estimator(estimator, expected_failed_checks=expected, on_skip=None, on_fail=None)
    by_status = {status: {} for status in ("passed", "skipped", "xfail", "failed")}
    for result in results:
        by_status[result["status"]][result["check_name"]] = result["exception"]
    assert by_status["failed"] == {}
    ran = {result["check_name"] for result in results}
    assert by_status["xfail"].keys() == expected.keys() & ran
    # Not run without SCIPY_ARRAY_API, which asks for arrays other than NumPy's.
    assert by_status["skipped"].keys() <= {"check_array_api_input"}
    return by_status["passed"]


@pytest.mark.slow
@pytest.mark.parametrize("cls", [RNNRegressor, RNNClassifier])
@pytest.mark.parametrize(("dtype", "expected"), [("float32", NOT_IN_SINGLE_PRECISION), ("float64", {})])
def test_scikit_learn_s_own_checks(cls, dtype, expected):
    assert len(run_checks(cls(dtype=dtype), expected)) > 50


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "more"), [(RNNRegressor, {}), (RNNClassifier, TOKENS_IN_CLASSIFIERS)])
def test_scikit_learn_s_own_checks_with_tokens(cls, more):
    assert len(run_checks(cls(categories="auto"), NUMBERS_ARE_NO_TOKENS | more)) > 40


@pytest.mark.slow
def test_scikit_learn_s_own_checks_of_a_forecaster():
    passed = run_checks(RNNForecaster(3), OF_A_FORECASTER)
    assert {"check_estimator_sparse_array", "check_estimators_unfitted", "check_set_params"} <= passed.keys()


class FeaturesAside(RNNForecaster):
    """A forecaster that checks the features it is given, as scikit-learn's checks want, and goes on without them."""

    def fit(self, X, y, sample_weight=None):
        if y is None:
            raise ValueError("y cannot be None.")
        validate_data(self, X)
        return super().fit(None, np.asarray(y, dtype=float), sample_weight)

    def partial_fit(self, X, y):
        if not hasattr(self, "n_features_in_"):
            return self.fit(X, y)
        validate_data(self, X, reset=False)
        return super().partial_fit(None, np.asarray(y, dtype=float))

    def predict(self, X):
        return super().predict(np.empty((len(validate_data(self, X, reset=False)), 0)))

    def score(self, X, y):
        validate_data(self, X, reset=False)
        return super().score(None, y)


@pytest.mark.slow
def test_all_that_is_not_about_features_holds_for_a_forecaster():
    """State, copies, pickles, weights, repeated fits: the checks that need features to get so far."""
    run_checks(FeaturesAside(3, max_epochs=1, hidden_size=4, early_stopping=False), SERIES_ARE_NO_SAMPLES)


def test_types_and_tags():
    assert is_regressor(RNNRegressor()) and is_classifier(RNNClassifier())
    tags = get_tags(RNNRegressor())
    assert tags.target_tags.multi_output and tags.input_tags.three_d_array and not tags.input_tags.string
    assert not get_tags(RNNClassifier()).target_tags.multi_output
    tokens = get_tags(RNNClassifier(categories="auto")).input_tags
    assert tokens.string and tokens.categorical and tokens.two_d_array and not tokens.three_d_array
    series = get_tags(RNNForecaster(3))
    assert series.estimator_type is None and series.transformer_tags is None
    assert series.target_tags.multi_output and not series.target_tags.required


@pytest.mark.parametrize("cls", [RNNRegressor, RNNClassifier])
def test_init_stores_and_clone_keeps(cls):
    parameters = {name: object() for name in cls().get_params()}
    model = cls(**parameters)
    assert all(getattr(model, name) is value for name, value in parameters.items())
    model = cls(categories=["a", "b"], cell="rnn", random_state=3)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == f"{cls.__name__}(categories=['a', 'b'], cell='rnn', random_state=3)"


def test_pipeline_and_grid_search_over_time():
    model = make_pipeline(StandardScaler(), RNNRegressor(**QUICK))
    grid = {"rnnregressor__hidden_size": [2, 4], "rnnregressor__cell": ["rnn", "gru"]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(2)).fit(X, Y)
    results = pd.DataFrame(search.cv_results_)
    assert len(results) == 4 and np.isfinite(results["mean_test_score"]).all()
    assert search.predict(X).shape == (40,)
    assert search.best_estimator_[-1].hidden_size == search.best_params_["rnnregressor__hidden_size"]


def test_folds_are_fitted_apart():
    model, folds = RNNRegressor(**QUICK), TimeSeriesSplit(3)
    scores = cross_val_score(model, X, Y, cv=folds)
    for score, (train, test) in zip(scores, folds.split(X), strict=True):
        assert score == clone(model).fit(X[train], Y[train]).score(X[test], Y[test])


@pytest.mark.slow
def test_folds_in_processes_give_the_same_bits():
    model = RNNRegressor(**QUICK)
    np.testing.assert_array_equal(
        cross_val_predict(model, X, Y, cv=4, n_jobs=2), cross_val_predict(model, X, Y, cv=4, n_jobs=1)
    )


def test_folds_of_lists_of_sequences():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 2)) for n in rng.integers(1, 5, size=30)]
    scores = cross_val_score(RNNRegressor(**QUICK), sequences, rng.normal(size=30), cv=3)
    assert np.isfinite(scores).all()
    words = [list("abc"[:n]) for n in rng.integers(1, 4, size=30)]
    tagger = RNNClassifier(categories=list("abc"), **QUICK)
    # By itself scikit-learn would stratify, which it cannot do by lists.
    assert np.isfinite(cross_val_score(tagger, words, words, cv=KFold(3))).all()


def test_frames_pass_through_a_pipeline_that_keeps_them():
    frame = pd.DataFrame(X, columns=[f"lag_{n}" for n in range(5, 0, -1)])
    model = make_pipeline(StandardScaler(), RNNRegressor(**QUICK)).set_output(transform="pandas").fit(frame, Y)
    assert model[-1].feature_names_in_.tolist() == frame.columns.tolist()
    assert isinstance(model.predict(frame), np.ndarray)
    with pytest.raises(ValueError, match="Feature names"):
        model[-1].predict(frame.rename(columns={"lag_1": "other"}))


@pytest.mark.parametrize(("cls", "y"), MODELS)
def test_weights_are_routed(cls, y):
    weights = np.arange(40) % 2 + 0.0
    model = cls(**QUICK)
    with sklearn.config_context(enable_metadata_routing=True):
        requested = cls(**QUICK).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        scaler = StandardScaler(with_mean=False, with_std=False).set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, requested)
        pipeline.fit(X, y, sample_weight=weights)
        score = cross_val_score(requested, X, y, cv=[(np.arange(40), np.arange(40))], params={"sample_weight": weights})
        assert requested.get_metadata_routing().fit.requests["sample_weight"] is True
    model.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(pipeline[-1].network_.theta, model.network_.theta)
    assert score == [model.score(X, y)]


def test_other_estimators_take_it_as_their_model():
    bagging = BaggingRegressor(RNNRegressor(**QUICK), n_estimators=2, random_state=0).fit(X, Y)
    assert bagging.predict(X).shape == (40,)
    voting = VotingRegressor([("rnn", RNNRegressor(**QUICK)), ("gru", RNNRegressor(cell="rnn", **QUICK))]).fit(X, Y)
    np.testing.assert_allclose(voting.predict(X), np.mean([m.predict(X) for m in voting.estimators_], axis=0))
    several = MultiOutputRegressor(RNNRegressor(**QUICK)).fit(X, X[:, :2])
    np.testing.assert_array_equal(several.predict(X)[:, 0], RNNRegressor(**QUICK).fit(X, X[:, 0]).predict(X))
