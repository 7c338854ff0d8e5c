"""Whole numbers as people type them: 500000, 1_000_000, 1e6, 250k, 1.5M."""

import numbers
import re
from decimal import Decimal
from typing import Any

from .wording import in_line

Whole = int | float | str  # what a program may give where a whole number is meant: 3000, 3e3, "3k"

LETTERS = {"k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}  # thousands, millions, billions; small or capital
MOST_LETTERS = 24  # of a number; so that it is exact, and takes no time to write out
MOST_POWER = 24  # of ten


def whole_number(text: str) -> int:
    """The number that a person typed.

    Underscores may stand between digits. A point and a power are computed in decimals, so that 1.1e6 is 1,100,000.

    Raises:
        ValueError: it is none, or not whole.
    """
    found = re.fullmatch(
        r"([+-]?[0-9]+(?:_[0-9]+)*)(?:\.([0-9]+(?:_[0-9]+)*))?(?:e([+-]?[0-9]{1,3})|([kmgb]))?",
        text.strip() if len(text) <= MOST_LETTERS else "",
        re.ASCII | re.IGNORECASE,
    )
    if found is None:
        raise ValueError(f"expected a whole number such as 500000, 1_000_000, 1e6, 250k or 1M, got {text!r}")
    digits, decimals, power, letter = found.groups()
    if not (decimals or power or letter):
        return int(digits)
    value = Decimal(f"{digits}.{decimals or 0}".replace("_", ""))
    if power:
        if abs(int(power)) > MOST_POWER:
            raise ValueError(f"{text!r} is too large, or too small, for a whole number")
        value = value.scaleb(int(power))
    elif letter:
        value *= LETTERS[letter.lower()]
    if value != value.to_integral_value():
        raise ValueError(f"{text!r} is not whole, expected a whole number such as 500000, 1e6 or 1M")
    return int(value)


def seeds_in(text: str) -> tuple[int, ...]:
    """The seeds that a person typed, with commas between them.

    Raises:
        ValueError: something else.
    """
    try:
        return tuple(whole_number(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"expected seeds with commas between them, such as 0 or 0,1,2, got {text!r}") from None


def as_whole(name: str, value: Any, least: int | None = None) -> int:
    """The whole number that a program gave for ``name``: 3000, 3e3, or a text that a person could type, as "3k".

    Args:
        least: The smallest that is taken.

    Raises:
        ValueError: it is none, not whole, or too small.
    """
    try:
        if isinstance(value, str):
            number = whole_number(value)
        elif isinstance(value, numbers.Integral) and not isinstance(value, bool):
            number = int(value)
        elif isinstance(value, numbers.Real) and not isinstance(value, bool) and float(value).is_integer():
            number = int(float(value))
        else:
            raise ValueError(f"expected a whole number such as 500_000, 1e6 or '1M', got {in_line(repr(value), 60)}")
    except ValueError as fault:
        raise ValueError(f"{name}: {fault}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be >= {least}, got {number:,}")
    return number
