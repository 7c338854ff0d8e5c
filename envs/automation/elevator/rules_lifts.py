"""The rules of Elevator's lifts: the times of trips, the next stop, and the doors."""

import math

from ...engine.kernels import kernel
from .constants import BOARDING, MOVING, NEVER, NOBODY, OPENING, PARKED

PERSON, GRAVITY = 75.0, 9.81  # kg, m/s²


@kernel
def compute_trips(s):
    """``flight`` and ``commit`` of every distance, if the parameters that decide them have changed.

    Peters 1995: a trip reaches the speed, or only the acceleration, or neither. It can end earlier until it would have
    to lower its acceleration, or brake, for that.
    """
    g = s.geometry
    if g[0] == s.floor_height and g[1] == s.speed and g[2] == s.acceleration and g[3] == s.jerk:
        return
    g[0], g[1], g[2], g[3] = s.floor_height, s.speed, s.acceleration, s.jerk
    acceleration = min(s.acceleration, math.sqrt(s.speed * s.jerk))  # of a slow lift that never reaches the full one
    ramp = acceleration / s.jerk  # s, time in which the acceleration is built up
    braking = s.speed / acceleration + ramp  # s
    for floors in range(1, s.flight.shape[0]):
        distance = floors * s.floor_height
        if distance >= s.speed * braking:
            s.flight[floors] = distance / s.speed + braking
            s.commit[floors] = distance / s.speed
        elif distance >= 2.0 * acceleration * ramp * ramp:
            s.flight[floors] = ramp + math.sqrt(ramp * ramp + 4.0 * distance / acceleration)
            s.commit[floors] = 0.5 * s.flight[floors] - ramp
        else:
            s.flight[floors] = (32.0 * distance / s.jerk) ** (1.0 / 3.0)
            s.commit[floors] = 0.25 * s.flight[floors]


@kernel
def index_of(way):
    """The index of a direction: 0 for up (1), 1 for down (-1)."""
    return (1 - way) // 2


@kernel
def beyond(floor, way):
    """The floors on the other side of ``floor``, as bits."""
    return -2 << floor if way > 0 else (1 << floor) - 1


@kernel
def end_of(bits, way):
    """The highest floor of a set that is not empty (way 1) or the lowest (-1)."""
    floor = 0
    if way < 0:
        while not bits >> floor & 1:
            floor += 1
    else:
        while bits >> floor > 1:
            floor += 1
    return floor


@kernel
def lets_in(s, lift, floor, way):
    """Whether the lift stands there with open doors, and goes that way or nowhere yet."""
    is_open = s.phase[lift] == OPENING or s.phase[lift] == BOARDING
    return is_open and s.floor[lift] == floor and s.way[lift] in (0, way)


@kernel
def is_full(s, lift):
    return s.load[lift] >= int(s.capacity)


@kernel
def next_stop(s, lift, way, reachable):
    """Where the lift stops next, of the floors ``reachable`` (bits) in direction ``way``; NOBODY if nowhere."""
    stops, turns = s.wanted[lift] & reachable, 0
    if not is_full(s, lift):
        stops |= s.calls[lift, index_of(way)] & reachable
        turns = s.calls[lift, index_of(-way)] & reachable
    if stops != 0:
        return end_of(stops, -way)
    return end_of(turns, way) if turns != 0 else NOBODY


@kernel
def set_out(s, lift, way, target):
    s.phase[lift] = MOVING
    s.way[lift] = way
    s.target[lift] = target
    s.departed[lift] = s.now
    s.origin[lift] = s.floor[lift]
    s.event[lift] = s.now + s.flight[abs(target - s.floor[lift])]


@kernel
def redirect(s, lift):
    """Let a moving lift plan anew; with nothing to do ahead it stops at the first floor where it can."""
    way, start = s.way[lift], s.floor[lift]
    elapsed, planned = s.now - s.departed[lift], abs(s.target[lift] - start)
    if elapsed >= s.commit[planned]:
        return
    nearest = 1
    while elapsed >= s.commit[nearest]:
        nearest += 1
    nearest_floor = start + way * nearest
    target = next_stop(s, lift, way, beyond(nearest_floor - way, way))
    if target == NOBODY:
        target = nearest_floor
    s.target[lift] = target
    s.event[lift] = s.departed[lift] + s.flight[abs(target - start)]


@kernel
def depart(s, lift):
    """Let a lift with closed doors at a floor open them, set out, or park."""
    floor = s.floor[lift]
    way = s.way[lift] if s.way[lift] != 0 else 1
    for _ in range(2):
        if s.calls[lift, index_of(way)] >> floor & 1 and not is_full(s, lift):
            open_doors(s, lift, way)
            return
        target = next_stop(s, lift, way, beyond(floor, way))
        if target != NOBODY:
            set_out(s, lift, way, target)
            return
        way = -way
    s.way[lift] = 0
    s.phase[lift] = PARKED
    s.event[lift] = s.now + s.parking_delay if floor != 0 else NEVER


@kernel
def land(s, lift):
    """The end of a trip: which way the lift serves from here, and whether its doors open."""
    way, floor = s.way[lift], s.target[lift]
    lifted = way * (s.load[lift] - s.counterweight * int(s.capacity)) * PERSON * GRAVITY  # N
    distance = abs(floor - s.floor[lift]) * s.floor_height
    s.energy += 1000.0 * s.start_energy + max(lifted * distance, 0.0)
    s.floor[lift] = floor
    owner, ahead, behind = lift if s.by_destination else 0, index_of(way), index_of(-way)
    stops = s.wanted[lift] | s.calls[lift, 0] | s.calls[lift, 1]
    if s.calls[lift, ahead] >> floor & 1 == 0 and stops & beyond(floor, way) == 0:  # its plans end here
        goes_back = s.calls[lift, behind] >> floor & 1 != 0 or stops & beyond(floor, -way) != 0
        waits_ahead = s.queue[owner, floor, ahead] != 0
        if goes_back or (s.queue[owner, floor, behind] != 0 and not waits_ahead):
            way = -way
        elif not waits_ahead:
            way = 0
    s.way[lift] = way
    boards = way != 0 and s.queue[owner, floor, index_of(way)] != 0 and not is_full(s, lift)
    if boards or s.wanted[lift] >> floor & 1:
        open_doors(s, lift, way)
    else:  # another lift was here first
        depart(s, lift)


@kernel
def open_doors(s, lift, way):
    """Doors open and those who want to get out do so; the call that is answered by it is off."""
    floor = s.floor[lift]
    s.phase[lift] = OPENING
    s.way[lift] = way
    s.event[lift] = s.now + s.door_open + s.aboard[lift, floor] * s.transfer_time
    if way == 0:
        return
    answers = lift if s.by_destination else s.owner[floor, index_of(way)]
    if answers == NOBODY:
        return
    s.calls[answers, index_of(way)] &= ~(1 << floor)
    if not s.by_destination:
        s.owner[floor, index_of(way)] = NOBODY
        if answers != lift and s.phase[answers] == MOVING:
            redirect(s, answers)
