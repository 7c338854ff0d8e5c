"""The rules of Elevator: the start of an episode, and a step from one decision to the next."""

from ...engine.kernels import clear, kernel
from .constants import BOARDING, CLOSING, MOVING, NEVER, NOBODY, OPENING, PARKED, RATE_TIME, ROOM
from .rules_lifts import compute_trips, depart, land, set_out
from .rules_passengers import arrive, assign, let_in, let_out, sample_passenger

WAITING, JOURNEY, ENERGY = range(3)  # terms
WH = 3600.0  # J


@kernel
def reset(s, world):
    s.now = 0.0
    s.by_destination = s.destination_control >= 0.5
    s.expected = max(s.arrival_rate / RATE_TIME * s.duration, 1.0)
    s.arrived, s.turned_away, s.waiting, s.riding, s.served = 0, 0, 0, 0, 0
    s.waited, s.spent, s.energy = 0.0, 0.0, 0.0
    s.call_floor, s.call_way, s.call_entry = NOBODY, 0, NOBODY
    compute_trips(s)
    clear(s.aboard)
    clear(s.calls)
    clear(s.queue)
    for lift in range(s.phase.shape[0]):
        s.phase[lift], s.way[lift] = PARKED, 0
        s.floor[lift], s.target[lift], s.origin[lift] = 0, 0, 0
        s.departed[lift], s.event[lift] = 0.0, NEVER
        s.load[lift], s.wanted[lift] = 0, 0
    for floor in range(s.owner.shape[0]):
        s.owner[floor, 0], s.owner[floor, 1] = NOBODY, NOBODY
    for entry in range(ROOM):
        s.entry_next[entry] = entry + 1
    s.entry_next[ROOM - 1] = NOBODY
    s.free = 0
    sample_passenger(s)
    if s.next_time < NEVER:
        s.now = s.next_time
        arrive(s)
    s.stepped = s.now


@kernel
def step(s, action, world, terms):
    waited, spent, energy = s.waited, s.spent, s.energy
    s.stepped = s.now
    compute_trips(s)
    if s.call_floor != NOBODY:
        assign(s, action)
    terminated = simulate(s)
    terms[WAITING] = -s.waiting_weight * (s.waited - waited) / s.expected
    terms[JOURNEY] = -s.journey_weight * (s.spent - spent) / s.expected
    terms[ENERGY] = -s.energy_weight * (s.energy - energy) / WH / s.expected
    return terminated


@kernel
def simulate(s):
    """Event by event up to the next call, or for a tick; returns whether the last passenger has got out."""
    until = s.now + s.tick
    while s.call_floor == NOBODY:
        if s.next_time == NEVER and s.waiting + s.riding == 0:
            return True
        lift, time = NOBODY, s.next_time
        for other in range(s.event.shape[0]):
            if s.event[other] < time:
                lift, time = other, s.event[other]
        passed = min(time, until) - s.now
        s.waited += s.waiting * passed
        s.spent += (s.waiting + s.riding) * passed
        if time > until:
            s.now = until
            return False
        s.now = time
        if lift == NOBODY:
            arrive(s)
        elif s.phase[lift] == MOVING:
            land(s, lift)
        elif s.phase[lift] == OPENING:
            let_out(s, lift)
            let_in(s, lift)
        elif s.phase[lift] == BOARDING:
            let_in(s, lift)
        elif s.phase[lift] == CLOSING:
            depart(s, lift)
        else:
            set_out(s, lift, -1, 0)
    return False
