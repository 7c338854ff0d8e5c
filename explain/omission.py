"""Words that moved an answer, for whatever has no slope, such as a rule: each is left out, and said alone.

A word's weight is the mean of what the answer loses without it and of what it alone adds to silence: the first and the
last term of its Shapley value (Lundberg and Lee 2017). The loss alone would say of "thanks, bye" that neither counts.
"""

from collections.abc import Callable

import numpy as np

from .words import Weighed

MOST_WORDS = 64  # that are asked about one by one; those behind them keep the weight 0


def weigh_by_omission(
    words: list[str], ask: Callable[[list[str]], np.ndarray], direction: np.ndarray, answer: str
) -> Weighed:
    """How far each word moves the answers in a direction.

    Args:
        ask: M texts -> (M, K) answers.
        direction: (K,) the weight of each answer.
        answer: What it is, in words.
    """
    alone = words[:MOST_WORDS]
    count = len(alone)
    without = [" ".join(words[:i] + words[i + 1 :]) for i in range(count)]
    scores = ask([" ".join(words), "", *without, *alone]) @ direction
    weights = np.zeros(len(words), np.float32)
    weights[:count] = (scores[0] - scores[2 : 2 + count] + scores[2 + count :] - scores[1]) / 2.0
    return Weighed(tuple(words), weights, answer)
