"""Picker's rules once more, in plain Python and NumPy from the card, as the oracle of its tests."""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Item:
    """Something on the tray, in shares of the tray's side."""

    image: int
    label: int
    angle: float
    pixel: float  # side of a pixel of its image
    mask: np.ndarray  # (height, width) bool
    root: np.ndarray = field(default_factory=lambda: np.zeros(2))  # where the centroid of its mask lies

    def __post_init__(self):
        rows, columns = np.nonzero(self.mask)
        self.middle = np.array([columns.mean(), rows.mean()])
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        self.turn = np.array([[cos, -sin], [sin, cos]])
        # All four corners of each pixel of the mask, from the centroid.
        corners = [np.stack([columns + dx, rows + dy], axis=1) for dx in (-0.5, 0.5) for dy in (-0.5, 0.5)]
        spread = (np.concatenate(corners) - self.middle) * self.pixel @ self.turn.T
        self.low, self.high = spread.min(axis=0), spread.max(axis=0)
        covariance = np.cov(np.stack([columns, rows]), bias=True)
        values, vectors = np.linalg.eigh(covariance)
        long = vectors[:, 1]
        self.axis = math.atan2(long[1], long[0]) + self.angle if values[1] > 1.15**2 * values[0] else None
        stride = -(-max(self.mask.shape) // 14)
        first = stride // 2
        places = [
            (column, row)
            for row in range(first, self.mask.shape[0], stride)
            for column in range(first, self.mask.shape[1], stride)
            if self.mask[row, column]
        ]
        self.samples = np.array(places, float)

    @property
    def size(self):
        return self.high - self.low

    @property
    def centre(self):
        return self.root + (self.low + self.high) / 2

    def points(self):
        return self.root + (self.samples - self.middle) * self.pixel @ self.turn.T

    def covers(self, points):
        """Whether it lies at each of the places (P, 2)."""
        there = np.floor((points - self.root) / self.pixel @ self.turn + self.middle + 0.5).astype(int)
        column, row = there.T
        height, width = self.mask.shape
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return inside & self.mask[np.where(inside, row, 0), np.where(inside, column, 0)]


class Twin:
    """One episode. ``stream`` gives the random numbers, ``world`` the images and masks, ``p`` the parameters."""

    def __init__(self, p, stream, world, kinds):
        self.p, self.stream, self.world, self.kinds = p, stream, world, kinds
        self.items = []
        wished = int(p["fewest"]) + self.below(int(p["most"]) - int(p["fewest"]) + 1)
        for _ in range(wished):
            item = self.new_item()
            for _ in range(12):
                low = np.array([self.stream.random(), self.stream.random()]) * (1.0 - item.size)
                item.root = low - item.low
                apart = all(math.dist(item.centre, other.centre) >= 0.1 for other in self.items)
                if apart and self.visible(item, self.items) >= 0.25:
                    break
            else:
                break
            self.items.append(item)
        self.light = 1.0 + self.uniform_in(-p["lighting"], p["lighting"])
        left = min(int(p["ordered"]), len(self.items))
        self.wanted = [0] * kinds
        for number, item in enumerate(self.items):
            if self.below(len(self.items) - number) < left:
                self.wanted[item.label] += 1
                left -= 1
        self.grip, self.result, self.misses, self.seconds = np.array([0.5, 0.5]), "none", 0, 0.0

    def uniform_in(self, low, high):
        return low + (high - low) * self.stream.random()

    def below(self, n):
        return int(self.stream.random() * n)

    def new_item(self):
        label = self.below(self.kinds)
        members = self.world.order[self.world.first[label] : self.world.first[label + 1]]
        image = int(members[self.below(len(members))])
        angle = self.uniform_in(-self.p["rotation"], self.p["rotation"])
        scale = self.uniform_in(self.p["scale_low"], self.p["scale_high"])
        mask = self.world.masks[image] == 1
        return Item(image, label, angle, scale / max(mask.shape), mask)

    @staticmethod
    def visible(item, above):
        points = item.points()
        hidden = np.zeros(len(points), bool)
        for other in above:
            hidden |= other.covers(points)
        return 1.0 - hidden.mean()

    def seen(self, item):
        return self.visible(item, self.items[: self.items.index(item)])

    def step(self, action):
        """Returns the four terms and whether the order is filled."""
        p = self.p
        aim = (np.asarray(action[:2], float) + 1.0) / 2.0
        way = math.dist(aim, self.grip)
        self.grip = aim
        picked = wrong = missed = 0.0
        near = [item for item in self.items if math.dist(item.centre, aim) <= p["reach"]]
        fits = near and self.seen(near[0]) >= p["least_visible"]
        if fits and near[0].axis is not None:
            turn = abs(action[2] * math.pi / 2 - near[0].axis) % math.pi
            fits = min(turn, math.pi - turn) <= p["tolerance"]
        if fits:
            item = near[0]
            way += math.dist(aim, item.centre)
            self.grip = item.centre
            self.items.remove(item)
            if self.wanted[item.label]:
                self.wanted[item.label] -= 1
                self.result, picked = "good", 1.0
            else:
                self.result, wrong = "unasked", -p["wrong_cost"]
        else:
            self.result, missed = "missed", -p["miss_cost"]
            self.misses += 1
        seconds = way * 0.6 / p["speed"] + p["grasp_time"]
        self.seconds += seconds
        return (picked, wrong, missed, -p["wage"] * seconds), not any(self.wanted)

    def observation(self):
        results = [float(self.result == what) for what in ("good", "unasked", "missed")]
        return [*self.grip, *results, min(self.misses, 40) / 40, *(count / 8 for count in self.wanted)]

    def rows(self):
        """(8, 8 + K) what lies on the tray."""
        found = np.zeros((8, 8 + self.kinds))
        for row, item in zip(found, self.items, strict=False):
            axis = (0.0, 0.0) if item.axis is None else (math.cos(2 * item.axis), math.sin(2 * item.axis))
            row[:8] = 1.0, *item.centre, *item.size, *axis, self.seen(item)
            row[8 + item.label] = 1.0
        return found

    def best(self):
        """The highest return there is from here, by trying all orders of taking items at their middles."""

        def seconds(one, other):
            return math.dist(one, other) * 0.6 / self.p["speed"] + self.p["grasp_time"]

        def from_here(place, items, wanted):
            if not any(wanted):
                return 0.0
            values = []
            for number, item in enumerate(items):
                if self.visible(item, items[:number]) < self.p["least_visible"]:
                    continue
                asked = wanted[item.label] > 0
                gain = 1.0 if asked else -self.p["wrong_cost"]
                left = [count - (asked and kind == item.label) for kind, count in enumerate(wanted)]
                rest = [*items[:number], *items[number + 1 :]]
                cost = self.p["wage"] * seconds(place, item.centre)
                values.append(gain - cost + from_here(item.centre, rest, left))
            return max(values)

        return from_here(self.grip, self.items, self.wanted)
