"""Generated text: stories of a made-up language, for whoever has no data or may not fetch any.

Each story has two people, a place and a thing, which come back in each of its sentences: a model that looks far enough
back knows who is meant, where they are, and who has the thing by now. Letters are those of English, the grammar is the
one below.
"""

import random
from functools import lru_cache

NAME = "generated"
SEED, STORIES = 20201130, 1500  # about 370,000 characters

WOMEN, MEN = ("Ada", "Berta", "Clara", "Dora", "Edith", "Flora"), ("Adam", "Bruno", "Carl", "David", "Emil", "Fritz")
PLACES = ("the market", "the old mill", "the harbour", "the garden", "the station", "the library")
THINGS = ("lamp", "letter", "basket", "key", "violin", "map")
COLOURS = ("red", "green", "heavy", "small", "broken", "golden")
WEATHER = ("It rains", "The sun shines", "It is late", "A cold wind blows", "The bells ring")
GIVES = "{holder} gives {other} the {thing}."
SENTENCES = (
    GIVES,
    '"Where is the {thing}?" asks {other}. "I have it," says {holder}.',
    "{holder} and {other} walk from {place} to {elsewhere} and back.",
    "{weather}, and {other} looks at the {colour} {thing}.",
    "{other} sits down; {pronoun} is tired, but {holder} is not.",
    "Nobody else is at {place}.",
)


@lru_cache(maxsize=1)
def generate_text() -> str:
    """The stories, one after the other, with an empty line between two."""
    source = random.Random(SEED)  # Python's own, whose numbers are the same on every machine
    return "\n\n".join(_story(source) for _ in range(STORIES)) + "\n"


def _story(source: random.Random) -> str:
    people = [source.choice(WOMEN), source.choice(MEN)]
    place, elsewhere = source.sample(PLACES, 2)
    thing, colour = source.choice(THINGS), source.choice(COLOURS)
    lines = [f"{people[0]} and {people[1]} meet at {place}. {people[0]} has a {colour} {thing}."]
    holder = 0
    for _ in range(source.randint(2, 6)):
        sentence = source.choice(SENTENCES)
        lines.append(
            sentence.format(
                holder=people[holder],
                other=people[1 - holder],
                pronoun="she" if holder else "he",
                thing=thing,
                colour=colour,
                place=place,
                elsewhere=elsewhere,
                weather=source.choice(WEATHER),
            )
        )
        if sentence is GIVES:
            holder = 1 - holder
    return " ".join(lines)
