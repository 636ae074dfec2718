"""Reading of the golden files in tests/golden, which golden/make_goldens.py writes with PyTorch."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tsrnn.sequences import Sequences

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
    def sequences(self):
        """The batch, in float64, int32 codes and int64 classes."""
        inputs, targets = self.arrays["inputs"], self.arrays["targets"]
        codes = inputs[:, :, None].astype(np.int32) if self.config["n_categories"] else None
        return Sequences.from_dense(
            np.empty((*inputs.shape, 0)) if codes is not None else inputs.astype(np.float64),
            targets.astype(np.int64 if self.config["loss"] == "cross_entropy" else np.float64),
            lengths=self.arrays["lengths"],
            target_lengths=self.arrays["target_lengths"],
            weights=self.arrays["weights"].astype(np.float64),
            codes=codes,
        )

    @property
    def valid(self):
        """Mask of the output steps that exist in prediction, (n, output_steps, 1)."""
        n, steps = self.arrays["outputs"].shape[:2]
        lengths = self.arrays["lengths"] if self.config["head"] == "every" else np.full(n, steps)
        return (np.arange(steps) < lengths[:, None])[:, :, None]


def load(name):
    """Read the golden file `name`."""
    with np.load(FOLDER / f"{name}.npz") as file:
        arrays = dict(file)
    config = json.loads(str(arrays.pop("config"))) | {"n_categories": ()}
    if config.pop("tokens"):
        config |= {"n_categories": (config["input_size"],), "input_size": 0}
    return Golden(config, arrays)
