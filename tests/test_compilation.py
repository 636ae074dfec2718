"""Compilation of kernels: inlined and called parts, and settings of Numba left as they were."""

import gc

import numba
import pytest

from tsrnn.backends.compilation import JIT, inline_once, kernel, never_inline

pytestmark = pytest.mark.skipif(not JIT, reason="nothing is compiled")


def inlined_part(x):
    return x * 3.0 if x > 0.0 else x / 5.0


def called_part(x):
    return x + 1.0


def make_kernel(call):
    """Return a kernel that uses both parts, each from one place; or one that cannot be compiled."""
    inlined, called = inline_once(inlined_part), never_inline(called_part)

    def make(stamp):
        def run(x):
            stamp  # noqa: B018
            return inlined(called(x)) if call else inlined(called(x)).nothing

        return run

    return kernel(make)


def test_parts_are_inlined_or_called(monkeypatch, tmp_path):
    """A long part that is used once costs no call; a short one that is used often is there once."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    run = make_kernel(call=True)
    assert run(2.0) == 9.0
    assert run(-2.0) == -0.2
    (code,) = run.inspect_llvm().values()
    defined = [line for line in code.splitlines() if line.startswith("define")]
    assert any("called_part" in line for line in defined)
    assert not any("inlined_part" in line for line in defined)


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("call", [True, False])
def test_the_garbage_collector_is_left_as_it_was(monkeypatch, tmp_path, collects, call):
    """It rests while a kernel is compiled, and also if that fails."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    run = make_kernel(call)
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        if call:
            run(2.0)
        else:
            with pytest.raises(numba.TypingError, match="nothing"):
                run(2.0)
        assert gc.isenabled() == collects
    finally:
        (gc.enable if before else gc.disable)()
