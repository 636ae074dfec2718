"""Sequences of labels drawn by classifiers: next tokens behind a beginning, and outputs of a decoder."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.exceptions import NotFittedError

from tsrnn.sequence import RNNClassifier
from tsrnn.sequence.sampling import _draw_codes

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK = {"hidden_size": 3, "max_epochs": 2, "random_state": 0}
WORDS = ["abc", "ab", "cab", "bcca", "a", "bb"]


def next_token_model(words=WORDS, **options):
    """Return a model of the next letter; "^" begins a word and "$" ends it."""
    X, y = [list("^" + word) for word in words], [list(word + "$") for word in words]
    return RNNClassifier(**{"categories": "auto"} | QUICK | options).fit(X, y)


def endless_model(**options):
    """Return a model of the next letter without an end token: all classes are tokens."""
    X = np.array([list("abcabc"), list("bcabca"), list("cabcab"), list("aacbba")])
    return RNNClassifier(categories="auto", **QUICK | options).fit(X[:, :-1], X[:, 1:])


def decoder_model(ends, **options):
    """Return an encoder-decoder, with an end token or without."""
    X = np.random.default_rng(0).normal(size=(8, 3))
    y = [list(word) for word in (WORDS + ["ca", "cc"])] if ends else np.resize(list("pqrpp"), (8, 4))
    return RNNClassifier(head="decoder", **QUICK | options).fit(X, y), X


# ------------------------------------------------------------------------------------------------- draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_labels_are_drawn_by_their_probabilities(rng, temperature):
    scores = np.array([[1.0, -2.0, 0.5, 0.0]], dtype=np.float32)
    drawn = _draw_codes(np.repeat(scores, 20_000, axis=0), rng.random(20_000), temperature)
    shares = np.bincount(drawn, minlength=4) / 20_000
    expected = softmax(scores[0].astype(float) / temperature)
    # Four standard errors of a share.
    assert np.all(np.abs(shares - expected) < 4 * np.sqrt(expected / 20_000))


@pytest.mark.parametrize("temperature", [1e-310, 1e-3, 1.0, 1e300])
@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-53])
def test_no_temperature_and_no_draw_is_out_of_range(temperature, uniform):
    scores = np.array([[-200.0, 5.0, 4.0], [3.0, -1e30, 3.0]])
    drawn = _draw_codes(scores, np.full(2, uniform), temperature)
    assert np.all((drawn >= 0) & (drawn < 3))
    if temperature < 1:
        assert drawn[0] == 1
    assert drawn[1] != 1 or temperature == 1e300


def chain_probabilities(model, beginning, drawn, temperature):
    """Probability of each drawn label and the end, by `predict_proba` of the whole sequences before them."""
    tokens, rows = list(beginning), []
    for _ in range(len(drawn) + 1):
        (steps,) = model.predict_proba([np.array(tokens)])
        rows.append(softmax(np.log(steps[-1]) / temperature))
        tokens += drawn[len(rows) - 1 : len(rows)].tolist()
    return np.array(rows)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("stack", [{}, {"num_layers": 3, "residual": True, "dilations": [1, 2, 3]}], ids=str)
def test_next_tokens_are_those_of_the_probabilities(cell, stack):
    """Replay the draws: with the same uniform numbers each label is the one that its probabilities give."""
    model = next_token_model(cell=cell, **stack)
    beginnings, temperature = [list("^"), list("^ab"), list("^c"), list("^bcca")] * 3, 0.7
    uniforms = np.random.default_rng(5).random((12, 5))
    words = model.sample(beginnings, temperature, random_state=5, max_length=5)
    for beginning, word, own in zip(beginnings, words, uniforms, strict=True):
        rows = chain_probabilities(model, beginning, word, temperature)
        replayed = [model.classes_[np.searchsorted(np.cumsum(row), u)] for row, u in zip(rows, own, strict=False)]
        assert replayed[: len(word)] == word.tolist()
        assert len(word) == 5 or replayed[len(word)] == "$"


def test_draws_do_not_depend_on_batch_composition():
    """The first sequences get the same uniform numbers, whatever comes behind them in the batch."""
    model = next_token_model()
    beginnings = [list("^a"), list("^"), list("^bc"), list("^abcabcabc")] * 10
    words = model.sample(beginnings, random_state=1, max_length=6)
    fewer = model.sample(beginnings[:3], random_state=1, max_length=6)
    assert [word.tolist() for word in words[:3]] == [word.tolist() for word in fewer]


@pytest.mark.parametrize("make", [next_token_model, endless_model])
def test_tokens_go_on_from_each_beginning(make):
    model = make()
    beginning = np.array([["a", "b"]] * 5)
    drawn = model.sample(beginning, random_state=0, max_length=7)
    if make is endless_model:
        assert drawn.shape == (5, 7)
        assert model.sample(beginning[:1]).shape == (1, 100)
    else:
        assert all(len(word) <= 7 for word in drawn)
    letters = np.concatenate(list(drawn))
    assert letters.dtype == model.classes_.dtype
    assert set(letters.tolist()) <= set(model.categories_.tolist()) & set(model.classes_.tolist())


@pytest.mark.slow
def test_a_trained_model_writes_what_it_has_read():
    words = ["red", "green", "blue", "black", "white"]
    model = next_token_model(words * 3, hidden_size=16, max_epochs=300)
    drawn = ["".join(word) for word in model.sample([["^"]] * 300, random_state=0)]
    # Each word comes in a fifth of the draws, up to four standard errors.
    for word in words:
        assert np.mean([other == word for other in drawn]) == pytest.approx(0.2, abs=0.1)
    cold = {"".join(word) for word in model.sample([["^", "g"]] * 20, temperature=1e-3, random_state=0)}
    assert cold == {"reen"}
    hot = ["".join(word) for word in model.sample([["^"]] * 300, temperature=3.0, random_state=0)]
    assert np.mean([word in words for word in hot]) < 0.7 * np.mean([word in words for word in drawn])


# ------------------------------------------------------------------------------------------------- decoders


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_cold_decoder_draws_what_it_predicts(ends, cell):
    model, X = decoder_model(ends, cell=cell, max_epochs=3, num_layers=2, bidirectional=True)
    drawn, predicted = model.sample(X, temperature=1e-6, random_state=0), model.predict(X)
    assert [steps.tolist() for steps in drawn] == [steps.tolist()[:4] for steps in predicted]  # the longest in the fit


def test_a_decoder_draws_sequences_with_an_end_or_of_one_length():
    model, X = decoder_model(ends=True)
    drawn = model.sample(np.tile(X, (5, 1)), temperature=2.0, random_state=0)
    assert len({len(steps) for steps in drawn}) > 2
    assert max(len(steps) for steps in drawn) <= 4  # the longest in the fit
    assert set(np.concatenate(drawn).tolist()) <= set("abc")
    assert max(len(steps) for steps in model.sample(np.tile(X, (5, 1)), 2.0, random_state=0, max_length=30)) > 4
    model, X = decoder_model(ends=False)
    assert model.sample(X, random_state=0).shape == (8, 4)
    assert model.sample(X, random_state=0, max_length=2).shape == (8, 2)


@pytest.mark.slow
def test_a_decoder_draws_by_the_share_of_what_it_has_read(rng):
    """One input, two outputs whose steps belong together."""
    X = np.zeros((400, 1))
    y = [list("ab") if number < 0.7 else list("cde") for number in rng.random(400)]
    model = RNNClassifier(8, head="decoder", max_epochs=60, random_state=0).fit(X, y)
    drawn = ["".join(word) for word in model.sample(np.zeros((500, 1)), random_state=0)]
    assert np.mean([word == "ab" for word in drawn]) == pytest.approx(0.7, abs=0.1)
    assert np.mean([word in ("ab", "cde") for word in drawn]) > 0.95


# ------------------------------------------------------------------------------------------------- arguments


def test_draws_repeat_and_global_state_stays():
    for model, X in ((next_token_model(), [["^"]] * 9), decoder_model(ends=True)):
        np.random.seed(5)  # noqa: NPY002  the global state is what must stay
        state = np.random.get_state()[1].copy()  # noqa: NPY002
        draw = lambda random_state: [steps.tolist() for steps in model.sample(X, 2.0, random_state)]  # noqa: B023, E731
        assert draw(1) == draw(1) != draw(2)
        generator = np.random.default_rng(0)
        assert draw(generator) != draw(generator)
        draw(None)
        np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize(("arguments", "message"), [
    ({"temperature": 0}, r"'temperature' parameter of RNNClassifier.sample must be a float in the range \(0.0, inf"),
    ({"temperature": -1.0}, "'temperature' parameter"),
    ({"temperature": np.nan}, "'temperature' parameter"),
    ({"temperature": np.inf}, "'temperature' parameter"),
    ({"temperature": "1"}, "'temperature' parameter"),
    ({"max_length": 0}, "'max_length' parameter of RNNClassifier.sample must be None or an int"),
    ({"max_length": 2.0}, "'max_length' parameter"),
    ({"random_state": -1}, "'random_state' parameter"),
])  # fmt: skip
def test_arguments_of_sample(arguments, message):
    with pytest.raises(ValueError, match=message):
        next_token_model().sample([["^"]], **arguments)


def test_beginnings_are_known_tokens():
    with pytest.raises(ValueError, match=r"unknown categories \['z'\] in X"):
        next_token_model().sample([["^", "z"]])


@pytest.mark.parametrize(("head", "options", "words"), [
    ("last", {}, "head='last'"), ("parallel", {}, "head='parallel'"),
    ("every", {"bidirectional": True}, "bidirectional=True"), ("every", {"categories": None}, "and numbers"),
])  # fmt: skip
def test_networks_that_cannot_go_on_are_refused(head, options, words):
    tokens = np.array([[0, 1, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2]])
    X, y = tokens[:, :-1], {"last": tokens[:, -1], "parallel": tokens[:, 1:], "every": tokens[:, 1:]}[head]
    model = RNNClassifier(head=head, **QUICK | {"categories": "auto"} | options).fit(X, y)
    with pytest.raises(ValueError, match=f"sample needs an encoder-decoder, or .* Got .*{words}"):
        model.sample(X)
    # As the error advises.
    assert RNNClassifier(head="decoder", **QUICK).fit(X, tokens[:, 1:]).sample(X).shape == (3, 3)
    model = RNNClassifier(categories="auto", bidirectional=False, **QUICK).fit(X, tokens[:, 1:])
    assert model.sample(X, max_length=5).shape == (3, 5)


def test_labels_that_are_no_tokens_are_refused():
    X = [list("^ab"), list("^ba"), list("^a")]
    tags = [list("PQR"), list("PRR"), list("PQ")]
    with pytest.raises(ValueError, match="3 of 3 classes_ are not among categories_: 'P', 'Q', 'R'. At most one"):
        RNNClassifier(categories="auto", **QUICK).fit(X, tags).sample(X)
    # A letter that only ends words.
    words = ["abz", "ba", "a"]
    with pytest.raises(ValueError, match=r"2 of 4 classes_ are not among categories_: '\$', 'z'"):
        RNNClassifier(categories="auto", **QUICK).fit(X, [list("abz"), list("ba$"), list("a$")]).sample(X)
    # As the error advises.
    model = next_token_model(words, categories=list("^abz"))
    assert len(model.sample([["^"]])) == 1


def test_the_end_token_is_the_label_that_is_no_token():
    """Labels of any type, and an end token that is not the last of the classes."""
    X = [[5, 2, 7], [5, 7], [5, 2, 2, 7]]
    y = [[2, 7, 0], [7, 0], [2, 2, 7, 0]]
    model = RNNClassifier(categories="auto", **QUICK).fit(X, y)
    assert (model.classes_.tolist(), model.categories_.tolist()) == ([0, 2, 7], [2, 5, 7])
    drawn = model.sample([[5]] * 40, random_state=0)
    # An untrained network draws the end token about every third time.
    assert all(set(steps.tolist()) <= {2, 7} for steps in drawn)
    assert 1 < np.mean([len(steps) for steps in drawn]) < 4


def test_sample_needs_a_fit():
    with pytest.raises(NotFittedError):
        RNNClassifier().sample([["a"]])
