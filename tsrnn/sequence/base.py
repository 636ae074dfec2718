"""Base of the regressor and the classifier: from `X` and `y` to a trained network, and back."""

import copy
import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from tsrnn._types import Floats, SequenceData
from tsrnn.losses.domains import COUNTS
from tsrnn.network import Network
from tsrnn.optimizers import AdamState
from tsrnn.sequence.constraints import ARCHITECTURE, CONSTRAINTS
from tsrnn.sequence.convergence import MIN_FALL, choose_epochs, warn_of_no_convergence
from tsrnn.sequence.inputs import read_inputs
from tsrnn.sequence.segments import choose_segment_length, pad_first_segments
from tsrnn.sequence.standardization import learn_standardization, standardize
from tsrnn.sequence.targets import check_continues
from tsrnn.sequences import Sequences
from tsrnn.training import HISTORY, TrainingOptions, train
from tsrnn.validation import check_parameters, check_sample_weight, make_generator

Estimator = TypeVar("Estimator", bound="SequenceEstimator")


class SequenceEstimator(BaseEstimator):
    """Base of the estimators whose samples are sequences.

    A subclass reads its targets (`_read_targets`), refuses those that it cannot learn (`_check_targets`), learns
    from the first ones (`_learn_targets`), turns them into what its loss takes (`_encode_targets`), starts a new
    network with them (`_start_outputs`), and says which loss that is (`_loss`), how many outputs a step has
    (`_output_size`) and how many steps an output sequence other than one output per step (`_output_steps`).
    """

    _constraints = CONSTRAINTS

    # Set by `fit`.
    n_features_in_: int
    feature_names_in_: NDArray
    history_: pd.DataFrame
    n_iter_: int
    best_epoch_: int
    segment_length_: int
    input_mean_: Floats
    input_scale_: Floats
    categories_: NDArray
    network_: Network

    def fit(self: Estimator, X: SequenceData, y: SequenceData, sample_weight: ArrayLike | None = None) -> Estimator:
        """Train a new network, or with `warm_start` the one there is.

        Parameters
        ----------
        X : array-like or list of array-like
            The sequences, oldest step first, in one of the forms that the class describes.
        y : array-like or list of array-like
            The targets; their shape tells the kind of network, as the class describes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample. A sample of weight 0 is as good as left out.

        Returns
        -------
        self : estimator
            Fitted. After an error or an interrupt it is as it was before.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If a new network, under early stopping, was never better than with its initial weights; or if the loss
            was still falling when `max_epochs` were over: in their last tenth by more than a tenth of the first
            epoch's loss. A fit that is continued does not warn.

        Raises
        ------
        ValueError, TypeError
            If a parameter, the data or the weights are not allowed; nothing is trained then.
        tsrnn.training.NonFiniteLossError
            If the loss is not finite, even at half the learning rate.
        """
        return self._learn(X, y, sample_weight, resumes=self.warm_start and hasattr(self, "network_"))

    @property
    def parameters_(self) -> dict[str, NDArray]:
        """Weights and biases by PyTorch's names, in its shapes and gate order; views that may be written."""
        check_is_fitted(self)
        return self.network_.parameters

    @property
    def n_parameters_(self) -> int:
        """Number of weights and biases; it does not depend on the length of the sequences."""
        check_is_fitted(self)
        return self.network_.theta.size

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: tokens are categorical input, one a step, and may be text."""
        tags = super().__sklearn_tags__()
        tokens = self.categories is not None
        tags.input_tags.three_d_array = not tokens
        tags.input_tags.categorical = tags.input_tags.string = tokens
        return tags

    def _learn(self, X, y, sample_weight, *, resumes, one_pass=False, **known):
        """Train a copy and become it at the end, so that an error or an interrupt changes nothing.

        `known` are fitted attributes that are given, not learned.
        """
        check_parameters(type(self).__name__, self.get_params(deep=False), self._constraints)
        learner = copy.copy(self)
        if resumes:
            learner._check_architecture()
            kept = ("network_", "_generator", "_adam")
            vars(learner).update(copy.deepcopy({name: getattr(self, name) for name in kept}))
        else:
            learner._forget()
        vars(learner).update(known)
        learner._learn_in_place(X, y, sample_weight, resumes, one_pass)
        self.__dict__ = learner.__dict__
        return self

    def _learn_in_place(self, X, y, sample_weight, resumes, one_pass):
        """Read the data, make the network, train it: the one way through a fit."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        inputs = read_inputs(self, X, reset=not resumes)
        targets = self._read_targets(y, inputs, self._kind.head if resumes else self.head)
        weights = check_sample_weight(sample_weight, len(inputs.lengths))
        self._check_targets(targets)
        if resumes:
            check_continues(self._kind, targets.kind)
        else:
            self._kind, self._generator = targets.kind, make_generator(self.random_state)
        training, held_out = self._split(weights, len(inputs.lengths), self.early_stopping and not one_pass)
        if not resumes:
            counts = _count(training, weights, len(inputs.lengths))
            self._learn_inputs(inputs, counts)
            self._learn_targets(targets, counts)
            self.segment_length_ = self._choose_segment_length(inputs.lengths, counts)
            self.network_ = self._make_network()
        encoded = self._encode_targets(targets)
        if not resumes:
            self._start_outputs(encoded, counts)
        if not (resumes and one_pass):
            self._adam = AdamState.start(self.network_.theta)
        sequences = self._make_sequences(inputs, encoded, weights)
        options = self._options(resumes, one_pass, len(training))
        history = train(
            self.network_,
            sequences.subset(training),
            options,
            self._generator,
            validation=None if held_out is None else sequences.subset(held_out),
            state=self._adam,
        )
        if not resumes and not one_pass:
            warn_of_no_convergence(history, options.max_epochs, stacklevel=4)
        self._record(history)

    def _check_architecture(self):
        """Refuse parameters that a fit which is continued cannot change."""
        kept = self._architecture if self.head == "auto" else self._architecture | {"head": self._kind.head}
        for name, before in kept.items():
            now = _as_tuple(getattr(self, name))
            if before != now:
                raise ValueError(
                    f"A fit that is continued keeps its network, but {name} was {before!r} and is now "
                    f"{now!r}. Put it back, or fit anew with warm_start=False."
                )
        if self._output_size() != self.network_.architecture.output_size:
            raise ValueError(
                "A fit that is continued keeps its network, which does not have as many outputs as "
                f"{self._loss()!r} needs. Put the loss back, or fit anew with warm_start=False."
            )

    def _check_targets(self, targets):
        """Refuse targets that the loss does not allow."""

    def _start_outputs(self, targets, counts):
        """Set the readout of a new network by the encoded targets; `counts` are the weights of their samples."""

    def _refuse_early_stopping(self):
        """Refuse to hold out samples where a call is only one of many."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True.")

    def _forget(self):
        """Drop what earlier fits have learned."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.startswith("_")]:
            delattr(self, name)

    def _split(self, weights, n_samples, holds_out):
        """Return the samples to train on, and those to hold out or None. Those of weight 0 are in neither."""
        counted = np.arange(n_samples) if weights is None else np.flatnonzero(weights)
        if not holds_out:
            return counted, None
        n_held_out = math.ceil(self.validation_fraction * len(counted))
        if n_held_out == len(counted):
            raise ValueError(
                "early_stopping=True needs samples to train on besides those held out, but "
                f"validation_fraction={self.validation_fraction} holds out all of n_samples={len(counted)}."
            )
        shuffled = self._generator.permutation(counted)
        return np.sort(shuffled[n_held_out:]), np.sort(shuffled[:n_held_out])

    def _learn_inputs(self, inputs, counts):
        """Learn means and scales from the samples to train on; `counts` are their weights."""
        if self.categories is None:
            rows = np.repeat(counts, inputs.lengths)
            self.input_mean_, self.input_scale_ = learn_standardization(inputs.values, rows, self.standardize_inputs)

    def _choose_segment_length(self, lengths, counts):
        """Return the rows that the network reads in one step, or refuse the parameter."""
        one_by_one = self.categories is not None or self._kind.head == "every"
        if self.segment_length == "auto":
            return 1 if one_by_one else choose_segment_length(lengths, counts)
        if one_by_one and self.segment_length > 1:
            reason = "tokens are read one by one" if self.categories is not None else "y has an output for every step"
            raise ValueError(
                f"segment_length={self.segment_length} reads several rows of X in one step of the network, but "
                f"{reason}. Set segment_length=1 or 'auto'."
            )
        return int(self.segment_length)

    def _make_network(self):
        """Make a network with random parameters."""
        self._architecture = {name: _as_tuple(getattr(self, name)) for name in (*ARCHITECTURE, "segment_length")}
        network = Network(
            input_size=0 if self.categories is not None else self.input_size_ * self.segment_length_,
            n_categories=None if self.categories is None else (self.input_size_,),
            output_size=self._output_size(),
            head=self._kind.head,
            feeds_classes=self._loss().takes_classes,
            outputs_per_target=self._loss().n_outputs,
            feeds_counts=self._loss().domain is COUNTS,
            decoder_steps=self._output_steps(),
            **{name: getattr(self, name) for name in ARCHITECTURE},
        )
        network.initialize(self._generator)
        return network

    def _make_sequences(self, inputs, targets=None, weights=None):
        """Put checked data into the engine's form."""
        values, starts, lengths = inputs.values, inputs.starts, inputs.lengths
        if self.categories is None:
            values = standardize(values, self.input_mean_, self.input_scale_, self.dtype)
        if self.segment_length_ > 1:
            values, starts, lengths = pad_first_segments(values, lengths, self.segment_length_)
        steps = int(lengths.max()) if self._kind.head == "every" else self._output_steps()
        sequences = Sequences(
            values, starts, lengths, output_steps=steps, segment=self.segment_length_, codes=inputs.codes
        )
        if targets is None:
            return sequences
        if weights is not None:
            # A loss is a weighted mean, so that only ratios count, and these fit single precision.
            weights = weights / weights.max()
        return replace(
            sequences,
            targets=targets.values,
            target_starts=targets.starts,
            target_lengths=targets.lengths,
            weights=weights,
        )

    def _options(self, resumes, one_pass, n_samples):
        """Options of the training on `n_samples`."""
        max_epochs, patience = choose_epochs(n_samples, self.batch_size)
        return TrainingOptions(
            loss=self._loss(),
            learning_rate=self.learning_rate,
            schedule="constant" if one_pass else self.schedule,
            weight_decay=self.weight_decay,
            batch_size=self.batch_size,
            max_epochs=1 if one_pass else max_epochs if self.max_epochs == "auto" else self.max_epochs,
            clip_norm=self.clip_norm,
            n_iter_no_change=patience if self.n_iter_no_change == "auto" else self.n_iter_no_change,
            min_fall=0.0 if resumes else MIN_FALL,
            tol=self.tol,
            n_jobs=self.n_jobs,
            verbose=int(self.verbose),
        )

    def _record(self, history):
        """Set the fitted attributes that tell of the training; those of a fit that is continued go on."""
        rows, before = pd.DataFrame(history.epochs, columns=list(HISTORY)), getattr(self, "history_", None)
        rows = rows.astype({"validation_loss": np.float64})
        done = 0 if before is None else int(before["epoch"].iloc[-1])
        rows["epoch"] += done
        self.history_ = rows if before is None else pd.concat([before, rows], ignore_index=True)
        self.n_iter_ = len(self.history_)
        if history.best_epoch or before is None:
            self.best_epoch_ = done + history.best_epoch

    def _outputs(self, X):
        """Return the network's outputs (n_samples, output_steps, n_outputs) for `X`, and `X` as read."""
        check_is_fitted(self)
        inputs = read_inputs(self, X, reset=False)
        return self.network_.predict(self._make_sequences(inputs), n_jobs=self.n_jobs), inputs

    def _read_truth(self, X, y):
        """Read the targets that predictions for `X` are compared with."""
        targets = self._read_targets(y, read_inputs(self, X, reset=False), self._kind.head)
        check_continues(self._kind, targets.kind)
        return targets

    def _in_form(self, outputs, inputs, axis=0):
        """Give outputs the axes that `X` and the kind of network ask for; samples and steps are `axis` and the next."""
        before = (slice(None),) * axis
        if self._kind.head == "last":
            return outputs[before + (slice(None), 0)]
        if self._kind.head == "every" and inputs.ragged:
            return [outputs[before + (sample, slice(length))] for sample, length in enumerate(inputs.lengths)]
        return outputs


def _as_tuple(value):
    """Return a list as a tuple, which cannot change later."""
    return tuple(value) if isinstance(value, list) else value


def _count(training, weights, n_samples):
    """Return the weight of each sample in training; 0 if it is held out."""
    counts = np.zeros(n_samples)
    counts[training] = 1.0 if weights is None else weights[training]
    return counts
