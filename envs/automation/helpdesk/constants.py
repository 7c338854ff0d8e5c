"""The numbers that several files of Helpdesk share: slots and their values, acts, actions, terms, indices."""

import math

from ....data.dialogue.terms import ACTS, LAST_ACTS
from ....data.dialogue.venues import SLOTS, VALUES, VENUES, WISHES

NONE, DONTCARE, FIRST = 0, 1, 2  # codes of a slot's values: not said, anything will do, the first value
COUNTS = tuple(FIRST + len(VALUES[slot]) for slot in SLOTS)  # codes of food, area, pricerange
SLOT_COUNT, WISH_COUNT = len(SLOTS), len(WISHES)
FOOD, AREA, PRICE = range(SLOT_COUNT)
ADDRESS, PHONE, POSTCODE, WISH_FOOD, WISH_AREA, WISH_PRICE = range(WISH_COUNT)  # as in WISHES
NOTHING = -1  # stands for no venue

INFORM, REQUEST, AFFIRM, NEGATE, ANOTHER, BYE = range(len(ACTS))  # what a guest does, as in ACTS

# What the clerk did last, as in LAST_ACTS.
GREETED, REQUESTED, CONFIRMED = 0, 1, 1 + SLOT_COUNT  # and so on by slot
OFFERED = CONFIRMED + SLOT_COUNT
DENIED, INFORMED = OFFERED + 1, OFFERED + 2  # nothing fits; and so on by wish
LASTS = len(LAST_ACTS)

# Actions: what the clerk says, then what it writes into its form.
ASK, CHECK, OFFER, TELL = 0, SLOT_COUNT, 2 * SLOT_COUNT, 2 * SLOT_COUNT + 1
LEAVE = TELL + WISH_COUNT
NOTE = LEAVE + 1
# The first note of each slot: that anything will do; its values follow.
NOTES = (NOTE, NOTE + COUNTS[0] - 1, NOTE + COUNTS[0] + COUNTS[1] - 2)
ACTIONS = NOTE + sum(COUNTS) - SLOT_COUNT

SUCCESS, TURNS, WRITING, WRONG, HINT = range(5)  # terms

# Indices of the observation; the last is its length.
FORM = 0  # one-hot by slot: not said, anything, a value
STARTS = (FORM, FORM + COUNTS[0], FORM + COUNTS[0] + COUNTS[1])
CHECKED = FORM + sum(COUNTS)  # by slot
LEFT = CHECKED + SLOT_COUNT
NONE_LEFT, NAMED, STILL_FITS, TOLD = LEFT + 1, LEFT + 2, LEFT + 3, LEFT + 4
LAST = TOLD + WISH_COUNT
PASSED = LAST + LASTS
NUMBERS = PASSED + 1
LOG_FULL = math.log(1.0 + VENUES)  # what LEFT is measured against

# Indices of what an utterance means: the truth of the slot.
ACT = 0
MEANT = (len(ACTS), len(ACTS) + COUNTS[0], len(ACTS) + COUNTS[0] + COUNTS[1])
WISHED = len(ACTS) + sum(COUNTS)
MEANINGS = WISHED + WISH_COUNT

KEPT = 4  # turns that the picture shows
TEXT = 1  # where the text begins in the raw signal; what the clerk did last stands before it
