"""The keyword rule: the baseline of the slot, which looks for words and for what the clerk did last.

It reads bytes alone. Words are compared as hashes (FNV-1a) with a table that the world holds; of two words that make a
value together the second is met with the first one's hash.
"""

import numpy as np

from ....data.dialogue.venues import SLOTS, VALUES
from ...engine.kernels import clear, kernel, scratch
from .constants import (
    ACT,
    AFFIRM,
    ANOTHER,
    BYE,
    CONFIRMED,
    DENIED,
    DONTCARE,
    FIRST,
    INFORM,
    INFORMED,
    MEANT,
    NEGATE,
    NONE,
    OFFERED,
    REQUEST,
    REQUESTED,
    SLOT_COUNT,
    TEXT,
    WISH_COUNT,
    WISH_FOOD,
    WISHED,
)

OFFSET, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # of FNV-1a with 64 bits
SPACE = np.uint64(32)
# Kinds of words: values of the three slots, then these. A word may be of several.
NAMES, OPENS, WANTS, YES, NO, MORE, THANKS = range(SLOT_COUNT, SLOT_COUNT + 7)
SIGNS = THANKS + 1
SYNONYMS = (
    ("center", 1, "centre"),
    ("inexpensive", 2, "cheap"),
    ("cheaply", 2, "cheap"),
    ("moderately", 2, "moderate"),
)
SLOT_WORDS = (
    "food foods cuisine type kind serve serves serving",
    "area part anywhere",
    "price prices cost costs money",
)
WISH_WORDS = (
    "address addresses located location where",
    "phone telephone number numbers call",
    "postcode postal post",
)
OTHER_WORDS = {
    OPENS: "any anything anywhere care matter mind preference whatever whichever either",
    YES: "yes yeah yep yup right correct exactly sure indeed absolutely definitely certainly course true perfect",
    NO: "no nope nah not wrong incorrect misunderstood mistake don't didn't isn't doesn't won't afraid actually",
    MORE: "another else other others different alternatives next more second",
    THANKS: "bye goodbye thanks thank cheers day everything done lovely",
}


@kernel
def hash_on(digest, byte):
    """FNV-1a: the hash of a text that goes on with ``byte``."""
    return (digest ^ np.uint64(byte)) * PRIME


def hash_word(text: str) -> int:
    """The hash of ``text``, as the kernel computes it."""
    digest = int(OFFSET)
    for byte in text.encode():
        digest = (digest ^ byte) * int(PRIME) % 2**64
    return digest


