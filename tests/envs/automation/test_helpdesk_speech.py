"""Helpdesk's speech: templates with their values, words that get lost, keywords, and the clerk's sentences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.components.utterance import decode_meaning, decode_text, encode_heard, encode_meaning, meaning_layout
from ludus.data.dialogue.terms import ACTS, LAST_ACTS, OPENING, realise
from ludus.data.dialogue.turns import load_templates, load_venues
from ludus.data.dialogue.venues import DONTCARE, SLOTS, VALUES, WISHES
from ludus.envs.automation.helpdesk.constants import FIRST, KEPT, SLOT_COUNT
from ludus.envs.automation.helpdesk.rendering import clerk_sentence
from ludus.envs.automation.helpdesk.rules_clerk import ANY, SENTENCES, UNKNOWN
from ludus.envs.automation.helpdesk.rules_keywords import keywords
from ludus.envs.automation.helpdesk.rules_speech import hear
from ludus.envs.automation.helpdesk.rules_world import KEYS, key_of, make_desk
from ludus.envs.engine.slots.measures import MEASURES, Look
from ludus.envs.frames import frames
from ludus.envs.make import make_batch

ID = "ludus/Helpdesk-v0"
WORLD = make_desk("grammar", "train")
TEMPLATES = load_templates("train", "grammar")
LAYOUT = meaning_layout(ACTS, VALUES, WISHES)


def heard(number, values, speech=0, level=0.0, mark=0):
    out = np.zeros(257, np.float64 if mark else np.uint8)
    codes = np.array([FIRST + VALUES[slot].index(values[slot]) if slot in values else 0 for slot in SLOTS])
    end = hear(WORLD, number, codes, np.uint64(speech), level, mark, out)
    return out if mark else bytes(out[1:end]).decode()


def order():
    """The templates in the world's order."""
    return sorted(TEMPLATES, key=lambda t: (numbers(t), TEMPLATES.index(t)))


def numbers(template):
    sets = (
        sum(1 << known.index(name) for name in said)
        for known, said in ((SLOTS, template.slots), (SLOTS, template.dontcare), (WISHES, template.wishes))
    )
    return key_of(int(template.context == OPENING), ACTS.index(template.act), *sets)


ORDERED = order()
PLACE = "is there something {priced} in the {area} part of town"


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(TEMPLATES) - 1), st.data())
def test_without_noise_the_utterance_is_heard_as_it_is(number, data):
    values = {slot: data.draw(st.sampled_from(VALUES[slot])) for slot in SLOTS}
    assert heard(number, values) == realise(ORDERED[number].text, values)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(TEMPLATES) - 1), st.integers(0, 2**64 - 1), st.floats(0.0, 1.0))
def test_what_is_heard_is_text_of_at_most_256_bytes(number, speech, level):
    text = heard(number, {"food": "modern european", "area": "south", "pricerange": "moderate"}, speech, level)
    assert len(text) <= 256
    assert text == " ".join(text.split())
    assert text.isascii()
    assert "\0" not in text


def test_words_are_misheard_as_often_as_the_noise_says_and_in_three_ways():
    number = next(
        i for i, t in enumerate(ORDERED) if t.text == "is there something {priced} in the {area} part of town"
    )
    values = {"area": "north", "pricerange": "moderate"}
    said = heard(number, values).split()
    wrong = lost = others = 0
    for speech in range(3000):
        words = heard(number, values, 7919 * speech, 0.1).split()
        lost += len(words) < len(said)
        others += any(area in words for area in ("south", "east", "west", "centre"))
        wrong += words != said
    words = len(said)
    assert wrong / 3000 == pytest.approx(1.0 - 0.9**words, abs=0.03)
    assert 0.25 < lost / 3000 / (0.1 * words) < 0.42  # a third of them
    assert others / 3000 == pytest.approx(0.1 / 3, abs=0.01)  # a value is another value


