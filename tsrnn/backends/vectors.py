"""Explicit vector code: the register tile of the matrix products, and a block transpose.

LLVM's loop vectoriser keeps no two-dimensional block of accumulators in registers, so that a product written as
plain loops reaches a third of the processor's multiply rate. The intrinsics here write the vector instructions
themselves; `VECTOR_BYTES` is taken from the host. With `NUMBA_DISABLE_JIT=1` plain functions stand in for them,
which are also what the tests hold them against.
"""

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tsrnn.backends.compilation import JIT
from tsrnn.backends.numba_internals import element_pointer


def _vector_bytes():
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64
    return 32 if features.get("avx") else 16


VECTOR_BYTES = _vector_bytes()
TILE_BYTES = 2 * VECTOR_BYTES  # a tile is two registers wide
TILE_ROWS = 6  # 12 accumulators, 2 registers of columns and 1 factor fit the 16 registers of AVX2


@intrinsic
def _constant_columns(typingctx, array):
    columns = TILE_BYTES * 8 // array.dtype.bitwidth
    return types.intp(array), lambda context, *_: context.get_constant(types.intp, columns)


def _plain_columns(array):
    return TILE_BYTES // array.itemsize


# Columns of a tile for the dtype of an array, a constant for the compiler; lanes and padded rows are multiples of it.
tile_columns = _constant_columns if JIT else _plain_columns


@intrinsic
def _pointer_at(typingctx, array, place):
    def codegen(context, builder, signature, arguments):
        return element_pointer(context, builder, signature.args[0], *arguments)

    return types.CPointer(array.dtype)(array, types.intp), codegen


def _plain_at(array, place):
    return array[place:]


# ``at(array, place)`` is where an element of a flat array lies: what the functions below take, since an array passed
# from function to function is seven numbers.
at = _pointer_at if JIT else _plain_at


def _vector_type(dtype):
    scalar = ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()
    return ir.VectorType(scalar, VECTOR_BYTES * 8 // dtype.bitwidth)


def _bytes(scalar):
    return 4 if isinstance(scalar, ir.FloatType) else 8


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
    return _shuffle(
        builder, builder.insert_element(undefined, scalar, ir.IntType(32)(0)), undefined, [0] * vector.count
    )


def _multiply_add(builder, vector):
    name = f"llvm.fmuladd.v{vector.count}f{8 * _bytes(vector.element)}"
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(vector, [vector] * 3), name)


def _not_unrolled(module):
    """Metadata of a loop, which name themselves first. Unrolled, tiles would not fit the registers."""
    disable = module.add_metadata(["llvm.loop.unroll.disable"])
    loop = module.add_metadata([f"loop {len(module.metadata)}"])
    loop.operands = (loop, disable)
    return loop


def _counted_loop(builder, count, carried, body):
    """Emit a loop of `count` rounds and return the carried values after it."""
    entry, test = builder.block, builder.append_basic_block("test")
    loop, done = builder.append_basic_block("loop"), builder.append_basic_block("done")
    builder.branch(test)
    builder.position_at_end(test)
    index = builder.phi(count.type)
    phis = [builder.phi(value.type) for value in carried]
    builder.cbranch(builder.icmp_signed("<", index, count), loop, done)
    builder.position_at_end(loop)
    results = body(phis)
    following = builder.add(index, count.type(1))
    for phi, first, later in zip([index, *phis], [count.type(0), *carried], [following, *results], strict=True):
        phi.add_incoming(first, entry)
        phi.add_incoming(later, builder.block)
    builder.branch(test).set_metadata("llvm.loop", _not_unrolled(builder.module))
    builder.position_at_end(done)
    return phis


