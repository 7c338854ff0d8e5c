"""The picture of Sorter: the camera's view, the belt below it, the loop, and a chute for each kind with its counts."""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import NOTHING
from .observation import photograph, show
from .rules import speed_of

HALL, FLOOR, PANEL, INK, INK_SOFT = (236, 240, 246), (214, 221, 231), (255, 255, 255), (40, 50, 72), (122, 134, 156)
BELT, BELT_LIGHT, STEEL, STEEL_DARK = (66, 74, 92), (86, 95, 115), (158, 170, 190), (110, 122, 146)
GOOD, BAD, HAND, AGAIN = (46, 160, 106), (214, 64, 64), (232, 158, 42), (58, 124, 222)
ROWS = 2  # of chutes


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / 480.0, width / 720.0)
    fill(frame, 0, 0, width, height, HALL)
    fill(frame, 0, int(0.62 * height), width, height, FLOOR)
    render_header(s, frame, unit)
    render_camera(s, world, frame, unit)
    render_belt(s, frame, unit)
    render_loop(s, world, frame, unit)
    render_chutes(s, world, frame, unit)


@kernel
def render_header(s, frame, unit):
    width, high = frame.shape[1], 44.0 * unit
    fill(frame, 0, 0, width, int(high), PANEL)
    scale = max(int(3.0 * unit), 1)
    y = int(0.5 * (high - 5 * scale))
    right = astray = 0
    for k in range(s.right.shape[0]):
        right += s.right[k]
        astray += s.astray[k]
    x = text(frame, int(16 * unit), y, b"SORTED ", scale, INK_SOFT)
    number(frame, x, y, right, scale, GOOD)
    x = text(frame, int(0.26 * width), y, b"WRONG ", scale, INK_SOFT)
    number(frame, x, y, astray, scale, BAD if astray > 0 else INK)
    x = text(frame, int(0.47 * width), y, b"BY HAND ", scale, INK_SOFT)
    number(frame, x, y, s.rejects, scale, HAND if s.rejects > 0 else INK)
    x = text(frame, int(0.73 * width), y, b"TO COME ", scale, INK_SOFT)
    number(frame, x, y, s.feed, scale, INK)


