"""Reading what somebody else may have made: never a wait, never more memory than was said, and no in one line.

Every file that Ludus did not just write itself is read through here. Links are followed where a file is only read; what
they lead to must be a regular file. What a file says is a value of JSON's or YAML's plain kinds and nothing else.
"""

import csv
import gzip
import io
import json
import math
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import yaml

from .files import check_alone
from .wording import in_one_line

MIB, GIB = 2**20, 2**30
MOST_WEIGHTS = 4 * GIB  # bytes of a file of tensors
MOST_JSON = 8 * MIB  # bytes; the bounds of a picture with other ones in each pixel have 3
MOST_YAML = MIB // 4  # bytes; PyYAML takes seconds for each MiB
MOST_TABLE = 64 * MIB  # bytes of a CSV
MOST_EVENTS = 2**50  # bytes of TensorBoard's files, of which a few are read, one by one
MOST_PARTS = 1000  # of an archive
# What PyYAML raises for text that is no YAML, beside its own error: for impossible dates, unknown tags, deep nesting.
PYYAML_RAISES = (
    yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError,
)  # fmt: skip
# Windows has neither named pipes nor terminals among its files, and needs to be told that bytes are bytes.
READING = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")
)
CHANGING = READING | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
KINDS = (
    (stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
)  # fmt: skip


def open_regular(path: Path, most: int, writable: bool = False) -> BinaryIO:
    """``path`` opened for reading, or for changing what is in it, if it is a regular file of at most ``most`` bytes.

    Raises:
        OSError: there is none (``FileNotFoundError``), or it cannot be opened.
        ValueError: it is something else, or larger. Of what is to be changed, links and hard links are something else.
    """
    look = os.lstat if writable else os.stat
    _check(path, look(path), most, writable)  # to open a device may already do something
    descriptor = os.open(path, CHANGING if writable else READING)
    try:
        _check(path, os.fstat(descriptor), most, writable)  # what counts: nobody can exchange what is open
        return os.fdopen(descriptor, "r+b" if writable else "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(path: Path, found: os.stat_result, most: int, writable: bool) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = next((words for test, words in KINDS if test(found.st_mode)), "something else")
        raise ValueError(f"{path} is {what}, expected a regular file; put the file itself there")
    if writable:
        check_alone(path, found)
    if found.st_size > most:
        raise ValueError(f"{path} has {found.st_size:,} bytes, at most {most:,} are read here; it is another file")


def read_regular(path: Path, most: int) -> bytes:
    """All bytes of a regular file of at most ``most``; see ``open_regular`` for what is raised."""
    with open_regular(path, most) as stream:
        return stream.read(os.fstat(stream.fileno()).st_size)  # it may grow, what is read does not


def unpack_gzip(data: bytes, most: int) -> bytes:
    """What gzipped bytes hold; ``ValueError`` where they are damaged, or hold more than ``most`` bytes."""
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise ValueError(f"it cannot be unpacked: {in_one_line(fault)}") from None
    if len(content) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes")
    return content


def parse_json(data: bytes | str) -> Any:
    """The plain value that JSON in UTF-8 says; ``ValueError`` for anything else."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_tensors(data: bytes) -> dict[str, Any]:
    """The tensors (of torch) that a safetensors file holds; ``ValueError`` for anything else."""
    import safetensors.torch  # and torch, which the environments do without

    try:
        return safetensors.torch.load(data)
    except Exception as fault:  # its own error; KeyError and more for kinds of numbers that torch has not
        raise ValueError(f"it holds no safetensors: {in_one_line(fault)}") from None


def read_npy_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of the array in a .npy file, whose numbers follow in ``stream``; ``ValueError`` for others."""
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, by_columns, dtype = read(stream)
    except Exception as fault:  # a header is a line of Python's literals, so there are many
        raise ValueError(f"it is no array: {in_one_line(fault)}") from None
    if dtype.hasobject:
        raise ValueError("something pickled is in it")
    if by_columns or dtype.names or not all(is_whole(n, 0, 2**62) for n in shape):
        raise ValueError(f"it holds {in_one_line(ValueError(dtype), 60)} {shape}, expected plain numbers, row by row")
    return shape, dtype


def read_npz(data: bytes, names: Iterable[str], most: int) -> dict[str, np.ndarray]:
    """Those of the arrays ``names`` that an .npz archive holds, of at most ``most`` bytes together; read-only.

    Raises:
        ValueError: no archive, a damaged one, or one that would unpack to more.
    """
    if data.count(b"PK\x01\x02") > MOST_PARTS:  # each entry of the table of contents begins so
        raise ValueError(f"it has more than {MOST_PARTS:,} parts")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            known = {f"{name}.npy": name for name in names}
            entries = [entry for entry in archive.infolist() if entry.filename in known]
            size = sum(entry.file_size for entry in entries)
            if size > most:
                raise ValueError(f"it unpacks to {size:,} bytes, at most {most:,} are read")
            arrays = {}
            for entry in entries:
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"{entry.filename} is compressed in another way than NumPy's")
                with archive.open(entry) as stream:
                    content = stream.read(entry.file_size)  # not one byte more, whatever comes
                    if stream.read(1):
                        raise ValueError(f"{entry.filename} is larger than the archive says")
                arrays[known[entry.filename]] = _array(content)
            return arrays
    except ValueError:
        raise
    except Exception as fault:  # of zipfile and zlib
        raise ValueError(in_one_line(fault)) from None


def _array(content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    shape, dtype = read_npy_header(stream)
    start, count = stream.tell(), math.prod(shape)
    if len(content) - start != count * dtype.itemsize:
        raise ValueError(f"it holds {len(content) - start} bytes, expected those of {dtype} {shape}")
    return np.frombuffer(content, dtype, count, start).reshape(shape) if count else np.empty(shape, dtype)


def read_table(path: Path) -> list[dict[Any, Any]]:
    """The lines of a CSV in UTF-8 with a header, as ``csv.DictReader`` gives them: ``None`` where a line is too short.

    Raises:
        OSError, ValueError: see ``open_regular``; or it is no CSV.
    """
    try:
        text = read_regular(path, MOST_TABLE).decode(errors="replace")  # a kill may have cut a letter in two
        return list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as fault:
        raise ValueError(f"{path} is no CSV: {in_one_line(fault)}; remove it, or restore it") from None


class _PlainLoader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases: a few lines of them stand for more values than there is memory."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "an alias (*name) is not read; write the value out", mark)
        return super().compose_node(parent, index)


def parse_yaml(data: bytes | str) -> Any:
    """The value that YAML in UTF-8 says.

    Raises:
        ValueError: it is none; the text says where, in a few words.
    """
    try:
        return yaml.load(data, _PlainLoader)
    except PYYAML_RAISES as fault:
        raise ValueError(_why_unreadable(fault)) from None


def _why_unreadable(fault: Exception) -> str:
    """Why a YAML file cannot be read, in a few words; with the line where there is one."""
    if isinstance(fault, UnicodeDecodeError):
        return "it is no text in UTF-8"
    if isinstance(fault, RecursionError):
        return "it is nested too deeply"
    mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
    if mark is not None:
        return f"line {mark.line + 1}, column {mark.column + 1}: {fault.problem}"  # type: ignore[attr-defined]
    if isinstance(fault, yaml.reader.ReaderError):
        if fault.encoding != "unicode":
            return "it is no text in UTF-8"
        return f"character {fault.position + 1} is none that YAML allows"
    return next(iter(str(fault).splitlines()), type(fault).__name__)


def is_number(value: Any) -> bool:
    """Whether a value from a file is a finite number that a float can hold; truths are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_whole(value: Any, low: int, high: int) -> bool:
    """Whether a value from a file is a whole number ``low`` … ``high``; truths are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