def test_what_was_misheard_can_be_marked():
    number = next(i for i, t in enumerate(ORDERED) if t.text == "thank you kindly")
    marked = heard(number, {}, 5, 1.0, mark=256)
    assert (marked[marked > 0] >= 256).any()
    assert (heard(number, {}, 5, 0.0, mark=256) < 256).all()


def texts(batch):
    raw = np.zeros((batch.num_envs, 257), np.uint8)
    batch.slot_loop("utterance", "sense")(batch.records, np.arange(batch.num_envs), batch.world, raw)
    return raw


def test_a_seed_says_the_same_in_any_batch():
    many, one = (make_batch(ID, count, data="grammar", noise=0.3) for count in (8, 1))
    many.seed_from(20)
    one.seed_from(23)
    for _ in range(30):
        assert (texts(many)[3] == texts(one)[0]).all()
        many.step(many.heuristic().reshape(-1))
        one.step(one.heuristic().reshape(-1))


def test_a_note_changes_neither_what_was_said_nor_what_was_heard():
    batch = make_batch(ID, 1, data="grammar", noise=0.5, utterance="raw")
    batch.seed_from(1)
    before = batch.shown("utterance").copy()
    batch.step(np.array([14]))
    assert (batch.shown("utterance") == before).all()
    assert decode_text(before[0])
    batch.step(np.array([0]))
    assert (batch.shown("utterance") != before).any()


def test_splits_say_other_things():
    said = []
    for split in ("train", "test"):
        batch = make_batch(ID, 400, data="grammar", noise=0.0, split=split)
        batch.seed_from(0)
        spoken = set()
        for _ in range(15):
            spoken |= {bytes(batch.world.text[slice(*batch.world.starts[t : t + 2])]) for t in batch.store["template"]}
            batch.step(batch.heuristic().reshape(-1))
        said.append(spoken)
    assert len(said[0]) > 200
    assert len(said[1]) > 80
    assert not said[0] & said[1]


@pytest.mark.parametrize("split", ["train", "test"])
def test_there_are_words_for_all_that_a_guest_means(split):
    world = make_desk("grammar", split)
    assert world.counts.shape == (KEYS,)
    single = [1, 2, 4]
    inform = [(slots, 0) for slots in range(1, 7)] + [(s, f) for f in single for s in range(7) if not s & f]
    needed = [key_of(1, ACTS.index("inform"), slots, 0, 0) for slots in range(1, 7)]
    needed += [key_of(0, ACTS.index("inform"), slots, free, 0) for slots, free in inform]
    needed += [key_of(0, ACTS.index("negate"), s, f, 0) for s in range(8) for f in range(8) if not s & f]
    needed += [key_of(0, ACTS.index(act), 0, 0, 0) for act in ("affirm", "another", "bye")]
    asked = [w for w in range(1, 64) if bin(w).count("1") <= 3]
    needed += [key_of(0, ACTS.index("request"), 0, 0, w) for w in asked]
    assert all(world.counts[key] > 0 for key in needed)


@pytest.mark.parametrize(
    ("last", "text", "act", "values", "wishes"),
    [
        ("greet", "a cheap european place", "inform", {"food": "european", "pricerange": "cheap"}, set()),
        ("greet", "modern european food please", "inform", {"food": "modern european"}, set()),
        ("greet", "north american in the city center", "inform", {"food": "north american", "area": "centre"}, set()),
        ("greet", "an indian, and its phone number", "inform", {"food": "indian"}, {"phone"}),
        ("request food", "i don't care", "inform", {"food": DONTCARE}, set()),
        ("request area", "no, any price is fine", "inform", {"pricerange": DONTCARE}, set()),
        ("confirm area", "yes please", "affirm", {}, set()),
        ("confirm area", "no, the west", "negate", {"area": "west"}, set()),
        ("offer", "what is their address and postcode?", "request", {}, {"address", "postcode"}),
        ("offer", "what type of food is it?", "request", {}, {"food"}),
        ("offer", "no, i said cheap", "negate", {"pricerange": "cheap"}, set()),
        ("offer", "is there another one", "another", {}, set()),
        ("nothing", "how about thai food", "inform", {"food": "thai"}, set()),
        ("inform phone", "thank you, goodbye", "bye", {}, set()),
        ("inform phone", "hcinese xyz", "request", {}, set()),  # nothing is known: it wants something
        ("greet", "", "inform", {}, set()),
    ],
)  # fmt: skip
def test_keywords_understand_by_words_and_by_what_the_clerk_did(last, text, act, values, wishes):
    out = np.full(LAYOUT.size, 9.0, np.float32)
    keywords(WORLD, encode_heard(LAST_ACTS.index(last), text), out)
    assert decode_meaning(LAYOUT, out) == (act, values, wishes)


