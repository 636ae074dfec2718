"""The disk cache of the kernels, from the outside: processes with a cache folder of their own."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tsrnn
from tsrnn.backends.compilation import SOURCE_STAMP

PACKAGE = Path(tsrnn.__file__).parent

# Prints outputs, losses and gradients of the cells named on the command line.
SCRIPT = """
import sys
import numpy as np
from tsrnn.network import Network
from tsrnn.sequences import Sequences

train, *cells = sys.argv[1:]
X, y = np.linspace(-1, 1, 12).reshape(2, 6, 1), np.ones((2, 1, 1))
for cell in cells:
    network = Network(input_size=1, hidden_size=2, output_size=1, cell=cell)
    network.initialize(np.random.default_rng(0))
    print("result", cell, network.predict(Sequences.from_dense(X)).ravel().tolist())
    if train == "train":
        loss, gradient, _ = network.loss_and_gradient(Sequences.from_dense(X, y))
        print("result", cell, loss, {name: values.ravel().tolist() for name, values in gradient.items()})
"""

# Imports every module of the package and prints the compiled functions.
IMPORT_SCRIPT = """
import gc, importlib, pkgutil
import tsrnn
from numba.core.dispatcher import Dispatcher

for module in pkgutil.walk_packages(tsrnn.__path__, "tsrnn."):
    importlib.import_module(module.name)
dispatchers = [d for d in gc.get_objects() if isinstance(d, Dispatcher) and d.__module__.startswith("tsrnn")]
assert dispatchers
print("compiled", [d.__name__ for d in dispatchers if d.signatures])
"""


def run_script(folder, cache, *arguments, script=SCRIPT, home=None, warned=0):
    """Run a script against the package in `folder`; return lines of results, and kernels loaded and saved.

    It may warn `warned` times.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    env |= {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(cache),
        "NUMBA_DEBUG_CACHE": "1",
    }
    if home is not None:
        env |= {"HOME": str(home), "XDG_CACHE_HOME": str(home), "LOCALAPPDATA": str(home)}
    command = [sys.executable, "-W", "always" if warned else "error", "-c", script, *arguments]
    result = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("Warning: ") == warned, result.stderr
    assert warned or result.stderr == ""
    lines = result.stdout.splitlines()
    loaded, saved = (sum(f"data {what}" in line for line in lines) for what in ("loaded", "saved"))
    return [line for line in lines if not line.startswith("[cache]")], loaded, saved


def copy_package(folder):
    """Copy the package's sources into `folder`."""
    shutil.copytree(PACKAGE, folder / "tsrnn", ignore=shutil.ignore_patterns("__pycache__", "data"))
    return folder


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory):
    """Folder of a copied package, its cache folder, and the results of the process that filled it."""
    folder = copy_package(tmp_path_factory.mktemp("package"))
    cache = tmp_path_factory.mktemp("cache")
    results, loaded, saved = run_script(folder, cache, "train", "lstm")
    assert loaded == 0
    assert saved >= 1
    return folder, cache, results, saved


@pytest.mark.slow
def test_second_process_compiles_nothing(compiled_once):
    folder, cache, results, n_kernels = compiled_once
    assert run_script(folder, cache, "train", "lstm") == (results, n_kernels, 0)


@pytest.mark.slow
def test_cached_kernels_keep_the_cells_apart(compiled_once):
    folder, cache, results, n_kernels = compiled_once
    gru, _, _ = run_script(folder, cache, "train", "gru")
    assert gru != results
    assert run_script(folder, cache, "train", "gru", "lstm")[0] == gru + results


@pytest.mark.slow
def test_edited_cell_is_compiled_anew(compiled_once):
    folder, cache, _, _ = compiled_once
    before, _, _ = run_script(folder, cache, "predict", "rnn")
    path = folder / "tsrnn" / "cells" / "rnn.py"
    source = path.read_text()
    assert source.count("= tanh(a[") == 1
    try:
        path.write_text(source.replace("= tanh(a[", "= (a["))
        after, loaded, saved = run_script(folder, cache, "predict", "rnn")
    finally:
        path.write_text(source)
    assert loaded == 0
    assert saved >= 1
    assert after != before


