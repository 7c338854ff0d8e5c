"""The reference policies of Elevator: the lift that suits a call best, by distance, by the way to it, or by cost.

Directions are +1 (up) and -1 (down); sets of floors are bits.
"""

import math

from ...engine.kernels import kernel
from .constants import BOARDING, CLOSING, MOVING, NOBODY, OPENING
from .rules_lifts import beyond, end_of, index_of, lets_in

ABOARD, CALLED, STOP = 1.25, 4.3, 5.4  # s, weights of a passenger, of a call and of a new stop
DISPATCH_ABOARD, DISPATCH_CALLED, DISPATCH_STOP = 0.5, 6.0, 12.0  # s, the same in destination dispatch
QUEUED, NEW_DESTINATION, NEXT_ROUND = 2.0, 35.0, 50.0  # s, more weights of destination dispatch


@kernel
def count(bits):
    """How many floors a set has."""
    floors = 0
    while bits != 0:
        bits &= bits - 1
        floors += 1
    return floors


@kernel
def farthest(bits, start, way):
    """The floor of a set that lies farthest from ``start`` in direction ``way``, or ``start`` if there is none."""
    bits &= beyond(start, way)
    return end_of(bits, way) if bits != 0 else start


@kernel
def place_of(s, lift):
    """The floor where the lift stands, or the next one on its trip, if it moved evenly."""
    floor = s.floor[lift]
    if s.phase[lift] == MOVING:
        trip = s.target[lift] - floor
        share = (s.now - s.departed[lift]) / (s.event[lift] - s.departed[lift])
        passed = min(math.ceil(abs(trip) * share), abs(trip))
        floor += passed if trip > 0 else -passed
    return floor


@kernel
def way_to(s, lift, floor, way):
    """How many floors the lift goes until it opens for a call, under collective control.

    Its way has up to three parts: on as it goes now, back, and on again. The call lies on the first part that leads
    its way and has not passed it yet.
    """
    place, ahead = place_of(s, lift), s.way[lift]
    if ahead == 0:
        return abs(floor - place)
    # A lift at a floor has answered the calls of this floor; one that moves has its next floor before it.
    start = place - ahead if s.phase[lift] == MOVING else place
    if way == ahead and beyond(start, ahead) >> floor & 1:
        return abs(floor - place)
    calls = s.calls[lift, 0] | s.calls[lift, 1]
    turn = farthest(s.wanted[lift] | calls | (1 << floor if way != ahead else 0), place, ahead)
    if way != ahead:
        return abs(turn - place) + abs(turn - floor)
    second = farthest(calls | 1 << floor, turn, -ahead)
    return abs(turn - place) + abs(turn - second) + abs(floor - second)


@kernel
def busy_time(s, lift):
    """Seconds until a lift at a floor has closed its doors, if nobody else comes."""
    if s.phase[lift] == OPENING or s.phase[lift] == BOARDING:
        return s.event[lift] - s.now + s.door_close
    return s.event[lift] - s.now if s.phase[lift] == CLOSING else 0.0


@kernel
def is_there(s, lift):
    """Whether who has called can step in at once."""
    return lets_in(s, lift, s.call_floor, s.call_way)


@kernel
def cost(s, lift, aboard, called, stop):
    """Seconds until the lift is there, and for what it has to do: each passenger, each call, and a new stop."""
    calls = s.calls[lift, index_of(s.call_way)]
    time = busy_time(s, lift) + way_to(s, lift, s.call_floor, s.call_way) * s.floor_height / s.speed
    time += aboard * s.load[lift] + called * (count(s.calls[lift, 0]) + count(s.calls[lift, 1]))
    return time if (s.wanted[lift] | calls) >> s.call_floor & 1 or is_there(s, lift) else time + stop


@kernel
def cost_of_passenger(s, lift):
    """What is known with destination control: who waits for the lift on the same floor, and where they go.

    It brings those together who have the same destination, as long as there is room for them.
    """
    floor, side, to = s.call_floor, index_of(s.call_way), s.entry_to[s.call_entry]
    joins, entry = (
        is_there(s, lift) and s.wanted[lift] >> to & 1 != 0,
        s.first[lift, floor, side],
    )
    for _ in range(s.queue[lift, floor, side]):
        joins = joins or s.entry_to[entry] == to
        entry = s.entry_next[entry]
    inside = s.load[lift] - s.aboard[lift, floor] if is_there(s, lift) else 0
    has_room = inside + s.queue[lift, floor, side] + 1 <= int(s.capacity)
    time = QUEUED * s.queue[lift, floor, side]
    return time + (0.0 if joins else NEW_DESTINATION) + (0.0 if has_room else NEXT_ROUND)


@kernel
def heuristic(s, world, out):
    """The lift with the lowest cost; the weights were searched for on 256 episodes of lunch traffic."""
    if s.by_destination:
        heuristic_destination(s, world, out)
        return
    best = math.inf
    out[0] = 0
    for lift in range(s.phase.shape[0] if s.call_floor != NOBODY else 0):
        time = cost(s, lift, ABOARD, CALLED, STOP)
        if time < best:
            best = time
            out[0] = lift


@kernel
def heuristic_destination(s, world, out):
    """Destination dispatch: few stops, and those together who go to the same floor.

    Its weights suit destination control, in lunch traffic and in the up-peak; without it no destination is known.
    """
    best = math.inf
    out[0] = 0
    for lift in range(s.phase.shape[0] if s.call_floor != NOBODY else 0):
        time = cost(s, lift, DISPATCH_ABOARD, DISPATCH_CALLED, DISPATCH_STOP)
        if s.by_destination:
            time += cost_of_passenger(s, lift)
        if time < best:
            best = time
            out[0] = lift


@kernel
def heuristic_nearest_car(s, world, out):
    """Nearest car: the lift with the highest figure of suitability (Barney & dos Santos 1985, *Elevator Traffic*).

    With N floors above the entrance and d floors between lift and call it is N + 2 - d if the lift comes towards the
    call and goes its way, N + 1 - d if it comes and goes the other way, and 1 if it leaves; a parked lift comes.
    """
    best = 0
    out[0] = 0
    for lift in range(s.phase.shape[0] if s.call_floor != NOBODY else 0):
        way, offset = s.way[lift], s.call_floor - place_of(s, lift)
        suitability = 1
        if offset * way >= 0:
            suitability = s.flight.shape[0] - abs(offset) + (1 if way == 0 or way == s.call_way else 0)
        if suitability > best:
            best = suitability
            out[0] = lift


@kernel
def heuristic_collective(s, world, out):
    """The lift with the fewest floors to go until it comes by on its round, as if all lifts were asked to stop."""
    best = 1 << 30
    out[0] = 0
    for lift in range(s.phase.shape[0] if s.call_floor != NOBODY else 0):
        floors = way_to(s, lift, s.call_floor, s.call_way)
        if floors < best:
            best = floors
            out[0] = lift
