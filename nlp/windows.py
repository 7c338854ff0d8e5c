"""Windows of a long text: tokens to read, and for each the one that comes next."""

import torch

from ..training.batches import Shuffled, generator


class WindowBatches(Shuffled):
    """Tokens (B, L) int64, and those after them (B, L).

    An epoch goes through the text once, in windows side by side in a new order; where the first one begins differs from
    epoch to epoch, so that a token is not always at the same place of a window.

    Args:
        tokens: (T,) int64, the text.
        context: L.

    Raises:
        ValueError: the text is shorter than two windows.
    """

    def __init__(self, tokens: torch.Tensor, context: int, batch_size: int, seed: int) -> None:
        if len(tokens) <= 2 * context:
            raise ValueError(
                f"the text has {len(tokens):,} tokens for training, windows of {context:,} need {2 * context + 1:,}; "
                "take a longer text, or a smaller --set context"
            )
        self.tokens, self.context = tokens, context
        super().__init__((len(tokens) - 1 - context) // context, batch_size, seed)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of this step; a function of the seed and ``step``."""
        epoch = step // len(self)
        first = int(torch.randint(self.context, (), generator=generator(self.seed, "first", epoch)))
        places = first + self.context * self.rows(step)[:, None] + torch.arange(self.context)
        return self.tokens[places], self.tokens[places + 1]


def window_starts(count: int, context: int, stride: int) -> list[tuple[int, int]]:
    """Windows of a text of ``count`` tokens in which each token but the first is asked for once: (start, skipped).

    A window reads tokens from ``start`` on, at most ``context`` of them, and is asked for the ones after these, without
    the first ``skipped``, for which an earlier window was asked.

    Args:
        stride: Between two windows, at most ``context``: with ``context`` they stand side by side, with half of it all
            but the first have half a context before what they are asked for.
    """
    starts = [(0, 0)]
    while starts[-1][0] + context < count - 1:
        starts.append((starts[-1][0] + stride, context - stride))
    return starts
