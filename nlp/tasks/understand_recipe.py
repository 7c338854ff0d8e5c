"""The recipe of an understander: what decides its training, tuned per data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...data.dialogue.turns import CORPUS, GRAMMAR
from ...data.utterance_sets import UTTERANCE_SETS
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_choice, check_range
from ...utils.wording import did_you_mean
from ..models.turn_understander import TurnUnderstander
from ..models.understander import Understander
from ..models.word_encoder import MODELS

HELPDESK = "ludus/Helpdesk-v0"  # guests as they are met there, by its reference policy and by random play
DIALOGUES = (CORPUS, GRAMMAR, HELPDESK)


@dataclass(frozen=True, kw_only=True)
class UnderstandRecipe(Recipe):
    """All that decides the training of an understander."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "model"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"words", "intents", "tags", "lasts", "meaning", "model", "data"})

    SEARCH: ClassVar[Mapping[str, str]] = {**Recipe.SEARCH, "dropout": "0.2..0.7", "word_dropout": "0.0..0.4"}

    data: str  # name of a set of utterances, a file, or guests of a help desk: one of DIALOGUES
    model: str = "lstm"  # rnn, gru, lstm or transformer
    least: int = 2  # times that a word must stand in the training part to be known by itself
    label_smoothing: float = 0.1  # of the intents
    tag_weight: float = 1.0  # of the tags' loss (nats per word) beside the intent's (nats per utterance)
    turns: int = 40_000  # of guests that are learned from, drawn before the training
    test_turns: int = 4000  # of guests that the test has; as many are watched
    noise: float = 0.0  # share of the words that are misheard while it learns; see speech.mishear
    holdout: bool = True  # the validation part chooses the epoch that is kept; false: it is learned from, too
    optimizer: str = "adamw"
    epochs: int = 40
    batch_size: int = 64
    lr: float = 4e-3
    warmup: float = 0.1
    weight_decay: float = 0.02
    ema: float = 0.995

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "model", MODELS)
        self.check_net(self.model)
        check_range(self, 1, 1_000_000, "least")
        check_range(self, 0, 0.999, "label_smoothing")
        check_range(self, 0, 1000, "tag_weight")
        check_range(self, 100, 10_000_000, "turns", "test_turns")
        check_range(self, 0, 1, "noise")

    @property
    def of_dialogues(self) -> bool:
        """Whether what guests mean is learned, and not intents and tags."""
        return self.data in DIALOGUES

    @property
    def component(self) -> type[Understander] | type[TurnUnderstander]:
        return TurnUnderstander if self.of_dialogues else Understander


# What deserves another value than above.
TRANSFORMER: dict[str, Any] = {"lr": 1.5e-3, "net": {"width": 192, "layers": 3, "dropout": 0.2}}
TURNS: dict[str, Any] = {"epochs": 6, "batch_size": 128, "noise": 0.1}


def compose(
    data: str, model: str | None = None, seed: int = 0, settings: dict[str, Any] | None = None
) -> UnderstandRecipe:
    """A recipe: the defaults, what data and model deserve, then ``settings`` (the model's arguments among them).

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
        FileNotFoundError: neither a known data set nor a file.
    """
    of_dialogues = data in DIALOGUES
    if not of_dialogues and data not in UTTERANCE_SETS and not Path(data).is_file():
        raise FileNotFoundError(
            f"{data!r} is neither a set of utterances that Ludus knows nor a file"
            f"{did_you_mean(data, (*UTTERANCE_SETS, *DIALOGUES))}"
        )
    model = model or ("gru" if of_dialogues else "lstm")
    given, own = UnderstandRecipe.split(settings or {}, TurnUnderstander if of_dialogues else Understander)
    values = {**(TURNS if of_dialogues else {}), **(TRANSFORMER if model == "transformer" else {}), **given}
    net = {**values.pop("net", {}), **own}
    values |= of_this_machine({"precision": "fp32", **values})
    return UnderstandRecipe(data=data, model=model, seed=seed, net=net, **values)
