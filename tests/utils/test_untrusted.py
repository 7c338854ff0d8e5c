"""Whatever stands at the place of a file, it is read within bounds or refused at once, in one line."""

import io
import os
import re
import socket
import zipfile

import numpy as np
import pytest

from ludus.utils.untrusted import (
    is_number,
    is_whole,
    open_regular,
    parse_json,
    parse_tensors,
    parse_yaml,
    read_npz,
    read_regular,
    read_table,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def test_a_regular_file_is_read_whole_and_through_links(tmp_path, path):
    path.write_bytes(b"content")
    (tmp_path / "link").symlink_to(path)
    assert read_regular(path, 7) == read_regular(tmp_path / "link", 7) == b"content"
    with open_regular(path, 7, writable=True) as stream:
        stream.write(b"C")
    assert path.read_bytes() == b"Content"


def test_a_larger_file_is_refused_before_it_is_read(path):
    path.write_bytes(b"")
    os.truncate(path, 2**41)
    with pytest.raises(ValueError, match=re.escape(f"{path} has 2,199,023,255,552 bytes, at most 100 are read here")):
        read_regular(path, 100)


@pytest.mark.parametrize("kind", ["a named pipe", "a socket", "a device", "a folder"])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_refused_without_waiting(tmp_path, path, kind, linked):
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as place:
            place.bind(os.path.relpath(path))
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    if linked:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))} is {kind}, expected a regular file; put the file"):
        read_regular(path, 100)


def test_what_took_the_place_of_a_file_is_found_by_its_descriptor(path, monkeypatch):
    """Between looking and opening."""
    path.write_bytes(b"file")
    honest = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_, **__: honest)
    with pytest.raises(ValueError, match="is a named pipe, expected a regular file"):
        read_regular(path, 100)


def test_no_descriptor_stays_open(path):
    before = len(os.listdir("/proc/self/fd"))
    path.write_bytes(b"content")
    for _ in range(20):
        with pytest.raises(ValueError, match="at most 3"):
            read_regular(path, 3)
        read_regular(path, 7)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b"", b"1" * 5000])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=".") as said:
        parse_json(text)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a: [", "line 1, column 5"),
        (b"a: &x [1]\nb: *x\n", r"line 2, column 4: an alias \(\*name\) is not read"),
        (b"[" * 5000, "nested too deeply"),
        (b"\xff\xff", "no text in UTF-8"),
        (b"a: \xe2\x82", "no text in UTF-8"),
        (b"\x00", "character 1 is none that YAML allows"),
        (b"!!python/object/apply:os.system [ls]", "could not determine a constructor"),
        (b"2001-99-99", "month must be in 1..12"),
        (b"1" * 5000, "limit"),
        (b"? [a]\n: b", "unhashable"),
        (b"!!bool x", "x"),
    ],
)
def test_what_is_no_plain_yaml_is_a_value_error(text, words):
    with pytest.raises(ValueError, match=words) as said:
        parse_yaml(text)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"\xff" * 8, (10).to_bytes(8, "little") + b'{"a": null}'])
def test_what_holds_no_tensors_is_a_value_error(data):
    with pytest.raises(ValueError, match="it holds no safetensors: ") as said:
        parse_tensors(data)
    assert "\n" not in str(said.value)


def test_numbers_from_files():
    assert all(map(is_number, (0, 1.5, -(10**300))))
    assert not any(map(is_number, (True, None, "1", [1], float("nan"), float("inf"), 10**400)))
    assert all(is_whole(value, 0, 3) for value in (0, 3))
    assert not any(is_whole(value, 0, 3) for value in (-1, 4, 1.0, True, None, "1", 10**400))


def test_tables_are_read_whatever_is_in_them(path):
    path.write_bytes(b"a,b\n1,caf\xe9\n2\n")
    assert read_table(path) == [{"a": "1", "b": "caf\ufffd"}, {"a": "2", "b": None}]
    path.write_bytes(b"a,b\n" + b"x" * 200_000)
    with pytest.raises(ValueError, match="is no CSV: field larger than field limit"):
        read_table(path)


# --- Archives


def archive(compression=zipfile.ZIP_DEFLATED, **parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as written:
        for name, data in parts.items():
            written.writestr(f"{name}.npy", data)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def test_arrays_of_an_archive_are_those_that_were_saved():
    saved = {"a": np.arange(6).reshape(2, 3), "b": np.array("text"), "c": np.zeros((0, 4), np.float32)}
    for save in (np.savez, np.savez_compressed):
        stream = io.BytesIO()
        save(stream, **saved, other=np.ones(3))
        found = read_npz(stream.getvalue(), saved, 1000)
        assert found.keys() == saved.keys()
        for name, array in saved.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype


def test_an_archive_that_would_unpack_to_more_is_refused_by_its_table_of_contents():
    data = archive(a=npy(np.zeros(10**7, np.uint8)))
    assert len(data) < 20_000
    with pytest.raises(ValueError, match="it unpacks to 10,000,128 bytes, at most 1,000 are read"):
        read_npz(data, ["a"], 1000)
    assert read_npz(data, ["b"], 1000) == {}  # what nobody asks for is not unpacked


def test_an_archive_whose_table_of_contents_lies_is_not_believed():
    data = archive(a=npy(np.zeros(10**7, np.uint8)))
    size = (10**7 + 128).to_bytes(4, "little")
    assert data.count(size) == 2
    with pytest.raises(ValueError, match="."):
        read_npz(data.replace(size, (228).to_bytes(4, "little")), ["a"], 1000)


def test_a_header_that_promises_more_than_there_is_takes_no_memory():
    data = npy(np.zeros(100, np.uint8)).replace(b"(100,), }         ", b"(10000000000000,)}")
    assert b"10000000000000" in data
    with pytest.raises(ValueError, match=r"it holds 100 bytes, expected those of uint8 \(10000000000000,\)"):
        read_npz(archive(a=data), ["a"], 10_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no archive", "File is not a zip file"),
        (archive(a=npy(np.array([{}], object))), "something pickled is in it"),
        (archive(a=npy(np.zeros(2, [("x", "f4")]))), "expected plain numbers"),
        (archive(a=npy(np.asfortranarray(np.ones((2, 3))))), "expected plain numbers, row by row"),
        (archive(a=b""), "it is no array"),
        (archive(zipfile.ZIP_LZMA, a=npy(np.ones(3))), "compressed in another way"),
        (archive(**{f"n{i}": b"" for i in range(1001)}), "it has more than 1,000 parts"),
    ],
)
def test_archives_of_something_else_are_value_errors(data, words):
    with pytest.raises(ValueError, match=words) as said:
        read_npz(data, ["a"], 10_000)
    assert "\n" not in str(said.value)
