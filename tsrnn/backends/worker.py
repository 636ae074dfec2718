"""The kernel: minibatches of training, and prediction. Each thread of a call runs the same code.

Blocks of a minibatch belong to gradient slots, and a slot's blocks are added up by one thread in their order; the
slots are then summed in their order. So the number of threads changes no bit of a result.
"""

from typing import NamedTuple

import numpy as np

from tsrnn.backends.adam import adam_step, clip_factor, collect_gradient, sum_squares
from tsrnn.backends.arrays import fill, total
from tsrnn.backends.blocks import block_gradient, block_loss, block_predict
from tsrnn.backends.compilation import inline, inline_once, kernel
from tsrnn.backends.packing import pack_weights
from tsrnn.backends.threads import wait_for_all

PREDICT, EVALUATE, DIFFERENTIATE, UPDATE = range(4)


class Memory(NamedTuple):
    """Arrays that a kernel works on.

    Attributes
    ----------
    panels : ndarray of shape (panel_size,)
    work : ndarray of shape (n_threads, work_size)
    codes : ndarray of int32, shape (n_threads, code_size)
    active : ndarray of int64, shape (n_threads, steps)
    everyone : ndarray of int64, shape (output_steps,)
        The number of lanes, over and over.
    slots : ndarray of shape (n_slots, slot_size)
    slot_losses : ndarray of float64, shape (n_slots,)
    gradient : ndarray of shape (n_shares * SHARE,)
        Zero beyond the parameters.
    squares : ndarray of shape (n_shares,)
        Sums of squares of shares of the gradient.
    input_gradient : ndarray of shape (n, steps, input_size)
        Empty where it is not wanted.
    output : ndarray of shape (n, output_steps, output_size)
        Predictions.
    """

    panels: np.ndarray
    work: np.ndarray
    codes: np.ndarray
    active: np.ndarray
    everyone: np.ndarray
    slots: np.ndarray
    slot_losses: np.ndarray
    gradient: np.ndarray
    squares: np.ndarray
    input_gradient: np.ndarray
    output: np.ndarray


class Minibatches(NamedTuple):
    """Minibatches of one call, and their losses.

    Attributes
    ----------
    order : ndarray of int64
        Samples, minibatch after minibatch; within one, longest sequences first.
    bounds : ndarray of int64, shape (n_minibatches + 1,)
    rates : ndarray of float64, shape (n_minibatches,)
        Learning rates.
    keys : ndarray of int64, shape (n_minibatches,)
        Seeds of dropout, below 2 ** 32.
    losses, totals : ndarray of float64, shape (n_minibatches,)
        Written: weighted mean loss, and the weight of all elements.
    """

    order: np.ndarray
    bounds: np.ndarray
    rates: np.ndarray
    keys: np.ndarray
    losses: np.ndarray
    totals: np.ndarray


@inline_once
def _total_weight(data, batch, per_target):
    weight = 0.0
    for i in batch:
        weight += data.weights[i] * data.counts[i] * per_target
    return weight


@inline_once
def _write_input_gradient(model, work, first, n_members, steps, gradient):
    lanes = model["lanes"]
    for lane in range(n_members):
        for t in range(steps):
            for k in range(model["input_size"]):
                gradient[first + lane, t, k] = work[model["d_x"] + (t * model["input_size"] + k) * lanes + lane]


