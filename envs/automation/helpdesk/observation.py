"""The observation of Helpdesk, what makes sense, and its slot: what is heard of the guest, and what it meant."""

import math

from ...engine.kernels import clear, inlined, kernel
from .constants import (
    ACT,
    ACTIONS,
    CHECK,
    CHECKED,
    DONTCARE,
    LAST,
    LEAVE,
    LEFT,
    LOG_FULL,
    MEANT,
    NAMED,
    NONE,
    NONE_LEFT,
    NOTES,
    NOTHING,
    OFFER,
    PASSED,
    SLOT_COUNT,
    STARTS,
    STILL_FITS,
    TELL,
    TOLD,
    WISH_COUNT,
    WISHED,
)
from .rules_guest import fits
from .rules_speech import hear

MOST_TURNS = 30  # of a dialogue; more look the same


@inlined
def observe(s, world, out):
    clear(out)
    for slot in range(SLOT_COUNT):
        out[STARTS[slot] + s.form[slot]] = 1.0
        out[CHECKED + slot] = s.checked >> slot & 1
    out[LEFT] = math.log(1.0 + s.left) / LOG_FULL
    out[NONE_LEFT] = s.left == 0
    if s.venue != NOTHING:
        out[NAMED] = 1.0
        out[STILL_FITS] = fits(world, s.venue, s.form)
    for wish in range(WISH_COUNT):
        out[TOLD + wish] = s.told >> wish & 1
    out[LAST + s.last] = 1.0
    out[PASSED] = min(s.turn, MOST_TURNS) / MOST_TURNS


@inlined
def mask(s, world, out):
    """Slots can be asked for and noted; the rest needs something in the form, a venue, or that something was told."""
    for action in range(ACTIONS):
        out[action] = 1
    has_any = False
    for slot in range(SLOT_COUNT):
        form = s.form[slot]
        has_any |= form != NONE
        out[CHECK + slot] = form != NONE and s.checked >> slot & 1 == 0
        if form != NONE:
            out[NOTES[slot] + form - DONTCARE] = 0
    out[OFFER] = has_any
    out[LEAVE] = s.told != 0
    for wish in range(WISH_COUNT):
        out[TELL + wish] = s.venue != NOTHING and s.told >> wish & 1 == 0


@kernel
def sense(s, world, out):
    """What the clerk did last, and what is heard of what the guest answered."""
    clear(out)
    out[0] = s.last
    hear(world, s.template, s.spoken, s.speech, s.level, 0, out)


@kernel
def tell(s, world, out):
    """What the guest meant."""
    clear(out)
    out[ACT + s.act] = 1.0
    for slot in range(SLOT_COUNT):
        out[MEANT[slot] + s.spoken[slot]] = 1.0
    for wish in range(WISH_COUNT):
        out[WISHED + wish] = s.asked >> wish & 1
