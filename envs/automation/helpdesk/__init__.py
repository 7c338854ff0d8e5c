"""Helpdesk: find a restaurant for a guest, by what it says and by what of that was understood.

World         A guest looks for one of 110 restaurants: it has a goal (a food, an area, a price; anything will do of
              what it has no wish for) and wants to know one thing or more of the venue, and it speaks. The agent is
              the clerk. It asks, checks, names venues and tells of them, and each time the guest answers: by an agenda
              (after Schatzmann et al. 2007) it says a part of what it wants, answers and sometimes says more, corrects
              what is wrong and mostly says what is right, takes an alternative where nothing fits, sometimes wants to
              hear of another venue, asks for what it still wants to know, and leaves. What the clerk has understood it
              writes into a form, by which venues are found: the form is the only memory that a policy needs.
              Utterances are CamRest676's, with their values taken out and others put in; those of acts that the corpus
              does not label come from a grammar (`data/dialogue/`). Each word is misheard with the chance `noise`: it
              is lost, it is another one (a value is another value), or one of its letters is wrong; each as likely
Actions       Discrete(48): 0 … 2 ask for food, area, price · 3 … 5 ask whether the note of it is right · 6 name the
              next venue that fits the form, or say that none does · 7 … 12 tell address, phone, postcode, food, area,
              price of the venue named last · 13 goodbye · 14 … 37 note a food: anything, or one of 23 · 38 … 43 an
              area: anything, or one of 5 · 44 … 47 a price: anything, or one of 3. While it writes, the guest says
              nothing
Observation   `state`: float32 (66,)
              | #       | what                                                              | low | high |
              |---------|-------------------------------------------------------------------|-----|------|
              | 0 … 24  | the form's food: 1 where it is none, anything, one of 23          | 0   | 1    |
              | 25 … 31 | the form's area: none, anything, one of 5                         | 0   | 1    |
              | 32 … 36 | the form's pricerange: none, anything, one of 3                   | 0   | 1    |
              | 37 … 39 | 1 where the clerk has asked whether the note is right             | 0   | 1    |
              | 40      | venues that fit the form: log(1 + count) / log(111)               | 0   | 1    |
              | 41      | 1: none fits                                                      | 0   | 1    |
              | 42, 43  | 1: a venue was named; the venue still fits the form               | 0   | 1    |
              | 44 … 49 | 1 where address, phone, postcode, food, area, price were told     | 0   | 1    |
              | 50 … 64 | 1 at what the clerk said last (`data/dialogue/terms.py`)          | 0   | 1    |
              | 65      | utterances of the guest so far, at most 1, in units of 30         | 0   | 1    |
Mask          A check needs a note that was not checked yet, an offer any note, telling a venue, and something that was
              not told of it, a goodbye that something was; a note is another one. The rest is always legal. What is not
              legal costs and does nothing
Slots         `utterance`, whenever the guest speaks: raw is what the clerk said last and 256 bytes of UTF-8 with zeros
              behind, uint8 (257,); the truth is what the guest meant, float32 (49,): its act (inform, request, affirm,
              negate, another, bye), a value of food, area, price (none, anything, one of them), and its wishes, all 0
              or 1; the default. Baseline `keywords`: words, and what the clerk said last
Reward        `success`: +1 at the end if all was told that the guest wanted to know, of a venue that fits · `turns`:
              -turn_cost for whatever the clerk says · `notes`: -note_cost for a note · `wrong`: -wrong_cost for what
              displeases: a venue or a denial that is not what the guest wants, being told what it does not want to
              know, being asked for what it has said, a goodbye that comes too early · `hint`: hint x what a step
              brings nearer (right notes, a venue that is taken, wishes told), less where it leads away; what was gained
              is taken back in the end, so that it changes no return of an episode that ends, and no best policy (Ng et
              al. 1999); without it a chain of ten right actions has to be found by chance
Start         the guest has said one or two of its constraints; the form is empty
End           terminated when the clerk says goodbye, or the guest has lost its patience: after `patience` turns, of
              which `annoyance` are lost with each displeasure; truncated after 200 steps
Parameters    see PARAMETERS below
Choices       `data`: auto (CamRest676 if it is at hand, else the grammar, with a warning), camrest, grammar (all acts
              by the grammar, made-up venues) · `split`: train or test, which share no utterance
Reference     `heuristic` is the policy `desk` with the truth. An upper bound is in docs/helpdesk.md
Source        own rules; CamRest676 of Wen et al. 2017, the agenda of Schatzmann et al. 2007, *Agenda-Based User
              Simulation for Bootstrapping a POMDP Dialogue System*
"""

import numpy as np
from gymnasium import spaces