@inline
def _run_slot(model, layers, data, theta, memory, batch, slot, thread, unit, loss_parameters, rate, key, mode):
    """Add up the losses and gradients of one slot's blocks."""
    lanes = model["lanes"]
    n_blocks, n_slots = (batch.shape[0] + lanes - 1) // lanes, memory.slots.shape[0]
    work, codes, active = memory.work[thread], memory.codes[thread], memory.active[thread]
    panels, everyone = memory.panels, memory.everyone
    fill(memory.slots[slot], 0, memory.slots.shape[1], 0)
    loss = 0.0
    for block in range(slot * n_blocks // n_slots, (slot + 1) * n_blocks // n_slots):
        members = batch[block * lanes : (block + 1) * lanes]
        block_key = (key + block * 7919) & 0xFFFFFFFF
        block_sum, steps, output_steps = block_loss(
            model, layers, data, members, theta, panels, work, codes, active, everyone, unit, loss_parameters,
            rate, block_key
        )  # fmt: skip
        loss += block_sum
        if mode != EVALUATE:
            block_gradient(
                model, layers, panels, work, codes, memory.slots[slot], active, everyone, steps, output_steps, rate,
                block_key
            )  # fmt: skip
            if memory.input_gradient.shape[0]:
                _write_input_gradient(model, work, block * lanes, members.shape[0], steps, memory.input_gradient)
    memory.slot_losses[slot] = loss


@inline
def _predict_blocks(model, layers, data, theta, memory, order, thread, n_threads):
    """Write the outputs of this thread's blocks."""
    lanes = model["lanes"]
    for block in range(thread, (order.shape[0] + lanes - 1) // lanes, n_threads):
        members = order[block * lanes : (block + 1) * lanes]
        block_predict(
            model, layers, data, members, theta, memory.panels, memory.work[thread], memory.codes[thread],
            memory.active[thread], memory.everyone, memory.output
        )  # fmt: skip


@inline
def _update(theta, moments, memory, todo, n, updates, clip_norm, weight_decay, barrier, thread, n_threads):
    """Clip the gradient and take a step of Adam."""
    sum_squares(memory.gradient, memory.squares, thread, n_threads)
    wait_for_all(barrier, n_threads)
    factor = clip_factor(memory.squares, clip_norm)
    adam_step(theta, memory.gradient, moments, updates, todo.rates[n], weight_decay, factor, thread, n_threads)
    wait_for_all(barrier, n_threads)


def _make_run(stamp):
    def run(
        thread, n_threads, barrier, plan, data, theta, moments, updates, memory, todo, loss_parameters, numbers, mode
    ):
        """Predict, or run minibatches until done or until a loss is not finite; see `tsrnn.backends.cpu`.

        `plan` holds the arrays model, layers, tensors and packings; `numbers` clip_norm, weight_decay, dropout and
        the elements of one output step. Returns the number of minibatches that were completed; one whose targets all
        weigh nothing takes no step of Adam.

        One kernel does both, since compiling it takes seconds and most of it is common to them.
        """
        stamp  # noqa: B018  part of the cache's key
        models, layers, tensors, packings = plan
        model = models[0]
        clip_norm, weight_decay, dropout, per_target = numbers
        n_slots = memory.slots.shape[0]
        steps = updates
        for n in range(todo.rates.shape[0]):
            batch = todo.order[todo.bounds[n] : todo.bounds[n + 1]]
            pack_weights(layers, packings, theta, memory.panels, thread, n_threads)
            wait_for_all(barrier, n_threads)
            if mode == PREDICT:
                _predict_blocks(model, layers, data, theta, memory, batch, thread, n_threads)
                continue
            weight = _total_weight(data, batch, per_target)
            unit = 1 / weight if weight > 0 else 0.0
            for turn in range((n_slots + n_threads - 1) // n_threads):
                # To and fro, since the first slots have the longest sequences.
                slot = turn * n_threads + (thread if turn % 2 == 0 else n_threads - 1 - thread)
                if slot < n_slots:
                    _run_slot(
                        model, layers, data, theta, memory, batch, slot, thread, unit, loss_parameters, dropout,
                        todo.keys[n], mode
                    )  # fmt: skip
            wait_for_all(barrier, n_threads)
            loss = total(memory.slot_losses, 0, n_slots)
            todo.losses[n], todo.totals[n] = loss, weight
            if not np.isfinite(loss):
                return n
            if mode != EVALUATE:
                collect_gradient(tensors, memory.slots, memory.gradient, thread, n_threads)
                wait_for_all(barrier, n_threads)
            if mode == UPDATE and weight > 0:
                steps += 1
                _update(
                    theta, moments, memory, todo, n, steps, clip_norm, weight_decay, barrier, thread, n_threads
                )  # fmt: skip
        return todo.rates.shape[0]

    return run


run = kernel(_make_run)
