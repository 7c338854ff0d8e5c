"""Parallel texts: sentences with their translations, by the name of a public set or from a stranger's files.

Two files are read line by line, line 17 of one being the translation of line 17 of the other; one file has both in a
line, with a tab between (TSV). What is wrong with them is said with file and line.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..utils.untrusted import MIB, read_regular, unpack_gzip
from ..utils.wording import counted, did_you_mean, in_line
from . import datasets, generated_phrases
from .parallel_sets import PARALLEL_SETS

SPLITS = ("train", "val", "test")
NAMES = (*PARALLEL_SETS, generated_phrases.NAME)  # of texts that need no file of one's own
MOST_FILE = 512 * MIB  # bytes of a file
LONGEST_LINE = 4000  # letters of a sentence; what is longer is no sentence
HELD = 0.05  # share of a stranger's pairs that is for validation, and as many for the test
MOST_HELD = 1000  # pairs of each of these, at most


@dataclass(frozen=True)
class Parallel:
    """Sentences and their translations, in the same order: ``sources[i]`` means ``targets[i]``."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)


def fetch_parallel(name: str) -> None:
    """Download a public set by its name, unless it is at hand; ``OSError`` if it cannot be, and what can be done."""
    if name in PARALLEL_SETS:
        datasets.fetch(PARALLEL_SETS[name])


def languages_of(name: str) -> tuple[str, ...]:
    """The languages of a set by its name; ``ValueError`` for an unknown one."""
    if name == generated_phrases.NAME:
        return generated_phrases.LANGUAGES
    if name not in PARALLEL_SETS:
        raise ValueError(f"unknown parallel text {name!r}{did_you_mean(name, NAMES)}")
    return PARALLEL_SETS[name].languages


@lru_cache(maxsize=8)
def load_parallel(name: str, source: str, target: str, split: str) -> Parallel:
    """A split (train, val, test) of a set by its name, from the language ``source`` to ``target``.

    Raises:
        FileNotFoundError: the set is not at hand; the message names the address, the folder and the variable.
        ValueError: an unknown name, language or split; a damaged file.
    """
    datasets.check_split(split, SPLITS)
    check_languages(name, source, target)
    if name == generated_phrases.NAME:
        texts = generated_phrases.generate_phrases(split)
        return Parallel(texts[source], texts[target])
    entry = PARALLEL_SETS[name]
    contents = datasets.read_files(entry, split)
    lines = {}
    for language in (source, target):
        file = next(file for file in entry.files[split] if file.endswith(entry.endings[language]))
        path, data = next((path, data) for path, data in contents.items() if path.name in (file, f"{file}.gz"))
        lines[language] = read_lines(data, str(path))
    return pair_up(lines[source], lines[target], name, name)


def check_languages(name: str, source: str, target: str) -> None:
    """``ValueError`` unless a set by its name has both languages, and they differ."""
    known = languages_of(name)
    for language in (source, target):
        if language not in known:
            raise ValueError(f"{name} has no language {language!r}{did_you_mean(language, known)}")
    if source == target:
        raise ValueError(f"{name}: from {source} to {target} is no translation; its languages are {', '.join(known)}")


def read_parallel(files: Sequence[str]) -> dict[str, Parallel]:
    """The splits of a stranger's pairs: two files, line by line, or one with a tab in each line.

    Those whose names end in .gz are unpacked. A pair goes to the validation part or to the test by a hash of its source
    sentence, 5 % of all (1,000 at most) each, so that no sentence stands in two of them.

    Raises:
        FileNotFoundError: no such file.
        ValueError: another number of lines, no text in UTF-8, an empty line, one that is too long, one without a tab or
            with several; fewer pairs than fill three parts.
    """
    if len(files) == 1:
        pairs = _split_columns(_lines_of(Path(files[0])), files[0])
    elif len(files) == 2:
        pairs = pair_up(_lines_of(Path(files[0])), _lines_of(Path(files[1])), *files)
    else:
        raise ValueError(
            f"parallel texts are two files with as many lines, or one with a tab in each line, got {len(files)} files"
        )
    where: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in SPLITS}
    held = min(HELD, MOST_HELD / max(len(pairs), 1))
    for source, target in zip(pairs.sources, pairs.targets, strict=True):
        place = int.from_bytes(hashlib.blake2b(source.encode(), digest_size=8).digest(), "little") / 2**64
        split = "test" if place < held else "val" if place >= 1.0 - held else "train"
        where[split][0].append(source)
        where[split][1].append(target)
    empty = [name for name, (sources, _) in where.items() if not sources]
    if empty:
        raise ValueError(
            f"{' and '.join(files)} have {counted(len(pairs), 'pair')}, of which none falls into the part "
            f"{empty[0]}; give more of them (some hundreds at least)"
        )
    return {name: Parallel(tuple(sources), tuple(targets)) for name, (sources, targets) in where.items()}


def _lines_of(path: Path) -> list[str]:
    try:
        data = read_regular(path, MOST_FILE)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; expected a text with a sentence in each line") from None
    if path.suffix == ".gz":
        try:
            data = unpack_gzip(data, MOST_FILE)
        except ValueError as fault:
            raise ValueError(f"{path} is damaged: {fault}; get it again") from None
    return read_lines(data, str(path))


def read_lines(data: bytes, name: str, longest: int | None = LONGEST_LINE) -> list[str]:
    """The lines of a text in UTF-8, without the white space around them; lines end at ``\\n`` and nowhere else.

    Args:
        longest: Letters of a line, at most.

    Raises:
        ValueError: bytes that are no UTF-8, with line and byte; a line that is too long.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        start = data.rfind(b"\n", 0, fault.start) + 1
        number, column = data.count(b"\n", 0, fault.start) + 1, fault.start - start + 1
        raise ValueError(
            f"{name}, line {number:,}, byte {column:,}: 0x{data[fault.start]:02x} is no UTF-8; save the text in UTF-8"
        ) from None
    lines = [line.strip() for line in text.split("\n")]
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if longest is not None and len(line) > longest:
            raise ValueError(
                f"{name}, line {number:,} has {len(line):,} letters, a sentence has at most {longest:,}; break it into "
                "sentences"
            )
    return lines


def pair_up(sources: Sequence[str], targets: Sequence[str], one: str, other: str) -> Parallel:
    """Two texts line by line; ``ValueError`` for another number of lines, or an empty one."""
    if len(sources) != len(targets):
        raise ValueError(
            f"{one} has {counted(len(sources), 'line')}, {other} {counted(len(targets), 'line')}; a sentence and its "
            "translation stand in lines of the same number"
        )
    for name, lines in ((one, sources), (other, targets)):
        if "" in lines:
            number = lines.index("") + 1
            raise ValueError(f"{name}, line {number:,} is empty; remove that line from both texts")
    if not sources:
        raise ValueError(f"{one} has no lines; a translator learns from sentences")
    return Parallel(tuple(sources), tuple(targets))


def _split_columns(lines: Sequence[str], name: str) -> Parallel:
    """Pairs of lines with one tab."""
    pairs = []
    for number, line in enumerate(lines, 1):
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) != 2:
            raise ValueError(
                f"{name}, line {number:,} has {counted(len(parts) - 1, 'tab')}: {in_line(line, 60)!r}; expected a "
                "sentence, one tab, and its translation"
            )
        pairs.append(parts)
    return pair_up([a for a, _ in pairs], [b for _, b in pairs], name, name)
