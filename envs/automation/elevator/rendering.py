"""The picture of Elevator: a section through the building. Who goes up waits at the left, who goes down at the right.

Those who wait turn from green to red within two minutes. A lamp beside a landing shines in the colour of the lift that
is to answer, red on white while nobody has been told to. A lift leaves a streak where it was since the last step, which
may be many seconds ago; `ludus watch` takes steps of a second."""

import math

from ...engine.drawing import blend, box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import BOARDING, CLOSING, MOVING, OPENING

SKY_TOP, SKY_LOW, ROOF, FACADE = (206, 222, 240), (238, 240, 236), (92, 98, 112), (122, 128, 142)
LANDING, LANDING_LIT, SLAB, SLAB_LOW = (248, 243, 232), (255, 226, 150), (186, 174, 156), (150, 140, 124)
SHAFT, SHAFT_EDGE, ROPE, WEIGHT = (54, 60, 76), (40, 45, 58), (120, 128, 146), (92, 100, 120)
CABIN, CABIN_DARK, DOOR, DOOR_EDGE = (255, 240, 204), (228, 232, 238), (150, 170, 196), (112, 132, 160)
INK, INK_SOFT, PANEL, WHITE = (52, 58, 74), (120, 126, 142), (252, 250, 246), (255, 255, 255)
CALM, UNEASY, ANGRY, RIDER, LAMP_OFF = (66, 158, 112), (238, 172, 54), (212, 52, 52), (72, 88, 128), (208, 200, 186)
LIFTS = ((52, 120, 214), (232, 126, 42), (140, 86, 196), (30, 164, 158), (220, 74, 128), (124, 154, 40))
HAIR, SKIN = (74, 54, 42), (240, 200, 168)
LONG_WAIT = 60.0  # s, half way from calm to angry


@kernel
def glaze(frame, x0, y0, x1, y1, color, share):
    """Mix a colour over whole pixels."""
    for y in range(max(int(y0), 0), min(int(y1), frame.shape[0])):
        for x in range(max(int(x0), 0), min(int(x1), frame.shape[1])):
            blend(frame, x, y, color, share)


@kernel
def travelled(s, lift, time):
    """How far the lift's last trip had come at ``time``, as a share of it (0 … 1)."""
    floors = abs(s.target[lift] - s.origin[lift])
    flight = s.event[lift] - s.departed[lift] if s.phase[lift] == MOVING else s.flight[floors]
    elapsed = min(max(time - s.departed[lift], 0.0), flight)
    early = min(elapsed, flight - elapsed)  # the second half is the first one backwards
    distance, jerk = floors * s.floor_height, s.jerk
    acceleration = min(s.acceleration, math.sqrt(s.speed * jerk))
    ramp = min(acceleration / jerk, 0.25 * flight)
    steady = min(s.commit[floors], s.speed / acceleration)  # until then the acceleration does not fall
    acceleration = min(acceleration, jerk * ramp)
    first = min(early, ramp)
    covered, speed = jerk * (first * first * first) / 6.0, 0.5 * jerk * (first * first)
    second = min(max(early - ramp, 0.0), steady - ramp)
    covered += speed * second + 0.5 * acceleration * (second * second)
    speed += acceleration * second
    third = min(max(early - steady, 0.0), ramp)
    covered += speed * third + 0.5 * acceleration * (third * third) - jerk * (third * third * third) / 6.0
    speed += acceleration * third - 0.5 * jerk * (third * third)
    covered += speed * max(early - steady - ramp, 0.0)
    share = min(covered / distance, 0.5)
    return share if 2.0 * elapsed <= flight else 1.0 - share


@kernel
def height_of(s, lift, time):
    """Where the lift was at ``time``, in floors; what was before its last trip is not known."""
    if s.target[lift] == s.origin[lift]:
        return float(s.target[lift])
    return s.origin[lift] + (s.target[lift] - s.origin[lift]) * travelled(s, lift, time)


