"""Images as tensors, and what is held out of them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.vision.images import hold_out, load_tensors
from vision_toy import CLASSES, EACH, images, make_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("data") / "bars")


def test_folder_of_pictures_becomes_tensors(folder):
    train, test = (load_tensors(str(folder), split) for split in ("train", "test"))
    assert train.classes == CLASSES
    assert train.images.shape == (3 * EACH, 32, 32, 3)
    assert train.images.dtype == torch.uint8
    assert len(test) == 3 * EACH // 2
    assert torch.equal(train.labels.bincount(), torch.tensor([EACH] * 3))


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