@kernel
def render_camera(s, world, frame, unit):
    side = int(168 * unit)
    left, top = int(40 * unit), int(70 * unit)
    edge = 8.0 * unit
    box(frame, left - edge, top - edge, left + side + edge, top + side + edge, 6.0 * unit, STEEL_DARK)
    if s.image == NOTHING:
        fill(frame, left, top, left + side, top + side, INK)
        scale = max(int(3.0 * unit), 1)
        text(frame, left + side // 2 - 8 * scale, top + side // 2 - 2 * scale, b"DONE", scale, GOOD)
    else:
        smear = s.blur * speed_of(s, s.belt)
        seen = frame[top : top + side, left : left + side]
        photograph(world.images[s.image], s.angle, s.light, smear, s.occlusion, s.cover_x, s.cover_y, seen)
    middle = left + 0.5 * side
    line(frame, middle, top + side + edge, middle, top + side + 3.5 * edge, 6.0 * unit, STEEL)
    disc(frame, middle, top + side + 4.0 * edge, 9.0 * unit, INK)
    disc(frame, middle, top + side + 4.0 * edge, 4.0 * unit, BAD if s.jammed else AGAIN)


@kernel
def render_belt(s, frame, unit):
    """The belt under the camera, with its speed as chevrons; red where it has just been jammed."""
    width = frame.shape[1]
    top, bottom = int(292 * unit), int(330 * unit)
    fill(frame, 0, top, int(0.36 * width), bottom, BAD if s.jammed else BELT)
    pitch = int(24 * unit) + 1
    shift = int(s.clock * 9.0 * unit) % pitch
    for k in range(-1, int(0.36 * width) // pitch + 1):
        x = k * pitch + shift
        fill(frame, max(x, 0), top, max(min(x + max(pitch // 8, 1), int(0.36 * width)), 0), bottom, BELT_LIGHT)
    for k in range(s.belt + 1):
        x, y = (150.0 + 20.0 * k) * unit, 0.5 * (top + bottom)
        line(frame, x, y - 9.0 * unit, x + 9.0 * unit, y, 4.0 * unit, PANEL)
        line(frame, x, y + 9.0 * unit, x + 9.0 * unit, y, 4.0 * unit, PANEL)
    for x in range(3):
        disc(frame, (20.0 + 112.0 * x) * unit, bottom + 8.0 * unit, 8.0 * unit, STEEL_DARK)


@kernel
def render_loop(s, world, frame, unit):
    """The items that go round, the oldest first."""
    room = s.loop_item.shape[0]
    scale = max(int(2.0 * unit), 1)
    left, top, side = int(16 * unit), int(380 * unit), int(26 * unit)
    text(frame, left, top - 8 * scale, b"GOING ROUND", scale, INK_SOFT)
    for j in range(room):
        x = left + int(j * 29.5 * unit)
        box(
            frame,
            x - 2.0,
            top - 2.0,
            x + side + 2.0,
            top + side + 2.0,
            3.0 * unit,
            AGAIN if j < s.loop_count else STEEL,
        )
        if j < s.loop_count:
            oldest = s.loop_item[(s.loop_first + j) % room]
            show(world.images[oldest], frame[top : top + side, x : x + side])
        else:
            fill(frame, x, top, x + side, top + side, HALL)
    text(frame, left, int(430 * unit), b"TIME ", scale, INK_SOFT)
    x = number(frame, left + 20 * scale, int(430 * unit), int(s.seconds), scale, INK)
    text(frame, x, int(430 * unit), b" S", scale, INK_SOFT)
    x = text(frame, int(130 * unit), int(430 * unit), b"JAMS ", scale, INK_SOFT)
    number(frame, x, int(430 * unit), s.jams, scale, BAD if s.jams > 0 else INK)


@kernel
def render_chutes(s, world, frame, unit):
    """A box for each kind: an example of it, and what lies there rightly and wrongly. The last item's is framed."""
    kinds = s.right.shape[0]
    columns = (kinds + ROWS - 1) // ROWS
    width = frame.shape[1]
    left, right = 0.39 * width, width - 12.0 * unit
    top, tall = 66.0 * unit, 192.0 * unit
    wide = (right - left) / columns
    side = int(min(wide - 12.0 * unit, 84.0 * unit))
    scale = max(int(min(wide / 22.0, 3.0 * unit)), 1)
    for k in range(kinds):
        x, y = left + (k % columns) * wide, top + (k // columns) * (tall + 8.0 * unit)
        if s.route == k:
            good = s.before != NOTHING and world.labels[s.before] == k
            box(frame, x, y - 3.0 * unit, x + wide, y + tall + 3.0 * unit, 8.0 * unit, GOOD if good else BAD)
        box(frame, x + 3.0 * unit, y, x + wide - 3.0 * unit, y + tall, 6.0 * unit, PANEL)
        example = world.order[world.first[k]]
        across, down = int(x + 0.5 * (wide - side)), int(y + 8.0 * unit)
        show(world.images[example], frame[down : down + side, across : across + side])
        total = max(s.right[k] + s.astray[k], 1)
        full, floor = 52.0 * unit, y + 160.0 * unit
        level = full * (1.0 - math.exp(-0.05 * (s.right[k] + s.astray[k])))
        fill(
            frame, int(x + 8 * unit), int(floor - full), int(x + wide - 8 * unit), int(floor), shade(0.6, PANEL, FLOOR)
        )
        wrong = level * s.astray[k] / total
        fill(frame, int(x + 8 * unit), int(floor - level), int(x + wide - 8 * unit), int(floor - wrong), GOOD)
        fill(frame, int(x + 8 * unit), int(floor - wrong), int(x + wide - 8 * unit), int(floor), BAD)
        y_text = int(y + 172.0 * unit)
        behind = number(frame, int(x + 9 * unit), y_text, s.right[k], scale, GOOD if s.right[k] > 0 else INK_SOFT)
        if s.astray[k] > 0:
            number(frame, behind + 4 * scale, y_text, s.astray[k], scale, BAD)
