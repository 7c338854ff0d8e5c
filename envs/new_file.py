"""The files that `ludus new` writes: a small environment that plays, and a test of its rules.

Both are texts, not modules of Ludus: they belong to whoever asked for them, import Ludus by its name, and may lie
anywhere.
"""

import keyword
import os
import re
from importlib.util import find_spec
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
NAMESPACE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)

ENVIRONMENT = '''"""A sledge on a track: push it to the flag and stop there.

World: a track of 10 m between two walls, a sledge on it and a flag. Actions: 0 push left, 1 nothing, 2 push right.
Observation (3,): place of the sledge (m), its speed (m/s), way to the flag (m, to the right positive).
Reward: `way` is -0.01 for each metre to the flag, in each step; `flag` 1 where it stops at the flag, which ends it.
"""

import numpy as np
from gymnasium import spaces

import ludus
from ludus.envs.engine.drawing import box, disc, fill, line
from ludus.envs.engine.kernels import kernel, uniform_in
from ludus.envs.engine.simulation import Parameter, Simulation

WALL = 5.0  # m from the middle
NEAR, SLOW = 0.25, 0.25  # m, m/s: so it has stopped at the flag
STEP = 0.05  # s
FASTEST = 10.0  # m/s; push / drag is 8 at the most, and no push makes it faster

PARAMETERS = {
    "push": Parameter(3.0, 1.0, 4.0, "m/s²", "what a push adds to the speed in a second"),
    "drag": Parameter(0.5, 0.5, 2.0, "1/s", "share of the speed that is lost in a second"),
}


def state():
    """What one environment remembers: the fields of the record `s`."""
    return {"x": "f8", "v": "f8", "flag": "f8"}  # m, m/s, m


def make_spaces():
    """What an agent sees and does."""
    high = np.array([WALL, FASTEST, 2 * WALL], np.float32)
    return spaces.Box(-high, high), spaces.Discrete(3)


@kernel
def reset(s, world):
    s.x = uniform_in(s, -WALL, WALL)
    s.v = 0.0
    s.flag = uniform_in(s, -WALL, WALL)


@kernel
def step(s, action, world, terms):
    s.v += ((action - 1) * s.push - s.drag * s.v) * STEP
    s.x += s.v * STEP
    if abs(s.x) > WALL:  # it stands at the wall
        s.x = WALL if s.x > 0 else -WALL
        s.v = 0.0
    terms[0] = -0.01 * abs(s.flag - s.x)
    s.success = abs(s.flag - s.x) < NEAR and abs(s.v) < SLOW
    terms[1] = 1.0 if s.success else 0.0
    return s.success


@kernel
def observe(s, world, out):
    out[0] = s.x
    out[1] = s.v
    out[2] = s.flag - s.x


@kernel
def heuristic(s, world, out):
    """Aim at a speed that fits the way that is left."""
    missing = (s.flag - s.x) - s.v
    out[0] = 2 if missing > 0.1 else 0 if missing < -0.1 else 1


@kernel
def invariant(s, world, shown, legal):
    """0, or the number of a sentence in `invariants` that does not hold; `ludus fuzz` looks for such a state."""
    if not abs(s.x) <= WALL:
        return 1
    return 0 if abs(s.v) <= FASTEST else 2


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = width / (2.2 * WALL)  # pixels a metre
    ground = 0.7 * height
    fill(frame, 0, 0, width, height, (246, 247, 251))
    fill(frame, 0, int(ground), width, height, (214, 219, 230))
    at = 0.5 * width + s.flag * unit
    line(frame, at, ground, at, ground - 1.6 * unit, 0.08 * unit, (60, 66, 82))
    box(frame, at, ground - 1.6 * unit, at + 0.8 * unit, ground - 1.1 * unit, 0.0, (232, 80, 80))
    at = 0.5 * width + s.x * unit
    box(frame, at - 0.6 * unit, ground - 0.5 * unit, at + 0.6 * unit, ground, 0.15 * unit, (60, 110, 220))
    disc(frame, at, ground - 0.8 * unit, 0.3 * unit, (60, 66, 82))


SIMULATION = Simulation(
    name="@ID@",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    heuristic=heuristic,
    invariant=invariant,
    render=render,
    terms=("way", "flag"),
    action_names=("push left", "nothing", "push right"),
    invariants=("the sledge is between the walls", "it is not faster than a push can make it"),
    parameters=PARAMETERS,
    succeeds=True,
    frame=(240, 640),
    keys={"left": 0, "right": 2},
    idle=(1,),
)

ludus.register("@ID@", "@NAME@", max_episode_steps=200)
'''

