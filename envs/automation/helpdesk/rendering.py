"""The picture of Helpdesk: the dialogue in bubbles, the clerk's form beside what the guest wants, venues that are left.

Words that were misheard are red, and a lost one is a red line; what the guest meant stands small below. In the form a
note is green where the guest wants it so. Texts are first listed and then written in one place: LLVM compiles a copy of
what draws letters for each.
"""

from ....data.dialogue.terms import ACTS
from ...engine.drawing import box, disc, fill, line
from ...engine.kernels import inlined, kernel, scratch
from ...engine.lettering import letter, text_width
from .constants import CONFIRMED, FIRST, INFORMED, KEPT, NONE, NOTHING, OFFERED, SLOT_COUNT, TEXT, WISH_COUNT, WISH_FOOD
from .rules_guest import fits
from .rules_speech import SPACE, hear
from .rules_world import DETAIL, DETAILS, NAME, SENTENCE, TITLE, VALUE, VALUE_ROWS

ROOM, PANEL, PALE = (232, 237, 244), (255, 255, 255), (214, 221, 231)
INK, INK_SOFT, GOOD, BAD, OPEN = (38, 48, 70), (118, 130, 152), (38, 150, 98), (214, 54, 54), (232, 158, 42)
CLERK, CLERK_INK = (48, 108, 204), (255, 255, 255)
INKS = (INK, INK_SOFT, GOOD, BAD)  # of labels, by number
DARK, SOFT, GREEN, RED = range(4)
MISHEARD = 256  # added to the bytes of such words
COMMA, COLON, QUESTION = 44, 58, 63  # of ASCII
LINE, SMALL = 22.0, 16.0  # height of a line of the dialogue, and of a small one, at the picture's usual size
ROUND, EDGE, APART = 12.0, 10.0, 7.0  # of bubbles
HIGH, WIDE, CHAT = 540.0, 900.0, 540.0  # the usual size, and the dialogue's width
LEFT = CHAT + 20.0  # where what stands beside it begins,
WIDTH = WIDE - CHAT - 32.0  # and how wide that is
MEANING = 256  # where in a bubble's text the small one begins
WISH_TITLE = TITLE + len(ACTS)
FORM_TITLE, VENUES_TITLE, NO_VENUE_TITLE, WANTS_TITLE, PATIENCE_TITLE = (WISH_TITLE + WISH_COUNT + k for k in range(5))
COLUMNS = 22  # of the venues' dots
FIELDS = 5  # x, y, height, row, ink
ROOM_FOR = 1 + 32 * FIELDS  # numbers of a list of labels


@kernel
def append(labels, row, out, length):
    """Append a label to ``out``; its new length."""
    k = 0
    while k < labels.shape[1] and labels[row, k] != 0:
        out[length + k] = labels[row, k]
        k += 1
    return length + k


@kernel
def clerk_sentence(labels, values, last, about, out):
    """Write the clerk's sentence into ``out``; the number of its characters. ``values``: the venues' codes (V, 3)."""
    length, k = 0, 0
    while labels[SENTENCE + last, k] != 0:
        sign = labels[SENTENCE + last, k]
        k += 1
        if sign >= SPACE:
            out[length] = sign
            length += 1
            continue
        row = NAME + about
        if CONFIRMED <= last < OFFERED:
            row = VALUE + VALUE_ROWS * (last - CONFIRMED) + about
        elif last - INFORMED >= WISH_FOOD:
            slot = last - INFORMED - WISH_FOOD
            row = VALUE + VALUE_ROWS * slot + values[about, slot]
        elif last >= INFORMED:
            row = DETAIL + DETAILS * about + last - INFORMED
        length = append(labels, row, out, length)
    return length


@kernel
def meaning(labels, act, spoken, wishes, out, length):
    """Append what the guest meant to ``out``: its act, codes (3,) and wishes; the new length."""
    length = append(labels, TITLE + act, out, length)
    sign = COLON
    for k in range(SLOT_COUNT + WISH_COUNT):
        slot, wish = k, k - SLOT_COUNT
        if (spoken[slot] if k < SLOT_COUNT else wishes >> wish & 1) == NONE:
            continue
        out[length], out[length + 1] = sign, SPACE
        length, sign = length + 2, COMMA
        code = int(spoken[slot]) if k < SLOT_COUNT else FIRST
        if k < SLOT_COUNT:
            length = append(labels, VALUE + VALUE_ROWS * slot + code, out, length)
        if code < FIRST:  # any food
            out[length] = SPACE
            length += 1
        if k >= SLOT_COUNT or code < FIRST:
            length = append(labels, WISH_TITLE + (wish if k >= SLOT_COUNT else WISH_FOOD + slot), out, length)
        if k >= SLOT_COUNT:
            out[length] = QUESTION
            length += 1
    return length