@kernel
def door_gap(s, lift):
    """How far the doors are open, 0 … 1."""
    left = s.event[lift] - s.now
    if s.phase[lift] == BOARDING:
        return 1.0
    if s.phase[lift] == CLOSING:
        return min(max(left / s.door_close, 0.0), 1.0)
    if s.phase[lift] == OPENING:
        whole = s.door_open + s.aboard[lift, s.floor[lift]] * s.transfer_time
        return min(max((whole - left) / s.door_open, 0.0), 1.0)
    return 0.0


@kernel
def mood(waited):
    """The colour of somebody who has waited so long, in s."""
    share = waited / LONG_WAIT
    return shade(min(share, 1.0), CALM, UNEASY) if share < 1.0 else shade(min(share - 1.0, 1.0), UNEASY, ANGRY)


@kernel
def figure(frame, x, floor_y, tall, color):
    """Somebody who stands at x; ``tall`` pixels high, and half as wide."""
    if tall < 7.0:
        wide = max(int(0.5 * tall), 1)
        fill(frame, int(x - 0.5 * wide), int(floor_y - tall), int(x - 0.5 * wide) + wide, int(floor_y), color)
        return
    head, legs = 0.18 * tall, floor_y - 0.06 * tall
    for side in (-1, 1):
        foot = x + side * 0.1 * tall
        line(frame, foot, floor_y - 0.3 * tall, foot, legs, 0.16 * tall, shade(0.35, color, INK))
    box(frame, x - 0.24 * tall, floor_y - 0.65 * tall, x + 0.24 * tall, floor_y - 0.24 * tall, 0.13 * tall, color)
    disc(frame, x, floor_y - tall + head, head, HAIR)
    disc(frame, x, floor_y - tall + 1.25 * head, 0.78 * head, SKIN)


