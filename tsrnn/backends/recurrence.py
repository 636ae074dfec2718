"""One layer over time, forward and back, for a block of lanes; every cell runs in these loops.

A block's numbers lie in one flat array, `work`, at the places that `tsrnn.backends.plan` has laid out; the lanes
are innermost throughout. `active[t]` counts the lanes whose sequences have a step t: sequences are sorted by
length, so that they are the first ones. The state of a lane beyond its end stays as it is.
"""

from tsrnn.backends.arrays import add, copy, fill, total
from tsrnn.backends.compilation import choose, inline, inline_once
from tsrnn.backends.products import add_dots, add_outer_products, add_product, transpose, write_gates
from tsrnn.backends.vectors import tile_columns
from tsrnn.backends.views import rows_at
from tsrnn.cells import CELLS

CHUNK_STEPS = 16  # steps whose weight gradients are taken together: enough to keep a tile busy, few enough for L2

_cell_forward = choose([cell.forward for cell in CELLS.values()])
_cell_backward = choose([cell.backward for cell in CELLS.values()])


@inline
def _old_and_new(layer, t, steps):
    """Places of the states that step t of `steps` starts from and ends with, in the layer's own direction."""
    if layer["reverse"]:
        old, new = min(t + layer["dilation"], steps), t
    else:
        old, new = max(t + 1 - layer["dilation"], 0), t + 1
    return layer["state"] + old * layer["state_step"], layer["state"] + new * layer["state_step"]


@inline
def _d_state(layer, t):
    """Place of the gradient of the state that step t ends with, and then of that which it starts from."""
    new = t if layer["reverse"] else t + 1
    return layer["d_state"] + new % layer["n_d_states"] * layer["state_step"]


@inline
def state_bounds(layer, steps):
    """Places of a layer's first and last state in a block of `steps` steps."""
    start, end = layer["state"], layer["state"] + steps * layer["state_step"]
    return (end, start) if layer["reverse"] else (start, end)


@inline_once
def _write_gates(layer, theta, panels, work, codes, t, state, place, lanes):
    """Write the tape's rows: what each gate gets from the input, from the state `state`, or from both."""
    size = layer["hidden_size"]
    coupled, rest = layer["n_coupled"] * size, (layer["n_gates"] - layer["n_coupled"]) * size
    inputs = layer["input_size"]
    x = layer["x"] + t * inputs * lanes
    bias, ih, hh = layer["panels_bias"], layer["panels_ih"], layer["panels_hh"]
    write_gates(panels, bias, ih, hh, coupled, work, x, inputs, state, size, place, lanes)
    if rest > 0:
        bias, ih, hh, further = (
            bias + coupled,
            layer["panels_ih_rest"],
            layer["panels_hh_rest"],
            place + coupled * lanes,
        )
        write_gates(panels, bias, ih, hh, rest, work, x, inputs, state, 0, further, lanes)
        write_gates(panels, bias + rest, ih, hh, rest, work, x, 0, state, size, further + rest * lanes, lanes)
    if layer["n_codes"]:
        _add_category_weights(layer, theta, work, codes, t, place, lanes)
    if layer["counts"]:
        _add_step_weights(layer, theta, work, t, place, lanes)


@inline_once
def _add_category_weights(layer, theta, work, codes, t, place, lanes):
    """Add to each lane's gates the columns of the input weights that its categories pick."""
    n_codes, rows = layer["n_codes"], layer["n_gates"] * layer["hidden_size"]
    width = tile_columns(work)
    row = (rows + width - 1) // width * width
    picked = layer["picked"]
    for lane in range(lanes):
        fill(work, picked + lane * row, rows, 0)
        for k in range(n_codes):
            code = codes[layer["codes"] + (t * n_codes + k) * lanes + lane]
            if code >= 0:
                add(theta, layer["weight_codes"] + code * rows, work, picked + lane * row, rows)
    transpose(work, picked, lanes, row, work, picked + lanes * row, row * width)
    add(work, picked + lanes * row, work, place, rows * lanes)


