"""The clerk's sentences for a person: several for each thing that it does, of which a seed chooses.

Those of the picture, which kernels write, are in `rules_clerk.py`. Corpus and database are in small letters: names of
venues and peoples get their capitals here, and postcodes their usual form.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ....data.dialogue.venues import DONTCARE, Venue

# By what the clerk does. {left} is how many venues fit the form: "3 places fit.", nothing where the form is empty;
# {sought} what the form asks for: "cheap Italian place in the north of town"; {noted} a note about a slot.
SENTENCES: dict[str, tuple[str, ...]] = {
    "greet": (
        "Hello! What are you looking for?",
        "Good day, this is the restaurant desk. How can I help?",
        "Welcome! What would you like to eat, and where?",
    ),
    "request food": (
        "{left} What kind of food would you like?",
        "{left} Is there a kind of food that you prefer?",
        "{left} Which cuisine shall it be?",
    ),
    "request area": (
        "{left} In which part of town shall I look?",
        "{left} Which area would suit you?",
        "{left} Where in town should it be?",
    ),
    "request pricerange": (
        "{left} What price range do you have in mind?",
        "{left} Should it be cheap, moderate or expensive?",
        "{left} How much would you like to spend: is cheap, moderate or expensive right?",
    ),
    "confirm": (
        "You would like {noted}, is that right?",
        "Did I get that right, {noted}?",
        "So {noted}, yes?",
    ),
    "offer": (
        "How about {name}? It is {described}.",
        "I can recommend {name}, {described}.",
        "There is {name}, {described}. Would you like to know more?",
    ),
    "again": (
        "There is no other one: {name} is the only place that fits.",
        "I have only {name} for you, nothing else fits.",
        "It is still {name}, the only one that fits.",
    ),
    "nothing": (
        "I am sorry, there is no {sought}. Would you like something else?",
        "Sorry, I know of no {sought}. What would you take instead?",
        "Unfortunately there is no {sought}. Is there anything else that I can look for?",
    ),
    "address": (
        "{Name} is at {value}.",
        "You find {name} at {value}.",
        "The address of {name} is {value}.",
    ),
    "phone": (
        "The phone number of {name} is {value}.",
        "You can call {name} on {value}.",
        "{Name} has the number {value}.",
    ),
    "postcode": (
        "The postcode of {name} is {value}.",
        "{Name} has the postcode {value}.",
        "Its postcode is {value}.",
    ),
    "food": ("{Name} serves {value}.", "They serve {value} there.", "You get {value} at {name}."),
    "area": ("{Name} is {value}.", "You find it {value}.", "It lies {value}."),
    "pricerange": ("It is {value}.", "They are {value} there.", "As prices go, {name} is {value}."),
    "unknown": (
        "I am sorry, I do not know the {wish} of {name}.",
        "The {wish} of {name} is not in my books, I am afraid.",
        "Sorry, nobody has told me the {wish} of {name}.",
    ),
    "bye": ("Goodbye, and enjoy your meal!", "Have a nice meal. Goodbye!", "Thank you for asking. Goodbye!"),
    "leaves": ("Goodbye, and come again!", "Goodbye!", "Until next time. Goodbye!"),
    "silence": ("I did not hear anything.", "Are you still there?", "Sorry, I heard nothing."),
}
WISH_NAMES = {
    "phone": "phone number",
    "food": "kind of food",
    "area": "part of town",
    "pricerange": "price range",
}  # others are called what they are
PRICES = {"cheap": "cheap", "moderate": "moderately priced", "expensive": "expensive"}
NO_PEOPLES = ("gastropub", "international", "seafood")  # kinds of food that begin with a small letter
SOUNDED = "European"  # begins with a vowel's letter and a consonant's sound
SMALL_WORDS = ("and", "of", "in", "at", "on")
POSTCODE = re.compile(r"([A-Z]{1,2}\d{1,2}[A-Z]?)(\d[A-Z]{2})")


def food_name(food: str) -> str:
    """``"modern european"`` as "modern European": peoples have capitals."""
    return " ".join(word if word in (*NO_PEOPLES, "modern") else word.capitalize() for word in food.split())


def food_of(food: str) -> str:
    """What is eaten: "Italian food", "seafood"."""
    return food if food == "seafood" else f"{food_name(food)} food"


def area_of(area: str) -> str:
    """Where that is: "in the centre", "in the north of town"."""
    return "in the centre" if area == "centre" else f"in the {area} of town"


def with_article(noun: str) -> str:
    """``noun`` with "a" or "an", as it sounds: "an Italian place", "a European one"."""
    is_vowel = noun[:1].lower() in tuple("aeiou") and not noun.startswith(SOUNDED)
    return f"{'an' if is_vowel else 'a'} {noun}"


def venue_name(name: str) -> str:
    """A venue's name with capitals: "Curry King", "the Slug and Lettuce"."""
    words = name.split()
    head = words[:1] if words[:1] == ["the"] else [capitalised(word) for word in words[:1]]
    return " ".join([*head, *(word if word in SMALL_WORDS else capitalised(word) for word in words[1:])])


