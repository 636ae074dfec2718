"""The network against the naive one, and what must not change its results."""

import dataclasses

import cases
import naive
import numpy as np
import pytest
from gradients import relative_error

from tsrnn.cells import CELLS
from tsrnn.heads import HEADS
from tsrnn.losses import LOSSES
from tsrnn.network import Network
from tsrnn.sequences import Sequences

# float32: the project's promise; float64: the order of the additions.
TOLERANCES = {"float32": 1e-5, "float64": 1e-12}
CODE_STACKS = [{"bidirectional": True}, {"num_layers": 2, "residual": True, "dilations": (1, 3)}]
OUTPUT_STEPS = {"last": 1, "decoder": 4, "parallel": 4}
# Sequences, steps, inputs, hidden units: ones, and sizes that divide no block or vector.
SIZES = [(1, 1, 1, 1), (33, 2, 3, 1), (2, 19, 1, 9), (17, 3, 5, 33), (67, 4, 2, 8)]


def make_config(head, steps, **changes):
    """Config for sequences of up to `steps` steps."""
    return cases.make_config(head=head, output_steps=OUTPUT_STEPS.get(head, steps), **changes)


def assert_same_outputs(network, config, sequences, tolerance):
    """Compare valid output steps with the oracle's."""
    expected = naive.predict(config, network.parameters, sequences)
    outputs = network.predict(sequences)
    assert outputs.shape == expected.shape
    valid = np.isfinite(expected)
    assert valid.any()
    assert relative_error(outputs[valid], expected[valid]) <= tolerance


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("n", "steps", "inputs", "hidden"), SIZES)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_equal_the_oracle_at_odd_sizes(cell, head, n, steps, inputs, hidden, dtype):
    config = make_config(head, steps, cell=cell, input_size=inputs, hidden_size=hidden)
    network = cases.make_network(config, dtype)
    sequences = cases.make_batch(config, n=n, steps=steps, ragged=True)
    assert_same_outputs(network, config, sequences, TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("num_layers", "bidirectional"), cases.SHAPES)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_equal_the_oracle_in_depth(cell, head, num_layers, bidirectional, dtype):
    config = make_config(head, 6, cell=cell, num_layers=num_layers, bidirectional=bidirectional)
    network = cases.make_network(config, dtype)
    sequences = cases.make_batch(config, n=9, steps=6, ragged=True)
    assert_same_outputs(network, config, sequences, TOLERANCES[dtype])


@pytest.mark.parametrize("stack", cases.STACKS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_of_other_stacks_equal_the_oracle(cell, head, stack):
    config = make_config(head, 7, cell=cell, **cases.STACKS[stack])
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=37, steps=7, ragged=True)
    assert_same_outputs(network, config, sequences, TOLERANCES["float64"])


@pytest.mark.parametrize(("loss", "levels"), [*((loss, None) for loss in LOSSES), ("quantile", 3), ("quantile", 6)])
def test_a_decoder_is_fed_one_number_a_target(loss, levels):
    options = {"loss_options": {"levels": np.linspace(0.1, 0.9, levels).tolist()}} if levels else {}
    config = make_config("decoder", 5, loss=loss, output_size=6, **options)
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=11, steps=5, ragged=True)
    assert_same_outputs(network, config, sequences, TOLERANCES["float64"])


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_equals_the_oracle(loss, head, dtype):
    config = make_config(head, 5, loss=loss, output_size=6)
    network = cases.make_network(config, dtype)
    sequences = cases.make_batch(config, n=11, steps=5, ragged=True, weighted=True)
    value, _, _ = network.loss_and_gradient(sequences, cases.make_loss(config))
    expected = naive.mean_loss(config, network.parameters, sequences)
    assert value == pytest.approx(expected, rel=TOLERANCES[dtype])


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("loss", LOSSES)
def test_missing_targets_leave_the_mean_over_the_others(loss, head):
    config = make_config(head, 5, loss=loss, output_size=6)
    network = cases.make_network(config)
    sequences = cases.with_missing_targets(cases.make_batch(config, n=11, steps=5, ragged=True, weighted=True))
    value, _, _ = network.loss_and_gradient(sequences, cases.make_loss(config))
    expected = naive.mean_loss(config, network.parameters, sequences)
    assert value == pytest.approx(expected, rel=TOLERANCES["float64"])


