"""What ``ludus benchmark`` measures: one function per section, each returns the rows of its table."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from .slots import slots
from .turns import (
    OURS,
    Config,
    EnvPool,
    Row,
    Side,
    make_row,
    race,
    single_side,
    stepping_side,
    vector_side,
)


def _against_envpool(
    id: str, peer_id: str, sizes: Sequence[int], config: Config, targets: dict[int, str], gymnasium_id: str = ""
) -> list[Row]:
    rows = []
    for num_envs in config.num_envs or sizes:
        ours = gymnasium.make_vec(id, num_envs=num_envs)
        sides = [vector_side(OURS, ours)]
        if config.peers and gymnasium_id:
            theirs = gymnasium.make_vec(gymnasium_id, num_envs=num_envs, vectorization_mode="vector_entry_point")
            sides.append(vector_side("Gymnasium", theirs))
        pool = EnvPool(config.peers_python) if config.peers_python else None
        try:
            if pool:
                sides += pool.sides(peer_id, num_envs)
            rows += race(f"{id}, VectorEnv.step", num_envs, sides, config, "steps/s", targets.get(num_envs, ""))
        finally:
            if pool:
                pool.close()
            ours.close()
    return rows


def cartpole(config: Config) -> list[Row]:
    targets = {1024: "25 x EnvPool"}
    sizes = (1, 8, 64, 1024, 16384)
    return _against_envpool("ludus/CartPole-v1", "CartPole-v1", sizes, config, targets, "CartPole-v1")


def snake(config: Config) -> list[Row]:
    targets = {1024: "50 x EnvPool"}
    return _against_envpool("ludus/Snake-v1", "Jumanji/Snake-v1", (1024,), config, targets)


# Ludus' id -> EnvPool's of the same rules.
CLASSICS = {
    "ludus/Acrobot-v1": "Acrobot-v1",
    "ludus/MountainCar-v0": "MountainCar-v0",
    "ludus/MountainCarContinuous-v0": "MountainCarContinuous-v0",
    "ludus/Pendulum-v1": "Pendulum-v1",
    "ludus/FrozenLake-v1": "FrozenLake-v1",
    "ludus/Taxi-v4": "Taxi-v3",
    "ludus/CliffWalking-v1": "CliffWalking-v0",
}


def classics(config: Config) -> list[Row]:
    """The other environments whose rules EnvPool has too."""
    rows = []
    for id, peer_id in CLASSICS.items():
        rows += _against_envpool(id, peer_id, (1024,), config, {1024: "15 x EnvPool"})
    return rows


def own(config: Config) -> list[Row]:
    """Environments that no peer has, under random actions."""
    rows = []
    for id, target in (("ludus/Breakout-v0", "10 M"), ("ludus/Rover-v0", "1 M"), ("ludus/Elevator-v0", "1 M")):
        for num_envs in config.num_envs or (1024,):
            env = gymnasium.make_vec(id, num_envs=num_envs)
            rows += race(f"{id}, VectorEnv.step", num_envs, [vector_side(OURS, env)], config, "steps/s", target)
            env.close()
    return rows


def frames(config: Config) -> list[Row]:
    """Frames of 64 games in random play, as a camera would take them."""
    return [
        row
        for id, target in (("ludus/Snake-v1", "500 k"), ("ludus/Breakout-v0", "400 k"))
        for row in _frames(id, target, config)
    ]


def _frames(id: str, target: str, config: Config) -> list[Row]:
    rows = []
    for num_envs in config.num_envs or (64,):
        env: Any = gymnasium.make_vec(id, num_envs=num_envs)
        side = vector_side(OURS, env)
        side.run(100)
        indices, images = np.arange(num_envs), np.zeros((num_envs, 84, 84, 3), np.uint8)

        def run(steps: int, batch: Any = env.unwrapped.batch, indices: Any = indices, images: Any = images) -> float:
            start = time.perf_counter()
            for _ in range(steps):
                batch.draw_many(indices, images)
            return time.perf_counter() - start

        drawing = Side(OURS, run, num_envs)
        rows += race(f"{id}, frames 84x84 RGB", num_envs, [drawing], config, "frames/s", target)
        env.close()
    return rows


def single(config: Config) -> list[Row]:
    sides = [single_side(OURS, gymnasium.make("ludus/CartPole-v1"))]
    if config.peers:
        sides.append(single_side("Gymnasium", gymnasium.make("CartPole-v1")))
    return race("CartPole-v1, gym.make and a Python loop", 1, sides, config, "steps/s", "2 x Gymnasium")


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


def sb3(config: Config) -> list[Row]:
    """Steps of SB3's ``VecEnv`` under random actions: what an algorithm of its can collect at the most."""
    from stable_baselines3.common.env_util import make_vec_env as theirs

    from ..agents.vecenv import make_vec_env as ours

    rows = []
    for num_envs in config.num_envs or (256,):
        sides = [_sb3_side(OURS, ours("ludus/CartPole-v1", num_envs, seed=0))]
        if config.peers:
            sides.append(_sb3_side("SB3's DummyVecEnv", theirs("CartPole-v1", num_envs, seed=0)))
        target = "20 x DummyVecEnv" if num_envs == 256 else ""
        rows += race("CartPole-v1, VecEnv.step of Stable-Baselines3", num_envs, sides, config, "steps/s", target)
    return rows


def _sb3_side(name: str, env: Any) -> Side:
    env.reset()
    generator = np.random.default_rng(0)
    return stepping_side(name, env, [generator.integers(0, env.action_space.n, env.num_envs) for _ in range(16)])


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
    """MiB that SB3's face grows by from the first million steps to the tenth."""
    if not Path("/proc/self/status").exists():
        return []  # only Linux tells
    grown = [float(_python(SB3_MEMORY)) for _ in range(min(config.rounds, 3))]
    return [make_row("CartPole-v1, VecEnv of Stable-Baselines3, growth over 10⁷ steps", OURS, 256, grown, "MiB")]


def learn_ppo(config: Config) -> list[Row]:
    """Seconds that PPO needs to balance CartPole, on Ludus' batch and on SB3's own vector environment."""
    from .learning import learn_ppo as measure

    return measure(config)


def learn_cartpole(config: Config) -> list[Row]:
    """Seconds that ``pqn`` and SB3's PPO need to balance CartPole."""
    from .learning import learn_cartpole as measure  # imports torch, which the other sections do without

    return measure(config)


def learn_snake(config: Config) -> list[Row]:
    """How much ``pqn`` eats on Snake after some minutes of training."""
    from .learning import learn_snake as measure

    return measure(config)


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


# Name -> section. Those that learn take minutes, so they are measured only when they are asked for.
SECTIONS: dict[str, Callable[[Config], list[Row]]] = {
    "cartpole": cartpole,
    "snake": snake,
    "classics": classics,
    "own": own,
    "slots": slots,
    "frames": frames,
    "single": single,
    "start": first_step,
    "memory": memory,
    "sb3": sb3,
    "sb3-memory": sb3_memory,
    "learn-cartpole": learn_cartpole,
    "learn-ppo": learn_ppo,
    "learn-snake": learn_snake,
}
QUICK = tuple(name for name in SECTIONS if not name.startswith("learn-"))
