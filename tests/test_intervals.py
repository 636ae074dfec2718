"""Levels and quantiles: what may be asked for, and how columns are called."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.intervals import read_quantiles, split_column
from tsrnn.validation import InvalidParameterError


@pytest.mark.parametrize(
    ("level", "lower", "upper"),
    [(80, 0.1, 0.9), (90, 0.05, 0.95), (95, 0.025, 0.975), (97.5, 0.0125, 0.9875), (1, 0.495, 0.505)],
)
def test_levels_are_converted_exactly(level, lower, upper):
    assert read_quantiles(level) == {f"lo-{level}": lower, f"hi-{level}": upper}


def test_columns_are_ascending_levels_then_ascending_quantiles():
    names = list(read_quantiles([95, 80], [0.9, 0.5, 0.05]))
    assert names == ["lo-80", "hi-80", "lo-95", "hi-95", "q0.05", "median", "q0.9"]


@pytest.mark.parametrize(
    "given", [[80, 95], (80, 95), {80, 95}, np.array([80, 95]), pd.Series([80, 95]), range(80, 96, 15), [80.0, 95.0]]
)
def test_numbers_come_in_any_collection(given):
    assert read_quantiles(given) == read_quantiles([80, 95])


@pytest.mark.parametrize("forecast", ["y", "a-b", "a\nb", "y-median", "q0.1"])
def test_names_of_columns_are_read_back(forecast):
    asked = read_quantiles([1, 80, 97.5, 99.999], [1e-7, 0.05, 0.5, 0.995])
    # Twelve digits: those of the level 99.999 as a quantile are rounded.
    told = {suffix: split_column(f"{forecast}-{suffix}") for suffix in asked}
    assert told == {suffix: (forecast, pytest.approx(quantile, abs=1e-12)) for suffix, quantile in asked.items()}


@pytest.mark.parametrize("name", ["y", "median", "y-lo", "y-q", "y-lo-80 ", "y_q0.1", None, 0.1, ("y", "lo-80")])
def test_other_names_tell_no_quantile(name):
    assert split_column(name) is None


def test_nothing_is_asked_for_by_default():
    assert read_quantiles() == {}


@pytest.mark.parametrize("level", [0, 100, -5, 0.5, np.nan, np.inf, True, "80", [80, None], [[80]], 1j])
def test_other_levels_are_refused(level):
    with pytest.raises(InvalidParameterError, match=r"'level' parameter of predict must be None, or one or several"):
        read_quantiles(level)


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 95, np.nan, False, "0.5", [0.1, None]])
def test_other_quantiles_are_refused(quantile):
    with pytest.raises(InvalidParameterError, match=r"'quantiles' parameter of score must be None, or one or several"):
        read_quantiles(None, quantile, "score")


@pytest.mark.parametrize("given", [{"level": []}, {"quantiles": ()}])
def test_an_empty_list_is_refused(given):
    with pytest.raises(InvalidParameterError, match="Got none"):
        read_quantiles(**given)


@pytest.mark.parametrize("given", [{"level": [80, 80.0]}, {"quantiles": [0.1, 0.5, 0.1]}])
def test_each_number_is_given_once(given):
    with pytest.raises(InvalidParameterError, match="must hold each number once"):
        read_quantiles(**given)


@pytest.mark.parametrize(
    ("given", "mended"), [({"level": 0.9}, {"level": 90}), ({"quantiles": 95}, {"quantiles": 0.95})]
)
def test_the_advice_on_shares_and_percentages_works(given, mended):
    ((name, number),) = mended.items()
    with pytest.raises(InvalidParameterError, match=f"give {name}={number}"):
        read_quantiles(**given)
    assert len(read_quantiles(**mended)) in (1, 2)
