"""Tokenizers: any text and back, the same numbers from the same texts, and no to files that are none."""

import itertools
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.nlp.tokenizer import BEGIN, END, PAD, SPECIAL, UNKNOWN, Tokenizer, padded

TEXT = "Ein Hund läuft über die Straße. Ein Hund läuft. “Quite so,” said he -- 日本!\n" * 40
BPE, CHAR = Tokenizer.learn([TEXT], "bpe", 300), Tokenizer.learn([TEXT], "char", 200)


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_byte_pairs_lose_nothing(text):
    ids = BPE.encode(text)
    assert BPE.decode(ids) == text == "".join(BPE.stream(ids))
    assert all(len(SPECIAL) <= number < BPE.size for number in ids)


def test_byte_pairs_are_shorter_than_bytes_and_learned_from_what_is_frequent():
    assert BPE.size == 300
    assert len(BPE.encode(TEXT)) < 0.5 * len(TEXT.encode())
    assert " Hund" in BPE.tokens(BPE.encode("Ein Hund"))


def test_numbers_agree_with_the_merges_applied_by_hand():
    """The lowest merge first, wherever it fits in a word; the words are split at spaces, which go in front."""
    ranks = {pair: rank for rank, pair in enumerate(BPE.merges)}
    made = {}
    for left, right in BPE.merges:
        made[left, right] = BPE.pieces.index(BPE.pieces[left] + BPE.pieces[right], len(SPECIAL))
    for word in ("Straße", "Hundläuft", "日本日", "xyz"):
        ids = [len(SPECIAL) + byte for byte in word.encode()]
        while True:
            pairs = [pair for pair in itertools.pairwise(ids) if pair in ranks]
            if not pairs:
                break
            best = min(pairs, key=ranks.get)
            at = next(i for i in range(len(ids)) if tuple(ids[i : i + 2]) == best)
            ids[at : at + 2] = [made[best]]
        assert BPE.encode(word) == ids


def test_special_names_in_a_text_are_text():
    text = "a <pad> b <end> <begin><unknown>"
    for tokenizer in (BPE, Tokenizer.learn([text], "char", 100)):
        assert not {PAD, BEGIN, END, UNKNOWN} & set(tokenizer.encode(text))
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_characters_are_those_of_the_text_and_no_others():
    assert CHAR.size == len(SPECIAL) + len(set(TEXT))
    assert CHAR.decode(CHAR.encode(TEXT)) == TEXT
    assert CHAR.encode("HÖ") == [CHAR.encode("H")[0], UNKNOWN]
    assert CHAR.decode([UNKNOWN]) == "\ufffd"
    few = Tokenizer.learn(["aaab bbc"], "char", len(SPECIAL) + 2)
    assert few.characters == "ab"  # the most frequent ones


def test_filling_and_ends_are_no_text():
    ids = [BEGIN, *BPE.encode("Hund"), END, PAD]
    assert BPE.decode(ids) == "Hund"
    assert BPE.tokens([PAD, BEGIN, END, UNKNOWN]) == list(SPECIAL)


def test_lone_surrogates_count_as_the_replacement_character():
    for tokenizer in (BPE, Tokenizer.learn(["ab\ufffd"], "char", 100)):
        assert tokenizer.decode(tokenizer.encode("a\ud800b")) == "a\ufffdb"


def test_half_a_character_waits_for_its_other_half():
    ids = [len(SPECIAL) + byte for byte in "ä!".encode()]
    assert list(BPE.stream(ids)) == ["", "ä", "!", ""]
    assert list(BPE.stream(ids[:1])) == ["", "\ufffd"]
    assert BPE.decode(ids[:1]) == "\ufffd"