@settings(deadline=None, max_examples=80)
@given(st.binary(min_size=257, max_size=257))
def test_keywords_take_any_bytes(raw):
    out = np.zeros(LAYOUT.size, np.float32)
    keywords(WORLD, np.frombuffer(raw, np.uint8), out)
    assert out[LAYOUT.slice("act")].sum() == 1.0
    assert all(out[LAYOUT.slice(slot)].sum() == 1.0 for slot in SLOTS)


def test_frames_are_turns_with_their_meanings():
    data = frames(ID, "utterance", 256, environment={"data": "grammar"})
    assert data.raw.shape[1:] == (257,)
    assert data.truth.shape[1:] == (LAYOUT.size,)
    assert set(data.truth[:, LAYOUT.slice("act")].argmax(axis=1)) >= {0, 1, 3}
    assert (data.raw[:, 0] < len(LAST_ACTS)).all()
    assert (data.raw[:, 1] > 0).mean() > 0.99


@pytest.mark.parametrize("code", [FIRST - 1, FIRST + 1])
def test_the_picture_says_what_the_clerk_says(code):
    venue = load_venues("grammar")[7]
    facts = {name: venue.value(name) or UNKNOWN for name in ("name", *SLOTS, *WISHES)}
    out = np.zeros(256)
    for number, last in enumerate(LAST_ACTS):
        act, _, slot = last.rpartition(" ")
        value = ANY if code < FIRST else VALUES[slot][code - FIRST] if act == "confirm" else ""
        length = clerk_sentence(WORLD.labels, WORLD.values, number, code if act == "confirm" else 7, out)
        assert bytes(out[:length].astype(np.uint8)).decode() == SENTENCES[last].format(value=value, **facts)
    assert set(SENTENCES) == set(LAST_ACTS)


def test_the_picture_shows_a_misheard_word_in_red():
    frames_of = []
    for noise in (0.0, 1.0):
        batch = make_batch(ID, 1, data="grammar", noise=noise)
        batch.seed_from(4)
        frame = np.zeros((1, 270, 450, 3), np.uint8)
        batch.render_many(np.array([0]), frame)
        frames_of.append(frame[0].astype(int))
    red = [((f[..., 0] > 180) & (f[..., 1] < 110)).sum() for f in frames_of]
    assert red[0] == 0
    assert red[1] > 20
    assert KEPT >= SLOT_COUNT  # as many turns as it takes to see where a note came from


def test_measures_say_which_part_was_misunderstood():
    meant = [("inform", {"food": "thai"}, set()), ("request", {}, {"phone"}), ("negate", {"area": "west"}, set())]
    heard_as = [("inform", {"food": "indian"}, set()), ("request", {}, set()), ("affirm", {"area": "west"}, set())]
    truth, estimate = (np.stack([encode_meaning(LAYOUT, *m) for m in many]) for many in (meant, heard_as))
    look = Look(0.9 * estimate, truth, estimate, np.ones(1), np.zeros(0), LAYOUT)
    names = ("all right", "act right", "values right", "wishes right")
    found = {name: MEASURES[name].values(look).tolist() for name in names}
    assert found == {
        "all right": [False, False, False],
        "act right": [True, True, False],
        "values right": [False, True, True],
        "wishes right": [True, False, True],
    }
    with pytest.raises(ValueError, match="give it truth_layout"):
        MEASURES["all right"].values(look._replace(parts=None))
