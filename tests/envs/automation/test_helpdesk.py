"""Helpdesk: dialogues step by step with the answers written out, goals, the form, rewards, policies, an upper bound."""

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.components.utterance import decode_meaning, meaning_layout
from ludus.data.dialogue.terms import ACTS, LAST_ACTS
from ludus.data.dialogue.venues import DONTCARE, SLOTS, VALUES, WISHES
from ludus.envs.automation.helpdesk import ACTION_NAMES, PARAMETERS
from ludus.envs.automation.helpdesk.constants import ACTIONS, COUNTS, FIRST, LEAVE, MEANINGS, NOTHING, NUMBERS, TELL
from ludus.envs.automation.helpdesk.policies import careful, desk
from ludus.envs.automation.helpdesk.rules_guest import count_fitting, fits, next_fitting
from ludus.envs.automation.helpdesk.rules_world import make_desk
from ludus.envs.engine.policy_view import PolicyView
from ludus.envs.make import make_batch

ID = "ludus/Helpdesk-v0"
LAYOUT = meaning_layout(ACTS, VALUES, WISHES)
CHANCES = {"noise": 0.0, "nothing_chance": 0.0, "another_chance": 0.0, "more_chance": 0.0}
PLAIN = {"data": "grammar", "hint": 0.0, **CHANCES}
TURN, NOTE, WRONG = (PARAMETERS[name].default for name in ("turn_cost", "note_cost", "wrong_cost"))
WORLD = make_desk("grammar", "train")


def code(slot, value):
    return {"": 0, DONTCARE: 1}.get(value, FIRST + VALUES[slot].index(value) if value in VALUES[slot] else 0)


def action(name):
    return ACTION_NAMES.index(name)


class Dialogue:
    """One environment whose guest's goal is set by hand; it has said what its first turn says."""

    def __init__(self, goal, wishes, said=("food",), **keywords):
        self.batch = make_batch(ID, 1, **{**PLAIN, **keywords})
        self.batch.seed_from(5)
        self.s = self.batch.store[0]
        self.s["goal"] = self.s["instead"] = [code(slot, goal.get(slot, DONTCARE)) for slot in SLOTS]
        self.s["wishes"] = sum(1 << WISHES.index(wish) for wish in wishes)
        self.s["said"] = sum(1 << SLOTS.index(slot) for slot in said)
        self.s["spoken"] = [code(slot, goal[slot]) if slot in said and slot in goal else 0 for slot in SLOTS]
        self.s["asked"], self.s["shelf"] = 0, 0
        self.batch.refresh()

    def do(self, name):
        """What the guest then means, what it heard before, and the reward."""
        self.batch.step(np.array([action(name)]))
        act, values, wishes = decode_meaning(LAYOUT, self.batch.shown("utterance")[0])
        reward = round(float(self.batch.buffers.reward[0]), 6)
        return (act, values, wishes), LAST_ACTS[self.s["last"]], reward


def venue_with(**wanted):
    codes = {SLOTS.index(slot): code(slot, value) for slot, value in wanted.items()}
    return next(venue for venue, row in enumerate(WORLD.values) if all(row[k] == c for k, c in codes.items()))


def test_a_dialogue_without_a_mistake():
    """request -> offer -> inform x 2 -> bye, by hand."""
    food, area, price = (VALUES[slot][WORLD.values[0, k] - FIRST] for k, slot in enumerate(SLOTS))
    talk = Dialogue({"food": food, "area": area}, ["phone", "postcode"], said=("food",))
    opening = talk.do(f"note food {food}")
    assert opening == (("inform", {"food": food}, set()), "greet", -NOTE)  # a note: the guest says nothing
    assert talk.do("which area?") == (("inform", {"area": area}, set()), "request area", -TURN)
    assert talk.do("which pricerange?") == (("inform", {"pricerange": DONTCARE}, set()), "request pricerange", -TURN)
    talk.do(f"note area {area}")
    assert talk.do("food right?") == (("affirm", {}, set()), "confirm food", -TURN)
    assert talk.do("name a venue") == (("request", {}, {"phone", "postcode"}), "offer", -TURN)
    assert fits(WORLD, talk.s["venue"], talk.s["goal"])
    assert talk.do("tell postcode") == (("request", {}, {"phone"}), "inform postcode", -TURN)
    assert talk.do("tell phone") == (("bye", {}, set()), "inform phone", -TURN)
    talk.batch.step(np.array([LEAVE]))
    assert talk.batch.buffers.reward[0] == pytest.approx(1.0 - TURN)
    assert talk.batch.buffers.terminated[0]
    assert talk.batch.buffers.episode_success[0]
    assert price in VALUES["pricerange"]


