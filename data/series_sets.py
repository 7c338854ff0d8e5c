"""The table of public time series: where each comes from, what is forecast, what is known, how its time is divided."""

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ..utils.wording import did_you_mean
from . import datasets
from .datasets import Dataset
from .series import Series

MOST_UNPACKED = 2**28  # bytes of an unpacked file
EPF_TEST, EPF_VALIDATION = 728 * 24, 364 * 24  # rows: the last 104 weeks (Lago et al. 2021), the year before them


@dataclass(frozen=True, kw_only=True)
class SeriesSet(Dataset):
    """A public time series."""

    step: str
    targets: tuple[str, ...]  # () for all columns
    known: tuple[str, ...] = ()
    splits: Callable[[int], dict[str, tuple[int, int]]]  # of so many rows
    header: bool = True  # else its columns are numbered
    dated: bool = True  # its first column is the time
    left_out: tuple[str, ...] = ()  # columns that are no numbers, or no part of the benchmark
    market: str = ""  # in the file of published price forecasts


def shares(train: float, validation: float) -> Callable[[int], dict[str, tuple[int, int]]]:
    """Consecutive parts of these shares; what is left is for the test."""

    def split(rows: int) -> dict[str, tuple[int, int]]:
        first, second = int(rows * train), rows - int(rows * (1.0 - train - validation) + 1e-9)
        return {"train": (0, first), "validation": (first, second), "test": (second, rows)}

    return split


def months(per_hour: int) -> Callable[[int], dict[str, tuple[int, int]]]:
    """12, 4 and 4 months of 30 days (Zhou et al. 2021); later rows are not used."""
    ends = [30 * 24 * per_hour * count for count in (12, 16, 20)]
    return lambda rows: {"train": (0, ends[0]), "validation": (ends[0], ends[1]), "test": (ends[1], ends[2])}


def last_weeks(rows: int) -> dict[str, tuple[int, int]]:
    """The last 728 days are the test, the 364 days before them the validation part."""
    test, validation = rows - EPF_TEST, rows - EPF_TEST - EPF_VALIDATION
    return {"train": (0, validation), "validation": (validation, test), "test": (test, rows)}


ETT_URL = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/"
EPF_URL = "https://zenodo.org/records/4624805/files/"


def _ett(name: str, per_hour: int, step: str, sha: str) -> SeriesSet:
    return SeriesSet(
        title=f"{name} (Zhou et al. 2021)",
        licence="CC BY-ND 4.0",
        folders=("ett",),
        urls=(f"{ETT_URL}{name}.csv",),
        archive=None,
        files={"all": {f"{name}.csv.gz": (sha,)}},
        step=step,
        targets=(),
        splits=months(per_hour),
    )


def _epf(market: str, known: tuple[str, str], sha: str) -> SeriesSet:
    return SeriesSet(
        title=f"Day-ahead electricity prices, {market} (Lago et al. 2021)",
        licence="not stated for the prices",
        folders=("energy",),
        urls=(f"{EPF_URL}{market}.csv",),
        archive=None,
        files={"all": {f"epf_{market}.csv.gz": (sha,)}, "published": {PUBLISHED[0]: (PUBLISHED[1],)}},
        step="1h",
        targets=("price",),
        known=known,
        splits=last_weeks,
        market=market,
    )


