"""The guest of Helpdesk: a goal, and an agenda that says what it does next (after Schatzmann et al. 2007)."""

import numpy as np

from ...engine.kernels import GAMMA, below, kernel, mix, uniform
from .constants import (
    ADDRESS,
    AFFIRM,
    ANOTHER,
    BYE,
    COUNTS,
    DONTCARE,
    FIRST,
    INFORM,
    NEGATE,
    NONE,
    NOTHING,
    PHONE,
    POSTCODE,
    REQUEST,
    SLOT_COUNT,
    WISH_COUNT,
    WISH_FOOD,
)
from .rules_world import WORD, key_of

ONE, EVERY = np.uint64(1), np.uint64(63)
TRIES = 8  # to find a value with which nothing fits
# How many constraints a goal has: one, two, else three.
ONE_CONSTRAINT, TWO_CONSTRAINTS = 0.15, 0.75
# Chances of the wishes; what is neither constrained nor known may be asked for, too.
ADDRESS_CHANCE, PHONE_CHANCE, POSTCODE_CHANCE, OTHER_CHANCE = 0.7, 0.75, 0.25, 0.12
MOST_WISHES = 3  # at once
TWO_AT_FIRST = 0.6  # chance that two constraints are said at first, where there are two
WISH_AT_FIRST = 0.15  # chance that a wish is said with them, or with an alternative
ONLY_NO = 0.2  # chance that a guest disagrees and does not say what is right


# --- Venues that fit -------------------------------------------------------------------------------------------------


