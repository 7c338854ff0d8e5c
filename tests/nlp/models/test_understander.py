"""Understanders: every kind of network, the bits of an answer, what is odd in a row, folders, explanations."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.components.component import Component
from ludus.components.utterance import TEXT_BYTES, encode_heard
from ludus.nlp.models import text_component
from ludus.nlp.models.text_component import BLOCK, LENGTHS, Row, bytes_of, text_of
from ludus.nlp.models.turn_understander import TurnUnderstander
from ludus.nlp.models.turn_understander import spaces_of as turn_spaces
from ludus.nlp.models.word_encoder import MODELS
from ludus.nlp.open_understander import open_understander
from ludus.nlp.words import EMPTY
from understanding_toy import MEANING, a_turn_understander, an_understander

FULL_SIZE = {"width": 192, "buckets": 512}
TEXTS = ["play naima", "weather in oslo", "", "what a long text this is, with more words than eight of them", "play"]


def raw(texts):
    return torch.from_numpy(np.stack([bytes_of(text) for text in texts]))


@pytest.mark.parametrize("model", MODELS)
def test_every_network_gives_probabilities_and_tags(model):
    net = an_understander(model)
    p = net(raw(TEXTS))
    assert p.shape == (len(TEXTS), 2)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(len(TEXTS)))
    said = net.understand("Weather in Oslo, please!")
    assert said.words == ("weather", "in", "oslo", "please")
    assert len(said.tags) == 4
    assert said.probability == pytest.approx(float(net(raw(["Weather in Oslo, please!"])).max()), abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_what_fills_up_a_row_changes_nothing(model):
    """Alone, beside a longer row, and in any longer block the answer is the same, and so are the states."""
    net = an_understander(model, layers=2)
    rows = [Row(["play", "naima", "now"]), Row(["weather"] * 12)]
    alone, context = net.encode(rows[:1])
    with torch.no_grad():
        beside = net.answer(*net.encode(rows))[:1]
        longer = net.answer(*net.encode(rows[:1], 40))
        torch.testing.assert_close(beside, net.answer(alone, context))
        torch.testing.assert_close(longer, net.answer(alone, context))
        torch.testing.assert_close(net.scores(net.encode(rows)[0])[1][:1, :3], net.scores(alone)[1])


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(40)), st.integers(1, 40))
def test_an_answer_has_the_same_bits_in_any_batch(order, size):
    texts = [f"{'word ' * (k % 11)}play song {k}" for k in range(40)]
    net = an_understander()
    expected = net(raw(texts)).numpy()
    net.forget()
    found = {}
    for begin in range(0, len(order), size):
        part = order[begin : begin + size]
        found.update(zip(part, net(raw([texts[k] for k in part])).numpy(), strict=True))
    assert all((found[k] == expected[k]).all() for k in range(40))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", [an_understander, a_turn_understander])
def test_networks_of_full_size_have_the_same_bits_in_any_batch(kind, model):
    """Where kernels treat a block's edge, or rows that begin within a cache line, otherwise than the rest."""
    net = kind(model, **FULL_SIZE)
    rows = [Row(f"{'word ' * (k % 7)}play song {k}".split()) for k in range(40)]
    expected = net.answers(rows)
    for size in (1, 7, 31):
        order = np.random.default_rng(size).permutation(40)
        for begin in range(0, 40, size):
            part = order[begin : begin + size].tolist()
            for k, found in zip(part, net.answers([rows[k] for k in part]), strict=True):
                np.testing.assert_array_equal(found, expected[k])


def test_a_row_is_answered_once(monkeypatch):
    net, asked = an_understander(), []
    whole = type(net).answer
    monkeypatch.setattr(type(net), "answer", lambda self, *given: asked.append(1) or whole(self, *given))
    first = net(raw(["play", "play", "stop"]))
    assert len(asked) == 1
    assert torch.equal(net(raw(["stop", "play"])), first[[2, 0]])
    assert len(asked) == 1
    monkeypatch.setattr(text_component, "MOST_KEPT", 2)
    net(raw([f"song {k}" for k in range(BLOCK + 1)]))
    assert len(asked) == 3
    assert len(net._kept) == 2


def test_other_weights_are_other_answers():
    net, other = an_understander(), an_understander(seed=1)
    before = net(raw(["play"]))
    net.load_state_dict(other.state_dict())
    assert torch.equal(net(raw(["play"])), other(raw(["play"])))
    assert not torch.equal(net(raw(["play"])), before)
    net.train()
    with torch.no_grad():
        net.intent_head.bias += torch.tensor([3.0, 0.0])
    assert not torch.equal(net.eval()(raw(["play"])), other(raw(["play"])))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=TEXT_BYTES), min_size=1, max_size=6))
def test_whatever_bytes_come_there_is_an_answer(rows):
    x = np.zeros((len(rows), TEXT_BYTES), np.uint8)
    for i, data in enumerate(rows):
        x[i, : len(data)] = np.frombuffer(data, np.uint8)
    p = an_understander()(torch.from_numpy(x))
    assert torch.isfinite(p).all()
    heard = np.concatenate([x[:, :1], x], axis=1)
    y = a_turn_understander()(torch.from_numpy(heard))
    assert torch.isfinite(y).all()
    assert ((y >= 0) & (y <= 1)).all()


