"""Compilation and disk cache of kernels.

Numba's disk cache is keyed by a kernel's own bytecode and closure; it sees neither edits in other files nor
changed module constants. Every kernel therefore holds `SOURCE_STAMP`, a digest of all that kernels are made of, in
its closure. Where no folder can be written, kernels are compiled anew in each process.
"""

import contextlib
import hashlib
from pathlib import Path

import numba
from numba.extending import register_jitable

from tsrnn.backends import numba_internals as internals

JIT = not numba.config.DISABLE_JIT

_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = sorted(source for part in ("cells", "backends", "losses") for source in (_PACKAGE / part).glob("*.py"))
SOURCE_STAMP = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()

_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",  # without it a division keeps its loop from being vectorised
    "fastmath": {"contract"},  # fused multiply-add; nothing that would drop NaN or reorder sums
}
if internals.HAS_COMPILER:
    # Nothing is allocated, and arrays belong to the caller: references are not counted. Counts are atomic: one costs
    # as much as a row of a product, and threads with a common array wait for each other at every call.
    _OPTIONS["_nrt"] = False


def _compile_in_kernels(function, compiler):
    if not internals.HAS_COMPILER:
        return register_jitable(**_OPTIONS)(function)
    # Entries from Python and C would take long to compile.
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": compiler}
    return register_jitable(**options, **_OPTIONS)(function)


def inline(function):
    """Make `function` usable inside kernels alone; it is inlined where LLVM finds that this pays."""
    return _compile_in_kernels(function, internals.PartCompiler)


def inline_once(function):
    """Make a function that is called once usable inside kernels alone; it is always inlined, which saves the call."""
    return _compile_in_kernels(function, internals.InlinedPartCompiler)


def never_inline(function):
    """Make a loop usable inside kernels alone; it is never inlined, which would make the kernel a sixth longer."""
    return _compile_in_kernels(function, internals.CalledPartCompiler)


def kernel(make):
    """Compile the function that ``make(SOURCE_STAMP)`` returns, when it is first called.

    Parameters
    ----------
    make : callable
        Takes the stamp and returns a function that mentions it, so that the stamp is part of the cache's key.

    Returns
    -------
    dispatcher
    """
    # Numba's own cache does not read the files of `numba_internals`, which would have the same names and keys.
    function = make(SOURCE_STAMP if internals.HAS_CACHE else f"{SOURCE_STAMP}, plain cache")
    if not JIT:
        return function
    if not internals.HAS_COMPILER:
        dispatcher = numba.njit(**_OPTIONS)(function)
    else:
        dispatcher = numba.njit(no_cfunc_wrapper=True, pipeline_class=internals.KernelCompiler, **_OPTIONS)(function)
        internals.prepare_kernel(dispatcher, SOURCE_STAMP)
    if not internals.HAS_CACHE:
        with contextlib.suppress(RuntimeError):  # Numba found no folder to write the cache to
            dispatcher.enable_caching()
    return dispatcher


def choose(functions):
    """Return ``f(code, *arguments)``, usable in kernels, that calls the function at position `code`.

    Kernels thus hold every registered part; a loss or cell is chosen when they run, not when they are compiled. It is
    written out for up to eight parts, since each level of a recursion would be compiled with all that lies below it;
    what lies beyond the last part is not compiled.
    """
    count, parts = len(functions), [inline(function) for function in functions]
    if count > 8:
        raise ValueError(f"Kernels choose between at most 8 parts. Got {count}; write out more branches in `choose`.")
    first, second, third, fourth, fifth, sixth, seventh, eighth = parts + [parts[-1]] * (8 - count)

    @inline
    def chosen(code, *arguments):
        if count == 1 or code == 0:
            return first(*arguments)
        if count == 2 or code == 1:
            return second(*arguments)
        if count == 3 or code == 2:
            return third(*arguments)
        if count == 4 or code == 3:
            return fourth(*arguments)
        if count == 5 or code == 4:
            return fifth(*arguments)
        if count == 6 or code == 5:
            return sixth(*arguments)
        if count == 7 or code == 6:
            return seventh(*arguments)
        return eighth(*arguments)

    return chosen
