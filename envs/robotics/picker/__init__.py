"""Picker: a gantry takes ordered items from a tray on which they lie turned and over one another.

World         A tray of 0.6 m x 0.6 m, on which up to 8 items lie, each turned, of its own size, and perhaps partly
              under others. An order names some of them by their kinds. A step is a grasp: the gripper goes to a place,
              turns, and closes on the topmost item whose middle (of the box round it) is within `reach`. It takes the
              item if at least `least_visible` of it is to be seen, and if the gripper's long axis is that of the item
              to within `tolerance` (round things can be gripped from everywhere); then it stands above the item's
              middle. What it takes is gone from the tray, ordered or not; the gantry carries all of it along
Actions       float32 (3,), -1 … 1: place from left to right, from top to bottom, and angle of the gripper's long axis,
              -90° … 90° from left-right towards top-bottom
Observation   `state`: float32 (6 + K,)
              | #    | what                                              | low | high | unit |
              |------|---------------------------------------------------|-----|------|------|
              | 0, 1 | the gripper's place from the left and from above  | 0   | 1    | tray |
              | 2    | 1: the last grasp took what was ordered           | 0   | 1    |      |
              | 3    | 1: the last grasp took something else             | 0   | 1    |      |
              | 4    | 1: the last grasp took nothing                    | 0   | 1    |      |
              | 5    | how often a grasp took nothing; at most 1         | 0   | 1    | 40   |
              | 6 …  | still ordered, of each of the K kinds             | 0   | 1    | 8    |
Slots         `perception`, whenever something was taken: raw is the picture of a camera above the tray, uint8 (96, 96,
              channels of the images); the truth is a row for each item from the top downwards, float32 (8, 8 + K): 1
              where there is one, middle and size of the box round all of it as shares of the picture, cosine and sine
              of twice the angle of its long axis (0 and 0 where it is round), the share of it that is to be seen, and
              its kind, one-hot; the default. `ludus fit vision/detect` learns to fill it
Reward        `picked`: +1 for an item that was ordered · `wrong`: -wrong_cost for another · `missed`: -miss_cost ·
              `time`: -wage per second of way and grasp
Start         Items are laid from the top downwards, so that of each at least a quarter is to be seen and the middles of
              two are 6 cm apart; what finds no place in 12 throws is left out, with all that would come after it. The
              order is of `ordered` of them, each as likely. The gripper is above the tray's middle
End           terminated when nothing of the order is missing, which is success; truncated after 40 steps
Parameters    see PARAMETERS below; of `fewest`, `most` and `ordered` the whole part counts
Choices       `images`: what lies on the tray, as in Sorter: auto (Fashion-MNIST if it is at hand, else parcels) or a
              set by name, a folder of pictures, the folder of a generator · `split`: test (the default) or train. Where
              most pictures of a set have a plain background, only what differs from it lies on the tray
Optimum       `heuristic` knows the tray. It takes items at their middles, and their order is the best there is, by a
              dynamic programme over what is gone and the last item. No other policy earns more as long as the order can
              be filled within the 40 steps and that pays, as with the default parameters: a grasp beside the middle is
              a detour, and what lies under something cannot be had earlier
Policies      `plan`: the same for what `perception` shows, where what lies above a thing is guessed from the boxes
Source        own rules; the plan is that of Held & Karp 1962 with precedences
"""

import numpy as np
from gymnasium import spaces

from ....components.detections import detections_space, names_of_columns
from ...engine.simulation import Parameter, Simulation, Slot
from ...items.sets import describe, item_choices
from .constants import ITEMS, MOST_REACH, ORDER, PICTURE, SETS
from .invariants import INVARIANTS, invariant
from .observation import observe, sense, tell
from .policies import heuristic, plan
from .rendering import aim, render
from .rules import reset, step
from .rules_items import make_items

