"""Entries: values as they are told, names of many joined, numbers split into what they are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.explain.numbers.entries import MOST_ALONE, Entries, Entry, cells_of, factors_of, joined, numbers_of


@pytest.mark.parametrize(
    ("unit", "told"),
    [("m", "0.25 m"), ("", "0.25"), ("14.14 m", "0.25 · 14.14 m"), ("its range", "0.25 of its range")],
)
def test_values_are_told_with_their_units(unit, told):
    entry = Entry("distance", unit, (1,))
    assert entry.told(np.array([9.0, 0.25])) == told
    assert entry.told(np.array([9.0, 0.25]), with_unit=False) == "0.25"


def test_several_numbers_are_told_as_what_is_one_or_as_a_mean():
    entry = Entry("belt", "", (0, 1, 2), ("slow", "normal", "fast"))
    assert entry.told(np.array([0.0, 0.0, 1.0])) == "fast"
    assert entry.told(np.array([0.2, 0.5, 0.2])) == "mean 0.3"


def test_few_stand_alone_and_many_of_one_name_together():
    few = numbers_of({"hour: 0": "", "hour: 1": "", "charge": "MWh"}, 3)
    assert joined(few) == tuple(few)
    names = {f"brick: {k}": "" for k in range(MOST_ALONE)} | {"ball x": "u", "ball y": "u"}
    found = joined(numbers_of(names, len(names)))
    assert [(entry.name, len(entry.places)) for entry in found] == [
        ("brick", MOST_ALONE), ("ball x", 1), ("ball y", 1),
    ]  # fmt: skip
    assert found[0].values[:2] == ("0", "1")


def test_numbers_without_names_are_counted():
    assert [entry.name for entry in numbers_of({}, 2, "slot")] == ["slot: number 0", "slot: number 1"]


def test_cells_lie_where_the_flat_board_has_them():
    cells, board = cells_of((2, 3, 4), first=10, number=1)
    row = np.zeros(10 + 24)
    row[10:].reshape(2, 3, 4)[1, 2] = 5.0
    assert cells[5].name == "row 2, column 3"
    assert row[list(cells[5].places)].tolist() == [5.0] * 4
    values = np.arange(7.0)
    assert board.of(values).tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert board.picture(row).shape == (2, 3, 3)
    assert board.picture(row)[1, 2].any()
    assert not board.picture(row)[0].any()


@pytest.mark.parametrize(
    ("name", "count", "names", "counts"),
    [
        ("row * 12 + column", 48, ("row", "column"), (4, 12)),
        (
            "((row * 5 + column) * 5 + passenger) * 4 + destination",
            500,
            ("row", "column", "passenger", "destination"),
            (5, 5, 5, 4),
        ),
        ("always 0", 1, ("always 0",), (1,)),
        ("", 7, ("observation",), (7,)),
        ("row * 12 + column", 50, ("row * 12 + column",), (50,)),  # not of so many
        ("row * 0 + column", 8, ("row * 0 + column",), (8,)),
    ],
)
def test_numbers_are_split_by_their_names(name, count, names, counts):
    factors = factors_of(name, count)
    assert (factors.names, factors.counts) == (names, counts)
    everything = np.arange(count)
    assert np.array_equal(factors.join(factors.split(everything)), everything)


@given(st.text(max_size=60), st.integers(1, 1000))
def test_any_name_gives_things_that_hold_all_numbers(name, count):
    factors = factors_of(name, count)
    assert np.array_equal(factors.join(factors.split(np.arange(count))), np.arange(count))


def test_baselines_are_means_and_of_things_the_most_frequent():
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [2.0, 3.0]], np.float32)
    entries = tuple(Entry(f"number {k}", "", (k,)) for k in range(2))
    assert Entries(entries).baseline(rows) == pytest.approx([5 / 3, 1.0])
    assert Entries(entries, whole=True).baseline(rows).tolist() == [2.0, 0.0]
    with pytest.raises(ValueError, match=r"needs observations \(N, 2\), one or more, got \(0, 2\)"):
        Entries(entries).baseline(rows[:0])
