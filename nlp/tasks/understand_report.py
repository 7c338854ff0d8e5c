"""The report on an understander: figures, naive and published ones beside them, and what it gets wrong."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...data.utterances import Utterances
from ...training.cost import parameter_count
from ...utils.wording import counted, in_line
from ..models.understander import Understander, Understood
from ..spans import span_figures, spans_of
from ..words import normal

SHOWN = 12  # utterances that TensorBoard shows of each kind
WATCHED = 200  # utterances of the validation part among which examples are looked for
MOST_ERRORS = 5  # kinds of errors that the summary names
# Accuracy of the intent and F1 of the slots on the test part, as published: anchors of Goo et al. 2018 and later.
PUBLISHED: dict[str, dict[str, tuple[float, float | None]]] = {
    "snips": {
        "slot-gated BiLSTM (Goo et al. 2018)": (0.970, 0.888),
        "BiLSTM with GloVe (sz128)": (0.9914, None),
        "BERT (JointBERT)": (0.9914, None),
    }
}


def bytes_tensor(data: Utterances) -> torch.Tensor:
    """The words as one tensor of bytes, for the digest of what is learned from."""
    text = "\n".join(" ".join(words) for words in data.words)
    return torch.from_numpy(np.frombuffer(text.encode(errors="surrogatepass"), np.uint8).copy())


def figures(found: Sequence[Understood], data: Utterances) -> dict[str, float]:
    """Intent accuracy, precision, recall and F1 of the slots (conlleval), and the share that is right as a whole."""
    intents = [one.intent == intent for one, intent in zip(found, data.intents, strict=True)]
    whole = [
        right and spans_of(one.tags) == spans_of(tags[: len(one.tags)]) and len(one.tags) == len(tags)
        for right, one, tags in zip(intents, found, data.tags, strict=True)
    ]
    tags = [(*one.tags, *["O"] * (len(true) - len(one.tags))) for one, true in zip(found, data.tags, strict=True)]
    spans = span_figures(data.tags, tags)
    return {
        "intent_accuracy": float(np.mean(intents)),
        "slot_f1": spans["f1"],
        "slot_precision": spans["precision"],
        "slot_recall": spans["recall"],
        "exact_match": float(np.mean(whole)),
    }


def measure(net: Understander, found: Sequence[Understood], data: Utterances, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: on the test part, and what it costs."""
    return {
        **figures(found, data),
        "parameters": float(parameter_count(net)),
        "seconds": round(seconds, 1),
        "utterances": float(len(data)),
    }


# --- Baselines -------------------------------------------------------------------------------------------------------


def baselines(train: Utterances, test: Utterances) -> dict[str, dict[str, float]]:
    """Figures of what needs no network, by what it is."""
    usual = Counter(train.intents).most_common(1)[0][0]
    plain = [("O",) * len(words) for words in test.words]
    tagged = frequent_tags(train, test)
    by_words = bag_of_words(train, test)
    return {
        "the most frequent intent, no slots": figures(_said(test, [usual] * len(test), plain), test),
        "bag of words, the most frequent tag of each word": figures(_said(test, by_words, tagged), test),
    }


def _said(test: Utterances, intents: Sequence[str], tags: Sequence[tuple[str, ...]]) -> list[Understood]:
    return [Understood(*parts, 1.0) for parts in zip(test.words, tags, intents, strict=True)]


def frequent_tags(train: Utterances, test: Utterances) -> list[tuple[str, ...]]:
    """Each word with the tag that it has most often in training; ``O`` for a new one."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for words, tags in zip(train.words, train.tags, strict=True):
        for word, tag in zip(words, tags, strict=True):
            counts[normal(word)][tag] += 1
    best = {word: count.most_common(1)[0][0] for word, count in counts.items()}
    return [tuple(best.get(normal(word), "O") for word in words) for words in test.words]


def bag_of_words(train: Utterances, test: Utterances) -> list[str]:
    """The intent by naive Bayes: how often each word stands in each intent's utterances, their order forgotten."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for words, intent in zip(train.words, train.intents, strict=True):
        totals[intent].update(map(normal, words))
    vocabulary = len(set().union(*totals.values()))
    shares = Counter(train.intents)
    found = []
    for words in test.words:
        scores = {}
        for intent, counts in totals.items():
            size = counts.total() + vocabulary
            likely = sum(math.log((counts[normal(word)] + 1) / size) for word in words)
            scores[intent] = math.log(shares[intent]) + likely
        found.append(max(sorted(scores), key=lambda intent: scores[intent]))
    return found


