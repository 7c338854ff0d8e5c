"""Loss per character: each token asked for once, by hand, whatever the windows and the tokens are."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from language_toy import MODELS, TEXT, make_language_model
from ludus.nlp.baselines import ngram_loss
from ludus.nlp.perplexity import text_loss
from ludus.nlp.windows import WindowBatches, window_starts


@given(st.integers(2, 200), st.integers(1, 30), st.data())
def test_windows_ask_for_each_token_once(count, context, data):
    stride = data.draw(st.integers(1, context))
    asked = [
        start + step + 1
        for start, skipped in window_starts(count, context, stride)
        for step in range(skipped, context)
        if start + step + 1 < count
    ]
    assert asked == list(range(1, count))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("stride", [8, 4])
def test_the_loss_is_the_sum_over_tokens_of_the_text(model, stride):
    net = make_language_model(model, context=8)
    tokens = torch.tensor(net.tokenizer.encode(TEXT[:100]))
    expected = 0.0
    for start, skipped in window_starts(len(tokens), 8, stride):
        window = tokens[start : start + 9]
        logits, _ = net.read(window[None, :-1])
        losses = -logits[0].log_softmax(dim=-1)[torch.arange(len(window) - 1), window[1:]]
        expected += float(losses[skipped:].detach().sum())
    loss = text_loss(net, tokens, stride=stride)
    assert loss.nats == pytest.approx(expected, rel=1e-5)
    assert (loss.characters, loss.tokens) == (99, 99)


def test_loss_is_per_character_whatever_the_tokens_are():
    net = make_language_model(tokens="bpe")
    ids = net.tokenizer.encode(TEXT)
    loss = text_loss(net, torch.tensor(ids))
    assert loss.characters == len(TEXT) - len(net.tokenizer.decode(ids[:1]))
    assert loss.tokens == len(ids) - 1 < loss.characters
    assert loss.per_character == loss.nats / loss.characters
    with torch.no_grad():
        for parameter in net.head.parameters():
            parameter.zero_()
    assert text_loss(net, torch.tensor(ids)).per_token == pytest.approx(math.log(net.vocabulary), rel=1e-6)
    with pytest.raises(ValueError, match="two tokens or more, got 1"):
        text_loss(net, torch.tensor([5]))


def test_batches_go_through_the_text_once_an_epoch_and_begin_elsewhere_in_the_next():
    tokens = torch.arange(1000)
    batches = WindowBatches(tokens, context=10, batch_size=7, seed=0)
    read, wanted = batches.batch(3)
    assert read.shape == wanted.shape == (7, 10)
    assert torch.equal(wanted, read + 1)
    starts = [
        {int(row[0]) for step in range(len(batches)) for row in batches.batch(step + len(batches) * epoch)[0]}
        for epoch in (0, 1)
    ]
    for own in starts:
        assert len(own) == 7 * len(batches) == 98
        assert len({start % 10 for start in own}) == 1
    assert {s % 10 for s in starts[0]} != {s % 10 for s in starts[1]}
    assert torch.equal(batches.batch(3)[0], read)
    with pytest.raises(ValueError, match=r"20 tokens for training, windows of 10 need 21; take a longer text"):
        WindowBatches(tokens[:20], 10, 7, 0)


def test_the_ngram_is_witten_and_bells_by_hand():
    train, test, order = "abracadabra abba", "cabar xab", 2
    alike = np.full(256, 1 / 256)

    def p(context, byte):
        shorter = p(context[1:], byte) if context else alike[byte]
        after = [
            train[i + len(context)] for i in range(len(train) - len(context)) if train[i : i + len(context)] == context
        ]
        kinds = len(set(after))
        return (after.count(chr(byte)) + kinds * shorter) / (len(after) + kinds) if after else shorter

    expected = -sum(math.log(p(test[max(0, i - order) : i], ord(test[i]))) for i in range(len(test))) / len(test)
    assert ngram_loss(train, test, order) == pytest.approx(expected)


def test_the_ngram_counts_bytes_and_divides_by_characters():
    text = "äöü" * 50
    assert ngram_loss(text, text, 0) == pytest.approx(ngram_loss(text, text[: len(text) // 2], 0), rel=1e-2)
    assert ngram_loss(text, text, 2) < 0.2 < ngram_loss(text, text, 0)
    with pytest.raises(ValueError, match="more than 4 bytes"):
        ngram_loss(text, "abc")
    with pytest.raises(ValueError, match="order of 0 … 7"):
        ngram_loss(text, text, 8)
