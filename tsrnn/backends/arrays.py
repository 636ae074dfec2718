"""Small loops over flat arrays. Slices assigned to slices would do the same, but take Numba seconds to compile."""

from tsrnn.backends.compilation import never_inline
from tsrnn.backends.views import row_at


@never_inline
def fill(array, start, count, value):
    """Set `count` elements from `start` on."""
    part = row_at(array, start, count)
    for n in range(count):
        part[n] = value


@never_inline
def copy(source, source_start, target, target_start, count):
    """Copy `count` elements to where they do not overlap."""
    read, written = row_at(source, source_start, count), row_at(target, target_start, count)
    for n in range(count):
        written[n] = read[n]


@never_inline
def add(source, source_start, target, target_start, count):
    """Add `count` elements to others."""
    read, written = row_at(source, source_start, count), row_at(target, target_start, count)
    for n in range(count):
        written[n] += read[n]


@never_inline
def total(array, start, count):
    """Sum of `count` elements, from the first to the last."""
    result = array[start]
    for n in range(start + 1, start + count):
        result += array[n]
    return result
