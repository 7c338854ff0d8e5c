"""How long a lift would take to answer a call, and whom it would keep waiting: what Elevator's reference policies ask.

Reads the record of `elevator.py` and imports nothing from there. Directions are +1 (up) and -1 (down); sets of floors
are bits.
"""

import math

from ..engine.kernels import kernel

PARKED, MOVING, OPENING, BOARDING, CLOSING = range(5)


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
    """The floor where the lift stands or which it passes next."""
    floor = s.floor[lift]
    if s.phase[lift] == MOVING:
        trip = s.target[lift] - floor
        share = (s.now - s.departed[lift]) / (s.event[lift] - s.departed[lift])
        passed = min(int(math.ceil(abs(trip) * share)), abs(trip))
        floor += passed if trip > 0 else -passed
    return floor


@kernel
def stop_time(s):
    """Seconds that a stop costs, with one passenger who steps in or out."""
    return s.flight[1] - s.floor_height / s.speed + s.door_open + s.door_close + s.transfer_time


@kernel
def way_to(s, lift, floor, way):
    """(floors, stops, floor of the last turn) on the lift's way until it opens for a call, under collective control.

    The three parts of the way: on as it goes now, back, and on again; the call lies on the first part that leads its
    way and has not passed it.
    """
    place, ahead = place_of(s, lift), s.way[lift]
    if ahead == 0:
        return abs(floor - place), 0
    stays = s.phase[lift] != MOVING  # a lift at a floor has left the calls of this floor behind
    wanted = s.wanted[lift]
    calls_on, calls_back = s.calls[lift, (1 - ahead) // 2], s.calls[lift, (1 + ahead) // 2]
    start = place if stays else place - ahead
    if way == ahead and beyond(start, ahead) >> floor & 1:
        return abs(floor - place), count((wanted | calls_on) & between(start, floor, ahead))
    turn = farthest(wanted | calls_on | calls_back | (1 << floor if way != ahead else 0), place, ahead)
    floors, stops = abs(turn - place), count((wanted | calls_on) & beyond(start, ahead))
    if way != ahead:
        return floors + abs(turn - floor), stops + count(calls_back & between(turn + ahead, floor, -ahead))
    second = farthest(calls_back | calls_on | 1 << floor, turn, -ahead)
    floors += abs(turn - second) + abs(floor - second)
    stops += count(calls_back) + count(calls_on & between(second - ahead, floor, ahead))
    return floors, stops
