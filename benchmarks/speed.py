"""tsrnn against PyTorch on this machine, interleaved in one run; losing rows are printed like the others.

``python benchmarks/speed.py`` prints everything; ``python benchmarks/speed.py training ragged`` only those parts.
Needs the extra `bench`. PyTorch is given its better of one thread and all, time-major input, and
``zero_grad(set_to_none=True)``; both train the same model on the same data in float32.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numba
import numpy as np
import torch

import tsrnn.cells
from tsrnn.backends.compilation import _OPTIONS, inline, kernel
from tsrnn.backends.cpu import Trainer
from tsrnn.backends.pool import run_threads
from tsrnn.backends.products import add_product
from tsrnn.backends.vectors import TILE_BYTES
from tsrnn.losses import SquaredError
from tsrnn.network import Network
from tsrnn.sequences import Sequences

SIZES = [  # batch, steps, inputs, hidden
    (32, 24, 1, 8), (32, 24, 1, 32), (64, 48, 1, 32), (128, 48, 4, 64), (256, 96, 8, 128), (128, 168, 8, 256),
    (64, 48, 16, 512),
]  # fmt: skip
CELLS = ("rnn", "gru", "lstm")
TORCH = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
LANES = TILE_BYTES // 4
CPUS = numba.config.NUMBA_NUM_THREADS
# Ratios that are aimed at, by the hidden size.
TARGETS = {cell: {8: 10, 32: 10, 64: 5, 128: 3, 256: 2, 512: 1.4} for cell in ("rnn", "gru")}
TARGETS["lstm"] = {8: 12, 32: 3, 64: 2, 128: 2, 256: 1.6, 512: 1.2}


def heading(title, *columns):
    """Print the head of a table."""
    print(f"\n## {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def row(*cells):
    """Print a row of a table."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def interleaved(*functions, seconds=1.0, rounds=5):
    """Return the median seconds per call of each function, run in turns so that all meet the same machine."""
    calls = []
    for function in functions:
        function()
        began = time.perf_counter()
        function()
        calls.append(max(1, int(seconds / rounds / max(time.perf_counter() - began, 1e-7))))
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, n, seen in zip(functions, calls, times, strict=True):
            began = time.perf_counter()
            for _ in range(n):
                function()
            seen.append((time.perf_counter() - began) / n)
    return [statistics.median(seen) for seen in times]


def _make_peak(stamp):
    def peak(panels, b, c, rounds):
        """Products that stay in the first-level cache: what the multipliers allow."""
        stamp  # noqa: B018
        for _ in range(rounds):
            add_product(panels, 0, 48, 64, 0, 64, b, 0, c, 0, 32)

    return peak


peak_kernel = kernel(_make_peak)


def make_peak(cores, rounds=20_000):
    """Return a function in which cores multiply, each in its own first-level cache, and its operations."""
    arrays = [[np.ones(n, np.float32) for n in (48 * 64, 64 * 32, 48 * 32)] for _ in range(cores)]
    return lambda: run_threads(lambda thread: peak_kernel(*arrays[thread], rounds), cores), (
        cores * rounds * 2 * 48 * 64 * 32
    )


class TorchModel(torch.nn.Module):
    """Recurrent layers, and a linear readout of the last state."""

    def __init__(self, cell, inputs, hidden, layers):
        super().__init__()
        self.recurrent = TORCH[cell](inputs, hidden, layers)
        self.readout = torch.nn.Linear(hidden, 1)

    def forward(self, x):
        """Return the outputs for time-major `x`."""
        out, _ = self.recurrent(x)
        return self.readout(out[-1])


def our_model(cell, inputs, hidden, layers):
    """Return the same model of tsrnn."""
    network = Network(input_size=inputs, hidden_size=hidden, output_size=1, cell=cell, num_layers=layers)
    network.initialize(np.random.default_rng(0))
    return network


def torch_step(cell, batch, steps, inputs, hidden, layers):
    """Return a function that takes one training step."""
    torch.manual_seed(0)
    model = TorchModel(cell, inputs, hidden, layers)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0, fused=True)
    x, y = torch.randn(steps, batch, inputs), torch.randn(batch, 1)

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()

    return step


