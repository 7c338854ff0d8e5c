"""Batches of sentence pairs with about as many tokens each, of sentences that are about as long: little filling."""

from collections.abc import Sequence

import torch

from ...training.batches import Shuffled, generator
from ..models.translator import as_source, as_target

JITTER = 0.05  # share by which a length is taken for another one, so that batches differ between epochs


class PairBatches(Shuffled):
    """Tokens of sentences (B, S) and of their translations (B, T), with what stands around them, filled with PAD.

    All batches have about the same number of tokens, so B differs; on average it is ``batch_size``. Every pair comes
    once in each epoch.

    Args:
        sources, targets: Tokens of each sentence, without END and BEGIN.
        longest: Tokens that the translation of a pair has at most, END among them, and the sentence, too.
    """

    def __init__(
        self,
        sources: Sequence[list[int]],
        targets: Sequence[list[int]],
        longest: int,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__(len(sources), batch_size, seed)
        self.sources, self.targets, self.longest = sources, targets, longest
        self.lengths = torch.tensor([(len(a) + 1, len(b) + 1) for a, b in zip(sources, targets, strict=True)])
        self._groups: tuple[int, list[torch.Tensor]] = (-1, [])

    def rows(self, step: int) -> torch.Tensor:
        """(B,) int64, the pairs of this step."""
        epoch, place = divmod(step, len(self))
        if self._groups[0] != epoch:
            self._groups = (epoch, self._grouped(epoch))
        return self._groups[1][place]

    def _grouped(self, epoch: int) -> list[torch.Tensor]:
        """The pairs of an epoch, by batch: those of about one length in both languages stand together.

        Sorted by the length of the sentence into strips, within these by that of the translation, upwards and downwards
        in turn so that neighbours are alike at the ends, too; then cut wherever the tokens of a batch are full.
        """
        source = generator(self.seed, "epoch", epoch)
        jitter = 1.0 + JITTER * (2.0 * torch.rand(self.count, 1, generator=source) - 1.0)
        length, strips = self.lengths * jitter, max(round(len(self) ** 0.5), 1)
        strip = torch.empty(self.count, dtype=torch.int64)
        strip[length[:, 0].argsort(stable=True)] = torch.arange(self.count) * strips // self.count
        order = (length[:, 1] * torch.where(strip % 2 == 0, 1, -1)).argsort(stable=True)
        order = order[strip[order].argsort(stable=True)]
        tokens = self.lengths.sum(dim=1)[order].cumsum(dim=0)
        batch = ((tokens - 1) * len(self)).div(tokens[-1], rounding_mode="floor")  # where a pair's last token lies
        ends, place = torch.bincount(batch, minlength=len(self)).cumsum(dim=0), torch.arange(len(self))
        # A pair of more tokens than a batch has would leave one empty: each ends a pair or more behind the one before.
        ends = (ends - place).clamp(min=1).cummax(dim=0).values.clamp(max=self.count - len(self) + 1) + place
        groups = order.tensor_split(ends[:-1])
        return [groups[i] for i in torch.randperm(len(self), generator=source).tolist()]

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self.rows(step).tolist()
        sources, targets = ([texts[row] for row in rows] for texts in (self.sources, self.targets))
        return as_source(sources, self.longest), as_target(targets, self.longest)

    @property
    def filled(self) -> float:
        """Share of a batch's tensors that is no filling, on average over the first epoch."""
        real = int(self.lengths.sum()) + self.count  # with BEGIN
        groups = self._grouped(0)
        return real / sum(
            len(g) * int((self.lengths[g].max(dim=0).values + torch.tensor([0, 1])).sum()) for g in groups
        )

    @property
    def data(self) -> tuple[torch.Tensor, ...]:
        """All that is learned from, for the digest of a checkpoint."""
        flat = [number for texts in (self.sources, self.targets) for text in texts for number in text]
        return self.lengths, torch.tensor(flat, dtype=torch.int32)
