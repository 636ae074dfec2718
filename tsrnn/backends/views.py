"""Views of a flat array."""

from numba import types
from numba.extending import intrinsic, register_jitable

from tsrnn.backends.compilation import JIT
from tsrnn.backends.numba_internals import HAS_VIEWS, array_view


@intrinsic
def _row_at(typingctx, work, start, count):
    return types.Array(work.dtype, 1, "C")(work, types.intp, types.intp), array_view


@intrinsic
def _rows_at(typingctx, work, start, rows, lanes):
    return types.Array(work.dtype, 2, "C")(work, types.intp, types.intp, types.intp), array_view


def _plain_row_at(work, start, count):
    return work[start : start + count]


def _plain_rows_at(work, start, rows, lanes):
    return work[start : start + rows * lanes].reshape(rows, lanes)


# ``row_at(work, start, count)`` and ``rows_at(work, start, rows, lanes)`` are views of a flat array. Loops over them
# that count from zero become vector code, while those over places in the flat array do not: Numba must ask each time
# whether a place is negative. And its own way to reshape is a call to C that costs as much as a small network's step.
row_at = _row_at if JIT and HAS_VIEWS else register_jitable(_plain_row_at)
rows_at = _rows_at if JIT and HAS_VIEWS else register_jitable(_plain_rows_at)