def our_step(cell, batch, steps, inputs, hidden, layers, n_jobs=None):
    """Return a function that takes as many training steps as an epoch has, or fewer of long ones; and their number."""
    repeats = max(1, min(32, int(5e9 / training_flops(cell, batch, steps, inputs, hidden, layers))))
    network = our_model(cell, inputs, hidden, layers)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch, steps, inputs))
    sequences = Sequences.from_dense(X, rng.standard_normal((batch, 1, 1)))
    trainer = Trainer(network.architecture, network.theta, sequences, SquaredError(), batch, n_jobs)
    moments = np.zeros((2, network.theta.size), np.float32)
    order = np.tile(np.arange(batch), repeats)
    rates, keys = np.full(repeats, 1e-3), np.zeros(repeats, np.int64)
    return lambda: trainer.update(order, moments, 0, rates, keys), repeats


@contextlib.contextmanager
def torch_threads(n):
    """Set PyTorch's number of threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    yield
    torch.set_num_threads(before)


def best_torch(function):
    """Return `function` under the number of threads that PyTorch does best with."""

    def under(n):
        with torch_threads(n):
            function()

    times = interleaved(*[lambda n=n: under(n) for n in {1, CPUS}], seconds=0.4, rounds=3)
    best = list({1, CPUS})[int(np.argmin(times))]
    return lambda: under(best)


def training_flops(cell, batch, steps, inputs, hidden, layers):
    """Return the multiply-adds, times two, of a step's products: forward, gradients of states and of weights."""
    total = 0
    for layer in range(layers):
        size = hidden if layer else inputs
        total += 6 * GATES[cell] * batch * steps * hidden * hidden
        total += (6 if layer else 4) * GATES[cell] * batch * steps * hidden * size
    return total


def training():
    """One training step: forward, gradients, clipping, Adam."""
    heading(
        f"Training step (float32, {CPUS} cores; the peak of multiply-adds is measured in turn with each row)",
        *("cell", "batch, steps, inputs, hidden", "layers", "PyTorch ms", "tsrnn ms", "ratio", "aim", "GF/s", "peak"),
        *("% of peak", "% of peak that the aim needs", "1 thread / best", "peak of all / 1 core"),
    )
    (multiply, operations), (multiply_alone, _) = make_peak(CPUS), make_peak(1)
    for layers in (1, 2):
        for size in SIZES:
            for cell in CELLS:
                case = (cell, *size, layers)
                ours, repeats = our_step(*case)
                alone, _ = our_step(*case, n_jobs=1)
                functions = best_torch(torch_step(*case)), ours, alone, multiply, multiply_alone
                theirs, mine, single, best, core = interleaved(*functions)
                mine, single = mine / repeats, single / repeats
                rate, peak = training_flops(*case) / mine / 1e9, operations / best / 1e9
                aim, reached = TARGETS[cell][size[-1]], theirs / mine
                row(
                    *(cell, ", ".join(map(str, size)), layers, f"{1e3 * theirs:.3f}", f"{1e3 * mine:.3f}"),
                    *(f"{reached:.1f}", f"{aim}{'' if reached >= aim else ' (missed)'}", f"{rate:.0f}", f"{peak:.0f}"),
                    *(f"{100 * rate / peak:.0f}", f"{100 * rate / peak * aim / reached:.0f}"),
                    *(f"{single / mine:.2f}", f"{CPUS * core / best:.2f}"),
                )


def inference():
    """Outputs of 1,024 windows."""
    heading("Inference (1,024 windows)", "cell", "steps, inputs, hidden", "PyTorch ms", "tsrnn ms", "ratio")
    for _, steps, inputs, hidden in SIZES:
        for cell in CELLS:
            network = our_model(cell, inputs, hidden, 1)
            X = np.random.default_rng(0).standard_normal((1024, steps, inputs)).astype(np.float32)
            sequences = Sequences.from_dense(X)
            model, x = TorchModel(cell, inputs, hidden, 1).eval(), torch.from_numpy(X.transpose(1, 0, 2).copy())

            def their_predict(model=model, x=x):
                with torch.no_grad():
                    model(x)

            theirs, mine = interleaved(
                best_torch(their_predict), lambda network=network, sequences=sequences: network.predict(sequences)
            )
            times = f"{1e3 * theirs:.3f}", f"{1e3 * mine:.3f}", f"{theirs / mine:.1f}"
            row(cell, f"{steps}, {inputs}, {hidden}", *times)


