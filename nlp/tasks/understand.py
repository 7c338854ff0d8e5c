"""`ludus fit nlp/understand`: the training of an understander of intents and tags (see `training/fit.py`)."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

from ...data.utterances import Utterances, load_utterances
from ...training.batches import Shuffled, generator
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ..models.understander import Understander, spaces_of
from ..words import Encoded, WordTable, known_words
from . import understand_report as report
from .understand_recipe import UnderstandRecipe

POOL = 16  # batches whose rows are sorted by length, so that little is filled up


class Data(NamedTuple):
    """Utterances to learn from, those that choose the epoch (``None``: nothing is held out), and those of the test."""

    train: Utterances
    watched: Utterances | None
    test: Utterances


def build(recipe: UnderstandRecipe, train: Utterances) -> Understander:
    """The untrained network of a recipe for these utterances."""
    intents = sorted(set(train.intents))
    names = sorted({tag[2:] for tags in train.tags for tag in tags} - {""})
    tags = ["O", *(f"{mark}-{name}" for name in names for mark in "BI")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return Understander(
            *spaces_of(len(intents)),
            **recipe.net,
            words=known_words(train.words, recipe.least),
            intents=intents,
            tags=tags,
            model=recipe.model,
            data=recipe.data,
        )


class UtteranceBatches(Shuffled):
    """Words, the number of the intent (B,) and those of the tags (B, L) of utterances of about one length."""

    def __init__(self, data: Utterances, net: Understander, batch_size: int, seed: int) -> None:
        super().__init__(len(data), batch_size, seed)
        self.table: WordTable = net.table
        numbers = {tag: number for number, tag in enumerate(net.tags)}
        self.words = data.words
        self.lengths = torch.tensor([len(words) for words in data.words])
        self.tags = torch.zeros((len(data), int(self.lengths.max())), dtype=torch.int64)
        for i, tags in enumerate(data.tags):
            self.tags[i, : len(tags)] = torch.tensor([numbers[tag] for tag in tags])
        self.intents = torch.tensor([net.intents.index(intent) for intent in data.intents])
        self._sorted = (-1, torch.empty(0, dtype=torch.int64))

    def rows(self, step: int) -> torch.Tensor:
        epoch, place = divmod(step, len(self))
        if self._sorted[0] != epoch:
            self._sorted = (epoch, self._order_of(epoch))
        return self._sorted[1][place * self.batch_size : (place + 1) * self.batch_size]

    def _order_of(self, epoch: int) -> torch.Tensor:
        """The rows of an epoch: shuffled, sorted by length within some batches, and these shuffled."""
        source = generator(self.seed, "epoch", epoch)
        order = torch.randperm(self.count, generator=source)[: len(self) * self.batch_size]
        pools = [pool[self.lengths[pool].argsort(stable=True)] for pool in order.split(POOL * self.batch_size)]
        batches = torch.cat(pools).view(len(self), self.batch_size)
        return batches[torch.randperm(len(self), generator=source)].flatten()

    def batch(self, step: int) -> tuple[Encoded, torch.Tensor, torch.Tensor]:
        rows = self.rows(step)
        encoded = self.table.encode([self.words[i] for i in rows.tolist()])
        return encoded, self.intents[rows], self.tags[rows, : encoded.places.shape[1]]


class UnderstandLearner(Learner):
    """Cross-entropy of the intents plus the negative log-likelihood of the tags per word, in nats."""

    recipe: UnderstandRecipe
    net: Understander

    def __init__(self, recipe: UnderstandRecipe, train: Utterances) -> None:
        net = build(recipe, train)
        batches = UtteranceBatches(train, net, recipe.batch_size, recipe.seed)
        words = report.bytes_tensor(train)
        super().__init__(recipe, net, batches, (words, batches.intents, batches.tags))
        self.parts = (0.0, 0.0)

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        rows, intents, tags = batch
        logits, scores = self.net.scores(rows)
        intent = F.cross_entropy(logits.float(), intents, label_smoothing=self.recipe.label_smoothing)
        tagged = self.net.crf.loss(scores, tags, rows.lengths) * (len(tags) / rows.lengths.sum())
        self.parts = (float(intent.detach()), float(tagged.detach()))
        return intent + self.recipe.tag_weight * tagged

    def curves(self) -> dict[str, float]:
        return {**super().curves(), "train/intent": self.parts[0], "train/tags": self.parts[1]}


class Understand(Fit):
    """The training of an understander; of what guests of a help desk mean, an ``UnderstandTurns``."""

    TASK, RECIPE = "nlp/understand", UnderstandRecipe
    recipe: UnderstandRecipe

    def __new__(cls, out: Path, recipe: UnderstandRecipe) -> "Understand":
        if recipe.of_dialogues:
            from .understand_turns import UnderstandTurns

            cls = UnderstandTurns
        return super().__new__(cls)

    def load(self) -> Any:
        train, held, test = (load_utterances(self.recipe.data, part) for part in ("train", "validation", "test"))
        return Data(train, held, test) if self.recipe.holdout else Data(train + held, None, test)

    def prepare(self, data: Data) -> UnderstandLearner:
        return UnderstandLearner(self.recipe, data.train)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        assert isinstance(learner, UnderstandLearner)
        if data.watched is None:
            return {}, ""
        net: Any = learner.snapshot()
        figures = report.figures(net.understand_words(data.watched.words), data.watched)
        learner.consider(-figures["intent_accuracy"] - figures["slot_f1"])
        return figures, f"intent {figures['intent_accuracy']:.1%}, slots {figures['slot_f1']:.1%}"

    def show(self, learner: Learner, data: Data, writer: SummaryWriter) -> None:
        if data.watched is not None:
            some = data.watched[: report.WATCHED]
            net: Any = learner.snapshot()
            said = report.examples(net.understand_words(some.words), some)
            writer.add_text("validation/understood", said, learner.step)

    @property
    def goal(self) -> Goal:
        return Goal("exact_match", True, {"holdout": True}, {})

    def held_out(self, net: Understander, data: Data) -> dict[str, float]:
        if data.watched is None:
            raise ValueError("nothing is held out; leave the validation part its job: --set holdout=true")
        return report.figures(net.eval().understand_words(data.watched.words), data.watched)

    def finish(self, net: Understander, data: Data, writer: SummaryWriter, step: int, seconds: float) -> report.Summary:
        found = net.eval().understand_words(data.test.words)
        net.metrics = report.measure(net, found, data.test, seconds)
        for name in ("intent_accuracy", "slot_f1", "exact_match"):
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        writer.add_text("test/understood", report.examples(found, data.test), step)
        return report.Summary(
            net.metrics, report.baselines(data.train, data.test), self.recipe, report.errors(found, data.test)
        )