@inline_once
def _add_step_weights(layer, theta, work, t, place, lanes):
    """Add to all lanes' gates the column of the input weights that belongs to step t."""
    rows, first = (
        layer["n_gates"] * layer["hidden_size"],
        layer["weight_codes"] + (layer["n_categories"] + t) * layer["weight_ih_column"],
    )
    gates = rows_at(work, place, rows, lanes)
    for i in range(rows):
        weight = theta[first + i * layer["weight_ih_row"]]
        for lane in range(lanes):
            gates[i, lane] += weight


@inline
def _freeze(work, before, now, rows, first, lanes):
    """Keep what the lanes from `first` on have."""
    for i in range(rows):
        copy(work, before + i * lanes + first, work, now + i * lanes + first, lanes - first)


@inline
def dropout_factor(key, place, rate):
    """Zero with probability `rate`, else ``1 / (1 - rate)``: a hash of the place, the same for any thread count."""
    x = (key + place * 40503) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x5BD1E995) & 0xFFFFFFFF
    x = x ^ (x >> 16)
    return 0.0 if x < rate * 4294967296.0 else 1.0 / (1.0 - rate)


@inline
def _own_part(layer, place, t, lanes):
    """Place of the part of a layer's input at step t, or of its gradient, that a residual layer adds to its output."""
    return place + (t * layer["input_size"] + layer["reverse"] * layer["hidden_size"]) * lanes


@inline_once
def _write_output(layer, work, new, t, active, lanes, rate, key):
    """Copy h to where the next layer or the readout reads it, with dropout; a residual layer adds its input."""
    count = layer["hidden_size"] * lanes
    place = layer["output"] + t * layer["output_step"]
    if rate > 0:
        for n in range(count):
            work[place + n] = work[new + n] * dropout_factor(key, place + n, rate)
    else:
        copy(work, new, work, place, count)
    if layer["residual"]:
        add(work, _own_part(layer, layer["x"], t, lanes), work, place, count)
    if layer["gives_last_output"] and active < lanes and not layer["reverse"]:
        _freeze(work, place - layer["output_step"], place, layer["hidden_size"], active, lanes)


@inline
def layer_forward(cell, layer, theta, panels, work, codes, active, first, last, keep, lanes, rate, key):
    """Run steps `first` .. `last` - 1 of one layer.

    Parameters
    ----------
    cell : int
        Place of the cell in `CELLS`.
    layer : record
        The layer's sizes and offsets (`tsrnn.backends.records.LAYER`).
    keep : int
        1 to keep the tape for `layer_backward`, 0 to use one step's tape over and over.
    rate, key : float, int
        Dropout of the output, and the seed of its pattern.
    """
    size = layer["hidden_size"]
    for s in range(first, last):
        t = last - 1 - s + first if layer["reverse"] else s
        place = layer["tape"] + keep * t * layer["tape_step"]
        old, new = _old_and_new(layer, t, last)
        _write_gates(layer, theta, panels, work, codes, t, old, place, lanes)
        tape = rows_at(work, place, layer["n_rows"], size * lanes)
        state, new_state = (
            rows_at(work, old, layer["n_states"], size * lanes),
            rows_at(work, new, layer["n_states"], size * lanes),
        )
        _cell_forward(cell, tape, state, new_state)
        if active[t] < lanes:
            before = new + layer["state_step"] if layer["reverse"] else new - layer["state_step"]
            _freeze(work, before, new, layer["n_states"] * size, active[t], lanes)
        if layer["output"] >= 0:
            _write_output(layer, work, new, t, active[t], lanes, rate, key)


