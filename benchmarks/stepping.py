"""Steps and frames per second, under random actions."""

import time
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from .envpool_side import EnvPool
from .race import OURS, Config, Row, Side, race, single_side, stepping_side, vector_side


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
    targets = {
        "ludus/Breakout-v0": "10 M",
        "ludus/Rover-v0": "1 M",
        "ludus/Elevator-v0": "1 M",
        "ludus/Maintenance-v0": "1 M",
        "ludus/Picker-v0": "500 k",
    }
    for id, target in targets.items():
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
                batch.render_many(indices, images)
            return time.perf_counter() - start

        rendering = Side(OURS, run, num_envs)
        rows += race(f"{id}, frames 84x84 RGB", num_envs, [rendering], config, "frames/s", target)
        env.close()
    return rows


def single(config: Config) -> list[Row]:
    sides = [single_side(OURS, gymnasium.make("ludus/CartPole-v1"))]
    if config.peers:
        sides.append(single_side("Gymnasium", gymnasium.make("CartPole-v1")))
    return race("CartPole-v1, gym.make and a Python loop", 1, sides, config, "steps/s", "2 x Gymnasium")


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
