"""Templates of what guests say: split, values taken out and put back, what the corpus gives and what the grammar."""

import gzip
import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.data.datasets import is_at_hand
from ludus.data.dialogue import corpus, turns
from ludus.data.dialogue.grammar import grammar
from ludus.data.dialogue.terms import ACTS, LAST_ACTS, LATER, OPENING, PLACEHOLDERS, SPLITS, Template, normal, realise
from ludus.data.dialogue.turns import GRAMMAR, lasts_of, load_templates, load_venues, sample_turns, source_of
from ludus.data.dialogue.venues import DONTCARE, SLOTS, VALUES, VENUES, WISHES

HERE = is_at_hand(corpus.CAMREST)
needs_corpus = pytest.mark.skipif(not HERE, reason="LUDUS_DATA names no folder with dialogue/CamRest676.json")
SOURCES = (GRAMMAR, pytest.param("camrest", marks=needs_corpus))


def test_values_are_put_back_with_their_article_and_form():
    text = "find me {a} {food} or {a} {priced} place in the {pricerange} price range, {area}"
    said = realise(text, {"food": "italian", "pricerange": "moderate", "area": "north"})
    assert said == "find me an italian or a moderately priced place in the moderate price range, north"


@given(st.sampled_from(grammar()), st.data())
def test_a_template_takes_any_value_and_nothing_of_it_is_left(template, data):
    values = {slot: data.draw(st.sampled_from(VALUES[slot])) for slot in template.slots}
    said = realise(template.text, values)
    assert "{" not in said
    assert not re.search(r"\ban? (?:in|please|and)\b", said)
    assert all(value in said or value == "moderate" for value in values.values())
    assert len(said.encode()) <= 256
    for article, word in re.findall(r"\b(an?) (\w+)", said):
        assert (article == "an") == (word[0] in "aeiou"), said


@pytest.mark.parametrize("source", SOURCES)
def test_no_utterance_is_of_both_splits_and_every_act_has_its_own(source):
    train, test = (load_templates(split, source) for split in SPLITS)
    assert not {normal(t.text) for t in train} & {normal(t.text) for t in test}
    for templates in (train, test):
        assert {t.act for t in templates} == set(ACTS)
        assert len(set(templates)) == len(templates)
    assert 0.15 < len(test) / (len(train) + len(test)) < 0.35


def test_the_acts_that_no_corpus_labels_have_thirty_templates_to_learn_from():
    plain = Counter((t.act, t.split) for t in grammar() if not t.slots and not t.dontcare)
    assert all(plain[act, "train"] >= 30 and plain[act, "test"] >= 10 for act in ("affirm", "negate", "another", "bye"))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("split", SPLITS)
def test_there_is_something_to_say_for_all_that_a_guest_may_want(source, split):
    keys = Counter(t.key for t in load_templates(split, source))
    some = [("food",), ("area",), ("pricerange",), ("food", "area"), ("food", "pricerange"), ("area", "pricerange")]
    for slots in (*some, SLOTS):
        assert keys["inform", slots, (), (), LATER]
        assert keys["negate", slots, (), (), LATER]
    for slots in some:
        assert keys["inform", slots, (), (), OPENING]
    for slot in SLOTS:
        assert keys["inform", (), (slot,), (), LATER]
        assert keys["negate", (), (slot,), (), LATER]
    assert all(keys["request", (), (), (wish,), LATER] for wish in WISHES)


def test_the_grammar_says_so_when_it_stands_in_for_the_corpus(monkeypatch, tmp_path):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    turns._say_that_there_is_a_grammar.cache_clear()
    with pytest.warns(UserWarning, match="guests speak by a grammar and venues are made up, because CamRest676"):
        assert source_of("auto") == GRAMMAR
    assert source_of("auto") == GRAMMAR  # said once
    with pytest.raises(FileNotFoundError, match="CamRest676"):
        corpus.read_files(corpus.CAMREST, "all")
    with pytest.raises(ValueError, match="did you mean 'camrest'"):
        source_of("camrst")


def test_made_up_venues_have_every_value_and_a_name_each():
    venues = load_venues(GRAMMAR)
    assert len(venues) == VENUES == len({venue.name for venue in venues})
    for slot in SLOTS:
        assert {venue.value(slot) for venue in venues} == set(VALUES[slot])
    assert all(venue.address and venue.phone and venue.postcode for venue in venues)


@pytest.mark.parametrize("source", SOURCES)
def test_sampled_turns_say_what_they_mean_after_what_the_clerk_did(source):
    said = sample_turns("train", 300, 3, source)
    assert said == sample_turns("train", 300, 3, source) != sample_turns("train", 300, 4, source)
    assert {turn.act for turn in said} == set(ACTS)
    for turn in said:
        assert turn.last in LAST_ACTS
        assert set(turn.values) <= set(SLOTS)
        assert turn.wishes <= set(WISHES)
        if turn.act == "inform" and DONTCARE in turn.values.values() and turn.last != "greet":
            assert turn.values[turn.last.removeprefix("request ")] == DONTCARE


