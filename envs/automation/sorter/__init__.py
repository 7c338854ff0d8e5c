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
              | #     | what                                               | low | high | unit |
              |-------|----------------------------------------------------|-----|------|------|
              | 0 … 2 | the belt's speed: 1 where it is slow, normal, fast | 0   | 1    |      |
              | 3     | items on the loop                                  | 0   | 1    | 8    |
              | 4     | items that are still to come, of the delivery      | 0   | 1    |      |
              | 5     | how often this item has been round, of 3 at most   | 0   | 1    |      |
              | 6     | 1: the belt has just been jammed                   | 0   | 1    |      |
Slots         `perception`, in each step: raw is the camera's picture, uint8 (height, width, channels) of the images;
              the truth is the item's kind, one-hot float32 (K,), and the default. Baseline `nearest-mean`: the kind
              whose mean training image is the nearest
Reward        `sorted`: +1 for an item in its chute · `wrong`: -wrong_cost for one in another · `rejected`: -reject_cost
              · `time`: -wage per second · `energy`: -energy per passage, times the speed squared · `jam`: -jam_cost
Start         the first item is under the camera, the belt runs at normal speed, the loop is empty
End           terminated when all items are sorted or rejected; truncated after 1,000 steps
Parameters    see PARAMETERS below; of `items` the whole part counts. Light, pose and what hides the item are drawn for
              each passage
