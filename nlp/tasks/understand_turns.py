"""`ludus fit nlp/understand --data camrest`: the training of what guests of a help desk mean by what they say."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from ...components.spaces import same_space
from ...components.utterance import decode_text, encode_heard, encode_meaning, meaning_layout
from ...data.dialogue.terms import ACTS, LAST_ACTS, Template, normal
from ...data.dialogue.turns import Turn, sample_turns
from ...data.dialogue.venues import VALUES, WISHES
from ...envs.frames import frames
from ...training.batches import Shuffled, generator
from ...training.fit import Goal
from ...training.learner import Learner
from ..models.text_component import Row
from ..models.turn_understander import TurnUnderstander, spaces_of
from ..speech import mishear
from ..words import EMPTY, known_words, words_of
from . import understand_turns_report as report
from .understand import Understand
from .understand_recipe import HELPDESK, UnderstandRecipe

MEANING = meaning_layout(ACTS, VALUES, WISHES)
WATCHED_SHARE = 8  # one template in so many is held out
SLOT = "utterance"  # of the help desk
WATCHED_APART = 1_000_003  # what the seed of the help desk's watched episodes is further
WATCHED_SEED, TEST_SEED = 1, 2  # of turns that are watched, and of the test's: the same in all trainings


class Heard(NamedTuple):
    """Turns as a slot has them: words, what the clerk did last, and what was meant."""

    rows: list[Row]
    raw: np.ndarray  # (N, 257) uint8
    truth: np.ndarray  # (N, MEANING.size) float32
    corpus: float  # share of them that a person said; NaN where that is not known


class Data(NamedTuple):
    """Turns to learn from, those that choose the epoch (``None``: nothing is held out), and those of the test."""

    train: Heard
    watched: Heard | None
    test: Heard


def hear(turns: Sequence[Turn], noise: float = 0.0, seed: int = 0) -> Heard:
    """Turns as a slot has them, with a share ``noise`` of their words misheard."""
    random, others = np.random.default_rng(seed), known_words([words_of(turn.text) for turn in turns])
    texts = [turn.text if not noise else " ".join(mishear(turn.text.split(), noise, random, others)) for turn in turns]
    lasts = [LAST_ACTS.index(turn.last) for turn in turns]
    raw = np.stack([encode_heard(last, text) for text, last in zip(texts, lasts, strict=True)])
    truth = np.stack([encode_meaning(MEANING, turn.act, turn.values, turn.wishes) for turn in turns])
    return Heard(rows_of(raw), raw, truth, float(np.mean([turn.is_corpus for turn in turns])))


def rows_of(raw: np.ndarray) -> list[Row]:
    """The words in raw signals (N, 257), with what the clerk did last."""
    return [Row(words_of(decode_text(one)), int(one[0])) for one in raw]


def overhear(split: str, count: int, seed: int, noise: float | None = None) -> Heard:
    """Turns as they come in `ludus/Helpdesk-v0`, of ``count`` steps those whose utterance is another one.

    Args:
        noise: Share of the words that are misheard; the environment's own where it is left out.
    """
    keywords = {"split": split, **({} if noise is None else {"noise": noise})}
    met = frames(HELPDESK, SLOT, count, seed, keywords)
    if not same_space(met.raw_space, spaces_of(MEANING)[0]) or not same_space(met.truth_space, spaces_of(MEANING)[1]):
        raise ValueError(
            f"slot {SLOT} of {HELPDESK} is {met.raw_space} and {met.truth_space}, which is not learned here"
        )
    _, first = np.unique(met.raw, axis=0, return_index=True)
    first.sort()
    raw, truth = met.raw[first], met.truth[first]
    return Heard(rows_of(raw), raw, truth, float("nan"))


def is_watched(template: Template) -> bool:
    """Whether a template is held out where the recipe holds some out; its words alone decide."""
    return hashlib.sha256(normal(template.text).encode()).digest()[1] % WATCHED_SHARE == 0


def build(recipe: UnderstandRecipe, train: Heard) -> TurnUnderstander:
    """The untrained network of a recipe for these turns."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return TurnUnderstander(
            *spaces_of(MEANING),
            **recipe.net,
            words=known_words([row.words for row in train.rows], recipe.least),
            lasts=LAST_ACTS,
            meaning=MEANING.to_json(),
            model=recipe.model,
            data=recipe.data,
        )


