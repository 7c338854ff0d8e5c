"""The picture of Maintenance: the machine, what its sensors felt in this week, and the wear as far as it is known.

The wear of a part is drawn once a look, a repair or a failure has shown it; what is still hidden stays hidden.
"""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import (
    FAILED,
    INSPECTED,
    RAN,
    REPAIRED,
    WEEK,
)
from .observation import feel, hour_before

SKY, PANEL, GRID, INK, INK_SOFT = (240, 243, 249), (255, 255, 255), (226, 231, 240), (38, 48, 70), (128, 139, 160)
GOOD, WARN, BAD, LOOK = (46, 168, 110), (244, 166, 46), (214, 64, 72), (64, 130, 236)
STEEL, DARK, FLOOR, HOT, COOL = (150, 162, 186), (74, 84, 108), (206, 214, 228), (226, 98, 60), (120, 168, 226)
LOADED = (222, 230, 243)
LOST, MENDED, SEEN = (250, 219, 221), (252, 236, 206), (216, 231, 252)  # tints of hours in which it stood
DAYS, DAY_HOURS = 7, 24
MOST_VIBRATION, MOST_HEAT = 8.0, 60.0  # mm/s and °C that are always in view
TURN = 2.0 * math.pi


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / 480.0, width / 720.0)
    fill(frame, 0, 0, width, height, SKY)
    render_header(s, frame, unit)
    render_machine(s, world, frame, unit)
    left, right = int(282 * unit), width - int(22 * unit)
    render_vibration(s, world, frame, unit, left, right, int(84 * unit), int(222 * unit))
    render_heat(s, world, frame, unit, left, right, int(262 * unit), int(338 * unit))
    render_wear(s, frame, unit, left, right, int(378 * unit), int(448 * unit))


@kernel
def state_of(s):
    """What the last hour was."""
    return s.hours[(s.clock - 1) % WEEK] if s.clock > 0 else RAN


