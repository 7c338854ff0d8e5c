"""The invariants of Breakout: rules that its record and its observation keep in every state."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    BALL_OFFSET,
    BALLS,
    BRICK_HEIGHT,
    CLEARED,
    CONTACTS,
    FIELD,
    FIRST_BRICK,
    HALF_BALL,
    MIDDLE,
    MOST_BALLS,
    MOST_CONTACTS,
    PADDLE_LINE,
    POINTS,
    UNIT,
    WAIT,
    WAIT_UNIT,
    WALL_TOP,
    WALLS,
)

DEPTH = 1e-7  # u; rounding is less, even at a speed of 100 u/step
SPEED_ROUNDING = 1e-9  # of a speed, as a share of it
STEEP = 0.1  # the vertical part of a speed is no smaller a share: no angle is beyond 1.4 rad

INVARIANTS = (
    "the ball is within the field, and not inside a brick",
    "the paddle is within the field",
    "the bricks that stand are counted",
    "the points are those of the bricks that are gone",
    "a ball on the paddle rests in its middle; one in flight has its speed, and is not level",
    "the ball falls below the paddle's top only",
    "the last ball is lost only at the end, and success is two walls",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    rows, columns = s.bricks.shape
    low, high, width = HALF_BALL - DEPTH, FIELD - HALF_BALL + DEPTH, FIELD / columns
    if not (low <= s.x <= high and low <= s.y <= high):
        return 1
    standing, gone, worth = 0, 0, 0
    for row in range(rows):
        top = WALL_TOP + row * BRICK_HEIGHT
        depth_y = min(s.y - top, top + BRICK_HEIGHT - s.y) + HALF_BALL
        for column in range(columns):
            worth += rows - row
            if s.bricks[row, column] == 0:
                gone += rows - row
                continue
            standing += 1
            depth_x = min(s.x - column * width, (column + 1) * width - s.x) + HALF_BALL
            if s.bricks[row, column] != 1 or min(depth_x, depth_y) > DEPTH:
                return 1
    # The first step brings a paddle that is wider than it was, because it drifts, back between the sides.
    if s.clock > 0 and not 0.5 * s.paddle_width <= s.paddle <= FIELD - 0.5 * s.paddle_width:
        return 2
    if standing != s.standing or not 0 <= s.walls <= WALLS:
        return 3
    if s.totals[POINTS] != s.walls * worth + (gone if standing > 0 else 0):
        return 4
    if s.wait > 0:
        if s.x != s.paddle or s.y != PADDLE_LINE or s.vx != 0.0 or s.vy != 0.0 or s.falling or s.contacts != 0:
            return 5
    elif (
        abs(math.hypot(s.vx, s.vy) - s.speed) > SPEED_ROUNDING * s.speed
        or abs(s.vy) < STEEP * s.speed
        or s.contacts < 0
    ):
        return 5
    if (s.y < PADDLE_LINE or s.vy <= 0.0) if s.falling else s.y > PADDLE_LINE + DEPTH:
        return 6
    if not 0 <= s.left <= MOST_BALLS or (s.left == 0 and not s.pending) or s.success != (s.walls == WALLS):
        return 7
    if s.success and not (s.pending and standing == 0):
        return 7
    x, y, paddle = s.x / UNIT - MIDDLE, s.y / UNIT - MIDDLE, s.paddle / UNIT - MIDDLE
    seen = (x, y, s.vx, s.vy, paddle, (s.x - s.paddle) / UNIT)  # from BALL_X to BALL_OFFSET
    for k in range(BALL_OFFSET + 1):
        if shown[k] != np.float32(seen[k]):
            return 8
    if shown[BALLS] != s.left or shown[CLEARED] != s.walls or shown[WAIT] != np.float32(s.wait / WAIT_UNIT):
        return 8
    if shown[CONTACTS] != np.float32(min(s.contacts + 1, MOST_CONTACTS) / MOST_CONTACTS):
        return 8
    for k in range(rows * columns):
        if shown[FIRST_BRICK + k] != s.bricks[k // columns, k % columns]:
            return 8
    return 0
