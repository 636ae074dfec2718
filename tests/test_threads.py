"""Threads of the kernels among other threads and processes; no result may depend on any of them."""

import multiprocessing
import queue
import sys
import threading
import weakref

import numba
import numpy as np
import pytest
from joblib import Parallel, delayed
from threadpoolctl import threadpool_info

from tsrnn.backends import pool
from tsrnn.backends.compilation import JIT
from tsrnn.backends.pool import count_threads, run_threads
from tsrnn.network import Network
from tsrnn.sequences import Sequences
from tsrnn.training import NonFiniteLossError, TrainingOptions, _Training, train, train_all

pytestmark = pytest.mark.skipif(not JIT, reason="compilation is switched off: one thread")


def fit(seed=0, n_jobs=None):
    """Train a small network and return its parameters and outputs."""
    rng = np.random.default_rng(seed)
    sequences = Sequences.from_dense(rng.normal(size=(100, 12, 2)), rng.normal(size=(100, 1, 1)))
    network = Network(input_size=2, hidden_size=9, output_size=1)
    network.initialize(rng)
    train(network, sequences, TrainingOptions(max_epochs=2, batch_size=64, n_jobs=n_jobs), rng)
    return network.theta, network.predict(sequences, n_jobs)


def assert_same(left, right):
    """Assert that two fits are the same to the bit."""
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 7, -1])
def test_same_bits_for_any_number_of_threads(n_jobs):
    assert_same(fit(n_jobs=n_jobs), fit())


def test_fits_in_threads_of_the_caller_do_not_disturb_each_other():
    results = {}

    def work(seed):
        results[seed] = fit(seed, n_jobs=2)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, result in results.items():
        assert_same(result, fit(seed))


@pytest.mark.slow
def test_fits_in_joblib_workers_are_the_same():
    here = fit(n_jobs=2)
    for result in Parallel(n_jobs=2)(delayed(fit)(0, n_jobs) for n_jobs in (1, 2)):
        assert_same(result, here)


