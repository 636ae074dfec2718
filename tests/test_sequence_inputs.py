"""The sequence estimators refuse what they cannot read, saying where it is, and read the rest."""

import copy
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning, NotFittedError

from tsrnn.losses import CrossEntropy
from tsrnn.sequence import RNNClassifier, RNNRegressor
from tsrnn.validation import InvalidParameterError

QUICK = {"hidden_size": 2, "max_epochs": 1, "random_state": 0}
NUMBERS = np.random.default_rng(7).normal(size=(6, 3))
TARGETS = NUMBERS[:, 0]
LABELS = np.array(list("xyxyxy"))
CUBE = np.random.default_rng(8).normal(size=(6, 3, 2))
FRAME = pd.DataFrame(NUMBERS, columns=["lag_3", "lag_2", "lag_1"])


def changed(array, place, value):
    """A copy of an array or a frame with one other value."""
    if isinstance(array, pd.DataFrame):
        return pd.DataFrame(changed(array.to_numpy(), place, value), columns=array.columns)
    array = np.array(array)
    array[place] = value
    return array


def assert_same_state(estimator, before):
    """Assert that an estimator has the attributes that it had, and the same weights."""
    assert vars(estimator).keys() == before.keys()
    for name, value in before.items():
        if name == "network_":
            np.testing.assert_array_equal(estimator.network_.theta, value.theta)
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(estimator, name), value)


def assert_refused(estimator, X, y, message, error=ValueError, **fit):
    """Assert that a first and a second fit raise an error with a message, and change nothing."""
    with pytest.raises(error, match=message):
        estimator.fit(X, y, **fit)
    assert not hasattr(estimator, "network_") and not hasattr(estimator, "n_features_in_")
    good = LABELS if isinstance(estimator, RNNClassifier) else TARGETS
    tokens = estimator.categories is not None
    estimator.fit(np.round(NUMBERS) if tokens else NUMBERS, good)
    for warm_start in (False, True):
        estimator.warm_start = warm_start
        before = copy.deepcopy(vars(estimator))
        with pytest.raises((ValueError, TypeError)):
            estimator.fit(X, y, **fit)
        assert_same_state(estimator, before)


# ------------------------------------------------------------------------------------------------- refused

BAD_X = {
    "nan in an array": (changed(NUMBERS, (2, 1), np.nan), "NaN: first at sample 2, step 1, feature 0; 1 value in"),
    "nan in a frame": (changed(FRAME, (2, 1), np.nan), "X contains NaN: first at sample 2, step 1, column 'lag_2'"),
    "inf in a cube": (changed(CUBE, (3, 0, 1), -np.inf), "X contains infinity: first at sample 3, step 0, feature 1"),
    "nan in a list": ([*CUBE[:5], changed(CUBE[5], (2, 0), np.nan)], "NaN: first at sample 5, step 2, feature 0"),
    "a column of nan": (FRAME.assign(lag_2=np.nan), "sample 0, step 1, column 'lag_2'; 6 values"),
    "padding": (changed(NUMBERS, (slice(3), 2), np.nan), "passed as a list of arrays, one per sequence, without padd"),
    "missing integers": (pd.DataFrame({"a": pd.array([1, None, 3, 4, 5, 6], "Int64")}), "sample 1, step 0, column 'a'"),
    "one axis": (TARGETS, r"X must have the shape .*Got shape \(6,\).*one sequence is np.reshape\(X, \(1, -1\)\)"),
    "a number": (3.0, r"X must have the shape .*Got shape \(\). Reshape your data"),
    "four axes": (CUBE[None], r"X must have the shape .* Got shape \(1, 6, 3, 2\)"),
    "no samples": (NUMBERS[:0], "Found array with 0 sample"),
    "an empty frame": (FRAME[:0], "Found array with 0 sample"),
    "no samples in a list": ([], r"X must have the shape .*Got shape \(0,\).*at least one sample is needed"),
    "no steps": (NUMBERS[:, :0], "Found array with 0 feature"),
    "no steps in a cube": (CUBE[:, :0], r"X must have the shape .* Got shape \(6, 0, 2\)"),
    "an empty sequence": ([*CUBE[:4], CUBE[4][:0], CUBE[5]], r"one step. Got an array of shape \(0, 2\) at sample 4"),
    "a sequence that is none": ([*CUBE[:5], 3.0], "at least one step. Got 3.0 at sample 5"),
    "sequences of other features": ([*CUBE[:5], CUBE[5][:, :1]], r"Sample 0 has shape \(3, 2\), sample 5 has"),
    "complex": (NUMBERS + 0j, "Complex data not supported"),
    "words": ([["a", "b", "c"]] * 6, "could not convert string to float: 'a'"),
    "another number of samples": (NUMBERS[:5], r"inconsistent numbers of samples: \[5, 6\]"),
}  # fmt: skip
BAD_X_TYPES = {
    "sparse": (sparse.csr_matrix(NUMBERS), "Sparse data was passed"),
    "objects": (changed(NUMBERS.astype(object), (0, 0), {"a": 1}), "argument must be a string or a real number"),
    "a column of dates": (FRAME.assign(lag_2=pd.Timestamp("2020")), r"Column 'lag_2' of X holds datetime64\[\w+\]"),
    "dates": (np.full((6, 3), "2020-01-01", dtype="M8[D]"), r"X holds datetime64\[D\], but must hold numbers"),
    "durations in a list": ([np.full(n, 1, dtype="m8[h]") for n in (1, 2, 3, 3, 2, 1)], r"X holds timedelta64\[h\]"),
}


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("case", BAD_X)
def test_bad_inputs_are_refused(case):
    X, message = BAD_X[case]
    assert_refused(RNNRegressor(**QUICK), X, TARGETS, message)


