"""Segments: several rows that a sequence estimator reads in one step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn.cells import CELLS
from tsrnn.plotting import StatesDisplay
from tsrnn.sequence import RNNClassifier, RNNRegressor
from tsrnn.sequence.segments import choose_segment_length, pad_first_segments

# One epoch is too little, and a fit may say so.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

QUICK = {"hidden_size": 3, "max_epochs": 1, "random_state": 0}


def by_hand(sequence, segment_length):
    """A sequence (n_steps, n_features) as steps of whole segments, zeros before it."""
    padding = -len(sequence) % segment_length
    padded = np.concatenate([np.zeros((padding, sequence.shape[1])), sequence])
    return padded.reshape(-1, segment_length * sequence.shape[1])


@pytest.mark.parametrize("head", ["last", "decoder", "parallel"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("segment_length", [2, 3, 8])
def test_a_segment_is_a_step_with_the_features_of_its_rows(rng, head, bidirectional, segment_length):
    X = [rng.normal(size=(n, 2)) for n in (7, 4, 6, 1, 5)]
    y = rng.normal(size=5) if head == "last" else rng.normal(size=(5, 2, 1))
    options = {**QUICK, "head": head, "bidirectional": bidirectional, "standardize_inputs": False}
    model = RNNRegressor(segment_length=segment_length, **options).fit(X, y)
    steps = [by_hand(sequence, segment_length) for sequence in X]
    reshaped = RNNRegressor(segment_length=1, **options).fit(steps, y)
    assert model.segment_length_ == segment_length
    assert model.network_.architecture.input_size == 2 * segment_length
    assert (model.input_size_, model.n_features_in_) == (2, 2)
    np.testing.assert_array_equal(model.network_.theta, reshaped.network_.theta)
    np.testing.assert_array_equal(model.predict(X), reshaped.predict(steps))


def test_standardization_comes_before_the_zeros(rng):
    X, y = 5.0 + 3.0 * rng.normal(size=(6, 5, 1)), np.array(list("ababab"))
    model = RNNClassifier(segment_length=2, **QUICK).fit(X, y)
    np.testing.assert_allclose(model.input_mean_, X.mean(axis=(0, 1)), rtol=1e-12)
    scaled = (X - model.input_mean_) / model.input_scale_
    steps = [by_hand(sequence, 2) for sequence in scaled]
    reshaped = RNNClassifier(standardize_inputs=False, **QUICK).fit(steps, y)
    np.testing.assert_array_equal(model.predict_proba(X), reshaped.predict_proba(steps))


@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), data=st.data())
def test_predictions_do_not_depend_on_batch_composition(lengths, data):
    rng = np.random.default_rng(0)
    model = RNNRegressor(segment_length=data.draw(st.integers(1, 4)), **QUICK)
    model.fit([rng.normal(size=(n, 1)) for n in (5, 3, 8)], rng.normal(size=3))
    X = [rng.normal(size=(n, 1)) for n in lengths]
    alone = np.array([model.predict([sequence])[0] for sequence in X])
    np.testing.assert_array_equal(model.predict(X), alone)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), segment_length=st.integers(1, 5))
def test_padding_keeps_every_row(lengths, segment_length):
    values = np.arange(1.0, sum(lengths) + 1)[:, None]
    lengths = np.array(lengths)
    padded, starts, n_segments = pad_first_segments(values, lengths, segment_length)
    ends = np.cumsum(lengths)
    for k, start in enumerate(starts):
        segments = padded[start : start + n_segments[k] * segment_length]
        expected = by_hand(values[ends[k] - lengths[k] : ends[k]], segment_length)
        np.testing.assert_array_equal(segments.reshape(expected.shape), expected)
    assert len(padded) == segment_length * n_segments.sum()


@pytest.mark.parametrize(
    ("length", "expected"), [(1, 1), (24, 1), (60, 1), (61, 3), (90, 3), (150, 5), (251, 9), (427, 15), (3000, 100)]
)
def test_auto_is_1_for_short_sequences_and_leaves_30_steps_of_long_ones(length, expected):
    assert choose_segment_length(np.full(5, length), np.ones(5)) == expected
    assert expected == 1 or -(-length // expected) <= 30


@given(lengths=st.lists(st.integers(1, 500), min_size=1, max_size=9), data=st.data())
def test_auto_takes_a_weight_for_a_repetition(lengths, data):
    weights = data.draw(st.lists(st.integers(0, 3), min_size=len(lengths), max_size=len(lengths)).filter(any))
    repeated = np.repeat(lengths, weights)
    expected = choose_segment_length(repeated, np.ones(len(repeated)))
    for size in (1.0, 1e-300, 1e307):
        assert choose_segment_length(np.array(lengths), size * np.array(weights, dtype=float)) == expected


def test_auto_is_resolved_from_the_samples_trained_on(rng):
    X = [rng.normal(size=(n, 1)) for n in (70, 70, 70, 2, 2, 2, 2)]
    assert RNNRegressor(**QUICK).fit(X, np.arange(7.0)).segment_length_ == 1
    assert RNNRegressor(**QUICK).fit(X, np.arange(7.0), sample_weight=[1, 1, 1, 0, 0, 0, 0]).segment_length_ == 3


@pytest.mark.parametrize("segment_length", ["auto", 1])
def test_tokens_and_outputs_per_step_are_read_row_by_row(rng, segment_length):
    X = rng.normal(size=(3, 70))
    per_step = RNNRegressor(segment_length=segment_length, head="every", **QUICK).fit(X, X)
    assert per_step.segment_length_ == 1 and per_step.predict(X).shape == X.shape
    words = np.resize(["a", "b", "c"], (3, 70))
    tokens = RNNClassifier(segment_length=segment_length, categories="auto", **QUICK).fit(words, [0, 1, 0])
    assert tokens.segment_length_ == 1 and tokens.network_.architecture.n_categories == (3,)


def test_a_segment_of_tokens_or_of_outputs_per_step_is_refused(rng):
    X = rng.normal(size=(3, 4))
    with pytest.raises(ValueError, match="segment_length=2 .* y has an output for every step. Set segment_length=1"):
        RNNRegressor(segment_length=2, head="every", **QUICK).fit(X, X)
    with pytest.raises(ValueError, match="segment_length=2 .* tokens are read one by one. Set segment_length=1 or"):
        RNNClassifier(segment_length=2, categories="auto", **QUICK).fit(np.round(X), [0, 1, 0])


def test_a_continued_fit_keeps_its_segments(rng):
    X, y = rng.normal(size=(4, 70)), rng.normal(size=4)
    model = RNNRegressor(warm_start=True, **QUICK).fit(X, y)
    # Sequences of another length are read in the same segments.
    assert model.fit(list(X[:, :10]), y).segment_length_ == 3
    with pytest.raises(ValueError, match="keeps its network, but segment_length was 'auto' and is now 2"):
        model.set_params(segment_length=2).fit(X, y)


def test_states_are_drawn_by_segments(rng):
    pytest.importorskip("matplotlib")
    model = RNNRegressor(**QUICK).fit(rng.normal(size=(4, 70)), rng.normal(size=4))
    assert StatesDisplay.from_estimator(model, rng.normal(size=(1, 70))).image_.get_array().shape == (3, 24)


def shifted_shapes(rng, n_samples, n_steps):
    """Noisy rectangles, rising and falling ramps, anywhere in a sequence; and which of them."""
    kinds = np.arange(n_samples) % 3
    X = 0.3 * rng.normal(size=(n_samples, n_steps))
    width = n_steps // 3
    ramp = np.linspace(0, 1, width)
    for row, kind in zip(X, kinds, strict=True):
        start = rng.integers(0, n_steps - width)
        row[start : start + width] += 2 * (np.ones(width), ramp, ramp[::-1])[kind]
    return X, kinds


@pytest.mark.slow
@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.n_gates > 1])
@pytest.mark.parametrize(("n_samples", "n_steps"), [(36, 251), (200, 427)])
def test_long_sequences_are_told_apart(rng, cell, n_samples, n_steps):
    X, y = shifted_shapes(rng, n_samples, n_steps)
    X_test, y_test = shifted_shapes(rng, 150, n_steps)
    model = RNNClassifier(cell=cell, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
    # Over five seeds from 0.87 to 1 with few samples, where chance is a third and the nearest neighbour at 0.84.
    assert model.score(X_test, y_test) > 0.85
