"""A small environment with actions of several parts and an observation of several, for tests: a painter on a strip.

World: a strip of cells, a brush that moves left, stays or moves right, and paints a cell with one of some colours or
lifts. Actions: MultiDiscrete([3, colours + 1]): way, and colour (0 lifts the brush). The mask forbids ways off the
strip, and the colour that the brush used last. Observation, a Dict: `cells` the colours, `brush` where it is and how
much paint is left, `time` steps / (steps + 10). Reward: 1 for a cell that is painted for the first time, and what a
stroke costs. End: all cells are painted, which solves it, or the paint is used up.
"""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.drawing import fill
from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Parameter, Shown, Simulation, Size, Slot

STAY = 1
FULL = 12  # strokes


def state(cells):
    return {"strip": ("u1", (cells,)), "at": "i8", "paint": "i8", "last": "i8"}


def make_spaces(cells, *, colours=4):
    observation = spaces.Dict(
        cells=spaces.Box(0, colours, (cells,), np.uint8),
        brush=spaces.Box(np.array([0, 0], np.float32), np.array([1, 1], np.float32)),
        time=spaces.Box(0, 1, (1,), np.float64),
    )
    return observation, spaces.MultiDiscrete([3, colours + 1])


def names(cells):
    return {"brush": {"place on the strip": "", "paint": ""}, "time": {"time": ""}}  # a cell needs no name


@kernel
def reset(s, world):
    for k in range(s.strip.shape[0]):
        s.strip[k] = 0
    s.at = below(s, s.strip.shape[0])
    s.paint = FULL
    s.last = 0


@kernel
def step(s, action, world, terms):
    cells = s.strip.shape[0]
    s.at = min(max(s.at + action[0] - STAY, 0), cells - 1)
    colour = action[1]
    if colour == 0 or colour == s.last or s.paint == 0:
        s.last = 0
        return s.paint == 0
    terms[0] = 1.0 if s.strip[s.at] == 0 else 0.0
    terms[1] = -s.cost
    s.strip[s.at] = colour
    s.last = colour
    s.paint -= 1
    for k in range(cells):
        if s.strip[k] == 0:
            return False
    s.success = True
    return True


@kernel
def observe(s, world, out):
    for k in range(s.strip.shape[0]):
        out.cells[k] = s.strip[k]
    out.brush[0] = s.at / (s.strip.shape[0] - 1)
    out.brush[1] = s.paint / FULL
    out.time[0] = s.clock / (s.clock + 10.0)


@kernel
def mask(s, world, out):
    for k in range(out.shape[0]):
        out[k] = 1
    if s.at == 0:
        out[0] = 0
    if s.at == s.strip.shape[0] - 1:
        out[2] = 0
    if s.last > 0:
        out[3 + s.last] = 0


@kernel
def heuristic(s, world, out):
    """Paint the first free cell in colours that take turns, walking there."""
    target = 0
    while target < s.strip.shape[0] - 1 and s.strip[target] != 0:
        target += 1
    out[0] = STAY + (target > s.at) - (target < s.at)
    out[1] = (1 if s.last != 1 else 2) if abs(target - s.at) <= 1 else 0


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (20 * s.at, 0, 20 * s.paint))


@kernel
def invariant(s, world, shown, legal):
    if s.at < 0 or s.at >= s.strip.shape[0]:
        return 1
    if s.last < 0 or s.last > 4:
        return 2
    return 3 if shown.cells[s.at] != s.strip[s.at] else 0


@kernel
def sense_sheen(s, world, out):
    out[0] = 10 * s.last


@kernel
def tell_sheen(s, world, out):
    out[0] = s.last / 4.0


SIMULATION = Simulation(
    name="test/Painter-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=("the brush is on the strip", "the last colour is one", Shown("the cell under the brush is shown")),
    terms=("fresh", "paint"),
    action_names=("way", "colour"),
    parameters={"cost": Parameter(0.125, 0.0, 1.0, "", "of a stroke")},
    sizes={"cells": Size(5, 2, 9, "cells of the strip")},
    succeeds=True,
    slots={
        "sheen": Slot(
            raw=lambda cells: spaces.Box(0, 255, (1,), np.uint8),
            truth=lambda cells: spaces.Box(0, 1, (1,), np.float32),
            meaning="which colour the brush has",
            sense=sense_sheen,
            tell=tell_sheen,
        )
    },
)
