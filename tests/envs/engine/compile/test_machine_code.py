"""Damaged files of the machine code on disk: they count as missing, and the code is made and written anew."""

import importlib.util
import os
import sys

import numpy as np
import pytest

from ludus.envs.engine.compile.binding import bind

SOURCE = """
import numba

@numba.njit
def stride(x):
    return 3.0 * x
"""


def total(values):
    result = 0.0
    for i in range(values.shape[0]):
        result += stride(values[i])  # noqa: F821
    return result


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """``fresh()`` -> a loop over the same kernel as a new process has it, with nothing compiled yet; and its folder."""
    (tmp_path / "strides.py").write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("strides", tmp_path / "strides.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "strides", module)
    return lambda: bind(total, module, {"stride": module.stride}, 7), tmp_path / "__pycache__"


def total_of(loop):
    """What the loop says of 1 + 2, and whether its machine code came from disk."""
    return loop(np.array([1.0, 2.0])), sum(loop.stats.cache_hits.values()) == 1


def emptied(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def flipped_at_the_start(path):
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)


def flipped_in_the_middle(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


def another_pickle(path):
    path.write_bytes(b"\x80\x04N.")  # None


def of_numba_alone(path):
    """As an older Ludus left it: nothing that could be compared."""
    path.write_bytes(path.read_bytes()[: -len(b"ludus sha256 ") - 32])


DAMAGES = [emptied, truncated, flipped_at_the_start, flipped_in_the_middle, another_pickle, of_numba_alone]


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew(damage, suffix, fresh):
    make, folder = fresh
    assert total_of(make()) == (9.0, False)
    assert total_of(make()) == (9.0, True)
    (path,) = folder.glob(f"*.{suffix}")
    right = path.read_bytes()
    damage(path)
    assert path.read_bytes() != right
    assert total_of(make()) == (9.0, False)
    assert total_of(make()) == (9.0, True)


def test_every_flipped_bit_is_noticed(fresh):
    """Some would still unpickle, into machine code with a wrong byte."""
    make, folder = fresh
    total_of(make())
    (path,) = folder.glob("*.nbc")
    right = path.read_bytes()
    loop = make()
    for at in range(0, len(right), 97):
        data = bytearray(right)
        data[at] ^= 1 << at % 8
        path.write_bytes(data)
        with pytest.raises(OSError, match="is damaged"):
            loop._cache._cache_file._load_data(path.name)


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_folder_in_the_place_of_a_file_costs_the_cache_and_nothing_else(suffix, fresh):
    make, folder = fresh
    total_of(make())
    (path,) = folder.glob(f"*.{suffix}")
    path.unlink()
    path.mkdir()
    assert total_of(make()) == (9.0, False)
    assert path.is_dir()
    assert not list(folder.glob("*.tmp*"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_made_anew(fresh):
    make, folder = fresh
    total_of(make())
    for path in folder.glob("*.nb?"):
        path.chmod(0)
    assert total_of(make()) == (9.0, False)
    assert total_of(make()) == (9.0, True)
