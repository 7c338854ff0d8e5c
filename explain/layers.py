"""Layers seen from within: the filters of the first, the maps of each, and the patches that excite a channel most.

A filter of the first layer is a pattern of pixels and can be shown as such. What a channel further up looks for is told
by the pictures to which it answers most strongly, cut out where it does (Zeiler & Fergus 2014, *Visualizing and
understanding convolutional networks*). A unit of a dense layer sees the whole picture, and so does its patch.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..components.component import Component

ACTIVATIONS = (nn.GELU, nn.ReLU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.ELU, nn.Softplus, nn.Hardswish)
AT_ONCE = 100  # pictures in a forward pass


@dataclass(frozen=True)
class Layer:
    """A layer whose answers are looked at: what an activation lets through, or, without any, a convolution's."""

    name: str  # inside the network, as in its weights
    module: nn.Module
    shape: tuple[int, ...]  # of its answer to one picture: (channels, height, width), or (units,)

    @property
    def channels(self) -> int:
        return self.shape[0]

    def __str__(self) -> str:
        if len(self.shape) == 1:
            return f"{self.channels} units"
        return f"{self.channels} channels of {self.shape[1]} x {self.shape[2]}"


@dataclass(frozen=True)
class Patches:
    """Of each of some channels the patches that excite it most, the strongest first."""

    channels: np.ndarray  # (K,)
    patches: np.ndarray  # (K, count, side, side, C) uint8
    rows: np.ndarray  # (K, count): of which pictures
    answers: np.ndarray  # (K, count): how strong


def layers_of(component: Component) -> list[Layer]:
    """The layers in the order in which a picture comes through.

    Raises:
        ValueError: the component takes no pictures (H, W, C), or remembers (its answer needs more than a picture).
    """
    space = component.input_space
    if len(space.shape or ()) != 3 or component.has_memory:
        raise ValueError(f"expected a component of pictures without memory, got {type(component).__name__} of {space}")
    found: dict[str, Layer] = {}
    names = {module: name for name, module in component.named_modules()}

    def note(module: nn.Module, given: Any, answer: Any) -> None:
        if isinstance(answer, torch.Tensor) and answer.ndim in (2, 4):
            found.setdefault(names[module], Layer(names[module], module, tuple(answer.shape[1:])))

    hooks = [
        module.register_forward_hook(note)
        for module in component.modules()
        if isinstance(module, (*ACTIVATIONS, nn.Conv2d, nn.Linear))
    ]
    try:
        _ask(component, torch.zeros((1, *space.shape), dtype=torch.uint8, device=component.device))  # type: ignore[misc]
    finally:
        for hook in hooks:
            hook.remove()
    active = [layer for layer in found.values() if isinstance(layer.module, ACTIVATIONS)]
    return active or [layer for layer in found.values() if isinstance(layer.module, nn.Conv2d)]


def _ask(component: Component, x: torch.Tensor) -> torch.Tensor:
    answer: Any = component.logits if callable(getattr(type(component), "logits", None)) else component
    was = component.training
    component.eval()
    try:
        return answer(x)
    finally:
        component.train(was)


