"""Help on a terminal: nothing is broken within a word, and commands can be pasted."""

import re
import shlex
from dataclasses import dataclass
from typing import Annotated

import pytest
import tyro
from hypothesis import given
from hypothesis import strategies as st

from ludus.utils.command_line import parse
from ludus.utils.help_text import flowing, listing

TEXT = """Train an agent on an environment, which takes some time; it can be stopped and goes on from where it was.

  ludus train ID --set 'randomize={gravity: [8, 12]}' --agent-set learning_rate=0.001 --seed 0   # with many words
  ludus train ID

Ctrl-C saves."""


@dataclass
class Options:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id."""
    steps: int | None = None
    """Environment steps in all (default: the preset's, or 1,000,000), which is a rather long sentence about numbers."""
    rate: float = 0.5
    """A share."""
    freeze: bool = False
    """Keep the weights."""


def shown(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as end:
        parse(Options, "train", TEXT, ["--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 300])
def test_a_help_has_all_options_in_lines_that_fit(capsys, monkeypatch, width):
    text = shown(capsys, monkeypatch, width)
    assert all(len(line) <= min(width, 100) for line in text.splitlines())
    words = " ".join(text.split())
    assert "WHAT The folder of a run, or an environment id." in words
    assert "--steps N Environment steps in all (default: the preset's, or 1,000,000), which is a rather long" in words
    assert "--rate FLOAT A share. (default: 0.5)" in words
    assert "--freeze, --no-freeze Keep the weights." in words
    assert not re.search(r"None|[╭╰│]", text)


def test_a_command_that_is_broken_can_be_pasted():
    text = flowing(TEXT, 60)
    lines = text.splitlines()
    assert lines[:3] == [
        "Train an agent on an environment, which takes some time; it",
        "can be stopped and goes on from where it was.",
        "",
    ]
    assert lines[3] == "  # with many words"
    first = text[text.index("  ludus") : text.index("  ludus train ID\n")]
    assert len(first.splitlines()) > 1
    assert shlex.split(first.replace("\\\n", "")) == shlex.split(
        "ludus train ID --set 'randomize={gravity: [8, 12]}' --agent-set learning_rate=0.001 --seed 0"
    )
    assert "--set \\" not in text  # an option stands beside its value
    assert flowing(TEXT, 200).splitlines()[2] == TEXT.splitlines()[2]


@given(st.text("ab -\n'\"\\#", max_size=200), st.integers(40, 100))
def test_no_word_is_lost(text, width):
    kept = re.sub(r"[\\\s#]", "", text)
    assert sorted(re.sub(r"[\\\s#]", "", flowing(text, width))) == sorted(kept)


def test_a_list_keeps_its_columns():
    told = listing([("ludus train", "to train " * 12), ("a name that is too long for its column", "x")], 60)
    lines = told.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert len({len(line) - len(line.lstrip()) for line in lines[1:3]}) == 1
    assert lines[-2:] == ["  a name that is too long for its column", " " * 24 + "x"]
