"""Elevator: group control of lifts. Say which lift answers each call, so that nobody waits long.

World         `lifts` lifts serve `floors` floors, of which 0 is the entrance. Passengers arrive one by one (a Poisson
              process) and queue on their floor, those who go up apart from those who go down. Time is continuous.
Decision      One step is one decision: somebody has pressed a button, up or down, and the action says which lift is to
              answer. Then the building is simulated event by event up to the next such call, or for `tick` seconds if
              there is none. Steps so have no fixed length (semi-Markov); a reward is the sum over the time of its step.
              With `destination_control=1` each passenger names his destination in the hall, and is a call of his own.
Actions       k: lift k answers, counted from 0 (pictures count from 1). Without a call, after a tick, it is ignored.
Mask          none: every lift can answer every call
Observation   float32 (4 + 2F + L (8 + 4W),) for F floors, L lifts, W = 2F - 1; all within 0 … 1. The lifts' planes show
              the floors as they lie before the call: column F - 1 is its floor, and floor f is (f - its floor) columns
              further if it leads up, as many before if down. Without a call they are seen from floor 0 upwards.
              | from      | what                                                                           | unit     |
              |-----------|--------------------------------------------------------------------------------|----------|
              | 0         | 1 if there is a call; if not, all up to 4 + 2F but the time are 0              |          |
              | 1, 2      | 1: the call leads up, 1: down                                                  |          |
              | 3         | share of `duration` that is left                                               |          |
              | 4         | F numbers: 1 for the call's floor                                              |          |
              | 4 + F     | F numbers: 1 for the floors to its destination, with destination control       |          |
              | 4 + 2F    | L lifts of 8 + 4W numbers each:                                                |          |
              | + 0, 1    | 1: it serves the call's direction, 1: the other; none if it has nothing to do  |          |
              | + 2 … 5   | 1: it moves, doors open, passengers step in, doors close; all 0: it is parked  |          |
              | + 6       | time until it has done so, at most 1                                           | 20 s     |
              | + 7       | passengers in it, at most 1                                                    | capacity |
              | + 8       | W columns: 1 where it is there; on a trip shares of two floors, by time        |          |
              | + 8 + W   | W columns: 1 where passengers get out                                          |          |
              | + 8 + 2W  | W columns: 1 where it is to answer calls in the call's direction               |          |
              | + 8 + 3W  | W columns: 1 where it is to answer calls in the other direction                |          |
Reward        Three terms, none above 0, in seconds per passenger; N = arrival_rate / 300 s · duration passengers are
              expected in an episode (at least 1):
              `waiting`  -waiting_weight · (seconds that passengers waited) / N
              `journey`  -journey_weight · (seconds that passengers waited or rode) / N
              `energy`   -energy_weight · (energy of the trips that ended, in Wh) / N
              They are paid as the time passes. So the mean of `waiting` over episodes is the mean waiting time in
              seconds (its weight is 1), and `journey` 0.2 times that to the destination. Somebody turned away counts
              as 600 s of both, so that nothing is won by it.
Start         all lifts are parked at floor 0, and the first passenger has just arrived
Passengers    Shares of `incoming` (from floor 0 to another), `outgoing` (from another to floor 0) and `interfloor`
              (between two others), where all other floors are alike; the three are weights, and all 0 means interfloor.
              Waiting ends when open doors let somebody in. If 200 wait already, the next is turned away.
Profiles      lunch      --set incoming=0.45 --set outgoing=0.45 --set interfloor=0.10   (the default)
              up-peak    --set incoming=0.85 --set outgoing=0.10 --set interfloor=0.05
              down-peak  --set incoming=0 --set outgoing=1 --set interfloor=0
              interfloor --set incoming=0 --set outgoing=0 --set interfloor=1
Lifts         Full collective control. A lift stops at the next floor ahead where somebody gets out, or where it is to
              answer a call in its direction; without any it goes to the farthest call in the other direction and turns
              there. While it is full its calls do not count. On its way it plans anew whenever its calls change, among
              the floors for which it need not brake yet (exact: speed, acceleration and jerk are limited); with
              nothing to do ahead it stops at the first of them. At a stop it goes on in its direction if it has to
              answer there in it or has stops ahead; else it turns for its calls behind; else it takes the direction of
              those who wait there, its own first; else it has none, and takes that of the next to come.
              Doors open if somebody gets out, or wants to step in and finds room: `door_open`, `transfer_time` for each
              who gets out (all are out at its end), then for each who steps in (all are in at its beginning), again
              for those who came meanwhile, `door_close`. Passengers enter any lift that goes their way, and then need
              not be answered any more; with destination control only theirs. Who finds no room presses the button
              again as the doors begin to close, or, with destination control, waits for his lift to come back.
              A lift that has been parked for `parking_delay` returns to floor 0.
Energy        of a trip over d metres: start_energy + max(0, ±(passengers - counterweight · capacity) · 75 kg ·
              9.81 m/s² · d), plus on the way up; lifts recover nothing
End           Passengers arrive for `duration` seconds. Terminated when the last of them has got out: nothing can come
              after it, so no value is cut off, and all policies are judged by the same passengers (what a seed brings
              does not depend on actions). Time ends an episode, however long its steps are: it has no limit of steps.
Ties          of events at the same moment the arrival comes first, then the lifts in their order
Sizes         `lifts` 1 … 6, 4 by default; `floors` 4 … 24, 16 by default
Parameters    see PARAMETERS below. Where they drift, N, destination control, the next arrival and what a lift is doing
              stay as they were planned.
Source        Barney & Al-Sharif 2016, *Elevator Traffic Handbook*, 2nd ed., and CIBSE Guide D: collective control, and
              the round trip time that the tests compare. Peters 1995, *Ideal lift kinematics*: the times of trips.
              Lunch and up-peak are those of the BCO's *Guide to Specification* 2014. That an agent assigns calls is
              this file's choice, as it is what a group controller does; in Crites & Barto 1998, *Elevator group control
              using multiple reinforcement learning agents*, each lift chose its stops.
"""

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation, Size
from .constants import ROOM, lift_index, plane_columns
from .invariants import INVARIANTS, invariant
from .observation import observe
from .policies import heuristic, heuristic_collective, heuristic_destination, heuristic_nearest_car
from .rendering import render
from .rules import reset, step

