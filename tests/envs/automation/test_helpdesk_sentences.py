"""The clerk's sentences for a person: articles, plurals, capitals, and facts of the database, whatever the seed."""

import itertools
import re

import pytest

from ludus.data.dialogue.terms import LAST_ACTS
from ludus.data.dialogue.turns import load_venues
from ludus.data.dialogue.venues import DONTCARE, SLOTS, VALUES, WISHES, Venue
from ludus.envs.automation.helpdesk.clerk_sentences import (
    SENTENCES,
    Clerk,
    noted,
    postcode_of,
    sought,
    venue_name,
    with_article,
)

OAK = Venue("the oak bistro", "asian oriental", "north", "expensive", "6 Lensfield Road", "01223 3361", "C.B 2, 1 E.G")
SILENT = Venue("royal standard", "", "north", "", "290 Mill Road", "", "")
FULL = {"food": "italian", "area": "centre", "pricerange": "moderate"}
SEEDS = range(12)


def said(act, form=FULL, left=3, venue=OAK):
    """What the clerk can say, over seeds."""
    return {Clerk(seed).say(act, form, left, venue) for seed in SEEDS}


@pytest.mark.parametrize("act", [*LAST_ACTS, "again", "bye", "leaves", "silence"])
def test_whatever_the_clerk_does_it_has_several_whole_sentences(act):
    sentences = said(act)
    assert len(sentences) >= 3
    for sentence in sentences:
        assert re.fullmatch(r"[A-Z0-9][^{}]*[.?!]", sentence), sentence
        assert "  " not in sentence


def test_the_same_seed_says_the_same_and_another_one_something_else():
    talks = [[Clerk(seed).say(act, FULL, 3, OAK) for act in LAST_ACTS] for seed in (1, 1, 2)]
    assert talks[0] == talks[1] != talks[2]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"food": "italian"}, "an Italian place"),
        ({"food": "italian", "pricerange": "cheap"}, "a cheap Italian place"),
        ({"pricerange": "expensive", "food": "indian"}, "an expensive Indian place"),
        ({"food": "modern european", "area": "centre"}, "a modern European place in the centre"),
        ({"food": "european"}, "a European place"),
        ({"food": "north american", "area": "east"}, "a North American place in the east of town"),
        ({"food": "gastropub", "pricerange": "moderate"}, "a moderately priced gastropub"),
        ({"food": "international"}, "an international place"),
        ({"food": DONTCARE, "area": "south"}, "a place in the south of town"),
        ({"food": "", "area": "north", "pricerange": "expensive"}, "an expensive place in the north of town"),
        ({}, "a place"),
    ],
)
def test_articles_and_capitals(wanted, words):
    assert with_article(sought(wanted)) == words


def test_every_value_can_be_sought_and_noted():
    for slot in SLOTS:
        for value in (*VALUES[slot], DONTCARE):
            phrase = noted(slot, value)
            assert phrase
            assert not {"_", "dontcare"} & set(phrase.split())
    assert noted("food", "seafood") == "seafood"
    assert noted("food", "gastropub") == "gastropub food"
    assert noted("pricerange", DONTCARE) == "any price range"
    for combination in itertools.product(*(VALUES[slot] for slot in SLOTS)):
        article, _, rest = with_article(sought(dict(zip(SLOTS, combination, strict=True)))).partition(" ")
        # by ear: "European" begins with a consonant
        assert (article == "an") == (rest[0].lower() in "aeio"), (article, rest)


def test_how_many_places_fit_agrees_with_its_verb():
    counts = {0: "No place fits.", 1: "1 place fits.", 7: "7 places fit."}
    for left, words in counts.items():
        assert all(sentence.startswith(words) for sentence in said("request food", left=left))
    assert not any("fit" in sentence for sentence in said("request food", form={}))


def test_facts_are_those_of_the_venue():
    facts = {
        "address": "6 Lensfield Road",
        "phone": "01223 3361",
        "postcode": "CB2 1EG",
        "food": "Asian Oriental food",
        "area": "in the north of town",
        "pricerange": "expensive",
    }
    assert set(facts) == set(WISHES)
    for wish, fact in facts.items():
        assert all(fact in sentence for sentence in said(f"inform {wish}"))
    for sentence in said("offer"):
        assert "the Oak Bistro" in sentence
        assert "an expensive Asian Oriental place in the north of town" in sentence


def test_what_the_database_does_not_know_is_not_made_up():
    for wish, name in (("phone", "phone number"), ("postcode", "postcode"), ("food", "kind of food")):
        sentences = said(f"inform {wish}", venue=SILENT)
        assert all(name in sentence and "Royal Standard" in sentence for sentence in sentences)
    assert all("a place in the north of town" in sentence for sentence in said("offer", venue=SILENT))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("the slug and lettuce", "the Slug and Lettuce"),
        ("mahal of cambridge", "Mahal of Cambridge"),
        ("j restaurant", "J Restaurant"),
        ("and", "And"),
    ],
)
def test_names_have_capitals(name, shown):
    assert venue_name(name) == shown


@pytest.mark.parametrize(
    ("postcode", "shown"), [("C.B 25, 9 A.Q", "CB25 9AQ"), ("CB3 4XX", "CB3 4XX"), ("nowhere", "nowhere"), ("", "")]
)
def test_postcodes_have_their_usual_form(postcode, shown):
    assert postcode_of(postcode) == shown


def test_every_venue_can_be_offered_and_told():
    for venue in load_venues("grammar"):
        for act in ("offer", "again", *(f"inform {wish}" for wish in WISHES)):
            assert "{" not in Clerk(0).say(act, FULL, 1, venue)


def test_a_venue_that_was_not_named_cannot_be_spoken_of():
    with pytest.raises(ValueError, match="has named no venue"):
        Clerk(0).say("offer", FULL, 1)
    with pytest.raises(KeyError):
        Clerk(0).say("sing", FULL, 1)


def test_no_sentence_stands_twice():
    every = [sentence for sentences in SENTENCES.values() for sentence in sentences]
    assert len(every) == len(set(every))
