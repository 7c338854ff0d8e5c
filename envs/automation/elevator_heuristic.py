"""The reference policies of Elevator: which lift suits a call, by distance, by the way to it, or by what it costs.

Reads the record of `elevator.py` and imports nothing from there. Directions are +1 (up) and -1 (down); sets of floors
are bits.
"""

import math

from ..engine.kernels import kernel

NOBODY = -1
PARKED, MOVING, OPENING, BOARDING, CLOSING = range(5)
STOP_SHARE = 0.5


@kernel
def count(bits):
    """How many floors a set has."""
    floors = 0
    while bits != 0:
        bits &= bits - 1
        floors += 1
    return floors


@kernel
def beyond(floor, way):
    """The floors on the other side of ``floor``, as bits."""
    return -2 << floor if way > 0 else (1 << floor) - 1


@kernel
def between(start, stop, way):
    """The floors behind ``start`` and before ``stop``, which lies in direction ``way``."""
    return beyond(start, way) & beyond(stop, -way)


@kernel
def farthest(bits, start, way):
    """The floor of a set that lies farthest from ``start`` in direction ``way``, or ``start`` if there is none."""
    bits &= beyond(start, way)
    if bits == 0:
        return start
    floor = 0
    if way < 0:
        while not bits >> floor & 1:
            floor += 1
    else:
        while bits >> floor > 1:
            floor += 1
    return floor


@kernel
def place_of(s, lift):
    """The floor where the lift stands, or the next one on its trip, if it moved evenly."""
    floor = s.floor[lift]
    if s.phase[lift] == MOVING:
        trip = s.target[lift] - floor
        share = (s.now - s.departed[lift]) / (s.event[lift] - s.departed[lift])
        passed = min(int(math.ceil(abs(trip) * share)), abs(trip))
        floor += passed if trip > 0 else -passed
    return floor


@kernel
def way_to(s, lift, floor, way):
    """(floors, stops) on the lift's way until it opens for a call, under collective control.

    The way has up to three parts: on as it goes now, back, and on again. The call lies on the first part that leads
    its way and has not passed it yet.
    """
    place, ahead = place_of(s, lift), s.way[lift]
    if ahead == 0:
        return abs(floor - place), 0
    # A lift at a floor has answered the calls of this floor; one that moves has its next floor before it.
    start = place - ahead if s.phase[lift] == MOVING else place
    wanted = s.wanted[lift]
    calls_on, calls_back = s.calls[lift, (1 - ahead) // 2], s.calls[lift, (1 + ahead) // 2]
    if way == ahead and beyond(start, ahead) >> floor & 1:
        return abs(floor - place), count((wanted | calls_on) & between(start, floor, ahead))
    turn = farthest(wanted | calls_on | calls_back | (1 << floor if way != ahead else 0), place, ahead)
    floors, stops = abs(turn - place), count((wanted | calls_on) & beyond(start, ahead))
    if way != ahead:
        return floors + abs(turn - floor), stops + count(calls_back & between(turn + ahead, floor, -ahead))
    second = farthest(calls_back | calls_on | 1 << floor, turn, -ahead)
    floors += abs(turn - second) + abs(floor - second)
    return floors, stops + count(calls_back) + count(calls_on & between(second - ahead, floor, ahead))


@kernel
def stop_time(s):
    """Seconds that a stop costs, with one passenger who steps in or out."""
    return s.flight[1] - s.floor_height / s.speed + s.door_open + s.door_close + s.transfer_time


@kernel
def busy_time(s, lift):
    """Seconds until a lift at a floor has closed its doors."""
    if s.phase[lift] == OPENING or s.phase[lift] == BOARDING:
        return s.event[lift] - s.now + s.door_close
    return s.event[lift] - s.now if s.phase[lift] == CLOSING else 0.0


@kernel
def queues_for(s, lift, floor, to):
    """With destination control: whether somebody waits on the floor who has been told to take the lift to ``to``."""
    side = 0 if to > floor else 1
    entry = s.first[lift, floor, side]
    for _ in range(s.queue[lift, floor, side]):
        if s.entry_to[entry] == to:
            return True
        entry = s.entry_next[entry]
    return False


@kernel
def new_stops(s, lift):
    """How many stops the call would add to the lift's plans: the call's floor and, where it is known, the destination."""
    floor, side = s.call_floor, 0 if s.call_way > 0 else 1
    stops = 0 if (s.wanted[lift] | s.calls[lift, side]) >> floor & 1 else 1
    if s.by_destination:
        to = s.entry_to[s.call_entry]
        stops += 0 if s.wanted[lift] >> to & 1 or queues_for(s, lift, floor, to) else 1
    return stops


@kernel
def heuristic_nearest_car(s, world, out):
    """The lift with the highest figure of suitability (Barney & dos Santos 1985, *Elevator Traffic Analysis*).

    With N floors above the entrance and d floors between lift and call it is N + 2 - d if the lift comes towards the
    call and goes its way, N + 1 - d if it comes and goes the other way, and 1 if it leaves; a parked lift comes.
    """
    out[0] = 0
    if s.call_floor == NOBODY:
        return
    best = 0
    for lift in range(s.phase.shape[0]):
        way, offset = s.way[lift], s.call_floor - place_of(s, lift)
        suitability = 1
        if offset * way >= 0:
            suitability = s.flight.shape[0] - abs(offset) + (1 if way in (0, s.call_way) else 0)
        if suitability > best:
            best = suitability
            out[0] = lift


@kernel
def heuristic_collective(s, world, out):
    """The lift with the fewest floors to go until it comes by on its round, as if all lifts were asked to stop."""
    out[0] = 0
    if s.call_floor == NOBODY:
        return
    best = math.inf
    for lift in range(s.phase.shape[0]):
        floors, _ = way_to(s, lift, s.call_floor, s.call_way)
        if floors < best:
            best = floors
            out[0] = lift


@kernel
def pick_time(s, lift):
    """Seconds until the lift opens for the call."""
    floors, stops = way_to(s, lift, s.call_floor, s.call_way)
    return busy_time(s, lift) + floors * s.floor_height / s.speed + STOP_SHARE * stops * stop_time(s)


@kernel
def heuristic_destination(s, world, out):
    """The lift for which the call means the fewest new stops, and of these the one that is there first.

    Destination dispatch: with destination control it brings those together who leave or want to go to the same floor.
    """
    out[0] = 0
    if s.call_floor == NOBODY:
        return
    best = math.inf
    for lift in range(s.phase.shape[0]):
        time = pick_time(s, lift) + stop_time(s) * new_stops(s, lift)
        if time < best:
            best = time
            out[0] = lift


@kernel
def heuristic(s, world, out):
    """The lift for which the call costs least."""
    out[0] = 0
    if s.call_floor == NOBODY:
        return
    best = math.inf
    for lift in range(s.phase.shape[0]):
        time = pick_time(s, lift) + stop_time(s) * new_stops(s, lift)
        if time < best:
            best = time
            out[0] = lift
