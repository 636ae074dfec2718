"""The code in the README runs and prints what the README says."""

import re
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
NUMBER = r"-?\d+\.\d+"
# Processors with other vector lengths round differently, and training carries it on.
TOLERANCE = 0.02


def code_and_output():
    """Pairs of a Python block and the block after it that shows what it prints, or None."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    after = [*blocks[1:], ("python", "")]
    return [(code, None if kind else text) for (name, code), (kind, text) in zip(blocks, after, strict=True) if name]


def words_of(text):
    """Text with numbers and spaces made alike."""
    return re.sub(NUMBER, "#", text).split()


@pytest.mark.slow
def test_code_prints_what_is_shown():
    namespace, shown = {}, []
    for code, expected in code_and_output():
        if "import torch" in code and find_spec("torch") is None:
            continue
        printed = StringIO()
        with redirect_stdout(printed):
            exec(code, namespace)
        if expected is not None:
            assert words_of(printed.getvalue()) == words_of(expected)
            seen, told = (
                [float(number) for number in re.findall(NUMBER, text)] for text in (printed.getvalue(), expected)
            )
            assert seen == pytest.approx(told, rel=TOLERANCE)
            shown += told
        else:
            assert printed.getvalue() == ""
    assert len(shown) == 6


def test_files_that_are_named_exist():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 5
    root = Path(__file__).parent.parent
    assert [link for link in links if not (root / link).exists()] == []
    assert [path for path in re.findall(r"python (\S+\.py)", README) if not (root / path).exists()] == []