@pytest.mark.parametrize("head", HEADS)
def test_without_any_target_there_is_no_gradient(head):
    config = make_config(head, 5)
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=4, steps=5)
    missing = np.full_like(sequences.targets, np.nan)
    sequences = dataclasses.replace(sequences, targets=missing, target_weights=np.zeros_like(missing))
    value, gradient, _ = network.loss_and_gradient(sequences, loss)
    assert value == 0
    assert not any(values.any() for values in gradient.values())


def test_target_weights_have_the_shape_of_targets():
    config = make_config("every", 5)
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=4, steps=5)
    sequences = dataclasses.replace(sequences, target_weights=np.ones(len(sequences.targets)))
    with pytest.raises(ValueError, match="target_weights must have shape .*, one for each target"):
        network.loss_and_gradient(sequences, loss)


@pytest.mark.parametrize("stack", [{}, {"bidirectional": True}, {"residual": True, "dilations": (3, 2)}], ids=str)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_padding_touches_no_output_and_no_gradient(cell, head, stack):
    config = make_config(head, 7, cell=cell, **{"num_layers": 2, **stack})
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=5, steps=7, ragged=True)
    outputs = network.predict(sequences)
    value, gradient, input_gradient = network.loss_and_gradient(sequences, loss)
    for sample, length in enumerate(sequences.lengths):
        start = sequences.starts[sample]
        sequences.values[start + length : start + 7] = np.nan
        assert not input_gradient[sample, length:].any()
    for sample, length in enumerate(sequences.target_lengths):
        start = sequences.target_starts[sample]
        sequences.targets[start + length : start + config["output_steps"]] = np.nan
    valid = ~np.isnan(naive.predict(config, network.parameters, sequences))
    np.testing.assert_array_equal(network.predict(sequences)[valid], outputs[valid])
    nan_value, nan_gradient, nan_input_gradient = network.loss_and_gradient(sequences, loss)
    assert nan_value == value
    np.testing.assert_array_equal(nan_input_gradient, input_gradient)
    for name in gradient:
        np.testing.assert_array_equal(nan_gradient[name], gradient[name], err_msg=name)


@pytest.mark.parametrize("head", HEADS)
def test_outputs_do_not_depend_on_batch_composition(head):
    config = make_config(head, 5)
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=71, steps=5, ragged=True)
    outputs = network.predict(sequences)
    order = np.random.default_rng(0).permutation(71)
    permuted = network.predict(sequences.subset(order))
    parts = [network.predict(sequences.subset(np.arange(i, min(i + 6, 71)))) for i in range(0, 71, 6)]
    np.testing.assert_allclose(permuted, outputs[order], rtol=TOLERANCES["float64"])
    np.testing.assert_allclose(np.concatenate(parts), outputs, rtol=TOLERANCES["float64"])


def test_outputs_beyond_the_end_are_zero():
    config = make_config("every", 5)
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=40, steps=5, ragged=True)
    beyond = np.arange(5) >= sequences.lengths[:, None]
    assert beyond.any()
    assert not network.predict(sequences)[beyond].any()


@pytest.mark.parametrize("n_jobs", [2, 4])
def test_outputs_have_the_same_bits_over_threads(n_jobs):
    config = make_config("every", 5)
    network = cases.make_network(config, "float32")
    sequences = cases.make_batch(config, n=150, steps=5, ragged=True)
    expected = network.predict(sequences, n_jobs=1)
    np.testing.assert_array_equal(network.predict(sequences, n_jobs=n_jobs), expected)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("inputs", [0, 1, 13])
