"""The rules of Helpdesk: what the clerk can do, and what the guest makes of it."""

import numpy as np

from ...engine.kernels import below, inlined, kernel
from .constants import (
    ASK,
    CHECK,
    FIRST,
    GREETED,
    HINT,
    LEAVE,
    NONE,
    NOTE,
    NOTHING,
    OFFER,
    SLOT_COUNT,
    SUCCESS,
    TELL,
    TURNS,
    WRITING,
    WRONG,
)
from .rules_desk import ask_for, check_note, is_senseless, name_venue, note, open_desk, tell_wish
from .rules_guest import (
    agree,
    answer,
    bits,
    correct,
    fits,
    go_on,
    open_dialogue,
    sample_goal,
    sample_wishes,
    turn_to_alternative,
    utter,
)


@inlined
def reset(s, world):
    open_desk(s, world)
    s.said = 0
    s.shelf = below(s, world.values.shape[0])
    s.last = GREETED
    s.turn = 0
    s.lost = 0
    s.hinted = 0.0
    sample_goal(s, world)
    sample_wishes(s)
    open_dialogue(s)
    utter(s, world, 0)


@kernel
def mistaken(s):
    """The slots in which the form has a value that the guest does not want, as bits."""
    wrong = 0
    for slot in range(SLOT_COUNT):
        if s.form[slot] >= FIRST and s.form[slot] != s.goal[slot]:
            wrong |= 1 << slot
    return wrong


@inlined
def violated(s, world):
    """The slots in which the named venue is not what the guest wants, as bits."""
    wrong = 0
    for slot in range(SLOT_COUNT):
        if s.goal[slot] >= FIRST and world.values[s.venue, slot] != s.goal[slot]:
            wrong |= 1 << slot
    return wrong


@inlined
def is_served(s, world):
    """Whether the guest knows all that it wanted of a venue that fits."""
    return s.venue != NOTHING and s.wishes & ~s.told == 0 and fits(world, s.venue, s.goal) and not s.asks_another


@kernel
def check(s, slot):
    """Ask whether what the form has of a slot is right."""
    check_note(s, slot)
    if s.form[slot] == s.goal[slot]:
        agree(s, slot)
    else:
        correct(s, 1 << slot)


@inlined
def offer(s, world, terms):
    """Name the next venue that fits the form, or say that there is none."""
    if not name_venue(s, world):
        wrong = mistaken(s)
        if wrong:
            displease(s, terms)
            correct(s, wrong)
        else:  # only an alternative is left: without one a form without a mistake has its venues
            turn_to_alternative(s)
        return
    wrong = violated(s, world)
    if wrong:
        displease(s, terms)
        correct(s, wrong)
        return
    s.asks_another = s.wants_another
    s.wants_another = False
    go_on(s)


@inlined
def tell(s, world, wish, terms):
    """Say something of the venue that was named last."""
    tell_wish(s, wish)
    wrong = violated(s, world)
    if wrong or s.asks_another or s.wishes >> wish & 1 == 0:
        displease(s, terms)
    if wrong:
        correct(s, wrong)
    else:
        go_on(s)


@kernel
def displease(s, terms):
    """The clerk has done something that the guest did not want: it costs, and patience too."""
    terms[WRONG] -= s.wrong_cost
    s.lost += 1


@inlined
def act(s, action, world, terms):
    """Do what the clerk does; whether the dialogue is over."""
    if action >= NOTE:
        note(s, world, action)
        terms[WRITING] = -s.note_cost
        return False
    terms[TURNS] = -s.turn_cost
    if is_senseless(s, action):
        return False
    if action == LEAVE:
        s.success = is_served(s, world)
        if s.success:
            terms[SUCCESS] = 1.0
        else:
            displease(s, terms)
        return True
    if action >= TELL:
        tell(s, world, action - TELL, terms)
    elif action == OFFER:
        offer(s, world, terms)
    elif action >= CHECK:
        check(s, action - CHECK)
    else:
        ask_for(s, action - ASK)
        if s.said >> (action - ASK) & 1:  # it has said so before
            displease(s, terms)
        answer(s, action - ASK)
    utter(s, world, s.form[action - CHECK] if CHECK <= action < OFFER else s.venue)
    if s.turn + s.annoyance * s.lost <= s.patience:
        return False
    s.success = is_served(s, world)
    terms[SUCCESS] = 1.0 if s.success else 0.0
    return True


@inlined
def progress(s, world):
    """How far the clerk has come, -1/3 … 1: a ninth for each right note, as much less for a wrong one, a third for
    a venue that the guest takes, and a third for all that it wants to know of it.
    """
    notes = 0
    for slot in range(SLOT_COUNT):
        if s.form[slot] != NONE:
            notes += 1 if s.form[slot] == s.goal[slot] else -1
    share = notes / (3.0 * SLOT_COUNT)
    if s.venue != NOTHING and fits(world, s.venue, s.goal) and not s.asks_another:
        share += (1.0 + bits(np.uint64(s.wishes & s.told)) / bits(np.uint64(s.wishes))) / 3.0
    return share


@inlined
def step(s, action, world, terms):
    ended = act(s, action, world, terms)
    # What was gained goes at the end, so that hints change no return and no best policy (Ng et al. 1999).
    hinted = 0.0 if ended else s.hint * progress(s, world)
    terms[HINT] = hinted - s.hinted
    s.hinted = hinted
    return ended
