"""Labelled utterances: what a person said word by word, what was meant (an intent), and which words say what (tags).

Tags are IOB: ``B-artist`` begins the name of an artist, ``I-artist`` goes on with it, ``O`` is none of any interest.
They come from a public set (`utterance_sets.py`) or from anybody's file, a JSONL or a TSV in UTF-8, gzipped or not:

    {"text": "play blue train", "intent": "play", "tags": "O B-track I-track"}

    text<TAB>intent<TAB>tags
    play blue train<TAB>play<TAB>O B-track I-track

An ``I-x`` that goes on with no x begins one, as in IOB1, and is read as ``B-x``.
Words are what stands between spaces. Rows are counted as an editor counts the lines of the file. Without tags all words
are ``O``. Of a file a tenth each is for validation and for the test: which, a hash of the words decides, so that equal
ones never stand in two parts, and that a row more moves no other.
"""

import csv
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..utils.untrusted import MIB, parse_json, read_regular, unpack_gzip
from ..utils.wording import did_you_mean, in_line, in_one_line
from .datasets import check_split
from .tables import GZIP, SHOWN
from .utterance_sets import UTTERANCE_SETS, read_lines

SPLITS = ("train", "validation", "test")
MOST_FILE, MOST_UNPACKED = 64 * MIB, 256 * MIB  # bytes of a file
MOST_ROWS = 1_000_000
MOST_WORDS = 512  # of one utterance
MOST_NAMES = 2000  # intents, and tags, of a file
COLUMNS = ("text", "intent", "tags")


@dataclass(frozen=True)
class Utterances:
    """N utterances."""

    source: str  # for messages
    words: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]  # one for each word
    intents: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.intents)

    def __getitem__(self, rows: slice) -> "Utterances":
        return Utterances(self.source, self.words[rows], self.tags[rows], self.intents[rows])

    def __add__(self, other: "Utterances") -> "Utterances":
        return Utterances(self.source, self.words + other.words, self.tags + other.tags, self.intents + other.intents)


def load_utterances(data: str, split: str) -> Utterances:
    """A part of a public set by its name, or of a file; ``split`` is train, validation or test.

    Raises:
        FileNotFoundError: neither; or the set is not at hand: with the folder and the variable.
        ValueError: what is wrong with a file, with its row; or a part without rows.
    """
    check_split(split, SPLITS)
    if data in UTTERANCE_SETS:
        words, tags, intents = read_lines(data, split)
        return _aligned(data, words, tags, intents)
    path = Path(data)
    if not path.is_file():
        raise FileNotFoundError(
            f"{in_line(data, 200)!r} is neither a set of utterances that Ludus knows nor a file"
            f"{did_you_mean(data, UTTERANCE_SETS)}"
        )
    found = read_utterances(read_regular(path, MOST_FILE), path.name)
    rows = [i for i, words in enumerate(found.words) if part_of(words) == split]
    if not rows:
        raise ValueError(
            f"{path.name} has {len(found):,} utterances, of which none falls to the {split} part (a tenth does by "
            "chance); give some dozens"
        )
    return Utterances(
        path.name,
        tuple(found.words[i] for i in rows),
        tuple(found.tags[i] for i in rows),
        tuple(found.intents[i] for i in rows),
    )


def part_of(words: tuple[str, ...]) -> str:
    """The part of a file that an utterance belongs to, whatever stands around it."""
    place = zlib.crc32(" ".join(words).casefold().encode()) % 10
    return "test" if place == 0 else "validation" if place == 1 else "train"


