"""The window of a talk, under SDL's dummy driver: with a clerk that only echoes."""

import numpy as np
import pytest

from echo_clerk import a_chat, shown
from ludus.envs.human import chat_window
from ludus.envs.human.chat_window import ChatWindow, chat_in_window
from ludus.envs.rendering.display import NoDisplayError


def post(pygame, window, kind, **what):
    pygame.event.post(pygame.event.Event(kind, window=window._window, **what))


def script(monkeypatch, pygame, *steps):
    """Make each picture that is shown do the next of ``steps`` to the window, and the last one close it."""
    left = iter(steps)
    show = ChatWindow.show

    def shown_once(self, frames, **keywords):
        step = next(left, None)
        if step is None:
            self.close()
        else:
            step(self)
        return show(self, frames, **{**keywords, "seconds": 0.0})

    monkeypatch.setattr(ChatWindow, "show", shown_once)


def say(pygame, text):
    def typing(window):
        for letter in text:
            post(pygame, window, pygame.TEXTINPUT, text=letter)
        post(pygame, window, pygame.KEYDOWN, key=pygame.K_RETURN, unicode="\r")

    return typing


def test_a_talk_in_a_window_is_the_same_text(pygame, monkeypatch):
    session = a_chat()
    badges = []
    script(
        monkeypatch,
        pygame,
        say(pygame, "thai, q and h é"),
        lambda window: None,
        say(pygame, "bye"),
        lambda window: None,
        lambda window: badges.append(window.closed),
        say(pygame, ""),
    )
    chat_in_window(session, "a talk")
    assert session.talk.heard == ["thai, q and h é", "bye"]
    assert badges == [False]  # it stays after the clerk's goodbye, until Enter
    assert "clerk  You said thai, q and h é." in session.transcript.text
    assert "So long" not in session.transcript.text
    assert session.talk.rendered >= 3


@pytest.mark.parametrize("way", ["escape", "button", "command", "interrupt"])
def test_a_person_leaves_the_window(pygame, monkeypatch, way):
    session = a_chat()

    def interrupt(window):
        raise KeyboardInterrupt

    ways = {
        "escape": lambda window: post(pygame, window, pygame.KEYDOWN, key=pygame.K_ESCAPE, unicode=""),
        "button": lambda window: post(pygame, window, pygame.WINDOWCLOSE),
        "command": say(pygame, "/quit"),
        "interrupt": interrupt,
    }
    script(monkeypatch, pygame, ways[way], lambda window: None)
    chat_in_window(session, "a talk")
    assert session.talk.over
    assert session.transcript.text.count("So long!") == 1


def test_typing_is_seen_and_can_be_taken_back(pygame):
    window = ChatWindow("a talk", (40, 60))
    frame = np.zeros((1, *window.tile_size, 3), np.uint8)
    window.show(frame, seconds=0.0)
    empty = pygame.surfarray.array3d(window._surface).copy()
    for letter in ("a", "b", "\x07", "x" * 5000):
        post(pygame, window, pygame.TEXTINPUT, text=letter)
    post(pygame, window, pygame.KEYDOWN, key=pygame.K_BACKSPACE, unicode="\b")
    window.poll()
    window.show(frame, seconds=0.0)
    assert window.typed == "ab\x07" + "x" * (chat_window.MOST_TYPED - 4)
    assert (pygame.surfarray.array3d(window._surface) != empty).any()
    assert window.take_lines() == []
    window.close()


def test_without_a_screen_nothing_is_said(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    session = a_chat()
    with pytest.raises(NoDisplayError):
        chat_in_window(session, "a talk")
    assert shown(session) == ""
