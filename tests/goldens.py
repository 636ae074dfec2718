"""Reading of the golden files in tests/golden, which golden/make_goldens.py writes with PyTorch."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

FOLDER = Path(__file__).parent / "golden"
ALL_NAMES = sorted(path.stem for path in FOLDER.glob("*.npz"))
ADAM_NAMES = [name for name in ALL_NAMES if "_adam" in name]
NAMES = [name for name in ALL_NAMES if name not in ADAM_NAMES]


@dataclass
class Golden:
    """One golden file."""

    config: dict  # arguments of Network without the dtype, and the loss
    arrays: dict  # everything else, by name

    def group(self, prefix):
        """Arrays named `prefix.NAME`, by NAME."""
        return {k.removeprefix(f"{prefix}."): a for k, a in self.arrays.items() if k.startswith(f"{prefix}.")}

    @property
    def parameters(self):
        """Float64 parameters by PyTorch's names."""
        return {name: a.astype(np.float64) for name, a in self.group("parameter").items()}

    @property
    def batch(self):
        """Dense inputs (n, T, F), lengths, targets, target lengths and weights."""
        kinds = {"f": np.float64, "u": np.int64, "i": np.int64}
        names = ("inputs", "lengths", "targets", "target_lengths", "weights")
        return {name: self.arrays[name].astype(kinds[self.arrays[name].dtype.kind]) for name in names}

    @property
    def valid(self):
        """Which output steps exist, (n, output_steps, 1), in prediction."""
        n, steps = self.arrays["outputs"].shape[:2]
        lengths = self.arrays["lengths"] if self.config["head"] == "every" else np.full(n, steps)
        return (np.arange(steps) < lengths[:, None])[:, :, None]


def load(name):
    """Read the golden file `name`."""
    with np.load(FOLDER / f"{name}.npz") as file:
        arrays = dict(file)
    return Golden(json.loads(str(arrays.pop("config"))), arrays)


def flatten(inputs, lengths, targets, target_lengths, weights=None):
    """Lay a dense batch out in flat rows as `tsrnn.sequences.Sequences` has them, padding left in between."""
    n, steps, output_steps = len(inputs), inputs.shape[1], targets.shape[1]
    return SimpleNamespace(
        values=inputs.reshape(n * steps, *inputs.shape[2:]),
        starts=np.arange(n) * steps,
        lengths=lengths,
        steps=steps,
        segment=1,
        shift=None,
        scale=None,
        targets=targets.reshape(n * output_steps, *targets.shape[2:]),
        target_starts=np.arange(n) * output_steps,
        target_lengths=target_lengths,
        weights=weights,
    )
