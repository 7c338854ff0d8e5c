"""A mistake in an environment's file is one line: its file, the line, what came, what was expected. A table of them."""

import gymnasium
import numpy as np
import pytest

import ludus
from broken_files import COMPILE, LOAD, RUN
from commands_stage import said
from hopper import HOPPER
from ludus.envs.engine.mistakes import Mistake
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party import admission, lint


def broken(row):
    """The changed file, and how its one line must begin and go on."""
    name, before, after, where, message = row
    assert HOPPER.count(before) == 1, f"{name} changes {HOPPER.count(before)} places"
    text = HOPPER.replace(before, after)
    line = 1 + text[: text.index(where)].count("\n")
    return text, f"{name.replace('-', '_')}_file.py:{line}: ", message


def check(raised, start, message):
    told = str(raised.value)
    assert told.startswith(start), told
    assert message in told
    assert "\n" not in told


def play(id, **keywords):
    env = gymnasium.make_vec(id, num_envs=2, **keywords)
    env.reset(seed=0)
    for _ in range(4):
        env.step(np.ones(2, np.int64))
    env.close()


@pytest.mark.parametrize("row", LOAD, ids=[row[0] for row in LOAD])
def test_mistake_is_found_before_anything_is_compiled(row, third_party_file):
    text, start, message = broken(row)
    id = third_party_file(row[0], text)
    for make in (gymnasium.make, gymnasium.make_vec):
        with pytest.raises(Mistake) as raised:
            make(id)
        check(raised, start, message)


@pytest.mark.parametrize("row", COMPILE, ids=[row[0] for row in COMPILE])
def test_mistake_is_found_when_it_is_compiled(row, third_party_file):
    text, start, message = broken(row)
    with pytest.raises(Mistake) as raised:
        gymnasium.make(third_party_file(row[0], text))
    check(raised, start, message)


@pytest.mark.parametrize("row", RUN, ids=[row[0] for row in RUN])
def test_mistake_is_found_when_it_is_played(row, third_party_file):
    text, start, message = broken(row)
    with pytest.raises(Mistake) as raised:
        play(third_party_file(row[0], text))
    check(raised, start, message)


def test_the_file_without_a_mistake_is_fine(third_party_file):
    play(third_party_file("right", HOPPER))


@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_nothing_is_said_of_our_own_files_although_they_are_read_as_if_they_were_others(id, monkeypatch):
    monkeypatch.setattr(lint, "is_ours", lambda file: file.endswith("kernels.py"))
    module, simulation = load(ludus.ENVIRONMENTS[id][0])
    spans = {name: parameter.span for name, parameter in simulation.parameters.items()}
    made = admission.declared(module, simulation, simulation.resolve_sizes({}, id), spans)
    lint.lint(module, simulation, made)


IN_A_COMMAND = [
    row for row in LOAD + COMPILE if row[0] in ("syntax", "unknown-field-is-set", "float-in-an-integer-field")
]


@pytest.mark.parametrize("row", IN_A_COMMAND, ids=[row[0] for row in IN_A_COMMAND])
def test_command_says_one_line_and_exits_with_2(row, third_party_file, capsys):
    text, start, message = broken(row)
    code, told = said(capsys, "check", third_party_file(row[0], text))
    assert code == 2
    assert told.startswith(f"ludus: {start}")
    assert message in told
    assert told.count("\n") == 1
