"""The terms of a help desk's dialogues: acts, what a clerk can have done last, and utterances as templates."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .venues import SLOTS, WISHES

# What a guest does: says what it wants (perhaps with wishes), asks for something, agrees, disagrees (perhaps with what
# is right), asks for another venue, leaves.
ACTS = ("inform", "request", "affirm", "negate", "another", "bye")
# What the clerk did before: nothing yet; asked for a slot; asked whether what it wrote there is right; named a venue;
# said that nothing fits; told something about the venue.
LAST_ACTS = (
    "greet",
    *(f"request {slot}" for slot in SLOTS),
    *(f"confirm {slot}" for slot in SLOTS),
    "offer",
    "nothing",
    *(f"inform {wish}" for wish in WISHES),
)
OPENING, LATER = "opening", "later"  # contexts: a first turn, any other
SPLITS = ("train", "test")
TEST_SHARE = 4  # one template in four is of the test split

# Placeholders. {priced} is a price before a noun that is none of a price: "a moderately priced restaurant"; {a} an
# article, which the word behind it decides.
PLACEHOLDERS = ("{food}", "{area}", "{pricerange}", "{priced}", "{a}")
PRICED = {"cheap": "cheap", "moderate": "moderately priced", "expensive": "expensive"}
VOWELS = "aeiou"


@dataclass(frozen=True)
class Template:
    """An utterance with placeholders, and what it means."""

    text: str  # in small letters
    act: str
    slots: tuple[str, ...] = ()  # whose values stand in it, in the order of SLOTS
    dontcare: tuple[str, ...] = ()  # of which it says that anything will do
    wishes: tuple[str, ...] = ()  # what it asks for, in the order of WISHES
    context: str = LATER
    is_corpus: bool = False

    @property
    def key(self) -> tuple:
        """What a guest wants to say, and when."""
        return self.act, self.slots, self.dontcare, self.wishes, self.context

    @property
    def split(self) -> str:
        """Of which split it is: a hash of its words alone, so that no utterance is of both."""
        return "test" if hashlib.sha256(normal(self.text).encode()).digest()[0] % TEST_SHARE == 0 else "train"


def normal(text: str) -> str:
    """The words of ``text`` alone, without signs."""
    return " ".join(re.findall(r"[a-z0-9{}]+", text.lower()))


def realise(text: str, values: Mapping[str, str]) -> str:
    """``text`` with the values by slot in the places of its placeholders."""
    price = values.get("pricerange", "")
    spoken = {**values, "priced": PRICED.get(price, price)}
    for name in (*SLOTS, "priced"):
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", spoken[name])
    return re.sub(r"\{a\}(?=\s+(\S))", lambda found: "an" if found[1] in VOWELS else "a", text)
