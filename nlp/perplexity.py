"""Loss of a model of language on a text, per character and so comparable whatever its tokens are."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from .models.language_model import LanguageModel
from .windows import window_starts

TOKENS_AT_ONCE = 8192  # in a forward pass without training


@dataclass(frozen=True)
class TextLoss:
    """How surprised a model is by a text.

    Attributes:
        nats: In all, natural logarithms.
        characters, tokens: Of what was asked for: all of the text but its first token.
    """

    nats: float
    characters: int
    tokens: int

    @property
    def per_character(self) -> float:
        return self.nats / self.characters

    @property
    def per_token(self) -> float:
        return self.nats / self.tokens


@torch.no_grad()
def text_loss(
    net: LanguageModel, tokens: torch.Tensor, context: int | None = None, stride: int | None = None
) -> TextLoss:
    """The loss on a text of ``tokens`` (T,) int64, in float32; each token but the first is asked for once.

    Args:
        context: Tokens of a window, those of the model where it is left out. Nothing is carried from one to the next.
        stride: Between two windows, which stand side by side where it is left out; see ``windows.window_starts``.

    Raises:
        ValueError: fewer than two tokens.
    """
    if len(tokens) < 2:
        raise ValueError(f"a loss needs a text of two tokens or more, got {len(tokens)}")
    context = context or net.context
    windows = window_starts(len(tokens), context, stride or context)
    nats, asked = 0.0, 0
    net.eval()
    for at in range(0, len(windows), max(1, TOKENS_AT_ONCE // context)):
        some = windows[at : at + max(1, TOKENS_AT_ONCE // context)]
        losses, counts = _losses(net, tokens, some, context)
        nats += float(losses[counts].sum())
        asked += int(counts.sum())
    assert asked == len(tokens) - 1
    return TextLoss(nats, len(net.tokenizer.decode(tokens[1:].tolist())), asked)


def _losses(
    net: LanguageModel, tokens: torch.Tensor, windows: list[tuple[int, int]], context: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss (N, L) at each place of some windows, and which of them count, (N, L) bool."""
    starts = torch.tensor([start for start, _ in windows])
    skipped = torch.tensor([skip for _, skip in windows])
    steps = torch.arange(context)
    places = starts[:, None] + steps
    counts = (places + 1 < len(tokens)) & (steps >= skipped[:, None])
    read, wanted = (tokens[(places + ahead).clamp(max=len(tokens) - 1)].to(net.device) for ahead in (0, 1))
    logits, _ = net.read(read)
    return F.cross_entropy(logits.float().flatten(0, 1), wanted.flatten(), reduction="none").view(
        read.shape
    ).cpu(), counts
