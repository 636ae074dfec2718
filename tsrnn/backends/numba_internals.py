"""Private parts of Numba that kernels use, each with a test whether this release of Numba has it.

Without them kernels are compiled by plain `numba.njit`: more slowly, to the same numbers. `pyproject.toml` bounds the
releases. Public parts (`numba.extending`, `numba.types`, `numba.config`, llvmlite's `ir`) are used where needed.
"""

import gc
import io
import os
import threading
import warnings
from contextlib import contextmanager
from functools import cached_property, partial

from numba import config

from tsrnn.backends.files import ProcessLock, is_sealed, write_sealed

try:
    from numba.np.arrayobj import populate_array
except ImportError:
    HAS_VIEWS = False
else:
    HAS_VIEWS = True

try:
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.options import DefaultOptions
    from numba.core.typed_passes import InlineOverloads, NopythonRewrites
    from numba.core.untyped_passes import InlineClosureLikes
except ImportError:
    HAS_COMPILER, JITCodeLibrary, Compiler, global_compiler_lock, _UNNEEDED = False, object, object, None, ()
else:
    # Expressions of whole arrays, closures and comprehensions, functions of Numba's that are inlined.
    _UNNEEDED = (NopythonRewrites, InlineClosureLikes, InlineOverloads)
    # Plain views are counted references, which tuned kernels do without.
    HAS_COMPILER = HAS_VIEWS and all(
        hasattr(owner, name)
        for owner, names in {
            JITCodeLibrary: "add_ir_module get_pointer_to_function codegen _ensure_finalized _optimize_final_module "
            "_finalize_final_module _finalize_dynamic_globals",
            Compiler: "compile_extra define_pipelines",
            DefaultOptions: "_nrt no_cpython_wrapper no_cfunc_wrapper",
            global_compiler_lock: "_lock",
        }.items()
        for name in names.split()
    )

try:
    from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache, UserProvidedCacheLocator
except ImportError:
    HAS_CACHE, IndexDataCacheFile = False, object
else:
    HAS_CACHE = HAS_COMPILER and all(
        hasattr(IndexDataCacheFile, name)
        for name in ("load", "save", "_load_index", "_load_data", "_data_path", "_open_for_write")
    )


def element_pointer(context, builder, kind, array, index):
    """Return the pointer to an element of an array, in the code of an intrinsic."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def array_view(context, builder, signature, arguments):
    """Return a view of a flat array, in the code of an intrinsic whose arguments are array, start and shape."""
    work, start, *shape = arguments
    source = context.make_array(signature.args[0])(context, builder, work)
    view = context.make_array(signature.return_type)(context, builder)
    strides = [source.itemsize]
    for length in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.gep(source.data, [start])
    populate_array(view, data=data, shape=shape, strides=strides, itemsize=source.itemsize, meminfo=None)
    return view._getvalue()


class _Whole(JITCodeLibrary):
    """Code of a kernel with all its parts, optimised in one pass: Numba's first one is for reference counts."""

    def _optimize_final_module(self):
        manager, builder = self._codegen._module_pass_manager()
        manager.run(self._final_module, builder)


class _Part(JITCodeLibrary):
    """Code of a function that is compiled as part of kernels alone.

    Numba optimises each function with all that it calls, turns it into machine code, and then does the same for its
    caller, in which it is inlined. The optimised kernel is the same without, in half the time.
    """

    attribute = None  # of LLVM, that makes it inline the function everywhere or nowhere

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
        """Receiver of `set_env`: Numba gives it the function's environment, which only machine code has."""
        return self

    def set_env(self, env_name, env):
        """Do nothing: a function that is inlined into a kernel has that kernel's environment."""


class _InlinedPart(_Part):
    """Code of a part that LLVM inlines everywhere, however long it is."""

    attribute = "alwaysinline"


class _CalledPart(_Part):
    """Code of a part that LLVM inlines nowhere, however short it is."""

    attribute = "noinline"


class KernelCompiler(Compiler):
    """Numba's compiler without what kernels do not need."""

    library = _Whole
    plain = False  # Whether all kernels and parts are compiled plainly, since this release of Numba cannot do it so.

    def compile_extra(self, func):
        """Compile without Python's garbage collector, which would look for cycles in ever more objects."""
        collects = gc.isenabled()
        try:
            _state.collector_paused |= collects
            gc.disable()
            return super().compile_extra(func)
        finally:
            if collects:
                gc.enable()
                _state.collector_paused = False

    def define_pipelines(self):
        """Return Numba's passes but those of `_UNNEEDED`, which search each function for what no kernel has."""
        if KernelCompiler.plain:
            return super().define_pipelines()
        self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        (pipeline,) = super().define_pipelines()
        pipeline.passes = [entry for entry in pipeline.passes if entry[0] not in _UNNEEDED]
        return [pipeline]


class PartCompiler(KernelCompiler):
    """Compiler of a function that is inlined where LLVM finds that this pays."""

    library = _Part


class InlinedPartCompiler(KernelCompiler):
    """Compiler of a function that is inlined everywhere."""

    library = _InlinedPart


class CalledPartCompiler(KernelCompiler):
    """Compiler of a function that is inlined nowhere."""

    library = _CalledPart


