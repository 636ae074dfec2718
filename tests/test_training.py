"""Training: what it reaches, what it restores, and that nothing but the seed decides its bits."""

import dataclasses
import pickle

import cases
import goldens
import numpy as np
import pytest
from gradients import relative_error

from tsrnn.backends.cpu import Trainer
from tsrnn.cells import CELLS
from tsrnn.losses import SquaredError
from tsrnn.optimizers import SCHEDULES, AdamState
from tsrnn.sequences import Sequences
from tsrnn.training import NonFiniteLossError, TrainingOptions, train, train_all

# Twenty steps of Adam, which divides by the size of the gradient, magnify float32's rounding some ten times.
TRAJECTORY_TOLERANCES = {"float32": 1e-4, "float64": 1e-11}


# Without the compiler NumPy warns of what kernels pass over.
quiet_overflow = pytest.mark.filterwarnings("ignore:.*encountered in scalar:RuntimeWarning")


def make_sine(n=64, lookback=4):
    """Windows of a sine with its next value as the target."""
    series = np.sin(np.arange(n + lookback) * 2 * np.pi / 17)[:, None]
    return Sequences(
        series,
        starts=np.arange(n),
        lengths=np.full(n, lookback),
        targets=series,
        target_starts=np.arange(n) + lookback,
        target_lengths=np.ones(n, np.int64),
    )


def make_network(dtype="float32", seed=0, **changes):
    """Network for `make_sine`."""
    config = cases.make_config(**{"input_size": 1, "output_size": 1, "hidden_size": 3} | changes)
    network = cases.make_network(config, dtype)
    network.initialize(np.random.default_rng(seed))
    return network


def run(network, sequences, *, seed=1, validation=None, state=None, **options):
    """Train with options given by name."""
    options = TrainingOptions(**{"learning_rate": 0.01} | options)
    return train(network, sequences, options, np.random.default_rng(seed), validation, state)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_loss_falls_on_a_sine(cell):
    network = make_network(cell=cell, hidden_size=8)
    history = run(network, make_sine(lookback=20), max_epochs=60)
    losses = [row["loss"] for row in history.epochs]
    assert losses[0] > 0.1
    assert losses[-1] < 0.01
    assert [row["epoch"] for row in history.epochs] == list(range(1, 61))
    assert all(row["seconds"] >= 0 for row in history.epochs)
    assert history.best_epoch == 60


@pytest.mark.slow
@pytest.mark.parametrize("dtype", TRAJECTORY_TOLERANCES)
@pytest.mark.parametrize("name", goldens.ADAM_NAMES)
def test_adam_goes_the_way_of_pytorch(name, dtype):
    golden = goldens.load(name)
    config, norms = golden.config, golden.arrays["trajectory_norm"]
    assert norms.max() > config["clip_norm"]
    network = cases.make_network(config, dtype, golden.parameters)
    history = run(
        network,
        golden.sequences,
        batch_size=len(golden.sequences),
        max_epochs=config["epochs"],
        **{option: config[option] for option in ("learning_rate", "weight_decay", "clip_norm")},
    )
    losses = [row["loss"] for row in history.epochs]
    assert relative_error(losses, golden.arrays["trajectory_loss"]) <= TRAJECTORY_TOLERANCES[dtype]
    for parameter, values in golden.group("final").items():
        error = relative_error(network.parameters[parameter], values)
        assert error <= TRAJECTORY_TOLERANCES[dtype], parameter


@pytest.mark.slow
def test_early_stopping_keeps_the_best_weights():
    # Noise cannot be learned: the training loss falls on and on, the validation loss does not.
    rng = np.random.default_rng(0)
    parts = [Sequences.from_dense(rng.normal(size=(40, 6, 1)), rng.normal(size=(40, 1, 1))) for _ in range(2)]
    network = make_network(dtype="float64")
    history = run(network, parts[0], validation=parts[1], max_epochs=200, n_iter_no_change=7)
    losses = [row["validation_loss"] for row in history.epochs]
    assert len(history.epochs) < 200
    assert history.best_epoch == np.argmin(losses) + 1 == len(losses) - 7
    kept = network.loss_and_gradient(parts[1])[0]
    assert kept == pytest.approx(min(losses), rel=1e-12)
    assert kept < losses[-1]


def test_weights_from_before_are_kept_if_nothing_is_better():
    network = make_network()
    before = network.theta.copy()
    sequences = make_sine()
    history = run(network, sequences, validation=sequences, max_epochs=9, n_iter_no_change=3, tol=1e9)
    assert history.best_epoch == 0
    assert len(history.epochs) == 3
    np.testing.assert_array_equal(network.theta, before)


