"""The reference policies of Picker: an exact plan for whoever knows the tray, and the same plan for what a slot shows.

The plan is a dynamic programme (Held & Karp 1962) over the set of items that are gone and the one above which the
gripper stands. An item can be taken where enough of it is to be seen, so what lies above it comes before it. What an
item earns depends on the set alone: 1 while its kind is wanted, else the cost of taking it for nothing.
"""

import math

import numpy as np

from ....components.detections import (
    AXIS_COS,
    AXIS_SIN,
    CENTRE_X,
    CENTRE_Y,
    CLASS,
    VALID,
    VISIBLE,
    corners_of,
)
from ...engine.compile.binding import loop
from ...engine.kernels import kernel, scratch
from .constants import AT_X, AT_Y, ITEMS, LAST_MISSED, MISSES, MISSES_SEEN, NOTHING, ORDER, SETS, TRAY
from .rules import is_clear
from .rules_tray import axis_of

PLACES = SETS * ITEMS  # of the plan's table: a set of items that are gone, and the last of them
CERTAIN = 0.5  # confidence from which on a detected thing is believed
DIRECTED = 0.3  # length of (cos 2θ, sin 2θ) from which on a direction is believed
ROUNDED = 1e-6  # of a share that comes in single precision
TURN = 0.25 * math.pi  # rad, by which the gripper is turned further after each miss


@kernel
def count_served(kind, wanted, count, taken, served):
    """Write how many items of the order each set of items serves, beyond those ``taken``, into ``served`` (SETS,)."""
    for gone in range(1 << count):
        if gone & taken != taken:
            continue
        total = 0
        for i in range(count):
            if gone >> i & 1 and not taken >> i & 1:
                before = 0
                for j in range(i):
                    before += kind[j] == kind[i] and gone >> j & 1 and not taken >> j & 1
                total += before < wanted[kind[i]]
        served[gone] = total


@kernel
def best_item(x, y, kind, clear, count, taken, wanted, from_x, from_y, wrong_cost, per_way, per_grasp):
    """The item to take next, from (from_x, from_y); NOTHING if no item that is left serves the order.

    Args:
        x, y: (ITEMS,) places of the items. ``kind``: (ITEMS,) what they are.
        clear: (SETS * ITEMS,) whether item i can be taken where a set is gone, at ``gone * ITEMS + i``; not 0 if so.
        count, taken: How many items there were, and which of them are gone.
        wanted: (K,) how many of each kind are still ordered.
        wrong_cost, per_way, per_grasp: What it costs to take what is not ordered, to go the length of the tray's side,
            and to grasp.
    """
    served, worth = scratch(SETS), scratch(PLACES)
    count_served(kind, wanted, count, taken, served)
    all_items = (1 << count) - 1
    if served[all_items] == 0:
        return NOTHING
    best = NOTHING
    for gone in range(all_items, -1, -1):
        if gone & taken != taken:
            continue
        for last in range(-1, count):
            if (last < 0 and gone != taken) or (last >= 0 and not (gone & ~taken) >> last & 1):
                continue
            value, choice = (0.0, NOTHING) if served[gone] == served[all_items] else (-np.inf, NOTHING)
            here_x, here_y = (x[last], y[last]) if last >= 0 else (from_x, from_y)
            if value != 0.0:
                for i in range(count):
                    if gone >> i & 1 or clear[gone * ITEMS + i] == 0.0:
                        continue
                    then = gone | 1 << i
                    gain = 1.0 if served[then] > served[gone] else -wrong_cost
                    way = math.hypot(x[i] - here_x, y[i] - here_y)
                    total = gain - per_way * way - per_grasp + worth[then * ITEMS + i]
                    if total > value:
                        value, choice = total, i
            if last >= 0:
                worth[gone * ITEMS + last] = value
            else:
                best = choice
    return best


@kernel
def write_grasp(x, y, angle, out):
    """The action that grips at (x, y) with the gripper's long axis along ``angle`` (rad; NaN: any)."""
    turned = 0.0 if math.isnan(angle) else angle - math.pi * math.floor(angle / math.pi + 0.5)
    out[0], out[1], out[2] = 2.0 * x - 1.0, 2.0 * y - 1.0, min(max(turned / (0.5 * math.pi), -1.0), 1.0)


@kernel
def heuristic(s, world, out):
    """The plan for the items as they lie."""
    clear = scratch(PLACES)
    for gone in range(1 << s.count):
        for i in range(s.count):
            clear[gone * ITEMS + i] = is_clear(s, i, gone)
    per_way, per_grasp = s.wage * TRAY / s.speed, s.wage * s.grasp_time
    i = best_item(
        s.x, s.y, s.label, clear, s.count, s.taken, s.wanted, s.grip_x, s.grip_y, s.wrong_cost, per_way, per_grasp
    )
    if i == NOTHING:  # after the end
        write_grasp(s.grip_x, s.grip_y, 0.0, out)
    else:
        write_grasp(s.x[i], s.y[i], axis_of(s, world, i), out)


