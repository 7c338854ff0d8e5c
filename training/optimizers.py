"""Optimisers: Muon for filters and matrices, SGD or AdamW for the rest; the learning rate over time; averages."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

# Coefficients of the quintic that pushes singular values towards 1 (Jordan et al. 2024, *Muon*).
A, B, C = 3.4445, -4.7750, 2.0315


def orthogonalised(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """A matrix with the singular vectors of ``matrix`` (R, S) and singular values of about 1 (0.7 … 1.2).

    Under autocast it multiplies in bf16, in half the time; the result is approximate in any case.
    """
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        gram = x @ x.T
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose step is made orthogonal (Jordan et al. 2024), for convolution filters and matrices.

    Filters (O, I, k, k) are taken as a matrix (O, I k k). Before each step they are scaled to the norm sqrt(O): a norm
    layer follows, so that only their direction matters, and ``lr`` is then how far it turns.

    A matrix keeps its size, but for ``weight_decay`` (of ``lr``, in each step). One with several times as many rows as
    columns is several square ones below each other, as of keys and values or of the gates of an LSTM: each is made
    orthogonal by itself.
    """

    def __init__(self, params: Iterable[Any], lr: float, momentum: float, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        assert closure is None
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if "momentum_buffer" not in self.state[p]:
                    self.state[p]["momentum_buffer"] = torch.zeros_like(p)
                buffer = self.state[p]["momentum_buffer"]
                buffer.mul_(group["momentum"]).add_(p.grad)
                step = p.grad.add(buffer, alpha=group["momentum"]).reshape(len(p), -1)
                if p.ndim == 2:
                    p.mul_(1.0 - group["lr"] * group["weight_decay"])
                    parts = step.split(p.shape[1]) if len(p) % p.shape[1] == 0 else (step,)
                    step = torch.cat([orthogonalised(part) for part in parts])
                else:
                    p.mul_(len(p) ** 0.5 / p.norm())
                    step = orthogonalised(step)
                p.add_(step.view(p.shape), alpha=-group["lr"])


def make(
    net: nn.Module, kind: str, lr: float, weight_decay: float, momentum: float, matrices: Iterable[nn.Parameter] = ()
) -> list[torch.optim.Optimizer]:
    """The optimisers of a network; decay is for weights of two axes or more, not for norms and biases.

    Args:
        kind: ``sgd`` (Nesterov), ``adamw``, or ``muon``: Muon for filters and ``matrices``, AdamW at a twentieth of
            ``lr`` for the rest.
        matrices: Those of the network that Muon is to turn.
    """
    learned = [p for p in net.parameters() if p.requires_grad]
    turned = {id(p) for p in (*(p for p in learned if p.ndim == 4), *matrices)} if kind == "muon" else set()
    filters = [p for p in learned if id(p) in turned]
    weights = [p for p in learned if p.ndim >= 2 and id(p) not in turned]
    vectors = [p for p in learned if p.ndim < 2]
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    if kind == "sgd":
        return [torch.optim.SGD(groups, lr, momentum=momentum, nesterov=True)]
    if kind == "adamw":
        return [torch.optim.AdamW(groups, lr)]
    assert kind == "muon", kind
    muon = [Muon(filters, lr, momentum, weight_decay)] if filters else []
    return [*muon, torch.optim.AdamW(groups, lr / 20.0, betas=(0.9, 0.95))]


def schedule(progress: float, warmup: float) -> float:
    """Share of the highest learning rate when ``progress`` (0 … 1) of the steps are done: up and down in lines."""
    return min((progress + 1e-9) / warmup, 1.0) if progress < warmup else (1.0 - progress) / (1.0 - warmup)


def set_rate(optimizers: list[torch.optim.Optimizer], share: float) -> float:
    """Set all learning rates to this share of the highest; returns the first."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("highest", group["lr"]) * share
    return optimizers[0].param_groups[0]["lr"]


def pack(optimizers: list[torch.optim.Optimizer]) -> dict[str, torch.Tensor]:
    """Their state as tensors with names; the rates are set anew in each step."""
    return {
        f"{i}.{number}.{key}": value
        for i, optimizer in enumerate(optimizers)
        for number, entry in optimizer.state_dict()["state"].items()
        for key, value in entry.items()
    }


def unpack(optimizers: list[torch.optim.Optimizer], tensors: dict[str, torch.Tensor]) -> None:
    """Give them the state that ``pack`` took, in the memory layout of the parameters: other layouts, other bits."""
    states: list[dict[int, dict[str, Any]]] = [{} for _ in optimizers]
    for name, tensor in tensors.items():
        i, number, key = name.split(".")
        states[int(i)].setdefault(int(number), {})[key] = tensor
    for optimizer, state in zip(optimizers, states, strict=True):
        flat = [p for group in optimizer.param_groups for p in group["params"]]
        for place, entry in state.items():
            for key, tensor in entry.items():
                p = flat[place]
                if tensor.shape == p.shape:
                    entry[key] = torch.empty_like(p, requires_grad=False).copy_(tensor)
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


class Average:
    """Exponential moving average of a network's weights and statistics (Polyak & Juditsky 1992)."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.decay = decay
        self.tensors = {key: value.detach().clone() for key, value in net.state_dict().items()}

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from the ``tensors`` of an average of the same network."""
        for key, tensor in self.tensors.items():
            tensor.copy_(tensors[key])

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        decay = min(self.decay, (1.0 + step) / (10.0 + step))  # the first weights are worth little
        for key, value in net.state_dict().items():
            if value.is_floating_point():
                self.tensors[key].lerp_(value, 1.0 - decay)
            else:
                self.tensors[key].copy_(value)
