"""Records that kernels read: sizes, flags and offsets, all of them int64, a field a line.

`tsrnn.backends.plan` writes them, once for each architecture and length; kernels only read them. Sizes and offsets
count elements. Each offset is one of an array of `tsrnn.backends.worker.Memory`, or of the flat parameters ``theta``.
Axis letters are those of `tsrnn.cells.base`: T steps, G gates, H hidden units, I inputs of a step, L lanes, S states;
and R rows of the tape (`Cell.n_rows`), C coupled gates, O outputs of a step, D directions of the readout.
"""

import numpy as np


def _record(*names):
    return np.dtype([(name, np.int64) for name in names])


# One recurrent layer in one direction.
LAYER = _record(
    "hidden_size",  # H
    "input_size",  # I: numbers of a step
    "n_codes",  # K: codes of a step
    "n_categories",  # columns of the input weights for categories, of all codes
    "n_gates",  # G
    "n_states",  # S
    "n_coupled",  # C: leading gates that read the sum of their input and recurrent parts
    "n_rows",  # R
    # Flags, 0 or 1.
    "counts",  # the number of the step is read, too, as one more category
    "narrow",  # gradients of the input weights are dot products, not tiles
    "reverse",  # runs from the last step to the first
    "decoder",  # belongs to the decoder: its steps are the output steps
    "drops",  # dropout of its output
    # Connections.
    "dilation",  # steps back to the state that a step starts from
    "residual",  # flag: adds its input to its output
    "gives_last_output",  # flag: the readout reads its last output, which is not its last state
    "initial",  # index of the first layer whose last state is added to its first state
    "n_initial",  # number of those layers; 0: the first state is zero
    # Offsets in the parameters, in PyTorch's shapes.
    "weight_ih",  # (G H, I), without the columns of categories
    "weight_ih_row",  # stride of its rows
    "weight_ih_column",  # stride of its columns
    "weight_codes",  # (n_categories, G H): input weights of categories, contiguous for each
    "weight_hh",  # (G H, H)
    "bias_ih",  # (G H,)
    "bias_hh",  # (G H,)
    # Offsets in the panels: packed weights. "rest" are the gates behind the coupled ones, "t" is transposed.
    "panels_bias",  # (R H,): summed biases of coupled gates; of the rest, those of the inputs, then the recurrent ones
    "panels_ih",  # (C H, I)
    "panels_ih_rest",  # ((G - C) H, I)
    "panels_ih_t",  # (I, G H); training only, where the gradient of the input is needed
    "panels_hh",  # (C H, H)
    "panels_hh_rest",  # ((G - C) H, H)
    "panels_hh_t",  # (H, G H); training only
    # Offsets in the workspace, with their strides over time; "d_" is the gradient of the loss.
    "x",  # (T, I, L): numbers of the input
    "codes",  # (T, K, L) in the codes: columns of categories; -1 for none
    "picked",  # (L, padded G H), twice: sums of the weights of a step's categories, and room to transpose them
    "d_x",  # (T, I, L): gradient of the input; -1: not needed
    "tape",  # (T, R H, L): sums, then gates, then gradients of the sums; one step only for prediction
    "tape_step",  # stride of the tape over time: (R H + 1) L
    "state",  # (T + 1, S H, L): states in the order of time; the first state at the end that steps start from
    "state_step",  # stride of the states over time: S H L
    "d_state",  # (n_d_states, S H, L): ring of gradients of states
    "n_d_states",  # gradients of states kept at a time: the dilation, at most T
    "d_last",  # (S H, L): gradient of the last state
    "output",  # (T, D H, L): output for the next layer or the readout, of both directions side by side; -1: none
    "d_output",  # (T, D H, L): gradient of the output; -1: none
    "output_step",  # stride of outputs over time: D H L, with the directions D of the layer's stack
    "ones",  # (L,): ones, with which biases' gradients are dot products
    "columns",  # states or inputs of up to `CHUNK_STEPS` steps, transposed for the gradients of weights
    # Offsets in a gradient slot, with the strides of rows, which are padded to whole vectors for tiles.
    "slot_ih",  # (G H, slot_ih_row): gradient of weight_ih
    "slot_ih_row",  # stride of its rows
    "slot_codes",  # gradient of the weights of categories
    "slot_codes_row",  # stride of its rows, the gates
    "slot_codes_column",  # stride of its columns, the categories
    "slot_hh",  # (G H, slot_hh_row): gradient of weight_hh
    "slot_hh_row",  # stride of its rows
    "slot_bias",  # (R H,): gradients of the biases, in the order of panels_bias
)

