"""Processes that begin or end at odd moments: forks during a compilation or a fit, fits when the program is ending."""

import gc
import multiprocessing
import os
import subprocess
import sys
import threading

import numba
import numpy as np
import pytest
from joblib import Parallel, delayed

from tsrnn import RNNForecaster
from tsrnn.backends import numba_internals
from tsrnn.backends.compilation import JIT, kernel

pytestmark = [
    pytest.mark.skipif(not JIT, reason="nothing is compiled, one thread"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def fit():
    """Return the forecasts of a small panel, with linear parts and a network."""
    y = np.random.default_rng(0).normal(size=(60, 3)).cumsum(axis=0)
    return RNNForecaster(3, lookback=6, max_epochs=1, random_state=0).fit(y).predict()


def _send(call, connection):
    connection.send(call())


def run_forked(call):
    """Return what a call returns in a forked process."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_send, args=(call, theirs))
    process.start()
    theirs.close()
    result = ours.recv()
    process.join()
    assert process.exitcode == 0
    return result


def compile_one():
    """Compile a kernel; return its result and whether the garbage collector is on."""

    def make(stamp):
        def triple(x):
            stamp  # noqa: B018
            return 3 * x

        return triple

    return kernel(make)(2), gc.isenabled()


@pytest.fixture
def compiling(tmp_path, monkeypatch):
    """Calls to be made during the next compilation."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    define_pipelines, calls = numba_internals.KernelCompiler.define_pipelines, []

    def spy(compiler):
        while calls:
            calls.pop()()
        return define_pipelines(compiler)

    monkeypatch.setattr(numba_internals.KernelCompiler, "define_pipelines", spy)
    return calls


def test_a_fork_during_a_compilation_of_another_thread(compiling):
    assert gc.isenabled()
    begun = threading.Event()
    compiling.append(begun.set)
    thread = threading.Thread(target=compile_one)
    thread.start()
    begun.wait()
    assert run_forked(compile_one) == (6, True)
    thread.join()
    assert gc.isenabled()


def test_a_fork_by_the_thread_that_compiles(compiling):
    """As of a signal handler: the child collects garbage at once."""
    collects = []
    compiling.append(lambda: collects.append((gc.isenabled(), run_forked(gc.isenabled))))
    assert compile_one() == (6, True)
    assert collects == [(False, True)]


def test_a_fork_does_not_wait_for_ever(compiling, monkeypatch):
    monkeypatch.setattr(numba_internals, "_PATIENCE", 0)
    begun, may_end = threading.Event(), threading.Event()
    compiling.append(lambda: (begun.set(), may_end.wait()))
    thread = threading.Thread(target=compile_one)
    thread.start()
    begun.wait()
    try:
        assert run_forked(gc.isenabled)
    finally:
        may_end.set()
        thread.join()


@pytest.mark.slow
def test_forks_while_another_thread_fits():
    expected, over = fit(), threading.Event()
    begun = threading.Semaphore(0)

    def work():
        while not over.is_set():
            begun.release()
            fit()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(8):
            begun.acquire()
            np.testing.assert_array_equal(run_forked(fit), expected)
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_fits_in_processes_of_all_kinds_are_the_same(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        for result in pool.starmap(fit, [()] * 2):
            np.testing.assert_array_equal(result, fit())


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_fits_in_joblib_of_all_kinds_are_the_same(backend):
    for result in Parallel(n_jobs=2, backend=backend)(delayed(fit)() for _ in range(2)):
        np.testing.assert_array_equal(result, fit())


SCRIPT = """
import atexit, sys, threading
import numpy as np
from tsrnn import RNNForecaster

y = np.random.default_rng(0).normal(size=(60, 3)).cumsum(axis=0)

def fit():
    forecaster = RNNForecaster(3, lookback=6, max_epochs=1, random_state=0, n_jobs=2)
    print(forecaster.fit(y).predict().tobytes().hex(), flush=True)

def after_main():
    threading.main_thread().join()
    fit()
"""
ENDINGS = {
    "while the program runs": "fit()",
    "atexit": "atexit.register(fit)",
    "after the main thread": "threading.Thread(target=after_main).start()",
    "atexit after a fit": "fit()\natexit.register(fit)",
}


@pytest.mark.slow
def test_fits_when_the_program_is_ending():
    outputs = set()
    for ending in ENDINGS.values():
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT + ending], capture_output=True, text=True, env={**os.environ}
        )
        assert (result.returncode, result.stderr) == (0, ""), ending
        outputs.update(result.stdout.split())
    assert len(outputs) == 1
