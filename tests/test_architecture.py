"""The rules of the source tree, read from the sources themselves, and what an import may do."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tsrnn"
SOURCES = sorted(PACKAGE.rglob("*.py"))

KERNELS = {"cells", "backends"}
SERIES = {
    "frames", "series", "windows", "scaling", "outliers", "filling", "seasonality", "metrics", "datasets",
}  # fmt: skip
ESTIMATORS = {"forecaster", "sequence", "backtesting", "reporting", "calendar", "model_selection", "plotting"}
# From the bottom up: a module imports from its own row and those before it.
LAYERS = [
    {"validation", "_types"},
    {"cells", "losses", "heads"},
    {"backends"},
    {"network", "architecture", "sequences", "optimizers", "constraints", "intervals", "decoding"},
    {"training", "progress"},
    SERIES,
    {"learners"},
    {"baselines"},
    ESTIMATORS,
    {"__init__"},
]
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Parts that may import a package; numpy and the standard library are open to all.
MAY_IMPORT = {
    "numba": KERNELS,
    "llvmlite": KERNELS,
    "pandas": SERIES | ESTIMATORS | {"_types"},
    "sklearn": ESTIMATORS | {"validation"},
    "joblib": ESTIMATORS,
    "scipy": ESTIMATORS | {"frames", "losses"},
    "threadpoolctl": {"learners"},
    "matplotlib": {"plotting"},
    "tqdm": {"progress"},
    "holidays": {"calendar"},
    "narwhals": {"frames"},
}
# Slow to import, or not installed with tsrnn: only within the function that needs them.
ONLY_IN_FUNCTIONS = {"matplotlib", "tqdm", "holidays", "narwhals", "tsrnn.backends.cuda"}
CUDA_FILE = PACKAGE / "backends" / "cuda.py"
INTERNALS = PACKAGE / "backends" / "numba_internals.py"
VECTORS = PACKAGE / "backends" / "vectors.py"
MAX_FUNCTION_LINES = 70


def name_of(source):
    """Path below the package, as the tests print it."""
    return source.relative_to(PACKAGE).as_posix()


def part_of(source):
    """Top-level module or folder that a file belongs to."""
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(tree):
    """Pairs of imported module and whether importing the file imports it: not in functions, nor for types alone."""
    inner = {
        id(node)
        for part in ast.walk(tree)
        if isinstance(part, ast.FunctionDef | ast.Lambda)
        or (isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING")
        for node in ast.walk(part)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # A relative import begins with a dot, which no layer and no package does.
            base = "." * node.level + (node.module or "")
            modules = [base] + [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((module, id(node) not in inner) for module in modules)


def parametrize_sources(test):
    """Run a test for each file of the package, given as its path and its syntax tree."""
    trees = [(source, ast.parse(source.read_text(encoding="utf-8"))) for source in SOURCES]
    return pytest.mark.parametrize(("source", "tree"), trees, ids=map(name_of, SOURCES))(test)


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_every_part_has_a_layer(source):
    assert part_of(source) in RANKS


@parametrize_sources
def test_imports_point_downwards(source, tree):
    rank = RANKS[part_of(source)]
    inside = {module for module, _ in imports_of(tree) if module.split(".")[0] == "tsrnn"}
    upwards = {module for module in inside if RANKS.get((module.split(".") + ["__init__"])[1], rank) > rank}
    assert upwards == set()


@parametrize_sources
def test_packages_are_known_where_they_belong(source, tree):
    packages = {module.split(".")[0] for module, _ in imports_of(tree)}
    outside = packages - sys.stdlib_module_names - {"numpy", "tsrnn"}
    assert {package for package in outside if part_of(source) not in MAY_IMPORT.get(package, set())} == set()
    assert "pickle" not in packages


@parametrize_sources
def test_slow_imports_wait(source, tree):
    modules = {module for module, at_import in imports_of(tree) if at_import}
    prefixes = {".".join(module.split(".")[:n]) for module in modules for n in (1, 2, 3)}
    assert prefixes & ONLY_IN_FUNCTIONS == set()


@parametrize_sources
def test_cuda_is_in_one_file(source, tree):
    uses = any(module.startswith("numba.cuda") for module, _ in imports_of(tree))
    uses |= any(
        isinstance(node, ast.Attribute) and node.attr == "cuda" and getattr(node.value, "id", "") == "numba"
        for node in ast.walk(tree)
    )
    assert not uses or source == CUDA_FILE


@parametrize_sources
def test_private_parts_of_numba_are_in_one_file(source, tree):
    """Public are `numba` itself and `numba.extending`; llvmlite's code builders are known to intrinsics alone."""
    modules = {module for module, _ in imports_of(tree) if module.split(".")[0] in {"numba", "llvmlite"}}
    chains = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    public = {"numba", "numba.config", "numba.types", "numba.njit"}
    private = {module for module in modules if module not in public and not module.startswith("numba.extending")}
    private |= {chain for chain in chains if chain.startswith(("numba.core", "numba.np", "numba.misc"))}
    if source == VECTORS:
        private = {module for module in private if not module.startswith("llvmlite")}
    assert not private or source == INTERNALS


@parametrize_sources
def test_nothing_is_printed(source, tree):
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "print" not in {getattr(function, "id", None) for function in calls}


@parametrize_sources
def test_no_exception_is_caught_blindly(source, tree):
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    caught = [ast.unparse(handler.type) if handler.type else "everything" for handler in handlers]
    assert {"everything", "Exception", "BaseException"}.isdisjoint(caught)


@parametrize_sources
def test_functions_fit_a_screen(source, tree):
    too_long = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            if lines > MAX_FUNCTION_LINES:
                too_long[node.name] = lines
    assert too_long == {}


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_nothing_is_left_undone(source):
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", source.read_text(encoding="utf-8")) == []


def run_python(code, **variables):
    """Run code in a new process and return what it printed."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


IMPORT_ALL = """
import pkgutil, sys, warnings
import numba, numpy, pandas, sklearn
from numba.core import event

state, filters = numpy.random.get_state()[1].tolist(), list(warnings.filters)
with event.install_recorder("numba:compile") as recorder:
    import tsrnn
    for module in pkgutil.walk_packages(tsrnn.__path__, "tsrnn."):
        if module.name != "tsrnn.backends.cuda":
            __import__(module.name)
assert not recorder.buffer, recorder.buffer
assert numpy.random.get_state()[1].tolist() == state
assert list(warnings.filters) == filters
unwanted = {"matplotlib", "tqdm", "holidays", "torch", "tensorflow", "numba.cuda", "tsrnn.backends.cuda"}
print(sorted(unwanted & set(sys.modules)))
"""


def test_import_compiles_nothing_and_keeps_quiet(tmp_path):
    assert run_python(IMPORT_ALL, NUMBA_CACHE_DIR=str(tmp_path)) == "[]\n"
    assert list(tmp_path.rglob("*.nb?")) == []
