"""What all tests share: environments of their own, registered once, and pygame without a screen."""

import pytest

import ludus

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
