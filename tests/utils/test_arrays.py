"""Arrays of a cache: what is kept comes back, and what is not whole counts as missing."""

import numpy as np
import pytest

from ludus.utils.arrays import keep_array, kept_array, sealed

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_kept_array_comes_back_and_cannot_be_written_to(tmp_path):
    path = tmp_path / "cache" / "one.npy"
    assert kept_array(path) is None
    keep_array(path, ARRAY)
    found = kept_array(path, (2, 3, 4), np.dtype(np.uint8))
    np.testing.assert_array_equal(found, ARRAY)
    assert not found.flags.writeable


@pytest.mark.parametrize("cut", [1, 24, 100])
def test_array_that_is_not_whole_is_missing(tmp_path, cut):
    path = tmp_path / "one.npy"
    keep_array(path, ARRAY)
    path.write_bytes(path.read_bytes()[:-cut])
    assert kept_array(path) is None


@pytest.mark.parametrize(("shape", "dtype"), [((2, 3, 5), np.uint8), ((2, 3, 4), np.int8)])
def test_array_of_another_kind_is_missing(tmp_path, shape, dtype):
    keep_array(tmp_path / "one.npy", ARRAY)
    assert kept_array(tmp_path / "one.npy", shape, np.dtype(dtype)) is None


def test_objects_are_never_read(tmp_path):
    with open(tmp_path / "one.npy", "wb") as stream:
        np.save(stream, np.array([{}], dtype=object))
    assert kept_array(tmp_path / "one.npy") is None


def test_cache_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    keep_array(tmp_path / "file" / "one.npy", ARRAY)
    assert kept_array(tmp_path / "file" / "one.npy") is None


def test_sealed_array_is_the_same_one(tmp_path):
    array = ARRAY.copy()
    assert sealed(array) is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
