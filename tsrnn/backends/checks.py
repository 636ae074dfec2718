"""Checks of arrays before kernels use them: kernels check no bounds, and models may be edited or loaded."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

_REAL = (np.dtype(np.float32), np.dtype(np.float64))


@lru_cache(maxsize=32)
def _recompute(architecture):
    """Return an equal architecture with new cached sizes: those of an edited or unpickled one may be stale."""
    sizes = [
        architecture.hidden_size, architecture.output_size, architecture.num_layers, *architecture.n_categories,
        *architecture.decoder_n_categories, *architecture.dilations,
        architecture.input_size + len(architecture.n_categories), architecture.outputs_per_target,
    ]  # fmt: skip
    if (
        min(sizes) < 1
        or min(architecture.input_size, architecture.decoder_input_size) < 0
        or len(architecture.dilations) not in (0, architecture.num_layers)
        or architecture.output_size % architecture.outputs_per_target
    ):
        raise ValueError(
            "The sizes and dilations of a network must be at least 1, output_size a multiple of outputs_per_target. "
            f"Got {architecture}; make it anew."
        )
    return replace(architecture)


def check_parameters(architecture, theta, writeable=True):
    """Return an architecture to which the parameters `theta` fit.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    theta : ndarray of shape (architecture.size,)
        Of float32 or float64, contiguous.
    writeable : bool, default=True

    Returns
    -------
    tsrnn.architecture.Architecture
        Equal to `architecture`, with sizes that follow from its fields.

    Raises
    ------
    ValueError
    """
    architecture = _recompute(architecture)
    _check_array("theta", theta, (architecture.size,), _REAL, writeable)
    return architecture


def check_adam(theta, moments, updates):
    """Raise a ValueError unless Adam's memory belongs to the parameters."""
    _check_array("moments of AdamState", moments, (2, theta.size), (theta.dtype,), True)
    if updates < 0:
        raise ValueError(f"updates of AdamState must not be negative. Got {updates!r}; begin with AdamState.start.")


def _check_array(name, array, shape, dtypes, writeable):
    flags = getattr(array, "flags", None)
    if (
        not isinstance(array, np.ndarray)
        or array.shape != shape
        or array.dtype not in dtypes
        or not (flags.c_contiguous and flags.aligned and (flags.writeable or not writeable))
    ):
        raise ValueError(
            f"{name} must be a{' writeable,' if writeable else ''} contiguous array of shape {shape} and dtype "
            f"{' or '.join(dtype.name for dtype in dtypes)}, as the network's architecture wants it. "
            f"Got {_describe(array)}; make the network or load the model anew."
        )


def _describe(array):
    if not isinstance(array, np.ndarray):
        return type(array).__name__
    flags = array.flags
    kind = "contiguous" if flags.c_contiguous and flags.aligned else "non-contiguous"
    return f"a {'' if flags.writeable else 'read-only '}{kind} array of shape {array.shape} and dtype {array.dtype}"


def check_sequences(architecture, sequences):
    """Raise a ValueError where sequences or their targets do not lie within their arrays.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    sequences : tsrnn.sequences.Sequences
    """
    values, n = sequences.values, len(sequences)
    if sequences.input_size != architecture.input_size or sequences.n_codes != len(architecture.n_categories):
        raise ValueError(
            f"The network reads {architecture.input_size} features and {len(architecture.n_categories)} codes a step. "
            f"Got sequences of {sequences.input_size} and {sequences.n_codes}, with segment={sequences.segment}."
        )
    _check_rows("", sequences.starts, sequences.lengths, sequences.segment, n, len(values), "values")
    _check_codes_of(architecture, sequences)
    _check_decoder_inputs(architecture, sequences)
    for name in ("weights", "target_starts", "target_lengths"):
        array = getattr(sequences, name)
        if array is not None and np.shape(array) != (n,):
            raise ValueError(f"{name} must have shape ({n},), one for each sequence. Got shape {np.shape(array)}.")
    if sequences.shift is not None or sequences.scale is not None:
        _check_scaling(sequences)
    if sequences.targets is not None:
        _check_targets(architecture, sequences)
        _check_target_weights(sequences)


def _check_scaling(sequences):
    shapes = [np.shape(array) for array in (sequences.shift, sequences.scale)]
    columns = sequences.values.shape[1] if sequences.values.ndim == 2 else 0
    if shapes[0] != shapes[1] or shapes[0][:1] != (len(sequences),) or len(shapes[0]) != 2 or shapes[0][1] > columns:
        raise ValueError(
            f"shift and scale must both have shape ({len(sequences)}, k), one row for each sequence, with k of at most "
            f"{columns}, the columns of values. Got shapes {shapes[0]} and {shapes[1]}."
        )


def _check_target_weights(sequences):
    if sequences.target_weights is None:
        return
    targets, shape = sequences.targets, np.shape(sequences.target_weights)
    expected = (len(targets), 1) if targets.ndim == 1 else targets.shape
    if shape != expected:
        raise ValueError(f"target_weights must have shape {expected}, one for each target. Got shape {shape}.")


