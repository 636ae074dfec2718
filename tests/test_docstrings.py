"""Every public name is documented, and the examples in the docstrings give what they show."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import tsrnn

MODULES = ["tsrnn"] + [
    module.name for module in pkgutil.walk_packages(tsrnn.__path__, "tsrnn.") if module.name != "tsrnn.backends.cuda"
]
PUBLIC_MODULES = [
    "tsrnn",
    "tsrnn.baselines",
    "tsrnn.calendar",
    "tsrnn.datasets",
    "tsrnn.metrics",
    "tsrnn.model_selection",
    "tsrnn.plotting",
    "tsrnn.reporting",
]


def public_members(module_name):
    """Functions and classes that a user imports from a module, by qualified name."""
    module = importlib.import_module(module_name)
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    for name in names:
        member = getattr(module, name)
        if callable(member) and member.__module__.startswith(module_name):
            yield f"{module_name}.{name}", member


def public_methods(name, member):
    """Methods that a public class of the package defines or inherits from another of its classes."""
    if inspect.isclass(member):
        for key, method in inspect.getmembers(member, inspect.isfunction):
            if not key.startswith("_") and method.__module__.startswith("tsrnn"):
                yield f"{name}.{key}", method


MEMBERS = dict(pair for module in PUBLIC_MODULES for pair in public_members(module))
METHODS = dict(pair for name, member in MEMBERS.items() for pair in public_methods(name, member))


def documented_parameters(docstring):
    """Names listed in the sections Parameters and Attributes, in their order."""
    sections = re.split(r"\n(?=\w[\w ]*\n-{3,}\n)", docstring)
    texts = [text for text in sections if text.startswith(("Parameters\n", "Attributes\n"))]
    lines = re.findall(r"^([\w*][\w*, ]*) : ", "\n".join(texts), flags=re.MULTILINE)
    return [name.strip("* ") for line in lines for name in line.split(",")]


@pytest.mark.slow  # some of them train
@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("name", MEMBERS)
def test_public_names_have_an_example(name):
    assert "\n>>> " in inspect.getdoc(MEMBERS[name])


@pytest.mark.parametrize("name", MEMBERS | METHODS)
def test_every_parameter_is_documented(name):
    member = (MEMBERS | METHODS)[name]
    parameters = [key for key in inspect.signature(member).parameters if key != "self"]
    documented = documented_parameters(inspect.getdoc(member) or "")
    assert [key for key in documented if key in parameters] == parameters
