"""Words that moved an answer, found by leaving each out."""

import numpy as np

from ludus.explain.omission import MOST_WORDS, weigh_by_omission


def ask(texts):
    """Two answers: how often "good" and how often "bad" is said."""
    return np.array([[text.split().count("good"), text.split().count("bad")] for text in texts], np.float64)


def test_a_word_weighs_what_its_absence_takes_away():
    weighed = weigh_by_omission(["a", "good", "but", "bad", "good", "one"], ask, np.array([1.0, -2.0]), "liked")
    assert weighed.words == ("a", "good", "but", "bad", "good", "one")
    assert weighed.weights.tolist() == [0.0, 1.0, 0.0, -2.0, 1.0, 0.0]
    assert weighed.answer == "liked"


def test_of_very_many_words_the_first_are_left_out():
    asked = []
    words = ["good"] * (MOST_WORDS + 10)
    weighed = weigh_by_omission(words, lambda texts: asked.extend(texts) or ask(texts), np.array([1.0, 0.0]), "")
    assert len(asked) == MOST_WORDS + 1
    assert weighed.weights[:MOST_WORDS].tolist() == [1.0] * MOST_WORDS
    assert weighed.weights[MOST_WORDS:].tolist() == [0.0] * 10


def test_no_words_weigh_nothing():
    assert len(weigh_by_omission([], ask, np.array([1.0, 0.0]), "").weights) == 0
