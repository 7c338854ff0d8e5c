"""Settings: frozen dataclasses whose values are checked, and the YAML files that keep them.

Such are the recipe of a fit (fit.yaml), the configuration of a run (config.yaml) and the hyperparameters of Ludus' own
agents.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_origin

import yaml

from ..utils.files import write_atomically
from ..utils.untrusted import MOST_YAML, is_number, is_whole, parse_yaml, read_regular
from ..utils.wording import did_you_mean, in_line, in_one_line

# What a field can be, by its annotation: the types of its values, and what a person calls them.
KINDS: dict[Any, tuple[tuple[Any, ...], str]] = {
    str: ((str,), "a text"),
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    dict: ((dict,), "a map"),
    tuple: ((tuple,), "a list such as [128, 128]"),
}


def check_types(settings: Any) -> None:
    """``ValueError`` unless each field of a dataclass is what its annotation says: one of ``KINDS``.

    A number is finite, and a truth is none. A map has texts as its keys; what else is in a map or a list, and fields of
    several kinds (``int | None``), are for the class itself to check.
    """
    for entry in fields(settings):
        kind: Any = get_origin(entry.type) or entry.type
        if kind not in KINDS:
            continue
        value: Any = getattr(settings, entry.name)
        types, what = KINDS[kind]
        if not isinstance(value, types) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{entry.name} must be {what}, got {in_line(repr(value), 60)}")
        if kind is float and not is_number(value):
            raise ValueError(f"{entry.name} must be a finite number, got {in_line(value, 60)}")
        if kind is dict and not all(isinstance(key, str) for key in value):
            key = next(key for key in value if not isinstance(key, str))
            raise ValueError(f"{entry.name} has the entry {in_line(repr(key), 60)}, expected names")


def check_range(settings: Any, low: float, high: float, *names: str) -> None:
    """``ValueError`` unless the named fields are between ``low`` and ``high``, both permitted; NaN is not."""
    for name in names:
        value = getattr(settings, name)
        if not low <= value <= high:
            span = f">= {_shown(low)}" if high == float("inf") else f"{_shown(low)} … {_shown(high)}"
            raise ValueError(f"{name} must be {span}, got {in_line(value, 60)}")


def check_choice(settings: Any, name: str, known: tuple[str, ...]) -> None:
    """``ValueError`` unless the field ``name`` is one of ``known``."""
    value = getattr(settings, name)
    if value not in known:
        raise ValueError(f"unknown {name} {in_line(repr(value), 60)}{did_you_mean(value, known)}")


def _shown(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"


def write_settings(path: Path, number: int, content: Mapping[str, Any], said: str = "") -> None:
    """Keep plain values as YAML, under the number of their format; whole or not at all. ``said`` is a comment."""
    text = yaml.safe_dump({"format": number, **content}, sort_keys=False, allow_unicode=True)
    write_atomically(path, (comment(said) + text).encode())


def comment(said: str) -> str:
    """Lines of a comment in YAML, each a line of ``said``."""
    return "".join(f"# {line}\n" for line in said.splitlines())


def read_settings(
    path: Path, number: int, what: str, remedy: str, old: Mapping[int, str] | None = None
) -> dict[Any, Any]:
    """What ``write_settings`` kept, without its format; the values are to be checked.

    Args:
        what, remedy: For messages, such as "the config of a run" and "restore it or start a new run".
        old: What is to be said of formats before this one, by their numbers.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it cannot be read, is something else, or has another format.
    """
    try:
        data = read_regular(path, MOST_YAML)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise ValueError(f"{path} cannot be read: {fault.strerror}; {remedy}") from None
    try:
        content = parse_yaml(data)
    except ValueError as fault:
        raise ValueError(f"{path} cannot be read: {in_one_line(fault)}; {remedy}") from None
    if not isinstance(content, dict) or "format" not in content:
        raise ValueError(f"{path} is not {what} (no format entry); {remedy}")
    found = content.pop("format")
    if not is_whole(found, number, number):
        if old and is_whole(found, min(old), max(old)) and found in old:
            raise ValueError(f"{path} has format {found}, {old[found]}")
        raise ValueError(
            f"{path} has format {in_line(repr(found), 60)}, this version of Ludus reads {number}; use the version of "
            "Ludus that made it"
        )
    return content
