"""The linear readout on top of the recurrent layers, and the loss of a block of lanes."""

from tsrnn.backends.arrays import fill, total
from tsrnn.backends.compilation import choose, inline, inline_once
from tsrnn.backends.products import add_outer_products, add_product, transpose
from tsrnn.backends.recurrence import state_bounds
from tsrnn.backends.vectors import tile_columns
from tsrnn.backends.views import rows_at
from tsrnn.losses import LOSSES

_value_and_gradient = choose([loss.value_and_gradient for loss in LOSSES.values()])


@inline
def _features(model, layers, direction, o, steps):
    """Place of the `hidden_size` features that output step `o` reads from one direction of the top layer."""
    layer = layers[model["top_layer"] + direction]
    if not model["reads_final_state"]:
        return layer["output"] + o * layer["output_step"]
    if layer["gives_last_output"]:
        return layer["output"] + (0 if layer["reverse"] else steps - 1) * layer["output_step"]
    return state_bounds(layer, steps)[1]


@inline
def _d_features(model, layers, direction, o):
    """Place of the gradient of those features."""
    layer = layers[model["top_layer"] + direction]
    return layer["d_last"] if model["reads_final_state"] else layer["d_output"] + o * layer["output_step"]


@inline
def readout_forward(model, layers, theta, panels, work, o, steps, lanes):
    """Write output step `o` of a block: ``W features + b``."""
    size, outputs = model["hidden_size"], model["output_size"]
    place = model["prediction"] + o * outputs * lanes
    for i in range(outputs):
        fill(work, place + i * lanes, lanes, theta[model["readout_bias"] + i])
    for direction in range(model["directions"]):
        features = _features(model, layers, direction, o, steps)
        add_product(
            panels, model["panels_readout"], outputs, size * model["directions"], direction * size, size,
            work, features, work, place, lanes
        )  # fmt: skip


@inline_once
def readout_loss(model, work, target_codes, loss_parameters, output_steps, lanes):
    """Turn the predictions into their gradients and return the weighted loss."""
    outputs, targets = model["output_size"], model["target_size"]
    loss = 0.0
    for o in range(output_steps):
        prediction = rows_at(work, model["prediction"] + o * outputs * lanes, outputs, lanes)
        target = rows_at(work, model["target"] + o * targets * lanes, targets, lanes)
        weight = rows_at(work, model["weight"] + o * targets * lanes, targets, lanes)
        loss += _value_and_gradient(
            model["loss"], prediction, target, target_codes[o * lanes : (o + 1) * lanes], weight, loss_parameters
        )
    return loss


@inline
def readout_backward(model, layers, panels, work, slot, output_steps, steps, lanes):
    """Add to `slot` the gradients of the readout, and put those of its features where the layers look for them."""
    size, outputs, directions = model["hidden_size"], model["output_size"], model["directions"]
    for o in range(output_steps):
        place = model["prediction"] + o * outputs * lanes
        for i in range(outputs):
            slot[model["slot_readout_bias"] + i] += total(work, place + i * lanes, lanes)
        for direction in range(directions):
            add_product(
                panels, model["panels_readout_t"] + direction * model["panels_readout_part"], size, outputs, 0, outputs,
                work, place, work, _d_features(model, layers, direction, o), lanes
            )  # fmt: skip
            _add_readout_gradient(model, layers, work, slot, direction, o, steps, lanes)


@inline_once
def _add_readout_gradient(model, layers, work, slot, direction, o, steps, lanes):
    size, outputs, width = model["hidden_size"], model["output_size"], tile_columns(work)
    layer = layers[model["top_layer"] + direction]
    features, columns = _features(model, layers, direction, o, steps), work[layer["columns"] :]
    transpose(work, features, size, lanes, columns, 0, lanes * width)
    add_outer_products(
        work, model["prediction"] + o * outputs * lanes, 0, outputs, lanes, columns, lanes * width, size, 1,
        slot, model["slot_readout"] + direction * model["slot_readout_part"], model["slot_readout_row"]
    )  # fmt: skip
