"""The invariants of Rover: what holds after every reset and step, whatever the parameters and actions."""

import math

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    ARENA,
    BEAMS,
    BLOCKED,
    CELLS,
    COLLISION,
    COS,
    CRASH,
    DIAGONAL,
    EFFORT,
    FASTEST_WHEEL,
    GOAL,
    LONGEST_STEP,
    PER_EFFORT,
    PER_SECOND,
    PITCH,
    PRIZE,
    REACHED,
    SIDES,
    SIN,
    STEPS,
    STRAIGHT,
    TIME,
    UNREACHED,
    WALLS,
)
from .rules_geometry import clearance
from .rules_map import cell_at

TOUCH = 1e-6  # m by which two ways to reckon a distance may differ
UNIT = 1e-9  # by which the square of a unit vector's length may differ from 1
SHOWN_UNIT = 1e-5  # the same in single precision
SUMMED = 1e-9  # s, the rounding of a sum of steps
LOOKS = 8  # places along a beam at which it must be free

INVARIANTS = (
    "the state is finite, the heading within half a turn, and no wheel faster than any can be",
    "walls and furniture lie on the floor",
    "the walkers are on the floor and look along a unit vector",
    "the ways are the shortest ones, and every free cell has one",
    "the rover touches nothing while the episode goes on",
    "each beam of the lidar is free as far as it reaches, and ends at an obstacle or at its range",
    "success is the goal's bonus, and a collision is none",
    Shown("what is observed lies within its bounds, and the bearing is a unit vector"),
    "time and effort cost what the clock says, at most",
)


@kernel
def is_floor_sound(s):
    """The walls' pieces and the furniture are counted, lie on the floor and have a size."""
    if not (WALLS <= s.boxes <= s.box_x0.shape[0] and s.pillars >= 0 and 0 <= s.walkers <= s.walk_x.shape[0]):
        return False
    if s.pillars + s.walk_x.shape[0] > s.disc_x.shape[0]:
        return False
    for k in range(s.boxes):
        if not (0.0 <= s.box_x0[k] < s.box_x1[k] <= ARENA and 0.0 <= s.box_y0[k] < s.box_y1[k] <= ARENA):
            return False
    for k in range(s.pillars):
        x, y, radius = s.disc_x[k], s.disc_y[k], s.disc_r[k]
        if not (radius > 0.0 and radius < x < ARENA - radius and radius < y < ARENA - radius):
            return False
    return True


@kernel
def is_crowd_sound(s):
    """Walkers are on the floor and look along a unit vector."""
    for walker in range(s.walkers):
        x, y = s.disc_x[s.pillars + walker], s.disc_y[s.pillars + walker]
        length = s.walk_x[walker] * s.walk_x[walker] + s.walk_y[walker] * s.walk_y[walker]
        if not (0.0 < x < ARENA and 0.0 < y < ARENA and abs(length - 1.0) < UNIT):
            return False
    return True


@kernel
def is_way_shortest(s):
    """Every free cell has a way, as long as the shortest of its neighbours' and the step to there; the goal's is 0.

    There is only one such assignment, because all steps are longer than nothing (Bellman's equation).
    """
    goal = cell_at(s.goal_x, s.goal_y)
    for cell in range(CELLS):
        row, column = cell // PITCH, cell % PITCH
        if row in (0, PITCH - 1) or column in (0, PITCH - 1):
            if s.way[cell] != BLOCKED:
                return False
            continue
        if s.way[cell] == BLOCKED:
            continue
        shortest = 0 if cell == goal else UNREACHED
        for k in range(SIDES):
            beside, other = cell + STEPS[k], cell + STEPS[(k + 1) % SIDES]
            if s.way[beside] != BLOCKED:
                shortest = min(shortest, s.way[beside] + STRAIGHT)
            corner = beside + STEPS[(k + 1) % SIDES]
            if s.way[beside] != BLOCKED and s.way[other] != BLOCKED and s.way[corner] != BLOCKED:
                shortest = min(shortest, s.way[corner] + DIAGONAL)
        if s.way[cell] != shortest or shortest == UNREACHED:
            return False
    return True


@kernel
def is_scan_sound(s):
    """Each beam is free up to its range, and touches something there unless that is the lidar's own."""
    discs = s.pillars + s.walkers
    if clearance(s, s.x, s.y, discs) <= 0.0:  # inside of an obstacle, after a collision
        return True
    for k in range(BEAMS):
        reach = s.ranges[k]
        if not 0.0 <= reach <= s.lidar_range:
            return False
        for look in range(1, LOOKS):
            part = reach * look / LOOKS
            if clearance(s, s.x + part * s.beam_x[k], s.y + part * s.beam_y[k], discs) < -TOUCH:
                return False
        end = clearance(s, s.x + reach * s.beam_x[k], s.y + reach * s.beam_y[k], discs)
        if reach < s.lidar_range and abs(end) > TOUCH:
            return False
    return True


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.x + s.y + s.left + s.right + s.way_left) and -math.pi <= s.heading <= math.pi):
        return 1
    if abs(s.left) > FASTEST_WHEEL or abs(s.right) > FASTEST_WHEEL:
        return 1
    if not is_floor_sound(s):
        return 2
    if not is_crowd_sound(s):
        return 3
    if not is_way_shortest(s):
        return 4
    if not s.pending and clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius:
        return 5
    if not is_scan_sound(s):
        return 6
    collided = s.totals[COLLISION] != 0.0
    if s.totals[REACHED] != (PRIZE if s.success else 0.0) or s.totals[COLLISION] != (CRASH if collided else 0.0):
        return 7
    if (s.success or collided) and (s.success == collided or not s.pending):
        return 7
    for k in range(shown.shape[0]):
        if not (0.0 if k <= GOAL else -1.0) <= shown[k] <= 1.0:
            return 8
    if abs(shown[SIN] * shown[SIN] + shown[COS] * shown[COS] - 1.0) > SHOWN_UNIT:
        return 8
    longest = s.clock * LONGEST_STEP + SUMMED  # s
    if not (PER_SECOND * longest <= s.totals[TIME] <= 0.0 and PER_EFFORT * longest <= s.totals[EFFORT] <= 0.0):
        return 9
    return 0
