"""Everything public is annotated: parameters, results and fitted attributes, for editors and type checkers.

That the annotations are right is checked by mypy, with `typed_usage.py` as the code of a user.
"""

import inspect
import re

import pytest
from test_docstrings import MEMBERS, METHODS

CLASSES = {name: member for name, member in MEMBERS.items() if inspect.isclass(member)}


def documented_attributes(docstring):
    """Names with a trailing underscore in the section Attributes."""
    section = re.search(r"^Attributes\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", docstring, flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\w[\w, ]*$|^(?=\w)[\w, ]+(?= :)", section[1], flags=re.MULTILINE) if section else []
    return [name.strip() for line in lines for name in line.split(",") if name.strip().endswith("_")]


@pytest.mark.parametrize("name", MEMBERS | METHODS)
def test_signatures_are_annotated(name):
    signature = inspect.signature((MEMBERS | METHODS)[name])
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name not in {"self", "cls"}]
    assert [parameter.name for parameter in parameters if parameter.annotation is parameter.empty] == []
    assert signature.return_annotation is not signature.empty or name in CLASSES


@pytest.mark.parametrize("name", CLASSES)
def test_fitted_attributes_are_annotated(name):
    annotated = {key for base in CLASSES[name].__mro__ for key in inspect.get_annotations(base)}
    for key in documented_attributes(inspect.getdoc(CLASSES[name])):
        attribute = inspect.getattr_static(CLASSES[name], key, None)
        if isinstance(attribute, property):
            assert inspect.signature(attribute.fget).return_annotation is not inspect.Signature.empty
        else:
            assert key in annotated


def test_attributes_are_found():
    found = documented_attributes(inspect.getdoc(CLASSES["tsrnn.RNNForecaster"]))
    assert {"horizon_", "strategy_", "early_stopping_", "covariates_", "networks_"} < set(found)
