"""Figures that need a process of their own: the time to the first step, and memory."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .race import OURS, Config, Row, make_row

FIRST_STEP = """
import time
start = time.perf_counter()
import ludus, gymnasium
env = gymnasium.make("ludus/CartPole-v1")
env.reset(seed=0)
env.step(1)
print(time.perf_counter() - start)
"""


def first_step(config: Config) -> list[Row]:
    """Seconds from the first import to the first step in a new process: nothing compiled yet, and all of it cached."""
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(min(config.rounds, 5)):
        with tempfile.TemporaryDirectory() as folder:
            for seconds in (cold, warm):
                seconds.append(float(_python(FIRST_STEP, NUMBA_CACHE_DIR=folder)))
    work = "CartPole-v1, first step in a new process"
    return [
        make_row(f"{work}, cold cache", OURS, 1, cold, "s", target="<= 3"),
        make_row(f"{work}, warm cache", OURS, 1, warm, "s", target="<= 0.8"),
    ]


MEMORY = """
import sys
import gymnasium, ludus

def resident(key="VmRSS:"):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) / 1024

def play(num_envs, steps):
    env = gymnasium.make_vec("ludus/Snake-v1", num_envs=num_envs)
    obs, info = env.reset(seed=0)
    actions = env.action_space.sample()
    for _ in range(steps):
        obs, reward, terminated, truncated, info = env.step(actions)
    return env, obs, info

play(2, 2)  # imports and compiles
before = resident()
kept = play(int(sys.argv[1]), 10)
print(resident() - before, resident("VmHWM:") - before)
"""


def memory(config: Config) -> list[Row]:
    """MiB (resident) that many environments take after some steps, the last observations held, and at the most."""
    if not Path("/proc/self/status").exists():
        return []  # only Linux tells
    rows = []
    for num_envs in config.num_envs or (65536,):
        figures = [_python(MEMORY, str(num_envs)).split() for _ in range(min(config.rounds, 3))]
        after, peak = ([float(figure[k]) for figure in figures] for k in (0, 1))
        target = "<= 120" if num_envs == 65536 else ""
        rows.append(make_row("ludus/Snake-v1, memory above the imports", OURS, num_envs, after, "MiB", target=target))
        rows.append(make_row("ludus/Snake-v1, memory above the imports, within a step", OURS, num_envs, peak, "MiB"))
    return rows


SB3_MEMORY = """
import numpy as np
from ludus.agents.vecenv import make_vec_env

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

env = make_vec_env("ludus/CartPole-v1", 256, seed=0)
env.reset()
actions = np.random.default_rng(0).integers(0, 2, (16, 256))
sizes = []
for million in range(10):
    for k in range(1_000_000 // 256):
        env.step(actions[k % 16])
    sizes.append(resident())
print(sizes[-1] - sizes[0])
"""


def sb3_memory(config: Config) -> list[Row]:
    """MiB that SB3's VecEnv grows by from the first million steps to the tenth."""
    if not Path("/proc/self/status").exists():
        return []  # only Linux tells
    grown = [float(_python(SB3_MEMORY)) for _ in range(min(config.rounds, 3))]
    return [make_row("CartPole-v1, VecEnv of Stable-Baselines3, growth over 10⁷ steps", OURS, 256, grown, "MiB")]


def _python(script: str, *arguments: str, **variables: str) -> str:
    """What ``script`` prints in a new process of this interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"a process of the benchmark failed: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout
