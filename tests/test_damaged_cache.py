"""The disk cache of a small kernel: damaged files, processes that start together, folders that cannot be written to."""

import errno
import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from tsrnn.backends import numba_internals
from tsrnn.backends.compilation import JIT, kernel
from tsrnn.backends.files import ProcessLock, is_sealed, write_sealed

pytestmark = pytest.mark.skipif(not JIT, reason="nothing is compiled")


def make_kernel():
    """Return a kernel that begins like one of a new process."""

    def make(stamp):
        def double(x):
            stamp  # noqa: B018
            for n in range(x.size):
                x[n] = 2 * x[n]

        return double

    return kernel(make)


def double(x):
    """Return a kernel's result, and whether it came from the disk."""
    run, x = make_kernel(), x.copy()
    run(x)
    return x, sum(run.stats.cache_hits.values()) > 0


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Folder with the files of the kernel for float64."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    assert not double(np.ones(3))[1]
    assert double(np.ones(3))[1]
    return tmp_path


def files_of(cache):
    """Return the files of each kind."""
    return {suffix: sorted(cache.rglob(f"*.{suffix}")) for suffix in ("nbi", "nbc")}


def flip(content, rng):
    """Change one bit."""
    changed = bytearray(content)
    changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


DAMAGES = {
    "empty": lambda content, rng: b"",
    "one byte": lambda content, rng: content[:1],
    "half": lambda content, rng: content[: len(content) // 2],
    "all but one byte": lambda content, rng: content[:-1],
    "without its checksum": lambda content, rng: content[:-32],
    "cut anywhere": lambda content, rng: content[: rng.integers(len(content))],
    "one bit": flip,
    "many bits": lambda content, rng: bytes(rng.integers(256, size=len(content), dtype=np.uint8)),
    "one byte more": lambda content, rng: content + b"x",
    "text": lambda content, rng: b"<html>Not found</html>",
    "zeros": lambda content, rng: bytes(len(content)),
}


@pytest.mark.parametrize("suffixes", [("nbi",), ("nbc",), ("nbi", "nbc")], ids="+".join)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_compiled_anew(cache, suffixes, damage, rng):
    for suffix in suffixes:
        (path,) = files_of(cache)[suffix]
        path.write_bytes(damage(path.read_bytes(), rng))
    result, loaded = double(np.arange(3.0))
    np.testing.assert_array_equal(result, [0, 2, 4])
    assert not loaded
    result, loaded = double(np.arange(3.0))
    np.testing.assert_array_equal(result, [0, 2, 4])
    assert loaded


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_missing_file_is_compiled_anew(cache, suffix):
    files_of(cache)[suffix][0].unlink()
    assert [double(np.ones(1))[1] for _ in range(2)] == [False, True]


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_folder_in_the_way_costs_time_alone(cache, suffix, monkeypatch):
    monkeypatch.setattr(numba_internals._KernelCache, "warned", False)
    (path,) = files_of(cache)[suffix]
    path.unlink()
    path.mkdir()
    with pytest.warns(RuntimeWarning, match="cannot be saved"):
        result, _ = double(np.ones(2))
    np.testing.assert_array_equal(result, [2, 2])


def test_machine_code_of_another_kernel_is_not_taken(cache):
    """Two processes may give one name to two files."""
    (path,) = files_of(cache)["nbc"]
    content = path.read_bytes()
    double(np.ones(2, np.float32))
    for other in files_of(cache)["nbc"]:
        other.write_bytes(content)
    result, loaded = double(np.ones(2, np.float32))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, [2, 2])
    assert not loaded


def test_files_of_another_version_are_not_unpickled(tmp_path):
    """They may name classes that are no more."""
    write_sealed(str(tmp_path / "file"), b"content", b"one version")
    assert is_sealed(str(tmp_path / "file"), b"one version")
    assert not is_sealed(str(tmp_path / "file"), b"another")
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_sealed(str(path), b"after", b"")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"before")]


def test_a_full_disk_is_one_warning(tmp_path, monkeypatch):
    def fail(path, payload, salt):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba_internals, "write_sealed", fail)
    monkeypatch.setattr(numba_internals._KernelCache, "warned", False)
    with pytest.warns(RuntimeWarning, match="No space left.*NUMBA_CACHE_DIR") as caught:
        for _ in range(2):
            np.testing.assert_array_equal(double(np.ones(2))[0], [2, 2])
    assert len(caught) == 1


def test_a_folder_that_is_not_used_is_one_warning(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(numba_internals._KernelCache, "warned", False)
    with pytest.warns(RuntimeWarning, match=r"NUMBA_CACHE_DIR='.*cache' cannot be written to|No folder can") as caught:
        for _ in range(2):
            np.testing.assert_array_equal(double(np.ones(2))[0], [2, 2])
    assert len(caught) == 1


def is_free(cache):
    """Return whether another process could have the lock of the kernel now."""
    fcntl = pytest.importorskip("fcntl")
    (path,) = cache.rglob("*.lock")
    with open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, numba.TypingError])
def test_the_lock_is_held_while_the_kernel_is_compiled(tmp_path, monkeypatch, error):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    compile_extra, free = numba_internals.KernelCompiler.compile_extra, []

    def spy(compiler, function):
        free.append(is_free(tmp_path))
        if error is not None:
            raise error("for a test")
        return compile_extra(compiler, function)

    monkeypatch.setattr(numba_internals.KernelCompiler, "compile_extra", spy)
    if error is None:
        double(np.ones(2))
    else:
        with pytest.raises(error):
            double(np.ones(2))
    assert free == [False]
    assert is_free(tmp_path)


HOLD = """
import sys
from tsrnn.backends.files import ProcessLock
lock = ProcessLock(sys.argv[1])
lock.acquire()
print(flush=True)
input()
"""


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path, pipes = str(tmp_path / "lock"), {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, path], **pipes) as process:
        process.stdout.readline()
        process.kill()
        process.wait()
    lock = ProcessLock(path)
    lock.acquire()
    lock.release()


SMALL_KERNEL = """
import sys
import numpy as np
from tsrnn.backends.compilation import kernel

@kernel
def fill(stamp):
    def fill(x):
        stamp
        x[:] = 2

    return fill

print("ready", flush=True)
input()
fill(x := np.zeros(2))
print(x.tolist(), sum(fill.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_of_processes_that_start_together_one_compiles(tmp_path):
    (tmp_path / "small.py").write_text(SMALL_KERNEL)
    command = [sys.executable, str(tmp_path / "small.py")]
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, env=env, text=True, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate() for process in processes]
    assert sorted(outputs) == [("[2.0, 2.0] 0\n", ""), *[("[2.0, 2.0] 1\n", "")] * 2]
