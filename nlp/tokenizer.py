"""Tokenizers: text as numbers and back, by byte pairs or by characters.

Byte pairs (Sennrich et al. 2016, on bytes as in GPT-2, by the library `tokenizers`): the numbers after the special ones
are the 256 bytes, then what each merge makes of two numbers before it. So every text, in any script, has numbers, and
``decode`` gives back the very same text. By characters: those of the training text alone; any other is ``UNKNOWN``.

    tokenizer = Tokenizer.learn([text], "bpe", 512)
    tokenizer.decode(tokenizer.encode("To be")) == "To be"

A tokenizer is kept as JSON beside the weights of its model (``tokenizer.json``), whose numbers mean nothing under
another one: the model's config.json has its SHA-256.
"""

import codecs
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from ..utils.extras import install
from ..utils.untrusted import MOST_JSON, is_whole, parse_json
from ..utils.wording import did_you_mean

PAD, BEGIN, END, UNKNOWN = 0, 1, 2, 3  # numbers that no text has: filling, first, last, and for what is not known
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")  # their names, where tokens are shown
KINDS = ("bpe", "char")
BYTES = 256
MOST_TOKENS = 65_536
MOST_BYTES = 64  # of one token; a longer one is a line of dashes
REPLACEMENT = "\ufffd"  # stands for what cannot be read
BROKEN = "has bytes that are no UTF-8, each of which counts as an unknown letter"  # of a text that was typed
FORMAT = 1


