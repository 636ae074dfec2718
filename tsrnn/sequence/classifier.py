"""A recurrent network that predicts labels from sequences."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import Auto, Cell, Head, Precision, Predictions, RandomState, Schedule, SequenceData
from tsrnn.losses import get_loss
from tsrnn.sequence.base import SequenceEstimator
from tsrnn.sequence.constraints import check_arguments
from tsrnn.sequence.inputs import locate, read_inputs, starts_of
from tsrnn.sequence.sampling import continue_codes, sample_output_codes
from tsrnn.sequence.targets import read_labels
from tsrnn.validation import check_sample_weight, make_generator

MAX_LENGTH = 100  # Most labels that are drawn behind a beginning


class RNNClassifier(ClassifierMixin, SequenceEstimator):
    """Recurrent neural network whose samples are sequences and whose targets are labels.

    The shapes of `X` and `y` tell the kind of network:

    =============================  =====================================================================
    `y`                            network
    =============================  =====================================================================
    ``(n_samples,)``               many-to-one: a label per sequence
    ``(n_samples, n_timesteps)``   many-to-many: a label for every step of the sequence, as in tagging
    ``(n_samples, s)``, other s    encoder-decoder: a sequence of labels of its own, of s steps;
                                   one-to-many if the sequences of `X` have one step
    lists that differ in length    the last two, for sequences that differ in length
    =============================  =====================================================================

    `X` is as in `RNNRegressor`: ``(n_samples, n_timesteps)``, ``(n_samples, n_timesteps, n_features)``, or a
    list of arrays, one per sequence; of numbers, or of tokens with `categories`.

    A decoder begins with a start token, a zero vector, and is fed with its own most likely label, in training
    with the true one. If the sequences in `y` differ in length, or come as a list of arrays, an end token closes
    each of them, so that the decoder learns when to end. Predictions come without the two tokens.

    Parameters
    ----------
    hidden_size : int, default=32
        Units of each recurrent layer, in each direction.
    cell : {"rnn", "lstm", "gru"}, default="gru"
        Elman's cell with tanh, long short-term memory, or gated recurrent unit.
    num_layers : int, default=1
        Recurrent layers on top of each other.
    bidirectional : bool, default=False
        Whether a second set of layers reads the sequences from their end.
    dropout : float, default=0.0
        Probability, in [0, 1), of dropping an output of a layer below another one in training.
    residual : bool, default=False
        Whether each layer above the first adds its input to its output. PyTorch's layers do not.
    dilations : list of int or None, default=None
        For each layer, the number of steps back to the state that a step goes on from, as [1, 2, 4]; None for 1.
    head : {"auto", "last", "every", "decoder", "parallel"}, default="auto"
        Kind of output: one label per sequence, one per step, or a sequence of its own, the steps of which are
        read one after the other ("decoder") or none of them by another ("parallel"). "auto" tells it from the
        shapes; "decoder" is needed where output sequences happen to be as long as the inputs.
    categories : None, "auto" or array-like, default=None
        None reads `X` as numbers. Otherwise its steps are tokens (words, codes, any values that can be
        hashed), which act as one-hot vectors without taking their memory. "auto" learns them in `fit`; a list
        fixes them.
    segment_length : int or "auto", default="auto"
        Rows of `X` that the network reads in one step, side by side: long sequences take fewer steps, over which
        gradients reach further. Zeros (the mean, if inputs are standardized) complete the first segment of a sequence.
        "auto": 1 where the median length is up to 60 rows, otherwise so many that a sequence of median length has
        at most 30 steps. Tokens and targets with an output for every step allow 1 only.
    learning_rate : float, default=0.01
        Rate of the Adam optimizer.
    schedule : {"constant", "cosine", "one_cycle"}, default="cosine"
        Course of the rate over `max_epochs`.
    weight_decay : float, default=0.0
        Decoupled weight decay, as in AdamW.
    batch_size : int, default=32
        Sequences per step of the optimizer.
    max_epochs : int or "auto", default="auto"
        Passes over the samples. "auto": 100, and with few samples as many as make 1,500 minibatches.
    clip_norm : float or None, default=1.0
        Largest norm of a gradient; None for no limit.
    early_stopping : bool, default=False
        Whether to hold out samples, to stop when their loss does not improve, and to keep the weights that
        were best for them.
    validation_fraction : float, default=0.1
        Share of the samples to hold out, drawn at random.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without improvement after which early stopping ends the training, counted from the first epoch on whose
        training loss is 5 % below that of the initial weights. "auto": 10, and with few samples as many as make 300
        minibatches.
    tol : float, default=0.0
        By how much the loss must fall to count as improvement.
    standardize_inputs : bool, default=True
        Whether to subtract the mean and divide by the standard deviation of each feature, over all samples
        and steps. Learned at the first fit from the samples trained on, and kept when a fit is continued.
    warm_start : bool, default=False
        Whether `fit` goes on with the network that there is.
    random_state : int, RandomState, Generator or None, default=None
        Seed of initial weights, held-out samples, order and dropout. A seed gives the same bits with any
        `n_jobs`.
    n_jobs : int or None, default=None
        Threads; None for as many as the work is worth, -1 for all.
    dtype : {"float32", "float64"}, default="float32"
        Precision of the network.
    verbose : int, default=0
        Above 0, shows the progress: a bar with tqdm (extra ``progress``), without it lines on stderr.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Columns of a two-dimensional `X` of numbers; otherwise features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if `X` was a frame with names.
    parameters_ : dict of str to ndarray
        Weights and biases under PyTorch's names, in its shapes and gate order.
    n_parameters_ : int
        Number of them.
    history_ : DataFrame
        One row per epoch: epoch, loss (cross-entropy in nats), validation_loss (NaN without early stopping),
        learning_rate, seconds. It goes on over fits that are continued.
    n_iter_ : int
        Epochs trained, those of earlier fits that were continued included.
    best_epoch_ : int
        Epoch in `history_` whose weights were kept; 0 for the initial ones.
    segment_length_ : int
        Rows of `X` that the network reads in one step.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        Mean and scale that standardize the inputs; absent for tokens.
    categories_ : ndarray of shape (n_categories,)
        The tokens, if `categories` is given.
    network_ : tsrnn.network.Network
        The network, on standardized numbers.

    See Also
    --------
    RNNRegressor : The same for numbers.

    Examples
    --------
    >>> from tsrnn.sequence import RNNClassifier
    >>> sentences = [["a", "fine", "day"], ["what", "a", "day"], ["a", "bad", "day"], ["bad", "weather"]]
    >>> tags = [["DET", "ADJ", "N"], ["PRON", "DET", "N"], ["DET", "ADJ", "N"], ["ADJ", "N"]]
    >>> tagger = RNNClassifier(categories="auto", random_state=0).fit(sentences, tags)
    >>> [steps.tolist() for steps in tagger.predict([["bad", "day"], ["a", "fine", "day"]])]
    [['ADJ', 'N'], ['DET', 'ADJ', 'N']]
    """

    classes_: NDArray

    def __init__(
        self,
        hidden_size: int = 32,
        *,
        cell: Cell = "gru",
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        residual: bool = False,
        dilations: Sequence[int] | None = None,
        head: Head | Auto = "auto",
        categories: ArrayLike | Auto | None = None,
        segment_length: int | Auto = "auto",
        learning_rate: float = 0.01,
        schedule: Schedule = "cosine",
        weight_decay: float = 0.0,
        batch_size: int = 32,
        max_epochs: int | Auto = "auto",
        clip_norm: float | None = 1.0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int | Auto = "auto",
        tol: float = 0.0,
        standardize_inputs: bool = True,
        warm_start: bool = False,
        random_state: RandomState = None,
        n_jobs: int | None = None,
        dtype: Precision = "float32",
        verbose: int = 0,
    ) -> None:
        self.hidden_size = hidden_size
        self.cell = cell
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.residual = residual
        self.dilations = dilations
        self.head = head
        self.categories = categories
        self.segment_length = segment_length
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.clip_norm = clip_norm
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.standardize_inputs = standardize_inputs
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.verbose = verbose

    def partial_fit(
        self,
        X: SequenceData,
        y: SequenceData,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> "RNNClassifier":
        """Train for one pass over the samples, going on where the last call has stopped.

        The first call makes the network and learns means and scales; the optimizer's memory is kept between
        calls.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `fit`; after the first call with the same features.
        y : array-like or list of array-like
            As in `fit`; after the first call for the same kind of network.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        self : RNNClassifier
        """
        self._refuse_early_stopping()
        resumes = hasattr(self, "network_")
        if classes is None and not resumes:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        known = {} if classes is None else {"classes_": np.unique(classes)}
        if resumes and known and not np.array_equal(known["classes_"], self.classes_):
            raise ValueError(f"classes={classes!r} is not the same as on the first call: {self.classes_!r}.")
        return self._learn(X, y, sample_weight, resumes=resumes, one_pass=True, **known)

    def predict(self, X: SequenceData) -> Predictions:
        """Predict the most likely labels.

        Parameters
        ----------
        X : array-like or list of array-like
            Sequences, in one of the forms that the class describes. Their length may be another than in
            `fit`, except for two-dimensional arrays of numbers, whose columns must be the same.

        Returns
        -------
        ndarray, or list of ndarray
            In the shape of `y` in `fit`. Labels per step are a list of arrays if `X` is a list of sequences;
            so are those of a decoder that has learned when to end. A decoder chooses greedily, step by step.
        """
        outputs, inputs = self._outputs(X)
        codes = outputs.argmax(axis=-1)
        if self._kind.ends:
            return [self.classes_[steps] for steps in self._until_end(codes, codes)]
        return self._in_form(self.classes_[codes], inputs)

    def predict_proba(self, X: SequenceData) -> Predictions:
        """Predict probabilities of the labels.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, output_steps, n_classes), float64, or list of
        ndarray
            In the order of `classes_`. With an output sequence per sample, a list of arrays (output_steps,
            n_classes) where `predict` gives a list. A decoder's are those given the labels that it has chosen
            before, and that the sequence goes on.
        """
        outputs, inputs = self._outputs(X)
        probabilities = softmax(outputs[..., : len(self.classes_)].astype(np.float64), axis=-1)
        if self._kind.ends:
            return self._until_end(probabilities, outputs.argmax(axis=-1))
        return self._in_form(probabilities, inputs)

    def score(self, X: SequenceData, y: SequenceData, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of labels that are right.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `predict`.
        y : array-like or list of array-like
            As in `fit`. With a label per step, steps are counted; one that only one of both sequences has is wrong.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        float
        """
        predicted = self.predict(X)
        if self._kind.head == "last":
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        targets = self._read_truth(X, y)
        truth = np.split(targets.values, targets.starts[1:])
        right = [np.sum(p[: len(t)] == t[: len(p)]) for p, t in zip(predicted, truth, strict=True)]
        steps = [max(len(p), len(t)) for p, t in zip(predicted, truth, strict=True)]
        weights = check_sample_weight(sample_weight, len(truth))
        weights = np.ones(len(truth)) if weights is None else weights
        return float(weights @ right / (weights @ steps))

    def sample(
        self, X: SequenceData, temperature: float = 1.0, random_state: RandomState = None, max_length: int | None = None
    ) -> Predictions:
        """Draw sequences of labels, each label by its probability given those drawn before it.

        A network with an output for every step, fitted to the next token of each step, goes on from each sequence of
        `X`: it reads what it has drawn as the next token. A label that is no token, at most one, is its end token. A
        decoder draws an output sequence for each sequence of `X`, up to its end token if it has learned when to end.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `predict`: beginnings, or the sequences that the encoder reads. Repeat one for several draws.
        temperature : float, default=1.0
            Divisor of the scores before the softmax: below 1 likely labels become more likely, above 1 all become more
            alike. Towards 0 the most likely label is drawn.
        random_state : int, RandomState, Generator or None, default=None
            Source of the draws; an int gives the same ones at every call.
        max_length : int or None, default=None
            Most labels of a sequence. None for 100 or, of a decoder, for those of the longest sequence in `fit`.

        Returns
        -------
        list of ndarray, or ndarray of shape (n_samples, max_length)
            The labels drawn, without the beginnings and the end token: a list if there is one.

        Raises
        ------
        ValueError
            If the network has another head, or labels that it cannot read as tokens.

        Examples
        --------
        >>> from tsrnn.sequence import RNNClassifier
        >>> words = ["cat", "dog", "bird"]
        >>> X, y = [list("^" + word) for word in words], [list(word + "$") for word in words]
        >>> model = RNNClassifier(hidden_size=8, categories="auto", random_state=0).fit(X, y)
        >>> ["".join(word) for word in model.sample([["^", "d"], ["^", "b"]], temperature=0.1, random_state=0)]
        ['og', 'ird']
        """
        check_is_fitted(self)
        check_arguments(
            "RNNClassifier.sample", temperature=temperature, random_state=random_state, max_length=max_length
        )
        inputs, decodes, rng = (
            read_inputs(self, X, reset=False),
            self._kind.head == "decoder",
            make_generator(random_state),
        )
        if max_length is None:
            max_length = self._kind.output_steps if decodes else MAX_LENGTH
        shape = len(inputs.lengths), max_length
        if decodes:
            end = len(self.classes_) if self._kind.ends else -1
            sequences = self._make_sequences(inputs)
            codes = sample_output_codes(self.network_, sequences, rng.random(shape), temperature, end)
        else:
            tokens = self._classes_as_tokens()
            end = int(np.argmin(tokens)) if tokens.min() < 0 else -1
            codes = continue_codes(self.network_, inputs, rng.random(shape), temperature, end, tokens)
        return self.classes_[codes] if end < 0 else [self.classes_[steps] for steps in _until(end, codes, codes)]

    def _classes_as_tokens(self):
        """Return the code of each class as a token, -1 for the end token, or refuse other networks than of tokens."""
        head, bidirectional = self._kind.head, self.network_.architecture.bidirectional
        if head != "every" or bidirectional or not hasattr(self, "categories_"):
            raise ValueError(
                "sample needs an encoder-decoder, or a network that reads tokens forwards and gives the next one at "
                f"each step. Got head={head!r}, bidirectional={bidirectional} and "
                f"{'tokens' if hasattr(self, 'categories_') else 'numbers'}. Fit with output sequences and "
                "head='decoder', or with categories='auto', bidirectional=False, and for y the tokens one step later."
            )
        tokens = pd.Index(self.categories_).get_indexer(self.classes_)
        others = self.classes_[tokens < 0]
        if len(others) > 1:
            raise ValueError(
                f"sample reads the labels that it draws as tokens, but {len(others)} of {len(self.classes_)} classes_ "
                f"are not among categories_: {', '.join(map(repr, others[:5].tolist()))}"
                f"{', ...' if len(others) > 5 else ''}. At most one, the end token, may be missing: fit with "
                "the tokens of X one step later as y, and with categories=[...] that hold all others."
            )
        return tokens

    def _until_end(self, sequences, codes):
        """Cut each sequence where the codes have the first end token."""
        return _until(len(self.classes_), sequences, codes)

    def _loss(self):
        return get_loss("cross_entropy")

    def _output_size(self):
        return len(self.classes_) + self._kind.ends

    def _output_steps(self):
        return self._kind.output_steps + self._kind.ends

    def _read_targets(self, y, inputs, head):
        return read_labels(self, y, inputs, head)

    def _learn_targets(self, targets, counts):
        if not hasattr(self, "classes_"):
            self.classes_ = np.unique(targets.values)

    def _encode_targets(self, targets):
        """Put codes for labels, and an end token behind sequences that may have any length."""
        codes = pd.Index(self.classes_).get_indexer(targets.values)
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            raise ValueError(
                "y has a label that is not in classes_: {!r} at sample {}, step {}. Known are {}.".format(
                    targets.values[[row]].tolist()[0], *locate(row, targets.starts), self.classes_.tolist()
                )
            )
        if not self._kind.ends:
            return replace(targets, values=codes)
        ends = targets.starts + targets.lengths
        lengths = targets.lengths + 1
        codes = np.insert(codes, ends, len(self.classes_))
        return replace(targets, values=codes, starts=starts_of(lengths), lengths=lengths)


def _until(end, sequences, codes):
    """Cut each sequence where its codes have the first end token."""
    ends = codes == end
    lengths = np.where(ends.any(axis=1), ends.argmax(axis=1), codes.shape[1])
    return [steps[:length] for steps, length in zip(sequences, lengths, strict=True)]
