"""Texts through a translator: each is tokenised, translated with a beam, and written out again."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from .models.translator import Translator, as_source
from .tokenizer import readable

AT_ONCE = 64  # texts in one search; sorted by length, so that little is filling
Note = Callable[[str], None]


class Prepared(NamedTuple):
    """A text as a translator takes it."""

    tokens: list[int]  # without END
    cut: int  # tokens that were too many


def prepare(net: Translator, texts: Sequence[str]) -> list[Prepared]:
    """The texts as tokens; the end of one that is longer than the translator takes is cut off."""
    most = net.length - 1  # END comes after them
    rows = net.tokenizer.encode_many([readable(text).strip() for text in texts])
    return [Prepared(row[:most], max(len(row) - most, 0)) for row in rows]


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
        note: Told in words what was cut.
    """
    prepared, done = prepare(net, texts), [""] * len(texts)
    for number, entry in enumerate(prepared):
        if entry.cut:
            note(
                f"text {number + 1} has {len(entry.tokens) + entry.cut:,} tokens, of which the first "
                f"{len(entry.tokens):,} are translated; break it into sentences"
            )
    order = sorted((i for i, entry in enumerate(prepared) if entry.tokens), key=lambda i: len(prepared[i].tokens))
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        source = as_source([prepared[i].tokens for i in rows], net.length).to(net.device)
        for i, tokens in zip(rows, net.search(source, beam, power), strict=True):
            done[i] = net.tokenizer.decode(tokens).strip()
    return done
