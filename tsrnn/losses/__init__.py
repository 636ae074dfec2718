"""Losses, and the distributions that outputs of a network stand for."""

from tsrnn.losses.base import Loss
from tsrnn.losses.classes import CrossEntropy
from tsrnn.losses.counts import NegativeBinomial, Poisson
from tsrnn.losses.distributions import StudentT
from tsrnn.losses.errors import AbsoluteError, Huber, SquaredError
from tsrnn.losses.quantile import Quantile

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "CrossEntropy",
    "Huber",
    "Loss",
    "NegativeBinomial",
    "Poisson",
    "Quantile",
    "SquaredError",
    "StudentT",
    "get_loss",
]

# In the order that kernels count them in.
LOSSES = {
    loss.name: loss
    for loss in (SquaredError, AbsoluteError, Huber, Quantile, CrossEntropy, StudentT, Poisson, NegativeBinomial)
}


def get_loss(loss):
    """Return the loss that `loss`, a name or an instance, stands for.

    Parameters
    ----------
    loss : str or Loss
        A key of `LOSSES`.

    Returns
    -------
    Loss

    Raises
    ------
    ValueError
        If there is no such loss.
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(
            f"The 'loss' parameter must be one of {sorted(LOSSES)} or an instance of Loss. Got {loss!r} instead."
        )
    return LOSSES[loss]()
