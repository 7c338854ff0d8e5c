"""The report on a turn understander: what it understands, which errors it makes, and naive baselines beside it."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...components.layout import Layout
from ...components.utterance import DONTCARE, NONE, decode_meaning, decode_text
from ...training.cost import parameter_count
from ...utils.wording import counted, in_line
from ..models.text_component import Row
from ..models.turn_understander import TurnUnderstander
from .understand_report import listed

if TYPE_CHECKING:
    from .understand_turns import Heard

NOISE = 0.05  # share of the words that are misheard in the noisy test, as in `ludus/Helpdesk-v0`
KINDS = ("act", "value", "wish")  # of errors


def errors_of(meaning: Layout, said: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Which utterances are misunderstood in what: by kind (N,) bool, from answers and truths (N, meaning.size)."""
    act, *slots, wishes = meaning.names
    wrong = {
        name: said[:, meaning.slice(name)].argmax(axis=1) != truth[:, meaning.slice(name)].argmax(axis=1)
        for name in (act, *slots)
    }
    asked = (said[:, meaning.slice(wishes)] > 0.5) != (truth[:, meaning.slice(wishes)] > 0.5)
    return {
        "act": wrong[act],
        "value": np.any([wrong[slot] for slot in slots], axis=0),
        "wish": asked.any(axis=1),
    }


