"""`ludus fit nlp/encode` and `nlp/wordllama`: encoders out of other models, the pretrained ones, and their judge."""

import json
from importlib import util

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.data.utterances import load_utterances
from ludus.nlp.models import wordllama
from ludus.nlp.models.language_model import RecurrentLM, TransformerLM
from ludus.nlp.models.language_model import spaces_of as spaces_of_language
from ludus.nlp.models.text_component import bytes_of
from ludus.nlp.models.text_encoder import encoder_of
from ludus.nlp.models.wordllama import make_wordllama
from ludus.nlp.tasks.encode import nearest_right, words_only
from ludus.nlp.tokenizer import Tokenizer
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from understanding_toy import a_turn_understander, an_understander, make_file, some

needs_wordllama = pytest.mark.skipif(
    util.find_spec("wordllama") is None, reason="wordllama is not installed: pip install '.[pretrained]'"
)
TEXTS = ["play naima", "weather in oslo", "", "b" * 400]


def raw(texts):
    return torch.from_numpy(np.stack([bytes_of(text) for text in texts]))


def a_language_model(kind=TransformerLM, **sizes):
    torch.manual_seed(0)
    tokenizer = Tokenizer.learn(["play the blues now"], "char", 20)
    net = kind(*spaces_of_language(12, tokenizer.size), **{"width": 16, "layers": 1, **sizes})
    net.tokenizer = tokenizer
    return net.eval()


def test_the_encoder_of_an_understander_is_what_it_makes_of_a_row(tmp_path):
    net = an_understander()
    encoder = encoder_of(net)
    vectors = encoder(raw(TEXTS))
    assert vectors.shape == (4, 32)
    with torch.no_grad():
        rows, _ = net.encode([net.row_of(row.numpy()) for row in raw(TEXTS)])
        torch.testing.assert_close(vectors, net.encoder(net.vectors(rows), rows.lengths)[1])
    encoder.save(tmp_path / "v")
    assert torch.equal(Component.load(tmp_path / "v")(raw(TEXTS)), vectors)


def test_of_turns_what_the_clerk_did_last_counts():
    encoder = encoder_of(a_turn_understander())
    x = np.zeros((2, 257), np.uint8)
    x[:, 1:5], x[1, 0] = np.frombuffer(b"thai", np.uint8), 1
    one, other = encoder(torch.from_numpy(x))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("kind", [TransformerLM, RecurrentLM])
def test_the_encoder_of_a_model_of_language_is_the_mean_of_its_states(kind, tmp_path):
    net = a_language_model(kind)
    encoder = encoder_of(net)
    vectors = encoder(raw(TEXTS))
    ids = torch.tensor([net.tokenizer.encode("play naima")[:12]])
    with torch.no_grad():
        torch.testing.assert_close(vectors[0], net.stack(ids, ())[0][0].mean(dim=0))
    assert torch.isfinite(vectors).all()
    for k in range(4):
        encoder.forget()
        assert torch.equal(encoder(raw(TEXTS[k : k + 1]))[0], vectors[k])  # alone the same bits
    encoder.save(tmp_path / "v")
    assert torch.equal(Component.load(tmp_path / "v")(raw(TEXTS)), vectors)
    (tmp_path / "v" / "tokenizer.json").write_bytes(Tokenizer.learn(["other"], "char", 20).as_json())
    with pytest.raises(ValueError, match="tokenizer.json is damaged or that of another model"):
        Component.load(tmp_path / "v")


def test_what_holds_no_encoder_is_refused():
    with pytest.raises(ValueError, match="a TextEncoder holds no encoder of texts; expected what `ludus fit nlp/und"):
        encoder_of(encoder_of(an_understander()))


