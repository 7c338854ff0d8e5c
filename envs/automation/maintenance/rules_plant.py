"""The plant of Maintenance: hourly load and ambient temperature, held once for all environments."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ....data.plant import generated
from ....data.series import Series
from ....data.series_load import load_series
from ..series_choice import pin_series, read_as_it_stands, version_of
from .constants import COLDEST, HOTTEST, MOST_LOAD, WEEK

LOAD, AMBIENT = "load", "ambient"  # columns of a file
# Public series that stand for a plant: which columns are load and ambient temperature.
PLANTS = {"etth1": ("HUFL", "OT")}
NAMES = (generated.NAME, *PLANTS)
SPLITS = ("train", "test")
LOWEST, HIGHEST = 1.0, 99.0  # percentiles of a public series' training load that count as loads of 0 and 1


class Plant(NamedTuple):
    """The world of Maintenance: the H hours of one split, after whose last one the first comes again."""

    load: np.ndarray  # (H,) share of the rated load
    ambient: np.ndarray  # (H,) °C
    mean_load: np.ndarray  # (1,) of the training split
    samples: np.ndarray  # (1,) int64, of the sensors in an hour


def load_plant(data: str) -> tuple[Series, str, str]:
    """The series that ``data`` names, and its columns of load and ambient temperature.

    Raises:
        FileNotFoundError, ValueError: as ``load_series`` says.
    """
    if data == generated.NAME:
        return generated.generate_plant(), LOAD, AMBIENT
    if data in PLANTS:
        return load_series(data), *PLANTS[data]
    return _read_plant(data, version_of(data)), LOAD, AMBIENT


def pin(data: str) -> tuple[str, str]:
    """See ``pin_series``."""
    return pin_series(data, generated.NAME, PLANTS, load_plant)


@lru_cache(maxsize=4)
def _read_plant(path: str, version: tuple[int, int]) -> Series:
    def read() -> Series:
        return load_series(path, targets=(LOAD,), columns=(LOAD, AMBIENT))

    return read_as_it_stands(path, "plant", "Maintenance", NAMES, read)


def check_plant(series: Series, load: str, ambient: str) -> np.ndarray:
    """(T, 2) load and ambient temperature of a series that can be a plant; ``ValueError`` in one line if it cannot."""
    if series.times is None or series.step != "1h":
        raise ValueError(f"{series.name} is in steps of {series.step}, expected hourly rows with their times")
    for name in (load, ambient):
        if name not in series.columns:
            raise ValueError(
                f"{series.name} is no plant: it has the columns {', '.join(series.columns)}, and none is called "
                f"{name!r}; take {', '.join(NAMES)} or a file with columns {LOAD} and {AMBIENT}"
            )
    apart = np.flatnonzero(np.diff(series.times) != np.timedelta64(3600, "s"))
    if len(apart):
        where = str(series.times[apart[0] + 1]).replace("T", " ")[:16]
        raise ValueError(f"{series.name}: row {apart[0] + 2} ({where}) is not one hour after the row before; fill it")
    values = np.stack([series.column(load), series.column(ambient)], axis=1).astype(np.float64)
    if series.name in PLANTS:
        low, high = np.percentile(values[: series.splits["test"][0], 0], [LOWEST, HIGHEST])
        values[:, 0] = np.round(np.clip((values[:, 0] - low) / (high - low), 0.0, 1.0), 4)
    for column, (name, low, high) in enumerate(((load, 0.0, MOST_LOAD), (ambient, COLDEST, HOTTEST))):
        wrong = np.flatnonzero(~((values[:, column] >= low) & (values[:, column] <= high)))  # NaN, too
        if len(wrong):
            raise ValueError(
                f"{series.name}: row {wrong[0] + 1}, column {name} holds {values[wrong[0], column]:g}, expected "
                f"a number from {low:g} to {high:g} ({'share of the rated load' if name == load else '°C'}); correct it"
            )
    return values


def make_plant(data: str, split: str, samples: int) -> Plant:
    """The plant of ``split``: the last part of the series is ``test``, all before it ``train``."""
    return _plant(data, split, samples, version_of(data))


@lru_cache(maxsize=4)
def _plant(data: str, split: str, samples: int, version: tuple[int, int]) -> Plant:
    series, load, ambient = load_plant(data)
    values = check_plant(series, load, ambient)
    first, stop = series.splits["test"]
    mean = values[:first, 0].mean()
    if not mean > 0.0:
        raise ValueError(f"the load of {series.name} is 0 throughout its training split; give one that is not")
    if split == "train":
        first, stop = 0, first
    if stop - first < WEEK:
        raise ValueError(
            f"the {split} split of {series.name} has {stop - first} hours, expected {WEEK} or more; take a longer one"
        )
    plant = Plant(values[first:stop, 0].copy(), values[first:stop, 1].copy(), np.array([mean]), np.array([samples]))
    for array in plant:
        array.flags.writeable = False
    return plant


def count_weeks(world: Plant) -> int:
    """Whole weeks of the split, one after the other."""
    return len(world.load) // WEEK