def test_a_wrong_venue_is_rejected_with_what_it_violates():
    cheap = venue_with(pricerange="cheap")
    area = VALUES["area"][WORLD.values[cheap, 1] - FIRST]
    talk = Dialogue({"area": area, "pricerange": "cheap"}, ["address"], said=("pricerange",))
    talk.do("note pricerange expensive")
    meant, last, reward = talk.do("name a venue")
    assert last == "offer"
    assert reward == pytest.approx(-TURN - WRONG)
    assert meant[0] == "negate"
    assert not meant[1] or meant[1]["pricerange"] == "cheap"
    meant, last, reward = talk.do("tell address")  # of a venue that it does not want
    assert (meant[0], last, reward) == ("negate", "inform address", pytest.approx(-TURN - WRONG))
    talk.do("note pricerange cheap")
    talk.do(f"note area {area}")
    assert talk.do("name a venue") == (("request", {}, {"address"}), "offer", pytest.approx(-TURN))


def test_a_wrong_note_is_corrected_when_it_is_checked():
    talk = Dialogue({"area": "north"}, ["phone"], said=("area",))
    answers = set()
    for seed in range(40):
        talk.s["rng"] = seed
        talk.do("note area south")
        (act, values, wishes), last, reward = talk.do("area right?")
        assert (act, wishes, last, reward) == ("negate", set(), "confirm area", -TURN)
        answers.add(values.get("area"))
        talk.s["lost"], talk.s["turn"] = 0, 1
        talk.do("note area north")
    assert answers == {None, "north"}  # now and then it only says no


def test_a_note_where_the_guest_does_not_care_is_a_mistake_only_if_no_venue_is_left():
    talk = Dialogue({"area": "north"}, ["phone"], said=("area",))
    talk.do("note pricerange dontcare")
    assert talk.do("pricerange right?")[0] == ("affirm", {}, set())
    talk.do("note food korean")
    (act, values, _), _, _ = talk.do("food right?")
    assert act == "negate"
    assert values.get("food", DONTCARE) == DONTCARE


def test_where_nothing_fits_the_guest_turns_to_its_alternative():
    korean = venue_with(food="korean")
    area = VALUES["area"][WORLD.values[korean, 1] - FIRST]

    def none_in(name):
        return count_fitting(WORLD, np.array([code("food", "korean"), code("area", name), 1])) == 0

    other = next(name for name in VALUES["area"] if none_in(name))
    talk = Dialogue({"food": "korean", "area": area}, ["phone"], said=("food", "area"))
    talk.s["goal"] = [code("food", "korean"), code("area", other), 1]
    talk.s["turned"] = False
    talk.do("note food korean")
    talk.do(f"note area {other}")
    assert talk.s["left"] == 0
    (act, values, wishes), last, reward = talk.do("name a venue")
    assert (act, values, last, reward) == ("inform", {"area": area}, "nothing", -TURN)
    assert talk.s["turned"]
    assert wishes <= {"phone"}
    meant, last, reward = talk.do("name a venue")  # the form is now wrong, and the denial too
    assert (meant[0], last, reward) == ("negate", "nothing", pytest.approx(-TURN - WRONG))
    talk.do(f"note area {area}")
    assert talk.do("name a venue")[0][0] == "request"


