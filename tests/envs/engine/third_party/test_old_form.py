"""A file whose kernels stand under fixed names beside the declaration is refused, with each rename that it needs."""

import sys

import gymnasium
import pytest

from commands_stage import said
from ludus.envs.engine.mistakes import Mistake

OLD = """
import numpy as np
from gymnasium import spaces

import ludus
from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.simulation import Simulation, Slot

ludus.register("acme/Old-v0", "old_hopper")


def make_spaces():
    return spaces.Box(0.0, 9.0, (1,), np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.hops = 0


@kernel
def step(s, action, world, terms):
    s.hops += action
    return s.hops > 2


@kernel
def observe(s, world, out):
    out[0] = s.hops


@kernel
def heuristic(s, world, out):
    out[0] = 1


@kernel
def heuristic_rest(s, world, out):
    out[0] = 0


@kernel
def draw(s, world, frame):
    frame[0, 0, 0] = 1


@kernel
def sense_eye(s, world, out):
    out[0] = s.hops


truth_eye = sense_eye


@kernel
def baseline_eye_the_same(world, raw, out):
    out[0] = raw[0]


SLOTS = {
    "eye": Slot(
        raw=lambda: spaces.Box(0.0, 9.0, (1,), np.float32),
        truth=lambda: spaces.Box(0.0, 9.0, (1,), np.float32),
        meaning="how many hops",
        baselines=("the-same",),
    )
}
SIMULATION = Simulation(
    name="acme/Old-v0",
    state=lambda: {"hops": "i8"},
    spaces=make_spaces,
    terms=("hops",),
    action_names=("rest", "hop"),
    heuristics=("rest",),
    slots=SLOTS,
)
"""
LINE = 1 + OLD[: OLD.index("SIMULATION = ")].count("\n")
KERNELS = (
    "kernels are fields of Simulation(…) now: add reset=reset, step=step, observe=observe, render=draw, "
    'heuristic=heuristic, heuristics={"rest": heuristic_rest}'
)
SLOT = "; of slot 'eye': sense=sense_eye, tell=truth_eye, baselines={\"the-same\": baseline_eye_the_same}"


def test_each_rename_is_named_in_one_line(third_party_file):
    with pytest.raises(Mistake) as raised:
        gymnasium.make(third_party_file("old", OLD))
    assert str(raised.value) == f"old_file.py:{LINE}: {KERNELS}{SLOT}"


PICTURE = OLD.replace("Simulation, Slot", "Simulation, sight").replace(
    OLD[OLD.index("SLOTS = {") : OLD.index("SIMULATION = ")], 'SLOTS = {"vision": sight(make_spaces, 2.0)}\n'
)


def test_so_it_is_where_the_file_cannot_be_imported_any_more(third_party_file):
    text = PICTURE.replace(
        "from ludus.envs.engine.kernels", "from ludus.envs.engine.sines import sin\nfrom ludus.envs.engine.kernels"
    )
    line = 1 + text[: text.index("SIMULATION = ")].count("\n")
    with pytest.raises(Mistake) as raised:
        gymnasium.make(third_party_file("pictured", text))
    assert str(raised.value) == (
        f"pictured_file.py:{line}: {KERNELS}; of slot 'vision': vision_slot(make_spaces, render=draw, "
        "observe=observe, width=2.0) instead of sight(…); import from ludus.envs.engine.math.sines instead of "
        "ludus.envs.engine.sines"
    )


@pytest.mark.parametrize("text", [OLD, PICTURE], ids=["imported", "not imported"])
def test_a_command_that_is_given_the_module_says_the_line_too(text, tmp_path, monkeypatch, capsys):
    (tmp_path / "old_hopper.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    code, error = said(capsys, "check", "old_hopper:acme/Old-v0")
    sys.path[:] = path
    sys.modules.pop("old_hopper", None)
    gymnasium.registry.pop("acme/Old-v0", None)
    assert code in (1, 2)
    assert error.count("\n") == 1
    line = 1 + text[: text.index("SIMULATION = ")].count("\n")
    assert f"old_hopper.py:{line}: {KERNELS}; of slot" in error


def test_what_is_missing_without_being_of_the_old_form_is_said_as_such(third_party_file):
    """The kernels have other names, or the file declares nothing under them."""
    text = OLD.replace("slots=SLOTS", "slots={}").replace('    heuristics=("rest",),\n', "")
    text = text.replace("    spaces=make_spaces,\n", "    spaces=make_spaces,\n    reset=reset,\n    step=step,\n")
    text = text.replace("def observe(", "def obsreve(")
    line = 1 + text[: text.index("SIMULATION = ")].count("\n")
    with pytest.raises(Mistake) as raised:
        gymnasium.make(third_party_file("incomplete", text))
    expected = "SIMULATION has no kernel observe(s, world, out); did you mean 'obsreve'?"
    assert str(raised.value) == f"incomplete_file.py:{line}: {expected}"


def test_a_slot_without_its_kernel_is_told_with_its_line(third_party_file):
    text = OLD.replace('    heuristics=("rest",),\n', "").replace('        baselines=("the-same",),\n', "")
    text = text.replace(
        "spaces=make_spaces,\n", "spaces=make_spaces,\n    reset=reset,\n    step=step,\n    observe=observe,\n"
    )
    text = text.replace("truth_eye = sense_eye", "tells = sense_eye").replace(
        '        meaning="how', '        sense=sense_eye,\n        meaning="how'
    )
    line = 1 + text[: text.index('    "eye": Slot(')].count("\n")
    with pytest.raises(Mistake) as raised:
        gymnasium.make(third_party_file("blind", text))
    expected = "slot 'eye' has no kernel tell(s, world, out); did you mean 'tells'?"
    assert str(raised.value) == f"blind_file.py:{line}: {expected}"
