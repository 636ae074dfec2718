from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tsrnn.datasets
from tsrnn.baselines import has_season
from tsrnn.datasets import DATASETS

FOLDER = Path(__file__).parent.parent / "datasets"
MAX_BYTES = 300_000
# name: number of values, first, last, sum; read off the published files.
KNOWN = {
    "airline": (144, 112, 432, 40_363),
    "gasoline": (1028, 8863, 8722, 9_287_150),
    "pageviews": (2869, 3299, 5718, 21_937_583),
    "traffic": (1896, 1460, 2845, 6_482_942),
    "housing": (26 * 187, 72, 172, 4_010_076),
}


def series_of(name):
    """Return the series of a data set as a dict of Series over their times."""
    data = DATASETS[name].load()
    if not DATASETS[name].panel:
        return {name: data}
    return {key: group.set_index("ds")["y"] for key, group in data.groupby("unique_id")}


@pytest.mark.parametrize("name", DATASETS)
def test_values(name):
    data = DATASETS[name].load()
    values = data["y"] if DATASETS[name].panel else data
    assert values.dtype == np.float64
    assert (len(values), values.iloc[0], values.iloc[-1], values.sum()) == KNOWN[name]


@pytest.mark.parametrize("name", DATASETS)
def test_every_step_is_there_and_positive(name):
    for series in series_of(name).values():
        expected = pd.date_range(series.index[0], series.index[-1], freq=DATASETS[name].freq)
        assert series.index.equals(expected)
        assert series.min() > 0


@pytest.mark.parametrize("name", [name for name, dataset in DATASETS.items() if not dataset.panel])
def test_frequency_is_set(name):
    series = DATASETS[name].load()
    assert series.index.freqstr == DATASETS[name].freq
    assert series.name
    assert series.index.name


@pytest.mark.parametrize("name", DATASETS)
def test_season_is_there(name):
    """Seen in the changes, lest a trend pass for it; of a panel in its sum, for single cities are noisy."""
    total = sum(series_of(name).values())
    assert has_season(np.diff(total.to_numpy()), DATASETS[name].season_length)


@pytest.mark.parametrize("name", DATASETS)
def test_each_call_gives_a_copy(name):
    first = DATASETS[name].load()
    expected = first.copy()
    first.iloc[:] = first.iloc[::-1].to_numpy()
    assert DATASETS[name].load().equals(expected)


@pytest.mark.parametrize("name", DATASETS)
def test_loader_and_file_are_named_alike_and_described(name):
    assert DATASETS[name].load is getattr(tsrnn.datasets, f"load_{name}")
    file = FOLDER / f"{name}.csv"
    assert file.stat().st_size < MAX_BYTES
    assert (FOLDER / "README.md").read_text(encoding="utf-8").count(f"`{file.name}`") == 2


def test_every_file_is_registered():
    assert {file.stem for file in FOLDER.glob("*.csv")} == set(DATASETS)
