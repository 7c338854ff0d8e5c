"""A little data set of utterances with intents and tags, and components that understand it, for tests of `nlp`."""

import json
from itertools import product

import torch

from ludus.components.utterance import meaning_layout
from ludus.data.utterances import Utterances
from ludus.nlp.models import turn_understander, understander
from ludus.nlp.models.turn_understander import TurnUnderstander
from ludus.nlp.models.understander import Understander
from ludus.nlp.tasks.understand_recipe import compose

TRACKS, CITIES, TIMES = ("blue train", "so what", "naima"), ("oslo", "new york", "bath"), ("now", "at noon", "today")
TINY = {
    **{"epochs": 2, "batch_size": 16, "threads": 1, "precision": "fp32", "checkpoint_seconds": 0.0, "least": 1},
    **{"width": 16, "buckets": 64, "dropout": 0.1, "word_dropout": 0.1, "lr": 0.02, "ema": 0.0},
}
MEANING = meaning_layout(("inform", "bye"), {"food": ("thai", "greek")}, ("phone", "area"))


def tagged(words, name):
    return [f"{'B' if i == 0 else 'I'}-{name}" for i in range(len(words.split()))]


def rows():
    """Every track, city and time in a few sentences."""
    found = []
    for say, track, time in product(("play", "please play", "i want to hear"), TRACKS, TIMES):
        tags = [*["O"] * len(say.split()), *tagged(track, "track"), *tagged(time, "time")]
        found.append({"text": f"{say} {track} {time}", "intent": "play", "tags": " ".join(tags)})
    for say, city, time in product(("weather in", "will it rain in", "how cold is"), CITIES, TIMES):
        tags = [*["O"] * len(say.split()), *tagged(city, "city"), *tagged(time, "time")]
        found.append({"text": f"{say} {city} {time}", "intent": "weather", "tags": " ".join(tags)})
    return found


def some(*rows):
    """Utterances of (text, intent, tags)."""
    texts, intents, tags = zip(*rows, strict=True)
    words = tuple(tuple(text.split()) for text in texts)
    return Utterances("some", words, tuple(tuple(t.split()) for t in tags), intents)


def make_file(folder):
    path = folder / "orders.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows()))
    return path


def recipe(data, model="gru", **settings):
    return compose(str(data), model, 0, {**TINY, **settings})


def an_understander(model="gru", seed=0, **more):
    """An untrained one of two intents."""
    torch.manual_seed(seed)
    names = {
        "words": ["play", "weather", "in", "oslo"],
        "intents": ["play", "weather"],
        "tags": ["O", "B-city", "I-city"],
    }
    sizes = {"width": 16, "buckets": 64, "layers": 1, **more}
    return Understander(*understander.spaces_of(2), **names, model=model, **sizes).eval()


def a_turn_understander(model="gru", seed=0, **more):
    torch.manual_seed(seed)
    names = {"words": ["thai", "food", "bye"], "lasts": ["greet", "request food"], "meaning": MEANING.to_json()}
    ends = turn_understander.spaces_of(MEANING)
    return TurnUnderstander(*ends, **names, model=model, **{"width": 16, "buckets": 64, **more}).eval()