class _Tile:
    """Emits a tile: `rows` by two registers of sums, to which products are added."""

    def __init__(self, builder, vector, rows):
        self.builder, self.vector, self.rows = builder, vector, rows
        self.fma = _multiply_add(builder, vector)

    def at(self, pointer, offset):
        return self.builder.gep(pointer, [offset])

    def places(self, first, row):
        """Pointers to the registers' places in memory."""
        rows = [self.at(first, self.builder.mul(row, row.type(r))) for r in range(self.rows)]
        return [self.at(pointer, row.type(v * self.vector.count)) for pointer in rows for v in (0, 1)]

    def load(self, places):
        return [_load(self.builder, place, self.vector) for place in places]

    def store(self, sums, places):
        for value, place in zip(sums, places, strict=True):
            _store(self.builder, value, place)

    def splat(self, pointer):
        """Sums that begin with one number a row."""
        numbers = [
            self.builder.load(self.at(pointer, ir.IntType(64)(r)), typ=self.vector.element) for r in range(self.rows)
        ]
        return [_broadcast(self.builder, number, self.vector) for number in numbers for _ in (0, 1)]

    def add(self, sums, a, a_row, a_inner, b, b_inner, inner):
        """Add `inner` terms, each a column of A times a row of B."""
        word = a_inner.type
        a_rows = [self.builder.mul(a_row, word(r)) for r in range(self.rows)]

        def one_term(carried):
            at_a, at_b, *sums = carried
            columns = self.load([self.at(at_b, word(v * self.vector.count)) for v in (0, 1)])
            results = []
            for r in range(self.rows):
                number = self.builder.load(self.at(at_a, a_rows[r]), typ=self.vector.element)
                factor = _broadcast(self.builder, number, self.vector)
                results += [self.builder.call(self.fma, [factor, columns[v], sums[2 * r + v]]) for v in (0, 1)]
            return [self.at(at_a, a_inner), self.at(at_b, b_inner), *results]

        return _counted_loop(self.builder, inner, [a, b, *sums], one_term)[2:]


