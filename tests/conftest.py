"""What all tests share: environments of their own, registered once, and pygame without a screen."""

import importlib
import os
import sys

import gymnasium
import pytest

import ludus
from commands_stage import TINY

collect_ignore = ["clients"]  # `make test-clients` runs them, in virtual environments of their own
# The tests' own environments are small and known to be right: compiled without checks, unless a test is about these.
os.environ["LUDUS_UNCHECKED"] = "1"

ludus.register("test/Chain-v0", "chain")
ludus.register("test/Treadmill-v0", "treadmill")
ludus.register("test/Slider-v0", "slider", max_episode_steps=6)
ludus.register("test/Painter-v0", "painter", max_episode_steps=30)


@pytest.fixture
def third_party_file(tmp_path, monkeypatch):
    """``third_party_file(name, text)`` writes an environment file, which is checked; -> ``acme/NAME_file-v0``.

    The module's name is ``NAME_file``. Verdicts lie in a cache of the test's own.
    """
    monkeypatch.setenv("LUDUS_UNCHECKED", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(name, text):
        module = name.replace("-", "_") + "_file"
        (tmp_path / f"{module}.py").write_text(text)
        importlib.invalidate_caches()
        ludus.register(f"acme/{module}-v0", module, max_episode_steps=40)
        written.append(module)
        return f"acme/{module}-v0"

    yield write
    for module in written:
        del gymnasium.registry[f"acme/{module}-v0"]
        sys.modules.pop(module, None)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder in which one stands, with a cache of its own; its modules and their ids are forgotten again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    known = set(gymnasium.registry)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "") or "").startswith(str(tmp_path)):
            del sys.modules[name]
    for id in set(gymnasium.registry) - known:
        del gymnasium.registry[id]
    importlib.invalidate_caches()


@pytest.fixture
def pygame(monkeypatch):
    """The library under SDL's dummy driver; windows that a test leaves open are closed."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(
        "ludus.envs.rendering.waiting.PATIENCE", 600.0
    )  # s: what is shown must not hang on what is cached
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    from ludus.envs.rendering import window as window_module

    yield pygame
    for window in list(window_module._windows.values()):
        window.close()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of CartPole that was trained, for tests that only read it."""
    from ludus.agents.runs.config import configure  # here: most tests need neither torch nor Stable-Baselines3
    from ludus.agents.runs.run import Run

    folder = tmp_path_factory.mktemp("runs") / "cartpole"
    config = configure("ludus/CartPole-v1", hyperparameters=TINY, steps=2048, evaluate_every=0, evaluation_episodes=4)
    Run.start(folder, config).train()
    return folder