def capitalised(text: str) -> str:
    """``text`` with its first letter large, and the others as they are."""
    return text[:1].upper() + text[1:]


def postcode_of(postcode: str) -> str:
    """The corpus' "C.B 2, 1 A.B" as it is written on letters, "CB2 1AB"; one that looks different stays."""
    found = POSTCODE.fullmatch(re.sub(r"[^A-Z0-9]", "", postcode.upper()))
    return f"{found[1]} {found[2]}" if found else postcode


def sought(wanted: Mapping[str, str]) -> str:
    """A venue with these values by slot, in words without an article: "cheap Italian place in the north of town"."""
    known = {slot: value for slot, value in wanted.items() if value and value != DONTCARE}
    parts = [
        PRICES[known["pricerange"]] if "pricerange" in known else "",
        food_name(known["food"]) if "food" in known else "",
        "place" if known.get("food") != "gastropub" else "",
        area_of(known["area"]) if "area" in known else "",
    ]
    return " ".join(part for part in parts if part)


def noted(slot: str, value: str) -> str:
    """A note in the form, in words: "Italian food", "any part of town"."""
    if value == DONTCARE:
        return f"any {WISH_NAMES[slot]}"
    if slot == "food":
        return food_of(value)
    return f"somewhere {area_of(value)}" if slot == "area" else f"something {PRICES[value]}"


def told(wish: str, venue: Venue) -> str:
    """What there is to say of a venue; "" where it is not known."""
    value = venue.value(wish)
    if not value:
        return ""
    if wish in ("food", "area"):
        return food_of(value) if wish == "food" else area_of(value)
    return postcode_of(value) if wish == "postcode" else PRICES[value] if wish == "pricerange" else value


class Clerk:
    """What the clerk says, in words; the same seed chooses the same sentences."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def say(self, act: str, form: Mapping[str, str], left: int, venue: Venue | None = None) -> str:
        """The sentence for what it does, one of LAST_ACTS, "again" (it offers what it has offered), "bye", "leaves"
        (the guest does) or "silence".

        Args:
            form: Its notes by slot, ``DONTCARE`` for anything.
            left: How many venues fit the form.
            venue: The one that it speaks of.

        Raises:
            KeyError: there is no such act, or no such note.
            ValueError: it speaks of a venue, and there is none.
        """
        kind, _, about = act.partition(" ")
        if kind == "confirm":
            return self._choose("confirm").format(noted=noted(about, form[about]))
        if kind in ("offer", "again", "inform"):
            if venue is None:
                raise ValueError(f"the clerk cannot say {act!r}, because it has named no venue")
            return self._of_venue(about or kind, venue)
        sentence = self._choose(act)
        count = f"{left or 'no'} place{'s fit' if left > 1 else ' fits'}.".capitalize() if form else ""
        return sentence.format(left=count, sought=sought(form)).strip()

    def _of_venue(self, wish: str, venue: Venue) -> str:
        name = venue_name(venue.name)
        names = {"name": name, "Name": capitalised(name)}
        if wish == "again":
            return self._choose(wish).format(**names)
        if wish == "offer":
            described = with_article(sought({"food": venue.food, "area": venue.area, "pricerange": venue.pricerange}))
            return self._choose("offer").format(**names, described=described)
        value = told(wish, venue)
        if not value:
            return self._choose("unknown").format(**names, wish=WISH_NAMES.get(wish, wish))
        return self._choose(wish).format(**names, value=value)

    def _choose(self, act: str) -> str:
        known: Sequence[str] = SENTENCES[act]
        return known[int(self._random.integers(len(known)))]