Choices       `images`: auto (Fashion-MNIST if it is at hand, else parcels), fashion-mnist, cifar-10, cifar-100,
              cifar-100-coarse, parcels (drawn here; the label's digit is the chute), or a folder with a subfolder of
              images for each kind · `split`: test (the default: what no component was fitted on) or train (for a policy
              that learns from the raw pictures)
Optimum       Given the truth: each item to its chute, always at the speed with the lowest cost of a passage
                  c(speed) = wage / speed + energy * speed² + p * (jam_cost + wage * jam_time),  p for an empty loop.
              Each item leaves once, for at most +1, and passes at least once, for at least min c, because items on the
              loop only add to p. So no policy earns more than items * (1 - min c), and this one does, in the mean.
Source        own rules
"""

import numpy as np
from gymnasium import spaces

from ...engine.kernels import below, borrow, clear, copy_array, kernel, uniform, uniform_in
from ...engine.simulation import Choice, Parameter, Simulation, Slot
from .invariants import INVARIANTS, MOST_TURNED, invariant
from .observation import LEAST_SMEAR, photograph
from .rendering import render
from .rules_items import describe, make_items

SLOW, NORMAL, FAST = 0, 1, 2
LOOP = 8  # items that the loop holds
FROM_LOOP = 1.0 / 3.0  # chance that the next item comes from the loop, if there is a choice
ROUNDS_SEEN = 3  # more of them look the same
SORTED, WRONG, REJECTED, TIME, ENERGY, JAM = range(6)  # terms
NOTHING = -1
# For a person who plays, with the default images, which are of ten kinds: digits, and for the slow and the fast belt
# the keypad's digits and the function keys.
ROUTE_NAMES = (*(f"chute {k}" for k in range(10)), "by hand", "round again")
KEYS = {key: k + 12 * SLOW for k, key in enumerate((*(f"[{digit}]" for digit in range(10)), "[-]", "[+]"))}
KEYS |= {key: k + 12 * NORMAL for k, key in enumerate((*"0123456789", "x", "c"))}
KEYS |= {f"f{k + 1}": k + 12 * FAST for k in range(12)}

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
    routes = len(describe(images)[1]) + 2
    return spaces.Box(0.0, 1.0, (7,), np.float32), spaces.Discrete(3 * routes)


@kernel
def pose(s):
    """Draw how the item lies under the camera in this passage."""
    s.angle = uniform_in(s, -s.rotation, s.rotation)
    s.light = 1.0 + uniform_in(s, -s.lighting, s.lighting)
    s.cover_x, s.cover_y = uniform(s), uniform(s)


@kernel
def bring_next(s, world):
    """Put the next item under the camera: from the loop or a new one; NOTHING if there is none."""
    from_loop = s.loop_count > 0 and (s.feed == 0 or uniform(s) < FROM_LOOP)
    if from_loop:
        k = s.loop_first
        s.image, s.label, s.rounds = s.loop_item[k], s.loop_label[k], s.loop_rounds[k]
        s.loop_first = (k + 1) % LOOP
        s.loop_count -= 1
    elif s.feed > 0:
        s.feed -= 1
        s.label = below(s, world.first.shape[0] - 1)
        begin = world.first[s.label]
        s.image = world.order[begin + below(s, world.first[s.label + 1] - begin)]
        s.rounds = 0
    else:
        s.image = NOTHING
        return
    pose(s)


@kernel
def reset(s, world):
    s.delivery = s.feed = int(s.items)
    s.loop_first = s.loop_count = 0
    s.belt = NORMAL
    s.jammed = False
    s.seconds = 0.0
    for k in range(s.right.shape[0]):
        s.right[k] = s.astray[k] = 0
    s.rejects = s.jams = 0
    s.route = s.before = NOTHING
    bring_next(s, world)


@kernel
def speed_of(s, belt):
    """(items/s)"""
    return s.speed_slow if belt == SLOW else s.speed_normal if belt == NORMAL else s.speed_fast


@kernel
def jam_probability(s, speed, loop_count):
    ratio = speed / s.speed_fast
    return min(s.jam_chance * ratio * ratio * (1.0 + loop_count / LOOP), 1.0)


@kernel
def send(s, route, terms):
    """Let the item under the camera go its way."""
    kinds = s.right.shape[0]
    if route < kinds:
        if route == s.label:
            s.right[route] += 1
            terms[SORTED] = 1.0
        else:
            s.astray[route] += 1
            terms[WRONG] = -s.wrong_cost
    elif route == kinds or s.loop_count == LOOP:
        s.rejects += 1
        terms[REJECTED] = -s.reject_cost
    else:
        k = (s.loop_first + s.loop_count) % LOOP
        s.loop_item[k], s.loop_label[k], s.loop_rounds[k] = s.image, s.label, s.rounds + 1
        s.loop_count += 1


@kernel
def step(s, action, world, terms):
    routes = s.right.shape[0] + 2
    route, s.belt = action % routes, action // routes
    s.route, s.before = route, s.image
    send(s, route, terms)
    speed = speed_of(s, s.belt)
    seconds = 1.0 / speed
    s.jammed = uniform(s) < jam_probability(s, speed, s.loop_count)
    if s.jammed:
        s.jams += 1
        seconds += s.jam_time
        terms[JAM] = -s.jam_cost
    s.seconds += seconds
    terms[TIME] = -s.wage * seconds
    terms[ENERGY] = -s.energy * speed * speed
    bring_next(s, world)
    return s.image == NOTHING


@kernel
def observe(s, world, out):
    for belt in range(3):
        out[belt] = s.belt == belt
    out[3] = s.loop_count / LOOP
    out[4] = s.feed / s.delivery
    out[5] = min(s.rounds, ROUNDS_SEEN) / ROUNDS_SEEN
    out[6] = s.jammed


@kernel
def sense(s, world, out):
    if s.image == NOTHING:  # the belt is empty
        clear(out)
        return
    smear = s.blur * speed_of(s, s.belt)
    if s.angle == 0.0 and s.light == 1.0 and smear < LEAST_SMEAR and s.occlusion == 0.0:  # by far the most often
        copy_array(borrow(world.images)[s.image], out)
        return
    photograph(world.images[s.image], s.angle, s.light, smear, s.occlusion, s.cover_x, s.cover_y, out)


@kernel
def tell(s, world, out):
    for k in range(out.shape[0]):
        out[k] = k == s.label and s.image != NOTHING


@kernel
def nearest_mean(world, raw, out):
    best, least = 0, np.inf
    height, width, channels = raw.shape
    for k in range(world.means.shape[0]):
        distance = 0.0
        for row in range(height):
            for column in range(width):
                for channel in range(channels):
                    difference = raw[row, column, channel] - world.means[k, row, column, channel]
                    distance += difference * difference
        if distance < least:
            best, least = k, distance
    for k in range(out.shape[0]):
        out[k] = k == best


@kernel
def best_speed(s):
    """The belt with the lowest cost of a passage, see Optimum."""
    best, least = SLOW, np.inf
    for belt in range(3):
        speed = speed_of(s, belt)
        jam = jam_probability(s, speed, 0) * (s.jam_cost + s.wage * s.jam_time)
        cost = s.wage / speed + s.energy * speed * speed + jam
        if cost < least:
            best, least = belt, cost
    return best


@kernel
def heuristic(s, world, out):
    """The optimum for whoever knows the kinds."""
    out[0] = s.label + (s.right.shape[0] + 2) * best_speed(s)


def raw_space(images, split):
    return spaces.Box(0, 255, describe(images)[0], np.uint8)


def truth_space(images, split):
    return spaces.Box(0.0, 1.0, (len(describe(images)[1]),), np.float32)


SIMULATION = Simulation(
    name="ludus/Sorter-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    choices={
        "images": Choice(
            "auto", "what lies on the belt: auto, parcels, the name of an image set, or a folder of images"
        ),
        "split": Choice("test", "which of the images", ("train", "test")),
    },
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
