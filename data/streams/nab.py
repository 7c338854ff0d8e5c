"""The Numenta Anomaly Benchmark (Lavin & Ahmad 2015; Ahmad et al. 2017), version 1.1: 58 streams, 116 windows.

It lies in a data folder as a tar, which is never unpacked onto a disk, or as the files that ``fetch`` downloads.
"""

from functools import lru_cache

import numpy as np

from ...utils.untrusted import parse_json
from ..datasets import Dataset, fetch, locate, read_files, read_members
from ..row_times import parse_times
from ..series_files import frozen
from ..tables import read_table
from .nab_files import FILES, WINDOWS
from .stream import Stream

NAME = "nab"
_RAW = "https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140/"
_TITLE = "Numenta Anomaly Benchmark 1.1 (Ahmad et al. 2017)"
_LICENCE = "MIT"
NAB = Dataset(
    _TITLE,
    _LICENCE,
    ("nab",),
    tuple(f"{_RAW}{name}" for name in FILES),
    None,
    {"all": {name: (known,) for name, known in FILES.items()}},
)
NAB_TAR = Dataset(
    _TITLE,
    _LICENCE,
    ("nab",),
    (_RAW,),
    None,
    {"all": {"nab_v1.1.tar.gz": ("8879d9f73fa36290df28b4a6de15a3067048885688da8fefc9a4eb638130bcde",)}},
)


def is_at_hand() -> bool:
    """Whether it can be read without a download."""
    return any(locate(form, "all") is not None for form in (NAB_TAR, NAB))


def fetch_nab() -> None:
    """Download it, unless it is at hand; ``FileNotFoundError`` if it cannot be, and what can be done."""
    if not is_at_hand():
        fetch(NAB)


@lru_cache(maxsize=1)
def load_nab() -> tuple[Stream, ...]:
    """All streams, in the order of their names GROUP/FILE.

    Raises:
        FileNotFoundError: it is not at hand; the message names the address, the folder and the variable.
        ValueError: a file is damaged.
    """
    contents = _contents()
    windows = parse_json(contents[WINDOWS])
    return tuple(
        _stream(name.removeprefix("data/"), contents[name], windows[name.removeprefix("data/")])
        for name in FILES
        if name != WINDOWS
    )


def _contents() -> dict[str, bytes]:
    if locate(NAB_TAR, "all") is None:
        return dict(zip(FILES, read_files(NAB, "all").values(), strict=True))
    ((path, data),) = read_files(NAB_TAR, "all").items()
    return read_members(data, list(FILES), str(path))


def _stream(name: str, data: bytes, windows: list[list[str]]) -> Stream:
    table = read_table(data, name, lambda names: ["timestamp"])
    times = parse_times(table.texts["timestamp"], name, table.rows, "timestamp")
    # A clock that was put back repeats times: a window begins and ends at the first row of its times.
    ends = np.array(windows, "datetime64[s]").reshape(-1, 2)
    rows = np.array([[np.flatnonzero(times == end)[0] for end in pair] for pair in ends], np.int64).reshape(-1, 2)
    return Stream(name, frozen(times), frozen(table.values), frozen(rows))