def test_a_guest_may_want_to_hear_of_another_venue():
    talk = Dialogue({"pricerange": "expensive"}, ["phone"], said=("pricerange",))
    talk.s["wants_another"] = True
    talk.do("note pricerange expensive")
    assert talk.do("name a venue")[0] == ("another", {}, set())
    first = int(talk.s["venue"])
    meant, _, reward = talk.do("tell phone")  # not of this one
    assert meant[0] == "another"
    assert reward == pytest.approx(-TURN - WRONG)
    assert talk.do("name a venue")[0] == ("request", {}, {"phone"})
    assert talk.s["venue"] != first
    assert talk.s["told"] == 0


def test_what_is_not_wanted_displeases_and_patience_ends():
    talk = Dialogue({"pricerange": "expensive"}, ["phone"], said=("pricerange",))
    assert talk.do("which pricerange?")[2] == pytest.approx(-TURN - WRONG)  # it has said so
    talk.do("note pricerange expensive")
    talk.do("name a venue")
    assert talk.do("tell address")[2] == pytest.approx(-TURN - WRONG)  # it does not want to know
    assert not talk.batch.buffers.terminated[0]
    turns, patience = 1 + 3, PARAMETERS["patience"].default
    assert talk.s["turn"] == turns
    assert talk.s["lost"] == 2
    assert turns + 2 * PARAMETERS["annoyance"].default == patience  # so the next turn is the last
    talk.do("tell phone")
    assert talk.batch.buffers.terminated[0]
    assert talk.batch.buffers.episode_success[0]  # it has heard all that it wanted to


def test_a_goodbye_that_comes_too_early_helps_nobody():
    talk = Dialogue({"pricerange": "cheap"}, ["phone", "address"], said=("pricerange",))
    talk.do("note pricerange cheap")
    talk.do("name a venue")
    talk.do("tell phone")
    talk.batch.step(np.array([LEAVE]))
    assert talk.batch.buffers.terminated[0]
    assert not talk.batch.buffers.episode_success[0]
    assert talk.batch.buffers.reward[0] == pytest.approx(-TURN - WRONG)


def test_hints_are_paid_for_what_is_right_and_taken_back_in_the_end():
    """By hand: a ninth of `hint` for a right note, a third for a venue, half a third for one of two wishes."""
    hint = 0.9
    talk = Dialogue({"pricerange": "cheap"}, ["phone", "address"], said=("pricerange",), hint=hint)
    assert talk.do("note pricerange cheap")[2] == pytest.approx(-NOTE + hint / 9)
    assert talk.do("note pricerange expensive")[2] == pytest.approx(-NOTE - 2 * hint / 9)
    assert talk.do("name a venue")[2] == pytest.approx(-TURN - WRONG)
    assert talk.do("note pricerange cheap")[2] == pytest.approx(-NOTE + 2 * hint / 9)
    assert talk.do("note area dontcare")[2] == pytest.approx(-NOTE + hint / 9)
    assert talk.do("name a venue")[2] == pytest.approx(-TURN + hint / 3)
    assert talk.do("tell phone")[2] == pytest.approx(-TURN + hint / 6)
    assert talk.do("tell address")[2] == pytest.approx(-TURN + hint / 6)
    talk.batch.step(np.array([LEAVE]))
    assert talk.batch.buffers.reward[0] == pytest.approx(1.0 - TURN - (2 / 9 + 2 / 3) * hint)


def test_hints_change_no_return():
    returns = [play(lambda batch: desk(PolicyView(batch)), hint=hint, utterance="keywords")[0] for hint in (0.0, 2.0)]
    np.testing.assert_allclose(*returns, atol=1e-9)


