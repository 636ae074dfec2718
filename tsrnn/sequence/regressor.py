"""A recurrent network that predicts numbers from sequences."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import (
    Auto,
    Cell,
    Floats,
    Head,
    Precision,
    Predictions,
    RandomState,
    RegressionLoss,
    Schedule,
    SequenceData,
)
from tsrnn.losses import Loss, Quantile, get_loss
from tsrnn.losses.domains import REALS
from tsrnn.sequence.base import SequenceEstimator
from tsrnn.sequence.constraints import CONSTRAINTS, REGRESSION, check_arguments
from tsrnn.sequence.inputs import locate, read_inputs
from tsrnn.sequence.sampling import sample_paths
from tsrnn.sequence.standardization import learn_standardization, restore, standardize
from tsrnn.sequence.targets import read_numbers
from tsrnn.validation import InvalidParameterError, check_sample_weight, make_generator


class RNNRegressor(RegressorMixin, SequenceEstimator):
    """Recurrent neural network whose samples are sequences and whose targets are numbers.

    The shapes of `X` and `y` tell the kind of network:

    ========================================  ==========================================================
    `y`                                       network
    ========================================  ==========================================================
    ``(n_samples,)``                          many-to-one: a number per sequence
    ``(n_samples, n_outputs)``                many-to-one: several numbers per sequence
    ``(n_samples, n_timesteps, n_outputs)``   many-to-many: numbers for every step of the sequence
    ``(n_samples, s, n_outputs)``, other s    encoder-decoder: a sequence of its own, of s steps;
                                              one-to-many if the sequences of `X` have one step
    ========================================  ==========================================================

    `X` of shape ``(n_samples, n_timesteps)`` holds one sequence of single numbers per row, oldest first; a
    row of ``(n_samples, n_timesteps, n_features)`` is a sequence of vectors. Sequences of different length
    come as a list of arrays, one per sequence, and never padded; so do targets per step then, and predictions
    per step. Rows do not depend on each other.

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
        Kind of output: one step per sequence, one per step, or a sequence of its own, the steps of which are
        read one after the other ("decoder") or none of them by another ("parallel"). "auto" tells it from the
        shapes; "decoder" is needed where output sequences happen to be as long as the inputs. With
        any but "last", `y` may have the shape ``(n_samples, s)``.
    categories : None, "auto" or array-like, default=None
        None reads `X` as numbers. Otherwise its steps are tokens (words, codes, any values that can be
        hashed), which act as one-hot vectors without taking their memory. "auto" learns them in `fit`; a list
        fixes them.
    segment_length : int or "auto", default="auto"
        Rows of `X` that the network reads in one step, side by side: long sequences take fewer steps, over which
        gradients reach further. Zeros (the mean, if inputs are standardized) complete the first segment of a sequence.
        "auto": 1 where the median length is up to 60 rows, otherwise so many that a sequence of median length has
        at most 30 steps. Tokens and targets with an output for every step allow 1 only.
    loss : str or tsrnn.losses.Loss, default="squared_error"
        "squared_error", "absolute_error", "huber" or "quantile" (the median); a likelihood, whose network predicts a
        distribution, with `quantiles` in `predict` and with `sample`: "student_t", or of counts "poisson" and
        "negative_binomial", which varies more; or an instance such as ``Quantile([0.1, 0.5, 0.9])``, which gives
        predictions a last axis for the levels. A `Huber` turns linear at `delta` standard deviations of the target if
        targets are standardized. Losses of counts take integers from 0 to 485165195, the
        largest mean.
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
    standardize_inputs, standardize_targets : bool, default=True
        Whether to subtract the mean and divide by the standard deviation of each feature, or target, over all
        samples and steps; predictions are in the units of `y`. Learned at the first fit from the samples
        trained on, and kept when a fit is continued. All steps have the same mean and scale, as they have the
        same weights. Counts stay as they are: with `standardize_targets` their network begins at the logarithm of
        their mean.
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
    n_features_in_ : int
        Columns of a two-dimensional `X`; otherwise features of a step.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if `X` was a frame with names.
    n_outputs_ : int
        Numbers per output step.
    parameters_ : dict of str to ndarray
        Weights and biases under PyTorch's names, in its shapes and gate order.
    n_parameters_ : int
        Number of them.
    history_ : DataFrame
        One row per epoch: epoch, loss, validation_loss (NaN without early stopping), learning_rate, seconds. Losses
        are those of standardized targets. It goes on over fits that are continued.
    n_iter_ : int
        Epochs trained, those of earlier fits that were continued included.
    best_epoch_ : int
        Epoch in `history_` whose weights were kept; 0 for the initial ones.
    segment_length_ : int
        Rows of `X` that the network reads in one step.
    input_mean_, input_scale_ : ndarray of shape (n_features,)
        Mean and scale that standardize the inputs; absent for tokens.
    target_mean_, target_scale_ : ndarray of shape (n_outputs_,)
        The same for targets.
    categories_ : ndarray of shape (n_categories,)
        The tokens, if `categories` is given.
    network_ : tsrnn.network.Network
        The network, on standardized numbers.

    See Also
    --------
    RNNClassifier : The same for labels.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.sequence import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(200, 6))
    >>> y = X[:, -1] - 0.5 * X[:, -2]
    >>> model = RNNRegressor(hidden_size=8, random_state=0).fit(X, y)
    >>> model.predict(X[:3]).shape
    (3,)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    _constraints = CONSTRAINTS | REGRESSION

    n_outputs_: int
    target_mean_: Floats
    target_scale_: Floats

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
        loss: RegressionLoss | Loss = "squared_error",
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
        standardize_targets: bool = True,
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
        self.loss = loss
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
        self.standardize_targets = standardize_targets
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.verbose = verbose

    def partial_fit(self, X: SequenceData, y: SequenceData, sample_weight: ArrayLike | None = None) -> "RNNRegressor":
        """Train for one pass over the samples, going on where the last call has stopped.

        The first call makes the network and learns means and scales; the optimizer's memory is kept between
        calls.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `fit`; after the first call with the same features.
        y : array-like or list of array-like
            As in `fit`; after the first call for the same kind of network.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        self : RNNRegressor
        """
        self._refuse_early_stopping()
        return self._learn(X, y, sample_weight, resumes=hasattr(self, "network_"), one_pass=True)

    def predict(self, X: SequenceData, *, quantiles: float | Sequence[float] | None = None) -> Predictions:
        """Predict numbers.

        Parameters
        ----------
        X : array-like or list of array-like
            Sequences, in one of the forms that the class describes. Their length may be another than in
            `fit`, except for two-dimensional arrays, whose columns must be the same.
        quantiles : float or list of float, default=None
            Probabilities in (0, 1), in any order: quantiles of the distribution that the loss is the likelihood of
            ("student_t", and "poisson" and "negative_binomial", whose quantiles are counts), or those of a `Quantile`
            loss, with linear interpolation between the levels that were trained. A decoder is fed point predictions
            then, too: a step's quantiles are those after the most likely past. None for point predictions.

        Returns
        -------
        ndarray of float64, or list of ndarray
            In the shape of `y` in `fit`, with the samples and, for one output per step, the steps of `X`: a
            list of arrays if `X` is a list of sequences. `quantiles` add a last axis, in their order; without them so
            does a loss with several quantiles, its values ascending. Point predictions are means or, with the losses
            "absolute_error", "quantile" and "student_t", medians.

        Raises
        ------
        ValueError
            If the loss has no quantiles, or none that reach so far.
        """
        outputs, inputs = self._outputs(X)
        loss = self._fitted_loss
        outputs = self._by_target(outputs)
        if quantiles is None and self._gives_several():
            quantiles = loss.levels
        values = loss.point(outputs)[..., None] if quantiles is None else loss.quantiles(outputs, quantiles)
        values = restore(values, self.target_mean_[:, None], self.target_scale_[:, None])
        if quantiles is None:
            values = values[..., 0]
        if self._kind.single:
            values = values[:, :, 0]
        return self._in_form(values, inputs)

    def sample(self, X: SequenceData, n_samples: int = 1, random_state: RandomState = None) -> Predictions:
        """Draw targets from the distribution that the network predicts.

        Outputs of a step, and steps that no other one reads, are drawn independently. A decoder reads what it has
        drawn, so that its steps depend on each other as those of the targets do.

        Parameters
        ----------
        X : array-like or list of array-like
            As in `predict`.
        n_samples : int, default=1
            Draws for each sequence.
        random_state : int, RandomState, Generator or None, default=None
            Source of the draws; an int gives the same ones at every call.

        Returns
        -------
        ndarray of float64, or list of ndarray
            Draws in the shape that `predict` gives, along a new first axis: ``(n_samples, *predict(X).shape)``, or a
            list with such an array for each sequence.

        Raises
        ------
        ValueError
            If the loss is not the likelihood of a distribution: "student_t", "poisson" or "negative_binomial".

        Examples
        --------
        >>> import numpy as np
        >>> from tsrnn.sequence import RNNRegressor
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(200, 6))
        >>> y = X[:, -1] + 0.3 * rng.normal(size=200)
        >>> model = RNNRegressor(hidden_size=8, loss="student_t", random_state=0).fit(X, y)
        >>> model.sample(X[:3], n_samples=100, random_state=0).shape
        (100, 3)
        """
        check_is_fitted(self)
        check_arguments("RNNRegressor.sample", n_samples=n_samples, random_state=random_state)
        inputs, loss, rng = read_inputs(self, X, reset=False), self._fitted_loss, make_generator(random_state)
        sequences = self._make_sequences(inputs)
        if self.network_.architecture.head.feeds_back:
            draws = sample_paths(self.network_, sequences, loss, n_samples, rng)
        else:
            draws = loss.sample(self._by_target(self.network_.predict(sequences, self.n_jobs)), n_samples, rng)
        draws = restore(draws, self.target_mean_, self.target_scale_)
        return self._in_form(draws[..., 0] if self._kind.single else draws, inputs, axis=1)

    def score(self, X: SequenceData, y: SequenceData, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination, R².

        Parameters
        ----------
        X : array-like or list of array-like
            As in `predict`.
        y : array-like or list of array-like
            As in `fit`. Several output steps per sequence are pooled; over several outputs the mean is taken.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample.

        Returns
        -------
        float
        """
        check_is_fitted(self)
        if self._gives_several():
            raise ValueError("score needs one prediction per target; a loss with several quantiles gives more.")
        predicted = self.predict(X)
        if self._kind.head == "last":
            return r2_score(y, predicted, sample_weight=sample_weight)
        targets = self._read_truth(X, y)
        rows = np.concatenate([steps[:n] for steps, n in zip(predicted, targets.lengths, strict=True)])
        weights = check_sample_weight(sample_weight, len(targets.lengths))
        if weights is not None:
            weights = np.repeat(weights, targets.lengths)
        return r2_score(targets.values, rows.reshape(len(rows), -1), sample_weight=weights)

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _loss(self):
        loss = get_loss(self.loss)
        if loss.takes_classes:
            raise InvalidParameterError(
                f"The 'loss' parameter of RNNRegressor must be a loss for numbers. Got {loss!r} instead."
            )
        return loss

    def _gives_several(self):
        """Whether predictions are several trained quantiles of each target, and not one number."""
        return isinstance(self._fitted_loss, Quantile) and self._fitted_loss.n_outputs > 1

    def _by_target(self, outputs):
        """Outputs of each target side by side: of shape (n_samples, output_steps, n_outputs_, outputs of a target)."""
        return outputs.reshape(*outputs.shape[:2], self.n_outputs_, self._fitted_loss.n_outputs)

    def _check_architecture(self):
        """Refuse a loss, too, under which the outputs mean something else."""
        super()._check_architecture()
        old, new = self._fitted_loss, self._loss()
        if new.domain is not old.domain or (type(new) is not type(old) and new.n_outputs > 1):
            raise ValueError(
                f"A fit that is continued keeps its network, whose outputs are those of {old!r}, not of {new!r}. Put "
                "the loss back, or fit anew with warm_start=False."
            )

    def _output_size(self):
        return self.n_outputs_ * self._loss().n_outputs

    def _output_steps(self):
        return self._kind.output_steps

    def _read_targets(self, y, inputs, head):
        return read_numbers(self, y, inputs, head)

    def _check_targets(self, targets):
        loss = self._loss()
        bad = ~loss.domain.contains(targets.values)
        if bad.any():
            row, output = np.unravel_index(np.argmax(bad), bad.shape)
            raise ValueError(
                "RNNRegressor with loss={!r} takes {}, as targets. Input y contains {}: first at sample {}, step {}, "
                "output {}; {} such in all.{} Other numbers need another loss, such as 'student_t'.".format(
                    loss.name,
                    loss.domain.words,
                    targets.values[row, output],
                    *locate(row, targets.starts),
                    output,
                    np.count_nonzero(bad),
                    loss.domain.mend(targets.values, "y"),
                )  # fmt: skip
            )

    def _learn_targets(self, targets, counts):
        rows, wanted = np.repeat(counts, targets.lengths), self.standardize_targets and self._loss().domain is REALS
        self.n_outputs_ = targets.kind.n_outputs
        self.target_mean_, self.target_scale_ = learn_standardization(targets.values, rows, wanted)

    def _encode_targets(self, targets):
        self._fitted_loss = self._loss()
        values = standardize(targets.values, self.target_mean_, self.target_scale_, self.dtype)
        return replace(targets, values=values)

    def _start_outputs(self, targets, counts):
        if self.standardize_targets or self._fitted_loss.domain is REALS:
            bias = self._fitted_loss.initial_bias(targets.values, np.repeat(counts, targets.lengths))
            if bias is not None:
                # Untrained, the network predicts the same distribution for all sequences: that of all targets.
                self.network_.parameters["readout.weight"][:] = 0
                self.network_.parameters["readout.bias"][:] = bias.ravel()
