"""The rules of Elevator's passengers: they arrive, queue, press buttons, step in and get out."""

import math

from ...engine.kernels import below, kernel, uniform
from .constants import BOARDING, CLOSING, MOVING, NEVER, NOBODY, PARKED, RATE_TIME
from .rules_lifts import depart, index_of, lets_in, redirect

REFUSED = 600.0  # s of waiting that count for somebody turned away


@kernel
def sample_passenger(s):
    """Sample when the next passenger arrives, from where to where."""
    others = s.flight.shape[0] - 1  # floors without the entrance
    s.next_time = s.now - math.log(1.0 - uniform(s)) * RATE_TIME / s.arrival_rate
    kind = uniform(s) * (s.incoming + s.outgoing + s.interfloor)
    floor = 1 + below(s, others)
    if kind < s.incoming:
        s.next_from, s.next_to = 0, floor
    elif kind < s.incoming + s.outgoing:
        s.next_from, s.next_to = floor, 0
    else:
        other = 1 + below(s, others - 1)
        s.next_from, s.next_to = floor, other + (other >= floor)
    if s.next_time > s.duration:
        s.next_time = NEVER


@kernel
def join_queue(s, owner, floor, way, entry):
    side = index_of(way)
    if s.queue[owner, floor, side] == 0:
        s.first[owner, floor, side] = entry
    else:
        s.entry_next[s.last[owner, floor, side]] = entry
    s.last[owner, floor, side] = entry
    s.queue[owner, floor, side] += 1


@kernel
def attend(s, floor, way):
    """Whether a lift stands there with open doors for those who go that way; without a direction it takes theirs."""
    for lift in range(s.phase.shape[0]):
        if lets_in(s, lift, floor, way):
            s.way[lift] = way
            return True
    return False


@kernel
def press(s, floor, way, entry):
    s.call_floor, s.call_way, s.call_entry = floor, way, entry


@kernel
def arrive(s):
    """The next passenger arrives: waits, and calls a lift unless it is called already."""
    floor, to = s.next_from, s.next_to
    sample_passenger(s)
    s.arrived += 1
    entry = s.free
    if entry == NOBODY:
        s.turned_away += 1
        s.waited += REFUSED
        s.spent += REFUSED
        return
    s.free = s.entry_next[entry]
    s.entry_to[entry] = to
    s.entry_time[entry] = s.now
    s.waiting += 1
    way = 1 if to > floor else -1
    if s.by_destination:
        press(s, floor, way, entry)
        return
    join_queue(s, 0, floor, way, entry)
    if s.owner[floor, index_of(way)] == NOBODY and not attend(s, floor, way):
        press(s, floor, way, NOBODY)


@kernel
def assign(s, lift):
    """Let the lift answer the call."""
    floor, way = s.call_floor, s.call_way
    s.call_floor = NOBODY
    if s.by_destination:
        join_queue(s, lift, floor, way, s.call_entry)
        if lets_in(s, lift, floor, way):
            s.way[lift] = way
            return
    else:
        s.owner[floor, index_of(way)] = lift
    s.calls[lift, index_of(way)] |= 1 << floor
    if s.phase[lift] == PARKED:
        depart(s, lift)
    elif s.phase[lift] == MOVING:
        redirect(s, lift)


@kernel
def let_out(s, lift):
    floor = s.floor[lift]
    leaving = s.aboard[lift, floor]
    s.aboard[lift, floor] = 0
    s.wanted[lift] &= ~(1 << floor)
    s.load[lift] -= leaving
    s.riding -= leaving
    s.served += leaving


@kernel
def let_in(s, lift):
    """All who wait in the lift's direction step in, as far as there is room; if nobody does, its doors close."""
    floor, way = s.floor[lift], s.way[lift]
    owner, side = lift if s.by_destination else 0, index_of(way)
    entering = 0
    if way != 0:
        entering = max(min(s.queue[owner, floor, side], int(s.capacity) - s.load[lift]), 0)
    for _ in range(entering):
        entry = s.first[owner, floor, side]
        s.first[owner, floor, side] = s.entry_next[entry]
        s.entry_next[entry] = s.free
        s.free = entry
        s.aboard[lift, s.entry_to[entry]] += 1
        s.wanted[lift] |= 1 << s.entry_to[entry]
    if entering > 0:
        s.queue[owner, floor, side] -= entering
        s.load[lift] += entering
        s.waiting -= entering
        s.riding += entering
        s.phase[lift] = BOARDING
        s.event[lift] = s.now + entering * s.transfer_time
        return
    s.phase[lift] = CLOSING
    s.event[lift] = s.now + s.door_close
    if way != 0 and s.queue[owner, floor, side] != 0:
        if s.by_destination:
            s.calls[lift, side] |= 1 << floor
        elif not attend(s, floor, way):
            press(s, floor, way, NOBODY)
