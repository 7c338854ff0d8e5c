"""Training a translator: it learns, goes on after a kill with the same bits, and says in a line what is wrong."""

import json
import os
import signal

import pytest
import torch

from ludus.components.component import Component
from ludus.nlp.models.translator import Translator
from ludus.nlp.tasks import translate, translate_report
from ludus.nlp.tasks.translate import Translate
from ludus.nlp.tasks.translate_recipe import TranslatorRecipe, compose
from ludus.nlp.tokenizer import BEGIN, END, PAD
from ludus.nlp.translation import word_by_word
from ludus.nlp.translation.pair_batches import PairBatches
from ludus.scripts.main import main
from ludus.training import progress
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe, write_recipe
from ludus.utils.interrupts import Interrupted
from stopping import stop_at
from translation_toy import TINY, WORDS, sentences

PARTS = {"train": sentences(48), "val": sentences(6, 340), "test": sentences(10, 350)}


@pytest.fixture(scope="module", autouse=True)
def small_parts():
    """Each step is reported; a few sentences stand in the place of those of ``phrases``."""
    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translate, "load_parallel", lambda name, source, target, split: PARTS[split])
        patch.setattr(progress, "REPORT_SECONDS", 0.0)
        yield
    torch.set_num_threads(before)


def fit(out, progress=None, **settings):
    return Translate.start(out, compose("phrases", settings={**TINY, **settings})).train(progress)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PARTS, "train", sentences(320))
        out = tmp_path_factory.mktemp("models") / "de-en"
        return out, *fit(out, epochs=10, lr=0.04)


def test_words_are_learned_and_baselines_stand_beside(learned):
    _, net, summary = learned
    assert net.metrics["BLEU"] > 80.0 > summary.rows[translate_report.COPY].bleu
    assert list(summary.rows) == [translate_report.COPY, translate_report.DICTIONARY, "translator, beam 2"]
    said = str(summary)
    for text in (
        "BLEU   chrF",
        "nrefs:1|case:mixed|eff:no|tok:13a",
        "10 epochs of phrases",
        "de to en on 10 sentences",
    ):
        assert text in said


def test_finished_translator_says_what_it_is(learned):
    out, net, _ = learned
    again = Component.load(out)
    assert isinstance(again, Translator)
    assert again.metrics == net.metrics
    assert {"BLEU", "chrF", "loss", "beam", "parameters", "seconds", "sentences"} <= again.metrics.keys()
    assert (again.config["source"], again.config["target"], again.config["data"]) == ("de", "en", "phrases")


def test_curves_and_translations_are_in_tensorboard(learned):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(learned[0]))).Reload()
    assert {"train/loss", "validation/BLEU", "validation/loss", "test/BLEU", "test/chrF"} <= set(
        events.Tags()["scalars"]
    )
    losses = [point.value for point in events.Scalars("validation/loss")]
    assert len(losses) == 10
    assert losses[-1] < 0.3 * losses[0]
    shown = events.Tensors("validation/translations/text_summary")
    text = shown[-1].tensor_proto.string_val[0].decode()
    assert PARTS["val"].sources[0] in text
    assert PARTS["val"].targets[0] in text
    assert "test/translations/text_summary" in events.Tags()["tensors"]


