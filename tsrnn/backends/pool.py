"""Threads that run kernels. They are kept, since to start one takes as long as a small network's predictions."""

import os
import sys
import threading
from operator import methodcaller

from numba import config

from tsrnn.backends.compilation import JIT

_WORK_PER_THREAD = 2e6  # multiply-adds that justify one more thread: some 20 microseconds
_idle = []  # helpers

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # threads are not copied


def count_threads(n_jobs, work, parts):
    """Return how many threads to use.

    Parameters
    ----------
    n_jobs : int or None
        None for as many as the work justifies, up to Numba's number of threads (the processor's cores, or
        ``NUMBA_NUM_THREADS``, which joblib sets for its workers); -1 for that many always.
    work : float
        Multiply-adds of one launch or minibatch.
    parts : int
        Independent parts.
    """
    available = config.NUMBA_NUM_THREADS
    if not JIT:
        return 1
    if n_jobs is None:
        wanted = min(available, int(work / _WORK_PER_THREAD))
    else:
        wanted = n_jobs if n_jobs > 0 else max(1, available + 1 + n_jobs)
    return max(1, min(wanted, parts))


class _Helper:
    """A thread that waits for work, does it and waits again.

    Attributes
    ----------
    begin : lock
        Released when there is `work` to do.
    work : _Work
    """

    def __init__(self):
        self.begin, self.work = _locked(), None
        threading.Thread(target=self._serve, name="tsrnn", daemon=True).start()

    def _serve(self):
        wanted = True
        while wanted:
            self.begin.acquire()
            work, self.work = self.work, None
            try:
                work.do()
                wanted = len(_idle) < config.NUMBA_NUM_THREADS
                if wanted:
                    _idle.append(self)
            finally:  # an error is printed as that of any thread, and ends this one
                work.done.release()
            del work  # it holds the caller's arrays


class _Work:
    """A call of a function; `done` is released after it."""

    def __init__(self, function, thread):
        self._function, self._thread, self.done = function, thread, _locked()
        self._result = self._error = None

    def do(self):
        """Call the function."""
        try:
            self._result = self._function(self._thread)
        finally:
            self._error = sys.exc_info()[1]

    def wait(self):
        """Return when it is done."""
        with self.done:
            pass

    def result(self):
        """Return what the function returned."""
        if self._error is not None:
            raise RuntimeError("A kernel has failed in one of its threads.") from self._error
        return self._result


def _locked():
    lock = threading.Lock()
    lock.acquire()
    return lock


class NoThreadError(RuntimeError):
    """A thread cannot be started: the interpreter is ending, or the system has no more."""


def _take_helper():
    try:
        return _idle.pop()
    except IndexError:
        pass
    try:
        return _Helper()
    except RuntimeError as error:
        raise NoThreadError(str(error)) from error


def run_threads(function, n_threads, stop=None):
    """Call ``function(thread)`` in `n_threads` threads at once and return the first one's result.

    They wait for each other inside. So all of them begin, or none if the program is interrupted; and they write to the
    caller's arrays, so that an interruption afterwards waits for them, unless there is another one.

    Parameters
    ----------
    function : callable
    n_threads : int
    stop : callable, optional
        Called after an interruption, to make the threads end soon.

    Raises
    ------
    NoThreadError
        If a thread cannot be started; `function` has not been called then.
    """
    if n_threads == 1:
        return function(0)
    works, helpers, begun = [_Work(function, thread) for thread in range(n_threads)], [], _locked()
    try:
        for work in works:
            helpers.append(_take_helper())
            helpers[-1].work = work
        # In one call to C, which nothing interrupts.
        any(map(methodcaller("release"), [begun, *(helper.begin for helper in helpers)]))
        for work in works:
            work.wait()
    finally:
        if begun.locked():
            for helper in helpers:
                helper.work = None
            _idle.extend(helpers)
        else:
            if stop is not None and any(work.done.locked() for work in works):
                stop()
            for work in works:
                work.wait()
    return [work.result() for work in works][0]


def launch(work, n_threads):
    """Call ``work(thread, n_threads)`` in that many threads, or ``work(0, 1)`` in this one if they cannot be started.

    Returns
    -------
    object
        What the first thread's call returned.
    """
    try:
        return run_threads(lambda thread: work(thread, n_threads), n_threads)
    except NoThreadError:
        return work(0, 1)
