"""The translator: filling counts for nothing, kept keys give the same scores, search is exact, folders are whole."""

import itertools
import json

import pytest
import torch
from torch.nn import functional as F

from ludus.components.component import Component
from ludus.nlp.beam import NEVER
from ludus.nlp.models.transformer import Maps
from ludus.nlp.models.translator import Translator, Writing, as_source, as_target, spaces_of
from ludus.nlp.tokenizer import BEGIN, END, PAD, Tokenizer
from translation_toy import sentences, tokenizer, translator

PAIRS = sentences(5)
NET = translator()
SOURCES, TARGETS = ([NET.tokenizer.encode(text) for text in texts] for texts in (PAIRS.sources, PAIRS.targets))
SOURCES[2], TARGETS[1], TARGETS[3] = SOURCES[2][:3], TARGETS[1][:2], []


def test_sentences_and_translations_are_framed_and_cut():
    assert as_source([[7, 8], [9]], 12).tolist() == [[7, 8, END], [9, END, PAD]]
    assert as_source([[7, 8, 9]], 3).tolist() == [[7, 8, END]]
    assert as_target([[7, 8], []], 12).tolist() == [[BEGIN, 7, 8, END], [BEGIN, END, PAD, PAD]]
    assert as_target([[7, 8, 9]], 3).tolist() == [[BEGIN, 7, 8, END]]


@torch.no_grad()
def test_loss_is_the_mean_over_all_tokens_of_what_each_costs_alone():
    """Filling of either side changes nothing: each pair is read by itself here, and together there."""
    costs = []
    for source, target in zip(SOURCES, TARGETS, strict=True):
        asked = as_target([target], 12)
        scores = NET.scores(as_source([source], 12), asked[:, :-1])[0]
        costs += F.cross_entropy(scores, asked[0, 1:], reduction="none", label_smoothing=0.1).tolist()
    together = NET.loss(as_source(SOURCES, 12), as_target(TARGETS, 12), 0.1)
    assert len(costs) == sum(map(len, TARGETS)) + len(TARGETS)
    assert float(together) == pytest.approx(sum(costs) / len(costs), rel=1e-5)


