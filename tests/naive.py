"""The whole network again, in plain NumPy loops over sequences, layers and steps: the oracle of the engine.

Nothing here is fast and nothing is shared with tsrnn. Sequences are computed one at a time, so that there is
no padding that could go wrong; arithmetic is float64. Names, gate order and equations are those of
`torch.nn.RNN`, `LSTM` and `GRU`; `tests/test_naive.py` holds this file against PyTorch's own numbers.
"""

from collections import defaultdict

import numpy as np
from scipy.special import gammaln


def sigmoid(a):
    """Logistic function by tanh, which cannot overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * a))


def rnn_step(pre_x, pre_h, state):
    """Elman cell: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    return [np.tanh(pre_x + pre_h)]


def lstm_step(pre_x, pre_h, state):
    """LSTM cell, gates in the order i f g o: c' = f c + i g, h' = o tanh(c')."""
    i, f, g, o = np.split(pre_x + pre_h, 4)
    c = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def gru_step(pre_x, pre_h, state):
    """GRU cell, gates in the order r z n, reset after the product: h' = (1 - z) n + z h."""
    r_x, z_x, n_x = np.split(pre_x, 3)
    r_h, z_h, n_h = np.split(pre_h, 3)
    r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
    n = np.tanh(n_x + r * n_h)
    return [(1.0 - z) * n + z * state[0]]


# Name of the cell -> its step and its number of states; state 0 is h.
CELLS = {"rnn": (rnn_step, 1), "lstm": (lstm_step, 2), "gru": (gru_step, 1)}


