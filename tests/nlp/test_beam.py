"""Beam search: against all texts there are, against greedy search, in batches, and with lengths that count."""

import itertools

import pytest
import torch

from ludus.nlp.beam import beam_search
from ludus.nlp.tokenizer import BEGIN, END, PAD, UNKNOWN

VOCABULARY = 7  # four special tokens and three words
WORDS = (4, 5, 6)


class Tables:
    """Scores of the next token that follow from a text's number and all tokens before."""

    def __init__(self, texts, sharp=2.0):
        self.rows, self.sharp = [(text,) for text in range(texts)], sharp

    def scores(self, row):
        seed = 1
        for number in row:
            seed = (seed * 31 + number + 7) % 2**31
        return self.sharp * torch.randn(VOCABULARY, generator=torch.Generator().manual_seed(seed))

    def step(self, tokens):
        self.rows = [(*row, token) for row, token in zip(self.rows, tokens.tolist(), strict=True)]
        return torch.stack([self.scores(row) for row in self.rows])

    def select(self, rows):
        self.rows = [self.rows[row] for row in rows.tolist()]


def all_texts(text, longest, power):
    """Every text of at most ``longest`` words with its score, the best first."""
    tables, found = Tables(1), []
    for length in range(longest + 1):
        for words in itertools.product(WORDS, repeat=length):
            row, total = (text, BEGIN), 0.0
            for place, word in enumerate((*words, END)):
                scores = tables.scores(row)
                scores[[PAD, BEGIN, UNKNOWN]] = -torch.inf
                if place == longest:
                    total += float(torch.where(torch.arange(VOCABULARY) == END, scores, -torch.inf).logsumexp(0))
                    total -= float(scores.logsumexp(0))
                else:
                    total += float(scores.log_softmax(0)[word])
                row = (*row, word)
            found.append((total / (length + 1) ** power, list(words)))
    return sorted(found, key=lambda entry: -entry[0])


@pytest.mark.parametrize("power", [0.0, 0.6, 1.0])
def test_beam_of_full_width_finds_what_a_search_of_all_texts_finds(power):
    longest = [3, 1, 4, 2, 0]
    found = beam_search(Tables(5), longest, beam=200, power=power)
    for text, hypotheses in enumerate(found):
        expected = all_texts(text, longest[text], power)
        assert len(hypotheses) == len(expected)
        for (score, words), hypothesis in zip(expected, hypotheses, strict=True):
            assert hypothesis.tokens == words
            assert hypothesis.score == pytest.approx(score, abs=1e-4)
            assert hypothesis.log_likelihood == pytest.approx(score * (len(words) + 1) ** power, abs=1e-4)


def greedy(text, longest):
    tables, row, words = Tables(1), (text, BEGIN), []
    while len(words) < longest:
        scores = tables.scores(row)
        scores[[PAD, BEGIN, UNKNOWN]] = -torch.inf
        word = int(scores.argmax())
        if word == END:
            break
        words.append(word)
        row = (*row, word)
    return words


def test_beam_of_one_is_greedy_search():
    longest = [6] * 30
    found = beam_search(Tables(30, sharp=1.0), longest, beam=1, power=0.7)
    assert [hypotheses[0].tokens for hypotheses in found] == [greedy(text, 6) for text in range(30)]
    assert all(len(hypotheses) == 1 for hypotheses in found)
    assert len({len(hypotheses[0].tokens) for hypotheses in found}) > 2


def test_text_has_the_same_hypotheses_alone_and_among_others():
    longest = [4, 8, 2, 6]
    together = beam_search(Tables(4), longest, beam=3)
    for text in range(4):
        alone = Tables(1)
        alone.rows = [(text,)]
        (single,) = beam_search(alone, [longest[text]], beam=3)
        assert [hypothesis.tokens for hypothesis in single] == [hypothesis.tokens for hypothesis in together[text]]
        assert [hypothesis.score for hypothesis in single] == [hypothesis.score for hypothesis in together[text]]


def test_wider_beam_finds_likelier_texts():
    longest = [6] * 40

    def mean(beam):
        return sum(each[0].log_likelihood for each in beam_search(Tables(40), longest, beam, power=0.0)) / 40

    assert mean(1) < mean(4) < mean(64)


def test_length_counts_more_with_a_higher_power():
    longest = [6] * 40

    def mean(power):
        return sum(len(each[0].tokens) for each in beam_search(Tables(40), longest, 100, power)) / 40

    assert mean(0.0) < mean(1.0) < mean(2.0)


def test_special_tokens_are_in_no_text():
    class Eager(Tables):
        def scores(self, row):
            return super().scores(row) + 50.0 * torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])

    for hypotheses in beam_search(Eager(3), [5] * 3, beam=4):
        assert hypotheses
        for hypothesis in hypotheses:
            assert set(hypothesis.tokens) <= set(WORDS)


def test_scores_that_are_no_numbers_are_said():
    class Damaged(Tables):
        def scores(self, row):
            return super().scores(row) * (torch.nan if len(row) > 3 else 1.0)

    with pytest.raises(ValueError, match=r"gives no numbers \(NaN\) for the next token: its weights are damaged"):
        beam_search(Damaged(3), [5] * 3, beam=4)


def test_no_text_and_no_beam():
    assert beam_search(Tables(0), [], beam=3) == []
    with pytest.raises(ValueError, match="a beam has at least one hypothesis, got 0"):
        beam_search(Tables(1), [3], beam=0)