@pytest.mark.parametrize(("losses", "min_fall", "expected"), [
    ([1.0, 1.0, 1.0, 0.96, 0.94, 0.9, 0.9, 0.9, 0.9], 0.05, 8),  # from the fifth epoch on
    ([1.0, 1.0, 1.0, 0.96, 0.94, 0.9, 0.9, 0.9, 0.9], 0.0, 3),  # from the beginning on
    ([1.0, 1.0, 1.0, 0.96, 0.96, 0.96, 0.96, 0.96, 0.96], 0.05, 9),  # never
    ([0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 0.05, 4),  # once is enough
])  # fmt: skip
def test_patience_counts_once_the_loss_has_begun_to_fall(monkeypatch, losses, min_fall, expected):
    class ScriptedTrainer(Trainer):
        """Trainer whose training loss takes a given course from 1 on, and whose validation loss stays as it is."""

        def evaluate(self):
            return 1.0

        def update(self, order, moments, updates, rates, *options, **named):
            return np.array([losses[updates]]), np.ones(1), 1

    monkeypatch.setattr("tsrnn.training.Trainer", ScriptedTrainer)
    sequences, options = make_sine(), {"max_epochs": 9, "n_iter_no_change": 3, "min_fall": min_fall, "batch_size": 64}
    history = run(make_network(), sequences, validation=sequences, **options)
    assert len(history.epochs) == expected
    assert history.best_epoch == 0


def test_without_clip_norm_gradients_are_not_clipped():
    networks = [make_network() for _ in range(2)]
    for network, limit in zip(networks, (None, 1e9), strict=True):
        run(network, make_sine(), max_epochs=2, clip_norm=limit)
    np.testing.assert_array_equal(networks[0].theta, networks[1].theta)


def test_last_weights_are_kept_without_validation():
    network, copy = make_network(), make_network()
    run(network, make_sine(), max_epochs=3)
    run(copy, make_sine(), max_epochs=2)
    assert (network.theta != copy.theta).any()


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 1, 3])
def test_several_at_once_are_trained_like_one_after_the_other(n_jobs):
    sequences, networks, twins = make_sine(), *([make_network(seed=seed) for seed in range(3)] for _ in range(2))
    arguments = [
        {
            "network": network, "sequences": sequences.subset(np.arange(n)), "validation": sequences,
            "options": TrainingOptions(max_epochs=5, learning_rate=0.01), "rng": np.random.default_rng(n),
        }
        for network, n in zip(networks, (64, 40, 0), strict=True)
    ]  # fmt: skip
    histories = train_all(arguments, n_jobs)
    for twin, given, history in zip(twins, arguments, histories, strict=True):
        alone = train(**{**given, "network": twin, "rng": np.random.default_rng(len(given["sequences"]))})
        np.testing.assert_array_equal(given["network"].theta, twin.theta)
        assert [row["loss"] for row in history.epochs] == [row["loss"] for row in alone.epochs]
    assert histories[2].epochs == []  # without sequences nothing is trained


def test_an_interrupt_stops_all_that_are_trained_at_once(monkeypatch):
    sequences, networks = make_sine(), [make_network(seed=seed) for seed in range(3)]
    before = [network.theta.copy() for network in networks]
    real = Trainer.update

    def update(self, *args, **kwargs):
        if self.theta is networks[0].theta:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Trainer, "update", update)
    options = TrainingOptions(max_epochs=10**9)
    with pytest.raises(KeyboardInterrupt):
        train_all(
            [
                {"network": network, "sequences": sequences, "options": options, "rng": np.random.default_rng(0)}
                for network in networks
            ],
            n_jobs=3,
        )
    for network, theta in zip(networks, before, strict=True):
        np.testing.assert_array_equal(network.theta, theta)


def test_averaging_keeps_the_mean_of_the_last_weights():
    sequences, networks = make_sine(), [make_network() for _ in range(4)]
    for max_epochs, network in enumerate(networks[:3], start=2):
        run(network, sequences, max_epochs=max_epochs)
    run(networks[3], sequences, max_epochs=4, averaging=0.5)
    # One seed gives all of them the same course: the second and third end after the epochs 3 and 4 of the last.
    expected = np.mean([network.theta.astype(float) for network in networks[1:3]], axis=0)
    np.testing.assert_allclose(networks[3].theta, expected, rtol=1e-6)
    assert np.abs(networks[3].theta - networks[2].theta).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2, 4, None])
