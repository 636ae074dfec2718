"""The explicit vector code of the matrix products against NumPy, at sizes that divide nothing."""

import numba
import numpy as np
import pytest
from gradients import relative_error

from tsrnn.backends import products
from tsrnn.backends.compilation import JIT
from tsrnn.backends.vectors import TILE_BYTES

# Rounding of sums of up to a few hundred products.
TOLERANCES = {"float32": 2e-6, "float64": 1e-14}


def compiled(function):
    """Compile, unless compilation is switched off; kernels' functions cannot be called from Python."""
    return numba.njit(error_model="numpy")(function) if JIT else function


@compiled
def multiply(a, panels, rows, columns, first, inner, b, b_start, c, c_start, lanes):
    """Pack A and add A[:, first:first + inner] B to C."""
    products.pack(a, 0, columns, 1, rows, columns, panels, 0)
    products.add_product(panels, 0, rows, columns, first, inner, b, b_start, c, c_start, lanes)


@compiled
def multiply_outer(a, a_outer, rows, lanes, b, b_outer, columns, steps, work, panel, width, c, c_start, c_row):
    """Transpose all B_t and add the outer products to C."""
    for t in range(steps):
        products.transpose(b, t * b_outer, columns, lanes, work, t * lanes * width, panel)
    products.add_outer_products(a, 0, a_outer, rows, lanes, work, panel, columns, steps, c, c_start, c_row)


@compiled
def gates(bias, ih, hh, panels, rows, work, x, inputs, h, units, place, lanes):
    """Pack biases and weights and write the gates."""
    for r in range(rows):
        panels[r] = bias[r]
    products.pack(ih, 0, inputs, 1, rows, inputs, panels, rows)
    products.pack(hh, 0, units, 1, rows, units, panels, rows + rows * inputs)
    products.write_gates(panels, 0, rows, rows + rows * inputs, rows, work, x, inputs, h, units, place, lanes)


@compiled
def dots(a, a_outer, rows, b, b_outer, columns, steps, c, c_row, lanes):
    """Add the dot products of all rows with a few."""
    products.add_dots(a, 0, a_outer, rows, b, 0, b_outer, columns, steps, c, 0, c_row, lanes)


def tile_width(dtype):
    """Lanes come in multiples of it."""
    return TILE_BYTES // np.dtype(dtype).itemsize


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("tiles", [1, 2])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5, 6, 7, 12, 33])
@pytest.mark.parametrize(("columns", "first", "inner"), [(1, 0, 1), (5, 1, 3), (17, 0, 17), (4, 2, 0)])
def test_product(rows, columns, first, inner, tiles, dtype, rng):
    lanes = tiles * tile_width(dtype)
    a, b, c = (rng.normal(size=shape).astype(dtype) for shape in ((rows, columns), (inner, lanes), (rows, lanes)))
    expected = c + a[:, first : first + inner].astype(np.float64) @ b
    # C lies among numbers that must not change.
    place = np.full(c.size + 14, 7, dtype)
    place[5 : 5 + c.size] = c.ravel()
    multiply(
        a.ravel(), np.zeros(a.size, dtype), rows, columns, first, inner,
        np.append(np.zeros(3, dtype), b), 3, place, 5, lanes,
    )  # fmt: skip
    result = place[5 : 5 + c.size].reshape(c.shape)
    if c.size:
        assert relative_error(result, expected) <= TOLERANCES[dtype]
    assert (place[:5] == 7).all()
    assert (place[5 + c.size :] == 7).all()


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("rows", [1, 5, 6, 13])
@pytest.mark.parametrize("columns", [1, 3, 8, 33])
@pytest.mark.parametrize("steps", [1, 3])
def test_outer_products(rows, columns, steps, dtype, rng):
    width = tile_width(dtype)
    lanes, padded = width, -(-columns // width) * width
    a = rng.normal(size=(steps, rows + 1, lanes)).astype(dtype)  # a row of another's between the steps
    b = rng.normal(size=(steps, columns, lanes)).astype(dtype)
    c = np.zeros((rows, padded), dtype)
    c[:, :columns] = rng.normal(size=(rows, columns))
    expected = c[:, :columns] + np.einsum("trl,tcl->rc", a[:, :rows].astype(np.float64), b)
    work = np.zeros(steps * lanes * padded, dtype)
    place = np.append(np.full(4, 7, dtype), c)
    multiply_outer(
        a.ravel(), (rows + 1) * lanes, rows, lanes, b.ravel(), columns * lanes, columns, steps,
        work, steps * lanes * width, width, place, 4, padded,
    )  # fmt: skip
    result = place[4:].reshape(rows, padded)
    assert relative_error(result[:, :columns], expected) <= TOLERANCES[dtype]
    assert (place[:4] == 7).all()


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 6, 8, 13])
@pytest.mark.parametrize(("inputs", "units"), [(1, 1), (0, 5), (3, 0), (7, 9)])
def test_gates(rows, inputs, units, dtype, rng):
    lanes = tile_width(dtype)
    bias, ih, hh, x, h = (
        rng.normal(size=shape).astype(dtype)
        for shape in ((rows,), (rows, inputs), (rows, units), (inputs, lanes), (units, lanes))
    )
    work = np.concatenate([x.ravel(), h.ravel(), np.full(rows * lanes, np.nan, dtype), np.full(3, 7, dtype)])
    panels = np.zeros(rows * (1 + inputs + units), dtype)
    place = (inputs + units) * lanes
    gates(bias, ih.ravel(), hh.ravel(), panels, rows, work, 0, inputs, inputs * lanes, units, place, lanes)
    expected = bias[:, None].astype(np.float64) + ih.astype(np.float64) @ x + hh.astype(np.float64) @ h
    assert relative_error(work[place:-3].reshape(rows, lanes), expected) <= TOLERANCES[dtype]
    assert (work[-3:] == 7).all()


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("rows", [1, 4, 7])
@pytest.mark.parametrize("columns", [0, 1, 2])
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_dots(rows, columns, steps, dtype, rng):
    lanes = tile_width(dtype)
    a, b = rng.normal(size=(steps, rows + 1, lanes)).astype(dtype), rng.normal(size=(steps, 2, lanes)).astype(dtype)
    c = rng.normal(size=(rows, 3)).astype(dtype)
    expected = c.copy().astype(np.float64)
    expected[:, :columns] += np.einsum("trl,tcl->rc", a[:, :rows].astype(np.float64), b[:, :columns])
    dots(a.ravel(), (rows + 1) * lanes, rows, b.ravel(), 2 * lanes, columns, steps, c.reshape(-1), 3, lanes)
    assert relative_error(c, expected) <= TOLERANCES[dtype]
