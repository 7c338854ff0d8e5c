"""The choice `data` of environments that live on a series: a name or a file, pinned for runs, and read as it stands."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from ...data import datasets, tables
from ...data.series import Series
from ...data.series_load import SUFFIXES
from ...data.series_sets import SERIES_SETS
from ...utils.untrusted import read_regular
from ...utils.wording import did_you_mean


def version_of(data: str) -> tuple[int, int]:
    """What changes when the file ``data`` is written anew, for caches; (0, 0) for one that is not there."""
    path = Path(data)
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)


def pin_series(data: str, made: str, public: Collection[str], load: Callable[[str], Any]) -> tuple[str, str]:
    """What ``data`` means today, for `Choice.pin`: its name or a file's absolute path, and the SHA-256 of the data.

    Args:
        made: The series that is made up; part of Ludus, it has no hash.
        public: Names of those of ``SERIES_SETS`` that the environment takes.
        load: Is called for a file that is not there, because it says so in better words.

    Raises:
        FileNotFoundError, ValueError: there are no such data.
    """
    if data == made:
        return data, ""
    if data in public:
        if not datasets.is_at_hand(SERIES_SETS[data]):
            raise datasets.NotAtHand(SERIES_SETS[data])
        return data, datasets.fingerprint(SERIES_SETS[data])
    path = Path(data).resolve()
    try:
        return str(path), hashlib.sha256(read_regular(path, tables.MOST_FILE)).hexdigest()
    except FileNotFoundError:
        load(data)
        raise


def read_as_it_stands(
    path: str, kind: str, environment: str, names: Sequence[str], read: Callable[[], Series]
) -> Series:
    """What ``read`` reads of the file ``path``; errors are without the options of `ludus fit`, which there are none of.

    Args:
        kind: What a series is to the environment, such as a market.
        names: Those that need no file, one of which may be misspelt.

    Raises:
        FileNotFoundError, ValueError: as ``load_series`` says, and for what is neither a file nor one of the names.
    """
    if not Path(path).exists() and Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path!r} is neither a file nor a {kind} of {environment}{did_you_mean(path, names)}")
    try:
        return read()
    except ValueError as fault:
        what, _, remedy = str(fault).rpartition("; ")
        if " --" in remedy:
            raise ValueError(f"{what}; correct the file, {environment} takes it as it stands") from None
        raise
