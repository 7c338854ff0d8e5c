"""Helpdesk with a person as the guest: the same desk and sense as in training, and conversations with rules."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from ludus.components.component import Component
from ludus.components.utterance import decode_text
from ludus.data.dialogue.turns import load_venues
from ludus.envs.automation.helpdesk.constants import KEPT, LEAVE, NOTE
from ludus.envs.automation.helpdesk.conversation import (
    MOST_ACTIONS,
    PERSON,
    Conversation,
    Heard,
    words_of,
)
from ludus.envs.automation.helpdesk.person import hear_person
from ludus.envs.engine.slots.slotted_batch import SlottedBatch
from ludus.envs.make import make_batch

GRAMMAR = {"data": "grammar"}


def by(name):
    return lambda batch: batch.heuristic(name=name)


def talk(policy="desk", seed=0, **keywords):
    return Conversation(by(policy) if isinstance(policy, str) else policy, {**GRAMMAR, **keywords}, seed)


def exchange(conversation, *utterances):
    replies = []
    for said in utterances:
        conversation.hear(said)
        replies.append(conversation.reply())
    return replies


def raw_of(batch):
    """(257,) what is heard in a training environment."""
    raw = np.zeros((1, 257), np.uint8)
    batch.slot_loop("utterance", "sense")(batch.records, np.array([0]), batch.world, raw)
    return raw[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_person_who_says_what_our_guest_says_meets_the_same_clerk(seed):
    """Form, masks, venues, observation and what is understood are those of the environment, step by step."""
    random = np.random.default_rng(seed)
    trained = make_batch("ludus/Helpdesk-v0", 1, utterance="keywords", **GRAMMAR)
    trained.seed_from(seed)
    live = SlottedBatch(PERSON, 1, {"utterance": "keywords"}, **GRAMMAR)
    live.seed_from(seed)
    live.store["shelf"] = trained.store["shelf"]
    turn, steps = 0, 0
    while steps < 40:
        if trained.store["turn"][0] != turn:
            turn = int(trained.store["turn"][0])
            hear_person(live.store[0], decode_text(raw_of(trained)))
            live.refresh()
            assert (live.shown("utterance") == trained.shown("utterance")).all()
        for name in ("state", "utterance"):
            assert (live.buffers.observation[name] == trained.buffers.observation[name]).all()
        assert (live.buffers.mask == trained.buffers.mask).all()
        assert live.heuristic(name="desk") == trained.heuristic(name="desk")
        legal = np.flatnonzero(trained.buffers.mask[0])
        legal = legal[legal != LEAVE]
        action = trained.heuristic(name="desk") if random.random() < 0.5 else random.choice(legal)[None]
        if action[0] == LEAVE or trained.step(action):
            break
        live.step(action)
        steps += 1
    assert steps >= 3


def test_nobody_s_mind_is_read_and_nothing_earns():
    conversation = talk()
    exchange(conversation, "cheap thai food", "phone number", "thank you, goodbye")
    assert set(conversation.batch.store.dtype.names).isdisjoint({"goal", "instead", "wishes", "said", "lost"})
    assert conversation.batch.buffers.reward.tolist() == [0.0]
    assert conversation.over


def test_a_talk_from_the_greeting_to_the_goodbye():
    conversation = talk()
    assert conversation.last == "greet"
    assert conversation.form == {}
    first, second, third = exchange(conversation, "I want some INDIAN food", "I don’t care", "Cheap, please")
    assert first.notes == (("food", "indian"),)
    assert second.notes == (("area", "dontcare"),)
    assert third.notes == (("pricerange", "cheap"),)
    assert conversation.form == {"food": "indian", "area": "dontcare", "pricerange": "cheap"}
    assert not third.ends
    venue = conversation.venue
    assert (venue.food, venue.pricerange) == ("indian", "cheap")
    conversation.hear("what is the phone number?")
    reply = conversation.reply()
    assert conversation.last == "inform phone"
    assert venue.phone in reply.sentence
    goodbye = exchange(conversation, "thank you, goodbye")[0]
    assert goodbye.ends
    assert conversation.over
    with pytest.raises(ValueError, match="is over"):
        conversation.hear("hello?")


def test_the_same_seed_and_words_are_the_same_talk():
    words = ("something in the centre", "no, the south", "is there another one?", "address please")
    talks = [[reply.sentence for reply in exchange(talk(seed=seed), *words)] for seed in (4, 4, 5)]
    assert talks[0] == talks[1] != talks[2]


def test_a_venue_that_is_the_only_one_is_not_offered_as_another():
    kinds = Counter((venue.food, venue.area, venue.pricerange) for venue in load_venues("grammar"))
    food, area, price = next(kind for kind, count in kinds.items() if count == 1)
    conversation = talk()
    first, again = exchange(conversation, f"{price} {food} food in the {area}", "is there another one?")
    assert conversation.left == 1
    assert conversation.last == "offer"
    assert "only" not in first.sentence
    assert "only" in again.sentence or "nothing else" in again.sentence


BAD = {
    "nonsense": "asdf jklö qwertz 42",
    "insult": "you stupid machine, shut up",
    "several wishes": "address, phone, postcode, food, area and price of a cheap thai or italian place in the north",
    "hundred thousand": "food " * 20_000,
    "one long word": "x" * 100_000,
    "control": "thai\x00\x1b[2J\x07\r\x9b food",
    "emoji": "🍕🍝👨‍👩‍👧 in the centre 🏳️‍🌈",
    "cut in a letter": "é" * 200,
    "right to left": "مرحبا \u202e thai",
    "surrogate": "a\udc80\udfffb",
    "replacement": "\ufffd\ufffd",
    "digits": "1" * 256,
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_said_has_an_answer(name):
    conversation = talk()
    heard = conversation.hear(BAD[name])
    assert heard.was_cut == (len(words_of(BAD[name]).encode("utf-8", "replace")) > 256)
    assert len(heard.text.encode()) <= 256
    assert heard.text.isprintable()
    reply = conversation.reply()
    assert reply.sentence[-1] in ".?!"
    assert not reply.is_stuck
    frame = np.zeros((540, 900, 3), np.uint8)
    conversation.render(frame)
    assert len(np.unique(frame.reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize("said", ["", "   ", "\n\t", "\x00\x1b", "\u200b\u202e"])
def test_silence_is_answered_and_changes_nothing(said):
    conversation = talk()
    before = conversation.batch.snapshot()
    assert conversation.is_silent(said)
    assert conversation.silence().endswith(conversation.sentence)
    assert conversation.batch.snapshot() == before
    with pytest.raises(ValueError, match="nothing was said"):
        conversation.hear(said)


@pytest.mark.parametrize("filling", ["truth", "noisy:0.1", "blind", None])
def test_a_clerk_that_knows_what_guests_mean_cannot_hear(filling):
    with pytest.raises(ValueError, match=r"cannot hear you.*--slot utterance=keywords"):
        talk(utterance=filling)


def test_a_clerk_may_read_the_words_itself():
    conversation = talk(lambda batch: np.array([0]), utterance="raw")
    heard = conversation.hear("thai food")
    assert heard == Heard("thai food", False, None)
    assert decode_text(conversation.batch.shown("utterance")[0]) == "thai food"
    assert conversation.reply().sentence


def test_a_clerk_that_never_speaks_is_interrupted():
    asked = []

    def flip(batch):
        asked.append(0)
        return np.array([NOTE + len(asked) % 2])

    conversation = talk(flip)
    conversation.hear("hello")
    reply = conversation.reply()
    assert (reply.is_stuck, reply.ends, len(reply.notes)) == (True, False, MOST_ACTIONS)
    assert reply.sentence.endswith(conversation.sentence)


def test_a_clerk_that_says_what_makes_no_sense_says_nothing():
    actions = iter([7, 3, 6, 1])  # an address, a check and a venue with nothing in the form; then a question
    conversation = talk(lambda batch: np.array([next(actions)]))
    conversation.hear("hello")
    assert "town" in conversation.reply().sentence or conversation.last == "request area"
    assert next(actions, None) is None


def test_asking_what_other_words_would_mean_changes_nothing():
    conversation = talk()
    conversation.hear("cheap thai food")
    before = conversation.batch.snapshot()
    answers = conversation.ask_sense(["cheap thai food", "cheap food", "thai food"])
    assert conversation.batch.snapshot() == before
    scores = answers @ conversation.direction
    assert scores[0] == conversation.direction.sum() == 3.0
    assert scores[1] == scores[2] == 2.0


class Deaf(Component):
    """Hears that somebody leaves, whatever is said."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space, {})

    def forward(self, x):
        import torch

        meaning = torch.zeros(len(x), self.output_space.shape[0])
        meaning[:, 5] = 1.0
        return meaning


def test_a_component_hears_and_its_name_is_shown():
    slot = SlottedBatch(PERSON, 1, {"utterance": "keywords"}, **GRAMMAR).simulation.slots["utterance"]
    sizes = {"data": "grammar", "split": "train"}
    conversation = talk(utterance=Deaf(slot.raw(**sizes), slot.truth(**sizes)))
    assert conversation.sense == "Deaf"
    assert str(conversation.hear("thai food").understood) == "bye"
    assert conversation.component is not None
    assert talk().component is None


def test_the_picture_shows_the_last_turns():
    conversation = talk()
    frames = []
    for i in range(KEPT + 2):
        frame = np.zeros((540, 900, 3), np.uint8)
        conversation.render(frame)
        frames.append(frame)
        exchange(conversation, f"thai food {'please ' * i}")
        if conversation.over:
            break
    assert all((a != b).any() for a, b in pairwise(frames))
