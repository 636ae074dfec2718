"""The linear parts of a forecast: of all series, of each, and of all of them together."""

from dataclasses import dataclass, replace

import numpy as np

from tsrnn.forecaster.channels import join, separate
from tsrnn.forecaster.highway import Highway, fit_highway
from tsrnn.forecaster.pooling import OwnHighways, fit_own

MIN_WINDOWS = 10  # to train on: from fewer, a penalty is chosen by chance
# Of the part of all series together, which reads as many of the newest rows as these allow: a fit takes the cube of
# the features in time, and the weights times the number of penalties in memory.
MAX_FEATURES = 1_000
MAX_WEIGHTS = 4_000_000


@dataclass(frozen=True)
class Linear:
    """A linear forecast in units of the series: that of all series, and what is learned from its errors.

    Attributes
    ----------
    highway : Highway
        Of all series: the same weights for each.
    own : OwnHighways or None
        Of each series by itself.
    cross : Highway or None
        Of all series together: each from the newest values of all, as in a vector autoregression (Sims 1980,
        Macroeconomics and Reality, Econometrica 48).
    n_channels : int
        Series that ``cross`` reads; otherwise 1.
    """

    highway: Highway
    own: OwnHighways | None = None
    cross: Highway | None = None
    n_channels: int = 1

    def predict(self, blocks, series):
        """Forecast from blocks of shape (n, lookback, 2), whose `series` ascend: float64 of shape (n, horizon)."""
        forecast = self.highway.predict(blocks)
        if self.own is not None:
            forecast += self.own.predict(blocks, series)
        if self.cross is not None:
            rows = len(self.cross.scale) // self.n_channels
            together = self.cross.predict(_newest(blocks, rows, self.n_channels))
            forecast += separate(together.reshape(len(together), -1, self.n_channels))
        return forecast

    def extend(self, n_series):
        """Return the linear forecast for more series, of which the new ones have no part of their own."""
        return self if self.own is None else replace(self, own=self.own.extend(n_series))


def fit_linear(samples, fraction):
    """Fit the linear parts.

    Parameters
    ----------
    samples : tsrnn.forecaster.samples.Samples
        Windows of all series.
    fraction : float
        Part of the windows of each series on whose forecasts the penalties are chosen.

    Returns
    -------
    of_training, of_all : Linear or None
        Fitted to the other windows alone, and to all; None if these are too few, or there are no others.
    """
    training, held_out = samples.split(fraction)
    if len(training) < MIN_WINDOWS or not len(held_out):
        return None, None
    highways = fit_highway(samples.blocks, samples.targets, samples.weights, training, held_out)
    own, crosses, n_channels = None, (None, None), samples.model.n_channels
    if n_channels > 1:
        crosses = _fit_cross(samples, highways[0], training, held_out)
    elif samples.model.combines and samples.n_series > 1:
        own, _ = fit_own(samples, highways[1], np.arange(samples.n_series))
    return Linear(highways[0], None, crosses[0], n_channels), Linear(highways[1], own, crosses[1], n_channels)


def _newest(blocks, rows, n_channels):
    """Return the newest rows of all channels: of shape (n, rows, n_channels)."""
    return join(blocks[:, -rows:, 0], n_channels)


def _fit_cross(samples, highway, training, held_out):
    """Fit what all series together tell of the errors of a highway: to the training windows, and to all."""
    n_channels, lookback, horizon = samples.model.n_channels, samples.model.lookback, samples.horizon
    rows = min(lookback, MAX_FEATURES // n_channels, MAX_WEIGHTS // (n_channels**2 * horizon))
    training, held_out = samples.first_channel(training), samples.first_channel(held_out)
    if not rows or len(training) < MIN_WINDOWS:
        return None, None

    def make_blocks(k):
        return _newest(samples.blocks(samples.all_channels(k)), rows, n_channels)

    def make_targets(k):
        k = samples.all_channels(k)
        errors = join(samples.targets(k) - highway.predict(samples.blocks(k)), n_channels)
        return errors.reshape(len(errors), -1)

    return fit_highway(make_blocks, make_targets, samples.weights[: samples.n_sequences], training, held_out)
