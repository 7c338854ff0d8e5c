"""Breakout in plain Python, written from the card in ``envs/games/breakout/__init__.py`` and from nothing else.

The numbers may be doubles or, to judge the doubles, exact fractions (``number=Fraction``). Random numbers are those of
the record: SplitMix64 (Steele, Lea & Flood 2014), started from its counter.
"""

import math
from dataclasses import dataclass, field

MASK = 2**64 - 1
BALL, FIELD, WALL_TOP, BRICK_HEIGHT, PADDLE = 3, 100, 14, 4, 92  # u
SAME_TIME = 1e-9  # steps


class Stream:
    """SplitMix64; ``samples`` counts."""

    def __init__(self, counter):
        self.counter, self.samples = int(counter), 0

    def uniform(self):
        self.samples += 1
        self.counter = (self.counter + 0x9E3779B97F4A7C15) & MASK
        z = self.counter
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53


@dataclass
class Contact:
    time: object  # from now
    kind: str  # "side", "ceiling", "paddle", "floor", "brick"
    across: bool  # the horizontal velocity changes its sign
    along: bool  # the vertical one
    place: tuple = ()  # a brick's row and column
    x: object = None  # where the ball lies then, if the contact says so
    y: object = None


@dataclass
class Twin:
    """One game. ``values`` are the parameters, ``bricks`` the (row, column) that stand, row 0 on top."""

    rows: int
    columns: int
    values: dict
    stream: Stream
    number: type = float
    bricks: set = field(default_factory=set)
    walls: int = 0

    def __post_init__(self):
        self.sides = {}  # of the bricks
        self.paddle = self.number(50)
        self.left = int(self.values["balls"])
        self.path = []  # of the last step: where the ball was at its start, at each contact, at its end
        self.narrow = math.inf  # u or steps by which the last flight was decided
        self.lay_ball()

    # --- Serving ---

    def build(self):
        self.bricks = {(row, column) for row in range(self.rows) for column in range(self.columns)}

    def lay_ball(self):
        self.x, self.y = self.paddle, self.number(PADDLE - BALL / 2)
        self.vx = self.vy = self.number(0)
        self.past_paddle, self.n = False, 0
        if not self.bricks:
            self.build()
        self.wait = int(self.values["serve_delay"])
        if not self.wait:
            self.serve()

    def serve(self):
        self.speed = min(self.values["speed_start"], self.values["speed_max"])
        limit = self.values["max_angle"]
        self.fly_off(0.5 * (-limit + 2 * limit * self.stream.uniform()))

    def fly_off(self, angle):
        self.vx = self.number(self.speed * math.sin(angle))
        self.vy = self.number(-self.speed * math.cos(angle))

    # --- A step ---

    def step(self, action):
        """Returns (points, whether the game is over)."""
        half = self.number(self.values["paddle_width"]) / 2
        self.paddle += (0, -1, 1)[action] * self.number(self.values["paddle_speed"])
        self.paddle = max(half, min(self.paddle, FIELD - half))
        self.path = [(self.x, self.y)]
        if self.wait:
            self.x, self.wait = self.paddle, self.wait - 1
            if not self.wait:
                self.serve()
            return 0, False
        points, over = self.fly(self.number(1))
        return points, over

    def fly(self, left):
        points, self.narrow = 0, math.inf
        while True:
            contacts = list(self.contacts(left))
            time = min(contact.time for contact in contacts)
            now = [contact for contact in contacts if contact.time == time]
            # How near other moments are, in which something else would have been the case.
            self.narrow = min([self.narrow, abs(time - left), *(c.time - time for c in contacts if c.time > time)])
            ends = time > left
            time = min(time, left)
            self.x, self.y, left = self.x + self.vx * time, self.y + self.vy * time, left - time
            if not ends:
                for contact in now:  # lies on what it touches, without the rounding of the way there
                    self.x = self.x if contact.x is None else contact.x
                    self.y = self.y if contact.y is None else contact.y
            self.path.append((self.x, self.y))
            if ends:
                return points, False
            if any(contact.across for contact in now):
                self.vx = -self.vx
            if any(contact.along for contact in now):
                self.vy = -self.vy
            broken = {contact.place for contact in now if contact.kind == "brick"}
            if broken:
                self.n = 0
                self.bricks -= broken
                points += sum(self.rows - row for row, _ in broken)
                if not self.bricks:
                    self.walls += 1
                    if self.walls == 2:
                        return points, True
            if any(contact.kind == "floor" for contact in now):
                self.left -= 1
                if self.left:
                    self.lay_ball()
                return points, not self.left
            if any(contact.kind == "paddle" for contact in now):
                self.meet_paddle()

    def meet_paddle(self):
        reach = self.number(self.values["paddle_width"]) / 2 + self.number(BALL) / 2
        self.narrow = min(self.narrow, abs(abs(self.x - self.paddle) - reach))
        if abs(self.x - self.paddle) >= reach:
            self.past_paddle = True
            return
        self.n += 1
        u = -1 + 2 * self.stream.uniform()
        limit = self.values["max_angle"]
        angle = limit * float(self.x - self.paddle) / float(reach) + self.values["deflection"] * self.n * u
        self.speed = min(self.speed + self.values["speed_gain"], self.values["speed_max"])
        self.fly_off(max(-limit, min(limit, angle)))
        if not self.bricks:
            self.build()

    # --- Contacts ahead ---

    def contacts(self, left):
        """What the ball would touch if it flew straight on; of the bricks only what it touches in ``left`` steps."""
        half = self.number(BALL) / 2
        if self.vx:
            side = FIELD - half if self.vx > 0 else half
            yield Contact(max((side - self.x) / self.vx, 0), "side", True, False, x=side)
        if self.vy < 0:
            yield Contact(max((half - self.y) / self.vy, 0), "ceiling", False, True, y=half)
        elif self.past_paddle:
            yield Contact(max((FIELD - half - self.y) / self.vy, 0), "floor", False, False, y=FIELD - half)
        else:
            yield Contact(max((PADDLE - half - self.y) / self.vy, 0), "paddle", False, False, y=PADDLE - half)
        if min(self.y, self.y + self.vy * left) > WALL_TOP + self.rows * BRICK_HEIGHT + BALL:
            return  # too low for any brick
        for place in self.bricks:
            contact = self.brick_contact(place, left)
            if contact is not None:
                yield contact

    def sides_of(self, place):
        """left, right, above, below: where the ball's centre is when it touches them."""
        if place not in self.sides:
            (row, column), half, width = place, self.number(BALL) / 2, self.number(FIELD) / self.columns
            top = WALL_TOP + row * BRICK_HEIGHT
            self.sides[place] = (
                column * width - half,
                (column + 1) * width + half,
                top - half,
                top + BRICK_HEIGHT + half,
            )
        return self.sides[place]

    def brick_contact(self, place, left):
        """The side that faces the ball: the ball must come to its line where the brick is, not beside it."""
        side_left, side_right, above, below = self.sides_of(place)
        times, x, y = [], None, None
        if self.vx:
            line = side_left if self.vx > 0 else side_right
            time = (line - self.x) / self.vx
            if -SAME_TIME <= time <= left and self.within(self.y + self.vy * time, above, below, self.vy):
                times, x = [time], line
        line = above if self.vy > 0 else below
        time = (line - self.y) / self.vy
        if -SAME_TIME <= time <= left and self.within(self.x + self.vx * time, side_left, side_right, self.vx):
            times, y = [*times, time], line
        if times:
            return Contact(max(min(times), 0), "brick", x is not None, y is not None, place, x, y)
        return None

    def within(self, place, low, high, velocity):
        """Between, or on the end that the ball comes from: there it touches the corner; the other it only grazes."""
        self.narrow = min(self.narrow, abs(place - low), abs(place - high))
        return low < place < high or (place == low and velocity > 0) or (place == high and velocity < 0)

    # --- What is seen ---

    def observation(self):
        x, y, paddle = float(self.x), float(self.y), float(self.paddle)
        fixed = [x / 10 - 5, y / 10 - 5, float(self.vx), float(self.vy), paddle / 10 - 5, (x - paddle) / 10]
        fixed += [self.left, self.walls, self.wait / 10, min(self.n + 1, 10) / 10]
        return fixed + [
            float((row, column) in self.bricks) for row in range(self.rows) for column in range(self.columns)
        ]
