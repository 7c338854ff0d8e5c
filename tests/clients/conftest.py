"""What the clients' tests share: the bare environments that a client's data are compared with."""

import os
import re
from pathlib import Path

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # before torch is imported: its threads gain nothing on networks this small

import gymnasium
import numpy as np
import pytest

import ludus


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    """As on a server: a client must not need a screen."""
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def play():
    """``play(id, seed, actions, **keywords)``: the episode of the bare environment, as far as the actions go.

    Some clients reset more than once before they begin: ``first`` is the observation with which the episode begins.
    Returns observations (T + 1 of them), rewards, terminated, truncated (T each) and infos (T + 1), as lists.
    """

    def play(id, seed, actions, first=None, **keywords):
        env = gymnasium.make(id, **keywords)
        observation, info = env.reset(seed=seed)
        for _ in range(5):
            if first is None or np.array_equal(observation, first):
                break
            observation, info = env.reset()
        observations, rewards, terminated, truncated, infos = [observation], [], [], [], [info]
        for action in actions:
            observation, reward, died, stopped, info = env.step(action)
            observations.append(observation)
            rewards.append(reward)
            terminated.append(died)
            truncated.append(stopped)
            infos.append(info)
            if died or stopped:
                break
        env.close()
        return observations, rewards, terminated, truncated, infos

    return play


@pytest.fixture
def some_actions():
    """``some_actions(space, number)``: actions that are the same in every call."""

    def some_actions(space, number):
        space.seed(1)
        return [space.sample() for _ in range(number)]

    return some_actions


@pytest.fixture
def snippets():
    """The pieces of Python in docs/clients.md, by the client that they are for."""
    page = (Path(__file__).parents[2] / "docs" / "clients.md").read_text()
    return dict(re.findall(r"^\*\*([^*\n]+)\*\*(?:(?!^\*\*).)*?^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def pytest_generate_tests(metafunc):
    if "id" in metafunc.fixturenames:
        metafunc.parametrize("id", list(ludus.ENVIRONMENTS))