@pytest.mark.parametrize("case", BAD_X_TYPES)
def test_inputs_of_a_wrong_type_are_refused(case):
    X, message = BAD_X_TYPES[case]
    assert_refused(RNNRegressor(**QUICK), X, TARGETS, message, TypeError)


BAD_Y = {
    "nan": (changed(TARGETS, 4, np.nan), {}, "Input y contains NaN: first at sample 4, step 0, feature 0"),
    "inf in steps": (
        changed(CUBE, (1, 2, 1), np.inf),
        {},
        "y contains infinity: first at sample 1, step 2, feature 1",
    ),
    "none": (None, {}, "requires y to be passed, but the target y is None"),
    "four axes": (CUBE[..., None], {}, r"y must have the shape .* Got shape \(6, 3, 2, 1\)"),
    "no outputs": (CUBE[:, :, :0], {}, r"y must have the shape .* Got shape \(6, 3, 0\)"),
    "fewer samples": (TARGETS[:5], {}, r"inconsistent numbers of samples: \[6, 5\]"),
    "words": (LABELS, {}, "could not convert string to float"),
    "one number for every step": (TARGETS, {"head": "every"}, "With head='every', y must hold a sequence per sample"),
    "steps for the last one": (CUBE, {"head": "last"}, "With head='last', y must hold one output step per sample"),
    "other steps": (CUBE[:, :2], {"head": "every"}, "Sample 0 has 3 steps in X and 2 in y"),
    "one other length": ([*CUBE[:5], CUBE[5][:2]], {"head": "every"}, "Sample 5 has 3 steps in X and 2 in y"),
}


@pytest.mark.parametrize("case", BAD_Y)
def test_bad_targets_are_refused(case):
    y, parameters, message = BAD_Y[case]
    if parameters:
        with pytest.raises(ValueError, match=message):
            RNNRegressor(**QUICK, **parameters).fit(NUMBERS, y)
    else:
        assert_refused(RNNRegressor(**QUICK), NUMBERS, y, message)


def test_dates_are_no_targets():
    y = np.full(6, "2020-01-01", dtype="M8[D]")
    assert_refused(RNNRegressor(**QUICK), NUMBERS, y, r"y holds datetime64\[D\]", TypeError)