def cell_alone(cell):
    """Return a function that takes steps of a cell without the products."""
    forward = inline(cell.forward)

    @numba.njit(**_OPTIONS)
    def steps(tape, state, new_state, rounds):
        for _ in range(rounds):
            forward(tape, state, new_state)

    return steps


def bound():
    """Lower bound of a step of inference: products at peak speed, and the cell's non-linearities."""
    heading(
        "Bound of inference (one core, a block of lanes)",
        *("cell", "inputs, hidden", "products at peak, ns", "cell, ns", "both", "a whole step, ns", "% of the bound"),
    )
    multiply, operations = make_peak(1)
    for inputs, hidden in ((1, 8), (1, 32), (4, 64)):
        for name in CELLS:
            cell, steps = tsrnn.cells.CELLS[name], 48
            alone, network = cell_alone(cell), our_model(name, inputs, hidden, 1)
            sequences = Sequences.from_dense(np.random.default_rng(0).standard_normal((1024, steps, inputs)))
            arrays = [np.zeros((n, hidden * LANES), np.float32) for n in (cell.n_rows, cell.n_states, cell.n_states)]
            best, own, whole = interleaved(
                multiply, lambda a=alone, s=arrays: a(*s, 2000), lambda n=network, s=sequences: n.predict(s, n_jobs=1)
            )
            products = best / operations * 2 * GATES[name] * hidden * (hidden + inputs) * LANES
            own, whole = own / 2000, whole / steps / (1024 / LANES)
            times = (f"{1e9 * t:.0f}" for t in (products, own, products + own, whole))
            row(name, f"{inputs}, {hidden}", *times, f"{100 * (products + own) / whole:.0f}")


def ragged():
    """Training on sequences of 10 to 200 steps, against packed sequences."""
    heading(
        "Ragged batches (64 sequences of 10..200 steps, 1 input, hidden 32)",
        *("cell", "PyTorch, packed, ms", "tsrnn ms", "ratio", "tsrnn, all of 200 steps, ms"),
    )
    rng = np.random.default_rng(0)
    lengths = np.sort(rng.integers(10, 201, 64))[::-1].copy()
    X, y = rng.standard_normal((64, 200, 1)), rng.standard_normal((64, 1, 1))
    for cell in CELLS:
        torch.manual_seed(0)
        model = TorchModel(cell, 1, 32, 1)
        optimizer = torch.optim.AdamW(model.parameters(), fused=True)
        x, target = (
            torch.from_numpy(X.astype(np.float32)).transpose(0, 1).contiguous(),
            torch.from_numpy(y[:, 0].astype(np.float32)),
        )

        def their_step(model=model, optimizer=optimizer, x=x, target=target):
            optimizer.zero_grad(set_to_none=True)
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.from_numpy(lengths))
            state = model.recurrent(packed)[1]
            last = state[0] if isinstance(state, tuple) else state
            torch.nn.functional.mse_loss(model.readout(last[-1]), target).backward()
            optimizer.step()

        def our_ragged(lengths, cell=cell):
            network = our_model(cell, 1, 32, 1)
            trainer = Trainer(
                network.architecture, network.theta, Sequences.from_dense(X, y, lengths), SquaredError(), 64
            )
            moments = np.zeros((2, network.theta.size), np.float32)
            return lambda: trainer.update(np.arange(64), moments, 0, np.full(1, 1e-3), np.zeros(1, np.int64))

        theirs, mine, padded = interleaved(best_torch(their_step), our_ragged(lengths), our_ragged(np.full(64, 200)))
        row(cell, f"{1e3 * theirs:.2f}", f"{1e3 * mine:.3f}", f"{theirs / mine:.1f}", f"{1e3 * padded:.3f}")