def test_seed_decides_the_bits_not_the_threads(n_jobs):
    # 150 of 200 sequences are several blocks of lanes, and two minibatches; 5600 parameters several shares.
    results = []
    for jobs in (1, n_jobs, n_jobs):
        network = make_network(hidden_size=24, num_layers=2, cell="lstm")
        network.dropout = 0.2
        run(network, make_sine(200, lookback=20), batch_size=150, max_epochs=3, n_jobs=jobs)
        results.append(network.theta)
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


def test_seed_matters():
    thetas = []
    for seed in (1, 2):
        network = make_network()
        run(network, make_sine(), max_epochs=2, seed=seed)
        thetas.append(network.theta)
    assert (thetas[0] != thetas[1]).mean() > 0.9


def test_pickled_network_trains_to_the_same_bits():
    network = make_network()
    copy = pickle.loads(pickle.dumps(network))
    assert not np.shares_memory(copy.theta, network.theta)
    run(network, make_sine(), max_epochs=2)
    run(copy, make_sine(), max_epochs=2)
    np.testing.assert_array_equal(copy.theta, network.theta)
    np.testing.assert_array_equal(copy.predict(make_sine()), network.predict(make_sine()))


def test_state_carries_on():
    whole, parts = make_network(), make_network()
    run(whole, make_sine(), max_epochs=5, batch_size=64)
    state = AdamState.start(parts.theta)
    for epochs in (2, 3):
        run(parts, make_sine(), max_epochs=epochs, batch_size=64, state=state)
    assert state.updates == 5
    # One minibatch an epoch; its order changes the rounding alone.
    np.testing.assert_allclose(parts.theta, whole.theta, rtol=1e-4, atol=1e-5)


def test_inputs_are_not_changed():
    sequences = make_sine()
    copies = {name: value.copy() for name, value in vars(sequences).items() if isinstance(value, np.ndarray)}
    run(make_network(), sequences, validation=sequences, max_epochs=2)
    for name, value in copies.items():
        np.testing.assert_array_equal(getattr(sequences, name), value, err_msg=name)


@quiet_overflow
def test_nonfinite_loss_names_epoch_and_minibatch():
    sequences = make_sine()
    network = make_network()
    before = network.theta.copy()
    sequences.targets[-1] = np.inf
    with pytest.raises(NonFiniteLossError, match=r"loss of epoch 1, minibatch 1 of \d, is not finite.*0\.005"):
        run(network, sequences, batch_size=64, max_epochs=5)
    np.testing.assert_array_equal(network.theta, before)


class FailingTrainer(Trainer):
    """Trainer whose third epoch meets a loss that is not finite, after its weights have gone astray."""

    seen = []  # weights, moments and updates at the begin of each epoch

    def update(self, order, moments, updates, rates, *options, **named):
        """Fail, or take the steps."""
        self.seen.append((self.theta.copy(), moments.copy(), updates))
        if len(self.seen) != 3:
            return super().update(order, moments, updates, rates, *options, **named)
        self.theta[:] = np.nan
        return np.full(len(rates), np.nan), np.ones(len(rates)), 1


def test_nonfinite_loss_is_met_with_the_best_weights_and_half_the_rate(monkeypatch):
    monkeypatch.setattr("tsrnn.training.Trainer", FailingTrainer)
    monkeypatch.setattr(FailingTrainer, "seen", [])
    network = make_network()
    history = run(network, make_sine(), learning_rate=0.01, max_epochs=5)
    rows = [(row["epoch"], row["learning_rate"]) for row in history.epochs]
    assert rows == [(1, 0.01), (2, 0.01), (3, 0.005), (4, 0.005), (5, 0.005)]
    weights, moments, updates = zip(*FailingTrainer.seen, strict=True)
    np.testing.assert_array_equal(weights[3], weights[2])  # those that epoch 2 ended with
    assert moments[2].any()
    assert not moments[3].any()
    assert updates == (0, 2, 4, 0, 2, 4)
    assert np.isfinite(network.theta).all()


@quiet_overflow
def test_nonfinite_loss_at_half_the_rate_is_an_error():
    network = make_network()
    before = network.theta.copy()
    with pytest.raises(NonFiniteLossError, match=r"loss of epoch 1, minibatch 2 of \d, is .* \(5e\+29\)"):
        run(network, make_sine(), learning_rate=1e30, batch_size=32, max_epochs=5)
    np.testing.assert_array_equal(network.theta, before)


class InterruptedGenerator:
    """Generator whose third permutation is interrupted by the user."""

    def __init__(self):
        self._rng, self._calls = np.random.default_rng(0), 0

    def permutation(self, n):
        """Interrupt, or shuffle."""
        self._calls += 1
        if self._calls == 3:
            raise KeyboardInterrupt
        return self._rng.permutation(n)

    def integers(self, *arguments):
        """Draw."""
        return self._rng.integers(*arguments)


