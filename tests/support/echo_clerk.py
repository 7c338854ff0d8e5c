"""A clerk that only echoes, for tests of `envs/human/chat.py`."""

import io
from dataclasses import dataclass

from rich.console import Console

from ludus.envs.human.chat import Chat, Transcript


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
