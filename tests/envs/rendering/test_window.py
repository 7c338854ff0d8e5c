"""The window, under SDL's dummy driver: a window without a screen."""

import itertools
import sys
import time

import numpy as np
import pytest

from ludus.envs.rendering.display import NoDisplayError, start_pygame
from ludus.envs.rendering.letters import Letters
from ludus.envs.rendering.video import BACKGROUND
from ludus.envs.rendering.window import Window
from ludus.envs.rendering.window_commands import Command

COLORS = np.array([(200, 30, 40), (30, 180, 60), (20, 60, 210), (220, 220, 40)], np.uint8)


def plain(count=1, height=100, width=150):
    return np.ascontiguousarray(np.broadcast_to(COLORS[:count, None, None], (count, height, width, 3)))


def pixels(window):
    """(height, width, 3) of what the window shows."""
    import pygame

    return pygame.surfarray.array3d(window._surface).swapaxes(0, 1)


def press(pygame, window, *keys):
    for key in keys:
        code = {"right": pygame.K_RIGHT, "escape": pygame.K_ESCAPE}.get(key, 0)
        event = pygame.event.Event(pygame.KEYDOWN, key=code, unicode="" if code else key, window=window._window)
        pygame.event.post(event)


# --- The picture


def test_each_tile_shows_its_environment(pygame):
    window = Window("test", (100, 150), num_tiles=4, fps=1000)
    assert window.show(plain(4, *window.tile_size))
    shown = pixels(window)
    height, width = shown.shape[:2]
    for i, color in enumerate(COLORS):
        assert shown[height // 4 + i // 2 * height // 2, width // 4 + i % 2 * width // 2].tolist() == color.tolist()
    assert shown[0, 0].tolist() == list(BACKGROUND)
    window.close()


def test_a_single_frame_is_shown_at_its_own_size(pygame):
    window = Window("test", (300, 600), fps=1000)
    frame = np.random.default_rng(0).integers(0, 256, (1, 300, 600, 3), dtype=np.uint8)
    window.show(frame)
    assert window.tile_size == (300, 600)
    shown = pixels(window)
    top, left = (shown.shape[0] - 300) // 2, (shown.shape[1] - 600) // 2
    assert np.array_equal(shown[top : top + 300, left : left + 600], frame[0])


def test_small_frames_are_enlarged_by_whole_multiples(pygame):
    window = Window("test", (10, 10), fps=1000)
    frame = np.zeros((1, 10, 10, 3), np.uint8)
    frame[0, :, 5:] = 255
    window.show(frame)
    shown = pixels(window)
    assert {tuple(color) for color in np.unique(shown.reshape(-1, 3), axis=0)} == {
        BACKGROUND,
        (0, 0, 0),
        (255, 255, 255),
    }
    assert (shown == 255).all(axis=2).sum() % 50 == 0
    assert (shown == 255).all(axis=2).sum() > 50 * 100


def test_the_picture_follows_the_size_of_the_window(pygame):
    window = Window("test", (100, 150), num_tiles=4, fps=1000)
    before = window.tile_size
    window._window.size = (1000, 900)
    window.show(plain(4))
    window.show(plain(4))
    assert pixels(window).shape == (900, 1000, 3)
    assert window.tile_size[1] > 480 > before[1]
    assert pixels(window)[200, 930].tolist() == COLORS[1].tolist()  # outside the window as it was


def test_the_bar_the_badge_and_the_help_are_painted(pygame):
    window = Window("test", (300, 600), fps=1000, interactive=True)
    window.show(plain(1, 300, 600))
    bare = pixels(window)
    window.show(plain(1, 300, 600), figures=[("return", "12"), ("step", "340")])
    changed = np.argwhere((pixels(window) != bare).any(axis=2))
    assert changed[:, 0].min() > 300  # below the picture
    window.show(plain(1, 300, 600), badge="PAUSED")
    assert ((pixels(window) != bare).any(axis=2)[:100]).sum() > 500
    window.show(plain(1, 300, 600), figures=[("", "")])  # an empty text is as wide as nothing
    assert np.array_equal(pixels(window), bare)
    window.help = True
    window.show(plain(1, 300, 600))
    assert ((pixels(window) != bare).any(axis=2)[:300]).sum() > 20_000


def test_the_four_arrows_look_different_and_long_texts_are_cut_and_wrapped(pygame):
    letters = Letters(start_pygame(), 25)
    pictures = [pygame.surfarray.array_alpha(letters.render(arrow, (255, 255, 255))) for arrow in "←→↑↓"]
    assert all((a != b).any() for a, b in itertools.combinations(pictures, 2))
    assert all(picture.astype(int).sum() > 2000 for picture in pictures)  # and none is empty
    assert letters.width("a ← b") > letters.width("a b")
    assert letters.fit("a rather long text", letters.width("a rather")) == "a rat…"
    assert letters.fit("short", 500) == "short"
    wide = letters.width("three short words")
    assert letters.wrap("three short words and two more", wide) == ["three short words", "and two more"]
    assert letters.wrap("", wide) == []


def test_show_keeps_the_pace(pygame):
    window = Window("test", (100, 150), fps=50)
    window.show(plain())
    start = time.perf_counter()
    for _ in range(5):
        window.show(plain())
    assert 0.08 < time.perf_counter() - start < 1.0
    start = time.perf_counter()
    window.show(plain())
    window.show(plain(), seconds=0.3)  # counted from the frame before, however late this call comes
    assert time.perf_counter() - start > 0.25


# --- The keys


def test_keys_are_reported_in_order(pygame):
    window = Window("test", (100, 150), fps=1000, interactive=True)
    press(pygame, window, " ", "right", ".", "+", "=", "-", "r", "N", "h", "x", "q", "escape")
    c = Command
    expected = [c.PAUSE, c.STEP, c.STEP, c.FASTER, c.FASTER, c.SLOWER, c.RESTART, c.NEXT, c.HELP, c.QUIT, c.QUIT]
    assert window.poll() == expected
    assert window.poll() == []


def test_a_window_that_only_shows_has_no_keys(pygame):
    window = Window("test", (100, 150), fps=1000)
    press(pygame, window, " ", "q")
    assert window.poll() == []
    assert window.show(plain())


def test_a_key_ends_the_wait(pygame):
    window = Window("test", (100, 150), interactive=True)
    press(pygame, window, " ")
    start = time.perf_counter()
    window.show(plain(), seconds=20)
    assert time.perf_counter() - start < 5
    assert window.poll() == [Command.PAUSE]


def test_closing_one_window_leaves_the_other_and_its_keys(pygame):
    first, second = (Window("test", (100, 150), fps=1000, interactive=True) for _ in range(2))
    press(pygame, second, "r")
    pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE, window=first._window))
    assert not first.show(plain())
    assert first.closed
    assert first.poll() == [Command.QUIT]
    assert not first.show(plain())
    assert second.poll() == [Command.RESTART]
    assert second.show(plain())
    first.close()
    second.close()
    assert not pygame.display.get_init()


def test_a_request_to_end_the_process_closes_every_window(pygame):
    """SDL turns SIGTERM into an event of no window."""
    first, second = (Window("test", (100, 150), fps=1000, interactive=True) for _ in range(2))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert not first.show(plain())
    assert (first.poll(), second.poll()) == ([Command.QUIT], [Command.QUIT])
    assert Window("test", (100, 150), fps=1000).show(plain())


def test_a_window_whose_pygame_was_quit_by_a_third_party_is_closed(pygame):
    window = Window("test", (100, 150), fps=1000, interactive=True)
    assert window.show(plain())
    pygame.quit()
    assert not window.show(plain())
    assert window.poll() == [Command.QUIT]
    window.close()
    assert Window("test", (100, 150), fps=1000).show(plain())


# --- No display


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "no display found: neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":987"}, "no display found: nothing answers at DISPLAY=:987"),
        ({"SDL_VIDEODRIVER": "nonsense"}, "no display found: nonsense not available"),
    ],
)
def test_without_a_display_there_is_one_clear_error(monkeypatch, settings, words):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NoDisplayError, match=words) as caught:
        Window("test", (100, 150))
    assert "--record FILE.mp4" in str(caught.value)
    assert 'render_mode="rgb_array"' in str(caught.value)