def _send_fit(connection):
    connection.send(fit(n_jobs=2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_goes_on_with_threads_of_its_own():
    here = fit(n_jobs=2)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_send_fit, args=(theirs,))
    process.start()
    assert_same(ours.recv(), here)
    process.join()
    assert process.exitcode == 0


def test_the_threads_of_other_libraries_are_left_alone():
    before = [(library["filepath"], library["num_threads"]) for library in threadpool_info()]
    fit(n_jobs=2)
    assert [(library["filepath"], library["num_threads"]) for library in threadpool_info()] == before


def test_an_interruption_while_threads_start_lets_none_begin(monkeypatch):
    started = []

    class Interrupted(threading.Thread):
        def start(self):
            if started:
                raise KeyboardInterrupt
            started.append(self)
            super().start()

    monkeypatch.setattr(pool, "_idle", [])
    monkeypatch.setattr("threading.Thread", Interrupted)
    ran = []
    with pytest.raises(KeyboardInterrupt):
        run_threads(ran.append, 2)
    assert len(started) == 1
    assert ran == []
    (helper,) = pool._idle
    assert helper.work is None


def test_an_interruption_waits_for_the_threads(monkeypatch):
    """They write to the caller's arrays."""
    may_end, ended, waits = threading.Event(), [], []
    wait = pool._Work.wait

    def interrupted(work):
        waits.append(work)
        if len(waits) == 1:
            may_end.set()
            raise KeyboardInterrupt
        wait(work)

    def work(thread):
        may_end.wait()
        ended.append(thread)

    monkeypatch.setattr(pool._Work, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_threads(work, 3)
    assert sorted(ended) == [0, 1, 2]


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_a_thread_is_an_error_of_the_call(failing, monkeypatch):
    errors = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", errors.put)

    def work(thread):
        if thread == failing:
            raise ValueError(f"thread {thread}")
        return thread

    with pytest.raises(RuntimeError, match="failed in one of its threads") as caught:
        run_threads(work, 2)
    assert str(caught.value.__cause__) == f"thread {failing}"
    assert run_threads(lambda thread: 10 + thread, 2) == 10
    error = errors.get()  # it comes after the call's, maybe
    assert str(error.exc_value) == f"thread {failing}"


def test_threads_are_kept_but_not_what_they_worked_on(monkeypatch):
    monkeypatch.setattr(pool, "_idle", [])
    seen = set()

    class Work:
        def __call__(self, thread):
            seen.add(threading.get_ident())

    for _ in range(3):
        work = Work()
        run_threads(work, 2)
        assert len(seen) == 2
        reference = weakref.ref(work)
        del work
        run_threads(lambda thread: None, 2)  # in the same threads, which have let go of the work before
        assert reference() is None


def test_about_as_many_threads_are_kept_as_there_are_processors(monkeypatch):
    monkeypatch.setattr(pool, "_idle", [])
    processors = numba.config.NUMBA_NUM_THREADS
    run_threads(lambda thread: None, processors + 6)
    assert processors <= len(pool._idle) <= processors + 2  # two may find the last place free at the same time


def test_number_of_threads():
    assert count_threads(3, work=0, parts=8) == 3
    assert count_threads(8, work=1e12, parts=2) == 2  # no more than there is to share
    assert count_threads(None, work=1e3, parts=8) == 1  # too little to do
    assert count_threads(-1, work=1e3, parts=99) == count_threads(None, work=1e12, parts=99)


def test_without_threads_that_can_be_started_the_bits_are_the_same(monkeypatch):
    """As when the interpreter is ending."""
    expected = fit(n_jobs=2)

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pool, "_idle", [])
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(pool.NoThreadError, match="can't start"):
        run_threads(lambda thread: None, 2)
    assert_same(fit(n_jobs=2), expected)
    assert train_several(4) == [fit_history(seed) for seed in range(4)]


def make_training(seed, **options):
    """Return arguments of `train`."""
    rng = np.random.default_rng(seed)
    sequences = Sequences.from_dense(rng.normal(size=(40, 5, 2)), rng.normal(size=(40, 1, 1)))
    network = Network(input_size=2, hidden_size=3, output_size=1)
    network.initialize(rng)
    return {
        "network": network,
        "sequences": sequences,
        "options": TrainingOptions(max_epochs=2, n_jobs=1, **options),
        "rng": rng,
    }


def fit_history(seed):
    """Return the losses of a training by itself."""
    return [epoch["loss"] for epoch in train(**make_training(seed)).epochs]


def train_several(n, n_jobs=2):
    """Return the losses of trainings side by side."""
    histories = train_all([make_training(seed) for seed in range(n)], n_jobs)
    return [[epoch["loss"] for epoch in history.epochs] for history in histories]


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 9])
def test_trainings_side_by_side_are_those_by_themselves(n_jobs):
    assert train_several(5, n_jobs) == [fit_history(seed) for seed in range(5)]


def test_the_first_error_of_trainings_side_by_side_is_raised(monkeypatch, capfd):
    run = _Training.run

    def fail(training, index):
        run(training, index)
        if training.network.hidden in (1, 3):
            raise NonFiniteLossError(f"training {training.network.hidden}")

    trainings = [make_training(seed) for seed in range(5)]
    for i, training in enumerate(trainings):
        training["network"].hidden = i
    monkeypatch.setattr(_Training, "run", fail)
    for n_jobs in (1, 2, 5):
        with pytest.raises(NonFiniteLossError, match="training 1"):
            train_all(trainings, n_jobs)
    assert capfd.readouterr().err == ""


def test_an_interruption_cancels_trainings_side_by_side(monkeypatch):
    """And waits until they have ended, with their weights as before."""
    wait, waits, begun, ended = pool._Work.wait, [], threading.Event(), []
    run, run_epoch = _Training.run, _Training._run_epoch

    def interrupted(work):
        waits.append(work)
        if len(waits) == 1:
            begun.wait()
            raise KeyboardInterrupt
        wait(work)

    def epoch(training, number):
        begun.set()
        return run_epoch(training, number)

    def spy(training, index):
        try:
            return run(training, index)
        finally:
            ended.append(training.cancelled)

    trainings = [make_training(seed) for seed in range(4)]
    for training in trainings:
        training["options"] = TrainingOptions(max_epochs=10**9, n_jobs=1)
    before = [training["network"].theta.copy() for training in trainings]
    monkeypatch.setattr(pool._Work, "wait", interrupted)
    monkeypatch.setattr(_Training, "_run_epoch", epoch)
    monkeypatch.setattr(_Training, "run", spy)
    with pytest.raises(KeyboardInterrupt):
        train_all(trainings, 2)
    assert ended == [True] * 4
    for training, theta in zip(trainings, before, strict=True):
        np.testing.assert_array_equal(training["network"].theta, theta)