@kernel
def fits(world, venue, wanted):
    """Whether a venue has what is ``wanted`` (3,), codes of a form or a goal."""
    bit = np.uint64(venue % WORD)
    for slot in range(SLOT_COUNT):
        if (world.fitting[slot, wanted[slot], venue // WORD] >> bit) & ONE == 0:
            return False
    return True


@kernel
def bits(word):
    """How many bits of a uint64 are set."""
    count = 0
    while word != 0:
        word &= word - ONE
        count += 1
    return count


@kernel
def count_fitting(world, wanted):
    """How many venues have what is ``wanted`` (3,)."""
    count = 0
    for part in range(world.fitting.shape[2]):
        word = world.fitting[0, wanted[0], part]
        for slot in range(1, SLOT_COUNT):
            word &= world.fitting[slot, wanted[slot], part]
        count += bits(word)
    return count


@kernel
def next_fitting(world, wanted, before):
    """The first venue behind ``before`` that fits, round the end if need be; NOTHING if none does."""
    count = world.values.shape[0]
    for k in range(1, count + 1):
        venue = (before + k) % count
        if fits(world, venue, wanted):
            return venue
    return NOTHING


# --- The goal --------------------------------------------------------------------------------------------------------


@kernel
def sample_goal(s, world):
    """What the guest wants of a venue: that of some venue, and perhaps first something that no venue has."""
    venue = below(s, world.values.shape[0])
    number = uniform(s)
    constraints = 1 if number < ONE_CONSTRAINT else 2 if number < TWO_CONSTRAINTS else 3
    for slot in range(SLOT_COUNT):
        s.goal[slot] = DONTCARE
    while constraints > 0:
        slot = below(s, SLOT_COUNT)
        if s.goal[slot] == DONTCARE:
            # A venue that does not say what it serves is found by the rest.
            s.goal[slot] = max(world.values[venue, slot], DONTCARE)
            constraints -= 1
            if s.goal[slot] == DONTCARE:
                break
    s.turned = True
    for slot in range(SLOT_COUNT):
        s.instead[slot] = s.goal[slot]
    if uniform(s) < s.nothing_chance:
        for _ in range(TRIES):
            slot = below(s, SLOT_COUNT)
            if s.goal[slot] >= FIRST:
                kept = s.goal[slot]
                s.goal[slot] = FIRST + below(s, COUNTS[slot] - FIRST)
                if count_fitting(world, s.goal) == 0:
                    s.turned = False
                    break
                s.goal[slot] = kept
    s.wants_another = uniform(s) < s.another_chance and count_fitting(world, s.instead) > 1
    s.asks_another = False


@kernel
def sample_wishes(s):
    """What the guest wants to know of its venue, one thing at least; as bits."""
    s.wishes = 0
    if uniform(s) < ADDRESS_CHANCE:
        s.wishes |= 1 << ADDRESS
    if uniform(s) < PHONE_CHANCE:
        s.wishes |= 1 << PHONE
    if uniform(s) < POSTCODE_CHANCE:
        s.wishes |= 1 << POSTCODE
    for slot in range(SLOT_COUNT):
        if s.goal[slot] == DONTCARE and uniform(s) < OTHER_CHANCE:
            s.wishes |= 1 << (WISH_FOOD + slot)
    if s.wishes == 0:
        s.wishes = 1 << PHONE


# --- What it says ----------------------------------------------------------------------------------------------------


@kernel
def utter(s, world, act, slots, dontcare, wishes):
    """Say something: an act with the goal's values of the set ``slots``, and sets of slots left open and of wishes.

    A guest that has no words for a wish on top leaves it out, and of several wishes the last ones.
    """
    opens = 1 if s.turn == 0 else 0
    key = key_of(opens, act, slots, dontcare, wishes)
    while world.count[key] == 0 and wishes != 0:
        wishes = without_last(wishes)
        key = key_of(opens, act, slots, dontcare, wishes)
    if world.count[key] == 0:  # it opens with what nobody opens with
        key = key_of(0, act, slots, dontcare, wishes)
    s.act = act
    s.asked = wishes
    for slot in range(SLOT_COUNT):
        s.spoken[slot] = s.goal[slot] if slots >> slot & 1 else DONTCARE if dontcare >> slot & 1 else NONE
    s.template = world.first[key] + below(s, world.count[key])
    s.rng = s.rng + GAMMA
    s.speech = mix(s.rng)
    s.level = s.noise
    s.turn += 1


@kernel
def without_last(wishes):
    """The set of wishes without its last one."""
    last = WISH_COUNT - 1
    while wishes >> last & 1 == 0:
        last -= 1
    return wishes & ~(1 << last)


@kernel
def open_dialogue(s, world):
    """The first turn: one or two of its constraints, and perhaps a wish."""
    slots, many = 0, 2 if uniform(s) < TWO_AT_FIRST else 1
    begin = below(s, SLOT_COUNT)
    for k in range(SLOT_COUNT):
        slot = (begin + k) % SLOT_COUNT
        if s.goal[slot] >= FIRST and many > 0:
            slots |= 1 << slot
            many -= 1
    wishes = s.wishes if uniform(s) < WISH_AT_FIRST else 0
    note_said(s, slots)
    if slots == 0:  # it wants nothing in particular
        utter(s, world, INFORM, 0, 1 << begin, 0)
    else:
        utter(s, world, INFORM, slots, 0, wishes)


@kernel
def note_said(s, slots):
    s.said |= slots


@kernel
def answer(s, world, slot):
    """Answer what the clerk asked about a slot, sometimes with more than it asked for."""
    slots, dontcare = 0, 0
    if s.goal[slot] == DONTCARE:
        dontcare = 1 << slot
    else:
        slots = 1 << slot
    if uniform(s) < s.more_chance:
        for other in range(SLOT_COUNT):
            more = slots | 1 << other
            has_words = world.count[key_of(0, INFORM, more, dontcare, 0)] > 0
            if other != slot and s.goal[other] >= FIRST and s.said >> other & 1 == 0 and has_words:
                slots = more
                break
    note_said(s, slots | dontcare)
    utter(s, world, INFORM, slots, dontcare, 0)


@kernel
def correct(s, world, wrong):
    """Disagree, and mostly say what is right of the set ``wrong`` of slots."""
    if uniform(s) < ONLY_NO:
        utter(s, world, NEGATE, 0, 0, 0)
        return
    slots = dontcare = 0
    for slot in range(SLOT_COUNT):
        if wrong >> slot & 1:
            if s.goal[slot] == DONTCARE:
                dontcare |= 1 << slot
            else:
                slots |= 1 << slot
    note_said(s, wrong)
    utter(s, world, NEGATE, slots, dontcare, 0)


@kernel
def turn_to_alternative(s, world):
    """Nothing fits: name what it would take instead."""
    changed = 0
    for slot in range(SLOT_COUNT):
        if s.goal[slot] != s.instead[slot]:
            changed |= 1 << slot
        s.goal[slot] = s.instead[slot]
    s.turned = True
    note_said(s, changed)
    utter(s, world, INFORM, changed, 0, s.wishes if uniform(s) < WISH_AT_FIRST else 0)


@kernel
def go_on(s, world):
    """With a venue that fits: ask for another one, for what it still wants to know, or leave."""
    if s.asks_another:
        utter(s, world, ANOTHER, 0, 0, 0)
        return
    wanted = s.wishes & ~s.told
    if wanted == 0:
        utter(s, world, BYE, 0, 0, 0)
        return
    while bits(np.uint64(wanted)) > MOST_WISHES:
        wanted = without_last(wanted)
    utter(s, world, REQUEST, 0, 0, wanted)


@kernel
def agree(s, world):
    utter(s, world, AFFIRM, 0, 0, 0)
