"""Series side by side: the windows of several series that one network reads, and forecasts, together.

Windows stand series after series. Of `n_channels` series that share their time stamps, window ``j`` of each belongs
to sequence ``j`` of the network, whose last axis tells the series apart. With one channel, each window is a sequence.
"""

import numpy as np


def join(x, n_channels):
    """Put the channels side by side: (n_channels * n, ...) to (n, ..., n_channels).

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn.series.channels import join, separate
    >>> joined = join(np.array([1, 2, 10, 20]), n_channels=2)
    >>> joined.tolist(), separate(joined).tolist()
    ([[1, 10], [2, 20]], [1, 2, 10, 20])
    """
    return np.moveaxis(x.reshape(n_channels, -1, *x.shape[1:]), 0, -1)


def separate(x):
    """Put the channels one after another: (n, ..., n_channels) to (n_channels * n, ...)."""
    return np.moveaxis(x, -1, 0).reshape(-1, *x.shape[1:-1])