def _check_targets(architecture, sequences):
    targets, n = sequences.targets, len(sequences)
    starts, lengths, longest = sequences.target_starts, sequences.target_lengths, sequences.output_steps
    if starts is None or lengths is None:
        raise ValueError("Sequences with targets need target_starts and target_lengths.")
    _check_rows("target_", starts, lengths, 1, n, len(targets), "targets")
    if lengths.max(initial=0) > longest:
        raise ValueError(f"target_lengths must be at most output_steps={longest}. Got {lengths.max()}.")
    every_step = not (architecture.head.reads_final_state or architecture.head.has_decoder)
    if every_step and np.any(lengths > sequences.lengths):
        i = int(np.argmax(lengths > sequences.lengths))
        raise ValueError(
            f"A network with an output at every step gives as many as its input has steps. Got sequence {i} of "
            f"{sequences.lengths[i]} steps with {lengths[i]} targets."
        )
    if targets.ndim == 1:
        _check_classes(targets, architecture.output_size)


def _check_rows(prefix, starts, lengths, segment, n, n_rows, name):
    if starts.shape != (n,) or lengths.shape != (n,) or starts.dtype.kind not in "iu" or lengths.dtype.kind not in "iu":
        raise ValueError(
            f"{prefix}starts and {prefix}lengths must be arrays of ints of shape ({n},). Got shapes {starts.shape} and "
            f"{lengths.shape}, dtypes {starts.dtype} and {lengths.dtype}."
        )
    starts, lengths = np.asarray(starts, np.int64), np.asarray(lengths, np.int64)
    left = n_rows - starts
    signs = starts | lengths | left | (left - segment * lengths)  # negative where one of them is
    if segment < 1 or signs.min(initial=0) < 0:
        i = int(np.argmin(signs))
        raise ValueError(
            f"Sequences must lie within the {n_rows} rows of {name}. Got sequence {i} with {prefix}starts={starts[i]}, "
            f"{prefix}lengths={lengths[i]} and {segment} rows a step."
        )


def _check_codes_of(architecture, sequences):
    static, counts = sequences.static_codes, architecture.n_categories
    n_static = 0 if static is None else static.shape[1]
    if sequences.codes is not None:
        if len(sequences.codes) != len(sequences.values):
            raise ValueError(
                f"values and codes must have as many rows. Got {len(sequences.values)} and {len(sequences.codes)}."
            )
        check_codes(counts[: len(counts) - n_static], sequences.codes)
    if static is not None:
        if len(static) != len(sequences):
            raise ValueError(f"static_codes must have {len(sequences)} rows, one for each sequence. Got {len(static)}.")
        check_codes(counts[len(counts) - n_static :], static)


def _check_decoder_inputs(architecture, sequences):
    values, codes, n = sequences.decoder_values, sequences.decoder_codes, len(sequences)
    given = sequences.decoder_input_size, sequences.decoder_n_codes
    if given != (architecture.decoder_input_size, len(architecture.decoder_n_categories)):
        raise ValueError(
            f"The decoder reads {architecture.decoder_input_size} features and "
            f"{len(architecture.decoder_n_categories)} codes of "
            f"an output step. Got sequences of {given[0]} and {given[1]}, with segment={sequences.decoder_segment}."
        )
    if given == (0, 0):
        return
    if sequences.decoder_starts is None:
        raise ValueError("Sequences with inputs of output steps need decoder_starts.")
    lengths = np.full(n, sequences.output_steps)
    for name, array in (("decoder_values", values), ("decoder_codes", codes)):
        if array is not None:
            _check_rows("decoder_", sequences.decoder_starts, lengths, sequences.decoder_segment, n, len(array), name)
    if codes is not None:
        check_codes(architecture.decoder_n_categories, codes)


def check_codes(n_categories, codes):
    """Raise a ValueError unless codes are categories, or -1.

    Parameters
    ----------
    n_categories : tuple of int
        Numbers of categories of the codes of one or of several rows.
    codes : ndarray of shape (n_rows, n_columns)
    """
    if codes.dtype.kind not in "iu":
        raise ValueError(f"Codes must be ints. Got an array of dtype {codes.dtype}.")
    counts = np.reshape(n_categories, (-1, codes.shape[1])).min(axis=0, initial=np.iinfo(np.int32).max)
    if codes.size:
        lowest, highest = codes.min(axis=0), codes.max(axis=0)
        for k in np.flatnonzero((lowest < -1) | (highest >= counts)):
            bad = lowest[k] if lowest[k] < -1 else highest[k]
            raise ValueError(
                f"Codes of column {k} must be ints in the range [0, {counts[k]}), or -1 for none. Got {bad} instead."
            )


def _check_classes(codes, count):
    if codes.size and not 0 <= codes.min() <= codes.max() < count:
        bad = codes.min() if codes.min() < 0 else codes.max()
        raise ValueError(f"Class codes must be ints in the range [0, {count}). Got {bad} instead.")
