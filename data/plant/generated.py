"""Generated load and ambient temperature of a plant: five years that are made up, for whoever has no data of a machine.

Hourly rows of two columns:

    load      share of the rated load: two shifts on working days with a ramp before and after, one shift on Saturdays,
              little at night and on Sundays; times the state of the order book, which wanders over weeks, plus what
              changes from hour to hour
    ambient   °C in the hall: a year, a day, and weather with a memory of days

The first 156 weeks are for training (the last 52 of these for validation), the last 104 are the test. Loads are rounded
to 0.001, temperatures to 0.1 °C, so that they are the same on every machine.
"""

from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ..generated_prices import autoregress
from ..series import Series, calendar_of

NAME = "generated"
FIRST = np.datetime64("2018-01-01", "s")  # a Monday
WEEKS, TEST_WEEKS, VALIDATION_WEEKS = 260, 104, 52
WEEK = 168  # h
SEED = 20180102

NIGHT, SHIFT = 0.25, 0.85  # share of the rated load
# How far each hour is on the way from night to shift: working days, and Saturdays. Sundays are all night.
WORKING = np.array([0, 0, 0, 0, 0, 30, 80, 100, 100, 100, 100, 100, 90, 95, 100, 100, 100, 100, 100, 95, 85, 60, 20,
                    0]) / 100.0  # fmt: skip
SATURDAY = np.array([0, 0, 0, 0, 0, 20, 60, 80, 80, 80, 80, 70, 40, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) / 100.0
LEAST, MOST = 0.05, 1.0  # of the load
HALL, YEARLY, DAILY, WEATHER = 18.0, 7.0, 2.5, 2.5  # °C


@lru_cache(maxsize=1)
def generate_plant() -> Series:
    """The series: columns load (share of the rated load) and ambient (°C)."""
    generator = np.random.default_rng(SEED)
    rows = WEEKS * WEEK
    times = FIRST + np.arange(rows) * np.timedelta64(3600, "s")
    hour, weekday, yearday, _ = calendar_of(times).astype(np.float64).T
    values = np.stack([_load(generator, hour, weekday), _ambient(generator, hour, yearday)], axis=1)
    values.flags.writeable = times.flags.writeable = False
    test, validation = rows - TEST_WEEKS * WEEK, rows - (TEST_WEEKS + VALIDATION_WEEKS) * WEEK
    return Series(
        name=NAME,
        times=times,
        step="1h",
        values=values,
        columns=("load", "ambient"),
        targets=("load",),
        known=("ambient",),
        splits=MappingProxyType({"train": (0, validation), "validation": (validation, test), "test": (test, rows)}),
        published=MappingProxyType({}),
    )


def _wander(generator: np.random.Generator, count: int, memory: float) -> np.ndarray:
    """(count,) a first-order autoregression of standard deviation 1 that forgets within ``memory`` rows (1/e)."""
    keep = 1.0 - 1.0 / memory
    shocks = generator.normal(0.0, (1.0 - keep * keep) ** 0.5, count)
    shocks[0] = generator.normal()
    return autoregress(shocks, keep)


def _load(generator: np.random.Generator, hour: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    at = hour.astype(int)
    shift = np.where(weekday < 5, WORKING[at], np.where(weekday == 5, SATURDAY[at], 0.0))
    orders = 1.0 + 0.12 * _wander(generator, len(at), 3.0 * WEEK)
    load = (NIGHT + (SHIFT - NIGHT) * shift) * orders + 0.06 * _wander(generator, len(at), 4.0)
    return np.round(np.clip(load, LEAST, MOST), 3)


def _ambient(generator: np.random.Generator, hour: np.ndarray, yearday: np.ndarray) -> np.ndarray:
    year = -np.cos(2.0 * np.pi * (yearday - 20.0) / 365.25)  # coldest on the 21st of January
    day = -np.cos(2.0 * np.pi * (hour - 3.0) / 24.0)  # and at 3 in the night
    return np.round(HALL + YEARLY * year + DAILY * day + WEATHER * _wander(generator, len(hour), 60.0), 1)
