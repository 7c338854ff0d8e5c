"""Images as tensors: public sets, folders, and what is held out of them."""

import os

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.data import datasets
from ludus.vision.images import hold_out, load
from vision_toy import CLASSES, EACH, images, make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("data") / "bars")


def test_folder_of_pictures_becomes_tensors(folder):
    train, test = (load(str(folder), split) for split in ("train", "test"))
    assert train.classes == CLASSES
    assert train.images.shape == (3 * EACH, 32, 32, 3)
    assert train.images.dtype == torch.uint8
    assert len(test) == 3 * EACH // 2
    assert torch.equal(train.labels.bincount(), torch.tensor([EACH] * 3))


def test_picture_that_is_damaged_is_named(tmp_path):
    folder = make_folder(tmp_path / "bars", 2)
    (folder / "train" / "lying" / "1.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"lying/1.png is no image"):
        load(str(folder), "train")


def test_damaged_file_of_a_public_set_is_named_with_both_hashes(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cifar-100-binary").mkdir()
    (tmp_path / "cifar-100-binary" / "test.bin").write_bytes(bytes(3074))
    with pytest.raises(ValueError, match=r"test.bin is damaged.*SHA-256 is [0-9a-f]{64} .*expected d8b1e6b7"):
        load("cifar-100", "test")


@pytest.mark.skipif(not datasets.is_at_hand("fashion-mnist"), reason="LUDUS_DATA names no folder with fashion_mnist")
def test_fashion_mnist_is_what_its_authors_say():
    train = load("fashion-mnist", "train")
    assert train.images.shape == (60_000, 28, 28, 1)
    assert torch.equal(train.labels.bincount(), torch.full((10,), 6000))
    assert train.classes[int(train.labels[0])] == "ankle boot"


def test_variable_for_data_folders_is_the_documented_one():
    before = os.environ.get("LUDUS_DATA")
    os.environ["LUDUS_DATA"] = f"/a{os.pathsep}/b"
    try:
        assert [str(path) for path in datasets.data_folders()[:2]] == ["/a", "/b"]
    finally:
        os.environ.pop("LUDUS_DATA") if before is None else os.environ.update(LUDUS_DATA=before)


# --- Splits ----------------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 0.9), st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_held_out_images_are_apart_and_of_all_classes(share, seed):
    data = images(40)
    train, held = hold_out(data, share, seed)
    seen = {row.numpy().tobytes() for row in train.images}
    other = {row.numpy().tobytes() for row in held.images}
    assert not seen & other
    assert len(seen | other) == 40
    assert torch.equal(held.labels.bincount(minlength=4), torch.full((4,), round(share * 10)))


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001])
def test_split_that_leaves_nothing_is_refused(share):
    with pytest.raises(ValueError, match="holdout"):
        hold_out(images(), share, 0)
