"""Matrix products of blocks, all of them ``C += A B``, and the layouts that they want.

Weights are packed into panels of `TILE_ROWS` rows, column by column, so that a tile reads them in order. The
columns of C and B are lanes for products of weights and states, and hidden units for weight gradients, where the
long inner dimension is steps times lanes.
"""

from tsrnn.backends.compilation import inline
from tsrnn.backends.vectors import (
    TILE_ROWS,
    VECTOR_BYTES,
    at,
    dots_1,
    dots_4,
    gate_tile_1,
    gate_tile_2,
    gate_tile_3,
    gate_tile_4,
    gate_tile_5,
    gate_tile_6,
    tile_1,
    tile_2,
    tile_3,
    tile_4,
    tile_5,
    tile_6,
    tile_columns,
    transpose_block,
)
from tsrnn.backends.views import rows_at


@inline
def _tile(rows, a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer):
    if rows == 6:
        tile_6(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)
    elif rows == 5:
        tile_5(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)
    elif rows == 4:
        tile_4(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)
    elif rows == 3:
        tile_3(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)
    elif rows == 2:
        tile_2(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)
    else:
        tile_1(a, a_row, a_inner, a_outer, b, b_inner, b_outer, c, c_row, inner, outer)


@inline
def _gate_tile(rows, bias, ih, x, inputs, hh, h, units, gates, lanes):
    if rows == 6:
        gate_tile_6(bias, ih, x, inputs, hh, h, units, gates, lanes)
    elif rows == 5:
        gate_tile_5(bias, ih, x, inputs, hh, h, units, gates, lanes)
    elif rows == 4:
        gate_tile_4(bias, ih, x, inputs, hh, h, units, gates, lanes)
    elif rows == 3:
        gate_tile_3(bias, ih, x, inputs, hh, h, units, gates, lanes)
    elif rows == 2:
        gate_tile_2(bias, ih, x, inputs, hh, h, units, gates, lanes)
    else:
        gate_tile_1(bias, ih, x, inputs, hh, h, units, gates, lanes)


@inline
def write_gates(panels, bias, ih, hh, rows, work, x, inputs, h, units, gates, lanes):
    """Write `rows` rows of gates: biases, and packed weights times `inputs` inputs and `units` states."""
    width, i = tile_columns(work), 0
    while i < rows:
        height = tile_height(rows - i)
        for q in range(0, lanes, width):
            _gate_tile(
                height, at(panels, bias + i), at(panels, ih + i * inputs), at(work, x + q), inputs,
                at(panels, hh + i * units), at(work, h + q), units, at(work, gates + i * lanes + q), lanes
            )  # fmt: skip
        i += height


@inline
def add_dots(a, a_start, a_outer, rows, b, b_start, b_outer, columns, steps, c, c_start, c_row, lanes):
    """``c[i, k] += sum over steps and lanes of A_t (rows, lanes) * B_t (columns, lanes)``; rows of c are `c_row` apart.

    For few columns: with more, `add_outer_products` is faster.
    """
    whole = rows - rows % 4
    for q in range(0, lanes, tile_columns(a)):
        for i in range(0, whole, 4):
            for k in range(columns):
                dots_4(
                    at(a, a_start + i * lanes + q), lanes, a_outer, at(b, b_start + k * lanes + q), b_outer, steps,
                    at(c, c_start + i * c_row + k), c_row
                )  # fmt: skip
        for i in range(whole, rows):
            for k in range(columns):
                dots_1(
                    at(a, a_start + i * lanes + q), lanes, a_outer, at(b, b_start + k * lanes + q), b_outer, steps,
                    at(c, c_start + i * c_row + k), c_row
                )  # fmt: skip


@inline
def tile_height(rows):
    """Rows of the first of the tiles that cover `rows` rows evenly: a low tile cannot keep the multipliers busy."""
    if rows >= 2 * TILE_ROWS:
        return TILE_ROWS
    return rows if rows <= TILE_ROWS else (rows + 1) // 2


@inline
def pack(source, source_start, source_row, source_column, rows, columns, panels, panels_start):
    """Write ``A[i, k] = source[source_start + i * source_row + k * source_column]`` as panels."""
    i = 0
    while i < rows:
        height = tile_height(rows - i)
        panel = rows_at(panels, panels_start + i * columns, columns, height)
        for r in range(height):
            row = source_start + (i + r) * source_row
            for k in range(columns):
                panel[k, r] = source[row + k * source_column]
        i += height


@inline
def add_product(panels, panels_start, rows, columns, first, inner, b, b_start, c, c_start, lanes):
    """``C (rows, lanes) += A[:, first:first + inner] B (inner, lanes)`` with A (rows, columns) in panels."""
    width, i = tile_columns(c), 0
    while i < rows:
        height = tile_height(rows - i)
        a_start = panels_start + i * columns + first * height
        for q in range(0, lanes, width):
            _tile(
                height, at(panels, a_start), 1, height, 0, at(b, b_start + q), lanes, 0,
                at(c, c_start + i * lanes + q), lanes, inner, 1
            )  # fmt: skip
        i += height


@inline
def transpose(source, source_start, rows, lanes, target, target_start, panel):
    """Write a (rows, lanes) block as panels of `tile_columns` rows: ``target[i // w, lane, i % w]``.

    `panel` is the distance between panels of `target`; the columns of a last, narrower panel that belong to no row
    are left as they are.
    """
    width, size = tile_columns(source), VECTOR_BYTES // source.itemsize
    for i in range(0, rows - rows % size, size):
        place = target_start + (i // width) * panel + i % width
        for lane in range(0, lanes, size):
            transpose_block(at(source, source_start + i * lanes + lane), lanes, at(target, place + lane * width), width)
    for i in range(rows - rows % size, rows):
        place = target_start + (i // width) * panel + i % width
        for lane in range(lanes):
            target[place + lane * width] = source[source_start + i * lanes + lane]


@inline
def add_outer_products(a, a_start, a_outer, rows, lanes, b, panel, columns, steps, c, c_start, c_row):
    """``C (rows, columns) += sum over steps of A_t (rows, lanes) B_t (columns, lanes)^T``.

    `a_outer` is the distance between the A of neighbouring steps. `b` holds all B_t as `transpose` writes them,
    step after step within a panel of size `panel`. Rows of C are `c_row` apart, a multiple of `tile_columns`.
    """
    width, i = tile_columns(c), 0
    while i < rows:
        height = tile_height(rows - i)
        for q in range(0, columns, width):  # within, so that the scattered rows of A are fetched but once
            _tile(
                height, at(a, a_start + i * lanes), lanes, 1, a_outer, at(b, (q // width) * panel), width,
                lanes * width, at(c, c_start + i * c_row + q), c_row, lanes, steps
            )  # fmt: skip
        i += height
