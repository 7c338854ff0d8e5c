"""Words as numbers: pieces of letters, known words, rows, and what is read of odd texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.nlp.speech import mishear
from ludus.nlp.words import EMPTY, FIRST, MOST_PIECES, PAD, UNKNOWN, WordTable, known_words, pieces_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Play  Blue\tTrain!", ["play", "blue", "train"]),
        ("I don't care.", ["i", "don't", "care"]),
        ("the 9:30 (or so), “please”", ["the", "9:30", "or", "so", "please"]),
        ("", [EMPTY]),
        ("?! ...", [EMPTY]),
        ("Straße ДОМ 猫", ["straße", "дом", "猫"]),
    ],
)
def test_words_are_what_stands_between_spaces(text, words):
    assert words_of(text) == words


def test_pieces_never_change():
    """Weights were learned for these numbers: another hash would make any saved model dumb."""
    assert pieces_of("no", 1000) == (64, 640, 405, 903, 572, 141)
    assert len(pieces_of("a" * 10_000, 100)) == MOST_PIECES
    assert pieces_of("a" * 24 + "bcd", 1000) == pieces_of("a" * 24 + "xyz", 1000)  # of a long word the first letters
    assert pieces_of("a", 7) == pieces_of("a", 7)


@given(st.text(min_size=1, max_size=40))
def test_any_word_has_pieces(word):
    pieces = pieces_of(word, 50)
    assert 1 <= len(pieces) <= MOST_PIECES
    assert all(1 <= piece <= 50 for piece in pieces)


def test_known_words_are_those_that_stand_there_often_enough():
    rows = [["Play", "jazz"], ["play", "it"], ["jazz,", "now"]]
    assert known_words(rows) == ["jazz", "play"]
    assert known_words(rows, 1) == ["it", "jazz", "now", "play"]
    assert known_words(rows, 100) == ["jazz", "play"]  # the most frequent ones: a model knows one at least
    assert known_words([["now"]], 100) == ["now"]


@pytest.mark.parametrize("buckets", [0, -1, 2**24 + 1])
def test_pieces_need_numbers(buckets):
    with pytest.raises(ValueError, match=f"pieces of words share 1 … 16,777,216 numbers, got buckets {buckets}"):
        WordTable(["jazz"], buckets)


def test_rows_are_encoded_with_equal_words_once():
    table = WordTable(["jazz", "play"], 100)
    rows = table.encode([["play", "jazz", "play"], ["Jazz", "zither"]])
    assert rows.places.tolist() == [[1, 2, 1], [2, 3, 0]]
    assert rows.words.tolist() == [[FIRST + 1, FIRST, FIRST + 1], [FIRST, UNKNOWN, PAD]]
    assert rows.lengths.tolist() == [3, 2]
    assert rows.pieces[0].tolist() == [0] * rows.pieces.shape[1]
    assert tuple(rows.pieces[2][: len(pieces_of("jazz", 100))].tolist()) == pieces_of("jazz", 100)
    assert table.size == 4
    cut = table.encode([["play", "jazz", "play"]], 2)
    assert cut.places.shape == (1, 2)
    assert cut.lengths.tolist() == [2]
    assert table.encode([["play"]], 5).places.tolist() == [[1, 0, 0, 0, 0]]


def test_a_share_of_the_words_is_misheard():
    words, random = ["restaurant", "in", "the", "centre"] * 500, np.random.default_rng(0)
    heard = mishear(words, 0.3, random, ["zebra"])
    lost = len(words) - len(heard)
    others, same = heard.count("zebra"), sum(heard.count(word) for word in set(words))
    # A third of 30 % each: lost, another, misspelt; of "in" nothing can be misspelt, so that it is lost.
    assert others / len(words) == pytest.approx(0.1, abs=0.02)
    assert lost / len(words) == pytest.approx(0.1 + 0.025, abs=0.02)
    assert same / len(words) == pytest.approx(0.7, abs=0.03)
    assert mishear(words, 0.0, random, ["zebra"]) == words
    assert mishear(["no"], 1.0, np.random.default_rng(3), ["x"]) in ([], ["x"])
