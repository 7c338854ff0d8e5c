"""The transformer: attention, its blocks, and stacks of them that read (``Encoder``) or write (``Decoder``).

Vaswani et al. 2017, with what has become usual since: norms before each part and not after it (Xiong et al. 2020),
positions as rotations of queries and keys (Su et al. 2021), queries and keys of unit spread (Dehghani et al. 2023).

    x = x + attention(norm(x))        every token looks at others, and takes a mean of what they have to say
    x = x + feed_forward(norm(x))     every token by itself

N is sequences, L and S tokens, W numbers of a token, H heads, D = W / H. A decoder that is given its ``State`` back
computes each token once: the keys and values of those before it are kept. All of its tensors have N as first axis.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from .dropout import Dropout

State = tuple[torch.Tensor, ...]  # what a model keeps of the tokens before; () at the start of a sequence
BASE = 10_000.0  # of the wavelengths of positions: 2 π … 2 π BASE tokens
MOST_LAYERS = 256
SPREAD = 0.02  # standard deviation of the first weights
FUSED_FROM = 256  # tokens from which torch's fused kernel is the faster one in float32 on a CPU


@dataclass
class Maps:
    """What every layer looked at: attention (N, H, L, S), whose rows sum to 1. Hand one in to have it filled."""

    own: list[torch.Tensor] = field(default_factory=list)  # by layer: tokens of the sequence at one another
    memory: list[torch.Tensor] = field(default_factory=list)  # by layer: tokens of a decoder at those it translates


def rotate(x: torch.Tensor, first: int = 0) -> torch.Tensor:
    """``x`` (N, H, L, D), pairs of each token's numbers turned by its position: ``first``, ``first`` + 1, …

    The product of a query and a key that were turned so depends on how far apart they stand, and not on where.
    """
    half = x.shape[-1] // 2
    speeds = BASE ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(first, first + x.shape[-2], device=x.device, dtype=torch.float32)[:, None] * speeds
    sine, cosine = angles.sin().to(x.dtype), angles.cos().to(x.dtype)  # (L, D / 2)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], dim=-1)


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    seen: torch.Tensor | None = None,
    maps: list[torch.Tensor] | None = None,
) -> torch.Tensor:
    """(N, H, L, D): for each query a mean of the values (N, H, S, D), weighted by how well their keys fit it.

    Written out in bf16, where it is the faster way on a CPU (at 256 tokens, forward and back, 15 ms beside 23 of
    torch's fused kernel), and wherever the weights are asked for; else by that kernel.

    Args:
        seen: bool, broadcast to (N, H, L, S): which tokens a query may look at. All, where it is left out.
        maps: The weights are appended to it.
    """
    long = queries.dtype == torch.float32 and queries.shape[-2] >= FUSED_FROM
    if maps is None and (queries.is_cuda or long):
        return F.scaled_dot_product_attention(queries, keys, values, seen)
    fit = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])  # (N, H, L, S)
    if seen is not None:
        fit = fit.masked_fill(~seen, torch.finfo(fit.dtype).min)  # finite, so that a query that sees none is no NaN
    weights = fit.softmax(dim=-1)
    if maps is not None:
        maps.append(weights.detach())
    return weights.to(values.dtype) @ values


class Attention(nn.Module):
    """Attention of several heads, each in D = W / heads numbers of its own.

    Args:
        width: W, a multiple of twice the heads.
        rotary: Whether positions count, as rotations; not where the keys are those of another sequence.
        qk_norm: Whether queries and keys are normed, which keeps the softmax from saturating at high learning rates.

    Raises:
        ValueError: a width that the heads do not divide.
    """

    def __init__(self, width: int, heads: int, rotary: bool = True, qk_norm: bool = True) -> None:
        super().__init__()
        if heads < 1 or width % (2 * heads):
            raise ValueError(f"a width is a multiple of twice the heads, got {width} and {heads}")
        self.heads, self.rotary, self.qk_norm = heads, rotary, qk_norm
        self.queries = nn.Linear(width, width, bias=False)
        self.keys_values = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """(N, L, W) -> (N, H, L, D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def norm(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:]) if self.qk_norm else x

    def remember(self, x: torch.Tensor, first: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values (N, H, S, D) of tokens (N, S, W), of which the first has the position ``first``."""
        keys, values = (self.split(part) for part in self.keys_values(x).chunk(2, dim=-1))
        keys = self.norm(keys)
        return rotate(keys, first) if self.rotary else keys, values

    def forward(
        self,
        x: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        seen: torch.Tensor | None = None,
        first: int = 0,
        maps: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """(N, L, W): what tokens ``x`` (N, L, W), from the position ``first`` on, find in what was remembered."""
        queries = self.norm(self.split(self.queries(x)))
        if self.rotary:
            queries = rotate(queries, first)
        found = attend(queries, keys, values, seen, maps)
        return self.out(found.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """A network of one hidden layer, the same for every token."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.leave(F.gelu(self.enter(x)))


class EncoderBlock(nn.Module):
    """Attention of the tokens at one another, then the feed-forward."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, qk_norm: bool) -> None:
        super().__init__()
        self.attention = Attention(width, heads, qk_norm=qk_norm)
        self.feed_forward = FeedForward(width, hidden)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.drop = Dropout(dropout)

    def forward(self, x: torch.Tensor, seen: torch.Tensor | None, maps: Maps | None) -> torch.Tensor:
        y = self.norms[0](x)
        x = x + self.drop(self.attention(y, *self.attention.remember(y), seen, maps=maps.own if maps else None))
        return x + self.drop(self.feed_forward(self.norms[1](x)))


class DecoderBlock(nn.Module):
    """Attention of each token at those before it, at an encoder's if there is one, then the feed-forward."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float, qk_norm: bool, cross: bool) -> None:
        super().__init__()
        self.attention = Attention(width, heads, qk_norm=qk_norm)
        self.cross = Attention(width, heads, rotary=False, qk_norm=qk_norm) if cross else None
        self.feed_forward = FeedForward(width, hidden)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if cross else 2))
        self.drop = Dropout(dropout)

    def forward(
        self,
        x: torch.Tensor,
        state: State,
        memory: torch.Tensor | None,
        memory_seen: torch.Tensor | None,
        maps: Maps | None,
    ) -> tuple[torch.Tensor, State]:
        first = state[0].shape[2] if state else 0
        y = self.norms[0](x)
        keys, values = self.attention.remember(y, first)
        if state:
            keys, values = torch.cat([state[0], keys], dim=2), torch.cat([state[1], values], dim=2)
        kept: State = (keys, values)
        seen = causal(x.shape[1], first, x.device) if x.shape[1] > 1 else None
        x = x + self.drop(self.attention(y, keys, values, seen, first, maps.own if maps else None))
        if self.cross is not None:
            assert memory is not None
            remembered = state[2:] if state else self.cross.remember(memory)
            kept += remembered
            found = self.cross(self.norms[1](x), *remembered, memory_seen, maps=maps.memory if maps else None)
            x = x + self.drop(found)
        return x + self.drop(self.feed_forward(self.norms[-1](x))), kept