PARAMETERS = {
    "fewest": Parameter(4.0, 1.0, 8.0, "", "items on the tray, at least, if there is room"),
    "most": Parameter(8.0, 1.0, 8.0, "", "items on the tray, at most"),
    "ordered": Parameter(3.0, 1.0, 8.0, "", "items of an order, at most all that lie there"),
    "scale_low": Parameter(0.3, 0.1, 0.6, "tray", "side of the image of the smallest item"),
    "scale_high": Parameter(0.42, 0.1, 0.6, "tray", "side of the image of the largest item"),
    "rotation": Parameter(3.14, 0.0, 3.14, "rad", "largest angle by which an item lies turned, either way"),
    "lighting": Parameter(0.0, 0.0, 1.0, "", "largest share by which the light is weaker or stronger"),
    "reach": Parameter(0.08, 0.01, MOST_REACH, "tray", "of the gripper, from an item's middle"),
    "tolerance": Parameter(0.5, 0.05, 1.57, "rad", "between the gripper's axis and the item's"),
    "least_visible": Parameter(0.6, 0.0, 1.0, "", "share of an item that is to be seen if it is to be taken"),
    "speed": Parameter(0.3, 0.05, 10.0, "m/s", "of the gantry"),
    "grasp_time": Parameter(1.0, 0.1, 60.0, "s", "that a grasp takes beside the way"),
    "wrong_cost": Parameter(1.0, 0.0, 100.0, "", "of taking what was not ordered"),
    "miss_cost": Parameter(0.25, 0.0, 100.0, "", "of taking nothing"),
    "wage": Parameter(0.1, 0.0, 10.0, "1/s", "cost of time"),
}

# For a person: 2 cm of the tray, or 5°, at a press.
STEP, TURN = 1 / 15, 1 / 18  # shares of the way from the middle to the tray's edge, and of a right angle
KEYS = {
    "left": (0, -STEP), "right": (0, STEP), "up": (1, -STEP), "down": (1, STEP), "a": (2, -TURN), "d": (2, TURN),
}  # fmt: skip


def state(images, split):
    number, place = ("i8", ITEMS), ("f8", ITEMS)
    return {
        "count": "i8",  # items that came to lie on the tray; number 0 is the topmost
        "image": number, "label": number,  # index of its image, and its kind
        "x": place, "y": place, "width": place, "height": place,  # its box: middle and size, shares of the tray's side
        "root_x": place, "root_y": place,  # where the centroid of its mask lies
        "angle": place, "scale": place,  # rad; side of its image, as a share of the tray's
        "points": number,  # by which is judged how much of it is to be seen
        "seen": ("u1", (ITEMS, SETS)),  # how many of these are, where a set of items above it is gone
        "taken": "i8",  # the set of items that are gone
        "wanted": ("i8", len(describe(images)[1])),  # still ordered, of each kind
        "light": "f8",  # factor
        "grip_x": "f8", "grip_y": "f8", "grip_angle": "f8",  # shares of the tray's side; rad
        "seconds": "f8",  # since the start
        "result": "i8",  # what came of the last grasp
        "last": "i8",  # the item that was in reach then, or NOTHING
        "good": "i8", "unasked": "i8", "missed": "i8",  # grasps that took what was ordered, something else, nothing
    }  # fmt: skip


def make_spaces(images, split):
    kinds = len(describe(images)[1])
    return spaces.Box(0.0, 1.0, (ORDER + kinds,), np.float32), spaces.Box(-1.0, 1.0, (3,), np.float32)


def raw_space(images, split):
    return spaces.Box(0, 255, (PICTURE, PICTURE, describe(images)[0][2]), np.uint8)


def truth_space(images, split):
    return detections_space(ITEMS, len(describe(images)[1]))


def names(images, split):
    ordered = {f"still ordered: {kind}": "8" for kind in describe(images)[1]}
    place = {"gripper's place from the left": "tray", "gripper's place from above": "tray"}
    last = dict.fromkeys(
        [f"the last grasp took {what}" for what in ("what was ordered", "something else", "nothing")], ""
    )
    return {**place, **last, "how often a grasp took nothing": "40", **ordered}


SIMULATION = Simulation(
    name="ludus/Picker-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    policies={"plan": plan},
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    ordered=(("fewest", "most"), ("scale_low", "scale_high")),
    choices=item_choices("on the tray"),
    slots={
        "perception": Slot(
            raw=raw_space,
            truth=truth_space,
            meaning="what lies on the tray, from the top downwards",
            default="truth",
            detections=True,
            classes=lambda images, split: describe(images)[1],
            measures=("mAP50", "mAP50-95"),
            refresh="taken",
            sense=sense,
            tell=tell,
            names=lambda images, split: names_of_columns(describe(images)[1]),
        )
    },
    world=make_items,
    succeeds=True,
    terms=("picked", "wrong", "missed", "time"),
    action_names=("from the left", "from above", "angle"),
    # Of 4,096 episodes with Fashion-MNIST; parcels, which are as long as they are wide, cost 0.1 more.
    scores={"random": -17.5, "optimum": 2.4},
    keys=KEYS,
    aim=aim,
    frame=(480, 720),
    fps=2,
    turn_based=True,
)
