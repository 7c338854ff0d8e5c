"""A conversation of a person with the clerk of Helpdesk: what was heard and understood, noted and answered.

The person stands in for the guest of `person.py`; whatever acts there, a rule or an agent, is the clerk. How the
conversation is shown is the business of `envs/human/`.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from ....components.utterance import (
    TEXT_BYTES,
    decode_meaning,
    decode_text,
    encode_heard,
    encode_meaning,
    meaning_layout,
)
from ....data.dialogue.terms import ACTS, LAST_ACTS
from ....data.dialogue.turns import load_venues, source_of
from ....data.dialogue.venues import DONTCARE, SLOTS, VALUES, WISHES, Venue
from ...engine.slots.slotted_batch import SlottedBatch
from . import SIMULATION
from .clerk_sentences import Clerk, venue_name
from .constants import DONTCARE as DONTCARE_CODE
from .constants import FIRST, KEPT, LEAVE, NONE, NOTE, NOTES, NOTHING, SLOT_COUNT
from .person import FILLED_BY_MEANING, SENSE, hear_person

Policy = Callable[[Any], np.ndarray]  # a batch as it stands -> its actions
MOST_ACTIONS = 24  # in a row without a word, such as notes; then the person is asked again
MEANING = meaning_layout(ACTS, VALUES, WISHES)
SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})  # as keyboards write them
TITLES = {"pricerange": "price"}


@dataclass(frozen=True)
class Understood:
    """What the sense made of an utterance."""

    act: str
    values: dict[str, str]  # by slot
    wishes: frozenset[str]
    chance: float  # of the act, 0 … 1

    def __str__(self) -> str:
        said = [f"{TITLES.get(slot, slot)} {any_of(value)}" for slot, value in self.values.items()]
        said += [f"{TITLES.get(wish, wish)}?" for wish in WISHES if wish in self.wishes]
        sure = "" if self.chance > 0.995 else f" {self.chance:.0%}"
        return f"{self.act}{sure}" + (f": {', '.join(said)}" if said else "")


@dataclass(frozen=True)
class Heard:
    """An utterance as it reached the sense."""

    text: str
    was_cut: bool  # it was longer than the sense takes
    understood: Understood | None  # None where the clerk reads the words itself


@dataclass(frozen=True)
class Reply:
    """What the clerk did until it spoke."""

    notes: tuple[tuple[str, str], ...]  # slots and the values that it wrote there, in this order
    sentence: str
    ends: bool  # the clerk said goodbye
    is_stuck: bool = False  # it did MOST_ACTIONS things and did not come to speak


class Conversation:
    """One conversation from the clerk's greeting to a goodbye.

    Args:
        policy: The clerk; it is handed the batch, a SlottedBatch of one.
        keywords: What the environment is made with, such as ``utterance="keywords"``; by default that is the truth,
            which cannot hear.
        seed: Of the clerk's sentences, and of where it begins to look for venues.

    Raises:
        ValueError: nothing in the slot can hear; an unknown keyword; what does not fit the slot.
    """

    def __init__(self, policy: Policy, keywords: Mapping[str, Any], seed: int = 0) -> None:
        made = {SENSE: SIMULATION.slots[SENSE].default, **keywords}
        made.pop("max_episode_steps", None)  # a person may take its time
        check_hears(made[SENSE])
        fillings = {SENSE: made.pop(SENSE)}
        self.batch = SlottedBatch(PERSON, 1, fillings, autoreset_mode=AutoresetMode.DISABLED, **made)
        self.batch.seed_from(seed)
        self.policy = policy
        self.source = source_of(self.batch.sizes["data"])
        self.over = False
        self.sentence = ""  # the clerk's last one
        assert self.batch.frame_size is not None  # a help desk draws itself
        self.frame_size = self.batch.frame_size
        self._venues = load_venues(self.source)
        self._clerk = Clerk(seed)
        self._reads = self.batch.fillings[SENSE].space.shape == (MEANING.size,)
        self._speak("greet")

    # --- What stands on the desk -------------------------------------------------------------------------------------

    @property
    def last(self) -> str:
        """What the clerk did last, one of LAST_ACTS."""
        return LAST_ACTS[int(self._record["last"])]

    @property
    def form(self) -> dict[str, str]:
        """The notes by slot, ``DONTCARE`` for anything; without those that are not made."""
        codes = self._record["form"].tolist()
        return {slot: _value(slot, code) for slot, code in zip(SLOTS, codes, strict=True) if code != NONE}

    @property
    def left(self) -> int:
        """How many venues fit the form."""
        return int(self._record["left"])

    @property
    def venue(self) -> Venue | None:
        """The venue that was named last."""
        number = int(self._record["venue"])
        return None if number == NOTHING else self._venues[number]

    def describe(self, notes: tuple[tuple[str, str], ...] = ()) -> str:
        """The form in a line; with a star behind what has just been written."""
        form, fresh = self.form, dict(notes)
        parts = [
            f"{TITLES.get(slot, slot)} {any_of(form.get(slot, '–'))}{'*' if slot in fresh else ''}" for slot in SLOTS
        ]
        venue = self.venue
        fit = f"{self.left} {'place fits' if self.left == 1 else 'places fit'}"
        return " · ".join([*parts, fit, *([venue_name(venue.name)] if venue else [])])

    @property
    def _record(self) -> Any:
        return self.batch.store[0]

    # --- The person --------------------------------------------------------------------------------------------------

    def hear(self, said: str) -> Heard:
        """What the person says becomes the clerk's sense; `reply` comes next.

        Raises:
            ValueError: nothing was said, or the conversation is over.
        """
        text = words_of(said)
        if not text or self.over:
            raise ValueError("the conversation is over" if self.over else "nothing was said; see `silence`")
        record, k = self._record, int(self._record["turn"]) % KEPT
        kept = decode_text(encode_heard(0, text))
        record["past_clerk"][k], record["past_words"][k] = _ascii(self.sentence), _ascii(kept)
        hear_person(record, text)
        self.batch.refresh()
        understood = self.understood
        self._record["past_meant"][k] = _ascii(str(understood or ""))
        return Heard(kept, len(text.encode()) > TEXT_BYTES, understood)

    @property
    def understood(self) -> Understood | None:
        """What the sense makes of the last utterance; None where the words themselves are shown."""
        return _understood(self.batch.estimate(SENSE)[0]) if self._reads else None

    @property
    def direction(self) -> np.ndarray:
        """(MEANING.size,) 1 for each part of what was understood: the act, the values, the wishes."""
        understood = self.understood
        assert understood is not None
        direction = encode_meaning(MEANING, understood.act, understood.values, understood.wishes)
        for slot in SLOTS:  # that nothing was said of a slot is no answer of a word's
            if slot not in understood.values:
                direction[MEANING.slice(slot)] = 0.0
        return direction

    @property
    def component(self) -> Any:
        """The model that hears; None where a rule does."""
        return getattr(self.batch.fillings[SENSE], "component", None)

    @property
    def sense(self) -> str:
        """What hears, in a word or two."""
        given = self.batch.given[SENSE]
        folder = given.get("component") if isinstance(given, Mapping) else given
        return str(folder) if isinstance(folder, (str, Path)) else type(folder).__name__

    def ask_sense(self, texts: list[str]) -> np.ndarray:
        """(M, MEANING.size) what the sense would make of other words in the place of the last ones; nothing changes."""
        before = self.batch.snapshot()
        found = []
        for text in texts:
            self._record["words"] = encode_heard(0, text)[1:]
            self.batch.refresh()
            found.append(self.batch.estimate(SENSE)[0].copy())
            self.batch.restore(before)
        return np.array(found)

    def is_silent(self, said: str) -> bool:
        """Whether nothing of what the person types can be heard."""
        return not words_of(said)

    def silence(self) -> str:
        """What the clerk says to somebody who says nothing; what it asked before stands."""
        return f"{self._clerk.say('silence', {}, 0)} {self.sentence}"

    def leave(self) -> str:
        """The person goes; what the clerk calls after it."""
        self.over = True
        return self._clerk.say("leaves", {}, 0)

    # --- The clerk ---------------------------------------------------------------------------------------------------

    def reply(self) -> Reply:
        """Let the clerk act until it has spoken."""
        notes: list[tuple[str, str]] = []
        for _ in range(MOST_ACTIONS):
            before = self.venue
            action = int(self.policy(self.batch)[0])
            self.batch.step(np.array([action]))
            if action >= NOTE:
                slot = max(i for i in range(SLOT_COUNT) if action >= NOTES[i])
                notes.append((SLOTS[slot], _value(SLOTS[slot], DONTCARE_CODE + action - NOTES[slot])))
            elif self._record["spoke"]:
                self.over = action == LEAVE
                again = self.last == "offer" and self.venue == before
                act = "bye" if self.over else "again" if again else self.last
                return Reply(tuple(notes), self._speak(act), self.over)
        return Reply(tuple(notes), f"One moment, please. {self.sentence}", False, is_stuck=True)

    def _speak(self, act: str) -> str:
        self.sentence = self._clerk.say(act, self.form, self.left, self.venue)
        self._record["now_clerk"] = _ascii(self.sentence)
        return self.sentence

    def render(self, frame: np.ndarray) -> None:
        """Draw the conversation into ``frame`` (height, width, 3) uint8."""
        self.batch.render(0, frame)

    def close(self) -> None:
        self.batch.close()


PERSON = f"{__package__}.person"


def check_hears(filling: Any) -> None:
    """``ValueError`` where a slot is filled with what a guest means, which of a person nobody knows."""
    if filling is None or (isinstance(filling, str) and filling.partition(":")[0] in FILLED_BY_MEANING):
        what = "empty" if filling is None else f"filled with {filling!r}"
        raise ValueError(
            f"this clerk cannot hear you: its slot {SENSE} is {what}, which takes nothing from words; choose "
            f"what hears: --slot {SENSE}=keywords, or the model of a `ludus fit nlp/understand`, --slot "
            f"{SENSE}=models/waiter"
        )


def words_of(said: str) -> str:
    """What reaches the sense of what a person types: in small letters, as guests' words come, on one line.

    What cannot be printed, such as control characters, counts as a blank.
    """
    plain = unicodedata.normalize("NFC", said).translate(SIGNS).lower()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())


def any_of(value: str) -> str:
    """A value as it is shown: "any" where it is left open."""
    return "any" if value == DONTCARE else value


def _value(slot: str, code: int) -> str:
    return DONTCARE if code == DONTCARE_CODE else VALUES[slot][code - FIRST]


def _understood(meaning: np.ndarray) -> Understood:
    act, values, wishes = decode_meaning(MEANING, meaning)
    return Understood(act, values, frozenset(wishes), float(MEANING.take(meaning, "act").max()))


def _ascii(text: str) -> np.ndarray:
    """(256,) uint8 for the picture; what has no letter there is a question mark."""
    row = np.zeros(TEXT_BYTES, np.uint8)
    data = text.encode("ascii", "replace")[:TEXT_BYTES]
    row[: len(data)] = np.frombuffer(data, np.uint8)
    return row