from ....components.utterance import heard_layout, meaning_layout
from ....data.dialogue.terms import ACTS, LAST_ACTS, SPLITS
from ....data.dialogue.turns import pin
from ....data.dialogue.venues import SLOTS, VALUES, WISHES
from ...engine.simulation import Choice, Parameter, Simulation, Slot
from .constants import ACTIONS, KEPT, NUMBERS
from .invariants import INVARIANTS, invariant
from .observation import mask, observe, sense, tell
from .policies import careful, desk, heuristic
from .rendering import render
from .rules import reset, step
from .rules_keywords import keywords
from .rules_world import make_desk

PARAMETERS = {
    "noise": Parameter(0.05, 0.0, 1.0, "", "share of the guest's words that are misheard"),
    "patience": Parameter(12.0, 2.0, 100.0, "turns", "that a guest takes part in"),
    "annoyance": Parameter(4.0, 0.0, 100.0, "turns", "by which whatever displeases it shortens that"),
    "turn_cost": Parameter(0.04, 0.0, 1.0, "", "of whatever the clerk says"),
    "note_cost": Parameter(0.005, 0.0, 1.0, "", "of a note"),
    "wrong_cost": Parameter(0.2, 0.0, 1.0, "", "of what the guest does not want to hear"),
    "hint": Parameter(0.5, 0.0, 10.0, "", "reward for what brings success nearer; it is taken back in the end"),
    "nothing_chance": Parameter(0.25, 0.0, 1.0, "", "that it first wants what no venue has, where that is possible"),
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
        "lost": "i8",  # how often it was displeased
        "hinted": "f8",  # the hints so far, summed
        "act": "i8",  # of the guest's last utterance: its act,
        "spoken": ("i8", len(SLOTS)),  # the codes of the values it named,
        "asked": "i8",  # and its wishes, as bits
        "template": "i8",  # what it is made of
        "speech": "u8",  # what is heard of it follows from this,
        "level": "f8",  # and from the noise of that moment
        # The same of the last turns, turn i at i % KEPT, and what the clerk had said before.
        "past_last": ("i8", KEPT),
        "past_about": ("i8", KEPT),  # the venue, or the code, of which it spoke
        "past_act": ("i8", KEPT),
        "past_spoken": ("i8", (KEPT, len(SLOTS))),
        "past_asked": ("i8", KEPT),
        "past_template": ("i8", KEPT),
        "past_speech": ("u8", KEPT),
        "past_level": ("f8", KEPT),
    }


def make_spaces(data, split):
    return spaces.Box(0.0, 1.0, (NUMBERS,), np.float32), spaces.Discrete(ACTIONS)


def names(data, split):
    form = [f"form's {slot}: {value}" for slot in SLOTS for value in ("none", "anything", *VALUES[slot])]
    checked = [f"asked whether the note is right: {slot}" for slot in SLOTS]
    venues = ["venues that fit", "none fits", "a venue was named", "the venue still fits"]
    told = [f"told: {wish}" for wish in WISHES]
    said = [f"clerk said last: {act}" for act in LAST_ACTS]
    return {**dict.fromkeys((*form, *checked, *venues, *told, *said), ""), "utterances of the guest so far": "30"}


def raw_space(data, split):
    return spaces.Box(0, 255, (heard_layout().size,), np.uint8)


def truth_space(data, split):
    return spaces.Box(0.0, 1.0, (truth_layout(data, split).size,), np.float32)


def truth_layout(data, split):
    return meaning_layout(ACTS, VALUES, WISHES)


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
# For a person who plays: what is said, foods, areas, prices.
KEYS = {
    key: action
    for action, key in enumerate(
        (*"1234567890asdf", *"gjklzxcvbwetyuiom", *(f"f{k}" for k in range(1, 13)), *(f"[{k}]" for k in range(5)))
    )
}

SIMULATION = Simulation(
    name="ludus/Helpdesk-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    render=render,
    heuristic=heuristic,
    policies={"desk": desk, "careful": careful},
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    choices={
        "data": Choice("auto", "who speaks: auto (the corpus if it is at hand), camrest or grammar", pin=pin),
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
            baselines={"keywords": keywords},
            refresh="turn",
            layout=layout,
            truth_layout=truth_layout,
            measures=("all right", "act right", "values right", "wishes right"),
        )
    },
    world=make_desk,
    terms=("success", "turns", "notes", "wrong", "hint"),
    succeeds=True,
    scores={"random": -0.75, "heuristic": 0.76},
    action_names=ACTION_NAMES,
    keys=KEYS,
    frame=(540, 900),
    fps=1,
    turn_based=True,
)