def _plain_tile(rows):
    def tile(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer):
        for n in range(outer):
            for k in range(inner):
                column = n * b_outer + k * b_inner
                for r in range(rows):
                    factor = a[r * a_row + n * a_outer + k * a_inner]
                    for lane in range(TILE_BYTES // c.itemsize):
                        c[r * c_row + lane] += factor * b[column + lane]

    return tile


def _make_tile(rows):
    """Return the function that adds a product to a tile of C, `rows` high and two registers wide.

    ``C[r, :] += sum over n < outer, k < inner of A[r, n, k] * B[n, k, :]``; `a`, `b` and `c` are where the first
    elements lie (`at`), the other numbers are distances between neighbours along an axis.
    """
    if not JIT:
        return _plain_tile(rows)

    @intrinsic
    def tile(typingctx, a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer):
        n = types.intp
        signature = types.void(a, n, n, n, b, n, n, c, n, n, n)

        def codegen(context, builder, signature, arguments):
            a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer = arguments
            emit = _Tile(builder, _vector_type(signature.args[0].dtype), rows)
            places = emit.places(c, c_row)

            def inner_terms(carried):
                at_a, at_b, *sums = carried
                sums = emit.add(sums, at_a, a_row, a_inner, at_b, b_inner, inner)
                return [emit.at(at_a, a_outer), emit.at(at_b, b_outer), *sums]

            sums = _counted_loop(builder, outer, [a, b, *emit.load(places)], inner_terms)[2:]
            emit.store(sums, places)
            return context.get_dummy_value()

        return signature, codegen

    return tile


def _plain_gate_tile(rows):
    def gate_tile(bias, ih, x, inputs, hh, h, units, gates, lanes):
        for r in range(rows):
            for lane in range(TILE_BYTES // gates.itemsize):
                result = bias[r]
                for k in range(inputs):
                    result += ih[k * rows + r] * x[k * lanes + lane]
                for k in range(units):
                    result += hh[k * rows + r] * h[k * lanes + lane]
                gates[r * lanes + lane] = result

    return gate_tile


def _make_gate_tile(rows):
    """Return the function that writes `rows` rows of gates: a bias, and the products with inputs and states.

    ``gates[r, :] = bias[r] + sum over k of ih[k, r] * x[k, :] + sum over k of hh[k, r] * h[k, :]`` over `inputs`
    inputs and `units` states; the rest are where the first elements lie (`at`), and the distance of rows.
    """
    if not JIT:
        return _plain_gate_tile(rows)

    @intrinsic
    def gate_tile(typingctx, bias, ih, x, inputs, hh, h, units, gates, lanes):
        n = types.intp
        signature = types.void(bias, ih, x, n, hh, h, n, gates, n)

        def codegen(context, builder, signature, arguments):
            bias, ih, x, inputs, hh, h, units, gates, lanes = arguments
            emit, word = _Tile(builder, _vector_type(signature.args[0].dtype), rows), lanes.type
            sums = emit.splat(bias)
            sums = emit.add(sums, ih, word(1), word(rows), x, lanes, inputs)
            sums = emit.add(sums, hh, word(1), word(rows), h, lanes, units)
            emit.store(sums, emit.places(gates, lanes))
            return context.get_dummy_value()

        return signature, codegen

    return gate_tile


# Kernels reach intrinsics by module-level names alone: a captured one would never be found in the cache again.
tile_1, gate_tile_1 = _make_tile(1), _make_gate_tile(1)
tile_2, gate_tile_2 = _make_tile(2), _make_gate_tile(2)
tile_3, gate_tile_3 = _make_tile(3), _make_gate_tile(3)
tile_4, gate_tile_4 = _make_tile(4), _make_gate_tile(4)
tile_5, gate_tile_5 = _make_tile(5), _make_gate_tile(5)
tile_6, gate_tile_6 = _make_tile(6), _make_gate_tile(6)


def _plain_dots(rows):
    def dots(a, a_row, a_outer, b, b_outer, outer, c, c_row):
        for r in range(rows):
            for n in range(outer):
                for lane in range(TILE_BYTES // c.itemsize):
                    c[r * c_row] += a[r * a_row + n * a_outer + lane] * b[n * b_outer + lane]

    return dots


def _sum_vector(builder, value):
    """Sum of a register's elements, halves added to halves."""
    size = value.type.count
    while size > 1:
        size //= 2
        halves = [_shuffle(builder, value, value, list(range(first, first + size))) for first in (0, size)]
        value = builder.fadd(*halves)
    return builder.extract_element(value, ir.IntType(32)(0))


def _make_dots(rows):
    """Return the function that adds dot products of `rows` rows with one row, over lanes and `outer` steps.

    ``c[r] += sum over n < outer, lane of a[r, n, lane] * b[n, lane]``, with arguments as those of `_make_tile`.
    """
    if not JIT:
        return _plain_dots(rows)

    @intrinsic
    def dots(typingctx, a, a_row, a_outer, b, b_outer, outer, c, c_row):
        n = types.intp
        signature = types.void(a, n, n, b, n, n, c, n)

        def codegen(context, builder, signature, arguments):
            a, a_row, a_outer, b, b_outer, outer, c, c_row = arguments
            vector = _vector_type(signature.args[0].dtype)
            emit = _Tile(builder, vector, rows)

            def one_step(carried):
                at_a, at_b, *sums = carried
                left, right = emit.load(emit.places(at_a, a_row)), emit.load(emit.places(at_b, a_row)[:2])
                sums = [builder.call(emit.fma, [left[k], right[k % 2], sums[k]]) for k in range(2 * rows)]
                return [emit.at(at_a, a_outer), emit.at(at_b, b_outer), *sums]

            zeros = [ir.Constant(vector, [0.0] * vector.count)] * (2 * rows)
            sums = _counted_loop(builder, outer, [a, b, *zeros], one_step)[2:]
            for r in range(rows):
                place = emit.at(c, builder.mul(c_row, c_row.type(r)))
                dot = _sum_vector(builder, builder.fadd(sums[2 * r], sums[2 * r + 1]))
                builder.store(builder.fadd(builder.load(place, typ=vector.element), dot), place)
            return context.get_dummy_value()

        return signature, codegen

    return dots


dots_1, dots_4 = _make_dots(1), _make_dots(4)


def _plain_transpose(a, a_row, b, b_row):
    for r in range(VECTOR_BYTES // a.itemsize):
        for c in range(VECTOR_BYTES // a.itemsize):
            b[c * b_row + r] = a[r * a_row + c]


@intrinsic
def _vector_transpose(typingctx, a, a_row, b, b_row):
    n = types.intp

    def codegen(context, builder, signature, arguments):
        vector = _vector_type(signature.args[0].dtype)
        a, a_row, b, b_row = arguments
        word, size = a_row.type, vector.count
        rows = [_load(builder, builder.gep(a, [builder.mul(a_row, word(r))]), vector) for r in range(size)]
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
            _store(builder, rows[r], builder.gep(b, [builder.mul(b_row, word(r))]))
        return context.get_dummy_value()

    return types.void(a, n, b, n), codegen


# Transposes a square block, one register long, from one place (`at`) to another, rows `a_row` and `b_row` apart.
transpose_block = _vector_transpose if JIT else _plain_transpose