@pytest.mark.parametrize("stack", CODE_STACKS, ids=str)
def test_codes_are_one_hot_columns_beside_the_numbers(cell, head, inputs, stack):
    """Outputs, loss and gradients are those of a network that is fed the columns."""
    config = make_config(head, 5, cell=cell, input_size=inputs, n_categories=(6, 1, 3), **stack)
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=37, steps=5, ragged=True)
    columns = [naive.one_hot(codes, count) for codes, count in zip(sequences.codes.T, (6, 1, 3), strict=True)]
    one_hot = dataclasses.replace(sequences, values=np.column_stack([sequences.values, *columns]), codes=None)
    dense = cases.make_network(config | {"n_categories": (), "input_size": inputs + 10}, parameters=network.parameters)
    outputs, expected = network.predict(sequences), dense.predict(one_hot)
    assert relative_error(outputs, expected) <= TOLERANCES["float64"]
    value, gradient, input_gradient = network.loss_and_gradient(sequences, loss)
    dense_value, dense_gradient, dense_input_gradient = dense.loss_and_gradient(one_hot, loss)
    assert value == pytest.approx(dense_value, rel=TOLERANCES["float64"])
    for name in gradient:
        assert relative_error(gradient[name], dense_gradient[name]) <= TOLERANCES["float64"], name
    if inputs:
        assert relative_error(input_gradient, dense_input_gradient[:, :, :inputs]) <= TOLERANCES["float64"]
    else:
        assert input_gradient is None


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("n", "steps", "inputs", "hidden"), SIZES)
@pytest.mark.parametrize("head", HEADS)
def test_outputs_with_codes_equal_the_oracle_at_odd_sizes(head, n, steps, inputs, hidden, dtype):
    config = make_config(head, steps, input_size=inputs, hidden_size=hidden, n_categories=(2, 40))
    network = cases.make_network(config, dtype)
    sequences = cases.make_batch(config, n=n, steps=steps, ragged=True)
    assert_same_outputs(network, config, sequences, TOLERANCES[dtype])
    value, _, _ = network.loss_and_gradient(sequences, cases.make_loss(config))
    expected = naive.mean_loss(config, network.parameters, sequences)
    assert value == pytest.approx(expected, rel=TOLERANCES[dtype])


DECODER_INPUTS = {
    "numbers": {"decoder_input_size": 2},
    "categories": {"decoder_n_categories": (3, 5)},
    "both": {"decoder_input_size": 14, "decoder_n_categories": (4,)},
}


@pytest.mark.parametrize("stack", [{}, {"num_layers": 2, "bidirectional": True, "residual": True}], ids=str)
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("inputs", DECODER_INPUTS)
@pytest.mark.parametrize("head", [head for head in HEADS if HEADS[head].has_decoder])
@pytest.mark.parametrize("cell", CELLS)
def test_a_decoder_reads_what_is_known_of_its_steps(cell, head, inputs, loss, stack):
    config = make_config(head, 3, cell=cell, loss=loss, **DECODER_INPUTS[inputs], **stack)
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=35, steps=3, ragged=True, weighted=True)
    assert_same_outputs(network, config, sequences, TOLERANCES["float64"])
    value, _, _ = network.loss_and_gradient(sequences, cases.make_loss(config))
    expected = naive.mean_loss(config, network.parameters, sequences)
    assert value == pytest.approx(expected, rel=TOLERANCES["float64"])
    order = np.random.default_rng(0).permutation(35)
    permuted = network.predict(sequences.subset(order))
    np.testing.assert_allclose(permuted, network.predict(sequences)[order], rtol=TOLERANCES["float64"])


