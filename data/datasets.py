"""Public data sets of any kind: found in the folders for data or fetched, and read as bytes whose SHA-256 is known.

A set is a ``Dataset``; a kind of set is a subclass of it and a table of such sets, a module like ``image_sets.py``.
A set is looked for in the folders that the variable ``LUDUS_DATA`` names (several are separated as in ``PATH``), then
in the user's cache, ``~/.cache/ludus``. ``fetch`` downloads it into the latter.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..utils.files import write_atomically
from ..utils.untrusted import GIB, MIB, read_regular, unpack_gzip
from ..utils.wording import did_you_mean, in_one_line

MOST_FILE = GIB  # bytes of a file of a set
MOST_TAR, MOST_MEMBER = 64 * MIB, 16 * MIB  # bytes, unpacked, of a tar that is never unpacked onto a disk


@dataclass(frozen=True)
class Dataset:
    """A public data set: where it comes from, and what its files must be.

    A file may lie in its folder gzipped, as NAME.gz; the sums are those of what is unpacked.
    """

    title: str
    licence: str
    folders: tuple[str, ...]  # names under which it lies in a data folder
    urls: tuple[str, ...]  # of the files in their order, perhaps gzipped, or of an archive that holds them
    archive: str | None  # SHA-256 of that archive
    files: dict[str, dict[str, tuple[str, ...]]]  # split -> file -> the SHA-256 sums of its known editions
    # Why it cannot be fetched, and what can be done; the address is then that of a page.
    by_hand: str = field(default="", kw_only=True)


class NotAtHand(FileNotFoundError):
    """A set is not here, and could not be fetched. Its text has two lines: what is missing, and what can be done."""

    def __init__(self, dataset: Dataset, why: str = "") -> None:
        super().__init__(
            f"{dataset.title} is not here{why};\nget it from {dataset.urls[0]} and put its files into "
            f"{cache_folder() / dataset.folders[0]}, or let the variable LUDUS_DATA name the folder in which "
            f"{dataset.folders[0]} lies"
        )


def cache_folder() -> Path:
    """The user's cache: fetched sets, and what was made of them."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ludus"


def data_folders() -> list[Path]:
    """Where sets are looked for, in this order."""
    named = [Path(part) for part in os.environ.get("LUDUS_DATA", "").split(os.pathsep) if part]
    return [*named, cache_folder()]


def check_split(split: str, known: Iterable[str]) -> None:
    """``ValueError`` if ``split`` is none of the ``known`` ones."""
    if split not in known:
        raise ValueError(f"unknown split {split!r}{did_you_mean(split, known)}")


def locate(dataset: Dataset, split: str) -> Path | None:
    """The folder that holds the files of a split, or ``None``; ``ValueError`` for an unknown split."""
    check_split(split, dataset.files)
    for folder in data_folders():
        for path in (folder / part for part in dataset.folders):
            if all(_find(path, file) is not None for file in dataset.files[split]):
                return path
    return None


def _find(folder: Path, file: str) -> Path | None:
    """A file of a set in ``folder``, as it is or gzipped."""
    return next((path for path in (folder / file, folder / f"{file}.gz") if path.is_file()), None)


def _content(path: Path, file: str) -> bytes:
    """What is in a file that ``_find`` found; ``ValueError`` if it is too large, or cannot be unpacked."""
    data = read_regular(path, MOST_FILE)
    if path.name == Path(file).name:
        return data
    try:
        return unpack_gzip(data, MOST_FILE)
    except ValueError as fault:
        raise ValueError(f"{path} is damaged: {fault}; remove it and get it again") from None


def is_at_hand(dataset: Dataset) -> bool:
    """Whether the files of all splits can be read without a download."""
    return all(locate(dataset, split) is not None for split in dataset.files)


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 of the names and sums of a set's files, which ``read_files`` holds them to; none of them is read."""
    told = "".join(f"{file} {known[0]}\n" for files in dataset.files.values() for file, known in files.items())
    return hashlib.sha256(told.encode()).hexdigest()


