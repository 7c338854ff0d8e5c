"""Speech as a machine hears it: words get lost, swapped for others, or misspelt, so that a model learns to bear it."""

from collections.abc import Sequence

import numpy as np

SHORTEST = 3  # letters of a word that can be misspelt; a shorter one is lost
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def mishear(words: Sequence[str], level: float, random: np.random.Generator, others: Sequence[str]) -> list[str]:
    """The words, of which each is misheard with the chance ``level``: lost, another one, or misspelt, each as likely.

    A misspelt word has two neighbouring letters swapped, one missing, or another one in its place. These are the faults
    of speech in `ludus/Helpdesk-v0`, except that there another value takes the place of a value, which nobody can hear.

    Args:
        others: The words that one can be taken for.
    """
    heard = []
    for word, is_misheard in zip(words, random.random(len(words)) < level, strict=True):
        fate = int(random.integers(3)) if is_misheard else 3
        if fate == 0 or (fate == 2 and len(word) < SHORTEST):
            continue
        if fate == 1:
            word = str(others[int(random.integers(len(others)))])
        elif fate == 2:
            word = misspelt(word, random)
        heard.append(word)
    return heard


def misspelt(word: str, random: np.random.Generator) -> str:
    """A word of two letters or more with one fault."""
    at, way = int(random.integers(len(word) - 1)), int(random.integers(3))
    if way == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (LETTERS[int(random.integers(len(LETTERS)))] if way == 2 else "") + word[at + 1 :]
