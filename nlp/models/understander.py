"""The understander: what a person wants (an intent), and which words say what (tags).

Words become vectors, a recurrent network or a transformer reads them in both directions, and two heads answer: one at
each word, one from the whole row. Each is told what the other thinks (as in E et al. 2019, *A novel bi-directional
interrelated model*): the intent sees how surely each tag is there at all, for a row with a `movie_name` asks for a
film; the tags see the intent. Those of a row are chosen together by a conditional random field (`crf.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from gymnasium import Space, spaces
from torch import nn

from ..crf import CRF
from ..spans import Span, spans_of
from ..words import Encoded, WordTable, words_of
from .text_component import LENGTHS, Row, WordComponent, text_space
from .word_encoder import WordEncoder, by_row


class Understood(NamedTuple):
    """What was made of one utterance."""

    words: tuple[str, ...]
    tags: tuple[str, ...]  # one for each word
    intent: str
    probability: float  # of the intent

    @property
    def spans(self) -> list[Span]:
        return spans_of(self.tags)


class Understander(WordComponent):
    """Text -> probabilities of the intents (K,); with ``understand`` also the tags.

    Args:
        words: The known ones, see ``words.known_words``.
        intents, tags: Their names.
        buckets: Numbers that pieces of words share.
        model, width, layers, heads, dropout, word_dropout: See ``WordEncoder``.
        data: What it learned from.

    Raises:
        ValueError: names that are no texts, or none; what ``WordEncoder`` says.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        words: Sequence[str],
        intents: Sequence[str],
        tags: Sequence[str],
        model: str = "lstm",
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        buckets: int = 2**13,
        dropout: float = 0.5,
        word_dropout: float = 0.25,
        data: str = "",
    ) -> None:
        check_names(words=words, intents=intents, tags=tags)
        sizes = {"width": width, "layers": layers, "heads": heads, "dropout": dropout, "word_dropout": word_dropout}
        names = {"words": list(words), "intents": list(intents), "tags": list(tags)}
        config = {**names, "model": model, "buckets": buckets, **sizes, "data": data}
        super().__init__(input_space, output_space, config, WordTable(words, buckets))
        self.intents, self.tags = tuple(intents), tuple(tags)
        self.encoder = WordEncoder(self.table, model, **sizes)  # type: ignore[arg-type]
        self.dropout = nn.Dropout(dropout)
        self.tag_head = nn.Linear(width, len(self.tags))
        self.intent_head = nn.Linear(2 * width + len(self.tags), len(self.intents))
        self.intent_to_tags = nn.Linear(len(self.intents), len(self.tags), bias=False)
        self.crf = CRF(self.tags)

    def vectors(self, rows: Encoded) -> torch.Tensor:
        return self.encoder.vectors(rows)

    def scores(self, rows: Encoded) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the intents (N, K), and scores of the tags (N, L, T)."""
        logits, first = self.read(self.vectors(rows), rows.lengths)
        told = logits.detach().float().softmax(dim=1).to(first.dtype)
        return logits, first + self.intent_to_tags(told)[:, None]

    def read(self, vectors: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the intents (N, K), and scores of the tags (N, L, T) before they are told the intent."""
        x, pooled = self.encoder(vectors, lengths)
        first = by_row(self.tag_head, x)
        behind = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        seen = first.softmax(dim=2).masked_fill(behind[:, :, None], 0.0).amax(dim=1)  # (N, T) how surely each is there
        return by_row(self.intent_head, torch.cat([self.dropout(pooled), seen], dim=1)), first

    def answer_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        return self.logits_of(vectors, lengths, context).softmax(dim=1)

    def logits_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The answers before the softmax (N, K); explanations ask for these."""
        return self.read(vectors, lengths)[0]

    def understand(self, text: str) -> Understood:
        """What is meant by a text; of one with too many words the first ``LENGTHS[-1]`` are read."""
        return self.understand_words([words_of(text)])[0]

    @torch.no_grad()
    def understand_words(self, rows: Sequence[Sequence[str]], at_once: int = 64) -> list[Understood]:
        """The same of rows of words."""
        found = []
        for begin in range(0, len(rows), at_once):
            part = [list(words[: LENGTHS[-1]]) for words in rows[begin : begin + at_once]]
            encoded, _ = self.encode([Row(words) for words in part])
            logits, scores = self.scores(encoded)
            best, p = self.crf.best(scores, encoded.lengths), logits.float().softmax(dim=1)
            for words, tags, row in zip(part, best, p, strict=True):
                k = int(row.argmax())
                named = tuple(self.tags[tag] for tag in tags)
                found.append(Understood(tuple(words), named, self.intents[k], float(row[k])))
        return found


def check_names(**lists: Sequence[str]) -> None:
    """``ValueError`` unless each is a list of one or more texts, all different."""
    for what, names in lists.items():
        if isinstance(names, str) or not names or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{what} is a list of names, got {ascii(names)[:60]}")
        if len(set(names)) < len(names):
            raise ValueError(f"{what} names something twice")


def spaces_of(intents: int) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of an understander of so many intents."""
    return text_space(), spaces.Box(0.0, 1.0, (intents,), np.float32)
