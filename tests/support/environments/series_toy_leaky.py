"""The series toy with a raw signal that a parameter decides, too; its key is a lie."""

from dataclasses import replace

import series_toy
from ludus.envs.engine.kernels import kernel
from series_toy import HOURS


@kernel
def sense(s, world, out):
    for h in range(HOURS):
        out[h] = world.prices[s.day, h] * s.scale
    out[HOURS] = s.day


SIMULATION = replace(
    series_toy.SIMULATION,
    name="test/Series_toy_leaky-v0",
    slots={"forecast": replace(series_toy.SIMULATION.slots["forecast"], sense=sense)},
)