@pytest.mark.slow
def test_unwritable_folders_cost_time_alone(compiled_once, tmp_path):
    folder, cache, _, _ = compiled_once
    expected, _, _ = run_script(folder, cache, "predict", "gru")
    copy_package(tmp_path)
    for package in (tmp_path / "tsrnn").rglob("*/"):
        (package / "__pycache__").touch()  # a file where a folder is wanted: not even root can write there
    nowhere = tmp_path / "file"
    nowhere.touch()
    results, loaded, saved = run_script(tmp_path, nowhere / "cache", "predict", "gru", home=nowhere, warned=1)
    assert results == expected
    assert loaded == saved == 0


# Compiles a small kernel where no file may grow beyond a few bytes, as on a full disk.
FULL_DISK_SCRIPT = """
import resource, signal
import numpy as np
import small

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
small.fill(x := np.zeros(3))
print(x.tolist())
"""

SMALL_KERNEL = """
from tsrnn.backends.compilation import kernel

@kernel
def fill(stamp):
    def fill(x):
        stamp
        x[:] = 2

    return fill
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no limits of file sizes")
def test_full_disk_costs_time_alone(tmp_path):
    copy_package(tmp_path)
    (tmp_path / "small.py").write_text(SMALL_KERNEL)
    cache = tmp_path / "cache"
    assert run_script(tmp_path, cache, script="import small, numpy\nsmall.fill(numpy.zeros(3))") == ([], 0, 1)
    shutil.rmtree(cache)
    assert run_script(tmp_path, cache, script=FULL_DISK_SCRIPT, warned=1)[0] == ["[2.0, 2.0, 2.0]"]


@pytest.mark.slow
def test_import_compiles_nothing(tmp_path):
    lines, loaded, saved = run_script(PACKAGE.parent, tmp_path, script=IMPORT_SCRIPT)
    assert lines == ["compiled []"]
    assert loaded == saved == 0
    assert list(tmp_path.iterdir()) == []


def imported_sources(path, found):
    """Add to `found` the file, and all files of the package that it imports, directly or not."""
    if path in found:
        return found
    found.add(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            stem = PACKAGE.parent.joinpath(*name.split("."))
            for source in (stem.with_suffix(".py"), stem / "__init__.py"):
                if name.startswith("tsrnn.") and source.is_file():
                    imported_sources(source, found)
    return found


def find_kernel_sources():
    """Return all files that the kernels may be made of."""
    found = set()
    for path in (PACKAGE / "backends").glob("*.py"):
        imported_sources(path, found)
    return sorted(found)


KERNEL_SOURCES = find_kernel_sources()


def read_stamp(package):
    """Return the stamp of the kernels of a copied package, with the rest of this one."""
    path = package / "backends" / "compilation.py"
    spec = importlib.util.spec_from_file_location("copied_compilation", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SOURCE_STAMP


@pytest.mark.parametrize(
    "source", KERNEL_SOURCES, ids=[path.relative_to(PACKAGE).as_posix() for path in KERNEL_SOURCES]
)
def test_stamp_changes_with_every_source_of_the_kernels(source, tmp_path):
    package = copy_package(tmp_path) / "tsrnn"
    assert read_stamp(package) == SOURCE_STAMP
    with (package / source.relative_to(PACKAGE)).open("a") as file:
        file.write("\n# edited\n")
    assert read_stamp(package) != SOURCE_STAMP


def test_kernels_are_made_of_cells_backends_and_losses():
    stems = {path.stem for path in KERNEL_SOURCES}
    assert {"worker", "recurrence", "products", "vectors", "lstm", "activations", "quantile", "distributions"} <= stems
