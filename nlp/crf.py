"""A conditional random field over tags in a row: what follows what is learned along with what stands where.

Of all ways to tag L words it gives the probability of each (Lafferty et al. 2001; on top of a recurrent network: Huang
et al. 2015), as a score for each tag at each word and one for each pair of neighbours. ``I-artist`` after ``O`` is then
not merely unlikely: pairs that IOB forbids are ``FORBIDDEN``.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

FORBIDDEN = -1e4  # score of a pair that cannot be; its exponential is 0 in single precision


class CRF(nn.Module):
    """Scores of neighbours among ``tags``, learned.

    Args:
        tags: IOB tags, by which is known which may follow which.
    """

    allowed: torch.Tensor
    first: torch.Tensor

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__()
        count = len(tags)
        self.pairs = nn.Parameter(torch.zeros(count, count))  # from the row to the column
        ok = [[may_follow(one, other) for other in tags] for one in tags]
        self.register_buffer("allowed", torch.tensor(ok, dtype=torch.bool).view(count, count), persistent=False)
        begins = torch.tensor([may_follow("O", tag) for tag in tags], dtype=torch.bool)
        self.register_buffer("first", begins, persistent=False)

    def transitions(self) -> torch.Tensor:
        """(T, T) scores from the tag of the row to that of the column."""
        return self.pairs.masked_fill(~self.allowed, FORBIDDEN)

    def loss(self, scores: torch.Tensor, tags: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Mean negative log-likelihood, in nats per row, of ``tags`` (N, L) under ``scores`` (N, L, T).

        Args:
            lengths: (N,) words of each row; what stands behind them does not count. A pair of tags that IOB forbids, as
                a stranger's data may have, costs what ``FORBIDDEN`` says.
        """
        scores = scores.float()
        moves, (count, longest) = self.transitions(), tags.shape
        inside = torch.arange(longest, device=tags.device) < lengths[:, None]  # (N, L)
        chosen = scores.gather(2, tags[:, :, None])[:, :, 0] * inside
        # Gradients of `moves[…]` are added up by several threads in whatever order they come.
        pairs = tags[:, :-1] * len(moves) + tags[:, 1:]
        between = F.embedding(pairs, moves.reshape(-1, 1))[:, :, 0] * inside[:, 1:]
        start = torch.where(self.first, 0.0, FORBIDDEN)
        of_tags = chosen.sum(dim=1) + between.sum(dim=1) + start[tags[:, 0]]
        # The forward algorithm; in each step a product of matrices takes the place of a sum over all pairs.
        weights = moves.exp()
        total = scores[:, 0] + start  # (N, T), log of the sum over all ways that end in a tag
        for t in range(1, longest):
            high = total.amax(dim=1, keepdim=True).detach()
            after = ((total - high).exp() @ weights).clamp(min=1e-30).log() + high + scores[:, t]
            total = torch.where(inside[:, t, None], after, total)
        return (total.logsumexp(dim=1) - of_tags).sum() / count

    @torch.no_grad()
    def best(self, scores: torch.Tensor, lengths: torch.Tensor) -> list[list[int]]:
        """The most probable tags of each row, as numbers (Viterbi's algorithm)."""
        scores, moves = scores.float(), self.transitions()
        total, back = scores[:, 0] + torch.where(self.first, 0.0, FORBIDDEN), []
        ends = [total]
        for t in range(1, scores.shape[1]):
            value, place = (total[:, :, None] + moves).max(dim=1)
            total = value + scores[:, t]
            back.append(place)
            ends.append(total)
        last = torch.stack(ends, dim=1)[torch.arange(len(scores)), lengths - 1].argmax(dim=1).tolist()
        steps = torch.stack(back, dim=1).tolist() if back else [[]] * len(scores)
        rows = []
        for i, (tag, length) in enumerate(zip(last, lengths.tolist(), strict=True)):
            row = [tag]
            for t in range(length - 2, -1, -1):
                row.append(steps[i][t][row[-1]])
            rows.append(row[::-1])
        return rows


def may_follow(one: str, other: str) -> bool:
    """Whether in IOB the tag ``other`` may stand after ``one``: ``I-x`` only after ``B-x`` or ``I-x``."""
    return not other.startswith("I-") or one[1:] == other[1:]
