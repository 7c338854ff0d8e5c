"""Training a model of language: it learns, goes on after a kill with the same bits, and says what is wrong."""

import json
import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ludus.components.component import Component
from ludus.data.texts import load_text
from ludus.nlp.models.language_model import RecurrentLM, TransformerLM
from ludus.nlp.tasks import complete_report
from ludus.nlp.tasks.complete import Complete
from ludus.nlp.tasks.complete_recipe import LanguageRecipe, compose
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe, write_recipe
from ludus.utils.interrupts import Interrupted
from stopping import stop_at
from vision_toy import as_it_was  # noqa: F401

TINY = {
    "width": 16, "layers": 1, "tokens": "char", "context": 16, "epochs": 2, "batch_size": 32, "threads": 1,
    "precision": "fp32", "checkpoint_seconds": 0.0,
}  # fmt: skip
MODELS = {"transformer": {"heads": 2}, "rnn": {}, "gru": {}, "lstm": {}}


@pytest.fixture(scope="module", autouse=True)
def short_samples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complete_report, "WRITTEN", 4)
        yield


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A file of 1,800 characters for training, by characters 3 steps an epoch."""
    path = tmp_path_factory.mktemp("texts") / "stories.txt"
    path.write_text(load_text("generated").train[:2000])
    return str(path)


def fit(text, out, progress=None, model="transformer", **settings):
    return Complete.start(out, compose(text, model, settings={**TINY, **MODELS[model], **settings})).train(progress)


@pytest.fixture(scope="module")
def learned(text, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "stories"
    return out, *fit(
        text, out, lr=0.05, epochs=12, tokens="bpe", vocabulary=300, width=32, batch_size=8, checkpoint_seconds=30.0
    )


def test_a_text_is_learned_better_than_its_letters(learned):
    _, net, summary = learned
    assert net.metrics["nats_per_character"] < 0.8 * summary.baselines["letter frequencies"]
    for words in (
        "letter frequencies",
        "5-gram of bytes",
        "of 16 tokens",
        "12 epochs",
        "the last epoch",
        "seed 0",
    ):
        assert words in str(summary)


def test_a_finished_component_says_what_it_is_and_keeps_its_tokenizer(learned, text):
    out, net, _ = learned
    again = Component.load(out)
    assert isinstance(again, TransformerLM)
    assert again.metrics == net.metrics
    assert again.tokenizer.as_json() == net.tokenizer.as_json()
    m = net.metrics
    assert m["perplexity_per_character"] == pytest.approx(math.exp(m["nats_per_character"]))
    assert m["nats_per_token"] > m["nats_per_character"]
    assert m["parameters"] == sum(p.numel() for p in net.parameters())
    ids = torch.tensor([net.tokenizer.encode(load_text(text).test)[:16]])
    p = again(ids)
    assert p.shape == (1, again.vocabulary)
    assert float(p.detach().sum()) == pytest.approx(1.0, abs=1e-5)
    padded = torch.cat([ids[:, :7], torch.zeros(1, 9, dtype=torch.int64)], dim=1)
    assert torch.allclose(again.logits(padded), again.read(ids[:, :7])[0][:, -1], atol=1e-5)


def test_curves_and_samples_are_in_tensorboard(learned):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(learned[0])), size_guidance={"tensors": 0}).Reload()
    tags = {"train/loss", "train/nats_per_character", "validation/nats_per_character", "test/nats_per_character"}
    assert tags <= set(events.Tags()["scalars"])
    drawn = events.Tensors("samples/drawn/text_summary")
    assert len(drawn) == 12
    begun = learned[1].tokenizer.decode(learned[1].tokenizer.encode(load_text(learned[1].config["data"]).test)[:16])
    assert drawn[-1].tensor_proto.string_val[0].decode().startswith(f"    {begun[:10]}")
    losses = [point.value for point in events.Scalars("validation/nats_per_character")]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("model", "step", "settings"),
    [
        ("transformer", 2, {}),
        ("rnn", 3, {}),
        ("gru", 4, {"optimizer": "adamw"}),
        ("lstm", 2, {"precision": "bf16", "holdout": 0.2}),
    ],
)
def test_training_that_was_stopped_ends_with_the_same_bits(text, tmp_path, model, step, settings):
    whole, _ = fit(text, tmp_path / "whole", model=model, **settings)
    with pytest.raises(Interrupted, match="SIGINT"):
        fit(text, tmp_path / "stopped", stop_at(step), model, **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)  # another process has another global state
        resumed, _ = Complete.open(tmp_path / "stopped").train()
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    assert {**whole.metrics, "seconds": 0} == {**resumed.metrics, "seconds": 0}


def test_training_that_was_killed_goes_on(text, tmp_path):
    child = os.fork()
    if child == 0:
        try:
            fit(text, tmp_path / "killed", stop_at(4, signal.SIGKILL), dropout=0.2)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    resumed, _ = Complete.open(tmp_path / "killed").train()
    whole, _ = fit(text, tmp_path / "whole", dropout=0.2)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_what_is_held_out_chooses_the_epoch_and_is_not_learned_from(text):
    whole, held = (
        Complete(Path("x"), compose(text, "lstm", settings={**TINY, "holdout": share})).load() for share in (0.0, 0.2)
    )
    assert len(held.train) == int(0.8 * len(whole.train))
    assert held.tokenizer.decode(held.watched.tolist()) == load_text(text).train[len(held.train) :]
    assert torch.equal(whole.watched, whole.test[: len(whole.watched)])
    assert torch.equal(held.test, whole.test)


def test_a_search_compares_what_is_held_out_and_never_the_test(text, tmp_path):
    recipe = compose(text, "transformer", settings={**TINY, **MODELS["transformer"]})
    task = Complete.start(tmp_path / "net", recipe)
    assert (task.goal.figure, task.goal.rises, task.goal.settings) == ("nats_per_character", False, {"holdout": 0.1})
    with pytest.raises(ValueError, match="nothing is held out"):
        task.held_out(None, None)


def test_each_model_is_what_was_asked_for(text):
    for model in MODELS:
        kind = compose(text, model).component
        assert kind is (TransformerLM if model == "transformer" else RecurrentLM)
    for model, setting in (("lstm", "heads"), ("transformer", "squash"), ("gru", "cell")):
        with pytest.raises(ValueError, match=f"no setting '{setting}'"):
            compose(text, model, settings={setting: 1})


def test_recipe_comes_back_from_its_file(text, tmp_path):
    recipe = compose(text, "lstm", 7, {"lr": 0.01, "width": 24, "tokens": "char"})
    write_recipe(recipe, Complete.TASK, tmp_path / "fit.yaml")
    assert read_recipe(tmp_path / "fit.yaml", Complete.TASK, LanguageRecipe) == recipe
    assert recipe.net["width"] == 24


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 1}, "no setting 'learning_rate'"),
        ({"tokens": "word"}, "unknown tokens 'word'; known: bpe, char"),
        ({"context": 1}, "context must be 2 … 65,536, got 1"),
        ({"vocabulary": 70_000}, "vocabulary must be 5 … 65,536, got 70000"),
        ({"holdout": 1.0}, "holdout must be 0 … 0.9, got 1.0"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(text, settings, message):
    with pytest.raises(ValueError, match=message):
        compose(text, "transformer", settings=settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context": 2000}, "windows of 2,000 need 4,001; take a longer text, or a smaller --set context"),
        ({"heads": 3}, "multiple of twice the heads, got 16 and 3"),
        ({"tokens": "bpe", "vocabulary": 100}, "kind bpe has 260 … 65,536 tokens, got 100"),
        ({"holdout": 0.001, "context": 2}, "2 characters of .* would judge what is learned, which needs two tokens"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_written(text, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        fit(text, tmp_path / "net", **settings)
    assert not folder_of(tmp_path / "net").exists()


def test_a_text_whose_test_is_too_short_is_refused_before_anything_is_learned(tmp_path):
    path = tmp_path / "short.txt"
    for text, said in (("To be, or not to be: that is the questio", "4 characters"), ("abcdef", "1 character")):
        path.write_text(text)
        with pytest.raises(ValueError, match=f"{said} of .*short.txt would judge what is learned"):
            fit(str(path), tmp_path / "net", context=2)
        assert not folder_of(tmp_path / "net").exists()


def test_the_summary_writes_out_what_a_terminal_would_obey(learned):
    summary = learned[2]
    sly = replace(summary, samples={"greedy": "", "drawn": "a\x1b[31m\nb[/red]\x00"})
    assert "\na\\x1b[31m\nb[/red]\\x00\n" in str(sly)
    one = replace(
        summary, metrics={**summary.metrics, "vocabulary": 5.0}, recipe=replace(summary.recipe, tokens="char")
    )
    assert "parameters, 1 character\n" in str(one)


def test_command_fits_a_file_of_text(text, tmp_path, capsys):
    out = tmp_path / "my model"
    sets = [f"--set={key}={json.dumps(value)}" for key, value in TINY.items()]
    assert main(["fit", "nlp/complete", "--data", text, "--model", "gru", "--out", str(out), "--seed", "3", *sets]) == 0
    assert "nats per character" in " ".join(capsys.readouterr().out.split())
    assert Component.load(out).config["cell"] == "gru"
    assert read_recipe(folder_of(out) / "fit.yaml", Complete.TASK, LanguageRecipe).seed == 3


def test_command_shows_what_a_model_writes_and_names_as_they_are(tmp_path, capsys):
    (tmp_path / "marks.txt").write_text("[/b] x [i] :smile: " * 400)
    sets = [f"--set={key}={json.dumps(value)}" for key, value in {**TINY, "epochs": 1}.items()]
    out = tmp_path / "[i]"
    given = ["--data", str(tmp_path / "marks.txt"), "--model", "rnn", "--out", str(out)]
    assert main(["fit", "nlp/complete", *given, *sets]) == 0
    said = capsys.readouterr().out
    assert "\n[/b] x [i] :smil" in said
    assert f"Component: '{out}'" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "which text? --data NAME"),
        (["--out", "x", "--data", "shakespear"], "did you mean 'shakespeare'?"),
        (["--out", "x", "--data", "none.txt"], "'none.txt' does not exist"),
        (["--out", "x", "--data", "latin.txt"], "byte 0 (line 1) is 0xe4; perhaps it is Latin-1"),
        (["--out", "x", "--data", "short.txt"], "take a longer text"),
        (["--out", "x", "--resume"], "there is no training to go on with"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.txt").write_bytes(b"\xe4" * 100)
    (tmp_path / "short.txt").write_text("To be, or not to be.")
    assert main(["fit", "nlp/complete", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "x.training").exists()
