"""Training: epochs of minibatches, validation, early stopping, and what happens when a loss is not finite."""

import time
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from tsrnn.backends.cpu import Trainer, count_steps, mean_loss
from tsrnn.backends.pool import NoThreadError, count_threads, run_threads
from tsrnn.compatibility import check_loss
from tsrnn.losses import Loss, get_loss
from tsrnn.optimizers import SCHEDULES, AdamState
from tsrnn.progress import make_progress

UNLIMITED_WORK = 1e15  # multiply-adds: justify any number of threads
# Columns of a table of the epochs; without validation its loss is NaN.
HISTORY = ("epoch", "loss", "validation_loss", "learning_rate", "seconds")


class NonFiniteLossError(ArithmeticError):
    """A loss was not finite, at half the learning rate too."""


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a training.

    Parameters
    ----------
    loss : str or tsrnn.losses.Loss, default="squared_error"
    learning_rate : float, default=1e-3
        Rate of Adam, which `schedule` multiplies.
    schedule : {"constant", "cosine", "one_cycle"}, default="constant"
        Course of the rate over `max_epochs`: as it is; falling to zero along a cosine; or rising from a tenth over
        the first fifth and falling from there.
    weight_decay : float, default=0.0
        Decoupled from the gradient, as in AdamW.
    batch_size : int, default=32
    epoch_size : int or None, default=None
        Samples of an epoch, drawn anew for each; None for all of them.
    max_epochs : int, default=100
    clip_norm : float or None, default=1.0
        Largest global norm of a minibatch's gradient; None for no limit.
    n_iter_no_change : int, default=10
        With validation: epochs without a better loss after which to stop.
    min_fall : float, default=0.0
        With validation: fraction by which the training loss must have fallen below that of the initial weights before
        epochs are counted for `n_iter_no_change`, so that a plateau at the beginning does not end the training; 0
        counts them from the first on.
    tol : float, default=0.0
        By how much a loss must be better to count.
    averaging : float, default=0.0
        Without validation: part of the epochs, the last ones, after which the weights are read and averaged (P.
        Izmailov et al., Averaging weights leads to wider optima, UAI 2018); 0 for those after the last one alone.
    n_jobs : int or None, default=None
        Threads; None for as many as the work justifies. No result depends on it.
    verbose : int, default=0
        Above 0, show the progress: a bar of tqdm if that is installed, otherwise lines on stderr.
    """

    loss: str | Loss = "squared_error"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    weight_decay: float = 0.0
    batch_size: int = 32
    epoch_size: int | None = None
    max_epochs: int = 100
    clip_norm: float | None = 1.0
    n_iter_no_change: int = 10
    min_fall: float = 0.0
    tol: float = 0.0
    averaging: float = 0.0
    n_jobs: int | None = None
    verbose: int = 0


@dataclass
class History:
    """Course of a training.

    Attributes
    ----------
    epochs : list of dict
        One per epoch: epoch (from 1), loss, validation_loss (with validation), learning_rate (of its last
        minibatch), seconds.
    best_epoch : int
        Epoch whose weights were kept; 0 for those from before the training.
    """

    epochs: list = field(default_factory=list)
    best_epoch: int = 0


def train(network, sequences, options, rng, validation=None, state=None):
    """Train a network in place.

    With `validation`, training stops early and the weights with the lowest loss on it are kept, which may be those
    from before; without, those of the last epoch, or their mean over the last ones. If a loss is not finite, the best
    weights so far are restored and training goes on once at half the rate. Without sequences nothing is trained.

    Parameters
    ----------
    network : tsrnn.network.Network
        Its parameters are as before if training is interrupted or fails.
    sequences : tsrnn.sequences.Sequences
        With targets.
    options : TrainingOptions
    rng : numpy.random.Generator
        Order of the minibatches and pattern of the dropout.
    validation : tsrnn.sequences.Sequences, optional
    state : AdamState, optional
        Memory of an earlier training to go on with; updated in place, and as before if training fails.

    Returns
    -------
    History

    Raises
    ------
    NonFiniteLossError
        If a loss is not finite again after the rate was halved; names the epoch and minibatch.
    """
    return _Training(network, sequences, options, rng, validation, state).run()


def train_all(trainings, n_jobs=None):
    """Train several networks in place, side by side if none of them has the work for more than one thread.

    Parameters
    ----------
    trainings : list of dict
        Arguments of :func:`train`.
    n_jobs : int or None, default=None
        Networks trained at once; None for as many as there are threads. No result depends on it.

    Returns
    -------
    list of History

    Raises
    ------
    NonFiniteLossError
        As from :func:`train`; other networks may have been trained then.
    """
    ready = [_Training(**arguments) for arguments in trainings]
    small = all(training.n_threads == 1 for training in ready)
    n_threads = count_threads(n_jobs, UNLIMITED_WORK, len(ready)) if small else 1
    if n_threads > 1:
        with suppress(NoThreadError):
            return _train_side_by_side(ready, n_threads)
    return [training.run(index) for training, index in zip(ready, _indices(ready), strict=True)]


def _indices(ready):
    """Indices under which networks show their progress; None where there is one."""
    return range(len(ready)) if len(ready) > 1 else [None]


def _train_side_by_side(ready, n_threads):
    """Train in threads. After an error only the trainings before it go on: the error raised is that of one by one."""
    waiting, outcomes = iter(range(len(ready))), [_Outcome() for _ in ready]

    def stop(first=0):
        for training in ready[first:]:
            training.cancelled = True

    def work(thread):
        for i in waiting:
            with outcomes[i]:
                outcomes[i].history = ready[i].run(i)
            if outcomes[i].error is not None:
                stop(i + 1)

    run_threads(work, n_threads, stop)
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
    return [outcome.history for outcome in outcomes]


class _Outcome:
    """Result of a training in a thread: its history, or the error that is raised in the caller's thread."""

    history = error = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.error = error
        return True


