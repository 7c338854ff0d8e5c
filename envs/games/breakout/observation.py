"""The observation of Breakout: ball, paddle and counters, then the bricks."""

from ...engine.kernels import kernel
from .constants import (
    BALL_OFFSET,
    BALL_VX,
    BALL_VY,
    BALL_X,
    BALL_Y,
    BALLS,
    CLEARED,
    CONTACTS,
    FIRST_BRICK,
    MIDDLE,
    MOST_CONTACTS,
    PADDLE_X,
    UNIT,
    WAIT,
    WAIT_UNIT,
)


@kernel
def observe(s, world, out):
    out[BALL_X], out[BALL_Y] = s.x / UNIT - MIDDLE, s.y / UNIT - MIDDLE
    out[BALL_VX], out[BALL_VY] = s.vx, s.vy
    out[PADDLE_X], out[BALL_OFFSET] = s.paddle / UNIT - MIDDLE, (s.x - s.paddle) / UNIT
    out[BALLS], out[CLEARED] = s.left, s.walls
    out[WAIT] = s.wait / WAIT_UNIT
    out[CONTACTS] = min(s.contacts + 1, MOST_CONTACTS) / MOST_CONTACTS
    rows, columns = s.bricks.shape
    for row in range(rows):
        for column in range(columns):
            out[FIRST_BRICK + row * columns + column] = s.bricks[row, column]
