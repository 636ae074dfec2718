"""Linear algebra whose bits do not depend on how many threads BLAS has.

BLAS has one number of threads for the whole process. However a block of ours ends (an interrupt before any
instruction of it, a fork meanwhile), that number must be what it was before. An interrupt comes between two
instructions of Python, never within a call to C. So a block is ended twice over: by the `with` statement, and by the
end of the object that the statement holds, which no variable and therefore no traceback keeps alive.
"""

import os
import threading
import weakref
from contextlib import nullcontext
from functools import cache, partial

from threadpoolctl import ThreadpoolController


class _State:
    """The block under way: its key, and how to set back the number of threads of each library."""

    key = None
    before = ()


class _Key:
    """Identity of a block.

    Attributes
    ----------
    guard : weakref.ref or None
        Ends the block when its context is garbage-collected, if it has not ended before.
    """

    guard = None


_state = _State()
_turn = threading.RLock()  # held during a block: setting BLAS's threads and setting them back must not interleave
_switching = threading.RLock()  # held while they are set: no process forks in the middle of it


def one_blas_thread():
    """Return a context in which BLAS has one thread: sums in another order are other bits."""
    if _turn._is_owned():
        return nullcontext()
    key = _Key()
    with _Undo(key):
        _begin(key)
        return _guarded(_Block(_end, key), key)


class _Block(partial):
    """A context whose end is a call of the partial function; both of its methods are in C."""

    __enter__ = object.__hash__  # does nothing
    __exit__ = partial.__call__


class _Undo:
    """Ends a block that was interrupted while it began."""

    def __init__(self, key):
        self._key = key

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            _end(self._key)


def _guarded(block, key):
    key.guard = weakref.ref(block, partial(_end, key))
    return block


def _begin(key):
    _turn.acquire()
    _switching.acquire()
    _state.key = key
    _state.before = [(_setter(library), library.num_threads) for library in _libraries()]
    for set_threads, _ in _state.before:
        set_threads(1)
    _release(_switching)


def _end(key, *_):
    """End the block with this key if it is under way in this thread; after an interrupt it is called once more."""
    if _turn._is_owned() and _state.key in (key, None):
        _switching.acquire()
        _set_back()
        _release(_switching)
        _release(_turn)
    key.guard = None


def _release(lock):
    """Release a lock of this thread, however often it was acquired: an interrupted call acquires it once more."""
    while lock._is_owned():
        lock.release()


def _set_back():
    for set_threads, n_threads in _state.before:
        set_threads(n_threads)
    _state.before, _state.key = (), None


@cache
def _libraries():
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _setter(library):
    # Of OpenBLAS, threadpoolctl lets only one thread of the program set the number, and others do nothing silently.
    return getattr(library, "_real_set_num_threads", library.set_num_threads)


def _begin_child():
    """In a forked process: end the block of a thread that is not there."""
    global _turn
    if not _turn._is_owned():
        _turn = threading.RLock()
        _set_back()
    _switching.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_switching.acquire, after_in_parent=_switching.release, after_in_child=_begin_child)