class _Training:
    def __init__(self, network, sequences, options, rng, validation=None, state=None):
        loss = get_loss(options.loss)
        check_loss(network.architecture, loss, sequences)
        self.network, self.options, self.rng, self.n = network, options, rng, len(sequences)
        theta, jobs = network.theta, options.n_jobs
        self.trainer = (
            Trainer(network.architecture, theta, sequences, loss, options.batch_size, jobs) if self.n else None
        )
        self.validator = None
        if self.n and validation is not None and len(validation):
            self.validator = Trainer(network.architecture, theta, validation, loss, max(256, options.batch_size), jobs)
        self.state = AdamState.start(theta) if state is None else state
        self.history = History()
        self.best = theta.copy()
        self.best_loss = self.validator.evaluate() if self.validator else np.inf
        # Training loss below which the loss has begun to fall, and the first epoch with such a loss.
        self.begin_loss = (1 - options.min_fall) * self.trainer.evaluate() if self._awaits_fall else np.inf
        self.begin_epoch = None if self._awaits_fall else 0
        self.halvings, self.cancelled = 0, False
        self.mean, self.n_averaged = np.zeros(theta.size), 0

    @property
    def _awaits_fall(self):
        return self.validator is not None and self.options.min_fall > 0

    @property
    def n_threads(self):
        """Number of threads used for a minibatch."""
        return self.trainer.n_threads if self.trainer else 1

    def run(self, index=None):
        """Train; leave everything as it was if that fails or is interrupted.

        `index` is that of the network among several, whose progress is shown under it.
        """
        if not self.n:
            return self.history
        theta, state = self.network.theta, self.state
        before, finished = (theta.copy(), state.moments.copy(), state.updates), False
        progress = make_progress(self.options.max_epochs, self.options.verbose, index)
        try:
            history = self._run(progress)
            finished = True
        finally:
            if not finished:
                theta[:], state.moments[:], state.updates = before
            progress.close()
        return history

    def _run(self, progress):
        for epoch in range(1, self.options.max_epochs + 1):
            if self.cancelled:
                raise CancelledError
            while (problem := self._run_epoch(epoch)) is not None:
                self._recover(problem)
            progress.show(epoch, self.history.epochs[-1]["loss"])
            if self._should_stop(epoch):
                break
        if self.validator:
            self.network.theta[:] = self.best
        elif self.n_averaged:
            self.network.theta[:] = self.mean
        return self.history

    def _run_epoch(self, epoch):
        """Add a row to the history; or return what was not finite, and add none."""
        began, options, state = time.perf_counter(), self.options, self.state
        order = self.rng.permutation(self.n)[: options.epoch_size]
        n = -(-len(order) // self.trainer.batch_size)
        fractions = (epoch - 1 + np.arange(n) / n) / options.max_epochs
        rates = options.learning_rate * SCHEDULES[options.schedule](fractions) * 0.5**self.halvings
        losses, totals, done = self.trainer.update(
            order, state.moments, state.updates, rates, self.rng.integers(0, 2**32, n),
            np.inf if options.clip_norm is None else options.clip_norm, options.weight_decay, self.network.dropout,
        )  # fmt: skip
        state.updates += count_steps(totals[:done])
        if done < n:
            return f"The loss of epoch {epoch}, minibatch {done + 1} of {n},"
        if not np.all(np.isfinite(self.network.theta)):
            return f"A parameter after epoch {epoch}, minibatch {n} of {n},"
        row = {"epoch": epoch, "loss": mean_loss(losses, totals)}
        if self.validator:
            row["validation_loss"] = self.validator.evaluate()
            if not np.isfinite(row["validation_loss"]):
                return f"The validation loss of epoch {epoch}, after minibatch {n} of {n},"
        self.history.epochs.append({**row, "learning_rate": float(rates[-1]), "seconds": time.perf_counter() - began})
        return None

    def _recover(self, problem):
        if self.halvings:
            raise NonFiniteLossError(
                f"{problem} is not finite, at half the learning rate too ({self.options.learning_rate / 2:g}). "
                "Lower learning_rate or clip_norm, or scale the data."
            )
        self.halvings += 1
        self.network.theta[:] = self.best
        self.state.moments[:] = 0
        self.state.updates = 0

    def _should_stop(self, epoch):
        """Keep the weights if they are the best; return whether there has been nothing better for too long."""
        if not self.validator:
            self.best[:] = self.network.theta
            self.history.best_epoch = epoch
            self._average(epoch)
            return False
        row = self.history.epochs[-1]
        loss = row["validation_loss"]
        if not loss >= self.best_loss - self.options.tol:
            self.best_loss, self.history.best_epoch = loss, epoch
            self.best[:] = self.network.theta
        if self.begin_epoch is None:
            if row["loss"] > self.begin_loss:
                return False
            self.begin_epoch = epoch
        return epoch - max(self.history.best_epoch, self.begin_epoch) >= self.options.n_iter_no_change

    def _average(self, epoch):
        """Take the weights into their mean, if the epoch is one of the last."""
        first = int(self.options.max_epochs * (1 - self.options.averaging)) + 1
        if epoch >= min(first, self.options.max_epochs):
            self.n_averaged += 1
            self.mean += (self.network.theta - self.mean) / self.n_averaged
