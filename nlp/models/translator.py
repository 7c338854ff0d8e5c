"""A translator: an encoder reads a sentence, a decoder writes it in another language (Vaswani et al. 2017).

    memory = encoder(E source)                     all of the sentence at once
    scores = decoder(E target so far, memory) Eᵀ   of the next token, for each token of what was written

E are the vectors of tokens, which both languages share, and so does what comes out (Press & Wolf 2017): a tokenizer
of both gives names, numbers and much else the same tokens. Filling (PAD) is nowhere looked at.
"""

import math

import numpy as np
import torch
from gymnasium import Space, spaces
from torch import nn
from torch.nn import functional as F

from ..beam import beam_search
from ..cross_entropy import cross_entropy
from ..tokenizer import BEGIN, END, PAD, padded
from .text_model import TextModel
from .transformer import Decoder, Encoder, Maps, State


class Translator(TextModel):
    """Tokens of a sentence (N, length), filled with PAD, to those of its translation, as greedy search finds it.

    Args:
        width: Numbers of a token's vector.
        layers: Blocks of the encoder, and as many of the decoder.
        heads: Of each attention.
        hidden: Of the feed-forwards; 0: 4 ``width``.
        dropout: Share that is set to 0 in training.
        vocabulary: Tokens of the tokenizer.
        source, target: The languages, for people.
        data: Where it learned, for people.

    Raises:
        ValueError: the spaces are not those of tokens; sizes that make no network.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        width: int = 192,
        layers: int = 3,
        heads: int = 6,
        hidden: int = 0,
        dropout: float = 0.2,
        vocabulary: int = 4000,
        source: str = "",
        target: str = "",
        data: str = "",
    ) -> None:
        for space in (input_space, output_space):
            if not isinstance(space, spaces.Box) or len(space.shape) != 1 or space.dtype != "int64":
                raise ValueError(f"a translator takes and gives tokens, int64 (length,); got {space}")
        config = {
            "width": width, "layers": layers, "heads": heads, "hidden": hidden, "dropout": dropout,
            "vocabulary": vocabulary, "source": source, "target": target, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config, vocabulary)
        if min(width, vocabulary) < 1 or hidden < 0:
            raise ValueError(f"a translator has a width and a vocabulary, got {width}, {vocabulary} (hidden {hidden})")
        (self.length,) = input_space.shape or ()  # tokens of a sentence, END among them
        (self.longest,) = output_space.shape or ()  # tokens of a translation, END among them
        sizes = {"width": width, "layers": layers, "heads": heads, "hidden": hidden or None, "dropout": dropout}
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.encoder = Encoder(**sizes)  # type: ignore[arg-type]
        self.decoder = Decoder(**sizes, cross=True)  # type: ignore[arg-type]

    def vectors(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, L, width) of tokens (N, L): of unit spread, as the parts that blocks add to them."""
        return self.embedding(tokens) * math.sqrt(self.embedding.embedding_dim)

    def read(self, source: torch.Tensor, maps: Maps | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """What the encoder makes of tokens (N, S), (N, S, width), and which of them are no filling, (N, S) bool."""
        mask = source != PAD
        return self.encoder(self.vectors(source), mask, maps), mask

    def write(
        self,
        tokens: torch.Tensor,
        state: State,
        memory: torch.Tensor,
        mask: torch.Tensor,
        maps: Maps | None = None,
    ) -> tuple[torch.Tensor, State]:
        """What the decoder makes of the next tokens (N, L): (N, L, width), and the state with which to go on."""
        return self.decoder(self.vectors(tokens), state, memory, mask, maps)

    def scores_of(self, x: torch.Tensor) -> torch.Tensor:
        """Scores (…, vocabulary) of the next token, of what ``write`` gave (…, width)."""
        return F.linear(x, self.embedding.weight)

    def scores(self, source: torch.Tensor, target: torch.Tensor, maps: Maps | None = None) -> torch.Tensor:
        """Scores (N, T, vocabulary) of what follows each token of ``target`` (N, T), which begins with BEGIN."""
        memory, mask = self.read(source, maps)
        return self.scores_of(self.write(target, (), memory, mask, maps)[0])

    def loss(self, source: torch.Tensor, target: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        """Mean cross-entropy of the tokens of ``target`` (N, T) after BEGIN, each told those before it.

        Args:
            source: (N, S) tokens with END.
            target: (N, T) BEGIN, tokens, END, then filling.
            smoothing: Share of the truth that all tokens share (Szegedy et al. 2016).
        """
        memory, mask = self.read(source)
        written, _ = self.write(target[:, :-1], (), memory, mask)
        asked = target[:, 1:]
        real = asked != PAD  # filling has no score, which spares the largest product of all
        return cross_entropy(self.scores_of(written[real]), asked[real], smoothing)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tokens (N, length) to those of greedy translations (N, longest), END and PAD at their ends."""
        found = self.search(x.long(), beam=1)
        rows = [[*tokens, END] for tokens in found]
        return padded(rows, self.longest).to(x.device)

    def search(self, source: torch.Tensor, beam: int, power: float = 1.0) -> list[list[int]]:
        """The best translation of each row of tokens (N, S) with END, without BEGIN and END; see ``beam.py``.

        One has at most twice as many tokens as its sentence and ten more, and ``longest`` in all.
        """
        longest = [min(2 * count + 10, self.longest - 1) for count in (source != PAD).sum(dim=1).tolist()]
        found = beam_search(Writing(self, source), longest, beam, power, self.device)
        return [hypotheses[0].tokens for hypotheses in found]


class Writing:
    """Translations under way, token by token, for ``beam_search``: keys and values are kept."""

    def __init__(self, net: Translator, source: torch.Tensor) -> None:
        self.net, self.state = net, State()
        with torch.no_grad():
            self.memory, self.mask = net.read(source)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Scores (R, vocabulary) of what follows ``tokens`` (R,)."""
        written, self.state = self.net.write(tokens[:, None], self.state, self.memory, self.mask)
        return self.net.scores_of(written[:, -1])

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows."""
        self.state = tuple(part[rows] for part in self.state)
        self.memory, self.mask = self.memory[rows], self.mask[rows]


def spaces_of(length: int, longest: int, vocabulary: int) -> tuple[spaces.Box, spaces.Box]:
    """The spaces of a translator of sentences of ``length`` tokens to translations of ``longest``, END among them."""
    one, other = (spaces.Box(0, vocabulary - 1, (size,), np.int64) for size in (length, longest))
    return one, other


def as_source(rows: list[list[int]], length: int) -> torch.Tensor:
    """Tokens of sentences as (N, S), each with END; what is longer than ``length`` is cut."""
    return padded([[*row[: length - 1], END] for row in rows])


def as_target(rows: list[list[int]], longest: int) -> torch.Tensor:
    """Tokens of translations as (N, T), each between BEGIN and END; what is longer than ``longest`` is cut."""
    return padded([[BEGIN, *row[: longest - 1], END] for row in rows])
