"""Recurrent network as a learner."""

from dataclasses import dataclass

import numpy as np

from tsrnn.losses import Loss, StudentT
from tsrnn.network import Network
from tsrnn.series.channels import separate

# Head of the network by the multi-step strategy.
STRATEGIES = {"direct": "last", "recursive": "last", "seq2seq": "decoder", "parallel": "parallel"}
CHUNK_WINDOWS = 1024  # Windows whose targets are computed at once.
MAX_MEASURED = 20_000  # Windows whose targets tell the first scale.
T_DEVIATION = 0.7407  # Median absolute deviation of Student's t distribution with 4 degrees of freedom.
MIN_FIRST_SCALE = 1e-3
MAX_TARGETS = 1 << 25  # Targets that training holds in memory; beyond, it draws from the windows.


@dataclass(frozen=True)
class Recurrent:
    """Recurrent network that reads windows in their scale.

    Attributes
    ----------
    network : Network
        Its readout starts at zero: untrained, it forecasts nothing.
    loss : Loss
        What it was trained by, which knows the meaning of its outputs.
    """

    network: Network
    loss: Loss

    def predict(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        return self._restore(self.loss.point(self._outputs(batch, n_jobs)), batch)

    def predict_with_spreads(self, batch, n_jobs=None):
        """Forecast the windows of a `Batch`, and the spreads of the forecasts: two arrays as of :meth:`predict`.

        With a loss that has none, they are the scales of the windows.
        """
        outputs = self._outputs(batch, n_jobs)
        spreads = self.loss.scales(outputs) if isinstance(self.loss, StudentT) else np.ones(outputs.shape[:-1])
        return self._restore(self.loss.point(outputs), batch), self._restore(spreads, batch)

    def _outputs(self, batch, n_jobs):
        """Return the outputs of the network: float64 of shape (n_sequences, horizon, n_channels, n_outputs)."""
        sequences = batch.sequences(batch.rows.for_network(self.network.theta.dtype))
        outputs = self.network.predict(sequences, n_jobs).astype(np.float64)
        shape = batch.n_sequences, batch.size.horizon, batch.size.n_channels, self.loss.n_outputs
        return outputs.reshape(shape)

    def _restore(self, outputs, batch):
        return separate(outputs) * (batch.scales / batch.units)[:, None]

    def extend(self, n_series):
        """Return the same: the weights are those of any series."""
        return self


def make_network(rng, strategy, size, n_numbers, architecture, loss):
    """Return a network for windows of `size`, with random weights; those of the readout and of categories are zero.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the weights.
    strategy : str
        Key in `STRATEGIES`.
    size : WindowSize
        Look-back and horizon of the windows.
    n_numbers : int
        Columns of a row.
    architecture : dict
        Further parameters of `Network`.
    loss : Loss
        What it is going to be trained by.
    """
    network = Network(
        input_size=n_numbers * size.segment * size.n_channels,
        n_categories=size.n_categories or None,
        output_size=size.output_segment * size.n_channels * loss.n_outputs,
        outputs_per_target=loss.n_outputs,
        head=STRATEGIES[strategy],
        decoder_steps=size.horizon // size.output_segment,
        decoder_input_size=size.ahead * size.output_segment * size.n_channels,
        decoder_n_categories=size.decoder_n_categories or None,
        **architecture,
    )
    network.initialize(rng)
    # A category that training has seldom or never seen, then, has little or no effect.
    architecture, parameters = network.architecture, network.parameters
    parameters["weight_ih_l0"][:, architecture.input_size :] = 0
    if architecture.decoder_n_categories:
        first = architecture.fed_size + architecture.decoder_input_size
        parameters["decoder.weight_ih_l0"][:, first : first + sum(architecture.decoder_n_categories)] = 0
    network.parameters["readout.weight"][:] = 0
    network.parameters["readout.bias"][:] = 0
    return network


def training_sequences(batch, k, inputs, targets):
    """Return windows as a network is trained on them.

    Parameters
    ----------
    batch : Batch
        All windows.
    k : ndarray of int
        Positions of windows of the first channel.
    inputs : ndarray of shape (n_rows, n_numbers)
        Rows in the precision of the network.
    targets : callable
        From positions of windows to targets in units of their series, of shape (n, horizon).

    Returns
    -------
    Sequences
    """
    size, dtype = batch.size, inputs.dtype
    values = np.empty((size.n_channels, len(k), size.horizon), dtype)
    for start in range(0, len(k), CHUNK_WINDOWS):
        some = targets(batch.all_channels(k[start : start + CHUNK_WINDOWS]))
        values[:, start : start + CHUNK_WINDOWS] = some.reshape(size.n_channels, -1, size.horizon)
    part = batch.subset(batch.all_channels(k))
    values = values.reshape(-1, size.horizon)
    values *= (part.units / part.scales)[:, None].astype(dtype)
    weights = None if batch.row_weights is None else part.target_weights(np.arange(len(part)))
    return part.sequences(inputs, values, weights)


def set_first_scale(network, targets, loss):
    """Set the scale that an untrained network tells, if the loss has one, to that of the targets of each output.

    Parameters
    ----------
    network : Network
        Just made.
    targets : ndarray of shape (n_rows, n_targets)
        Targets of a step, in the scale of each window; NaN where they do not count.
    loss : Loss
        What it is going to be trained by.
    """
    if not isinstance(loss, StudentT) or not len(targets):
        return
    targets = np.asarray(targets[:: max(1, len(targets) // MAX_MEASURED)], np.float64)
    known = ~np.isnan(targets).all(axis=0)
    deviations = np.abs(targets[:, known] - np.nanmedian(targets[:, known], axis=0))
    sizes = np.nanmedian(deviations, axis=0) / T_DEVIATION
    network.parameters["readout.bias"][1::2][known] = np.log(np.maximum(sizes, MIN_FIRST_SCALE))


def draw_windows(rng, positions, n_targets):
    """Subsample windows to the memory budget for targets."""
    count = max(MAX_TARGETS // n_targets, 1)
    return positions if len(positions) <= count else np.sort(rng.choice(positions, count, replace=False))