def causal(length: int, before: int, device: torch.device) -> torch.Tensor:
    """(L, before + L) bool: each of the last L tokens sees itself and all before it."""
    return torch.ones(length, before + length, dtype=torch.bool, device=device).tril(before)


class Sizes(NamedTuple):
    """What blocks are made by; see ``Stack``."""

    width: int
    heads: int
    hidden: int
    dropout: float
    qk_norm: bool


class Stack(nn.Module):
    """What encoders and decoders have in common: tokens become vectors, blocks follow one another, a norm ends them.

    Args:
        width: W.
        layers: Blocks.
        heads: H of each block.
        vocabulary: How many numbers tokens have; 0 where vectors are given instead of them.
        hidden: Of the feed-forwards; 4 W where it is left out.
        dropout: Share that is set to 0 in training, of vectors and of what blocks add; not of attention, whose
            weights are the largest arrays of a step (docs/language.md).
        qk_norm: See ``Attention``.
        cross: Whether blocks also look at what an encoder read; a ``Decoder``'s can.

    Raises:
        ValueError: no layers or too many; a width that the heads do not divide.
    """

    def __init__(
        self,
        width: int,
        layers: int,
        heads: int,
        vocabulary: int = 0,
        hidden: int | None = None,
        dropout: float = 0.0,
        qk_norm: bool = True,
        cross: bool = False,
    ) -> None:
        super().__init__()
        check_layers(layers)
        self.width = width
        self.embedding = nn.Embedding(vocabulary, width) if vocabulary else None
        sizes = Sizes(width, heads, 4 * width if hidden is None else hidden, dropout, qk_norm)
        self.blocks = nn.ModuleList(self.block(sizes, cross) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.drop = Dropout(dropout)
        self.apply(start)
        for name, weight in self.named_parameters():
            if name.endswith(("out.weight", "leave.weight")):  # many blocks add to one vector (Radford et al. 2019)
                nn.init.normal_(weight, std=SPREAD / math.sqrt(2 * layers))

    def block(self, sizes: Sizes, cross: bool) -> nn.Module:
        """One block of these sizes."""
        raise NotImplementedError

    def vectors(self, x: torch.Tensor) -> torch.Tensor:
        """The vectors (N, L, W) of tokens (N, L) int64; vectors stay as they are."""
        return self.drop(x if self.embedding is None or x.is_floating_point() else self.embedding(x))


class Encoder(Stack):
    """Reads: every token sees all others. See ``Stack`` for the arguments."""

    def block(self, sizes: Sizes, cross: bool) -> nn.Module:
        if cross:
            raise ValueError("an encoder looks at no other's tokens; cross=True is for a Decoder")
        return EncoderBlock(*sizes)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None, maps: Maps | None = None) -> torch.Tensor:
        """Tokens (N, L), or vectors (N, L, W), to states (N, L, W).

        Args:
            mask: (N, L) bool, false for filling, at which no token looks.
            maps: To be filled with what the layers look at.
        """
        x, seen = self.vectors(x), seen_by_all(mask)
        for block in self.blocks:
            x = block(x, seen, maps)
        return self.norm(x)


