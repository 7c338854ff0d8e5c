"""The picture of Helpdesk with a person: the dialogue as it was written down, the clerk's form, venues that are left.

What the clerk understood stands small below the person's words. What the person wants is not known, so nothing is green
or red.
"""

from ...engine.drawing import box, disc, fill
from ...engine.kernels import kernel
from .constants import KEPT, NONE, NOTHING, SLOT_COUNT, WISH_COUNT, WISH_FOOD
from .rendering import (
    APART,
    CHAT,
    CLERK,
    FORM_TITLE,
    HIGH,
    INK,
    INK_SOFT,
    LINE,
    NO_VENUE_TITLE,
    OPEN,
    PALE,
    PANEL,
    ROOM,
    SMALL,
    VENUES_TITLE,
    WIDE,
    WISH_TITLES,
    bubble,
    length_of,
    put_text,
)
from .rules_guest import fits


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / HIGH, width / WIDE)
    fill(frame, 0, 0, width, height, ROOM)
    render_words(s, world, frame, unit)
    left = CHAT * unit + 8.0 * unit
    fill(frame, int(left), 0, width, height, PALE)
    render_notes(s, world, frame, left + 12.0 * unit, unit)
    render_left(s, world, frame, left + 12.0 * unit, unit)
    render_named(s, world, frame, left + 12.0 * unit, unit)


@kernel
def render_words(s, world, frame, unit):
    """The last turns, and what the clerk says now at the bottom."""
    bottom = (HIGH - 14.0) * unit
    length = length_of(s.now_clerk)
    if length > 0:
        bottom = bubble(world, frame, s.now_clerk, 0, length, s.now_clerk, 0, bottom, unit, True) - APART * unit
    for back in range(1, min(KEPT, s.turn) + 1):
        if bottom < 0.0:
            break
        k = (s.turn - back) % KEPT
        words, meant, clerk = s.past_words[k], s.past_meant[k], s.past_clerk[k]
        bottom = bubble(world, frame, words, 0, length_of(words), meant, length_of(meant), bottom, unit, False)
        bottom -= APART * unit
        bottom = bubble(world, frame, clerk, 0, length_of(clerk), clerk, 0, bottom, unit, True) - APART * unit


@kernel
def render_notes(s, world, frame, x, unit):
    """A line for each slot: its name and the clerk's note, blue where the clerk has asked about it."""
    wide, y = (WIDE - CHAT - 32.0) * unit, 12.0 * unit
    put_text(world, frame, x, y, world.titles[FORM_TITLE], LINE * unit, INK)
    for slot in range(SLOT_COUNT):
        top = y + (28.0 + 32.0 * slot) * unit
        box(frame, x, top, x + wide, top + 28.0 * unit, 5.0 * unit, PANEL)
        name = world.titles[WISH_TITLES + WISH_FOOD + slot]
        put_text(world, frame, x + 8.0 * unit, top + 7.0 * unit, name, SMALL * unit, INK_SOFT)
        if s.form[slot] != NONE:
            color = CLERK if s.checked >> slot & 1 else INK
            said = world.spoken[slot, s.form[slot]]
            put_text(world, frame, x + 0.3 * wide, top + 5.0 * unit, said, 19.0 * unit, color)


@kernel
def render_left(s, world, frame, x, unit):
    """A dot for each venue: dark where it fits the form; the named one ringed."""
    y, wide = 148.0 * unit, (WIDE - CHAT - 32.0) * unit
    put_text(world, frame, x, y, world.titles[VENUES_TITLE], LINE * unit, INK)
    columns = 22
    apart = wide / columns
    for venue in range(world.values.shape[0]):
        cx, cy = x + (venue % columns + 0.5) * apart, y + 34.0 * unit + venue // columns * apart
        if venue == s.venue:
            disc(frame, cx, cy, 0.62 * apart, OPEN)
        disc(frame, cx, cy, 0.4 * apart, INK if fits(world, venue, s.form) else ROOM)


@kernel
def render_named(s, world, frame, x, unit):
    """The venue that was named, and what was told of it."""
    y, wide = 264.0 * unit, (WIDE - CHAT - 32.0) * unit
    box(frame, x, y, x + wide, y + 214.0 * unit, 8.0 * unit, PANEL)
    at = x + 12.0 * unit
    if s.venue == NOTHING:
        put_text(world, frame, at, y + 10.0 * unit, world.titles[NO_VENUE_TITLE], LINE * unit, INK_SOFT)
        return
    put_text(world, frame, at, y + 10.0 * unit, world.names[s.venue], LINE * unit, INK)
    row = 0
    for wish in range(WISH_COUNT):
        if s.told >> wish & 1 == 0:
            continue
        top = y + (42.0 + 28.0 * row) * unit
        row += 1
        behind = put_text(world, frame, at, top, world.titles[WISH_TITLES + wish], SMALL * unit, INK_SOFT)
        if wish < WISH_FOOD:
            put_text(world, frame, behind + 8.0 * unit, top, world.details[s.venue, wish], SMALL * unit, INK)
        else:
            slot = wish - WISH_FOOD
            value = world.spoken[slot, world.values[s.venue, slot]]
            put_text(world, frame, behind + 8.0 * unit, top, value, SMALL * unit, INK)
