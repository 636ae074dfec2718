"""The sequence estimators: what each kind of network learns, and the shapes in which it answers."""

import naive
import numpy as np
import pytest

from tsrnn.cells import CELLS
from tsrnn.losses import LOSSES, Huber, Quantile
from tsrnn.losses.domains import REALS
from tsrnn.sequence import RNNClassifier, RNNRegressor

# Trains in a blink, for tests of all but what is learned: too little, and a fit says so.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = {"hidden_size": 3, "max_epochs": 2, "random_state": 0}
NUMBER_LOSSES = [name for name, loss in LOSSES.items() if not loss.takes_classes]


def oscillations(rng, n_samples, n_timesteps):
    """Solutions of s[t] = 1.6 s[t-1] - 0.9 s[t-2] from random beginnings, shape (n_samples, n_timesteps)."""
    steps = [rng.normal(size=n_samples), rng.normal(size=n_samples)]
    while len(steps) < n_timesteps:
        steps.append(1.6 * steps[-1] - 0.9 * steps[-2])
    return np.column_stack(steps)


def halves(*arrays):
    """Split samples into those to fit on and as many to test on."""
    half = len(arrays[0]) // 2
    return [part for array in arrays for part in (array[:half], array[half:])]


def random_words(rng, n_samples, longest):
    """Words over five letters, as lists of letters of different length."""
    lengths = rng.integers(1, longest, size=n_samples, endpoint=True)
    return [list(rng.choice(list("abcde"), size=length)) for length in lengths]