def fit():
    """`RNNRegressor.fit` against a straightforward loop: 10,000 windows, batch 32, 48 steps, hidden 32, 10 epochs."""
    from tsrnn import RNNRegressor

    heading(
        "End to end: 10,000 windows of 48 steps, hidden 32, batch 32, 10 epochs",
        *("cell", "PyTorch s", "its loss", "tsrnn s", "its loss", "ratio"),
    )
    t = np.arange(10_048)
    series = (np.sin(t / 7) + 0.3 * np.random.default_rng(0).standard_normal(t.size)).astype(np.float32)
    X, y = np.lib.stride_tricks.sliding_window_view(series, 48)[:10_000], series[48:10_048]
    for cell in CELLS:
        began = time.perf_counter()
        model = RNNRegressor(
            cell=cell, hidden_size=32, batch_size=32, max_epochs=10, early_stopping=False, random_state=0
        )
        model.fit(X, y)
        mine, loss = time.perf_counter() - began, float(np.mean((model.predict(X) - y) ** 2))

        def their_fit(n, cell=cell):
            torch.manual_seed(0)
            net = TorchModel(cell, 1, 32, 1)
            optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, fused=True)
            x, target = torch.from_numpy(X.copy())[:, :, None], torch.from_numpy(y)[:, None]
            with torch_threads(n):
                began = time.perf_counter()
                for _ in range(10):
                    for rows in torch.randperm(10_000).split(32):
                        optimizer.zero_grad(set_to_none=True)
                        torch.nn.functional.mse_loss(net(x[rows].transpose(0, 1)), target[rows]).backward()
                        optimizer.step()
                spent = time.perf_counter() - began
                with torch.no_grad():
                    return spent, torch.nn.functional.mse_loss(net(x.transpose(0, 1)), target).item()

        theirs, their_loss = min(their_fit(n) for n in {1, CPUS})
        row(cell, f"{theirs:.1f}", f"{their_loss:.4f}", f"{mine:.2f}", f"{loss:.4f}", f"{theirs / mine:.1f}")


def latency():
    """One step of one sequence, through the public method, and one step of a `nn.*Cell`."""
    heading("One streaming step of one sequence (hidden 32)", "cell", "PyTorch us", "tsrnn us", "ratio")
    cells = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    for cell in CELLS:
        stream = our_model(cell, 1, 32, 1).stream()
        module, readout, x = cells[cell](1, 32), torch.nn.Linear(32, 1), torch.zeros(1, 1)
        state = None

        def their_step(module=module, readout=readout, x=x):
            nonlocal state
            with torch.inference_mode():
                state = module(x, state)
                readout(state[0] if isinstance(state, tuple) else state)

        theirs, mine = interleaved(best_torch(their_step), lambda stream=stream: stream.step(0.5))
        row(cell, f"{1e6 * theirs:.1f}", f"{1e6 * mine:.1f}", f"{theirs / mine:.1f}")


FORECAST = """
import time; began = time.perf_counter()
import tsrnn
from tsrnn.datasets import load_airline
y = load_airline()
tsrnn.RNNForecaster(horizon=12, random_state=0).fit(y).predict()
"""


def start():
    """From ``python`` to a first forecast of the airline series, cold and warm, beside ``import torch``."""

    def seconds(code, **extra):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **extra})
        return time.perf_counter() - began

    heading("Start", "what", "s")
    with tempfile.TemporaryDirectory() as folder:
        row("first forecast, empty cache", f"{seconds(FORECAST, NUMBA_CACHE_DIR=folder):.2f}")
        runs = [(seconds(FORECAST, NUMBA_CACHE_DIR=folder), seconds("import torch")) for _ in range(5)]
    row("first forecast, warm cache", f"{min(run[0] for run in runs):.2f}")
    row("import torch", f"{min(run[1] for run in runs):.2f}")


def memory():
    """Growth of the peak of a process that fits windows over a long series."""
    code = (
        "import numpy as np, tsrnn; from tsrnn.sequences import Sequences; from tsrnn.network import Network;"
        "from tsrnn.training import *; y = np.random.default_rng(0).standard_normal(({n} + 200, 1)).astype('f4');"
        "net = Network(input_size=1, hidden_size=8, output_size=1); s = np.arange({n});"
        "q = Sequences(y, s, np.full({n}, 168), y, s + 168, np.ones({n}, int));"
        "train(net, q, TrainingOptions(max_epochs=1, batch_size=256), np.random.default_rng(0));"
        # Not getrusage, which begins with the memory of the process that this one was started by.
        "print(next(int(line.split()[1]) / 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    heading(
        "Memory: one epoch over all windows of 168 steps", "windows", "peak MiB", "windows copied out would take MiB"
    )
    for n in (1_000, 1_000_000):
        out = subprocess.run(
            [sys.executable, "-c", code.format(n=n)], check=True, capture_output=True, text=True
        ).stdout
        row(n, f"{float(out):.0f}", f"{n * 168 * 4 / 2**20:.0f}")


PARTS = {function.__name__: function for function in (training, fit, inference, bound, ragged, latency, start, memory)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to measure; everything by default")
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()
