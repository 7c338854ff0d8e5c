"""Faults that are rare: each still one line, and none of them repaired by more than the rule says."""

import numpy as np
import pytest

from series_texts import hourly, read


def said(lines, **reading):
    with pytest.raises(ValueError, match=".") as fault:
        read(lines, **reading)
    assert "\n" not in str(fault.value)
    return str(fault.value)


def test_a_last_row_between_two_steps_is_not_moved_by_the_repair_of_a_gap():
    lines = hourly(60)
    odd = [*lines[:30], *lines[32:], "2024-01-03 12:30,1,2"]
    expected = "row 60, column time: 2024-01-03T12:30:00 follows 2024-01-03T11:00:00: the frequency changes"
    assert expected in said(odd)
    assert expected in said(odd, repair=True)


def test_daylight_saving_never_triples_an_hour():
    lines = hourly(24 * 3, "2024-10-26")
    at = next(i for i, line in enumerate(lines) if line.startswith("2024-10-27 02"))
    thrice = [*lines[: at + 1], "2024-10-27 02:00,10,900", "2024-10-27 02:00,20,800", *lines[at + 1 :]]
    assert "row 29, column time: 2024-10-27T02:00:00 stands in row 28 already: two rows with other" in said(
        thrice, repair=True
    )


def test_a_column_is_constant_where_single_precision_sees_no_change():
    lines = hourly(60)
    small = [lines[0] + ",tiny", *(f"{line},{1.0 + i * 1e-12:.15f}" for i, line in enumerate(lines[1:]))]
    assert "row 2, column tiny: 1 in every row, so it tells nothing" in said(small, targets=("price",))


def test_one_empty_cell_is_one():
    lines = hourly(60)
    lines[7] = lines[7].split(",")[0] + ",,1000"
    assert said(lines) == (
        "prices.csv, row 8, column price: no number there; fill it, let --repair fill gaps of up to 6 rows, or leave "
        'it out: --leave-out "price"'
    )
    lines[9] = lines[9].split(",")[0] + ",,1000"
    assert "row 8, column price: no number there nor in 1 more cell; fill them" in said(lines)
    assert np.isfinite(read(lines, repair=True).values).all()
