"""Memory layout: offsets of weights, panels, tape, states and gradients in a few flat arrays.

A kernel works on flat arrays: parameters, panels of packed weights, a workspace for each thread, gradient slots. It
reads offsets, strides and sizes from the records made here (`tsrnn.backends.records`).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tsrnn.backends.records import LAYER, MODEL, PACKING, TENSOR
from tsrnn.backends.recurrence import CHUNK_STEPS
from tsrnn.backends.vectors import TILE_BYTES
from tsrnn.cells import CELLS
from tsrnn.losses import LOSSES

NARROW = 12  # Most inputs for which the gradients of input weights are dot products; for more, tiles


class _Allocator:
    """Allocates consecutive ranges of a flat array, each on a cache line of its own."""

    def __init__(self, line):
        self.size, self._line = 0, line

    def take(self, count):
        offset = self.size
        self.size += -(-count // self._line) * self._line
        return offset


@dataclass(frozen=True)
class MemoryLayout:
    """Records for a kernel, and the sizes of the arrays that it works on.

    Attributes
    ----------
    model : ndarray of MODEL, shape (1,)
    layers : ndarray of LAYER, shape (n_layers,)
    tensors : ndarray of TENSOR
        Offsets of the parameters' gradients in a slot.
    packings : ndarray of PACKING
        Weights to be packed, and the offsets of their panels.
    work_size, code_size, panel_size, slot_size : int
    """

    model: np.ndarray
    layers: np.ndarray
    tensors: np.ndarray
    packings: np.ndarray
    work_size: int
    code_size: int
    panel_size: int
    slot_size: int


@lru_cache(maxsize=32)
def plan_memory(architecture, dtype, steps, output_steps, loss=None, input_gradient=False):
    """Lay out the arrays for sequences of up to `steps` steps.

    Parameters
    ----------
    architecture : tsrnn.architecture.Architecture
    dtype : numpy.dtype
    steps, output_steps : int
        Longest input, and longest output (of the decoder or at every step; else 1).
    loss : tsrnn.losses.Loss, optional
        Without it the plan is for prediction alone.
    input_gradient : bool
        Whether the gradient of real inputs is wanted.

    Returns
    -------
    MemoryLayout
    """
    return _Planner(architecture, dtype, steps, output_steps, loss, input_gradient).plan()


class _Planner:
    def __init__(self, architecture, dtype, steps, output_steps, loss, input_gradient):
        self.architecture, self.steps, self.output_steps, self.loss = architecture, steps, output_steps, loss
        self.line = TILE_BYTES // dtype.itemsize
        self.lanes = self.line  # two vector registers' worth
        self.work, self.codes, self.panels, self.slot = (_Allocator(self.line) for _ in range(4))
        self.input_gradient = input_gradient and architecture.input_size > 0
        self.tensors, self.packings = [], []

    def plan(self):
        model, layers = np.zeros(1, MODEL), np.zeros(len(self.architecture.layers), LAYER)
        self.plan_data(model[0])
        for record, layer in zip(layers, self.architecture.layers, strict=True):
            self.plan_kind(record, layer)
            self.plan_weights(record, layer)
            self.plan_work(record, layer)
        self.plan_outputs(layers)
        if self.loss is not None:
            self.plan_gradients(model[0], layers)
        self.plan_readout(model[0])
        return MemoryLayout(
            model, layers, np.array(self.tensors, TENSOR), np.array(self.packings, PACKING),
            self.work.size, self.codes.size, self.panels.size, self.slot.size,
        )  # fmt: skip

    def plan_data(self, model):
        architecture, lanes = self.architecture, self.lanes
        for name in ("hidden_size", "input_size", "output_size", "directions", "feeds_classes", "feeds_counts"):
            model[name] = getattr(architecture, name)
        model["cell"], model["n_codes"] = list(CELLS).index(architecture.cell_name), len(architecture.n_categories)
        for name in ("reads_final_state", "has_decoder", "feeds_back"):
            model[name] = getattr(architecture.head, name)
        model["lanes"], model["steps"], model["output_steps"] = lanes, self.steps, self.output_steps
        model["n_encoder"] = sum(layer.stack == "" for layer in architecture.layers)
        model["top_layer"] = len(architecture.layers) - architecture.directions
        model["target_size"] = architecture.output_size
        if self.loss is not None:
            model["loss"] = list(LOSSES).index(self.loss.name)
            model["target_size"] = 1 if self.loss.takes_classes else architecture.output_size // self.loss.n_outputs
        model["x"] = self.work.take(self.steps * architecture.input_size * lanes)
        model["codes"] = self.codes.take(self.steps * model["n_codes"] * lanes)
        if architecture.head.has_decoder:
            decoder = next(layer for layer in architecture.layers if layer.stack)
            model["fed_size"], model["decoder_input_size"] = architecture.fed_size, decoder.input_size
            model["decoder_n_codes"] = len(decoder.n_categories)
            model["decoder_x"] = self.work.take(self.output_steps * decoder.input_size * lanes)
            model["decoder_codes"] = self.codes.take(self.output_steps * len(decoder.n_categories) * lanes)
        model["prediction"] = self.work.take(self.output_steps * architecture.output_size * lanes)
        model["target"] = self.work.take(self.output_steps * model["target_size"] * lanes)
        model["weight"] = self.work.take(self.output_steps * model["target_size"] * lanes)
        model["target_codes"] = self.codes.take(self.output_steps * lanes)
        self.x = {"": model["x"], "decoder.": model["decoder_x"]}
        self.x_codes = {"": model["codes"], "decoder.": model["decoder_codes"]}

    def steps_of(self, layer):
        return self.output_steps if layer.stack else self.steps

    def plan_kind(self, record, layer):
        cell = self.architecture.cell
        record["hidden_size"], record["input_size"] = self.architecture.hidden_size, layer.input_size
        for name in ("n_gates", "n_states", "n_coupled", "n_rows"):
            record[name] = getattr(cell, name)
        record["n_codes"], record["n_categories"] = len(layer.n_categories), sum(layer.n_categories)
        for name in ("counts", "reverse", "dilation", "residual"):
            record[name] = getattr(layer, name)
        record["decoder"] = layer.stack != ""
        record["narrow"] = layer.input_size <= NARROW
        record["drops"] = layer.level < self.architecture.num_layers - 1
        record["initial"], record["n_initial"] = min(layer.initial, default=0), len(layer.initial)
        record["gives_last_output"] = (
            layer.residual
            and layer.level == self.architecture.num_layers - 1
            and self.architecture.head.reads_final_state
        )

    def plan_weights(self, record, layer):
        """Offsets of a layer's parameters, of their panels and of their gradients."""
        starts, hidden = self.architecture.starts, self.architecture.hidden_size
        size, width = layer.input_size, layer.width
        rows, coupled = record["n_gates"] * hidden, record["n_coupled"] * hidden
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            record[kind] = starts[f"{layer.stack}{kind}_{layer.suffix}"]
        weight_ih, weight_hh = record["weight_ih"], record["weight_hh"]
        row, column = (1, rows) if layer.n_categories else (width, 1)
        record["weight_ih_row"], record["weight_ih_column"] = row, column
        record["weight_codes"] = weight_ih + size * column
        record["panels_hh"] = self.pack(weight_hh, hidden, 1, coupled, hidden)
        record["panels_hh_rest"] = self.pack(weight_hh + coupled * hidden, hidden, 1, rows - coupled, hidden)
        record["panels_bias"] = self.panels.take(record["n_rows"] * hidden)
        if size:
            record["panels_ih"] = self.pack(weight_ih, row, column, coupled, size)
            record["panels_ih_rest"] = self.pack(weight_ih + coupled * row, row, column, rows - coupled, size)
        if self.loss is None:
            return
        record["panels_hh_t"] = self.pack(weight_hh, 1, hidden, hidden, rows)
        if size and (layer.level or self.input_gradient):
            record["panels_ih_t"] = self.pack(weight_ih, column, row, size, rows)
        record["slot_hh_row"] = self.padded(hidden)
        record["slot_hh"] = self.add_matrix(weight_hh, hidden, 1, rows, hidden, self.padded(hidden))
        if size:
            record["slot_ih_row"] = size if record["narrow"] else self.padded(size)
            record["slot_ih"] = self.add_matrix(weight_ih, row, column, rows, size, record["slot_ih_row"])
        if width > size:
            self.add_categories(record, rows, width - size)
        bias = record["slot_bias"] = self.slot.take(record["n_rows"] * hidden)
        for start, count, offset in (
            (record["bias_ih"], rows, bias),
            (record["bias_hh"], coupled, bias),
            (record["bias_hh"] + coupled, rows - coupled, bias + rows),
        ):
            self.tensors.append((start, 1, 1, count, 1, offset, 1))

    def add_categories(self, record, rows, count):
        """Gradients of the weights of categories and of numbers of steps, in the order that the weights have."""
        start = record["weight_codes"]
        if record["n_codes"]:
            record["slot_codes_row"], record["slot_codes_column"] = 1, rows
            record["slot_codes"] = self.add_matrix(start, rows, 1, count, rows, rows)
        else:
            record["slot_codes_row"], record["slot_codes_column"] = count, 1
            record["slot_codes"] = self.add_matrix(start, record["weight_ih_row"], 1, rows, count, count)

    def padded(self, count):
        return -(-count // self.line) * self.line

    def pack(self, start, row, column, rows, columns):
        offset = self.panels.take(rows * columns)
        self.packings.append((start, row, column, rows, columns, offset))
        return offset

    def add_matrix(self, start, row, column, rows, columns, slot_row):
        offset = self.slot.take(rows * slot_row)
        self.tensors.append((start, row, column, rows, columns, offset, slot_row))
        return offset

    def plan_work(self, record, layer):
        """Offsets of a layer's tape, states and scratch space."""
        hidden, lanes, steps = self.architecture.hidden_size, self.lanes, self.steps_of(layer)
        tape_rows, state_rows = record["n_rows"] * hidden, record["n_states"] * hidden
        # An odd number of rows keeps the same row of many steps from falling on one set of the cache.
        record["tape_step"], record["state_step"] = (tape_rows + 1) * lanes, state_rows * lanes
        record["tape"] = self.work.take((steps if self.loss else 1) * record["tape_step"])
        record["state"] = self.work.take((steps + 1) * record["state_step"])
        if record["n_codes"]:
            record["picked"] = self.work.take(2 * self.padded(record["n_gates"] * hidden) * lanes)
        if self.loss is None:
            return
        record["ones"] = self.work.take(lanes)
        record["columns"] = self.work.take(self.padded(max(hidden, layer.input_size)) * min(steps, CHUNK_STEPS) * lanes)

    def plan_outputs(self, layers):
        """Offsets of the outputs passed from layer to layer."""
        width = self.architecture.hidden_size * self.lanes
        self.outputs = {
            (layer.stack, layer.level): self.steps_of(layer) * layer.directions * width
            for layer in self.architecture.layers
            if layer.has_output
        }
        offsets = {key: self.work.take(size) for key, size in self.outputs.items()}
        for record, layer in zip(layers, self.architecture.layers, strict=True):
            record["x"] = offsets[layer.stack, layer.level - 1] if layer.level else self.x[layer.stack]
            record["codes"] = self.x_codes[layer.stack]
            record["output"] = record["d_output"] = record["d_x"] = -1
            if layer.has_output:
                record["output"] = offsets[layer.stack, layer.level] + (width if layer.reverse else 0)
                record["output_step"] = layer.directions * width

    def plan_gradients(self, model, layers):
        """Offsets of accumulated gradients, contiguous, so that a block zeroes all of them in one pass."""
        model["clear_from"] = self.work.size
        offsets = {key: self.work.take(size) for key, size in self.outputs.items()}
        model["d_x"] = (
            self.work.take(self.steps * self.architecture.input_size * self.lanes) if self.input_gradient else -1
        )
        for record, layer in zip(layers, self.architecture.layers, strict=True):
            # Steps whose states do not meet have gradients that do not, either.
            record["n_d_states"] = min(layer.dilation, self.steps_of(layer))
            record["d_state"] = self.work.take(record["n_d_states"] * record["state_step"])
            record["d_last"] = self.work.take(record["state_step"])
            if layer.level:
                record["d_x"] = offsets[layer.stack, layer.level - 1]
            elif not layer.stack:
                record["d_x"] = model["d_x"]
            if layer.has_output:
                part = record["output_step"] // layer.directions if layer.reverse else 0
                record["d_output"] = offsets[layer.stack, layer.level] + part
        model["clear_to"] = self.work.size

    def plan_readout(self, model):
        architecture = self.architecture
        hidden, outputs, parts = architecture.hidden_size, architecture.output_size, architecture.directions
        weight, model["readout_bias"] = architecture.starts["readout.weight"], architecture.starts["readout.bias"]
        columns = hidden * parts
        model["panels_readout"] = self.pack(weight, columns, 1, outputs, columns)
        if self.loss is None:
            return
        # The panels of each direction's features begin anew, so that each is a product of its own.
        offsets = [self.panels.take(hidden * outputs) for _ in range(parts)]
        model["panels_readout_t"], model["slot_readout_part"] = offsets[0], self.padded(hidden)
        model["panels_readout_part"] = self.padded(hidden * outputs)
        model["slot_readout_row"] = parts * self.padded(hidden)
        model["slot_readout"] = self.slot.take(outputs * model["slot_readout_row"])
        for part, offset in enumerate(offsets):
            self.packings.append((weight + part * hidden, 1, columns, hidden, outputs, offset))
            slot = model["slot_readout"] + part * model["slot_readout_part"]
            self.tensors.append((weight + part * hidden, columns, 1, outputs, hidden, slot, model["slot_readout_row"]))
        model["slot_readout_bias"] = self.slot.take(outputs)
        self.tensors.append((model["readout_bias"], 1, 1, outputs, 1, model["slot_readout_bias"], 1))
