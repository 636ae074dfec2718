"""A block of sequences: from the flat arrays of samples into lanes, through the network, and back."""

import math
from typing import NamedTuple

import numpy as np

from tsrnn.backends.arrays import add, copy, fill
from tsrnn.backends.compilation import inline, inline_once
from tsrnn.backends.readout import readout_backward, readout_forward, readout_loss
from tsrnn.backends.recurrence import layer_backward, layer_forward, state_bounds
from tsrnn.backends.views import row_at, rows_at
from tsrnn.losses.counts import MAX_LOG_MEAN


class Data(NamedTuple):
    """Samples as a kernel reads them: `tsrnn.sequences.Sequences` with every array present.

    Attributes
    ----------
    values : ndarray of shape (n_rows * n_columns,)
    codes : ndarray of int32, shape (n_rows * n_code_columns,)
    static_codes : ndarray of int32, shape (n, n_static)
    code_offsets : ndarray of int32, shape (n_codes + n_decoder_codes,)
        For each code of a step, and of an output step, the first column of its categories among those of its layer.
    starts, lengths : ndarray of int64, shape (n,)
    shift, scale : ndarray of shape (n, n_scaled)
        Of the leading columns of `values`.
    targets : ndarray of shape (m_rows, target_size)
    target_codes : ndarray of int32, shape (m_rows,)
    target_starts, target_lengths : ndarray of int64, shape (n,)
    weights : ndarray of shape (n,)
    target_weights : ndarray of shape (m_rows, target_size)
        Without rows where all targets count alike.
    counts : ndarray of float64, shape (n,)
        Sum of the target weights of each sample.
    n_columns, n_code_columns : int
        Columns of `values` and of `codes`.
    decoder_values : ndarray of shape (k_rows * n_decoder_columns,)
    decoder_codes : ndarray of int32, shape (k_rows * n_decoder_code_columns,)
    decoder_starts : ndarray of int64, shape (n,)
    n_decoder_columns, n_decoder_code_columns : int
    """

    values: np.ndarray
    codes: np.ndarray
    static_codes: np.ndarray
    code_offsets: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    shift: np.ndarray
    scale: np.ndarray
    targets: np.ndarray
    target_codes: np.ndarray
    target_starts: np.ndarray
    target_lengths: np.ndarray
    weights: np.ndarray
    target_weights: np.ndarray
    counts: np.ndarray
    n_columns: int
    n_code_columns: int
    decoder_values: np.ndarray
    decoder_codes: np.ndarray
    decoder_starts: np.ndarray
    n_decoder_columns: int
    n_decoder_code_columns: int


@inline
def count_active(data, members, active, lanes):
    """Fill ``active[t]``, the number of lanes with a step t, and return the longest length.

    `members` are sorted by length, longest first; lanes without a sequence end with the shortest one.
    """
    longest, shortest = data.lengths[members[0]], data.lengths[members[-1]]
    fill(active, 0, shortest, lanes)
    count = members.shape[0]
    for t in range(shortest, longest):
        while data.lengths[members[count - 1]] <= t:
            count -= 1
        active[t] = count
    return longest


@inline
def load_inputs(model, data, members, work, codes, steps):
    """Write the input sequences of a block into lanes; padding is zeroed."""
    lanes, size = model["lanes"], model["input_size"]
    n_columns = data.n_columns
    fill(work, model["x"], steps * size * lanes, 0)
    for lane in range(members.shape[0]):
        i = members[lane]
        start = data.starts[i]
        count = data.lengths[i] * size
        x, values = rows_at(work, model["x"], count, lanes), row_at(data.values, start * n_columns, count)
        for n in range(count):
            x[n, lane] = values[n]
        for k in range(data.shift.shape[1]):
            shift, factor = data.shift[i, k], 1 / data.scale[i, k]
            for n in range(k, count, n_columns):
                x[n, lane] = (x[n, lane] - shift) * factor
    if model["n_codes"]:
        _load_codes(model, data, members, codes, steps)


@inline_once
def _load_codes(model, data, members, codes, steps):
    """Write the categories of a block into lanes, as columns among those of all codes; -1 for none, and for padding."""
    lanes, n_codes, offsets = model["lanes"], model["n_codes"], data.code_offsets
    of_rows = n_codes - data.static_codes.shape[1]
    fill(codes, model["codes"], steps * n_codes * lanes, -1)
    for lane in range(members.shape[0]):
        i = members[lane]
        for t in range(data.lengths[i]):
            first = data.starts[i] * data.n_code_columns + t * of_rows
            for k in range(n_codes):
                code = data.codes[first + k] if k < of_rows else data.static_codes[i, k - of_rows]
                if code >= 0:
                    codes[model["codes"] + (t * n_codes + k) * lanes + lane] = code + offsets[k]


