"""Views of a flat array."""

from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from tsrnn.backends.compilation import JIT


def _view(context, builder, signature, arguments):
    work, start, *shape = arguments
    source = context.make_array(signature.args[0])(context, builder, work)
    view = context.make_array(signature.return_type)(context, builder)
    strides = [source.itemsize]
    for length in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.gep(source.data, [start])
    populate_array(view, data=data, shape=shape, strides=strides, itemsize=source.itemsize, meminfo=None)
    return view._getvalue()


@intrinsic
def _row_at(typingctx, work, start, count):
    return types.Array(work.dtype, 1, "C")(work, types.intp, types.intp), _view


@intrinsic
def _rows_at(typingctx, work, start, rows, lanes):
    return types.Array(work.dtype, 2, "C")(work, types.intp, types.intp, types.intp), _view


def _plain_row_at(work, start, count):
    return work[start : start + count]


def _plain_rows_at(work, start, rows, lanes):
    return work[start : start + rows * lanes].reshape(rows, lanes)


# ``row_at(work, start, count)`` and ``rows_at(work, start, rows, lanes)`` are views of a flat array. Loops over them
# that count from zero become vector code, while those over places in the flat array do not: Numba must ask each time
# whether a place is negative. And its own way to reshape is a call to C that costs as much as a small network's step.
row_at = _row_at if JIT else _plain_row_at
rows_at = _rows_at if JIT else _plain_rows_at
