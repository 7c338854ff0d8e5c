"""Helpdesk: find a guest a restaurant by what it says.

World         to be written
"""

import numpy as np
from gymnasium import spaces

from ....components.utterance import heard_layout, meaning_layout
from ....data.dialogue.terms import ACTS, SPLITS
from ....data.dialogue.turns import SOURCES
from ....data.dialogue.venues import SLOTS, VALUES, WISHES
from ...engine.simulation import Choice, Parameter, Simulation, Slot
from .constants import ACTIONS, NUMBERS
from .observation import mask, observe, sense, tell
from .policies import careful, desk, heuristic
from .rules import reset, step
from .rules_world import make_desk

PARAMETERS = {
    "noise": Parameter(0.05, 0.0, 1.0, "", "share of the guest's words that are misheard: lost, another, misspelt"),
    "patience": Parameter(16.0, 2.0, 100.0, "", "turns that a guest takes part in; whatever displeases it costs one more"),
    "turn_cost": Parameter(0.03, 0.0, 1.0, "", "of whatever the clerk says"),
    "note_cost": Parameter(0.01, 0.0, 1.0, "", "of a note"),
    "wrong_cost": Parameter(0.05, 0.0, 1.0, "", "of what a guest does not want to hear"),
    "nothing_chance": Parameter(0.25, 0.0, 1.0, "", "that a guest first wants what no venue has, where that is possible"),
    "another_chance": Parameter(0.2, 0.0, 1.0, "", "that it wants to hear of another venue, where there is one"),
    "more_chance": Parameter(0.25, 0.0, 1.0, "", "that it says more than it was asked for"),
}


def state(data, split):
    return {
        "goal": ("i8", len(SLOTS)),  # codes of what it wants: DONTCARE or a value
        "instead": ("i8", len(SLOTS)),  # what it takes if nothing fits; that is its goal where it has `turned`
        "turned": "?",
        "wants_another": "?",  # it will ask for another venue when one fits
        "asks_another": "?",  # it has, and waits for it
        "wishes": "i8",  # what it wants to know, as bits
        "said": "i8",  # slots of which it has spoken, as bits
        "form": ("i8", len(SLOTS)),  # codes of what the clerk has noted
        "checked": "i8",  # slots whose note the clerk has asked about, as bits
        "left": "i8",  # venues that fit the form
        "venue": "i8",  # named last; NOTHING at first
        "shelf": "i8",  # the venue behind which the next one is looked for
        "told": "i8",  # what was said of the venue, as bits
        "last": "i8",  # what the clerk said last
        "turn": "i8",  # utterances of the guest so far
        "lost": "i8",  # what displeased it, in turns of its patience
        "act": "i8",  # of the guest's last utterance: its act,
        "spoken": ("i8", len(SLOTS)),  # the codes of the values it named,
        "asked": "i8",  # and its wishes, as bits
        "template": "i8",  # what it is made of
        "speech": "u8",  # what is heard of it follows from this,
        "level": "f8",  # and from the noise of that moment
    }


def make_spaces(data, split):
    return spaces.Box(0.0, 1.0, (NUMBERS,), np.float32), spaces.Discrete(ACTIONS)


def raw_space(data, split):
    return spaces.Box(0, 255, (heard_layout().size,), np.uint8)


def truth_space(data, split):
    return spaces.Box(0.0, 1.0, (meaning_layout(ACTS, VALUES, WISHES).size,), np.float32)


def layout(data, split):
    return heard_layout()


ACTION_NAMES = (
    *(f"which {slot}?" for slot in SLOTS),
    *(f"{slot} right?" for slot in SLOTS),
    "name a venue",
    *(f"tell {wish}" for wish in WISHES),
    "goodbye",
    *(f"note {slot} {value}" for slot in SLOTS for value in ("dontcare", *VALUES[slot])),
)

SIMULATION = Simulation(
    name="ludus/Helpdesk-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    heuristic=heuristic,
    policies={"desk": desk, "careful": careful},
    parameters=PARAMETERS,
    choices={
        "data": Choice("auto", "who speaks: auto, camrest, grammar", SOURCES),
        "split": Choice("train", "which of the utterances", SPLITS),
    },
    slots={
        "utterance": Slot(
            raw=raw_space,
            truth=truth_space,
            meaning="what the guest meant",
            default="truth",
            sense=sense,
            tell=tell,
            refresh="turn",
            layout=layout,
        )
    },
    world=make_desk,
    terms=("success", "turns", "notes", "wrong"),
    succeeds=True,
    action_names=ACTION_NAMES,
    turn_based=True,
)
