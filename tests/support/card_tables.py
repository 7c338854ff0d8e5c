"""The table of the observation in an environment's card, row by row: which numbers, what, bounds, unit."""

import re
from dataclasses import dataclass


@dataclass
class Row:
    """A row of the table; a row whose first cell is empty goes on with the one above."""

    place: str  # "3", "1, 2", "0 … 31", "10 …"; Elevator's "4 + 2F" and "+ 8 + W"
    what: str
    cells: dict[str, str]  # the rest by column: low, high, unit


def rows_of(card: str) -> list[Row]:
    """The rows of the table below "Observation" in the text of a ``card``; [] if it has none."""
    part = re.search(r"^Observation .*?(?=^\S|\Z)", card, re.MULTILINE | re.DOTALL)
    assert part is not None
    lines = [line.strip() for line in part[0].splitlines() if line.strip().startswith("|")]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows: list[Row] = []
    for cells in split[2:]:  # the heads and the line below them
        assert len(cells) == len(split[0]), cells
        if cells[0]:
            rows.append(Row(cells[0], cells[1], dict(zip(split[0][2:], cells[2:], strict=True))))
        else:
            rows[-1].what += " " + cells[1]
    return rows


def places_of(row: Row, count: int) -> range:
    """The indices that ``row`` speaks of, where ``count`` are in all."""
    numbers = [int(number) for number in re.findall(r"\d+", row.place)]
    if row.place.endswith("…"):
        return range(numbers[0], count)
    return range(numbers[0], numbers[-1] + 1)


def words(text: str) -> set[str]:
    """The words of a text in small letters, without signs and numbers."""
    return set(re.findall(r"[a-z]+(?:'s)?", text.replace("`", "").lower()))


def elevator_rows(card: str, lifts: int, floors: int) -> list[tuple[range, Row, str]]:
    """The rows of Elevator's table, whose places are sums: (indices, row, what begins their names)."""
    values = {"F": floors, "W": 2 * floors - 1}
    rows = rows_of(card)
    general = [row for row in rows if not row.place.startswith("+")]
    of_lift = [row for row in rows if row.place.startswith("+")]
    starts = [_first(row.place, values) for row in general]
    block = 8 + 4 * values["W"]
    placed = [
        (range(at, end), row, "") for row, at, end in zip(general[:-1], starts[:-1], starts[1:], strict=True)
    ]  # the last one only says that the lifts follow
    begins = [*(_first(row.place, values) for row in of_lift), block]
    for lift in range(lifts):
        base = starts[-1] + lift * block
        for row, at, end in zip(of_lift, begins[:-1], begins[1:], strict=True):
            placed.append((range(base + at, base + end), row, f"lift {lift + 1} "))
    return placed


def _first(place: str, values: dict[str, int]) -> int:
    """The first index of a place such as "4 + 2F", "+ 8 + W" or "1, 2"."""
    total = 0
    for summand in re.split(r"[,…]", place)[0].split("+"):
        if summand.strip():
            number, letter = re.fullmatch(r"(\d*)([FW]?)", summand.strip()).groups()  # type: ignore[union-attr]
            total += int(number or 1) * (values[letter] if letter else 1)
    return total