# ------------------------------------------------------------------------------------------- what is learned


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_many_to_one_learns_a_recurrence(rng, cell):
    steps = oscillations(rng, 600, 8)
    X, X_test, y, y_test = halves(steps[:, :-1], steps[:, -1])
    model = RNNRegressor(hidden_size=16, cell=cell, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.995


@pytest.mark.slow
def test_many_to_one_learns_several_outputs_at_once(rng):
    steps = oscillations(rng, 600, 8)
    X, X_test, y, y_test = halves(steps[:, :5], steps[:, 5:])
    model = RNNRegressor(hidden_size=16, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.995


@pytest.mark.slow
def test_one_output_per_step_learns_every_prefix(rng):
    steps = oscillations(rng, 600, 8)[:, :, None]
    X, X_test, y, y_test = halves(steps[:, :-1], steps[:, 1:])
    model = RNNRegressor(hidden_size=16, random_state=0).fit(X, y)
    # Two steps are random, and from then on the next one follows.
    error = np.abs(model.predict(X_test) - y_test)[:, 1:]
    assert error.mean() < 0.05 * np.abs(y_test).mean()


@pytest.mark.slow
def test_encoder_decoder_learns_a_horizon(rng):
    steps = oscillations(rng, 600, 8)[:, :, None]
    X, X_test, y, y_test = halves(steps[:, :5], steps[:, 5:])
    model = RNNRegressor(hidden_size=16, random_state=0).fit(X, y)
    assert model.network_.architecture.head_name == "decoder"
    assert model.score(X_test, y_test) > 0.99


@pytest.mark.slow
def test_one_to_many_learns_a_curve(rng):
    speed = rng.uniform(0.2, 1.0, size=(600, 1))
    curves = np.sin(speed * np.arange(10))[:, :, None]
    X, X_test, y, y_test = halves(speed, curves)
    model = RNNRegressor(random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.99


@pytest.mark.slow
def test_a_label_per_sequence_is_learned(rng):
    X, X_test = halves(rng.normal(size=(800, 10)))
    y, y_test = (np.where(part.sum(axis=1) > 0, "up", "down") for part in (X, X_test))
    model = RNNClassifier(hidden_size=16, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.95


@pytest.mark.slow
def test_a_label_per_step_is_learned_from_what_came_before(rng):
    X, X_test = halves(rng.normal(size=(800, 10)))
    y, y_test = (np.where(np.cumsum(part, axis=1) > 0, "up", "down") for part in (X, X_test))
    model = RNNClassifier(hidden_size=16, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.95


@pytest.mark.slow
def test_a_bidirectional_tagger_sees_the_next_token(rng):
    X, X_test = halves(random_words(rng, 600, 6))
    # The tag of a letter is the letter after it, or "." at the end.
    y, y_test = ([[*word[1:], "."] for word in part] for part in (X, X_test))
    model = RNNClassifier(hidden_size=16, bidirectional=True, categories="auto", random_state=0).fit(X, y)
    assert model.score(X_test, y_test) > 0.99
    assert [list(tags) for tags in model.predict(X_test[:20])] == y_test[:20]


@pytest.mark.slow
def test_a_decoder_reverses_words_and_knows_when_to_end(rng):
    X, X_test = halves(random_words(rng, 1200, 4))
    y, y_test = ([word[::-1] for word in part] for part in (X, X_test))
    model = RNNClassifier(hidden_size=48, head="decoder", categories="auto", random_state=0).fit(X, y)
    predicted = [list(word) for word in model.predict(X_test)]
    assert np.mean([word == truth for word, truth in zip(predicted, y_test, strict=True)]) > 0.98
    assert model.score(X_test, y_test) > 0.98


@pytest.mark.slow
def test_a_decoder_spells_numbers_out(rng):
    X = rng.integers(0, 4, size=(600, 1))
    spelling = [["z", "e", "r", "o"], ["o", "n", "e"], ["t", "w", "o"], ["t", "h", "r", "e", "e"]]
    y = [spelling[number] for number in X[:, 0]]
    model = RNNClassifier(hidden_size=16, categories="auto", max_epochs=30, random_state=0).fit(X, y)
    assert ["".join(word) for word in model.predict([[0], [1], [2], [3]])] == ["zero", "one", "two", "three"]


@pytest.mark.slow
def test_quantiles_cover_what_they_say_and_ascend(rng):
    X = rng.normal(size=(2000, 3))
    y = X[:, -1] + rng.normal(size=2000)
    model = RNNRegressor(8, loss=Quantile([0.1, 0.5, 0.9]), max_epochs=30, random_state=0).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == (2000, 3)
    assert np.all(np.diff(predicted, axis=1) >= 0)
    # Three standard errors of a share of 2000 samples.
    np.testing.assert_allclose(np.mean(y[:, None] <= predicted, axis=0), [0.1, 0.5, 0.9], atol=0.034)


@pytest.mark.slow
@pytest.mark.parametrize("loss", [*(name for name in NUMBER_LOSSES if LOSSES[name].domain is REALS), Huber(0.3)])
def test_every_loss_trains(rng, loss):
    steps = oscillations(rng, 300, 6)
    model = RNNRegressor(16, loss=loss, max_epochs=50, random_state=0).fit(steps[:, :-1], steps[:, -1])
    assert model.score(steps[:, :-1], steps[:, -1]) > 0.99
    assert model.history_["loss"].iloc[-1] < 0.2 * model.history_["loss"].iloc[0]


# --------------------------------------------------------------------------------------------------- shapes

X_2D, X_3D, X_LISTS = (5, 4), (5, 4, 2), [3, 1, 4, 2, 4]


def make_inputs(rng, shape):
    """An array of a shape, or a list of arrays of given lengths and two columns."""
    return rng.normal(size=shape) if isinstance(shape, tuple) else [rng.normal(size=(n, 2)) for n in shape]


@pytest.mark.parametrize("inputs", [X_2D, X_3D, X_LISTS], ids=["2d", "3d", "lists"])
@pytest.mark.parametrize(
    ("shape", "head"),
    [((5,), "last"), ((5, 1), "last"), ((5, 3), "last"), ((5, 3, 2), "decoder"), ((5, 6, 1), "decoder")],
)
def test_predictions_have_the_shape_of_the_targets(rng, inputs, shape, head):
    X = make_inputs(rng, inputs)
    model = RNNRegressor(**QUICK).fit(X, rng.normal(size=shape))
    assert model.network_.architecture.head_name == head
    assert model.n_outputs_ == (1 if len(shape) == 1 else shape[-1])
    predicted = model.predict(X)
    assert predicted.shape == shape and predicted.dtype == np.float64
    assert model.predict(X[:2]).shape == (2, *shape[1:])


@pytest.mark.parametrize("inputs", [X_2D, X_3D], ids=["2d", "3d"])
def test_predictions_per_step_have_the_shape_of_the_targets(rng, inputs):
    X = rng.normal(size=inputs)
    model = RNNRegressor(**QUICK).fit(X, rng.normal(size=(5, 4, 3)))
    assert model.network_.architecture.head_name == "every"
    assert model.predict(X).shape == (5, 4, 3)


@pytest.mark.parametrize("n_outputs", [None, 3])
def test_predictions_per_step_of_lists_are_lists(rng, n_outputs):
    X = make_inputs(rng, X_LISTS)
    y = [rng.normal(size=n if n_outputs is None else (n, n_outputs)) for n in X_LISTS]
    model = RNNRegressor(**QUICK).fit(X, y)
    assert model.network_.architecture.head_name == "every"
    assert [steps.shape for steps in model.predict(X)] == [steps.shape for steps in y]
    assert np.isfinite(model.score(X, y))


@pytest.mark.slow
def test_a_parallel_decoder_learns_curves_that_belong_to_one_value(rng):
    X = rng.uniform(-1, 1, size=(200, 1, 1))
    y = np.cos(2 * X + np.arange(6)[None, :, None])
    model = RNNRegressor(hidden_size=24, head="parallel", max_epochs=60, learning_rate=1e-2, random_state=0)
    model.fit(X[:150], y[:150])
    assert model.network_.architecture.decoder_steps == 6
    # One to many, and no step reads another: a linear readout of the value alone would explain about half of it.
    assert model.score(X[150:], y[150:]) > 0.98
    quantiles = RNNRegressor(head="parallel", loss=Quantile([0.1, 0.9]), **QUICK).fit(X, y)
    assert quantiles.predict(X).shape == (200, 6, 1, 2)
    with pytest.raises(ValueError, match="output_steps was 6 and is now 7"):
        model.set_params(warm_start=True).fit(X, np.repeat(y, 2, axis=1)[:, :7])


@pytest.mark.parametrize("head", ["every", "decoder", "parallel"])
def test_head_reads_a_table_as_sequences(rng, head):
    X = rng.normal(size=(5, 4))
    model = RNNRegressor(head=head, **QUICK).fit(X, rng.normal(size=(5, 4)))
    assert model.network_.architecture.head_name == head
    assert model.n_outputs_ == 1
    assert model.predict(X).shape == (5, 4)


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 4, 1), (5, 4, 3)])
def test_several_quantiles_are_a_last_axis(rng, shape):
    X, y = rng.normal(size=(5, 4)), rng.normal(size=shape)
    model = RNNRegressor(loss=Quantile([0.2, 0.8]), **QUICK).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == (*shape, 2)
    assert np.all(predicted[..., 0] <= predicted[..., 1])
    with pytest.raises(ValueError, match="score needs one prediction per target"):
        model.score(X, y)


@pytest.mark.parametrize(("loss", "axis"), [(Quantile(0.2), ()), (Quantile([0.2, 0.8]), (2,)), ("student_t", ())])
def test_a_decoder_takes_losses_of_several_outputs(rng, loss, axis):
    X, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 2, 3))
    model = RNNRegressor(loss=loss, **QUICK).fit(X, y)
    assert model.network_.architecture.fed_size == 3
    assert model.predict(X).shape == (*y.shape, *axis)


