"""The report on a translator: BLEU beside naive translators and published figures, its loss, and examples as text."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...data.parallel import Parallel
from ...training.cost import parameter_count
from ...utils.wording import counted
from ..models.translator import Translator, as_source, as_target
from ..tokenizer import PAD
from ..translation import bleu, word_by_word
from ..translation.published import published_bleu
from ..translation.translating import AT_ONCE, translate
from .translate_recipe import TranslatorRecipe

SHOWN = 8  # sentences that TensorBoard shows
COPY, DICTIONARY = "the source, copied", "word by word, by a counted dictionary"


@torch.no_grad()
def loss_of(net: Translator, pairs: Parallel) -> float:
    """Mean cross-entropy of a token of the translations, in nats; over-long ones are cut."""
    sources, targets = (net.tokenizer.encode_many(texts) for texts in (pairs.sources, pairs.targets))
    total, count = 0.0, 0
    for start in range(0, len(pairs), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        source = as_source(sources[rows], net.length).to(net.device)
        target = as_target(targets[rows], net.longest).to(net.device)
        asked = int((target[:, 1:] != PAD).sum())
        total, count = total + asked * float(net.loss(source, target)), count + asked
    return total / count


def watch(net: Translator, pairs: Parallel, most: int) -> dict[str, float]:
    """The loss on the pairs, and BLEU of the first ``most`` of them by greedy search."""
    some = Parallel(pairs.sources[:most], pairs.targets[:most])
    found = bleu.score(translate(net, some.sources, beam=1), some.targets)
    return {"BLEU": found.bleu, "loss": loss_of(net, some)}


def examples(net: Translator, pairs: Parallel, beam: int = 1) -> str:
    """Some sentences with their translations and what a person wrote, as Markdown for TensorBoard."""
    sources = pairs.sources[:SHOWN]
    rows = zip(sources, translate(net, sources, beam), pairs.targets, strict=False)
    lines = ["| source | translation | reference |", "|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(_cell(text) for text in row) + " |" for row in rows)])


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def baselines(train: Parallel, test: Parallel) -> dict[str, Sequence[str]]:
    """Translations of the test that need no network."""
    dictionary = word_by_word.learn_dictionary(train.sources, train.targets)
    return {COPY: test.sources, DICTIONARY: word_by_word.translate(test.sources, dictionary)}


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    rows: dict[str, bleu.Scores]  # who -> how good on the test
    recipe: TranslatorRecipe

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        table = [["", "BLEU", "chrF"]]
        table += [[who, f"{found.bleu:.2f}", f"{found.chrf:.1f}"] for who, found in self.rows.items()]
        table += [[who, f"{x:.2f}", "–"] for who, x in published_bleu(r.data, r.source, r.target).items()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        own = next(reversed(self.rows.values()))
        return "\n".join(
            [
                *(f"{who:{widths[0]}}  {one:>{widths[1]}}  {other:>{widths[2]}}" for who, one, other in table),
                f"{r.source} to {r.target} on {counted(int(m['sentences']), 'sentence')} of the test, raw texts with "
                f"case; {m['loss']:.3f} nats per token, {own.ratio:.3f} words per word of the references.",
                f"BLEU {own.signature}",
                f"chrF {own.chrf_signature}",
                "Published figures are of other tokenisations, by which BLEU differs.",
                f"{counted(r.epochs, 'epoch')} of {r.learned_from} in {m['seconds']:,.0f} s ({m['parameters']:,.0f} "
                f"parameters, {m['vocabulary']:,.0f} tokens, {r.precision}, {counted(r.threads, 'thread')}, seed "
                f"{r.seed})",
            ]
        )


def judge(net: Translator, train: Parallel, test: Parallel, recipe: TranslatorRecipe, seconds: float) -> Summary:
    """How good a finished translator is on the test, beside naive ones."""
    rows = {who: bleu.score(texts, test.targets) for who, texts in baselines(train, test).items()}
    own = bleu.score(translate(net, test.sources, recipe.beam, recipe.power), test.targets)
    rows[f"translator, beam {recipe.beam}"] = own
    metrics = {
        "BLEU": own.bleu,
        "chrF": own.chrf,
        "loss": loss_of(net, test),
        "beam": float(recipe.beam),
        "sentences": float(len(test)),
        "vocabulary": float(net.vocabulary),
        "parameters": float(parameter_count(net)),
        "seconds": round(seconds, 1),
    }
    return Summary(metrics, rows, recipe)
