"""Elevator once more, in plain Python with passengers, lifts and queues as objects, from the card alone.

Sets of floors are sets, directions are +1 and -1, and a queue is a list; nothing is taken from the kernels. Its random
numbers are SplitMix64's, written out here, in the order of the card: for each passenger the time, the kind, the floors.
"""

import math
from dataclasses import dataclass, field

import numpy as np

GAMMA, WORD = 0x9E3779B97F4A7C15, 2**64 - 1
UP, DOWN = 1, -1


def scramble(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


class Stream:
    """Uniform numbers in [0, 1)."""

    def __init__(self, seed):
        self.counter = scramble(scramble((seed + GAMMA) & WORD))

    def random(self):
        self.counter = (self.counter + GAMMA) & WORD
        return (scramble(self.counter) >> 11) / 2**53


@dataclass
class Passenger:
    floor: int
    to: int

    @property
    def way(self):
        return UP if self.to > self.floor else DOWN


@dataclass
class Lift:
    number: int
    does: str = "parked"  # or moving, opening, boarding, closing
    floor: int = 0
    target: int = 0
    way: int = 0
    departed: float = 0.0
    done: float = math.inf
    riders: list = field(default_factory=list)
    calls: dict = field(default_factory=lambda: {UP: set(), DOWN: set()})

    @property
    def wanted(self):
        return {rider.to for rider in self.riders}

    @property
    def stands_open(self):
        return self.does in ("opening", "boarding")


class Twin:
    """One building. ``p`` holds its parameters by name."""

    def __init__(self, stream, p, lifts, floors):
        self.stream, self.p, self.floors = stream, p, floors
        self.lifts = [Lift(number) for number in range(lifts)]
        self.start()

    # --- Trips: how long, and until when a stop before the end can still be made

    def trip(self, floors):
        distance, v, j = floors * self.p["floor_height"], self.p["speed"], self.p["jerk"]
        a = min(self.p["acceleration"], math.sqrt(v * j))
        if distance >= (a * a * v + v * v * j) / (j * a) - 1e-12:
            return distance / v + v / a + a / j, distance / v
        if distance >= 2 * a**3 / j**2 - 1e-12:
            time = a / j + math.sqrt(4 * distance / a + (a / j) ** 2)
            return time, time / 2 - a / j
        time = (32 * distance / j) ** (1 / 3)
        return time, time / 4

    # --- An episode

    def start(self):
        self.now, self.arrived, self.turned_away, self.served = 0.0, 0, 0, 0
        self.by_destination = self.p["destination_control"] >= 0.5
        self.expected = max(self.p["arrival_rate"] / 300 * self.p["duration"], 1.0)
        self.lifts = [Lift(lift.number) for lift in self.lifts]
        self.queues = {}  # (lift's number or "hall", floor, way) -> list of passengers
        self.owners = {}  # (floor, way) -> lift
        self.call = None  # (floor, way, passenger)
        self.waited = self.spent = self.energy = 0.0
        self.expect()
        if self.next_time < math.inf:
            self.now = self.next_time
            self.arrive()

    def expect(self):
        p, stream = self.p, self.stream
        self.next_time = self.now - math.log(1.0 - stream.random()) * 300.0 / p["arrival_rate"]
        kind = stream.random() * (p["incoming"] + p["outgoing"] + p["interfloor"])
        floor = 1 + int(stream.random() * (self.floors - 1))
        if kind < p["incoming"]:
            self.next_passenger = Passenger(0, floor)
        elif kind < p["incoming"] + p["outgoing"]:
            self.next_passenger = Passenger(floor, 0)
        else:
            others = [other for other in range(1, self.floors) if other != floor]
            self.next_passenger = Passenger(floor, others[int(stream.random() * len(others))])
        if self.next_time > p["duration"]:
            self.next_time = math.inf

    @property
    def waiting(self):
        called = self.call is not None and self.by_destination  # stands in no queue yet
        return sum(len(queue) for queue in self.queues.values()) + called

    @property
    def riding(self):
        return sum(len(lift.riders) for lift in self.lifts)

    def step(self, action):
        """Returns the three terms and whether the episode is over."""
        before = self.waited, self.spent, self.energy
        if self.call is not None:
            self.assign(self.lifts[action])
        over = self.simulate()
        p, n = self.p, self.expected
        terms = (
            -p["waiting_weight"] * (self.waited - before[0]) / n,
            -p["journey_weight"] * (self.spent - before[1]) / n,
            -p["energy_weight"] * (self.energy - before[2]) / 3600 / n,
        )
        return terms, over

    def simulate(self):
        until = self.now + self.p["tick"]
        while self.call is None:
            if self.next_time == math.inf and self.waiting + self.riding == 0:
                return True
            first = min(self.lifts, key=lambda lift: lift.done)
            time = min(self.next_time, first.done)
            passed = min(time, until) - self.now
            self.waited += self.waiting * passed
            self.spent += (self.waiting + self.riding) * passed
            self.now = min(time, until)
            if time > until:
                return False
            if self.next_time <= first.done:
                self.arrive()
            else:
                getattr(self, f"end_of_{first.does}")(first)
        return False

    # --- Passengers

    def queue(self, lift, floor, way):
        return self.queues.setdefault((lift.number if self.by_destination else "hall", floor, way), [])

    def open_lift(self, floor, way):
        """The first lift that stands there with open doors for that way, or for none: then for that one from now on."""
        for lift in self.lifts:
            if self.is_open_for(lift, floor, way):
                return lift
        return None

    def is_open_for(self, lift, floor, way):
        if lift.stands_open and lift.floor == floor and lift.way in (0, way):
            lift.way = way
            return True
        return False

    def arrive(self):
        passenger = self.next_passenger
        self.expect()
        self.arrived += 1
        if self.waiting == 200:
            self.turned_away += 1
            self.waited += 600.0
            self.spent += 600.0
        elif self.by_destination:
            self.call = (passenger.floor, passenger.way, passenger)
        else:
            place = passenger.floor, passenger.way
            self.queue(self.lifts[0], *place).append(passenger)
            if place not in self.owners and self.open_lift(*place) is None:
                self.call = (*place, None)

    def assign(self, lift):
        floor, way, passenger = self.call
        self.call = None
        if self.by_destination:
            self.queue(lift, floor, way).append(passenger)
            if self.is_open_for(lift, floor, way):
                return
        else:
            self.owners[floor, way] = lift
        lift.calls[way].add(floor)
        if lift.does == "parked":
            self.go_on(lift)
        elif lift.does == "moving":
            self.plan_anew(lift)

    # --- Lifts

    def is_full(self, lift):
        return len(lift.riders) >= math.floor(self.p["capacity"])

    def choose_stop(self, lift, way, floors):
        """Of ``floors``, all of which lie in direction ``way``."""
        calls = {UP: set(), DOWN: set()} if self.is_full(lift) else lift.calls
        stops = (lift.wanted | calls[way]) & floors
        if stops:
            return min(stops, key=lambda floor: abs(floor - lift.floor))
        turns = calls[-way] & floors
        return max(turns, key=lambda floor: abs(floor - lift.floor)) if turns else None

    def floors_beyond(self, floor, way):
        return set(range(floor + 1, self.floors)) if way == UP else set(range(floor))

    def travel(self, lift, way, target):
        lift.does, lift.way, lift.target, lift.departed = "moving", way, target, self.now
        lift.done = self.now + self.trip(abs(target - lift.floor))[0]

    def plan_anew(self, lift):
        elapsed = self.now - lift.departed
        in_reach = {
            floor
            for floor in self.floors_beyond(lift.floor, lift.way)
            if elapsed < self.trip(abs(floor - lift.floor))[1]
        }
        if lift.target not in in_reach:  # it brakes already
            return
        target = self.choose_stop(lift, lift.way, in_reach)
        if target is None:
            target = min(in_reach, key=lambda floor: abs(floor - lift.floor))
        lift.target, lift.done = target, lift.departed + self.trip(abs(target - lift.floor))[0]

    def go_on(self, lift):
        """Closed doors, at a floor."""
        for way in (UP, DOWN) if lift.way in (0, UP) else (DOWN, UP):
            if lift.floor in lift.calls[way] and not self.is_full(lift):
                self.open_doors(lift, way)
                return
            target = self.choose_stop(lift, way, self.floors_beyond(lift.floor, way))
            if target is not None:
                self.travel(lift, way, target)
                return
        lift.does, lift.way = "parked", 0
        lift.done = self.now + self.p["parking_delay"] if lift.floor else math.inf

    def open_doors(self, lift, way):
        leaving = sum(rider.to == lift.floor for rider in lift.riders)
        lift.does, lift.way = "opening", way
        lift.done = self.now + self.p["door_open"] + leaving * self.p["transfer_time"]
        if way and self.by_destination:
            lift.calls[way].discard(lift.floor)
        elif way and (lift.floor, way) in self.owners:
            owner = self.owners.pop((lift.floor, way))
            owner.calls[way].discard(lift.floor)
            if owner is not lift and owner.does == "moving":
                self.plan_anew(owner)

    def end_of_moving(self, lift):
        p, came = self.p, lift.way
        metres = abs(lift.target - lift.floor) * p["floor_height"]
        force = came * (len(lift.riders) - p["counterweight"] * math.floor(p["capacity"])) * 75 * 9.81
        self.energy += p["start_energy"] * 1000 + max(0.0, force * metres)
        lift.floor = floor = lift.target
        stops = lift.wanted | lift.calls[UP] | lift.calls[DOWN]
        queue = {way: self.queue(lift, floor, way) for way in (UP, DOWN)}
        if not (floor in lift.calls[came] or stops & self.floors_beyond(floor, came)):
            if floor in lift.calls[-came] or stops & self.floors_beyond(floor, -came):
                lift.way = -came
            elif not queue[came]:
                lift.way = -came if queue[-came] else 0
        enters = lift.way and queue[lift.way] and not self.is_full(lift)
        if floor in lift.wanted or enters:
            self.open_doors(lift, lift.way)
        else:
            self.go_on(lift)

    def end_of_opening(self, lift):
        staying = [rider for rider in lift.riders if rider.to != lift.floor]
        self.served += len(lift.riders) - len(staying)
        lift.riders = staying
        self.end_of_boarding(lift)

    def end_of_boarding(self, lift):
        queue = self.queue(lift, lift.floor, lift.way) if lift.way else []
        room = max(math.floor(self.p["capacity"]) - len(lift.riders), 0)
        entering, staying = queue[:room], queue[room:]
        if entering:
            queue[:] = staying
            lift.riders += entering
            lift.does, lift.done = "boarding", self.now + len(entering) * self.p["transfer_time"]
            return
        lift.does, lift.done = "closing", self.now + self.p["door_close"]
        if queue and self.by_destination:
            lift.calls[lift.way].add(lift.floor)
        elif queue and self.open_lift(lift.floor, lift.way) is None:
            self.call = (lift.floor, lift.way, None)

    def end_of_closing(self, lift):
        self.go_on(lift)

    def end_of_parked(self, lift):
        self.travel(lift, DOWN, 0)

    # --- What is seen

    def observation(self):
        floors = self.floors
        head = np.zeros(4 + 2 * floors)
        head[3] = max(0.0, 1 - self.now / self.p["duration"])
        here, way = 0, UP
        if self.call is not None:
            here, way, passenger = self.call
            head[[0, 1 if way == UP else 2, 4 + here]] = 1
            if passenger is not None:
                head[4 + floors + abs(passenger.to - here)] = 1
        # All floors in the order in which the call leads, as many behind it as before it; None is outside the building.
        order = [here + way * step for step in range(1 - floors, floors)]
        order = [floor if 0 <= floor < floors else None for floor in order]
        return np.concatenate([head, *(self.view(lift, way, order) for lift in self.lifts)])

    def view(self, lift, way, order):
        numbers = [lift.way == way, lift.way == -way]
        numbers += [lift.does == phase for phase in ("moving", "opening", "boarding", "closing")]
        numbers.append(0.0 if lift.does == "parked" else min((lift.done - self.now) / 20, 1))
        numbers.append(min(len(lift.riders) / math.floor(self.p["capacity"]), 1))
        place = float(lift.floor)
        if lift.does == "moving":
            place += (lift.target - lift.floor) * (self.now - lift.departed) / (lift.done - lift.departed)
        numbers += [0.0 if floor is None else max(0.0, 1 - abs(place - floor)) for floor in order]
        for marked in (lift.wanted, lift.calls[way], lift.calls[-way]):
            numbers += [floor in marked for floor in order]
        return np.array(numbers, float)
