"""Ridge regression across series: each series from the newest values of all, as in a vector autoregression.

Sims (1980), Macroeconomics and Reality, Econometrica 48.
"""

from dataclasses import dataclass

from tsrnn.learners.shared_ridge import Ridge, fit_ridge
from tsrnn.series.channels import join, separate
from tsrnn.series.table import REMAINDER

MIN_WINDOWS = 10  # Fewer training windows make the choice of a penalty arbitrary.
# As many of the newest rows are read as these allow: a fit takes the cube of the features in time, and the weights
# times the number of penalties in memory.
MAX_FEATURES = 1_000
MAX_WEIGHTS = 4_000_000


@dataclass(frozen=True)
class CrossRidge:
    """Ridge regression from the newest remainders of all series to all steps ahead of all.

    Attributes
    ----------
    ridge : Ridge
        Of the rows ``n_rows`` before the origin, side by side.
    n_rows : int
        Newest rows that are read.
    """

    ridge: Ridge
    n_rows: int

    def predict(self, batch, n_jobs=None):
        """Correct forecasts of the windows of a `Batch`: float64 of shape (n, horizon), in units of their series."""
        together = self.ridge.predict(_newest(batch, self.n_rows))
        return separate(together.reshape(len(together), -1, batch.size.n_channels))

    def extend(self, n_series):
        """Return the same: no series can be added to joint channels."""
        return self


def fit_cross_ridge(batch, targets, split):
    """Fit to the training windows, and to all; arguments as for `fit_shared_ridge`.

    Returns
    -------
    training_fit, final_fit : CrossRidge or None
        None with too few windows, or too many series.
    """
    n_channels, horizon = batch.size.n_channels, batch.size.horizon
    n_rows = min(batch.size.lookback, MAX_FEATURES // n_channels, MAX_WEIGHTS // (n_channels**2 * horizon))
    training, held_out = map(batch.first_channel, split)
    if not n_rows or len(training) < MIN_WINDOWS:
        return None, None

    def make_past(k):
        return _newest(batch.subset(batch.all_channels(k)), n_rows)

    def make_targets(k):
        residuals = join(targets(batch.all_channels(k)), n_channels)
        return residuals.reshape(len(residuals), -1)

    fits = fit_ridge(make_past, make_targets, batch.weights[: batch.n_sequences], training, held_out)
    return tuple(CrossRidge(ridge, n_rows) for ridge in fits)


def _newest(batch, n_rows):
    """Return the newest remainders of all channels: of shape (n, n_rows, n_channels)."""
    return join(batch.past()[:, -n_rows:, REMAINDER], batch.size.n_channels)
