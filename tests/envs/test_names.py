"""The names and units of what is observed are those of the cards, one for each number."""

import re

import gymnasium as gym
import numpy as np
import pytest

from card_tables import elevator_rows, places_of, rows_of, words
from ludus import ENVIRONMENTS
from ludus.envs.cards import read_card
from ludus.envs.engine.mistakes import Mistake
from ludus.envs.engine.third_party.declaration_names import check_observation_names
from ludus.envs.names import grouped, observation_names

# Sizes other than the defaults, too, so that names follow them as the spaces do.
SIZED = [
    *((id, {}) for id in ENVIRONMENTS),
    ("ludus/Breakout-v0", {"rows": 2, "columns": 5}),
    ("ludus/Elevator-v0", {"lifts": 2, "floors": 6}),
    ("ludus/FrozenLake-v1", {"size": 8}),
    ("ludus/Sorter-v0", {"images": "parcels"}),
]
IDS = [f"{id}{sizes or ''}" for id, sizes in SIZED]
TELLS = {"ludus/BatteryDiscrete-v0": "ludus/Battery-v0"}  # whose table its card refers to


def placed_rows(id, sizes, count):
    """(indices, row, what begins the names there) for each row of the card's table."""
    card = read_card(TELLS.get(id, id)).text
    if id == "ludus/Elevator-v0":
        return elevator_rows(card, sizes["lifts"], sizes["floors"])
    return [(places_of(row, count), row, "") for row in rows_of(card)]


@pytest.mark.parametrize(("id", "given"), SIZED, ids=IDS)
def test_each_number_is_called_what_the_card_calls_it(id, given):
    card = read_card(id)
    sizes = card.simulation.resolve_sizes(given, id)
    names = card.simulation.names_of(None, sizes)
    space = card.simulation.spaces(**sizes)[0]
    if not space.shape:  # a Discrete: the card says what its number is made of, in a line
        formula = next(iter(names)).replace(str(given.get("size", sizes.get("size"))), "size")
        text = " ".join(card.text.split()).replace("size * size", "")
        said = text.partition("Observation Discrete(")[2].partition("): ")[2]
        assert len(names) == 1
        assert said.startswith((formula, next(iter(names)))), (said[:60], formula)
        return
    placed = placed_rows(id, sizes, space.shape[-1])
    assert [i for places, _, _ in placed for i in places] == list(range(len(names))), "each number in one row"
    assert len(names) == space.shape[-1]
    listed = list(names.items())
    for places, row, begin in placed:
        for name, unit in (listed[i] for i in places):
            assert name.startswith(begin)
            subject = name.removeprefix(begin).partition(": ")[0] if len(places) > 1 else name.removeprefix(begin)
            assert words(subject) <= words(row.what), f"{name!r} is not what the card has: {row.what!r}"
            assert unit == row.cells["unit"] if "unit" in row.cells else unit in ("", *row.what.split()), name


@pytest.mark.parametrize("id", [id for id in ENVIRONMENTS if id not in ("ludus/Elevator-v0", *TELLS)])
def test_the_bounds_of_the_card_are_those_of_the_space(id):
    card = read_card(id)
    space = card.simulation.spaces(**card.simulation.resolve_sizes({}, id))[0]
    for row in rows_of(card.text):
        for bound, limits in (("low", space.low), ("high", space.high)):
            try:
                said = float(row.cells[bound])
            except ValueError:  # "-sun" and "*", which the card explains
                assert id == "ludus/Battery-v0", row
                continue
            for i in places_of(row, space.shape[-1]):
                there = limits[..., i]
                if space.dtype == np.uint8:  # planes of one space, of which most use a part
                    assert space.low.min() <= said <= space.high.max()
                else:
                    assert there == pytest.approx(said, rel=1e-3), row


