"""Texts through a translator: alone or among others, empty, broken, too long; and what it looked at."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.nlp.models.translator import as_source, as_target
from ludus.nlp.translation.attention import KINDS, look, names_of
from ludus.nlp.translation.translating import check_search, prepare, translate
from ludus.utils.wording import in_line
from translation_toy import sentences, translator

NET = translator(2, sharp=2.0)
TEXTS = sentences(6).sources


def test_translation_is_the_same_alone_and_among_others():
    together = translate(NET, [*TEXTS, "drei"], beam=3)
    assert together == [translate(NET, [text], beam=3)[0] for text in (*TEXTS, "drei")]
    assert len(set(together)) > 3


def test_empty_broken_and_long_texts_are_translated_and_noted():
    notes = []
    found = translate(NET, ["eins zwei", "", " \n", "eins \udcff zwei", "eins " * 40], beam=2, note=notes.append)
    assert found[1] == found[2] == ""
    assert all(isinstance(text, str) for text in found)
    assert found[3] == translate(NET, ["eins \ufffd zwei"], beam=2)[0]
    tokens = len(NET.tokenizer.encode(("eins " * 40).strip()))
    assert notes == [
        "sentence 2 is empty, and so is its translation",
        "sentence 3 is empty, and so is its translation",
        "sentence 4 has bytes that are no UTF-8, each of which counts as an unknown letter",
        f"sentence 5 has {tokens} tokens, of which the first 11 are translated; break it into sentences",
    ]


def test_hundred_thousand_letters_are_cut_before_anybody_counts_them():
    (entry,) = prepare(NET, ["a" * 100_000])
    assert len(entry.tokens) == 11
    assert entry.notes[0].startswith("has more than ")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=3))
def test_any_text_has_some_translation(texts):
    found = translate(NET, texts, beam=1)
    assert len(found) == len(texts)
    for text, translation in zip(texts, found, strict=True):
        translation.encode()
        assert text.strip() or translation == ""


def test_beam_and_power_that_make_no_sense_are_refused():
    check_search(1, 0.0)
    for beam, power, message in ((0, 1.0, "beam must be 1 … 100, got 0"), (5, 6.0, "length must be 0 … 5, got 6")):
        with pytest.raises(ValueError, match=message):
            check_search(beam, power)


def test_attention_is_that_of_the_decoder_when_it_wrote_the_pair():
    seen = look(NET, "eins zwei", "one two")
    source, target = NET.tokenizer.encode("eins zwei"), NET.tokenizer.encode("one two")
    assert len(seen.source) == len(source) + 1
    assert len(seen.written) == len(seen.told) == len(target) + 1
    assert (seen.source[-1], seen.written[-1], seen.told[0]) == ("<end>", "<end>", "<begin>")
    shapes = dict(
        zip(KINDS, [(len(seen.written), len(seen.source)), (len(seen.source),) * 2, (len(seen.told),) * 2], strict=True)
    )
    for kind, layers in seen.weights.items():
        assert len(layers) == 2
        for weights in layers:
            assert weights.shape == (2, *shapes[kind])
            np.testing.assert_allclose(weights.sum(axis=2), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(np.triu(seen.weights["written"][0], 1), 0.0)
    # By hand, of the first layer at the sentence: softmax of queries and keys.
    with torch.no_grad():
        memory, _ = NET.read(as_source([source], 12))
        block = NET.decoder.blocks[0]
        x = NET.vectors(as_target([target], 12)[:, :-1])
        y = block.norms[0](x)
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        x = x + block.attention(y, *block.attention.remember(y), mask)
        queries = block.cross.norm(block.cross.split(block.cross.queries(block.norms[1](x))))
        keys, _ = block.cross.remember(memory)
        by_hand = (queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5).softmax(-1)[0]
    np.testing.assert_allclose(seen.weights["translation"][0], by_hand, atol=1e-5)


def test_own_translation_is_explained_where_none_is_given():
    own = translate(NET, ["eins zwei drei"], beam=4)[0]
    seen = look(NET, "eins zwei drei", beam=4)
    assert seen.heading == f"eins zwei drei → {in_line(own, 70)}"


def test_figure_shows_the_asked_heads():
    from ludus.utils.plotting import import_pyplot

    seen = look(NET, "eins zwei", "one two")
    for asked, titles in (
        ({}, ["mean of 2 heads of layer 2"]),
        ({"kind": "source", "layer": 1, "head": "all"}, ["layer 1, head 1", "layer 1, head 2"]),
        ({"kind": "written", "head": "2"}, ["layer 2, head 2 of 2"]),
    ):
        figure = seen.figure(**asked)
        assert [axis.get_title() for axis in figure.axes if axis.images] == titles
        import_pyplot().close(figure)
    for asked, message in (
        ({"kind": "target"}, "unknown attention 'target'"),
        ({"layer": 3}, r"layer must be 1 … 2, or 0 for the last one, got 3"),
        ({"head": "3"}, "head must be 1 … 2, mean or all, got '3'"),
        ({"head": "0"}, "head must be 1 … 2"),
    ):
        with pytest.raises(ValueError, match=message):
            seen.figure(**asked)
    with pytest.raises(ValueError, match="an empty text has no attention to show"):
        look(NET, "  ")


def test_pieces_that_go_on_with_a_word_are_marked():
    from ludus.nlp.tokenizer import Tokenizer

    bare = Tokenizer("bpe")
    assert names_of(bare, [1, *bare.encode("ab c."), 2]) == ["<begin>", "a", "·b", "␣", "c", ".", "<end>"]
