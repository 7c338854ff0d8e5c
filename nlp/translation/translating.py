"""Texts through a translator: each is tokenised, translated with a beam, and written out again."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from ..models.translator import Translator, as_source
from ..tokenizer import BROKEN, readable

AT_ONCE = 64  # texts in one search; sorted by length, so that little is filling
MOST_LETTERS = 20_000  # of a text that are looked at
MOST_BEAM, MOST_POWER = 100, 5.0
Note = Callable[[str], None]


class Prepared(NamedTuple):
    """A text as a translator takes it."""

    tokens: list[int]  # without END
    notes: list[str]  # what was done about it, in words


def check_search(beam: int, power: float) -> None:
    """``ValueError`` for a beam, or a power of the length, with which nothing can be found."""
    if not 1 <= beam <= MOST_BEAM:
        raise ValueError(f"the beam must be 1 … {MOST_BEAM}, got {beam}")
    if not 0.0 <= power <= MOST_POWER:
        raise ValueError(f"the power of the length must be 0 … {MOST_POWER:g}, got {power}")


def prepare(net: Translator, texts: Sequence[str]) -> list[Prepared]:
    """The texts as tokens; the end of one that is longer than the translator takes is cut off."""
    most = net.length - 1  # END comes after them
    written = [readable(text).strip() for text in texts]
    rows = net.tokenizer.encode_many([text[:MOST_LETTERS] for text in written])
    prepared = []
    for text, own, row in zip(texts, written, rows, strict=True):
        notes = []
        if own != text.strip():
            notes.append(BROKEN)
        if not own:
            notes.append("is empty, and so is its translation")
        if len(row) > most:
            notes.append(
                f"has {'more than ' if len(own) > MOST_LETTERS else ''}{len(row):,} tokens, of which the first "
                f"{most:,} are translated; break it into sentences"
            )
        prepared.append(Prepared(row[:most], notes))
    return prepared


@torch.no_grad()
def translate(
    net: Translator,
    texts: Sequence[str],
    beam: int = 5,
    power: float = 1.0,
    note: Note = lambda text: None,
) -> list[str]:
    """The translation of each text.

    An empty text has an empty translation. One of more tokens than the translator takes is cut at its end, of which a
    note is made. Whatever else is given, in another language or none, gets some translation: a translator knows no
    other answer.

    Args:
        beam: Hypotheses that are kept at each step; 1: greedy.
        power: Of the length, by which the likelihood of a hypothesis is divided.
        note: Told in words what was done about a text that is empty, broken or too long.
    """
    prepared, done = prepare(net, texts), [""] * len(texts)
    for number, entry in enumerate(prepared, 1):
        for what in entry.notes:
            note(f"sentence {number:,} {what}")
    order = sorted((i for i, entry in enumerate(prepared) if entry.tokens), key=lambda i: len(prepared[i].tokens))
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        source = as_source([prepared[i].tokens for i in rows], net.length).to(net.device)
        for i, tokens in zip(rows, net.search(source, beam, power), strict=True):
            done[i] = net.tokenizer.decode(tokens).strip()
    return done
