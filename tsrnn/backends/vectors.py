"""Explicit vector code: the register tile of the matrix products, a block transpose, and atomics.

LLVM's loop vectoriser keeps no two-dimensional block of accumulators in registers, so that a product written as
plain loops reaches a third of the processor's multiply rate. The intrinsics here write the vector instructions
themselves; `VECTOR_BYTES` is taken from the host. With `NUMBA_DISABLE_JIT=1` plain functions stand in for them,
which are also what the tests hold them against.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from tsrnn.backends.compilation import JIT


def _vector_bytes():
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64
    return 32 if features.get("avx") else 16


VECTOR_BYTES = _vector_bytes()
TILE_BYTES = 2 * VECTOR_BYTES  # a tile is two registers wide
TILE_ROWS = 6  # 12 accumulators, 2 registers of columns and 1 factor fit the 16 registers of AVX2


def _vector_type(dtype):
    scalar = ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()
    return ir.VectorType(scalar, VECTOR_BYTES * 8 // dtype.bitwidth)


def _bytes(scalar):
    return 4 if isinstance(scalar, ir.FloatType) else 8


def _pointer(context, builder, array_type, array, start):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [start])


def _load(builder, pointer, vector):
    instruction = builder.load(builder.bitcast(pointer, vector.as_pointer()), typ=vector)
    instruction.align = _bytes(vector.element)
    return instruction


def _store(builder, value, pointer):
    instruction = builder.store(value, builder.bitcast(pointer, value.type.as_pointer()))
    instruction.align = _bytes(value.type.element)


def _shuffle(builder, left, right, places):
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(left, right, mask)


def _broadcast(builder, scalar, vector):
    undefined = ir.Constant(vector, ir.Undefined)
    return _shuffle(builder, builder.insert_element(undefined, scalar, ir.IntType(32)(0)), undefined, [0] * vector.count)


def _multiply_add(builder, vector):
    kind = ir.FunctionType(vector, [vector] * 3)
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{vector.count}f{8 * _bytes(vector.element)}")


def _counted_loop(builder, count, carried, body):
    """Emit a loop of `count` >= 1 rounds and return the carried values after the last."""
    entry, loop, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    index = builder.phi(count.type)
    phis = [builder.phi(value.type) for value in carried]
    results = body(phis)
    following = builder.add(index, count.type(1))
    builder.cbranch(builder.icmp_signed("<", following, count), loop, done)
    for phi, first, later in zip([index, *phis], [count.type(0), *carried], [following, *results], strict=True):
        phi.add_incoming(first, entry)
        phi.add_incoming(later, builder.block)
    builder.position_at_end(done)
    return results


def _plain_tile(rows):
    def tile(a, a_start, a_row, a_inner, a_outer, b, b_start, b_inner, b_outer, c, c_start, c_row, inner, outer):
        for n in range(outer):
            for k in range(inner):
                column = b_start + n * b_outer + k * b_inner
                for r in range(rows):
                    factor = a[a_start + r * a_row + n * a_outer + k * a_inner]
                    for lane in range(TILE_BYTES // c.itemsize):
                        c[c_start + r * c_row + lane] += factor * b[column + lane]

    return tile


def _make_tile(rows):
    """Return the function that adds a product to a tile of C, `rows` high and two registers wide.

    ``C[r, :] += sum over n < outer, k < inner of A[r, n, k] * B[n, k, :]``, all three in flat arrays: `*_start` is
    the place of the first element, the other numbers are distances between neighbours along an axis.
    """
    if not JIT:
        return _plain_tile(rows)

    @intrinsic
    def tile(typingctx, a, a_start, a_row, a_inner, a_outer, b, b_start, b_inner, b_outer, c, c_start, c_row, inner, outer):
        n = types.intp
        signature = types.void(a, n, n, n, n, b, n, n, n, c, n, n, n, n)

        def codegen(context, builder, signature, arguments):
            vector = _vector_type(signature.args[0].dtype)
            fma = _multiply_add(builder, vector)
            a, a_start, a_row, a_inner, a_outer, b, b_start, b_inner, b_outer, c, c_start, c_row, inner, outer = arguments
            word = a_start.type
            at = lambda pointer, offset: builder.gep(pointer, [offset])  # noqa: E731
            first_a = _pointer(context, builder, signature.args[0], a, a_start)
            first_b = _pointer(context, builder, signature.args[5], b, b_start)
            first_c = _pointer(context, builder, signature.args[9], c, c_start)
            a_rows = [builder.mul(a_row, word(r)) for r in range(rows)]
            places = [
                at(at(first_c, builder.mul(c_row, word(r))), word(v * vector.count)) for r in range(rows) for v in (0, 1)
            ]

            def one_term(carried):
                at_a, at_b, *sums = carried
                columns = [_load(builder, at(at_b, word(v * vector.count)), vector) for v in (0, 1)]
                results = []
                for r in range(rows):
                    factor = _broadcast(builder, builder.load(at(at_a, a_rows[r]), typ=vector.element), vector)
                    results += [builder.call(fma, [factor, columns[v], sums[2 * r + v]]) for v in (0, 1)]
                return [at(at_a, a_inner), at(at_b, b_inner), *results]

            def inner_terms(carried):
                at_a, at_b, *_ = carried
                results = _counted_loop(builder, inner, carried, one_term)[2:]
                return [at(at_a, a_outer), at(at_b, b_outer), *results]

            initial = [_load(builder, place, vector) for place in places]
            results = _counted_loop(builder, outer, [first_a, first_b, *initial], inner_terms)[2:]
            for place, value in zip(places, results, strict=True):
                _store(builder, value, place)
            return context.get_dummy_value()

        return signature, codegen

    return tile


# Kernels reach intrinsics by module-level names alone: a captured one would never be found in the cache again.
tile_1 = _make_tile(1)
tile_2 = _make_tile(2)
tile_3 = _make_tile(3)
tile_4 = _make_tile(4)
tile_5 = _make_tile(5)
tile_6 = _make_tile(6)


def _plain_transpose(a, a_start, a_row, b, b_start, b_row):
    for r in range(VECTOR_BYTES // a.itemsize):
        for c in range(VECTOR_BYTES // a.itemsize):
            b[b_start + c * b_row + r] = a[a_start + r * a_row + c]


@intrinsic
def _vector_transpose(typingctx, a, a_start, a_row, b, b_start, b_row):
    n = types.intp

    def codegen(context, builder, signature, arguments):
        vector = _vector_type(signature.args[0].dtype)
        a, a_start, a_row, b, b_start, b_row = arguments
        word, size = a_start.type, vector.count
        first_a = _pointer(context, builder, signature.args[0], a, a_start)
        first_b = _pointer(context, builder, signature.args[3], b, b_start)
        rows = [_load(builder, builder.gep(first_a, [builder.mul(a_row, word(r))]), vector) for r in range(size)]
        distance = 1
        while distance < size:  # swap the off-diagonal blocks of every 2 x 2 blocks, from single elements up
            for r in range(size):
                if r & distance == 0:
                    low, high = rows[r], rows[r + distance]
                    swap = [(e if e & distance == 0 else size + e - distance) for e in range(size)]
                    keep = [(e + distance if e & distance == 0 else size + e) for e in range(size)]
                    rows[r] = _shuffle(builder, low, high, swap)
                    rows[r + distance] = _shuffle(builder, low, high, keep)
            distance *= 2
        for r in range(size):
            _store(builder, rows[r], builder.gep(first_b, [builder.mul(b_row, word(r))]))
        return context.get_dummy_value()

    return types.void(a, n, n, b, n, n), codegen


# Transposes a square block, one register long, from a flat array into another.
transpose_block = _vector_transpose if JIT else _plain_transpose


@intrinsic
def atomic_add(typingctx, array, place, value):
    """Add `value` to an element of an int64 array and return what it was, in one step for all threads."""

    def codegen(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        return builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), codegen


