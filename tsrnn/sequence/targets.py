"""Targets `y`, and the kind of network that their shape asks for."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_consistent_length

from tsrnn.heads import HEADS
from tsrnn.sequence.inputs import check_finite, is_ragged, locate, refuse_times, stack, starts_of

# Whether numbers are finite is checked here, where the position of the first bad one is known.
ANY_SHAPE = {"ensure_2d": False, "allow_nd": True, "ensure_all_finite": False, "input_name": "y"}


@dataclass(frozen=True)
class Kind:
    """Kind of outputs, which must stay the same when a fit is continued.

    Attributes
    ----------
    head : {"last", "every", "decoder", "parallel"}
        One output step per sequence, one per step, or an output sequence of its own.
    n_outputs : int
        Numbers per output step; 1 for labels.
    single : bool
        Whether `y` has no axis for the numbers of an output step; then `predict` returns none either.
    output_steps : int
        Longest output sequence of a head with a decoder, 1 for the others.
    ends : bool
        Whether the output sequences of a decoder came one by one, of any length.
    """

    head: str
    n_outputs: int
    single: bool
    output_steps: int
    ends: bool


@dataclass(frozen=True)
class Targets:
    """Output steps under each other: sample i has the rows from ``starts[i]`` to ``starts[i] + lengths[i]``.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_outputs), float64, or (n_rows,)
        Numbers, or labels.
    starts, lengths : ndarray of shape (n_samples,), int64
        First row and number of rows of each sample.
    kind : Kind
        Kind of network for this shape.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    kind: Kind


def read_numbers(estimator, y, inputs, head):
    """Read the targets of a regressor.

    Parameters
    ----------
    estimator : estimator
        Named in messages.
    y : array-like of shape (n_samples[, output_steps][, n_outputs]), or list of array-like
        A list holds one array (output_steps,) or (output_steps, n_outputs) per sample. Under another head
        than "auto" and "last", (n_samples, output_steps) is read as one number per output step.
    inputs : Inputs
        The sequences that belong to them.
    head : {"auto", "last", "every", "decoder", "parallel"}
        Kind of network, or "auto" to tell it from the shapes.

    Returns
    -------
    Targets

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.
    """
    ragged = is_ragged(y)
    if ragged:
        values, lengths = stack(y, "y")
        refuse_times(values, "y")
        single, in_sequences = values.ndim == 1, True
    else:
        refuse_times(y, "y")
        values = check_array(y, dtype=np.float64, estimator=estimator, **ANY_SHAPE)
        if values.ndim > 3 or 0 in values.shape:
            raise ValueError(
                "y must have the shape (n_samples,), (n_samples, n_outputs) or "
                f"(n_samples, output_steps, n_outputs), each at least 1. Got shape {values.shape}."
            )
        in_sequences = values.ndim == 3 or (values.ndim == 2 and head not in ("auto", "last"))
        single = values.ndim == 1 + in_sequences
        lengths = np.full(len(values), values.shape[1] if in_sequences else 1)
    head = _choose_head(head, inputs.lengths, lengths, in_sequences)
    values, starts = np.asarray(values, dtype=np.float64).reshape(lengths.sum(), -1), starts_of(lengths)
    check_finite(values, starts, "y", type(estimator).__name__)
    return Targets(values, starts, lengths, _kind(head, values.shape[1], single, lengths, ragged))


def read_labels(estimator, y, inputs, head):
    """Read the labels of a classifier.

    Parameters
    ----------
    estimator : estimator
        Named in messages.
    y : array-like of shape (n_samples,) or (n_samples, output_steps), or list of array-like
        Labels of any type that can be sorted; a list holds those of one sample each.
    inputs : Inputs
        The sequences that belong to them.
    head : {"auto", "last", "every", "decoder", "parallel"}
        Kind of network, or "auto" to tell it from the shapes.

    Returns
    -------
    Targets

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is missing, or the labels are not classes.
    """
    ragged = is_ragged(y)
    if ragged:
        labels, lengths = stack(y, "y")
    else:
        labels = check_array(y, dtype=None, estimator=estimator, **ANY_SHAPE)
        if labels.ndim == 2 and labels.shape[1] == 1 and head in ("auto", "last"):
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                "(n_samples,), for example using ravel().",
                DataConversionWarning,
                stacklevel=4,
            )
            labels = labels.ravel()
        lengths = np.full(len(labels), labels.shape[1] if labels.ndim > 1 else 1)
    if labels.ndim > (1 if ragged else 2) or 0 in labels.shape:
        raise ValueError(
            "y must hold labels, in the shape (n_samples,) or (n_samples, output_steps), each at least 1, or "
            f"as a list of lists. Got shape {labels.shape}."
        )
    head = _choose_head(head, inputs.lengths, lengths, ragged or labels.ndim == 2)
    labels, starts = labels.reshape(-1), starts_of(lengths)
    _check_labels(labels, starts)
    return Targets(labels, starts, lengths, _kind(head, 1, True, lengths, ragged))


def _kind(head, n_outputs, single, lengths, ragged):
    """Kind of network of a head and its targets."""
    decodes = HEADS[head].has_decoder
    return Kind(head, n_outputs, single, int(lengths.max()) if decodes else 1, decodes and ragged)


def _check_labels(labels, starts):
    """Refuse labels that are missing or no classes."""
    missing = pd.isna(labels)
    if labels.dtype.kind == "f":
        missing |= np.isinf(labels)
    if missing.any():
        row = int(np.argmax(missing))
        raise ValueError(
            "Input y contains {}: first at sample {}, step {}; {} {} missing.".format(
                "infinity" if labels[row] in (np.inf, -np.inf) else "NaN",
                *locate(row, starts),
                missing.sum(),
                "label in all is" if missing.sum() == 1 else "labels in all are",
            )
        )
    check_classification_targets(labels)


def _choose_head(head, input_lengths, output_lengths, in_sequences):
    """Head that the shapes ask for, or an error if it is not the one of the parameter."""
    check_consistent_length(input_lengths, output_lengths)
    if not in_sequences:
        if head not in ("auto", "last"):
            raise ValueError(f"With head={head!r}, y must hold a sequence per sample. Got one value per sample.")
        return "last"
    if head == "last":
        raise ValueError("With head='last', y must hold one output step per sample. Got sequences of them.")
    differs = input_lengths != output_lengths
    if head == "auto":
        return "decoder" if differs.any() else "every"
    if head == "every" and differs.any():
        sample = int(np.argmax(differs))
        raise ValueError(
            f"With head='every', y must have one output step per step of X. Sample {sample} has "
            f"{input_lengths[sample]} steps in X and {output_lengths[sample]} in y."
        )
    return head


def check_continues(old, new):
    """Refuse targets of another kind than those that a fit which is continued began with.

    Parameters
    ----------
    old, new : Kind
        Of the first targets and of the ones given now.

    Raises
    ------
    ValueError
        Naming what differs.
    """
    # Sequences that may end anywhere may also be of one length, as a small batch of them will be.
    names = ["head", "n_outputs", "single"] + ["ends", "output_steps"] * (not old.ends)
    for name in names:
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            raise ValueError(
                f"The network was fitted to targets of another kind: {name} was {before} and is now {now}. Give "
                "targets like those, or fit anew."
            )
    if new.output_steps > old.output_steps:
        raise ValueError(
            f"The network was fitted to output sequences of at most {old.output_steps} steps. Got {new.output_steps}. "
            "Give no longer ones, or fit anew."
        )
