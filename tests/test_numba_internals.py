"""Releases of Numba without the private parts that kernels use: more slowly compiled, to the same numbers."""

import ast
import os
import subprocess
import sys

import numba
import pytest

from tsrnn.backends import numba_internals
from tsrnn.backends.compilation import JIT, inline, kernel

pytestmark = pytest.mark.skipif(not JIT, reason="nothing is compiled")

# Hides the names given on the command line from the package, and runs the script after them.
HIDING = """
import builtins, sys

hidden, import_module = set(sys.argv[1].split(",")), builtins.__import__

def without(name, globals=None, locals=None, fromlist=(), level=0):
    if (globals or {}).get("__name__", "").startswith("tsrnn"):
        for wanted in fromlist or ():
            if f"{name}.{wanted}" in hidden:
                raise ImportError(f"cannot import name {wanted!r} from {name!r}")
    return import_module(name, globals, locals, fromlist, level)

builtins.__import__ = without
"""

NETWORK = """
import numpy as np
from tsrnn.network import Network
from tsrnn.sequences import Sequences
from tsrnn.training import TrainingOptions, train

rng = np.random.default_rng(0)
sequences = Sequences.from_dense(rng.normal(size=(40, 7, 2)), rng.normal(size=(40, 1, 3)))
for cell in ("rnn", "gru", "lstm"):
    network = Network(input_size=2, hidden_size=9, output_size=3, cell=cell)
    network.initialize(rng)
    train(network, sequences, TrainingOptions(max_epochs=2, n_jobs=2), rng)
    print(network.theta.tobytes().hex(), network.predict(sequences).tobytes().hex())
"""

# A kernel with a part of each kind, and views; the file of a kernel must exist.
SMALL = """
import numpy as np
from tsrnn.backends import numba_internals
from tsrnn.backends.compilation import inline, inline_once, kernel, never_inline
from tsrnn.backends.views import row_at, rows_at

@inline
def once(x):
    return 3 * x

@inline_once
def twice(x):
    return 2 * once(x)

@never_inline
def thrice(x, y):
    for n in range(y.shape[0]):
        y[n] += x

@kernel
def run(stamp):
    def run(x):
        stamp
        thrice(twice(1.5), row_at(x, 1, 2))
        rows_at(x, 2, 2, 2)[1, 1] = once(7.0)

    return run

run(x := np.zeros(6))
print(x.tolist(), numba_internals.HAS_COMPILER, numba_internals.HAS_CACHE, numba_internals.HAS_VIEWS)
"""


def private_names():
    """Names that the package imports from private modules of Numba."""
    with open(numba_internals.__file__) as file:
        tree = ast.parse(file.read())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "numba." in node.module]
    return [f"{node.module}.{alias.name}" for node in imports if node.module != "numba" for alias in node.names]


PRIVATE = [name for name in private_names() if not name.startswith("tsrnn")]


def run_hiding(hidden, script, tmp_path, **variables):
    """Return what a script prints while names are hidden."""
    path = tmp_path / "script.py"
    path.write_text(HIDING + script)
    result = subprocess.run(
        [sys.executable, "-W", "error", str(path), ",".join(hidden)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Function that runs the small kernel while names are hidden, in one cache, which has it with all parts."""
    folder = tmp_path_factory.mktemp("small")

    def run(hidden):
        return run_hiding(hidden, SMALL, folder, NUMBA_CACHE_DIR=str(folder / "cache"))

    assert run(["nothing"]) == "[0.0, 9.0, 9.0, 0.0, 0.0, 21.0] True True True\n"
    return run


def test_private_names_are_found():
    assert {"numba.core.caching.FunctionCache", "numba.np.arrayobj.populate_array"} <= set(PRIVATE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "flags"),
    [
        ("numba.core.codegen", "False False True"),
        ("numba.core.compiler_lock", "False False True"),
        ("numba.core.typed_passes", "False False True"),
        ("numba.core.caching", "True False True"),
        ("numba.np.arrayobj", "False False False"),
        ("numba", "False False False"),
    ],
)
def test_a_kernel_without_some_parts(module, flags, small):
    hidden = [name for name in PRIVATE if name.startswith(f"{module}.")]
    assert hidden
    assert small(hidden) == f"[0.0, 9.0, 9.0, 0.0, 0.0, 21.0] {flags}\n"


@pytest.mark.slow
def test_networks_without_any_private_part_have_the_same_bits(tmp_path):
    plain = run_hiding(PRIVATE, NETWORK, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert plain == run_hiding(["nothing"], NETWORK, tmp_path)


def make_kernel():
    """Return a kernel of one part."""
    part = inline(lambda x: 2.0 * x)

    def make(stamp):
        def run(x):
            stamp  # noqa: B018
            return part(x)

        return run

    return kernel(make)


@pytest.mark.parametrize("error", [AttributeError, TypeError, NotImplementedError])
def test_a_release_with_another_signature_compiles_plainly(monkeypatch, tmp_path, error):
    def fail(library):
        raise error("unexpected argument")

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba_internals.KernelCompiler, "plain", False)
    monkeypatch.setattr(numba_internals._Whole, "_optimize_final_module", fail)
    run = make_kernel()
    assert run(2.0) == 4.0
    assert numba_internals.KernelCompiler.plain
    assert make_kernel()(3) == 6.0
