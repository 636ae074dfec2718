"""Linear components of a forecast: shared ridge regression, and ridge regressions of its residuals."""

from tsrnn.forecaster.combination import Residual
from tsrnn.learners.cross_ridge import MIN_WINDOWS, fit_cross_ridge
from tsrnn.learners.own_ridge import fit_own_ridge
from tsrnn.learners.shared_ridge import fit_shared_ridge


def fit_linear(batch, fraction, pools, n_rows=None):
    """Fit the linear components.

    Parameters
    ----------
    batch : Batch
        Windows of all series.
    fraction : float
        Fraction of the windows of each series on whose forecasts the penalties are chosen.
    pools : bool
        Whether each series gets a ridge regression of its own.
    n_rows : int, optional
        Newest rows that the shared ridge regression reads; by default all.

    Returns
    -------
    training_fit, final_fit : Residual or None
        Fitted to the training windows alone, and to all; None with too few training windows or no held-out windows.
    """
    split = batch.split(fraction)
    if len(split[0]) < MIN_WINDOWS or not len(split[1]):
        return None, None
    shared = fit_shared_ridge(batch, batch.targets, split, n_rows)
    second = None, None
    if batch.size.n_channels > 1:
        second = fit_cross_ridge(batch, residuals_of(shared[0], batch), split)
    elif pools and batch.rows.n_series > 1:
        second = None, fit_own_ridge(batch, residuals_of(shared[1], batch))
    return tuple(Residual(tuple(filter(None, pair))) for pair in zip(shared, second, strict=True))


def residuals_of(learner, batch):
    """Return the targets of a learner that is fitted to the residuals of another, as a callable of positions."""
    return lambda k: batch.targets(k) - learner.predict(batch.subset(k))
