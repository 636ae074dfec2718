"""Checks that a network, a loss and sequences fit each other."""

import numpy as np

from tsrnn.losses.domains import COUNTS, REALS


def check_loss(architecture, loss, sequences):
    """Raise an error unless a loss fits the outputs of a network and the targets of its sequences.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    loss : tsrnn.losses.Loss
    sequences : tsrnn.sequences.Sequences

    Raises
    ------
    ValueError
    """
    if sequences.targets is None:
        raise ValueError(
            "Training needs sequences with targets. Got sequences without; pass `targets` and `target_starts`."
        )
    classes = sequences.targets.ndim == 1
    if loss.takes_classes != classes:
        wanted, got = ("class codes", "real numbers") if loss.takes_classes else ("real numbers", "class codes")
        raise ValueError(
            f"The loss {loss.name!r} takes {wanted} as targets. Got {got}, an array of shape {sequences.targets.shape}."
        )
    outputs = architecture.output_size if classes else sequences.targets.shape[1] * loss.n_outputs
    if architecture.output_size != outputs:
        raise ValueError(
            f"The loss {loss!r} of {sequences.targets.shape[1]} targets needs a network with output_size={outputs}. "
            f"Got output_size={architecture.output_size}."
        )
    check_sequences(architecture, sequences)
    if not classes and loss.domain is not REALS:
        _check_domain(loss, sequences)
    if architecture.head.feeds_back:
        _check_feedback(architecture, loss)


def _check_domain(loss, sequences):
    """Refuse targets that the loss does not allow, but for those that weigh nothing."""
    bad = ~loss.domain.contains(sequences.targets)
    if sequences.target_weights is not None:
        bad &= sequences.target_weights != 0
    if not bad.any():
        return
    for i, (start, length) in enumerate(zip(sequences.target_starts, sequences.target_lengths, strict=True)):
        own = bad[start : start + length]
        if own.any() and (sequences.weights is None or sequences.weights[i] != 0):
            step, target = np.unravel_index(np.argmax(own), own.shape)
            raise ValueError(
                f"The loss {loss.name!r} takes {loss.domain.words}, as targets. Got "
                f"{sequences.targets[start + step, target]} at sequence {i}, output step {step}, target {target}."
                f"{loss.domain.mend(sequences.targets, 'targets')}"
            )


def _check_feedback(architecture, loss):
    """Refuse a loss whose targets are not what a decoder is fed."""
    wanted = {
        "feeds_classes": loss.takes_classes,
        "feeds_counts": loss.domain is COUNTS,
        "outputs_per_target": loss.n_outputs,
    }
    given = {name: getattr(architecture, name) for name in wanted}
    if given != wanted:
        raise ValueError(
            f"A decoder is fed its own outputs in place of the targets: {loss!r} needs a network with "
            f"{_join(wanted)}. Got {_join(given)}."
        )


def _join(options):
    """Words for options with their values."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def check_sequences(architecture, sequences):
    """Refuse sequences that a network cannot read; whether they lie within their arrays is the backends' to check.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    sequences : tsrnn.sequences.Sequences

    Raises
    ------
    ValueError
    """
    for name in ("values", "codes", "static_codes", "decoder_values", "decoder_codes"):
        array = getattr(sequences, name)
        if array is not None and array.ndim != 2:
            raise ValueError(f"{name} must have two axes, rows and columns. Got an array of shape {array.shape}.")
    if sequences.input_size != architecture.input_size:
        raise ValueError(
            f"The network reads input_size={architecture.input_size} features a step. Got sequences of "
            f"{sequences.input_size}."
        )
    if sequences.n_codes != len(architecture.n_categories):
        raise ValueError(
            f"The network reads {len(architecture.n_categories)} codes a step, with "
            f"n_categories={architecture.n_categories}. Got sequences of {sequences.n_codes}."
        )
    given = sequences.decoder_input_size, sequences.decoder_n_codes
    if given != (architecture.decoder_input_size, len(architecture.decoder_n_categories)):
        raise ValueError(
            f"The decoder reads decoder_input_size={architecture.decoder_input_size} numbers and "
            f"{len(architecture.decoder_n_categories)} codes of an output step. Got sequences of {given[0]} and "
            f"{given[1]}."
        )
    if architecture.head_name == "parallel" and sequences.output_steps > architecture.decoder_steps:
        raise ValueError(
            f"The network gives up to decoder_steps={architecture.decoder_steps} output steps. "
            f"Got sequences with output_steps={sequences.output_steps}."
        )
