"""Tables from strangers: numbers as they stand, every cell that is none named by its row and column, and no crash."""

import gzip
import io
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.data import tables
from ludus.data.tables import read_numbers, read_table
from series_texts import outcome


def first(names):
    return names[:1]


def table(text, **more):
    return read_table(text if isinstance(text, bytes) else text.encode(), "a.csv", first, **more)


def test_columns_are_numbers_and_the_first_one_text():
    found = table("when,x,y\n1 May,1,2.5\n2 May,-3e2,\n")
    assert found.columns == ("x", "y")
    assert found.texts == {"when": ["1 May", "2 May"]}
    np.testing.assert_array_equal(found.values, [[1.0, 2.5], [-300.0, np.nan]])
    assert found.rows.tolist() == [2, 3]


@pytest.mark.parametrize("cell", ["", "NA", "NaN", "nan", "null", "None", "n/a", " "])
def test_cells_without_a_number_are_empty(cell):
    assert np.isnan(table(f"when,x\na,{cell}\nb,1\n").values[0, 0])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_found_in_the_row_of_names(separator):
    assert table(f"when{separator}x\na{separator}1\nb{separator}2\n").values.tolist() == [[1.0], [2.0]]


def test_a_table_may_be_gzipped_and_have_a_byte_order_mark():
    text = "\ufeffwhen,x\r\na,1\r\n\r\nb,2\r\n".encode()
    assert table(gzip.compress(text)).values.tolist() == table(text).values.tolist() == [[1.0], [2.0]]
    assert table(text).rows.tolist() == [2, 4]  # the third one is empty


def test_a_file_without_names_and_times_has_numbered_columns():
    assert read_numbers(b"1,2\n3,4\n", "a.txt").tolist() == [[1.0, 2.0], [3.0, 4.0]]


BAD = {
    "empty": ("", "a.csv is empty, expected a row of names and rows of numbers"),
    "numbers above": ("1,2\n3,4\n", "a.csv, row 1 has numbers, expected the names of the columns; write them above"),
    "a text": (
        "t,x\na,1\nb,dear\n",
        "a.csv, row 3, column x: 'dear' is no number; correct it, or leave the column out",
    ),
    "a remedy": ("t,x y\na,dear\n", '--leave-out "x y"'),
    "infinite": ("t,x\na,inf\n", "a.csv, row 2, column x: 'inf' is no number"),
    "what no model can hold": (
        "t,x\na,1\nb,-2e30\n",
        "a.csv, row 3, column x: -2e30 is too large, numbers are 1e+30 at most; correct it, or leave the column out",
    ),
    "a number of Python's": ("t,x\na,1_000\n", "a.csv, row 2, column x: '1_000' is no number"),
    "a decimal comma": ("t;x\na;1,5\n", "a.csv, row 2, column x: '1,5' is no number; write a decimal point"),
    "a short row": ("t,x\na,1\nb\n", "a.csv, row 3 has 1 cells, expected 2 as in row 1"),
    "a long row": ("t,x\na,1,2\n", "a.csv, row 2 has 3 cells, expected 2"),
    "one name twice": ("t,x,x\na,1,2\n", "a.csv, row 1 names the column x twice; rename one"),
    "no UTF-8": (b"t,x\na,1\nb,\xff\n", "a.csv, row 3: no text in UTF-8; save it as CSV in UTF-8"),
    "a damaged archive": (gzip.compress(b"t,x\na,1\n" * 99)[:-9], "a.csv: it cannot be unpacked"),
    "a very long cell": ("t,x\na," + "1" * 200_000 + "\n", "a.csv, row 2 is no CSV: field larger than field limit"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_row_and_column(case):
    data, expected = BAD[case]
    with pytest.raises(ValueError, match=".") as said:
        table(data)
    assert expected in str(said.value)
    assert "\n" not in str(said.value)


def test_an_unknown_column_gets_the_nearest_name():
    with pytest.raises(ValueError, match="a.csv has no column 'prise'; did you mean 'price'?"):
        read_table(b"t,price\na,1\n", "a.csv", lambda names: ["prise"])


def test_tables_that_are_too_large_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="a.csv has more than 2 rows of 2, too large; divide it"):
        table("t,x\na,1\nb,2\nc,3\n")
    monkeypatch.setattr(tables, "MOST_UNPACKED", 10)
    with pytest.raises(ValueError, match="a.csv: it unpacks to more than 10 bytes; get it again, or divide it"):
        table(gzip.compress(b"t,x\n" + b"a,1\n" * 10))


# --- Parquet ---------------------------------------------------------------------------------------------------------


def parquet(columns):
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet as files

    stream = io.BytesIO()
    files.write_table(pyarrow.table(columns), stream)
    return stream.getvalue()


def test_parquet_gives_what_a_csv_gives():
    times = np.array(["2024-01-01T00:00", "2024-01-01T01:00"], "datetime64[us]")
    found = table(parquet({"when": times, "x": [1, 2], "y": [0.5, None], "late": [True, False]}))
    assert found.columns == ("x", "y", "late")
    np.testing.assert_array_equal(found.values, [[1.0, 0.5, 1.0], [2.0, np.nan, 0.0]])
    np.testing.assert_array_equal(found.texts["when"], times.astype("datetime64[s]"))


def test_texts_and_damage_in_parquet_are_named():
    with pytest.raises(
        ValueError, match='a.csv, row 1, column kind: of the kind string, expected numbers; leave .*"kind"'
    ):
        table(parquet({"when": ["a"], "kind": ["wet"]}))
    with pytest.raises(ValueError, match="a.csv, row 2, column x: infinite is no number"):
        table(parquet({"when": ["a", "b"], "x": [1.0, np.inf]}))
    with pytest.raises(ValueError, match=r"a.csv, row 2, column x: -2e\+30 is too large, numbers are 1e\+30 at most"):
        table(parquet({"when": ["a", "b"], "x": [1.0, -2e30]}))
    whole = parquet({"when": ["a"], "x": [1.0]})
    for cut in (5, len(whole) // 2, len(whole) - 6):
        with pytest.raises(ValueError, match="a.csv is a damaged Parquet file: .*; write it again"):
            table(whole[:cut])


def test_without_pyarrow_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"a.csv is Parquet, which needs pyarrow: pip install '\S+\[parquet\]'"):
        table(b"PAR1....PAR1")


# --- Whatever comes --------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.floats(-tables.MOST, tables.MOST), min_size=2, max_size=2), min_size=1))
def test_numbers_come_back_as_they_were_written(rows):
    text = "t,x,y\n" + "".join(f"a,{x!r},{y!r}\n" for x, y in rows)
    assert table(text).values.tolist() == rows


CELLS = (
    st.text(string.printable + "–é\x00\ufeff", max_size=8) | st.floats().map(repr) | st.sampled_from(['"', '""', "\r"])
)


@given(st.binary(max_size=200) | st.lists(st.lists(CELLS, max_size=4).map(",".join)).map("\n".join).map(str.encode))
def test_anything_is_a_table_of_finite_numbers_or_one_line(data):
    for begin in (b"", b"t,x\n", b"PAR1", b"\x1f\x8b\x08"):
        found = outcome(lambda begin=begin: read_table(begin + data, "a.csv", first))
        if isinstance(found, str):
            assert "a.csv" in found
            assert "\n" not in found
        else:
            assert found.values.shape == (len(found.rows), len(found.columns))
            assert not np.isinf(found.values).any()
