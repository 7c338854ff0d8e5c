"""The loop of `ludus chat`: a person talks, a clerk answers; in a terminal, through a pipe, or in a window.

What is said and shown goes through a `Transcript`, so that terminal, window and log have the same text.
"""

import io
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from rich.console import Console
from rich.text import Text

from ...utils.wording import counted, in_line
from .typed_lines import read_line

WIDTH = 80  # columns
LABEL = 6  # letters of the longest label
MOST_ECHO = 300  # letters of an utterance that came through a pipe
COMMANDS = {
    "/form": "what stands in the clerk's form, and how many places fit",
    "/help": "this help",
    "/quit": "leave; so do Ctrl-D and Ctrl-C",
}
HINT = "You are the guest: say what you would like to eat, and where. /help helps."


Why = Callable[[Any], list[tuple[str, Text]]]


class Talk(Protocol):
    """A conversation, such as `envs/automation/helpdesk/conversation.py` has it."""

    sentence: str  # what the clerk said last
    over: bool
    frame_size: tuple[int, int]  # height and width in pixels of its picture

    def hear(self, said: str) -> Any: ...
    def reply(self) -> Any: ...
    def silence(self) -> str: ...
    def leave(self) -> str: ...
    def is_silent(self, said: str) -> bool: ...
    def describe(self, notes: tuple[tuple[str, str], ...] = ()) -> str: ...
    def render(self, frame: np.ndarray) -> None: ...


class Transcript:
    """What is shown: on a console, and without colours in a text of ``WIDTH`` columns, for a log."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._kept = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False, highlight=False)

    @property
    def text(self) -> str:
        return self._kept.file.getvalue()  # type: ignore[attr-defined]

    def line(self, label: str, said: str | Text, style: str = "", shown: bool = True) -> None:
        """A label and what belongs to it, in lines of the same indent.

        Args:
            shown: Whether it is written on the console; what a person has typed stands there already.
        """
        text = Text(said, style) if isinstance(said, str) else said
        width = min(WIDTH, self.console.width)
        for i, part in enumerate(text.wrap(self._kept, max(width - LABEL - 1, LABEL)) or [Text()]):
            part.rstrip()
            self.print(Text.assemble((f"{label if i == 0 else '':{LABEL}} ", "dim"), part), shown)

    def print(self, what: Any, shown: bool = True) -> None:
        if shown:
            self.console.print(what)
        self._kept.print(what)


class Chat:
    """One conversation before a person.

    Args:
        why: Says which words of the utterance that was heard last moved what, in lines with a label before each; None:
            that is not shown.
    """

    def __init__(
        self, talk: Talk, transcript: Transcript, why: Callable[[Any], list[tuple[str, Text]]] | None = None
    ) -> None:
        self.talk, self.transcript, self.why = talk, transcript, why
        self.utterances = 0
        self.left = False  # the person has gone

    def begin(self) -> None:
        self.transcript.print(Text(HINT, "dim"))
        self.transcript.line("clerk", self.talk.sentence, "bold")

    def take(self, said: str, typed: bool) -> None:
        """Let a person say something, and the clerk answer; or do what a command asks.

        Args:
            typed: Whether the terminal shows it already.
        """
        line, word = self.transcript.line, said.strip()
        line("you", in_line(said, MOST_ECHO) or "(nothing)", shown=not typed)
        if word.startswith("/"):
            self._obey(word.lower())
        elif self.talk.is_silent(said):
            line("clerk", self.talk.silence(), "bold")
        else:
            self._answer(said)

    def _obey(self, command: str) -> None:
        if command == "/quit":
            self.leave()
        elif command == "/form":
            self.transcript.line("form", self.talk.describe())
        else:
            if command != "/help":
                self.transcript.line("", f"There is no {in_line(command, 40)}; a command is one of these:")
            for name, what in COMMANDS.items():
                self.transcript.line(name, what)
            self.transcript.line("", "Anything else is said to the clerk.")

    def _answer(self, said: str) -> None:
        line = self.transcript.line
        self.utterances += 1
        heard = self.talk.hear(said)
        if heard.was_cut:
            line("heard", f"only the beginning, up to “{in_line(heard.text[-40:])}”", "dim")
        understood = "the words; the clerk reads them itself" if heard.understood is None else str(heard.understood)
        line("heard", understood, "dim")
        if self.why is not None:
            for label, words in self.why(heard):
                line(label, words)
        reply = self.talk.reply()
        if reply.notes:
            line("form", self.talk.describe(reply.notes), "dim")
        if reply.is_stuck:
            line("", f"(the clerk wrote {counted(len(reply.notes), 'note')} and did not come to speak)", "dim")
        line("clerk", reply.sentence, "bold")

    def leave(self) -> None:
        """The person goes, if the clerk has not gone before."""
        if not self.talk.over:
            self.left = True
            self.transcript.line("clerk", self.talk.leave(), "bold")

    def end(self) -> None:
        self.transcript.print(Text(f"{counted(self.utterances, 'utterance')} of yours.", "dim"))


def chat(chat: Chat, is_typed: bool) -> None:
    """Talk in the terminal until one of the two leaves.

    Args:
        is_typed: A person types; otherwise lines come through a pipe, and are shown.

    Ctrl-C and the end of the input are a guest that leaves.
    """
    chat.begin()
    try:
        while not chat.talk.over:
            said = read_line(f"{'you':{LABEL}} ")
            if said is None:
                if is_typed:
                    chat.transcript.console.print()  # Ctrl-D ends no line
                break
            chat.take(said, is_typed)
    except KeyboardInterrupt:
        chat.transcript.console.print()
    chat.leave()
    chat.end()
