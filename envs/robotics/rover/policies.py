"""The reference policy of Rover: it makes for the furthest cell of the searched way that lies in a free line ahead."""

import math

from ...engine.kernels import kernel
from .constants import DIAGONAL, LEFT, PITCH, RIGHT, SIDES, STEPS, STRAIGHT, UNREACHED
from .rules_geometry import clearance, wrapped
from .rules_map import cell_at, length_of_way, middle_of

FURTHEST = 16  # cells along the way that are looked at
SPACE = 0.02  # m that a straight line keeps from obstacles beyond the rover's radius
STRIDE = 0.08  # m between the places of a line that are tested
EASE = 1.0  # of a turn's remaining angle that one step takes
NARROW, WIDENS, WIDE = 0.2, 4.0, 1.0  # rad off the target at which it only turns: at an obstacle, per metre, at most
SLOWEST = 0.3  # share of the greatest speed at which it drives along an obstacle
BERTH = 0.15  # m by which it keeps clear of walkers, at the side and, beyond what they keep themselves, ahead


@kernel
def is_free_line(s, x, y):
    """Whether the rover may go straight to (x, y): with SPACE on the way, or no less than where it is."""
    dx, dy = x - s.x, y - s.y
    count = int(math.sqrt(dx * dx + dy * dy) / STRIDE) + 1
    least = min(clearance(s, s.x, s.y, s.pillars), s.radius + SPACE)
    for k in range(1, count + 1):
        if clearance(s, s.x + dx * k / count, s.y + dy * k / count, s.pillars) < least:
            return False
    return True


@kernel
def way_to_take(s):
    """Of the nine cells around the rover the one from which the way is shortest and to which a line is free.

    Where no line is free the nearest cell with a way, and -1 where there is none.
    """
    middle = cell_at(s.x, s.y)
    best, nearest = math.inf, math.inf
    best_cell, nearest_cell = -1, -1
    for row in range(-1, 2):
        for column in range(-1, 2):
            cell = middle + row * PITCH + column
            if s.way[cell] >= UNREACHED:
                continue
            x, y = middle_of(cell % PITCH), middle_of(cell // PITCH)
            length = length_of_way(s, cell, s.x, s.y)
            if length < best and is_free_line(s, x, y):
                best, best_cell = length, cell
            distance = math.hypot(x - s.x, y - s.y)
            if distance < nearest:
                nearest, nearest_cell = distance, cell
    return best_cell if best_cell >= 0 else nearest_cell


@kernel
def next_on_way(s, cell):
    """The neighbour of ``cell`` from which the way to the goal is shorter by just the step; the goal's cell itself."""
    for k in range(SIDES):
        beside = cell + STEPS[k]
        if s.way[beside] + STRAIGHT == s.way[cell]:
            return beside
        other = cell + STEPS[(k + 1) % SIDES]
        corner = beside + STEPS[(k + 1) % SIDES]
        passes = s.way[beside] < UNREACHED and s.way[other] < UNREACHED
        if passes and s.way[corner] + DIAGONAL == s.way[cell]:
            return corner
    return cell


@kernel
def target_of(s):
    """The place (x, y) to make for."""
    cell = way_to_take(s)
    if cell < 0:  # somebody else has driven it between obstacles: towards the goal, and no promise
        return s.goal_x, s.goal_y
    x, y = middle_of(cell % PITCH), middle_of(cell // PITCH)
    for _ in range(FURTHEST):
        cell = next_on_way(s, cell)
        ahead_x, ahead_y = middle_of(cell % PITCH), middle_of(cell // PITCH)
        if not is_free_line(s, ahead_x, ahead_y):
            break
        x, y = ahead_x, ahead_y
    return x, y


@kernel
def is_walker_ahead(s):
    """Whether a walker stands where the rover is about to go."""
    cos, sin = math.cos(s.heading), math.sin(s.heading)
    reach = s.radius + s.crowd_radius
    for k in range(s.pillars, s.pillars + s.walkers):
        dx, dy = s.disc_x[k] - s.x, s.disc_y[k] - s.y
        ahead, aside = cos * dx + sin * dy, cos * dy - sin * dx
        stop = reach + BERTH + abs(s.left + s.right) * (s.time_step + s.motor_lag)
        if 0.0 < ahead < stop and abs(aside) < reach + BERTH:
            return True
    return False


@kernel
def heuristic(s, world, out):
    """Write the wheel commands that lead to `target_of`: turn first, then drive the faster the less is to turn."""
    x, y = target_of(s)
    angle = wrapped(math.atan2(y - s.y, x - s.x) - s.heading)
    delay = s.time_step + s.motor_lag
    # Wheels that are told to stop still turn the rover by what they do now times the time constant.
    rest = angle - (s.right - s.left) / s.axle * s.motor_lag
    turn = EASE * 0.5 * rest * s.axle / (s.max_speed * delay)
    turn = min(max(turn, -1.0), 1.0)
    free = max(clearance(s, s.x, s.y, s.pillars) - s.radius, 0.0)
    fast = SLOWEST + free / (s.max_speed * delay)
    careful = min(NARROW + WIDENS * free, WIDE)
    forward = min(min(max(1.0 - abs(angle) / careful, 0.0), 1.0 - abs(turn)), fast)
    if is_walker_ahead(s):
        forward = 0.0
    out[LEFT], out[RIGHT] = forward - turn, forward + turn