@pytest.mark.parametrize("tokenizer", [BPE, CHAR], ids=["bpe", "char"])
def test_a_tokenizer_is_its_json(tokenizer):
    again = Tokenizer.from_json(tokenizer.as_json())
    assert again.encode(TEXT) == tokenizer.encode(TEXT)
    assert (again.fingerprint, again.size, again.pieces) == (tokenizer.fingerprint, tokenizer.size, tokenizer.pieces)
    assert Tokenizer.learn([TEXT], tokenizer.kind, tokenizer.size).as_json() == tokenizer.as_json()
    assert BPE.fingerprint != CHAR.fingerprint


def test_several_texts_at_once_are_each_alone():
    texts = ["", "Hund", "läuft über"]
    assert BPE.encode_many(texts) == [BPE.encode(text) for text in texts]


def test_rows_are_filled_up_or_cut():
    assert padded([[5, 6, 7], [], [8]]).tolist() == [[5, 6, 7], [PAD] * 3, [8, PAD, PAD]]
    assert padded([[5, 6, 7], [8]], 2).tolist() == [[5, 6], [8, PAD]]
    assert padded([]).shape == (0, 0)


def test_what_cannot_be_learned_is_said():
    with pytest.raises(ValueError, match="kind bpe has 260 … 65,536 tokens, got 259"):
        Tokenizer.learn([TEXT], "bpe", 259)
    with pytest.raises(ValueError, match="no text to learn a tokenizer from"):
        Tokenizer.learn(["", ""])
    with pytest.raises(ValueError, match="did you mean 'char'"):
        Tokenizer("chars")
    with pytest.raises(ValueError, match="300 is no token; expected 0 … 299"):
        BPE.decode([300])


FAULTS = {
    "no JSON": b"{",
    "does not describe": b"[]",
    "has format 2": json.dumps({"format": 2, "kind": "bpe", "merges": []}).encode(),
    "no list of at most": json.dumps({"format": 1, "kind": "bpe", "merges": "ab"}).encode(),
    "is no pair": json.dumps({"format": 1, "kind": "bpe", "merges": [[4, 5, 6]]}).encode(),
    "do not stand before it": json.dumps({"format": 1, "kind": "bpe", "merges": [[4, 260]]}).encode(),
    "joins tokens that": json.dumps({"format": 1, "kind": "bpe", "merges": [[0, 9]]}).encode(),
    "bytes, at most 64": json.dumps(
        {"format": 1, "kind": "bpe", "merges": [[n, n] for n in (4, *range(260, 270))]}
    ).encode(),
    "each once": json.dumps({"format": 1, "kind": "char", "characters": "aba"}).encode(),
    "no text": json.dumps({"format": 1, "kind": "char", "characters": "\ud800"}).encode(),
    "at most 8,388,608": b" " * (2**23 + 1),
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_file_that_is_none_is_refused_in_a_line(said):
    with pytest.raises(ValueError, match=said):
        Tokenizer.from_json(FAULTS[said])


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.floats(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_json_breaks_the_reader(value):
    for content in (
        value,
        {"format": 1, "kind": "bpe", "merges": value},
        {"format": 1, "kind": "char", "characters": value},
    ):
        try:
            tokenizer = Tokenizer.from_json(json.dumps(content).encode())
        except ValueError:
            continue
        assert tokenizer.size >= len(SPECIAL)


def test_without_the_library_the_remedy_is_said(monkeypatch):

    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r"pip install '\S+\[nlp\]'"):
        Tokenizer.learn([TEXT])
    assert Tokenizer.from_json(CHAR.as_json()).encode(TEXT) == CHAR.encode(TEXT)


def test_two_merges_that_make_the_same_bytes_make_one_token():
    a, b, c = (len(SPECIAL) + byte for byte in b"abc")
    first = len(SPECIAL) + 256
    tokenizer = Tokenizer("bpe", merges=[(a, b), (b, c), (first, c), (a, first + 1)])
    assert tokenizer.size == first + 3
    assert tokenizer.encode("abc") == [first + 2]
    assert tokenizer.decode(tokenizer.encode("abcab")) == "abcab"