def test_interrupt_leaves_the_weights_from_before():
    network = make_network()
    before = network.theta.copy()
    with pytest.raises(KeyboardInterrupt):
        train(network, make_sine(), TrainingOptions(), InterruptedGenerator())
    np.testing.assert_array_equal(network.theta, before)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_stay_within_the_rate(schedule):
    fractions = np.linspace(0, 1, 101)
    factors = SCHEDULES[schedule](fractions)
    assert factors.max() == 1
    assert factors.min() >= 0
    if schedule != "constant":
        assert factors[-1] == pytest.approx(0, abs=1e-15)
    history = run(make_network(), make_sine(), schedule=schedule, max_epochs=4, batch_size=64)
    rates = [row["learning_rate"] for row in history.epochs]
    np.testing.assert_allclose(rates, 0.01 * SCHEDULES[schedule](np.arange(4) / 4))


def with_weightless_minibatch(sequences, which):
    """Make samples 8 to 15 weigh nothing: the whole second minibatch of 8."""
    part = np.zeros(len(sequences)) if which == "all" else np.ones(len(sequences))
    part[8:16] = 0.0
    if which == "samples":
        return dataclasses.replace(sequences, weights=part)
    weights = np.zeros_like(sequences.targets)
    weights[sequences.target_starts, 0] = part
    return dataclasses.replace(sequences, target_weights=weights)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("which", ["samples", "targets"])
def test_a_minibatch_without_weight_makes_no_step(which, n_jobs):
    """Neither by Adam's moments nor by weight decay; later steps are those that are taken without it."""
    sequences = with_weightless_minibatch(make_sine(), which)
    networks, states = [make_network() for _ in range(2)], []
    for network, order in zip(networks, (np.arange(24), np.r_[0:8, 16:24]), strict=True):
        trainer = Trainer(network.architecture, network.theta, sequences, SquaredError(), 8, n_jobs)
        states.append(AdamState.start(network.theta))
        n = len(order) // 8
        rates, keys = np.full(n, 0.01), np.zeros(n, np.int64)
        _, totals, done = trainer.update(order, states[-1].moments, 3, rates, keys, weight_decay=0.1)
        assert done == n and np.count_nonzero(totals) == 2
    np.testing.assert_array_equal(networks[0].theta, networks[1].theta)
    np.testing.assert_array_equal(states[0].moments, states[1].moments)


def test_adam_counts_the_steps_that_it_takes():
    """Half of all minibatches weigh nothing, or all of them: then nothing is trained, and the loss is zero."""
    state, network = AdamState.start(make_network().theta), make_network()
    sequences = with_weightless_minibatch(make_sine(n=16), "targets")
    run(network, sequences, batch_size=1, max_epochs=3, state=state)
    assert state.updates == 3 * 8
    before, counted = network.theta.copy(), state.moments.copy()
    nothing = with_weightless_minibatch(make_sine(n=16), "all")
    history = run(network, nothing, validation=nothing, batch_size=1, max_epochs=2, state=state, weight_decay=0.1)
    assert [(row["loss"], row["validation_loss"]) for row in history.epochs] == [(0.0, 0.0)] * 2
    assert state.updates == 3 * 8
    np.testing.assert_array_equal(network.theta, before)
    np.testing.assert_array_equal(state.moments, counted)


def test_progress_is_shown_only_if_asked_for(capsys):
    run(make_network(), make_sine(), max_epochs=2)
    assert capsys.readouterr() == ("", "")
    run(make_network(), make_sine(), max_epochs=2, verbose=1)
    assert "2/2" in capsys.readouterr().err


def test_dropout_is_for_training_alone():
    network = make_network(num_layers=2)
    plain = network.predict(make_sine())
    network.dropout = 0.5
    np.testing.assert_array_equal(network.predict(make_sine()), plain)
    with_dropout = [row["loss"] for row in run(network, make_sine(), max_epochs=2).epochs]
    without = [row["loss"] for row in run(make_network(num_layers=2), make_sine(), max_epochs=2).epochs]
    assert with_dropout != without


def test_an_epoch_takes_as_many_samples_as_it_is_told():
    network, sequences = make_network(), make_sine()
    state = AdamState.start(network.theta)
    history = run(network, sequences, batch_size=8, epoch_size=20, max_epochs=2, state=state)
    assert len(history.epochs) == 2
    assert state.updates == 2 * 3  # minibatches of 8, 8 and 4
