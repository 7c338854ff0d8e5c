"""The picture of Helpdesk: the dialogue in bubbles, the clerk's form beside what the guest wants, venues that are left.

Words that were misheard are red, and a lost one is a red line; what the guest meant stands small below. In the form a
note is green where the guest wants it so.
"""

from ....data.dialogue.terms import ACTS
from ...engine.drawing import box, disc, fill, line
from ...engine.kernels import kernel, scratch
from ...engine.lettering import letter, letter_width, write
from .constants import (
    CONFIRMED,
    FIRST,
    INFORMED,
    KEPT,
    NONE,
    NOTHING,
    OFFERED,
    SLOT_COUNT,
    TEXT,
    WISH_COUNT,
    WISH_FOOD,
)
from .rules_guest import fits
from .rules_speech import SPACE, hear

ROOM, PANEL, INK, INK_SOFT, PALE = (232, 237, 244), (255, 255, 255), (38, 48, 70), (118, 130, 152), (214, 221, 231)
CLERK, CLERK_INK = (48, 108, 204), (255, 255, 255)
GOOD, BAD, OPEN = (38, 150, 98), (214, 54, 54), (232, 158, 42)
COMMA, COLON, QUESTION = 44, 58, 63  # of ASCII
MISHEARD = 256  # added to the bytes of such words
LINE, SMALL = 22.0, 16.0  # height of a line of the dialogue, and of a small one, at the picture's usual size
ROUND, EDGE, APART = 12.0, 10.0, 7.0  # of bubbles
HIGH, WIDE = 540.0, 900.0  # the usual size
CHAT = 540.0  # width of the dialogue
# Places of titles in the world.
WISH_TITLES = len(ACTS)
ANY_TITLE = WISH_TITLES + WISH_COUNT
FORM_TITLE, VENUES_TITLE, NO_VENUE_TITLE, WANTS_TITLE, PATIENCE_TITLE = range(ANY_TITLE + 1, ANY_TITLE + 6)


@kernel
def length_of(characters):
    """How many characters stand before the first zero."""
    count = 0
    while count < characters.shape[0] and characters[count] != 0:
        count += 1
    return count


@kernel
def put_text(world, frame, x, y, characters, high, color):
    """A text with zeros behind it; returns the x behind it."""
    return write(frame, x, y, characters, 0, length_of(characters), world.glyphs, world.steps, high, color)


@kernel
def wrap(world, frame, x, y, wide, characters, begin, stop, high, color, is_drawn):
    """Write a text in lines of at most this width, or only look; its lines, and the width of the longest."""
    lines, at, longest, word = 1, 0.0, 0.0, begin
    while word < stop:
        behind = word
        while behind < stop and int(characters[behind]) % MISHEARD != SPACE:
            behind += 1
        room = 0.0
        for k in range(word, behind):
            room += letter_width(int(characters[k]) % MISHEARD, world.steps, high)
        if at > 0.0 and at + room > wide:
            lines += 1
            at = 0.0
        if is_drawn:
            place = x + at
            for k in range(word, behind):
                ink = BAD if characters[k] >= MISHEARD else color
                code = int(characters[k]) % MISHEARD
                place = letter(frame, place, y + (lines - 1) * high, code, world.glyphs, world.steps, high, ink)
        longest = max(longest, at + room)
        at += room + letter_width(SPACE, world.steps, high)
        word = behind + 1
    return lines, longest


@kernel
def clerk_sentence(world, last, about, out):
    """Write the clerk's sentence into ``out`` (256,); the number of its characters."""
    length = 0
    sentence = world.sentences[last]
    for k in range(length_of(sentence)):
        if sentence[k] >= SPACE:
            out[length] = sentence[k]
            length += 1
            continue
        if last == OFFERED:
            said = world.names[about]
        elif CONFIRMED <= last < OFFERED:
            said = world.spoken[last - CONFIRMED, about]
        elif last - INFORMED < WISH_FOOD:
            said = world.details[about, last - INFORMED]
        else:
            slot = last - INFORMED - WISH_FOOD
            said = world.spoken[slot, world.values[about, slot]]
        for j in range(length_of(said)):
            out[length] = said[j]
            length += 1
    return length