@pytest.mark.parametrize("head", [head for head in HEADS if HEADS[head].has_decoder])
def test_an_output_step_reads_a_segment_of_rows(head):
    config = make_config(head, 3, decoder_input_size=6, decoder_n_categories=(4, 2) * 3)
    network = cases.make_network(config)
    sequences = cases.make_batch(config | {"decoder_input_size": 0, "decoder_n_categories": ()}, n=9, steps=3)
    sequences = cases.with_decoder_inputs(config, sequences, np.random.default_rng(1), segment=3)
    assert_same_outputs(network, config, sequences, TOLERANCES["float64"])


@pytest.mark.parametrize("inputs", [0, 2])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_static_codes_are_those_of_every_step(cell, head, inputs):
    config = make_config(head, 5, cell=cell, input_size=inputs, n_categories=(4, 6, 3))
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=35, steps=5, ragged=True)
    rows = sequences.codes.copy()
    rows[:, 1:] = np.repeat(rows[::5, 1:], 5, axis=0)
    static = dataclasses.replace(sequences, codes=rows[:, :1], static_codes=rows[::5, 1:])
    assert_same_outputs(network, config, static, TOLERANCES["float64"])
    order = np.random.default_rng(0).permutation(35)
    value, gradient, _ = network.loss_and_gradient(static.subset(order), loss)
    expected, expected_gradient, _ = network.loss_and_gradient(dataclasses.replace(sequences, codes=rows), loss)
    assert value == pytest.approx(expected, rel=TOLERANCES["float64"])
    for name in gradient:
        assert relative_error(gradient[name], expected_gradient[name]) <= TOLERANCES["float64"], name
    alone = dataclasses.replace(static, codes=None)
    config = config | {"n_categories": (6, 3)}
    assert_same_outputs(cases.make_network(config), config, alone, TOLERANCES["float64"])


def test_gradients_with_codes_have_the_same_bits_over_threads():
    config = make_config("every", 5, n_categories=(4, 30))
    network = cases.make_network(config, "float32")
    sequences = cases.make_batch(config, n=150, steps=5, ragged=True)
    _, expected, _ = network.loss_and_gradient(sequences, n_jobs=1)
    _, gradient, _ = network.loss_and_gradient(sequences, n_jobs=3)
    for name in gradient:
        np.testing.assert_array_equal(gradient[name], expected[name], err_msg=name)


