"""The rules of Breakout: the serve, the paddle, and the ball's flight from contact to contact."""

import math

from ...engine.kernels import kernel, uniform_in
from ...engine.math.trigonometry import sin_cos
from .constants import FIELD, HALF_BALL, HIGH, LEFT, LOW, PADDLE_LINE, RIGHT, TRAIL, WALLS
from .rules_bricks import break_bricks, build_wall, first_touch, row_sides


@kernel
def launch(s, angle):
    """Let the ball fly off at ``angle`` (rad, from straight up) with its speed."""
    sin, cos = sin_cos(angle)
    s.vx, s.vy = s.speed * sin, -s.speed * cos


@kernel
def serve(s):
    s.speed = min(s.speed_start, s.speed_max)
    launch(s, 0.5 * uniform_in(s, -s.max_angle, s.max_angle))


@kernel
def lay_ball(s):
    """Put a new ball on the paddle."""
    s.x, s.y, s.vx, s.vy, s.falling, s.contacts = s.paddle, PADDLE_LINE, 0.0, 0.0, False, 0
    s.speed = 0.0  # the picture asks for it: the last ball's must not be seen
    if s.standing == 0:
        build_wall(s)
    s.wait = int(s.serve_delay)
    if s.wait == 0:
        serve(s)


@kernel
def reset(s, world):
    s.paddle = 0.5 * FIELD
    s.left = int(s.balls)
    s.walls = 0
    s.standing = 0
    lay_ball(s)
    for k in range(TRAIL):
        s.trail[k, 0], s.trail[k, 1] = s.x, s.y


@kernel
def bounce_off_paddle(s, reach):
    s.contacts += 1
    angle = s.max_angle * (s.x - s.paddle) / reach + s.deflection * s.contacts * uniform_in(s, -1.0, 1.0)
    s.speed = min(s.speed + s.speed_gain, s.speed_max)
    launch(s, min(max(angle, -s.max_angle), s.max_angle))
    if s.standing == 0:
        build_wall(s)


@kernel
def lose_ball(s):
    """Returns whether it was the last one."""
    s.left -= 1
    if s.left > 0:
        lay_ball(s)
    return s.left == 0


@kernel
def fly(s, terms):
    """One step of time, from contact to contact; returns whether the game is over."""
    reach = 0.5 * s.paddle_width + HALF_BALL
    time = 1.0  # steps that are left
    while True:
        across = max(((HIGH if s.vx > 0.0 else LOW) - s.x) / s.vx, 0.0) if s.vx != 0.0 else math.inf
        end = LOW if s.vy < 0.0 else HIGH if s.falling else PADDLE_LINE
        along = max((end - s.y) / s.vy, 0.0)
        free = min(time, across, along)
        touch = first_touch(s, free)
        if touch <= free:
            break_bricks(s, touch, terms)
            time -= touch
            if s.standing == 0:
                s.walls += 1
                s.success = s.walls == WALLS
                if s.success:
                    return True
            continue
        s.x += s.vx * free
        s.y += s.vy * free
        time -= free
        if across == free:
            s.x, s.vx = HIGH if s.vx > 0.0 else LOW, -s.vx
        elif along == free:
            s.y = end
            if s.vy < 0.0:
                s.vy = -s.vy
            elif s.falling:
                return lose_ball(s)
            elif abs(s.x - s.paddle) < reach:
                bounce_off_paddle(s, reach)
            else:
                s.falling = True
        else:
            return False


@kernel
def step(s, action, world, terms):
    half = 0.5 * s.paddle_width
    way = int(action == RIGHT) - int(action == LEFT)
    s.paddle = min(max(s.paddle + way * s.paddle_speed, half), FIELD - half)
    over = False
    if s.wait > 0:
        s.x = s.paddle
        s.wait -= 1
        if s.wait == 0:
            serve(s)
    else:
        x, y = s.x + s.vx, s.y + s.vy
        underside = row_sides(s.bricks.shape[0] - 1)[1]
        # Between wall and paddle nothing can be touched, if the ball was there before and is there now.
        if LOW < x < HIGH and underside < y < PADDLE_LINE and s.y >= underside:
            s.x, s.y = x, y
        else:
            over = fly(s, terms)
    k = s.clock % TRAIL
    s.trail[k, 0], s.trail[k, 1] = s.x, s.y
    return over
