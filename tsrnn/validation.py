"""Checks of parameters, weights and numbers, shared by the estimators.

A message says which argument is wrong, what is allowed and what was given, in scikit-learn's words. Nothing
here changes what it checks.
"""

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np


class InvalidParameterError(ValueError, TypeError):
    """A parameter has a type or a value that is not allowed."""


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds.

    Attributes
    ----------
    kind : type
        `numbers.Integral` or `numbers.Real`. Booleans belong to neither.
    low, high : float
        The bounds.
    closed : {"left", "right", "both", "neither"}
        Bounds that belong to the interval.
    """

    kind: type
    low: float
    high: float = math.inf
    closed: str = "left"

    def accepts(self, value):
        """Whether `value` is a number of this kind within the bounds; NaN never is."""
        if isinstance(value, bool | np.bool_) or not isinstance(value, self.kind):
            return False
        above = value >= self.low if self.closed in ("left", "both") else value > self.low
        below = value <= self.high if self.closed in ("right", "both") else value < self.high
        return bool(above and below)

    def __str__(self):
        """Return the words for a message."""
        left = "[" if self.closed in ("left", "both") else "("
        right = "]" if self.closed in ("right", "both") else ")"
        kind = "an int" if self.kind is Integral else "a float"
        return f"{kind} in the range {left}{self.low}, {self.high}{right}"


@dataclass(frozen=True)
class Options:
    """One of a few names."""

    names: tuple[str, ...]

    def accepts(self, value):
        """Whether `value` is one of the names."""
        return isinstance(value, str) and value in self.names

    def __str__(self):
        """Return the words for a message."""
        return f"a str among {{{', '.join(map(repr, sorted(self.names)))}}}"


@dataclass(frozen=True)
class InstanceOf:
    """An object of a class.

    Attributes
    ----------
    kind : type or tuple of types
        The classes.
    words : str
        Name of the classes in a message.
    """

    kind: type | tuple[type, ...]
    words: str

    def accepts(self, value):
        """Whether `value` is an instance."""
        return isinstance(value, self.kind)

    def __str__(self):
        """Return the words for a message."""
        return self.words


COUNT = Interval(Integral, 1)


@dataclass(frozen=True)
class Counts:
    """A list of positive integers.

    Attributes
    ----------
    what : str
        Meaning of the numbers, for a message.
    """

    what: str

    def accepts(self, value):
        """Whether `value` is a list or tuple of positive integers."""
        return isinstance(value, list | tuple) and len(value) > 0 and all(COUNT.accepts(m) for m in value)

    def __str__(self):
        """Return the words for a message."""
        return f"a list of positive ints ({self.what})"


@dataclass(frozen=True)
class ListOf:
    """A list of elements that a constraint accepts, at least one.

    Attributes
    ----------
    element : object
        The constraint.
    what : str
        Name of the elements in a message.
    """

    element: object
    what: str

    def accepts(self, value):
        """Whether `value` is such a list."""
        return isinstance(value, list) and len(value) > 0 and all(map(self.element.accepts, value))

    def __str__(self):
        """Return the words for a message."""
        return f"a list of {self.what}"


NONE = InstanceOf(type(None), "None")
BOOLEAN = InstanceOf((bool, np.bool_), "a bool")


def check_parameters(owner, parameters, constraints):
    """Check parameters against their constraints.

    Parameters
    ----------
    owner : str
        Name of the estimator or function, for the message.
    parameters : dict
        Name to value.
    constraints : dict
        Name to a list of constraints, of which one must accept the value. Names that are not listed are not
        checked.

    Raises
    ------
    InvalidParameterError
        Naming the first parameter that no constraint accepts, what is allowed, and what was given.

    Examples
    --------
    >>> check_parameters("RNNRegressor", {"batch_size": 0}, {"batch_size": [Interval(Integral, 1)]})
    Traceback (most recent call last):
      ...
    tsrnn.validation.InvalidParameterError: The 'batch_size' parameter of RNNRegressor must be an int in the
    range [1, inf). Got 0 instead.
    """
    for name, allowed in constraints.items():
        value = parameters[name]
        if not any(constraint.accepts(value) for constraint in allowed):
            words = " or ".join(map(str, allowed))
            raise InvalidParameterError(f"The {name!r} parameter of {owner} must be {words}. Got {value!r} instead.")


def make_generator(random_state):
    """Return a generator of random numbers of its own for an estimator's `random_state`.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        None draws fresh entropy from the system: NumPy's global state is neither read nor changed. An int
        gives the same numbers at every call. A `RandomState` or a `Generator` is drawn from, so that a second
        call gives other numbers.

    Returns
    -------
    numpy.random.Generator
    """
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(np.iinfo(np.int32).max, size=4)
    elif isinstance(random_state, np.random.Generator):
        random_state = random_state.integers(np.iinfo(np.int64).max, size=4)
    return np.random.default_rng(random_state)


def check_sample_weight(sample_weight, n_samples):
    """Return sample weights as float64, or None if there are none.

    Parameters
    ----------
    sample_weight : None or array-like of shape (n_samples,)
        Finite and not negative, not all zero.
    n_samples : int
        Number of samples.

    Returns
    -------
    None or ndarray of shape (n_samples,), float64

    Raises
    ------
    ValueError
        If the shape is another, or a weight is NaN, infinite or negative (naming the first such sample), or
        all are zero.
    """
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight must have one weight per sample, shape ({n_samples},). Got shape {weights.shape}."
        )
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        first = int(np.argmax(bad))
        raise ValueError(
            f"Sample weights must be finite and not negative. Got {weights[first]} for sample {first}"
            f" ({int(bad.sum())} such in all)."
        )
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number. All weights are zero.")
    return weights