BAD_LABELS = {
    "numbers": (TARGETS, "continuous"),
    "missing": (np.array(["x", None, "x", "y", "x", "y"], dtype=object), "NaN: first at sample 1, step 0; 1 label in"),
    "nan per step": (np.array([[0.0, 1, 0], [1, np.nan, 1]] * 3), "NaN: first at sample 1, step 1; 3 labels"),
    "infinite": (np.array([0, 1, 0, 1, 0, np.inf]), "y contains infinity: first at sample 5"),
    "none": (None, "requires y to be passed"),
    "three axes": (np.zeros((6, 3, 2), dtype=int), r"y must hold labels.* Got shape \(6, 3, 2\)"),
    "lists of pairs": ([np.zeros((n, 2), dtype=int) for n in (1, 2, 3, 3, 2, 1)], r"y must hold labels.* \(12, 2\)"),
    "fewer samples": (LABELS[:5], r"inconsistent numbers of samples: \[6, 5\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels_are_refused(case):
    y, message = BAD_LABELS[case]
    assert_refused(RNNClassifier(**QUICK), NUMBERS, y, message)


BAD_WEIGHTS = {
    "nan": (changed(np.ones(6), 3, np.nan), "Got nan for sample 3"),
    "infinite": (changed(np.ones(6), 3, np.inf), "Got inf for sample 3"),
    "negative": (changed(np.ones(6), [3, 5], -1.0), r"Got -1.0 for sample 3 \(2 such in all\)"),
    "all zero": (np.zeros(6), "at least one non-zero"),
    "too few": (np.ones(5), r"shape \(6,\). Got shape \(5,\)"),
    "two axes": (np.ones((6, 1)), r"shape \(6,\). Got shape \(6, 1\)"),
    "one number": (1.0, r"shape \(6,\). Got shape \(\)"),
    "words": (LABELS, "could not convert string to float"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_refused(case):
    weights, message = BAD_WEIGHTS[case]
    assert_refused(RNNRegressor(**QUICK), NUMBERS, TARGETS, message, sample_weight=weights)
    with pytest.raises(ValueError, match=message):
        RNNRegressor(**QUICK).fit(CUBE, CUBE).score(CUBE, CUBE, weights)


BAD_TOKENS = {
    "unknown at predict": ([["a", "b"], ["b", "z", "y"]], "['z', 'y'] in X: the first is at sample 1, step 1"),
    "missing": ([["a", None], ["b"]], "unknown categories [None] in X: the first is at sample 0, step 1"),
    "a cube": ([np.array([["a"]]), np.array([["b"], ["a"]])], "list of lists of tokens"),
    "text": (["ab", "ba"], "must be an array of shape"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_bad_tokens_are_refused(case):
    X, message = BAD_TOKENS[case]
    model = RNNRegressor(categories="auto", **QUICK).fit([["a", "b"], ["b"], ["a"]], [0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match=re.escape(message)):
        model.predict(X)


@pytest.mark.parametrize("categories", [[], ["a", "a"], [["a"]], [None, "a"]])
def test_categories_are_a_list_of_different_values(categories):
    with pytest.raises(ValueError, match="must be None, 'auto' or a list of different categories"):
        RNNRegressor(categories=categories, **QUICK).fit([["a"]], [0.0])


def test_tokens_that_cannot_be_sorted_need_a_list():
    X = np.array([["a", 1], [1, "a"]], dtype=object)
    with pytest.raises(TypeError, match="cannot sort the tokens of X: use tokens of one type, or pass a list"):
        RNNRegressor(categories="auto", **QUICK).fit(X, [0.0, 1.0])
    model = RNNRegressor(categories=["a", 1], **QUICK).fit(X, [0.0, 1.0])
    assert model.categories_.tolist() == ["a", 1]
    assert model.predict(X[::-1])[0] == model.predict(X)[1]


BAD_PARAMETERS = {
    "hidden_size": [0, -1, 2.0, "many", None, True],
    "cell": ["LSTM", "transformer", None, 3],
    "num_layers": [0, 1.5],
    "bidirectional": [1, "yes", None],
    "dropout": [-0.1, 1.0, np.nan, "half"],
    "residual": [1, "yes", None],
    "dilations": [2, [], [0], [1.5], "auto"],
    "segment_length": [0, 2.0, None, "all"],
    "head": ["first", None],
    "categories": ["numbers", 5, True],
    "standardize_inputs": [1],
    "learning_rate": [0.0, -1e-3, np.inf, np.nan, "auto"],
    "schedule": ["step", None],
    "weight_decay": [-1e-9, np.inf],
    "batch_size": [0, 16.0, "auto"],
    "max_epochs": [0, None],
    "clip_norm": [0.0, np.nan, np.inf],
    "early_stopping": ["yes"],
    "validation_fraction": [0.0, 1.0, 5],
    "n_iter_no_change": [0],
    "tol": [-1.0],
    "warm_start": [2],
    "random_state": [-1, 0.5, "seed"],
    "n_jobs": [0, 1.5, "all"],
    "dtype": ["float16", np.float32, int],
    "verbose": [-1, "yes"],
}
BAD_REGRESSOR_PARAMETERS = {"loss": ["cross_entropy", "mse", None, CrossEntropy()], "standardize_targets": [0]}


@pytest.mark.parametrize("name", BAD_PARAMETERS)
@pytest.mark.parametrize(("cls", "y"), [(RNNRegressor, TARGETS), (RNNClassifier, LABELS)])
def test_bad_parameters_are_refused_by_fit(cls, y, name):
    for value in BAD_PARAMETERS[name]:
        model = cls(**{**QUICK, name: value})
        message = rf"The '{name}' parameter of {cls.__name__} must be .* Got {re.escape(repr(value))} instead"
        with pytest.raises(InvalidParameterError, match=message):
            model.fit(NUMBERS, y)
        assert not hasattr(model, "network_")


@pytest.mark.parametrize("name", BAD_REGRESSOR_PARAMETERS)
def test_bad_parameters_of_the_regressor_are_refused_by_fit(name):
    for value in BAD_REGRESSOR_PARAMETERS[name]:
        with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of RNNRegressor must be"):
            RNNRegressor(**{**QUICK, name: value}).fit(NUMBERS, TARGETS)


def test_a_message_says_what_is_allowed():
    message = (
        "The 'n_jobs' parameter of RNNRegressor must be None or an int in the range [1, inf) or an int in the range "
        "(-inf, -1]. Got 0 instead."
    )
    with pytest.raises(InvalidParameterError, match=re.escape(message)):
        RNNRegressor(n_jobs=0).fit(NUMBERS, TARGETS)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_nothing_is_predicted_before_fit(method):
    model, arguments = RNNClassifier(), (NUMBERS, LABELS) if method == "score" else (NUMBERS,)
    with pytest.raises(NotFittedError):
        getattr(model, method)(*arguments)
    assert not hasattr(model, "parameters_") and not hasattr(model, "n_parameters_")


PREDICT = {
    "fewer columns": (NUMBERS, NUMBERS[:, :2], "X has 2 features, but RNNRegressor is expecting 3 features as input"),
    "more features": (CUBE, CUBE[:, :, [0, 1, 1]], "X has 3 features per step, but RNNRegressor is expecting 2"),
    "numbers for vectors": (CUBE, NUMBERS, "X has 1 features per step, but RNNRegressor is expecting 2"),
    "lists of other features": (
        CUBE,
        list(CUBE[:, :, :1]),
        "X has 1 features per step, but RNNRegressor is expecting 2",
    ),
    "columns in another order": (FRAME, FRAME[["lag_1", "lag_2", "lag_3"]], "must be in the same order as they were"),
    "a renamed column": (FRAME, FRAME.rename(columns={"lag_2": "lag"}), "Feature names unseen at fit time:\n- lag"),
    "a missing column": (FRAME, FRAME[["lag_3", "lag_2"]], "Feature names seen at fit time, yet now missing:\n- lag_1"),
    "nan": (NUMBERS, changed(NUMBERS, (0, 2), np.nan), "X contains NaN: first at sample 0, step 2"),
}


@pytest.mark.parametrize("case", PREDICT)
def test_inputs_must_be_those_of_fit(case):
    X, other, message = PREDICT[case]
    with pytest.raises(ValueError, match=message):
        RNNRegressor(**QUICK).fit(X, TARGETS).predict(other)


# ---------------------------------------------------------------------------------------------------- read

WHOLE = np.arange(18).reshape(6, 3) % 7
FORMS = {
    "lists": WHOLE.tolist(),
    "int32": WHOLE.astype(np.int32),
    "uint8": WHOLE.astype(np.uint8),
    "float16": WHOLE.astype(np.float16),
    "float32": WHOLE.astype(np.float32),
    "big-endian": WHOLE.astype(">f8"),
    "Fortran order": np.asfortranarray(WHOLE, dtype=float),
    "not contiguous": np.repeat(WHOLE.astype(float), 2, axis=1)[:, ::2],
    "objects": WHOLE.astype(object),
    "Decimal": np.vectorize(Decimal, otypes=[object])(WHOLE),
    "Fraction": np.vectorize(Fraction, otypes=[object])(WHOLE),
    "words of digits": WHOLE.astype(str),
    "frame": pd.DataFrame(WHOLE),
    "frame of nullable integers": pd.DataFrame(WHOLE, columns=list("abc"), dtype="Int64"),
    "frame of odd names": pd.DataFrame(WHOLE, columns=["a.b", "", "ü x"]),
    "frame of tuples": pd.DataFrame(WHOLE, columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])),
    "one column of three dimensions": WHOLE[:, :, None],
    "list of arrays": list(WHOLE),
    "list of Series": [pd.Series(row) for row in WHOLE],
    "list of frames": [pd.DataFrame({"value": row}) for row in WHOLE],
    "Series of lists": pd.Series(WHOLE.tolist()),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_numbers_in_any_form_give_the_same_bits(form):
    expected = RNNRegressor(**QUICK).fit(WHOLE.astype(float), TARGETS).predict(WHOLE.astype(float))
    model = RNNRegressor(**QUICK).fit(FORMS[form], TARGETS)
    np.testing.assert_array_equal(model.predict(FORMS[form]), expected)


def test_booleans_are_numbers():
    model = RNNRegressor(**QUICK).fit(WHOLE > 3, WHOLE[:, 0] > 3)
    expected = RNNRegressor(**QUICK).fit((WHOLE > 3) * 1.0, (WHOLE[:, 0] > 3) * 1.0)
    np.testing.assert_array_equal(model.predict(WHOLE > 3), expected.predict((WHOLE > 3) * 1.0))


@pytest.mark.parametrize(
    "y",
    [TARGETS.tolist(), pd.Series(TARGETS), pd.Series(TARGETS, dtype="Float64"), TARGETS.astype(object)],
    ids=["list", "Series", "nullable", "objects"],
)
def test_the_same_targets_in_any_form_give_the_same_bits(y):
    expected = RNNRegressor(**QUICK).fit(NUMBERS, TARGETS)
    np.testing.assert_array_equal(RNNRegressor(**QUICK).fit(NUMBERS, y).network_.theta, expected.network_.theta)


@pytest.mark.parametrize(
    "y",
    [LABELS.tolist(), pd.Series(LABELS), pd.Series(LABELS, dtype="category"), LABELS.astype(object)],
    ids=["list", "Series", "category", "objects"],
)
def test_the_same_labels_in_any_form_give_the_same_bits(y):
    expected = RNNClassifier(**QUICK).fit(NUMBERS, LABELS)
    model = RNNClassifier(**QUICK).fit(NUMBERS, y)
    assert model.classes_.tolist() == ["x", "y"]
    np.testing.assert_array_equal(model.network_.theta, expected.network_.theta)
    assert np.array_equal(model.predict(NUMBERS), expected.predict(NUMBERS))


# One epoch is too little, and a fit may say so.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(LABELS, dtype="string"),
        LABELS == "x",
        pd.Series(LABELS == "x", dtype="boolean"),
        pd.Series((LABELS == "x") * 1, dtype="Int64"),
        (LABELS == "x").astype(np.uint8),
        np.where(LABELS == "x", 1, -1),
        np.zeros(6, int),
    ],
    ids=["string", "bool", "boolean", "Int64", "uint8", "signs", "one class"],
)
def test_labels_of_any_type_come_back(labels, early_stopping):
    model = RNNClassifier(early_stopping=early_stopping, validation_fraction=0.3, **QUICK).fit(NUMBERS, labels)
    kinds = set(np.asarray(labels).tolist())
    assert set(model.classes_.tolist()) == kinds and set(model.predict(NUMBERS).tolist()) <= kinds
    assert model.predict_proba(NUMBERS).shape == (6, len(kinds))


def test_a_column_of_labels_is_raveled_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        model = RNNClassifier(**QUICK).fit(NUMBERS, LABELS[:, None])
    assert model.predict(NUMBERS).shape == (6,)


TOKENS = [["a", "cat"], ["the", "dog", "sat"], ["cat"], ["dog", "sat"]]


def test_tokens_are_one_hot_vectors():
    y = np.arange(4.0)
    model = RNNRegressor(categories="auto", dtype="float64", **QUICK).fit(TOKENS, y)
    assert model.categories_.tolist() == ["a", "cat", "dog", "sat", "the"]
    assert model.parameters_["weight_ih_l0"].shape == (3 * 2, 5)
    one_hot = [np.equal.outer(words, model.categories_).astype(float) for words in TOKENS]
    expected = RNNRegressor(standardize_inputs=False, dtype="float64", **QUICK).fit(one_hot, y)
    # float64, summed in another order.
    np.testing.assert_allclose(model.predict(TOKENS), expected.predict(one_hot), rtol=1e-12)


@pytest.mark.parametrize(
    "X",
    [np.array([[3, 1], [1, 5]]), [[3, 1], [1, 5]], pd.DataFrame({"first": [3, 1], "then": [1, 5]})],
    ids=["array", "lists", "frame"],
)
def test_tokens_may_be_integers_in_a_table(X):
    model = RNNClassifier(categories="auto", **QUICK).fit(X, [0, 1])
    assert model.categories_.tolist() == [1, 3, 5]
    # A batch of another length: tokens are no columns.
    assert model.predict([[1, 3, 5], [5, 5, 1]]).shape == (2,)


def test_given_categories_keep_their_order_and_may_not_occur():
    model = RNNRegressor(categories=["z", "b", "a"], **QUICK).fit([["a", "b"], ["b", "b"]], [0.0, 1.0])
    assert model.categories_.tolist() == ["z", "b", "a"]
    assert np.isfinite(model.predict([["z", "a", "z"]])[0])


def test_integers_are_never_taken_as_tokens_by_themselves():
    model = RNNRegressor(**QUICK).fit(WHOLE, TARGETS)
    assert not hasattr(model, "categories_") and model.parameters_["weight_ih_l0"].shape == (6, 1)


@pytest.mark.parametrize("X", [NUMBERS, CUBE, FRAME, list(CUBE)], ids=["2d", "3d", "frame", "lists"])
def test_nothing_that_is_passed_is_changed(X):
    y, weights = TARGETS.copy(), np.arange(6.0)
    before = copy.deepcopy((X, y, weights))
    for array in (X, y, weights):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    RNNRegressor(**QUICK).fit(X, y, sample_weight=weights).predict(X)
    for array in (X, y, weights):
        if isinstance(array, np.ndarray):
            array.flags.writeable = True
    for now, then in zip((X, y, weights), before, strict=True):
        np.testing.assert_array_equal(np.asarray(now), np.asarray(then))


def test_features_are_counted_and_named():
    assert RNNRegressor(**QUICK).fit(NUMBERS, TARGETS).n_features_in_ == 3
    assert RNNRegressor(**QUICK).fit(CUBE, TARGETS).n_features_in_ == 2
    assert RNNRegressor(**QUICK).fit(list(CUBE), TARGETS).n_features_in_ == 2
    model = RNNRegressor(**QUICK).fit(FRAME, TARGETS)
    assert model.feature_names_in_.tolist() == ["lag_3", "lag_2", "lag_1"]
    assert not hasattr(model.fit(CUBE, TARGETS), "feature_names_in_")


@pytest.mark.parametrize(
    "X", [[["1", "a"], [1, "a"]], [["a", "b"], [1, 2]], [["a", "b"], [1, 2, 3]]], ids=["rows", "samples", "ragged"]
)
def test_words_beside_numbers_are_refused_as_tokens(X):
    model = RNNClassifier(categories="auto", max_epochs=1)
    with pytest.raises(TypeError, match="tokens of one type"):
        model.fit(X * 4, ["x", "y"] * 4)
    given = RNNClassifier(categories=["a", "b", 1, 2, 3, "1"], max_epochs=1).fit(X * 4, ["x", "y"] * 4)
    assert given.categories_.tolist() == ["a", "b", 1, 2, 3, "1"]
