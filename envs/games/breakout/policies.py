"""The reference policy of Breakout: the paddle goes where the ball comes down, and so that it hits a brick then."""

import math

from ...engine.kernels import kernel
from .constants import BRICK_HEIGHT, FIELD, HALF_BALL, HIGH, LEFT, LOW, PADDLE_LINE, RIGHT, STAY, WALL_TOP

TURNS = 4  # bricks on one way that are foreseen; what comes after the first of them is a guess
MARGIN = 0.85  # of the paddle's reach: nearer to its end the ball may be missed
PLACES = 12  # steps of the paddle to either side that are weighed
NO_BRICK = 1000.0  # u, what a way counts that meets none


@kernel
def follow(s, x, y, slope, way):
    """Follow the ball's centre, one u of height at a time, until it is in a brick or has come down to the paddle.

    ``way`` is -1 up and 1 down, ``slope`` the x in u per u of height.
    Returns (x, y, slope, way, height passed in u, whether it is in a brick).
    """
    rows, columns = s.bricks.shape
    passed = 0.0
    while way < 0 or y < PADDLE_LINE:
        x, y, passed = x + slope, y + way, passed + 1.0
        if x < LOW:
            x, slope = 2.0 * LOW - x, -slope
        elif x > HIGH:
            x, slope = 2.0 * HIGH - x, -slope
        if y < LOW:
            way = 1
        row = math.floor((y - WALL_TOP) / BRICK_HEIGHT)
        if 0 <= row < rows:
            column = min(max(int(x * columns / FIELD), 0), columns - 1)
            if s.bricks[row, column] != 0:
                return x, y, slope, way, passed, True
    return x, y, slope, way, passed, False


@kernel
def landing(s):
    """Where (x in u) and when (in steps) the ball comes down to the paddle."""
    x, y, slope, way = s.x, s.y, s.vx / abs(s.vy), 1 if s.vy > 0.0 else -1
    height = 0.0
    for _ in range(TURNS):
        x, y, slope, way, passed, met = follow(s, x, y, slope, way)
        height += passed
        if not met:
            x -= slope * (y - PADDLE_LINE)
            break
        way = -way
    return x, height / abs(s.vy)


@kernel
def best_place(s):
    """Of the places that the paddle can reach in time, the one from which the ball is soonest at a brick (x in u)."""
    if s.wait > 0:
        return s.paddle
    x, steps = landing(s)
    if s.vy < 0.0 or s.paddle_speed == 0.0:
        return x
    half = 0.5 * s.paddle_width
    reach = half + HALF_BALL
    best, shortest = x, math.inf
    middle = math.floor((x - s.paddle) / s.paddle_speed + 0.5)
    for k in range(-PLACES, PLACES + 1):
        place = min(max(s.paddle + (middle + k) * s.paddle_speed, half), FIELD - half)
        if abs(x - place) > MARGIN * reach or abs(place - s.paddle) > (steps + 1.0) * s.paddle_speed:
            continue
        angle = s.max_angle * (x - place) / reach
        _, _, _, _, passed, met = follow(s, x, PADDLE_LINE, math.tan(angle), -1)
        length = (passed if met else NO_BRICK) / math.cos(angle)
        if length < shortest:
            best, shortest = place, length
    return best


@kernel
def heuristic(s, world, out):
    """Towards the best place for the paddle, where it is not there yet."""
    way = best_place(s) - s.paddle
    out[0] = STAY if abs(way) <= 0.5 * s.paddle_speed else RIGHT if way > 0.0 else LEFT
