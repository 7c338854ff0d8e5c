"""The clerk's sentences: what it says, in words; read by the picture, and by whoever talks to it."""

from collections.abc import Mapping

from ....data.dialogue.venues import DONTCARE, SLOTS, WISHES, Venue

# By what the clerk does. {value} is what its form has of the slot; the others are those of a venue.
SENTENCES = {
    "greet": "hello, what are you looking for?",
    "request food": "what kind of food would you like?",
    "request area": "in which part of town?",
    "request pricerange": "what price range do you have in mind?",
    "confirm food": "{value} food, is that right?",
    "confirm area": "{value} part of town, is that right?",
    "confirm pricerange": "{value} price, is that right?",
    "offer": "how about {name}?",
    "nothing": "i am sorry, there is no such place.",
    "inform address": "its address is {address}.",
    "inform phone": "its phone number is {phone}.",
    "inform postcode": "its postcode is {postcode}.",
    "inform food": "it serves {food} food.",
    "inform area": "it is in the {area} part of town.",
    "inform pricerange": "it is in the {pricerange} price range.",
    "bye": "goodbye, and enjoy your meal.",
}
UNKNOWN, ANY = "unknown", "any"  # what a venue does not say; what is left open


def clerk_says(last: str, form: Mapping[str, str], venue: Venue | None = None) -> str:
    """The clerk's sentence for what it does, one of LAST_ACTS or ``bye``.

    Args:
        form: Its notes by slot, "dontcare" for anything.
        venue: The one that it speaks of.

    Raises:
        KeyError: there is no such act, or nothing in the form that it could ask about.
        ValueError: it speaks of a venue, and there is none.
    """
    sentence = SENTENCES[last]
    if "{value}" in sentence:
        value = form[last.rpartition(" ")[2]]
        return sentence.format(value=ANY if value == DONTCARE else value)
    if "{" not in sentence:
        return sentence
    if venue is None:
        raise ValueError(f"the clerk cannot say {last!r}, because it has named no venue")
    said = {name: venue.value(name) or UNKNOWN for name in ("name", *SLOTS, *WISHES)}
    return sentence.format(**said)
