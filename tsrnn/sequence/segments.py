"""Segments: several rows of a long sequence that the network reads in one step."""

import numpy as np

from tsrnn.sequence.inputs import starts_of

LONGEST_BY_ROWS = 60  # Longest typical sequence that is read row by row
STEPS = 30  # Most steps of a typical sequence that is longer


def choose_segment_length(lengths, weights):
    """Return the segment length for sequences of given lengths.

    Gradients fade over hundreds of steps, and steps cost time: Lin et al. (2023), SegRNN.

    Parameters
    ----------
    lengths : ndarray of int, shape (n_samples,)
    weights : ndarray of shape (n_samples,)
        Weight of each sample; not all zero.

    Returns
    -------
    int
        1 where the median length is at most 60, otherwise so many rows that a sequence of median length has at most
        30 steps.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.sequence.segments import choose_segment_length
    >>> choose_segment_length(np.array([60, 60]), np.ones(2)), choose_segment_length(np.array([251, 251]), np.ones(2))
    (1, 9)
    """
    order = np.argsort(lengths)
    shares = np.cumsum(weights[order] / weights.max())
    # If two lengths share the middle, the shorter one is taken, however sums of weights are rounded.
    median = int(lengths[order[np.searchsorted(shares, (0.5 - 1e-9) * shares[-1])]])
    return 1 if median <= LONGEST_BY_ROWS else -(-median // STEPS)


def pad_first_segments(values, lengths, segment_length):
    """Put rows of zeros before each sequence, so that its length becomes a multiple of the segment length.

    The newest rows thus always make a whole segment, and how a sequence is read does not depend on the others.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        The sequences one after another.
    lengths : ndarray of int, shape (n_samples,)
        Rows of each sequence.
    segment_length : int

    Returns
    -------
    values : ndarray of shape (n_padded_rows, n_features)
    starts : ndarray of int, shape (n_samples,)
        First row of each sequence.
    n_segments : ndarray of int, shape (n_samples,)
        Segments of each sequence.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.sequence.segments import pad_first_segments
    >>> values, starts, n_segments = pad_first_segments(np.arange(1.0, 6)[:, None], np.array([3, 2]), 2)
    >>> values.ravel().tolist(), starts.tolist(), n_segments.tolist()
    ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0, 4], [2, 1])
    """
    n_segments = -(-lengths // segment_length)
    starts = starts_of(n_segments * segment_length)
    padding = n_segments * segment_length - lengths
    padded = np.zeros((int((lengths + padding).sum()), values.shape[1]), values.dtype)
    padded[np.arange(len(values)) + np.repeat(np.cumsum(padding), lengths)] = values
    return padded, starts, n_segments