@inline_once
def _add_last_gradient(layer, work, active, t, steps, lanes):
    """Give the lanes that end with step t the gradient of their last state or output."""
    rows, place = layer["n_states"] * layer["hidden_size"], _d_state(layer, t)
    if layer["gives_last_output"]:
        rows, place = layer["hidden_size"], layer["d_output"] + t * layer["output_step"]
    first, end = 0, active[t]
    if layer["reverse"]:
        end = lanes if t == 0 else 0
    elif t + 1 < steps:
        first = active[t + 1]
    if first < end:
        for i in range(rows):
            add(work, layer["d_last"] + i * lanes + first, work, place + i * lanes + first, end - first)


@inline_once
def _add_output_gradient(layer, work, t, lanes, rate, key):
    count = layer["hidden_size"] * lanes
    place = layer["output"] + t * layer["output_step"]
    start = layer["d_output"] + t * layer["output_step"]
    d_h = _d_state(layer, t)
    if layer["residual"]:
        add(work, start, work, _own_part(layer, layer["d_x"], t, lanes), count)
    if rate > 0:
        for n in range(count):
            work[d_h + n] += work[start + n] * dropout_factor(key, place + n, rate)
    else:
        add(work, start, work, d_h, count)


@inline_once
def _cell_backward_active(cell, layer, work, t, steps, active, lanes):
    """Take the cell one step back; lanes that have no step t add nothing to the sums."""
    size = layer["hidden_size"]
    place = layer["tape"] + t * layer["tape_step"]
    old, new = _old_and_new(layer, t, steps)
    n_states, n_rows = layer["n_states"], layer["n_rows"]
    d_place = _d_state(layer, t)
    tape, d_state = rows_at(work, place, n_rows, size * lanes), rows_at(work, d_place, n_states, size * lanes)
    state, new_state = rows_at(work, old, n_states, size * lanes), rows_at(work, new, n_states, size * lanes)
    _cell_backward(cell, tape, state, new_state, d_state)
    if active < lanes:
        for i in range(n_rows * size):
            fill(work, place + i * lanes + active, lanes - active, 0)


@inline_once
def _add_category_gradients(layer, work, codes, slot, first, steps, lanes):
    """Add the gradients of the gates to those of the weights that each lane's categories picked."""
    n_codes, rows = layer["n_codes"], layer["n_gates"] * layer["hidden_size"]
    width, picked = tile_columns(work), layer["picked"]
    for t in range(first, first + steps):
        transpose(work, layer["tape"] + t * layer["tape_step"], rows, lanes, work, picked, lanes * width)
        for k in range(n_codes):
            for lane in range(lanes):
                code = codes[layer["codes"] + (t * n_codes + k) * lanes + lane]
                if code < 0:
                    continue
                for i in range(0, rows, width):
                    d, place = picked + i * lanes + lane * width, layer["slot_codes"] + code * rows + i
                    add(work, d, slot, place, min(width, rows - i))


@inline_once
def _add_step_gradients(layer, work, slot, first, steps, lanes):
    """Add the gradients of the gates to those of the weights that belong to each step."""
    row, column = layer["slot_codes_row"], layer["slot_codes_column"]
    for t in range(first, first + steps):
        for i in range(layer["n_gates"] * layer["hidden_size"]):
            d = layer["tape"] + t * layer["tape_step"] + i * lanes
            place = layer["slot_codes"] + (layer["n_categories"] + t) * column + i * row
            slot[place] += total(work, d, lanes)


