"""Augmentation of images, and batches of what becomes of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.training.batches import generator
from ludus.vision.augmentation import Augmentation, AugmentedBatches, blend, move, squares
from vision_toy import images

NOTHING = Augmentation(flip=False, crop=0)
ALL = Augmentation(crop=3, cutout=4, mixup=0.4, cutmix=1.0)

SHIFTS = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4), st.booleans()), min_size=1, max_size=4)


@given(SHIFTS, st.sampled_from(["reflect", "zero"]))
@settings(deadline=None, max_examples=60)
def test_moved_picture_is_a_window_of_the_padded_one(shifts, pad):
    x = images(len(shifts)).images
    down, right, mirrored = (torch.tensor(column) for column in zip(*shifts, strict=True))
    moved = move(x, down, right, mirrored, pad)
    for i, (dy, dx, flip) in enumerate(shifts):
        source = x[i].numpy()[:, ::-1] if flip else x[i].numpy()
        wide = np.pad(source, ((4, 4), (4, 4), (0, 0)), mode="reflect" if pad == "reflect" else "constant")
        assert np.array_equal(moved[i].numpy(), wide[4 - dy : 12 - dy, 4 - dx : 10 - dx])


@given(st.integers(0, 8), st.integers(0, 6), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_square_lies_inside_the_picture(tall, wide, seed):
    mask = squares(3, 8, 6, torch.full((3,), tall), torch.full((3,), wide), generator(seed))
    assert torch.equal(mask.sum(dim=(1, 2, 3)), torch.full((3,), tall * wide))


@given(st.sampled_from([(0.3, 0.0), (0.0, 1.0), (0.5, 0.5)]), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_shares_of_a_blend_are_those_of_its_pixels(alphas, seed):
    # Pictures that are black, but for those of one class, which are white: the mean brightness is the share of white.
    data = images(20, classes=2)
    x = (data.labels * 200).to(torch.uint8)[:, None, None, None].expand(20, 8, 6, 3)
    how = Augmentation(mixup=alphas[0], cutmix=alphas[1])
    mixed, shares = blend(x, data.labels, 2, how, generator(seed))
    assert torch.allclose(shares.sum(dim=1), torch.ones(20))
    assert torch.allclose(mixed.float().mean(dim=(1, 2, 3)) / 200.0, shares[:, 1], atol=1e-4)


def test_cutout_hides_a_square_in_the_given_colour():
    batches = AugmentedBatches(images(), 20, Augmentation(flip=False, crop=0, cutout=3), seed=0, fill=(0, 0, 0))
    x, _ = batches.batch(0)
    assert torch.equal((x == 0).all(dim=3).sum(dim=(1, 2)), torch.full((20,), 9))


def test_flip_alternates_from_epoch_to_epoch():
    data = images()
    batches = AugmentedBatches(data, 20, Augmentation(crop=0), seed=0)
    order = [torch.randperm(20, generator=generator(0, "epoch", epoch)) for epoch in (0, 1)]
    first, second = (batches.batch(epoch)[0][order[epoch].argsort()] for epoch in (0, 1))
    assert torch.equal(first, second.flip(2))
    mirrored = (first != data.images).flatten(1).any(dim=1)
    assert 0 < mirrored.sum() < 20


@pytest.mark.parametrize(
    ("settings_", "message"),
    [({"pad": "wrap"}, "pad must be"), ({"crop": -1}, "crop must be >= 0"), ({"mixup": float("nan")}, "mixup must be")],
)
def test_augmentation_that_makes_no_sense_is_refused(settings_, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**settings_)


def test_augmentation_that_is_larger_than_the_pictures_is_refused():
    with pytest.raises(ValueError, match="too large for 8 x 6 pixels"):
        AugmentedBatches(images(), 4, Augmentation(crop=6), seed=0)


# --- Batches ---------------------------------------------------------------------------------------------------------


def test_epoch_shows_each_image_once_in_an_order_of_its_own():
    data = images(20)
    batches = AugmentedBatches(data, 5, NOTHING, seed=0)
    epochs = [torch.cat([x for x, _ in batches]) for _ in range(2)]
    assert batches.step == 8
    for epoch in epochs:
        assert sorted(row.numpy().tobytes() for row in epoch) == sorted(row.numpy().tobytes() for row in data.images)
    assert not torch.equal(*epochs)


def test_batches_after_a_resume_are_those_that_would_have_come():
    whole = AugmentedBatches(images(23), 5, ALL, seed=3)
    expected = [batch for _ in range(2) for batch in whole]
    again = AugmentedBatches(images(23), 5, ALL, seed=3, step=3)
    found = [batch for _ in range(2) for batch in again]
    assert len(found) == 5  # the last of the first epoch, and the second
    for (x, y), (x2, y2) in zip(expected[3:], found, strict=True):
        assert torch.equal(x, x2)
        assert torch.equal(y, y2)


def test_other_seed_gives_other_batches():
    one, other = (AugmentedBatches(images(), 5, ALL, seed).batch(0)[0] for seed in (0, 1))
    assert not torch.equal(one, other)


def test_labels_follow_their_images():
    data = images(20)
    for x, labels in AugmentedBatches(data, 5, NOTHING, seed=0):
        for row, label in zip(x, labels, strict=True):
            place = (data.images == row).flatten(1).all(dim=1).nonzero()[0, 0]
            assert data.labels[place] == label
