"""`ludus fit nlp/understand --data grammar`: what guests of a help desk mean, errors by kind, and the slot it fills."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.components.utterance import decode_text, encode_meaning
from ludus.data.dialogue.terms import ACTS, LAST_ACTS
from ludus.data.dialogue.turns import load_templates, sample_turns
from ludus.nlp.models.text_component import Row
from ludus.nlp.models.turn_understander import TurnUnderstander
from ludus.nlp.tasks import understand_turns_report as report
from ludus.nlp.tasks.understand import Understand
from ludus.nlp.tasks.understand_recipe import HELPDESK, compose
from ludus.nlp.tasks.understand_turns import MEANING, TurnBatches, UnderstandTurns, build, hear, is_watched, overhear
from ludus.scripts.main import main
from ludus.utils.interrupts import Interrupted
from stopping import stop_at
from vision_toy import as_it_was, curve  # noqa: F401

TINY = {
    **{"turns": 400, "test_turns": 100, "epochs": 2, "batch_size": 50, "threads": 1, "checkpoint_seconds": 0.0},
    **{"width": 32, "buckets": 256, "dropout": 0.1, "lr": 0.01},
}


def recipe(**settings):
    return compose("grammar", "gru", settings={**TINY, **settings})


def test_what_guests_mean_is_learned(tmp_path):
    fit = Understand.start(tmp_path / "m", recipe(turns=1500, epochs=6, batch_size=32))
    assert isinstance(fit, UnderstandTurns)
    net, summary = fit.train()
    m = net.metrics
    assert m["act_errors"] < 0.15
    assert m["turns_right"] > 2.0 * max(0.1, summary.baselines["the most frequent meaning"]["turns_right"])
    assert m["turns_right_noisy"] <= m["turns_right"] + 0.02
    assert max(map(len, str(summary).split("\n"))) <= 100
    loaded = Component.load(tmp_path / "m")
    assert isinstance(loaded, TurnUnderstander)
    test = hear(sample_turns("test", 50, 2, "grammar"))
    y = loaded(torch.from_numpy(test.raw)).numpy()
    np.testing.assert_array_equal(y, np.stack(net.answers(test.rows)))
    assert report.figures_of(MEANING, y, test.truth)["act_errors"] < 0.25


def test_a_training_that_was_stopped_ends_with_the_same_bits(tmp_path):
    whole, _ = Understand.start(tmp_path / "whole", recipe()).train()
    with pytest.raises(Interrupted):
        Understand.start(tmp_path / "cut", recipe()).train(stop_at(3))
    again, _ = Understand.open(tmp_path / "cut").train()
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    assert curve(tmp_path / "cut", "validation/turns_right") == curve(tmp_path / "whole", "validation/turns_right")


def test_held_out_templates_are_not_learned_from():
    data = a_fit().load()
    said = {decode_text(raw) for raw in data.train.raw}
    assert data.watched is not None
    watched = [template for template in load_templates("train", "grammar") if is_watched(template)]
    assert 0.05 < len(watched) / len(load_templates("train", "grammar")) < 0.25
    plain = {template.text for template in watched if not template.slots}
    assert plain
    assert not said & plain
    everything = a_fit(holdout=False).load()
    assert everything.watched is None
    assert {decode_text(raw) for raw in everything.train.raw} & plain


def a_fit(**settings):
    return Understand(Path("nowhere"), recipe(**settings))


def test_words_are_misheard_in_training_alone():
    data = hear(sample_turns("train", 200, 0, "grammar"))
    net = build(recipe(), data)
    quiet, noisy = (TurnBatches(data, net, 100, 0, noise) for noise in (0.0, 0.3))
    (one, last, truth), (other, other_last, other_truth) = quiet.batch(0), noisy.batch(0)
    assert torch.equal(last, other_last)
    assert torch.equal(truth, other_truth)
    assert int(one.lengths.sum()) > int(other.lengths.sum()) > 0.7 * int(one.lengths.sum())
    again = TurnBatches(data, net, 100, 0, 0.3).batch(0)[0]
    assert all(torch.equal(a, b) for a, b in zip(other, again, strict=True))


def test_errors_are_told_apart_by_kind():
    truth = np.stack([encode_meaning(MEANING, "inform", {"food": "thai"}, {"phone"})] * 4)
    said = truth.copy()
    said[1] = encode_meaning(MEANING, "bye", {"food": "thai"}, {"phone"})
    said[2] = encode_meaning(MEANING, "inform", {"food": "dontcare"}, {"phone"})
    said[3] = encode_meaning(MEANING, "inform", {"food": "thai"}, {"phone", "area"})
    assert report.figures_of(MEANING, said, truth) == {
        "turns_right": 0.25,
        "act_errors": 0.25,
        "value_errors": 0.25,
        "wish_errors": 0.25,
    }


def test_the_keyword_rule_finds_values_by_their_names():
    train = hear(sample_turns("train", 600, 0, "grammar"))
    rule = report.Keywords(MEANING, train)
    said = rule.say(Row(["i", "want", "modern", "european", "food", "in", "the", "north"], LAST_ACTS.index("greet")))
    food, area = MEANING.part("food").columns, MEANING.part("area").columns
    assert food[int(said[MEANING.slice("food")].argmax())] == "modern european"  # and not european
    assert area[int(said[MEANING.slice("area")].argmax())] == "north"
    assert ACTS[int(said[MEANING.slice("act")].argmax())] == "inform"
    bye = rule.say(Row(["goodbye"], LAST_ACTS.index("offer")))
    assert ACTS[int(bye[MEANING.slice("act")].argmax())] == "bye"


def test_the_command_asks_a_turn_understander(tmp_path, capsys):
    Understand.start(tmp_path / "m", recipe()).train()
    assert main(["understand", str(tmp_path / "m"), "thai food please", "--last", "request food", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert shown.split("(")[0] in ACTS
    assert "why: " in shown
    assert main(["understand", str(tmp_path / "m"), "thai", "--last", "sing"]) == 1
    assert "unknown act of the clerk 'sing'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_help_desk_hears_by_it(tmp_path):
    """Fitted on the environment's own turns it fills the slot, and the answers do not depend on the batch."""
    from ludus.envs.make import make_batch

    net, _ = Understand.start(tmp_path / "m", compose(HELPDESK, "gru", settings={**TINY, "turns": 2000})).train()
    some = overhear("test", 200, 5)
    assert len({raw.tobytes() for raw in some.raw}) == len(some.raw)
    batch = make_batch(HELPDESK, 8, utterance=str(tmp_path / "m"))
    batch.seed_from(0)
    random, sense, raw = np.random.default_rng(0), batch.slot_loop("utterance", "sense"), np.empty((8, 257), np.uint8)
    for _ in range(20):
        batch.step((batch.buffers.mask * random.random(batch.buffers.mask.shape)).argmax(axis=1))
        sense(batch.records, np.arange(8), batch.world, raw)
        np.testing.assert_array_equal(batch.shown("utterance"), net(torch.from_numpy(raw)).numpy())
    batch.close()
