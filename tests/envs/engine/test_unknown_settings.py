"""A setting that an environment does not have: told in options on a command line, in keywords in a program."""

import gymnasium
import pytest

import ludus
from ludus.envs.command_line import SETTINGS
from ludus.envs.engine.parameters import UnknownSetting, settings_as
from ludus.envs.make import make_game
from ludus.scripts.main import main

SNAKE = "ludus/Snake-v1"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["evaluate", SNAKE, "--policy", "random", "--set", "siz=4"], "'siz'; did you mean --set size=…?"),
        (["evaluate", SNAKE, "--policy", "random", "--slot", "vison=raw"], "'vison'; did you mean --slot vision=…?"),
        (
            ["watch", SNAKE, "--set", "x=1", "--record", "x.gif"],
            "'x'; known: --set NAME=… (size), --slot NAME=… (vision)",
        ),
        (["check", SNAKE, "--set", "x=1"], "snake has no parameter or slot 'x'; known: --set NAME=… (size), --slot"),
        (["check", "ludus/Taxi-v4", "--set", "x=1"], "'x'; known: --set NAME=… ("),
    ],
)
def test_on_a_command_line_settings_are_options(command, said, capsys):
    assert main(command) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert "keyword" not in shown


def test_the_first_error_counts_where_gymnasium_makes_another_of_it():
    said = "snake has no parameter or slot 'siz'; did you mean --set size=…"
    with pytest.raises(ValueError, match=said), settings_as(SETTINGS):
        make_game(SNAKE, siz=4)
    with pytest.raises(TypeError, match="snake got an unexpected keyword argument 'siz'; did you mean 'size'"):
        gymnasium.make(SNAKE, siz=4)  # what other libraries look for
    assert UnknownSetting("in words alone").said(SETTINGS) == "in words alone"


@pytest.mark.parametrize(
    "use",
    [
        lambda **given: ludus.evaluate("random", SNAKE, episodes=2, **given),
        lambda **given: ludus.record("random", "x.gif", SNAKE, **given),
        lambda **given: ludus.train(SNAKE, **given),
    ],
    ids=["evaluate", "record", "train"],
)
def test_in_a_program_they_are_keywords_and_slots(use, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"snake has no parameter or slot 'siz'; did you mean size=…\?"):
        use(siz=4)
    with pytest.raises(ValueError, match=r"'vison'; did you mean slots=\{'vision': …\}\?"):
        use(slots={"vison": "raw"})
    assert list(tmp_path.iterdir()) == []