def fetch(dataset: Dataset) -> None:
    """Download a set into the user's cache, unless it is at hand.

    Raises:
        NotAtHand: it cannot be downloaded; the message names the address, the folder and the variable.
    """
    if is_at_hand(dataset):
        return
    if dataset.by_hand:
        raise NotAtHand(dataset, f", and cannot be fetched: {dataset.by_hand}")
    import pooch

    pooch.get_logger().setLevel("WARNING")  # the bar says what happens
    target = cache_folder() / dataset.folders[0]
    sums = {file: known[0] for files in dataset.files.values() for file, known in files.items()}
    for url, file in zip(dataset.urls, [*sums] if dataset.archive is None else [""], strict=True):
        name = url.rpartition("/")[2]
        packed = dataset.archive is None and name.endswith(".gz") and not file.endswith(".gz")
        if dataset.archive is None:
            name = f"{file}.gz" if packed else file
        known_sum = None if packed else f"sha256:{dataset.archive or sums[file]}"
        try:
            got = pooch.retrieve(url, known_sum, name, target, progressbar=True)
            if packed and (found := hashlib.sha256(_content(Path(got), file)).hexdigest()) != sums[file]:
                Path(got).unlink()
                raise ValueError(f"its SHA-256 is {found}, expected {sums[file]}")
        except Exception as fault:  # whatever requests, the network or the disk raise
            raise NotAtHand(dataset, f", and cannot be downloaded: {_reason(fault, url)}") from None
        if dataset.archive is not None:
            with tarfile.open(got) as archive:
                for member in archive.getmembers():
                    base = member.name.rpartition("/")[2]
                    if member.isfile() and base in sums:
                        stream = archive.extractfile(member)
                        assert stream is not None
                        write_atomically(target / base, stream.read())


def _reason(fault: Exception, url: str) -> str:
    """Why a download failed, in a few words: requests' own texts tell of pools and retries."""
    import requests

    host = urlsplit(url).hostname
    if isinstance(fault, requests.exceptions.Timeout):
        return f"{host} does not answer"
    if isinstance(fault, requests.exceptions.ConnectionError):
        return f"no connection to {host}"
    if isinstance(fault, requests.exceptions.HTTPError) and fault.response is not None:
        fault.response.close()  # pooch leaves it open
        return f"{host} answers {fault.response.status_code} {fault.response.reason}"
    return in_one_line(fault)


def read_files(dataset: Dataset, split: str) -> dict[Path, bytes]:
    """The files of a split, in the order of ``dataset.files``, and what is in them.

    Raises:
        NotAtHand: the message names the address, the folder and the variable.
        ValueError: an unknown split; a file is none, has more than ``MOST_FILE`` bytes, or is damaged: with its name,
            the hash that it has and the expected one.
    """
    folder = locate(dataset, split)
    if folder is None:
        raise NotAtHand(dataset)
    contents = {}
    for file, known in dataset.files[split].items():
        path = _find(folder, file)
        assert path is not None
        data = _content(path, file)
        found = hashlib.sha256(data).hexdigest()
        if found not in known:
            raise ValueError(
                f"{path} is damaged or of another edition: its SHA-256 is {found} ({len(data):,} bytes), "
                f"expected {known[0]}; remove it and fetch it again from {dataset.urls[0]}"
            )
        contents[path] = data
    return contents


def read_members(data: bytes, names: list[str], source: str) -> dict[str, bytes]:
    """What is in the members ``names`` of a tar, gzipped; nothing else of it is looked at, and nothing unpacked.

    Raises:
        ValueError: no tar, one that unpacks to more than ``MOST_TAR`` bytes, or a member that is missing, no regular
            file, or larger than ``MOST_MEMBER``.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(unpack_gzip(data, MOST_TAR)), mode="r:") as archive:
            for member in archive:
                if member.name not in names or member.name in found:
                    continue
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is None or member.size > MOST_MEMBER:
                    raise ValueError(f"its member {Path(member.name).name} is no file of at most {MOST_MEMBER:,} bytes")
                found[member.name] = stream.read(member.size)
    except (tarfile.TarError, ValueError, EOFError) as fault:
        raise ValueError(f"{source} is damaged: {fault}; get it again") from None
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{source} is damaged: it has no member {missing[0]}; get it again")
    return found
