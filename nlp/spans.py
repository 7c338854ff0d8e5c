"""Spans of tagged words, and how many of them are found: precision, recall and F1 by the rules of conlleval.

A span is a type and where it begins and ends. It counts as found if all three are right. The rules are those of the
CoNLL-2000 shared task's script for IOB: ``B-x`` begins a span, and so does ``I-x`` that follows no ``x``.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """Words ``start`` … ``stop`` - 1."""

    start: int
    stop: int
    name: str


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans of a row of IOB tags."""
    found: list[Span] = []
    start, name = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        kind, own = tag[:1], tag[2:]
        if name and (kind != "I" or own != name):
            found.append(Span(start, place, name))
            name = ""
        if kind in ("B", "I") and not name:
            start, name = place, own
    return found


def span_figures(truth: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> dict[str, float]:
    """``precision``, ``recall`` and ``f1`` (0 … 1) over all spans; 0 where nothing can be divided by."""
    hits = predicted = true = 0
    for tags, others in zip(truth, found, strict=True):
        own, theirs = set(spans_of(tags)), set(spans_of(others))
        hits += len(own & theirs)
        true += len(own)
        predicted += len(theirs)
    precision, recall = hits / predicted if predicted else 0.0, hits / true if true else 0.0
    f1 = 2.0 * precision * recall / (precision + recall) if hits else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
