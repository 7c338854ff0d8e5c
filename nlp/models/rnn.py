"""Recurrent networks: one word after the other, the same weights for every word, and a state that is handed on.

The textbook's form (Elman 1990; Mikolov et al. 2010), for word x(t) as a column with a single 1:

    e(t) = E x(t)
    h(t) = σ(W_h h(t-1) + W_e e(t) + b1)       h(0) is given
    ŷ(t) = softmax(U h(t) + b2)

``Textbook`` is the second line; the first is ``Recurrent.embedding``, the third stands at the end of a model of
language. Gradients of the first words come through every h after them, and fade or explode on
the way; the gates of ``lstm`` (Hochreiter & Schmidhuber 1997) and ``gru`` (Cho et al. 2014) let what matters pass.
Those two are torch's kernels.

N is sequences, L tokens, W numbers of a state.
"""

import math
from typing import Any

import torch
from torch import nn

from ...utils.wording import did_you_mean
from .transformer import State, check_layers

SQUASH = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}  # σ: the two of the textbooks


class Textbook(nn.Module):
    """h(t) = σ(W_h h(t-1) + W_e e(t) + b1).

    Args:
        entering: Numbers of e(t).
        width: Numbers of h(t).
        squash: σ, ``tanh`` or ``sigmoid``.
    """

    def __init__(self, entering: int, width: int, squash: str = "tanh") -> None:
        super().__init__()
        self.W_h, self.W_e = nn.Linear(width, width, bias=False), nn.Linear(entering, width)  # W_e has b1
        self.squash = SQUASH[squash]
        nn.init.orthogonal_(self.W_h.weight)  # a state that is only handed on keeps its length (Saxe et al. 2014)

    def forward(self, e: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """e (N, L, entering) and h(0) (N, W) to all of h(1) … h(L), (N, L, W), and h(L)."""
        entered, states = self.W_e(e), []  # for all words at once, which no step needs another for
        for t in range(e.shape[1]):
            h = self.squash(self.W_h(h) + entered[:, t])
            states.append(h)
        return torch.stack(states, dim=1), h


CELLS = ("rnn", "gru", "lstm")


class Recurrent(nn.Module):
    """Layers of one cell; the same outer interface as the transformer's ``Decoder``.

    Args:
        cell: ``rnn`` (the textbook's), ``gru`` or ``lstm``.
        width: W.
        layers: Of cells, each of which reads the states of the one below.
        vocabulary: How many numbers tokens have; 0 where vectors are given instead of them.
        dropout: Share of what enters and leaves a layer that is set to 0 in training.
        squash: σ of the textbook's cell.

    Raises:
        ValueError: an unknown cell or squash; no layers, or too many.
    """

    def __init__(
        self,
        cell: str,
        width: int,
        layers: int = 1,
        vocabulary: int = 0,
        dropout: float = 0.0,
        squash: str = "tanh",
    ) -> None:
        super().__init__()
        for given, known in ((cell, CELLS), (squash, tuple(SQUASH))):
            if given not in known:
                raise ValueError(f"unknown cell or squash {given!r}{did_you_mean(given, known)}")
        check_layers(layers)
        self.cell, self.width = cell, width
        self.embedding = nn.Embedding(vocabulary, width) if vocabulary else None
        self.layers = nn.ModuleList(_layer(cell, width, squash) for _ in range(layers))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, state: State = ()) -> tuple[torch.Tensor, State]:
        """Tokens (N, L), or vectors (N, L, W), to states (N, L, W), and the state with which to go on.

        Filling at the end of a sequence needs no mask: what stands before it does not see it.

        Args:
            state: What a call for the tokens before gave; () at the start, where h(0) is 0. One tensor (N, W) for each
                layer, of an LSTM two, h and c.
        """
        if self.embedding is not None and not x.is_floating_point():
            x = self.embedding(x)
        x = self.drop(x)
        state = state or self.first_state(len(x), x)
        kept, each = State(), len(state) // len(self.layers)
        for number, layer in enumerate(self.layers):
            x, own = _run(layer, x, state[number * each : (number + 1) * each])
            x, kept = self.drop(x), kept + own
        return x, kept

    def first_state(self, count: int, like: torch.Tensor) -> State:
        """h(0) of ``count`` sequences, of the device and kind of ``like``."""
        each = 2 if self.cell == "lstm" else 1
        return tuple(like.new_zeros(count, self.width) for _ in range(each * len(self.layers)))


class BothWays(nn.Module):
    """Two recurrent networks, one of which reads from the end; the same outer interface as the ``Encoder``.

    Args:
        width: W, an even number: half of a state is each network's.
        cell, layers, vocabulary, dropout, squash: See ``Recurrent``.
    """

    def __init__(self, cell: str, width: int, layers: int = 1, vocabulary: int = 0, **more: Any) -> None:
        super().__init__()
        if width % 2:
            raise ValueError(f"half of a state is read from each end, so its width is even; got {width}")
        self.width = width
        self.embedding = nn.Embedding(vocabulary, width // 2) if vocabulary else None
        self.forth, self.back = (Recurrent(cell, width // 2, layers, **more) for _ in range(2))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Tokens (N, L), or vectors (N, L, W / 2), to states (N, L, W).

        Args:
            mask: (N, L) bool, false for filling at the end, which is not read.
        """
        if self.embedding is not None and not x.is_floating_point():
            x = self.embedding(x)
        order = backwards(mask, x)[..., None]
        turned, _ = self.back(x.take_along_dim(order, dim=1))
        return torch.cat([self.forth(x)[0], turned.take_along_dim(order, dim=1)], dim=-1)


def backwards(mask: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor:
    """(N, L) int64: where each place's token is found in a sequence whose tokens stand in reverse, filling at the end.

    The same places undo it.
    """
    places = torch.arange(x.shape[1], device=x.device).expand(x.shape[:2])
    lengths = places.new_full((len(x), 1), x.shape[1]) if mask is None else mask.sum(dim=1, keepdim=True)
    return torch.where(places < lengths, lengths - 1 - places, places)


def _layer(cell: str, width: int, squash: str) -> nn.Module:
    if cell == "rnn":
        return Textbook(width, width, squash)
    layer: nn.Module = (nn.GRU if cell == "gru" else nn.LSTM)(width, width, batch_first=True)
    for name, parameter in layer.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.data.split(width):
                nn.init.orthogonal_(gate)
        elif name.startswith("bias"):
            nn.init.zeros_(parameter)
            if cell == "lstm":  # gates in torch's order: input, forget, cell, output
                parameter.data[width : 2 * width] = 0.5  # two biases: forget little at first (Gers et al. 2000)
        else:
            nn.init.uniform_(parameter, -1 / math.sqrt(width), 1 / math.sqrt(width))
    return layer


def _run(layer: nn.Module, x: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    """States (N, L, W) of one layer and what it hands on, each (N, W)."""
    if isinstance(layer, Textbook):
        x, h = layer(x, state[0])
        return x, (h,)
    given = tuple(part[None] for part in state)  # torch has an axis of layers in front
    x, last = layer(x, given if isinstance(layer, nn.LSTM) else given[0])
    return x, tuple(part[0] for part in (last if isinstance(layer, nn.LSTM) else (last,)))
