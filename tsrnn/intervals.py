"""Levels of prediction intervals and quantiles: what may be asked for, and how their columns are called."""

import re
from collections.abc import Iterable
from numbers import Real

import numpy as np

from tsrnn.validation import InvalidParameterError

MEDIAN = 0.5
RULES = {
    "level": (1.0, 100.0, "percentages in the range [1, 100), such as level=80 or level=[80, 95]"),
    "quantiles": (0.0, 1.0, "numbers in the range (0, 1), such as quantiles=0.9 or quantiles=[0.1, 0.5, 0.9]"),
}
# Of a column of `tsrnn.backtest` or `RNNForecaster.predict`: the forecast, and the end of a level or a quantile.
COLUMN = re.compile(r"(.+)-(?:(lo|hi)-(\d+(?:\.\d+)?)|(median)|q(\d+(?:\.\d+)?(?:e-\d+)?))", re.DOTALL)


def read_quantiles(level=None, quantiles=None, method="predict"):
    """Return the quantiles that levels and quantiles ask for, by the suffix of their columns.

    Parameters
    ----------
    level : float or list of float, optional
        Percentages of observations that an interval is to hold. Level 90 reaches from quantile 0.05 to 0.95.
    quantiles : float or list of float, optional
        Shares of observations below.
    method : str, default="predict"
        Name in an error.

    Returns
    -------
    dict of str to float
        For each level ascending ``lo-80`` and ``hi-80``, then for each quantile ascending ``q0.1``, or ``median``.

    Raises
    ------
    InvalidParameterError
        If one is out of range, no number, or given twice.

    Examples
    --------
    >>> from tsrnn.intervals import read_quantiles
    >>> read_quantiles(level=90, quantiles=[0.5, 0.9])
    {'lo-90': 0.05, 'hi-90': 0.95, 'median': 0.5, 'q0.9': 0.9}
    """
    columns = {}
    for percent in _read("level", level, method):
        columns[f"lo-{percent:.12g}"] = (100 - percent) / 200
        columns[f"hi-{percent:.12g}"] = (100 + percent) / 200
    for quantile in _read("quantiles", quantiles, method):
        columns["median" if quantile == MEDIAN else f"q{quantile:.12g}"] = quantile
    return columns


def split_column(name):
    """Return the forecast and the quantile that the name of a column tells, or None if it is not of this form.

    Parameters
    ----------
    name : object
        Name of a column.

    Returns
    -------
    tuple of str and float, or None

    Examples
    --------
    >>> from tsrnn.intervals import split_column
    >>> split_column("gru-lo-80"), split_column("gru-median"), split_column("gru")
    (('gru', 0.1), ('gru', 0.5), None)
    """
    match = COLUMN.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        return None
    forecast, end, level, median, quantile = match.groups()
    if end:
        return forecast, round_share((100 + (float(level) if end == "hi" else -float(level))) / 200)
    return forecast, MEDIAN if median else round_share(float(quantile))


def round_share(number):
    """Return a quantile or a level without the last digits, which differ from one way to compute it to another."""
    return round(number, 12)


def _read(name, given, method):
    """Return the numbers of a parameter as ascending floats."""
    if given is None:
        return []
    low, high, words = RULES[name]
    numbers = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for number in numbers:
        is_number = isinstance(number, Real) and not isinstance(number, bool | np.bool_)
        if not is_number or not low <= number < high or number == 0:
            hint = ""
            if is_number and name == "level" and 0 < number < 1:
                hint = f" For an interval that holds a share of {number:g}, give level={100 * number:g}."
            elif is_number and name == "quantiles" and 1 <= number < 100:
                hint = f" For the quantile of {number:g} %, give quantiles={number / 100:g}."
            raise InvalidParameterError(
                f"The '{name}' parameter of {method} must be None, or one or several {words}. Got {number!r} "
                f"instead.{hint}"
            )
    if not numbers:
        raise InvalidParameterError(
            f"The '{name}' parameter of {method} must be None, or one or several {words}. Got none."
        )
    floats = sorted(float(number) for number in numbers)
    twice = [first for first, second in zip(floats, floats[1:], strict=False) if first == second]
    if twice:
        raise InvalidParameterError(
            f"The '{name}' parameter of {method} must hold each number once. Got {twice[0]:g} twice."
        )
    return floats
