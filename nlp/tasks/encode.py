"""`ludus fit nlp/encode` and `nlp/wordllama`: text encoders as components, out of what is there; nothing is learned.

How good a vector is, nearest neighbours say: an utterance is taken for what the most similar one of the training part
means. Beside it stands the same by the words alone, without any model.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from ...components.component import Component, pin
from ...components.names import split_pinned
from ...data.utterance_sets import UTTERANCE_SETS
from ...data.utterances import Utterances, load_utterances
from ...training.cost import parameter_count
from ...training.fit import Fit
from ...training.settings import check_range, check_types
from ...utils.processors import usable_processors
from ...utils.wording import counted, did_you_mean
from ..models.text_component import TextComponent, bytes_of
from ..models.text_encoder import encoder_of
from ..models.wordllama import VERSION, make_wordllama
from ..words import normal


@dataclass(frozen=True, kw_only=True)
class VectorRecipe:
    """What decides an encoder of texts, and what it is judged by."""

    device: ClassVar[str] = "cpu"
    GIVEN: ClassVar[frozenset[str]] = frozenset({"data"})
    SEARCH: ClassVar[dict[str, str]] = {}

    data: str = ""  # utterances by which it is judged: a set, or a file; "" for none
    neighbours: int = 2000  # of the training part, evenly spread; at most

    def __post_init__(self) -> None:
        check_types(self)
        check_range(self, 1, 1_000_000, "neighbours")

    @property
    def threads(self) -> int:
        """Of torch, for what is measured."""
        return usable_processors()


@dataclass(frozen=True, kw_only=True)
class EncodeRecipe(VectorRecipe):
    """The same, with the model whose encoder it is."""

    GIVEN: ClassVar[frozenset[str]] = VectorRecipe.GIVEN | {"source"}

    source: str  # FOLDER@FINGERPRINT


class Ready:
    """What stands in the place of a learner: a component that is ready."""

    ended, step, digest = True, 0, ""

    def __init__(self, net: TextComponent) -> None:
        self.net = net

    def trained(self) -> TextComponent:
        return self.net


class Unhurried:
    """What stands in the place of a keeper: no steps, and no time that they took."""

    seconds = 0.0
    interrupted: str | None = None


class Vectors(Fit):
    """A component that is not learned, judged like one that is; a subclass makes it."""

    RECIPE = VectorRecipe  # type: ignore[assignment]

    def make(self) -> TextComponent:
        """The encoder; raises what it needs and what is missing."""
        raise NotImplementedError

    def load(self) -> tuple[Utterances, Utterances] | None:
        data = self.recipe.data
        return (load_utterances(data, "train"), load_utterances(data, "test")) if data else None

    def prepare(self, data: Any) -> Any:
        return Ready(self.make())

    def keeper(self, learner: Any, data: Any, writer: SummaryWriter, seconds: float) -> Any:
        return Unhurried()

    def finish(self, net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float) -> "Summary":
        net.metrics = {"numbers": float(net.output_space.shape[0]), "parameters": float(parameter_count(net))}
        words = math.nan
        if data is not None:
            train, test = spread(data[0], self.recipe.neighbours), data[1]
            net.metrics["neighbours"] = float(len(train))
            net.metrics["nearest_right"] = nearest_right(lambda rows: vectors_of(net, rows), train, test)
            words = nearest_right(words_only(train), train, test)
            writer.add_scalar("test/nearest_right", net.metrics["nearest_right"], step)
        return Summary(net.metrics, words, self.recipe, self.TASK)


class Encode(Vectors):
    """The encoder of a model that was fitted."""

    TASK, RECIPE = "nlp/encode", EncodeRecipe  # type: ignore[assignment]

    def make(self) -> TextComponent:
        folder, fingerprint = split_pinned(self.recipe.source)
        return encoder_of(Component.load(folder, fingerprint=fingerprint))


class PretrainedVectors(Vectors):
    """The vectors of the package ``wordllama``."""

    TASK = "nlp/wordllama"

    def make(self) -> TextComponent:
        return make_wordllama()


def compose(kind: type[Vectors], data: str | None, settings: dict[str, Any], source: str | None = None) -> VectorRecipe:
    """A recipe.

    Args:
        data: Utterances to judge by; "none" for none.
        source: The folder of the model whose encoder is asked for.

    Raises:
        ValueError: a setting that does not exist.
        FileNotFoundError: neither a set of utterances nor a file; no component at ``source``.
    """
    unknown = [name for name in settings if name != "neighbours"]
    if unknown:
        raise ValueError(f"no setting {unknown[0]!r}{did_you_mean(unknown[0], ['neighbours'])}")
    if data is None or data == "none":
        data = ""
    elif data not in UTTERANCE_SETS and not Path(data).is_file():
        raise FileNotFoundError(
            f"{data!r} is neither a set of utterances that Ludus knows nor a file"
            f"{did_you_mean(data, (*UTTERANCE_SETS, 'none'))}"
        )
    if source is None:
        return kind.RECIPE(data=data, **settings)
    return kind.RECIPE(data=data, source=pin(source), **settings)  # type: ignore[call-arg]


# --- Nearest neighbours ----------------------------------------------------------------------------------------------


def spread(data: Utterances, most: int) -> Utterances:
    """``most`` utterances at most, evenly spread."""
    return data[:: max(1, -(-len(data) // most))]


def vectors_of(net: TextComponent, rows: Sequence[Sequence[str]]) -> np.ndarray:
    """(N, D) what an encoder makes of rows of words."""
    low = net.input_space.shape == (257,)  # of a help desk: what the clerk did last stands before the text
    raw = np.stack([bytes_of(" ".join(words)) for words in rows])
    raw = np.pad(raw, ((0, 0), (1, 0))) if low else raw
    return net(torch.from_numpy(raw)).numpy()


def nearest_right(
    encode: Callable[[Sequence[Sequence[str]]], np.ndarray], train: Utterances, test: Utterances
) -> float:
    """The share of the test's utterances whose most similar one in training (by the cosine) has their intent."""
    known, asked = (_unit(encode(part.words)) for part in (train, test))
    nearest = (asked @ known.T).argmax(axis=1)
    right = [train.intents[i] == intent for i, intent in zip(nearest.tolist(), test.intents, strict=True)]
    return float(np.mean(right))


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def words_only(train: Utterances) -> Callable[[Sequence[Sequence[str]]], np.ndarray]:
    """Encodes rows as counts of words, rare ones more (tf-idf); words that are not in ``train`` are left out."""
    found = Counter(word for words in train.words for word in {normal(word) for word in words})
    place = {word: i for i, word in enumerate(sorted(found))}
    weight = {word: math.log(len(train) / count) for word, count in found.items()}

    def encode(rows: Sequence[Sequence[str]]) -> np.ndarray:
        x = np.zeros((len(rows), len(place)), np.float32)
        for i, words in enumerate(rows):
            for word in map(normal, words):
                if word in place:
                    x[i, place[word]] += weight[word]
        return x

    return encode


@dataclass(frozen=True)
class Summary:
    """What an encoder came to."""

    metrics: dict[str, float]  # the component's
    words: float  # share that is right by the words alone; NaN where nothing was judged
    recipe: Any
    task: str

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        name = f"wordllama {VERSION}" if self.task == PretrainedVectors.TASK else split_pinned(r.source)[0]
        lines = [
            f"{counted(int(m['numbers']), 'number')} for each text, {m['parameters']:,.0f} parameters, from {name}"
        ]
        if "nearest_right" in m:
            lines += [
                f"What the nearest of {m['neighbours']:,.0f} utterances of {r.data} means is right for",
                f"  {100 * m['nearest_right']:6.2f} % by its vectors",
                f"  {100 * self.words:6.2f} % by the words alone (tf-idf)",
            ]
        return "\n".join(lines)