@pytest.mark.parametrize(("shape", "head"), [((6,), "last"), ((6, 4), "every"), ((6, 3), "decoder")])
def test_labels_have_the_shape_of_the_targets(rng, shape, head):
    X = rng.normal(size=(6, 4, 2))
    y = np.resize(np.array(["x", "y", "z"]), shape)
    model = RNNClassifier(**QUICK).fit(X, y)
    assert model.network_.architecture.head_name == head
    assert model.predict(X).shape == shape
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (*shape, 3)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1.0, rtol=1e-12)
    if head != "decoder":
        assert np.array_equal(model.classes_[probabilities.argmax(axis=-1)], model.predict(X))


@pytest.mark.parametrize("lengths", [X_LISTS, [2, 3, 1, 5, 2]], ids=["tagger", "decoder"])
def test_labels_of_lists_are_lists(rng, lengths):
    X = make_inputs(rng, X_LISTS)
    y = [list("pqrst"[:n]) for n in lengths]
    model = RNNClassifier(**QUICK).fit(X, y)
    labels, probabilities = model.predict(X), model.predict_proba(X)
    assert [len(steps) for steps in labels] == [len(steps) for steps in probabilities]
    if lengths == X_LISTS:
        assert [len(steps) for steps in labels] == lengths
    for steps, chances in zip(labels, probabilities, strict=True):
        assert chances.shape == (len(steps), len(model.classes_))
        assert np.array_equal(model.classes_[chances.argmax(axis=1)], steps)
        np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"], [False, True], [2.0, 7.0]])
