"""The picture of Battery: the day's prices against those of a day like it, the battery and what it did, and the money.

What is still to come is not shown: of today's prices those of the hours that have passed, and beside them those of
yesterday, or of a week ago for a Monday, a Saturday and a Sunday, as a person would compare them. It is not what fills
the slot; `ludus watch --explain` shows that of a model.
"""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import DAYS, HOURS
from .policies import days_to_alike
from .rules import room

SKY, PANEL, GRID, INK, INK_SOFT = (240, 243, 249), (255, 255, 255), (226, 231, 240), (38, 48, 70), (128, 139, 160)
NIGHT, DAWN = (38, 50, 92), (248, 202, 120)
USUAL, PAID, NOW = (170, 180, 200), (52, 110, 220), (244, 166, 46)
BOUGHT, SOLD = (64, 160, 236), (46, 168, 110)
SHELL, EMPTY, LOSS = (74, 84, 108), (232, 236, 243), (214, 64, 72)
WEEKDAYS = b"MONTUEWEDTHUFRISATSUN"
LOWEST, HIGHEST = 0.0, 55.0  # €/MWh that are always in view, so that a calm day looks calm
LEGEND = 0.1  # share of the height above the highest price, where the legend stands


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / 480.0, width / 720.0)
    fill(frame, 0, 0, width, height, SKY)
    render_header(s, world, frame, unit)
    left, right = int(70 * unit), width - int(150 * unit)
    render_prices(s, world, frame, unit, left, right, int(70 * unit), int(282 * unit))
    render_charge(s, world, frame, unit, left, right, int(316 * unit), int(444 * unit))
    render_battery(s, frame, unit, width - int(110 * unit), int(104 * unit), width - int(34 * unit), int(382 * unit))


