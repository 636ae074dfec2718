"""Arrays whose references are not counted."""

from numba.core import cgutils, types
from numba.extending import intrinsic

from tsrnn.backends.compilation import JIT


def _uncount(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for n, part in enumerate(kind):
            member = _uncount(context, builder, part, builder.extract_value(value, n))
            value = builder.insert_value(value, member, n)
    return value


@intrinsic
def _uncounted(typingctx, value):
    def codegen(context, builder, signature, arguments):
        return _uncount(context, builder, value, arguments[0])

    return value(value), codegen


def _plain_uncounted(value):
    return value


# Returns an array, or a tuple of arrays, that Numba takes for memory of somebody else's, whose references it does
# not count. Counts are atomic: one costs as much as a row of a product, and threads with a common array wait for
# each other at every call.
uncounted = _uncounted if JIT else _plain_uncounted