class TurnBatches(Shuffled):
    """Words with a share of them misheard, what the clerk did last (B,), and what was meant (B, MEANING.size)."""

    def __init__(self, data: Heard, net: TurnUnderstander, batch_size: int, seed: int, noise: float) -> None:
        super().__init__(len(data.rows), batch_size, seed)
        self.net, self.data, self.noise = net, data, noise
        self.truth = torch.from_numpy(data.truth)
        self.others = list(net.table.numbers)

    def batch(self, step: int) -> Any:
        places = self.rows(step)
        rows = [self.data.rows[i] for i in places.tolist()]
        if self.noise:
            random = np.random.default_rng(generator(self.seed, "noise", step).initial_seed())
            rows = [Row(mishear(x.words, self.noise, random, self.others) or [EMPTY], x.context) for x in rows]
        encoded = self.net.table.encode([row.words for row in rows])
        return encoded, torch.tensor([row.context for row in rows]), self.truth[places]


class TurnLearner(Learner):
    """The negative log-likelihood of what was meant."""

    recipe: UnderstandRecipe
    net: TurnUnderstander

    def __init__(self, recipe: UnderstandRecipe, train: Heard) -> None:
        net = build(recipe, train)
        batches = TurnBatches(train, net, recipe.batch_size, recipe.seed, recipe.noise)
        super().__init__(recipe, net, batches, (torch.from_numpy(train.raw), batches.truth))

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        return self.net.loss(*batch)


class UnderstandTurns(Understand):
    """The training of a turn understander."""

    def load(self) -> Data:
        r = self.recipe
        if r.data == HELPDESK:
            watched = overhear("train", r.test_turns, r.seed + WATCHED_APART) if r.holdout else None
            return Data(overhear("train", r.turns, r.seed), watched, overhear("test", r.test_turns, TEST_SEED, 0.0))
        train = sample_turns("train", r.turns, r.seed, r.data, lambda one: not (r.holdout and is_watched(one)))
        watched = hear(sample_turns("train", r.test_turns, WATCHED_SEED, r.data, is_watched), r.noise, WATCHED_SEED)
        test = hear(sample_turns("test", r.test_turns, TEST_SEED, r.data))
        return Data(hear(train), watched if r.holdout else None, test)

    def prepare(self, data: Any) -> Any:
        return TurnLearner(self.recipe, data.train)

    def judge(self, learner: Learner, data: Any) -> tuple[dict[str, float], str]:
        if data.watched is None:
            return {}, ""
        net: Any = learner.snapshot()
        figures = report.figures(net, data.watched)
        learner.consider(-figures["turns_right"])
        return figures, f"understood {figures['turns_right']:.1%} of the utterances held out"

    def show(self, learner: Learner, data: Any, writer: SummaryWriter) -> None:
        if data.watched is not None:
            net: Any = learner.snapshot()
            said = report.examples(net, data.watched)
            writer.add_text("validation/understood", said, learner.step)

    @property
    def goal(self) -> Goal:
        return Goal("turns_right", True, {"holdout": True, "noise": self.recipe.noise}, {})

    def held_out(self, net: Any, data: Any) -> dict[str, float]:
        if data.watched is None:
            raise ValueError("nothing is held out; leave some templates their job: --set holdout=true")
        return report.figures(net.eval(), data.watched)

    def finish(self, net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float) -> Any:
        r = self.recipe
        if r.data == HELPDESK:
            noisy = overhear("test", r.test_turns, TEST_SEED, report.NOISE)
        else:
            noisy = hear(sample_turns("test", r.test_turns, TEST_SEED, r.data), report.NOISE, TEST_SEED)
        net.metrics = report.measure(net.eval(), data.test, noisy, seconds)
        for name in ("turns_right", "turns_right_noisy"):
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        writer.add_text("test/understood", report.examples(net, data.test), step)
        return report.Summary(net.metrics, report.baselines(data.train, data.test, noisy), r, data.test.corpus)