def make_windows(config, segment, n_scaled, n_code_columns=0):
    """Overlapping windows into a few columns, of which the first ones have a level and scale in each window."""
    sequences = cases.make_batch(config, n=6, steps=4)
    rng = np.random.default_rng(3)
    codes = np.column_stack([rng.integers(-1, count, size=40) for count in config["n_categories"][:n_code_columns]] or [
        np.zeros(40)
    ])  # fmt: skip
    return dataclasses.replace(
        sequences,
        codes=codes if n_code_columns else None,
        values=rng.normal(size=(40, config["input_size"] // segment)),
        starts=np.array([0, 1, 5, 2, 20, 28]),
        lengths=np.array([4, 4, 1, 3, 4, 4]),
        segment=segment,
        shift=rng.normal(size=(6, n_scaled)),
        scale=rng.uniform(0.5, 2.0, size=(6, n_scaled)),
    )


@pytest.mark.parametrize("n_scaled", [0, 1, 3])
@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("n_categories", [(), (5, 3)])
@pytest.mark.parametrize("head", ["last", "decoder"])
def test_windows_are_read_in_place(head, n_categories, segment, n_scaled):
    config = make_config(head, 4, input_size=4 * segment, n_categories=n_categories * segment)
    network = cases.make_network(config)
    windows = make_windows(config, segment, n_scaled, len(n_categories))
    assert_same_outputs(network, config, windows, TOLERANCES["float64"])
    value, _, _ = network.loss_and_gradient(windows, cases.make_loss(config))
    expected = naive.mean_loss(config, network.parameters, windows)
    assert value == pytest.approx(expected, rel=TOLERANCES["float64"])


@pytest.mark.parametrize("head", HEADS)
def test_weights_are_relative_and_zero_removes_a_sample(head):
    config = make_config(head, 5)
    network, loss = cases.make_network(config), cases.make_loss(config)
    sequences = cases.make_batch(config, n=8, steps=5, ragged=True, weighted=True)
    sequences.weights[[2, 5]] = 0.0
    kept = sequences.subset(np.flatnonzero(sequences.weights))
    heavier = dataclasses.replace(sequences, weights=7 * sequences.weights)
    value, gradient, input_gradient = network.loss_and_gradient(sequences, loss)
    assert not input_gradient[[2, 5]].any()
    for other in (kept, heavier):
        other_value, other_gradient, _ = network.loss_and_gradient(other, loss)
        assert value == pytest.approx(other_value, rel=TOLERANCES["float64"])
        for name in gradient:
            assert relative_error(gradient[name], other_gradient[name]) <= TOLERANCES["float64"], name


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("cell", CELLS)
def test_nan_stays_in_its_own_sequence(cell, dtype):
    config = make_config("every", 5, cell=cell)
    network = cases.make_network(config, dtype)
    sequences = cases.make_batch(config, n=6, steps=5)
    before = network.predict(sequences)
    sequences.values[2 * 5 + 3] = np.nan
    after = network.predict(sequences)
    assert np.isnan(after[2, 3:]).all()
    others = [0, 1, 3, 4, 5]
    np.testing.assert_array_equal(after[others], before[others])
    np.testing.assert_array_equal(after[2, :3], before[2, :3])
    assert np.isnan(network.loss_and_gradient(sequences, cases.make_loss(config))[0])


def test_parameters_are_views_of_one_vector():
    config = cases.make_config(cell="lstm", num_layers=2, bidirectional=True)
    network = cases.make_network(config, "float32")
    assert network.theta.dtype == np.float32
    assert sum(values.size for values in network.parameters.values()) == network.theta.size
    assert all(np.shares_memory(values, network.theta) for values in network.parameters.values())
    shapes = {name: values.shape for name, values in network.parameters.items()}
    assert shapes["weight_ih_l0"] == (12, 2)
    assert shapes["weight_ih_l1_reverse"] == (12, 6)
    assert shapes["weight_hh_l1"] == (12, 3)
    assert shapes["bias_hh_l0_reverse"] == (12,)
    assert shapes["readout.weight"] == (2, 6)


@pytest.mark.parametrize("head", HEADS)
def test_initialize_is_drawn_from_the_generator_alone(head):
    config = make_config(head, 4)
    one, two, three = (cases.make_network(config) for _ in range(3))
    one.initialize(np.random.default_rng(1))
    two.initialize(np.random.default_rng(1))
    three.initialize(np.random.default_rng(2))
    np.testing.assert_array_equal(one.theta, two.theta)
    assert (one.theta != three.theta).mean() > 0.5
    assert np.isfinite(one.theta).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": None}, "Training needs sequences with targets. Got sequences without"),
        ({"targets": np.zeros(5, int)}, r"'squared_error' takes real numbers as targets. Got class codes.*\(5,\)"),
        ({"targets": np.zeros((5, 3))}, r"of 3 targets needs a network with output_size=3. Got output_size=2"),
    ],
)
def test_targets_must_fit_the_loss_and_the_network(changes, message):
    config = cases.make_config()
    network = cases.make_network(config)
    sequences = dataclasses.replace(cases.make_batch(config, n=5, steps=3), **changes)
    with pytest.raises(ValueError, match=message):
        network.loss_and_gradient(sequences, cases.make_loss(config))


