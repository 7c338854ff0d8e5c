"""The words that moved an answer: weights that add up, texts of terminals, and a picture."""

import numpy as np
import pytest
import torch
from torch import nn

from ludus.explain.words import AGAINST, FOR, Weighed, colour_of, coloured, plain, weigh_words, words_picture
from ludus.nlp.models.text_component import Row
from ludus.nlp.weighing import weigh_intent, weigh_row
from understanding_toy import a_turn_understander, an_understander


def test_of_a_linear_answer_the_weights_are_known():
    torch.manual_seed(0)
    vectors, toward = torch.randn(2, 3, 4), torch.randn(3, 4)
    weights = weigh_words(nn.Identity(), lambda x: (x * toward).sum(dim=(1, 2)), vectors)
    np.testing.assert_allclose(weights, (vectors * toward).sum(dim=2).numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", ["gru", "transformer"])
def test_the_weights_add_up_to_what_the_words_changed(model):
    net = an_understander(model)
    row = Row(["weather", "in", "oslo"])
    rows, context = net.encode([row])
    with torch.no_grad():
        vectors = net.vectors(rows)
        with_words, without = (net.logits_of(x, rows.lengths, context)[0] for x in (vectors, 0.0 * vectors))
    for k in range(2):
        weighed = weigh_row(net, row, np.eye(2)[k], "x")
        assert weighed.words == ("weather", "in", "oslo")
        assert weighed.weights.sum() == pytest.approx(float(with_words[k] - without[k]), abs=0.02)
    assert not net.training


def test_a_sum_of_answers_can_be_weighed_of_a_turn():
    net = a_turn_understander()
    direction = np.zeros(net.meaning.size)
    direction[[0, 3]] = 1.0, -0.5
    one, other = (weigh_row(net, Row(["thai", "food"], 1), part, "x").weights for part in (direction, 2 * direction))
    np.testing.assert_allclose(other, 2 * one, rtol=1e-4, atol=1e-6)


def test_an_intent_is_explained_by_its_name():
    net = an_understander()
    weighed = weigh_intent(net, "Weather in Oslo")
    said = net.understand("Weather in Oslo")
    assert weighed.answer == f"{said.intent} {said.probability:.0%}"
    assert weigh_intent(net, "Weather in Oslo", "play").answer.startswith("play")
    with pytest.raises(ValueError, match="unknown intent 'sing'; known: play, weather"):
        weigh_intent(net, "la", "sing")


def test_colours_say_for_and_against():
    assert colour_of(1.0) == FOR
    assert colour_of(-1.0) == AGAINST
    assert colour_of(0.05) == (255, 255, 255)
    weighed = Weighed(("play", "the", "blues"), np.array([2.0, 0.01, -1.0], np.float32), "PlayMusic 98 %")
    text = coloured(weighed)
    assert text.plain == "play the blues "
    assert len(text.spans) == 2
    assert plain(weighed) == "play +1.00, blues -0.50"
    assert plain(Weighed(("a",), np.zeros(1, np.float32), "x")) == "no word"
    sly = Weighed(("\x1b[2J",), np.ones(1, np.float32), "x")
    assert coloured(sly).plain == "\\x1b[2J "
    assert plain(sly) == "\\x1b[2J +1.00"


def test_the_picture_has_green_and_red_words_and_no_width_is_left():
    words = ("play", *["word"] * 40, "x" * 100_000)
    weights = np.zeros(len(words), np.float32)
    weights[[0, 5]] = 1.0, -1.0
    picture = words_picture([Weighed(words, weights, "PlayMusic " * 40)], width=600)
    assert picture.shape[1:] == (600, 3)
    assert picture.dtype == np.uint8
    assert (picture == np.array(FOR)).all(axis=2).any()
    assert (picture == np.array(AGAINST)).all(axis=2).any()
    assert (picture[:-2, -8:] == 255).all()  # nothing runs out of it