@inline_once
def _add_input_gradients(layer, work, codes, slot, first, steps, lanes):
    """Add the gradients of the input weights and of the biases from `steps` steps."""
    inputs, rows = layer["input_size"], layer["n_gates"] * layer["hidden_size"]
    tape, step = layer["tape"] + first * layer["tape_step"], layer["tape_step"]
    x, x_step = layer["x"] + first * inputs * lanes, inputs * lanes
    add_dots(
        work, tape, step, layer["n_rows"] * layer["hidden_size"], work, layer["ones"], 0, 1, steps,
        slot, layer["slot_bias"], 1, lanes
    )  # fmt: skip
    if layer["n_codes"]:
        _add_category_gradients(layer, work, codes, slot, first, steps, lanes)
    if layer["counts"]:
        _add_step_gradients(layer, work, slot, first, steps, lanes)
    if layer["narrow"]:
        add_dots(
            work, tape, step, rows, work, x, x_step, inputs, steps, slot, layer["slot_ih"], layer["slot_ih_row"], lanes
        )  # fmt: skip
    else:
        width = tile_columns(work)
        panel = steps * lanes * width
        for s in range(steps):
            transpose(work, x + s * x_step, inputs, lanes, work, layer["columns"] + s * lanes * width, panel)
        add_outer_products(
            work, tape, step, rows, lanes, work[layer["columns"] :], panel, inputs, steps, slot, layer["slot_ih"],
            layer["slot_ih_row"]
        )  # fmt: skip


@inline_once
def _add_state_gradients(layer, work, slot, first, steps, all_steps, lanes):
    """Add the gradients of the recurrent weights from `steps` of `all_steps` steps."""
    size, width = layer["hidden_size"], tile_columns(work)
    panel = steps * lanes * width
    rows, coupled = layer["n_gates"] * size, layer["n_coupled"] * size
    tape, step = layer["tape"] + first * layer["tape_step"], layer["tape_step"]
    for s in range(steps):
        old, _ = _old_and_new(layer, first + s, all_steps)
        transpose(work, old, size, lanes, work, layer["columns"] + s * lanes * width, panel)
    columns, row = work[layer["columns"] :], layer["slot_hh_row"]
    add_outer_products(work, tape, step, coupled, lanes, columns, panel, size, steps, slot, layer["slot_hh"], row)
    add_outer_products(
        work, tape + rows * lanes, step, rows - coupled, lanes, columns, panel, size, steps, slot,
        layer["slot_hh"] + coupled * row, row
    )  # fmt: skip


@inline
def layer_backward(cell, layer, panels, work, codes, slot, active, steps, lanes, rate, key):
    """Propagate through time: from the gradients of the outputs and of the last state to those of all else.

    Adds to `slot` the gradients of the layer's parameters and to ``d_x`` that of its input; leaves that of its
    first state in the sum of ``d_state``.
    """
    size = layer["hidden_size"]
    coupled, rows = layer["n_coupled"] * size, layer["n_gates"] * size
    fill(work, layer["ones"], lanes, 1)
    waiting = 0  # steps whose weight gradients are still to be taken
    for s in range(steps):
        t = s if layer["reverse"] else steps - 1 - s
        _add_last_gradient(layer, work, active, t, steps, lanes)
        if layer["d_output"] >= 0:
            _add_output_gradient(layer, work, t, lanes, rate, key)
        _cell_backward_active(cell, layer, work, t, steps, active[t], lanes)
        place = layer["tape"] + t * layer["tape_step"]
        d_h = _d_state(layer, t)
        add_product(panels, layer["panels_hh_t"], size, rows, 0, coupled, work, place, work, d_h, lanes)
        if coupled < rows:
            add_product(
                panels, layer["panels_hh_t"], size, rows, coupled, rows - coupled, work, place + rows * lanes,
                work, d_h, lanes
            )  # fmt: skip
        if layer["d_x"] >= 0:
            d_x = layer["d_x"] + t * layer["input_size"] * lanes
            add_product(panels, layer["panels_ih_t"], layer["input_size"], rows, 0, rows, work, place, work, d_x, lanes)
        waiting += 1
        if waiting == CHUNK_STEPS or s == steps - 1:
            first = t - waiting + 1 if layer["reverse"] else t
            _add_state_gradients(layer, work, slot, first, waiting, steps, lanes)
            _add_input_gradients(layer, work, codes, slot, first, waiting, lanes)
            waiting = 0