@pytest.mark.parametrize(
    ("loss", "feeds_classes", "elements"),
    [("cross_entropy", False, 4), ("squared_error", True, 4), ("quantile", False, 2), ("student_t", False, 2)],
)
def test_decoder_must_read_what_it_writes(loss, feeds_classes, elements):
    targets = np.zeros(10, int) if loss == "cross_entropy" else np.zeros((10, elements))
    config = make_config("decoder", 2, output_size=4)
    sequences = dataclasses.replace(cases.make_batch(config, n=2, steps=2), targets=targets)
    network = Network(input_size=2, hidden_size=3, output_size=4, head="decoder", feeds_classes=feeds_classes)
    options = {"levels": [0.2, 0.9]} if loss == "quantile" else {}
    with pytest.raises(ValueError, match=f"fed its own outputs.* Got feeds_classes={feeds_classes}"):
        network.loss_and_gradient(sequences, LOSSES[loss](**options))


def test_outputs_are_as_many_for_each_target():
    with pytest.raises(ValueError, match="multiple of outputs_per_target=2. Got 3"):
        Network(input_size=1, hidden_size=2, output_size=3, outputs_per_target=2)
    network = Network(input_size=1, hidden_size=2, output_size=4, head="decoder", outputs_per_target=2)
    assert network.architecture.fed_size == 2
    network.architecture = dataclasses.replace(network.architecture, outputs_per_target=3)
    with pytest.raises(ValueError, match="output_size a multiple of outputs_per_target"):
        network.predict(Sequences.from_dense(np.zeros((1, 1, 1))))


def naive_states(config, parameters, name, inputs):
    """States (T + 1, S, H) of the layer `name` of one sequence, zeros first."""
    states = [naive.zero_state(config)]
    for x in inputs:
        states.append(naive.cell_step(config, parameters, name, x, states[-1]))
    return np.array(states)


@pytest.mark.parametrize(("head", "loss"), [("last", "squared_error"), ("decoder", "student_t")])
@pytest.mark.parametrize("cell", CELLS)
def test_unroll_shows_the_states(cell, head, loss):
    config = make_config(head, 5, cell=cell, num_layers=2, bidirectional=True, loss=loss)
    network = cases.make_network(config)
    sequences = cases.make_batch(config, n=3, steps=5)
    layers = network.unroll(sequences)
    assert list(layers) == ["l0", "l0_reverse", "l1", "l1_reverse"]
    for sample in range(3):
        inputs = naive.read_inputs(config, sequences, sample)
        forward = naive_states(config, network.parameters, "l0", inputs)
        backward = naive_states(config, network.parameters, "l0_reverse", inputs[::-1])[::-1]
        below = np.concatenate([forward[1:, 0], backward[:-1, 0]], axis=1)
        top = naive_states(config, network.parameters, "l1", below)
        for name, expected in (("l0", forward), ("l0_reverse", backward), ("l1", top)):
            for k, state in enumerate("hc"[: CELLS[cell].n_states]):
                error = relative_error(layers[name][state][sample], expected[:, k])
                assert error <= TOLERANCES["float64"], (name, state)


def test_unroll_of_an_encoder_that_reads_more_than_the_decoder_writes():
    config = cases.make_config(head="decoder", output_steps=1, num_layers=2)
    network, sequences = cases.make_network(config), cases.make_batch(config, n=3, steps=200)
    encoder = Network(input_size=2, hidden_size=3, output_size=2, num_layers=2, dtype="float64")
    for name, values in encoder.parameters.items():
        values[:] = network.parameters[name]
    for name, states in encoder.unroll(sequences).items():
        np.testing.assert_array_equal(network.unroll(sequences)[name]["h"], states["h"])


