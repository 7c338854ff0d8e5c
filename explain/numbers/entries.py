"""Entries: what the numbers of an observation are called, in the pieces that an explanation weighs.

An entry is mostly one number with its name and unit. A cell of a board is one, whatever stands on its planes, and where
there are very many, numbers whose names differ behind ": " alone are one together (`brick: row 1`, `brick: row 2`, …).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MOST_ALONE = 64  # entries; where there are more, those with a common name are joined
FEWEST_BEAMS = 3  # of a fan
BEAM = re.compile(r"^(?P<subject>.+): (?P<degrees>-?\d+(?:\.\d+)?)°$")
FACTOR = re.compile(r"^\((?P<rest>.+)\) \* (?P<count>\d+) \+ (?P<name>[\w ]+)$")
LAST_FACTOR = re.compile(r"^(?P<rest>[\w ]+?) \* (?P<count>\d+) \+ (?P<name>[\w ]+)$")


@dataclass(frozen=True)
class Entry:
    """A piece of an observation. ``places`` are those of its numbers in the row of all."""

    name: str
    unit: str
    places: tuple[int, ...]
    values: tuple[str, ...] = ()  # of several numbers, what each stands for

    def told(self, row: np.ndarray, with_unit: bool = True) -> str:
        """The value in ``row`` (D,): a number and its unit, what is 1 where the others are 0, or the mean of many."""
        own = row[list(self.places)]
        if len(own) == 1:
            if not self.unit or not with_unit:
                return f"{own[0]:.3g}"
            if self.unit[0].isdigit():  # a scale: "0.25 · 10 u"
                return f"{own[0]:.3g} · {self.unit}"
            return f"{own[0]:.3g} of {self.unit}" if self.unit.startswith("its ") else f"{own[0]:.3g} {self.unit}"
        if self.values and np.count_nonzero(own) == 1 and own.max() == 1.0:
            return self.values[int(own.argmax())]
        return f"mean {own.mean():.3g}"


@dataclass(frozen=True)
class Board:
    """Cells (height, width) of entries that lie in a row, from ``first`` on; each has ``planes`` numbers."""

    height: int
    width: int
    planes: int
    first: int  # entry
    place: int  # of its first number

    def of(self, values: np.ndarray) -> np.ndarray:
        """Numbers of all entries (E,) as those of the cells (height, width)."""
        return values[self.first : self.first + self.height * self.width].reshape(self.height, self.width)

    def picture(self, row: np.ndarray) -> np.ndarray:
        """The cells of ``row`` (D,) in colours, RGB (height, width, 3) uint8: a colour for each plane."""
        count = self.height * self.width * self.planes
        cells = row[self.place : self.place + count].reshape(self.height, self.width, self.planes)
        most = np.maximum(cells.max(axis=(0, 1)), 1e-12)
        paint = np.array([PLANES[k % len(PLANES)] for k in range(self.planes)], np.float64)
        return np.clip((cells / most) @ paint, 0, 255).astype(np.uint8)


PLANES = ((70, 120, 80), (235, 240, 250), (60, 90, 160), (230, 90, 60), (30, 50, 30), (60, 60, 70))  # RGB of a board's


@dataclass(frozen=True)
class Fan:
    """Entries that are measured in directions, such as the beams of a lidar. All (B,)."""

    subject: str
    entries: np.ndarray  # their numbers
    degrees: np.ndarray  # anticlockwise from ahead


@dataclass(frozen=True)
class Entries:
    """All entries of an observation of D numbers, in order.

    Attributes:
        whole: The numbers are whole ones that stand for things, such as a row: no mean of them means anything.
    """

    entries: tuple[Entry, ...]
    whole: bool = False
    board: Board | None = None

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def size(self) -> int:
        """D."""
        return sum(len(entry.places) for entry in self.entries)

    @property
    def owner(self) -> np.ndarray:
        """(D,) to which entry each number belongs."""
        owner = np.empty(self.size, np.int64)
        for k, entry in enumerate(self.entries):
            owner[list(entry.places)] = k
        return owner

    @property
    def fan(self) -> Fan | None:
        """The entries with a direction; ``None`` where there are not several of one subject."""
        found: dict[str, list[tuple[int, float]]] = {}
        for k, entry in enumerate(self.entries):
            beam = BEAM.match(entry.name)
            if beam:
                found.setdefault(beam["subject"], []).append((k, float(beam["degrees"])))
        for subject, beams in found.items():
            if len(beams) >= FEWEST_BEAMS:
                numbers, degrees = np.array(beams).T
                return Fan(subject, numbers.astype(np.int64), degrees)
        return None

    def baseline(self, rows: np.ndarray) -> np.ndarray:
        """What stands for "not known", (D,) float32: the mean of ``rows`` (N, D), of whole numbers the most frequent.

        Raises:
            ValueError: there are no rows, or not of so many numbers.
        """
        if rows.ndim != 2 or not len(rows) or rows.shape[1] != self.size:
            raise ValueError(f"a baseline needs observations (N, {self.size}), one or more, got {rows.shape}")
        if not self.whole:
            return rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        found = (np.unique(column, return_counts=True) for column in rows.T)
        return np.array([values[counts.argmax()] for values, counts in found], np.float32)


def numbers_of(names: Mapping[str, str], count: int, prefix: str = "", first: int = 0) -> list[Entry]:
    """An entry for each of ``count`` numbers; those without a name are counted.

    Args:
        names: {name: unit}, as many as there are numbers, or none.
        prefix: Stands before each name, such as that of a slot.
        first: The place of the first number.
    """
    if len(names) != count:
        names = {f"number {k}": "" for k in range(count)}
    before = f"{prefix}: " if prefix else ""
    return [Entry(f"{before}{name}", unit, (first + k,)) for k, (name, unit) in enumerate(names.items())]


def cells_of(shape: Sequence[int], prefix: str = "", first: int = 0, number: int = 0) -> tuple[list[Entry], Board]:
    """The cells of a board (height, width, planes) that begins at the place ``first``: the entries from ``number``."""
    height, width, planes = shape
    before = f"{prefix}: " if prefix else ""
    cells = [
        Entry(
            f"{before}row {row + 1}, column {column + 1}",
            "",
            tuple(range(first + planes * (row * width + column), first + planes * (row * width + column + 1))),
        )
        for row in range(height)
        for column in range(width)
    ]
    return cells, Board(height, width, planes, number, first)


def joined(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """``entries``, those with a common name before their last ": " as one, where there are more than ``MOST_ALONE``."""
    if len(entries) <= MOST_ALONE:
        return tuple(entries)
    together: dict[str, list[tuple[Entry, str]]] = {}
    for entry in entries:
        subject, colon, value = entry.name.rpartition(": ")
        together.setdefault(subject if colon else value, []).append((entry, value))
    result = []
    for subject, members in together.items():
        if len(members) == 1:
            result.append(members[0][0])
            continue
        places = tuple(place for entry, _ in members for place in entry.places)
        units = {entry.unit for entry, _ in members}
        result.append(
            Entry(subject, units.pop() if len(units) == 1 else "", places, tuple(value for _, value in members))
        )
    return tuple(result)


@dataclass(frozen=True)
class Factors:
    """The things that a whole number is made of: it is ((a * B + b) * C + c) for things of so many values each."""

    names: tuple[str, ...]
    counts: tuple[int, ...]

    def split(self, numbers: np.ndarray) -> np.ndarray:
        """(N,) from 0 on -> (N, things) float32."""
        columns, rest = [], np.asarray(numbers, np.int64)
        for count in reversed(self.counts):
            columns.append(rest % count)
            rest = rest // count
        return np.stack(columns[::-1], axis=1).astype(np.float32)

    def join(self, things: np.ndarray) -> np.ndarray:
        """The inverse; values outside are moved to the nearest."""
        total = np.zeros(len(things), np.int64)
        for column, count in zip(np.rint(things).astype(np.int64).T, self.counts, strict=True):
            total = total * count + np.clip(column, 0, count - 1)
        return total


def factors_of(name: str, count: int) -> Factors:
    """What a Discrete of ``count`` values is made of, by its name, such as "(row * 5 + column) * 4 + target".

    A name that says nothing of the kind, or not of so many values, is one thing.
    """
    names: list[str] = []
    counts: list[int] = []
    rest = name
    while found := FACTOR.match(rest) or LAST_FACTOR.match(rest):
        names.append(found["name"])
        counts.append(int(found["count"]))
        rest = found["rest"]
    below = int(np.prod(counts)) if counts else 1
    if not names or below < 1 or count % below or min(counts) < 1:
        return Factors((name or "observation",), (count,))
    return Factors((rest, *names[::-1]), (count // below, *counts[::-1]))