def equal(one, other):
    return all(torch.equal(value, other.state_dict()[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize(
    ("step", "settings"), [(2, {"dropout": 0.2}), (4, {"precision": "bf16", "optimizer": "adamw", "lr": 0.001})]
)
def test_training_that_was_stopped_ends_with_the_same_bits(tmp_path, step, settings):
    whole, _ = fit(tmp_path / "whole", **settings)
    with pytest.raises(Interrupted, match="SIGINT"):
        fit(tmp_path / "stopped", stop_at(step), **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)  # another process has another global state
        resumed, _ = Translate.open(tmp_path / "stopped").train()
    assert equal(whole, resumed)
    assert {**whole.metrics, "seconds": 0} == {**resumed.metrics, "seconds": 0}


def test_training_that_was_killed_goes_on(tmp_path):
    child = os.fork()
    if child == 0:
        try:
            fit(tmp_path / "killed", stop_at(4, signal.SIGKILL))
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    resumed, _ = Translate.open(tmp_path / "killed").train()
    whole, _ = fit(tmp_path / "whole")
    assert equal(whole, resumed)


def ragged(count=200):
    """Tokens of sentences whose lengths differ much."""
    source = torch.Generator().manual_seed(5)
    lengths = torch.randint(0, 30, (count, 2), generator=source).tolist()
    return [list(range(4, 4 + a)) for a, _ in lengths], [list(range(4, 4 + b)) for _, b in lengths]


def test_every_pair_comes_once_in_an_epoch_and_batches_have_about_as_many_tokens():
    sources, targets = ragged()
    batches = PairBatches(sources, targets, 64, 20, seed=0)
    assert len(batches) == 10
    for epoch in (0, 1):
        rows = [batches.rows(step) for step in range(epoch * 10, epoch * 10 + 10)]
        assert torch.cat(rows).sort().values.tolist() == list(range(200))
        tokens = [int(batches.lengths[each].sum()) for each in rows]
        assert max(tokens) - min(tokens) <= 2 * 62  # a pair has 62 at most
    assert not torch.equal(batches.rows(0), batches.rows(10))
    assert batches.filled > 0.7 > 0.6 > PairBatches(sources, targets, 64, 200, seed=0).filled


def test_batch_is_a_function_of_seed_and_step():
    sources, targets = ragged()
    batches, again = (PairBatches(sources, targets, 64, 20, seed=0) for _ in range(2))
    later = batches.batch(17)
    batches.batch(3)
    for one, other in zip(again.batch(17), later, strict=True):
        assert torch.equal(one, other)
    source, target = later
    assert len(source) == len(target)
    assert (target[:, 0] == BEGIN).all()
    assert ((source == END).sum(dim=1) == 1).all()
    assert ((target == END).sum(dim=1) == 1).all()
    real = (source != PAD).sum(dim=1)
    assert source[torch.arange(len(source)), real - 1].tolist() == [END] * len(source)
    assert not torch.equal(PairBatches(sources, targets, 64, 20, seed=1).rows(17), batches.rows(17))


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_no_batch_is_empty_however_long_a_pair_is(batch_size):
    sources = [[5] * (400 if k == 7 else 3) for k in range(40)]
    batches = PairBatches(sources, sources, 500, batch_size, seed=0)
    rows = [batches.rows(step) for step in range(len(batches))]
    assert min(map(len, rows)) >= 1
    assert torch.cat(rows).sort().values.tolist() == list(range(40))


def test_few_pairs_are_one_batch():
    batches = PairBatches([[5]], [[6, 7]], 64, 128, seed=0)
    assert len(batches) == 1
    assert [tensor.tolist() for tensor in batches.batch(5)] == [[[5, END]], [[BEGIN, 6, 7, END]]]


def test_recipe_comes_back_from_its_file(tmp_path):
    recipe = compose("phrases", "en", "de", seed=7, settings={"lr": 0.01, "width": 64, "smoothing": 0})
    write_recipe(recipe, Translate.TASK, tmp_path / "fit.yaml")
    assert read_recipe(tmp_path / "fit.yaml", Translate.TASK, TranslatorRecipe) == recipe
    assert recipe.net == {"width": 64}
    assert (recipe.source, recipe.target) == ("en", "de")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(("", ""), ("de", "en")), (("en", ""), ("en", "de")), (("", "de"), ("en", "de")), (("en", "de"), ("en", "de"))],
)
def test_language_that_is_not_named_is_the_other_one(given, expected):
    recipe = compose("phrases", *given)
    assert (recipe.source, recipe.target) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 1}, "no setting 'learning_rate'"),
        ({"widht": 8}, "did you mean 'width'"),
        ({"source": "de"}, "no setting 'source'"),
        ({"smoothing": 0.95}, "smoothing must be 0 … 0.9, got 0.95"),
        ({"beam": 0}, "the beam must be 1 … 100, got 0"),
        ({"power": -1.0}, "the power of the length must be 0 … 5, got -1"),
        ({"length": 1}, "length must be 2 … "),
    ],
)
def test_setting_that_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        compose("phrases", settings=settings)


def test_pairs_that_are_too_long_are_left_out_and_said(tmp_path):
    notes = Translate.start(tmp_path / "a", compose("phrases", settings={**TINY, "length": 8})).notes
    assert len(notes) == 1
    assert "of 8 tokens and more are not learned from" in notes[0]
    with pytest.raises(
        ValueError, match="none of the 48 pairs has fewer than 3 tokens in both languages; give a longer"
    ):
        Translate.start(tmp_path / "b", compose("phrases", settings={**TINY, "length": 3}))
    assert not folder_of(tmp_path / "b").exists()


def test_it_can_be_tuned_by_bleu_on_the_validation_part(learned):
    fitting = Translate(learned[0], compose("phrases", settings=TINY))
    assert fitting.goal.figure == "BLEU"
    assert fitting.goal.rises
    assert fitting.held_out(learned[1], fitting.load())["BLEU"] > 50.0


def test_table_of_translations_shows_marks_as_they_are():
    assert translate_report._cell("a|b <i> c\\d") == "a\\|b &lt;i> c\\\\d"


def test_dictionary_of_words_in_order_is_perfect():
    pairs = sentences(100)
    dictionary = word_by_word.learn_dictionary(pairs.sources, pairs.targets)
    assert dictionary == WORDS


def test_command_fits_a_table_of_pairs(tmp_path, capsys):
    pairs = sentences(200)
    lines = [f"{a}\t{b}" for a, b in zip(pairs.sources, pairs.targets, strict=True)]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines), encoding="utf-8")
    sets = [f"--set={key}={json.dumps(value)}" for key, value in {**TINY, "epochs": 1, "batch_size": 60}.items()]
    out = tmp_path / "my translator"
    given = ["--file", str(tmp_path / "pairs.tsv"), "--source", "xx", "--out", str(out), *sets]
    assert main(["fit", "nlp/translate", *given]) == 0
    assert "xx to target on" in " ".join(capsys.readouterr().out.split())
    assert Component.load(out).config["data"] == str(tmp_path / "pairs.tsv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "which sentences? --data NAME, one of multi30k, phrases, or --file SOURCE TARGET"),
        (["--out", "x", "--data", "phrases", "--file", "a"], "which sentences?"),
        (["--out", "x", "--data", "multi3k"], "did you mean 'multi30k'?"),
        (["--out", "x", "--data", "phrases", "--source", "fr"], "phrases has no language 'fr'"),
        (["--out", "x", "--file", "nowhere.tsv"], "nowhere.tsv does not exist; expected a text"),
        (["--out", "x", "--resume"], "there is no training to go on with"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "nlp/translate", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
