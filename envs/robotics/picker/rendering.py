"""The picture of Picker: the tray with the gantry above it, and beside it the order, what came of it, and the time."""

import math

from ...engine.drawing import box, disc, fill, line, number, text
from ...engine.kernels import kernel
from .constants import BURIED, CROOKED, EMPTY, GOOD, UNASKED
from .observation import draw_items

FLOOR, PANEL, INK, SOFT = (236, 240, 246), (255, 255, 255), (40, 50, 72), (110, 122, 146)
TRAY, RIM, STEEL, DARK = (72, 72, 72), (158, 170, 190), (176, 186, 204), (88, 98, 120)
AIMED = (64, 196, 255)  # what a person is about to do
FINE, BAD, WARN = (46, 160, 106), (214, 64, 64), (232, 158, 42)
SLOTS = 6  # kinds of an order that have room


@kernel
def unit_of(frame):
    """Pixels of the frame for one of the picture's as it was designed."""
    return min(frame.shape[0] / 480.0, frame.shape[1] / 720.0)


@kernel
def tray_of(unit):
    """Left and upper edge and side of the tray, in pixels."""
    return int(24 * unit), int(24 * unit), int(432 * unit)


@kernel
def aim(action, frame):
    """The gripper where a person who plays would close it."""
    unit = unit_of(frame)
    left, top, side = tray_of(unit)
    x, y = left + 0.5 * (action[0] + 1.0) * side, top + 0.5 * (action[1] + 1.0) * side
    render_gripper(frame, unit, x, y, 0.5 * math.pi * action[2], AIMED)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = unit_of(frame)
    fill(frame, 0, 0, width, height, FLOOR)
    left, top, side = tray_of(unit)
    edge = 7.0 * unit
    box(frame, left - edge, top - edge, left + side + edge, top + side + edge, 6.0 * unit, RIM)
    fill(frame, left, top, left + side, top + side, TRAY)
    draw_items(s, world, frame[top : top + side, left : left + side])
    render_gantry(s, frame, unit, left, top, side)
    render_order(s, world, frame, unit)


@kernel
def render_gantry(s, frame, unit, left, top, side):
    """The beam, and the gripper's two fingers, which close across the long axis that it turns along."""
    x, y = left + s.grip_x * side, top + s.grip_y * side
    edge = 7.0 * unit
    line(frame, x, top - edge, x, top + side + edge, 5.0 * unit, STEEL)
    box(frame, x - 9.0 * unit, top - 2.0 * edge, x + 9.0 * unit, top - 0.4 * edge, 3.0 * unit, DARK)
    box(frame, x - 9.0 * unit, top + side + 0.4 * edge, x + 9.0 * unit, top + side + 2.0 * edge, 3.0 * unit, DARK)
    color = FINE if s.result == GOOD else WARN if s.result == UNASKED else BAD if s.result > UNASKED else DARK
    render_gripper(frame, unit, x, y, s.grip_angle, color)


@kernel
def render_gripper(frame, unit, x, y, angle, color):
    """The two fingers round the place (x, y) in pixels, and their long axis along ``angle``."""
    cos, sin = math.cos(angle), math.sin(angle)
    for finger in range(-1, 2, 2):
        middle_x, middle_y = x - finger * 20.0 * unit * sin, y + finger * 20.0 * unit * cos
        line(
            frame,
            middle_x - 13.0 * unit * cos,
            middle_y - 13.0 * unit * sin,
            middle_x + 13.0 * unit * cos,
            middle_y + 13.0 * unit * sin,
            6.0 * unit,
            color,
        )
        line(frame, x, y, middle_x, middle_y, 3.0 * unit, color)
    disc(frame, x, y, 6.0 * unit, color)
    disc(frame, x, y, 2.5 * unit, PANEL)


@kernel
def render_order(s, world, frame, unit):
    """An example of each kind that is ordered, with how many are missing; what was taken and missed; the time."""
    left, right = int(484 * unit), frame.shape[1] - int(16 * unit)
    box(frame, left, 16.0 * unit, right, frame.shape[0] - 16.0 * unit, 8.0 * unit, PANEL)
    scale = max(int(2.0 * unit), 1)
    x = left + int(16 * unit)
    text(frame, x, int(34 * unit), b"STILL ORDERED", scale, SOFT)
    side, pitch, place = int(56 * unit), int(102 * unit), 0
    for k in range(s.wanted.shape[0]):
        if s.wanted[k] > 0 and place < SLOTS:
            across, down = x + (place % 2) * pitch, int(58 * unit) + (place // 2) * int(68 * unit)
            fill(frame, across, down, across + side, down + side, TRAY)
            show_kind(world, world.order[world.first[k]], frame[down : down + side, across : across + side])
            number(frame, across + side + 3 * scale, down + side // 2 - 3 * scale, s.wanted[k], 2 * scale, INK)
            place += 1
    if place == 0:
        text(frame, x, int(72 * unit), b"NOTHING: DONE", scale, FINE)
    down, pitch = int(284 * unit), int(26 * unit)
    render_figure(frame, x, right, down, b"PICKED", s.good, scale, FINE)
    render_figure(frame, x, right, down + pitch, b"NOT ORDERED", s.unasked, scale, WARN)
    render_figure(frame, x, right, down + 2 * pitch, b"MISSED", s.missed, scale, BAD)
    render_figure(frame, x, right, down + 3 * pitch, b"SECONDS", int(s.seconds), scale, INK)
    down += int(4.6 * pitch)
    if s.result == GOOD:
        text(frame, x, down, b"PICKED", scale, FINE)
    elif s.result == UNASKED:
        text(frame, x, down, b"TAKEN, NOT ORDERED", scale, WARN)
    elif s.result == EMPTY:
        text(frame, x, down, b"NOTHING THERE", scale, BAD)
    elif s.result == CROOKED:
        text(frame, x, down, b"WRONG ANGLE", scale, BAD)
    elif s.result == BURIED:
        text(frame, x, down, b"TOO MUCH ON IT", scale, BAD)


@kernel
def render_figure(frame, left, right, y, name, value, scale, color):
    """A name, and a number of up to two digits at the right."""
    text(frame, left, y, name, scale, SOFT)
    number(frame, right - (20 if value >= 10 else 16) * scale, y, value, scale, color if value > 0 else SOFT)


@kernel
def show_kind(world, image, out):
    """The image with the number ``image``, without its background, in a square."""
    shown, mask = world.images[image], world.masks[image]
    height, width, channels = shown.shape
    for row in range(out.shape[0]):
        i = row * height // out.shape[0]
        for column in range(out.shape[1]):
            j = column * width // out.shape[1]
            if mask[i, j] == 1:
                for color in range(out.shape[2]):
                    out[row, column, color] = shown[i, j, color if channels > 1 else 0]