@kernel
def bubble(world, frame, characters, begin, stop, meaning, meant, bottom, unit, is_clerk):
    """A bubble whose lower edge is at ``bottom``; its upper edge. The guest's has ``meant`` characters small below."""
    high, small = LINE * unit, SMALL * unit
    lines, wide = wrap(world, frame, 0.0, 0.0, 0.72 * CHAT * unit, characters, begin, stop, high, INK, False)
    below = 0.0
    if meant > 0:
        _, width = wrap(world, frame, 0.0, 0.0, CHAT * unit, meaning, 0, meant, small, INK, False)
        wide, below = max(wide, width), small + 2.0 * unit
    top = bottom - lines * high - below - 2.0 * EDGE * unit
    left = (CHAT - 16.0) * unit - wide - 2.0 * EDGE * unit if is_clerk else 16.0 * unit
    right = left + wide + 2.0 * EDGE * unit
    color, ink = (CLERK, CLERK_INK) if is_clerk else (PANEL, INK)
    box(frame, left, top, right, bottom, ROUND * unit, color)
    corner = right if is_clerk else left  # the corner towards whoever speaks is a sharp one
    reach = -ROUND * unit if is_clerk else ROUND * unit
    box(
        frame,
        min(corner, corner + reach),
        bottom - ROUND * unit,
        max(corner, corner + reach),
        bottom,
        2.0 * unit,
        color,
    )
    x, y = left + EDGE * unit, top + EDGE * unit
    wrap(world, frame, x, y, 0.72 * CHAT * unit, characters, begin, stop, high, ink, True)
    if meant > 0:
        wrap(world, frame, x, y + lines * high + 2.0 * unit, CHAT * unit, meaning, 0, meant, small, INK_SOFT, True)
    return top


@kernel
def append(out, length, characters):
    """Append a text with zeros behind it to ``out``; its new length."""
    for k in range(length_of(characters)):
        out[length] = characters[k]
        length += 1
    return length


@kernel
def append_sign(out, length, sign):
    """Append a sign and a space behind it, or a space alone; the new length."""
    out[length] = sign
    if sign == SPACE:
        return length + 1
    out[length + 1] = SPACE
    return length + 2


@kernel
def tell_meaning(s, world, k, out):
    """Write what the guest meant in the turn kept at ``k`` into ``out`` (256,); the number of its characters."""
    length = append(out, 0, world.titles[s.past_act[k]])
    is_first = True
    for slot in range(SLOT_COUNT):
        code = s.past_spoken[k, slot]
        if code != NONE:
            length = append_sign(out, length, COLON if is_first else COMMA)
            is_first = False
            length = append(out, length, world.spoken[slot, code])
            if code < FIRST:
                length = append_sign(out, length, SPACE)
                length = append(out, length, world.titles[WISH_TITLES + WISH_FOOD + slot])
    for wish in range(WISH_COUNT):
        if s.past_asked[k] >> wish & 1:
            length = append_sign(out, length, COLON if is_first else COMMA)
            is_first = False
            length = append(out, length, world.titles[WISH_TITLES + wish])
            out[length] = QUESTION
            length += 1
    return length


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / HIGH, width / WIDE)
    fill(frame, 0, 0, width, height, ROOM)
    render_dialogue(s, world, frame, unit)
    fill(frame, int((CHAT + 8.0) * unit), 0, width, height, PALE)
    left = (CHAT + 20.0) * unit
    render_form(s, world, frame, left, unit)
    render_venues(s, world, frame, left, unit)
    render_venue(s, world, frame, left, unit)
    render_patience(s, world, frame, left, unit)


@kernel
def render_dialogue(s, world, frame, unit):
    """The last turns, the newest at the bottom."""
    said, heard, values = scratch(256), scratch(257), scratch(SLOT_COUNT)
    bottom = (HIGH - 14.0) * unit
    for back in range(1, min(KEPT, s.turn) + 1):
        k = (s.turn - back) % KEPT
        for slot in range(SLOT_COUNT):
            values[slot] = s.past_spoken[k, slot]
        end = hear(world, s.past_template[k], values, s.past_speech[k], s.past_level[k], MISHEARD, heard)
        length = tell_meaning(s, world, k, said)
        bottom = bubble(world, frame, heard, TEXT, end, said, length, bottom, unit, False) - APART * unit
        length = clerk_sentence(world, s.past_last[k], s.past_about[k], said)
        bottom = bubble(world, frame, said, 0, length, said, 0, bottom, unit, True) - APART * unit
        if bottom < 0.0:
            break


