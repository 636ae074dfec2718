"""One step at a time: the states stay here, and a step costs microseconds.

Memory is laid out for as many steps as the longest dilation reaches back. The last of them is the one that is taken,
and all states move back by one after it.
"""

import numpy as np

from tsrnn.backends.arrays import copy, fill
from tsrnn.backends.checks import check_parameters
from tsrnn.backends.compilation import kernel
from tsrnn.backends.cpu import allocate
from tsrnn.backends.packing import pack_weights
from tsrnn.backends.plan import plan_memory
from tsrnn.backends.readout import readout_forward
from tsrnn.backends.recurrence import layer_forward

PREPARE, STEP = range(2)


def _make_advance(stamp):
    def advance(mode, models, layers, packings, theta, panels, work, codes, lanes_at, x, x_codes, output):
        """Pack the weights and clear the states; or read one step, `x` and `x_codes`, and write `output`."""
        stamp  # noqa: B018  part of the cache's key
        model = models[0]
        lanes, size, steps = model["lanes"], model["output_size"], model["steps"]
        width, n_codes = model["input_size"], model["n_codes"]
        if mode == PREPARE:
            pack_weights(layers, packings, theta, panels, 0, 1)
            for p in range(layers.shape[0]):
                fill(work, layers[p]["state"], steps * layers[p]["state_step"], 0)
            return
        now = steps - 1
        for lane in range(output.shape[0]):
            for k in range(width):
                work[model["x"] + (now * width + k) * lanes + lane] = x[lane, k]
            for k in range(n_codes):
                codes[model["codes"] + (now * n_codes + k) * lanes + lane] = x_codes[lane, k]
        for p in range(layers.shape[0]):
            layer_forward(
                model["cell"], layers[p], theta, panels, work, codes, lanes_at, now, steps, 0, lanes, 0.0, 0
            )  # fmt: skip
        readout_forward(model, layers, theta, panels, work, now, steps, lanes)
        for p in range(layers.shape[0]):
            state, count = layers[p]["state"], layers[p]["state_step"]
            for s in range(steps):
                copy(work, state + (s + 1) * count, work, state + s * count, count)
        for lane in range(output.shape[0]):
            for k in range(size):
                output[lane, k] = work[model["prediction"] + (now * size + k) * lanes + lane]

    return advance


advance = kernel(_make_advance)


class Streamer:
    """The state of up to a block of sequences that are read side by side; see `tsrnn.network.Stream`."""

    def __init__(self, architecture, theta, n):
        architecture = check_parameters(architecture, theta, writeable=False)
        steps = max(layer.dilation for layer in architecture.layers)
        plan = plan_memory(architecture, theta.dtype, steps, steps)
        lanes = int(plan.model[0]["lanes"])
        if not 1 <= n <= lanes:
            raise ValueError(f"n must be an int in the range [1, {lanes}]. Got {n!r} instead.")
        memory = allocate(plan, steps, theta.dtype, 1)
        self._x = np.zeros((n, architecture.input_size), theta.dtype)
        self._codes, self._offsets = np.zeros((n, len(architecture.n_categories)), np.int32), architecture.code_offsets
        self.output = np.zeros((n, architecture.output_size), theta.dtype)
        self._theta, self._own_theta = theta, theta.copy()
        self._arrays = (
            plan.model, plan.layers, plan.packings, self._own_theta, memory.panels, memory.work[0], memory.codes[0],
            memory.everyone,
        )  # fmt: skip
        self._layers, self._work, self._steps = plan.layers, memory.work[0], steps
        self._hidden, self._lanes = architecture.hidden_size, lanes
        self.reset()

    def reset(self):
        """Take the weights as they are now and begin at the zero state."""
        self._own_theta[:] = self._theta
        advance(PREPARE, *self._arrays, self._x, self._codes, self.output)

    def step(self, x, codes):
        """Read one step and return the outputs, in an array that the next step overwrites."""
        if self._x.size:
            self._x[:] = x
        if self._codes.size:
            self._codes[:] = np.where(np.asarray(codes) >= 0, codes + self._offsets, -1)
        advance(STEP, *self._arrays, self._x, self._codes, self.output)
        return self.output

    def states(self):
        """Return views of the states, one for each layer and of shape (d, S, H, n), the last state last."""
        parts = []
        for layer in self._layers:
            begin = layer["state"] + (self._steps - layer["dilation"]) * layer["state_step"]
            states = self._work[begin : begin + layer["dilation"] * layer["state_step"]]
            shape = layer["dilation"], layer["n_states"], self._hidden, self._lanes
            parts.append(states.reshape(shape)[..., : len(self.output)])
        return parts
