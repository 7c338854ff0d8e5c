"""Batches that are a function of the seed and the number of the step: what a training that was killed goes on with.

Batch 1234 is the same whether the 1233 before it were made by this process or by one that was killed. So the position
of an iterator is one number, and that is all that a checkpoint holds of it.
"""

import hashlib
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def generator(seed: int, *place: object) -> torch.Generator:
    """A stream of random numbers of its own for each ``place``, such as ``("batch", 1234)``."""
    digest = hashlib.blake2b(repr((seed, *place)).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little"))


def digest_tensors(*tensors: torch.Tensor) -> str:
    """Eight letters that change with the contents."""
    total = 0
    for tensor in tensors:
        total = zlib.crc32(np.ascontiguousarray(tensor.numpy()).data, total)
    return f"{total:08x}"


def hold_out(labels: torch.Tensor, classes: int, share: float, seed: int) -> torch.Tensor:
    """Which examples are kept for choosing hyperparameters: (N,) bool, true for ``share`` of each class.

    Args:
        labels: (N,) int64, 0 … ``classes`` - 1.

    Raises:
        ValueError: ``share`` is not in (0, 1), or leaves one of the parts without examples.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"holdout must be between 0 and 1, got {share}")
    source, held = generator(seed, "holdout"), []
    for label in range(classes):
        rows = (labels == label).nonzero()[:, 0]
        held.append(rows[torch.randperm(len(rows), generator=source)[: round(share * len(rows))]])
    mask = torch.zeros(len(labels), dtype=torch.bool)
    mask[torch.cat(held)] = True
    if not mask.any() or mask.all():
        raise ValueError(f"holdout {share} of {len(labels)} examples leaves a part without any")
    return mask


class Shuffled:
    """Batches of the rows 0 … ``count`` - 1, without end. A subclass makes of the rows what is learned from.

    Iterating gives the rest of the epoch in which ``step`` stands, and moves ``step`` along. Each epoch has the rows in
    another order, and leaves out the few that do not fill a batch.

    Raises:
        ValueError: no rows, or a batch size below 1.
    """

    def __init__(self, count: int, batch_size: int, seed: int, step: int = 0) -> None:
        if not count or batch_size < 1:
            raise ValueError(f"expected at least one example and a batch size >= 1, got {count} and {batch_size}")
        self.count, self.seed, self.step = count, seed, step  # step: of the batch that comes next
        self.batch_size = min(batch_size, count)
        self._order = (-1, torch.empty(0, dtype=torch.int64))

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.count // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        end = (self.step // len(self) + 1) * len(self)
        while self.step < end:
            batch = self.batch(self.step)
            self.step += 1
            yield batch

    def batch(self, step: int) -> Any:
        """The batch of this step, tensors on the CPU; a function of the seed and ``step``."""
        return self.rows(step)

    def rows(self, step: int) -> torch.Tensor:
        """(B,) int64, the rows of this step."""
        epoch, place = divmod(step, len(self))
        if self._order[0] != epoch:
            self._order = (epoch, torch.randperm(self.count, generator=generator(self.seed, "epoch", epoch)))
        return self._order[1][place * self.batch_size : (place + 1) * self.batch_size]


class Epoch:
    """The rest of an epoch, with its length; what Lightning takes for a loader."""

    def __init__(self, batches: Shuffled) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches) - self.batches.step % len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)