# --- The plan for what is shown --------------------------------------------------------------------------------------


@kernel
def shared_area(one, other):
    """What two boxes (left, upper, right, lower) have in common."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


@kernel
def guess_clear(rows, boxes, doubtful, least_visible, clear):
    """Write whether a thing can be taken where a set is gone, as ``best_item`` takes it, into ``clear``.

    What is hidden of a thing is divided among the boxes above it, in proportion to what they share with its own.

    Args:
        rows, boxes: (ITEMS, 8 + K) and (ITEMS, 4) of one tray. ``doubtful``: the rows that hide nothing.
    """
    parts = scratch(ITEMS)
    for i in range(ITEMS):
        total = 0.0
        for j in range(i):
            parts[j] = shared_area(boxes[j], boxes[i]) if not doubtful >> j & 1 else 0.0
            total += parts[j]
        for gone in range(SETS):
            visible = np.float64(rows[i, VISIBLE]) if total > 0.0 else 1.0
            for j in range(i):
                if gone >> j & 1 and total > 0.0:
                    visible += (1.0 - rows[i, VISIBLE]) * parts[j] / total
            clear[gone * ITEMS + i] = visible + ROUNDED >= least_visible


@kernel
def likeliest_wanted(shown, kinds, wanted):
    """The row that is of a wanted kind most probably, among all that are believed; NOTHING if there is none."""
    best, most = NOTHING, -1.0
    for i in range(shown.shape[0]):
        chance = 0.0
        for k in range(kinds):
            if wanted[k] > 0:
                chance += shown[i, CLASS + k]
        if shown[i, VALID] >= CERTAIN and chance > most:
            best, most = i, chance
    return best


@loop
def _plan_all(state, rows, boxes, parameters, actions):
    """Write the grasp for each of N environments into ``actions`` (N, 3)."""
    kinds = rows.shape[2] - CLASS
    x, y = np.zeros(ITEMS), np.zeros(ITEMS)
    kind, wanted = np.zeros(ITEMS, np.int64), np.zeros(kinds, np.int64)
    clear = np.zeros(PLACES)
    for n in range(len(state)):
        least_visible, wrong_cost, wage, speed, grasp_time, reach = parameters[:, n]
        for k in range(kinds):
            wanted[k] = int(np.rint(state[n, ORDER + k] * ITEMS))
        here_x, here_y = np.float64(state[n, AT_X]), np.float64(state[n, AT_Y])
        missed = state[n, LAST_MISSED] > 0.5
        misses = int(np.rint(state[n, MISSES] * MISSES_SEEN))
        tried, doubtful = NOTHING, 0  # the row that was missed, and those that are none
        for i in range(ITEMS):
            x[i], y[i] = rows[n, i, CENTRE_X], rows[n, i, CENTRE_Y]
            kind[i] = np.argmax(rows[n, i, CLASS:])
            if rows[n, i, VALID] < CERTAIN:
                doubtful |= 1 << i
            elif missed and math.hypot(x[i] - here_x, y[i] - here_y) <= reach:
                tried = i
        if tried != NOTHING and misses % 2 == 0:  # every other time something else, if there is anything
            doubtful |= 1 << tried
        guess_clear(rows[n], boxes[n], doubtful, least_visible, clear)
        i = best_item(
            x,
            y,
            kind,
            clear,
            ITEMS,
            doubtful,
            wanted,
            here_x,
            here_y,
            wrong_cost,
            wage * TRAY / speed,
            wage * grasp_time,
        )
        if i == NOTHING:
            i = likeliest_wanted(rows[n], kinds, wanted)
        if i == NOTHING:
            write_grasp(0.5, 0.5, 0.0, actions[n])
            continue
        cos, sin = rows[n, i, AXIS_COS], rows[n, i, AXIS_SIN]
        angle = 0.5 * math.atan2(sin, cos) if math.hypot(cos, sin) >= DIRECTED else 0.0
        if i == tried:
            angle += TURN * (misses % 4)
        write_grasp(x[i], y[i], angle, actions[n])


READ = ("least_visible", "wrong_cost", "wage", "speed", "grasp_time", "reach")


def plan(view):
    """The plan for what the slot ``perception`` says of the tray.

    After a miss the same thing is tried with the gripper turned, and every other time something else.

    Args:
        view: What is shown of N environments, a ``PolicyView``.

    Returns:
        (N, 3) float32.

    Raises:
        ValueError: the slot ``perception`` is not filled.
    """
    rows = np.ascontiguousarray(view.estimate("perception"), np.float32)
    state = view.observation["state"]
    parameters = np.stack([view.parameters[name] for name in READ])
    actions = np.zeros((view.num_envs, 3), np.float32)
    _plan_all(np.ascontiguousarray(state), rows, corners_of(rows), parameters, actions)
    return actions
