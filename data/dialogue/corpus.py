"""CamRest676: restaurants, and what people said who looked for one, as templates from which values were taken out.

The corpus (Wen et al. 2017) labels two acts of its users, inform and request, by all that they want so far. What a turn
adds is what its utterance says. A value is replaced by its slot's placeholder, so that the utterance can be said of any
other; one in which a value remains, a venue is named, or a label cannot be found is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...utils.untrusted import parse_json
from ..datasets import Dataset, read_files
from .terms import LATER, OPENING, PLACEHOLDERS, Template
from .venues import DONTCARE, SLOTS, VALUES, WISHES, Venue

PAGE = "https://raw.githubusercontent.com/shawnwun/NNDIAL/740f6d3/"
CAMREST = Dataset(
    title="CamRest676 (Wen et al. 2017)",
    licence="Apache 2.0",
    folders=("dialogue", "camrest"),
    urls=(f"{PAGE}data/CamRest676.json", f"{PAGE}db/CamRest.json", f"{PAGE}resource/CamRestOTGY.json"),
    archive=None,
    files={
        "all": {
            "CamRest676.json": ("ee197af04792060be4cda3079d79c177664d4329080717b8c1600f328fb9d5b1",),
            "CamRest_db.json": ("38a4dce1941fb0a79c00a6b04c8dfe79c197214b4ddcb82eb60a9ed3d30005d0",),
            "CamRest_ontology.json": ("d600473a747e300711a7fb0e42be7351ad180496c215d5052ff7ebb9a2a285bc",),
        }
    },
)

# How values are spoken, beside by their names.
SPOKEN = {
    "area": {"centre": r"(?:city |town )?cent(?:er|re)"},
    "pricerange": {
        "cheap": r"cheap|cheaply|inexpensive",
        "moderate": r"moderate|moderately",
        "expensive": r"expensive",
    },
}
PRICE_BEFORE_NOUN = r"(?:{value})(?:[- ]priced?\b(?![- ]rang))?(?! ?[- ]?(?:pric|in pric|rang))"
MOST_LETTERS = 160  # of a template: with its values put back it stays below 256
# Words of which one stands in an utterance that asks for a wish; those that are said of nothing else; those of a slot;
# and those of somebody who leaves a slot open.
ASKED = {
    "address": r"addres|adress|located|location|where",
    "phone": r"phone|number|call",
    "postcode": r"post.?code|postal",
    "food": r"food|cuisine|serve|kind|type",
    "area": r"area|part of|where|located|location",
    "pricerange": r"pric|cost|how much",
}
SURELY_ASKED = {"address": r"addres|adress", "phone": r"phone|number", "postcode": r"post.?code|postal"}
NAMED = {
    "food": r"food|cuisine|eat|dish|type of|kind of|serve",
    "area": r"area|part|where|location|located|place in|town|city",
    "pricerange": r"pric|cost|money",
}
OPEN = r"\bany|care|matter|prefer|whatever|whichever|either|mind|\bno\b|not|nope|open|fine|\ball\b"
# What is said of a slot that was left open before, and of another venue than the one that was named: no label says so.
OPEN_BEFORE = r"not care|n't care|n't matter|not matter|no preference|\bany (?:price|area|part|type|kind|food|cuisine)"
ANOTHER_VENUE = r"\b(?:another|others?|else|different)\b"
# Words of venues' names that are ordinary ones: an utterance may have them.
ORDINARY = {
    "a", "and", "ask", "bar", "best", "british", "cafe", "cambridge", "centre", "charlie", "cherry", "chinese",
    "city", "coffee", "cow", "curry", "ditton", "don", "express", "family", "fen", "food", "garden", "golden",
    "good", "grill", "hill", "hotel", "house", "hut", "india", "j", "kitchen", "la", "little", "luck", "lucky",
    "missing", "noodle", "of", "old", "one", "palace", "pizza", "rest", "restaurant", "rice", "river", "royal",
    "seven", "shop", "standard", "star", "stop", "takeaway", "the", "travellers", "two", "ugly", "wine",
}  # fmt: skip


@lru_cache(maxsize=1)
def _corpus() -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Its dialogues, its venues, its ontology."""
    contents = read_files(CAMREST, "all").values()
    dialogues, venues, ontology = (
        parse_json(b"\n".join(line for line in data.split(b"\n") if not line.startswith(b"#"))) for data in contents
    )
    return dialogues, venues, ontology


def corpus_venues() -> tuple[Venue, ...]:
    """The 110 venues."""
    fields = ("name", *SLOTS, "address", "phone", "postcode")
    return tuple(Venue(**{field: entry.get(field, "") for field in fields}) for entry in _corpus()[1])


