"""A building for tests of Elevator in which nothing happens but what they say, and its numbers by hand."""

import math

import numpy as np
import pytest

from ludus.envs.automation.elevator.constants import OPENING
from ludus.envs.engine.kernel_batch import KernelBatch

MODULE = "ludus.envs.automation.elevator"
UP, DOWN = 1, -1

# Of the default lift: 2.5 m/s, 1 m/s², 1.5 m/s³, 3.8 m per floor. It builds up its acceleration in 1 / 1.5 = 2/3 s,
# brakes for 2.5 / 1 + 2/3 = 19/6 s, and reaches its speed on trips of at least 2.5 · 19/6 = 7.9 m: three floors.
RAMP, BRAKING = 2 / 3, 19 / 6
FLIGHT = [0.0, RAMP + math.sqrt(RAMP**2 + 15.2), RAMP + math.sqrt(RAMP**2 + 30.4)]
FLIGHT += [floors * 1.52 + BRAKING for floors in range(3, 24)]
COMMIT = [0.0, FLIGHT[1] / 2 - RAMP, FLIGHT[2] / 2 - RAMP, *(floors * 1.52 for floors in range(3, 24))]
OPEN, CLOSE, STEP = 2.0, 3.0, 1.2  # s: doors, and one passenger in or out

PER_LIFT = {"phase", "way", "floor", "target", "departed", "origin", "event", "load", "aboard", "wanted", "calls"}


class Stage:
    """One building in which nothing happens but what a test says: at 0 s all lifts are parked at the entrance.

    There are two lifts, so that few sizes are compiled; with ``lifts=1`` only the first is shown, and the other rests.
    """

    def __init__(self, lifts=1, floors=16, **parameters):
        # The next passenger of chance would come a day later, after the end of arrivals: there is none.
        parameters = {"arrival_rate": 0.01, "duration": 60.0, "parking_delay": 1e6, **parameters}
        self.batch = KernelBatch(MODULE, 1, lifts=2, floors=floors, autoreset_mode="Disabled", **parameters)
        self.lifts = lifts
        self.batch.reset(seeds=[0])
        self.record = r = self.batch.records[0]
        r["now"] = r["stepped"] = 0.0
        r["call_floor"], r["waiting"], r["arrived"], r["free"] = -1, 0, 0, 0
        r["queue"][:] = 0
        r["entry_next"][:] = [*range(1, len(r["entry_next"])), -1]
        r["next_time"] = math.inf
        self.terms, self.over = np.zeros(3), False

    def __getattr__(self, name):
        value = self.record[name].tolist()
        return value[: self.lifts] if name in PER_LIFT else value

    def expect(self, time, floor, to):
        """Let the next passenger come at ``time``."""
        self.record["next_time"], self.record["next_from"], self.record["next_to"] = time, floor, to

    def step(self, lift=0, until=1e5):
        """One decision; at most up to ``until``."""
        self.record["tick"] = until - self.record["now"]
        self.batch.step([lift])
        self.terms += self.batch.buffers.terms[0]
        self.over = bool(self.batch.buffers.terminated[0])
        return self

    def call(self, time, floor, to, lift=0):
        """Somebody comes at ``time`` and presses a button, and ``lift`` is to answer. Ends in that moment."""
        self.expect(time, floor, to)
        self.step(until=time + 1.0)
        assert (self.now, self.call_floor) == (pytest.approx(time), floor)
        return self.step(lift, until=time)

    def openings(self, lift=0, until=1e5):
        """[(time, floor)] of the doors' openings from now on, to the last passenger."""
        seen, phase = [], self.phase[lift]
        while not self.over and self.now < until:
            assert self.call_floor == -1
            self.step(until=min([*(time for time in self.event if time > self.now), until]))
            if self.phase[lift] == OPENING != phase:
                seen.append((round(self.now, 3), self.floor[lift]))
            phase = self.phase[lift]
        return seen
