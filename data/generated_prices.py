"""Generated day-ahead prices: six years of a market that is made up, for whoever has no data or may not fetch any.

Hourly prices (€/MWh) with two columns that are published before the day, in the shape of the sets ``epf-…``. What they
are made of, as in Weron 2014, *Electricity price forecasting*, and in markets with much wind and sun:

    load          a working day's shape with its morning and evening, weekends and seasons, and weather with a memory
                  of days; what is published is the load with an error of a standard deviation of 2 % of the mean
    wind + solar  wind from a slow process with a memory of about a day and more of it in winter; sun by hour and
                  season, dimmed by clouds; published with an error of a standard deviation of 12 % of the value
    price         rises with what load is left for other plants (load - wind - solar), steeply where that is scarce,
                  and falls below zero where nearly nothing is left; times the price of fuel, which wanders over months;
                  plus noise with a memory of hours, and rare spikes upwards that fade within hours

The first four years are for training (the fourth of these for validation), the last 104 weeks are the test. Prices are
rounded to 0.01 €/MWh, loads to 1 MW, so that they are the same on every machine.
"""

from functools import lru_cache
from types import MappingProxyType

import numpy as np

from .series import Series, calendar_of

NAME = "generated"
FIRST = np.datetime64("2018-01-01", "s")  # a Monday
DAYS, TEST_DAYS, VALIDATION_DAYS = 312 * 7, 104 * 7, 52 * 7
SEED = 20180101

LOAD = 20_000.0  # MW, in the mean
# Share of the mean load at each hour of a working day and of a Sunday; Saturdays lie between.
WORKING = np.array([77, 73, 71, 71, 74, 82, 95, 107, 113, 115, 116, 117, 116, 114, 112, 110, 110, 113, 117, 118, 113,
                    105, 96, 86]) / 100.0  # fmt: skip
SUNDAY = np.array([73, 68, 66, 65, 65, 66, 69, 74, 81, 87, 91, 94, 93, 88, 85, 83, 84, 90, 98, 101, 98, 93,
                   87, 79]) / 100.0  # fmt: skip
SATURDAY = 0.5  # how far a Saturday is on the way from a working day to a Sunday
WINTER = 0.09  # by what share the load is higher in January, and lower in July
WIND, SUN = 3_400.0, 5_500.0  # MW: mean wind, and the most that the sun gives at noon in June
LEVEL, SLOPE = 35.0, 13.0  # €/MWh at the mean residual load, and per share of the mean load
SPIKES = 0.0012  # chance per hour


@lru_cache(maxsize=1)
def generate_prices() -> Series:
    """The series: columns price (€/MWh), load_forecast and wind_solar_forecast (MW)."""
    generator = np.random.default_rng(SEED)
    rows = DAYS * 24
    times = FIRST + np.arange(rows) * np.timedelta64(3600, "s")
    hour, weekday, yearday, _ = calendar_of(times).astype(np.float64).T
    load, load_forecast = _load(generator, hour.astype(int), weekday, yearday)
    green, green_forecast = _wind_and_sun(generator, hour, yearday)
    price = _price(generator, (load - green) / LOAD)
    values = np.stack([np.round(price, 2), np.round(load_forecast), np.round(green_forecast)], axis=1)
    values.flags.writeable = times.flags.writeable = False
    test, validation = rows - TEST_DAYS * 24, rows - (TEST_DAYS + VALIDATION_DAYS) * 24
    splits = {"train": (0, validation), "validation": (validation, test), "test": (test, rows)}
    return Series(
        name=NAME,
        times=times,
        step="1h",
        values=values,
        columns=("price", "load_forecast", "wind_solar_forecast"),
        targets=("price",),
        known=("load_forecast", "wind_solar_forecast"),
        splits=MappingProxyType(splits),
        published=MappingProxyType({}),
    )


def autoregress(shocks: np.ndarray, keep: float) -> np.ndarray:
    """(T,) what remains, in each row, of that before it (its share ``keep``) and of the shocks (T,)."""
    values, value = np.empty(len(shocks)), 0.0
    for row in range(len(shocks)):
        value = keep * value + shocks[row]
        values[row] = value
    return values


def _remember(generator: np.random.Generator, count: int, memory: float) -> np.ndarray:
    """(count,) a first-order autoregression of standard deviation 1 that forgets within ``memory`` rows (1/e)."""
    keep = 1.0 - 1.0 / memory
    shocks = generator.normal(0.0, (1.0 - keep * keep) ** 0.5, count)
    shocks[0] += keep * generator.normal()
    return autoregress(shocks, keep)


def _load(
    generator: np.random.Generator, hour: np.ndarray, weekday: np.ndarray, yearday: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The load and its forecast, MW."""
    rest = np.where(weekday == 6, 1.0, np.where(weekday == 5, SATURDAY, 0.0))
    shape = (1.0 - rest) * WORKING[hour] + rest * SUNDAY[hour]
    season = 1.0 + WINTER * np.cos(2.0 * np.pi * (yearday - 15.0) / 365.25)
    weather = 0.03 * _remember(generator, len(hour), 72.0)
    load = LOAD * (shape * season + weather)
    return load, load + 0.02 * LOAD * _remember(generator, len(hour), 12.0)


def _wind_and_sun(
    generator: np.random.Generator, hour: np.ndarray, yearday: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Wind and sun together and their forecast, MW."""
    count = len(hour)
    winter = np.cos(2.0 * np.pi * (yearday - 15.0) / 365.25)
    wind = WIND * (1.0 + 0.3 * winter) * np.exp(0.75 * _remember(generator, count, 30.0) - 0.28)
    half_day = 6.0 - 2.0 * winter  # hours from noon to sunset
    high = np.maximum(np.cos(0.5 * np.pi * np.clip((hour - 12.0) / half_day, -1.0, 1.0)), 0.0)
    clouds = 1.0 / (1.0 + np.exp(1.2 * _remember(generator, count, 36.0) - 0.6))
    sun = SUN * (0.6 - 0.4 * winter) * high * clouds
    error = 1.0 + 0.12 * _remember(generator, count, 8.0)
    return wind + sun, np.maximum((wind + sun) * error, 0.0)


def _price(generator: np.random.Generator, residual: np.ndarray) -> np.ndarray:
    """Price at a residual load given as a share of the mean load, €/MWh."""
    count = len(residual)
    middle = 0.72  # the usual residual load
    scarce = 7.0 * np.exp(6.0 * (residual - 1.05))
    surplus = 6.0 * np.exp(np.minimum(9.0 * (0.3 - residual), 3.0))
    fuel = np.exp(0.15 * _remember(generator, count, 24.0 * 120))
    noise = 2.2 * _remember(generator, count, 9.0)
    starts = np.where(generator.random(count) < SPIKES, generator.exponential(45.0, count), 0.0)
    spikes, left = np.empty(count), 0.0
    for row in range(count):
        left = 0.6 * left + starts[row]
        spikes[row] = left
    price = fuel * (LEVEL + SLOPE * 2.0 * (residual - middle) + scarce) - surplus + noise + spikes
    return np.clip(price, -500.0, 3000.0)  # the limits of the European auction in those years
