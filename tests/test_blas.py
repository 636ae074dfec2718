"""BLAS's number of threads within and after blocks of one thread: under interrupts, forks and other threads."""

import multiprocessing
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tsrnn.learners import blas
from tsrnn.learners.blas import one_blas_thread

forks = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def count_blas_threads():
    """Return the number of threads of each BLAS library."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def two():
    """Two threads for each BLAS library, whatever the processor has."""
    with threadpool_limits(2, user_api="blas"):
        if count_blas_threads() == [1] * len(count_blas_threads()):
            pytest.skip("BLAS has one thread")
        yield count_blas_threads()


def test_one_thread_within_and_as_many_as_before_after(two):
    with one_blas_thread():
        with one_blas_thread():
            assert set(count_blas_threads()) == {1}
        assert set(count_blas_threads()) == {1}
    assert count_blas_threads() == two


def test_an_error_ends_the_block(two):
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        1 / 0  # noqa: B018
    assert count_blas_threads() == two
    assert not blas._turn._is_owned()


def use_block():
    with one_blas_thread(), one_blas_thread():
        np.ones(3).sum()


def interrupt(call, when):
    """Call with an interrupt before one of the instructions of Python; return the error, None if it ended before."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        del argument  # of a return, the context, which the traceback would keep
        frame.f_trace_opcodes = True
        count += 1
        if count == when:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(before)


def test_an_interrupt_before_any_instruction_sets_the_threads_back(two, monkeypatch):
    """Also while its traceback, and with it all variables on the way, is kept."""
    use_block()  # finds the libraries, which takes long
    swallowed, kept = [], []
    monkeypatch.setattr(sys, "unraisablehook", swallowed.append)
    while not kept or kept[-1] is not None:
        kept.append(interrupt(use_block, len(kept) + 1))
        assert count_blas_threads() == two, f"after instruction {len(kept)}"
        assert not blas._turn._is_owned(), f"after instruction {len(kept)}"
        assert not blas._switching._is_owned(), f"after instruction {len(kept)}"
    assert len(kept) > 50  # A block has as many instructions, and more for each library of the process.
    assert len(swallowed) <= 1  # at the end of an interrupted block's own context, where nothing can be raised


def test_blocks_of_threads_take_turns(two):
    inside, most, barrier = [], [], threading.Barrier(3)

    def work():
        barrier.wait()
        for _ in range(50):
            with one_blas_thread():
                inside.append(None)
                most.append((len(inside), *count_blas_threads()))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {(1, *[1] * len(two))}
    assert count_blas_threads() == two


def test_limits_of_another_thread_do_not_keep_a_block_from_one(two):
    """The thread of the fixture has set the threads, and threadpoolctl lets no other one set those of OpenBLAS."""
    seen = []

    def work():
        with one_blas_thread():
            seen.append(count_blas_threads())
        seen.append(count_blas_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [[1] * len(two), two]


def _report(connection):
    before = count_blas_threads()
    with one_blas_thread():
        within = count_blas_threads()
    connection.send((before, within, count_blas_threads()))


def fork_report():
    """Return the threads of BLAS before, within and after a block in a forked process."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_report, args=(theirs,))
    process.start()
    result = ours.recv()
    process.join()
    assert process.exitcode == 0
    return result


def apply_forks(test):
    for mark in forks:
        test = mark(test)
    return test


@apply_forks
def test_a_process_forked_during_a_block_of_another_thread_has_none(two):
    begun, may_end = threading.Event(), threading.Event()

    def work():
        with one_blas_thread():
            begun.set()
            may_end.wait()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    try:
        assert fork_report() == (two, [1] * len(two), two)
        assert set(count_blas_threads()) == {1}
    finally:
        may_end.set()
        thread.join()
    assert count_blas_threads() == two


@apply_forks
def test_a_process_forked_within_a_block_goes_on_with_it(two):
    with one_blas_thread():
        assert fork_report() == ([1] * len(two),) * 3
    assert count_blas_threads() == two
