"""Decoder of a network, step by step: it is fed values that the caller makes from its outputs."""

import numpy as np

from tsrnn.network import Network

LANE_BYTES = 64  # Of a number in all sequences that a stream reads side by side on any processor
CHUNK_SEQUENCES = 512  # Sequences whose states at all steps are held at once


def decode(network, sequences, n_paths, n_steps, choose):
    """Run a decoder along several paths from each sequence.

    Path p of sequence i has the number ``p * len(sequences) + i``. Paths are run in blocks, one after the other, of a
    size that depends on nothing but the dtype.

    Parameters
    ----------
    network : tsrnn.network.Network
        With a decoder that reads its own previous output and nothing else.
    sequences : tsrnn.sequences.Sequences
        Sequences that the encoder reads.
    n_paths : int
        Paths of each sequence.
    n_steps : int
        Output steps, at most.
    choose : callable
        ``choose(numbers, step, outputs)``, with the numbers of m paths and their outputs at a step, of shape
        (m, output_size), returns what the decoder is fed next: class codes (m,), numbers (m, n_targets), or None to end
        these paths. The outputs are overwritten by the next step.

    Raises
    ------
    ValueError
        If the network has no such decoder.
    """
    stepper = _as_network(network)
    reads_codes, n = bool(stepper.architecture.n_categories), len(sequences)
    lanes = LANE_BYTES // network.theta.itemsize
    stream, first = stepper.stream(lanes), _first_states(network, sequences)
    for start in range(0, n_paths * n, lanes):
        numbers = np.arange(start, min(start + lanes, n_paths * n))
        for states, of_layer in zip(stream.states, first, strict=True):
            states[-1, :, :, : len(numbers)] = of_layer[:, :, numbers % n]
        fed = np.full((lanes, 1), -1) if reads_codes else np.zeros((lanes, stepper.architecture.input_size))
        for step in range(n_steps):
            outputs = stream.step(codes=fed) if reads_codes else stream.step(fed)
            chosen = choose(numbers, step, outputs[: len(numbers)])
            if chosen is None:
                break
            fed[: len(numbers)] = np.reshape(chosen, (len(numbers), -1))


def _as_network(network):
    """Return a network whose layers are those of the decoder: it reads what the decoder is fed."""
    architecture = network.architecture
    if not architecture.head.feeds_back or architecture.decoder_input_size or architecture.decoder_n_categories:
        raise ValueError(
            "Paths need a network with head='decoder' that reads its own previous output and nothing else. Got "
            f"head={architecture.head_name!r}, decoder_input_size={architecture.decoder_input_size} and "
            f"decoder_n_categories={architecture.decoder_n_categories}."
        )
    stepper = Network(
        input_size=architecture.fed_size,
        n_categories=(architecture.output_size,) if architecture.feeds_classes else None,
        output_size=architecture.output_size,
        head="every",
        cell=architecture.cell_name,
        hidden_size=architecture.hidden_size,
        num_layers=architecture.num_layers,
        residual=architecture.residual,
        dtype=network.theta.dtype.name,
    )
    parameters = network.parameters
    for name, values in stepper.parameters.items():
        values[:] = parameters[name if name.startswith("readout.") else f"decoder.{name}"]
    return stepper


def _first_states(network, sequences):
    """First states of the decoder's layers, each of shape (S, H, n): the last ones of both directions together."""
    architecture = network.architecture
    shape = (architecture.cell.n_states, architecture.hidden_size, len(sequences))
    first = [np.zeros(shape) for _ in range(architecture.num_layers)]
    for length in np.unique(sequences.lengths):
        same = np.flatnonzero(sequences.lengths == length)
        for start in range(0, len(same), CHUNK_SEQUENCES):
            some = same[start : start + CHUNK_SEQUENCES]
            for name, states in network.unroll(sequences.subset(some)).items():
                # States lie in the order of time, so that a reverse layer ends with the first one.
                level, _, reverse = name[1:].partition("_")
                for k, state in enumerate("hc"[: shape[0]]):
                    first[int(level)][k][:, some] += states[state][:, 0 if reverse else -1].T
    return first
