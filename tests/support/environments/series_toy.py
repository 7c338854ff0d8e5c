"""A walk through a series of days that all environments share, for tests: its keyed, open slot shows the day."""

from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ludus.components.layout import Layout, Part
from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Parameter, Simulation, Size, Slot

HOURS = 4  # of a day
LAYOUT = Layout((Part("past", (HOURS, 1), ("price",), "1h"), Part("calendar", (1,), ("day",))))


class World(NamedTuple):
    prices: np.ndarray  # (days + 1, HOURS): of day d at row d + 1


def make_world(days):
    return World(np.random.default_rng(7).normal(20.0, 10.0, (days + 1, HOURS)))


@kernel
def reset(s, world):
    s.day = s.start if s.start >= 0 else below(s, world.prices.shape[0] - 2)
    s.hour = 0
    s.length = 2 * HOURS


@kernel
def step(s, action, world, terms):
    terms[0] = world.prices[s.day + 1, s.hour] * action * s.scale
    s.length -= 1
    s.hour += 1
    if s.hour == HOURS:
        s.hour = 0
        s.day = min(s.day + 1, world.prices.shape[0] - 2)
    return s.length == 0


@kernel
def observe(s, world, out):
    out[0] = s.hour


@kernel
def sense(s, world, out):
    for h in range(HOURS):
        out[h] = world.prices[s.day, h]
    out[HOURS] = s.day


@kernel
def tell(s, world, out):
    for h in range(HOURS):
        out[h] = world.prices[s.day + 1, h]


@kernel
def yesterday(world, raw, out):
    for h in range(HOURS):
        out[h] = raw[h]


def estimate(shown, quantiles):
    """The middle quantile."""
    return shown[..., shown.shape[-1] // 2]


def read_table(path, world):
    return np.loadtxt(path, delimiter=",", ndmin=2)


def read(view):
    """Acts in the hours whose price is believed to be above 20."""
    hour = view.observation["state"][:, 0].astype(int)
    return (view.estimate("forecast")[np.arange(view.num_envs), hour] > 20.0).astype(np.int64)


def _published(world):
    return world.prices[1:] + 1.0


def _partial(world):
    return np.where(np.arange(len(world.prices) - 1)[:, None] < 5, world.prices[1:], np.nan)


SIMULATION = Simulation(
    name="test/Series_toy-v0",
    state=lambda days: {"day": "i8", "hour": "i8", "length": "i8"},
    spaces=lambda days: (spaces.Box(0, HOURS, (1,), np.float32), spaces.Discrete(2)),
    reset=reset,
    step=step,
    observe=observe,
    world=make_world,
    terms=("sold",),
    action_names=("keep", "sell"),
    parameters={"scale": Parameter(1.0, 0.0, 10.0, "", "of the reward")},
    sizes={"days": Size(600, 3, 10_000, "of the series")},
    policies={"read": read},
    starts=lambda world: len(world.prices) - 2,
    slots={
        "forecast": Slot(
            raw=lambda days: spaces.Box(-np.inf, np.inf, (LAYOUT.size,), np.float32),
            truth=lambda days: spaces.Box(-np.inf, np.inf, (HOURS,), np.float32),
            meaning="the prices of the day",
            sense=sense,
            tell=tell,
            baselines={"yesterday": yesterday},
            default="truth",
            refresh="day",
            now="hour",
            width=10.0,
            layout=lambda days: LAYOUT,
            estimate=estimate,
            key="day",
            keys=lambda world: len(world.prices) - 1,
            tables={"published": _published, "partial": _partial},
            read_table=read_table,
            noise_correlation=0.8,
            measures=("MAE", "shape-MAE", "pinball", "coverage"),
        )
    },
)
