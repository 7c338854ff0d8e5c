"""The page "your first environment": every block of it runs, in an empty folder, as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from ludus.envs.engine.mistakes import place_of
from ludus.envs.make import make_game
from ludus.scripts.main import main

PAGE = (Path(__file__).parents[1] / "docs" / "first-environment.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`(ludus \w+ [^`]*:[^`]*)`", PAGE)  # commands within a sentence
# What a command is given besides, or in the place of what stands there: less of the same.
LESS = {
    "train": {"--steps": "128", "--num-envs": "4", "--evaluate-every": "0"},
    "check": {"--fuzz": "1000"},
    "evaluate": {"--episodes": "4"},
    "watch": {"--steps": "5"},
    "fuzz": {"--steps": "300"},
}
TINY = {"ppo": ["n_steps=16", "batch_size=16"], "pqn": ["rollout_steps=8", "minibatches=1"]}


def shortened(line):
    """The words of a command, with less to do."""
    words = shlex.split(line.partition("  #")[0])[1:]
    for option, value in LESS.get(words[0], {}).items():
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    if words[0] == "train":
        words += [word for pair in TINY["ppo" if "ppo" in words else "pqn"] for word in ("--agent-set", pair)]
    return words


def run(line):
    words = shortened(line)
    if words[0] == "play":  # which a person does
        module, _, id = words[1].partition(":")
        assert module == "heating"
        make_game(id).close()
    else:
        assert main(words) == 0, line


def test_every_block_runs_as_it_stands_there(place, pygame, monkeypatch):
    monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    shared = {}
    for kind, text in BLOCKS:
        name = re.match(r"# (\w+\.py)\n", text)
        if name:
            (place / name[1]).write_text(text)
        elif kind == "python":
            exec(compile(text, "first-environment.md", "exec"), shared)
        else:
            assert kind == "console"
            for line in text.splitlines():
                run(line)
    assert (place / "heating.gif").stat().st_size > 1000
    assert (place / "test_hopper.py").exists()
    for line in INLINE:
        run(line)
    import heating

    file, line = place_of(heating.observe)
    message = f"{Path(file).name}:{line}: observe leaves 61.2 in out[0] of environment 3; its space has -40 … 60 there"
    assert message in PAGE


def test_the_page_has_what_is_run():
    assert [kind for kind, _ in BLOCKS].count("python") == 4
    assert [kind for kind, _ in BLOCKS].count("console") == 5
    assert len(INLINE) == 2


@pytest.mark.parametrize(("line", "words"), [("ludus check a:b/C-v0  # then", ["check", "a:b/C-v0", "--fuzz", "1000"])])
def test_commands_are_shortened(line, words):
    assert shortened(line) == words
