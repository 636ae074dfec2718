"""Losses of class codes."""

import math

from tsrnn.losses.base import Loss


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


class CrossEntropy(Loss):
    """Negative log-likelihood of the true class under a softmax of the outputs, in nats."""

    name = "cross_entropy"
    takes_classes = True
    value_and_gradient = staticmethod(_cross_entropy)

    def point(self, outputs):
        """Refuse: outputs are scores of classes."""
        raise ValueError("The loss 'cross_entropy' gives classes, not numbers: take the class of the largest output.")
