"""The naive translator: a dictionary counted by hand, and what it makes of words that it never saw."""

from ludus.data.parallel import load_parallel
from ludus.nlp.translation import word_by_word

SOURCES = ("Der Hund läuft.", "Der Mann läuft.", "Der Hund schläft, der Mann nicht.")
TARGETS = ("The dog runs.", "The man runs.", "The dog sleeps, the man not.")


def test_word_is_translated_by_the_one_that_comes_with_it_most_exclusively():
    dictionary = word_by_word.learn_dictionary(SOURCES, TARGETS)
    assert dictionary["hund"] == "dog"
    assert dictionary["mann"] == "man"
    assert dictionary["läuft"] == "runs"
    assert dictionary["der"] == "the"
    assert dictionary["."] == "."  # "the" is in all pairs, too, but a word
    assert dictionary[","] == ","
    assert dictionary["schläft"] == "sleeps"


def test_words_keep_their_order_and_what_was_never_seen_is_copied():
    dictionary = {"der": "the", "hund": "dog", "läuft": "runs"}
    assert word_by_word.translate(["Der Hund, er läuft!", "ÜBER 7 Brücken", "läuft"], dictionary) == [
        "The dog, er runs!",
        "Über 7 brücken",
        "Runs",
    ]
    assert word_by_word.translate(["", "  "], dictionary) == ["", ""]


def test_words_and_marks_are_told_apart():
    assert word_by_word.words_of("T-Shirt's, „Größe“ 3½…") == ["t-shirt's", ",", "„", "größe", "“", "3½", "…"]
    assert word_by_word.words_of("") == []


def test_dictionary_of_made_up_sentences_has_their_words():
    pairs = load_parallel("phrases", "de", "en", "train")
    dictionary = word_by_word.learn_dictionary(pairs.sources, pairs.targets)
    assert {word: dictionary[word] for word in ("hund", "katzen", "zwei", "gestern", "gesucht")} == {
        "hund": "dog", "katzen": "cats", "zwei": "two", "gestern": "yesterday", "gesucht": "sought",
    }  # fmt: skip


def test_large_letters_are_those_within_a_sentence():
    german = ["Der Hund und der Mann.", "Der Mann und ein Hund.", "Ein Hund und DER Hund und der."]
    english = ["The dog and the man.", "The man and a dog.", "A dog and THE dog and the."]
    dictionary = word_by_word.learn_dictionary(german, english)
    assert (dictionary["mann"], dictionary["ein"]) == ("man", "a")
    assert word_by_word._written(german) == {
        "hund": "Hund", "mann": "Mann", "und": "und", "ein": "ein", "der": "der", ".": ".",
    }  # fmt: skip
    back = word_by_word.learn_dictionary(["A man.", "A dog."], ["Ein Mann.", "Ein Hund."])
    assert (back["man"], back["dog"], back["a"]) == ("Mann", "Hund", "ein")