@kernel
def wrap(frame, x, y, wide, characters, begin, stop, glyphs, steps, high, ink, is_drawn):
    """Write a text in lines of at most this width, or only look; its lines, and the width of the longest."""
    lines, at, longest, word = 1, 0.0, 0.0, begin
    while word < stop:
        behind = word
        while behind < stop and int(characters[behind]) % MISHEARD != SPACE:
            behind += 1
        room = text_width(characters, word, behind, MISHEARD, steps, high)
        if at > 0.0 and at + room > wide:
            lines += 1
            at = 0.0
        place, top = x + at, y + (lines - 1) * high
        for k in range(word, behind if is_drawn else word):
            color = BAD if characters[k] >= MISHEARD else ink
            place = letter(frame, place, top, int(characters[k]) % MISHEARD, glyphs, steps, high, color)
        longest = max(longest, at + room)
        at += room + steps[0] * high / glyphs.shape[1]  # a blank
        word = behind + 1
    return lines, longest


@kernel
def bubble(frame, characters, begin, stop, meant, glyphs, steps, bottom, unit, is_clerk):
    """A bubble whose lower edge is at ``bottom``; its upper edge. ``meant`` characters from MEANING on stand small."""
    paper, ink = (CLERK, CLERK_INK) if is_clerk else (PANEL, INK)
    wide = below = top = left = 0.0
    lines = 0
    for drawing in range(2):
        if drawing:
            below = (SMALL + 2.0) * unit if meant > 0 else 0.0
            top = bottom - lines * LINE * unit - below - 2.0 * EDGE * unit
            left = (CHAT - 16.0) * unit - wide - 2.0 * EDGE * unit if is_clerk else 16.0 * unit
            right = left + wide + 2.0 * EDGE * unit
            box(frame, left, top, right, bottom, ROUND * unit, paper)
            # The corner towards whoever speaks is a sharp one.
            near = right - ROUND * unit if is_clerk else left
            box(frame, near, bottom - ROUND * unit, near + ROUND * unit, bottom, 2.0 * unit, paper)
        for part in range(2 if meant > 0 else 1):
            high = (SMALL if part else LINE) * unit
            y = top + EDGE * unit + (lines * LINE + 2.0) * unit * part
            first, behind = (MEANING, MEANING + meant) if part else (begin, stop)
            color, most = (INK_SOFT, CHAT * unit) if part else (ink, 0.72 * CHAT * unit)
            x = left + EDGE * unit
            count, width = wrap(frame, x, y, most, characters, first, behind, glyphs, steps, high, color, drawing)
            wide = max(wide, width)
            lines = lines if part else count
    return top