@pytest.mark.parametrize("name", ["food right?", "name a venue", "tell phone", "goodbye"])
def test_what_makes_no_sense_costs_a_turn_and_nobody_says_anything(name):
    talk = Dialogue({"pricerange": "cheap"}, ["phone"])
    before = talk.s.copy()
    assert talk.batch.buffers.mask[0, action(name)] == 0
    assert talk.do(name)[2] == -TURN
    for field in ("turn", "last", "act", "venue", "told", "template", "lost"):
        assert talk.s[field] == before[field]


def test_the_mask_asks_for_a_note_or_a_venue():
    talk = Dialogue({"pricerange": "expensive"}, ["phone"])
    legal = set(np.flatnonzero(talk.batch.buffers.mask[0]))
    assert legal == {0, 1, 2, *range(LEAVE + 1, ACTIONS)}
    talk.do("note pricerange expensive")
    mask = talk.batch.buffers.mask[0]
    assert mask[action("pricerange right?")]
    assert mask[action("name a venue")]
    assert not mask[action("note pricerange expensive")]
    assert not mask[action("food right?")]
    talk.do("pricerange right?")
    assert not talk.batch.buffers.mask[0, action("pricerange right?")]
    talk.do("name a venue")
    assert talk.batch.buffers.mask[0, TELL : TELL + len(WISHES)].all()
    assert not talk.batch.buffers.mask[0, LEAVE]
    talk.do("tell area")
    assert talk.batch.buffers.mask[0, LEAVE]
    assert not talk.batch.buffers.mask[0, action("tell area")]


def test_a_guest_sometimes_says_more_than_it_was_asked_for():
    talk = Dialogue({"food": "indian", "area": "north", "pricerange": "cheap"}, ["phone"], said=(), more_chance=1.0)
    talk.s["said"] = 0
    (_, values, _), _, _ = talk.do("which food?")
    assert set(values) == {"food", "area"}
    (_, values, _), _, _ = talk.do("which pricerange?")
    assert values == {"pricerange": "cheap"}  # all else was said


def test_spaces_and_names_are_those_of_the_card():
    env = gymnasium.make_vec(ID, num_envs=2, data="grammar")
    assert env.single_action_space.n == ACTIONS == len(ACTION_NAMES) == 48
    assert env.single_observation_space["state"].shape == (NUMBERS,) == (66,)
    assert env.single_observation_space["utterance"].shape == (MEANINGS,) == (LAYOUT.size,) == (49,)
    assert ACTION_NAMES[14] == "note food dontcare"
    assert ACTION_NAMES[47] == "note pricerange expensive"


CODES = st.tuples(*(st.integers(0, count - 1) for count in COUNTS))


@settings(deadline=None)
@given(CODES, st.integers(0, 109))
def test_venues_are_found_as_a_loop_would(wanted, before):
    form = np.array(wanted)
    fits_in = [[w < FIRST or w == x for w, x in zip(wanted, row, strict=True)] for row in WORLD.values]
    fitting = [venue for venue, found in enumerate(fits_in) if all(found)]
    assert count_fitting(WORLD, form) == len(fitting)
    order = sorted(fitting, key=lambda venue: (venue - before - 1) % 110)
    assert next_fitting(WORLD, form, before) == (order[0] if order else NOTHING)
    assert [v for v in range(110) if fits(WORLD, v, form)] == fitting


def play(policy, count=256, steps=120, **keywords):
    """Mean return, success and the bound of the episodes that ended."""
    batch = make_batch(ID, count, **{"data": "grammar", **keywords})
    batch.seed_from(11)
    returns, successes, bounds = [], [], []
    bound = most(batch.store)
    for _ in range(steps):
        batch.step(policy(batch))
        ended = batch.buffers.terminated | batch.buffers.truncated
        returns += [*batch.buffers.episode_return[ended]]
        successes += [*batch.buffers.episode_success[ended]]
        bounds += [*bound[ended]]
        bound[ended] = most(batch.store[ended])
    return np.array(returns), np.mean(successes), np.array(bounds)


