"""What messages say about unknown names and about numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.envs import ENVIRONMENTS
from ludus.utils.wording import counted, decimals_of, did_you_mean, duration, format_score, in_one_line


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Snake", "ludus/Snake-v1"),
        ("snake-v0", "ludus/Snake-v1"),
        ("ludus/Rovr-v0", "ludus/Rover-v0"),
        ("MountainCarCont", "ludus/MountainCar-v0"),
        ("gym/CartPole-v1", "ludus/CartPole-v1"),
    ],
)
def test_the_name_proper_decides_what_was_meant(given, meant):
    assert did_you_mean(given, ENVIRONMENTS) == f"; did you mean {meant!r}?"


@pytest.mark.parametrize("given", ["ludus/Xyz-v0", "qwertyuiop", "", "ludus/", "-v0"])
def test_nonsense_shows_what_is_known(given):
    assert did_you_mean(given, ENVIRONMENTS) == "; known: " + ", ".join(sorted(ENVIRONMENTS))


def test_a_namespace_is_kept_where_it_is_known():
    known = ["Hopper-v5", "ludus/Rover-v0", "ludus/Snake-v1"]
    assert did_you_mean("ludus/Hopper-v0", known) == "; known: ludus/Rover-v0, ludus/Snake-v1"
    assert did_you_mean("other/Hopper-v0", known) == "; did you mean 'Hopper-v5'?"


def test_of_two_versions_the_last_is_meant():
    assert did_you_mean("snake", ["a/Snake-v0", "a/Snake-v1"]) == "; did you mean 'a/Snake-v1'?"


@given(st.sampled_from(sorted(ENVIRONMENTS)))
def test_a_known_name_is_its_own_nearest(id):
    assert did_you_mean(id, ENVIRONMENTS) == f"; did you mean {id!r}?"


def test_nothing_known():
    assert did_you_mean("anything", []) == "; it has none"


@pytest.mark.parametrize(("number", "text"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (3000, "3,000 steps")])
def test_numbers_bring_their_noun(number, text):
    assert counted(number, "step") == text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (ValueError("one\n  two\tthree"), "one two three"),
        (AssertionError(), "AssertionError"),
        (KeyError("a" * 400), "'" + "a" * 298 + "…"),
        (RuntimeError("b" * 300), "b" * 300),
        (ValueError("1\n\x1b[31mred\x1b[0m\x07"), r"1 \x1b[31mred\x1b[0m\x07"),
        (ValueError("caf\xe9 \u202eleft \ud800 \U000e0001"), "caf\xe9 \\u202eleft \\ud800 \\U000e0001"),
        (ValueError("\x1b" * 300), r"\x1b" * 74 + r"\x1…"),
    ],
)
def test_what_an_error_says_is_one_line_of_a_bounded_length(fault, text):
    assert in_one_line(fault) == text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((-1, "0 s"), (0.9, "0 s"), (12, "12 s"), (59.9, "59 s"), (60, "1 min 00 s"), (200, "3 min 20 s")),
        *((3599, "59 min 59 s"), (3600, "1 h 00 min"), (3900, "1 h 05 min"), (86400, "1 d 00 h"), (183600, "2 d 03 h")),
    ],
)
def test_a_duration_has_its_units(seconds, told):
    assert duration(seconds) == told


def test_a_score_that_is_no_number_is_a_dash():
    assert [format_score(value) for value in (None, float("inf"), float("nan"), 3.14159, -22.25)] == [
        *("–", "–", "–", "3.14", "-22.2"),
    ]


def test_a_mean_return_is_said_with_two_decimals_unless_it_is_large():
    assert [decimals_of(mean) for mean in (0.0, -0.004, 99.9, -99.9, 100.0, -183.2)] == [2, 2, 2, 2, 1, 1]
