"""Every example runs, prints what it is about, and writes the pictures that it names."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt

import tsrnn

EXAMPLES = Path(__file__).parent.parent / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """A function that runs an example as a script, in an empty folder; returns what it printed and its names."""

    def run_example(name):
        monkeypatch.setattr(sys, "argv", [str(EXAMPLES / name), str(tmp_path / "out")])
        monkeypatch.chdir(tmp_path)
        names = runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        plt.close("all")
        return capsys.readouterr().out, names

    return run_example


def numbers_after(label, text):
    """Numbers in the line that begins with `label`."""
    (line,) = re.findall(rf"^{re.escape(label)}(?!\w)(.*)$", text, flags=re.MULTILINE)
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", line)]


def check_pictures(folder, *names):
    """Assert that a folder holds these pictures and nothing else, each of some size, none of them blank."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    for name in names:
        pixels = plt.imread(folder / name)[:, :, :3]
        assert min(pixels.shape[:2]) > 300
        assert 0.001 < np.mean(pixels.min(axis=2) < 0.9) < 0.9


def test_quickstart_from_another_folder(tmp_path):
    """As a user runs it: in a process of its own, without an argument."""
    result = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "quickstart.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(tsrnn.__file__).parent.parent)},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    ours, naive, seasonal = (
        numbers_after(name, result.stdout) for name in ("RNNForecaster", "naive", "seasonal_naive")
    )
    # MAE, MASE, skill against naive, skill against seasonal naive.
    assert naive[:3] == [66.93, 2.51, 0.0]
    assert (seasonal[:2], seasonal[3]) == ([38.43, 1.44], 0.0)
    assert ours[1] < 0.5 * seasonal[1]
    assert ours[2] > 0.7
    assert ours[3] > 0.5
    assert len(re.findall(r"^1961-\d\d-01 ", result.stdout, flags=re.MULTILINE)) == 12
    check_pictures(tmp_path / "pictures", "forecast.png")


def test_panel(run, tmp_path):
    text, _ = run("panel.py")
    for city in ("Houston", "Austin"):
        ours, naive, seasonal, skill = numbers_after(city, text)
        assert ours < seasonal < naive
        assert skill == pytest.approx(1 - ours / seasonal, abs=0.006)  # rounded to two decimals
    better, cities, mean_skill = numbers_after("Better than seasonal naive in", text)
    assert cities == 26
    assert better >= 22
    assert mean_skill > 0.1
    assert len(re.findall(r"Abilene 2015-(?:08|09|10)-01 \d+", text)) == 3
    check_pictures(tmp_path / "out", "panel.png")


def test_classify_sentences(run):
    text, _ = run("classify_sentences.py")
    bag, network = numbers_after("bag of words", text), numbers_after("recurrent network", text)
    assert max(bag) < 0.8
    assert min(network) > 0.97
    probabilities = [float(p) for p in re.findall(r"^(\d\.\d\d) good: ", text, flags=re.MULTILINE)]
    np.testing.assert_allclose(probabilities, [1, 0, 1], atol=0.05)


def test_tag_words(run):
    text, _ = run("tag_words.py")
    forwards, both = numbers_after("reads forwards", text), numbers_after("reads both ways", text)
    assert forwards[1] < 0.9
    assert both == pytest.approx([1, 1], abs=0.01)
    assert "her/DET dog/NOUN will/AUX watch/VERB her/PRON" in text
    assert "they/PRON watch/VERB her/DET old/ADJ watch/NOUN often/ADV" in text


def test_translate_numbers(run):
    text, names = run("translate_numbers.py")
    assert numbers_after("numbers never seen that are written without a mistake:", text)[0] > 0.97
    translated = re.findall(r"^([a-z ]+) -> (\d+)$", text, flags=re.MULTILINE)
    assert len(translated) == 5
    assert [words for words, _ in translated] == [" ".join(names["spell"](int(digits))) for _, digits in translated]


def test_names(run):
    text, names = run("names.py")
    shares, counts = zip(*(numbers_after(f"temperature {t}:", text) for t in (0.5, 1.0, 1.5)), strict=True)
    # The colder, the more like the list.
    assert shares[0] > 0.5 > shares[1] > shares[2]
    assert counts[0] < counts[1] < counts[2]
    drawn = re.findall(r"^  ([a-z ]+)$", text, flags=re.MULTILINE)
    assert [len(line.split()) for line in drawn] == [10] * 3
    assert not set(" ".join(drawn).split()) & set(names["NAMES"])
    (continued,) = re.findall(r"^Beginning with 'or': (.*)$", text, flags=re.MULTILINE)
    assert all(name.startswith("or") for name in continued.split())


def test_weekly_totals(run):
    text, _ = run("weekly_totals.py")
    (paths, width), (days, sums) = (
        numbers_after(name, text) for name in ("sample paths:", "sums of the quantiles of days:")
    )
    assert width < sums
    # Three standard errors of a share of .8 of 40 weeks.
    assert 61 < paths <= days


def test_generate_curves(run, tmp_path):
    text, _ = run("generate_curves.py")
    network, linear = numbers_after("recurrent network", text), numbers_after("linear regression", text)
    assert network[0] < 0.1
    assert network[0] < 0.4 * linear[0]
    check_pictures(tmp_path / "out", "curves.png")


def test_search_parameters(run):
    text, _ = run("search_parameters.py")
    rows = re.findall(r"^ *(rnn|lstm|gru) +(8|24) +(\d+)$", text, flags=re.MULTILINE)
    assert len({row[:2] for row in rows}) == 6
    errors = [int(error) for _, _, error in rows]
    assert errors == sorted(errors)
    assert numbers_after("best of the search", text)[0] < 0.97 * numbers_after("the week before", text)[0]


def test_visual_guide(run, tmp_path):
    text, _ = run("visual_guide.py")
    parameters, scores, gradients = {}, {}, {}
    for cell in ("rnn", "lstm", "gru"):
        parameters[cell], scores[cell], gradients[cell] = numbers_after(cell, text)
    # Gates x (units x (inputs + units) + two biases), and a readout of as many weights as units and a bias.
    assert parameters == {cell: gates * 96 + 9 for cell, gates in (("rnn", 1), ("lstm", 4), ("gru", 3))}
    assert scores["rnn"] < 0.95 < 0.97 < min(scores["lstm"], scores["gru"])
    assert gradients["lstm"] == pytest.approx(1, abs=0.3)
    assert gradients["gru"] == pytest.approx(1, abs=0.3)
    assert gradients["rnn"] < 0.3
    assert numbers_after("Padding: largest output", text) == [0, 0]
    names = ("unrolled", "kinds", "states", "gates", "padding", "fading")
    check_pictures(tmp_path / "out", *(f"{name}.png" for name in names))


def test_every_example_is_run_here():
    names = {path.name for path in EXAMPLES.glob("*.py")}
    assert names == set(re.findall(r'"(\w+\.py)"', Path(__file__).read_text(encoding="utf-8")))
    assert {f"test_{name.removesuffix('.py')}" for name in names - {"quickstart.py"}} < set(globals())
