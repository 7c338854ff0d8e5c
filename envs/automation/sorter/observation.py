"""The observation of Sorter, and its camera: the item turned, lit, smeared by the belt's motion, partly covered."""

import math

from ...engine.kernels import borrow, clear, copy_array, kernel
from .constants import JAMMED, LOOP, NOTHING, ON_LOOP, ROUNDS, ROUNDS_SEEN, SPEEDS, TO_COME
from .rules import speed_of

COVER = 96  # grey of what hides a part of the item
LEAST_SMEAR = 0.5  # pixels; less cannot be seen


@kernel
def interpolate(image, x, y, channel):
    """The image between its pixels (bilinear); 0 outside."""
    height, width = image.shape[0], image.shape[1]
    left, top = math.floor(x), math.floor(y)
    part_x, part_y = x - left, y - top
    value = 0.0
    for row in range(2):
        for column in range(2):
            i, j = top + row, left + column
            if 0 <= i < height and 0 <= j < width:
                weight = (part_y if row else 1.0 - part_y) * (part_x if column else 1.0 - part_x)
                value += weight * image[i, j, channel]
    return value


@kernel
def photograph(image, angle, light, smear, cover, cover_x, cover_y, out):
    """Write what the camera sees of ``image`` (height, width, channels) into ``out``, at whatever size that has.

    A grey image fills all channels of ``out``.

    Args:
        angle: rad, by which the item is turned.
        light: Factor of the brightness.
        smear: Length in the image's pixels over which a point moves to the right while the shutter is open.
        cover: Side of the square that is hidden, as a share of the picture's.
        cover_x, cover_y: Where that square lies, 0 … 1.
    """
    height, width, channels = image.shape
    rows, columns, colors = out.shape
    if angle == 0.0 and light == 1.0 and smear < LEAST_SMEAR:
        for row in range(rows):
            i = row * height // rows
            for column in range(columns):
                j = column * width // columns
                for color in range(colors):
                    out[row, column, color] = image[i, j, color if channels > 1 else 0]
    else:
        sin, cos = math.sin(angle), math.cos(angle)
        middle_x, middle_y = 0.5 * (width - 1), 0.5 * (height - 1)
        taps = 1 if smear < LEAST_SMEAR else int(smear) + 2
        for row in range(rows):
            y = (row + 0.5) * height / rows - 0.5 - middle_y
            for column in range(columns):
                x = (column + 0.5) * width / columns - 0.5 - middle_x
                for color in range(colors):
                    value = 0.0
                    for tap in range(taps):
                        shifted = x - (smear * (tap / (taps - 1) - 0.5) if taps > 1 else 0.0)
                        turned_x, turned_y = cos * shifted + sin * y + middle_x, cos * y - sin * shifted + middle_y
                        value += interpolate(image, turned_x, turned_y, color if channels > 1 else 0)
                    out[row, column, color] = int(min(max(light * value / taps + 0.5, 0.0), 255.0))
    tall, wide = int(cover * rows + 0.5), int(cover * columns + 0.5)
    top, left = int(cover_y * (rows - tall) + 0.5), int(cover_x * (columns - wide) + 0.5)
    for row in range(top, top + tall):
        for column in range(left, left + wide):
            for color in range(colors):
                out[row, column, color] = COVER


@kernel
def show(image, out):
    """The image as it is, at the size of ``out``."""
    photograph(image, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, out)


@kernel
def observe(s, world, out):
    for belt in range(SPEEDS):
        out[belt] = s.belt == belt
    out[ON_LOOP] = s.loop_count / LOOP
    out[TO_COME] = s.feed / s.delivery
    out[ROUNDS] = min(s.rounds, ROUNDS_SEEN) / ROUNDS_SEEN
    out[JAMMED] = s.jammed


@kernel
def sense(s, world, out):
    """The camera's picture of the item under it."""
    if s.image == NOTHING:  # the belt is empty
        clear(out)
        return
    smear = s.blur * speed_of(s, s.belt)
    if s.angle == 0.0 and s.light == 1.0 and smear < LEAST_SMEAR and s.occlusion == 0.0:  # by far the most often
        copy_array(borrow(world.images)[s.image], out)
        return
    photograph(world.images[s.image], s.angle, s.light, smear, s.occlusion, s.cover_x, s.cover_y, out)


@kernel
def tell(s, world, out):
    """The item's kind, one-hot; all 0 where the belt is empty."""
    for k in range(out.shape[0]):
        out[k] = k == s.label and s.image != NOTHING
