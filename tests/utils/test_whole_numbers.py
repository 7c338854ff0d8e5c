"""Whole numbers as people type them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.utils.command_line import key_values
from ludus.utils.whole_numbers import as_whole, seeds_in, whole_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("500000", 500_000), ("-3", -3), ("+7", 7), ("1_000_000", 1_000_000), (" 12 ", 12)),
        *(("1e6", 10**6), ("1E6", 10**6), ("1.1e6", 1_100_000), ("2.5e1", 25), ("10e-1", 1)),
        *(("1M", 10**6), ("1m", 10**6), ("250k", 250_000), ("1.5M", 1_500_000), ("2G", 2 * 10**9), ("2b", 2 * 10**9)),
    ],
)
def test_what_people_type(text, value):
    assert whole_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1e", "1.5", "1e-1", "1.0001k", "0x10", "1 000", "1,000", "1__0", "_1", "1_", "k", "inf", "nan"),
        *("1e999", "9" * 5000, "１２", "1e1k", "--3", "None", "true"),
    ],
)
def test_what_is_no_whole_number(text):
    with pytest.raises(ValueError, match="whole"):
        whole_number(text)


@given(st.text("0123456789_.eEkKmM+-", max_size=30))
def test_any_text_is_that_number_or_refused(text):
    try:
        value = whole_number(text)
    except ValueError:
        return
    plain = text.strip().replace("_", "")
    if plain[-1] in "kKmM":
        assert value == Decimal(plain[:-1]) * {"k": 1_000, "m": 1_000_000}[plain[-1].lower()]
    else:
        assert value == Decimal(plain)


def test_a_setting_is_whole_where_its_text_is():
    values = key_values(["a=1e6", "b=1e-3", "c=1.5e3", "d=1.5", "e=size1", "f=2e400"], "--set")
    assert values == {"a": 1_000_000, "b": 0.001, "c": 1500, "d": 1.5, "e": "size1", "f": float("inf")}
    assert [type(values[key]) for key in "abc"] == [int, float, int]


@pytest.mark.parametrize("given", [3000, 3e3, "3k", "3_000", np.int32(3000), np.float32(3000)])
def test_what_a_program_gives(given):
    assert as_whole("steps", given, 1) == 3000
    assert type(as_whole("steps", given)) is int


@pytest.mark.parametrize("given", ["3x", 1.5, float("inf"), float("nan"), True, None, [3], 3j, Decimal("3.5")])
def test_what_is_none_names_what_was_given(given):
    with pytest.raises(ValueError, match="^steps: .*whole number such as") as fault:
        as_whole("steps", given, 1)
    assert "\n" not in str(fault.value)


def test_what_is_too_small():
    with pytest.raises(ValueError, match="^steps must be >= 1, got 0$"):
        as_whole("steps", "0", 1)
    assert as_whole("seed", -1) == -1


def test_seeds_that_were_typed():
    assert seeds_in("0") == (0,)
    assert seeds_in("3,1e1, 2") == (3, 10, 2)
    for text in ("", "a", "0,,1", "0 1", "0-2", "1.5", "0,1,x"):
        with pytest.raises(ValueError, match="expected seeds with commas between them, such as 0 or 0,1,2, got"):
            seeds_in(text)
