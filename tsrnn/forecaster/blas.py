"""Linear algebra whose bits do not depend on how many threads BLAS has."""

import threading
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_one_at_a_time = threading.RLock()  # setting BLAS's threads and setting them back must not interleave


@cache
def _controller():
    return ThreadpoolController()


@contextmanager
def one_blas_thread():
    """Keep BLAS to one thread for a while: sums in another order are other bits."""
    with _one_at_a_time, _controller().limit(limits=1, user_api="blas"):
        yield