def most(store):
    """(N,) what nobody can exceed from a fresh start, whatever they know: see docs/helpdesk.md."""
    wishes = np.array([bin(int(w)).count("1") for w in store["wishes"]])
    turns = 1 + wishes + 1 + store["wants_another"] + ~store["turned"]
    return 1.0 - store["turn_cost"] * turns - store["note_cost"] * (1 + 2 * ~store["turned"])


def test_the_reference_always_succeeds_and_stays_below_the_bound():
    returns, success, bounds = play(lambda batch: desk(PolicyView(batch)))
    assert success > 0.99
    assert len(returns) > 1000
    assert (returns <= bounds + 1e-9).all()
    assert bounds.mean() - 0.12 < returns.mean() < bounds.mean()
    kernel, _, _ = play(lambda batch: batch.heuristic().reshape(-1))
    assert (kernel == returns).all()  # one rule, in two places


def test_whoever_hears_nothing_helps_nobody_and_chance_does_not_either():
    _, success, _ = play(lambda batch: desk(PolicyView(batch)), utterance="blind")
    assert success == 0.0
    random = np.random.default_rng(0)
    returns, success, _ = play(lambda batch: (batch.buffers.mask * random.random(batch.buffers.mask.shape)).argmax(1))
    assert success < 0.02
    assert returns.mean() < -0.4


def test_keywords_cost_and_noise_costs_more():
    quiet, _, _ = play(lambda batch: desk(PolicyView(batch)), utterance="keywords", noise=0.0)
    noisy, _, _ = play(lambda batch: desk(PolicyView(batch)), utterance="keywords", noise=0.2)
    truth, _, _ = play(lambda batch: desk(PolicyView(batch)))
    assert truth.mean() > quiet.mean() > noisy.mean() + 0.1


def test_goals_are_as_the_parameters_say():
    batch = make_batch(ID, 4000, data="grammar", nothing_chance=1.0, another_chance=1.0)
    batch.seed_from(0)
    turned = batch.store["turned"]
    assert 0.0 < turned.mean() < 0.5  # for some goals no value was found with which nothing fits
    counts = np.array([count_fitting(batch.world, goal) for goal in batch.store["goal"]])
    assert ((counts == 0) == ~turned).all()
    assert ((batch.store["goal"] >= FIRST).sum(axis=1) >= 1).all()
    first = (batch.store["spoken"] >= FIRST).sum(axis=1)
    assert set(first) == {1, 2}
    plain = make_batch(ID, 1000, **PLAIN)
    plain.seed_from(0)
    assert plain.store["turned"].all()
    assert not plain.store["wants_another"].any()


def test_guests_want_to_know_as_much_as_the_chances_say():
    """Of 20,000: addresses .7, phone numbers .75 and where nothing else is wanted, postcodes .25, others .12."""
    batch = make_batch(ID, 20_000, data="grammar", nothing_chance=0.0)
    batch.seed_from(0)
    wishes, goals = batch.store["wishes"], batch.store["goal"]
    assert (wishes > 0).all()
    nothing = 0.3 * 0.25 * 0.75  # of the first three; what else may be asked for makes it less
    for name, low, high in (("address", 0.7, 0.7), ("phone", 0.75, 0.75 + nothing), ("postcode", 0.25, 0.25)):
        share = (wishes >> WISHES.index(name) & 1).mean()
        assert low - 0.015 < share < high + 0.015
    for slot, name in enumerate(SLOTS):
        asked = wishes >> WISHES.index(name) & 1
        open_ = goals[:, slot] == code(name, DONTCARE)
        assert not asked[~open_].any()
        assert asked[open_].mean() == pytest.approx(0.12, abs=0.02)


def test_the_careful_policy_checks_what_it_notes():
    batch = make_batch(ID, 1, **PLAIN)
    batch.seed_from(3)
    asked = set()
    for _ in range(12):
        choice = careful(PolicyView(batch))
        asked.add(ACTION_NAMES[int(choice[0])].partition(" ")[2])
        batch.step(choice)
    assert "right?" in asked