def test_cards_with_tables_are_read_whole():
    """So that a table that is not found is no table that agrees."""
    assert [id for id in ENVIRONMENTS if not rows_of(read_card(id).text)] == [
        "ludus/FrozenLake-v1",
        "ludus/Taxi-v4",
        "ludus/CliffWalking-v1",
        "ludus/Bandit-v0",
        "ludus/BatteryDiscrete-v0",
    ]
    wrapped = rows_of(read_card("ludus/Snake-v1").text)[-1]
    assert "head = length" in wrapped.what
    assert len(elevator_rows(read_card("ludus/Elevator-v0").text, 3, 5)) == 5 + 3 * 8


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_the_truth_of_each_slot_has_a_name_for_each_number(id):
    simulation = read_card(id).simulation
    sizes = simulation.resolve_sizes({}, id)
    for slot, declared in simulation.slots.items():
        assert len(simulation.names_of(slot, sizes)) == declared.truth(**sizes).shape[-1], slot


def test_names_of_an_environment_as_it_was_made():
    cart = gym.make("ludus/CartPole-v1")
    assert observation_names(cart) == {
        "": {"cart position": "m", "cart velocity": "m/s", "pole angle": "rad", "pole angular velocity": "rad/s"}
    }
    sorter = gym.make_vec("ludus/Sorter-v0", num_envs=2, images="parcels")
    named = observation_names(sorter)
    assert list(named) == list(sorter.single_observation_space)
    assert len(named["perception"]) == 10
    assert named["state"]["items still to come"] == "delivery"
    for key, space in sorter.single_observation_space.items():
        assert len(named[key]) == space.shape[-1]


def test_pictures_have_no_names_and_a_path_begins_with_the_present():
    assert observation_names(gym.make("ludus/CartPole-v1", vision="raw")) == {"": {}}
    assert next(iter(observation_names(gym.make("ludus/CartPole-v1", vision="noisy:0.1"))[""])) == "cart position"
    assert observation_names(gym.make("ludus/Sorter-v0", images="parcels", perception="raw"))["perception"] == {}
    forecast = observation_names(gym.make("ludus/Battery-v0"))["forecast"]
    assert list(forecast.items())[1] == ("1 ahead", "€/MWh")
    assert len(forecast) == 24


def test_others_have_no_names():
    with pytest.raises(ValueError, match="is no environment of Ludus"):
        observation_names(gym.make("CartPole-v1"))


def test_names_are_grouped_by_what_stands_before_the_colon():
    hours = {f"hour: {k}": "" for k in range(9)}
    assert grouped({"charge": "MWh", **hours, "a: x": "m", "a: y": "m", "a: z": "s"}) == [
        ("0", "charge", "MWh"),
        ("1 … 9", "hour: 0 … 8", ""),
        ("10 … 11", "a: x, y", "m"),
        ("12", "a: z", "s"),
    ]
    assert grouped({}) == []


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["position"], "names returned list; expected a dict"),
        ({"position": 3}, "expected a dict {name: unit} of texts"),
        ({"position": "m"}, "names returned 1 name; expected 2, as Box"),
    ],
)
def test_wrong_names_of_a_file_are_told_with_its_line(names, message):
    space = gym.spaces.Box(0, 1, (3, 2))
    with pytest.raises(Mistake, match=message):
        check_observation_names(("hopper.py", 7), names, space)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["arm"], "names returned list; expected a dict {key: {name: unit}}"),
        ({"amr": {"angle": "rad"}}, "names returned names of 'amr'; did you mean 'arm'"),
        ({"arm": {"angle": "rad"}}, "names returned for 'arm' 1 name; expected 2"),
        ({"arm": ["angle"]}, "names returned for 'arm' list; expected a dict {name: unit}"),
    ],
)
def test_wrong_names_of_a_dict_are_told_with_their_key(names, message):
    space = gym.spaces.Dict(arm=gym.spaces.Box(0, 1, (2,)))
    with pytest.raises(Mistake, match=re.escape(message)):
        check_observation_names(("hopper.py", 7), names, space)


def test_the_parts_of_a_dict_have_names_of_their_own():
    found = observation_names(gym.make_vec("test/Painter-v0", num_envs=2))
    assert list(found) == ["cells", "brush", "time"]
    assert found["brush"] == {"place on the strip": "", "paint": ""}
    assert found["cells"] == {}
