"""A NumPy twin of the rover, written from the card in ``envs/robotics/rover``: N rovers at once, in float64.

What chance decided is read from the records: the maps at the start of an episode, and the counter of each random
stream, from which `Stream` takes the same numbers. Arrays have the shape (N,), those of obstacles (N, K).
"""

import math

import numpy as np

FLOOR, CELL, SIDE = 10.0, 0.25, 40  # m, m, cells
FULL = {"blocks": 16, "discs": 16, "crowd": 8}  # a full floor; each other combination of sizes is compiled by itself
BLOCKED = 65535


class Stream:
    """SplitMix64 from its publication: Steele, Lea & Flood 2014, figure 17 (with the mix of variant 13)."""

    def __init__(self, counter):
        self.counter = int(counter)

    def uniform(self):
        mask = 2**64 - 1
        self.counter = z = (self.counter + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / 2**53


def distances(x, y, boxes, discs):
    """(…) from points to the nearest of wall, boxes (…, K, 4: x0, x1, y0, y1) and discs (…, K, 3: x, y, radius)."""
    rim = np.minimum.reduce([x, FLOOR - x, y, FLOOR - y])
    nearest_x = np.clip(x[..., None], boxes[..., 0], boxes[..., 1])
    nearest_y = np.clip(y[..., None], boxes[..., 2], boxes[..., 3])
    to_boxes = np.hypot(x[..., None] - nearest_x, y[..., None] - nearest_y)
    to_discs = np.hypot(x[..., None] - discs[..., 0], y[..., None] - discs[..., 1]) - discs[..., 2]
    return np.concatenate([rim[..., None], to_boxes, to_discs], axis=-1).min(axis=-1)


def lidar(x, y, heading, boxes, discs, limit, grow=0.0):
    """(N, 32) how far each beam goes: crossings with the sides of boxes and the roots of the discs' equations.

    ``grow`` makes all obstacles larger by as many metres.
    """
    angle = heading[:, None] + np.arange(32) * (2 * math.pi / 32)
    ux, uy = np.cos(angle), np.sin(angle)
    with np.errstate(all="ignore"):
        # The floor's four sides, from inside.
        ends = [(side - x[:, None]) / ux for side in (grow, FLOOR - grow)]
        ends += [(side - y[:, None]) / uy for side in (grow, FLOOR - grow)]
        reach = np.min(np.where(np.stack(ends) > 0, np.stack(ends), np.inf), axis=0)
        out = (x <= 0) | (x >= FLOOR) | (y <= 0) | (y >= FLOOR)
        reach = np.where(out[:, None], 0.0, reach)
        for k in range(boxes.shape[1]):
            x0, x1, y0, y1 = (boxes[:, k, c, None] + (-grow, grow)[c % 2] for c in range(4))
            for side, start, unit, low, high, other, along in (
                (x0, x, ux, y0, y1, y, uy),
                (x1, x, ux, y0, y1, y, uy),
                (y0, y, uy, x0, x1, x, ux),
                (y1, y, uy, x0, x1, x, ux),
            ):
                t = (side - start[:, None]) / unit
                where = other[:, None] + t * along
                reach = np.where((t >= 0) & (low <= where) & (where <= high), np.minimum(reach, t), reach)
            within = (x0 <= x[:, None]) & (x[:, None] <= x1) & (y0 <= y[:, None]) & (y[:, None] <= y1)
            reach = np.where(within, 0.0, reach)
        for k in range(discs.shape[1]):
            # |start + t u - middle|² = r²: t² + 2 b t + c = 0
            from_x, from_y, r = (
                (x - discs[:, k, 0])[:, None],
                (y - discs[:, k, 1])[:, None],
                discs[:, k, 2, None] + grow,
            )
            b, c = from_x * ux + from_y * uy, from_x**2 + from_y**2 - r**2
            root = np.sqrt(b**2 - c)
            first = np.where(c <= 0, 0.0, -b - root)
            reach = np.where((root >= 0) & (first >= 0) & (r > 0), np.minimum(reach, first), reach)
    return np.minimum(reach, limit[:, None])


def ways(way, x, y):
    """(N,) the way in m that is left from (x, y); NaN where none of the nine cells around has one. way (N, 42, 42)."""
    row = np.clip(np.floor(y / CELL), 0, SIDE - 1).astype(int) + 1
    column = np.clip(np.floor(x / CELL), 0, SIDE - 1).astype(int) + 1
    best = np.full(len(x), np.inf)
    for r in (row - 1, row, row + 1):
        for c in (column - 1, column, column + 1):
            cell = way[np.arange(len(x)), r, c].astype(float)
            length = cell * CELL / 5 + np.hypot((c - 0.5) * CELL - x, (r - 0.5) * CELL - y)
            best = np.where(cell < BLOCKED - 1, np.minimum(best, length), best)
    return np.where(np.isfinite(best), best, np.nan)


class Twin:
    """N rovers with the parameters ``p``, a dict of floats; `begin` takes a start over from the records."""

    NUMBERS = ("x", "y", "heading", "left", "right", "goal_x", "goal_y")

    def __init__(self, records, p):
        self.n, self.p = len(records), p
        for name in self.NUMBERS:
            setattr(self, name, np.zeros(self.n))
        self.way_left = np.zeros(self.n)
        self.boxes = np.zeros((self.n, records["box_x0"].shape[1], 4))
        self.discs = np.zeros((self.n, records["disc_x"].shape[1], 3))
        self.pillars, self.walkers = np.zeros(self.n, int), np.zeros(self.n, int)
        self.ahead = np.zeros((self.n, records["walk_x"].shape[1], 2))
        self.way = np.zeros((self.n, SIDE + 2, SIDE + 2), np.uint16)
        self.begin(records, np.ones(self.n, bool))

    def begin(self, records, which):
        for name in self.NUMBERS:
            getattr(self, name)[which] = records[name][which]
        self.boxes[which] = np.stack([records[f"box_{side}"] for side in ("x0", "x1", "y0", "y1")], axis=-1)[which]
        unused = np.arange(self.boxes.shape[1]) >= records["boxes"][:, None]
        self.boxes[unused & which[:, None]] = (1e6, 1e6, 1e6, 1e6)
        self.discs[which] = np.stack([records[f"disc_{part}"] for part in "xyr"], axis=-1)[which]
        unused = np.arange(self.discs.shape[1]) >= (records["pillars"] + records["walkers"])[:, None]
        self.discs[unused & which[:, None]] = (1e6, 1e6, 0.0)
        self.pillars[which], self.walkers[which] = records["pillars"][which], records["walkers"][which]
        self.ahead[which] = np.stack([records["walk_x"], records["walk_y"]], axis=-1)[which]
        self.way[which] = records["way"].reshape(-1, SIDE + 2, SIDE + 2)[which]
        self.way_left[which] = ways(self.way, self.x, self.y)[which]

    def step(self, actions, counters):
        """(terms (N, 5), terminated (N,), success (N,)); ``counters`` (N,) of the random streams before the step."""
        p, streams = self.p, [Stream(counter) for counter in counters]
        touches = self.drive(actions, streams)
        for i in range(self.n):
            for walker in range(self.walkers[i]):
                self.walk(i, walker, streams[i])
        terms = np.zeros((self.n, 5))
        now = ways(self.way, self.x, self.y)
        terms[:, 0] = np.where(np.isnan(now), 0.0, self.way_left - now)
        self.way_left = np.where(np.isnan(now), self.way_left, now)
        collides = touches | (distances(self.x, self.y, self.boxes, self.discs) < p["radius"])
        success = ~collides & (np.hypot(self.goal_x - self.x, self.goal_y - self.y) <= p["goal_radius"])
        terms[:, 1], terms[:, 2] = 10.0 * success, -10.0 * collides
        terms[:, 3] = -0.1 * p["time_step"]
        terms[:, 4] = -0.05 * p["time_step"] * (actions**2).mean(axis=1)
        return terms, collides | success, success

    def drive(self, actions, streams):
        """Wheels, then the arc: a turn about the point at which the axle's line stands still; who touches on it."""
        p = self.p
        kept = math.exp(-p["time_step"] / p["motor_lag"]) if p["motor_lag"] else 0.0
        speeds = np.stack([self.left, self.right], axis=1) * kept + actions * p["max_speed"] * (1 - kept)
        self.left, self.right = speeds.T.copy()
        lost = np.zeros((self.n, 2))
        if p["slip"]:
            lost = np.array([[stream.uniform(), stream.uniform()] for stream in streams]) * p["slip"]
        left, right = (speeds * (1 - lost)).T * p["time_step"]
        # Where a step is longer than the radius, the first place within it that touches something is its end.
        parts = np.maximum(np.ceil((abs(left) + abs(right)) / 2 / p["radius"]), 1)
        share, touches = np.ones(self.n), np.zeros(self.n, bool)
        for part in range(1, int(parts.max())):
            x, y, _ = self.arc(left * part / parts, right * part / parts)
            found = (part < parts) & ~touches & (distances(x, y, self.boxes, self.discs) < p["radius"])
            share[found], touches[found] = (part / parts)[found], True
        self.x, self.y, self.heading = self.arc(left * share, right * share)
        return touches

    def arc(self, left, right):
        """The place and the heading (N,) after the wheels went so far."""
        turn = (right - left) / self.p["axle"]
        with np.errstate(divide="ignore", invalid="ignore"):
            about = self.p["axle"] / 2 * (left + right) / (right - left)  # to the rover's left; infinite: straight on
            x = self.x + about * (np.sin(self.heading + turn) - np.sin(self.heading))
            y = self.y - about * (np.cos(self.heading + turn) - np.cos(self.heading))
        straight = np.abs(turn) < 1e-5  # where the difference of the sines has lost half of its digits
        length, along = (left + right) / 2, self.heading + turn / 2
        x = np.where(straight, self.x + length * np.cos(along), x)
        y = np.where(straight, self.y + length * np.sin(along), y)
        return x, y, np.arctan2(np.sin(self.heading + turn), np.cos(self.heading + turn))

    def walk(self, i, walker, stream):
        p, me = self.p, self.pillars[i] + walker
        start, way = self.discs[i, me, :2].copy(), p["crowd_speed"] * p["time_step"] * self.ahead[i, walker]
        still = np.arange(self.discs.shape[1]) < self.pillars[i]

        def is_blocked(there):
            def comes_nearer(limit, other):
                return math.dist(there, other) < min(math.dist(start, other), limit)

            x, y = there[:1], there[1:]
            room = distances(x, y, self.boxes[i : i + 1], self.discs[i : i + 1, still])[0]
            others = [self.discs[i, self.pillars[i] + k, :2] for k in range(self.walkers[i]) if k != walker]
            return (
                room < p["crowd_radius"]
                or comes_nearer(p["radius"] + p["crowd_radius"] + 0.3, (self.x[i], self.y[i]))
                or any(comes_nearer(2 * p["crowd_radius"], other) for other in others)
            )

        parts = max(math.ceil(p["crowd_speed"] * p["time_step"] / p["crowd_radius"]), 1)
        blocked = any(is_blocked(start + way * (part + 1) / parts) for part in range(parts))
        self.discs[i, me, 2] = p["crowd_radius"]
        if blocked:
            angle = math.pi * (2 * stream.uniform() - 1)
            self.ahead[i, walker] = math.cos(angle), math.sin(angle)
        else:
            self.discs[i, me, :2] = start + way

    def observe(self, noise):
        """(N, 37); ``noise`` (N, 36) are normal numbers: 32 beams, the goal ahead and to the left, the two wheels."""
        p = self.p
        reach = lidar(self.x, self.y, self.heading, self.boxes, self.discs, np.full(self.n, p["lidar_range"]))
        reach = np.clip((reach + p["lidar_noise"] * noise[:, :32]) / p["lidar_range"], 0, 1)
        goal = (self.goal_x - self.x + 1j * (self.goal_y - self.y)) * np.exp(-1j * self.heading)
        goal = goal + p["goal_noise"] * (noise[:, 32] + 1j * noise[:, 33])
        wheels = np.stack([self.left, self.right], axis=1) + p["odometry_noise"] * noise[:, 34:]
        where = [np.clip(np.abs(goal) / math.hypot(FLOOR, FLOOR), 0, 1), np.sin(np.angle(goal)), np.cos(np.angle(goal))]
        return np.column_stack([reach, *where, np.clip(wheels / p["max_speed"], -1, 1)])