PARAMETERS = {
    "arrival_rate": Parameter(60.0, 0.01, 600.0, "1/(5 min)", "passengers that arrive in five minutes"),
    "incoming": Parameter(0.45, 0.0, 1.0, "", "weight of the passengers from floor 0"),
    "outgoing": Parameter(0.45, 0.0, 1.0, "", "weight of the passengers to floor 0"),
    "interfloor": Parameter(0.10, 0.0, 1.0, "", "weight of the passengers between other floors"),
    "duration": Parameter(3600.0, 60.0, 1e7, "s", "for so long passengers arrive"),
    "tick": Parameter(60.0, 0.1, 3600.0, "s", "the longest time of a step"),
    "destination_control": Parameter(0.0, 0.0, 1.0, "", "0.5 and more: passengers name their destination in the hall"),
    "floor_height": Parameter(3.8, 2.0, 10.0, "m", "from floor to floor"),
    "speed": Parameter(2.5, 0.3, 10.0, "m/s", "rated speed"),
    "acceleration": Parameter(1.0, 0.2, 3.0, "m/s²", "largest acceleration"),
    "jerk": Parameter(1.5, 0.1, 1e6, "m/s³", "largest change of the acceleration; 1e6 is as good as none"),
    "door_open": Parameter(2.0, 0.1, 20.0, "s", "time in which doors open"),
    "door_close": Parameter(3.0, 0.1, 20.0, "s", "time in which doors close"),
    "transfer_time": Parameter(1.2, 0.1, 10.0, "s", "time of a passenger to step in or out"),
    "capacity": Parameter(13.0, 1.0, 40.0, "", "passengers that a lift takes; the part behind the point is cut off"),
    "parking_delay": Parameter(30.0, 0.0, 1e6, "s", "after so long a parked lift returns to floor 0"),
    "counterweight": Parameter(0.5, 0.0, 1.0, "", "share of `capacity` at which car and counterweight are in balance"),
    "start_energy": Parameter(20.0, 0.0, 1000.0, "kJ", "energy of a trip besides the lifting: acceleration, losses"),
    "waiting_weight": Parameter(1.0, 0.0, 10.0, "", "weight of a second of waiting"),
    "journey_weight": Parameter(0.2, 0.0, 10.0, "", "weight of a second between arriving and getting out"),
    "energy_weight": Parameter(0.1, 0.0, 10.0, "s/Wh", "weight of energy"),
}  # fmt: skip


