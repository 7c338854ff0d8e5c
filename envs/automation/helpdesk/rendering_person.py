"""The picture of Helpdesk with a person: the dialogue as it was written down, the clerk's form, venues that are left.

What the clerk understood stands small below the person's words. What the person wants is not known, so nothing is green
or red.
"""

from ...engine.drawing import fill
from ...engine.kernels import inlined, scratch
from .constants import KEPT, NONE, NOTHING, SLOT_COUNT, WISH_COUNT
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
    PALE,
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
    note_line,
    told_row,
    venue_card,
    venue_dot,
    write_labels,
)
from .rules_guest import fits
from .rules_world import VALUE, VALUE_ROWS


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
        top = note_line(frame, texts, slot, unit)
        if s.form[slot] != NONE:
            add(texts, LEFT + 0.3 * WIDTH, top + 5.0, 19.0, VALUE + VALUE_ROWS * slot + s.form[slot], DARK)


@inlined
def render_left(s, world, frame, texts, unit):
    """A dot for each venue: dark where it fits the form; the named one ringed."""
    add(texts, LEFT, 148.0, LINE, VENUES_TITLE, DARK)
    for venue in range(world.values.shape[0]):
        venue_dot(frame, venue, INK if fits(world, venue, s.form) else ROOM, venue == s.venue, unit)


@inlined
def render_named(s, world, frame, texts, unit):
    """The venue that was named, and what was told of it."""
    venue_card(frame, texts, s.venue, SOFT if s.venue == NOTHING else DARK, unit)
    top = 306.0
    for wish in range(WISH_COUNT):
        if s.told >> wish & 1:
            add(texts, LEFT + 12.0, top, SMALL, WISH_TITLE + wish, SOFT)
            add(texts, LEFT + 78.0, top, SMALL, told_row(world.values, s.venue, wish), DARK)
            top += 28.0
