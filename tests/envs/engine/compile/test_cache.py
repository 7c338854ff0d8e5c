"""The machine code on disk: used again by the next process, never stale, never mixed up. And what an import costs.

Each test runs a small environment of its own, in a package of its own, in new processes.
"""

import json
import os
import subprocess
import sys

import pytest

from hopper_folder import FOLDER, write_folder
from ludus.envs.engine.compile.binding import hash_sources

RULES = '''
import math

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.simulation import Simulation, Size

from .helper import stride
from .numbers import BONUS


def state(size):
    return {"cells": ("f8", (size,)), "weight": "f8", "x": "f8"}


def make_spaces(size):
    return spaces.Box(-1e9, 1e9, (2,), np.float64), spaces.Discrete(2)


@kernel
def weigh(s):
    """The sum of the cells times the weight; too long to be inlined, so it is found by its symbol."""
    zero, one, total = 0.0 * s.x, 1.0, 0.0
    LONG
    for i in range(s.cells.shape[0]):
        total += s.cells[i] * s.weight * one
    return total


@kernel
def reset(s, world):
    s.x = 0.0
    s.weight = 2.0
    for i in range(s.cells.shape[0]):
        s.cells[i] = 1.0


@kernel
def step(s, action, world, terms):
    s.x += stride(action) * weigh(s) / (2.0 * s.cells.shape[0])
    terms[0] = BONUS
    return False


@kernel
def observe(s, world, out):
    out[0] = s.x
    out[1] = weigh(s)


SIMULATION = Simulation(
    name="test/Thrower-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("bonus",),
    action_names=("short", "long"),
    sizes={"size": Size(4, 1, 99, "cells")},
)
'''
# Statements of `weigh` that change nothing but its length.
LONG = [f"one *= math.cosh({k} * zero) * math.tan({k} + zero) / math.tan({k} + zero)" for k in range(1, 16)]
RULES = RULES.replace("LONG", "; ".join(LONG))
HELPER = """
from ludus.envs.engine.kernels import kernel

from .deeper import long_stride


@kernel
def stride(action):
    return long_stride() if action == 1 else 1.0
"""
DEEPER = """
from ludus.envs.engine.kernels import kernel


@kernel
def long_stride():
    return 10.0
"""
RUN = """
import json, sys
import numpy as np
from ludus.envs.engine.kernel_batch import KernelBatch

result, loops = {}, {}
for size in map(int, sys.argv[1:]):
    batch = KernelBatch("tiny.rules", 3, size=size)
    batch.reset(seeds=[1, 2, 3])
    batch.step(np.array([0, 1, 1]))
    result[size] = {"seen": batch.buffers.observation.tolist(), "reward": batch.buffers.reward.tolist()}
    loops[id(batch._driver.drive)] = batch._driver.drive.stats
result["hits"] = sum(sum(stats.cache_hits.values()) for stats in loops.values())
result["misses"] = sum(sum(stats.cache_misses.values()) for stats in loops.values())
print(json.dumps(result))
"""


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    files = {"__init__": "", "rules": RULES, "helper": HELPER, "deeper": DEEPER, "numbers": "BONUS = 0.5\n"}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def python(arguments, cwd, **variables):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**kept, **variables}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(package, *sizes):
    return json.loads(python(["-c", RUN, *map(str, sizes)], package.parent))


def machine_code(package):
    return {path.name: path.stat().st_mtime_ns for path in (package / "__pycache__").glob("*.nb*")}