@kernel
def render_form(s, world, frame, x, unit):
    """A line for each slot: its name, the clerk's note, and small what the guest wants."""
    wide = (WIDE - CHAT - 32.0) * unit
    y = 12.0 * unit
    put_text(world, frame, x, y, world.titles[FORM_TITLE], LINE * unit, INK)
    noted, middle = x + 0.15 * wide, x + 0.6 * wide
    put_text(world, frame, middle, y + 5.0 * unit, world.titles[WANTS_TITLE], SMALL * unit, INK_SOFT)
    for slot in range(SLOT_COUNT):
        top = y + (28.0 + 32.0 * slot) * unit
        box(frame, x, top, x + wide, top + 28.0 * unit, 5.0 * unit, PANEL)
        name = world.titles[WISH_TITLES + WISH_FOOD + slot]
        put_text(world, frame, x + 8.0 * unit, top + 7.0 * unit, name, SMALL * unit, INK_SOFT)
        form, goal = s.form[slot], s.goal[slot]
        if form != NONE:
            color = GOOD if form == goal else BAD
            at = put_text(world, frame, noted, top + 5.0 * unit, world.spoken[slot, form], 19.0 * unit, color)
            if s.checked >> slot & 1:  # a tick: the clerk has asked about it
                tick = at + 6.0 * unit
                line(frame, tick, top + 14.0 * unit, tick + 4.0 * unit, top + 19.0 * unit, 2.0 * unit, INK_SOFT)
                line(
                    frame,
                    tick + 4.0 * unit,
                    top + 19.0 * unit,
                    tick + 11.0 * unit,
                    top + 8.0 * unit,
                    2.0 * unit,
                    INK_SOFT,
                )
        put_text(world, frame, middle, top + 7.0 * unit, world.spoken[slot, goal], SMALL * unit, INK_SOFT)


@kernel
def render_venues(s, world, frame, x, unit):
    """A dot for each venue: dark where it fits the form, green where the guest wants it, too; the named one ringed."""
    y, wide = 148.0 * unit, (WIDE - CHAT - 32.0) * unit
    put_text(world, frame, x, y, world.titles[VENUES_TITLE], LINE * unit, INK)
    columns = 22
    apart = wide / columns
    for venue in range(world.values.shape[0]):
        cx, cy = x + (venue % columns + 0.5) * apart, y + 34.0 * unit + venue // columns * apart
        is_left = fits(world, venue, s.form)
        color = (GOOD if fits(world, venue, s.goal) else INK) if is_left else ROOM
        if venue == s.venue:
            disc(frame, cx, cy, 0.62 * apart, OPEN)
        disc(frame, cx, cy, 0.4 * apart, color)


@kernel
def render_venue(s, world, frame, x, unit):
    """The venue that was named: what of it is right, and what was told of what the guest wants to know."""
    y, wide = 264.0 * unit, (WIDE - CHAT - 32.0) * unit
    box(frame, x, y, x + wide, y + 214.0 * unit, 8.0 * unit, PANEL)
    at = x + 12.0 * unit
    if s.venue == NOTHING:
        put_text(world, frame, at, y + 10.0 * unit, world.titles[NO_VENUE_TITLE], LINE * unit, INK_SOFT)
    else:
        color = GOOD if fits(world, s.venue, s.goal) else BAD
        put_text(world, frame, at, y + 10.0 * unit, world.names[s.venue], LINE * unit, color)
    row = 0
    for wish in range(WISH_COUNT):
        is_wished, is_told = s.wishes >> wish & 1, s.told >> wish & 1
        if not is_wished and not is_told:
            continue
        top = y + (42.0 + 28.0 * row) * unit
        row += 1
        color = GOOD if is_wished and is_told else OPEN if is_wished else BAD
        disc(frame, at + 5.0 * unit, top + 9.0 * unit, 5.0 * unit, color)
        behind = put_text(world, frame, at + 18.0 * unit, top, world.titles[WISH_TITLES + wish], SMALL * unit, INK_SOFT)
        if is_told and wish < WISH_FOOD:
            put_text(world, frame, behind + 8.0 * unit, top, world.details[s.venue, wish], SMALL * unit, INK)
        elif is_told:
            slot = wish - WISH_FOOD
            value = world.spoken[slot, world.values[s.venue, slot]]
            put_text(world, frame, behind + 8.0 * unit, top, value, SMALL * unit, INK)


@kernel
def render_patience(s, world, frame, x, unit):
    y = 494.0 * unit
    behind = put_text(world, frame, x, y + 4.0 * unit, world.titles[PATIENCE_TITLE], SMALL * unit, INK_SOFT)
    left, right = behind + 10.0 * unit, x + (WIDE - CHAT - 32.0) * unit
    box(frame, left, y + 6.0 * unit, right, y + 18.0 * unit, 6.0 * unit, ROOM)
    share = min(max(1.0 - (s.turn - 1 + s.annoyance * s.lost) / s.patience, 0.0), 1.0)
    if share > 0.02:
        color = GOOD if share > 0.4 else BAD
        box(frame, left, y + 6.0 * unit, left + share * (right - left), y + 18.0 * unit, 6.0 * unit, color)
