"""Small replay buffers in files, for tests of what becomes of these."""

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer

from ludus.agents.sb3.replay import ReplayFiles

ROWS, ENVS = 10, 3
SPACE = spaces.Box(-1.0, 1.0, (4,), np.float32)


def new_buffer(kind=ReplayBuffer, space=SPACE, action_space=None, **keywords):
    return kind(ROWS * ENVS, space, action_space or spaces.Discrete(4), "cpu", n_envs=ENVS, **keywords)


def add(buffer, files, number, generator):
    for _ in range(number):
        ends = generator.random(ENVS) < 0.3
        infos = [{"TimeLimit.truncated": bool(end and i)} for i, end in enumerate(ends)]
        rewards, actions = generator.random(ENVS), generator.integers(0, 4, ENVS)
        with files.writing():
            first, second = (generator.uniform(-1.0, 1.0, (ENVS, 4)).astype(np.float32) for _ in "ab")
            buffer.add(first, second, actions, rewards, ends, infos)


def played(folder, number, kind=ReplayBuffer, **keywords):
    """A buffer in files with so many rows played, and what a checkpoint says of it."""
    buffer = new_buffer(kind, **keywords)
    files = ReplayFiles(buffer, folder, {})
    add(buffer, files, number, np.random.default_rng(0))
    files.flush()
    return buffer, files, {"pos": buffer.pos, "full": buffer.full, "generation": files.generation}
