"""Memory and launches of the kernels on the processor. Every launch passes here, so sizes are checked here."""

import math
import time
from dataclasses import replace

import numpy as np

from tsrnn.backends.adam import SHARE
from tsrnn.backends.blocks import Data
from tsrnn.backends.checks import check_adam, check_parameters, check_sequences
from tsrnn.backends.plan import plan_memory
from tsrnn.backends.pool import count_threads, launch
from tsrnn.backends.vectors import VECTOR_BYTES
from tsrnn.backends.worker import DIFFERENTIATE, EVALUATE, PREDICT, UPDATE, Memory, Minibatches, run
from tsrnn.losses import SquaredError

MAX_SLOTS = 16  # parts of a minibatch that threads can share; more cost memory and time to add up
_SECONDS_PER_CALL = 0.1  # after which Python has its turn, for progress and Ctrl-C
_WORK_PER_CALL = 5e9  # multiply-adds of a thread's share of a prediction: some tenths of a second


def _aligned(shape, dtype):
    """Zeros whose rows begin on cache lines, if their length does; Numba's vectors need no more than that."""
    count, line = math.prod(shape), 64 // np.dtype(dtype).itemsize
    flat = np.zeros(count + line, dtype)
    skip = -(flat.ctypes.data // flat.itemsize) % line
    return flat[skip : skip + count].reshape(shape)


def _multiply_adds(architecture, sequences):
    """Multiply-adds of one forward pass over one of the sequences, roughly."""
    steps = sequences.steps + (sequences.output_steps if architecture.head.has_decoder else 0)
    return float(architecture.products) * steps


def allocate(plan, steps, dtype, n_threads, n_slots=0, n_parameters=0, input_gradient=(0, 0, 0), output=(0, 0, 0)):
    """Return the arrays of a `tsrnn.backends.plan.MemoryLayout`, for a number of threads and of gradient slots."""
    model = plan.model[0]
    # Rows of a register's length of slack: a tile's last load may begin at the last number.
    slack = 2 * VECTOR_BYTES // dtype.itemsize
    n_shares = -(-n_parameters // SHARE)
    return Memory(
        panels=_aligned((plan.panel_size + slack,), dtype),
        work=_aligned((n_threads, plan.work_size + slack), dtype),
        codes=np.zeros((n_threads, plan.code_size + slack), np.int32),
        active=np.zeros((n_threads, steps), np.int64),
        everyone=np.full(max(1, model["output_steps"]), model["lanes"], np.int64),
        slots=_aligned((n_slots, plan.slot_size), dtype),
        slot_losses=np.zeros(n_slots),
        gradient=np.zeros(n_shares * SHARE, dtype),
        squares=np.zeros(n_shares, dtype),
        input_gradient=np.zeros(input_gradient, dtype),
        output=np.zeros(output, dtype),
    )


def as_data(architecture, sequences, dtype):
    """Return `tsrnn.sequences.Sequences` as kernels read them; arrays of the right dtype are not copied."""
    n = len(sequences)
    nothing, no_codes = np.zeros((0, 1), dtype), np.zeros(0, np.int32)
    no_starts = np.zeros(n, np.int64)
    known, known_codes, known_starts = sequences.decoder_values, sequences.decoder_codes, sequences.decoder_starts
    codes = sequences.targets is not None and sequences.targets.ndim == 1
    real_targets = sequences.targets is not None and not codes

    def column(array, default, kind=dtype):
        return default if array is None else np.ascontiguousarray(array, kind)

    return Data(
        values=np.ascontiguousarray(sequences.values, dtype).reshape(-1),
        codes=no_codes if sequences.codes is None else np.ascontiguousarray(sequences.codes, np.int32).reshape(-1),
        static_codes=column(sequences.static_codes, np.zeros((n, 0), np.int32), np.int32),
        code_offsets=architecture.code_offsets,
        starts=np.ascontiguousarray(sequences.starts, np.int64),
        lengths=np.ascontiguousarray(sequences.lengths, np.int64),
        shift=column(sequences.shift, np.zeros((n, 0), dtype)),
        scale=column(sequences.scale, np.ones((n, 0), dtype)),
        targets=np.ascontiguousarray(sequences.targets, dtype) if real_targets else nothing,
        target_codes=np.ascontiguousarray(sequences.targets, np.int32) if codes else no_codes,
        target_starts=column(sequences.target_starts, no_starts, np.int64),
        target_lengths=column(sequences.target_lengths, no_starts, np.int64),
        weights=column(sequences.weights, np.ones(n, dtype)),
        target_weights=column(sequences.target_weights, nothing),
        counts=_count_targets(sequences),
        n_columns=sequences.values.shape[1],
        n_code_columns=0 if sequences.codes is None else sequences.codes.shape[1],
        decoder_values=nothing[:, 0] if known is None else np.ascontiguousarray(known, dtype).reshape(-1),
        decoder_codes=no_codes if known_codes is None else np.ascontiguousarray(known_codes, np.int32).reshape(-1),
        decoder_starts=no_starts if known_starts is None else np.ascontiguousarray(known_starts, np.int64),
        n_decoder_columns=0 if known is None else known.shape[1],
        n_decoder_code_columns=0 if known_codes is None else known_codes.shape[1],
    )


def _count_targets(sequences):
    """Sum of the weights of each sequence's targets."""
    if sequences.targets is None:
        return np.zeros(len(sequences))
    if sequences.target_weights is None:
        per_step = 1 if sequences.targets.ndim == 1 else sequences.targets.shape[1]
        return (sequences.target_lengths * per_step).astype(np.float64)
    sums = np.append(0.0, np.cumsum(sequences.target_weights.sum(axis=1, dtype=np.float64)))
    return sums[sequences.target_starts + sequences.target_lengths] - sums[sequences.target_starts]


def _longest_first(lengths, order, batch_size):
    """Sort each minibatch of `order` by length, longest first."""
    if lengths.size and lengths.min() == lengths.max():
        return order
    parts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    return np.concatenate([part[np.argsort(-lengths[part], kind="stable")] for part in parts])


def _launch(n_threads, *arguments):
    """Run the kernel in `n_threads` threads, or in this one alone if they cannot be started: the bits are the same."""
    return launch(lambda thread, n_threads: run(thread, n_threads, *arguments), n_threads)


def count_steps(totals):
    """Return the number of steps of Adam that minibatches of these total weights take."""
    return np.count_nonzero(totals)


def mean_loss(losses, totals):
    """Return the mean of the losses of minibatches by their total weights; zero where none weighs anything."""
    total = np.sum(totals)
    return float(np.sum(losses * totals) / total) if total > 0 else 0.0


class Trainer:
    """Runs minibatches of one network over one set of sequences; holds the memory for it.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    theta : ndarray of shape (n_parameters,)
        Parameters; updated in place.
    sequences : tsrnn.sequences.Sequences
        With targets.
    loss : tsrnn.losses.Loss
    batch_size : int
    n_jobs : int or None
    input_gradient : bool
        Whether `differentiate` gives the gradient of the inputs.
    """

    def __init__(self, architecture, theta, sequences, loss, batch_size, n_jobs=None, input_gradient=False):
        architecture, dtype = check_parameters(architecture, theta), theta.dtype
        check_sequences(architecture, sequences)
        self.theta, self.batch_size = theta, min(batch_size, len(sequences))
        self.data = as_data(architecture, sequences, dtype)
        plan = plan_memory(architecture, dtype, sequences.steps, sequences.output_steps, loss, input_gradient)
        self._plan = (plan.model, plan.layers, plan.tensors, plan.packings)
        n_slots = min(MAX_SLOTS, -(-self.batch_size // int(plan.model[0]["lanes"])))
        work = 3 * self.batch_size * _multiply_adds(architecture, sequences)
        self.n_threads = count_threads(n_jobs, work, n_slots)
        wanted = input_gradient and architecture.input_size
        inputs = (len(sequences), sequences.steps, architecture.input_size) if wanted else (0, 0, 0)
        self.memory = allocate(plan, sequences.steps, dtype, self.n_threads, n_slots, architecture.size, inputs)
        self._loss_parameters = np.array(loss.parameters, dtype)
        self._per_target = float(loss.n_elements)
        self._calls_per_second = 0.0

    def _run(self, order, moments, updates, rates, keys, clip_norm, weight_decay, dropout, mode):
        order = _longest_first(self.data.lengths, order, self.batch_size)
        n = -(-len(order) // self.batch_size)
        bounds = np.minimum(np.arange(n + 1) * self.batch_size, len(order))
        losses, totals = np.zeros(n), np.zeros(n)
        numbers = (float(clip_norm), float(weight_decay), float(dropout), self._per_target)
        done = 0
        while done < n:
            last = min(n, done + max(1, int(self._calls_per_second * _SECONDS_PER_CALL)))
            part = slice(done, last)
            todo = Minibatches(order, bounds[done : last + 1], rates[part], keys[part], losses[part], totals[part])
            barrier = np.zeros(2, np.int64)
            began = time.perf_counter()
            steps = updates + count_steps(totals[:done])
            completed = _launch(
                self.n_threads, barrier, self._plan, self.data, self.theta, moments, steps, self.memory, todo,
                self._loss_parameters, numbers, mode,
            )  # fmt: skip
            self._calls_per_second = (last - done) / max(time.perf_counter() - began, 1e-9)
            done += completed
            if done < last:
                break
        return losses, totals, done

    def update(self, order, moments, updates, rates, keys, clip_norm=np.inf, weight_decay=0.0, dropout=0.0):
        """Take one step of Adam for each minibatch of `order` but those whose targets all weigh nothing.

        Parameters
        ----------
        order : ndarray of int64
            Samples; each `batch_size` of them are a minibatch.
        moments : ndarray of shape (2, n_parameters)
            Adam's running means of gradients and of their squares; updated in place.
        updates : int
            Steps of Adam taken before.
        rates, keys : ndarray
            Learning rate and dropout seed of each minibatch.

        Returns
        -------
        losses, totals : ndarray of float64
            Weighted mean loss of each minibatch, and the weight of its elements.
        done : int
            Minibatches completed: fewer than there are if a loss was not finite.
        """
        check_adam(self.theta, moments, updates)
        return self._run(order, moments, updates, rates, keys, clip_norm, weight_decay, dropout, UPDATE)

    def evaluate(self):
        """Return the weighted mean loss over all samples."""
        losses, totals, _ = self._pass(EVALUATE)
        return mean_loss(losses, totals)

    def differentiate(self):
        """Return the loss of all samples as one minibatch, its gradient (n_parameters,) and that of the inputs."""
        losses, _, _ = self._pass(DIFFERENTIATE)
        order = _longest_first(self.data.lengths, np.arange(len(self.data.starts)), self.batch_size)
        inputs = np.empty_like(self.memory.input_gradient)
        if inputs.size:
            inputs[order] = self.memory.input_gradient
        return float(losses[0]), self.memory.gradient[: self.theta.size].copy(), inputs

    def _pass(self, mode):
        order = np.arange(len(self.data.starts))
        n = -(-len(order) // self.batch_size)
        nothing = np.zeros((2, 0), self.theta.dtype)
        return self._run(order, nothing, 0, np.zeros(n), np.zeros(n, np.int64), np.inf, 0.0, 0.0, mode)


def run_predict(architecture, theta, sequences, n_jobs=None):
    """Return a network's outputs, (n, output_steps, output_size), for `sequences`."""
    architecture = check_parameters(architecture, theta)
    check_sequences(architecture, sequences)
    shape = (len(sequences), sequences.output_steps, architecture.output_size)
    dtype = theta.dtype
    if not len(sequences):
        return np.zeros(shape, dtype)
    plan = plan_memory(architecture, dtype, sequences.steps, sequences.output_steps)
    lanes = int(plan.model[0]["lanes"])
    n_blocks = -(-len(sequences) // lanes)
    work = _multiply_adds(architecture, sequences)
    n_threads = count_threads(n_jobs, work * len(sequences), n_blocks)
    memory = allocate(plan, sequences.steps, dtype, n_threads, output=shape)
    data = as_data(architecture, sequences, dtype)
    order = _longest_first(data.lengths, np.arange(len(sequences)), len(sequences))
    nothing, none = np.zeros((2, 0), dtype), np.zeros(1)
    arrays, barrier = (plan.model, plan.layers, plan.tensors, plan.packings), np.zeros(2, np.int64)
    per_call = n_threads * lanes * max(1, int(_WORK_PER_CALL / (work * lanes)))
    for first in range(0, len(order), per_call):
        part = order[first : first + per_call]
        todo = Minibatches(part, np.array([0, len(part)]), none, np.zeros(1, np.int64), none, none)
        _launch(
            n_threads, barrier, arrays, data, theta, nothing, 0, memory, todo, nothing[0], (0.0, 0.0, 0.0, 0.0), PREDICT
        )  # fmt: skip
    return memory.output


def run_unrolled(architecture, theta, sequences):
    """Return the states and gates of the encoder's layers at every step.

    Returns
    -------
    list of (states, gates)
        One for each layer of the encoder: ``states`` (n, T + 1, S, H), in the order of time, and ``gates``
        (n, T, G, H) after their non-linearities.
    """
    architecture, loss = check_parameters(architecture, theta), SquaredError()
    check_sequences(architecture, sequences)
    n, steps, cell, hidden = len(sequences), sequences.steps, architecture.cell, architecture.hidden_size
    targets = np.zeros((n * sequences.output_steps, architecture.output_size), theta.dtype)
    starts = np.arange(n) * sequences.output_steps
    sequences = replace(
        sequences, targets=targets, target_starts=starts, target_lengths=np.full(n, sequences.output_steps)
    )
    plan = plan_memory(architecture, theta.dtype, steps, sequences.output_steps, loss)
    lanes, layers = int(plan.model[0]["lanes"]), plan.layers[: plan.model[0]["n_encoder"]]
    parts = []
    for first in range(0, n, lanes):
        trainer = Trainer(architecture, theta, sequences.subset(slice(first, first + lanes)), loss, lanes, n_jobs=1)
        trainer.evaluate()
        parts.append([_read_tape(layer, trainer.memory.work[0], steps, lanes, cell, hidden) for layer in layers])
    return [
        tuple(np.concatenate(arrays)[:n] for arrays in zip(*layer, strict=True)) for layer in zip(*parts, strict=True)
    ]


def _read_tape(layer, work, steps, lanes, cell, hidden):
    states = work[layer["state"] :][: (steps + 1) * layer["state_step"]]
    tape = work[layer["tape"] :][: steps * layer["tape_step"]].reshape(steps, -1, lanes)[:, : cell.n_gates * hidden]
    states = states.reshape(steps + 1, cell.n_states, hidden, lanes)
    return np.moveaxis(states, -1, 0).copy(), np.moveaxis(
        tape.reshape(steps, cell.n_gates, hidden, lanes), -1, 0
    ).copy()
