"""The guest of Helpdesk: a goal, and an agenda that says what it does next (after Schatzmann et al. 2007)."""

import numpy as np

from ...engine.kernels import GAMMA, below, inlined, kernel, mix, uniform
from .constants import (
    ADDRESS,
    AFFIRM,
    ANOTHER,
    AREA,
    BYE,
    COUNTS,
    DONTCARE,
    FIRST,
    FOOD,
    INFORM,
    KEPT,
    NEGATE,
    NONE,
    NOTHING,
    PHONE,
    POSTCODE,
    PRICE,
    REQUEST,
    SLOT_COUNT,
    WISH_COUNT,
    WISH_FOOD,
)
from .rules_world import WORD, key_of

ZERO, ONE, TWO, FOUR, TOP = (np.uint64(number) for number in (0, 1, 2, 4, 56))
PAIRS, QUADS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
NIBBLES, BYTES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
PARTS = 2  # words of a set of venues
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


@inlined
def fits(world, venue, wanted):
    """Whether a venue has what is ``wanted`` (3,), codes of a form or a goal."""
    return fitting_word(world, wanted, venue // WORD) >> np.uint64(venue % WORD) & ONE == ONE


@inlined
def fitting_word(world, wanted, part):
    """Those of 64 venues that have what is ``wanted``, as bits."""
    word = world.fitting[FOOD, wanted[FOOD], part] & world.fitting[AREA, wanted[AREA], part]
    return word & world.fitting[PRICE, wanted[PRICE], part]


@kernel
def bits(word):
    """How many bits of a uint64 are set (Warren 2012, *Hacker's Delight*, 5-1)."""
    word = word - (word >> ONE & PAIRS)
    word = (word & QUADS) + (word >> TWO & QUADS)
    return np.int64((word + (word >> FOUR) & NIBBLES) * BYTES >> TOP)


@inlined
def count_fitting(world, wanted):
    """How many venues have what is ``wanted`` (3,)."""
    return bits(fitting_word(world, wanted, 0)) + bits(fitting_word(world, wanted, 1))


@inlined
def next_fitting(world, wanted, before):
    """The first venue behind ``before`` that fits, round the end if need be; NOTHING if none does."""
    part = before // WORD
    behind = ~(TWO * (ONE << np.uint64(before % WORD)) - ONE)  # of the bits of its word, those behind it
    for k in range(PARTS + 1):
        word = fitting_word(world, wanted, part)
        if k == 0:
            word &= behind
        if word != ZERO:
            return WORD * part + bits((word & (~word + ONE)) - ONE)
        part = (part + 1) % PARTS
    return NOTHING


# --- The goal --------------------------------------------------------------------------------------------------------


@inlined
def sample_goal(s, world):
    """What the guest wants of a venue: that of some venue, and perhaps first something that no venue has."""
    venue = below(s, world.values.shape[0])
    number = uniform(s)
    constraints = 1 if number < ONE_CONSTRAINT else 2 if number < TWO_CONSTRAINTS else 3
    known = 0
    for slot in range(SLOT_COUNT):
        s.goal[slot] = DONTCARE
        known += world.values[venue, slot] != NONE
    constraints = min(constraints, known)
    while constraints > 0:
        slot = below(s, SLOT_COUNT)
        if s.goal[slot] == DONTCARE and world.values[venue, slot] != NONE:
            s.goal[slot] = world.values[venue, slot]
            constraints -= 1
    for slot in range(SLOT_COUNT):
        s.instead[slot] = s.goal[slot]
    s.wants_another = uniform(s) < s.another_chance and count_fitting(world, s.goal) > 1
    s.asks_another = False
    s.turned = True
    if uniform(s) < s.nothing_chance:
        for _ in range(TRIES):
            slot = below(s, SLOT_COUNT)
            if s.turned and s.goal[slot] >= FIRST:
                kept = s.goal[slot]
                s.goal[slot] = FIRST + below(s, COUNTS[slot] - FIRST)
                s.turned = count_fitting(world, s.goal) > 0
                if s.turned:
                    s.goal[slot] = kept


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


# --- What it means to say --------------------------------------------------------------------------------------------


@kernel
def mean(s, act, slots, dontcare, wishes):
    """Mean an act with the goal's values of the set ``slots``, and sets of slots left open and of wishes."""
    s.act = act
    s.asked = wishes
    s.said |= slots | dontcare
    for slot in range(SLOT_COUNT):
        s.spoken[slot] = s.goal[slot] if slots >> slot & 1 else DONTCARE if dontcare >> slot & 1 else NONE


@kernel
def open_dialogue(s):
    """The first turn: one or two of its constraints, and perhaps its wishes."""
    slots, many = 0, 2 if uniform(s) < TWO_AT_FIRST else 1
    begin = below(s, SLOT_COUNT)
    for k in range(SLOT_COUNT):
        slot = (begin + k) % SLOT_COUNT
        if s.goal[slot] >= FIRST and many > 0:
            slots |= 1 << slot
            many -= 1
    mean(s, INFORM, slots, 0, s.wishes if uniform(s) < WISH_AT_FIRST else 0)


@kernel
def answer(s, slot):
    """Answer what the clerk asked about a slot, sometimes with more than it asked for."""
    slots = dontcare = 0
    if s.goal[slot] == DONTCARE:
        dontcare = 1 << slot
    else:
        slots = 1 << slot
    if uniform(s) < s.more_chance:
        for k in range(1, SLOT_COUNT):
            other = (slot + k) % SLOT_COUNT
            if s.goal[other] >= FIRST and s.said >> other & 1 == 0:
                slots |= 1 << other
                break
    mean(s, INFORM, slots, dontcare, 0)


@kernel
def agree(s, slot):
    """What the clerk has noted of a slot is right."""
    mean(s, AFFIRM, 0, 0, 0)
    s.said |= 1 << slot


@kernel
def correct(s, wrong):
    """Disagree, and mostly say what is right of the set ``wrong`` of slots."""
    slots = dontcare = 0
    if uniform(s) >= ONLY_NO:
        for slot in range(SLOT_COUNT):
            if wrong >> slot & 1 and s.goal[slot] == DONTCARE:
                dontcare |= 1 << slot
            elif wrong >> slot & 1:
                slots |= 1 << slot
    mean(s, NEGATE, slots, dontcare, 0)


@kernel
def turn_to_alternative(s):
    """Nothing fits: name what it would take instead."""
    changed = 0
    for slot in range(SLOT_COUNT):
        if s.goal[slot] != s.instead[slot]:
            changed |= 1 << slot
        s.goal[slot] = s.instead[slot]
    s.turned = True
    mean(s, INFORM, changed, 0, s.wishes if uniform(s) < WISH_AT_FIRST else 0)


@kernel
def go_on(s):
    """With a venue that fits: ask for another one, for what it still wants to know, or leave."""
    wanted = s.wishes & ~s.told
    if s.asks_another:
        mean(s, ANOTHER, 0, 0, 0)
    elif wanted == 0:
        mean(s, BYE, 0, 0, 0)
    else:
        while bits(np.uint64(wanted)) > MOST_WISHES:
            wanted = without_last(wanted)
        mean(s, REQUEST, 0, 0, wanted)


@kernel
def without_last(wishes):
    """The set of wishes without its last one."""
    last = WISH_COUNT - 1
    while wishes >> last & 1 == 0:
        last -= 1
    return wishes & ~(1 << last)


# --- What it says ----------------------------------------------------------------------------------------------------


@inlined
def utter(s, world, about):
    """Say what it means by one of the templates for that. Of wishes for which there are no words the last are left out.

    What is heard of it is decided here, too, and follows from ``speech`` and ``level``. For the picture the last turns
    are kept; ``about`` is the code or the venue of which the clerk has spoken.
    """
    slots = dontcare = 0
    for slot in range(SLOT_COUNT):
        if s.spoken[slot] == DONTCARE:
            dontcare |= 1 << slot
        elif s.spoken[slot] != NONE:
            slots |= 1 << slot
    opens = 1 if s.turn == 0 else 0
    key = key_of(opens, s.act, slots, dontcare, s.asked)
    while world.counts[key] == 0 and s.asked != 0:
        s.asked = without_last(s.asked)
        key = key_of(opens, s.act, slots, dontcare, s.asked)
    s.template = world.firsts[key] + below(s, world.counts[key])
    s.rng = s.rng + GAMMA
    s.speech = mix(s.rng)
    s.level = s.noise
    k = s.turn % KEPT
    s.past_last[k], s.past_about[k] = s.last, about
    s.past_template[k], s.past_speech[k], s.past_level[k] = s.template, s.speech, s.level
    for slot in range(SLOT_COUNT):
        s.past_spoken[k, slot] = s.spoken[slot]
    s.past_act[k], s.past_asked[k] = s.act, s.asked
    s.turn += 1
