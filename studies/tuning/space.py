"""The space of a search: a range or choices for each setting, as they are typed, kept as YAML, and sampled.

    lr=0.001..0.1 log           between two numbers, evenly in their logarithm
    batch_size=x0.5..x2 log     between two multiples of what it is without a search
    optimizer=muon|sgd          one of these, each a value in YAML: hidden=[64]|[64, 64]

A file holds the same as a map of YAML; choices may be a list there.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...utils.untrusted import MOST_YAML, is_number, parse_yaml, read_regular
from ...utils.wording import in_line, in_one_line

MOST_SETTINGS, MOST_CHOICES = 100, 1000
FORM = "expected LOW..HIGH, LOW..HIGH log, or A|B|C"
LINEAR = "lin_"  # of a value such as lin_0.001, which falls to 0 in a straight line: its number is searched


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; ``whole`` ones, or all."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    @property
    def plain(self) -> str:
        """As it is typed."""
        return f"{_text(self.low)}..{_text(self.high)}{' log' if self.log else ''}"

    @property
    def ends(self) -> tuple[Any, ...]:
        """What is to be tried before a search begins: if these can be trained, so can what is between."""
        return self.low, self.high

    def distribution(self) -> Any:
        """What Optuna samples from."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def sampled(self, value: Any) -> Any:
        """What a value is that Optuna sampled; ``ValueError`` for one that it could not."""
        return self.label(value)

    def label(self, value: Any) -> Any:
        """What Optuna calls this value; ``ValueError`` if it is none of these."""
        number = number_of(value)
        if number is None or not self.low <= number <= self.high:
            raise ValueError(f"{in_line(repr(value), 60)} is not in {self.plain}")
        return int(number) if self.whole else number


@dataclass(frozen=True)
class Choices:
    """Plain values of any kind. Optuna knows them by their text, since it keeps no lists."""

    values: tuple[Any, ...]

    @property
    def plain(self) -> list[Any]:
        return list(self.values)

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.values

    def distribution(self) -> Any:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution([text_of(value) for value in self.values])

    def sampled(self, value: Any) -> Any:
        for known in self.values:
            if text_of(known) == value:
                return known
        raise ValueError(f"{in_line(repr(value), 60)} is none of {' | '.join(map(text_of, self.values))}")

    def label(self, value: Any) -> str:
        for known in self.values:
            if text_of(known) == text_of(value) or (is_number(known) and is_number(value) and known == value):
                return text_of(known)
        raise ValueError(f"{in_line(text_of(value), 60)} is none of {' | '.join(map(text_of, self.values))}")


Space = dict[str, Range | Choices]


def text_of(value: Any) -> str:
    """A plain value in one line, a text without quotation marks."""
    return value if isinstance(value, str) else json.dumps(value)


def read_texts(given: Sequence[str]) -> dict[str, Any]:
    """What several `--search` say, by setting: NAME=RANGE, or the path of a YAML file; the later counts.

    Raises:
        ValueError: an entry that is neither; a file that is no map of names.
        OSError: a file that cannot be read.
    """
    texts: dict[str, Any] = {}
    for entry in given:
        name, equals, text = entry.partition("=")
        if equals:
            texts[name.strip()] = text
        elif Path(entry).exists():
            texts |= _read_file(Path(entry))
        else:
            raise ValueError(
                f"--search takes NAME=RANGE, such as 'lr=1e-3..1e-1 log', or a YAML file; got {in_line(entry, 60)!r}"
            )
    return texts


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = parse_yaml(read_regular(path, MOST_YAML))
    except ValueError as fault:
        raise ValueError(f"--search {path} cannot be read: {in_one_line(fault)}") from None
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise ValueError(f"--search {path} is no map of settings to ranges, such as `lr: 1e-3..1e-1 log`")
    return content


def parse(name: str, given: Any, default: Any) -> Range | Choices:
    """The range, or the choices, that a text or a list says of the setting ``name``.

    Args:
        default: Its value without a search: what multiples are of, and whether it is a whole number.

    Raises:
        ValueError: it says neither; a range without numbers in it; fewer than two choices.
    """
    try:
        if isinstance(given, list):
            return _choices(given)
        text = str(given).strip()
        if ".." in text:
            return _range(text, default)
        if "|" in text:
            return _choices([_value(part) for part in text.split("|")])
    except ValueError as fault:
        raise ValueError(f"--search {name}: {in_one_line(fault)}") from None
    raise ValueError(f"--search {name}: {in_line(text, 60)!r} leaves nothing to search; {FORM}")


def _choices(values: list[Any]) -> Choices:
    if not 2 <= len(values) <= MOST_CHOICES:
        raise ValueError(f"expected 2 … {MOST_CHOICES} choices, got {len(values)}")
    if len({text_of(value) for value in values}) < len(values):
        raise ValueError("one choice is there twice")
    return Choices(tuple(values))


def _value(text: str) -> Any:
    value = parse_yaml(text)
    if isinstance(value, str):  # YAML 1.1 reads 1e-3 as text
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _range(text: str, default: Any) -> Range:
    found = re.fullmatch(r"(x?)(\S+?)\.\.(x?)(\S+?)(\s+log)?", text)
    if not found:
        raise ValueError(f"cannot read {in_line(text, 60)!r}; {FORM}")
    low_times, low_text, high_times, high_text, log = found.groups()
    base = number_of(default)
    whole = type(default) is int or (base is None and all(re.fullmatch("-?[0-9]+", x) for x in (low_text, high_text)))
    low, high = _end(low_text, low_times, base, whole), _end(high_text, high_times, base, whole)
    if log and low <= 0:
        raise ValueError(f"a logarithm needs numbers above 0, got {_text(low)}..{_text(high)}")
    if not low < high:
        raise ValueError(f"the range {_text(low)}..{_text(high)} is empty; the first number must be the smaller one")
    return Range(low, high, bool(log), whole)


def _end(text: str, times: str, base: float | None, whole: bool) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{in_line(text, 60)!r} is no number; {FORM}")
    if times:
        if not base:
            raise ValueError(f"x{text} is a multiple, and there is no number that it could be of; give numbers")
        value = round(base * value) if whole else float(f"{base * value:.6g}")
        return max(int(value), 1) if whole else value
    if whole and value != int(value):
        raise ValueError(f"{text} is no whole number")
    return int(value) if whole else value


def widened(part: Range | Choices, default: Any) -> Range | Choices:
    """A range or choices that have the default among them, as far as they can."""
    if isinstance(part, Choices):
        try:
            part.label(default)
        except ValueError:
            return Choices((*part.values, default))
        return part
    number = number_of(default)
    if number is None or (part.log and number <= 0):
        return part
    number = int(number) if part.whole else number
    return replace(part, low=min(part.low, number), high=max(part.high, number))


def number_of(value: Any) -> float | None:
    """The number of a value, or of one such as lin_0.001; ``None`` for others."""
    if isinstance(value, str) and value.startswith(LINEAR):
        try:
            value = float(value.removeprefix(LINEAR))
        except ValueError:
            return None
    return float(value) if is_number(value) else None


def _text(number: float) -> str:
    return repr(int(number)) if isinstance(number, int) else repr(float(number))


def plain(space: Mapping[str, Range | Choices]) -> dict[str, Any]:
    """The space as YAML can keep it, and ``parse`` reads it again."""
    return {name: part.plain for name, part in space.items()}