def test_cached_code_is_used_again_and_an_edit_in_any_file_is_noticed(package):
    first = run(package, 4)
    assert first["4"] == {"seen": [[1.0, 8.0], [10.0, 8.0], [10.0, 8.0]], "reward": [0.5, 0.5, 0.5]}
    assert (first["hits"], first["misses"]) == (0, 1)
    files = machine_code(package)
    assert any(name.startswith("rules.drive") and name.endswith(".nbc") for name in files)

    second = run(package, 4)
    assert second["4"] == first["4"]
    assert (second["hits"], second["misses"]) == (1, 0)
    assert machine_code(package) == files

    (package / "deeper.py").write_text(DEEPER.replace("10.0", "77.0"))  # two files away from the environment's
    third = run(package, 4)
    assert third["4"]["seen"] == [[1.0, 8.0], [77.0, 8.0], [77.0, 8.0]]
    assert third["misses"] == 1

    # A file without any function: the compiled code holds its numbers all the same.
    (package / "numbers.py").write_text("BONUS = 2.5\n")
    assert run(package, 4)["4"]["reward"] == [2.5, 2.5, 2.5]


RUN_FOLDER = """
import json, sys
import numpy as np
from ludus.envs.engine.kernel_batch import KernelBatch

batch = KernelBatch("hopping", 2)
batch.reset(seeds=[1, 2])
batch.step(np.array([0, 1]))
frame = np.zeros((1, 1, 3), np.uint8)
batch.render(1, frame)
played, drawn = batch._driver.drive.stats, batch._driver.render.stats
hits, misses = (sum(sum(stats.values()) for stats in both) for both in zip(drawn[1:], played[1:], strict=True))
seen, reward = batch.buffers.observation.tolist(), batch.buffers.reward.tolist()
print(json.dumps({"seen": seen, "reward": reward, "red": int(frame[0, 0, 0]), "hits": hits, "misses": misses}))
"""


def test_an_edit_in_any_file_of_an_environments_folder_makes_its_machine_code_anew(tmp_path):
    """It lies beside the folder's ``__init__``; files that no kernel reaches count, too."""
    folder = tmp_path / "hopping"
    write_folder(folder)

    def run():
        return json.loads(python(["-c", RUN_FOLDER], tmp_path, LUDUS_UNCHECKED="1"))

    expected = {"seen": [[0.0], [1.0]], "reward": [0.5, 0.5], "red": 10}
    assert run() == {**expected, "hits": 0, "misses": 2}
    assert {path.parent for path in tmp_path.rglob("*.nb*")} == {folder / "__pycache__"}
    assert run() == {**expected, "hits": 2, "misses": 0}
    edits = {
        "rules": ("0.5", "2.5", {"reward": [2.5, 2.5]}),
        "rendering": ("10 *", "20 *", {"red": 20}),
        "observation": ("= s.hops", "= s.hops + 3", {"seen": [[3.0], [4.0]]}),
        "constants": ("LENGTH = 2", "LENGTH = 5", {}),
        "notes": ("Nothing", "Still nothing", {}),
    }
    for name, (before, after, change) in edits.items():
        assert FOLDER[name].count(before) == 1
        (folder / f"{name}.py").write_text(FOLDER[name].replace(before, after))
        expected |= change
        assert run() == {**expected, "hits": 0, "misses": 2}, name
    assert run() == {**expected, "hits": 2, "misses": 0}


OWN = """
from ludus.envs.engine.compile.binding import loop

from .helper import stride

START = 1.0


@loop
def total(actions):
    result = START
    for i in range(actions.shape[0]):
        result += stride(actions[i])
    return result
"""
RUN_OWN = """
import numpy as np
from tiny.own import total

print(total(np.array([0, 1])), sum(total.stats.cache_hits.values()))
"""


def test_a_loop_that_is_bound_to_no_environment_is_cached_and_made_anew_as_well(package):
    (package / "own.py").write_text(OWN)
    run = lambda: python(["-c", RUN_OWN], package.parent).split()  # noqa: E731
    assert run() == ["12.0", "0"]
    assert run() == ["12.0", "1"]
    (package / "deeper.py").write_text(DEEPER.replace("10.0", "77.0"))  # a kernel that it reaches by another
    assert run() == ["79.0", "0"]
    (package / "own.py").write_text(OWN.replace("START = 1.0", "START = 3.0"))
    assert run() == ["81.0", "0"]
    assert run() == ["81.0", "1"]


