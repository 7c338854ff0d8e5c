"""The observation of Elevator's group controller; the card says what stands where."""

from ...engine.kernels import clear, kernel
from .constants import (
    CALL,
    CALL_UP,
    CALLS_PLANE,
    GLOBALS,
    LIFT_BUSY,
    LIFT_LOAD,
    LIFT_NUMBERS,
    LIFT_PHASE,
    LIFT_SAME_WAY,
    MOVING,
    NOBODY,
    OTHER_CALLS_PLANE,
    PARKED,
    TIME_LEFT,
    WANTED_PLANE,
    lift_index,
    plane_columns,
)
from .rules_lifts import index_of

SOON = 20.0  # s, unit of the time until a lift is done

# The formulas compiled; the spaces take them as they stand, and so need no compiler.
columns_of = kernel(plane_columns)
index_of_lift = kernel(lift_index)


@kernel
def observe(s, world, out):
    floors = s.flight.shape[0]
    columns = columns_of(floors)
    clear(out)
    out[TIME_LEFT] = max(1.0 - s.now / s.duration, 0.0)
    here, way = 0, 1  # the floor and the direction from which all others are seen
    if s.call_floor != NOBODY:
        here, way = s.call_floor, s.call_way
        out[CALL] = 1.0
        out[CALL_UP + index_of(way)] = 1.0
        out[GLOBALS + here] = 1.0
        if s.by_destination:
            out[GLOBALS + floors + (s.entry_to[s.call_entry] - here) * way] = 1.0
    for lift in range(s.phase.shape[0]):
        observe_lift(s, lift, here, way, out[index_of_lift(floors, columns, lift) :])


@kernel
def observe_lift(s, lift, here, way, out):
    floors = s.flight.shape[0]
    if s.way[lift] != 0:
        out[LIFT_SAME_WAY + index_of(s.way[lift] * way)] = 1.0
    if s.phase[lift] != PARKED:
        out[LIFT_PHASE + s.phase[lift]] = 1.0
        out[LIFT_BUSY] = min((s.event[lift] - s.now) / SOON, 1.0)
    out[LIFT_LOAD] = min(s.load[lift] / int(s.capacity), 1.0)
    plane = columns_of(floors)
    at = LIFT_NUMBERS + floors - 1 - here * way  # of floor 0 in the first plane; floor f is f * way further
    floor = s.floor[lift]
    if s.phase[lift] == MOVING:
        onward = 1 if s.target[lift] > floor else -1
        trip = abs(s.target[lift] - floor)
        passed = trip * (s.now - s.departed[lift]) / (s.event[lift] - s.departed[lift])  # floors, evenly in time
        whole = min(int(passed), trip - 1)
        floor += onward * whole
        out[at + (floor + onward) * way] = passed - whole
        out[at + floor * way] = 1.0 - (passed - whole)
    else:
        out[at + floor * way] = 1.0
    mark(out, at + WANTED_PLANE * plane, way, s.wanted[lift])
    mark(out, at + CALLS_PLANE * plane, way, s.calls[lift, index_of(way)])
    mark(out, at + OTHER_CALLS_PLANE * plane, way, s.calls[lift, index_of(-way)])


@kernel
def mark(out, at, way, floors):
    """Write 1 for each floor of a set, in a plane in which floor 0 is at ``at``."""
    while floors != 0:
        if floors & 1:
            out[at] = 1.0
        floors >>= 1
        at += way
