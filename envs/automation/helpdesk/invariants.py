"""The invariants of Helpdesk: sentences that hold of every state, for the fuzzer and for snapshots."""

import math

import numpy as np

from ....data.dialogue.terms import ACTS
from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    ANOTHER,
    BYE,
    CHECK,
    CHECKED,
    CONFIRMED,
    COUNTS,
    DONTCARE,
    FIRST,
    HINT,
    INFORMED,
    KEPT,
    LAST,
    LASTS,
    LEAVE,
    LEFT,
    LOG_FULL,
    NAMED,
    NONE,
    NONE_LEFT,
    NOTES,
    NOTHING,
    OFFER,
    OFFERED,
    PASSED,
    REQUEST,
    SLOT_COUNT,
    STARTS,
    STILL_FITS,
    SUCCESS,
    TELL,
    TOLD,
    TURNS,
    WISH_COUNT,
    WRITING,
    WRONG,
)
from .observation import MOST_TURNS
from .rules import is_served
from .rules_guest import count_fitting, fits

INVARIANTS = (
    "goal, alternative, form and what was said are values of their slots, and sets are sets",
    "the guest has an alternative that some venue fits, and what it turned to is its goal",
    "a guest that waits for another venue no longer wants one, and one that waits was named a venue",
    "the venues that are counted are those that fit the form, and the named one is one of the 110",
    "what was told, was told of a venue",
    "the last utterance, and those that are kept, are ones that can be said",
    "one who asks, waits or leaves was named a venue, and asks for something",
    "whoever is successful knows all that it wanted to know of a venue that fits, and nobody else is",
    "`turns`, `notes` and `wrong` never earn anything, and `success` is 1 or nothing",
    "the hints of an episode come to how far the clerk is",
    Shown("the observation is the state, and the mask says what makes sense"),
)
ALL_SLOTS, ALL_WISHES = 1 << SLOT_COUNT, 1 << WISH_COUNT
ROUNDING_OF_SUMS = 1e-9  # of a few hundred hints
ROUNDING = 0.01  # venues, of the share of a logarithm in single precision


@kernel
def can_be_said(world, template, level, last, about):
    """Whether these are a template, a share, and something that the clerk can have said about a venue or a code."""
    if not (0 <= template < world.starts.shape[0] - 1 and 0.0 <= level <= 1.0 and 0 <= last < LASTS):
        return False
    if CONFIRMED <= last < OFFERED:
        return NONE < about < COUNTS[last - CONFIRMED]
    return NOTHING <= about < world.values.shape[0] and (about != NOTHING or not (last == OFFERED or last >= INFORMED))


@kernel
def takes_values(world, template, spoken):
    """Whether ``spoken`` (3,) has a value for each that the template names."""
    for at in range(world.starts[template], world.starts[template + 1]):
        kind = world.text[at] - 1
        if kind <= SLOT_COUNT and spoken[min(kind, SLOT_COUNT - 1)] < FIRST:
            return False
    return True


@kernel
def invariant(s, world, shown, legal):
    venues = world.values.shape[0]
    for slot in range(SLOT_COUNT):
        if not (DONTCARE <= s.goal[slot] < COUNTS[slot] and DONTCARE <= s.instead[slot] < COUNTS[slot]):
            return 1
        if not (NONE <= s.form[slot] < COUNTS[slot] and NONE <= s.spoken[slot] < COUNTS[slot]):
            return 1
        for k in range(KEPT):
            if not NONE <= s.past_spoken[k, slot] < COUNTS[slot]:
                return 1
        if s.turned and s.goal[slot] != s.instead[slot]:
            return 2
    if not (0 <= s.said < ALL_SLOTS and 0 <= s.checked < ALL_SLOTS and 0 < s.wishes < ALL_WISHES):
        return 1
    if not (0 <= s.told < ALL_WISHES and 0 <= s.asked < ALL_WISHES and s.turn >= 1 and s.lost >= 0):
        return 1
    if count_fitting(world, s.instead) == 0 or (not s.turned and count_fitting(world, s.goal) > 0):
        return 2
    if (s.asks_another and (s.wants_another or s.venue == NOTHING)) or not 0 <= s.last < LASTS:
        return 3
    if not (NOTHING <= s.venue < venues and 0 <= s.shelf < venues and s.left == count_fitting(world, s.form)):
        return 4
    if s.venue == NOTHING and (s.told != 0 or s.last == OFFERED or s.last >= INFORMED):
        return 5
    now = (s.turn - 1) % KEPT
    if not (0 <= s.act < len(ACTS) and can_be_said(world, s.template, s.level, s.last, s.past_about[now])):
        return 6
    if not takes_values(world, s.template, s.spoken):
        return 6
    for k in range(min(KEPT, s.turn)):
        if not (0 <= s.past_act[k] < len(ACTS) and 0 <= s.past_asked[k] < ALL_WISHES):
            return 6
        if not can_be_said(world, s.past_template[k], s.past_level[k], s.past_last[k], s.past_about[k]):
            return 6
        if not takes_values(world, s.past_template[k], s.past_spoken[k]):
            return 6
    if s.act in (REQUEST, ANOTHER, BYE) and s.venue == NOTHING:
        return 7
    if s.act == REQUEST and s.asked & s.wishes == 0:
        return 7
    if s.success and not (s.pending and is_served(s, world)):
        return 8
    if max(s.totals[TURNS], s.totals[WRITING], s.totals[WRONG]) > 0.0 or s.totals[SUCCESS] != s.success:
        return 9
    if abs(s.totals[HINT] - s.hinted) > ROUNDING_OF_SUMS:
        return 10
    return 0 if is_shown(s, world, shown, legal) else 11


@kernel
def is_shown(s, world, shown, legal):
    """Whether ``shown`` and ``legal`` are what the card says."""
    has_any = False
    for slot in range(SLOT_COUNT):
        form, is_checked = s.form[slot], s.checked >> slot & 1
        has_any = has_any or form != NONE
        for code in range(COUNTS[slot]):
            if shown[STARTS[slot] + code] != (code == form):
                return False
            if code >= DONTCARE and legal[NOTES[slot] + code - DONTCARE] != (code != form):
                return False
        if shown[CHECKED + slot] != is_checked or legal[slot] != 1:
            return False
        if legal[CHECK + slot] != (form != NONE and not is_checked):
            return False
    if legal[LEAVE] != (s.told != 0):
        return False
    if abs(math.expm1(shown[LEFT] * LOG_FULL) - s.left) > ROUNDING:
        return False
    if shown[NONE_LEFT] != (s.left == 0) or shown[NAMED] != (s.venue != NOTHING) or legal[OFFER] != has_any:
        return False
    if shown[STILL_FITS] != (s.venue != NOTHING and fits(world, s.venue, s.form)):
        return False
    for wish in range(WISH_COUNT):
        is_told = s.told >> wish & 1
        if shown[TOLD + wish] != is_told or legal[TELL + wish] != (s.venue != NOTHING and not is_told):
            return False
    for last in range(LASTS):
        if shown[LAST + last] != (last == s.last):
            return False
    return shown[PASSED] == np.float32(min(s.turn, MOST_TURNS) / MOST_TURNS)
