r"""Contract of a loss: value and gradient in kernels, and the forecasts that outputs of a network stand for.

A loss is a class with a plain function `value_and_gradient`, which the backends compile:

``value_and_gradient(prediction, target, code, weight, parameters) -> float``
    `prediction` (O, L) holds the network's outputs and is overwritten with the gradient of the weighted loss;
    `target` (K, L) the real targets and `code` (L,) the class codes (one of the two is used); `weight` (K, L) the
    weight of each target, or (1, L) that of each class, 0 for what must not count; `parameters` (P,) the loss's own
    numbers.
    Returns the weighted sum over all elements.

The loss of a minibatch is the weighted mean over its elements, as PyTorch's ``reduction="mean"`` has it.
"""

import numpy as np

from tsrnn.losses.domains import REALS


class Loss:
    """Base of the losses.

    The outputs of a target lie side by side: a network of K targets has ``K * n_outputs`` outputs a step.

    Attributes
    ----------
    name : str
        Key in `LOSSES`.
    parameters : tuple of float
        The loss's own numbers.
    n_outputs : int
        Outputs per target.
    n_elements : int
        Elements of the mean loss per target.
    takes_classes : bool
        Whether targets are class codes.
    domain : tsrnn.losses.domains.Domain
        Numbers that targets may be, if they are no class codes.
    has_quantiles, has_samples : bool
        Whether the outputs tell quantiles of a target, and its whole distribution.
    """

    name: str
    parameters: tuple[float, ...] = ()
    n_outputs: int = 1
    n_elements: int = 1
    takes_classes: bool = False
    domain = REALS
    has_quantiles: bool = False
    has_samples: bool = False

    def point(self, outputs):
        """Return point forecasts: the mean or the median, as the loss has it.

        Parameters
        ----------
        outputs : array-like of shape (..., n_outputs)
            Outputs of a network for a target, side by side.

        Returns
        -------
        ndarray of shape (...), float64
            In units of the targets that the network was trained on.
        """
        return self._read(outputs)[..., 0]

    def quantiles(self, outputs, levels):
        """Return quantiles of the targets.

        Parameters
        ----------
        outputs : array-like of shape (..., n_outputs)
            Outputs of a network for a target, side by side.
        levels : float or array-like of shape (n_levels,)
            Probabilities in (0, 1).

        Returns
        -------
        ndarray of shape (..., n_levels), float64
            In units of the targets that the network was trained on, in the order of `levels`.

        Raises
        ------
        ValueError
            If the loss has no quantiles, or not these, or if a level is not in (0, 1).
        """
        raise self._refusal("quantiles", "has_quantiles")

    def sample(self, outputs, n_samples, rng):
        """Draw targets from the distribution that the outputs stand for.

        Parameters
        ----------
        outputs : array-like of shape (..., n_outputs)
            Outputs of a network for a target, side by side.
        n_samples : int
            Draws.
        rng : numpy.random.Generator
            Source of the draws, which are independent.

        Returns
        -------
        ndarray of shape (n_samples, ...), float64
            In units of the targets that the network was trained on.

        Raises
        ------
        ValueError
            If the loss is of no distribution.
        """
        raise self._refusal("samples", "has_samples")

    def initial_bias(self, targets, weights=None):
        """Return the outputs with which a network starts best before it has learned anything, or None for any.

        Parameters
        ----------
        targets : array-like of shape (n, n_targets)
            Targets of the training.
        weights : array-like of shape (n,), optional
            Weights of their rows, not all zero; by default 1.

        Returns
        -------
        ndarray of shape (n_targets, n_outputs), float64, or None
            Biases of the readout.
        """
        return None

    def _read(self, outputs):
        """Return outputs as float64, or refuse another number of outputs per target."""
        outputs = np.asarray(outputs, dtype=np.float64)
        if outputs.ndim == 0 or outputs.shape[-1] != self.n_outputs:
            raise ValueError(
                f"The loss {self.name!r} has n_outputs={self.n_outputs} for each target, the last axis of outputs. Got "
                f"outputs of shape {outputs.shape}."
            )
        return outputs

    def _refusal(self, what, capability):
        """Error of a loss without quantiles or samples, which names those with them."""
        able = sorted(repr(loss.name) for loss in _subclasses(Loss) if getattr(loss, capability))
        return ValueError(f"The loss {self.name!r} gives no {what}. Losses that give {what}: {', '.join(able)}.")

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), self.parameters))


def _subclasses(loss):
    """Yield the losses, those of losses that have a name."""
    for subclass in loss.__subclasses__():
        if hasattr(subclass, "name"):
            yield subclass
        yield from _subclasses(subclass)


def read_levels(levels):
    """Return probabilities as an array of float64, or refuse those that are not in (0, 1).

    Parameters
    ----------
    levels : float or array-like of shape (n_levels,)

    Returns
    -------
    ndarray of shape (n_levels,), float64

    Raises
    ------
    ValueError
    """
    values = np.atleast_1d(np.asarray(levels))
    if values.ndim != 1 or not values.size or values.dtype.kind not in "fiu" or not np.all((values > 0) & (values < 1)):
        raise ValueError(
            f"Quantiles must be a float in the range (0.0, 1.0), or a list of at least one. Got {levels!r} instead."
        )
    return values.astype(np.float64)
