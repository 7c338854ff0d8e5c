"""What happens in a training step, as a module for Lightning, and the state that a checkpoint of it holds."""

import math
from collections.abc import Iterator
from typing import Any

import lightning
import torch
from torch.nn import functional as F

from . import optimizers
from .classifier import Classifier, spaces_of
from .data import Batches, Images, generator
from .recipe import MODELS, Recipe
from .resnet import ResNet

SEEN = 5000  # training images from which mean, spread and whitening are computed


def build(recipe: Recipe, train: Images) -> Classifier:
    """The untrained network of a recipe for these images."""
    seen = train.images[torch.randperm(len(train), generator=generator(recipe.seed, "seen"))[:SEEN]]
    pixels = seen.flatten(0, 2).double() / 255.0  # (N H W, C)
    mean, std = pixels.mean(dim=0), pixels.std(dim=0).clamp(min=1e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net = MODELS[recipe.model](
            *spaces_of(train.images, len(train.classes)),
            **recipe.net,
            classes=train.classes,
            mean=[round(float(x), 6) for x in mean],
            std=[round(float(x), 6) for x in std],
            mirror=recipe.mirror,
            data=recipe.data,
        )
    if isinstance(net, ResNet):
        net.look_at(seen)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Epoch:
    """The rest of an epoch, with its length; what Lightning takes for a loader."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches) - self.batches.step % len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


class Training(lightning.LightningModule):
    """One step after another; the state that a checkpoint holds."""

    def __init__(self, recipe: Recipe, train: Images) -> None:
        super().__init__()
        self.automatic_optimization = False  # there may be two optimisers
        self.recipe, self.net = recipe, build(recipe, train)
        r = recipe
        self.rules = optimizers.make(self.net, r.optimizer, r.lr, r.weight_decay, r.momentum)
        mean = tuple(round(255.0 * x) for x in self.net.config["mean"])
        self.batches = Batches(train, r.batch_size, r.augmentation(), r.seed, fill=mean)
        self.steps = r.epochs * len(self.batches)
        self.average = optimizers.Average(self.net, r.ema) if r.ema else None
        self.rate, self.loss, self.accuracy = 0.0, math.nan, 0.0

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
        images, labels = self.seen(batch[0], step), batch[1]
        y = self.net.logits(images).float()
        loss = F.cross_entropy(y, labels, label_smoothing=self.recipe.label_smoothing)
        self.loss = float(loss.detach())
        if not math.isfinite(self.loss):
            raise ValueError(
                f"the loss is {self.loss} in step {step} of {self.steps} at learning rate {self.rate:.3g}; begin a new "
                f"training with a lower one, such as --set lr={self.recipe.lr / 4:.2g}"
            )
        truth = labels if labels.ndim == 1 else labels.argmax(dim=1)
        self.accuracy = float((y.argmax(dim=1) == truth).float().mean())
        for rule in self.rules:
            rule.zero_grad(set_to_none=True)
        self.manual_backward(loss)
        for rule in self.rules:
            rule.step()
        if self.average is not None:
            self.average.update(self.net, step)

    def seen(self, images: torch.Tensor, step: int) -> torch.Tensor:
        """What the network sees of images (N, H, W, C) in this step: at first they are small, if the recipe says so.

        Progressive resizing (Howard 2018, in fast.ai's entry for DAWNBench): half of the pixels are half of the time.
        """
        side = self.recipe.small
        if not side or step >= self.recipe.small_until * self.steps:
            return images
        x = images.permute(0, 3, 1, 2).float()
        return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True).permute(0, 2, 3, 1)

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
