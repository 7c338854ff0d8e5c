"""The turn understander: what a guest meant by an utterance, after what the clerk did last. It fills a slot.

Words become states as in ``understander.py``; to each word is added what the clerk did last, without which "I don't
care" means nothing. The act (a softmax), for each slot a value, none or dontcare (a softmax each), and the wishes (each
yes or no) come from the whole utterance, and from what each of them looks at by an attention of its own: a mean of the
states of some words, and of these words' vectors.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import Space, spaces
from torch import nn
from torch.nn import functional as F

from ...components.layout import Layout
from ...components.utterance import decode_meaning, decode_text, encode_heard, heard_layout
from ..words import Encoded, WordTable, words_of
from .text_component import Row, WordComponent
from .understander import check_names
from .word_encoder import WordEncoder, by_row


class Meaning(NamedTuple):
    """What was made of one utterance."""

    act: str
    values: dict[str, str]  # by slot, where something was said of it
    wishes: set[str]
    chances: np.ndarray  # (meaning.size,) all probabilities

    def __str__(self) -> str:
        parts = [
            *(f"{slot}={value}" for slot, value in self.values.items()),
            *(f"{wish}?" for wish in sorted(self.wishes)),
        ]
        return f"{self.act}({', '.join(parts)})"


class TurnUnderstander(WordComponent):
    """What the clerk did last and what was heard (257,) -> probabilities of all that can be meant.

    Args:
        words: The known ones, see ``words.known_words``.
        lasts: What the clerk can have done last, in the order of their numbers.
        meaning: The parts of the answer as ``components.utterance.meaning_layout(…).to_json()`` has them.
        buckets: Numbers that pieces of words share.
        model, width, layers, heads, dropout, word_dropout: See ``WordEncoder``.
        data: What it learned from.

    Raises:
        ValueError: names that are no texts, or none; a meaning of no parts; what ``WordEncoder`` says.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        words: Sequence[str],
        lasts: Sequence[str],
        meaning: Any,
        model: str = "gru",
        width: int = 192,
        layers: int = 1,
        heads: int = 4,
        buckets: int = 2**12,
        dropout: float = 0.3,
        word_dropout: float = 0.1,
        data: str = "",
    ) -> None:
        check_names(words=words, lasts=lasts)
        self_meaning = Layout.from_json(meaning)
        if len(self_meaning.parts) < 2 or output_space.shape != (self_meaning.size,):
            raise ValueError(f"a meaning has an act and more, {output_space.shape} numbers in all")
        unnamed = next((part.name for part in self_meaning.parts if part.shape != (len(part.columns),)), None)
        if unnamed is not None:
            raise ValueError(f"the part {ascii(unnamed)[:40]} of a meaning has no name for each of its numbers")
        sizes = {"width": width, "layers": layers, "heads": heads, "dropout": dropout, "word_dropout": word_dropout}
        names = {"words": list(words), "lasts": list(lasts), "meaning": self_meaning.to_json()}
        config = {**names, "model": model, "buckets": buckets, **sizes, "data": data}
        super().__init__(input_space, output_space, config, WordTable(words, buckets))
        self.lasts, self.meaning, self.layout = tuple(lasts), self_meaning, heard_layout()
        self.encoder = WordEncoder(self.table, model, **sizes)  # type: ignore[arg-type]
        self.last = nn.Embedding(len(self.lasts), self.encoder.entering)
        self.hidden = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)
        self.looks = nn.Linear(width, len(self.meaning.parts))
        entering = 2 * width + self.encoder.entering
        self.heads = nn.ModuleList(nn.Linear(entering, part.size) for part in self.meaning.parts)
        nn.init.normal_(self.last.weight, std=0.5 * self.encoder.entering**-0.5)

    def row_of(self, raw: np.ndarray) -> Row:
        """What a raw signal says; an act of the clerk that is not known counts as the first one."""
        last = int(raw[0])
        return Row(words_of(decode_text(raw)), last if last < len(self.lasts) else 0)

    def vectors(self, rows: Encoded) -> torch.Tensor:
        return self.encoder.vectors(rows)

    def logits_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The answers (N, meaning.size) before softmax and sigmoid; explanations ask for these."""
        words = vectors + self.last(context)[:, None]
        x, pooled = self.encoder(words, lengths)
        whole = F.gelu(by_row(self.hidden, self.dropout(pooled)))
        behind = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        looks = by_row(self.looks, x).masked_fill(behind[:, :, None], -torch.inf).softmax(dim=1)  # (N, L, parts)
        both = torch.cat([x, words], dim=2)
        seen = (looks[:, :, :, None] * both[:, :, None]).sum(dim=1)  # (N, parts, width + entering)
        heads: Any = self.heads
        said = [by_row(head, self.dropout(torch.cat([seen[:, k], whole], dim=1))) for k, head in enumerate(heads)]
        return torch.cat(said, dim=1)

    def answer_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        logits = self.logits_of(vectors, lengths, context)
        *named, wishes = self.meaning.names
        parts = [logits[:, self.meaning.slice(name)].softmax(dim=1) for name in named]
        return torch.cat([*parts, logits[:, self.meaning.slice(wishes)].sigmoid()], dim=1)

    def loss(self, rows: Encoded, context: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihood of what was meant, ``truth`` (N, meaning.size), in nats for each utterance."""
        logits = self.logits_of(self.vectors(rows), rows.lengths, context).float()
        *named, wishes = self.meaning.names
        total = sum(F.cross_entropy(logits[:, s], truth[:, s].argmax(dim=1)) for s in map(self.meaning.slice, named))
        s = self.meaning.slice(wishes)
        return total + F.binary_cross_entropy_with_logits(logits[:, s], truth[:, s], reduction="sum") / len(truth)

    def understand(self, text: str, last: str | None = None) -> Meaning:
        """What is meant by a text, after what the clerk did last (default: the first thing, a greeting).

        Raises:
            ValueError: nothing that a clerk does.
        """
        if last is not None and last not in self.lasts:
            raise ValueError(f"unknown act of the clerk {ascii(last)[:60]}; known: {', '.join(self.lasts)}")
        return self.meanings([encode_heard(0 if last is None else self.lasts.index(last), text)])[0]

    def meanings(self, heard: Sequence[np.ndarray]) -> list[Meaning]:
        """What is meant by raw signals (257,) each."""
        chances = self.answers([self.row_of(raw) for raw in heard])
        return [Meaning(*decode_meaning(self.meaning, row), row) for row in chances]


def spaces_of(meaning: Layout) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a turn understander."""
    return (
        spaces.Box(0, 255, (heard_layout().size,), np.uint8),
        spaces.Box(0.0, 1.0, (meaning.size,), np.float32),
    )
