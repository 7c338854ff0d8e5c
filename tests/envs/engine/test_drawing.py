"""Shapes and letters: inside the frame whatever the coordinates, and of the right colour and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine import drawing

fast = settings(max_examples=150, deadline=None, derandomize=True, database=None)
whole = st.one_of(st.integers(-60, 60), st.integers(-(2**40), 2**40))
real = st.one_of(st.floats(-60, 60), st.floats(-1e9, 1e9))
extent = st.floats(0.0, 40.0)
colors = st.tuples(*[st.integers(0, 255)] * 3)
sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))
GUARD = 7


def guarded(size, shade):
    """A frame inside a larger block of memory, so that writing past any of its edges shows."""
    height, width = size
    block = np.full((height + 2 * GUARD, width, 3), 99, np.uint8)
    frame = block[GUARD : GUARD + height]
    frame[:] = shade
    return block, frame


def paint(function, size, *arguments):
    """The frame after ``function``; fails if memory around it was written."""
    block, frame = guarded(size, 17)
    function(frame, *arguments)
    assert (block[:GUARD] == 99).all()
    assert (block[-GUARD:] == 99).all()
    return frame


@fast
@given(sizes, whole, whole, whole, whole, colors)
def test_fill_colours_exactly_its_pixels(size, x0, y0, x1, y1, color):
    frame = paint(drawing.fill, size, x0, y0, x1, y1, color)
    y, x = np.mgrid[: size[0], : size[1]]
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    assert (frame[inside] == color).all()
    assert (frame[~inside] == 17).all()


def check_shape(frame, distance, color):
    """Pixels are full from half a pixel inside the edge, untouched from half a pixel outside, else mixed."""
    assert (frame[distance < -0.5001] == color).all()
    assert (frame[distance > 0.5001] == 17).all()
    low, high = np.minimum(color, 17), np.maximum(color, 17)
    assert ((frame >= low) & (frame <= high)).all()


def middles(size):
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return x, y


@fast
@given(sizes, real, real, extent, colors)
def test_disc_covers_its_pixels_and_no_others(size, cx, cy, radius, color):
    frame = paint(drawing.disc, size, cx, cy, radius, color)
    x, y = middles(size)
    check_shape(frame, np.hypot(x - cx, y - cy) - radius, color)


def test_shade_goes_from_one_colour_to_the_other():
    assert drawing.shade(0.0, (10, 200, 30), (110, 0, 31)) == (10, 200, 30)
    assert drawing.shade(0.25, (10, 200, 30), (110, 0, 31)) == (35, 150, 30)
    assert drawing.shade(1.0, (10, 200, 30), (110, 0, 31)) == (110, 0, 31)


@fast
@given(sizes, st.floats(-60, 60), st.floats(-60, 60), st.floats(-60, 60), st.floats(-60, 60), extent, colors)
def test_line_covers_its_pixels_and_no_others(size, x0, y0, x1, y1, width, color):
    frame = paint(drawing.line, size, x0, y0, x1, y1, width, color)
    x, y = middles(size)
    squared = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-12)
    along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / squared, 0, 1)
    distance = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) - width / 2
    check_shape(frame, distance, color)


@fast
@given(sizes, st.floats(-60, 60), st.floats(-60, 60), extent, extent, st.floats(0.0, 1.0), colors)
def test_box_covers_its_pixels_and_no_others(size, x0, y0, wide, high, roundness, color):
    radius = roundness * min(wide, high) / 2
    frame = paint(drawing.box, size, x0, y0, x0 + wide, y0 + high, radius, color)
    x, y = middles(size)
    dx = np.abs(x - x0 - wide / 2) - (wide / 2 - radius)
    dy = np.abs(y - y0 - high / 2) - (high / 2 - radius)
    distance = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - radius
    check_shape(frame, distance, color)


@fast
@given(sizes, real, real, real, real, st.floats(0.0, 1e6), colors)
def test_shapes_with_any_coordinates_stay_inside_the_frame(size, x0, y0, x1, y1, extent, color):
    for function, arguments in (
        (drawing.line, (x0, y0, x1, y1, extent)),
        (drawing.box, (x0, y0, x1, y1, extent)),  # also with its corners swapped and a radius too large
        (drawing.disc, (x0, y0, extent)),
    ):
        frame = paint(function, size, *arguments, color)
        low, high = np.minimum(color, 17), np.maximum(color, 17)
        assert ((frame >= low) & (frame <= high)).all()


@fast
@given(sizes, whole, whole, st.binary(max_size=6), st.integers(1, 5), st.integers(-(2**62), 2**62), colors)
def test_text_with_any_bytes_and_numbers_stays_inside_the_frame(size, x, y, characters, scale, value, color):
    for function, content in ((drawing.text, characters), (drawing.number, value)):
        frame = paint(function, size, x, y, content, scale, color)
        low, high = np.minimum(color, 17), np.maximum(color, 17)
        assert ((frame >= low) & (frame <= high)).all()


def picture(function, *arguments, size=(5, 11)):
    frame = np.zeros((*size, 3), np.uint8)
    end = function(frame, 0, 0, *arguments)
    return ["".join("#" if pixel else "." for pixel in line) for line in frame[:, :, 0] > 130], end


def test_number_and_text_written_out():
    expected = [
        ".....#..##.",
        "....##....#",
        "###..#...#.",
        ".....#....#",
        "....###.##.",
    ]
    assert picture(drawing.number, -13, 1, (255, 0, 0)) == (expected, 12)
    assert picture(drawing.text, b"-13", 1, (255, 0, 0)) == (expected, 12)


@pytest.mark.parametrize("value", [0, 7, 10, 405, -1, -90, 10**15, np.int32(-2), np.int64(31)])
def test_numbers_are_their_digits(value):
    shown = [np.zeros((15, 220, 3), np.uint8) for _ in range(2)]
    ends = [
        drawing.number(shown[0], 2, 1, value, 2, (9, 9, 9)),
        drawing.text(shown[1], 2, 1, str(value).encode(), 2, (9, 9, 9)),
    ]
    np.testing.assert_array_equal(*shown)
    assert ends[0] == ends[1]


def letter(character, scale, code=None):
    """The cell of one character, and half a cell on either side: (5 * scale, 6 * scale) uint8."""
    frame = np.zeros((5 * scale, 6 * scale, 3), np.uint8)
    drawing.glyph(frame, scale + scale // 2, 0, ord(character) if code is None else code, scale, (255, 255, 255))
    return frame[:, :, 0]


@pytest.mark.parametrize("scale", [1, 2, 3, 5])
def test_no_two_characters_look_alike(scale):
    """More than a pixel or two apart, times the area of the font's own pixel; O is a wider 0, where there is room."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:+/%?!=()<>#"
    for i, one in enumerate(signs):
        for other in signs[:i]:
            apart = np.abs(letter(one, scale).astype(int) - letter(other, scale)).sum() / 255 / scale**2
            assert apart > (0.9 if scale == 1 else 0.5) or {one, other} == {"O", "0"}, (one, other, apart)
    assert (letter("O", 2) != letter("0", 2)).any()


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("character", "AHIMOTUVWXY08-.:!")
def test_symmetric_characters_are_drawn_symmetric(scale, character):
    shown = letter(character, scale)
    columns = np.flatnonzero(shown.any(axis=0))
    shown = shown[:, columns[0] : columns[-1] + 1]
    np.testing.assert_allclose(shown.astype(int), shown[:, ::-1], atol=40)


