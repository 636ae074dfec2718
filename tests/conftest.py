"""Fixtures and settings of all tests.

Kernels are cached where the library puts them, beside the sources or in ``NUMBA_CACHE_DIR``: a second run
starts warm, and an edit to a kernel makes its entry miss. A test of the cache itself gives its own folder to
the processes it starts.
"""

import os

import hypothesis
import numpy as np
import pytest

from tsrnn.backends.compilation import JIT
from tsrnn.backends.smoothing import ETS, THETA
from tsrnn.forecaster import calibrating, choosing, choosing_inputs
from tsrnn.learners import smoothing

# The same examples in every run, no limit of time, and no file left behind.
hypothesis.settings.register_profile("tsrnn", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tsrnn")

# Before anything imports matplotlib: pictures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(autouse=True)
def small_without_the_compiler(monkeypatch):
    """Forecasters of one network that takes few steps, and of few smoothing models, where all is plain Python."""
    if not JIT:
        monkeypatch.setattr(choosing, "N_NETWORKS", 1)
        monkeypatch.setattr(choosing_inputs, "N_NETWORKS", 1)
        monkeypatch.setattr(choosing, "MIN_STEPS", choosing.MIN_STEPS_LARGE)
        (plain, seasonal), (theta, none) = smoothing.GRIDS[ETS], smoothing.GRIDS[THETA]
        small = {ETS: (plain[:, 5:9].copy(), seasonal[:, 16:20].copy()), THETA: (theta[:, ::5].copy(), none)}
        monkeypatch.setattr(smoothing, "GRIDS", small)
        monkeypatch.setattr(smoothing, "N_KEPT", 2)
        monkeypatch.setattr(calibrating, "N_REFITS", calibrating.MIN_REFITS)


@pytest.fixture
def rng():
    """A generator of random numbers, the same in every test."""
    return np.random.default_rng(20240229)
