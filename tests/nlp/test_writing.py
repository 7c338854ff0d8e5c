"""Writing: the same text with and without kept keys and values, by the seed alone, from what is probable."""

import pytest
import torch

from language_toy import MODELS, TOKENIZERS, make_language_model
from ludus.nlp.tokenizer import SPECIAL
from ludus.nlp.writing import Choosing, check_beginning, write

DRAWN = Choosing(temperature=1.0, top_p=0.9, seed=3)


def begun(net, text="To be"):
    return check_beginning(net.tokenizer, text)


@pytest.mark.parametrize("model", MODELS)
def test_each_token_is_what_the_whole_text_before_it_makes_probable(model):
    """A state that is carried on writes what reading everything anew for each token writes."""
    net = make_language_model(model, context=40)
    ids = begun(net)
    written = list(write(net, ids, 30, DRAWN))
    for place in range(30):
        logits, _ = net.read(torch.tensor([ids + written[:place]]))
        assert written[place] == DRAWN.choose(logits[0, -1], 0, place)
    assert len(set(written)) > 5


def test_a_transformer_that_is_full_begins_anew_with_half_of_its_context():
    net = make_language_model(context=8)
    ids = begun(net)  # 5 tokens
    written = list(write(net, ids, 12, DRAWN))
    everything = ids + written
    # It reads 5 … 8 tokens, then, for the text's tenth, the last 4, and so on.
    held = [5, 6, 7, 8, 4, 5, 6, 7, 8, 4, 5, 6]
    for place, count in enumerate(held):
        end = len(ids) + place
        logits, _ = net.read(torch.tensor([everything[end - count : end]]))
        assert written[place] == DRAWN.choose(logits[0, -1], 0, place)


def test_of_a_long_beginning_a_transformer_reads_the_end_and_a_recurrent_network_all():
    for model, alike in (("transformer", True), ("lstm", False)):
        net = make_language_model(model, context=8)
        one, two = begun(net, "not to be: the question"), begun(net, "Whether in mind question")
        assert one[-8:] == two[-8:]
        logits = [next(write(net, ids, 1, Choosing(temperature=0.0))) for ids in (one, two)]
        states = [net.read(torch.tensor([ids[-8:] if net.windowed else ids]))[0][0, -1] for ids in (one, two)]
        assert bool(torch.equal(*states)) == alike
        assert not alike or logits[0] == logits[1]


def test_the_same_seed_writes_the_same_and_another_text_or_seed_another():
    net = make_language_model()
    ids = begun(net)

    def text(number=0, seed=3):
        return list(write(net, ids, 30, Choosing(1.0, 0.9, seed), number))

    assert text() == text()
    assert text() != text(number=1)
    assert text() != text(seed=4)


def test_greedy_takes_the_most_probable_token_and_never_a_special_one():
    logits = torch.zeros(10)
    logits[1], logits[7] = 9.0, 2.0
    assert Choosing(temperature=0.0).choose(logits, 0, 0) == 7
    logits[2:4] = 50.0
    assert {Choosing(1.0, 1.0, seed).choose(logits, 0, 0) for seed in range(200)} <= set(range(len(SPECIAL), 10))


def test_tokens_are_drawn_as_often_as_they_are_probable():
    p = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.5, 0.3, 0.15, 0.05])
    count = 4000

    def shares(**settings):
        drawn = torch.tensor([Choosing(**settings).choose(p.log(), text, 0) for text in range(count)])
        return torch.bincount(drawn, minlength=8).double() / count

    assert torch.allclose(shares(temperature=1.0, top_p=1.0), p.double(), atol=0.025)
    cut = torch.tensor([0.5, 0.3, 0.0, 0.0]) / 0.8  # 0.5 + 0.3 reach 0.75
    assert torch.allclose(shares(temperature=1.0, top_p=0.75)[4:], cut.double(), atol=0.025)
    sharp = p**2 / (p**2).sum()
    assert torch.allclose(shares(temperature=0.5, top_p=1.0), sharp.double(), atol=0.025)
    assert shares(temperature=1.0, top_p=0.01)[4] == 1.0


def test_at_the_lowest_temperatures_the_most_probable_token_is_drawn():
    logits = torch.linspace(-3.0, 40.0, 12).roll(-6)
    for temperature in (1e-310, 1e-30, 1e-3):
        assert Choosing(temperature, 1.0).choose(logits, 0, 0) == 5


def test_a_model_of_damaged_weights_writes_nothing():
    net = make_language_model()
    net.head.bias.data[5] = torch.nan
    for temperature in (0.0, 1.0):
        with pytest.raises(ValueError, match=r"gives no numbers \(NaN\) for the next token: its weights are damaged"):
            list(write(net, begun(net), 3, Choosing(temperature)))


def test_bad_beginnings_and_choices_are_said_in_a_line():
    tokenizer = TOKENIZERS["char"]
    for text, said in (
        ("", "the text is empty"),
        ("Tö be", r"never seen 'ö'; it knows \d+ characters"),
        ("a" * 100_001, "100,001 characters, at most 100,000"),
    ):
        with pytest.raises(ValueError, match=said):
            check_beginning(tokenizer, text)
    assert check_beginning(TOKENIZERS["bpe"], "Tö 日本")
    for settings, said in (
        ({"temperature": -1.0}, "temperature must be 0 … 100"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"top_p": 0.0}, "top-p must be above 0"),
        ({"top_p": 1.1}, "top-p must be"),
    ):
        with pytest.raises(ValueError, match=said):
            Choosing(**settings)