def test_labels_may_be_of_any_type(rng, labels):
    y = np.array(labels)[[0, 1, 1, 0, 1]]
    model = RNNClassifier(**QUICK).fit(rng.normal(size=(5, 4)), y)
    assert np.array_equal(model.classes_, labels)
    assert model.predict(rng.normal(size=(3, 4))).dtype == y.dtype


def test_arrays_of_another_length_and_lists_may_follow_an_array(rng):
    model = RNNRegressor(**QUICK).fit(rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 4, 1)))
    longer = rng.normal(size=(3, 7, 2))
    predicted = model.predict(longer)
    assert predicted.shape == (3, 7, 1)
    # Each prefix is a sequence of its own, to the last bit.
    np.testing.assert_array_equal(model.predict(longer[:, :2]), predicted[:, :2])
    for steps, whole in zip(model.predict([longer[0], longer[1, :3]]), predicted, strict=False):
        np.testing.assert_array_equal(steps, whole[: len(steps)])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_same_sequences_as_list_and_as_array_give_the_same_bits(rng, bidirectional):
    X, y = rng.normal(size=(6, 4, 2)), rng.normal(size=6)
    dense = RNNRegressor(bidirectional=bidirectional, **QUICK).fit(X, y)
    listed = RNNRegressor(bidirectional=bidirectional, **QUICK).fit(list(X), y)
    np.testing.assert_array_equal(listed.network_.theta, dense.network_.theta)
    np.testing.assert_array_equal(listed.predict(list(X)), dense.predict(X))
    # Neither do neighbours of another length change a sequence.
    alone = listed.predict([X[0], X[1, :2], X[2, :3]])
    np.testing.assert_array_equal(alone[0], dense.predict(X)[0])
    np.testing.assert_array_equal(alone[1:2], dense.predict(X[1:2, :2]))


# ------------------------------------------------------------------------------------- scales and parameters


