"""Texts: public ones by name, anybody's file, and generated stories, each with its parts for training and testing."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..utils.untrusted import MIB, read_regular, unpack_gzip
from ..utils.wording import did_you_mean, in_line
from . import datasets, generated_text
from .text_sets import TEXT_SETS

NAMES = (*TEXT_SETS, generated_text.NAME)
TRAINED = 0.9  # share of the characters, the first ones, that are for training where nothing else is said
MOST_TEXT = 256 * MIB  # bytes of anybody's file, unpacked
SUFFIXES = (".txt", ".md", ".gz")  # of what is taken for a path even where there is no such file
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how a text in it begins


@dataclass(frozen=True)
class Text:
    """A text and its parts.

    Attributes:
        name: Of the public text, or of the file.
        validation: For choosing hyperparameters; empty where a text has no such part.
    """

    name: str
    train: str
    validation: str
    test: str


def load_text(name_or_path: str) -> Text:
    """A text by the name of a public one, ``generated``, or the path of a file of text in UTF-8, gzipped or not.

    A text of one piece is divided: the first 90 % of its characters are for training, the last 10 % for testing.

    Raises:
        FileNotFoundError: no such file; or a public text that is not at hand, with what can be done.
        ValueError: an unknown name; a file that is empty, too large, damaged, or not in UTF-8: with the first byte that
            is wrong.
    """
    if name_or_path == generated_text.NAME:
        return divided(generated_text.NAME, generated_text.generate_text())
    if name_or_path in TEXT_SETS:
        return _load_set(name_or_path)
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{in_line(name_or_path, 60)!r} is neither a file nor a public text{did_you_mean(name_or_path, NAMES)}"
        )
    try:
        data = read_regular(path, MOST_TEXT)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; expected a file of text in UTF-8") from None
    if path.suffix.lower() == ".gz":
        try:
            data = unpack_gzip(data, MOST_TEXT)
        except ValueError as fault:
            raise ValueError(f"{path} is damaged: {fault}") from None
    text = decode_text(data, str(path))
    if len(text) < 2:
        raise ValueError(f"{path} holds no text")
    return divided(path.name, text)


def fetch_text(name: str) -> None:
    """Download a public text, unless it is at hand; ``OSError`` if it cannot be, and what can be done."""
    if name in TEXT_SETS:
        datasets.fetch(TEXT_SETS[name])


def decode_text(data: bytes, source: str) -> str:
    """Bytes as text; ``ValueError`` with the first byte that is no UTF-8. A mark at the start (BOM) is left out."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        what = "it seems to be UTF-16" if data[:2] in UTF16 else "perhaps it is Latin-1"
        raise ValueError(
            f"{source} is no text in UTF-8: byte {fault.start:,} (line {line:,}) is 0x{data[fault.start]:02x}; {what}, "
            "which `iconv -f ENCODING -t UTF-8` turns into UTF-8"
        ) from None


def divided(name: str, text: str) -> Text:
    """A text of one piece, of which the first ``TRAINED`` are for training, the rest for testing."""
    cut = int(TRAINED * len(text))
    return Text(name, text[:cut], "", text[cut:])


@lru_cache(maxsize=2)
def _load_set(name: str) -> Text:
    entry = TEXT_SETS[name]
    parts = {}
    for split in entry.files:
        (data,) = datasets.read_files(entry, split).values()
        parts[split] = decode_text(data, name)
    return divided(name, parts["all"]) if "all" in parts else Text(name, **parts)