def state(lifts, floors):
    """The fields of the record. A direction is +1 (up) or -1 (down); as an index, up is 0 and down is 1.

    Calls are sets of floors, kept as bits: floor f is in the set ``bits`` if ``bits >> f & 1``.
    """
    return {
        "now": "f8",  # s since the start
        "stepped": "f8",  # s, start of the last step
        "by_destination": "?",  # destination_control of this episode
        "expected": "f8",  # N, passengers that the episode expects
        "next_time": "f8",  # s, when the next passenger arrives, NEVER after the end of arrivals
        "next_from": "i8",
        "next_to": "i8",
        "call_floor": "i8",  # of the call that is to be answered, or NOBODY
        "call_way": "i8",
        "call_entry": "i8",  # its passenger's entry, with destination control
        "arrived": "i8",  # passengers so far: arrived = turned_away + waiting + riding + served
        "turned_away": "i8",
        "waiting": "i8",
        "riding": "i8",
        "served": "i8",
        "waited": "f8",  # s that passengers waited, summed over them
        "spent": "f8",  # s that passengers waited or rode
        "energy": "f8",  # J
        "flight": ("f8", (floors,)),  # s that a trip over so many floors takes
        "commit": ("f8", (floors,)),  # s after its start from which on it can end no earlier
        "geometry": ("f8", (4,)),  # the parameters from which they were computed
        "phase": ("i8", (lifts,)),
        "way": ("i8", (lifts,)),  # direction in which the lift moves or serves; 0 if none
        "floor": ("i8", (lifts,)),  # where it stands, or where its trip began
        "target": ("i8", (lifts,)),  # where it stands, or where its trip ends
        "departed": ("f8", (lifts,)),  # s, start of its last trip
        "origin": ("i8", (lifts,)),  # and where that began
        "event": ("f8", (lifts,)),  # s, when it has done what it does
        "load": ("i8", (lifts,)),
        "aboard": ("i8", (lifts, floors)),  # passengers in the lift by destination
        "wanted": ("i8", (lifts,)),  # bits: floors where somebody gets out
        "calls": ("i8", (lifts, 2)),  # bits: calls that the lift is to answer
        "owner": ("i8", (floors, 2)),  # without destination control: the lift that answers the call, or NOBODY
        # Queues, linked from their first to their last passenger. Without destination control all are lift 0's.
        "first": ("i8", (lifts, floors, 2)),
        "last": ("i8", (lifts, floors, 2)),
        "queue": ("i8", (lifts, floors, 2)),  # passengers in it
        "entry_to": ("i8", (ROOM,)),  # of each waiting passenger: destination,
        "entry_time": ("f8", (ROOM,)),  # arrival in s,
        "entry_next": ("i8", (ROOM,)),  # and the one behind; free entries are linked in the same way
        "free": "i8",  # the first free entry
    }


def make_spaces(lifts, floors):
    numbers = lift_index(floors, plane_columns(floors), lifts)
    return spaces.Box(0.0, 1.0, (numbers,), np.float32), spaces.Discrete(lifts)


def names(lifts, floors):
    call = ["there is a call", "call leads up", "call leads down", "share of duration left"]
    call += [f"call's floor: {floor}" for floor in range(floors)]
    call += [f"floors to its destination: {count}" for count in range(floors)]
    named = dict.fromkeys(call, "")
    columns = range(1 - floors, floors)  # from the call's floor, in the call's direction
    for lift in range(1, lifts + 1):  # as a person counts
        flags = ["serves the call's direction", "serves the other direction"]
        flags += ["moves", "doors open", "passengers step in", "doors close"]
        named |= {f"lift {lift} {flag}": "" for flag in flags}
        named |= {f"lift {lift} time until it has done so": "20 s", f"lift {lift} passengers": "capacity"}
        for plane in (
            "is there",
            "passengers get out",
            "calls in the call's direction",
            "calls in the other direction",
        ):
            named |= {f"lift {lift} {plane}: {column:+d}": "" for column in columns}
    return named


SIMULATION = Simulation(
    name="ludus/Elevator-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    heuristics={
        "nearest_car": heuristic_nearest_car,
        "collective": heuristic_collective,
        "destination": heuristic_destination,
    },
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    terms=("waiting", "journey", "energy"),
    action_names=("lift 1", "lift 2", "lift 3", "lift 4", "lift 5", "lift 6"),  # as a person counts
    sizes={
        "lifts": Size(4, 1, 6, "lifts of the group"),
        "floors": Size(16, 4, 24, "floors of the building, the entrance included"),
    },
    # 1,024 episodes each, standard error 0.1. Mean waiting times: 31.9, 21.9, 24.0, 22.8 and 22.3 s.
    scores={"random": -47.4, "heuristic": -35.1, "nearest_car": -37.9, "collective": -36.3, "destination": -35.4},
    frame=(600, 800),
    fps=6,
    watching={"tick": 1.0},
    watching_fps=24,
    turn_based=True,
)