@inline_once
def _load_decoder_inputs(model, data, members, work, codes, output_steps):
    """Write what the decoder reads at each output step beside its own output; lanes without a sequence are zeroed."""
    lanes, size, fed = model["lanes"], model["decoder_input_size"], model["fed_size"]
    n_codes, offsets = model["decoder_n_codes"], data.code_offsets[model["n_codes"] :]
    given, given_codes = size - fed, offsets.shape[0]
    fill(work, model["decoder_x"], output_steps * size * lanes, 0)
    fill(codes, model["decoder_codes"], output_steps * n_codes * lanes, -1)
    for lane in range(members.shape[0]):
        start = data.decoder_starts[members[lane]]
        for o in range(output_steps):
            first = start * data.n_decoder_columns + o * given
            place = model["decoder_x"] + (o * size + fed) * lanes + lane
            for k in range(given):
                work[place + k * lanes] = data.decoder_values[first + k]
            first = start * data.n_decoder_code_columns + o * given_codes
            place = model["decoder_codes"] + ((o + 1) * n_codes - given_codes) * lanes + lane
            for k in range(given_codes):
                code = data.decoder_codes[first + k]
                if code >= 0:
                    codes[place + k * lanes] = code + offsets[k]


@inline_once
def load_targets(model, data, members, work, codes, unit):
    """Write targets and weights of a block into lanes and return its longest output.

    A target of sample i weighs ``weights[i] * unit``, times its own weight, and nothing beyond its own outputs. Targets
    that weigh nothing are not read: they may be NaN.
    """
    lanes, size, steps = model["lanes"], model["target_size"], model["output_steps"]
    fill(work, model["target"], steps * size * lanes, 0)
    fill(work, model["weight"], steps * size * lanes, 0)
    fill(codes, model["target_codes"], steps * lanes, 0)
    longest = 0
    for lane in range(members.shape[0]):
        i = members[lane]
        start, length = data.target_starts[i], data.target_lengths[i]
        longest = max(longest, length)
        for o in range(length):
            if data.target_codes.shape[0]:
                codes[model["target_codes"] + o * lanes + lane] = data.target_codes[start + o]
            for k in range(size):
                weight, place = data.weights[i] * unit, (o * size + k) * lanes + lane
                if data.target_weights.shape[0]:
                    weight *= data.target_weights[start + o, k]
                work[model["weight"] + place] = weight
                if data.targets.shape[0] and weight != 0:
                    work[model["target"] + place] = data.targets[start + o, k]
    return longest


@inline_once
def feed_targets(model, work, codes, output_steps):
    """Give the decoder the previous targets as inputs; its first input is zero (start token)."""
    lanes = model["lanes"]
    for o in range(1, output_steps):
        if model["feeds_classes"]:
            x = model["decoder_codes"] + o * model["decoder_n_codes"] * lanes
            copy(codes, model["target_codes"] + (o - 1) * lanes, codes, x, lanes)
        else:
            target = model["target"] + (o - 1) * model["target_size"] * lanes
            x = model["decoder_x"] + o * model["decoder_input_size"] * lanes
            copy(work, target, work, x, model["fed_size"] * lanes)
            if model["feeds_counts"]:
                for n in range(model["fed_size"] * lanes):
                    work[x + n] = math.log1p(work[x + n])


