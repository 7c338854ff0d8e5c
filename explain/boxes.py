"""Explanations of detections: for each box a heat map of what spoke for it and for its class.

Grad-CAM weighs the maps of a layer by the mean of their gradient over all places, so that a box lights up all things of
its class. Here each place has its own gradient, and a box its own map (Draelos & Carin 2020, *HiResCAM*; Zhao & Chan
2023, *ODAM*, for detectors): what a place adds to the logits of the box, as far as it adds. Of the network that looks
at a cut-out again the map is turned back into the picture, and both are added per pixel.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ..components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, HEIGHT, VALID, WIDTH


@runtime_checkable
class BoxNetwork(Protocol):
    """A detector whose boxes can be explained, see `vision/models/detector.py`."""

    near: nn.Module  # whose maps (N, C, h, w) know where something is
    again: nn.Sequential | None  # the second network
    reach: float  # half of the side of a cut-out, in longer sides of a box

    def prepare(self, x: torch.Tensor) -> torch.Tensor: ...
    def maps(self, x: torch.Tensor) -> torch.Tensor: ...
    def peaks(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]: ...
    def cut_out(self, x: torch.Tensor, picture: torch.Tensor, rows: torch.Tensor) -> torch.Tensor: ...
    def forward(self, x: torch.Tensor) -> torch.Tensor: ...


def explain_boxes(detector: Any, images: torch.Tensor | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a detector sees in pictures, and which pixels speak for each box.

    Args:
        detector: A ``BoxNetwork``.
        images: (N, H, W, C) of bytes.

    Returns:
        Rows (N, R, 8 + K), as the detector gives them, and heat maps (N, R, H, W) float32, each scaled so that its
        hottest pixel is 1; zeros for a row that stands for nothing.

    Raises:
        ValueError: pictures of another shape.
    """
    x = torch.as_tensor(np.asarray(images)) if not isinstance(images, torch.Tensor) else images
    if x.ndim != 4 or tuple(x.shape[1:]) != detector.input_space.shape:
        raise ValueError(f"pictures of shape {tuple(x.shape)}, expected (N, *{detector.input_space.shape})")
    was = detector.training
    detector.eval()
    try:
        with torch.no_grad():
            rows = detector(x.to(detector.device))
        with torch.enable_grad():
            heat = _first_look(detector, x.to(detector.device), rows)
            if detector.again is not None:
                heat = heat + _second_look(detector, x.to(detector.device), rows)
    finally:
        detector.train(was)
    heat = heat * (rows[..., VALID] > 0.0)[..., None, None]
    highest = heat.amax(dim=(2, 3), keepdim=True)
    return rows.cpu().numpy(), (heat / highest.clamp(min=1e-12)).float().cpu().numpy()


def _added(maps: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """(N, h, w) what each place adds, of maps (N, C, h, w) and the slope of a number by them; nothing below 0."""
    return (maps * slope).sum(dim=1).clamp(min=0.0).detach()


def _first_look(detector: BoxNetwork, x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """(N, R, H, W) per pixel, of the logits of a centre and of the class in the cell from which a box is."""
    caught: list[torch.Tensor] = []
    hook = detector.near.register_forward_hook(lambda module, given, answer: caught.append(answer))
    try:
        maps = detector.maps(x)
    finally:
        hook.remove()
    cells = detector.peaks(maps.detach())[1].clamp(min=0)  # (N, R)
    flat = maps.flatten(2)  # (N, 8 + K, h w)
    everyone, kinds = torch.arange(len(x), device=x.device), CLASS + rows[..., CLASS:].argmax(dim=2)
    heats = []
    for row in range(rows.shape[1]):
        number = flat[everyone, VALID, cells[:, row]] + flat[everyone, kinds[:, row], cells[:, row]]
        (slope,) = torch.autograd.grad(number.sum(), caught[0], retain_graph=True)
        heats.append(_added(caught[0], slope))
    heat, size = torch.stack(heats, dim=1), tuple(x.shape[1:3])
    share = heat.shape[2] * heat.shape[3] / (size[0] * size[1])  # places for each pixel
    return share * F.interpolate(heat, size, mode="bilinear")


def _second_look(detector: BoxNetwork, x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """(N, R, H, W) per pixel, of the logit of the class that the second network gives."""
    assert detector.again is not None
    (n, r, wide), (height, width) = rows.shape, x.shape[1:3]
    things = rows.reshape(n * r, wide)
    picture = torch.arange(n, device=x.device).repeat_interleave(r)
    caught: list[torch.Tensor] = []
    hook = detector.again[1].register_forward_hook(lambda module, given, answer: caught.append(answer))
    try:
        said = detector.again(detector.cut_out(detector.prepare(x), picture, things))
    finally:
        hook.remove()
    number = said.gather(1, things[:, CLASS:].argmax(dim=1, keepdim=True))
    (slope,) = torch.autograd.grad(number.sum(), caught[0])
    heat = _added(caught[0], slope)  # (N R, side, side)
    # Where each pixel of the picture lies in the cut-out, -1 … 1; what is outside gets nothing.
    sides = torch.tensor([width, height], device=x.device)
    far = (detector.reach * (things[:, WIDTH : HEIGHT + 1] * sides).amax(dim=1)).clamp(min=1e-3)[:, None, None]
    angle = 0.5 * torch.atan2(things[:, AXIS_SIN], things[:, AXIS_COS])[:, None, None]
    centre = (things[:, CENTRE_X:WIDTH] * sides)[:, :, None, None]
    down, right = torch.meshgrid(
        torch.arange(height, device=x.device) + 0.5, torch.arange(width, device=x.device) + 0.5, indexing="ij"
    )
    right, down = right - centre[:, 0], down - centre[:, 1]
    u, v = (angle.cos() * right + angle.sin() * down) / far, (angle.cos() * down - angle.sin() * right) / far
    turned = F.grid_sample(heat[:, None], torch.stack([u, v], dim=3), align_corners=False)[:, 0]
    share = heat.shape[1] * heat.shape[2] / (2.0 * far).square()  # places for each pixel
    return (share * turned).view(n, r, height, width)
