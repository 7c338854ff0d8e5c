"""Helpdesk with a person as the guest: the same clerk, desk, observation and sense, and no guest of ours.

What the person says is written into the record between two steps (`hear_person`), as what a guest's words sound like;
what it means, nobody knows, so the slot has no truth here. Notes and whatever the clerk says go through the kernels of
`rules_desk.py`, as in training; an episode ends when the clerk says goodbye, and nothing earns or costs.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ....components.utterance import TEXT_BYTES, encode_heard
from ...engine.kernels import below, clear, inlined, kernel
from . import SIMULATION as TRAINED
from .constants import GREETED, KEPT, LEAVE, NOTE, SLOT_COUNT, TEXT
from .rendering_person import render
from .rules_desk import note, open_desk, speak

SENSE = "utterance"  # the slot
FILLED_BY_MEANING = ("truth", "noisy", "blind")  # what fills it without a word being heard


def state(data: str, split: str) -> dict[str, Any]:
    return {
        "form": ("i8", SLOT_COUNT),  # these as in the environment
        "checked": "i8",
        "left": "i8",
        "venue": "i8",
        "shelf": "i8",
        "told": "i8",
        "last": "i8",
        "spoke": "?",  # whether the last action was something that the clerk said
        "turn": "i8",  # utterances of the person so far
        "words": ("u1", TEXT_BYTES),  # the last one in UTF-8, with zeros behind it
        # For the picture the last turns, turn i at i % KEPT: in ASCII, with zeros behind.
        "past_clerk": ("u1", (KEPT, TEXT_BYTES)),  # what the clerk had said before,
        "past_words": ("u1", (KEPT, TEXT_BYTES)),  # what the person said,
        "past_meant": ("u1", (KEPT, TEXT_BYTES)),  # what the clerk understood
        "now_clerk": ("u1", TEXT_BYTES),  # and what the clerk said last
    }


@inlined
def reset(s, world):
    open_desk(s, world)
    s.shelf = below(s, world.values.shape[0])
    s.last = GREETED
    s.turn = 0
    clear(s.words)
    clear(s.now_clerk)


@inlined
def step(s, action, world, terms):
    s.spoke = False
    if action >= NOTE:
        note(s, world, action)
        return False
    if action == LEAVE:
        s.spoke = True
        return True
    s.spoke = speak(s, world, action)
    return False


@kernel
def sense(s, world, out):
    """What the clerk did last, and the person's words."""
    out[0] = s.last
    for k in range(s.words.shape[0]):
        out[TEXT + k] = s.words[k]


@kernel
def tell(s, world, out):
    """Nothing: what a person means, only the person knows."""
    clear(out)


def hear_person(record: np.void, text: str) -> None:
    """Write what a person says into a record, as its next utterance; what is longer than 256 bytes is cut."""
    record["words"] = encode_heard(0, text)[TEXT:]
    record["turn"] += 1


SIMULATION = replace(
    TRAINED,
    name="ludus/HelpdeskInPerson-v0",
    state=state,
    reset=reset,
    step=step,
    render=render,
    heuristic=None,  # the reference reads the guest's mind
    invariant=None,
    invariants=(),
    scores={},
    succeeds=False,
    slots={SENSE: replace(TRAINED.slots[SENSE], sense=sense, tell=tell, default="keywords")},
)
