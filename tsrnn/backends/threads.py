"""Barrier of the threads of one kernel call."""

import sys

from numba import types
from numba.extending import intrinsic

from tsrnn.backends.compilation import inline
from tsrnn.backends.numba_internals import element_pointer

_SPINS = 4000  # some microseconds; a thread that waits longer lets others have the processor

if sys.platform == "win32":  # no symbol of this name there: waiting threads spin

    @inline
    def _yield_processor():
        return 0

else:
    _yield_processor = types.ExternalFunction("sched_yield", types.int32())


@intrinsic
def atomic_add(typingctx, array, place, value):
    """Add `value` to an element of an int64 array and return what it was, in one step for all threads."""

    def codegen(context, builder, signature, arguments):
        pointer = element_pointer(context, builder, signature.args[0], *arguments[:2])
        return builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), codegen


@intrinsic
def atomic_load(typingctx, array, place):
    """Return an element of an int64 array, and see what its writer has written before."""

    def codegen(context, builder, signature, arguments):
        return builder.load_atomic(element_pointer(context, builder, signature.args[0], *arguments), "acquire", 8)

    return types.int64(array, types.intp), codegen


@inline
def wait_for_all(barrier, n_threads):
    """Return when all `n_threads` threads have come here.

    `barrier` is an int64 array of two zeros: threads that have arrived, and rounds that are over. What a thread has
    written before is seen by all of them after.
    """
    if n_threads == 1:
        return
    this_round = atomic_load(barrier, 1)
    if atomic_add(barrier, 0, 1) == n_threads - 1:
        atomic_add(barrier, 0, -n_threads)
        atomic_add(barrier, 1, 1)
        return
    spins = 0
    while atomic_load(barrier, 1) == this_round:
        spins += 1
        if spins > _SPINS:
            _yield_processor()
