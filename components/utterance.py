"""The layouts of what is said to a help desk and of what it means: bytes of text, an act, values by slot, wishes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from .layout import Layout, Part

TEXT_BYTES = 256  # of an utterance in UTF-8; what is longer is cut
ACT, WISHES = "act", "wishes"  # the first and the last part of a meaning; those of the slots stand between
NONE, DONTCARE = "none", "dontcare"  # the first two values of every slot: nothing was said of it; anything will do


def heard_layout() -> Layout:
    """Flat uint8 (257,): the number of what the clerk did last, then the text, with zeros behind it."""
    return Layout((Part("last", (1,)), Part("text", (TEXT_BYTES,))))


def meaning_layout(acts: Sequence[str], values: Mapping[str, Sequence[str]], wishes: Sequence[str]) -> Layout:
    """Flat numbers 0 or 1: the act, one-hot; of each slot none, dontcare or a value, one-hot; the wishes, many-hot."""
    slots = [Part(slot, (2 + len(known),), (NONE, DONTCARE, *known)) for slot, known in values.items()]
    wished = Part(WISHES, (len(wishes),), tuple(wishes))
    return Layout((Part(ACT, (len(acts),), tuple(acts)), *slots, wished))


def encode_heard(last: int, text: str) -> np.ndarray:
    """(257,) uint8 of `heard_layout`; a letter that would not fit whole is left out."""
    data = text.encode("utf-8", "replace")[:TEXT_BYTES].decode("utf-8", "ignore").encode("utf-8")
    heard = np.zeros(1 + TEXT_BYTES, np.uint8)
    heard[0] = last
    heard[1 : 1 + len(data)] = np.frombuffer(data, np.uint8)
    return heard


def decode_text(heard: np.ndarray) -> str:
    """The text in ``heard`` (257,); bytes that are no UTF-8 become the replacement character."""
    return bytes(np.asarray(heard[1:], np.uint8)).split(b"\0", 1)[0].decode("utf-8", "replace")


def encode_meaning(layout: Layout, act: str, values: Mapping[str, str], wishes: AbstractSet[str]) -> np.ndarray:
    """(size,) float32 of ``layout``, made by `meaning_layout`.

    Raises:
        ValueError: an act, a slot, a value or a wish that it does not have.
    """
    meaning = np.zeros(layout.size, np.float32)
    slots = [part.name for part in layout.parts[1:-1]]
    said = [(ACT, act), *((slot, values.get(slot, NONE)) for slot in slots), *((WISHES, wish) for wish in wishes)]
    unknown = set(values) - set(slots)
    if unknown:
        raise ValueError(f"unknown slots {sorted(unknown)}; expected {', '.join(slots)}")
    for name, what in said:
        columns = layout.part(name).columns
        if what not in columns:
            raise ValueError(f"{what!r} is no value of {name}; expected one of {', '.join(columns)}")
        meaning[layout.slice(name).start + columns.index(what)] = 1.0
    return meaning


def decode_meaning(layout: Layout, meaning: np.ndarray) -> tuple[str, dict[str, str], set[str]]:
    """The most likely act, the values by slot (without none), and the wishes above 0.5 in ``meaning`` (size,)."""
    act, *slots, wishes = layout.parts
    values = {part.name: part.columns[int(layout.take(meaning, part.name).argmax())] for part in slots}
    wished = layout.take(meaning, wishes.name) > 0.5
    return (
        act.columns[int(layout.take(meaning, act.name).argmax())],
        {slot: value for slot, value in values.items() if value != NONE},
        {wish for wish, is_wished in zip(wishes.columns, wished, strict=True) if is_wished},
    )
