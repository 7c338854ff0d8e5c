"""Folders of pictures: read in each promised format, split by themselves or by a hash of the names, or refused."""

import numpy as np
import pytest

from ludus.data.images import load_images
from ludus.data.picture_folders import FORMATS, SUFFIXES, read_folder
from picture_files import encoded, folder_with


@pytest.mark.parametrize("kind", FORMATS)
def test_each_promised_format_is_read(tmp_path, kind):
    path = folder_with(tmp_path, f"2.{kind.lower()}", encoded(kind))
    assert path.suffix in SUFFIXES
    images, labels, classes = read_folder(tmp_path, "train")
    assert (images.shape, images.dtype) == ((3, 32, 32, 3), np.uint8)
    assert (labels.tolist(), classes) == ([0, 0, 1], ("a", "b"))


def test_picture_that_is_damaged_is_named(tmp_path):
    folder_with(tmp_path, "2.png", b"no picture")
    with pytest.raises(ValueError, match=r"a/2.png is no image"):
        read_folder(tmp_path, "train")


def test_a_folder_without_splits_is_split_by_a_hash_of_the_names(tmp_path):
    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
        for i in range(40):
            (tmp_path / kind / f"{i}.png").write_bytes(encoded("PNG", (4 + i, 4)))
    sizes = {split: len(read_folder(tmp_path, split)[0]) for split in ("train", "test")}
    assert sizes == {"train": 64, "test": 16}


def test_a_class_without_pictures_is_refused(tmp_path):
    folder_with(tmp_path, "2.png", None)
    with pytest.raises(ValueError, match="has images for 0 of 2 classes in the split 'test'; expected two subfolders"):
        read_folder(tmp_path, "test")


def test_a_folder_is_loaded_by_its_path_and_cannot_be_written(tmp_path):
    folder_with(tmp_path, "2.png", encoded("PNG"))
    found, (images, labels, classes) = load_images(str(tmp_path), "train"), read_folder(tmp_path, "train")
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.classes == classes
    assert not found.images.flags.writeable
    assert not found.labels.flags.writeable


def test_a_relative_path_is_another_folder_in_another_place(tmp_path, monkeypatch):
    for place, split in (("here", 40), ("there", 20)):
        for kind in ("a", "b"):
            (tmp_path / place / "set" / kind).mkdir(parents=True)
            for i in range(split):
                (tmp_path / place / "set" / kind / f"{i}.png").write_bytes(encoded("PNG", (4 + i, 4)))
        monkeypatch.chdir(tmp_path / place)
        assert sum(len(load_images("set", part).labels) for part in ("train", "test")) == 2 * split