class Decoder(Stack):
    """Writes: every token sees those before it, and with ``cross=True`` all of what an encoder read.

    See ``Stack`` for the other arguments.
    """

    def block(self, sizes: Sizes, cross: bool) -> nn.Module:
        return DecoderBlock(*sizes, cross)

    def forward(
        self,
        x: torch.Tensor,
        state: State = (),
        memory: torch.Tensor | None = None,
        memory_mask: torch.Tensor | None = None,
        maps: Maps | None = None,
    ) -> tuple[torch.Tensor, State]:
        """Tokens (N, L), or vectors (N, L, W), to states (N, L, W), and the state with which to go on.

        Filling at the end of a sequence needs no mask: what stands before it does not see it.

        Args:
            state: What a call for the tokens before gave; () at the start. ``tuple(part[rows] for part in state)``
                takes some of the sequences, or takes one several times.
            memory: (N, S, W), what an encoder read; with ``cross`` alone. Given with the first call it is kept in the
                state, and later ones may hand it in again, or what has its shape.
            memory_mask: (N, S) bool, false for filling; with every call.
            maps: To be filled with what the layers look at.
        """
        x, seen = self.vectors(x), seen_by_all(memory_mask)
        each, kept = len(state) // len(self.blocks), State()
        for number, block in enumerate(self.blocks):
            x, own = block(x, state[number * each : (number + 1) * each], memory, seen, maps)
            kept += own
        return self.norm(x), kept


def check_layers(layers: int) -> None:
    """``ValueError`` unless a network has so many layers; a file may ask for any number."""
    if not 1 <= layers <= MOST_LAYERS:
        raise ValueError(f"a network has 1 … {MOST_LAYERS} layers, got {layers}")


def seen_by_all(mask: torch.Tensor | None) -> torch.Tensor | None:
    """(N, S) bool as ``attend`` takes it, (N, 1, 1, S)."""
    return None if mask is None else mask[:, None, None, :]


def start(module: nn.Module) -> None:
    """Small normal first weights, and biases of 0."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=SPREAD)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
