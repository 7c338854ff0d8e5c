"""The observation of Picker, and its camera: the order and the gantry, the picture of the tray, what lies there."""

import math

from ....components.detections import (
    AXIS_COS,
    AXIS_SIN,
    CENTRE_X,
    CENTRE_Y,
    CLASS,
    HEIGHT,
    VALID,
    VISIBLE,
    WIDTH,
)
from ...engine.kernels import clear, kernel
from .constants import (
    AT_X,
    AT_Y,
    BURIED,
    CROOKED,
    EMPTY,
    GOOD,
    ITEMS,
    LAST_GOOD,
    LAST_MISSED,
    LAST_UNASKED,
    MISSES,
    MISSES_SEEN,
    ORDER,
    UNASKED,
)
from .rules_tray import axis_of, is_there, pixel_size, visible_share

GREY = 72  # of the tray
DIAGONAL = 1.4143  # of a square, by its side


@kernel
def observe(s, world, out):
    out[AT_X], out[AT_Y] = s.grip_x, s.grip_y
    out[LAST_GOOD] = s.result == GOOD
    out[LAST_UNASKED] = s.result == UNASKED
    out[LAST_MISSED] = s.result == EMPTY or s.result == CROOKED or s.result == BURIED
    out[MISSES] = min(s.missed, MISSES_SEEN) / MISSES_SEEN
    for k in range(s.wanted.shape[0]):
        out[ORDER + k] = s.wanted[k] / ITEMS


@kernel
def tell(s, world, out):
    """A row for each item that lies on the tray, from the top downwards."""
    clear(out)
    row = 0
    for i in range(s.count):
        if not is_there(s, i):
            continue
        out[row, VALID] = 1.0
        out[row, CENTRE_X], out[row, CENTRE_Y] = s.x[i], s.y[i]
        out[row, WIDTH], out[row, HEIGHT] = s.width[i], s.height[i]
        axis = axis_of(s, world, i)
        if not math.isnan(axis):
            out[row, AXIS_COS], out[row, AXIS_SIN] = math.cos(2.0 * axis), math.sin(2.0 * axis)
        out[row, VISIBLE] = visible_share(s, i, s.taken)
        out[row, CLASS + s.label[i]] = 1.0
        row += 1


@kernel
def sense(s, world, out):
    """The camera's picture of the tray, from straight above."""
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            for channel in range(out.shape[2]):
                out[row, column, channel] = GREY
    draw_items(s, world, out)


@kernel
def draw_items(s, world, out):
    """Draw the items over ``out``, the tray (height, width, channels), at whatever size that has."""
    for i in range(s.count - 1, -1, -1):
        if is_there(s, i):
            draw_item(s, world, i, s.light, out)


@kernel
def draw_item(s, world, i, light, out):
    """Draw item ``i`` over ``out``: bilinear between the pixels of its image, and mixed at its rim.

    A grey image fills all channels of ``out``.
    """
    image, mask, middle = world.images[s.image[i]], world.masks[s.image[i]], world.middles[s.image[i]]
    height, width, channels = image.shape
    rows, columns, colors = out.shape
    size = pixel_size(s, world, i)
    far = DIAGONAL * s.scale[i]  # from the centroid, wherever that is in the image
    upper, lower = max(int((s.root_y[i] - far) * rows), 0), min(int((s.root_y[i] + far) * rows) + 1, rows)
    left, right = max(int((s.root_x[i] - far) * columns), 0), min(int((s.root_x[i] + far) * columns) + 1, columns)
    sin, cos = math.sin(s.angle[i]), math.cos(s.angle[i])
    for row in range(upper, lower):
        v = ((row + 0.5) / rows - s.root_y[i]) / size
        for column in range(left, right):
            u = ((column + 0.5) / columns - s.root_x[i]) / size
            across, down = cos * u + sin * v + middle[0], cos * v - sin * u + middle[1]
            if not (-1.0 < across < width and -1.0 < down < height):
                continue
            j, k = math.floor(across), math.floor(down)
            part_x, part_y = across - j, down - k
            cover = 0.0
            for corner in range(4):
                x, y = j + (corner & 1), k + (corner >> 1)
                if 0 <= x < width and 0 <= y < height and mask[y, x] == 1:
                    cover += (part_x if corner & 1 else 1.0 - part_x) * (part_y if corner >> 1 else 1.0 - part_y)
            if cover == 0.0:
                continue
            for color in range(colors):
                value = 0.0
                for corner in range(4):
                    x, y = j + (corner & 1), k + (corner >> 1)
                    if 0 <= x < width and 0 <= y < height and mask[y, x] == 1:
                        weight = (part_x if corner & 1 else 1.0 - part_x) * (part_y if corner >> 1 else 1.0 - part_y)
                        value += weight * image[y, x, color if channels > 1 else 0]
                value = light * value + (1.0 - cover) * int(out[row, column, color])
                out[row, column, color] = int(min(value + 0.5, 255.0))