def test_scales_are_those_of_the_data_and_pass_through(rng):
    X, y = 5.0 + 3.0 * rng.normal(size=(40, 4, 2)), -1e6 + 1e3 * rng.normal(size=(40, 2))
    model = RNNRegressor(**QUICK).fit(X, y)
    np.testing.assert_allclose(model.input_mean_, X.mean(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(model.input_scale_, X.std(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(model.target_mean_, y.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(model.target_scale_, y.std(axis=0), rtol=1e-12)
    # Powers of two scale without rounding, so that the network sees the same bits.
    moved = RNNRegressor(**QUICK).fit(X * 2.0**40, y * 2.0**-60)
    np.testing.assert_array_equal(moved.predict(X * 2.0**40), model.predict(X) * 2.0**-60)


def test_scales_leave_out_what_is_held_out_or_weighs_nothing(rng):
    X, y = rng.normal(size=(30, 4)), rng.normal(size=30)
    weights = rng.integers(0, 3, size=30).astype(float)
    model = RNNRegressor(**QUICK).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(model.target_mean_, np.average(y, weights=weights), rtol=1e-12)
    X[weights == 0], y[weights == 0] = 1e9, -1e9
    np.testing.assert_array_equal(
        RNNRegressor(**QUICK).fit(X, y, sample_weight=weights).target_mean_, model.target_mean_
    )
    held_out = RNNRegressor(early_stopping=True, validation_fraction=0.5, **QUICK).fit(X, y)
    assert held_out.target_mean_ != RNNRegressor(**QUICK).fit(X, y).target_mean_


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12, 1e200])
def test_numbers_of_any_size_are_predicted(rng, size):
    X, y = size * rng.normal(size=(20, 3)), size * rng.normal(size=20)
    predicted = RNNRegressor(**QUICK).fit(X, y).predict(X)
    expected = RNNRegressor(**QUICK).fit(X / size, y / size).predict(X / size)
    # Scaling by other than powers of two rounds in float64, and may then round otherwise in float32.
    np.testing.assert_allclose(predicted / size, expected, rtol=1e-4)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e12, -1e-12])
def test_constant_features_and_targets_are_no_trouble(rng, constant):
    X = rng.normal(size=(20, 3, 2))
    X[:, :, 1] = constant
    model = RNNRegressor(**QUICK).fit(X, np.full(20, constant))
    assert model.input_scale_[1] == model.target_scale_[0] == 1.0
    assert model.input_mean_[1] == model.target_mean_[0] == constant
    assert np.all(np.isfinite(model.predict(X)))


def test_without_standardization_the_network_sees_the_numbers_as_they_are(rng):
    X, y = rng.normal(size=(6, 4, 2)), rng.normal(size=(6, 1))
    model = RNNRegressor(standardize_inputs=False, standardize_targets=False, **QUICK).fit(X, y)
    assert np.array_equal(model.input_mean_, [0.0, 0.0]) and np.array_equal(model.input_scale_, [1.0, 1.0])
    config = {"cell": "gru", "hidden_size": 3, "num_layers": 1, "bidirectional": False, "head": "last"}
    expected = [naive.forward(config, model.parameters_, sequence)[0] for sequence in X]
    # float32 against float64, some tens of operations.
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5, atol=1e-6)


def test_too_large_without_standardization_is_refused(rng):
    X = rng.normal(size=(6, 4)) * 1e39
    with pytest.raises(ValueError, match="too large for float32: standardize them, or set dtype='float64'"):
        RNNRegressor(standardize_inputs=False, **QUICK).fit(X, X[:, 0])


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_parameters_load_into_pytorch_and_predict_the_same(rng, cell):
    torch = pytest.importorskip("torch")
    X, y = rng.normal(size=(20, 5, 2)), rng.normal(size=(20, 3))
    model = RNNRegressor(
        4, cell=cell.lower(), num_layers=2, bidirectional=True, max_epochs=3, standardize_inputs=False,
        standardize_targets=False, random_state=0,
    ).fit(X, y)  # fmt: skip
    recurrent = getattr(torch.nn, cell)(2, 4, num_layers=2, bidirectional=True, batch_first=True)
    readout = torch.nn.Linear(8, 3)
    state = {name: torch.from_numpy(np.array(values)) for name, values in model.parameters_.items()}
    readout.load_state_dict({name: state.pop(f"readout.{name}") for name in ("weight", "bias")})
    recurrent.load_state_dict(state)
    with torch.no_grad():
        outputs, final = recurrent(torch.from_numpy(X).float())
        final = final[0] if cell == "LSTM" else final
        expected = readout(torch.cat([final[-2], final[-1]], dim=1)).numpy()
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5, atol=1e-6)


def test_parameters_are_views_and_their_number_does_not_depend_on_the_length(rng):
    short, long = (RNNRegressor(**QUICK).fit(rng.normal(size=(6, n, 1)), rng.normal(size=6)) for n in (2, 9))
    assert short.n_parameters_ == long.n_parameters_ == sum(v.size for v in short.parameters_.values())
    for name, values in short.parameters_.items():
        values[...] = long.parameters_[name]
    np.testing.assert_array_equal(short.network_.theta, long.network_.theta)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_that_of_the_parameters(rng, dtype):
    model = RNNClassifier(dtype=dtype, **QUICK).fit(rng.normal(size=(6, 3)), [0, 1, 0, 1, 0, 1])
    assert {values.dtype for values in model.parameters_.values()} == {np.dtype(dtype)}
    assert model.predict_proba(rng.normal(size=(2, 3))).dtype == np.float64