TEST = '''"""Every step of @NAME@.py equals its rules, written once more in plain Python; and the task can be solved."""

import gymnasium
import numpy as np

import @NAME@ as rules


def test_every_step_equals_the_rules():
    env = gymnasium.make("@ID@", push=2.0).unwrapped
    env.reset(seed=1)
    x, v, flag = (float(env.batch.records[name][0]) for name in ("x", "v", "flag"))
    for action in np.random.default_rng(0).integers(3, size=300).tolist():
        observation, reward, terminated, _, info = env.step(action)
        v += ((action - 1) * 2.0 - 0.5 * v) * 0.05
        x += v * 0.05
        if abs(x) > 5:
            x, v = np.sign(x) * 5, 0.0
        there = abs(flag - x) < 0.25 and abs(v) < 0.25
        np.testing.assert_allclose(observation, [x, v, flag - x], rtol=1e-6)
        assert np.isclose(reward, there - 0.01 * abs(flag - x))
        assert terminated == info["is_success"] == there
        if terminated:
            env.reset()
            x, v, flag = (float(env.batch.records[name][0]) for name in ("x", "v", "flag"))


def test_it_stands_still_at_the_wall():
    env = gymnasium.make("@ID@").unwrapped
    env.reset(seed=0)
    env.batch.records["flag"] = -rules.WALL
    for _ in range(120):
        observation, *_ = env.step(2)
    assert observation.tolist() == [rules.WALL, 0.0, -2 * rules.WALL]


def test_the_reference_policy_solves_it():
    envs = gymnasium.make_vec("@ID@", num_envs=50)
    envs.reset(seed=0)
    solved = np.zeros(50, bool)
    for _ in range(199):
        _, _, _, _, info = envs.step(envs.batch.heuristic())
        solved |= info["is_success"]
    assert solved.all()
'''


def _check_name(name: str) -> None:
    """``ValueError`` unless ``name`` is one in lower case."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ValueError(
            f"{name!r} cannot name a file of Python's; expected a lower case letter, then such letters, digits and _, "
            "such as hopper or moon_lander"
        )


def _check_free(name: str) -> None:
    """``ValueError`` if Python or a library has a module of this name: that would be imported instead."""
    try:
        taken = find_spec(name) is not None
    except (ImportError, ValueError):  # a module that is there, and half made
        taken = True
    if taken:
        raise ValueError(f"{name!r} is a module that Python finds already, and would find instead; take another name")


def id_of(name: str, namespace: str) -> str:
    """The id of a new environment: ``moon_lander`` of ``acme`` is ``acme/MoonLander-v0``.

    Raises:
        ValueError: a namespace that no id can have.
    """
    if not NAMESPACE.fullmatch(namespace) or namespace == "ludus":
        raise ValueError(
            f"--namespace {namespace!r}: expected letters, digits, ., - and _, and not ludus, whose ids are Ludus' own"
        )
    return f"{namespace}/{''.join(part.capitalize() for part in name.split('_'))}-v0"


def write_new(folder: Path, name: str, namespace: str) -> tuple[str, Path, Path]:
    """Write the environment ``name`` and its test into ``folder``; returns its id and the two files.

    Raises:
        ValueError: a name or a namespace that cannot be.
        FileExistsError: one of the files is there already. Nothing was written.
    """
    _check_name(name)
    id = id_of(name, namespace)
    texts = {folder / f"{name}.py": ENVIRONMENT, folder / f"test_{name}.py": TEST}
    for path in texts:
        if os.path.lexists(path):
            raise FileExistsError(f"{path.name} is there already, and nothing is overwritten; take another name")
    _check_free(name)
    for path, text in texts.items():
        with open(path, "x", encoding="utf-8") as stream:  # x: nor what has come in between
            stream.write(text.replace("@ID@", id).replace("@NAME@", name))
    file, test = texts
    return id, file, test
