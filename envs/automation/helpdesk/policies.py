"""The policies of Helpdesk: a rule by what was understood, with the truth the reference, and a careful one.

The rule has no memory but the form: what was said goes into it, then comes what the form still lacks, a venue, and what
is asked about that. It is one kernel, which gets what is shown: `heuristic` hands it the truth.
"""

import math

import numpy as np

from ....data.dialogue.terms import ACTS
from ...engine.compile.binding import loop
from ...engine.kernels import kernel, scratch
from .constants import (
    ACT,
    ADDRESS,
    ANOTHER,
    ASK,
    BYE,
    CHECK,
    CHECKED,
    CONFIRMED,
    COUNTS,
    DONTCARE,
    INFORM,
    LAST,
    LASTS,
    LEAVE,
    LEFT,
    LOG_FULL,
    MEANINGS,
    MEANT,
    NAMED,
    NEGATE,
    NONE,
    NOTES,
    NUMBERS,
    OFFER,
    OFFERED,
    PHONE,
    POSTCODE,
    REQUEST,
    SLOT_COUNT,
    STARTS,
    STILL_FITS,
    TELL,
    TOLD,
    WISH_AREA,
    WISH_COUNT,
    WISH_FOOD,
    WISH_PRICE,
    WISHED,
)
from .observation import observe, tell

ACTS_COUNT = len(ACTS)
FEW = 3  # venues of which one is named at once, instead of asking for another slot
CAREFUL_FEW = 1
ASKED_FIRST = (PHONE, ADDRESS, POSTCODE, WISH_PRICE, WISH_AREA, WISH_FOOD)  # told where no wish was understood


@kernel
def greatest(numbers, begin, count):
    """The index of the greatest of ``count`` numbers from ``begin`` on."""
    best = 0
    for k in range(1, count):
        if numbers[begin + k] > numbers[begin + best]:
            best = k
    return best


@kernel
def decide(shown, meant, is_careful):
    """The action for what is ``shown`` (NUMBERS,) and what the utterance is taken for, ``meant`` (MEANINGS,).

    ``is_careful``: what was noted is checked before a venue is named, and one of a few venues is not named at a guess.
    """
    act = greatest(meant, ACT, ACTS_COUNT)
    last = greatest(shown, LAST, LASTS)
    has_venue = shown[NAMED] > 0.0
    if act == BYE and has_told(shown):
        return LEAVE
    if act in (REQUEST, BYE) and has_venue:
        return tell_wish(shown, meant)
    if act == ANOTHER and has_venue:
        return OFFER
    if act in (INFORM, NEGATE) or not has_venue:
        for slot in range(SLOT_COUNT):
            value = greatest(meant, MEANT[slot], COUNTS[slot])
            if value != NONE and value != greatest(shown, STARTS[slot], COUNTS[slot]):
                return NOTES[slot] + value - DONTCARE
    if act == NEGATE:
        action = find_mistake(shown, meant, last)
        if action >= 0:
            return action
    return look_further(shown, is_careful)


@kernel
def has_told(shown):
    """Whether something was told of the named venue, without which there is no goodbye."""
    told = 0.0
    for wish in range(WISH_COUNT):
        told += shown[TOLD + wish]
    return told > 0.0


@kernel
def tell_wish(shown, meant):
    """Tell what was asked for, the first of it; what is most often asked for, if it was told or nothing is known."""
    for wish in range(WISH_COUNT):
        if meant[WISHED + wish] > 0.5 and shown[TOLD + wish] == 0.0:
            return TELL + wish
    for wish in ASKED_FIRST:
        if shown[TOLD + wish] == 0.0:
            return TELL + wish
    return LEAVE


@kernel
def find_mistake(shown, meant, last):
    """The guest disagrees and says nothing new: ask again what it was asked about, or check; -1: nothing to find."""
    if CONFIRMED <= last < OFFERED:
        slot = last - CONFIRMED
        if greatest(meant, MEANT[slot], COUNTS[slot]) == NONE:
            return ASK + slot
        return -1
    if last == OFFERED and shown[STILL_FITS] == 0.0:
        return -1
    for slot in range(SLOT_COUNT):
        if greatest(shown, STARTS[slot], COUNTS[slot]) == NONE:
            return ASK + slot
    for slot in range(SLOT_COUNT):
        if shown[CHECKED + slot] == 0.0:
            return CHECK + slot
    return ASK


@kernel
def look_further(shown, is_careful):
    """Name a venue if few are left, or all slots are known; else ask for the next slot."""
    empty = noted = -1
    filled = 0
    for slot in range(SLOT_COUNT - 1, -1, -1):
        form = greatest(shown, STARTS[slot], COUNTS[slot])
        if form == NONE:
            empty = slot
            continue
        filled += 1
        if is_careful and shown[CHECKED + slot] == 0.0:
            noted = slot
    if noted >= 0:
        return CHECK + noted
    few = CAREFUL_FEW if is_careful else FEW
    if empty >= 0 and math.expm1(shown[LEFT] * LOG_FULL) > few + 0.5:
        return ASK + empty
    return OFFER if filled > 0 else ASK


@kernel
def heuristic(s, world, out):
    """The rule for whoever understands everything."""
    shown, meant = scratch(NUMBERS), scratch(MEANINGS)
    observe(s, world, shown)
    tell(s, world, meant)
    out[0] = decide(shown, meant, False)


@loop
def _decide_all(shown, meant, is_careful, actions):
    for i in range(len(actions)):
        actions[i] = decide(shown[i], meant[i], is_careful)


def act_by(view, is_careful):
    """(N,) the rule's actions for what is shown and what the slot says."""
    actions = np.empty(view.num_envs, np.int64)
    shown = np.ascontiguousarray(view.observation["state"], np.float32)
    _decide_all(shown, np.ascontiguousarray(view.estimate("utterance"), np.float32), is_careful, actions)
    return actions


def desk(view):
    """The rule by what the slot ``utterance`` says; with the truth it is the reference.

    Args:
        view: What is shown of N environments, a ``PolicyView``.

    Returns:
        (N,) int64 actions.

    Raises:
        ValueError: the slot ``utterance`` is not filled.
    """
    return act_by(view, is_careful=False)


def careful(view):
    """The same, but whatever was noted is checked before it is used: what pays where much is misunderstood."""
    return act_by(view, is_careful=True)
