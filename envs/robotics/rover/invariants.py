"""What must hold of the map, the way and the lidar of `rover.py` in every state, whatever the parameters and actions.

Reads the record alone and imports nothing from there.
"""

from ...engine.kernels import kernel
from .rules_geometry import ARENA, BEAMS, clearance
from .rules_map import BLOCKED, CELLS, DIAGONAL, PITCH, STEPS, STRAIGHT, UNREACHED, WALLS, cell_at

TOUCH = 1e-6  # m by which two ways to reckon a distance may differ
LOOKS = 8  # places along a beam at which it must be free


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
        if not (0.0 < x < ARENA and 0.0 < y < ARENA and abs(length - 1.0) < 1e-9):
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
        for k in range(4):
            beside, other = cell + STEPS[k], cell + STEPS[(k + 1) % 4]
            if s.way[beside] != BLOCKED:
                shortest = min(shortest, s.way[beside] + STRAIGHT)
            corner = beside + STEPS[(k + 1) % 4]
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