def test_nearest_neighbours_are_judged_by_the_cosine():
    train = some(("a a", "x", "O O"), ("b", "y", "O"), ("c", "z", "O"))
    test = some(("a b a", "x", "O O O"), ("b", "y", "O"), ("c d", "x", "O O"))
    assert nearest_right(words_only(train), train, test) == pytest.approx(2 / 3)
    place = {"a": 0, "b": 1, "c": 2, "d": 2}

    def count(rows):
        x = np.zeros((len(rows), 3), np.float32)
        for i, words in enumerate(rows):
            for word in words:
                x[i, place[word]] += 1.0
        return x

    assert nearest_right(count, train, test) == pytest.approx(2 / 3)


def test_the_command_makes_an_encoder_and_judges_it(tmp_path, capsys):
    an_understander().save(tmp_path / "m")
    data = str(make_file(tmp_path))
    given = ["--source", str(tmp_path / "m"), "--data", data, "--out", str(tmp_path / "v")]
    assert main(["fit", "nlp/encode", *given]) == 0
    shown = capsys.readouterr().out
    assert "32 numbers for each text" in shown
    assert "by the words alone (tf-idf)" in shown
    net = Component.load(tmp_path / "v")
    assert 0.0 <= net.metrics["nearest_right"] <= 1.0
    said = f"What the nearest of {len(load_utterances(data, 'train'))} utterances of {data}"
    assert "".join(said.split()) in "".join(shown.split())  # lines may end within a long path
    assert (folder_of(tmp_path / "v") / "fit.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "whose encoder? --source FOLDER"),
        (["--source", "nowhere"], "nowhere does not exist"),
        (["--source", "m", "--data", "snip"], "neither a set of utterances that Ludus knows nor a file"),
        (["--source", "m", "--set", "pool=mean"], "no setting 'pool'"),
        (["--source", "m", "--set", "neighbours=0"], "neighbours must be"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, monkeypatch, capsys, arguments, said):
    an_understander().save(tmp_path / "m")
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "nlp/encode", *arguments, "--out", "v"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "v.training").exists()


# --- Pretrained vectors ----------------------------------------------------------------------------------------------


@needs_wordllama
def test_pretrained_vectors_know_what_is_alike(tmp_path):
    net = make_wordllama()
    vectors = net(raw(["play some music", "put a song on", "how cold will it be tomorrow", ""]))
    assert vectors.shape == (4, 256)
    assert torch.isfinite(vectors).all()
    song, cold = torch.cosine_similarity(vectors[:1], vectors[1:3])
    assert song > cold + 0.1
    net.save(tmp_path / "v")
    assert torch.equal(Component.load(tmp_path / "v")(raw(["play some music"])), vectors[:1])
    assert (tmp_path / "v" / "weights.safetensors").stat().st_size < 1000


@needs_wordllama
def test_its_vectors_are_those_of_the_package():
    """The mean of the rows that the package's own table has for the tokens of Llama 2; no token that begins a text."""
    tokenizer, table = wordllama.installed()
    assert table.shape == (32_000, 256)
    assert tokenizer.encode("play music", add_special_tokens=False).tokens == ["▁play", "▁music"]
    ids = [tokenizer.token_to_id(token) for token in ("▁play", "▁music")]
    torch.testing.assert_close(make_wordllama()(raw(["play music"]))[0], table[ids].mean(dim=0))


@needs_wordllama
def test_another_package_is_refused(tmp_path, monkeypatch):
    make_wordllama().save(tmp_path / "v")
    path = tmp_path / "v" / "config.json"
    content = json.loads(path.read_text())
    content["config"]["version"] = "9.9"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="it is 'wordllama' '9.9' with weights .* adapts wordllama 0.4.0.post1"):
        Component.load(tmp_path / "v")
    wordllama.installed.cache_clear()
    monkeypatch.setattr(wordllama.metadata, "version", lambda name: "0.5")
    with pytest.raises(ValueError, match=r"wordllama 0.5 with weights .* is installed, expected 0.4.0.post1"):
        make_wordllama()


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    wordllama.installed.cache_clear()
    monkeypatch.setattr(wordllama.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"it needs the package wordllama .*: pip install 'wordllama==0.4.0.post1'"):
        make_wordllama()
