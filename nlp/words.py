"""Words of a text as numbers: those that are known by themselves, and the pieces of letters that any word has.

A word that was never seen still has pieces that were (Bojanowski et al. 2017, *Enriching word vectors with subword
information*): of ``<play>`` these are ``<pl``, ``pla``, ``lay`` and so on, each hashed into one of some thousand
numbers. So there is no word, of any script, that a model has nothing to say about, and no vocabulary beside the weights
that could be another model's: the known words stand in config.json, and what a hash makes of a piece never changes.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

SIZES = (2, 3, 4, 5)  # letters of a piece
MOST_LETTERS = 24  # of a word whose pieces are looked at
MOST_PIECES = 64  # of a word
MOST_BUCKETS = 2**24
PAD, UNKNOWN, FIRST = 0, 1, 2  # numbers of words: filling, not known, and the first one that is
PUNCTUATION = '.,;:!?"()[]{}<>«»„“”…¿¡'  # taken from the ends of a word
EMPTY = "∅"  # the one word of a text without words


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters and without the punctuation around them; ``[EMPTY]`` where there are none.

    What stands between two spaces is a word, as in the data that models learn from.
    """
    return [normal(word) for word in text.split() if word.strip(PUNCTUATION)] or [EMPTY]


@lru_cache(maxsize=2**17)
def normal(word: str) -> str:
    """A word as models see it."""
    return word.strip(PUNCTUATION).lower() or word.lower()


def known_words(rows: Iterable[Sequence[str]], least: int = 2) -> list[str]:
    """The words that stand in ``rows`` at least so often, in the order of the alphabet.

    Where none does, the most frequent ones: a model knows one at least.
    """
    counts = Counter(normal(word) for words in rows for word in words)
    least = min(least, max(counts.values(), default=0))
    return sorted(word for word, count in counts.items() if count >= least)


@lru_cache(maxsize=2**17)
def pieces_of(word: str, buckets: int) -> tuple[int, ...]:
    """The numbers 1 … ``buckets`` of a word's pieces; the same on any machine."""
    framed = f"<{word[:MOST_LETTERS]}>"
    pieces = [framed[at : at + size] for size in SIZES for at in range(len(framed) - size + 1)]
    return tuple(1 + zlib.crc32(piece.encode(errors="replace")) % buckets for piece in pieces[:MOST_PIECES])


class Encoded(NamedTuple):
    """N rows of at most L words. Of equal words one is held: U of them, the first of which is a filling."""

    pieces: torch.Tensor  # (U, P) int64, numbers of pieces, 0 where a word has no more
    places: torch.Tensor  # (N, L) int64, which of the U stands there
    words: torch.Tensor  # (N, L) int64, numbers of the words themselves: PAD, UNKNOWN or one that is known
    lengths: torch.Tensor  # (N,) int64, words of each row, 1 … L


class WordTable:
    """What is known of words.

    Args:
        known: Those that have numbers of their own.
        buckets: Numbers that pieces share.

    Raises:
        ValueError: no buckets, or more than ``MOST_BUCKETS``.
    """

    def __init__(self, known: Sequence[str], buckets: int) -> None:
        if not 1 <= buckets <= MOST_BUCKETS:
            raise ValueError(f"pieces of words share 1 … {MOST_BUCKETS:,} numbers, got buckets {buckets}")
        self.numbers = {word: number for number, word in enumerate(known, FIRST)}
        self.buckets = buckets

    @property
    def size(self) -> int:
        """Numbers of words, the filling and the unknown one included."""
        return len(self.numbers) + FIRST

    def encode(self, rows: Sequence[Sequence[str]], length: int | None = None) -> Encoded:
        """Rows of one or more words as numbers.

        Args:
            length: L; further words are left out. As many as the longest row has where it is left out.
        """
        longest = max(len(words) for words in rows) if length is None else length
        distinct: dict[str, int] = {}
        places = np.zeros((len(rows), longest), np.int64)
        lengths = np.empty(len(rows), np.int64)
        for i, words in enumerate(rows):
            found = [distinct.setdefault(normal(word), len(distinct) + 1) for word in words[:longest]]
            places[i, : len(found)], lengths[i] = found, len(found)
        parts = [pieces_of(word, self.buckets) for word in distinct]
        pieces = np.zeros((len(parts) + 1, max(map(len, parts), default=1)), np.int64)
        for i, part in enumerate(parts, 1):
            pieces[i, : len(part)] = part
        numbers = np.array([PAD, *(self.numbers.get(word, UNKNOWN) for word in distinct)])
        return Encoded(*map(torch.from_numpy, (pieces, places, numbers[places], lengths)))
