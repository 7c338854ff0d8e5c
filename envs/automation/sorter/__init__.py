"""Sorter: send each item on a conveyor to the chute of its kind, by what a camera sees.

World         A delivery of `items` comes along a belt, one after the other, past a camera and to a row of K chutes, one
              for each kind of item. All kinds are as frequent. What is not known can be sent round again, on a loop
              that has room for 8 and brings items back under the camera in the order in which they were sent; it is
              another pass, with another pose and another light. With items on the loop and new ones waiting, the next
              one comes from the loop with the chance 1/3.
              A step is one item's passage: the agent says where it goes, and how fast the belt runs until the next one
              is under the camera, which takes 1 / speed seconds. While it runs, the belt jams with the chance
              `jam_chance` * (speed / speed_fast)² * (1 + items on the loop / 8), at most 1, and stands for `jam_time`.
Actions       route + (K + 2) * speed. Routes: 0 … K-1 a chute · K reject (sort by hand) · K+1 round again, which is a
              rejection where the loop is full. Speeds: 0 slow · 1 normal · 2 fast
Observation   `state`: float32 (7,)
              | #     | what                                               | low | high | unit     |
              |-------|----------------------------------------------------|-----|------|----------|
              | 0 … 2 | the belt's speed: 1 where it is slow, normal, fast | 0   | 1    |          |
              | 3     | items on the loop                                  | 0   | 1    | 8        |
              | 4     | items still to come                                | 0   | 1    | delivery |
              | 5     | how often it has been round, the item; at most 1   | 0   | 1    | 3        |
              | 6     | 1: the belt has just been jammed                   | 0   | 1    |          |
Slots         `perception`, in each step: raw is the camera's picture, uint8 (height, width, channels) of the images;
              the truth is the item's kind, one-hot float32 (K,), and the default. Baseline `nearest-mean`: the kind
              whose mean training image is the nearest
Reward        `sorted`: +1 for an item in its chute · `wrong`: -wrong_cost for one in another · `rejected`: -reject_cost
              · `time`: -wage per second · `energy`: -energy per passage, times the speed squared · `jam`: -jam_cost
Start         the first item is under the camera, the belt runs at normal speed, the loop is empty
End           terminated when all items are sorted or rejected; truncated after 1,000 steps
Parameters    see PARAMETERS below; of `items` the whole part counts. Light, pose and what hides the item are sampled
              for each passage
Choices       `images`: auto (Fashion-MNIST if it is at hand, else parcels), fashion-mnist, cifar-10, cifar-100,
              cifar-100-coarse, parcels (made here; the label's digit is the chute), or a folder with a subfolder of
              images for each kind, or the folder of a generator (`ludus fit vision/generate`), whose pictures are drawn
              once · `split`: test (the default: what no component was fitted on) or train (for a policy that learns
              from the raw pictures)
Optimum       Given the truth: each item to its chute, always at the speed with the lowest cost of a passage
                  c(speed) = wage / speed + energy * speed² + p * (jam_cost + wage * jam_time),  p for an empty loop.
              Each item leaves once, for at most +1, and passes at least once, for at least min c, because items on the
              loop only add to p. So no policy earns more than items * (1 - min c), and this one does, in the mean.
Source        own rules
"""

import numpy as np
from gymnasium import spaces

from ....data.generated_parcels import CLASSES
from ...engine.simulation import Parameter, Simulation, Slot
from ...items.sets import describe, item_choices
from .constants import FAST, LOOP, MOST_TURNED, NORMAL, NUMBERS, OTHER_ROUTES, SLOW, SPEEDS
from .invariants import INVARIANTS, invariant
from .observation import observe, sense, tell
from .policies import heuristic, nearest_mean
from .rendering import render
from .rules import reset, step
from .rules_items import make_items

# For a person who plays, with the default images, which are of ten kinds: digits, and for the slow and the fast belt
# the keypad's digits and the function keys.
ROUTE_NAMES = (*CLASSES, "by hand", "round again")
KEYS_OF_SPEEDS = {
    SLOW: (*(f"[{digit}]" for digit in range(10)), "[-]", "[+]"),
    NORMAL: (*"0123456789", "x", "c"),
    FAST: tuple(f"f{k + 1}" for k in range(len(ROUTE_NAMES))),
}
KEYS = {key: k + len(ROUTE_NAMES) * speed for speed, keys in KEYS_OF_SPEEDS.items() for k, key in enumerate(keys)}

