"""Spans of IOB tags by conlleval's rules, with figures that were computed by hand."""

import pytest

from ludus.nlp.spans import Span, span_figures, spans_of


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O", []),
        ("", []),
        ("B-a I-a O B-b", [(0, 2, "a"), (3, 4, "b")]),
        ("B-a B-a", [(0, 1, "a"), (1, 2, "a")]),
        ("O I-a I-a", [(1, 3, "a")]),  # an I that follows no span begins one
        ("B-a I-b I-b", [(0, 1, "a"), (1, 3, "b")]),  # and so does one of another type
        ("I-a B-a I-a", [(0, 1, "a"), (1, 3, "a")]),
        ("B-a-b I-a-b", [(0, 2, "a-b")]),
    ],
)
def test_spans_begin_and_end_as_in_conlleval(tags, spans):
    assert spans_of(tags.split()) == [Span(*span) for span in spans]


def test_figures_are_those_that_one_finds_by_hand():
    truth = [["B-a", "I-a", "O", "B-b"], ["O", "B-c"], ["B-a", "O"]]
    found = [["B-a", "I-a", "O", "B-c"], ["O", "B-c"], ["B-a", "I-a"]]
    # Of 4 spans 2 are found, (0, 2, a) and (1, 2, c); 4 are said.
    assert span_figures(truth, found) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    # Of 4 spans 1 is found where 1 is said: 2 · 1 · 1/4 / (1 + 1/4) = 0.4.
    alone = span_figures(truth, [["B-a", "I-a", "O", "O"], ["O", "O"], ["O", "O"]])
    assert alone["precision"] == 1.0
    assert alone["recall"] == 0.25
    assert alone["f1"] == pytest.approx(0.4)


def test_nothing_found_is_zero_and_no_division():
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert span_figures([["O"]], [["O"]]) == nothing
    assert span_figures([["B-a"]], [["O"]]) == nothing
    assert span_figures([["O"]], [["B-a"]]) == nothing
    with pytest.raises(ValueError, match="zip"):
        span_figures([["O"]], [])