@kernel
def lamp(frame, x, y, size, way, color):
    """A triangle that points up (way 1) or down (-1), ``size`` pixels from its middle to its tip."""
    for row in range(int(y - size), int(y + size) + 1):
        share = (row + 0.5 - (y - way * size)) * way / (2.0 * size)  # 0 at the tip, 1 at the base
        if 0.0 <= share <= 1.0:
            half = share * size
            for column in range(max(int(x - half), 0), min(int(x + half) + 1, frame.shape[1])):
                coverage = min(max(half - abs(column + 0.5 - x) + 0.5, 0.0), 1.0)
                if 0 <= row < frame.shape[0]:
                    blend(frame, column, row, color, coverage)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    lifts, floors = s.aboard.shape
    header = int(0.09 * height) if height >= 200 else 0
    for y in range(height):
        fill(frame, 0, y, width, y + 1, shade(y / height, SKY_TOP, SKY_LOW))
    left, right = int(0.03 * width), width - int(0.03 * width)
    top, bottom = header + (0.065 if header > 0 else 0.02) * (height - header), height - 0.03 * (height - header)
    storey = (bottom - top) / floors
    shaft = min(2.3 * storey + 0.02 * width, 0.54 * (right - left) / lifts)
    first = 0.5 * (left + right) - 0.5 * lifts * shaft  # x of the first shaft
    eaves = max(height // 70, 1)
    fill(frame, left - eaves, int(top) - eaves, right + eaves, int(top), ROOF)
    fill(frame, left - max(eaves // 2, 1), int(top), right + max(eaves // 2, 1), height, FACADE)
    fill(frame, 0, int(bottom), width, height, SLAB_LOW)
    for floor in range(floors):
        render_landings(s, frame, floor, left, right, first, shaft, bottom, storey)
    for lift in range(lifts):
        render_lift(s, frame, lift, first + lift * shaft, shaft, bottom, storey)
    if header > 0:
        render_machines(frame, lifts, first, shaft, top - eaves, top - eaves - header)
        render_header(s, frame, header)


@kernel
def render_machines(frame, lifts, first, shaft, roof, tall):
    """The machine rooms on the roof, with the numbers of the lifts."""
    for lift in range(lifts):
        middle = first + (lift + 0.5) * shaft
        half = min(0.3 * shaft, 0.9 * tall)
        box(frame, middle - half, roof - 0.9 * tall, middle + half, roof + 2.0, 2.0, LIFTS[lift])
        scale = max(int(tall / 8.0), 1)
        number(frame, int(middle) - 3 * scale // 2, int(roof - 0.45 * tall) - 5 * scale // 2, lift + 1, scale, WHITE)


@kernel
def render_landings(s, frame, floor, left, right, first, shaft, bottom, storey):
    """One floor: who waits there, and the lamps of its calls."""
    lifts = s.aboard.shape[0]
    last = first + lifts * shaft
    ground, ceiling = bottom - floor * storey, bottom - (floor + 1) * storey
    thick = max(0.08 * storey, 1.0)
    called = s.call_floor == floor
    fill(frame, left, int(ceiling), right, int(ground), LANDING)
    fill(frame, int(first), int(ceiling), int(last), int(ground), SHAFT)
    fill(frame, left, int(ground - thick), right, int(ground), SLAB)
    tall, lamp_size = 0.8 * storey, 0.16 * storey
    scale = int(storey / 15.0)
    if scale > 0:  # the floor's number, and room for it
        number(frame, left + 3 * scale, int(0.5 * (ceiling + ground - thick)) - 5 * scale // 2, floor, scale, INK_SOFT)
    for side in range(2):
        way, edge, wall = (1, first, left + 12 * scale) if side == 0 else (-1, last, right)
        if called and s.call_way == way:
            fill(frame, int(min(edge, wall)), int(ceiling) + 1, int(max(edge, wall)), int(ground - thick), LANDING_LIT)
        x, y = edge - way * 0.42 * storey, 0.5 * (ceiling + ground) - 0.5 * thick
        color, lit = LAMP_OFF, False
        for lift in range(lifts):
            if s.calls[lift, side] >> floor & 1:
                color, lit = LIFTS[lift], True
        if called and s.call_way == way:
            disc(frame, x, y, 2.1 * lamp_size, WHITE)
            color, lit = ANGRY, True
        lamp(frame, x, y, lamp_size * (1.35 if lit else 1.0), way, color)
        # Who came first stands nearest; where several lifts have queues here, one behind the other.
        step = min(0.54 * tall + 1.0, storey)
        x -= way * (0.35 * storey + step)
        hidden = 0
        for owner in range(lifts):
            entry = s.first[owner, floor, side]
            for _ in range(s.queue[owner, floor, side]):
                if (x - wall) * way < 0.3 * tall:
                    hidden += 1
                    continue
                figure(frame, x, ground - thick, tall, mood(s.now - s.entry_time[entry]))
                entry = s.entry_next[entry]
                x -= way * step
        if hidden > 0 and scale > 0:
            render_rest(frame, wall, way, 0.5 * (ceiling + ground - thick), hidden, scale)
        if s.by_destination and called and s.call_way == way and (x - wall) * way >= 0.3 * tall:
            figure(frame, x, ground - thick, tall, mood(0.0))


@kernel
def render_rest(frame, wall, way, y, hidden, scale):
    """At the wall, how many there are beyond those for whom there is room."""
    wide = 4 * scale * (2 if hidden < 10 else 3 if hidden < 100 else 4)  # a plus and the digits
    x, top = int(wall) if way > 0 else int(wall) - wide - scale, int(y) - 5 * scale // 2
    fill(frame, x, top - scale, x + wide + scale, top + 6 * scale, LANDING)
    fill(frame, x + scale, top + 2 * scale, x + 4 * scale, top + 3 * scale, INK)
    fill(frame, x + 2 * scale, top + scale, x + 3 * scale, top + 4 * scale, INK)
    number(frame, x + 5 * scale, top, hidden, scale, INK)


@kernel
def render_lift(s, frame, lift, x, shaft, bottom, storey):
    """A shaft with its counterweight, the floors where the lift is going to stop, its streak, and the lift."""
    floors = s.flight.shape[0]
    color = LIFTS[lift]
    high = floors * storey
    margin = max(0.1 * shaft, 1.0)
    fill(frame, int(x), int(bottom - high), int(x + max(0.03 * shaft, 1.0)), int(bottom), SHAFT_EDGE)
    place = height_of(s, lift, s.now)
    before = height_of(s, lift, s.stepped)
    thick = max(0.08 * storey, 1.0)
    top, ground = bottom - (place + 1.0) * storey + 0.1 * storey, bottom - place * storey - thick
    middle = x + 0.5 * shaft
    weight = bottom - (floors - 0.75 - place) * storey
    fill(
        frame,
        int(x + shaft - 0.8 * margin),
        int(weight - 0.6 * storey),
        int(x + shaft - 0.2 * margin),
        int(weight),
        WEIGHT,
    )
    fill(frame, int(middle), int(bottom - high), int(middle) + max(int(0.02 * shaft), 1), int(top), ROPE)
    if abs(place - before) > 0.02:
        upper, lower = bottom - (max(place, before) + 0.9) * storey, bottom - min(place, before) * storey
        for y in range(int(upper), int(lower)):
            share = (y - upper) / (lower - upper)
            glaze(
                frame, x + margin, y, x + shaft - margin, y + 1, color, 0.5 * (1.0 - share if place > before else share)
            )
    for floor in range(floors):
        if s.wanted[lift] >> floor & 1:
            disc(frame, x + 0.55 * margin, bottom - (floor + 0.5) * storey, max(0.09 * storey, 0.9), color)

    gap = door_gap(s, lift)
    inner_left, inner_right = x + margin, x + shaft - margin
    edge = max(0.07 * storey, 1.0)
    box(frame, inner_left - edge, top - edge, inner_right + edge, ground + edge, 1.5 * edge, color)
    fill(frame, int(inner_left), int(top), int(inner_right), int(ground), shade(gap, CABIN_DARK, CABIN))
    tall, room = 0.76 * storey, inner_right - inner_left
    shown = min(s.load[lift], max(int(room / (0.42 * tall + 1.0)), 1))
    for rider in range(shown):
        figure(frame, inner_left + (rider + 0.5) * room / shown, ground, tall, RIDER)
    panel = 0.5 * room * (1.0 - 0.86 * gap)
    for side in range(2):
        start = inner_left if side == 0 else inner_right - panel
        glaze(frame, start, top, start + panel, ground, DOOR, 0.4)
        inner = start + panel if side == 0 else start
        fill(frame, int(inner), int(top), int(inner) + max(int(0.02 * room), 1), int(ground), DOOR_EDGE)
    if s.way[lift] != 0 and storey >= 14.0:
        lamp(frame, middle, top - 0.02 * storey - edge, 0.13 * storey, s.way[lift], WHITE)
    if s.load[lift] > shown and storey >= 14.0:  # a badge, where there is no room for figures
        scale = max(int(storey / 16.0), 1)
        wide = (2 if s.load[lift] < 10 else 4) * scale
        box(frame, middle - wide - scale, top, middle + wide + scale, top + 7 * scale, scale, color)
        number(frame, int(middle) - wide + scale // 2, int(top) + scale, s.load[lift], scale, WHITE)


@kernel
def render_header(s, frame, header):
    """The clock, and how long passengers have waited in the mean."""
    width = frame.shape[1]
    fill(frame, 0, 0, width, header, PANEL)
    fill(frame, 0, header - max(header // 18, 1), width, header, SLAB)
    scale = max(min(header // 11, width // 200), 1)
    y = (header - 5 * scale) // 2
    seconds = int(s.now)
    x = 5 * scale
    for part in range(3):
        digits = seconds // 3600 if part == 0 else seconds // 60 % 60 if part == 1 else seconds % 60
        if part > 0:
            x = text(frame, x, y, b":", scale, INK_SOFT)
        x = number(frame, x, y, digits // 10, scale, INK)
        x = number(frame, x, y, digits % 10, scale, INK)
    wait = s.waited / max(s.arrived, 1)  # s; who is turned away counts as well
    x = text(frame, int(0.22 * width), y, b"MEAN WAIT ", scale, INK_SOFT)
    x = number(frame, x, y, int(wait + 0.5), scale, mood(2.0 * wait))
    x = text(frame, x, y, b" S", scale, INK_SOFT)
    x = text(frame, max(int(0.54 * width), x + 5 * scale), y, b"QUEUE ", scale, INK_SOFT)
    x = number(frame, x, y, s.waiting, scale, INK)
    x = text(frame, max(int(0.76 * width), x + 5 * scale), y, b"DONE ", scale, INK_SOFT)
    number(frame, x, y, s.served, scale, INK)