@kernel
def money(frame, x, y, euros, scale, color):
    """An amount with its sign and two decimals; returns the x behind it."""
    cents = int(abs(euros) * 100.0 + 0.5) if math.isfinite(euros) and abs(euros) < 1e15 else 0
    if euros < 0.0 and cents > 0:
        x = text(frame, x, y, b"-", scale, color)
    x = number(frame, x, y, cents // 100, scale, color)
    x = text(frame, x - scale, y, b".", scale, color) - scale
    return number(frame, number(frame, x, y, cents // 10 % 10, scale, color), y, cents % 10, scale, color)


@kernel
def render_header(s, world, frame, unit):
    """Weekday, hour, a sun or a moon, and what the day and the week have earned."""
    width, high = frame.shape[1], int(48 * unit)
    fill(frame, 0, 0, width, high, PANEL)
    scale = max(int(3.0 * unit), 1)
    y = (high - 5 * scale) // 2
    x = int(20 * unit)
    hour = min(s.hour, HOURS - 1)
    light = 0.5 - 0.5 * math.cos(2.0 * math.pi * (hour + 0.5) / HOURS)
    color = shade(light, NIGHT, DAWN)
    disc(frame, x + 8.0 * unit, 0.5 * high, 11.0 * unit, color)
    if light < 0.4:
        disc(frame, x + 13.0 * unit, 0.5 * high - 3.0 * unit, 9.0 * unit, PANEL)
    x += int(32 * unit)
    weekday = 3 * world.weekday[s.day]
    for k in range(3):
        x = text(frame, x, y, WEEKDAYS[weekday + k : weekday + k + 1], scale, INK)
    x += 2 * scale
    for digit in (s.hour // 10, s.hour % 10):
        x = number(frame, x, y, digit, scale, INK)
    text(frame, x, y, b":00", scale, INK)
    for day in range(DAYS):  # the days of the week as a row of dots
        gone = DAYS - s.days_left
        dot = PAID if day < gone else NOW if day == gone else GRID
        disc(frame, (212.0 + 15.0 * day) * unit, 0.5 * high, 5.0 * unit, dot)
    x = text(frame, int(345 * unit), y, b"TODAY ", scale, INK_SOFT)
    money(frame, x, y, s.today, scale, LOSS if s.today < 0.0 else SOLD if s.today > 0.0 else INK)
    total = 0.0
    for k in range(s.totals.shape[0]):
        total += s.totals[k]
    x = text(frame, int(540 * unit), y, b"WEEK ", scale, INK_SOFT)
    money(frame, x, y, total, scale, LOSS if total < 0.0 else SOLD if total > 0.0 else INK)


@kernel
def usual_price(world, day, hour):
    """The price at this hour of the last day that was like this one."""
    lookback = world.rows.shape[0] - HOURS * world.prices.shape[0]
    return world.rows[lookback + HOURS * (day - days_to_alike(world.weekday[day])) + hour, 0]


@kernel
def render_prices(s, world, frame, unit, left, right, top, bottom):
    """Steps of the usual prices as an area, and those that were paid so far as a line."""
    box(frame, left - 8.0 * unit, top - 8.0 * unit, right + 8.0 * unit, bottom + 8.0 * unit, 8.0 * unit, PANEL)
    low, high = LOWEST, HIGHEST
    for hour in range(HOURS):
        low, high = min(low, usual_price(world, s.day, hour)), max(high, usual_price(world, s.day, hour))
        if hour < s.hour:
            low, high = min(low, world.prices[s.day, hour]), max(high, world.prices[s.day, hour])
    high += LEGEND * (high - low)
    wide, tall = (right - left) / HOURS, (bottom - top) / (high - low)
    scale = max(int(2.0 * unit), 1)
    pace = 20.0
    while (high - low) / pace > 8.0:
        pace *= 2.0
    mark = math.ceil(low / pace) * pace
    while mark <= high:
        y = bottom - (mark - low) * tall
        fill(frame, left, int(y), right, int(y) + max(int(unit), 1), USUAL if mark == 0.0 else GRID)
        number(frame, int(6 * unit), int(y) - 2 * scale, int(mark), scale, INK_SOFT)
        mark += pace
    zero = bottom + low * tall
    for hour in range(HOURS):
        x0, x1 = left + hour * wide, left + (hour + 1) * wide
        y = bottom - (usual_price(world, s.day, hour) - low) * tall
        fill(frame, int(x0), int(min(y, zero)), int(x1), int(max(y, zero)), EMPTY)
        fill(frame, int(x0), int(y), int(x1), int(y) + max(int(2 * unit), 1), USUAL)
    before = 0.0
    for hour in range(min(s.hour, HOURS)):
        x0, x1 = left + hour * wide, left + (hour + 1) * wide
        y = bottom - (world.prices[s.day, hour] - low) * tall
        if hour > 0:
            line(frame, x0, before, x0, y, 3.0 * unit, PAID)
        line(frame, x0, y, x1, y, 3.0 * unit, PAID)
        before = y
    if s.hour < HOURS:
        x = left + (s.hour + 0.5) * wide
        fill(frame, int(x - 0.5 * wide), bottom - int(2 * unit), int(x + 0.5 * wide), bottom + int(4 * unit), NOW)
    y = top + int(8 * unit)
    fill(frame, right - int(204 * unit), y, right - int(186 * unit), y + max(int(4 * unit), 1), PAID)
    text(frame, right - int(180 * unit), y - scale, b"PAID", scale, INK_SOFT)
    fill(frame, right - int(110 * unit), y, right - int(92 * unit), y + max(int(4 * unit), 1), USUAL)
    if days_to_alike(world.weekday[s.day]) == 7:
        text(frame, right - int(86 * unit), y - scale, b"A WEEK AGO", scale, INK_SOFT)
    else:
        text(frame, right - int(86 * unit), y - scale, b"YESTERDAY", scale, INK_SOFT)


@kernel
def render_charge(s, world, frame, unit, left, right, top, bottom):
    """For each hour a bar, up for what was bought and down for what was sold, and the charge as a line."""
    box(frame, left - 8.0 * unit, top - 8.0 * unit, right + 8.0 * unit, bottom + 8.0 * unit, 8.0 * unit, PANEL)
    wide, middle = (right - left) / HOURS, 0.5 * (top + bottom)
    scale = max(int(2.0 * unit), 1)
    fill(frame, left, int(middle), right, int(middle) + max(int(unit), 1), GRID)
    text(frame, int(6 * unit), top + int(8 * unit), b"BOUGHT", scale, BOUGHT)
    text(frame, int(6 * unit), bottom - int(16 * unit), b"SOLD", scale, SOLD)
    x, y = float(left), float(bottom)
    before = 0.0
    for hour in range(min(s.hour, HOURS)):
        x0, x1 = left + hour * wide, left + (hour + 1) * wide
        gained = s.charges[hour] - before
        exchanged = min(max((gained / s.efficiency if gained > 0.0 else gained) / s.power, -1.0), 1.0)
        end = middle - 0.5 * (bottom - top) * exchanged
        color = BOUGHT if gained > 0.0 else SOLD
        if abs(end - middle) >= 1.0:
            box(frame, x0 + 2.0 * unit, min(end, middle), x1 - 2.0 * unit, max(end, middle), 2.0 * unit, color)
        full = bottom - (bottom - top) * min(s.charges[hour] / s.capacity, 1.0)
        line(frame, x, y, x1, full, 2.0 * unit, SHELL)
        disc(frame, x1, full, 3.0 * unit, SHELL)
        x, y, before = x1, full, s.charges[hour]
    for hour in range(0, HOURS + 1, 6):
        shift = scale * (2 if hour < 10 else 4)
        number(frame, int(left + hour * wide) - shift, bottom + int(14 * unit), hour, scale, INK_SOFT)


@kernel
def render_battery(s, frame, unit, left, top, right, bottom):
    """The battery, filled as far as it is charged; the line is how full it may be."""
    middle = 0.5 * (left + right)
    box(frame, middle - 16.0 * unit, top - 14.0 * unit, middle + 16.0 * unit, top + 6.0 * unit, 4.0 * unit, SHELL)
    box(frame, left, top, right, bottom, 12.0 * unit, SHELL)
    edge = 7.0 * unit
    box(frame, left + edge, top + edge, right - edge, bottom - edge, 7.0 * unit, EMPTY)
    tall = bottom - top - 2.0 * edge
    share = min(s.charge / s.capacity, 1.0)
    color = shade(share, NOW, SOLD)
    if share * tall >= 1.0:
        y = bottom - edge - share * tall
        box(frame, left + edge, y, right - edge, bottom - edge, min(7.0 * unit, 0.5 * share * tall), color)
    limit = bottom - edge - tall * min(room(s, s.hour) / s.capacity, 1.0)
    if s.hour > 0 and room(s, s.hour) < s.capacity:
        fill(frame, int(left + edge), int(limit), int(right - edge), int(limit) + max(int(2 * unit), 1), LOSS)
    bolt = PANEL if share > 0.5 else SHELL
    if s.exchange != 0.0:
        y, turn = 0.5 * (top + bottom), -1.0 if s.exchange > 0.0 else 1.0
        line(frame, middle, y + 26.0 * turn * unit, middle, y - 26.0 * turn * unit, 5.0 * unit, bolt)
        for side in (-1.0, 1.0):
            line(
                frame,
                middle,
                y + 28.0 * turn * unit,
                middle + 13.0 * side * unit,
                y + 12.0 * turn * unit,
                5.0 * unit,
                bolt,
            )
    scale, y = max(int(2.0 * unit), 1), bottom + int(14 * unit)
    tenths = int(s.charge * 10.0 + 0.5)
    x = number(frame, int(left + 6 * unit), y, tenths // 10, scale, INK) - scale
    x = number(frame, text(frame, x, y, b".", scale, INK) - scale, y, tenths % 10, scale, INK)
    text(frame, x + scale, y, b"MWH", scale, INK_SOFT)
