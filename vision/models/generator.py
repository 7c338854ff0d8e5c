"""A generator of pictures: noise is carried to an image of a class along a flow that a network has learned.

Flow matching (Lipman et al. 2023; Liu et al. 2023, *rectified flow*): on the straight line from noise x0 to an image x1,

    x(t) = (1 - t) x0 + t x1        0 <= t <= 1

a network learns the velocity x1 - x0 that it cannot see, from x(t), t and the class. What it answers is the mean of all
velocities that lead through there, and to follow it from t = 0 to 1 carries noise to images. Training times are drawn
from a logit-normal distribution, mostly from the middle, where there is most to decide (Esser et al. 2024). What is
left out: guidance, distillation, other paths.
"""

from collections.abc import Iterator, Sequence

import torch
from gymnasium import Space, spaces

from ...components.component import Component
from ...components.layout import Layout, Part
from .unet import UNet

SOLVERS = ("euler", "heun")
MOST_STEPS = 1000


class Generator(Component):
    """See the head of this file. As a component, a function of a class and of noise: the same two, the same picture.

    Args:
        input_space: Box of floats (classes + height * width * channels,): how much of each class, of which the largest
            counts, then standard normal noise. ``layout`` names the two parts.
        output_space: Box of bytes (height, width, channels).
        widths, blocks, told: See ``UNet``.
        steps, solver: With which ``forward`` follows the flow.
        classes: Names of the classes.
        mean, std: Of each channel over the training images, as shares of full brightness.
        data: Where it learned, for the person who finds it later.

    Raises:
        ValueError: the spaces are not those of noise and pictures, or the config does not fit them.
    """

    _mean: torch.Tensor  # (1, C, 1, 1), in bytes
    _std: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (32, 64, 128),
        blocks: Sequence[int] = (1, 2, 4),
        told: int = 128,
        steps: int = 10,
        solver: str = "heun",
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "blocks": list(blocks), "told": told, "steps": steps, "solver": solver,
            "classes": list(classes), "mean": list(mean), "std": list(std), "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        shape = output_space.shape or ()
        if not isinstance(output_space, spaces.Box) or len(shape) != 3 or output_space.dtype != "uint8":
            raise ValueError(f"a generator gives uint8 pictures (height, width, channels), got {output_space}")
        self.height, self.width, self.channels = shape
        self.classes = tuple(classes)
        if not self.classes:
            raise ValueError("a generator needs the names of its classes, got none")
        self.layout = layout_of(shape, len(self.classes))
        if input_space.shape != (self.layout.size,) or input_space.dtype != "float32":
            raise ValueError(f"this generator takes {self.layout.size} float32 numbers, got {input_space}")
        check_net(shape, widths, blocks, told)
        check_flow(steps, solver)
        self.steps, self.solver = steps, solver
        for name, values in (("mean", mean), ("std", std)):
            numbers = [float(value) for value in values] or [0.5] * self.channels
            if len(numbers) != self.channels or (name == "std" and min(numbers) <= 0.0):
                raise ValueError(f"{name} is {numbers}, expected {self.channels} numbers{' > 0' * (name == 'std')}")
            # Not in the weights: config.json has them.
            self.register_buffer(f"_{name}", 255.0 * torch.tensor(numbers).view(1, -1, 1, 1), persistent=False)
        self.net = UNet(self.channels, len(self.classes), widths, blocks, told)

    def normalised(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures (N, H, W, C) of bytes as the flow knows them, (N, C, H, W) in channels-last order."""
        return (images.permute(0, 3, 1, 2).float() - self._mean) / self._std

    def picture(self, x: torch.Tensor) -> torch.Tensor:
        """What ``normalised`` gave, or a flow, as bytes (N, H, W, C)."""
        return (x.float() * self._std + self._mean).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)

    def velocity(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Per unit of time, of ``x`` (N, C, H, W) at each one's ``time`` (N,) and of its class (N,); what is trained."""
        return self.net(x, time, labels)

    def error(self, images: torch.Tensor, labels: torch.Tensor, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """(N,) the mean square error of the velocity, per number of a picture; what is to become small.

        Args:
            images: (N, H, W, C) bytes, of the classes ``labels`` (N,).
            t: (N,) times in 0 … 1.
            noise: (N, C, H, W), standard normal.
        """
        image = self.normalised(images)
        x = noise + t[:, None, None, None] * (image - noise)
        return (self.velocity(x, t, labels).float() - (image - noise)).square().mean(dim=(1, 2, 3))

    def flow(self, noise: torch.Tensor, labels: torch.Tensor, steps: int, solver: str) -> Iterator[torch.Tensor]:
        """The way from noise (N, C, H, W) at t = 0 to t = 1: what is reached after each of ``steps`` equal steps.

        ``euler`` asks for the velocity once per step; ``heun`` twice, and takes the mean of both, but for the last
        step: so ``steps`` or ``2 steps - 1`` evaluations. As in EDM (Karras et al. 2022), nothing is asked at t = 1,
        where no training time lies.
        """
        check_flow(steps, solver)
        x = noise
        for step in range(steps):
            time = torch.full((len(x),), step / steps, device=x.device)
            v = self.velocity(x, time, labels)
            if solver == "heun" and step < steps - 1:
                v = (v + self.velocity(x + v / steps, time + 1.0 / steps, labels)) / 2
            x = x + v / steps
            yield x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        labels = self.layout.take(x, "class").argmax(dim=1)
        noise = self.layout.take(x, "noise").float().permute(0, 3, 1, 2)
        *_, end = self.flow(noise, labels, self.steps, self.solver)
        return self.picture(end)


def training_times(count: int, middle: float, spread: float, source: torch.Generator) -> torch.Tensor:
    """Times (count,) in 0 … 1: logit-normal, one in each of ``count`` equally likely parts of the range, shuffled."""
    places = torch.randperm(count, generator=source) + torch.rand(count, generator=source)
    return torch.sigmoid(middle + spread * torch.special.ndtri((places / count).clamp(1e-6, 1.0 - 1e-6)))


def layout_of(shape: tuple[int, ...], classes: int) -> Layout:
    """What a generator of ``classes`` for pictures of this ``shape`` takes."""
    return Layout((Part("class", (classes,)), Part("noise", shape)))


def spaces_of(shape: tuple[int, ...], classes: int) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a generator of ``classes`` for pictures of this ``shape``."""
    import numpy as np

    size = layout_of(shape, classes).size
    return spaces.Box(-np.inf, np.inf, (size,), np.float32), spaces.Box(0, 255, shape, np.uint8)


def check_flow(steps: int, solver: str) -> None:
    """``ValueError`` unless a flow can be followed so."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"steps must be a whole number 1 … {MOST_STEPS:,}, got {steps!r}")
    if solver not in SOLVERS:
        raise ValueError(f"unknown solver {solver!r}; expected {' or '.join(SOLVERS)}")


def check_net(shape: tuple[int, ...], widths: Sequence[int], blocks: Sequence[int], told: int) -> None:
    """``ValueError`` unless such a ``UNet`` can be made for pictures of this shape."""
    if not widths or len(blocks) != len(widths) or min(*widths, *blocks, told) < 1:
        raise ValueError(
            f"expected as many blocks as widths, and all >= 1, got blocks {list(blocks)}, widths {list(widths)} and "
            f"told {told}"
        )
    halved = 2 ** (len(widths) - 1)
    if shape[0] % halved or shape[1] % halved:
        raise ValueError(
            f"{len(widths)} widths halve the picture {len(widths) - 1} times, which {shape[0]} x {shape[1]} pixels "
            "cannot be; give fewer"
        )


def evaluations(steps: int, solver: str) -> int:
    """How often such a flow asks for the velocity."""
    return steps if solver == "euler" else 2 * steps - 1