class Tokenizer:
    """Text as a list of numbers; made by ``learn`` or ``from_json``.

    Args:
        kind: ``bpe`` or ``char``.
        merges: Of byte pairs: the two numbers that each merge joins, in the order in which they are applied.
        characters: Of characters: those that are known.

    Attributes:
        size: How many numbers there are, the special ones included.
        pieces: The bytes of each number; empty for PAD, BEGIN and END.

    Raises:
        ValueError: merges or characters that are none, or too many of them.
        ImportError: byte pairs, and the library `tokenizers` is not installed.
    """

    def __init__(self, kind: str, merges: Sequence[tuple[int, int]] = (), characters: str = "") -> None:
        if kind not in KINDS:
            raise ValueError(f"unknown kind of tokenizer {kind!r}{did_you_mean(kind, KINDS)}")
        self.kind, self.merges, self.characters = kind, tuple((int(a), int(b)) for a, b in merges), characters
        special = [b"", b"", b"", REPLACEMENT.encode()]
        self._numbers: dict[str, int] = {}
        self._bpe: Any = None
        if kind == "char":
            if not characters or len(set(characters)) < len(characters):
                raise ValueError("a tokenizer of characters knows one or more, each once")
            self._numbers = {character: number for number, character in enumerate(characters, len(special))}
            self.pieces = [*special, *(character.encode() for character in characters)]
        else:
            self.pieces = _joined(special, self.merges)
            self._bpe = _byte_pairs(self.pieces[len(special) :], self.merges, len(special))
        self.size = len(self.pieces)
        if self.size > MOST_TOKENS:
            raise ValueError(f"a tokenizer has at most {MOST_TOKENS:,} tokens, this one has {self.size:,}")

    @staticmethod
    def learn(texts: Iterable[str], kind: str = "bpe", size: int = 512) -> "Tokenizer":
        """The tokenizer of these texts; the same for the same texts.

        Args:
            kind: ``bpe`` or ``char``.
            size: Tokens at most, the special ones included. Of characters the most frequent are kept.

        Raises:
            ValueError: no text; a size that is too small or too large.
            ImportError: see ``Tokenizer``.
        """
        texts = [readable(text) for text in texts]
        least = len(SPECIAL) + (BYTES if kind == "bpe" else 1)
        if not least <= size <= MOST_TOKENS:
            raise ValueError(f"a tokenizer of kind {kind} has {least:,} … {MOST_TOKENS:,} tokens, got {size:,}")
        if not any(texts):
            raise ValueError("there is no text to learn a tokenizer from; expected one or more characters")
        if kind == "char":
            counts = Counter(character for text in texts for character in text)
            kept = sorted(counts, key=lambda character: (-counts[character], character))[: size - len(SPECIAL)]
            return Tokenizer("char", characters="".join(sorted(kept)))
        return Tokenizer(kind, merges=_learned(texts, size))

    def encode(self, text: str) -> list[int]:
        """The numbers of a text, without BEGIN and END. What is no character (a lone surrogate) counts as U+FFFD."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text; see ``encode``."""
        texts = [readable(text) for text in texts]
        if self.kind == "char":
            return [[self._numbers.get(character, UNKNOWN) for character in text] for text in texts]
        return [encoding.ids for encoding in self._bpe.encode_batch_fast(texts, add_special_tokens=False)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of numbers; PAD, BEGIN and END are left out, and what is no UTF-8 is U+FFFD.

        Raises:
            ValueError: a number that is not in 0 … size - 1.
        """
        return b"".join(self._piece(number) for number in ids).decode(errors="replace")

    def stream(self, ids: Iterable[int]) -> Iterator[str]:
        """The text of numbers as they come, a piece for each: whole characters alone, the rest with a later one."""
        reader = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for number in ids:
            yield reader.decode(self._piece(number))
        yield reader.decode(b"", True)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """A name for each number, for people: its text, or ``<pad>`` and so on."""
        return [SPECIAL[n] if n < len(SPECIAL) else self._piece(n).decode(errors="replace") for n in ids]

    def _piece(self, number: int) -> bytes:
        if not 0 <= number < self.size:
            raise ValueError(f"{number} is no token; expected 0 … {self.size - 1}")
        return self.pieces[number]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of ``as_json()``."""
        return hashlib.sha256(self.as_json()).hexdigest()

    def as_json(self) -> bytes:
        """The tokenizer as a file, from which ``from_json`` makes it again."""
        own = {"merges": self.merges} if self.kind == "bpe" else {"characters": self.characters}
        return json.dumps({"format": FORMAT, "kind": self.kind, **own}, separators=(",", ":")).encode()

    @staticmethod
    def from_json(data: bytes) -> "Tokenizer":
        """The tokenizer that ``as_json`` wrote, from a file that may be anybody's.

        Raises:
            ValueError: damaged, of another format, or too large.
            ImportError: see ``Tokenizer``.
        """
        if len(data) > MOST_JSON:
            raise ValueError(f"it has {len(data):,} bytes, a tokenizer has at most {MOST_JSON:,}")
        try:
            content = parse_json(data)
        except ValueError:
            raise ValueError("it is no JSON") from None
        if not isinstance(content, dict) or content.get("kind") not in KINDS:
            raise ValueError("it does not describe a tokenizer")
        if content.get("format") != FORMAT:
            raise ValueError(f"it has format {ascii(content.get('format'))[:20]}, this version of Ludus reads {FORMAT}")
        if content["kind"] == "char":
            characters = content.get("characters")
            if not isinstance(characters, str) or characters != readable(characters):
                raise ValueError("its entry 'characters' is missing or no text")
            return Tokenizer("char", characters=characters)
        merges = content.get("merges")
        if not isinstance(merges, list) or len(merges) > MOST_TOKENS:
            raise ValueError(f"its entry 'merges' is no list of at most {MOST_TOKENS:,} pairs")
        for pair in merges:
            if not isinstance(pair, list) or len(pair) != 2 or not all(is_whole(n, 0, MOST_TOKENS) for n in pair):
                raise ValueError(f"its merge {ascii(pair)[:40]} is no pair of tokens")
        return Tokenizer("bpe", merges=[(a, b) for a, b in merges])


def readable(text: str) -> str:
    """A text that has UTF-8: lone surrogates, as of bytes that were none, are U+FFFD."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def padded(rows: Sequence[Sequence[int]], length: int | None = None) -> torch.Tensor:
    """Lists of numbers as one tensor (N, L) int64, filled up with PAD at their ends.

    Args:
        length: L; longer rows are cut off. That of the longest row where it is left out.
    """
    longest = max((len(row) for row in rows), default=0) if length is None else length
    ids = torch.full((len(rows), longest), PAD, dtype=torch.int64)
    for place, row in enumerate(rows):
        kept = row[:longest]
        ids[place, : len(kept)] = torch.tensor(kept, dtype=torch.int64)
    return ids


def _joined(special: list[bytes], merges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The bytes of each number: special ones, single bytes, then the new ones among what merges give."""
    pieces = [*special, *(bytes([byte]) for byte in range(BYTES))]
    known = set(pieces[len(special) :])
    for left, right in merges:
        if not all(len(special) <= number < len(pieces) for number in (left, right)):
            raise ValueError(f"its merge of {left} and {right} joins tokens that do not stand before it")
        piece = pieces[left] + pieces[right]
        if len(piece) > MOST_BYTES:
            raise ValueError(
                f"its merge of {left} and {right} has {len(piece)} bytes, at most {MOST_BYTES} are a token"
            )
        if piece not in known:  # two merges may make the same bytes
            known.add(piece)
            pieces.append(piece)
    return pieces


def _letters() -> list[str]:
    """The letter by which the library writes each byte: printable ones as they are, others from U+0100 on (GPT-2)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(BYTES, 2 * BYTES))
    return [chr(byte if byte in printable else next(others)) for byte in range(BYTES)]


def _byte_pairs(pieces: Sequence[bytes], merges: Sequence[tuple[int, int]], first: int) -> Any:
    """The library's tokenizer of these pieces, which are numbered from ``first`` on."""
    library, letters = _library(), _letters()
    written = ["".join(letters[byte] for byte in piece) for piece in pieces]
    numbers = {text: number for number, text in enumerate(written, first)}
    joins = [(written[left - first], written[right - first]) for left, right in merges]
    made = library.Tokenizer(library.models.BPE(vocab=numbers, merges=joins))
    made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return made


def _learned(texts: Sequence[str], size: int) -> list[tuple[int, int]]:
    """The merges that the library learns from texts, as pairs of numbers."""
    library, letters = _library(), _letters()
    learner = library.Tokenizer(library.models.BPE())
    learner.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = library.trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL), initial_alphabet=letters, max_token_length=MOST_BYTES, show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    numbers = {letter: number for number, letter in enumerate(letters, len(SPECIAL))}
    merges = []
    for left, right in json.loads(learner.to_str())["model"]["merges"]:
        merges.append((numbers[left], numbers[right]))
        numbers.setdefault(left + right, len(SPECIAL) + len(numbers))
    return merges


def _library() -> Any:
    try:
        import tokenizers
        import tokenizers.models
        import tokenizers.pre_tokenizers
        import tokenizers.trainers
    except ImportError:
        raise ImportError(f"byte pairs need the library tokenizers: {install('nlp')}") from None
    return tokenizers
