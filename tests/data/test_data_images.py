"""Labelled images of public sets: read from checked files, kept as arrays in the cache, and shared."""

import dataclasses

import numpy as np
import pytest

from ludus.data import datasets, images
from ludus.data.image_sets import IMAGE_SETS


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of ours, and nothing that was loaded before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    images._load.cache_clear()
    yield tmp_path / "cache" / "ludus"
    images._load.cache_clear()


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", None])
def test_a_damaged_array_in_the_cache_is_made_anew(cache, monkeypatch, damage):
    pictures, labels = np.zeros((5, 2, 2, 1), np.uint8), np.arange(5)
    monkeypatch.setattr(images, "_read_split", lambda name, split: (pictures, labels))
    images.load_images("fashion-mnist", "test")
    kept = cache / "arrays" / "fashion-mnist-test-0d25a63b0c21.npy"
    for path in (kept, kept.with_suffix(".labels.npy")):
        path.write_bytes(path.read_bytes()[:-1] if damage is None else damage)
        images._load.cache_clear()
        assert images.load_images("fashion-mnist", "test").images.shape == (5, 2, 2, 1)
        assert len(np.load(path)) == 5


def test_arrays_in_the_cache_do_without_the_files(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path / "nothing"))
    assert not images.is_at_hand("cifar-10")
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    with monkeypatch.context() as patch:
        patch.setattr(images, "_read_split", lambda name, split: (pictures, np.array([3, 4])))
        for split in ("train", "test"):
            images.load_images("cifar-10", split)
    images._load.cache_clear()
    assert images.is_at_hand("cifar-10")
    monkeypatch.setattr(datasets, "fetch", lambda dataset: pytest.fail("it is at hand"))
    images.fetch("cifar-10")
    found = images.load_images("cifar-10", "test")
    np.testing.assert_array_equal(found.images, pictures)
    np.testing.assert_array_equal(found.labels, [3, 4])
    assert found.classes == IMAGE_SETS["cifar-10"].classes
    assert not found.images.flags.writeable
    assert not found.labels.flags.writeable


def test_a_set_that_is_not_at_hand_is_fetched(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path / "nothing"))
    fetched = []
    monkeypatch.setattr(datasets, "fetch", fetched.append)
    images.fetch("cifar-10")
    assert fetched == [IMAGE_SETS["cifar-10"]]


def test_damaged_file_of_a_public_set_is_named_with_both_hashes(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    (tmp_path / "cifar-100-binary").mkdir()
    (tmp_path / "cifar-100-binary" / "test.bin").write_bytes(bytes(3074))
    with pytest.raises(ValueError, match=r"test.bin is damaged.*SHA-256 is [0-9a-f]{64} .*expected d8b1e6b7"):
        images.load_images("cifar-100", "test")


def test_files_whose_hash_is_right_but_whose_reader_fails_are_named(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "a.bin").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180's own example
    toy = dataclasses.replace(IMAGE_SETS["cifar-10"], folders=("toy",), files={"test": {"a.bin": (known,)}})
    monkeypatch.setitem(IMAGE_SETS, "toy", toy)
    with pytest.raises(ValueError, match="/toy cannot be read: it holds 3 bytes, expected a multiple of 3073"):
        images.load_images("toy", "test")


@pytest.mark.parametrize(
    ("name", "split", "words"),
    [
        ("fashion-mnits", "test", "unknown image set 'fashion-mnits'; did you mean 'fashion-mnist'?"),
        ("fashion-mnist", "tests", "unknown split 'tests'; did you mean 'test'?"),
    ],
)
def test_unknown_names_are_refused(name, split, words):
    with pytest.raises(ValueError, match=words):
        images.load_images(name, split)


@pytest.mark.skipif(not images.is_at_hand("fashion-mnist"), reason="LUDUS_DATA names no folder with fashion_mnist")
def test_fashion_mnist_is_what_its_authors_say():
    train = images.load_images("fashion-mnist", "train")
    assert train.images.shape == (60_000, 28, 28, 1)
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert train.classes[int(train.labels[0])] == "ankle boot"