def test_odd_rows_are_read_as_it_is_said():
    net = an_understander()
    broken = np.zeros(TEXT_BYTES, np.uint8)
    broken[:6] = np.frombuffer(b"pl\xffay!", np.uint8)
    assert net.row_of(broken).words == ["pl\ufffday"]
    assert net.row_of(np.zeros(TEXT_BYTES, np.uint8)).words == [EMPTY]
    assert text_of(bytes_of("é" * 200)) == "é" * 128  # cut off after a whole letter
    assert len(net.row_of(np.full(TEXT_BYTES, ord("a"), np.uint8)).words) == 1
    long = np.tile(np.frombuffer(b"a ", np.uint8), TEXT_BYTES // 2)
    assert len(net.row_of(long).words) == LENGTHS[-1]  # no text of a slot has more words
    assert len(net.understand("word " * 100_000).words) == LENGTHS[-1]
    silent = net.understand("")
    assert silent.words == (EMPTY,)


def backward_steps(loss):
    """The names of all steps of a gradient."""
    found, waiting = set(), [loss.grad_fn]
    while waiting:
        step = waiting.pop()
        if step is not None and step not in found:
            found.add(step)
            waiting += [before for before, _ in step.next_functions]
    return {step.name() for step in found}


@pytest.mark.parametrize("model", MODELS)
def test_no_gradient_is_added_up_in_an_order_that_threads_choose(model):
    """As of x[places] it is, by which a training of several threads would end with other bits each time."""
    net, rows = an_understander(model), [Row(["play", "play", "naima"]), Row(["weather"])]
    encoded, _ = net.encode(rows)
    logits, scores = net.scores(encoded)
    loss = logits.sum() + net.crf.loss(scores, torch.zeros(2, 3, dtype=torch.int64), encoded.lengths)
    turns = a_turn_understander(model)
    loss = loss + turns.loss(*turns.encode(rows), torch.zeros(2, MEANING.size))
    steps = backward_steps(loss)
    assert "EmbeddingBackward0" in steps
    assert not {name for name in steps if name.startswith("Index")}


def test_a_folder_gives_the_same_answers(tmp_path):
    net = an_understander("lstm")
    net.save(tmp_path / "m")
    loaded = open_understander(tmp_path / "m")
    assert torch.equal(loaded(raw(TEXTS)), net(raw(TEXTS)))
    assert loaded.understand("weather in oslo") == net.understand("weather in oslo")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("words", "play", "words is a list of names"),
        ("intents", ["play", "play"], "intents names something twice"),
        ("tags", [1, 2, 3], "tags is a list of names"),
        ("model", "bert", "unknown model bert|unknown model 'bert'"),
        ("words", ["play"], "of another architecture"),
        ("buckets", 0, "share 1 … 16,777,216 numbers, got buckets 0"),
        ("word_dropout", -1.0, "word_dropout is a share 0 … 1, got -1.0"),
    ],
)
def test_a_folder_that_was_changed_is_refused(tmp_path, key, value, said):
    net = an_understander()
    net.save(tmp_path / "m")
    path = tmp_path / "m" / "config.json"
    content = json.loads(path.read_text())
    content["config"][key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=said):
        open_understander(tmp_path / "m")


def test_a_component_of_another_kind_is_refused(tmp_path):
    from gymnasium import spaces

    from training_toy import Curve

    box = spaces.Box(-1.0, 1.0, (1,), np.float32)
    Curve(box, box).save(tmp_path / "curve")
    with pytest.raises(ValueError, match="is a Curve, which understands nothing; expected what `ludus fit nlp/und"):
        open_understander(tmp_path / "curve")


# --- Turns of a dialogue ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_turn_is_an_act_values_and_wishes(model, tmp_path):
    net = a_turn_understander(model)
    heard = np.stack(
        [encode_heard(last, text) for last, text in ((0, "thai food"), (1, "thai food"), (9, "thai food"))]
    )
    y = net(torch.from_numpy(heard))
    assert y.shape == (3, MEANING.size)
    for name in ("act", "food"):
        torch.testing.assert_close(y[:, MEANING.slice(name)].sum(dim=1), torch.ones(3))
    assert not torch.allclose(y[0], y[1])  # what the clerk did last counts
    assert torch.equal(y[0], y[2])  # an act that is not known counts as the first one
    meaning = net.understand("thai food", "request food")
    np.testing.assert_array_equal(meaning.chances, y[1].numpy())
    assert meaning.act == MEANING.part("act").columns[int(y[1, MEANING.slice("act")].argmax())]
    net.save(tmp_path / "m")
    assert torch.equal(Component.load(tmp_path / "m")(torch.from_numpy(heard)), y)
    with pytest.raises(ValueError, match="unknown act of the clerk 'sing'; known: greet, request food"):
        net.understand("thai", "sing")


def test_a_meaning_whose_numbers_have_no_names_is_refused():
    parts = MEANING.to_json()
    parts[1]["columns"] = []
    with pytest.raises(ValueError, match="the part 'food' of a meaning has no name for each of its numbers"):
        TurnUnderstander(*turn_spaces(MEANING), words=["a"], lasts=["greet"], meaning=parts)


def test_the_loss_of_a_turn_is_that_of_its_answers():
    net = a_turn_understander()
    rows, context = net.encode([Row(["thai"], 1), Row(["bye"], 0)])
    truth = torch.zeros(2, MEANING.size)
    act, food, wishes = (MEANING.slice(name).start for name in ("act", "food", "wishes"))
    truth[0, [act, food + 2, wishes + 1]] = 1.0
    truth[1, [act + 1, food]] = 1.0
    with torch.no_grad():
        p = net.answer(rows, context)
        said = torch.where(truth > 0, p, torch.where(torch.arange(MEANING.size) >= wishes, 1.0 - p, 1.0))
        torch.testing.assert_close(net.loss(rows, context, truth), -said.log().sum() / 2)