PARAMETERS = {
    "items": Parameter(100.0, 1.0, 10_000.0, "", "items of a delivery"),
    "speed_slow": Parameter(0.5, 0.05, 10.0, "items/s", "the belt's slow speed"),
    "speed_normal": Parameter(1.0, 0.05, 10.0, "items/s", "its normal speed"),
    "speed_fast": Parameter(2.0, 0.05, 10.0, "items/s", "its fast speed"),
    "wrong_cost": Parameter(2.0, 0.0, 100.0, "", "of an item in the chute of another kind"),
    "reject_cost": Parameter(0.2, 0.0, 100.0, "", "of an item that is sorted by hand"),
    "wage": Parameter(0.1, 0.0, 10.0, "1/s", "cost of time"),
    "energy": Parameter(0.02, 0.0, 10.0, "s²", "cost of a passage per squared speed"),
    "jam_chance": Parameter(0.04, 0.0, 1.0, "", "of a jam during a passage at the fast speed, with an empty loop"),
    "jam_time": Parameter(5.0, 0.0, 1000.0, "s", "until a jam is cleared"),
    "jam_cost": Parameter(1.0, 0.0, 100.0, "", "of a jam, beside its time"),
    "rotation": Parameter(0.0, 0.0, MOST_TURNED, "rad", "largest angle by which an item lies turned, either way"),
    "lighting": Parameter(0.0, 0.0, 1.0, "", "largest share by which the light is weaker or stronger"),
    "blur": Parameter(0.0, 0.0, 20.0, "s", "pixels of motion blur per item/s"),
    "occlusion": Parameter(0.0, 0.0, 1.0, "", "side of the hidden square, as a share of the picture's"),
}


def state(images, split):
    return {
        "delivery": "i8",  # items in all
        "feed": "i8",  # items that have not been under the camera yet
        "image": "i8",  # under the camera: index of its image; NOTHING at the end
        "label": "i8",  # its kind
        "rounds": "i8",  # how often it has been round
        "angle": "f8",  # rad, its pose in this passage
        "light": "f8",  # factor
        "cover_x": "f8",  # 0 … 1, where the hidden square lies
        "cover_y": "f8",
        "loop_item": ("i8", LOOP),  # a ring: the oldest at `loop_first`
        "loop_label": ("i8", LOOP),
        "loop_rounds": ("i8", LOOP),
        "loop_first": "i8",
        "loop_count": "i8",
        "belt": "i8",  # SLOW, NORMAL or FAST
        "jammed": "?",  # in the last step
        "seconds": "f8",  # since the start
        "right": ("i8", len(describe(images)[1])),  # items in each chute that belong there
        "astray": ("i8", len(describe(images)[1])),  # items in each chute that do not
        "rejects": "i8",
        "jams": "i8",
        "route": "i8",  # of the item before, for the picture; NOTHING before the first
        "before": "i8",  # that item
    }


def make_spaces(images, split):
    routes = len(describe(images)[1]) + OTHER_ROUTES
    return spaces.Box(0.0, 1.0, (NUMBERS,), np.float32), spaces.Discrete(SPEEDS * routes)


def raw_space(images, split):
    return spaces.Box(0, 255, describe(images)[0], np.uint8)


def truth_space(images, split):
    return spaces.Box(0.0, 1.0, (len(describe(images)[1]),), np.float32)


def names(images, split):
    belt = [f"belt's speed: {speed}" for speed in ("slow", "normal", "fast")]
    counts = {"items on the loop": "8", "items still to come": "delivery", "how often it has been round": "3"}
    return {**dict.fromkeys(belt, ""), **counts, "the belt has just been jammed": ""}


SIMULATION = Simulation(
    name="ludus/Sorter-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    choices=item_choices("on the belt"),
    slots={
        "perception": Slot(
            raw=raw_space,
            truth=truth_space,
            meaning="the kind of the item under the camera",
            default="truth",
            classes=lambda images, split: describe(images)[1],
            sense=sense,
            tell=tell,
            baselines={"nearest-mean": nearest_mean},
        )
    },
    world=make_items,
    terms=("sorted", "wrong", "rejected", "time", "energy", "jam"),
    action_names=tuple(f"{route}{speed}" for speed in (" slow", "", " fast") for route in ROUTE_NAMES),
    scores={"random": -175.9, "optimum": 86.5},
    frame=(480, 720),
    fps=4,
    keys=KEYS,
    turn_based=True,
)