@torch.no_grad()
def test_scores_with_kept_keys_are_those_without():
    source, target = as_source(SOURCES, 12), as_target(TARGETS, 12)
    whole = NET.scores(source, target)
    writing = Writing(NET, source)
    for place in range(target.shape[1]):
        torch.testing.assert_close(writing.step(target[:, place]), whole[:, place], rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_rows_that_were_selected_go_on_as_those_they_come_from():
    writing, alone = Writing(NET, as_source(SOURCES, 12)), Writing(NET, as_source(SOURCES[4:], 12))
    begin = torch.full((5,), BEGIN)
    writing.step(begin)
    alone.step(begin[:1])
    writing.select(torch.tensor([4, 0, 4]))
    found = writing.step(torch.tensor([9, 9, 9]))
    expected = alone.step(torch.tensor([9]))[0]
    torch.testing.assert_close(found[0], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found[2], expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(found[1], expected, atol=1e-2)


@torch.no_grad()
def test_nobody_looks_at_what_comes_later_or_at_filling():
    source, target = as_source(SOURCES, 12), as_target(TARGETS, 12)
    changed = target.clone()
    changed[:, 3] = 200
    assert torch.equal(NET.scores(source, target)[:, :3], NET.scores(source, changed)[:, :3])
    maps = Maps()
    NET.scores(source, target, maps)
    for layer in (*maps.own[:2], *maps.memory):  # of the encoder, and of the decoder at it
        filling = (source == PAD)[:, None, None, :].expand_as(layer)
        assert filling.any()
        assert not layer[filling].any()


class Small(Translator):
    """One of two words."""

    def scores_of(self, x):
        scores = super().scores_of(x)
        barred = torch.ones(scores.shape[-1], dtype=torch.bool)
        barred[[END, 100, 101]] = False
        return scores.masked_fill(barred, -torch.inf)


@torch.no_grad()
@pytest.mark.parametrize("power", [0.0, 1.0])
def test_beam_of_full_width_finds_the_best_of_all_translations(power):
    net = translator(3, sharp=3.0)
    net.__class__ = Small
    net.longest = 4  # three words, then END
    texts = [list(words) for n in range(4) for words in itertools.product((100, 101), repeat=n)]
    for source in SOURCES[:3]:
        read = as_source([source], 12).expand(len(texts), -1)
        target = as_target(texts, 4)
        scores = net.scores(read, target[:, :-1])
        scores[..., NEVER] = -torch.inf
        last = torch.arange(scores.shape[1]) == 3
        scores[:, last] = scores[:, last].masked_fill(torch.arange(scores.shape[2]) != END, -torch.inf)
        whole = net.scores(read, target[:, :-1]).log_softmax(-1)
        asked = target[:, 1:]
        each = whole.gather(2, asked[..., None])[..., 0].masked_fill(asked == PAD, 0.0).sum(dim=1)
        each = each / torch.tensor([float(len(text) + 1) ** power for text in texts])
        best = texts[int(each.argmax())]
        assert net.search(as_source([source], 12), beam=30, power=power) == [best]


@torch.no_grad()
def test_component_gives_what_greedy_search_finds():
    net = translator(1, sharp=2.0)
    x = torch.zeros(3, 12, dtype=torch.int64)
    for row, source in enumerate(SOURCES[:3]):
        x[row, : len(source[:11]) + 1] = torch.tensor([*source[:11], END])
    y = net(x)
    assert y.shape == (3, 12)
    assert y.dtype == torch.int64
    for row, source in enumerate(SOURCES[:3]):
        state, text, token = Writing(net, as_source([source], 12)), [], BEGIN
        while len(text) < 11:
            scores = state.step(torch.tensor([token]))[0]
            scores[list(NEVER)] = -torch.inf
            token = int(scores.argmax())
            if token == END:
                break
            text.append(token)
        assert y[row].tolist() == [*text, END, *[PAD] * (11 - len(text))]


def test_finished_translator_comes_back_from_its_folder(tmp_path):
    fingerprint = NET.save(tmp_path / "net")
    again = Component.load(tmp_path / "net")
    assert isinstance(again, Translator)
    assert again.fingerprint == fingerprint
    assert again.tokenizer.as_json() == NET.tokenizer.as_json()
    assert again.config["source"] == "de"
    source, target = as_source(SOURCES, 12), as_target(TARGETS, 12)
    assert torch.equal(again.scores(source, target), NET.scores(source, target))


def test_tokenizer_that_was_swapped_on_disk_is_refused(tmp_path):
    NET.save(tmp_path / "net")
    other = Tokenizer.learn(["other words altogether"], "bpe", 290)
    (tmp_path / "net" / "tokenizer.json").write_bytes(other.as_json())
    with pytest.raises(ValueError, match=r"tokenizer\.json is damaged or that of another model"):
        Component.load(tmp_path / "net")
    (tmp_path / "net" / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"holds no tokenizer\.json"):
        Component.load(tmp_path / "net")


def test_vocabulary_of_another_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"has 270 tokens, the model knows 290; it is that of another model"):
        NET.tokenizer = Tokenizer.learn([*PAIRS.sources], "bpe", 270)
    NET.save(tmp_path / "net")
    config = json.loads((tmp_path / "net" / "config.json").read_bytes())
    config["config"]["vocabulary"] = 300
    (tmp_path / "net" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="that describes .* numbers, the weights have"):
        Component.load(tmp_path / "net")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"width": 0}, "a translator has a width and a vocabulary, got 0"),
        ({"width": 10, "heads": 4}, "width is a multiple of twice the heads, got 10 and 4"),
        ({"layers": 0}, "layers, got 0"),
        ({"dropout": 1.5}, "dropout is a share 0 … 1, got 1.5"),
        ({"hidden": -1}, "hidden -1"),
    ],
)
def test_sizes_that_make_no_network_are_refused(config, message):
    with pytest.raises(ValueError, match=message):
        Translator(*spaces_of(8, 8, 300), **{"width": 16, "heads": 2, "vocabulary": 300, **config})


def test_spaces_that_are_no_tokens_are_refused():
    one, other = spaces_of(8, 8, 300)
    assert one.shape == (8,)
    with pytest.raises(ValueError, match="a translator takes and gives tokens, int64"):
        Translator(one, type(other)(0, 1, (8, 2)), vocabulary=300)


def test_both_languages_and_the_output_share_one_embedding():
    names = [name for name, weight in NET.named_parameters() if weight.shape[0] == tokenizer().size]
    assert names == ["embedding.weight"]
