"""What all tests share: environments of their own, registered once, and pygame without a screen."""

import pytest

import ludus
from commands_stage import TINY

collect_ignore = ["clients"]  # `make test-clients` runs them, in virtual environments of their own

ludus.register("test/Chain-v0", "chain")
ludus.register("test/Treadmill-v0", "treadmill")
ludus.register("test/Slider-v0", "slider", max_episode_steps=6)


@pytest.fixture
def pygame(monkeypatch):
    """The library under SDL's dummy driver; windows that a test leaves open are closed."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    from ludus.envs.screen import window as window_module

    yield pygame
    for window in list(window_module._windows.values()):
        window.close()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of CartPole that was trained, for tests that only read it."""
    from ludus.agents.config import configure  # here: most tests need neither torch nor Stable-Baselines3
    from ludus.agents.training import Run

    folder = tmp_path_factory.mktemp("runs") / "cartpole"
    config = configure("ludus/CartPole-v1", hyperparameters=TINY, steps=2048, evaluate_every=0, evaluation_episodes=4)
    Run.start(folder, config).train()
    return folder