# --- What is shown ---------------------------------------------------------------------------------------------------


def errors(found: Sequence[Understood], data: Utterances) -> list[tuple[str, int]]:
    """Kinds of errors and how often each is made, the most frequent first."""
    counts: Counter[str] = Counter()
    for one, intent, tags in zip(found, data.intents, data.tags, strict=True):
        if one.intent != intent:
            counts[f"intent {intent} taken for {one.intent}"] += 1
        true, said = {(s.start, s.stop): s.name for s in spans_of(tags)}, {(s.start, s.stop): s.name for s in one.spans}
        for place, name in true.items():
            if place not in said:
                counts[f"slot {name} not found, or not where it begins and ends"] += 1
            elif said[place] != name:
                counts[f"slot {name} taken for {said[place]}"] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def marked(words: Sequence[str], tags: Sequence[str]) -> str:
    """An utterance with its slots in brackets: ``play [blue train](track)``."""
    parts, at = [], 0
    for span in spans_of(tags):
        parts += [*words[at : span.start], f"[{' '.join(words[span.start : span.stop])}]({span.name})"]
        at = span.stop
    return " ".join([*parts, *words[at:]])


def examples(found: Sequence[Understood], data: Utterances) -> str:
    """Markdown for TensorBoard: some utterances that are wrong, then some that are right."""
    wrong, right = [], []
    for one, intent, tags in zip(found, data.intents, data.tags, strict=True):
        said, true = f"{one.intent}: {marked(one.words, one.tags)}", f"{intent}: {marked(one.words, tags)}"
        if said == true:
            right.append(f"* {in_line(said)}")
        else:
            wrong.append(f"* said {in_line(said)}  \n  true {in_line(true)}")
    return listed(wrong, right)


def listed(wrong: Sequence[str], right: Sequence[str]) -> str:
    """Markdown of the first examples of both kinds, each a line of a list."""
    return "\n".join(["**Wrong**", "", *wrong[:SHOWN], "", "**Right**", "", *right[:SHOWN]])


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baselines: dict[str, dict[str, float]]
    recipe: Any
    errors: list[tuple[str, int]]

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        rows = [(name, *_cells(of)) for name, of in self.baselines.items()]
        rows.append((r.model, *_cells(m)))
        for name, (intent, slots) in PUBLISHED.get(r.data, {}).items():
            rows.append((f"published: {name}", _percent(intent), _percent(slots), "–"))
        wide = max(len(row[0]) for row in rows)
        head = f"{'on the test part, %':{wide}}  intent  slot F1  exact match"
        lines = [f"{name:{wide}}  {a:>6}  {b:>7}  {c:>11}" for name, a, b, c in rows]
        kept = "the best epoch on the validation part" if r.holdout else "the last epoch, the validation part learned"
        most = [f"{counted(number, 'time')}: {in_line(what, 120)}" for what, number in self.errors[:MOST_ERRORS]]
        return "\n".join(
            [
                head,
                *lines,
                *(["It is wrong most often here:", *(f"  {line}" for line in most)] if most else []),
                f"{m['parameters']:,.0f} parameters; kept: {kept}",
                f"{counted(r.epochs, 'epoch')} of {r.data} in {m['seconds']:,.0f} s ({r.precision}, "
                f"{counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )


def _cells(of: dict[str, float]) -> tuple[str, str, str]:
    return _percent(of["intent_accuracy"]), _percent(of["slot_f1"]), _percent(of["exact_match"])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100.0 * share:.2f}"
