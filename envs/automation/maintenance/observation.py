"""The observation of Maintenance, and its slot: what the sensors felt in the last hour, and the wear behind it."""

import math

import numpy as np

from ...engine.kernels import GAMMA, SHIFT_11, UNIT, inlined, kernel, mix, scratch
from .constants import (
    AGE,
    AMBIENT,
    DAY,
    FRICTION,
    GROWTH,
    HEAT,
    HUNDRED,
    INSPECTED,
    KNOWN,
    LOAD,
    MOST_SAMPLES,
    NEW_VIBRATION,
    NEXT_LOAD,
    RAN,
    SHOCK,
    SINCE,
    STANDING,
    TEMPERATURE,
    TEMPERATURE_NOISE,
    VIBRATION,
    WEEK,
)

TURN = 2.0 * math.pi
USUAL_LOAD, USUAL_LOAD_VIBRATION = 0.5, 1.5  # where the rule `vibration` stands


@kernel
def hour_before(s, world, back):
    """The row of the plant ``back`` hours before the coming one."""
    return (s.hour - back) % world.load.shape[0]


@inlined
def observe(s, world, out):
    last = hour_before(s, world, 1)
    out[AGE] = s.used / HUNDRED
    out[KNOWN] = s.known
    out[SINCE] = s.since / HUNDRED
    out[LOAD] = world.load[last]
    out[NEXT_LOAD] = world.load[s.hour]
    out[AMBIENT] = world.ambient[last] / HUNDRED
    out[STANDING] = s.standing / DAY


@kernel
def chance(bits):
    """A number in (0, 1] of 64 random bits."""
    return 1.0 - (bits >> SHIFT_11) * UNIT


@kernel
def vibration_of(wear, load, load_vibration):
    """mm/s that the machine has in the middle (the logarithm's mean)."""
    return NEW_VIBRATION * (1.0 + load_vibration * load) * (1.0 + GROWTH * wear * wear)


@kernel
def heat_of(wear, load):
    """°C that the machine is warmer than the air, in the mean."""
    return HEAT * load + FRICTION * wear * wear * wear * wear


@inlined
def feel(s, world, clock, sample):
    """(vibration in mm/s, temperature in °C) of a sample of the hour that ended at ``clock`` of this episode.

    The noise is a hash of the episode and of what is asked for: it takes nothing from the simulation's stream.
    """
    row = (s.hour - 1 - (s.clock - clock)) % world.load.shape[0]
    load, wear = world.load[row], 0.0  # before the first hour the new part ran
    if clock > 0:
        at = (clock - 1) % WEEK
        if s.hours[at] != RAN:
            load = 0.0
        if s.hours[at] == RAN or s.hours[at] == INSPECTED:
            wear = s.wears[at]
    bits = mix(s.salt + GAMMA * np.uint64(clock * MOST_SAMPLES + sample))
    far, angle = math.sqrt(-2.0 * math.log(chance(mix(bits)))), TURN * chance(mix(bits + GAMMA))  # Box & Muller 1958
    vibration = vibration_of(wear, load, s.load_vibration) * math.exp(s.noise * far * math.cos(angle))
    if chance(bits) <= s.shocks:
        vibration *= SHOCK
    return vibration, world.ambient[row] + heat_of(wear, load) + TEMPERATURE_NOISE * far * math.sin(angle)


@kernel
def sense(s, world, out):
    """The samples of the last hour, the latest last."""
    for sample in range(out.shape[0]):
        vibration, temperature = feel(s, world, s.clock, sample)
        out[sample, VIBRATION] = vibration
        out[sample, TEMPERATURE] = temperature


@kernel
def tell(s, world, out):
    """The wear."""
    out[0] = s.wear


@kernel
def vibration_rule(world, raw, out):
    """The wear that the median vibration has at half the rated load and the default parameters."""
    middle = scratch(MOST_SAMPLES)
    count = raw.shape[0]
    for k in range(count):  # sorted as they come
        at = k
        while at > 0 and middle[at - 1] > raw[k, VIBRATION]:
            middle[at] = middle[at - 1]
            at -= 1
        middle[at] = raw[k, VIBRATION]
    median = 0.5 * (middle[(count - 1) // 2] + middle[count // 2])
    new = vibration_of(0.0, USUAL_LOAD, USUAL_LOAD_VIBRATION)
    out[0] = math.sqrt(min(max(median / new - 1.0, 0.0) / GROWTH, 1.0))