PUBLISHED = ("epf_benchmark_forecasts.csv.gz", "f720fc338923bfa25857dddc69b55b7da373ed5c61f66ba54426990a7ca9d813")
SERIES_SETS: dict[str, SeriesSet] = {
    "etth1": _ett("ETTh1", 1, "1h", "26204e5bf69574744981ac0c9ea74819dec71266f1caca55eaf2681ffceaa565"),
    "ettm1": _ett("ETTm1", 4, "15min", "329ffe8e5ad2b05506d9245706b9c92dee4fbfc772ad75ab72c2f3dc52e37b7a"),
    "exchange": SeriesSet(
        title="Exchange rates of 8 countries, daily 1990-2016 (Lai et al. 2018)",
        licence="not stated",
        folders=("mts",),
        urls=("https://raw.githubusercontent.com/laiguokun/multivariate-time-series-data/master/exchange_rate/",),
        archive=None,
        files={"all": {"exchange_rate.txt.gz": ("6a4fbb561dcdee43f071a83badbeec9223a335552278348656738b556f1c2e9d",)}},
        step="1d",
        targets=(),
        splits=shares(0.7, 0.1),
        header=False,
        dated=False,
    ),
    "weather": SeriesSet(
        title="Weather of Jena, 2020, every 10 minutes (Max Planck Institute for Biogeochemistry)",
        licence="not stated",
        folders=("mts",),
        urls=("https://www.bgc-jena.mpg.de/wetter/",),
        archive=None,
        files={"all": {"weather.csv.gz": ("538b74a3db28c695f596cdcd0a774b0b541f46b2470871e2356edcfa70ef36a7",)}},
        step="10min",
        targets=(),
        splits=shares(0.7, 0.1),
    ),
    "epf-np": _epf(
        "NP",
        ("grid_load_forecast", "wind_power_forecast"),
        "2b15738d10af9611525a2c7b9fab4fdf39f2b2bc70481bfc25bbcf1279daa212",
    ),
    "epf-pjm": _epf(
        "PJM",
        ("system_load_forecast", "zonal_comed_load_forecast"),
        "6a9c076d9f6f50a16d1b0f3de0fa6e1df9cd5e58ccb9c63b5756b1c3f5fb8abb",
    ),
    "epf-be": _epf(
        "BE",
        ("generation_forecast", "system_load_forecast"),
        "39ca67212da61c0ef959deaf205cd1a8c8e5515e79af31fadaead05e3242b04b",
    ),
    "epf-fr": _epf(
        "FR",
        ("generation_forecast", "system_load_forecast"),
        "4f0854c33f918fef2ac16f9320609c7704d2ca441202290412026f7d031799f0",
    ),
    "epf-de": _epf(
        "DE",
        ("ampirion_load_forecast", "pv_plus_wind_forecast"),
        "f7f33794b1f47f42a92025caefb183febb0d6750e94585ffc882d3865fb811d7",
    ),
}


def find_set(name: str) -> SeriesSet:
    """The entry of the table; ``ValueError`` for an unknown name."""
    if name not in SERIES_SETS:
        raise ValueError(f"unknown series {name!r}{did_you_mean(name, SERIES_SETS)}")
    return SERIES_SETS[name]


@lru_cache(maxsize=8)
def load_set(name: str) -> Series:
    """A public series by its name.

    Raises:
        FileNotFoundError: it is not at hand; the message names the address, the folder and the variable.
        ValueError: an unknown name; a file is damaged.
    """
    entry = find_set(name)
    (data,) = datasets.read_files(entry, "all").values()
    lines = list(csv.reader(io.StringIO(_text(data))))
    first = lines.pop(0) if entry.header else [str(number + 1) for number in range(len(lines[0]))]
    times = np.array([line[0] for line in lines], "datetime64[s]") if entry.dated else None
    begin = 1 if entry.dated else 0
    columns = tuple(first[begin:])
    values = np.array([[float(cell) for cell in line[begin:]] for line in lines])
    values.flags.writeable = False
    published = _published(entry, times) if entry.market else {}
    return Series(
        name=name,
        times=times,
        step=entry.step,
        values=values,
        columns=columns,
        targets=entry.targets or columns,
        known=entry.known,
        splits=MappingProxyType(entry.splits(len(values))),
        published=MappingProxyType(published),
    )


def _text(data: bytes) -> str:
    with gzip.open(io.BytesIO(data)) as stream:
        return stream.read(MOST_UNPACKED).decode()


def _published(entry: SeriesSet, times: np.ndarray | None) -> dict[str, np.ndarray]:
    """The forecasts that were published for a market, at the rows of its series."""
    assert times is not None
    (data,) = datasets.read_files(entry, "published").values()
    lines = [line for line in csv.DictReader(io.StringIO(_text(data))) if line["market"] == entry.market]
    rows = np.searchsorted(times, np.array([line["date"] for line in lines], "datetime64[s]"))
    found = {}
    for name, column in (("dnn", "dnn_ensemble"), ("lear", "lear_ensemble")):
        values = np.full(len(times), np.nan)
        values[rows] = [float(line[column]) for line in lines]
        values.flags.writeable = False
        found[name] = values
    return found
