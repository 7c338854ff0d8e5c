"""A correct vector environment in plain NumPy, for the tests of the checker: a walker on a line.

World: a position that starts in -1 … 1; action 0 goes left, 1 right, by 0.5 … 1.0. Observation (2,): position and the
share of time used. Reward: 1 minus the distance from 0 (per cent). End: beyond ±3 terminated, at the limit truncated.
Small steps are methods of their own, so that a test can break one of them.
"""

import json
import zlib

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

EDGE = 3.0
BOX = spaces.Box(np.array([-5.0, 0.0], np.float32), np.array([5.0, 1.0], np.float32))


class Line(VectorEnv):
    metadata = {"render_modes": ["rgb_array"], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self, num_envs=3, autoreset_mode=AutoresetMode.NEXT_STEP, max_episode_steps=12, render_mode="rgb_array"
    ):
        self.num_envs, self.mode, self.limit = num_envs, autoreset_mode, max_episode_steps
        self.metadata = {**self.metadata, "autoreset_mode": autoreset_mode}
        self.render_mode = render_mode
        self.single_observation_space, self.single_action_space = BOX, spaces.Discrete(2)
        self.observation_space, self.action_space = (
            batch_space(BOX, num_envs),
            batch_space(spaces.Discrete(2), num_envs),
        )
        self.accepted = self.action_space
        self.x, self.age = np.zeros(num_envs), np.zeros(num_envs, np.int64)
        self.ended = np.zeros(num_envs, np.bool_)
        self.generators = None

    # The parts.

    def seed(self, seeds):
        if seeds is not None or self.generators is None:
            seeds = [None] * self.num_envs if seeds is None else seeds
            self.generators = [np.random.default_rng(seed) for seed in seeds]

    def start(self, selected):
        for i in np.flatnonzero(selected):
            self.x[i] = self.generators[i].uniform(-1, 1)
        self.age[selected] = 0

    def move(self, actions, selected):
        for i in np.flatnonzero(selected):
            self.x[i] += (2 * actions[i] - 1) * self.generators[i].uniform(0.5, 1.0)
        self.age[selected] += 1

    def observe(self):
        return np.stack([self.x, self.age / self.limit], axis=1).astype(np.float32)

    def info(self, selected):
        return {"age": np.where(selected, self.age, 0), "_age": selected.copy()}

    def seeds_of(self, seed):
        return [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed

    def check(self, actions):
        if self.generators is None or (self.mode == AutoresetMode.DISABLED and self.ended.any()):
            raise gymnasium.error.ResetNeeded("call reset() first")
        if not self.accepted.contains(np.asarray(actions)):
            raise ValueError(f"{actions} is outside {self.accepted}")

    # Gymnasium's interface.

    def reset(self, *, seed=None, options=None):
        everybody = np.ones(self.num_envs, np.bool_)
        selected = (options or {}).get("reset_mask", everybody)
        if selected.shape != everybody.shape:
            raise ValueError(f"reset_mask must have shape {everybody.shape}, got {selected.shape}")
        self.seed(self.seeds_of(seed))
        self.start(selected)
        self.ended = self.ended & ~selected
        return self.observe(), self.info(selected)

    def step(self, actions):
        self.check(actions)
        everybody = np.ones(self.num_envs, np.bool_)
        again = self.ended if self.mode == AutoresetMode.NEXT_STEP else ~everybody
        self.move(actions, ~again)
        self.start(again)
        reward = np.where(again, 0.0, 1 - np.abs(self.x) / 100)
        terminated, truncated = (np.abs(self.x) > EDGE) & ~again, (self.age >= self.limit) & ~again
        self.ended = terminated | truncated
        info = {}
        if self.mode == AutoresetMode.SAME_STEP and self.ended.any():
            info = self.finish(self.ended)
            self.start(self.ended)
            self.ended = ~everybody
        return self.observe(), reward, terminated, truncated, {**self.info(everybody), **info}

    def finish(self, ended):
        final = np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(ended):
            final[i] = self.observe()[i]
        masks = {"_final_obs": ended.copy(), "_final_info": ended.copy()}
        return {"final_obs": final, "final_info": self.info(ended), **masks}

    def render(self):
        return tuple(np.full((4, 4, 3), int(abs(x) * 10), np.uint8) for x in self.x)

    # Snapshots.

    def snapshot(self):
        states = [generator.bit_generator.state for generator in self.generators]
        lists = [self.x.tolist(), self.age.tolist(), self.ended.tolist()]
        body = json.dumps([states, *lists]).encode()
        return b"%08x" % zlib.crc32(body) + body

    def restore(self, data):
        if len(data) < 8 or b"%08x" % zlib.crc32(data[8:]) != data[:8]:
            raise ValueError("a damaged snapshot")
        states, x, age, ended = json.loads(data[8:])
        self.seed(range(self.num_envs))
        for generator, state in zip(self.generators, states, strict=True):
            generator.bit_generator.state = state
        self.x, self.age, self.ended = np.array(x), np.array(age), np.array(ended)


class SingleLine(gymnasium.Env):
    """The same rules for one walker: a line of one."""

    def __init__(self, max_episode_steps=12):
        self.line = Line(1, AutoresetMode.DISABLED, max_episode_steps)
        self.observation_space, self.action_space = BOX, self.line.single_action_space

    def reset(self, *, seed=None, options=None):
        observation, info = self.line.reset(seed=seed)
        return observation[0], {"age": info["age"][0]}

    def step(self, action):
        observation, reward, terminated, truncated, info = self.line.step(np.array([action]))
        return observation[0], reward[0], bool(terminated[0]), bool(truncated[0]), {"age": info["age"][0]}
