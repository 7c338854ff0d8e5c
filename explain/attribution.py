"""Attribution: heat maps over a picture of what decided a network's answer, and a check that they depend on it.

``grad-cam``              Grad-CAM (Selvaraju et al. 2017): the maps of a convolution, weighted by how much the answer
                          rises with each of them, scaled up to the picture. Coarse; where the network looks.
``integrated-gradients``  Integrated gradients (Sundararajan et al. 2017): the slope of the answer along the way from a
                          grey picture to this one, summed. Fine; which pixels count. Its absolute value is shown.

A map that looks right proves little: some methods draw edges whatever the network knows (Adebayo et al. 2018, *Sanity
checks for saliency maps*). ``similarity_when_randomised`` is their test.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam
from torch import nn
from torch.nn import functional as F

from ..components.component import Component
from ..utils.wording import did_you_mean

METHODS = {"grad-cam": "Grad-CAM", "integrated-gradients": "gradients"}  # as asked for -> under a picture, in short
STEPS = 32  # of the sum along the way from grey; 20 to 300 are recommended


def explain(
    component: Component,
    images: torch.Tensor | np.ndarray,
    method: str = "grad-cam",
    target: torch.Tensor | np.ndarray | int | None = None,
    layer: nn.Module | None = None,
) -> np.ndarray:
    """Heat maps (N, H, W) float32 of what speaks for a class; each is scaled so that its hottest pixel is 1.

    Args:
        component: Any component that takes pictures (H, W, C); one that has ``logits`` is asked for these.
        images: Pictures (N, H, W, C) of bytes.
        target: The class in question, one for all or one per picture; by default what the component says itself.
        layer: The convolution that Grad-CAM looks at; by default the last one.

    Raises:
        ValueError: an unknown method, pictures of another shape, a class that does not exist, no convolution.
    """
    has_logits = callable(getattr(type(component), "logits", None))  # a method: a layer of that name is another thing
    answer: Any = component.logits if has_logits else component
    x = torch.as_tensor(np.asarray(images)) if not isinstance(images, torch.Tensor) else images
    if x.ndim != 4 or tuple(x.shape[1:]) != component.input_space.shape:
        raise ValueError(f"pictures of shape {tuple(x.shape)}, expected (N, *{component.input_space.shape})")
    if layer is None and method == "grad-cam":
        layer = last_convolution(component)
        if layer is None:
            raise ValueError(
                f"{type(component).__name__} has no convolution for Grad-CAM; use method 'integrated-gradients'"
            )
    return explain_module(component, answer, x, method, target, layer)


def last_convolution(module: nn.Module) -> nn.Conv2d | None:
    """The layer whose maps Grad-CAM weighs: the last one that still knows where something is; ``None`` without any."""
    return next((part for part in reversed(list(module.modules())) if isinstance(part, nn.Conv2d)), None)


def explain_module(
    module: nn.Module,
    answer: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    method: str = "grad-cam",
    target: torch.Tensor | np.ndarray | int | None = None,
    layer: nn.Module | None = None,
    channels_first: bool = False,
) -> np.ndarray:
    """As ``explain``, for a network that is no component, such as the CNN of a policy.

    Args:
        module: The network; it is put into evaluation mode, and back.
        answer: From pictures (N, H, W, C), or (N, C, H, W) with ``channels_first``, as floats 0 … 255, to numbers
            (N, K), such as the values of the actions.
        layer: For Grad-CAM: a layer inside ``module`` that gives maps (N, channels, height, width).
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}{did_you_mean(method, METHODS)}")
    was = module.training
    x = x.to(next((parameter.device for parameter in module.parameters()), x.device))
    module.eval()
    wrapped = _Answer(module, answer)
    try:
        with torch.enable_grad():
            pictures = x.detach().float().requires_grad_()
            number = _targets(answer, pictures, target)
            if method == "grad-cam":
                if layer is None:
                    raise ValueError("Grad-CAM needs a layer: a convolution inside the module")
                maps = LayerGradCam(wrapped, layer).attribute(pictures, target=number, relu_attributions=True)
                size = tuple(x.shape[2:4] if channels_first else x.shape[1:3])
                heat = LayerAttribution.interpolate(maps, size, "bilinear")[:, 0]
            else:
                grey = torch.full_like(pictures, 127.5)
                slopes = IntegratedGradients(wrapped).attribute(
                    pictures, grey, target=number, n_steps=STEPS, internal_batch_size=max(64, len(pictures))
                )
                heat = slopes.abs().sum(dim=1 if channels_first else 3)
    finally:
        module.train(was)
    heat = heat.detach().float().cpu()
    highest = heat.amax(dim=(1, 2), keepdim=True)
    return (heat / highest.clamp(min=1e-12)).clamp(0.0, 1.0).numpy()


class _Answer(nn.Module):
    """captum asks for a module; the answer of one may be another function than its forward."""

    def __init__(self, module: nn.Module, answer: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.module, self.answer = module, answer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.answer(x)


def _targets(answer: Callable, pictures: torch.Tensor, target: torch.Tensor | np.ndarray | int | None) -> torch.Tensor:
    with torch.no_grad():
        y = answer(pictures)
    if target is None:
        return y.argmax(dim=1)
    number = torch.as_tensor(target, dtype=torch.int64, device=y.device).expand(len(pictures))
    if not ((number >= 0) & (number < y.shape[1])).all():
        raise ValueError(f"target {target} is out of range; there are {y.shape[1]} answers, 0 to {y.shape[1] - 1}")
    return number


def similarity_when_randomised(
    component: Component, images: torch.Tensor | np.ndarray, method: str = "grad-cam", seed: int = 0
) -> float:
    """Mean correlation (-1 … 1) of the ranks of the heat maps with those of the same network with random weights.

    Near 1: the method shows the picture and not what the network has learned; it must not be trusted here. The network
    itself is left as it is. Both are asked about the same class, that which the trained one sees.
    """
    x = torch.as_tensor(np.asarray(images))
    blank = copy.deepcopy(component)
    randomise(blank, seed)
    component.eval()
    with torch.no_grad():
        target = component(x).argmax(dim=1)
    one, other = (torch.from_numpy(explain(c, x, method, target)).flatten(1) for c in (component, blank))
    ranks = [heat.argsort(dim=1).argsort(dim=1).double() for heat in (one, other)]
    centred = [F.normalize(rank - rank.mean(dim=1, keepdim=True), dim=1) for rank in ranks]
    return float((centred[0] * centred[1]).sum(dim=1).mean())


def randomise(network: nn.Module, seed: int = 0) -> None:
    """Give ``network`` random weights, each tensor with the spread that it had; the global random state stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in network.modules():
            for name, p in module.named_parameters(recurse=False):
                # The spread of each tensor stays, and with it the size of what flows through the network.
                spread = float(p.detach().std()) if p.numel() > 1 else 1.0
                with torch.no_grad():
                    p.copy_(torch.randn(p.shape) * (spread or 0.1) + (1.0 if _is_gain(module, name) else 0.0))


def _is_gain(module: nn.Module, name: str) -> bool:
    return isinstance(module, (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)) and name == "weight"
