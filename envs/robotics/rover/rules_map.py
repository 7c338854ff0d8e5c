"""The maps of Rover: rooms, furniture, walkers, and the way to the goal from everywhere.

That each map can be solved lies in how it is made: every piece of furniture keeps a passage free all round, so wide
that the grid on which the way is searched has a chain of free cells in it. So the search reaches every free cell.
"""

import math

from ...engine.kernels import below, kernel, uniform_in
from .constants import (
    ARENA,
    BLOCKED,
    CELL,
    CELLS,
    DIAGONAL,
    GRID,
    PITCH,
    SIDES,
    STEPS,
    STRAIGHT,
    UNREACHED,
    WALLS,
)
from .rules_geometry import box_clearance, clearance

HALF_WALL, HALF_DOOR, JAMB = 0.1, 0.65, 0.5  # m; JAMB: from a corner to the next door at least
BLOCK_LOW, BLOCK_HIGH = 0.15, 0.4  # m, half a block's side
PILLAR_LOW, PILLAR_HIGH = 0.1, 0.3  # m, a pillar's radius
TRIES = 40  # places that are thrown for a piece of furniture or a walker before it is left out
UNIT = CELL / STRAIGHT  # m, what `way` counts in
MARGIN = 0.05  # m, by which a free cell's centre is further from obstacles than the rover needs
NEAREST = 80  # UNITs, the shortest way from a start to the goal: 4 m
ALOOF = 1.5  # m, between a walker and the rover at the start


# --- Sampling a map --------------------------------------------------------------------------------------------------


@kernel
def add_box(s, x0, x1, y0, y1):
    k = s.boxes
    s.box_x0[k], s.box_x1[k], s.box_y0[k], s.box_y1[k] = x0, x1, y0, y1
    s.boxes = k + 1


@kernel
def add_wall(s, turned, place, start, end):
    """A piece of wall along y from ``start`` to ``end``, its middle at x = ``place``; turned: x and y swapped."""
    if turned:
        add_box(s, start, end, place - HALF_WALL, place + HALF_WALL)
    else:
        add_box(s, place - HALF_WALL, place + HALF_WALL, start, end)


@kernel
def sample_door(s, start, end):
    """The middle of a door in a wall from ``start`` to ``end``."""
    return uniform_in(s, start + JAMB + HALF_DOOR, end - JAMB - HALF_DOOR)


@kernel
def sample_walls(s):
    """One wall across the floor with two doors, and one on each side of it with one: four rooms in a ring."""
    turned = uniform_in(s, 0.0, 1.0) < 0.5
    middle = uniform_in(s, 4.0, 6.0)
    left, right = uniform_in(s, 3.5, 6.5), uniform_in(s, 3.5, 6.5)
    low = sample_door(s, 0.0, min(left, right) - HALF_WALL)
    high = sample_door(s, max(left, right) + HALF_WALL, ARENA)
    s.boxes = 0
    add_wall(s, turned, middle, 0.0, low - HALF_DOOR)
    add_wall(s, turned, middle, low + HALF_DOOR, high - HALF_DOOR)
    add_wall(s, turned, middle, high + HALF_DOOR, ARENA)
    door = sample_door(s, 0.0, middle - HALF_WALL)
    add_wall(s, not turned, left, 0.0, door - HALF_DOOR)
    add_wall(s, not turned, left, door + HALF_DOOR, middle - HALF_WALL)
    door = sample_door(s, middle + HALF_WALL, ARENA)
    add_wall(s, not turned, right, middle + HALF_WALL, door - HALF_DOOR)
    add_wall(s, not turned, right, door + HALF_DOOR, ARENA)


@kernel
def furnish(s):
    """Blocks and pillars with a free passage round each; what finds no place is left out."""
    # A strip as wide as a cell's diagonal holds a chain of cells, whichever way it runs.
    passage = 2.0 * (s.radius + MARGIN) + math.sqrt(2.0) * CELL
    for _ in range(s.box_x0.shape[0] - WALLS):
        for _ in range(TRIES):
            half_x, half_y = uniform_in(s, BLOCK_LOW, BLOCK_HIGH), uniform_in(s, BLOCK_LOW, BLOCK_HIGH)
            x = uniform_in(s, passage + half_x, ARENA - passage - half_x)  # so the outer wall is far enough
            y = uniform_in(s, passage + half_y, ARENA - passage - half_y)
            if box_clearance(s, x - half_x, x + half_x, y - half_y, y + half_y) >= passage:
                add_box(s, x - half_x, x + half_x, y - half_y, y + half_y)
                break
    s.pillars = 0
    for _ in range(s.disc_x.shape[0] - s.walk_x.shape[0]):
        for _ in range(TRIES):
            radius = uniform_in(s, PILLAR_LOW, PILLAR_HIGH)
            x = uniform_in(s, passage + radius, ARENA - passage - radius)
            y = uniform_in(s, passage + radius, ARENA - passage - radius)
            if clearance(s, x, y, s.pillars) - radius >= passage:
                k = s.pillars
                s.disc_x[k], s.disc_y[k], s.disc_r[k] = x, y, radius
                s.pillars = k + 1
                break


@kernel
def sample_direction(s, walker):
    angle = uniform_in(s, -math.pi, math.pi)
    s.walk_x[walker], s.walk_y[walker] = math.cos(angle), math.sin(angle)


