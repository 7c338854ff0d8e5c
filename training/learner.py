"""A network with what teaches it: batches, loss, optimisers, and the state that a checkpoint holds of them."""

import copy
import math
from typing import Any

import lightning
import torch

from ..components.component import Component
from . import optimizers
from .batches import Epoch, Shuffled, digest_tensors, generator
from .progress import Diverged
from .recipe import Recipe

BEST = "best"  # of a checkpoint's tensors: the weights that are kept, and where they are from


class Learner(lightning.LightningModule):
    """Takes one step after another, on the recipe's device; a task's own gives ``loss_of``.

    Args:
        net: What learns; it moves to the device.
        data: All tensors that it learns from, on the CPU. A checkpoint is of no use for others.
    """

    def __init__(self, recipe: Recipe, net: Component, batches: Shuffled, data: tuple[torch.Tensor, ...]) -> None:
        super().__init__()
        self.digest = digest_tensors(*data)
        self.automatic_optimization = False  # there may be two optimisers
        self.recipe, self.net, self.batches = recipe, net.to(recipe.device), batches
        r = recipe
        self.optimizer_list = optimizers.make(net, r.optimizer, r.lr, r.weight_decay, r.momentum, net.matrices())
        self.steps = r.epochs * len(batches)
        self.average = optimizers.Average(net, r.ema) if r.ema else None
        self.rate, self.loss = 0.0, math.nan
        self.best: dict[str, torch.Tensor] = {}  # weights that are kept in the place of the last ones
        self.best_error, self.best_step = math.inf, 0

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        """What is to become small, of a batch of ``batches`` that has come to the device."""
        raise NotImplementedError

    def curves(self) -> dict[str, float]:
        """What TensorBoard shows of the last step, by tag."""
        return {"train/loss": self.loss, "train/learning_rate": self.rate}

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self.batches.step

    @property
    def ended(self) -> bool:
        """Whether no further step is to be taken; asked between two epochs."""
        return self.step >= self.steps

    def consider(self, error: float) -> None:
        """Keep the weights as they are now if their ``error``, on what is held out, is the smallest so far."""
        if error < self.best_error:
            self.best_error, self.best_step = error, self.step
            self.best = {key: value.detach().cpu().clone() for key, value in self.current().items()}

    def current(self) -> dict[str, torch.Tensor]:
        """The weights that would be kept now: the averaged ones, if there is an average."""
        return self.net.state_dict() if self.average is None else self.average.tensors

    def snapshot(self) -> Component:
        """A copy of the network with these weights, ready to be judged."""
        net = copy.deepcopy(self.net)
        net.load_state_dict(self.current())
        return net.eval()

    def configure_optimizers(self) -> Any:
        return self.optimizer_list

    def train_dataloader(self) -> Any:
        return Epoch(self.batches)

    def training_step(self, batch: Any, number: int) -> None:
        step = self.step - 1  # the iterator has moved on already
        share = optimizers.schedule(step / self.steps, self.recipe.warmup)
        self.rate = optimizers.set_rate(self.optimizer_list, share)
        torch.manual_seed(generator(self.recipe.seed, "dropout", step).initial_seed())
        loss = self.loss_of(batch, step)
        self.loss = float(loss.detach())
        if not math.isfinite(self.loss):
            raise Diverged(
                f"the loss is {self.loss} in step {step} of {self.steps} at learning rate {self.rate:.3g}; begin a new "
                f"training with a lower one, such as --set lr={self.recipe.lr / 4:.2g}"
            )
        for optimizer in self.optimizer_list:
            optimizer.zero_grad(set_to_none=True)
        self.manual_backward(loss)
        for optimizer in self.optimizer_list:
            optimizer.step()
        if self.average is not None:
            self.average.update(self.net, step)

    def trained(self) -> Component:
        """The network that is kept: the best that was considered, else the averaged or the last; back on the CPU."""
        if self.best or self.average is not None:
            self.net.load_state_dict(self.best or self.current())
        return self.net.to("cpu")

    def pack(self) -> dict[str, torch.Tensor]:
        """The state, by name; the step is the checkpoint's to know."""
        parts = {"net": self.net.state_dict(), "optimizer": optimizers.pack(self.optimizer_list)}
        if self.average is not None:
            parts["average"] = self.average.tensors
        if self.best:
            chosen = {f"net/{key}": value for key, value in self.best.items()}
            error, step = torch.tensor(self.best_error, dtype=torch.float64), torch.tensor(self.best_step)
            parts[BEST] = {**chosen, "error": error, "step": step}
        return {f"{part}/{key}": value for part, tensors in parts.items() for key, value in tensors.items()}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        """Go on from what ``pack`` gave after ``step`` steps."""
        parts: dict[str, dict[str, torch.Tensor]] = {"net": {}, "optimizer": {}, "average": {}, BEST: {}}
        for name, tensor in tensors.items():
            part, _, key = name.partition("/")
            parts[part][key] = tensor
        self.net.load_state_dict(parts["net"])
        optimizers.unpack(self.optimizer_list, parts["optimizer"])
        if self.average is not None:
            self.average.load(parts["average"])
        if chosen := parts[BEST]:
            self.best_error, self.best_step = float(chosen.pop("error")), int(chosen.pop("step"))
            self.best = {name.removeprefix("net/"): tensor for name, tensor in chosen.items()}
            if self.best.keys() != self.net.state_dict().keys():
                raise ValueError("the weights of the best epoch are those of another network")
        self.batches.step = step
