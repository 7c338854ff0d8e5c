"""Breakout: keep the ball in play with the paddle and clear two walls of bricks.

World         A square field of 100 x 100 units (u), x to the right, y down from the ceiling. The ball is a square of
              3 u (shown round), `x, y` its centre. The wall's top is at y = 14; its bricks are 4 u high and as wide as
              `columns` of them fill the field. The paddle slides on the line y = 92 and only its top counts.
              A step: first the paddle moves by `paddle_speed` or not at all, and stops where it touches a side. Then
              the ball flies for one step of time, from contact to contact:
              - side, ceiling or brick: the velocity across what is touched changes its sign. Each brick that is
                touched disappears, of several at the same moment all. At a brick's corner both signs change.
              - paddle: the ball touches it if its bottom comes to y = 92 while less than its own and the paddle's width
                halved, together `reach`, lie between the two centres; a paddle under which the ball has fallen is of no
                use. The ball leaves at the angle (from straight up, positive to the right)
                    max_angle * (ball x - paddle x) / reach + deflection * n * u,
                u uniform in [-1, 1), at most `max_angle` to either side, and faster by `speed_gain` up to `speed_max`.
                n is the number of contacts with the paddle since the last brick or serve, this one included: a ball
                that finds no brick is thrown about more and more, so that no game goes round in circles.
              - floor: the ball is lost, and what is left of the step with it.
              A ball to be served lies on the middle of the paddle and moves with it; the step that is the
              `serve_delay`-th with it there ends with the serve: straight up, turned by an angle uniform in half of
              ±`max_angle`, with `speed_start` (at most `speed_max`).
              When the first wall is cleared, the ball flies on and the second appears with its next contact with the
              paddle, or as it is laid there.
Actions       0 stay · 1 left · 2 right
Observation   float32 (10 + rows * columns,)
              | #     | what                                                          | low  | high | unit           |
              |-------|---------------------------------------------------------------|------|------|----------------|
              | 0, 1  | ball x, y, from the field's middle                            | -5   | 5    | 10 u           |
              | 2, 3  | ball velocity x, y; 0 while it lies on the paddle             | -4   | 4    | u/step         |
              | 4     | paddle x, from the field's middle                             | -5   | 5    | 10 u           |
              | 5     | ball x - paddle x                                             | -10  | 10   | 10 u           |
              | 6     | balls left, the one in play included                          | 0    | 5    |                |
              | 7     | walls cleared                                                 | 0    | 2    |                |
              | 8     | steps until the serve                                         | 0    | 1    | 10 steps       |
              | 9     | next contact's n, which its deflection is multiplied with     | 0    | 1    | 10, at most 1  |
              | 10 …  | brick, row by row from the upper left: 1 stands, 0 is gone    | 0    | 1    |                |
Reward        `points`: for each brick the number of its row, counted from the lowest, which is 1
Start         all bricks stand, the paddle is in the middle with a ball to be served on it
End           terminated when the last ball is lost, and when the second wall is cleared, which is success;
              truncated after 8,000 steps
Parameters    see PARAMETERS below; of `balls` and `serve_delay` the whole part counts. The observation's bounds
              (here those of the defaults) follow them.
Sizes         `rows` 1 … 8 and `columns` 4 … 14 of bricks, 6 and 10 by default
Slot          `vision`, off unless filled: the frame of 84 x 84 pixels instead of the observation. It shows neither the
              contacts nor how long the ball still lies on the paddle
Source        the game of Atari 1976. Rules and numbers are our own: one width of the paddle, a row's worth is its
              number, speed grows with the contacts, and the random deflection.
"""

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation, Size, vision_slot
from .constants import (
    ACTIONS,
    BALL_OFFSET,
    BALL_VX,
    BALL_VY,
    BALL_X,
    BALL_Y,
    BALLS,
    CLEARED,
    FIRST_BRICK,
    LEFT,
    MIDDLE,
    MOST_BALLS,
    PADDLE_X,
    RIGHT,
    STAY,
    TRAIL,
    WAIT,
    WAIT_UNIT,
    WALLS,
)
from .invariants import INVARIANTS, invariant
from .observation import observe
from .policies import heuristic
from .rendering import render
from .rules import reset, step

