"""The invariants of Elevator: sentences that hold of every state, for the fuzzer and for snapshots."""

import math

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    CALL,
    CALL_DOWN,
    CALL_UP,
    CALLS_PLANE,
    CLOSING,
    GLOBALS,
    LIFT_BUSY,
    LIFT_LOAD,
    LIFT_NUMBERS,
    LIFT_OTHER_WAY,
    LIFT_PHASE,
    LIFT_SAME_WAY,
    MOVING,
    NOBODY,
    OPENING,
    PARKED,
    PLACE_PLANE,
    PLANES,
    TIME_LEFT,
    WANTED_PLANE,
)
from .observation import columns_of, index_of_lift
from .rules_lifts import beyond, index_of, lets_in

TIME_ROUNDING = 1e-6  # s, of sums of times
SHARE_ROUNDING = 1e-6  # of a share of the time in single precision
PLACE_ROUNDING = 1e-4  # floors, of a place that single precision shares out between two floors

INVARIANTS = (
    "passengers who arrived were turned away, wait, ride or were served",
    "each lift holds its passengers, and wants to stop where one of them gets out",
    "queues are chains as long as they say, of passengers who go their way, and all entries are queued or free",
    "whoever waits is answered by one lift, stands before open doors, or has just pressed the button",
    "a lift is on a floor or on its way to another, has its next event ahead, and rests only if nothing is to be done",
    "passengers ride to floors that are ahead",
    "times and energies are finite, none is negative, and nobody rode before the start",
    "the next passenger comes from one floor to another, calls are somebody's, and farther trips take longer",
    Shown("the observation shows the call, the time and the lifts"),
)


@kernel
def invariant(s, world, shown, legal):
    if s.arrived != s.turned_away + s.waiting + s.riding + s.served or min(s.waiting, s.riding, s.served) < 0:
        return 1
    if not is_next_sound(s):
        return 8
    if not are_lifts_counted(s):
        return 2
    if not are_queues_sound(s):
        return 3
    if not is_everybody_answered(s):
        return 4
    for lift in range(s.phase.shape[0]):
        if not is_lift_sound(s, lift):
            return 5
        ahead = s.wanted[lift]
        if s.phase[lift] == OPENING:
            ahead &= ~(1 << s.floor[lift])
        if ahead != 0 and (s.way[lift] == 0 or ahead & ~beyond(s.floor[lift], s.way[lift]) != 0):
            return 6
    if not (0.0 <= s.waited <= s.spent + TIME_ROUNDING and math.isfinite(s.spent) and 0.0 <= s.energy < math.inf):
        return 7
    if not 0.0 <= s.stepped <= s.now < math.inf:
        return 7
    return 0 if is_shown(s, shown) else 9


@kernel
def is_next_sound(s):
    """Whether kernels may follow a third party's record: who comes next, who calls, how long trips take."""
    floors, room = s.flight.shape[0], s.entry_next.shape[0]
    if not (0 <= s.next_from < floors and 0 <= s.next_to < floors and s.next_from != s.next_to):
        return False
    if not (s.next_time >= s.now and 1.0 <= s.expected < math.inf):
        return False
    if s.call_floor != NOBODY:
        if not 0 <= s.call_floor < floors or (s.call_way != 1 and s.call_way != -1):
            return False
        if s.by_destination and not 0 <= s.call_entry < room:
            return False
        if s.by_destination and not 0 <= s.entry_to[s.call_entry] < floors:
            return False
    for floor in range(floors):
        for side in range(2):
            if not NOBODY <= s.owner[floor, side] < s.phase.shape[0]:
                return False
    if s.flight[0] != 0.0 or s.commit[0] != 0.0:
        return False
    for distance in range(1, floors):
        if not s.flight[distance - 1] < s.flight[distance] < math.inf:
            return False
        if not s.commit[distance - 1] <= s.commit[distance] <= s.flight[distance]:
            return False
    return True


@kernel
def are_lifts_counted(s):
    riding = 0
    for lift in range(s.phase.shape[0]):
        load = 0
        for floor in range(s.flight.shape[0]):
            inside = s.aboard[lift, floor]
            if inside < 0 or (inside > 0) != (s.wanted[lift] >> floor & 1):
                return False
            load += inside
        if load != s.load[lift] or s.wanted[lift] >> s.flight.shape[0] != 0:
            return False
        riding += load
    return riding == s.riding


@kernel
def are_queues_sound(s):
    """The chains are followed no further than their entries reach, so that a ring ends, too."""
    room, floors = s.entry_next.shape[0], s.flight.shape[0]
    queued = 1 if s.by_destination and s.call_floor != NOBODY else 0
    for owner in range(s.queue.shape[0]):
        for floor in range(floors):
            for side in range(2):
                entry, last = s.first[owner, floor, side], NOBODY
                queued += s.queue[owner, floor, side]
                if not 0 <= s.queue[owner, floor, side] <= (room if owner == 0 or s.by_destination else 0):
                    return False
                for _ in range(s.queue[owner, floor, side]):
                    if not 0 <= entry < room or not 0.0 <= s.entry_time[entry] <= s.now:
                        return False
                    to = s.entry_to[entry]
                    if not 0 <= to < floors or (to > floor) != (side == 0) or to == floor:
                        return False
                    last, entry = entry, s.entry_next[entry]
                if last != NOBODY and last != s.last[owner, floor, side]:
                    return False
    free, entry = 0, s.free
    while entry != NOBODY and free <= room:
        if not 0 <= entry < room:
            return False
        free, entry = free + 1, s.entry_next[entry]
    return queued == s.waiting and queued + free == room


