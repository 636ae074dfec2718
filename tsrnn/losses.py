r"""Losses: value and gradient together, for one output step of a block of lanes.

A loss is a class with a plain function `value_and_gradient`, which the backends compile:

``value_and_gradient(prediction, target, code, weight, parameters) -> float``
    `prediction` (O, L) holds the network's outputs and is overwritten with the gradient of the weighted loss;
    `target` (K, L) the real targets and `code` (L,) the class codes (one of the two is used); `weight` (K, L) the
    weight of each target, or (1, L) that of each class, 0 for what must not count; `parameters` (P,) the loss's own
    numbers.
    Returns the weighted sum over all elements.

The loss of a minibatch is the weighted mean over its elements, as PyTorch's ``reduction="mean"`` has it.
"""

import math
from numbers import Real

import numpy as np


def _squared_error(prediction, target, code, weight, parameters):
    total = 0.0
    for k in range(prediction.shape[0]):
        p, y, w = prediction[k], target[k], weight[k]
        for lane in range(p.shape[0]):
            error = p[lane] - y[lane]
            total += w[lane] * error * error
            p[lane] = w[lane] * (error + error)
    return total


def _absolute_error(prediction, target, code, weight, parameters):
    total = 0.0
    for k in range(prediction.shape[0]):
        p, y, w = prediction[k], target[k], weight[k]
        for lane in range(p.shape[0]):
            error = p[lane] - y[lane]
            total += w[lane] * abs(error)
            p[lane] = w[lane] * np.sign(error)
    return total


def _huber(prediction, target, code, weight, parameters):
    delta = parameters[0]
    total = 0.0
    for k in range(prediction.shape[0]):
        p, y, w = prediction[k], target[k], weight[k]
        for lane in range(p.shape[0]):
            error = p[lane] - y[lane]
            if abs(error) <= delta:
                total += w[lane] * error * error / 2
                p[lane] = w[lane] * error
            else:
                total += w[lane] * delta * (abs(error) - delta / 2)
                p[lane] = w[lane] * delta * np.sign(error)
    return total


def _quantile(prediction, target, code, weight, parameters):
    n_levels = parameters.shape[0]
    total = 0.0
    for k in range(target.shape[0]):
        y, w = target[k], weight[k]
        for q in range(n_levels):
            p, level = prediction[k * n_levels + q], parameters[q]
            for lane in range(p.shape[0]):
                error = y[lane] - p[lane]
                # Written without a branch on the sign so that NaN reaches the total.
                slope = level - (error < 0)
                total += w[lane] * slope * error
                p[lane] = -w[lane] * slope
    return total


def _cross_entropy(prediction, target, code, weight, parameters):
    total = 0.0
    n_classes, n_lanes = prediction.shape
    w = weight[0]
    for lane in range(n_lanes):
        largest = prediction[0, lane]
        for k in range(1, n_classes):
            largest = max(largest, prediction[k, lane])
        normalizer = 0.0
        for k in range(n_classes):
            normalizer += math.exp(prediction[k, lane] - largest)
        total += w[lane] * (math.log(normalizer) + largest - prediction[code[lane], lane])
        for k in range(n_classes):
            probability = math.exp(prediction[k, lane] - largest) / normalizer
            prediction[k, lane] = w[lane] * (probability - (k == code[lane]))
    return total


class Loss:
    """Base of the losses: what a backend needs to know about one.

    Attributes
    ----------
    name : str
        Key in `LOSSES`.
    parameters : tuple of float
        The loss's own numbers.
    n_levels : int
        Outputs per target.
    takes_classes : bool
        Whether targets are class codes.
    """

    name: str
    parameters: tuple[float, ...] = ()
    n_levels: int = 1
    takes_classes: bool = False

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash((type(self), self.parameters))


class SquaredError(Loss):
    r"""Mean squared error, :math:`(\hat y - y)^2`, which the conditional mean minimises."""

    name = "squared_error"
    value_and_gradient = staticmethod(_squared_error)


class AbsoluteError(Loss):
    r"""Mean absolute error, :math:`|\hat y - y|`, which the conditional median minimises."""

    name = "absolute_error"
    value_and_gradient = staticmethod(_absolute_error)


class Huber(Loss):
    r"""Huber's loss: half the squared error up to `delta`, linear beyond it.

    Parameters
    ----------
    delta : float, default=1.0
        Absolute error from which the loss is linear, in units of the (scaled) target.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35 (1964);
    scaled as in `torch.nn.HuberLoss`.

    Examples
    --------
    >>> from tsrnn.losses import Huber
    >>> Huber(delta=0.5)
    Huber(delta=0.5)
    """

    name = "huber"
    value_and_gradient = staticmethod(_huber)

    def __init__(self, delta=1.0):
        if not isinstance(delta, Real) or not 0 < delta < math.inf:
            raise ValueError(
                f"The 'delta' parameter of Huber must be a float in the range (0.0, inf). Got {delta!r} instead."
            )
        self.delta = float(delta)

    @property
    def parameters(self):
        """The loss's own numbers: `delta`."""
        return (self.delta,)


class Quantile(Loss):
    r"""Pinball loss, which the conditional quantiles minimise.

    With several levels a network has one output per target and level; those of a target lie side by side.

    Parameters
    ----------
    levels : float or sequence of float, default=0.5
        Levels in (0, 1), ascending.

    References
    ----------
    R. Koenker, G. Bassett, "Regression quantiles", Econometrica 46 (1978).

    Examples
    --------
    >>> from tsrnn.losses import Quantile
    >>> Quantile([0.1, 0.5, 0.9]).n_levels
    3
    """

    name = "quantile"
    value_and_gradient = staticmethod(_quantile)

    def __init__(self, levels=0.5):
        values = np.atleast_1d(np.asarray(levels, dtype=float))
        if (
            values.ndim != 1
            or values.size == 0
            or not np.all((values > 0) & (values < 1))
            or np.any(np.diff(values) <= 0)
        ):
            raise ValueError(
                "The 'levels' parameter of Quantile must be ascending floats in the range (0.0, 1.0). "
                f"Got {levels!r} instead."
            )
        self.levels = tuple(values.tolist())

    @property
    def parameters(self):
        """The loss's own numbers: the levels."""
        return self.levels

    @property
    def n_levels(self):
        """Outputs per target."""
        return len(self.levels)


class CrossEntropy(Loss):
    """Negative log-likelihood of the true class under a softmax of the outputs, in nats."""

    name = "cross_entropy"
    takes_classes = True
    value_and_gradient = staticmethod(_cross_entropy)


LOSSES = {loss.name: loss for loss in (SquaredError, AbsoluteError, Huber, Quantile, CrossEntropy)}


def get_loss(loss):
    """Return the loss that `loss`, a name or an instance, stands for.

    Parameters
    ----------
    loss : {"squared_error", "absolute_error", "huber", "quantile", "cross_entropy"} or Loss

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