@lru_cache(maxsize=1)
def corpus_templates() -> tuple[Template, ...]:
    """All templates that could be made of the corpus, sorted, each once."""
    found: dict[Template, None] = {}
    for turn in _turns():
        template = _delexicalise(turn)
        if template is None:
            continue
        if template.dontcare and not any(re.search(NAMED[slot], template.text) for slot in SLOTS):
            # "it doesn't matter" may be said of whatever was asked for
            found.update({replace(template, dontcare=(slot,)): None for slot in SLOTS})
        else:
            found[template] = None
    return tuple(sorted(found, key=lambda template: (template.key, template.text)))


@dataclass(frozen=True)
class _Turn:
    text: str  # in small letters
    wanted: dict[str, str]  # values by slot, all that was said so far
    fresh: tuple[str, ...]  # slots whose values are new in this turn
    wishes: tuple[str, ...]
    context: str


def _turns() -> Iterator[_Turn]:
    """The turns of all users."""
    for dialogue in _corpus()[0]:
        before: dict[str, str] = {}
        for turn in dialogue["dial"]:
            said = [slot for act in turn["usr"]["slu"] for slot in act["slots"]]
            wanted = {slot: value for slot, value in said if slot in SLOTS}
            yield _Turn(
                text=" ".join(turn["usr"]["transcript"].lower().replace("’", "'").split()),
                wanted=wanted,
                fresh=tuple(slot for slot in SLOTS if slot in wanted and before.get(slot) != wanted[slot]),
                wishes=tuple(wish for wish in WISHES if ("slot", wish) in {(slot, value) for slot, value in said}),
                context=OPENING if turn["turn"] == 0 else LATER,
            )
            before = {**before, **wanted}


def _delexicalise(turn: _Turn) -> Template | None:
    """The turn's utterance without its values; ``None`` if it does not say what its labels say, and no more."""
    text = turn.text
    if not text.isascii() or "{" in text or len(text) > MOST_LETTERS:
        return None
    slots = []
    for slot, value in turn.wanted.items():
        text, count = _take_out(text, slot, value) if value != DONTCARE else (text, 0)
        if count > 1 or (slot in turn.fresh and value != DONTCARE and not count):
            return None
        if count:
            slots.append(slot)
    text = re.sub(r"\ban?(?= \{)", "{a}", text)
    left = re.sub("|".join(map(re.escape, PLACEHOLDERS)), " ", text)
    if _still_valued().search(left) or _venue_names().search(left):
        return None
    wishes = tuple(wish for wish in turn.wishes if re.search(ASKED[wish], left))
    if any(re.search(words, left) for wish, words in SURELY_ASKED.items() if wish not in wishes):
        return None
    dontcare = tuple(slot for slot in turn.fresh if turn.wanted[slot] == DONTCARE)
    if dontcare:
        named = [slot for slot in SLOTS if re.search(NAMED[slot], left)]
        is_of_any_slot = not named and len(dontcare) == 1 and not slots
        if not re.search(OPEN, left) or not (is_of_any_slot or set(dontcare) <= set(named)):
            return None
    elif re.search(OPEN_BEFORE, left):
        return None
    if not (slots or dontcare or wishes) or re.search(ANOTHER_VENUE, left):
        return None
    act = "inform" if slots or dontcare else "request"
    ordered = tuple(slot for slot in SLOTS if slot in slots)
    return Template(text, act, ordered, dontcare, wishes, turn.context, is_corpus=True)


def _take_out(text: str, slot: str, value: str) -> tuple[str, int]:
    """``text`` with a placeholder for ``value`` of ``slot``, and how often it stood there."""
    spoken = SPOKEN.get(slot, {}).get(value, re.escape(value))
    if slot != "pricerange":
        return re.subn(rf"\b(?:{spoken})\b", f"{{{slot}}}", text)
    text, before_noun = re.subn(rf"\b{PRICE_BEFORE_NOUN.format(value=spoken)}\b", "{priced}", text)
    text, alone = re.subn(rf"\b(?:{spoken})\b", "{pricerange}", text)
    return text, before_noun + alone


@lru_cache(maxsize=1)
def _still_valued() -> re.Pattern[str]:
    """Any value, of which one in a template would be a second meaning."""
    ontology = _corpus()[2]["informable"]
    values = {value for known in ontology.values() for value in known} | {"northern", "southern", "center", "central"}
    values |= {"moderately", "inexpensive", "cheaper", "cheapest", "cheaply", "eastern", "western", "japenese"}
    return re.compile(r"\b(?:" + "|".join(re.escape(value) for value in sorted(values)) + r")\b")


@lru_cache(maxsize=1)
def _venue_names() -> re.Pattern[str]:
    """Any word that only the name of a venue has, and whole names."""
    names = {venue["name"].lower() for venue in _corpus()[1]}
    words = {word for name in names for word in name.split()} - ORDINARY
    words -= {word for values in VALUES.values() for value in values for word in value.split()}
    words |= {name for name in names if " " in name}
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in sorted(words)) + r")\b")
