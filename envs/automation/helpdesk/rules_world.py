"""The world of Helpdesk: venues as sets of bits, and what guests can say as bytes, each by what it means."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ....data.dialogue.terms import ACTS, LAST_ACTS, OPENING, PRICED, Template
from ....data.dialogue.turns import load_templates, load_venues, source_of
from ....data.dialogue.venues import SLOTS, VALUES, VENUES, WISHES, Venue
from ...engine.kernels import kernel
from ...engine.lettering import font
from .constants import COUNTS, DONTCARE, FIRST, NONE, SLOT_COUNT, WISH_COUNT
from .rules_clerk import ANY, SENTENCES, UNKNOWN
from .rules_keywords import keyword_table

# Bytes that stand in a template for a value, or for the article of the word behind it.
MARKS = {"{food}": "\x01", "{area}": "\x02", "{pricerange}": "\x03", "{priced}": "\x04", "{a}": "\x05"}
# And in a sentence of the clerk's: the value it asks about, the venue's name, what it says of the venue.
CLERK_MARKS = {"{value}": "\x01", "{name}": "\x02", **{f"{{{wish}}}": "\x03" for wish in WISHES}}
HEADINGS = ("the clerk's form", "venues that fit", "no venue yet", "the guest wants", "patience")
TITLES = (*ACTS, *WISHES[:-1], "price", *HEADINGS)
# Where in `labels` the rows begin: titles, the clerk's sentences by what it does, values by slot (25 each) and code,
# names of venues, three details of each.
TITLE = 0
SENTENCE = TITLE + len(TITLES)
VALUE_ROWS = max(COUNTS)
VALUE = SENTENCE + len(LAST_ACTS)
NAME = VALUE + SLOT_COUNT * VALUE_ROWS
DETAIL = NAME + VENUES
DETAILS = 3  # address, phone, postcode
SETS = 2**SLOT_COUNT  # of slots
KEYS = 2 * len(ACTS) * SETS * SETS * 2**WISH_COUNT
WORD = 64  # bits of a word of a set of venues
LONGEST_WORD, LONGEST_VALUE, LONGEST_LABEL = 16, 24, 64  # bytes


class Desk(NamedTuple):
    """The world of Helpdesk: V venues, T templates, W words. Texts are uint8 with zeros behind."""

    values: np.ndarray  # (V, 3) int64 codes of each venue's food, area, price; NONE where it is not known
    fitting: np.ndarray  # (3, 25, 2) uint64: bit v % 64 of word v // 64 where venue v fits a code of a form's slot
    # What can be said: template t is text[starts[t] : starts[t + 1]], with a byte of MARKS for each value.
    text: np.ndarray
    starts: np.ndarray  # (T + 1,) int64
    from_corpus: np.ndarray  # (T,) bool, whether a person said it, values aside
    first: np.ndarray  # (KEYS,) int64, see `key_of`: the first of the templates that say this
    count: np.ndarray  # (KEYS,) int64, how many there are
    spoken: np.ndarray  # (4, 25, 24) how codes of food, area, price, and of prices before a noun, are said
    words: np.ndarray  # (W, 16) what a word can be misheard as
    # The words that the keyword rule knows, see `keyword_table`.
    word_hashes: np.ndarray
    word_kinds: np.ndarray
    word_codes: np.ndarray
    # For the picture: rows of text, see TITLE and what follows it, and letters, see `envs/engine/lettering.py`.
    labels: np.ndarray  # (R, 64)
    glyphs: np.ndarray
    steps: np.ndarray


@kernel
def key_of(opens, act, slots, dontcare, wishes):
    """The number of what a guest wants to say: sets of slots and of wishes as bits; ``opens``: it is the first turn."""
    return (((opens * len(ACTS) + act) * SETS + slots) * SETS + dontcare) * 2**WISH_COUNT + wishes


def make_desk(data: str, split: str) -> Desk:
    """The desk whose venues and guests ``data`` names (see `data/dialogue/turns.py`), with utterances of ``split``."""
    return _make_desk(source_of(data), split)


@lru_cache(maxsize=4)
def _make_desk(source: str, split: str) -> Desk:
    venues, templates = load_venues(source), sorted(load_templates(split, source), key=_key)
    keys = np.array([_key(template) for template in templates])
    count = np.bincount(keys, minlength=KEYS)
    encoded = [_mark(template.text, MARKS).encode() for template in templates]
    hashes, kinds, codes = keyword_table()
    desk = Desk(
        values=_codes(venues),
        fitting=_fitting(_codes(venues)),
        text=np.frombuffer(b"".join(encoded), np.uint8).copy(),
        starts=np.concatenate([[0], np.cumsum([len(text) for text in encoded])]).astype(np.int64),
        from_corpus=np.array([template.is_corpus for template in templates]),
        first=np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64),
        count=count.astype(np.int64),
        spoken=_spoken(),
        words=_texts(_words(templates), LONGEST_WORD),
        word_hashes=hashes,
        word_kinds=kinds,
        word_codes=codes,
        labels=_texts(_labels(venues), LONGEST_LABEL),
        glyphs=font()[0].copy(),
        steps=font()[1].copy(),
    )
    for array in desk:
        array.flags.writeable = False
    return desk


def _key(template: Template) -> int:
    bits = [
        sum(1 << known.index(name) for name in said)
        for known, said in ((SLOTS, template.slots), (SLOTS, template.dontcare), (WISHES, template.wishes))
    ]
    return int(key_of(int(template.context == OPENING), ACTS.index(template.act), *bits))


def _mark(text: str, marks: Mapping[str, str]) -> str:
    for placeholder, mark in marks.items():
        text = text.replace(placeholder, mark)
    return text


def _codes(venues: Sequence[Venue]) -> np.ndarray:
    def code(venue: Venue, slot: str) -> int:
        value = venue.value(slot)
        return FIRST + VALUES[slot].index(value) if value else NONE

    return np.array([[code(venue, slot) for slot in SLOTS] for venue in venues], np.int64)


def _fitting(values: np.ndarray) -> np.ndarray:
    fitting = np.zeros((SLOT_COUNT, max(COUNTS), 2), np.uint64)
    for slot, count in enumerate(COUNTS):
        for code in range(count):
            for venue in range(len(values)):
                if code in (NONE, DONTCARE, values[venue, slot]):
                    fitting[slot, code, venue // WORD] |= np.uint64(1 << venue % WORD)
    return fitting


def _texts(texts: Iterable[str], most: int) -> np.ndarray:
    """(N, most) bytes of each text, cut there."""
    rows = [list(text.encode("ascii", "replace")[:most]) for text in texts]
    return np.array([row + [0] * (most - len(row)) for row in rows], np.uint8)


def _said(values: Sequence[str]) -> list[str]:
    """What codes of a slot with these values are called, blank ones at the end."""
    return [UNKNOWN, ANY, *values, *[""] * (VALUE_ROWS - FIRST - len(values))]


def _spoken() -> np.ndarray:
    kinds = [*(VALUES[slot] for slot in SLOTS), [PRICED[price] for price in VALUES["pricerange"]]]
    return np.stack([_texts(_said(values), LONGEST_VALUE) for values in kinds])


def _labels(venues: Sequence[Venue]) -> list[str]:
    sentences = [_mark(SENTENCES[last], CLERK_MARKS) for last in LAST_ACTS]
    values = [name for slot in SLOTS for name in _said(VALUES[slot])]
    details = [venue.value(wish) or UNKNOWN for venue in venues for wish in WISHES[:DETAILS]]
    return [*TITLES, *sentences, *values, *(venue.name for venue in venues), *details]


def _words(templates: Sequence[Template]) -> list[str]:
    """All words that are said, values included, sorted."""
    values = [value for slot in SLOTS for value in VALUES[slot]]
    texts = [*(template.text for template in templates if "{" not in template.text), *values, *PRICED.values()]
    words = {word.strip(".,!?'-") for text in texts for word in text.split()}
    return sorted(word for word in words if word and len(word) <= LONGEST_WORD)