@pytest.mark.parametrize("scale", [2, 3, 4, 6])
def test_upright_and_level_strokes_are_crisp(scale):
    """Of an H, all but the round ends of its strokes is ink or none."""
    shown = letter("H", scale)[scale:-scale]
    middle = shown[:, 2 * scale : -2 * scale]
    assert set(np.unique(middle)) == {0, 255}
    assert (shown.max(axis=0) == 255).sum() >= 3 * scale


def test_small_letters_are_capitals_and_what_lacks_a_glyph_is_an_empty_box():
    for small in "abcxyz":
        np.testing.assert_array_equal(letter(small, 2)[:, 2:], letter(small.upper(), 2)[:, 2:])
    for code in (ord("@"), ord("~"), 128, 200, 255, -1, 10**6):
        box = letter(" ", 2, code)
        columns = np.flatnonzero(box.any(axis=0))
        box = box[:, columns[0] : columns[-1] + 1]
        assert (box[2:-2, 2:-2] == 0).all()
        assert (box[2:-2, [0, 1, -2, -1]] == 255).all()
        assert (box[[0, 1, -2, -1], 2:-2] == 255).all()
    for code in [*range(33), 127]:
        assert not letter(" ", 2, code).any(), code


def test_a_shape_of_half_a_pixel_is_blended():
    frame = np.zeros((3, 4, 3), np.uint8)
    drawing.box(frame, 0.5, 0.0, 3.0, 3.0, 0.0, (200, 100, 0))
    assert frame[1].tolist() == [[100, 50, 0], [200, 100, 0], [200, 100, 0], [0, 0, 0]]
