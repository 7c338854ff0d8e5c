"""The cost of a network: how many numbers it has learned, and how much it multiplies."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def parameter_count(module: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def multiply_adds(module: nn.Module, *inputs: Any) -> int:
    """Multiplications (each with its addition) of the convolutions and dense layers in one call of ``module``.

    A FLOP count is twice that. Norms, activations and pooling are left out, as is usual: they are a per cent or so.
    """
    total = 0

    def count(layer: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += out.numel() * layer.weight[0].numel()  # a dot product per output number
        elif isinstance(layer, nn.Linear):
            total += out.numel() * layer.in_features

    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return total


def costs(module: nn.Module, *inputs: Any) -> dict[str, float]:
    """What an answer costs, as metrics: ``parameters``, and the ``flops`` of ``inputs``, two for a multiply-add."""
    return {"parameters": float(parameter_count(module)), "flops": 2.0 * multiply_adds(module, *inputs)}


def said_of_costs(metrics: Mapping[str, float]) -> str:
    """``costs`` in a few words, for one picture."""
    return f"{metrics['parameters']:,.0f} parameters, {metrics['flops'] / 1e6:,.1f} MFLOP per picture"
