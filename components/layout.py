"""The layout of a flat signal: which slice of one Box is what, so that a model and a slot can compare what they mean.

A component that takes several things at once (a past window, what is known of the future, a calendar) takes one flat
Box; its ``Layout`` names the parts, and stands in its config.json. Whoever fills a slot with it compares the layouts
part by part, and says by name where they differ.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..utils.untrusted import is_whole

MOST_PARTS = 32  # of a layout that a file describes


@dataclass(frozen=True)
class Part:
    """One named slice of a flat signal."""

    name: str
    shape: tuple[int, ...]  # (rows, columns) of a series, (numbers,) of anything else
    columns: tuple[str, ...] = ()  # names along the last axis; () where they have none
    step: str = ""  # time between two rows, such as "1h"; "" where rows are not in time

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Layout:
    """The parts of a flat signal, in their order."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Numbers in all."""
        return sum(part.size for part in self.parts)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    def part(self, name: str) -> Part:
        """The part ``name``; ``KeyError`` if there is none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def slice(self, name: str) -> slice:
        """Where the part ``name`` lies along the flat axis; ``KeyError`` if there is none."""
        start = 0
        for part in self.parts:
            if part.name == name:
                return slice(start, start + part.size)
            start += part.size
        raise KeyError(name)

    def take(self, x: Any, name: str) -> Any:
        """The part ``name`` of flat signals ``x`` (…, size), a NumPy array or a tensor, as (…, *part.shape)."""
        return x[..., self.slice(name)].reshape(*x.shape[:-1], *self.part(name).shape)

    def to_json(self) -> list[dict[str, Any]]:
        return [{**asdict(part), "shape": list(part.shape), "columns": list(part.columns)} for part in self.parts]

    @staticmethod
    def from_json(content: Any) -> "Layout":
        """What ``to_json`` wrote; ``ValueError`` for anything else."""
        if not isinstance(content, Sequence) or isinstance(content, str) or len(content) > MOST_PARTS:
            raise ValueError(f"a layout is a list of at most {MOST_PARTS} parts, got {ascii(content)[:60]}")
        parts = []
        for entry in content:
            known = {"name", "shape", "columns", "step"}
            if not isinstance(entry, dict) or set(entry) != known:
                raise ValueError(f"a part of a layout has {', '.join(sorted(known))}; got {ascii(entry)[:60]}")
            texts = [entry["name"], entry["step"], *_list(entry["columns"])]
            shape = _list(entry["shape"])
            if not all(isinstance(text, str) for text in texts) or not all(is_whole(n, 0, 2**31) for n in shape):
                raise ValueError(f"a part of a layout is {ascii(entry)[:60]}, expected texts and whole numbers")
            part = Part(entry["name"], tuple(shape), tuple(entry["columns"]), entry["step"])
            if part.columns and part.shape[-1:] != (len(part.columns),):
                raise ValueError(
                    f"the part {ascii(part.name)[:60]} of a layout has shape {part.shape} and {len(part.columns)} "
                    "columns, expected as many as its last axis is long"
                )
            parts.append(part)
        if len({part.name for part in parts}) < len(parts):
            raise ValueError(
                f"the parts of a layout have names of their own, got {[part.name for part in parts]}"[:200]
            )
        return Layout(tuple(parts))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [None]


def mismatch(theirs: Layout, ours: Layout) -> str:
    """Where two layouts differ first, as "its past has 336 rows, expected 672"; "" where they do not."""
    if theirs.names != ours.names:
        return f"its parts are {', '.join(theirs.names)}, expected {', '.join(ours.names)}"
    for their, our in zip(theirs.parts, ours.parts, strict=True):
        if their.step != our.step:
            return f"its {their.name} is in steps of {their.step or 'nothing'}, expected {our.step or 'nothing'}"
        if their.columns != our.columns:
            return f"its {their.name} has the columns {', '.join(their.columns)}, expected {', '.join(our.columns)}"
        if their.shape[1:] != our.shape[1:]:
            return f"its {their.name} has shape {their.shape}, expected {our.shape}"
        if their.shape != our.shape:
            what = "rows" if len(their.shape) > 1 else "numbers"
            return f"its {their.name} has {their.shape[0]} {what}, expected {our.shape[0]}"
    return ""
