"""How kernels are compiled and cached.

Numba's disk cache is keyed by a kernel's own bytecode and closure; it sees neither edits in other files nor
changed module constants. Every kernel therefore holds `SOURCE_STAMP`, a digest of all that kernels are made of, in
its closure. Where no folder can be written, kernels are compiled anew in each process.
"""

import contextlib
import gc
import hashlib
from pathlib import Path

import numba
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.typed_passes import InlineOverloads, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes
from numba.extending import register_jitable

JIT = not config.DISABLE_JIT

_PACKAGE = Path(__file__).resolve().parent.parent
_SOURCES = sorted([*(_PACKAGE / "cells").glob("*.py"), *(_PACKAGE / "backends").glob("*.py"), _PACKAGE / "losses.py"])
SOURCE_STAMP = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()

_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",  # without it a division keeps its loop from being vectorised
    "fastmath": {"contract"},  # fused multiply-add; nothing that would drop NaN or reorder sums
    # Nothing is allocated, and arrays belong to the caller: references are not counted. Counts are atomic: one costs as
    # much as a row of a product, and threads with a common array wait for each other at every call.
    "_nrt": False,
}


# Expressions of whole arrays, closures and comprehensions, functions of Numba's that are pasted.
_UNNEEDED = (NopythonRewrites, InlineClosureLikes, InlineOverloads)


class _Whole(JITCodeLibrary):
    """Code of a kernel with all its parts, optimised in one pass: Numba's first one is for reference counts."""

    def _optimize_final_module(self):
        manager, builder = self._codegen._module_pass_manager()
        manager.run(self._final_module, builder)


class _Part(JITCodeLibrary):
    """Code of a function that is compiled as part of kernels alone.

    Numba optimises each function with all that it calls, turns it into machine code, and then does the same for its
    caller, in which it is pasted. The optimised kernel is the same without, in half the time.
    """

    attribute = None  # LLVM's word on where the function is pasted, if not where it pays

    def add_ir_module(self, ir_module):
        """Add a module, in which the function is defined and those that it calls are declared."""
        for function in ir_module.functions:
            if self.attribute and function.blocks:
                function.attributes.add(self.attribute)
        super().add_ir_module(ir_module)

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name):
        """Return null: there is no machine code."""
        self._ensure_finalized()
        return 0

    @property
    def codegen(self):
        """What Numba tells where the function's environment lies, which only machine code would have."""
        return self

    def set_env(self, env_name, env):
        """Do nothing: what is pasted into a kernel has that kernel's environment."""


class _PastedPart(_Part):
    """The same for a function that LLVM pastes into its caller, however long it is."""

    attribute = "alwaysinline"


class _CalledPart(_Part):
    """The same for a function that LLVM pastes nowhere, however short it is."""

    attribute = "noinline"


class _KernelCompiler(Compiler):
    """Numba's compiler without what kernels do not need."""

    library = _Whole

    def compile_extra(self, func):
        """Compile without Python's garbage collector, which would look for cycles in ever more objects."""
        collects = gc.isenabled()
        try:
            gc.disable()
            return super().compile_extra(func)
        finally:
            if collects:
                gc.enable()

    def define_pipelines(self):
        """Return Numba's passes but those of `_UNNEEDED`, which search each function for what no kernel has."""
        self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        (pipeline,) = super().define_pipelines()
        pipeline.passes = [entry for entry in pipeline.passes if entry[0] not in _UNNEEDED]
        return [pipeline]


class _PartCompiler(_KernelCompiler):
    library = _Part


class _PastedPartCompiler(_KernelCompiler):
    library = _PastedPart


class _CalledPartCompiler(_KernelCompiler):
    library = _CalledPart


def _compile_in_kernels(function, compiler):
    # Entries from Python and C would take long to compile.
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": compiler}
    return register_jitable(**options, **_OPTIONS)(function)


def inline(function):
    """Make `function` usable inside kernels alone; it is pasted where LLVM finds that this pays."""
    return _compile_in_kernels(function, _PartCompiler)


def inline_once(function):
    """The same for a function that is called from one place: it is pasted there, which saves the call."""
    return _compile_in_kernels(function, _PastedPartCompiler)


def outline(function):
    """The same for a loop that is called from many places: pasted, it would make the kernel a sixth longer."""
    return _compile_in_kernels(function, _CalledPartCompiler)


class _ForgivingCache(FunctionCache):
    """Numba's cache on disk, but a kernel that cannot be saved (disk full, quota, folder gone) is used all the same."""

    def save_overload(self, sig, data):
        """Save a compiled kernel if possible."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


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
    function = make(SOURCE_STAMP)
    dispatcher = numba.njit(no_cfunc_wrapper=True, pipeline_class=_KernelCompiler, **_OPTIONS)(function)
    if JIT:
        try:
            dispatcher._cache = _ForgivingCache(function)
        except RuntimeError:  # Numba found no folder to write the cache to
            return dispatcher
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
