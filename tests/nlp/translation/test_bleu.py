"""BLEU as sacrebleu counts it: against the definition by hand, with its signature, and what is refused."""

import math
import sys

import pytest

from ludus.nlp.translation.bleu import score


def test_bleu_is_that_of_the_definition():
    """Of 1 to 4 words 4/5, 2/4, 0/3 and 0/2 are right, zeros smoothed to 1/2 and 1/4 of one; 5 words stand for 6."""
    found = score(["the cat sat on mat"], ["the cat is on mat today"])
    precisions = 4 / 5, 2 / 4, 1 / (2 * 3), 1 / (4 * 2)
    expected = 100 * math.exp(1 - 6 / 5) * math.prod(precisions) ** 0.25
    assert found.bleu == pytest.approx(expected, rel=1e-6)
    assert found.ratio == pytest.approx(5 / 6)


def test_signatures_say_how_it_was_counted():
    found = score(["A dog runs ."], ["A dog runs."])
    assert found.bleu == pytest.approx(100.0)
    assert found.chrf > 90.0
    assert found.signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")
    assert "nc:6" in found.chrf_signature


def test_case_counts():
    assert score(["a dog runs here."], ["A Dog Runs Here."]).bleu < 30


def test_other_numbers_of_texts_are_refused():
    for translations, references in ((["a"], ["a", "b"]), ([], [])):
        with pytest.raises(ValueError, match="a translation for each reference, got"):
            score(translations, references)


def test_missing_library_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r"BLEU needs sacrebleu: pip install '\S+\[nlp\]'"):
        score(["a"], ["a"])
