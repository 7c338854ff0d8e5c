"""Picker's tray: the masks and axes of its items, the camera, and the picture for a person."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_picker import ID, PARCELS

from ludus.components.detections import CENTRE_X, CENTRE_Y, HEIGHT, VISIBLE, WIDTH
from ludus.envs.make import make_batch
from ludus.envs.robotics.picker.observation import GREY
from ludus.envs.robotics.picker.rules_items import edges_of, make_items, masks_of, moments_of
from ludus.envs.robotics.picker.rules_tray import turn_between


def picture_of(thing, background=20, size=16):
    """(1, size, size, 1) uint8 with ``thing``, a slice of rows and of columns, in white."""
    image = np.full((1, size, size, 1), background, np.uint8)
    image[0, thing[0], thing[1]] = 250
    return image


def test_a_thing_is_what_differs_from_a_plain_background():
    thing = (slice(3, 6), slice(2, 12))
    (mask,) = masks_of(picture_of(thing))
    assert mask.sum() == 30
    assert mask[thing].all()
    ring = picture_of((slice(2, 10), slice(2, 10)))
    ring[0, 4:8, 4:8] = 20  # a hole, which is part of the thing
    assert masks_of(ring)[0].sum() == 64
    legs = picture_of((slice(2, 12), slice(2, 10)))
    legs[0, 6:12, 4:8] = 20  # what is open to one side is not
    assert masks_of(legs)[0].sum() == 80 - 24


def test_photographs_are_whole():
    noise = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3)).astype(np.uint8)
    assert masks_of(noise).all()
    assert masks_of(np.zeros((3, 8, 8, 1), np.uint8)).all()  # a picture of nothing


@given(st.floats(-1.5, 1.5), st.floats(2.0, 6.0))
@settings(max_examples=50, deadline=None)
def test_an_ellipse_has_its_own_axis(angle, ratio):
    y, x = np.mgrid[0:65, 0:65] - 32.0
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    mask = ((along / 28.0) ** 2 + (across * ratio / 28.0) ** 2 <= 1.0).astype(np.uint8)[None]
    (middle,), (axis,) = moments_of(mask)
    assert middle.tolist() == pytest.approx([32.0, 32.0])
    assert turn_between(axis, angle) < 0.03


def test_a_disc_has_no_axis_and_fits_any():
    y, x = np.mgrid[0:33, 0:33] - 16.0
    (axis,) = moments_of((x**2 + y**2 <= 200.0).astype(np.uint8)[None])[1]
    assert math.isnan(axis)
    assert turn_between(1.0, axis) == 0.0
    assert turn_between(0.1, math.pi - 0.1) == pytest.approx(0.2)
    assert turn_between(-7.0, -7.0 + math.pi / 2) == pytest.approx(math.pi / 2)


def test_edges_are_the_first_and_last_pixels_of_the_rows():
    mask = np.zeros((1, 3, 5), np.uint8)
    mask[0, 1, 1:4] = mask[0, 2, 4] = 1
    assert edges_of(mask).tolist() == [[[-1, -1], [1, 3], [4, 4]]]


@pytest.fixture(scope="module")
def seen():
    """A batch whose slot shows pictures."""
    batch = make_batch(ID, 64, **PARCELS, perception="raw")
    batch.seed_from(5)
    return batch


def test_an_item_alone_is_its_image(seen):
    batch = make_batch(ID, 1, **PARCELS, perception="raw")
    batch.seed_from(0)
    records, world = batch.records, batch.world
    image = world.images[records["image"][0, 0]]
    mask, middle = world.masks[records["image"][0, 0]], world.middles[records["image"][0, 0]]
    records["count"], records["angle"][0, 0], records["scale"][0, 0] = 1, 0.0, 32 / 96  # a pixel for a pixel
    records["root_x"][0, 0], records["root_y"][0, 0] = (np.array([40.0, 30.0]) + middle + 0.5) / 96
    out = np.zeros((1, 96, 96, 3), np.uint8)
    batch.slot_loop("perception", "sense")(records, np.array([0]), world, out)
    expected = np.full((96, 96, 3), GREY, np.uint8)
    expected[30:62, 40:72][mask == 1] = image[mask == 1]
    np.testing.assert_array_equal(out[0], expected)
    records["light"] = 0.5
    batch.slot_loop("perception", "sense")(records, np.array([0]), world, out)
    assert np.abs(out[0, 30:62, 40:72][mask == 1] - image[mask == 1] / 2.0).max() <= 0.5
    assert (out[0, :29] == GREY).all()


def test_boxes_hold_what_is_drawn_and_the_topmost_is_whole(seen):
    truth = make_batch(ID, 64, **PARCELS)
    truth.seed_from(5)
    pictures, rows = seen.buffers.observation["perception"], truth.buffers.observation["perception"]
    for picture, things in zip(pictures, rows, strict=True):
        drawn = (picture != GREY).any(axis=2)
        inside = np.zeros((96, 96), bool)
        for thing in things[things[:, 0] > 0.5]:
            x, y = thing[CENTRE_X] * 96, thing[CENTRE_Y] * 96
            half_x, half_y = thing[WIDTH] * 48, thing[HEIGHT] * 48
            assert min(x - half_x, y - half_y) > -1e-3
            assert max(x + half_x, y + half_y) < 96 + 1e-3
            top, left = max(int(y - half_y) - 1, 0), max(int(x - half_x) - 1, 0)
            inside[top : int(y + half_y) + 2, left : int(x + half_x) + 2] = True
        assert not (drawn & ~inside).any()
        assert things[0, VISIBLE] == 1.0
        assert (things[things[:, 0] > 0.5, VISIBLE] >= 0.25).all()


def test_what_is_above_hides_what_is_below():
    """The share that is to be seen is what the picture has of an item, counted by colour."""
    batch = make_batch(ID, 40, **PARCELS, perception="truth", most=2.0, fewest=2.0, scale_low=0.5, scale_high=0.6)
    batch.seed_from(1)
    shown, hidden = batch.buffers.observation["perception"][:, 1], []
    records, out = batch.records.copy(), np.zeros((40, 96, 96, 3), np.uint8)
    sense = batch.slot_loop("perception", "sense")
    sense(records, np.arange(40), batch.world, out)
    both = (out != GREY).any(axis=3).sum(axis=(1, 2))
    for taken in (1, 2):
        records["taken"] = taken
        sense(records, np.arange(40), batch.world, out)
        hidden.append((out != GREY).any(axis=3).sum(axis=(1, 2)))
    two = records["count"] == 2
    lower, upper = hidden
    share = ((both - upper) / lower)[two]
    np.testing.assert_allclose(shown[two, VISIBLE], share, rtol=0, atol=0.08)
    assert (share < 0.7).any()
    assert (share > 0.9).any()


def test_it_takes_what_a_choice_of_images_names():
    items = make_items("parcels", "test")
    assert items.images.shape == (1000, 32, 32, 3)
    assert [items.labels[items.order[first]] for first in items.first[:-1]] == list(range(10))
    with pytest.raises((ValueError, FileNotFoundError)):
        make_batch(ID, 1, images="nothing-of-that-name")


def test_the_picture_shows_the_order_and_the_gripper():
    batch = make_batch(ID, 1, **PARCELS, rendered=True)
    batch.seed_from(0)
    before, after = np.zeros((1, 480, 720, 3), np.uint8), np.zeros((1, 480, 720, 3), np.uint8)
    batch.render_many(np.array([0]), before)
    batch.step(batch.heuristic())
    batch.render_many(np.array([0]), after)
    changed = (before != after).any(axis=(0, 3))
    assert changed[:, :460].any()  # the tray
    assert changed[280:, 484:].any()  # the figures
