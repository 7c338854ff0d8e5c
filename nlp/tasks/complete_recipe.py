"""The recipe of a model of language: what decides its training, tuned per model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...data.texts import NAMES, SUFFIXES
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_choice, check_range
from ...utils.wording import did_you_mean
from ..models.language_model import MOST_CONTEXT, LanguageModel, RecurrentLM, TransformerLM
from ..tokenizer import KINDS, MOST_TOKENS

MODELS: dict[str, type[LanguageModel]] = {
    "gru": RecurrentLM,
    "lstm": RecurrentLM,
    "rnn": RecurrentLM,
    "transformer": TransformerLM,
}


@dataclass(frozen=True, kw_only=True)
class LanguageRecipe(Recipe):
    """All that decides the training of a model of language."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "model"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"cell", "data"})

    SEARCH: ClassVar[Mapping[str, str]] = {**Recipe.SEARCH, "dropout": "0.0..0.5"}

    data: str  # name of a text, or the path of a file
    model: str  # transformer, rnn, gru or lstm
    tokens: str = "bpe"  # byte pairs (bpe) or characters (char)
    vocabulary: int = 704  # tokens at most, the 4 special ones and of byte pairs the 256 bytes included
    context: int = 256  # tokens of a window that is learned from
    holdout: float = (
        0.0  # share of the training text, at its end, by which the epoch that is kept is chosen; 0: the last
    )
    # After one epoch of shakespeare, by the last tenth of its training part (transformer, no dropout, one seed), in
    # nats per character: 16 windows in a step, lr 0.02 1.759, lr 0.05 1.654; 8 windows, lr 0.03 1.593.
    epochs: int = 10
    batch_size: int = 8  # windows in a step
    optimizer: str = "muon"
    lr: float = 0.03
    warmup: float = 0.05
    momentum: float = 0.95
    weight_decay: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "model", tuple(MODELS))
        check_choice(self, "tokens", KINDS)
        self.check_net(f"a model of language of the kind {self.model}")
        check_range(self, 5, MOST_TOKENS, "vocabulary")
        check_range(self, 2, MOST_CONTEXT, "context")
        check_range(self, 0, 0.9, "holdout")

    @property
    def component(self) -> type[LanguageModel]:
        return MODELS[self.model]


# What deserves another value than above. By 704 byte pairs all four have 3.5 million parameters.
DEFAULTS: dict[str, dict[str, Any]] = {
    "transformer": {"net": {"width": 256, "layers": 4, "heads": 4}},
    "rnn": {"net": {"width": 1008}},
    "gru": {"net": {"width": 656}},
    "lstm": {"net": {"width": 576}},
}


def compose(data: str, model: str, seed: int = 0, settings: dict[str, Any] | None = None) -> LanguageRecipe:
    """A recipe: the defaults, what the model deserves, then ``settings`` (the model's arguments among them).

    Raises:
        ValueError: a model or setting that does not exist, or a value out of range.
        FileNotFoundError: neither a text that Ludus knows nor a file.
    """
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}{did_you_mean(model, MODELS)}")
    if data not in NAMES and not Path(data).exists():
        what = "does not exist" if Path(data).suffix.lower() in SUFFIXES else "is neither a file nor a text by name"
        raise FileNotFoundError(f"{data!r} {what}{did_you_mean(data, NAMES)}")
    values = dict(DEFAULTS[model])
    net = dict(values.pop("net", {}))
    given, arguments = LanguageRecipe.split(settings or {}, MODELS[model])
    values |= given
    values |= of_this_machine(values)
    return LanguageRecipe(data=data, model=model, seed=seed, net=net | arguments, **values)