def read_utterances(data: bytes, source: str) -> Utterances:
    """All utterances of the bytes of a JSONL or a TSV.

    Args:
        source: The name of the file, for messages.

    Raises:
        ValueError: with the row and the remedy.
    """
    if data[:2] == GZIP:
        try:
            data = unpack_gzip(data, MOST_UNPACKED)
        except ValueError as fault:
            raise ValueError(f"{source}: {fault}; get it again, or divide it") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = data.count(b"\n", 0, fault.start) + 1
        raise ValueError(f"{source}, row {row}: no text in UTF-8; save it in UTF-8") from None
    kept, known_intents, known_tags = [], set[str](), set[str]()
    for row, text_, intent, tags in _rows(text, source):
        where = f"{source}, row {row}"
        words = tuple(text_.split())
        if not words:
            raise ValueError(f"{where}: no words; fill in the text, or remove the row")
        if len(words) > MOST_WORDS:
            raise ValueError(f"{where}: {len(words):,} words, an utterance has at most {MOST_WORDS}; divide it")
        if not intent.strip():
            raise ValueError(f"{where}: no intent; name what is meant")
        tags = tags or ["O"] * len(words)
        if len(tags) != len(words):
            raise ValueError(f"{where}: {len(tags)} tags for {len(words)} words; give each word between spaces one")
        wrong = next((tag for tag in tags if not _is_tag(tag)), None)
        if wrong is not None:
            raise ValueError(f"{where}: the tag {in_line(repr(wrong), SHOWN)} is none; write O, B-NAME or I-NAME")
        tags = begun(tags)
        kept.append((words, tuple(tags), intent.strip()))
        known_intents.add(intent.strip())
        known_tags.update(tags)
        for names, what in ((known_intents, "intents"), (known_tags, "tags")):
            if len(names) > MOST_NAMES:
                raise ValueError(f"{where}: more than {MOST_NAMES:,} different {what}; they are names, not texts")
        if len(kept) > MOST_ROWS:
            raise ValueError(f"{source} has more than {MOST_ROWS:,} rows; divide it")
    if not kept:
        raise ValueError(f"{source} is empty, expected rows of text, intent and tags")
    words_, tags_, intents = zip(*kept, strict=True)
    return Utterances(source, words_, tags_, intents)


def _is_tag(tag: str) -> bool:
    return tag == "O" or (tag[:2] in ("B-", "I-") and len(tag) > 2)


def begun(tags: list[str]) -> list[str]:
    """Tags in which each name begins with its ``B-x``, also where an ``I-x`` stood there."""
    before = ["O", *tags[:-1]]
    pairs = zip(before, tags, strict=True)
    return [f"B-{tag[2:]}" if tag[0] == "I" and one[2:] != tag[2:] else tag for one, tag in pairs]


def _rows(text: str, source: str) -> Iterator[tuple[int, str, str, list[str]]]:
    """(row, text, intent, tags) of each utterance."""
    return _json_rows(text, source) if text.lstrip()[:1] == "{" else _tsv_rows(text, source)


def _json_rows(text: str, source: str) -> Iterator[tuple[int, str, str, list[str]]]:
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{source}, row {row}"
        try:
            content: Any = parse_json(line)
        except ValueError as fault:
            raise ValueError(f"{where}: no JSON ({in_one_line(fault, 60)}); write one object in each line") from None
        if not isinstance(content, dict) or not {"text", "intent"} <= content.keys() <= set(COLUMNS):
            got = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
            raise ValueError(
                f'{where}: expected an object of "text", "intent" and perhaps "tags", got {in_line(got, 60)}'
            )
        tags = content.get("tags", "")
        if isinstance(tags, str):
            tags = tags.split()
        texts = [content["text"], content["intent"], *(tags if isinstance(tags, list) else [tags])]
        if not isinstance(tags, list) or not all(isinstance(part, str) for part in texts):
            raise ValueError(f"{where}: text, intent and tags are texts (tags also a list of them)")
        yield row, content["text"], content["intent"], tags


def _tsv_rows(text: str, source: str) -> Iterator[tuple[int, str, str, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        head = [name.strip() for name in next(reader, [])]
        if not head:
            return
        if len(set(head)) < len(head) or not {"text", "intent"} <= set(head) <= set(COLUMNS):
            raise ValueError(
                f"{source}, row 1: expected the columns text, intent and perhaps tags, divided by tabs, got "
                f"{in_line(', '.join(head), 60)}; or write JSON, an object in each line"
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                raise ValueError(f"{source}, row {reader.line_num}: {len(cells)} cells, expected {len(head)}")
            found = dict(zip(head, cells, strict=True))
            yield reader.line_num, found["text"], found["intent"], found.get("tags", "").split()
    except csv.Error as fault:
        raise ValueError(f"{source}, row {reader.line_num}: no TSV ({in_one_line(fault, 60)}); mend it") from None


def _aligned(source: str, words: list[str], tags: list[str], intents: list[str]) -> Utterances:
    """A public set's three files of lines, which belong together."""
    if not len(words) == len(tags) == len(intents):
        raise ValueError(f"{source}: {len(words)} utterances, {len(tags)} rows of tags, {len(intents)} intents")
    split = [tuple(line.split()) for line in words]
    marks = [tuple(line.split()) for line in tags]
    for row, (one, other) in enumerate(zip(split, marks, strict=True), 1):
        if len(one) != len(other):
            raise ValueError(f"{source}, row {row}: {len(other)} tags for {len(one)} words")
    return Utterances(source, tuple(split), tuple(marks), tuple(intents))
