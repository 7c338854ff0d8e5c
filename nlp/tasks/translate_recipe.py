"""The recipe of a translator: what decides its training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...data.pairs.parallel import check_languages, languages_of
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_range
from ..models.translator import Translator
from ..tokenizer import MOST_TOKENS
from ..translation.translating import check_search

MOST_LENGTH = 1024  # tokens of a sentence


@dataclass(frozen=True, kw_only=True)
class TranslatorRecipe(Recipe):
    """All that decides the training of a translator."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "file", "source", "target"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"vocabulary", "source", "target", "data"})

    SEARCH: ClassVar[Mapping[str, str]] = {**Recipe.SEARCH, "dropout": "0.0..0.4", "smoothing": "0.0..0.3"}

    data: str = ""  # name of a parallel text
    file: list[str] = field(default_factory=list)  # or a stranger's: two texts, or one with tabs
    source: str  # the language that is read
    target: str  # the language that is written
    vocabulary: int = 4000  # tokens of both languages together, at most
    length: int = 96  # tokens of a sentence and of its translation, at most; longer pairs are not learned from
    smoothing: float = 0.1  # share of the truth that all tokens share
    beam: int = 5  # hypotheses with which the test is translated
    power: float = 1.0  # of the length, by which the likelihood of hypotheses is divided
    watched: int = 200  # validation sentences that are translated after each epoch
    epochs: int = 20
    batch_size: int = 128  # sentences in a step, on average: those of a batch have about as many tokens as another's
    # After 150 steps (one seed) Muon at 0.02 had a validation loss of 3.82, AdamW at 0.002 one of 4.67; the rest is
    # declared and not tuned.
    optimizer: str = "muon"
    lr: float = 0.02
    warmup: float = 0.1
    momentum: float = 0.95
    weight_decay: float = 0.1
    ema: float = 0.995

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_net("a translator")
        check_range(self, 5, MOST_TOKENS, "vocabulary")
        check_range(self, 2, MOST_LENGTH, "length")
        check_range(self, 0, 0.9, "smoothing")
        check_search(self.beam, self.power)
        check_range(self, 1, 1_000_000, "watched")
        if bool(self.data) == bool(self.file):
            raise ValueError("a translator learns from a parallel text by its name, or from files; give one of the two")
        if not isinstance(self.file, list) or not all(isinstance(path, str) for path in self.file):
            raise ValueError(f"file is a list of one or two paths, got {self.file!r}"[:200])
        if self.data:
            check_languages(self.data, self.source, self.target)

    @property
    def component(self) -> type[Translator]:
        return Translator

    @property
    def learned_from(self) -> str:
        """The text, for people."""
        return self.data or " and ".join(self.file)


def compose(
    data: str = "",
    source: str = "",
    target: str = "",
    file: Sequence[str] = (),
    seed: int = 0,
    settings: dict[str, Any] | None = None,
) -> TranslatorRecipe:
    """A recipe: the defaults, then ``settings`` (the translator's arguments among them).

    Args:
        data: Name of a parallel text, or "" with ``file``.
        source, target: Languages; by default the first two of a text by name, "source" and "target" of files.
        file: Two line-aligned texts, or one with a tab in each line.

    Raises:
        ValueError: an unknown text, language or setting, or a value out of range.
    """
    known = languages_of(data) if data else ()
    source = source or next((language for language in known if language != target), "source")
    target = target or next((language for language in known if language != source), "target")
    values, net = TranslatorRecipe.split(settings or {}, Translator)
    values |= of_this_machine(values)
    return TranslatorRecipe(data=data, file=list(file), source=source, target=target, seed=seed, net=net, **values)