@inline_once
def feed_prediction(model, work, codes, o):
    """Give the decoder its own output step `o` as the next input: of several outputs a target, the middle one."""
    lanes, size, fed = model["lanes"], model["output_size"], model["fed_size"]
    if not model["feeds_classes"]:
        x, per_target = model["decoder_x"] + (o + 1) * model["decoder_input_size"] * lanes, size // fed
        place = model["prediction"] + (o * size + (per_target - 1) // 2) * lanes
        for k in range(fed):
            copy(work, place + k * per_target * lanes, work, x + k * lanes, lanes)
        if model["feeds_counts"]:
            for n in range(fed * lanes):
                log_mean = min(max(work[x + n], -MAX_LOG_MEAN), MAX_LOG_MEAN)
                work[x + n] = math.log1p(math.exp(log_mean))
        return
    prediction = rows_at(work, model["prediction"] + o * size * lanes, size, lanes)
    for lane in range(lanes):
        best = 0
        for k in range(1, size):
            if prediction[k, lane] > prediction[best, lane]:
                best = k
        codes[model["decoder_codes"] + (o + 1) * model["decoder_n_codes"] * lanes + lane] = best


@inline
def begin_layer(layers, p, work, steps, decoder_steps, lanes):
    """Set the first state of layer p: zero, or the sum of the last states of the layers that it starts from."""
    layer = layers[p]
    first, _ = state_bounds(layer, decoder_steps if layer["decoder"] else steps)
    count = layer["n_states"] * layer["hidden_size"] * lanes
    fill(work, first, count, 0)
    for n in range(layer["n_initial"]):
        last = state_bounds(layers[layer["initial"] + n], steps)[1]
        add(work, last, work, first, count)


@inline
def run_layers(
    model, layers, decoder, theta, panels, work, codes, active, first, last, steps, output_steps, keep, rate, key
):
    """Run the steps `first` .. `last` - 1 of the encoder's layers, or of the decoder's."""
    n_encoder = model["n_encoder"]
    for p in range(n_encoder if decoder else 0, layers.shape[0] if decoder else n_encoder):
        layer = layers[p]
        if first == 0:
            begin_layer(layers, p, work, steps, output_steps, model["lanes"])
        layer_forward(
            model["cell"], layer, theta, panels, work, codes, active, first, last, keep, model["lanes"],
            rate if layer["drops"] else 0.0, key
        )  # fmt: skip


@inline_once
def block_loss(
    model, layers, data, members, theta, panels, work, codes, active, everyone, unit, loss_parameters, rate, key
):
    """Run a block forward and leave the gradient of its loss in place of its predictions.

    Returns
    -------
    loss : float
    steps, output_steps : int
        Longest input and output of the block.
    """
    lanes = model["lanes"]
    steps = count_active(data, members, active, lanes)
    load_inputs(model, data, members, work, codes, steps)
    output_steps = load_targets(model, data, members, work, codes, unit)
    run_layers(model, layers, False, theta, panels, work, codes, active, 0, steps, steps, 0, 1, rate, key)
    if model["has_decoder"]:
        _load_decoder_inputs(model, data, members, work, codes, output_steps)
        if model["feeds_back"]:
            feed_targets(model, work, codes, output_steps)
        run_layers(
            model, layers, True, theta, panels, work, codes, everyone, 0, output_steps, steps, output_steps, 1, rate,
            key
        )  # fmt: skip
    for o in range(output_steps):
        readout_forward(model, layers, theta, panels, work, o, steps, lanes)
    target_codes = codes[model["target_codes"] : model["target_codes"] + output_steps * lanes]
    return readout_loss(model, work, target_codes, loss_parameters, output_steps, lanes), steps, output_steps


@inline_once
def block_gradient(model, layers, panels, work, codes, slot, active, everyone, steps, output_steps, rate, key):
    """Propagate a block's gradient back through all layers, adding to `slot`."""
    lanes = model["lanes"]
    fill(work, model["clear_from"], model["clear_to"] - model["clear_from"], 0)
    readout_backward(model, layers, panels, work, slot, output_steps, steps, lanes)
    for n in range(layers.shape[0]):
        p = layers.shape[0] - 1 - n
        layer = layers[p]
        length, lanes_at = (output_steps, everyone) if layer["decoder"] else (steps, active)
        layer_backward(
            model["cell"], layer, panels, work, codes, slot, lanes_at, length, lanes, rate if layer["drops"] else 0.0,
            key
        )  # fmt: skip
        for k in range(layer["n_initial"]):
            for m in range(layer["n_d_states"]):
                d_first = layer["d_state"] + m * layer["state_step"]
                add(work, d_first, work, layers[layer["initial"] + k]["d_last"], layer["state_step"])


@inline_once
def block_predict(model, layers, data, members, theta, panels, work, codes, active, everyone, output):
    """Run a block forward, a decoder on its own outputs, and write ``output[i]`` for its members i."""
    lanes, size = model["lanes"], model["output_size"]
    steps = count_active(data, members, active, lanes)
    load_inputs(model, data, members, work, codes, steps)
    run_layers(model, layers, False, theta, panels, work, codes, active, 0, steps, steps, 0, 0, 0.0, 0)
    output_steps = output.shape[1]
    if model["has_decoder"]:
        _load_decoder_inputs(model, data, members, work, codes, output_steps)
    else:
        output_steps = min(output_steps, steps)
    for o in range(output_steps):
        if model["has_decoder"]:
            run_layers(
                model, layers, True, theta, panels, work, codes, everyone, o, o + 1, steps, output.shape[1], 0, 0.0, 0
            )
        readout_forward(model, layers, theta, panels, work, o, steps, lanes)
        if model["feeds_back"] and o + 1 < output_steps:
            feed_prediction(model, work, codes, o)
    for lane in range(members.shape[0]):
        own_steps = output_steps if model["has_decoder"] else min(output_steps, data.lengths[members[lane]])
        for o in range(own_steps):
            for k in range(size):
                output[members[lane], o, k] = work[model["prediction"] + (o * size + k) * lanes + lane]
