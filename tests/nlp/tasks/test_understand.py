"""`ludus fit nlp/understand`: what is learned, a training that was stopped, the report, and what is refused."""

import json
import os

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.data.utterance_sets import is_at_hand
from ludus.data.utterances import load_utterances
from ludus.nlp.models.understander import Understander, Understood
from ludus.nlp.tasks import understand_report as report
from ludus.nlp.tasks.understand import Understand, UtteranceBatches, build
from ludus.nlp.tasks.understand_recipe import compose
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from ludus.utils.interrupts import Interrupted
from stopping import stop_at
from understanding_toy import make_file, recipe, rows, some
from vision_toy import as_it_was, curve  # noqa: F401


def said(*rows):
    return [Understood(tuple(text.split()), tuple(tags.split()), intent, 1.0) for text, intent, tags in rows]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_file(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("model", ["gru", "transformer"])
def test_what_was_said_is_learned(data, tmp_path, model):
    lr = {"lr": 0.005, "heads": 2} if model == "transformer" else {}
    fit = Understand.start(tmp_path / "m", recipe(data, model, epochs=30, batch_size=8, holdout=False, **lr))
    net, summary = fit.train()
    assert net.metrics["intent_accuracy"] == 1.0
    assert net.metrics["slot_f1"] > 0.6
    said = Component.load(tmp_path / "m").understand("I want to hear so what today")
    assert said.intent == "play"
    assert ("so what", "track") in {(" ".join(said.words[s.start : s.stop]), s.name) for s in said.spans}
    assert "the last epoch, the validation part learned" in str(summary)


def test_a_training_that_was_stopped_ends_with_the_same_bits(data, tmp_path):
    whole, _ = Understand.start(tmp_path / "whole", recipe(data, ema=0.9, epochs=3)).train()
    fit = Understand.start(tmp_path / "cut", recipe(data, ema=0.9, epochs=3))
    with pytest.raises(Interrupted):
        fit.train(stop_at(2))
    again, _ = Understand.open(tmp_path / "cut").train()
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    shown = [curve(tmp_path / name, "validation/slot_f1") for name in ("cut", "whole")]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 3


def test_batches_have_about_one_length_and_each_row_once(data):
    train = load_utterances(str(data), "train")
    r = recipe(data, batch_size=4)
    batches = UtteranceBatches(train, build(r, train), 4, 0)
    seen = torch.cat([batches.rows(step) for step in range(len(batches))])
    assert len(seen.unique()) == len(seen) == len(batches) * 4
    again = UtteranceBatches(train, build(r, train), 4, 0)
    assert torch.equal(again.rows(len(batches) + 2), batches.rows(len(batches) + 2))  # a step needs none before it
    spread = [float(batches.lengths[batches.rows(step)].float().std()) for step in range(len(batches))]
    assert np.mean(spread) < 0.5 * float(batches.lengths.float().std())
    rows, intents, tags = batches.batch(0)
    assert tags.shape == rows.places.shape
    assert len(intents) == 4


def test_tensorboard_shows_utterances(data, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    Understand.start(tmp_path / "m", recipe(data)).train()
    events = EventAccumulator(str(folder_of(tmp_path / "m"))).Reload()
    texts = [tag for tag in events.Tags()["tensors"] if "understood" in tag]
    assert {tag.partition("/")[0] for tag in texts} == {"validation", "test"}
    shown = events.Tensors(texts[0])[0].tensor_proto.string_val[0].decode()
    assert "**Wrong**" in shown
    assert "](time)" in shown


# --- The report ------------------------------------------------------------------------------------------------------

TRAIN = some(
    ("play naima", "play", "O B-track"),
    ("play so", "play", "O B-track"),
    ("play naima now", "play", "O B-track O"),
    ("weather now", "weather", "O B-time"),
)
TEST = some(("play naima", "play", "O B-track"), ("weather oslo now", "weather", "O B-city B-time"))


def test_baselines_are_those_of_the_hand():
    assert report.bag_of_words(TRAIN, TEST) == ["play", "weather"]
    assert report.frequent_tags(TRAIN, TEST) == [("O", "B-track"), ("O", "O", "O")]  # "now": O once, B-time once
    most, words = report.baselines(TRAIN, TEST).values()
    assert most["intent_accuracy"] == 0.5
    assert most["slot_f1"] == 0.0
    assert words["intent_accuracy"] == 1.0
    # Of 3 spans 1 is found and 1 is said: 2 · 1 · 1/3 / (1 + 1/3) = 0.5.
    assert words["slot_f1"] == pytest.approx(0.5)
    assert words["exact_match"] == 0.5


def test_errors_are_counted_by_kind():
    found = said(("play naima", "weather", "O B-time"), ("weather oslo now", "weather", "O O B-time"))
    assert report.errors(found, TEST) == [
        ("intent play taken for weather", 1),
        ("slot city not found, or not where it begins and ends", 1),
        ("slot track taken for time", 1),
    ]
    figures = report.figures(found, TEST)
    assert figures["intent_accuracy"] == 0.5
    assert figures["exact_match"] == 0.0
    assert figures["slot_precision"] == 0.5
    assert figures["slot_recall"] == pytest.approx(1 / 3)


def test_words_beyond_those_that_are_read_count_as_none():
    (long,) = said(("weather oslo", "weather", "O B-city"))
    figures = report.figures([long], some(("weather oslo now", "weather", "O B-city B-time")))
    assert figures["slot_recall"] == 0.5
    assert figures["exact_match"] == 0.0


def test_the_summary_has_naive_and_published_figures_and_fits_a_terminal():
    r = compose_snips()
    found = said(("play naima", "play", "O B-track"), ("weather oslo now", "weather", "O O B-time"))
    metrics = {**report.figures(found, TEST), "parameters": 1e6, "seconds": 3.0}
    lines = str(report.Summary(metrics, report.baselines(TRAIN, TEST), r, report.errors(found, TEST))).split("\n")
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["on", "the", "test", "part,", "%", "intent", "slot", "F1", "exact", "match"]
    assert any(line.startswith("published: slot-gated") and "88.80" in line for line in lines)
    assert any(line.startswith("lstm ") and "100.00" in line for line in lines)
    sly = str(report.Summary(metrics, {}, r, [("intent \x1b[2J taken for play", 1)]))  # a file may name it so
    assert "1 time: intent \\x1b[2J taken for play" in sly
    assert "\x1b" not in sly


def compose_snips():
    return compose("snips", "lstm", settings={"threads": 1, "precision": "fp32"})


# --- Commands --------------------------------------------------------------------------------------------------------


def test_the_command_trains_and_the_other_one_asks(data, tmp_path, capsys):
    out = str(tmp_path / "m")
    settings = [
        "--set",
        "width=16",
        "--set",
        "buckets=64",
        "--set",
        "threads=1",
        "--set",
        "lr=0.02",
        "--set",
        "least=1",
    ]
    assert (
        main(["fit", "nlp/understand", "--data", str(data), "--model", "gru", "--epochs", "8", *settings, "--out", out])
        == 0
    )
    assert "ludus fit" not in capsys.readouterr().err
    picture = tmp_path / "why.png"
    assert main(["understand", out, "play naima at noon", "--explain", "--picture", str(picture)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("play ")
    assert "\n  why: " in shown
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "m"], "which data? --data NAME, one of snips, camrest"),
        (["--data", "snip", "--out", "m"], "neither a set of utterances that Ludus knows nor a file; did you mean"),
        (["--data", "DATA", "--model", "bert", "--out", "m"], "unknown model 'bert'"),
        (["--data", "DATA", "--set", "hidden=3", "--out", "m"], "no setting 'hidden'"),
        (["--data", "DATA", "--set", "least=0", "--out", "m"], "least must be >= 1|least must be 1"),
        (["--data", "DATA", "--set", "width=15", "--out", "m"], "its width is even; got 15"),
    ],
)
def test_what_cannot_be_trained_is_refused(data, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    given = [str(data) if part == "DATA" else part for part in arguments]
    assert main(["fit", "nlp/understand", *given]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ludus: ")
    assert any(part in error for part in said.split("|"))
    assert error.count("\n") == 1
    assert not (tmp_path / "m.training").exists()


def test_a_file_that_has_changed_is_not_gone_on_with(tmp_path):
    data = make_file(tmp_path)
    with pytest.raises(Interrupted):
        Understand.start(tmp_path / "m", recipe(data)).train(stop_at(2))
    more = [*rows(), *({"text": f"play tune {k}", "intent": "play"} for k in range(9))]
    data.write_text("\n".join(json.dumps(row) for row in more))
    with pytest.raises(ValueError, match="the data are not those that the checkpoint .* learned from"):
        Understand.open(tmp_path / "m").train()


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("LUDUS_DATA") or not is_at_hand("snips"), reason="SNIPS is not here: set LUDUS_DATA"
)
def test_snips_is_understood(tmp_path):
    """A tenth of the budget; docs/understanding.md has the whole."""
    settings = {"epochs": 3, "threads": 2, "precision": "fp32"}
    net, _ = Understand.start(tmp_path / "m", compose("snips", settings=settings)).train()
    assert isinstance(net, Understander)
    assert net.metrics["intent_accuracy"] > 0.955
    assert net.metrics["slot_f1"] > 0.72