@inlined
def render_dialogue(s, world, frame, unit):
    """The last turns, the newest at the bottom: of each the guest's bubble, and above it the clerk's."""
    characters, spoken = scratch(600), scratch(SLOT_COUNT)
    bottom = (HIGH - 14.0) * unit
    for half in range(2 * min(KEPT, s.turn)):
        k, is_clerk = (s.turn - 1 - half // 2) % KEPT, half % 2 == 1
        meant = 0
        if is_clerk:
            begin, stop = 0, clerk_sentence(world.labels, world.values, s.past_last[k], s.past_about[k], characters)
        else:
            for slot in range(SLOT_COUNT):
                spoken[slot] = s.past_spoken[k, slot]
            begin = TEXT
            stop = hear(
                world, s.past_template[k], spoken, s.past_speech[k], s.past_level[k], MISHEARD, characters[:MEANING]
            )
            meant = meaning(world.labels, s.past_act[k], spoken, s.past_asked[k], characters, MEANING) - MEANING
        top = bubble(frame, characters, begin, stop, meant, world.glyphs, world.steps, bottom, unit, is_clerk)
        bottom = top - APART * unit
        if bottom < 0.0:
            break


@kernel
def add(texts, x, y, high, row, ink):
    """Put a label on the list; ``texts[0]`` is how many there are."""
    at = 1 + FIELDS * int(texts[0])
    texts[at], texts[at + 1], texts[at + 2], texts[at + 3], texts[at + 4] = x, y, high, row, ink
    texts[0] += 1


@inlined
def write_labels(world, frame, texts, unit):
    """Write all labels of the list."""
    for k in range(int(texts[0])):
        at = 1 + FIELDS * k
        x, y, high, row = texts[at] * unit, texts[at + 1] * unit, texts[at + 2] * unit, int(texts[at + 3])
        j = 0
        while j < world.labels.shape[1] and world.labels[row, j] != 0:
            color = INKS[int(texts[at + 4])]
            x = letter(frame, x, y, world.labels[row, j], world.glyphs, world.steps, high, color)
            j += 1


@kernel
def note_line(frame, texts, slot, unit):
    """The paper for the note of a slot, with the slot's name; its upper edge, at the picture's usual size."""
    top = 40.0 + 32.0 * slot
    box(frame, LEFT * unit, top * unit, (LEFT + WIDTH) * unit, (top + 28.0) * unit, 5.0 * unit, PANEL)
    add(texts, LEFT + 8.0, top + 7.0, SMALL, WISH_TITLE + WISH_FOOD + slot, SOFT)
    return top


@kernel
def venue_dot(frame, venue, color, is_named, unit):
    """The dot of a venue, with a ring where it was named."""
    apart = WIDTH * unit / COLUMNS
    x, y = LEFT * unit + (venue % COLUMNS + 0.5) * apart, 182.0 * unit + venue // COLUMNS * apart
    for ring in range(2 if is_named else 1, 0, -1):
        disc(frame, x, y, (0.62 if ring == 2 else 0.4) * apart, OPEN if ring == 2 else color)


@kernel
def venue_card(frame, texts, venue, ink, unit):
    """The paper for the venue that was named, or NOTHING, with its name."""
    box(frame, LEFT * unit, 264.0 * unit, (LEFT + WIDTH) * unit, 478.0 * unit, 8.0 * unit, PANEL)
    add(texts, LEFT + 12.0, 274.0, LINE, NO_VENUE_TITLE if venue == NOTHING else NAME + venue, ink)


@kernel
def told_row(values, venue, wish):
    """The label of what is told of a venue where somebody has this wish; ``values``: the venues' codes (V, 3)."""
    if wish < WISH_FOOD:
        return DETAIL + DETAILS * venue + wish
    return VALUE + VALUE_ROWS * (wish - WISH_FOOD) + values[venue, wish - WISH_FOOD]


@inlined
def render_form(s, frame, texts, unit):
    """A line for each slot: its name, the clerk's note, a tick where it was checked, and what the guest wants."""
    add(texts, LEFT, 12.0, LINE, FORM_TITLE, DARK)
    add(texts, LEFT + 0.6 * WIDTH, 17.0, SMALL, WANTS_TITLE, SOFT)
    for slot in range(SLOT_COUNT):
        top, row = note_line(frame, texts, slot, unit), VALUE + VALUE_ROWS * slot
        add(texts, LEFT + 0.6 * WIDTH, top + 7.0, SMALL, row + s.goal[slot], SOFT)
        if s.form[slot] != NONE:
            ink = GREEN if s.form[slot] == s.goal[slot] else RED
            add(texts, LEFT + 0.15 * WIDTH, top + 5.0, 19.0, row + s.form[slot], ink)
        if s.checked >> slot & 1:
            x, y = (LEFT + 0.53 * WIDTH) * unit, (top + 19.0) * unit
            for stroke in range(2):
                far = (-11.0 if stroke else -5.0) * unit
                line(frame, x, y, x + (7.0 if stroke else -4.0) * unit, y + far, 2.0 * unit, INK_SOFT)


@inlined
def render_venues(s, world, frame, texts, unit):
    """A dot for each venue: dark where it fits the form, green where the guest wants it, too; the named one ringed."""
    add(texts, LEFT, 148.0, LINE, VENUES_TITLE, DARK)
    for venue in range(world.values.shape[0]):
        color = ROOM
        if fits(world, venue, s.form):
            color = GOOD if fits(world, venue, s.goal) else INK
        venue_dot(frame, venue, color, venue == s.venue, unit)


@inlined
def render_venue(s, world, frame, texts, unit):
    """The venue that was named, and of what the guest wants to know what was told."""
    ink = SOFT
    if s.venue != NOTHING:
        ink = GREEN if fits(world, s.venue, s.goal) else RED
    venue_card(frame, texts, s.venue, ink, unit)
    top = 306.0
    for wish in range(WISH_COUNT):
        is_wished, is_told = s.wishes >> wish & 1, s.told >> wish & 1
        if not is_wished and not is_told:
            continue
        color = (GOOD if is_told else OPEN) if is_wished else BAD
        disc(frame, (LEFT + 17.0) * unit, (top + 9.0) * unit, 5.0 * unit, color)
        add(texts, LEFT + 30.0, top, SMALL, WISH_TITLE + wish, SOFT)
        if is_told:
            add(texts, LEFT + 96.0, top, SMALL, told_row(world.values, s.venue, wish), DARK)
        top += 28.0


@inlined
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height / HIGH, width / WIDE)
    texts = scratch(ROOM_FOR)
    texts[0] = 0.0
    fill(frame, 0, 0, width, height, ROOM)
    render_dialogue(s, world, frame, unit)
    fill(frame, int((CHAT + 8.0) * unit), 0, width, height, PALE)
    render_form(s, frame, texts, unit)
    render_venues(s, world, frame, texts, unit)
    render_venue(s, world, frame, texts, unit)
    add(texts, LEFT, 498.0, SMALL, PATIENCE_TITLE, SOFT)
    share = min(max(1.0 - (s.turn - 1 + s.annoyance * s.lost) / s.patience, 0.0), 1.0)
    for bar in range(2):
        if bar == 0 or share > 0.02:
            right = LEFT + 70.0 + (WIDTH - 70.0) * (share if bar else 1.0)
            color = (GOOD if share > 0.4 else BAD) if bar else ROOM
            box(frame, (LEFT + 70.0) * unit, 500.0 * unit, right * unit, 512.0 * unit, 6.0 * unit, color)
    write_labels(world, frame, texts, unit)
