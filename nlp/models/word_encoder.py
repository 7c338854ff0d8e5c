"""Words as vectors that know their neighbours: embeddings, then a recurrent network in both directions.

Each direction of a recurrent network reads a row from its own first word on: the one backwards gets the row reversed
within its length, so that what fills up a row is always behind it, and never changes what is said of its words.
"""

import torch
from torch import nn

from ..words import PAD, UNKNOWN, Encoded, WordTable

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


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
        return self.words(words) + self.pieces(rows.pieces)[rows.places]


class BothWays(nn.Module):
    """A recurrent layer that reads forwards, and one that reads backwards.

    Args:
        cell: ``rnn``, ``gru`` or ``lstm``.
        inputs: Width of what comes.
        hidden: Width of the state of each direction.
    """

    def __init__(self, cell: str, inputs: int, hidden: int) -> None:
        super().__init__()
        self.forwards, self.backwards = (CELLS[cell](inputs, hidden, batch_first=True) for _ in range(2))

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, L, inputs) -> (N, L, 2 hidden)."""
        turned = turn(lengths, x.shape[1])
        reverse = x.gather(1, turned[:, :, None].expand_as(x))
        y, z = self.forwards(x)[0], self.backwards(reverse)[0]
        return torch.cat([y, z.gather(1, turned[:, :, None].expand_as(z))], dim=2)


def turn(lengths: torch.Tensor, longest: int) -> torch.Tensor:
    """(N, L) places that reverse each row within its length; what is behind stays."""
    t = torch.arange(longest, device=lengths.device)
    return torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)


class Recurrent(nn.Module):
    """Layers of recurrent networks, each in both directions, with dropout before each.

    Args:
        cell: ``rnn``, ``gru`` or ``lstm``.
        inputs: Width of the words' vectors.
        hidden: Width of the state of each direction.
        layers: How many; from the second on, what comes is added to what goes.
    """

    def __init__(self, cell: str, inputs: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.width = 2 * hidden
        sizes = [inputs, *[self.width] * (layers - 1)]
        self.layers = nn.ModuleList(BothWays(cell, size, hidden) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, L, inputs) -> (N, L, width)."""
        for number, layer in enumerate(self.layers):
            y = layer(self.dropout(x), lengths)
            x = x + y if number else y
        return x


class Pool(nn.Module):
    """A row of vectors as one: their mean weighted by attention that is learned, beside the greatest of each number."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1)
        self.width = 2 * width

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, L, W) -> (N, 2 W)."""
        behind = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        weights = self.attention(x)[:, :, 0].float().masked_fill(behind, -torch.inf).softmax(dim=1).to(x.dtype)
        most = x.masked_fill(behind[:, :, None], -torch.inf).amax(dim=1)
        return torch.cat([(weights[:, :, None] * x).sum(dim=1), most], dim=1)
