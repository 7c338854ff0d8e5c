"""The table of public time series: where each comes from, what is forecast, what is known, how its time is divided."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from ..utils.wording import did_you_mean
from . import datasets
from .datasets import Dataset
from .series import Series
from .series_files import Reading, frozen, read_series
from .tables import check_columns, read_numbers

EPF_TEST, EPF_VALIDATION = 728 * 24, 364 * 24  # rows: the last 104 weeks (Lago et al. 2021), the year before them
PUBLISHED = "epf_benchmark_forecasts.csv"
PUBLISHED_SUM = "ddfc0049d2dca5c96a2ca5db00373cfa5266ef81ab7208b5712d07c612011f08"


@dataclass(frozen=True, kw_only=True)
class SeriesSet(Dataset):
    """A public time series."""

    splits: Callable[[int], dict[str, tuple[int, int]]]  # of so many rows
    reading: Reading = field(default_factory=Reading)
    bare: bool = False  # numbers alone, one step apart, without names and times; its columns are numbered
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


RAW = "https://raw.githubusercontent.com/"
ETT_URL = f"{RAW}zhouhaoyi/ETDataset/main/ETT-small/"
BROWNLEE, VEGA = f"{RAW}jbrownlee/Datasets/master/", f"{RAW}vega/vega-datasets/main/data/"
EPF_PAGE = "https://zenodo.org/records/4624805"
LTSF_PAGE = "https://github.com/thuml/Autoformer"
LTSF = "it is handed on in an archive of several sets"


def _set(title: str, folder: str, file: str, url: str, sha: str, **more: Any) -> SeriesSet:
    """A series in one file; its parts of time are 70, 10 and 20 % where nothing else is said."""
    more = {"licence": "not stated", "splits": shares(0.7, 0.1), **more}
    return SeriesSet(title=title, folders=(folder,), urls=(url,), archive=None, files={"all": {file: (sha,)}}, **more)


def _ett(name: str, per_hour: int, sha: str) -> SeriesSet:
    url, title = f"{ETT_URL}{name}.csv", f"Electricity transformer temperature, {name} (Zhou et al. 2021)"
    return _set(title, "ett", f"{name}.csv", url, sha, licence="CC BY-ND 4.0", splits=months(per_hour))


def _epf(market: str, known: tuple[str, str], sha: str) -> SeriesSet:
    made = _set(
        f"Day-ahead electricity prices, {market} (Lago et al. 2021)",
        "energy",
        f"epf_{market}.csv",
        EPF_PAGE,
        sha,
        splits=last_weeks,
        reading=Reading(targets=("price",), known=known),
        market=market,
        by_hand=f"its columns have other names there; {market}.csv can be read as it is: --file {market}.csv "
        '--target Price --known "Exogenous 1,Exogenous 2"',
    )
    return replace(made, files={**made.files, "published": {PUBLISHED: (PUBLISHED_SUM,)}})


SERIES_SETS: dict[str, SeriesSet] = {
    "etth1": _ett("ETTh1", 1, "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066"),
    "ettm1": _ett("ETTm1", 4, "6ce1759b1a18e3328421d5d75fadcb316c449fcd7cec32820c8dafda71986c9e"),
    "exchange": _set(
        "Exchange rates of 8 countries, daily 1990-2016 (Lai et al. 2018)",
        "mts",
        "exchange_rate.txt",
        f"{RAW}laiguokun/multivariate-time-series-data/master/exchange_rate/exchange_rate.txt.gz",
        "0127465b51e3cd3c360f8eb2be30cfd294689a2a55903eb8245aafc396626c7f",
        reading=Reading(step="1d"),
        bare=True,
    ),
    "weather": _set(
        "Weather of Jena, 2020, every 10 minutes (Max Planck Institute for Biogeochemistry)",
        "mts",
        "weather.csv",
        LTSF_PAGE,
        "34ee981d07313e51da2a50bb600072c8ae4a69cb4b0651f4cb93a069d7a2ba63",
        by_hand=LTSF,
        # One time stands twice, 9 rows are missing, and 50 numbers in a row are coded -9999.
        reading=Reading(missing=(-9999.0,), repair=True, longest_gap=34),
    ),
    "illness": _set(
        "Influenza-like illness in the USA, weekly 2002-2020 (Centers for Disease Control)",
        "mts",
        "national_illness.csv",
        LTSF_PAGE,
        "93601f64d2566dc796ca4305adad8b8560c2db1a1ff04543c3bd813a7263570a",
        licence="not stated; data of the US government",
        by_hand=LTSF,
    ),
    "seattle": _set(
        "Weather of Seattle, daily 2012-2015 (NOAA)",
        "series",
        "seattle_weather_daily.csv",
        f"{VEGA}seattle-weather.csv",
        "0845078a290b48e3149ab8639966824110a251db4e06fc144c06ebb534af23be",
        licence="public domain (US government)",
        reading=Reading(left_out=("weather",)),
    ),
    "melbourne": _set(
        "Lowest temperature of the day in Melbourne, 1981-1990 (Australian Bureau of Meteorology)",
        "series",
        "daily-min-temperatures.csv",
        f"{BROWNLEE}daily-min-temperatures.csv",
        "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da",
        reading=Reading(repair=True),  # the last days of 1984 and 1988 are missing
    ),
    "airline": _set(
        "Airline passengers, monthly 1949-1960, in thousands (Box & Jenkins 1976)",
        "series",
        "airline-passengers.csv",
        f"{BROWNLEE}airline-passengers.csv",
        "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621",
        splits=shares(0.5, 0.2),  # 144 rows
    ),
    "sunspots": _set(
        "Sunspots, monthly 1749-1983 (Andrews & Herzberg 1985)",
        "series",
        "monthly-sunspots.csv",
        f"{BROWNLEE}monthly-sunspots.csv",
        "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3",
    ),
    "sp500": _set(
        "S&P 500, days of trading 2000-2020 (Yahoo Finance)",
        "series",
        "sp500_2000_2020_daily.csv",
        f"{VEGA}sp500-2000.csv",
        "9409e9342d0657c747324e4cfabce8a8c7f663bc485b95a3378f36b0a160f8c8",
        reading=Reading(targets=("close",), left_out=("adjclose",), uneven=True, step="1d"),  # it equals close
    ),
    "opsd": _set(
        "Electricity in Germany, GWh a day 2012-2017: consumption, wind, solar (Open Power System Data)",
        "energy",
        "opsd_germany_daily.csv",
        f"{RAW}jenfly/opsd/master/opsd_germany_daily.csv",
        "729b025d984497827cb6b89048d7c2c6a551e7aa727bc47ea0b74a2d1e84675d",
        reading=Reading(left_out=("Wind+Solar",), repair=True),  # solar begins in 2012; 3 days of wind or solar lack
    ),
    "beijing": _set(
        "Fine dust (PM2.5) and weather in Beijing, hourly 2010-2014 (Liang et al. 2015)",
        "energy",
        "beijing_pm25_2010_2014.csv",
        f"{BROWNLEE}pollution.csv",
        "892e9559205d16d32623135c127a3951c12e46ea1e0b3093e107ce89a9fd60e2",
        reading=Reading(
            time=("year", "month", "day", "hour"),
            targets=("pm2.5",),
            left_out=("No", "cbwd"),
            repair=True,
            longest_gap=155,  # 2,043 hours of dust are missing, up to 155 in a row
        ),
    ),
    "epf-np": _epf(
        "NP",
        ("grid_load_forecast", "wind_power_forecast"),
        "055907d0f4a588aca5b41cf058ec24047ee8d1aad25255d4c2a4f34b4912af64",
    ),
    "epf-pjm": _epf(
        "PJM",
        ("system_load_forecast", "zonal_comed_load_forecast"),
        "41cd1d0a616a8fb43dc26256ff88b5f36db4d256d911074829899e03ab809f12",
    ),
    "epf-be": _epf(
        "BE",
        ("generation_forecast", "system_load_forecast"),
        "1ead2ea9455f1ff5d9c2b61793e94544a168c24a923fe62d68ea11f1a40f07b9",
    ),
    "epf-fr": _epf(
        "FR",
        ("generation_forecast", "system_load_forecast"),
        "536db61ff8ba89ed136f581ad2f5b2d63bca49f0fcce1c6b76bb2609c39fa7ba",
    ),
    "epf-de": _epf(
        "DE",
        ("ampirion_load_forecast", "pv_plus_wind_forecast"),
        "c3b9debac048e4a6d45e1fa0ac4fbea2728fd892cabfbdd3cc324d44df777d8a",
    ),
}


def find_set(name: str) -> SeriesSet:
    """The entry of the table; ``ValueError`` for an unknown name."""
    if name not in SERIES_SETS:
        raise ValueError(f"unknown series {name!r}{did_you_mean(name, SERIES_SETS)}")
    return SERIES_SETS[name]


@lru_cache(maxsize=8)
def load_set(name: str) -> Series:
    """A public series by its name, as the table says.

    Raises:
        FileNotFoundError: it is not at hand; the message names the address, the folder and the variable.
        ValueError: an unknown name; a file is damaged.
    """
    entry = find_set(name)
    return read_set(name, entry.reading)


def read_set(name: str, reading: Reading) -> Series:
    """A public series by its name, read in another way than the table says; raises as ``load_set``."""
    entry = find_set(name)
    (data,) = datasets.read_files(entry, "all").values()
    if entry.bare:
        values = read_numbers(data, name)
        names = [str(number + 1) for number in range(values.shape[1])]
        check_columns(names, [*reading.targets, *reading.left_out, *reading.columns], name)
        columns = tuple(x for x in names if x not in reading.left_out and x in (reading.columns or names))
        values, targets = values[:, [names.index(x) for x in columns]], reading.targets or columns
        return Series(
            name=name,
            times=None,
            step=reading.step,
            values=frozen(values),
            columns=columns,
            targets=targets,
            known=(),
            splits=MappingProxyType(entry.splits(len(values))),
            published=MappingProxyType({}),
        )
    series = read_series(data, name, reading, lambda rows, times: entry.splits(rows))
    if entry.market:
        return replace(series, published=MappingProxyType(_published(entry.market, series)))
    return series


def _published(market: str, series: Series) -> dict[str, np.ndarray]:
    """The forecasts that were published for a market, at the rows of its series."""
    assert series.times is not None
    (data,) = datasets.read_files(find_set(series.name), "published").values()
    lines = [line for line in csv.DictReader(io.StringIO(data.decode())) if line["market"] == market]
    rows = np.searchsorted(series.times, np.array([line["date"] for line in lines], "datetime64[s]"))
    found = {}
    for name, column in (("dnn", "dnn_ensemble"), ("lear", "lear_ensemble")):
        values = np.full(len(series), np.nan)
        values[rows] = [float(line[column]) for line in lines]
        found[name] = frozen(values)
    return found
