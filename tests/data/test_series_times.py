"""Faults in the times and cells of a series: each one line with row and column, or repaired by a rule that is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.data.series import later, parse_step, times_from
from series_texts import hourly, outcome, read


def refused(lines, **reading):
    with pytest.raises(ValueError, match=".") as said:
        read(lines, **reading)
    assert "\n" not in str(said.value)
    return str(said.value)


def repaired(lines, **reading):
    """The series, and what the repair said."""
    notes = []
    return read(lines, repair=True, note=notes, **reading), notes


def test_a_sound_file_is_read_as_it_stands():
    lines = hourly(100)
    notes = []
    series = read(lines, targets=("price",), known=("load",), note=notes)
    assert notes == []
    assert (series.step, series.columns, series.ordered) == ("1h", ("price", "load"), ("price", "load"))
    assert series.times[0] == np.datetime64("2024-01-01T00:00:00")
    np.testing.assert_array_equal(series.values[:, 0], [float(line.split(",")[1]) for line in lines[1:]])
    assert dict(series.splits) == {"train": (0, 70), "validation": (70, 80), "test": (80, 100)}
    assert not series.values.flags.writeable


# --- Order, gaps, doubles --------------------------------------------------------------------------------------------


def test_wrong_order_is_named_and_sorted():
    lines = hourly(48)
    lines[10], lines[11] = lines[11], lines[10]
    assert refused(lines).startswith(
        "prices.csv, row 12, column time: 2024-01-01T09:00:00 comes after 2024-01-01T10:00:00; sort the rows"
    )
    series, notes = repaired(lines)
    np.testing.assert_array_equal(series.values, read(hourly(48)).values)
    assert notes == ["1 row stood before an earlier one: sorted by time"]


def test_rows_that_stand_twice_are_kept_once_if_they_are_equal():
    lines = hourly(48)
    lines.insert(6, lines[5])
    assert "row 7, column time: 2024-01-01T04:00:00 stands in row 6 already, with equal values" in refused(lines)
    series, notes = repaired(lines)
    np.testing.assert_array_equal(series.values, read(hourly(48)).values)
    assert notes == ["1 row stood twice with equal values: kept once"]
    lines[6] = "2024-01-01 04:00,1,2"
    said = "row 7, column time: 2024-01-01T04:00:00 stands in row 6 already: two rows with other values for one time"
    assert said in refused(lines)
    assert said in refused(lines, repair=True)


def test_short_gaps_are_filled_along_a_line_and_long_ones_are_not():
    lines = hourly(200)
    whole = read(lines).values
    cut = [*lines[:11], *lines[14:]]
    assert refused(cut) == (
        "prices.csv, row 12, column time: 2024-01-01T13:00:00 follows 2024-01-01T09:00:00: 3 rows of 1h are missing; "
        "add them, let --repair fill gaps of up to 6 rows, or count rows whatever their times: --uneven"
    )
    series, notes = repaired(cut)
    assert notes == ["3 missing rows in 1 gap, the first after 2024-01-01T09:00:00: filled along a line"]
    np.testing.assert_allclose(
        series.values[10:13, 0], whole[9, 0] + (whole[13, 0] - whole[9, 0]) * np.arange(1, 4) / 4
    )
    np.testing.assert_array_equal(
        np.delete(series.values, [10, 11, 12], axis=0), np.delete(whole, [10, 11, 12], axis=0)
    )
    longer = [*lines[:11], *lines[21:]]
    assert "10 rows of 1h are missing, --repair fills 6 at most; begin after the gap, or allow" in refused(
        longer, repair=True
    )
    assert len(repaired(longer, longest_gap=10)[0]) == 200


def test_a_repair_never_makes_up_much_of_a_series():
    days = [f"2024-01-{day:02d},{day}.5" for day in range(1, 31) if (day - 1) % 7 < 5]  # no weekends
    said = refused(["day,x", *days], repair=True)
    assert "--repair would make up 8 of 30 rows, at most 5% are" in said
    series = read(["day,x", *days], uneven=True)
    assert (len(series), series.step) == (22, "1d")


def test_the_hours_of_daylight_saving_are_told_apart_from_other_gaps():
    lines = hourly(24 * 3, "2024-03-30")  # Berlin's clocks went from 02:00 to 03:00 on the 31st, a Sunday
    spring = [line for line in lines if not line.startswith("2024-03-31 02")]
    assert "row 28, column time: 2024-03-31T03:00:00 follows 2024-03-31T01:00:00: the hour that daylight" in refused(
        spring
    )
    series, notes = repaired(spring)
    assert notes == ["1 hour that daylight saving leaves out: filled along a line"]
    assert len(series) == 72
    lines = hourly(24 * 3, "2024-10-26")
    at = next(i for i, line in enumerate(lines) if line.startswith("2024-10-27 02"))
    autumn = [*lines[: at + 1], "2024-10-27 02:00,10,900", *lines[at + 1 :]]
    assert "stands in row 28 already: the hour that daylight saving doubles; let --repair average it" in refused(autumn)
    series, notes = repaired(autumn)
    assert notes == ["1 row in the hour that daylight saving doubles: averaged with the first"]
    assert series.values[26, 0] == (float(lines[at].split(",")[1]) + 10.0) / 2.0


def test_a_doubled_hour_of_quarters_is_put_in_order_first():
    quarters = np.datetime64("2024-10-26T00:00") + np.arange(192) * np.timedelta64(15, "m")
    lines = [f"{time},{i % 7}" for i, time in enumerate(quarters)]
    again = [f"2024-10-27T02:{minute:02d},9" for minute in (0, 15, 30, 45)]
    at = next(i for i, line in enumerate(lines) if line.startswith("2024-10-27T03:00"))
    series, notes = repaired(["time,x", *lines[:at], *again, *lines[at:]])
    assert notes == ["4 rows in the hour that daylight saving doubles: averaged with the first"]
    assert (series.step, len(series)) == ("15min", 192)


def test_a_frequency_that_changes_is_no_gap():
    hours, quarters = hourly(40), hourly(0)
    start = np.datetime64("2024-01-02T16:00")
    quarters = [f"{start + i * np.timedelta64(15, 'm')},{i},{i}" for i in range(1, 60)]
    said = refused([*hours, *quarters], repair=True)
    assert "the frequency changes, most rows are 15min apart" in said
    odd = hourly(40)
    odd[20] = odd[20].replace(":00,", ":20,")
    assert "row 21, column time: 2024-01-01T19:20:00 follows 2024-01-01T18:00:00: the frequency changes" in refused(odd)


def test_months_are_a_step_of_their_own():
    months = [f"{1949 + i // 12}-{i % 12 + 1:02d},{i % 12}" for i in range(36)]
    series = read(["Month,x", *months])
    assert series.step == "1mo"
    assert times_from(series, np.array([35, 36, 48]))[1:].tolist() == [
        np.datetime64("1952-01-01T00:00:00").item(),
        np.datetime64("1953-01-01T00:00:00").item(),
    ]
    assert "1 row of 1mo is missing" in refused(["Month,x", *months[:5], *months[6:]])


# --- Times -----------------------------------------------------------------------------------------------------------


def test_times_with_an_offset_become_utc_and_all_have_one():
    lines = ["t,x", *(f"2024-01-01T{hour:02d}:00:00+02:00,{hour % 3}" for hour in range(12))]
    assert read(lines).times[0] == np.datetime64("2023-12-31T22:00:00")
    lines[5] = lines[5].replace("+02:00", "")
    assert "row 6, column t: only some times have an offset from UTC; give it to all" in refused(lines)


def test_times_may_stand_in_several_columns():
    lines = ["No,year,month,day,hour,x", *(f"{i},2010,1,{1 + i // 24},{i % 24},{i % 5}" for i in range(60))]
    series = read(lines, time=("year", "month", "day", "hour"), left_out=("No",))
    assert (series.step, series.times[-1]) == ("1h", np.datetime64("2010-01-03T11:00:00"))


@pytest.mark.parametrize(
    "cell", ["31.05.2024", "5/31/24", "now", "NaT", "2024-04-31", "2024-01-01T25:00", "", "1704067200"]
)
def test_what_is_no_time_is_named(cell):
    lines = hourly(20)
    lines[3] = f"{cell}," + lines[3].partition(",")[2]
    said = refused(lines)
    assert said.startswith(f"prices.csv, row 4, column time: {cell!r} is no time; write it as 2024-05-31 13:00")


@pytest.mark.parametrize("step", ["15min", "1h", "2d", "1w", "3mo", "10s"])
def test_later_is_what_numpy_counts(step):
    count, unit = parse_step(step)
    names = {"min": "m", "h": "h", "d": "D", "w": "W", "mo": "M", "s": "s"}
    start = np.datetime64("2023-11-01T00:00:00", "s")
    moved = start.astype("datetime64[M]" if unit == "mo" else "datetime64[s]") + np.timedelta64(5 * count, names[unit])
    assert later(np.array([start]), step, 5)[0] == moved.astype("datetime64[s]")


@pytest.mark.parametrize("step", ["", "h", "0h", "1y", "-1h", "1 h", "1.5h"])
def test_what_is_no_step_is_refused(step):
    with pytest.raises(ValueError, match="a step is a whole number and one of"):
        parse_step(step)


# --- Cells -----------------------------------------------------------------------------------------------------------


def test_empty_cells_are_named_and_short_runs_filled():
    lines = hourly(60)
    for i in (7, 8, 30):
        time, _, load = lines[i].split(",")
        lines[i] = f"{time},,{load}"
    assert refused(lines) == (
        "prices.csv, row 8, column price: no number there nor in 2 more cells; fill them, let --repair fill gaps of up "
        'to 6 rows, or leave it out: --leave-out "price"'
    )
    series, notes = repaired(lines)
    assert notes == ["3 empty cells of price in 2 gaps: filled along a line"]
    price = series.values[:, 0]
    np.testing.assert_allclose(price[6:8], price[5] + (price[8] - price[5]) * np.array([1, 2]) / 3)
    assert "row 8, column price: 2 rows without a number, --repair fills 1 at most" in refused(
        lines, repair=True, longest_gap=1
    )


def test_codes_of_what_is_missing_are_named_by_the_reader():
    lines = hourly(60)
    lines[20] = lines[20].split(",")[0] + ",-9999,1000"
    assert read(lines).values[19, 0] == -9999.0
    assert "row 21, column price: no number there" in refused(lines, missing=(-9999.0,))
    assert repaired(lines, missing=(-9999.0,))[0].values[19, 0] > 0.0


def test_ends_without_numbers_are_cut_and_not_made_up():
    lines = hourly(60)
    for i in (1, 2, 60):
        time, price, _ = lines[i].split(",")
        lines[i] = f"{time},{price},"
    series, notes = repaired(lines)
    assert (len(series), series.times[0]) == (57, np.datetime64("2024-01-01T02:00:00"))
    assert notes == [
        "2 rows before the first number of load: left out",
        "1 row after the last number of load: left out",
    ]


def test_constant_columns_tell_nothing():
    lines = [f"{line},5" if i else f"{line},flag" for i, line in enumerate(hourly(40))]
    said = 'prices.csv, row 2, column flag: 5 in every row, so it tells nothing; leave it out: --leave-out "flag"'
    assert refused(lines, targets=("price",)) == said
    series, notes = repaired(lines, targets=("price",))
    assert (series.columns, notes) == (("price", "load"), ["the column flag is 5 in every row: left out"])
    assert "column flag: 5 in every row, so it tells nothing; name another" in refused(
        lines, targets=("flag",), repair=True
    )
    assert read(lines, targets=("price",), future=True).columns[-1] == "flag"  # a model may be asked about calm days


def test_rows_that_are_only_known_in_advance_are_kept_for_a_forecast_alone():
    lines = hourly(60)
    for i in range(49, 61):
        time, _, load = lines[i].split(",")
        lines[i] = f"{time},,{load}"
    notes = []
    series = read(lines, targets=("price",), known=("load",), future=True, note=notes)
    assert (len(series), notes) == (60, [])
    assert np.isnan(series.values[48:, 0]).all()
    assert np.isfinite(series.values[:, 1]).all()
    assert len(read(lines, targets=("price",), known=("load",), note=notes)) == 48
    assert notes == ["the last 12 rows have no target: not used"]


def test_splits_are_shares_or_dates():
    lines = hourly(100)
    assert dict(read(lines, split="0.5,0.3").splits)["test"] == (80, 100)
    assert dict(read(lines, split="2024-01-02,2024-01-04").splits) == {
        "train": (0, 24),
        "validation": (24, 72),
        "test": (72, 100),
    }
    for split, expected in (
        ("0.5", "the split '0.5' has 1 part; expected two shares such as"),
        ("0.9,0.2", "the shares 0.9,0.2 leave a part empty"),
        ("2024-01-02,tomorrow", "the split '2024-01-02, tomorrow' is neither shares nor dates; expected two shares"),
        (
            "2024-02-02,2024-02-04",
            "leaves a part empty; the series goes from 2024-01-01T00:00:00 to 2024-01-05T03:00:00",
        ),
    ):
        with pytest.raises(ValueError, match=".") as said:
            read(lines, split=split)
        assert expected in str(said.value)


def test_too_few_rows_are_no_series():
    assert "prices.csv has 1 row of numbers, a series has two or more" in refused(["t,x", "2024-01-01,1"])


# --- Whatever comes --------------------------------------------------------------------------------------------------


@given(
    moves=st.lists(
        st.tuples(st.integers(0, 47), st.sampled_from(["drop", "double", "swap", "empty", "word", "later"])), max_size=6
    ),
    repair=st.booleans(),
)
def test_a_strangers_file_gives_a_sound_series_or_one_line(moves, repair):
    lines = hourly(60)
    head, rows = lines[0], lines[1:]
    for i, move in moves:
        i = min(i, len(rows) - 2)
        time, price, load = rows[i].split(",")
        if move == "drop":
            del rows[i]
        elif move == "double":
            rows.insert(i, rows[i])
        elif move == "swap":
            rows[i], rows[i + 1] = rows[i + 1], rows[i]
        elif move == "empty":
            rows[i] = f"{time},,{load}"
        elif move == "word":
            rows[i] = f"{time},{price},much"
        else:
            rows[i] = f"{np.datetime64(time) + np.timedelta64(20, 'm')},{price},{load}"
    notes = []
    series = outcome(lambda: read([head, *rows], repair=repair, note=notes))
    if isinstance(series, str):
        assert series.startswith("prices.csv")
        assert "\n" not in series
        return
    assert (np.diff(series.times).astype(np.int64) == 3600).all()
    assert np.isfinite(series.values).all()
    whole = read(lines)
    kept = np.isin(whole.times, series.times)
    near = np.abs(series.values[np.isin(series.times, whole.times)] - whole.values[kept])
    untouched = (near < 1e-9).all(axis=1).sum()
    assert untouched >= len(series) - sum(6 for _ in moves)
    assert repair or len(series) == len(rows)  # without a repair nothing goes, and nothing is made up
    assert repair or notes == []
