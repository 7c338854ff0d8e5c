"""Made-up parallel sentences, German and English: a grammar for where no corpus is at hand, and for tests.

A few thousand sentences such as "Die kleine Katze hat heute einen roten Ball gesehen ." and "The small cat saw a red
ball today .". Genders, cases, plurals and the verb at the end of the German perfect are right, so that a translator has
to look at the words around; it says nothing about real texts, and whoever quotes a figure of it has to say so.
"""

import itertools

import numpy as np

NAME = "phrases"
LANGUAGES = ("de", "en")
SIZES = {"train": 3000, "val": 200, "test": 200}  # sentences; no German sentence stands in two splits

# German noun, its gender (m, f, n), German plural, English singular and plural.
NOUNS = (
    ("Hund", "m", "Hunde", "dog", "dogs"),
    ("Mann", "m", "Männer", "man", "men"),
    ("Ball", "m", "Bälle", "ball", "balls"),
    ("Katze", "f", "Katzen", "cat", "cats"),
    ("Frau", "f", "Frauen", "woman", "women"),
    ("Jacke", "f", "Jacken", "jacket", "jackets"),
    ("Mädchen", "n", "Mädchen", "girl", "girls"),
    ("Kind", "n", "Kinder", "child", "children"),
    ("Auto", "n", "Autos", "car", "cars"),
    ("Pferd", "n", "Pferde", "horse", "horses"),
)
DOERS = ("Hund", "Mann", "Katze", "Frau", "Mädchen", "Kind", "Pferd")  # what can see, follow and find
# German stem of the adjective, English.
ADJECTIVES = (("klein", "small"), ("groß", "big"), ("rot", "red"), ("alt", "old"), ("jung", "young"), ("weiß", "white"))
# German present (singular, plural), participle; English present (singular, plural), past.
VERBS = (
    ("sieht", "sehen", "gesehen", "sees", "see", "saw"),
    ("findet", "finden", "gefunden", "finds", "find", "found"),
    ("sucht", "suchen", "gesucht", "seeks", "seek", "sought"),
    ("zieht", "ziehen", "gezogen", "pulls", "pull", "pulled"),
    ("bringt", "bringen", "gebracht", "brings", "bring", "brought"),
)
TIMES = (("heute", "today"), ("gestern", "yesterday"), ("oft", "often"), ("dort", "there"))
NUMBERS = (("zwei", "two"), ("drei", "three"), ("vier", "four"))
# Endings of articles and adjectives by gender, in the nominative and in the accusative.
THE = {"m": ("der", "den"), "f": ("die", "die"), "n": ("das", "das")}
A = {"m": ("ein", "einen"), "f": ("eine", "eine"), "n": ("ein", "ein")}
AFTER_THE = {"m": ("e", "en"), "f": ("e", "e"), "n": ("e", "e")}
AFTER_A = {"m": ("er", "en"), "f": ("e", "e"), "n": ("es", "es")}


def generate_phrases(split: str) -> dict[str, tuple[str, ...]]:
    """The sentences of a split (train, val, test) by language; always the same."""
    random = np.random.default_rng(20)
    seen: dict[str, str] = {}
    total = sum(SIZES.values())
    while len(seen) < total:
        german, english = _sentence(random)
        seen.setdefault(german, english)
    starts = dict(zip(SIZES, itertools.accumulate(SIZES.values(), initial=0), strict=False))
    chosen = slice(starts[split], starts[split] + SIZES[split])
    return {"de": tuple(seen)[chosen], "en": tuple(seen.values())[chosen]}


def _sentence(random: np.random.Generator) -> tuple[str, str]:
    doers = [noun for noun in NOUNS if noun[0] in DOERS]
    subject, many, spoken = _phrase(random, doers[random.integers(len(doers))], 0)
    thing, _, named = _phrase(random, NOUNS[random.integers(len(NOUNS))], 1)
    verb = VERBS[random.integers(len(VERBS))]
    when, time = TIMES[random.integers(len(TIMES))]
    if random.random() < 0.5:
        german = [subject, "haben" if many else "hat", when, thing, verb[2]]
        english = [spoken, verb[5], named, time]
    else:
        german, english = [subject, verb[many], when, thing], [spoken, verb[3 + many], named, time]
    return _written(german), _written(english)


def _phrase(random: np.random.Generator, noun: tuple[str, ...], case: int) -> tuple[str, int, str]:
    """A noun with what stands before it: German, whether it is a plural, English.

    Args:
        case: 0 nominative, 1 accusative.
    """
    german, gender, plural, english, plural_english = noun
    stem, adjective = ADJECTIVES[random.integers(len(ADJECTIVES))]
    described = random.random() < 0.6
    kind = random.integers(3)
    if kind == 0:
        number, counted = NUMBERS[random.integers(len(NUMBERS))]
        words = [number, *([f"{stem}e"] if described else []), plural]
        return " ".join(words), 1, " ".join([counted, *([adjective] if described else []), plural_english])
    article, endings, spoken = (THE, AFTER_THE, "the") if kind == 1 else (A, AFTER_A, "a")
    own = [f"{stem}{endings[gender][case]}"] if described else []
    others = [adjective] if described else []
    if spoken == "a" and (others or [english])[0][0] in "aeiou":
        spoken = "an"
    return " ".join([article[gender][case], *own, german]), 0, " ".join([spoken, *others, english])


def _written(parts: list[str]) -> str:
    text = " ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
