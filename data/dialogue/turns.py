"""Utterances of guests by split: templates of a corpus or of the grammar, turns made of them, and the venues.

The acts that the corpus does not label come from the grammar, which serves all acts where the corpus is not at hand.
"""

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...utils.wording import did_you_mean
from ..datasets import NotAtHand, check_split, fingerprint, is_at_hand
from .corpus import CAMREST, corpus_templates, corpus_venues
from .grammar import grammar
from .terms import ACTS, LAST_ACTS, OPENING, SPLITS, Template, realise
from .venues import DONTCARE, SLOTS, VALUES, WISHES, Venue, generated_venues

CORPUS, GRAMMAR, AUTO = "camrest", "grammar", "auto"
SOURCES = (AUTO, CORPUS, GRAMMAR)
FEWEST = 5  # templates of the corpus for what a guest wants to say; where there are less, the grammar helps


def source_of(data: str) -> str:
    """``camrest`` or ``grammar``; ``auto`` is the corpus if it is at hand, else the grammar, with a warning.

    Raises:
        ValueError: another name.
    """
    if data not in SOURCES:
        raise ValueError(f"unknown dialogues {data!r}{did_you_mean(data, SOURCES)}")
    if data != AUTO:
        return data
    if is_at_hand(CAMREST):
        return CORPUS
    _say_that_there_is_a_grammar()
    return GRAMMAR


def pin(data: str) -> tuple[str, str]:
    """``source_of(data)``, and the SHA-256 of the corpus; the grammar, which is part of Ludus, has none.

    Raises:
        FileNotFoundError: the corpus is not at hand.
        ValueError: an unknown name.
    """
    source = source_of(data)
    if source == GRAMMAR:
        return source, ""
    if not is_at_hand(CAMREST):
        raise NotAtHand(CAMREST)
    return source, fingerprint(CAMREST)


@lru_cache(maxsize=1)
def _say_that_there_is_a_grammar() -> None:
    warnings.warn(
        "guests speak by a grammar and venues are made up, because CamRest676 is not here: the variable LUDUS_DATA "
        f"names a folder that holds it as {CAMREST.folders[0]}/CamRest676.json; data='grammar' means them",
        stacklevel=3,
    )


def load_venues(data: str = AUTO) -> tuple[Venue, ...]:
    """The venues: the corpus' 110, or as many made-up ones.

    Raises:
        FileNotFoundError, ValueError: as ``read_files`` says; an unknown name.
    """
    return generated_venues() if source_of(data) == GRAMMAR else corpus_venues()


def load_templates(split: str, data: str = AUTO) -> tuple[Template, ...]:
    """The templates of ``split``, in a fixed order: the corpus' (``is_corpus``), then those of the grammar.

    Where the corpus speaks, the grammar adds the acts that it does not label, and what it has less than ``FEWEST``
    utterances for.

    Raises:
        FileNotFoundError, ValueError: as ``read_files`` says; an unknown name or split.
    """
    check_split(split, SPLITS)
    return _templates(split, source_of(data))


@lru_cache(maxsize=4)
def _templates(split: str, source: str) -> tuple[Template, ...]:
    corpus = [template for template in corpus_templates() if template.split == split] if source == CORPUS else []
    served = Counter(template.key for template in corpus)
    rest = [template for template in grammar() if template.split == split and served[template.key] < FEWEST]
    return (*corpus, *rest)


@dataclass(frozen=True)
class Turn:
    """What a guest said, and what it meant."""

    text: str
    last: str  # what the clerk had done before: one of LAST_ACTS
    act: str  # one of ACTS
    values: dict[str, str]  # by slot, DONTCARE included
    wishes: frozenset[str]
    is_corpus: bool  # whether a person said it, values aside


def sample_turns(
    split: str, count: int, seed: int, data: str = AUTO, keep: Callable[[Template], bool] = lambda template: True
) -> list[Turn]:
    """``count`` turns, each of an act drawn evenly, a template of that drawn evenly and values drawn evenly.

    They are said after what the clerk could have done before: "I don't care" after it has asked for that slot.

    Args:
        keep: Which of the templates are used; some of each act.

    Raises:
        FileNotFoundError, ValueError: as ``load_templates`` says.
    """
    random = np.random.default_rng([seed, SPLITS.index(split) if split in SPLITS else 0])
    by_act = {act: [t for t in load_templates(split, data) if t.act == act and keep(t)] for act in ACTS}
    turns = []
    for act in random.choice(ACTS, count):
        template = by_act[act][int(random.integers(len(by_act[act])))]
        values = {slot: str(random.choice(VALUES[slot])) for slot in template.slots}
        text = realise(template.text, values)
        last = str(random.choice(lasts_of(template)))
        said = {**values, **dict.fromkeys(template.dontcare, DONTCARE)}
        turns.append(Turn(text, last, str(act), said, frozenset(template.wishes), template.is_corpus))
    return turns


def lasts_of(template: Template) -> tuple[str, ...]:
    """After which acts of the clerk the template can be said; see the guest of `ludus/Helpdesk-v0`."""
    if template.context == OPENING:
        return ("greet",)
    if template.act == "inform" and template.dontcare:
        return tuple(f"request {slot}" for slot in template.dontcare)
    said = {
        "inform": [f"request {slot}" for slot in template.slots] + ["nothing"],
        "affirm": [f"confirm {slot}" for slot in SLOTS],
        "negate": [*(f"confirm {slot}" for slot in (*template.slots, *template.dontcare) or SLOTS), "offer"],
        "another": ["offer"],
        "request": ["offer", *(f"inform {wish}" for wish in WISHES if wish not in template.wishes)],
        "bye": ["offer", *(f"inform {wish}" for wish in WISHES)],
    }
    return tuple(last for last in LAST_ACTS if last in said[template.act])
