"""The talk of a person with a clerk, in a terminal, through a pipe and in a window: with a clerk that only echoes."""

import io
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text

from ludus.envs.human import chat_window
from ludus.envs.human.chat import Chat, Transcript, chat
from ludus.envs.human.chat_window import ChatWindow, chat_in_window
from ludus.envs.human.typed_lines import MOST_BYTES, read_line
from ludus.envs.rendering.display import NoDisplayError


@dataclass
class Said:
    text: str
    was_cut: bool
    understood: str | None


@dataclass
class Answer:
    sentence: str
    notes: tuple = ()
    ends: bool = False
    is_stuck: bool = False


class Echo:
    """Repeats what it hears; says goodbye to "bye", writes for ever at "write"."""

    sentence, over, frame_size = "Yes?", False, (40, 60)

    def __init__(self):
        self.heard, self.rendered = [], 0

    def is_silent(self, said):
        return not said.strip()

    def hear(self, said):
        self.heard.append(said)
        return Said(said[:20], len(said) > 20, None if said == "raw" else f"echo: {len(said)}")

    def reply(self):
        said = self.heard[-1]
        self.over = said == "bye"
        said = "".join(letter for letter in said[:20] if letter.isprintable())
        self.sentence = "Goodbye!" if self.over else f"You said {said}."
        return Answer(self.sentence, (("food", "thai"),) if "thai" in said else (), self.over, said == "write")

    def silence(self):
        return "Hello?"

    def leave(self):
        self.over = True
        return "So long!"

    def describe(self, notes=()):
        return f"food {notes[0][1]}*" if notes else "food –"

    def render(self, frame):
        self.rendered += 1
        frame[...] = 90


def a_chat(**keywords):
    return Chat(Echo(), Transcript(Console(file=io.StringIO(), width=80)), **keywords)


def shown(session):
    return session.transcript.console.file.getvalue()


def typed(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# --- Lines


def test_lines_of_a_pipe_come_one_by_one_whatever_their_bytes(monkeypatch):
    typed(monkeypatch, b"one\r\n\ntw\xff\xc3\xb6\nlast")
    assert [read_line("") for _ in range(6)] == ["one", "", "tw�ö", "last", None, None]


def test_a_line_without_end_is_kept_up_to_a_bound_and_the_next_one_is_whole(monkeypatch):
    typed(monkeypatch, b"x" * (3 * MOST_BYTES) + b"\nnext\n")
    assert [len(read_line("")), read_line("")] == [MOST_BYTES, "next"]


def test_no_standard_input_is_an_end(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert read_line("") is None


def test_a_person_is_asked_and_ctrl_d_is_an_end(monkeypatch):
    typed(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked = []
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or "thai")
    assert read_line("you ") == "thai"
    assert asked == ["you "]

    def end(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert read_line("you ") is None


# --- In a terminal


def test_a_talk_through_a_pipe_shows_what_was_said_heard_noted_and_answered(monkeypatch):
    typed(monkeypatch, b"thai food\nbye\nnever heard\n")
    session = a_chat()
    chat(session, is_typed=False)
    lines = [line.rstrip() for line in shown(session).splitlines()]
    assert lines[1:] == [
        "clerk  Yes?",
        "you    thai food",
        "heard  echo: 9",
        "form   food thai*",
        "clerk  You said thai food.",
        "you    bye",
        "heard  echo: 3",
        "clerk  Goodbye!",
        "2 utterances of yours.",
    ]
    assert session.talk.heard == ["thai food", "bye"]
    assert session.transcript.text.splitlines() == shown(session).splitlines()


def test_what_a_person_typed_is_in_the_log_and_not_shown_twice(monkeypatch):
    lines = iter(["hello", None])
    monkeypatch.setattr("ludus.envs.human.chat.read_line", lambda prompt: next(lines))
    session = a_chat()
    chat(session, is_typed=True)
    assert "you    hello" not in shown(session)
    assert "you    hello" in session.transcript.text
    assert "So long!" in shown(session)


def test_ctrl_c_is_a_guest_that_leaves(monkeypatch):
    def interrupt(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("ludus.envs.human.chat.read_line", interrupt)
    session = a_chat()
    chat(session, is_typed=True)
    assert session.talk.over
    assert shown(session).rstrip().endswith("0 utterances of yours.")


def test_commands_are_obeyed_and_not_said(monkeypatch):
    typed(monkeypatch, b"/form\n/HELP\n/sing\n  /quit\nmore\n")
    session = a_chat()
    chat(session, is_typed=False)
    text = shown(session)
    assert "form   food –" in text
    assert text.count("/quit") == 3  # in two helps, and where it was typed
    assert "There is no /sing" in text
    assert session.talk.heard == []
    assert "So long!" in text


def test_silence_and_a_clerk_that_does_not_speak_have_an_answer(monkeypatch):
    typed(monkeypatch, b"\n   \nwrite\n")
    session = a_chat()
    chat(session, is_typed=False)
    text = shown(session)
    assert text.count("Hello?") == 2
    assert "(the clerk wrote 0 notes and did not come to speak)" in text
    assert session.talk.heard == ["write"]


def test_long_utterances_are_cut_and_what_terminals_obey_is_written_out(monkeypatch):
    typed(monkeypatch, b"a" * 100_000 + b"\n\x1b[31mred\n")
    session = a_chat()
    chat(session, is_typed=False)
    text = shown(session)
    assert "only the beginning, up to" in text
    assert "\x1b" not in text
    assert "you    \\x1b[31mred" in text
    assert max(map(len, text.splitlines())) <= 80
    assert len(text) < 2000


def test_a_clerk_that_reads_the_words_itself_understands_nothing_that_could_be_shown(monkeypatch):
    typed(monkeypatch, b"raw\n")
    session = a_chat()
    chat(session, is_typed=False)
    assert "heard  the words; the clerk reads them itself" in shown(session)


def test_why_stands_below_what_was_heard(monkeypatch):
    typed(monkeypatch, b"thai\n")
    session = a_chat(why=lambda heard: Text(f"because of {heard.text}"))
    chat(session, is_typed=False)
    lines = [line.split()[0] for line in shown(session).splitlines()]
    assert lines[2:7] == ["you", "heard", "why", "form", "clerk"]


# --- In a window


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