def _answers(component: Component, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What ``layer`` answers to pictures (N, H, W, C): (N, K, h, w); units are maps of one pixel."""
    caught: list[torch.Tensor] = []
    hook = layer.register_forward_hook(lambda module, given, answer: caught.append(answer))
    try:
        _ask(component, x.to(component.device))
    finally:
        hook.remove()
    return caught[0] if caught[0].ndim == 4 else caught[0][:, :, None, None]


def feature_maps(component: Component, images: torch.Tensor, layer: Layer) -> np.ndarray:
    """The maps (N, K, h, w) float32 of a layer for pictures (N, H, W, C) of bytes."""
    with torch.no_grad():
        parts = [_answers(component, layer.module, part).float().cpu() for part in images.split(AT_ONCE)]
    return torch.cat(parts).numpy()


def first_filters(component: Component, most: int = 32) -> np.ndarray:
    """The filters of the first layer, as pictures (K, h, w, C) float32, each scaled to -1 … 1.

    A filter is the slope of a channel's answer by the pixels that it sees, whatever scaling comes before: for a dense
    layer of all pixels. Of more than ``most``, the strongest ones are shown.
    """
    first = next((module for module in component.modules() if isinstance(module, (nn.Conv2d, nn.Linear))), None)
    if first is None:
        raise ValueError(f"{type(component).__name__} has neither convolutions nor dense layers")
    shape: Any = component.input_space.shape
    grey = torch.full((1, *shape), 127.5, device=component.device, requires_grad=True)
    with torch.enable_grad():
        maps = _answers(component, first, grey)
        middle = maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2]  # (K,)
        slopes = torch.stack([torch.autograd.grad(one, grey, retain_graph=True)[0][0] for one in middle]).cpu()
    seen = slopes.abs().sum(dim=(0, 3))  # (H, W): where any of them is not 0
    rows, columns = (seen.sum(dim=axis).nonzero()[:, 0] for axis in (1, 0))
    if len(rows):
        slopes = slopes[:, int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
    strength = slopes.flatten(1).norm(dim=1)
    slopes = slopes[strength.argsort(descending=True, stable=True)[:most]]
    return (slopes / slopes.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-12)).numpy()


def strongest_patches(
    component: Component, images: torch.Tensor, layer: Layer, channels: int = 8, count: int = 9
) -> Patches:
    """The patches of ``images`` (N, H, W, C) of bytes that excite the liveliest channels of a layer most.

    A patch is as large as what the layer sees; no picture gives two patches for one channel.

    Args:
        channels: How many; those whose strongest answers vary most from picture to picture.
    """
    highest, places = _peaks(component, layer, images)  # (N, K) each
    alive = highest.std(dim=0, unbiased=False).argsort(descending=True, stable=True)[:channels]  # (K,)
    order = highest[:, alive].argsort(dim=0, descending=True, stable=True)[:count]  # (count, K)
    rows = order.T.flatten()  # channel by channel
    which = alive.repeat_interleave(len(order))
    boxes = _fields(component, layer, images[rows], which, places[rows, which])
    shape = images.shape[1:3]
    tall = [int((boxes[:, axis + 2] - boxes[:, axis]).max()) for axis in (0, 1)]
    side = min(max(*tall, 1), *shape)
    cut = []
    for image, box in zip(images[rows], boxes.tolist(), strict=True):
        start = [min(max((box[axis] + box[axis + 2] - side) // 2, 0), size - side) for axis, size in enumerate(shape)]
        cut.append(image[start[0] : start[0] + side, start[1] : start[1] + side])
    patches = torch.stack(cut).view(len(alive), len(order), side, side, -1)
    answers = highest[order, alive[None, :]].T
    return Patches(alive.numpy(), patches.cpu().numpy(), order.T.numpy(), answers.numpy())


def _peaks(component: Component, layer: Layer, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How strongly, and at which place of its map, each channel answers most to each picture: (N, K) twice."""
    highest, places = [], []
    with torch.no_grad():
        for part in images.split(AT_ONCE):
            best = _answers(component, layer.module, part).float().cpu().flatten(2).max(dim=2)
            highest.append(best.values)
            places.append(best.indices)
    return torch.cat(highest), torch.cat(places)


def _fields(
    component: Component, layer: Layer, images: torch.Tensor, channels: torch.Tensor, places: torch.Tensor
) -> torch.Tensor:
    """(N, 4) top, left, bottom, right of the pixels that decided the answer of a channel at a place, per picture."""
    x = images.to(component.device).float().requires_grad_()
    with torch.enable_grad():
        maps = _answers(component, layer.module, x).flatten(2)  # (N, K, h w)
        picked = maps[torch.arange(len(images)), channels, places].sum()
        touched = torch.autograd.grad(picked, x)[0].abs().sum(dim=3).cpu() > 0  # (N, H, W)
    boxes = []
    for one in touched:
        rows, columns = (one.any(dim=axis).nonzero()[:, 0] for axis in (1, 0))
        box = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) if len(rows) else (0, 0, 1, 1)
        boxes.append([int(value) for value in box])
    return torch.tensor(boxes)


def as_pictures(filters: np.ndarray) -> np.ndarray:
    """Filters (K, h, w, C) of -1 … 1 as RGB (K, h, w, 3) uint8: grey is 0; of one channel, blue is positive."""
    if filters.shape[3] >= 3:
        return np.round(127.5 + 127.5 * filters[..., :3]).astype(np.uint8)
    share = filters[..., :1]
    low, high = np.array([192.0, 57.0, 43.0]), np.array([36.0, 92.0, 176.0])
    colour = np.where(share < 0.0, low, high)
    return np.round(245.0 + (colour - 245.0) * np.abs(share)).astype(np.uint8)
