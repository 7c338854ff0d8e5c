"""The source of a small environment that is a folder of files, for tests of what must see all of them."""

FOLDER = {
    "__init__": '''"""A hopper whose rules, pictures and numbers stand in files of their own."""

from ludus.envs.engine.simulation import Simulation

from .constants import LENGTH
from .observation import make_spaces, observe
from .rendering import render
from .rules import reset, step

SIMULATION = Simulation(
    name="acme/Folder-v0",
    state=lambda: {"hops": "i8"},
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    terms=("hops",),
    action_names=("rest", "hop"),
)
''',
    "constants": "LENGTH = 2  # hops\n",
    "rules": """from ludus.envs.engine.kernels import kernel

from . import constants


@kernel
def reset(s, world):
    s.hops = 0


@kernel
def step(s, action, world, terms):
    s.hops += action
    terms[0] = 0.5
    return s.hops > constants.LENGTH
""",
    "observation": """import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import kernel


def make_spaces():
    return spaces.Box(0.0, 9.0, (1,), np.float32), spaces.Discrete(2)


@kernel
def observe(s, world, out):
    out[0] = s.hops
""",
    "rendering": """from ludus.envs.engine.kernels import kernel


@kernel
def render(s, world, frame):
    for row in range(frame.shape[0]):
        for column in range(frame.shape[1]):
            frame[row, column, 0] = 10 * s.hops
""",
    "notes": '''"""Nothing of this file is reached by a kernel."""\n''',
}


def write_folder(folder):
    """Write the environment's files into ``folder``, which does not exist yet."""
    folder.mkdir(parents=True)
    for name, text in FOLDER.items():
        (folder / f"{name}.py").write_text(text)
