"""Naive models of a text, which count bytes: letter frequencies and an n-gram.

What they need is divided by characters, so that it stands beside a model's nats per character whatever its tokens are.
"""

import numpy as np

ORDER = 4  # bytes before it that the n-gram sees
MOST_ORDER = 7  # a byte and those before it are one number of 64 bits


def naive_losses(train: str, test: str) -> dict[str, float]:
    """Nats per character of the test by each of the naive models."""
    return {
        "letter frequencies": ngram_loss(train, test, 0),
        f"{ORDER + 1}-gram of bytes": ngram_loss(train, test, ORDER),
    }


def ngram_loss(train: str, test: str, order: int = ORDER) -> float:
    """Nats per character of ``test`` by counts of each byte after the ``order`` ones before it, in ``train``.

    Contexts that are too rare lean on shorter ones (Witten & Bell 1991): with n(h c) counts of byte c after h, n(h) of
    all bytes after h, and t(h) different ones among them, p(c | h) = (n(h c) + t(h) p(c | h')) / (n(h) + t(h)), where
    h' lacks the first byte of h; before the shortest, all 256 are alike.

    Raises:
        ValueError: an order above 7, or a text that is not longer than it.
    """
    if not 0 <= order <= MOST_ORDER:
        raise ValueError(f"an n-gram of bytes has an order of 0 … {MOST_ORDER}, got {order}")
    seen, asked = (np.frombuffer(text.encode(), np.uint8).astype(np.uint64) for text in (train, test))
    if min(len(seen), len(asked)) <= order:
        raise ValueError(f"both texts must have more than {order} bytes, got {len(seen):,} and {len(asked):,}")
    p = np.full(len(asked), 1 / 256)
    for length in range(order + 1):
        # Bytes near the start of the test have no more context than that.
        p[length:] = _refined(_grams(seen, length), _grams(asked, length), p[length:])
    return float(-np.log(p).sum()) / len(test)


def _grams(text: np.ndarray, length: int) -> np.ndarray:
    """Each byte from number ``length`` on, with as many before it, as one number, whose last 8 bits are the byte."""
    grams = np.zeros(len(text) - length, np.uint64)
    for back in range(length, -1, -1):
        grams = (grams << np.uint64(8)) | text[length - back : len(text) - back]
    return grams


def _refined(seen: np.ndarray, asked: np.ndarray, shorter: np.ndarray) -> np.ndarray:
    """p(c | h) of what is ``asked``, from the grams ``seen`` and p(c | h')."""
    grams, counts = np.unique(seen, return_counts=True)
    contexts, starts = np.unique(grams >> np.uint64(8), return_index=True)
    total, kinds = np.add.reduceat(counts, starts), np.diff([*starts, len(grams)])
    place, known = _find(contexts, asked >> np.uint64(8))
    n, t = np.where(known, total[place], 0), np.where(known, kinds[place], 0)
    place, counted = _find(grams, asked)
    return np.where(known, (np.where(counted, counts[place], 0) + t * shorter) / np.maximum(n + t, 1), shorter)


def _find(ordered: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted number stands among ordered ones, and whether it does."""
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return place, ordered[place] == wanted
