"""Streams with labels: NAB from a tar or from files, files of one's own, and marking them."""

import hashlib
import io
import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from ludus.data.streams import nab
from ludus.data.streams.load import load_streams, read_stream
from ludus.data.streams.marking import mark_rows
from ludus.data.streams.stream import Stream, windows_of

REAL = pytest.mark.skipif(not nab.is_at_hand(), reason="LUDUS_DATA names no folder with nab")
WINDOWS = "labels/combined_windows.json"
CONTENTS = {
    WINDOWS: json.dumps({"a/one.csv": [["2020-01-01 00:01:00.000000", "2020-01-01 00:02:00.000000"]]}).encode(),
    # A clock that was put back: minute 1 comes twice, and the window begins at the first of them.
    "data/a/one.csv": b"timestamp,value\n" + b"".join(b"2020-01-01 00:0%d:00,%d\n" % (m, m) for m in (0, 1, 1, 2, 3)),
}


def small(monkeypatch, tmp_path):
    """NAB, but with one stream of five rows."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in CONTENTS.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    tar = hashlib.sha256(packed.getvalue()).hexdigest()
    monkeypatch.setattr(nab, "FILES", sums)
    monkeypatch.setattr(nab, "NAB", replace(nab.NAB, files={"all": {name: (one,) for name, one in sums.items()}}))
    monkeypatch.setattr(nab, "NAB_TAR", replace(nab.NAB_TAR, files={"all": {"nab_v1.1.tar.gz": (tar,)}}))
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return packed.getvalue()


@pytest.mark.parametrize("form", ["tar", "files"])
def test_nab_is_read_from_its_tar_or_from_its_files(form, monkeypatch, tmp_path):
    packed = small(monkeypatch, tmp_path)
    assert not nab.is_at_hand()
    with pytest.raises(FileNotFoundError, match="Numenta Anomaly Benchmark 1.1"):
        nab.load_nab.__wrapped__()
    for name, data in {"nab_v1.1.tar.gz": packed}.items() if form == "tar" else CONTENTS.items():
        path = tmp_path / "nab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert nab.is_at_hand()
    (stream,) = nab.load_nab.__wrapped__()
    assert stream.name == "a/one.csv"
    np.testing.assert_array_equal(stream.values[:, 0], [0, 1, 1, 2, 3])
    np.testing.assert_array_equal(stream.windows, [[1, 3]])
    np.testing.assert_array_equal(stream.labels, [False, True, True, True, False])
    path.write_bytes(b"x")
    with pytest.raises(ValueError, match="is damaged or of another edition"):
        nab.load_nab.__wrapped__()


@REAL
def test_nab_has_what_the_paper_says():
    streams = load_streams("nab")
    assert (len(streams), sum(map(len, streams)), sum(len(one.windows) for one in streams)) == (58, 365_558, 116)
    assert sum(not len(one.windows) for one in streams) == 6
    share = sum(one.labels.sum() for one in streams) / sum(map(len, streams))
    assert share == pytest.approx(0.1, abs=0.01)


def test_a_file_of_ones_own():
    text = b"time;a;b;broken\n2020-01-01;1;2;0\n2020-01-01;3;4;1\n2019-12-31;5;6;1\n\n2020-01-02;7;8;0\n"
    whole = read_stream(text, "pump.csv", label="broken")
    np.testing.assert_array_equal(whole.values, [[1, 2], [3, 4], [5, 6], [7, 8]])
    np.testing.assert_array_equal(whole.windows, [[1, 2]])
    assert whole.times is not None
    assert str(whole.times[2]) == "2019-12-31T00:00:00"
    one = read_stream(text, "pump.csv", columns=["b"])
    np.testing.assert_array_equal(one.values, [[2], [4], [6], [8]])
    assert not len(one.windows)
    bare = read_stream(b"x,y\n1,2\n3,4\n", "bare.csv", left_out=["x"])
    assert bare.times is None
    np.testing.assert_array_equal(bare.values, [[2], [4]])


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("a,b\n1,2\n3,\n", {}, "pump.csv, row 3, column b: no number; fill it, or leave out the column: --leave-out b"),
        ("a,b\n1,2\n3,x\n", {}, "pump.csv, row 3, column b"),
        ("a,b\n1,2\n3,2\n", {"label": "b"}, "pump.csv, row 2, column b: 2 is no label, expected 1"),
        ("a,b\n1,2\n", {"label": "c"}, "has no column 'c'|no column c|unknown"),
        ("time,a\n2020-01-01,1\nsoon,2\n", {}, "pump.csv, row 3, column time"),
        ("time\n2020-01-01\n", {}, "has no row of numbers"),
    ],
)
def test_faults_of_a_file_are_named_by_row_and_column(text, more, message):
    with pytest.raises(ValueError, match=message):
        read_stream(text.encode(), "pump.csv", **more)


def test_names_and_options_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(ValueError, match="neither a file nor a public set of streams; did you mean"):
        load_streams("nap")
    with pytest.raises(ValueError, match="nab is a public set, whose columns are fixed"):
        load_streams("nab", label="x")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_streams(tmp_path / "none.csv")


def test_windows_rise_and_lie_within_the_stream():
    np.testing.assert_array_equal(windows_of(np.array([1, 0, 1, 1, 0, 1], bool)), [[0, 0], [2, 3], [5, 5]])
    for wrong in ([[3, 2]], [[0, 10]], [[-1, 2]], [[0, 4], [2, 6]], [[0, 2], [2, 3]]):
        with pytest.raises(ValueError, match="windows"):
            Stream("one", None, np.zeros((10, 1)), np.array(wrong))


def test_a_marked_file_keeps_all_that_stands_in_it():
    text = '\ufefftime;note;a\r\n1;"x; y";2,5\r\n\r\n2;;3\r\n'.encode()
    marked = mark_rows(text, "pump.csv", np.array([0.25, 1.0]), np.array([False, True]))
    assert marked.decode() == 'time;note;a;score;alarm\n1;"x; y";2,5;0.25;0\n2;;3;1;1\n'
    with pytest.raises(ValueError, match=r"has a column alarm already"):
        mark_rows(b"alarm,a\n1,2\n", "pump.csv", np.zeros(1), np.zeros(1, bool))
    with pytest.raises(ValueError, match="Parquet"):
        mark_rows(b"PAR1", "pump.parquet", np.zeros(1), np.zeros(1, bool))
