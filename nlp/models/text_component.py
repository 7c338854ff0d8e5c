"""Components that read text from a slot: bytes in, numbers out, each distinct row answered once and then kept.

What a row says decides the answer alone, so it is computed when the row first comes, and looked up from then on (of the
``MOST_KEPT`` rows that came last). To the bit it depends neither on the other rows of a batch nor on their number: rows
of words are answered in blocks of ``BLOCK``, all filled up to one of the lengths ``LENGTHS``.

Nothing that is in a row is refused, because in the middle of a batch nobody could help it: the text ends with the first
zero byte, bytes that are no UTF-8 are read as U+FFFD, a row without words is the one word ``words.EMPTY``, and of more
than ``LENGTHS[-1]`` words the first ones are read.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import Space, spaces

from ...components.component import Component
from ...components.utterance import TEXT_BYTES, decode_text, encode_heard
from ..words import EMPTY, Encoded, WordTable, words_of

BLOCK = 32  # rows that are answered together
LENGTHS = (12, 24, 48, 128)  # words that a block holds in each row
MOST_KEPT = 2**16  # rows


class Row(NamedTuple):
    """What is in one row of a slot."""

    words: list[str]  # one or more
    context: int = 0  # what stands before the text, where something does


class TextComponent(Component):
    """A component whose input is a text in UTF-8, filled up with zeros; a subclass gives ``row_of`` and ``answers``.

    Args:
        input_space: Box (TEXT_BYTES,) of whole numbers 0 … 255, or what else ``row_of`` takes.
        output_space: Box of the answers.
        config: See ``Component``.
    """

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any]) -> None:
        super().__init__(input_space, output_space, config)
        self._kept: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def row_of(self, raw: np.ndarray) -> Any:
        """What a raw signal says, as ``answers`` takes it."""
        raise NotImplementedError

    def answers(self, rows: Sequence[Any]) -> list[np.ndarray]:
        """The answer (*output_space) to each row, float32; it must not depend on the other rows."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, *input_space) -> (N, *output_space); without gradients, which end at the bytes."""
        raw = np.ascontiguousarray(x.detach().cpu().numpy()).reshape(len(x), -1)
        keys, kept = [row.tobytes() for row in raw], self._kept
        new = {key: i for i, key in enumerate(keys) if key not in kept}
        fresh = dict(zip(new, self.answers([self.row_of(raw[i]) for i in new.values()]), strict=True))
        found = np.empty((len(keys), *(self.output_space.shape or ())), np.float32)
        for i, key in enumerate(keys):
            if key in kept:
                kept.move_to_end(key)
                found[i] = kept[key]
            else:
                found[i] = fresh[key]
        if not self.training:
            kept.update(fresh)
            while len(kept) > MOST_KEPT:
                kept.popitem(last=False)
        return torch.from_numpy(found).to(self.device)

    def forget(self) -> None:
        """Drop the answers that are kept: the weights have changed."""
        self._kept.clear()

    def train(self, mode: bool = True) -> "TextComponent":
        self.forget()
        super().train(mode)
        return self

    def load_state_dict(self, *args: Any, **more: Any) -> Any:
        self.forget()
        return super().load_state_dict(*args, **more)


class WordComponent(TextComponent):
    """One that reads words; a subclass gives ``vectors`` and ``answer_of``.

    Args:
        input_space, output_space, config: See ``TextComponent``.
        table: What is known of words.
    """

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any], table: WordTable) -> None:
        super().__init__(input_space, output_space, config)
        self.table = table

    def vectors(self, rows: Encoded) -> torch.Tensor:
        """The words' own vectors (N, L, W), 0 where there is none; explanations weigh them."""
        raise NotImplementedError

    def answer_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The answers (N, *output_space) to rows of ``lengths`` (N,) words, with the ``context`` (N,) int64 of each."""
        raise NotImplementedError

    def answer(self, rows: Encoded, context: torch.Tensor) -> torch.Tensor:
        """The same of encoded rows."""
        return self.answer_of(self.vectors(rows), rows.lengths, context)

    def row_of(self, raw: np.ndarray) -> Row:
        return Row(words_of(text_of(raw)))

    def encode(self, rows: Sequence[Row], length: int | None = None) -> tuple[Encoded, torch.Tensor]:
        """What ``answer`` takes, on this component's device; see ``WordTable.encode``."""
        encoded = self.table.encode([row.words for row in rows], length)
        context, device = torch.tensor([row.context for row in rows]), self.device
        return Encoded(*(tensor.to(device) for tensor in encoded)), context.to(device)

    @torch.no_grad()
    def answers(self, rows: Sequence[Row]) -> list[np.ndarray]:
        found: list[Any] = [None] * len(rows)
        by_length: dict[int, list[int]] = {}
        for i, row in enumerate(rows):
            by_length.setdefault(next((n for n in LENGTHS if len(row.words) <= n), LENGTHS[-1]), []).append(i)
        for length, places in by_length.items():
            for begin in range(0, len(places), BLOCK):
                block = places[begin : begin + BLOCK]
                filling = [Row([EMPTY])] * (BLOCK - len(block))
                y = self.answer(*self.encode([*(rows[i] for i in block), *filling], length)).float().cpu().numpy()
                for i, numbers in zip(block, y, strict=False):
                    found[i] = numbers
        return found


def text_of(raw: np.ndarray) -> str:
    """The text of (TEXT_BYTES,) bytes, filled up with zeros."""
    return decode_text(np.concatenate([[0], raw]))


def bytes_of(text: str) -> np.ndarray:
    """(TEXT_BYTES,) uint8: a text in UTF-8, cut off after a whole letter, filled up with zeros."""
    return encode_heard(0, text)[1:]


def text_space() -> spaces.Box:
    """The Box of a text."""
    return spaces.Box(0, 255, (TEXT_BYTES,), np.uint8)