def figures_of(meaning: Layout, said: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The share that is right as a whole, and the shares with an error of each kind."""
    wrong = errors_of(meaning, said, truth)
    right = ~np.any([*wrong.values()], axis=0)
    return {
        "turns_right": float(right.mean()),
        **{f"{kind}_errors": float(wrong[kind].mean()) for kind in KINDS},
    }


def figures(net: TurnUnderstander, data: "Heard") -> dict[str, float]:
    """The same of what a component says of turns."""
    return figures_of(net.meaning, np.stack(net.answers(data.rows)), data.truth)


def measure(net: TurnUnderstander, test: "Heard", noisy: "Heard", seconds: float) -> dict[str, float]:
    """The metrics of a finished component: on the test's turns, as they were said and misheard, and what it costs."""
    return {
        **figures(net, test),
        **{f"{name}_noisy": value for name, value in figures(net, noisy).items()},
        "parameters": float(parameter_count(net)),
        "seconds": round(seconds, 1),
        "turns": float(len(test.rows)),
    }


# --- Baselines -------------------------------------------------------------------------------------------------------


def baselines(train: "Heard", test: "Heard", noisy: "Heard") -> dict[str, dict[str, float]]:
    """Figures of what needs no network, by what it is."""
    from .understand_turns import MEANING

    usual = Counter(row.tobytes() for row in train.truth).most_common(1)[0][0]
    words = Keywords(MEANING, train)
    found = {}
    for name, say in (
        ("the most frequent meaning", lambda row: np.frombuffer(usual, np.float32)),
        ("values by name, the rest by naive Bayes", words.say),
    ):
        shares = [figures_of(MEANING, np.stack([say(row) for row in data.rows]), data.truth) for data in (test, noisy)]
        found[name] = shares[0] | {f"{key}_noisy": value for key, value in shares[1].items()}
    return found


class Keywords:
    """A rule without a network: a value where its name is said; the act, dontcare and wishes by naive Bayes.

    That is how often each word, and what the clerk did last, comes with each; their order is forgotten.
    """

    def __init__(self, meaning: Layout, train: "Heard") -> None:
        self.meaning = meaning
        act, *slots, wishes = meaning.parts
        self.names = {
            slot.name: [(i, f" {value} ") for i, value in enumerate(slot.columns) if value not in (NONE, DONTCARE)]
            for slot in slots
        }
        self.questions = {"act": train.truth[:, meaning.slice(act.name)].argmax(axis=1)}
        for slot in slots:
            open_ = slot.columns.index(DONTCARE)
            self.questions[slot.name] = train.truth[:, meaning.slice(slot.name).start + open_].astype(np.int64)
        for i, wish in enumerate(wishes.columns):
            asked = train.truth[:, meaning.slice(wishes.name).start + i]
            self.questions[f"wish {wish}"] = asked.astype(np.int64)
        self.counts = {name: _count(train.rows, answers) for name, answers in self.questions.items()}

    def say(self, row: Row) -> np.ndarray:
        """(meaning.size,) what the rule makes of an utterance."""
        act, *slots, wishes = self.meaning.parts
        said, text = np.zeros(self.meaning.size, np.float32), f" {' '.join(row.words)} "
        said[self.meaning.slice(act.name).start + self._likely("act", row)] = 1.0
        for slot in slots:
            named = max(((len(name), i) for i, name in self.names[slot.name] if name in text), default=(0, 0))[1]
            value = named or (slot.columns.index(DONTCARE) if self._likely(slot.name, row) else 0)
            said[self.meaning.slice(slot.name).start + value] = 1.0
        for i, wish in enumerate(wishes.columns):
            said[self.meaning.slice(wishes.name).start + i] = self._likely(f"wish {wish}", row)
        return said

    def _likely(self, question: str, row: Row) -> int:
        scores = {}
        for answer, (share, counts, size) in self.counts[question].items():
            scores[answer] = share + sum(math.log((counts[word] + 0.5) / size) for word in _signs(row))
        return max(sorted(scores), key=lambda answer: scores[answer])


def _signs(row: Row) -> list[str]:
    return [*row.words, f"after {row.context}"]


def _count(rows: list[Row], answers: np.ndarray) -> dict[int, tuple[float, Counter[str], float]]:
    """Of each answer: the logarithm of its share, how often each word comes with it, and the sum of that."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for row, answer in zip(rows, answers.tolist(), strict=True):
        counts[answer].update(_signs(row))
    known = len(set().union(*counts.values()))
    shares = Counter(answers.tolist())
    return {
        answer: (math.log(shares[answer] / len(rows)), words, words.total() + 0.5 * known)
        for answer, words in counts.items()
    }


# --- What is shown ---------------------------------------------------------------------------------------------------


def examples(net: TurnUnderstander, data: "Heard", most: int = 500) -> str:
    """Markdown for TensorBoard: some utterances that are misunderstood, then some that are not."""
    wrong, right = [], []
    for said, raw, truth in zip(net.meanings([*data.raw[:most]]), data.raw, data.truth, strict=False):
        act, values, wishes = decode_meaning(net.meaning, truth)
        text = f"({net.lasts[int(raw[0])]}) {in_line(decode_text(raw))}"
        if (said.act, said.values, said.wishes) == (act, values, wishes):
            right.append(f"* {text}: {said}")
        else:
            wrong.append(f"* {text}: said {said}, true {said._replace(act=act, values=values, wishes=wishes)}")
    return listed(wrong, right)


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baselines: dict[str, dict[str, float]]
    recipe: Any
    corpus: float  # share of the test's turns that a person said

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        rows = [*self.baselines.items(), (r.model, m)]
        wide = max(len(name) for name, _ in rows)
        lines = [
            f"{name:{wide}}  {100 * of['turns_right']:5.1f}  {100 * of['turns_right_noisy']:8.1f}"
            + "".join(f"  {100 * of[f'{kind}_errors']:5.1f}" for kind in KINDS)
            for name, of in rows
        ]
        kept = "the best epoch on templates held out" if r.holdout else "the last epoch, all templates learned"
        said = (
            []
            if math.isnan(self.corpus)
            else [f"{100 * self.corpus:.0f} % of the turns were said by people, values aside, the others by a grammar."]
        )
        return "\n".join(
            [
                f"{'% of the test turns':{wide}}  {'':5}            wrong in",
                f"{'':{wide}}  right  misheard" + "".join(f"  {kind:>5}" for kind in KINDS),
                *lines,
                "A turn is right if its act, all its values and all its wishes are; misheard is",
                f"how many are where {100 * NOISE:.0f} % of the words are lost, swapped or misspelt.",
                *said,
                f"{m['parameters']:,.0f} parameters; kept: {kept}",
                f"{counted(r.epochs, 'epoch')} of {r.turns:,} turns of {r.data} in {m['seconds']:,.0f} s "
                f"({r.precision}, {counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )
