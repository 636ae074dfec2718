"""Drawing of sequences from a network that reads what it has drawn."""

import numpy as np

from tsrnn.decoding import decode
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