@kernel
def render_header(s, frame, unit):
    """Days of the week as dots, the hour, what the machine does, and what the week has earned."""
    width, high = frame.shape[1], int(48 * unit)
    fill(frame, 0, 0, width, high, PANEL)
    scale = max(int(3.0 * unit), 1)
    y = (high - 5 * scale) // 2
    now = s.clock % WEEK if s.clock < WEEK else WEEK - 1
    x = text(frame, int(20 * unit), y, b"DAY ", scale, INK_SOFT)
    number(frame, x, y, s.clock // DAY_HOURS + 1, scale, INK)
    for day in range(DAYS):
        dot = LOOK if day < now // DAY_HOURS else WARN if day == now // DAY_HOURS else GRID
        disc(frame, (112.0 + 15.0 * day) * unit, 0.5 * high, 5.0 * unit, dot)
    x = int(282 * unit)
    state = state_of(s)
    if state == RAN:
        text(frame, x, y, b"RUNS", scale, GOOD)
    elif state == INSPECTED:
        text(frame, x, y, b"INSPECTED", scale, LOOK)
    elif state == REPAIRED:
        text(frame, x, y, b"REPAIR", scale, WARN)
    else:
        text(frame, x, y, b"FAILED", scale, BAD)
    if s.standing > 0:
        x = text(frame, x + 8 * 4 * scale, y, b"STANDS ", scale, INK_SOFT)
        text(frame, number(frame, x, y, s.standing, scale, INK), y, b"H", scale, INK_SOFT)
    total = 0.0
    for k in range(s.totals.shape[0]):
        total += s.totals[k]
    euros = int(min(max(total, -1e9), 1e9))
    x = text(frame, int(560 * unit), y, b"WEEK ", scale, INK_SOFT)
    number(frame, x, y, euros, scale, BAD if euros < 0 else GOOD if euros > 0 else INK)


@kernel
def render_machine(s, world, frame, unit):
    """A motor and a fan on a common base, which shakes as it vibrates; a lamp says how it is."""
    box(frame, 20.0 * unit, 64.0 * unit, 236.0 * unit, 460.0 * unit, 10.0 * unit, PANEL)
    state = state_of(s)
    vibration, temperature = feel(s, world, s.clock, int(world.samples[0]) - 1)
    swing = (1.0 if s.clock % 2 == 0 else -1.0) * min(0.55 * vibration, 6.0) * unit
    runs = state == RAN
    lamp = GOOD if runs else LOOK if state == INSPECTED else WARN if state == REPAIRED else BAD
    floor = 330.0 * unit
    box(frame, 34.0 * unit, floor - 8.0 * unit, 222.0 * unit, floor, 2.0 * unit, FLOOR)
    top = 176.0 * unit + (swing if runs else 0.0)
    # the base and its feet
    for foot in (60.0, 186.0):
        box(
            frame, (foot - 12.0) * unit, floor - 22.0 * unit, (foot + 12.0) * unit, floor - 8.0 * unit, 2.0 * unit, DARK
        )
    box(frame, 42.0 * unit, top + 112.0 * unit, 212.0 * unit, top + 130.0 * unit, 4.0 * unit, DARK)
    # the motor, its ribs warm with it, and the shaft
    warmth = min(max((temperature - world.ambient[hour_before(s, world, 1)]) / 40.0, 0.0), 1.0)
    body = shade(warmth, STEEL, HOT)
    box(frame, 104.0 * unit, top + 50.0 * unit, 140.0 * unit, top + 62.0 * unit, 2.0 * unit, DARK)
    box(frame, 44.0 * unit, top + 14.0 * unit, 114.0 * unit, top + 112.0 * unit, 8.0 * unit, body)
    for rib in range(5):
        x = (53.0 + 12.0 * rib) * unit
        box(frame, x, top + 26.0 * unit, x + 4.0 * unit, top + 100.0 * unit, 2.0 * unit, shade(0.25, body, DARK))
    # the fan's housing and its blades
    cx, cy = 168.0 * unit, top + 56.0 * unit
    disc(frame, cx, cy, 50.0 * unit, DARK)
    disc(frame, cx, cy, 43.0 * unit, FLOOR)
    angle = 0.7 * s.used if runs else 0.35
    for blade in range(5):
        a = angle + TURN * blade / 5.0
        line(frame, cx, cy, cx + 36.0 * unit * math.cos(a), cy + 36.0 * unit * math.sin(a), 10.0 * unit, STEEL)
    disc(frame, cx, cy, 11.0 * unit, DARK)
    if runs:  # the more it shakes, the more lines
        strength = min(vibration / MOST_VIBRATION, 1.0)
        for k in range(3):
            if strength > 0.25 * (k + 0.6):
                y = top + (-8.0 - 9.0 * k) * unit
                wide = (26.0 - 6.0 * k) * unit
                tone = shade(strength, GOOD, BAD)
                line(frame, cx - wide, y, cx, y - 6.0 * unit, 3.0 * unit, tone)
                line(frame, cx, y - 6.0 * unit, cx + wide, y, 3.0 * unit, tone)
    elif state == FAILED:
        line(frame, cx - 30.0 * unit, cy - 30.0 * unit, cx + 30.0 * unit, cy + 30.0 * unit, 8.0 * unit, BAD)
        line(frame, cx + 30.0 * unit, cy - 30.0 * unit, cx - 30.0 * unit, cy + 30.0 * unit, 8.0 * unit, BAD)
    elif state == REPAIRED:  # a new part
        disc(frame, cx, cy, 20.0 * unit, WARN)
        disc(frame, cx, cy, 11.0 * unit, PANEL)
    else:  # a glass over it
        line(frame, cx + 20.0 * unit, cy + 20.0 * unit, cx + 46.0 * unit, cy + 46.0 * unit, 8.0 * unit, LOOK)
        disc(frame, cx, cy, 30.0 * unit, LOOK)
        disc(frame, cx, cy, 23.0 * unit, SEEN)
    disc(frame, 44.0 * unit, 90.0 * unit, 10.0 * unit, lamp)
    scale = max(int(2.0 * unit), 1)
    text(frame, int(64 * unit), int(85 * unit), b"MACHINE", scale, INK_SOFT)
    y = int(350 * unit)
    x = text(frame, int(36 * unit), y, b"PART RAN ", scale, INK_SOFT)
    text(frame, number(frame, x, y, s.used, scale, INK), y, b"H", scale, INK_SOFT)
    y = int(376 * unit)
    text(frame, int(36 * unit), y, b"WEAR LAST KNOWN", scale, INK_SOFT)
    y = int(398 * unit)
    box(frame, 36.0 * unit, y, 220.0 * unit, y + 14.0 * unit, 5.0 * unit, GRID)
    if s.known > 0.04:
        tone = shade(s.known, GOOD, BAD)
        box(frame, 36.0 * unit, y, (36.0 + 184.0 * s.known) * unit, y + 14.0 * unit, 5.0 * unit, tone)
    y = int(424 * unit)
    x = number(frame, int(36 * unit), y, int(100.0 * s.known + 0.5), scale, INK)
    x = text(frame, x, y, b"% ", scale, INK)
    x = number(frame, x, y, s.since, scale, INK)
    text(frame, x, y, b"H AGO", scale, INK_SOFT)


@kernel
def first_hour(s):
    """The clock before the first hour in view."""
    return max(s.clock - WEEK, 0)


@kernel
def place(clock, first, left, right):
    """x of the end of the hour that ended at ``clock``."""
    return left + (clock - first) * (right - left) / WEEK


@kernel
def render_panel(s, frame, unit, left, right, top, bottom):
    """The panel of a plot, with tints for the hours in which the machine stood, and a line for each day."""
    box(frame, left - 30.0 * unit, top - 22.0 * unit, right + 8.0 * unit, bottom + 8.0 * unit, 8.0 * unit, PANEL)
    first = first_hour(s)
    for clock in range(first + 1, s.clock + 1):
        was = s.hours[(clock - 1) % WEEK]
        if was != RAN:
            tint = LOST if was == FAILED else MENDED if was == REPAIRED else SEEN
            x = int(place(clock - 1, first, left, right))
            fill(frame, x, top, max(int(place(clock, first, left, right)), x + 1), bottom, tint)
    for day in range(DAYS + 1):
        x = int(place(first + DAY_HOURS * day, first, left, right))
        fill(frame, x, top, x + max(int(unit), 1), bottom, GRID)
    fill(frame, left, bottom, right, bottom + max(int(unit), 1), GRID)


@kernel
def render_vibration(s, world, frame, unit, left, right, top, bottom):
    """Each hour's samples as a bar from the lowest to the highest, and their mean as a line."""
    render_panel(s, frame, unit, left, right, top, bottom)
    scale = max(int(2.0 * unit), 1)
    text(frame, left, top - int(17 * unit), b"VIBRATION", scale, INK)
    text(frame, left + 10 * 4 * scale, top - int(17 * unit), b"MM/S", scale, INK_SOFT)
    first, count = first_hour(s), int(world.samples[0])
    for mark in range(0, 9, 2):
        y = bottom - mark / MOST_VIBRATION * (bottom - top)
        fill(frame, left, int(y), right, int(y) + max(int(unit), 1), GRID)
        number(frame, left - int(20 * unit), int(y) - 2 * scale, mark, scale, INK_SOFT)
    x_before = y_before = -1.0
    for clock in range(first, s.clock + 1):
        if clock > 0 and s.hours[(clock - 1) % WEEK] != RAN:
            x_before = -1.0
            continue
        low, high, mean = MOST_VIBRATION, 0.0, 0.0
        for sample in range(count):
            vibration = min(feel(s, world, clock, sample)[0], MOST_VIBRATION)
            low, high, mean = min(low, vibration), max(high, vibration), mean + vibration / count
        x = place(clock, first, left, right)
        tone = shade(mean / MOST_VIBRATION, COOL, BAD)
        ends = bottom - high / MOST_VIBRATION * (bottom - top), bottom - low / MOST_VIBRATION * (bottom - top)
        fill(frame, int(x), int(ends[0]), int(x) + max(int(unit), 1), int(ends[1]) + 1, shade(0.5, tone, PANEL))
        y = bottom - mean / MOST_VIBRATION * (bottom - top)
        if x_before >= 0.0:
            line(frame, x_before, y_before, x, y, 2.0 * unit, tone)
        x_before, y_before = x, y
    if x_before >= 0.0:
        disc(frame, x_before, y_before, 3.5 * unit, WARN)


@kernel
def render_heat(s, world, frame, unit, left, right, top, bottom):
    """The load as an area, the air's temperature and the machine's as lines."""
    render_panel(s, frame, unit, left, right, top, bottom)
    scale = max(int(2.0 * unit), 1)
    y = top - int(17 * unit)
    text(frame, left, y, b"TEMPERATURE", scale, HOT)
    text(frame, left + 12 * 4 * scale, y, b"AIR", scale, COOL)
    text(frame, left + 16 * 4 * scale, y, b"LOAD", scale, INK_SOFT)
    first = first_hour(s)
    tall = bottom - top
    for clock in range(first, s.clock + 1):
        if clock > first:
            x = int(place(clock - 1, first, left, right))
            load = min(world.load[hour_before(s, world, 1 + s.clock - clock)], 1.0)
            end = max(int(place(clock, first, left, right)), x + 1)
            fill(frame, x, bottom - int(load * tall), end, bottom, LOADED)
    for mark in range(0, 61, 30):
        y = bottom - mark / MOST_HEAT * tall
        number(frame, left - int((20 if mark < 10 else 26) * unit), int(y) - 2 * scale, mark, scale, INK_SOFT)
    ran, x_before, hot_before, cool_before = False, -1.0, 0.0, 0.0
    for clock in range(first, s.clock + 1):
        x = place(clock, first, left, right)
        runs = clock == 0 or s.hours[(clock - 1) % WEEK] == RAN
        air = world.ambient[hour_before(s, world, 1 + s.clock - clock)]
        warm = feel(s, world, clock, int(world.samples[0]) - 1)[1]
        cool = bottom - min(max(air / MOST_HEAT, 0.0), 1.0) * tall
        hot = bottom - min(max(warm / MOST_HEAT, 0.0), 1.0) * tall
        if x_before >= 0.0:
            line(frame, x_before, cool_before, x, cool, 2.0 * unit, COOL)
            if runs and ran:
                line(frame, x_before, hot_before, x, hot, 2.0 * unit, HOT)
        ran = runs
        x_before, hot_before, cool_before = x, hot, cool


@kernel
def render_wear(s, frame, unit, left, right, top, bottom):
    """The wear up to the last hour of which it is known."""
    render_panel(s, frame, unit, left, right, top, bottom)
    scale = max(int(2.0 * unit), 1)
    y = top - int(17 * unit)
    x = text(frame, left, y, b"WEAR ", scale, INK)
    text(frame, x, y, b"AS FAR AS IT IS KNOWN", scale, INK_SOFT)
    first, known = first_hour(s), first_hour(s)
    tall = bottom - top
    fill(frame, left, top, right, top + max(int(unit), 1), BAD)
    text(frame, left - int(28 * unit), top - 2 * scale, b"100", scale, INK_SOFT)
    number(frame, left - int(20 * unit), bottom - 2 * scale, 0, scale, INK_SOFT)
    for clock in range(first + 1, s.clock + 1):
        if s.hours[(clock - 1) % WEEK] != RAN:
            known = clock
    x_before, y_before = float(left), float(bottom)
    if first > 0:
        y_before = bottom - s.wears[first % WEEK] * tall
    for clock in range(first + 1, known + 1):
        at = (clock - 1) % WEEK
        x, y = place(clock, first, left, right), bottom - s.wears[at] * tall
        tone = shade(s.wears[at], GOOD, BAD)
        if y <= y_before:
            line(frame, x_before, y_before, x, y, 2.5 * unit, tone)
        else:  # a new part
            line(frame, x_before, y, x, y, 2.5 * unit, tone)
        was = s.hours[at]
        if was == FAILED and s.wears[at] == 1.0:
            disc(frame, x, y, 5.0 * unit, BAD)
        elif was == INSPECTED:
            disc(frame, x, y, 4.0 * unit, LOOK)
        elif was == REPAIRED and y < bottom - 1.0:
            disc(frame, x, y, 4.0 * unit, WARN)
        x_before, y_before = x, y
    if s.clock > known:
        x = place(s.clock, first, left, right)
        line(frame, x_before, bottom - 2.0 * unit, x, bottom - 2.0 * unit, 4.0 * unit, GRID)
        text(frame, int(0.5 * (x_before + x)) - scale, bottom - int(20 * unit), b"?", 2 * scale, INK_SOFT)