PARAMETERS = {
    "paddle_width": Parameter(16.0, 4.0, 60.0, "u", "width of the paddle"),
    "paddle_speed": Parameter(3.0, 0.0, 20.0, "u/step", "how far the paddle moves in a step"),
    "speed_start": Parameter(2.4, 0.1, 100.0, "u/step", "speed of the ball after a serve"),
    "speed_gain": Parameter(
        0.06, 0.0, 10.0, "u/step", "how much faster the ball is after each contact with the paddle"
    ),
    "speed_max": Parameter(4.0, 0.1, 100.0, "u/step", "highest speed of the ball"),
    "max_angle": Parameter(1.0, 0.1, 1.4, "rad", "largest angle from straight up at which the ball leaves the paddle"),
    "deflection": Parameter(0.02, 0.0, 1.0, "rad", "random part of that angle, per contact since the last brick"),
    "serve_delay": Parameter(10.0, 0.0, 100.0, "steps", "how long the ball lies on the paddle before it is served"),
    "balls": Parameter(5.0, 1.0, MOST_BALLS, "", "balls per game"),
}


def state(rows, columns):
    return {
        "x": "f8",  # u, the ball's centre
        "y": "f8",
        "vx": "f8",  # u/step; both 0 while the ball lies on the paddle
        "vy": "f8",
        "speed": "f8",  # u/step, of the ball in flight; 0 while it lies on the paddle
        "paddle": "f8",  # u, x of its middle
        "wait": "i8",  # steps until the serve
        "falling": "?",  # the ball is past the paddle
        "contacts": "i8",  # with the paddle since the last brick or serve
        "left": "i8",  # balls, the one in play included
        "walls": "i8",  # cleared
        "standing": "i8",  # bricks
        "bricks": ("u1", (rows, columns)),
        "trail": ("f4", (TRAIL, 2)),  # u, where the ball was at the end of step `clock` % TRAIL: only for rendering
    }


def make_spaces(
    rows,
    columns,
    *,
    balls=PARAMETERS["balls"].span,
    speed_max=PARAMETERS["speed_max"].span,
    serve_delay=PARAMETERS["serve_delay"].span,
):
    low = np.zeros(FIRST_BRICK + rows * columns, np.float32)
    high = np.ones(FIRST_BRICK + rows * columns, np.float32)
    high[[BALL_X, BALL_Y, PADDLE_X]], high[BALL_OFFSET] = MIDDLE, 2.0 * MIDDLE
    high[[BALL_VX, BALL_VY]] = speed_max[1]
    low[:BALLS] = -high[:BALLS]
    high[BALLS], high[CLEARED], high[WAIT] = balls[1], WALLS, max(serve_delay[1] / WAIT_UNIT, 1.0)
    return spaces.Box(low, high, dtype=np.float32), spaces.Discrete(ACTIONS)


def names(rows, columns):
    ball = {"ball x": "10 u", "ball y": "10 u", "ball velocity x": "u/step", "ball velocity y": "u/step"}
    paddle = {"paddle x": "10 u", "ball x - paddle x": "10 u"}
    game = {"balls left": "", "walls cleared": "", "steps until the serve": "10 steps"}
    bricks = [f"brick: row {row + 1}, column {column + 1}" for row in range(rows) for column in range(columns)]
    return {**ball, **paddle, **game, "next contact's n": "10, at most 1", **dict.fromkeys(bricks, "")}


SIMULATION = Simulation(
    name="ludus/Breakout-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    sizes={
        "rows": Size(6, 1, 8, "rows of bricks"),
        "columns": Size(10, 4, 14, "columns of bricks"),
    },
    slots={"vision": vision_slot(make_spaces, render=render, observe=observe)},
    terms=("points",),
    action_names=("stay", "left", "right"),
    succeeds=True,
    # Random: 8,000 games (standard error 0.05); heuristic: 1,000 games, both walls cleared in all. Seeds from 0 on.
    scores={"random": 11.2, "heuristic": 420.0},
    frame=(640, 600),
    fps=30,
    keys={"left": LEFT, "down": STAY, "right": RIGHT, "a": LEFT, "s": STAY, "d": RIGHT},
    idle=(STAY,),
)
