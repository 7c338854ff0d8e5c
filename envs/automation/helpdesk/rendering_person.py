"""The picture of Helpdesk with a person: the dialogue as it was written down, the clerk's form, venues that are left.

What the clerk understood stands small below the person's words. What the person wants is not known, so nothing is green
or red.
"""

from ...engine.drawing import box, disc, fill
from ...engine.kernels import inlined, scratch
from .constants import KEPT, NONE, NOTHING, SLOT_COUNT, WISH_COUNT, WISH_FOOD
from .rendering import (
    APART,
    CHAT,
    DARK,
    FORM_TITLE,
    HIGH,
    INK,
    LEFT,
    LINE,
    MEANING,
    NO_VENUE_TITLE,
    OPEN,
    PALE,
    PANEL,
    ROOM,
    ROOM_FOR,
    SMALL,
    SOFT,
    VENUES_TITLE,
    WIDE,
    WIDTH,
    WISH_TITLE,
    add,
    bubble,
    write_labels,
)
from .rules_guest import fits
from .rules_world import DETAIL, DETAILS, NAME, VALUE, VALUE_ROWS


@inlined
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / HIGH, width / WIDE)
    texts = scratch(ROOM_FOR)
    texts[0] = 0.0
    fill(frame, 0, 0, width, height, ROOM)
    render_words(s, world, frame, unit)
    fill(frame, int((CHAT + 8.0) * unit), 0, width, height, PALE)
    render_notes(s, frame, texts, unit)
    render_left(s, world, frame, texts, unit)
    render_named(s, world, frame, texts, unit)
    write_labels(world, frame, texts, unit)


@inlined
def render_words(s, world, frame, unit):
    """What the clerk says now at the bottom, above it the last turns: of each the person's bubble, then the clerk's."""
    characters = scratch(512)  # what was said, and from MEANING on what it was taken for
    bottom = (HIGH - 14.0) * unit
    for half in range(2 * min(KEPT, s.turn) + 1):
        k, is_clerk = (s.turn - 1 - (half - 1) // 2) % KEPT, half % 2 == 0
        stop = meant = 0
        for j in range(MEANING):
            byte = s.past_words[k, j]
            if half == 0:
                byte = s.now_clerk[j]
            elif is_clerk:
                byte = s.past_clerk[k, j]
            characters[j] = byte
            stop += byte != 0
            characters[MEANING + j] = s.past_meant[k, j]
            meant += not is_clerk and s.past_meant[k, j] != 0
        if stop > 0:
            top = bubble(frame, characters, 0, stop, meant, world.glyphs, world.steps, bottom, unit, is_clerk)
            bottom = top - APART * unit
        if bottom < 0.0:
            break


@inlined
def render_notes(s, frame, texts, unit):
    """A line for each slot: its name and the clerk's note."""
    add(texts, LEFT, 12.0, LINE, FORM_TITLE, DARK)
    for slot in range(SLOT_COUNT):
        top = 40.0 + 32.0 * slot
        box(frame, LEFT * unit, top * unit, (LEFT + WIDTH) * unit, (top + 28.0) * unit, 5.0 * unit, PANEL)
        add(texts, LEFT + 8.0, top + 7.0, SMALL, WISH_TITLE + WISH_FOOD + slot, SOFT)
        if s.form[slot] != NONE:
            add(texts, LEFT + 0.3 * WIDTH, top + 5.0, 19.0, VALUE + VALUE_ROWS * slot + s.form[slot], DARK)


@inlined
def render_left(s, world, frame, texts, unit):
    """A dot for each venue: dark where it fits the form; the named one ringed."""
    add(texts, LEFT, 148.0, LINE, VENUES_TITLE, DARK)
    columns = 22
    apart = WIDTH * unit / columns
    for venue in range(world.values.shape[0]):
        x, y = LEFT * unit + (venue % columns + 0.5) * apart, 182.0 * unit + venue // columns * apart
        color = INK if fits(world, venue, s.form) else ROOM
        for ring in range(2 if venue == s.venue else 1, 0, -1):
            disc(frame, x, y, (0.62 if ring == 2 else 0.4) * apart, OPEN if ring == 2 else color)


@inlined
def render_named(s, world, frame, texts, unit):
    """The venue that was named, and what was told of it."""
    box(frame, LEFT * unit, 264.0 * unit, (LEFT + WIDTH) * unit, 478.0 * unit, 8.0 * unit, PANEL)
    is_named = s.venue != NOTHING
    add(texts, LEFT + 12.0, 274.0, LINE, NAME + s.venue if is_named else NO_VENUE_TITLE, DARK if is_named else SOFT)
    top = 306.0
    for wish in range(WISH_COUNT):
        if s.told >> wish & 1:
            add(texts, LEFT + 12.0, top, SMALL, WISH_TITLE + wish, SOFT)
            row = DETAIL + DETAILS * s.venue + wish
            if wish >= WISH_FOOD:
                row = VALUE + VALUE_ROWS * (wish - WISH_FOOD) + world.values[s.venue, wish - WISH_FOOD]
            add(texts, LEFT + 78.0, top, SMALL, row, DARK)
            top += 28.0
