"""The rules between ball and bricks in Breakout: which it touches, when, and how it turns.

The ball flies straight until it touches something: it is inside a brick's column during one span of time and inside its
row during another, both widened by half the ball, and touches the brick in the moment in which the later span begins.
"""

import math

from ...engine.kernels import kernel
from .constants import BRICK_HEIGHT, FIELD, HALF_BALL, POINTS, WALL_TOP

NEAR = HALF_BALL + 0.001  # u: a brick that far from the ball's way is looked at, so that rounding leaves out none
MOMENT = 1e-9  # steps: a ball that far inside a brick has arrived there in this moment


@kernel
def build_wall(s):
    for row in range(s.bricks.shape[0]):
        for column in range(s.bricks.shape[1]):
            s.bricks[row, column] = 1
    s.standing = s.bricks.size


@kernel
def columns_near(s, duration):
    """First and last column of bricks that the ball may touch within ``duration`` steps."""
    width, end = FIELD / s.bricks.shape[1], s.x + s.vx * duration
    first, last = int((min(s.x, end) - NEAR) / width), int((max(s.x, end) + NEAR) / width)
    return max(first, 0), min(last, s.bricks.shape[1] - 1)


@kernel
def rows_near(s, duration):
    end = s.y + s.vy * duration
    first = int((min(s.y, end) - NEAR - WALL_TOP) / BRICK_HEIGHT)
    last = int((max(s.y, end) + NEAR - WALL_TOP) / BRICK_HEIGHT)
    return max(first, 0), min(last, s.bricks.shape[0] - 1)


@kernel
def column_sides(s, column):
    """Where the ball's centre is (x in u) as it touches a column of bricks from the left and from the right."""
    width = FIELD / s.bricks.shape[1]
    return column * width - HALF_BALL, (column + 1) * width + HALF_BALL


@kernel
def row_sides(row):
    """The same (y in u) for a row of bricks, from above and from below."""
    return WALL_TOP + row * BRICK_HEIGHT - HALF_BALL, WALL_TOP + (row + 1) * BRICK_HEIGHT + HALF_BALL


@kernel
def passage(place, velocity, sides):
    """When (in steps from now) a point at ``place`` comes between the two ``sides``, and when it leaves again."""
    if velocity > 0.0:
        return (sides[0] - place) / velocity, (sides[1] - place) / velocity
    if velocity < 0.0:
        return (sides[1] - place) / velocity, (sides[0] - place) / velocity
    return (-math.inf, math.inf) if sides[0] < place < sides[1] else (math.inf, -math.inf)


@kernel
def moment(across, along):
    """When the ball touches a brick whose column and row it passes at those times; infinite if it misses it."""
    enter, leave = max(across[0], along[0]), min(across[1], along[1])
    return max(enter, 0.0) if -MOMENT <= enter < leave and leave > 0.0 else math.inf


@kernel
def first_touch(s, duration):
    """When (in steps from now) the ball touches a brick; infinite if it does not within ``duration``."""
    first, last = columns_near(s, duration)
    top, bottom = rows_near(s, duration)
    earliest = math.inf
    for row in range(top, bottom + 1):
        along = passage(s.y, s.vy, row_sides(row))
        for column in range(first, last + 1):
            if s.bricks[row, column] != 0:
                across = passage(s.x, s.vx, column_sides(s, column))
                earliest = min(earliest, moment(across, along))
    return earliest if earliest <= duration else math.inf


@kernel
def break_bricks(s, time, terms):
    """Let the ball fly on for ``time``, which `first_touch` has found; what it touches there breaks, and it turns."""
    first, last = columns_near(s, time)
    top, bottom = rows_near(s, time)
    x, y, vx, vy = s.x + s.vx * time, s.y + s.vy * time, s.vx, s.vy
    for row in range(top, bottom + 1):
        above, below = row_sides(row)
        along = passage(s.y, s.vy, (above, below))
        for column in range(first, last + 1):
            if s.bricks[row, column] == 0:
                continue
            left, right = column_sides(s, column)
            across = passage(s.x, s.vx, (left, right))
            if moment(across, along) != time:
                continue
            # The side that is reached last is the one that is touched; the ball comes to lie on it exactly.
            if across[0] >= along[0]:
                x, vx = left if s.vx > 0.0 else right, -s.vx
            if along[0] >= across[0]:
                y, vy = above if s.vy > 0.0 else below, -s.vy
            s.bricks[row, column] = 0
            s.standing -= 1
            terms[POINTS] += s.bricks.shape[0] - row
    s.x, s.y, s.vx, s.vy, s.contacts = x, y, vx, vy, 0