def test_an_index_that_names_a_type_which_has_moved_is_forgotten(package):
    world = """
class World(NamedTuple):
    table: np.ndarray


def make_world(size):
    return World(np.zeros(size))


"""
    rules = RULES.replace("import math\n", "import math\nfrom typing import NamedTuple\n", 1)
    rules = rules.replace("    action_names", "    world=make_world,\n    action_names")
    (package / "rules.py").write_text(rules.replace("SIMULATION =", world.lstrip() + "SIMULATION ="))
    first = run(package, 4)
    (package / "worlds.py").write_text("from typing import NamedTuple\n\nimport numpy as np\n\n" + world)
    (package / "rules.py").write_text(rules.replace("from .helper", "from .worlds import make_world\nfrom .helper"))
    second = run(package, 4)
    assert (second["4"], second["misses"]) == (first["4"], 1)
    assert run(package, 4)["hits"] == 1


def test_code_cached_by_two_processes_is_not_mixed_up_in_a_third(package):
    """Numba names a record type in its symbols by a counter of the process, so two layouts can get the same symbol."""
    assert run(package, 4)["4"]["seen"] == [[1.0, 8.0], [10.0, 8.0], [10.0, 8.0]]
    assert run(package, 9)["9"]["seen"] == [[1.0, 18.0], [10.0, 18.0], [10.0, 18.0]]
    both = run(package, 4, 9)
    assert both["4"]["seen"] == [[1.0, 8.0], [10.0, 8.0], [10.0, 8.0]]
    assert both["9"]["seen"] == [[1.0, 18.0], [10.0, 18.0], [10.0, 18.0]]
    assert both["hits"] == 2


def test_hash_of_sources_is_the_same_in_every_process(tmp_path):
    """Files of one name in several folders, whose order in a set changes from process to process."""
    package = tmp_path / "many"
    for name in "abcdefgh":
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
        (package / name / "rules.py").write_text(f"def kernel_{name}():\n    return {ord(name)}\n")
    (package / "__init__.py").write_text("")
    script = (
        "import importlib\nfrom ludus.envs.engine.compile.binding import hash_sources\n"
        "modules = {n: importlib.import_module(f'many.{n}.rules') for n in 'abcdefgh'}\n"
        "print(hash_sources({n: getattr(m, f'kernel_{n}') for n, m in modules.items()}, __import__('ludus').__file__))"
    )
    hashes = {python(["-c", script], tmp_path, PYTHONHASHSEED=seed) for seed in ("1", "2", "3")}
    assert len(hashes) == 1


def test_hash_of_sources_differs_between_sources():
    from ludus.envs.games import snake
    from ludus.envs.robotics import cartpole

    assert hash_sources({"step": snake.step}) != hash_sources({"step": cartpole.step})


def test_import_ludus_loads_nothing_heavy(tmp_path):
    script = "import ludus, sys; print(*sorted(name for name in sys.modules if '.' not in name))"
    loaded = set(python(["-c", script], tmp_path).split())
    assert {"ludus", "gymnasium", "numpy"} <= loaded
    heavy = {"numba", "torch", "pygame", "stable_baselines3", "tensorboard", "imageio_ffmpeg", "PIL", "tyro", "rich"}
    assert loaded & heavy == set()


def test_making_an_environment_loads_no_torch_and_no_pygame(tmp_path):
    script = (
        "import gymnasium, sys\n"
        "env = gymnasium.make('ludus:ludus/CartPole-v1', render_mode='rgb_array')\n"
        "env.reset(seed=0); env.step(0); env.render()\n"
        "print(*sorted(name for name in sys.modules if '.' not in name))"
    )
    loaded = set(python(["-c", script], tmp_path).split())
    assert "numba" in loaded
    assert loaded & {"torch", "pygame", "stable_baselines3", "tensorboard"} == set()