@kernel
def is_served(s, lift, floor, way):
    """The lift stands there with open doors and goes that way."""
    return lets_in(s, lift, floor, way) and s.way[lift] == way


@kernel
def is_everybody_answered(s):
    lifts = s.phase.shape[0]
    for floor in range(s.flight.shape[0]):
        for side in range(2):
            way = 1 - 2 * side
            pressed = s.call_floor == floor and s.call_way == way
            attended = False
            for lift in range(lifts):
                answers = s.calls[lift, side] >> floor & 1
                served = is_served(s, lift, floor, way)
                attended = attended or served
                if s.by_destination:
                    if s.queue[lift, floor, side] == 0:
                        if answers:
                            return False
                    elif answers == served:
                        return False
                elif answers != (s.owner[floor, side] == lift):
                    return False
            if not s.by_destination:
                ways = (s.owner[floor, side] != NOBODY) + pressed + attended
                if ways > 1 or (ways == 0 and s.queue[0, floor, side] > 0):
                    return False
                if s.queue[0, floor, side] == 0 and not attended and ways > 0:
                    return False
    return True


@kernel
def is_lift_sound(s, lift):
    floors, way = s.flight.shape[0], s.way[lift]
    floor, target, calls = s.floor[lift], s.target[lift], s.calls[lift, 0] | s.calls[lift, 1]
    if not (0 <= floor < floors and 0 <= target < floors and 0 <= s.origin[lift] < floors) or calls >> floors != 0:
        return False
    if not s.event[lift] >= s.now or not -1 <= way <= 1 or not PARKED <= s.phase[lift] <= CLOSING:
        return False
    if not 0.0 <= s.departed[lift] <= s.now:
        return False
    if s.phase[lift] == MOVING:
        return way != 0 and (target - floor) * way > 0 and s.event[lift] < math.inf
    if target != floor:
        return False
    if s.phase[lift] == PARKED:
        return way == 0 and s.load[lift] == 0 and calls == 0
    return s.event[lift] < math.inf


@kernel
def is_shown(s, shown):
    floors = s.flight.shape[0]
    called = s.call_floor != NOBODY
    if shown[CALL] != called or shown[CALL_UP] != (called and s.call_way > 0):
        return False
    if shown[CALL_DOWN] != (called and s.call_way < 0):
        return False
    if abs(shown[TIME_LEFT] - max(1.0 - s.now / s.duration, 0.0)) > SHARE_ROUNDING:
        return False
    here, way = (s.call_floor, s.call_way) if called else (0, 1)
    for floor in range(floors):
        known = called and s.by_destination and s.entry_to[s.call_entry] == here + floor * way
        if shown[GLOBALS + floor] != (called and here == floor) or shown[GLOBALS + floors + floor] != known:
            return False
    plane = columns_of(floors)
    for lift in range(s.phase.shape[0]):
        at = index_of_lift(floors, plane, lift)
        if shown[at + LIFT_SAME_WAY] != (s.way[lift] == way) or shown[at + LIFT_OTHER_WAY] != (s.way[lift] == -way):
            return False
        for phase in range(MOVING, CLOSING + 1):
            if shown[at + LIFT_PHASE + phase] != (s.phase[lift] == phase):
                return False
        busy, load = shown[at + LIFT_BUSY], shown[at + LIFT_LOAD]
        if not (0.0 <= busy <= 1.0 and (load > 0.0) == (s.load[lift] > 0) and load <= 1.0):
            return False
        at += LIFT_NUMBERS
        place, marks = 0.0, 0.0
        for index in range(plane):
            floor = here + (index - floors + 1) * way
            inside = 0 <= floor < floors
            place += shown[at + PLACE_PLANE * plane + index] * floor
            if not 0.0 <= shown[at + PLACE_PLANE * plane + index] <= inside:
                return False
            for k in range(WANTED_PLANE, PLANES):
                marks += shown[at + k * plane + index]
            if inside:
                marks -= (
                    (s.wanted[lift] >> floor & 1) + (s.calls[lift, 0] >> floor & 1) + (s.calls[lift, 1] >> floor & 1)
                )
                if shown[at + WANTED_PLANE * plane + index] != s.wanted[lift] >> floor & 1:
                    return False
                if shown[at + CALLS_PLANE * plane + index] != s.calls[lift, index_of(way)] >> floor & 1:
                    return False
        low, high = min(s.floor[lift], s.target[lift]), max(s.floor[lift], s.target[lift])
        if marks != 0.0 or not low - PLACE_ROUNDING <= place <= high + PLACE_ROUNDING:
            return False
    return True
