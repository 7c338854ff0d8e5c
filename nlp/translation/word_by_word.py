"""Translation word by word with a dictionary that is counted from sentence pairs: a naive translator to beat.

Of each word the translation is that word of the other language which comes with it most exclusively: the one with the
highest Dice coefficient 2 n(s, t) / (n(s) + n(t)), n being the number of pairs (Dice 1945; Smadja et al. 1996). A word
is never translated by a punctuation mark; words keep their order, and one that was never seen is copied. Large letters
are those with which a word is mostly written within a sentence.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")
CLOSE = re.compile(r"\s+([.,;:!?)»”])")  # what stands without a space before it


def words_of(text: str) -> list[str]:
    """Words and punctuation marks, in small letters."""
    return WORD.findall(text.lower())


def learn_dictionary(sources: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """Word -> word, counted from sentences and their translations."""
    left, right = _Numbers(), _Numbers()
    pairs, seen_left, seen_right = [], [], []
    for source, target in zip(sources, targets, strict=True):
        a, b = left.of(source), right.of(target)
        pairs.append((a[:, None] * 2**32 + b).ravel())
        seen_left.append(a)
        seen_right.append(b)
    together, counts = np.unique(np.concatenate(pairs), return_counts=True)
    s, t = together >> 32, together & (2**32 - 1)
    n_left = np.bincount(np.concatenate(seen_left), minlength=len(left.words))
    n_right = np.bincount(np.concatenate(seen_right), minlength=len(right.words))
    alike = left.marks()[s] == right.marks()[t]
    s, t, counts = s[alike], t[alike], counts[alike]
    dice = 2.0 * counts / (n_left[s] + n_right[t])
    order = np.lexsort((t, -dice, s))  # by word, the best first, of equal ones that which was seen first
    first = order[np.unique(s[order], return_index=True)[1]]
    words, others = list(left.words), list(right.words)
    written = _written(targets)
    return {words[s[i]]: written.get(others[t[i]], others[t[i]]) for i in first.tolist()}


def translate(texts: Sequence[str], dictionary: dict[str, str]) -> list[str]:
    """The texts word by word, the first letter large."""
    done = []
    for text in texts:
        line = CLOSE.sub(r"\1", " ".join(dictionary.get(word, word) for word in words_of(text)))
        done.append(line[:1].upper() + line[1:])
    return done


def _written(texts: Sequence[str]) -> dict[str, str]:
    """Word in small letters -> as it is mostly written where it does not begin a text."""
    counts = Counter(word for text in texts for word in WORD.findall(text)[1:])
    best: dict[str, str] = {}
    for word, _ in counts.most_common():  # of equal counts that which was seen first
        best.setdefault(word.lower(), word)
    return best


class _Numbers:
    """Words by number, in the order in which they came."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def of(self, text: str) -> np.ndarray:
        """The distinct words of a text."""
        return np.array(sorted({self.words.setdefault(word, len(self.words)) for word in words_of(text)}), np.int64)

    def marks(self) -> np.ndarray:
        """Which of them are punctuation marks and no words."""
        return np.array([not word[0].isalnum() for word in self.words], bool)
