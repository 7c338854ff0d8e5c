"""The restaurants of a help desk: the 110 of CamRest676, or made-up ones where these are not at hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SLOTS = ("food", "area", "pricerange")  # what a venue is looked for by
WISHES = ("address", "phone", "postcode", "food", "area", "pricerange")  # what can be asked about a venue
DONTCARE = "dontcare"
# The values of the 110 venues, most frequent first. The corpus has 91 foods; no venue serves the others.
VALUES = {
    "food": (
        "indian", "chinese", "italian", "british", "modern european", "european", "asian oriental", "gastropub",
        "international", "turkish", "mediterranean", "spanish", "french", "portuguese", "thai", "mexican", "lebanese",
        "vietnamese", "japanese", "korean", "african", "seafood", "north american",
    ),
    "area": ("centre", "north", "west", "south", "east"),
    "pricerange": ("cheap", "moderate", "expensive"),
}  # fmt: skip
VENUES = 110
# Of the made-up ones: how often each value is drawn, in the order above, about as in the corpus.
WEIGHTS = {
    "food": (22, 17, 15, 11, 5, 5, 5, 4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1),
    "area": (69, 9, 14, 9, 9),
    "pricerange": (22, 31, 57),
}
FIRST = ("blue", "old", "silver", "quiet", "garden", "mill", "harbour", "corner", "lantern", "copper", "willow")
SECOND = ("table", "spoon", "door", "oven", "terrace", "plate", "kettle", "yard", "cellar", "lamp")
STREETS = ("Bridge Street", "Mill Lane", "Station Road", "Park Row", "Church Walk", "King Street", "Queen's Parade")


@dataclass(frozen=True)
class Venue:
    """A restaurant: a value for each of ``SLOTS`` ("" where it is not known), and what can be said of it."""

    name: str
    food: str
    area: str
    pricerange: str
    address: str = ""
    phone: str = ""
    postcode: str = ""

    def value(self, slot: str) -> str:
        """What it has in ``slot``, one of ``SLOTS`` or ``WISHES``; "" where that is not known."""
        return str(getattr(self, slot))


def generated_venues() -> tuple[Venue, ...]:
    """``VENUES`` made-up venues, always the same: about as many of each kind as the corpus has."""
    random = np.random.default_rng(676)
    drawn = {slot: _draw(random, VALUES[slot], WEIGHTS[slot]) for slot in SLOTS}
    return tuple(
        Venue(
            name=f"the {FIRST[i % len(FIRST)]} {SECOND[i // len(FIRST) % len(SECOND)]}",
            **{slot: drawn[slot][i] for slot in SLOTS},
            address=f"{1 + int(random.integers(199))} {STREETS[int(random.integers(len(STREETS)))]}",
            phone=f"01223 {int(random.integers(100_000, 1_000_000))}",
            postcode=f"CB{1 + int(random.integers(5))} {1 + int(random.integers(9))}XX",
        )
        for i in range(VENUES)
    )


def _draw(random: np.random.Generator, values: Sequence[str], weights: Sequence[int]) -> list[str]:
    """``VENUES`` of ``values``, each at least once where there is room."""
    share = np.asarray(weights) / sum(weights)
    drawn = [*values, *random.choice(values, VENUES - len(values), p=share)]
    return [str(drawn[i]) for i in random.permutation(VENUES)]
