"""The talk of a person with a clerk, in a terminal and through a pipe: with a clerk that only echoes."""

import io
import sys

from rich.text import Text

from echo_clerk import a_chat, shown
from ludus.envs.human.chat import chat
from ludus.envs.human.typed_lines import MOST_BYTES, read_line


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
    session = a_chat(why=lambda heard: [("why", Text(f"because of {heard.text}"))])
    chat(session, is_typed=False)
    lines = [line.split()[0] for line in shown(session).splitlines()]
    assert lines[2:7] == ["you", "heard", "why", "form", "clerk"]
