"""Wording that messages share: the tail of an error about an unknown name, numbers with their nouns, and scores."""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Any


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the nearest known one, or all of them.

    Of ids like ``ludus/Snake-v1`` only the name proper is compared, for what they share would make any two alike. Where
    there are some with the same namespace, no others are meant.
    """
    names, space = sorted(known), str(given).rpartition("/")[0]
    names = [name for name in names if space and name.rpartition("/")[0] == space] or names
    if not names:
        return "; it has none"
    proper = {_proper(name): name for name in names}
    near = difflib.get_close_matches(_proper(str(given)), proper, n=1, cutoff=0.6)
    return f"; did you mean {proper[near[0]]!r}?" if near else f"; known: {', '.join(names)}"


def counted(number: int, noun: str) -> str:
    """``1 episode``, ``3,000 episodes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """``12 s``, ``3 min 20 s``, ``1 h 05 min``, ``2 d 03 h``: about so long, with its units."""
    whole = int(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def format_score(value: float | None) -> str:
    """A mean return for a table; a dash where there is none, or no finite one."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def decimals_of(mean: float) -> int:
    """With how many decimals a measured mean return is said: as four digits leave, two at most."""
    return 2 if abs(mean) < 100.0 else 1


def in_one_line(fault: BaseException, most: int = 300) -> str:
    """What an error says, on one line of at most ``most`` letters; its name, if it says nothing."""
    return in_line(fault, most) or type(fault).__name__


def printable(text: str, kept: str = "") -> str:
    """A text, in which what a terminal obeys is written out (``\\x1b``); the letters ``kept`` stay as they are."""
    return "".join(x if x.isprintable() or x in kept else x.encode("unicode_escape").decode() for x in text)


def in_line(value: Any, most: int = 300) -> str:
    """A value as text, on one line of at most ``most`` letters; what a terminal obeys is written out (``\\x1b``)."""
    words = " ".join(str(value).split())[: most + 1]
    text = printable(words)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _proper(name: str) -> str:
    """Without namespace and version, in small letters: ``snake`` of ``ludus/Snake-v1``."""
    return re.sub(r"-v\d+$", "", name.rpartition("/")[2]).lower()
