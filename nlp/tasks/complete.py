"""`ludus fit nlp/complete`: the training of a model of language (see `training/fit.py`)."""

from typing import Any, NamedTuple

import torch
from torch.utils.tensorboard import SummaryWriter

from ...data.texts import load_text
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ...utils.wording import counted
from ..baselines import ORDER
from ..cross_entropy import cross_entropy
from ..models.language_model import LanguageModel, spaces_of
from ..perplexity import text_loss
from ..tokenizer import Tokenizer
from ..windows import WindowBatches
from . import complete_report
from .complete_recipe import LanguageRecipe

HELD_OUT = 0.1  # share of the training text that a search for hyperparameters keeps for its choice
WATCHED = 20_000  # tokens at most whose loss is shown after each epoch


class Data(NamedTuple):
    """A text as tokens (T,) int64: what is learned from, what is watched while training, and the test."""

    tokenizer: Tokenizer
    train: torch.Tensor
    watched: torch.Tensor
    test: torch.Tensor
    letters: float  # characters of a token in training


def build(recipe: LanguageRecipe, tokenizer: Tokenizer) -> LanguageModel:
    """The untrained model of a recipe."""
    kind: Any = recipe.component  # a subclass, with arguments of its own
    cell = {} if recipe.model == "transformer" else {"cell": recipe.model}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net: LanguageModel = kind(*spaces_of(recipe.context, tokenizer.size), **recipe.net, **cell, data=recipe.data)
    net.tokenizer = tokenizer
    return net


class LanguageLearner(Learner):
    """The cross-entropy of the next token."""

    recipe: LanguageRecipe
    net: LanguageModel

    def __init__(self, recipe: LanguageRecipe, data: Data) -> None:
        batches = WindowBatches(data.train, recipe.context, recipe.batch_size, recipe.seed)
        super().__init__(recipe, build(recipe, data.tokenizer), batches, (data.train,))
        self.letters = data.letters

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        read, wanted = batch
        logits, _ = self.net.read(read)
        return cross_entropy(logits.flatten(0, 1), wanted.flatten())

    def curves(self) -> dict[str, float]:
        return super().curves() | {"train/nats_per_character": self.loss / self.letters}


class Complete(Fit):
    """The training of a model of language."""

    TASK, RECIPE = "nlp/complete", LanguageRecipe
    recipe: LanguageRecipe

    def load(self) -> Data:
        r = self.recipe
        text = load_text(r.data)
        learned, held = text.train, text.validation
        if r.holdout and not held:
            cut = int((1.0 - r.holdout) * len(learned))
            learned, held = learned[:cut], learned[cut:]
        tokenizer = Tokenizer.learn([learned], r.tokens, r.vocabulary)
        parts = [learned, held if r.holdout else text.test, text.test]
        train, watched, test = (torch.tensor(ids, dtype=torch.int64) for ids in tokenizer.encode_many(parts))
        for part, ids in zip(parts[1:], (watched, test), strict=True):
            if len(ids) < 2 or len(part.encode()) <= ORDER:  # said now, and not when the training has ended
                raise ValueError(
                    f"{counted(len(part), 'character')} of {r.data} would judge what is learned, which needs two "
                    f"tokens and more than {ORDER} bytes; take a longer text"
                )
        return Data(tokenizer, train, watched[:WATCHED], test, len(learned) / max(len(train), 1))

    def prepare(self, data: Data) -> LanguageLearner:
        return LanguageLearner(self.recipe, data)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        net: Any = learner.snapshot()
        loss = text_loss(net, data.watched).per_character
        if not self.recipe.holdout:
            return {"nats_per_character": loss}, f"test {loss:.4f} nats per character"
        learner.consider(loss)
        chosen = learner.best_step // len(learner.batches)
        return {"nats_per_character": loss}, f"held out {loss:.4f} nats per character (best epoch {chosen})"

    def show(self, learner: Learner, data: Data, writer: SummaryWriter) -> None:
        net: Any = learner.snapshot()
        for name, sample in complete_report.samples(net, data.test).items():
            writer.add_text(f"samples/{name}", complete_report.as_markdown(sample), learner.step)

    @property
    def goal(self) -> Goal:
        return Goal("nats_per_character", False, {"holdout": self.recipe.holdout or HELD_OUT}, {"holdout": 0.0})

    def held_out(self, net: LanguageModel, data: Data) -> dict[str, float]:
        if not self.recipe.holdout:
            raise ValueError("nothing is held out; give the recipe a holdout, such as --set holdout=0.1")
        return {"nats_per_character": text_loss(net, data.watched).per_character}

    def finish(
        self, net: LanguageModel, data: Data, writer: SummaryWriter, step: int, seconds: float
    ) -> complete_report.Summary:
        net.metrics = complete_report.measure(net, data.test, seconds)
        for name in ("nats_per_character", "nats_per_character_half_context"):
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        written = complete_report.samples(net, data.test)
        text = load_text(self.recipe.data)
        baselines = complete_report.naive_losses(text.train, text.test)
        return complete_report.Summary(net.metrics, baselines, written, self.recipe)
