"""Tables of forecasts that fill Battery's slot: read as all tables are, and each fault is one line."""

import numpy as np
import pytest

from ludus.envs.automation.battery.rules_market import make_market, published, read_table
from ludus.envs.make import make_batch

START = np.datetime64("2021-12-27T00", "h")  # the first hour of the generated test split
HOURS = 104 * 7 * 24


@pytest.fixture(scope="module")
def market():
    return make_market("generated", "test", 672)


def lines(form="{time},{value}", head="time,forecast", hours=HOURS):
    times = (START + np.arange(hours)).astype("datetime64[m]")
    return [head, *(form.format(time=str(t).replace("T", " "), value=i % 97) for i, t in enumerate(times))]


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("time,forecast", "{time},{value}"),
        ("time;forecast", "{time};{value}"),
        ("\ufefftime,forecast", "{time},{value}"),
        ("forecast,time", "{value},{time}"),
        ("when,price of mine,more", "{time},{value},x"),
        ("time,target,forecast,truth", "{time},price,{value},"),  # as `ludus forecast --out` writes it
        ("time,forecast", "{time}+00:00,{value}"),
    ],
)
def test_a_table_is_read_as_other_tables_are(tmp_path, market, head, form):
    path = tmp_path / "table.csv"
    text = lines(form, head)
    path.write_text("\n".join([text[0], *text[:0:-1]]), encoding="utf-8")  # in any order
    np.testing.assert_array_equal(read_table(path, market).ravel(), np.arange(HOURS) % 97)


def test_what_lies_outside_of_the_split_is_of_no_account(tmp_path, market):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["time,forecast", "2021-12-26 23:00,5", "2021-12-27 01:00,7", "2030-01-01 00:00,9"]))
    found = read_table(path, market)
    assert found.shape == (104 * 7, 24)
    assert found[0, 1] == 7.0
    assert np.isfinite(found).sum() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, expected a row of names and rows of numbers"),
        ("time\n2022-01-03\n", "has the column time alone; expected a time and a forecast"),
        ("time,forecast\n2022-01-03 00:00,x\n", "row 2, column forecast: 'x' is no number; correct it"),
        ("time,forecast\n2022-01-03 00:00,1e300\n", "row 2, column forecast: 1e300 is too large"),
        ("time,forecast\nnoon,1\n", "row 2, column time: 'noon' is no time; write it as 2024-05-31 13:00"),
        (
            "time,forecast\n2022-01-03 00:00,1\n2022-01-03 01:00,1\n2022-01-03 00:00,2\n",
            "row 4, column time: 2022-01-03T00:00:00 stands there twice; keep one",
        ),
        ("time,forecast\n2022-01-03 00:30,1\n", "row 2, column time: 2022-01-03T00:30:00 is no full hour; a day has"),
        (b"time,forecast\n\xff\xfe\n", "row 2: no text in UTF-8; save it as CSV in UTF-8"),
        (b"time,forecast\n2022-01-03\rx,1\n", "row 2 has 1 cells, expected 2 as in row 1"),
        ("time,forecast\n2022-01-03," + "9" * 200_000 + "\n", "row 2 is no CSV: field larger than"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(tmp_path, market, text, message):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=".") as said:
        read_table(path, market)
    assert str(said.value).startswith(f"{path}")
    assert message in str(said.value)
    assert "\n" not in str(said.value)


def test_a_table_that_is_not_there_is_said_to_be_missing(market):
    with pytest.raises(FileNotFoundError, match="nothing.csv does not exist; expected a CSV with a time and a column"):
        read_table("nothing.csv", market)


def test_numbers_beyond_single_precision_are_not_covered():
    table = np.zeros((104 * 7, 24))
    table[3, 5] = 1e300
    with pytest.raises(ValueError, match="the array .* covers 727 of 728 values of day, the first that it lacks is 3"):
        make_batch("ludus/Battery-v0", 1, split="test", forecast=table)


def test_published_forecasts_say_what_they_are_of(market):
    with pytest.raises(ValueError, match="published-dnn forecasts the test splits of epf-np, .* alone; choose such"):
        make_batch("ludus/Battery-v0", 1, forecast="published-dnn")
    half = np.full((104 * 7, 24), np.nan)
    half[:9] = 1.0
    assert published(market._replace(lear=half), "lear") is half  # what lacks some days is told by the slot
