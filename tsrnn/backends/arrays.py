"""Small loops over flat arrays. Slices assigned to slices would do the same, but take Numba seconds to compile."""

from tsrnn.backends.compilation import inline


@inline
def fill(array, start, count, value):
    """Set `count` elements from `start` on."""
    for n in range(start, start + count):
        array[n] = value


@inline
def copy(source, source_start, target, target_start, count):
    """Copy `count` elements to where they do not overlap."""
    for n in range(count):
        target[target_start + n] = source[source_start + n]


@inline
def add(source, source_start, target, target_start, count):
    """Add `count` elements to others."""
    for n in range(count):
        target[target_start + n] += source[source_start + n]


@inline
def total(array, start, count):
    """Sum of `count` elements, from the first to the last."""
    result = array[start]
    for n in range(start + 1, start + count):
        result += array[n]
    return result