def keyword_table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The K words that the rule knows: their hashes, sorted (uint64), their kinds, and codes of values or numbers."""
    rows = [(value, slot, FIRST + i) for slot, name in enumerate(SLOTS) for i, value in enumerate(VALUES[name])]
    rows += [(word, slot, FIRST + VALUES[SLOTS[slot]].index(value)) for word, slot, value in SYNONYMS]
    rows += [(word, NAMES, slot) for slot, words in enumerate(SLOT_WORDS) for word in words.split()]
    rows += [(word, WANTS, wish) for wish, words in enumerate(WISH_WORDS) for word in words.split()]
    rows += [(word, kind, 0) for kind, words in OTHER_WORDS.items() for word in words.split()]
    table = sorted((hash_word(word), kind, code) for word, kind, code in rows)
    return (
        np.array([row[0] for row in table], np.uint64),
        np.array([row[1] for row in table], np.int64),
        np.array([row[2] for row in table], np.int64),
    )


@kernel
def first_of(hashes, digest):
    """Where the entries of ``digest`` begin in the sorted ``hashes``, or would."""
    low, high = 0, hashes.shape[0]
    while low < high:
        middle = (low + high) // 2
        if hashes[middle] < digest:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def is_letter(byte):
    """Whether a byte belongs to a word: a small letter, or the apostrophe of "don't"."""
    return 97 <= byte <= 122 or byte == 39


@kernel
def look_up(world, digest, found, wanted, values):
    """Count what the word of this hash is a sign of; whether it is a value."""
    is_value = False
    at = first_of(world.word_hashes, digest)
    while at < world.word_hashes.shape[0] and world.word_hashes[at] == digest:
        kind, code = world.word_kinds[at], world.word_codes[at]
        if kind < SLOT_COUNT:
            values[kind] = code
            is_value = True
        elif kind == NAMES:
            found[code] = 1.0
        elif kind == WANTS:
            wanted[code] = 1.0
        else:
            found[kind] = 1.0
        at += 1
    return is_value


@kernel
def keywords(world, raw, out):
    """What an utterance is taken for by the words in it and by what the clerk did last."""
    clear(out)
    # By kind of word whether there was one; in the first three places, whether a slot was named.
    found, wanted, values = scratch(SIGNS), scratch(WISH_COUNT), scratch(SLOT_COUNT)
    for k in range(SIGNS):
        found[k] = 0.0
    for wish in range(WISH_COUNT):
        wanted[wish] = 0.0
    for slot in range(SLOT_COUNT):
        values[slot] = NONE
    at, before, is_pair = TEXT, OFFSET, False
    while at < raw.shape[0] and raw[at] != 0:
        if not is_letter(raw[at]):
            at += 1
            continue
        digest, both = OFFSET, hash_on(before, SPACE)
        while at < raw.shape[0] and is_letter(raw[at]):
            digest, both = hash_on(digest, raw[at]), hash_on(both, raw[at])
            at += 1
        # "modern european" is more than its second word, and "north american" no area.
        is_pair = before != OFFSET and look_up_pair(world, both, before, values)
        if not is_pair:
            look_up(world, digest, found, wanted, values)
        before = digest
    conclude(int(raw[0]), found, wanted, values, out)


@kernel
def look_up_pair(world, both, before, values):
    """Whether two words make a value; what the first one alone was taken for is taken back."""
    at = first_of(world.word_hashes, both)
    if at == world.word_hashes.shape[0] or world.word_hashes[at] != both:
        return False
    first = first_of(world.word_hashes, before)
    if first < world.word_hashes.shape[0] and world.word_hashes[first] == before:
        kind = world.word_kinds[first]
        if kind < SLOT_COUNT:
            values[kind] = NONE
    values[world.word_kinds[at]] = world.word_codes[at]
    return True


@kernel
def conclude(last, found, wanted, values, out):
    """Write what the signs mean after what the clerk did ``last``."""
    has_venue = last == OFFERED or last >= INFORMED
    if found[OPENS] or (found[NO] and REQUESTED <= last < CONFIRMED):
        leave_open(last, found, values)
    has_value = has_wish = False
    for slot in range(SLOT_COUNT):
        has_value |= values[slot] != NONE
    for wish in range(WISH_FOOD):
        has_wish |= wanted[wish] > 0.0
    for slot in range(SLOT_COUNT):  # "what type of food is it?", and not "i want italian food"
        if has_venue and found[slot] and not has_value:
            wanted[WISH_FOOD + slot] = 1.0
            has_wish = True
    act = INFORM
    if CONFIRMED <= last < OFFERED:
        act = NEGATE if found[NO] or has_value else AFFIRM
    elif last == DENIED:
        act = NEGATE if found[NO] else INFORM
    elif has_venue:
        if has_wish:
            act = REQUEST
        elif has_value or (found[NO] and not found[THANKS]):
            act = NEGATE
        elif found[MORE]:
            act = ANOTHER
        else:
            act = BYE if found[THANKS] else REQUEST
    out[ACT + act] = 1.0
    for slot in range(SLOT_COUNT):
        out[MEANT[slot] + int(values[slot])] = 1.0
    for wish in range(WISH_COUNT):
        out[WISHED + wish] = wanted[wish] if act in (REQUEST, INFORM) else 0.0


@kernel
def leave_open(last, found, values):
    """Anything will do: of the slots that are named and have no value, else of the one that was asked for."""
    is_named = False
    for slot in range(SLOT_COUNT):
        if found[slot] and values[slot] == NONE:
            values[slot] = DONTCARE
            is_named = True
    if not is_named and REQUESTED <= last < CONFIRMED and values[last - REQUESTED] == NONE:
        values[last - REQUESTED] = DONTCARE
