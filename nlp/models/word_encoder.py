"""Words as vectors that know their neighbours: embeddings, then a recurrent network both ways, or a transformer.

What fills up a row never changes what is said of its words: a recurrent network that reads backwards begins at the last
word (see ``rnn.BothWays``), and no word of a transformer looks at a filling.
"""

import torch
from torch import nn
from torch.nn import functional as F

from ...utils.wording import did_you_mean
from ..words import PAD, UNKNOWN, Encoded, WordTable
from .rnn import CELLS, BothWays
from .transformer import Encoder

ALIGNED = 16  # numbers of a cache line: kernels treat rows differently that begin within one
MODELS = (*CELLS, "transformer")


class WordVectors(nn.Module):
    """A vector for each word: its own, if it is known, plus the mean of those of its pieces.

    Args:
        table: What is known of words.
        width: Of the vectors.
        word_dropout: Share of the words that are taken for unknown while it learns, so that pieces learn to speak for
            them.
    """

    def __init__(self, table: WordTable, width: int, word_dropout: float) -> None:
        super().__init__()
        if not 0.0 <= word_dropout <= 1.0:
            raise ValueError(f"word_dropout is a share 0 … 1, got {word_dropout}")
        self.table, self.word_dropout = table, word_dropout
        self.words = nn.Embedding(table.size, width, padding_idx=PAD)
        self.pieces = nn.EmbeddingBag(table.buckets + 1, width, mode="mean", padding_idx=PAD)
        for part in (self.words, self.pieces):
            nn.init.normal_(part.weight, std=0.5 * width**-0.5)
            with torch.no_grad():
                part.weight[PAD] = 0.0

    def forward(self, rows: Encoded) -> torch.Tensor:
        """(N, L, width)."""
        words = rows.words
        if self.training and self.word_dropout:
            hidden = (torch.rand(words.shape, device=words.device) < self.word_dropout) & (words != PAD)
            words = words.masked_fill(hidden, UNKNOWN)
        # Gradients of `pieces[places]` are added up by several threads in whatever order they come.
        return self.words(words) + F.embedding(rows.places, self.pieces(rows.pieces))


class WordEncoder(nn.Module):
    """Words to states, and to one vector for all of them.

    Args:
        table: What is known of words.
        model: ``rnn`` (the textbook's), ``gru``, ``lstm``, each both ways, or ``transformer``.
        width: Numbers of a state.
        layers: Recurrent ones, or blocks.
        heads: Of a transformer.
        dropout: Share of the numbers that is left out while it learns.
        word_dropout: See ``WordVectors``.

    Raises:
        ValueError: an unknown model, or sizes that it cannot have.
    """

    def __init__(
        self,
        table: WordTable,
        model: str = "lstm",
        width: int = 256,
        layers: int = 1,
        heads: int = 4,
        dropout: float = 0.5,
        word_dropout: float = 0.15,
    ) -> None:
        super().__init__()
        if model not in MODELS:
            raise ValueError(f"unknown model {ascii(model)[:60]}{did_you_mean(str(model), MODELS)}")
        self.width = width
        self.states: BothWays | Encoder
        if model == "transformer":
            self.states = Encoder(width, layers, heads, dropout=dropout)
        else:
            self.states = BothWays(model, width, layers, dropout=dropout)
        self.entering = width if model == "transformer" else width // 2  # numbers of a word's vector
        self.vectors = WordVectors(table, self.entering, word_dropout)
        self.attention = nn.Linear(width, 1)

    def forward(self, vectors: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """From the ``vectors`` of words: a state of each (N, L, width), and one for the row (N, 2 width).

        That is the mean of the states weighted by attention that is learned, beside the greatest of each number.
        """
        inside = torch.arange(vectors.shape[1], device=vectors.device) < lengths[:, None]
        x = self.states(vectors, inside)
        weights = by_row(self.attention, x)[:, :, 0].float().masked_fill(~inside, -torch.inf).softmax(dim=1).to(x.dtype)
        most = x.masked_fill(~inside[:, :, None], -torch.inf).amax(dim=1)
        return x, torch.cat([(weights[:, :, None] * x).sum(dim=1), most], dim=1)


def by_row(layer: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    """``layer`` of (N, W) or (N, L, W), to the bit the same for a row wherever it stands among the N.

    One product of all rows adds up those at its edge in another order where there are few numbers to give; here each
    row has a product of its own, and begins where memory is as aligned as for any other. With gradients, where bits do
    not matter, it is the usual one.
    """
    if torch.is_grad_enabled():
        return layer(x)
    rows, missing = x if x.ndim == 3 else x[:, None], -x.shape[-1] % ALIGNED
    rows, weight = nn.functional.pad(rows, (0, missing)), nn.functional.pad(layer.weight, (0, missing))
    y = torch.bmm(rows, weight.T.expand(len(x), -1, -1))
    y = y if layer.bias is None else y + layer.bias
    return y if x.ndim == 3 else y[:, 0]
