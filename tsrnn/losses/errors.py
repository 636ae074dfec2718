"""Losses of a single number for each target."""

import math
from numbers import Real

import numpy as np

from tsrnn.losses.base import Loss


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
