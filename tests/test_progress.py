"""Progress of a training: silent by default, a bar for each network, or lines where tqdm is not installed."""

import sys

import numpy as np
import pytest

from tsrnn import RNNRegressor
from tsrnn.network import Network
from tsrnn.progress import MAX_LINES, make_progress
from tsrnn.sequences import Sequences
from tsrnn.training import TrainingOptions, train_all

X = np.random.default_rng(0).normal(size=(20, 3))


@pytest.fixture
def without_tqdm(monkeypatch):
    """Python without tqdm."""
    monkeypatch.setattr("tsrnn.progress.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def test_nothing_is_shown_by_default(capsys):
    progress = make_progress(10, verbose=0)
    progress.show(1, 0.5)
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_lines_without_tqdm(without_tqdm, capsys):
    model = RNNRegressor(2, max_epochs=3, random_state=0, verbose=1).fit(X, X[:, 0])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"epoch {k} of 3: loss {loss:.4g}" for k, loss in enumerate(model.history_["loss"], 1)]


@pytest.mark.parametrize(("max_epochs", "first"), [(5, 1), (20, 1), (21, 2), (100, 5), (1500, 75)])
def test_many_epochs_make_few_lines(without_tqdm, capsys, max_epochs, first):
    progress = make_progress(max_epochs, verbose=1)
    for epoch in range(1, max_epochs + 1):
        progress.show(epoch, 0.25)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"epoch {first} of {max_epochs}: loss 0.25"
    assert lines[-1] == f"epoch {max_epochs} of {max_epochs}: loss 0.25"
    assert len(lines) <= MAX_LINES


def train_three(n_jobs):
    """Train three networks, one after the other or side by side."""
    sequences = Sequences.from_dense(X[:, :, None], X[:, :1, None])
    networks = [Network(input_size=1, hidden_size=2, output_size=1) for _ in range(3)]
    options = TrainingOptions(max_epochs=2, verbose=1)
    arguments = {"sequences": sequences, "options": options}
    train_all([{"network": n, "rng": np.random.default_rng(0), **arguments} for n in networks], n_jobs=n_jobs)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bars_of_several_networks_have_lines_of_their_own(monkeypatch, n_jobs):
    tqdm = pytest.importorskip("tqdm.auto").tqdm
    made = []

    class Recorded(tqdm):
        def __init__(self, *arguments, **options):
            made.append((options["position"], options["desc"]))
            super().__init__(*arguments, **options)

    monkeypatch.setattr("tqdm.auto.tqdm", Recorded)
    train_three(n_jobs)
    assert sorted(made) == [(0, "network 0, epochs"), (1, "network 1, epochs"), (2, "network 2, epochs")]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_lines_of_several_networks_name_them(without_tqdm, capsys, n_jobs):
    train_three(n_jobs)
    lines = sorted(line.split(":")[0] for line in capsys.readouterr().err.splitlines())
    assert lines == [f"network {k}, epoch {epoch} of 2" for k in range(3) for epoch in (1, 2)]


def test_a_bar_ends_where_early_stopping_does(capsys):
    pytest.importorskip("tqdm")
    model = RNNRegressor(2, early_stopping=True, tol=1e9, n_iter_no_change=2, max_epochs=50, random_state=0, verbose=1)
    with pytest.warns(match="The initial weights are kept"):
        model.fit(X, X[:, 0])
    assert f"{model.n_iter_}/50" in capsys.readouterr().err
