"""Sheets of pictures: where each lies, and what is written beside it."""

import io

import numpy as np
import pytest
from PIL import Image

from ludus.vision.sheets import GAP, REST, animation, encode_png, grid, moments_of, named_rows, strip, tile


def pictures(count, shape=(8, 8, 1)):
    return np.random.default_rng(0).integers(0, 200, (count, *shape)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_picture_lies_in_its_place(channels):
    shown = pictures(5, (8, 8, channels))
    sheet = tile(shown, 3)
    side = 56  # 7 sheet pixels for each of 8
    assert sheet.shape == (2 * (side + GAP) + GAP, 3 * (side + GAP) + GAP, 3)
    for k in range(5):
        y, x = k // 3 * (side + GAP) + GAP, k % 3 * (side + GAP) + GAP
        small = sheet[y : y + side : 7, x : x + side : 7]
        np.testing.assert_array_equal(small, np.broadcast_to(shown[k][..., :3], (8, 8, 3)))  # grey: in all three
    assert (sheet[-side:-GAP, -side:-GAP] == 255).all()  # nothing in the sixth


def test_grid_is_about_as_wide_as_high():
    assert grid(pictures(64)).shape == (8 * 60 + 4, 8 * 60 + 4, 3)
    assert grid(pictures(1)).shape == (64, 64, 3)
    assert grid(pictures(7)).shape == (3 * 60 + 4, 3 * 60 + 4, 3)


def test_moments_of_a_strip_are_both_ends_and_some_between():
    assert moments_of(1) == [0, 1]
    assert moments_of(10) == list(range(11))
    assert moments_of(20) == list(range(0, 21, 2))
    assert moments_of(1000)[::5] == [0, 500, 1000]


def test_strip_has_a_row_per_picture_and_a_column_per_moment():
    path = pictures(5 * 2).reshape(5, 2, 8, 8, 1)
    shown = strip(path)
    assert shown.shape == (16 + 2 * 60 + 4, 5 * 60 + 4, 3)
    for moment in range(5):
        for k in range(2):
            y, x = 16 + k * 60 + 4, moment * 60 + 4
            np.testing.assert_array_equal(shown[y : y + 56 : 7, x : x + 56 : 7, :1], path[moment, k])
    assert (shown[:16] < 128).any()  # the times


def test_rows_bear_the_names_of_their_classes():
    shown = named_rows([pictures(3), pictures(3)], ["boot", "dress with sleeves"])
    left = shown.shape[1] - (3 * 60 + 4)
    assert left > 60
    for row in range(2):
        assert (shown[row * 60 + 4 : row * 60 + 64, :left] < 128).any()


def test_animation_rests_at_the_end():
    path = pictures(3 * 4).reshape(3, 4, 8, 8, 1)
    with Image.open(io.BytesIO(animation(path))) as gif:
        assert gif.size == (124, 124)
        frames = []
        for k in range(gif.n_frames):
            gif.seek(k)
            frames.append((gif.info["duration"], np.asarray(gif.convert("L"), int)))
    assert sum(duration for duration, _ in frames) == pytest.approx(1000 * (3 + REST) / 12, abs=20)
    assert frames[-1][0] >= 1000 or len(frames) == 3 + REST
    assert np.abs(frames[0][1][4:60:7, 4:60:7] - path[0, 0, :, :, 0]).mean() < 8  # 64 shades


def test_png_is_what_was_drawn():
    sheet = grid(pictures(4))
    with Image.open(io.BytesIO(encode_png(sheet))) as image:
        np.testing.assert_array_equal(np.asarray(image), sheet)
