"""What the threads of one kernel call need: a barrier."""

import sys

from numba.core import types

from tsrnn.backends.compilation import inline
from tsrnn.backends.vectors import atomic_add, atomic_load

_SPINS = 4000  # some microseconds; a thread that waits longer lets others have the processor

if sys.platform == "win32":  # no symbol of this name there: waiting threads spin

    @inline
    def _yield_processor():
        return 0

else:
    _yield_processor = types.ExternalFunction("sched_yield", types.int32())


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