@kernel
def sample_crowd(s, x, y):
    """Walkers clear of everything and not near the rover at (x, y); who finds no place stays away."""
    s.walkers = 0
    for _ in range(s.walk_x.shape[0]):
        for _ in range(TRIES):
            k = s.pillars + s.walkers
            there_x, there_y = uniform_in(s, 0.0, ARENA), uniform_in(s, 0.0, ARENA)
            near = math.sqrt((there_x - x) ** 2 + (there_y - y) ** 2) < ALOOF
            if not near and clearance(s, there_x, there_y, k) >= s.crowd_radius:
                s.disc_x[k], s.disc_y[k], s.disc_r[k] = there_x, there_y, s.crowd_radius
                sample_direction(s, s.walkers)
                s.walkers += 1
                break


# --- The way to the goal ---------------------------------------------------------------------------------------------


@kernel
def middle_of(number):
    """The middle in m of the grid's row or column ``number``, the rim's being 0 and GRID + 1."""
    return (number - 0.5) * CELL


@kernel
def block_cells(s):
    """Mark as BLOCKED the cells in whose middle the rover would touch something, or nearly; the rest is UNREACHED."""
    keep = s.radius + MARGIN
    for cell in range(CELLS):
        s.way[cell] = BLOCKED
    rim = 1 + math.ceil(keep / CELL - 0.5)  # the first row whose middle is far enough from the wall
    for row in range(rim, PITCH - rim):
        for column in range(rim, PITCH - rim):
            s.way[row * PITCH + column] = UNREACHED
    for k in range(s.boxes):
        block_around(s, s.box_x0[k], s.box_x1[k], s.box_y0[k], s.box_y1[k], keep)
    for k in range(s.pillars):
        block_around(s, s.disc_x[k], s.disc_x[k], s.disc_y[k], s.disc_y[k], s.disc_r[k] + keep)


@kernel
def block_around(s, x0, x1, y0, y1, keep):
    """Mark the cells whose middle is nearer than ``keep`` to a box (or to a point: x0 = x1, y0 = y1)."""
    for row in range(max(int((y0 - keep) / CELL), 0), min(int((y1 + keep) / CELL) + 2, PITCH)):
        for column in range(max(int((x0 - keep) / CELL), 0), min(int((x1 + keep) / CELL) + 2, PITCH)):
            x, y = middle_of(column), middle_of(row)
            dx, dy = max(x0 - x, x - x1, 0.0), max(y0 - y, y - y1, 0.0)
            if dx * dx + dy * dy < keep * keep:
                s.way[row * PITCH + column] = BLOCKED


@kernel
def fill_ways(s, goal):
    """Dijkstra's algorithm from the cell ``goal``: write the length of the shortest way into ``s.way``.

    A step has one of two lengths, so a queue for each is in order by itself. A cell that has been reached by a shorter
    way since it was queued is looked at again for nothing, which does no harm.
    """
    way, straight, slanting = s.way, s.straight, s.slanting
    way[goal] = 0
    straight[0] = goal
    first, last, first_slanting, last_slanting = 0, 1, 0, 0
    while first < last or first_slanting < last_slanting:
        takes_straight = first_slanting == last_slanting
        if not takes_straight and first < last:
            takes_straight = way[straight[first]] <= way[slanting[first_slanting]]
        if takes_straight:
            cell = int(straight[first])
            first += 1
        else:
            cell = int(slanting[first_slanting])
            first_slanting += 1
        here = int(way[cell])
        for k in range(SIDES):
            beside, other = cell + STEPS[k], cell + STEPS[(k + 1) % SIDES]
            if way[beside] == BLOCKED:
                continue
            if here + STRAIGHT < way[beside]:
                way[beside] = here + STRAIGHT
                straight[last] = beside
                last += 1
            corner = beside + STEPS[(k + 1) % SIDES]
            if way[other] != BLOCKED and way[corner] != BLOCKED and here + DIAGONAL < way[corner]:
                way[corner] = here + DIAGONAL
                slanting[last_slanting] = corner
                last_slanting += 1


@kernel
def sample_cell(s, low, high):
    """One of the cells whose way is ``low`` … ``high``, uniformly; there must be some."""
    count = 0
    for cell in range(CELLS):
        count += low <= s.way[cell] <= high
    nth, cell = below(s, count), -1
    while nth >= 0:
        cell += 1
        nth -= low <= s.way[cell] <= high
    return cell


@kernel
def sample_map(s):
    """Sample rooms, furniture and goal, and fill in the ways; returns the cell in which the rover starts."""
    sample_walls(s)
    furnish(s)
    block_cells(s)
    goal = sample_cell(s, UNREACHED, UNREACHED)
    s.goal_x, s.goal_y = middle_of(goal % PITCH), middle_of(goal // PITCH)
    fill_ways(s, goal)
    return sample_cell(s, NEAREST, UNREACHED - 1)


@kernel
def cell_at(x, y):
    """The cell in which (x, y) lies; the nearest one for a place outside of the floor."""
    column = min(max(int(x / CELL), 0), GRID - 1) + 1
    row = min(max(int(y / CELL), 0), GRID - 1) + 1
    return row * PITCH + column


@kernel
def length_of_way(s, cell, x, y):
    """From (x, y) straight to the middle of ``cell`` and on to the goal; infinite from a cell without a way."""
    if s.way[cell] >= UNREACHED:
        return math.inf
    dx, dy = middle_of(cell % PITCH) - x, middle_of(cell // PITCH) - y
    return s.way[cell] * UNIT + math.sqrt(dx * dx + dy * dy)


@kernel
def start_of_way(s, x, y):
    """The cell of the nine around (x, y) from which the way is shortest; -1 where none has any."""
    middle = cell_at(x, y)
    best, best_cell = math.inf, -1
    for row in range(-1, 2):
        for column in range(-1, 2):
            cell = middle + row * PITCH + column
            length = length_of_way(s, cell, x, y)
            if length < best:
                best, best_cell = length, cell
    return best_cell
