"""The clerk's half of the rules: its form, its venues, what it said last. Nothing here knows who the guest is."""

from ...engine.kernels import inlined, kernel
from .constants import (
    ASK,
    CHECK,
    CONFIRMED,
    DENIED,
    DONTCARE,
    INFORMED,
    LEAVE,
    NONE,
    NOTES,
    NOTHING,
    OFFER,
    OFFERED,
    REQUESTED,
    SLOT_COUNT,
    TELL,
)
from .rules_guest import count_fitting, next_fitting


@inlined
def open_desk(s, world):
    """Begin with an empty form, before anything was said; ``s.shelf`` decides where venues are looked for first."""
    for slot in range(SLOT_COUNT):
        s.form[slot] = NONE
    s.checked = s.told = 0
    s.left = world.values.shape[0]
    s.venue = NOTHING


@inlined
def note(s, world, action):
    """Write a value into the form."""
    slot = SLOT_COUNT - 1
    while action < NOTES[slot]:
        slot -= 1
    s.form[slot] = DONTCARE + action - NOTES[slot]
    s.checked &= ~(1 << slot)
    s.left = count_fitting(world, s.form)


@kernel
def ask_for(s, slot):
    """Ask what the guest wants in a slot."""
    s.last = REQUESTED + slot


@kernel
def check_note(s, slot):
    """Ask whether what the form has of a slot is right."""
    s.last = CONFIRMED + slot
    s.checked |= 1 << slot


@inlined
def name_venue(s, world):
    """Name the next venue that fits the form, or say that there is none; whether there is one."""
    venue = next_fitting(world, s.form, s.shelf)
    if venue == NOTHING:
        s.last = DENIED
        return False
    s.last = OFFERED
    s.venue = s.shelf = venue
    s.told = 0
    return True


@kernel
def tell_wish(s, wish):
    """Say something of the venue that was named last."""
    s.last = INFORMED + wish
    s.told |= 1 << wish


@kernel
def is_senseless(s, action):
    """Whether the clerk would speak of a venue or of a note that there is not, or go and has told nothing."""
    if action == LEAVE:
        return s.told == 0
    if action >= TELL:
        return s.venue == NOTHING
    if CHECK <= action < OFFER:
        return s.form[action - CHECK] == NONE
    return action == OFFER and s.form[0] == NONE and s.form[1] == NONE and s.form[2] == NONE


@inlined
def speak(s, world, action):
    """Say something but goodbye, an action below LEAVE; whether anything was said."""
    if is_senseless(s, action):
        return False
    if action >= TELL:
        tell_wish(s, action - TELL)
    elif action == OFFER:
        name_venue(s, world)
    elif action >= CHECK:
        check_note(s, action - CHECK)
    else:
        ask_for(s, action - ASK)
    return True