# A network, its readout and its data.
MODEL = _record(
    "cell",  # index in `tsrnn.cells.CELLS`
    "hidden_size",  # H
    "input_size",  # I of the encoder
    "n_codes",  # K of the encoder
    "output_size",  # O
    "target_size",  # targets of an output step: O by the outputs of a target, 1 for classes
    "directions",  # D
    "lanes",  # L: sequences of a block
    "steps",  # longest input that there is room for
    "output_steps",  # longest output that there is room for
    "fed_size",  # numbers of the previous output that the decoder reads: one a target
    "decoder_input_size",  # I of the decoder: what is fed back, and numbers known of the output step
    "decoder_n_codes",  # K of the decoder
    "n_encoder",  # layers of the encoder; those behind them are the decoder's
    # Flags, 0 or 1.
    "reads_final_state",  # the readout reads the state after the last step
    "has_decoder",  # a decoder follows the encoder
    "feeds_back",  # the decoder's inputs are the previous outputs, or the targets in training
    "feeds_classes",  # those are classes
    "feeds_counts",  # those are logarithms of means of counts
    # Indices.
    "top_layer",  # of the layer that the readout reads, the first of `directions`
    "loss",  # in `tsrnn.losses.LOSSES`; training only
    # Offsets of the readout: in the parameters, then in the panels.
    "readout_bias",  # (O,)
    "panels_readout",  # (O, D H): weights
    "panels_readout_t",  # (D, H, O): transposed weights of each direction; training only
    "panels_readout_part",  # stride of the directions
    # Offsets in the workspace, or in the codes.
    "x",  # (steps, I, L): numbers of the input
    "codes",  # (steps, K, L) in the codes: columns of categories; -1 for none
    "d_x",  # (steps, I, L): gradient of the input; -1: not wanted
    "decoder_x",  # (output_steps, decoder_input_size, L): numbers that a decoder reads
    "decoder_codes",  # (output_steps, decoder_n_codes, L) in the codes: columns of categories that it reads
    "prediction",  # (output_steps, O, L): predictions, then their gradients
    "target",  # (output_steps, target_size, L)
    "weight",  # (output_steps, target_size, L): weights of the targets in the mean loss; 0: padding or missing
    "target_codes",  # (output_steps, L) in the codes: classes
    "clear_from",  # first element of the gradients that are zeroed before each block
    "clear_to",  # end of those gradients
    # Offsets in a gradient slot.
    "slot_readout",  # (O, D, slot_readout_part): gradient of the readout's weights
    "slot_readout_part",  # stride of the directions
    "slot_readout_row",  # stride of the rows
    "slot_readout_bias",  # (O,): gradient of the readout's bias
)

# A parameter whose gradient is collected from the slots: a matrix, or a vector as one column.
TENSOR = _record(
    "start",  # offset in the flat gradient
    "row",  # stride of its rows there
    "column",  # stride of its columns there
    "rows",  # number of rows
    "columns",  # number of columns, contiguous in the slot
    "slot",  # offset in a gradient slot
    "slot_row",  # stride of its rows there
)

# A matrix of weights to be packed into panels.
PACKING = _record(
    "start",  # offset in the parameters
    "row",  # stride of its rows there; swapped with that of the columns, it is packed transposed
    "column",  # stride of its columns there
    "rows",  # number of rows
    "columns",  # number of columns
    "panels",  # offset in the panels
)