def test_only_what_was_asked_for_can_be_left_open_without_its_name():
    assert lasts_of(Template("i don't care", "inform", (), ("area",))) == ("request area",)
    assert lasts_of(Template("yes", "affirm")) == tuple(f"confirm {slot}" for slot in SLOTS)


def toy(monkeypatch, tmp_path, *said):
    """The templates that are made of a corpus of one dialogue with these turns: (text, slots, system's acts)."""
    dialogue = [
        {"turn": i, "usr": {"transcript": text, "slu": [{"act": "inform", "slots": slots}]}, "sys": {"DA": []}}
        for i, (text, slots) in enumerate(said)
    ]
    venues = [{"name": "nandos", "food": "portuguese", "area": "south", "pricerange": "cheap"}]
    contents = ([{"dial": dialogue}], venues, {"informable": {slot: list(VALUES[slot]) for slot in SLOTS}})
    monkeypatch.setattr(corpus, "_corpus", lambda: contents)
    for cached in (corpus.corpus_templates, corpus._still_valued, corpus._venue_names):
        cached.cache_clear()
    found = corpus.corpus_templates()
    for cached in (corpus.corpus_templates, corpus._still_valued, corpus._venue_names):
        cached.cache_clear()
    return {template.text: template for template in found}


def test_a_turn_means_what_it_adds(monkeypatch, tmp_path):
    food, area = ["food", "italian"], ["area", "centre"]
    found = toy(
        monkeypatch,
        tmp_path,
        ("An Italian place, please.", [food]),
        ("In the city center", [food, area]),
        ("A moderately priced Italian one", [food, area, ["pricerange", "moderate"]]),
        ("What is the phone number?", [food, ["slot", "phone"], ["slot", "address"]]),
    )
    assert {text: t.slots for text, t in found.items()} == {
        "{a} {food} place, please.": ("food",),
        "in the {area}": ("area",),
        "{a} {priced} {food} one": ("food", "pricerange"),
        "what is the phone number?": (),
    }
    assert [t.context for t in found.values()].count(OPENING) == 1
    assert found["what is the phone number?"].wishes == ("phone",)
    assert all(t.is_corpus for t in found.values())


def test_a_slot_left_open_without_its_name_serves_all(monkeypatch, tmp_path):
    found = toy(monkeypatch, tmp_path, ("I don't care.", [["area", DONTCARE]]))
    assert len(found) == 1
    made = toy(monkeypatch, tmp_path, ("any area is fine", [["area", DONTCARE]]))
    assert made["any area is fine"].dontcare == ("area",)


@pytest.mark.parametrize(
    "text",
    [
        "is nandos italian?",  # names a venue
        "italian or chinese",  # a value that no label has
        "italian, and its postcode",  # a wish that no label has
        "i don't care about the area, italian",  # a slot left open that no label has
        "another italian",  # an act that no label has
        "pasta",  # the label's value is not in it
        "italian, yes italian",  # twice
        "ítalian",  # no plain letters
        "italian {food}",  # a placeholder that a person typed
    ],
)
def test_an_utterance_that_says_more_or_less_than_its_label_is_left_out(text, monkeypatch, tmp_path):
    assert not toy(monkeypatch, tmp_path, (text, [["food", "italian"]]))


@needs_corpus
def test_the_corpus_gives_most_of_what_is_said_of_values_and_wishes():
    templates = load_templates("train", "camrest")
    of_corpus = [t for t in templates if t.is_corpus]
    assert len(of_corpus) > 900
    assert {t.act for t in of_corpus} == {"inform", "request"}
    left = re.compile("|".join(re.escape(mark) for mark in PLACEHOLDERS))
    names = {venue.name for venue in load_venues("camrest") if " " in venue.name}
    for template in of_corpus:
        assert not any(name in template.text for name in names)
        marks = set(left.findall(template.text)) - {"{a}"}
        assert {m.strip("{}").replace("priced", "pricerange") for m in marks} == set(template.slots)


@needs_corpus
def test_the_venues_are_the_110_of_the_corpus():
    venues = load_venues("camrest")
    assert len(venues) == VENUES
    assert Counter(v.pricerange for v in venues) == {"expensive": 57, "moderate": 31, "cheap": 22}
    for slot in SLOTS:
        assert {v.value(slot) for v in venues} - {""} == set(VALUES[slot])


def test_a_corpus_that_was_changed_is_refused(monkeypatch, tmp_path):
    (tmp_path / "dialogue").mkdir()
    for file in corpus.CAMREST.files["all"]:
        (tmp_path / "dialogue" / f"{file}.gz").write_bytes(gzip.compress(json.dumps([]).encode()))
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="damaged or of another edition"):
        corpus.read_files(corpus.CAMREST, "all")