def compile_kernel(dispatcher, signature):
    """Compile a kernel as its class does; plainly, if this release of Numba has changed what `_Whole` and `_Part` use.

    One thread compiles at a time. Another process that wants the same kernel waits, and then finds it on disk.
    """
    lock = global_compiler_lock._lock
    outermost = not lock._is_owned()
    try:
        with lock:
            try:
                return _compile_tuned_or_plain(dispatcher, signature)
            finally:
                if HAS_CACHE:
                    dispatcher._cache.release()
    finally:
        while outermost and lock._is_owned():  # Numba's own way to the lock is not safe from interrupts
            lock.release()


def _compile_tuned_or_plain(dispatcher, signature):
    try:
        return type(dispatcher).compile(dispatcher, signature)
    except (AttributeError, TypeError, NotImplementedError):
        if KernelCompiler.plain:
            raise
        KernelCompiler.plain = True
        return type(dispatcher).compile(dispatcher, signature)


def prepare_kernel(dispatcher, salt):
    """Give the dispatcher of a kernel its way to compile, and its cache; `salt` tells one version from others."""
    if HAS_CACHE:
        dispatcher._cache = _KernelCache(dispatcher.py_func, salt.encode())
    dispatcher.compile = partial(compile_kernel, dispatcher)


class _SealedFiles(IndexDataCacheFile):
    """Numba's two files of a cache, an index and machine code; a damaged one counts as absent and is written anew."""

    def __init__(self, cache_path, filename_base, source_stamp, salt):
        super().__init__(cache_path, filename_base, source_stamp)
        # Entries of other versions of Numba or tsrnn are not unpickled: they may name classes that no longer exist.
        self._salt = salt + self._version.encode()

    def save(self, key, data):
        """Save machine code with its key: two processes may have given one name to the files of two keys."""
        super().save(key, (key, data))

    def load(self, key):
        """Return the machine code of a key; None if there is none."""
        saved, data = super().load(key) or (None, None)
        return data if saved == key else None

    def _load_index(self):
        return super()._load_index() if is_sealed(self._index_path, self._salt) else {}

    def _load_data(self, name):
        return super()._load_data(name) if is_sealed(self._data_path(name), self._salt) else None

    @contextmanager
    def _open_for_write(self, filepath):
        with io.BytesIO() as content:
            yield content
            write_sealed(filepath, content.getvalue(), self._salt)


_ANEW = (
    "each process will compile the kernels anew, which takes seconds. Set the environment variable NUMBA_CACHE_DIR to "
    "a folder that can be written to."
)


class _KernelCache:
    """Numba's cache on disk for one kernel, opened when first used: an import writes no file.

    A kernel that cannot be saved (disk full, quota, folder gone) is used all the same, after one warning a process.
    """

    warned = False

    def __init__(self, function, salt):
        self._function, self._salt = function, salt

    def __getattr__(self, name):
        return getattr(self._opened, name)

    @cached_property
    def _opened(self):
        try:
            cache = FunctionCache(self._function)
        except RuntimeError as error:  # Numba found no folder to write to
            self._warn(f"No folder can be written to ({error}): {_ANEW}")
            return NullCache()
        locator, wanted = cache._impl.locator, config.CACHE_DIR
        if (
            wanted
            and not isinstance(locator, UserProvidedCacheLocator)
            and not getattr(config, "CACHE_LOCATOR_CLASSES", "")
        ):
            self._warn(f"NUMBA_CACHE_DIR={wanted!r} cannot be written to: kernels are kept in {cache.cache_path!r}.")
        cache._cache_file = _SealedFiles(
            cache.cache_path, cache._impl.filename_base, locator.get_source_stamp(), self._salt
        )
        return cache

    @cached_property
    def _lock(self):
        return ProcessLock(f"{self._opened._cache_file._index_path}.lock")

    @classmethod
    def _warn(cls, message):
        if not cls.warned:
            cls.warned = True
            warnings.warn(message, RuntimeWarning, stacklevel=3)

    def load_overload(self, signature, context):
        """Return a compiled kernel; or None, with the lock for compiling it, until it is released."""
        found = self._opened.load_overload(signature, context)
        if found is None and self._opened.cache_path is not None:
            self._lock.acquire()
            found = self._opened.load_overload(signature, context)  # another process may have compiled it
        return found

    def save_overload(self, signature, compiled):
        """Save a compiled kernel if possible."""
        try:
            self._opened.save_overload(signature, compiled)
        except OSError as error:
            self._warn(f"Compiled kernels cannot be saved in {self._opened.cache_path!r} ({error}): {_ANEW}")

    def release(self):
        """Let other processes have the lock."""
        if self._opened.cache_path is not None:
            self._lock.release()


class _State:
    """State that a forked process sets back.

    Attributes
    ----------
    collector_paused : bool
        Whether a compilation has disabled the garbage collector.
    holds_lock : bool
        Whether the thread that forks has the compiler's lock.
    """

    collector_paused = holds_lock = False


_state = _State()
_PATIENCE = 60  # seconds that a fork waits for a compilation


def _wait_for_compiler():
    """Fork between compilations: LLVM's state and locks would be copied in the middle of one, and its thread not."""
    _state.holds_lock = global_compiler_lock._lock.acquire(timeout=_PATIENCE)


def _release_compiler():
    if _state.holds_lock:
        _state.holds_lock = False
        global_compiler_lock._lock.release()


def _begin_child():
    if not _state.holds_lock:
        global_compiler_lock._lock = threading.RLock()
    _release_compiler()
    if _state.collector_paused:
        _state.collector_paused = False
        gc.enable()


if HAS_COMPILER and hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait_for_compiler, after_in_parent=_release_compiler, after_in_child=_begin_child)
