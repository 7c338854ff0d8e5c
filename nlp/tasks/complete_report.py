"""The report on a model of language: nats per character beside naive ones and published figures, cost, and samples."""

import math
from dataclasses import dataclass
from itertools import chain

import torch

from ...training.cost import parameter_count
from ...utils.wording import counted, printable
from ..baselines import naive_losses
from ..models.language_model import LanguageModel
from ..perplexity import text_loss
from ..tokenizer import SPECIAL
from ..writing import Choosing, write
from .complete_recipe import LanguageRecipe

__all__ = ["Summary", "as_markdown", "measure", "naive_losses", "samples"]

BEGUN = 16  # tokens of the test with which a sample begins
WRITTEN = 160  # tokens of a sample
CHOICES = {"greedy": Choosing(temperature=0.0), "drawn": Choosing()}  # by their names
# What others reached on the same parts of the same text, in nats per character.
PUBLISHED = {
    "shakespeare": {"nanoGPT, 10.65 M parameters": 1.4697},  # 3 minutes on an A100; its best checkpoint on the test
}


def measure(net: LanguageModel, test: torch.Tensor, seconds: float) -> dict[str, float]:
    """The metrics of a finished model: its loss in windows side by side, with half a context at least, and its cost."""
    apart = text_loss(net, test)
    half = text_loss(net, test, stride=max(net.context // 2, 1))
    return {
        "nats_per_character": apart.per_character,
        "perplexity_per_character": math.exp(apart.per_character),
        "nats_per_token": apart.per_token,
        "nats_per_character_half_context": half.per_character,
        "characters": float(apart.characters),
        "context": float(net.context),
        "vocabulary": float(net.vocabulary),
        "parameters": float(parameter_count(net)),
        "seconds": round(seconds, 1),
    }


def samples(net: LanguageModel, test: torch.Tensor) -> dict[str, str]:
    """How the model goes on with the first tokens of the test, by each of ``CHOICES``."""
    begun = test[:BEGUN].tolist()
    return {
        name: net.tokenizer.decode(chain(begun, write(net, begun, WRITTEN, choosing)))
        for name, choosing in CHOICES.items()
    }


def as_markdown(text: str) -> str:
    """A text for TensorBoard, line by line as it is: each is indented, which makes it code."""
    return "\n".join(f"    {line}" for line in text.splitlines())


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baselines: dict[str, float]  # nats per character
    samples: dict[str, str]
    recipe: LanguageRecipe

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        own = [
            (r.model, m["nats_per_character"]),
            (f"{r.model}, windows overlap by half", m["nats_per_character_half_context"]),
        ]
        rows = [*self.baselines.items(), *own, *((f"({name})", x) for name, x in PUBLISHED.get(r.data, {}).items())]
        wide = max(len(name) for name, _ in rows)
        kept = "the epoch that is best on what is held out" if r.holdout else "the last epoch"
        known = counted(int(m["vocabulary"]) - len(SPECIAL), "byte pair" if r.tokens == "bpe" else "character")
        return "\n".join(
            [
                *(f"{name:{wide}}  {loss:.4f} nats per character" for name, loss in rows),
                f"on the test ({m['characters']:,.0f} characters), in windows side by side of {m['context']:,.0f} "
                f"tokens; perplexity {m['perplexity_per_character']:.2f} per character; kept: {kept}",
                f"{m['parameters']:,.0f} parameters, {known}",
                f"{counted(r.epochs, 'epoch')} of {r.data} in {m['seconds']:,.0f} s ({r.precision}, "
                f"{counted(r.threads, 'thread')}, seed {r.seed})",
                "",
                printable(self.samples["drawn"], "\n\t"),
                "",
            ]
        )
