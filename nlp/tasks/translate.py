"""`ludus fit nlp/translate`: the training of a translator (see `training/fit.py`)."""

from typing import Any, NamedTuple

import torch
from torch.utils.tensorboard import SummaryWriter

from ...data.parallel import SPLITS, Parallel, load_parallel, read_parallel
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ...utils.wording import counted
from ..models.translator import Translator, spaces_of
from ..tokenizer import Tokenizer
from ..translation.bleu import import_metrics
from ..translation.pair_batches import PairBatches
from . import translate_report
from .translate_recipe import TranslatorRecipe


class Data(NamedTuple):
    """Sentence pairs of the three parts, and the tokens of those that are learned from."""

    train: Parallel
    val: Parallel
    test: Parallel
    tokenizer: Tokenizer
    sources: list[list[int]]
    targets: list[list[int]]


def build(recipe: TranslatorRecipe, tokenizer: Tokenizer) -> Translator:
    """The untrained translator of a recipe."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net = Translator(
            *spaces_of(recipe.length, recipe.length, tokenizer.size),
            **recipe.net,
            vocabulary=tokenizer.size,
            source=recipe.source,
            target=recipe.target,
            data=recipe.learned_from,
        )
    net.tokenizer = tokenizer
    return net


class TranslatorLearner(Learner):
    """The cross-entropy of each token, told those before it."""

    recipe: TranslatorRecipe
    net: Translator

    def __init__(self, recipe: TranslatorRecipe, data: Data) -> None:
        batches = PairBatches(data.sources, data.targets, recipe.length, recipe.batch_size, recipe.seed)
        super().__init__(recipe, build(recipe, data.tokenizer), batches, batches.data)

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        return self.net.loss(*batch, self.recipe.smoothing)


class Translate(Fit):
    """The training of a translator."""

    TASK, RECIPE = "nlp/translate", TranslatorRecipe
    recipe: TranslatorRecipe

    def check(self) -> None:
        import_metrics()  # what the test needs is asked for before the training, not after it
        super().check()

    def load(self) -> Data:
        r = self.recipe
        if r.file:
            train, val, test = read_parallel(r.file).values()
        else:
            train, val, test = (load_parallel(r.data, r.source, r.target, split) for split in SPLITS)
        tokenizer = Tokenizer.learn([*train.sources, *train.targets], "bpe", r.vocabulary)
        pairs = zip(tokenizer.encode_many(train.sources), tokenizer.encode_many(train.targets), strict=True)
        kept = [(a, b) for a, b in pairs if max(len(a), len(b)) < r.length]
        if not kept:
            raise ValueError(
                f"none of the {counted(len(train), 'pair')} has fewer than {r.length} tokens in both languages; give a "
                "longer --set length"
            )
        if len(kept) < len(train):
            self.tell(
                f"{counted(len(train) - len(kept), 'pair')} of {len(train):,} of {r.length} tokens and more are not "
                "learned from"
            )
        return Data(train, val, test, tokenizer, [a for a, _ in kept], [b for _, b in kept])

    def tell(self, note: str) -> None:
        """Keep a note for the person, once: the text is read again when the training begins."""
        if note not in self.notes:
            self.notes.append(note)

    def prepare(self, data: Data) -> TranslatorLearner:
        return TranslatorLearner(self.recipe, data)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        net: Any = learner.snapshot()
        figures = translate_report.watch(net, data.val, self.recipe.watched)
        return figures, f"validation BLEU {figures['BLEU']:.1f}, {figures['loss']:.3f} nats per token"

    def show(self, learner: Learner, data: Data, writer: SummaryWriter) -> None:
        net: Any = learner.snapshot()
        writer.add_text("validation/translations", translate_report.examples(net, data.val), learner.step)

    @property
    def goal(self) -> Goal:
        return Goal("BLEU", True, {}, {})

    def held_out(self, net: Translator, data: Data) -> dict[str, float]:
        return translate_report.watch(net.eval(), data.val, len(data.val))

    def finish(
        self, net: Translator, data: Data, writer: SummaryWriter, step: int, seconds: float
    ) -> translate_report.Summary:
        summary = translate_report.judge(net.eval(), data.train, data.test, self.recipe, seconds)
        net.metrics = summary.metrics
        for name in ("BLEU", "chrF"):
            writer.add_scalar(f"test/{name}", summary.metrics[name], step)
        writer.add_text("test/translations", translate_report.examples(net, data.test, self.recipe.beam), step)
        return summary
