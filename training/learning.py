"""What happens in a training step, as a module for Lightning, and the state that a checkpoint of it holds."""

import math
from collections.abc import Iterator
from typing import Any, Protocol

import lightning
import torch

from ..components.component import Component
from ..vision.data import digest, generator
from . import optimizers
from .recipe import Plan


class Source(Protocol):
    """Training batches without end; batch ``step`` is a function of the seed and ``step`` alone."""

    step: int  # of the batch that comes next
    batch_size: int

    def __len__(self) -> int:
        """Batches in an epoch."""

    def __iter__(self) -> Iterator[Any]:
        """The rest of the epoch in which ``step`` stands; moves ``step`` along."""


class Epoch:
    """The rest of an epoch, with its length; what Lightning takes for a loader."""

    def __init__(self, batches: Source) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches) - self.batches.step % len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


class Training(lightning.LightningModule):
    """One step after another; a subclass gives ``loss_of``. ``data`` are all that it learns from."""

    def __init__(self, recipe: Plan, net: Component, batches: Source, data: tuple[torch.Tensor, ...]) -> None:
        super().__init__()
        self.digest = digest(*data)  # a checkpoint is of no use for others
        self.automatic_optimization = False  # there may be two optimisers
        self.recipe, self.net, self.batches = recipe, net, batches
        r = recipe
        self.rules = optimizers.make(net, r.optimizer, r.lr, r.weight_decay, r.momentum)
        self.steps = r.epochs * len(batches)
        self.average = optimizers.Average(net, r.ema) if r.ema else None
        self.rate, self.loss = 0.0, math.nan

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        """What is to become small, of a batch of ``batches``."""
        raise NotImplementedError

    def curves(self) -> dict[str, float]:
        """What is drawn of the last step, by TensorBoard's tag."""
        return {"train/loss": self.loss, "train/learning_rate": self.rate}

    @property
    def step(self) -> int:
        return self.batches.step

    def configure_optimizers(self) -> Any:
        return self.rules

    def train_dataloader(self) -> Any:
        return Epoch(self.batches)

    def training_step(self, batch: Any, number: int) -> None:
        step = self.step - 1  # the iterator has moved on already
        self.rate = optimizers.set_rate(self.rules, optimizers.schedule(step / self.steps, self.recipe.warmup))
        torch.manual_seed(generator(self.recipe.seed, "dropout", step).initial_seed())
        loss = self.loss_of(batch, step)
        self.loss = float(loss.detach())
        if not math.isfinite(self.loss):
            raise ValueError(
                f"the loss is {self.loss} in step {step} of {self.steps} at learning rate {self.rate:.3g}; begin a new "
                f"training with a lower one, such as --set lr={self.recipe.lr / 4:.2g}"
            )
        for rule in self.rules:
            rule.zero_grad(set_to_none=True)
        self.manual_backward(loss)
        for rule in self.rules:
            rule.step()
        if self.average is not None:
            self.average.update(self.net, step)

    def pack(self) -> dict[str, torch.Tensor]:
        parts = {"net": self.net.state_dict(), "rule": optimizers.pack(self.rules)}
        if self.average is not None:
            parts["average"] = self.average.tensors
        return {f"{part}/{key}": value for part, tensors in parts.items() for key, value in tensors.items()}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        parts: dict[str, dict[str, torch.Tensor]] = {"net": {}, "rule": {}, "average": {}}
        for name, tensor in tensors.items():
            part, _, key = name.partition("/")
            parts[part][key] = tensor
        self.net.load_state_dict(parts["net"])
        optimizers.unpack(self.rules, parts["rule"])
        if self.average is not None:
            self.average.tensors = parts["average"]
        self.batches.step = step
