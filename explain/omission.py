"""Words that moved an answer, for whatever has no slope: each is left out in turn."""

from collections.abc import Callable

import numpy as np

from .words import Weighed

MOST_WORDS = 64  # that are left out one by one; those behind them keep the weight 0


def weigh_by_omission(
    words: list[str], ask: Callable[[list[str]], np.ndarray], direction: np.ndarray, answer: str
) -> Weighed:
    """How much further the answers go in a direction with each word than without it.

    Args:
        ask: M texts -> (M, K) answers.
        direction: (K,) the weight of each answer.
        answer: What it is, in words.
    """
    shown = words[:MOST_WORDS]
    texts = [" ".join(words), *(" ".join(words[:i] + words[i + 1 :]) for i in range(len(shown)))]
    scores = ask(texts) @ direction
    weights = np.zeros(len(words), np.float32)
    weights[: len(shown)] = scores[0] - scores[1:]
    return Weighed(tuple(words), weights, answer)
