"""Sequences drawn from a network that reads what it has drawn before."""

import numpy as np

from tsrnn.decoding import LANE_BYTES, decode
from tsrnn.losses.domains import COUNTS


def sample_paths(network, sequences, loss, n_samples, rng):
    """Draw output sequences of numbers from a decoder.

    Parameters
    ----------
    network : tsrnn.network.Network
        With head "decoder", trained with `loss`.
    sequences : tsrnn.sequences.Sequences
    loss : tsrnn.losses.Loss
        Of a distribution.
    n_samples : int
        Draws for each sequence.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_samples, n, output_steps, n_targets), float64
        In the scale of the targets that the network was trained on.
    """
    n, n_targets = len(sequences), network.architecture.output_size // loss.n_outputs
    drawn = np.empty((n_samples * n, sequences.output_steps, n_targets))

    def choose(numbers, step, outputs):
        draws = loss.sample(outputs.reshape(len(numbers), n_targets, loss.n_outputs), 1, rng)[0]
        drawn[numbers, step] = draws
        return np.log1p(draws) if loss.domain is COUNTS else draws

    decode(network, sequences, n_samples, sequences.output_steps, choose)
    return drawn.reshape(n_samples, n, *drawn.shape[1:])


def sample_output_codes(network, sequences, uniforms, temperature, end):
    """Draw output sequences of classes from a decoder.

    Parameters
    ----------
    network : tsrnn.network.Network
        With head "decoder", trained on classes.
    sequences : tsrnn.sequences.Sequences
    uniforms : ndarray of shape (n, max_length)
        Random numbers in [0, 1), one for each label.
    temperature : float
        Divisor of the scores before the softmax.
    end : int
        Code of the end token, or -1 without one.

    Returns
    -------
    ndarray of int64, shape (n, max_length)
        Class codes; `end` from the end token on.
    """
    codes = np.full(uniforms.shape, end)

    def choose(numbers, step, outputs):
        drawn = _draw_codes(outputs, uniforms[numbers, step], temperature)
        if step and end >= 0:
            drawn[codes[numbers, step - 1] == end] = end
        codes[numbers, step] = drawn
        return None if np.all(drawn == end) else drawn

    decode(network, sequences, 1, uniforms.shape[1], choose)
    return codes


def continue_codes(network, inputs, uniforms, temperature, end, tokens):
    """Go on from beginnings with a network that gives the next token at each step.

    Parameters
    ----------
    network : tsrnn.network.Network
        With head "every", in one direction, that reads one code a step.
    inputs : tsrnn.sequence.inputs.Inputs
        Beginnings, as tokens.
    uniforms, temperature, end
        As in :func:`sample_output_codes`.
    tokens : ndarray of int, shape (n_classes,)
        Code of each class as a token; -1 for `end`.

    Returns
    -------
    ndarray of int64, shape (n, max_length)
        Class codes behind the beginnings; `end` from the end token on.
    """
    codes, max_length = np.full(uniforms.shape, end), uniforms.shape[1]
    lanes = LANE_BYTES // network.theta.itemsize
    stream, order = network.stream(lanes), np.argsort(inputs.lengths, kind="stable")
    for first in range(0, len(order), lanes):
        members = order[first : first + lanes]
        starts, lengths = inputs.starts[members], inputs.lengths[members]
        read, drawing = np.full((lanes, 1), -1), np.ones(len(members), bool)
        stream.reset()
        for t in range(lengths[-1] + max_length - 1):
            begins = t < lengths
            read[: len(members)][begins] = inputs.codes[starts[begins] + t]
            outputs = stream.step(codes=read)[: len(members)]
            step = t - lengths + 1
            drawing &= step < max_length
            draws = np.flatnonzero(drawing & (step >= 0))
            drawn = _draw_codes(outputs[draws], uniforms[members[draws], step[draws]], temperature)
            codes[members[draws], step[draws]] = drawn
            read[draws, 0] = tokens[drawn]
            drawing[draws[drawn == end]] = False
            if not drawing.any():
                break
    return codes


def _draw_codes(outputs, uniforms, temperature):
    """Draw one class for each row of scores, as the uniform numbers have it."""
    scores = outputs.astype(np.float64)
    with np.errstate(over="ignore"):
        scores = (scores - scores.max(axis=1, keepdims=True)) / temperature
    shares = np.cumsum(np.exp(scores), axis=1)
    drawn = np.sum(shares <= uniforms[:, None] * shares[:, -1:], axis=1)
    return np.minimum(drawn, outputs.shape[1] - 1)