def test_unroll_shows_the_gates():
    layers = {}
    for cell in ("lstm", "gru"):
        config = cases.make_config(cell=cell)
        network = cases.make_network(config)
        sequences = cases.make_batch(config, n=3, steps=5)
        layers[cell] = network.unroll(sequences)["l0"]
    lstm, gru = layers["lstm"], layers["gru"]
    h, c = lstm["h"], lstm["c"]
    np.testing.assert_allclose(c[:, 1:], lstm["f"] * c[:, :-1] + lstm["i"] * lstm["g"], rtol=1e-12)
    np.testing.assert_allclose(h[:, 1:], lstm["o"] * np.tanh(c[:, 1:]), rtol=1e-12)
    h = gru["h"]
    np.testing.assert_allclose(h[:, 1:], (1 - gru["z"]) * gru["n"] + gru["z"] * h[:, :-1], rtol=1e-12)
    first = sequences.values.reshape(3, 5, 2)[:, 0] @ network.parameters["weight_ih_l0"][:3].T
    biases = network.parameters["bias_ih_l0"][:3] + network.parameters["bias_hh_l0"][:3]
    np.testing.assert_allclose(gru["r"][:, 0], naive.sigmoid(first + biases), rtol=1e-12)


def test_unroll_takes_sequences_of_one_length():
    config = cases.make_config()
    sequences = cases.make_batch(config, n=3, steps=5, ragged=True)
    with pytest.raises(ValueError, match="sequences of one length. Got lengths from 1 to 5"):
        cases.make_network(config).unroll(sequences)


def test_every_step_has_an_output_without_being_told(rng):
    network = Network(input_size=2, hidden_size=3, output_size=1, head="every")
    network.initialize(rng)
    X = rng.normal(size=(4, 6, 2))
    told = network.predict(Sequences.from_dense(X, output_steps=6))
    np.testing.assert_array_equal(network.predict(Sequences.from_dense(X)), told)
    assert told.shape == (4, 6, 1)


@pytest.mark.parametrize(
    ("options", "X", "words"),
    [
        ({}, np.zeros((2, 3, 1)), "reads input_size=2 features a step. Got sequences of 1"),
        ({}, np.zeros((2, 3, 4)), "reads input_size=2 features a step. Got sequences of 4"),
        ({"n_categories": (3,)}, np.zeros((2, 3, 2)), r"reads 1 codes a step, with n_categories=\(3,\). Got .* of 0"),
        (
            {"head": "decoder", "decoder_input_size": 2},
            np.zeros((2, 3, 2)),
            "reads decoder_input_size=2 numbers and 0 codes of an output step. Got sequences of 0 and 0",
        ),
        ({"head": "parallel", "decoder_steps": 1}, None, "up to decoder_steps=1 output steps"),
    ],
)
def test_sequences_that_a_network_cannot_read_are_refused(options, X, words):
    network = Network(input_size=2, hidden_size=3, output_size=1, **options)
    sequences = Sequences.from_dense(np.zeros((2, 3, 2)), output_steps=2) if X is None else Sequences.from_dense(X)
    for method in (network.predict, network.unroll):
        with pytest.raises(ValueError, match=words):
            method(sequences)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"cell": "transformer"}, "'cell' parameter of Network must be a str among"),
        ({"head": "auto"}, "'head' parameter of Network must be a str among"),
        ({"head": "parallel"}, "needs decoder_steps of at least 1"),
        ({"dilations": (1, 2)}, "for each of num_layers=1 layers"),
        ({"dilations": (0,)}, "a list of positive ints"),
        ({"num_layers": 0}, r"an int in the range \[1, inf\). Got 0"),
        ({"hidden_size": 8.0}, r"an int in the range \[1, inf\). Got 8.0"),
        ({"dropout": 1.0}, r"a float in the range \[0.0, 1.0\). Got 1.0"),
        ({"decoder_input_size": 2}, "read by a decoder. Got them with head='last'"),
        ({"input_size": 0}, "needs inputs: an input_size of at least 1, or n_categories"),
        ({"n_categories": (3, 0)}, "a list of positive ints"),
    ],
)
def test_bad_architectures_are_refused(bad, words):
    with pytest.raises(ValueError, match=words):
        Network(output_size=1, **({"input_size": 2, "hidden_size": 3} | bad))