def cell_step(config, parameters, name, x, state):
    """One step of the layer whose parameters end in `name`: the new state, a list of (H,)."""
    step, _ = CELLS[config["cell"]]
    prefix, _, layer = name.rpartition(".")
    dot = "." if prefix else ""
    weight_ih, weight_hh, bias_ih, bias_hh = (
        np.asarray(parameters[f"{prefix}{dot}{kind}_{layer}"], dtype=np.float64)
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return step(weight_ih @ x + bias_ih, weight_hh @ state[0] + bias_hh, state)


def zero_state(config):
    """First state of every layer, a list of (H,)."""
    return [np.zeros(config["hidden_size"]) for _ in range(CELLS[config["cell"]][1])]


def encode(config, parameters, inputs):
    """Run the stack over one sequence (T, F).

    Returns the top layer's outputs (T, D * H), and the final states `[layer][direction][state]`, each (H,).
    The final state of the reverse direction is the one after it has read the first step.
    """
    finals = []
    for layer in range(config["num_layers"]):
        columns, layer_finals = [], []
        dilation = (config.get("dilations") or [1] * (layer + 1))[layer]
        for suffix, order in (("", 1), ("_reverse", -1))[: 1 + config["bidirectional"]]:
            states = [zero_state(config)]
            for x in inputs[::order]:
                old = states[max(len(states) - dilation, 0)]
                states.append(cell_step(config, parameters, f"l{layer}{suffix}", x, old))
            columns.append(np.array([state[0] for state in states[1:]])[::order])
            layer_finals.append(states[-1])
        outputs = np.concatenate(columns, axis=1)
        inputs = outputs + inputs if config.get("residual") and layer > 0 else outputs
        finals.append(layer_finals)
    return inputs, finals


def readout(parameters, features):
    """Linear layer on top."""
    return parameters["readout.weight"].astype(np.float64) @ features + parameters["readout.bias"]


def first_states(finals):
    """First state of each of the decoder's layers: the final ones of both directions together."""
    return [[sum(parts) for parts in zip(*directions, strict=True)] for directions in finals]


def decoder_step(config, parameters, x, states):
    """One step of the decoder's layers: what the top one gives, and their new states."""
    states = list(states)
    for layer in range(config["num_layers"]):
        states[layer] = cell_step(config, parameters, f"decoder.l{layer}", x, states[layer])
        x = states[layer][0] + (x if config.get("residual") and layer > 0 else 0)
    return x, states


def count_outputs(config):
    """Outputs of a target: parameters of a distribution, levels of quantiles, or one."""
    return {"student_t": 2, "negative_binomial": 2, "quantile": len(config["loss_options"].get("levels", [0.5]))}.get(
        config["loss"], 1
    )


# Losses of counts, whose outputs are logarithms of means.
COUNTS = {"poisson", "negative_binomial"}


def middle_outputs(outputs, per_target):
    """Middle one of the outputs of each target, the lower of two."""
    return outputs if per_target == 1 else outputs.reshape(-1, per_target)[:, (per_target - 1) // 2]


def decode(config, parameters, finals, targets, known):
    """Decoder outputs (output_steps, output_size), fed with `targets`, or with its own output if None."""
    states, per_target = first_states(finals), count_outputs(config)
    previous, outputs = np.zeros(config["output_size"] // per_target), []
    for step in range(config["output_steps"] if targets is None else len(targets)):
        numbers, categories = known[step]
        fed = [numbers, previous] if config["loss"] == "cross_entropy" else [previous, numbers]
        x, states = decoder_step(config, parameters, np.concatenate([*fed, categories]), states)
        outputs.append(readout(parameters, x))
        previous = middle_outputs(outputs[-1], per_target) if targets is None else targets[step]
        if config["loss"] in COUNTS:
            previous = np.log1p(np.exp(previous) if targets is None else previous)
        if config["loss"] == "cross_entropy":
            code = np.argmax(previous) if targets is None else previous
            previous = np.eye(config["output_size"])[code]
    return np.array(outputs)


def head_last(config, parameters, outputs, finals, targets, known):
    """One output from what the top layer gives last, directions side by side; the reverse one ends at step 0."""
    hidden = config["hidden_size"]
    return readout(parameters, np.concatenate([outputs[-1, :hidden], outputs[0, hidden:]]))[None]


def head_every(config, parameters, outputs, finals, targets, known):
    """One output for each step."""
    return np.array([readout(parameters, features) for features in outputs])


def head_decoder(config, parameters, outputs, finals, targets, known):
    """Outputs of a second stack that starts from the first one's final states."""
    return decode(config, parameters, finals, targets, known)


def head_parallel(config, parameters, outputs, finals, targets, known):
    """Outputs of steps of a second stack that all start from the first one's final states and read their number."""
    steps, states = config["output_steps"] if targets is None else len(targets), first_states(finals)
    inputs = [np.concatenate([*known[step], np.eye(config["decoder_steps"])[step]]) for step in range(steps)]
    return np.array([readout(parameters, decoder_step(config, parameters, x, states)[0]) for x in inputs])


HEADS = {"last": head_last, "every": head_every, "decoder": head_decoder, "parallel": head_parallel}


def forward(config, parameters, inputs, targets=None, known=None):
    """Outputs (output steps, output_size) of one sequence (T, F).

    `targets` are what a decoder is fed with while it is trained; without them it is fed with its own output. `known`
    holds for each output step the numbers that it reads and its categories one-hot.
    """
    outputs, finals = encode(config, parameters, inputs)
    known = defaultdict(lambda: (np.empty(0), np.empty(0))) if known is None else known
    return HEADS[config["head"]](config, parameters, outputs, finals, targets, known)


def squared_error(output, target):
    """Squares of the errors."""
    return (output - target) ** 2


def absolute_error(output, target):
    """Absolute errors."""
    return np.abs(output - target)


def huber(output, target, delta=1.0):
    """Huber's loss as in `torch.nn.HuberLoss`: e^2 / 2 within delta, delta (|e| - delta / 2) beyond."""
    error = np.abs(output - target)
    return np.where(error <= delta, 0.5 * error**2, delta * (error - 0.5 * delta))


def quantile(output, target, levels):
    """Pinball loss; output k * Q + q is the level q of target k."""
    error = np.repeat(target, len(levels)) - output
    level = np.tile(levels, len(target))
    return np.where(error >= 0, level * error, (level - 1) * error)


def poisson(output, target):
    """Minus the logarithm of the probability of counts; outputs are logarithms of means."""
    return np.exp(output) - target * output + gammaln(target + 1)


def negative_binomial(output, target):
    """Minus the logarithm of the probability of counts; outputs 2 k and 2 k + 1 are log mean and log dispersion."""
    mean, dispersion = np.exp(output.reshape(-1, 2).T)
    size = 1 / dispersion
    chosen = gammaln(target + 1) + gammaln(size) - gammaln(target + size)
    return chosen - size * np.log(size / (size + mean)) - target * np.log(mean / (size + mean))


def student_t(output, target, df=4.0):
    """Minus the log-density but for a constant; outputs 2 k and 2 k + 1 are location and log scale of target k."""
    location, log_scale = output.reshape(-1, 2).T
    return log_scale + (df + 1) / 2 * np.log(1 + ((target - location) / np.exp(log_scale)) ** 2 / df)


def cross_entropy(output, target):
    """Minus the log of the softmax at the true class, one element per output step."""
    top = output.max()
    return np.array([top + np.log(np.sum(np.exp(output - top))) - output[target]])


LOSSES = {
    "squared_error": squared_error,
    "absolute_error": absolute_error,
    "huber": huber,
    "quantile": quantile,
    "cross_entropy": cross_entropy,
    "student_t": student_t,
    "poisson": poisson,
    "negative_binomial": negative_binomial,
}


def read_inputs(config, sequences, sample):
    """Inputs (T, F) of one sequence: its own length, numbers shifted and scaled, beside them categories one-hot."""
    start, length, segment = sequences.starts[sample], sequences.lengths[sample], sequences.segment
    rows = sequences.values[start : start + length * segment]
    columns = [normalize(sequences, sample, rows).reshape(length, -1)]
    if sequences.codes is not None:
        codes = sequences.codes[start : start + length * segment].reshape(length, -1)
        columns += [one_hot(codes[:, k], count) for k, count in enumerate(config["n_categories"][: codes.shape[1]])]
    if sequences.static_codes is not None:
        codes = np.repeat(sequences.static_codes[[sample]], length, axis=0)
        counts = config["n_categories"][len(config["n_categories"]) - codes.shape[1] :]
        columns += [one_hot(codes[:, k], count) for k, count in enumerate(counts)]
    return np.concatenate(columns, axis=1)


def read_known(config, sequences, sample):
    """Inputs of a decoder at each output step: numbers, and categories one-hot."""
    segment, result = sequences.decoder_segment, []
    for step in range(sequences.output_steps):
        numbers, categories = [np.empty(0)], [np.empty(0)]
        if sequences.decoder_starts is not None:
            first = sequences.decoder_starts[sample] + step * segment
            rows = slice(first, first + segment)
            if sequences.decoder_values is not None:
                numbers.append(sequences.decoder_values[rows].ravel())
            if sequences.decoder_codes is not None:
                codes = zip(sequences.decoder_codes[rows].ravel(), config["decoder_n_categories"], strict=True)
                categories += [one_hot(np.array([code]), count)[0] for code, count in codes]
        result.append((np.concatenate(numbers), np.concatenate(categories)))
    return result


def one_hot(codes, count):
    """One column for each of `count` categories; a row of zeros for the code -1."""
    return (codes[:, None] == np.arange(count)).astype(np.float64)


def read_targets(sequences, sample):
    """Targets (output steps, K), or (output steps,) classes, of one sequence; a decoder is fed 0 for missing ones."""
    start, length = sequences.target_starts[sample], sequences.target_lengths[sample]
    targets = sequences.targets[start : start + length]
    if sequences.target_weights is None or targets.ndim == 1:
        return targets
    return np.where(sequences.target_weights[start : start + length] > 0, targets, 0.0)


def read_weights(sequences, sample, o, n_elements):
    """Weight of each element of output step o: that of the sample, times that of its target."""
    weight = 1.0 if sequences.weights is None else float(sequences.weights[sample])
    if sequences.target_weights is None:
        return np.full(n_elements, weight)
    of_targets = sequences.target_weights[sequences.target_starts[sample] + o]
    return weight * np.repeat(of_targets, n_elements // len(of_targets))


def normalize(sequences, sample, rows):
    """Take the sample's levels off the leading columns and divide them by its scales."""
    rows = np.array(rows, dtype=np.float64)
    if sequences.shift is not None:
        shift, scale = sequences.shift[sample], sequences.scale[sample]
        rows[:, : len(shift)] = (rows[:, : len(shift)] - shift) / scale
    return rows


def predict(config, parameters, sequences):
    """Outputs (n, output_steps, output_size), NaN beyond a sequence's own end."""
    result = np.full((len(sequences.starts), config["output_steps"], config["output_size"]), np.nan)
    for sample in range(len(result)):
        inputs, known = read_inputs(config, sequences, sample), read_known(config, sequences, sample)
        outputs = forward(config, parameters, inputs, known=known)
        result[sample, : len(outputs)] = outputs
    return result


def mean_loss(config, parameters, sequences):
    """Sum of weight * loss over the valid output elements, divided by the sum of weight * number of them."""
    loss, total, count = LOSSES[config["loss"]], 0.0, 0.0
    for sample in range(len(sequences.starts)):
        targets = read_targets(sequences, sample)
        inputs, known = read_inputs(config, sequences, sample), read_known(config, sequences, sample)
        outputs = forward(config, parameters, inputs, targets, known)
        for o, (output, target) in enumerate(zip(outputs, targets, strict=True)):
            elements = loss(output, target, **config["loss_options"])
            weights = read_weights(sequences, sample, o, len(elements))
            total += np.sum((weights * elements)[weights > 0])
            count += weights.sum()
    return total / count
